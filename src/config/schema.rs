//! JSON Schema of the three kinds of TOML files, for editors that complete and check while people type. It says what the
//! readers of the files say; a test holds its keys equal to theirs.

use serde_json::{Map, Value, json};

use super::{Workspace, bounds, environment::SERVICE, module::Input, types::Type};
use crate::secret::{Generate, Generator};

/// The version that editors for TOML know.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

const LABEL: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
const IDENTIFIER: &str = "^[A-Za-z_][A-Za-z0-9_]{0,62}$";
/// What stands for a value that is only known later.
const EXPRESSION: &str = r"\{\{";
const DURATION: &str = r"(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+";
const QUANTITY: &str = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE])?";

/// The schema of `environments/*.toml`, with the modules of a workspace.
#[must_use]
pub fn environment_schema(workspace: &Workspace) -> Value {
    let properties = json!({
        "abstract": described(json!({"type": "boolean"}), "a template for others, never planned itself"),
        "extends": described(label(), "the environment that this one stands on: tables merge, all else replaces"),
        "namespace": described(text(), "where it lives; else the name of the file"),
        "owner": described(text(), "who to ask"),
        "ttl": described(duration(), "how long it is meant to live"),
        "timeout": described(plain_duration(), "how long a component may take to become ready"),
        "labels": described(
            json!({"type": "object", "additionalProperties": text()}),
            "labels for all its objects, beside those of ditc",
        ),
        "variables": described(
            json!({"type": "object", "propertyNames": {"pattern": IDENTIFIER}, "additionalProperties": value()}),
            "values for expressions: {{ variables.NAME }}",
        ),
        "secrets": secrets(),
        "dependencies": components(dependency(workspace), "what services need and nobody here writes"),
        "services": components(service(workspace), "what the team writes"),
    });
    let mut schema = root("environment", with_bounds(properties));
    schema["definitions"] = definitions(workspace);
    schema
}

/// The schema of `modules/*/module.toml`.
#[must_use]
pub fn module_schema() -> Value {
    let input = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["type"],
        "properties": {
            "type": {
                "description": "a list or a map may hold any type: list(port), map(map(quantity))",
                "anyOf": [{"enum": Type::NAMES}, {"type": "string", "pattern": r"^\s*(list|map)\s*\(.+\)$"}],
            },
            "values": described(texts(), "all that an input of type string may be"),
            "default": described(value(), "the value where none is given"),
            "required": described(
                json!({"type": "boolean"}),
                "whether a value must be given; false without a default: it may be left out",
            ),
            "description": described(text(), "what it does, for `ditc modules show`"),
        },
    });
    let properties = json!({
        "description": described(text(), "what the module makes, for `ditc modules`"),
        "inputs": described(
            json!({"type": "object", "propertyNames": {"pattern": IDENTIFIER}, "additionalProperties": input}),
            "what it asks of those who use it: {{ inputs.NAME }}",
        ),
        "secrets": secrets(),
        "outputs": described(
            json!({"type": "object", "propertyNames": {"pattern": IDENTIFIER}, "additionalProperties": value()}),
            "what it tells others: {{ dependencies.COMPONENT.NAME }}",
        ),
    });
    root("module", properties)
}

