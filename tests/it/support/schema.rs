//! Holds all that any test sees printed with `-json` to the schema that `ditc schema` prints: it has what is promised, and no
//! field that is not described.

use boon::{Compiler, Schemas};
use ditc::render::json::{Printed, schema};
use serde_json::Value;

/// What a command prints with `-json`; none where it prints nothing of its own.
fn printed(arguments: &str) -> Option<Printed> {
    let is_word = |word: &&str| !word.starts_with('-') && !word.contains('=');
    let mut words = arguments.split_whitespace().filter(is_word);
    let verb = words.next()?;
    Some(match (verb, words.next()) {
        ("plan", _) => Printed::Plan,
        ("show", _) => Printed::Show,
        ("apply" | "destroy" | "rollback", _) => Printed::Apply,
        ("drift", _) => Printed::Drift,
        ("status", _) => Printed::Status,
        ("validate", _) => Printed::Validate,
        ("state", Some("show")) => Printed::StateShow,
        ("state", Some("list" | "rebuild")) => Printed::StateList,
        ("fmt", _) => Printed::Fmt,
        ("new", _) => Printed::New,
        ("modules", Some("show")) => Printed::Module,
        ("modules", _) => Printed::Modules,
        ("version", _) => Printed::Version,
        ("logs", _) => Printed::Logs,
        ("port-forward", _) => Printed::PortForward,
        ("sandbox", _) => Printed::Sandbox,
        ("explain", _) => Printed::Explain,
        ("graph", _) => Printed::Graph,
        ("history", _) => Printed::History,
        ("doctor", _) => Printed::Doctor,
        ("lock", _) => Printed::Lock,
        ("comment", _) => Printed::Comment,
        ("set", _) => Printed::Set,
        ("import", Some("payload")) => Printed::ImportPayload,
        ("man", _) => Printed::Man,
        _ => return None,
    })
}

fn wants_json(arguments: &str) -> bool {
    arguments.split_whitespace().any(|word| matches!(word, "-json" | "--json"))
}

/// Asserts that what was printed is as promised.
#[track_caller]
pub(super) fn holds(arguments: &str, out: &str) {
    if let Some(printed) = printed(arguments).filter(|_| wants_json(arguments)) {
        check(printed, arguments, out);
    }
}

/// The same of a file that holds what a command told machines.
#[track_caller]
pub(crate) fn holds_copy(arguments: &str, copy: &str) {
    check(printed(arguments).expect("a command with a schema"), arguments, copy);
}

#[track_caller]
fn check(printed: Printed, arguments: &str, out: &str) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("schema.json", strict(schema(printed))).expect("a schema");
    let index = compiler.compile("schema.json", &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
    let values = serde_json::Deserializer::from_str(out).into_iter::<Value>();
    for value in values {
        let value = value.unwrap_or_else(|error| panic!("`ditc {arguments}` printed no JSON: {error}\n{out}"));
        if let Err(error) = schemas.validate(&value, index) {
            panic!("`ditc {arguments}` printed what its schema does not describe: {error:#}\n{value:#}");
        }
    }
}

/// The schema without room for what it does not describe.
fn strict(mut schema: Value) -> Value {
    if let Some(map) = schema.as_object_mut() {
        if map.contains_key("properties") {
            map.insert("additionalProperties".to_owned(), false.into());
        }
        map.values_mut().for_each(|value| *value = strict(value.take()));
    } else if let Some(items) = schema.as_array_mut() {
        items.iter_mut().for_each(|item| *item = strict(item.take()));
    }
    schema
}