/// The schema of `ditc.toml`.
#[must_use]
pub fn ditc_schema() -> Value {
    let table = |properties: Value| json!({"type": "object", "additionalProperties": false, "properties": properties});
    let properties = json!({
        "cluster": table(json!({"context": described(text(), "the context of the kubeconfig to use")})),
        "policy": table(json!({
            "protected": described(texts(), "patterns of namespaces that no environment may use"),
            "cluster_scoped": described(texts(), "kinds without a namespace that environments may hold: Kind.group"),
            "max_destroy": described(
                json!({"type": "integer", "minimum": 0}),
                "how many objects one apply may delete or replace",
            ),
            "secret_sources": described(texts(), "where given secret values may come from: env:PATTERN, file:PATTERN"),
            "check_namespace": described(label(), "where the server checks what has no namespace of its own yet"),
        })),
        "drift": table(json!({
            "controllers": described(texts(), "field managers whose fields are left to them"),
        })),
        "github": table(json!({
            "url": described(text(), "the API of the GitHub Enterprise that `org/repo` means: `https://HOST/api/v3`"),
        })),
        "charts": table(json!({
            "timeout": described(plain_duration(), "how long Helm may take for one chart"),
        })),
        "images": table(json!({
            "timeout": described(plain_duration(), "how long an image may take to be in its registry"),
        })),
        "defaults": table(with_bounds(json!({
            "timeout": described(plain_duration(), "how long a component may take to become ready"),
        }))),
    });
    root("settings", properties)
}

/// Properties, and behind them what bounds environments.
fn with_bounds(mut properties: Value) -> Value {
    properties.as_object_mut().into_iter().for_each(|properties| properties.extend(bounds::properties()));
    properties
}

fn root(title: &str, properties: Value) -> Value {
    json!({
        "$schema": DRAFT,
        "title": format!("ditc {title}"),
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn components(component: Value, description: &str) -> Value {
    let removed = json!({"const": false, "description": "takes it out of what this environment extends"});
    let of = json!({"anyOf": [component, removed]});
    described(json!({"type": "object", "propertyNames": {"pattern": LABEL}, "additionalProperties": of}), description)
}

fn dependency(workspace: &Workspace) -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {"module": module(workspace), "inputs": inputs(), "needs": needs()},
        "allOf": [given_inputs()],
    })
}

fn service(workspace: &Workspace) -> Value {
    let own = json!({
        "repo": described(text(), "org/repo on GitHub, a git URL, or a path"),
        "tag": described(text(), "the tag to follow; without `repo` the image's tag"),
        "branch": described(text(), "the branch to follow, in the place of a tag"),
        "release": described(text(), "the release to follow: `latest`, or the tag of one"),
        "semver": described(text(), "a range of versions, as Cargo writes them: the newest tag in it is followed"),
        "commit": described(text(), "what to stay at, by all its digits"),
        "image_tag": described(text(), "the image's tag, where that is not the whole commit: `{{ short }}`, `{{ tag }}`"),
        "module": module(workspace),
        "inputs": inputs(),
        "needs": needs(),
        "chart": described(text(), "a chart of Helm in its repository, in the place of a module"),
        "values": described(json!({"type": "object"}), "what the chart is given; ditc sets image.tag unless it is here"),
        "manifests": described(text(), "YAML in its repository, a directory or a file, in the place of a module"),
        "check_image": described(json!({"type": "boolean"}), "wait until its images are in their registry"),
    });
    let Value::Object(mut properties) = own else { unreachable!("written above as an object") };
    let named: Vec<String> = properties.keys().cloned().collect();
    properties.extend(of_module(workspace, SERVICE));
    // The inputs of a module that is named stand under `inputs`.
    let apart = json!({"if": {"required": ["module"]}, "then": {"propertyNames": {"enum": named}}});
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "allOf": [given_inputs(), apart],
    })
}

fn module(workspace: &Workspace) -> Value {
    let names: Vec<&str> = workspace.modules.keys().map(|name| name.as_str()).collect();
    json!({"description": "`ditc modules` tells what there is", "enum": names})
}

fn inputs() -> Value {
    json!({"type": "object", "description": "`ditc modules show NAME` tells what a module takes"})
}

fn needs() -> Value {
    described(
        json!({"type": "array", "items": label()}),
        "the components that must be ready before; a service needs every dependency unless it says so here",
    )
}

/// That the inputs of a component are those of its module.
fn given_inputs() -> Value {
    json!({"$ref": "#/definitions/given-inputs"})
}

/// The inputs of each module, and the rule that chooses among them by the name of the module.
fn definitions(workspace: &Workspace) -> Value {
    let mut definitions = Map::new();
    let mut choices = Vec::new();
    let readable = workspace.modules.iter().filter(|(_, module)| module.is_some());
    for name in readable.map(|(name, _)| name.as_str()) {
        let inputs = json!({"type": "object", "additionalProperties": false, "properties": of_module(workspace, name)});
        definitions.insert(format!("module-{name}"), inputs);
        choices.push(json!({
            "if": {"required": ["module"], "properties": {"module": {"const": name}}},
            "then": {"properties": {"inputs": {"$ref": format!("#/definitions/module-{name}")}}},
        }));
    }
    definitions.insert("given-inputs".to_owned(), json!({"allOf": choices}));
    Value::Object(definitions)
}

fn of_module(workspace: &Workspace, name: &str) -> Map<String, Value> {
    let module =
        workspace.modules.iter().find(|(known, _)| known.as_str() == name).and_then(|(_, module)| module.as_ref());
    let mut inputs: Vec<_> = module.into_iter().flat_map(|module| &module.inputs).collect();
    inputs.sort_by_key(|(_, input)| input.span.range.start);
    inputs.into_iter().map(|(name, input)| (name.to_string(), input_schema(input))).collect()
}

fn input_schema(input: &Input) -> Value {
    let given = match input.values.is_empty() {
        true => of_type(&input.kind),
        false => any_of([json!({"enum": input.values}), later()]),
    };
    let mut schema = match input.is_required {
        true => given,
        false => any_of([given, json!({"const": false})]),
    };
    if let Some(description) = &input.description {
        schema = described(schema, description);
    }
    if let Some(default) = &input.default {
        schema["default"] = default.tree.json();
    }
    schema
}

/// The values of a type, and expressions in the place of one.
fn of_type(kind: &Type) -> Value {
    match kind {
        Type::String => text(),
        Type::Any => value(),
        Type::Integer => any_of([json!({"type": "integer"}), later()]),
        Type::Boolean => any_of([json!({"type": "boolean"}), later()]),
        Type::Quantity => quantity(),
        Type::Duration => duration(),
        Type::Host => {
            any_of([json!({"type": "string", "pattern": r"^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"}), later()])
        }
        Type::List(item) => any_of([json!({"type": "array", "items": of_type(item)}), later()]),
        Type::Map(item) => any_of([json!({"type": "object", "additionalProperties": of_type(item)}), later()]),
        Type::Env => json!({
            "type": "object",
            "propertyNames": {"pattern": r"^[A-Za-z_.-][A-Za-z0-9_.-]*$"},
            "additionalProperties": any_of([json!({"type": ["string", "integer", "boolean"]}), variable()]),
        }),
        Type::Port => any_of([json!({"type": "integer", "minimum": 1, "maximum": 65535}), port(), later()]),
        Type::Probe => probe(),
        Type::Source => any_of([source("secret"), source("config"), later()]),
        Type::Volume => any_of(volumes().into_iter().chain([later()])),
        Type::Object => any_of([object(), later()]),
    }
}

/// An expression in the place of a value.
fn later() -> Value {
    json!({"type": "string", "pattern": EXPRESSION})
}

/// A table of exactly these keys, those in `required` always.
fn exactly(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}

fn existing() -> Value {
    described(json!({"type": "boolean"}), "whether others put it into the namespace")
}

fn source(word: &str) -> Value {
    let prefix = described(text(), "put before the name of each variable");
    exactly(&[word], json!({word: text(), "prefix": prefix, "existing": existing()}))
}

fn volumes() -> [Value; 5] {
    [
        exactly(&["storage"], json!({"storage": described(quantity(), "a claim of this size, kept when pods end")})),
        exactly(&["memory"], json!({"memory": described(quantity(), "memory of at most this size")})),
        exactly(&["empty"], json!({"empty": described(json!({"const": true}), "a directory that ends with its pod")})),
        exactly(&["secret"], json!({"secret": text(), "existing": existing()})),
        exactly(&["config"], json!({"config": text(), "existing": existing()})),
    ]
}

fn object() -> Value {
    let some = || json!({"type": "string", "minLength": 1});
    json!({
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": some(),
            "kind": some(),
            "metadata": {"type": "object", "properties": {"name": some()}},
        },
    })
}

pub(super) fn quantity() -> Value {
    any_of([json!({"type": "integer", "minimum": 0}), spelled(QUANTITY)])
}

fn variable() -> Value {
    let of = |keys: [&str; 2]| {
        let mut properties: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), text())).collect();
        properties.insert("existing".to_owned(), existing());
        exactly(&keys, Value::Object(properties))
    };
    let alone = |key: &str, value: Value| exactly(&[key], json!({key: value}));
    let given = alone("value", json!({"type": ["string", "integer", "boolean"]}));
    any_of([of(["secret", "key"]), of(["config", "key"]), alone("field", text()), given])
}

fn port() -> Value {
    let number = || of_type(&Type::Integer);
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["port"],
        "properties": {
            "port": described(number(), "where its Service listens"),
            "target": described(number(), "where its container listens, if elsewhere"),
            "name": text(),
            "protocol": any_of([json!({"enum": ["TCP", "UDP", "SCTP"]}), later()]),
        },
    })
}

fn probe() -> Value {
    let number = |description: &str| described(of_type(&Type::Integer), description);
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "path": described(text(), "answers a GET with a code below 400"),
            "command": described(texts(), "ends with 0"),
            "port": number("the port to ask, if not the first"),
            "delay": number("seconds before the first question"),
            "period": number("seconds between questions"),
            "timeout": number("seconds that an answer may take"),
            "failures": number("how many failures in a row count"),
        },
        "not": {"required": ["path", "command"]},
    })
}

fn secrets() -> Value {
    let words = Generate::ALL.map(Generate::word);
    let only = |name: &str| json!({"required": [name]});
    let key = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "generate": described(json!({"enum": words}), "a value that is made once, in the cluster"),
            "length": {
                "type": "integer", "minimum": Generator::LENGTHS.start(), "maximum": Generator::LENGTHS.end(),
                "description": "how many letters",
            },
            "alphabet": described(text(), "the letters that it is made of"),
            "env": described(text(), "a variable of the process that holds the value"),
            "file": described(text(), "a file that holds the value: ./secrets/NAME"),
        },
        "oneOf": [only("generate"), only("env"), only("file")],
        "dependencies": {"length": ["generate"], "alphabet": ["generate"]},
    });
    let keys = json!({
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": r"^[A-Za-z0-9_.-]{1,253}$"},
        "additionalProperties": key,
    });
    described(
        json!({"type": "object", "additionalProperties": keys}),
        "Secrets whose values are made once in the cluster or taken from outside, and stand in no file here",
    )
}

/// Anything that a file may hold: TOML has floats and dates too.
fn value() -> Value {
    json!({"type": ["string", "integer", "boolean", "array", "object"]})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn texts() -> Value {
    json!({"type": "array", "items": text()})
}

fn label() -> Value {
    json!({"type": "string", "pattern": LABEL})
}

fn duration() -> Value {
    spelled(DURATION)
}

/// A duration where no expression may stand.
fn plain_duration() -> Value {
    json!({"type": "string", "pattern": format!("^{DURATION}$")})
}

/// Texts that a pattern matches as a whole, or that hold an expression.
fn spelled(pattern: &str) -> Value {
    json!({"type": "string", "pattern": format!("^{pattern}$|{EXPRESSION}")})
}

pub(super) fn any_of(schemas: impl IntoIterator<Item = Value>) -> Value {
    json!({"anyOf": schemas.into_iter().collect::<Vec<_>>()})
}

pub(super) fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = Value::from(description);
    schema
}
