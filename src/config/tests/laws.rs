//! Laws that hold for every input: how files join, what order means, and that no text brings the program down. The seed
//! is fixed, so that every run asks the same; what fails is made small and printed by the library.

use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, RngSeed},
};
use serde_json::Value;

use super::*;
use crate::config::{
    merge::merge,
    value::{Entry, Node, Table, Tree},
};
use crate::diagnostic::{Span, Spanned};

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(0x0d17_c0de), ..Config::default() }
}

fn span() -> Span {
    Span::new(Sources::default().add("a.toml", ""), 0..0)
}

fn node(tree: Tree) -> Node {
    Node { tree, span: span() }
}

/// A table whose keys say what they hold, so that two of them agree on what is a table: `t0` is one, `a0` is a list.
fn table() -> impl Strategy<Value = Table> {
    let scalar = prop_oneof![
        any::<i64>().prop_map(Tree::Integer),
        any::<bool>().prop_map(Tree::Boolean),
        "[a-c]{0,2}".prop_map(Tree::String),
    ];
    let list = vec(scalar.clone(), 0..3).prop_map(|items| Tree::List(items.into_iter().map(node).collect()));
    let leaf = (0..3_u8, prop_oneof![scalar, list]).prop_map(|(at, tree)| {
        let sort = if matches!(tree, Tree::List(_)) { 'a' } else { 's' };
        (format!("{sort}{at}"), tree)
    });
    let of = |entries: Vec<(String, Tree)>| {
        let mut table = Table::default();
        for (key, tree) in entries {
            if table.get(&key).is_none() {
                table.entries.push(Entry { key: Spanned { value: key, span: span() }, value: node(tree) });
            }
        }
        table
    };
    let flat = vec(leaf.clone(), 0..4).prop_map(of);
    flat.prop_recursive(3, 24, 4, move |inner| {
        let below = (0..3_u8, inner).prop_map(|(at, table)| (format!("t{at}"), Tree::Table(table)));
        vec(prop_oneof![leaf.clone(), below], 0..5).prop_map(of)
    })
}

fn json(table: &Table) -> Value {
    Tree::Table(table.clone()).json()
}

/// What stands at every way into a value that ends outside of tables.
fn leaves(value: &Value, at: &str, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| leaves(value, &format!("{at}.{key}"), found)),
        value => _ = found.insert(at.to_owned(), value.clone()),
    }
}

fn all_leaves(table: &Table) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    leaves(&json(table), "", &mut found);
    found
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn joining_with_nothing_or_itself_changes_nothing(a in table()) {
        let nothing = Table::default();
        prop_assert_eq!(json(&merge([&a, &nothing])), json(&a));
        prop_assert_eq!(json(&merge([&nothing, &a])), json(&a));
        prop_assert_eq!(json(&merge([&a, &a])), json(&a));
    }

    #[test]
    fn the_later_one_says_what_it_says_and_the_rest_stays(a in table(), b in table()) {
        let (joined, mut expected) = (merge([&a, &b]), all_leaves(&a));
        // Lists are replaced as a whole, so they count as one leaf.
        expected.extend(all_leaves(&b));
        prop_assert_eq!(all_leaves(&joined), expected);
    }

    /// It holds where all agree on what is a table: a text between two tables takes away what was below it.
    #[test]
    fn it_does_not_matter_which_two_are_joined_first(a in table(), b in table(), c in table()) {
        let left = merge([&merge([&a, &b]), &c]);
        let right = merge([&a, &merge([&b, &c])]);
        prop_assert_eq!(json(&left), json(&right));
        prop_assert_eq!(json(&left), json(&merge([&a, &b, &c])));
    }
}

/// Tables of an environment, in any order the same environment.
const PARTS: [&str; 7] = [
    "[variables]\nlevel = \"info\"\n",
    "[labels]\nteam = \"a\"\n",
    "[secrets.app]\ntoken = { generate = \"token\" }\n",
    "[dependencies.redis]\nmodule = \"redis\"\n",
    "[dependencies.postgresql]\nmodule = \"postgresql\"\ninputs = { databases = [\"a\"] }\n",
    "[services.web]\nimage = \"web:1\"\nports = [80]\nenv = { A = \"{{ dependencies.redis.host }}\", B = \"{{ variables.level }}\" }\n",
    "[services.api]\nimage = \"api:1\"\nneeds = [\"redis\", \"web\"]\n",
];

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn order_says_nothing(parts in Just(PARTS.to_vec()).prop_shuffle(), cut in 0..=PARTS.len(), first in any::<bool>()) {
        let bodies = |files: &BTreeMap<String, String>| -> Vec<(String, String)> {
            let desired = expanded(files, "demo");
            let manifests = desired.manifests.values();
            manifests.map(|manifest| (format!("{:?}", manifest.key), manifest.body.0.to_string())).collect()
        };
        let one = |text: String| BTreeMap::from([("environments/demo.toml".to_owned(), text)]);
        let expected = bodies(&one(PARTS.concat()));
        prop_assert_eq!(&bodies(&one(parts.concat())), &expected);
        // Neither does it matter which file says what, nor how the files are called.
        let base = if first { "a" } else { "z" };
        let above = format!("extends = \"{base}\"\n{}", parts[cut..].concat());
        let mut files = one(above);
        files.insert(format!("environments/{base}.toml"), format!("abstract = true\n{}", parts[..cut].concat()));
        prop_assert_eq!(&bodies(&files), &expected);
    }
}

/// A small workspace in which everything is used that can be.
const WORKSPACE: &str = r#"//- ditc.toml
[policy]
secret_sources = ["env:A_*", "file:./b/*"]
max_destroy = 3
//- environments/base.toml
abstract = true
[variables]
level = "info"
//- environments/demo.toml
extends = "base"
ttl = "72h"
labels = { team = "{{ variables.level }}" }
[secrets.app]
token = { env = "A_{{ environment.name }}" }
cert = { file = "./b/c" }
pin = { generate = "password", length = 12, alphabet = "0123456789" }
[dependencies.thing]
module = "thing"
inputs = { size = "1Gi", many = [{ a = 1 }], wait = "1h30m", is = true }
[services.web]
image = "web"
tag = "v1"
ports = [80, { port = 81, target = 8000, protocol = "UDP" }]
probe = { path = "/" }
env = { A = "{{ dependencies.thing.host }}", B = { secret = "app", key = "token" }, C = { field = "status.podIP" } }
//- modules/thing/module.toml
description = "a thing"
[inputs.size]
type = "quantity"
[inputs.many]
type = "list(map(integer))"
default = []
[inputs.wait]
type = "duration"
required = false
[inputs.is]
type = "boolean"
default = false
[secrets."{{ name }}-s"]
k = { generate = "hex" }
[outputs]
host = "{{ name ~ \".\" ~ environment.namespace }}"
port = 80
//- modules/thing/a.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ name }}, labels: { a: {{ inputs.size }} } }
data:
{% for item in inputs.many %}
  {{ "k" ~ loop.index }}: {{ item.a | string }}
{% endfor %}
  f: {{ files["f.txt"] }}
---
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: Service, metadata: { name: {{ name }} }, spec: { ports: [{ port: 80 }] } }
//- modules/thing/files/f.txt
{% if inputs.is %}yes{% else %}no{% endif %} {{ inputs.wait }}
"#;

/// Pieces that mean something to one of the readers.
const PIECES: [&str; 44] = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{{ x }}",
    "{{ name }}",
    "{% for a in b %}",
    "{% endfor %}",
    "{% if x %}",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "\n",
    "\r\n",
    "\n\n",
    "\t",
    "  ",
    "[",
    "]",
    "[[a]]",
    "{",
    "}",
    "=",
    ",",
    ":",
    "- ",
    "---\n",
    "|\n",
    ">-\n",
    "&a ",
    "*a",
    "#",
    "é",
    "\u{f0d1c}7",
    "\u{0}",
    "~",
    ".",
    "99999999999999999999",
    "false",
    "1.5",
    "2026-11-22",
];

#[derive(Debug, Clone)]
enum Blow {
    Insert(usize, &'static str),
    Remove(usize, usize),
    Repeat(usize, usize),
    /// A piece of the text moves elsewhere.
    Move(usize, usize, usize),
}

fn blow() -> impl Strategy<Value = Blow> {
    let (at, length) = (|| 0..4000_usize, || 1..60_usize);
    prop_oneof![
        4 => (at(), select(PIECES.to_vec())).prop_map(|(at, piece)| Blow::Insert(at, piece)),
        2 => (at(), length()).prop_map(|(at, length)| Blow::Remove(at, length)),
        1 => (at(), length()).prop_map(|(at, length)| Blow::Repeat(at, length)),
        1 => (at(), length(), at()).prop_map(|(at, length, to)| Blow::Move(at, length, to)),
    ]
}

fn struck(text: &str, blow: &Blow) -> String {
    let edge = |at: usize| {
        let mut at = at % (text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let range = |at: usize, length: usize| {
        let start = edge(at);
        start..edge((start + length).min(text.len())).max(start)
    };
    let put = |text: &str, at: usize, piece: &str| format!("{}{piece}{}", &text[..at], &text[at..]);
    match blow {
        Blow::Insert(at, piece) => put(text, edge(*at), piece),
        Blow::Remove(at, length) => {
            let mut text = text.to_owned();
            text.replace_range(range(*at, *length), "");
            text
        }
        Blow::Repeat(at, length) => {
            let range = range(*at, *length);
            put(text, range.start, &text[range.clone()])
        }
        Blow::Move(at, length, to) => put(text, edge(*to), &text[range(*at, *length)]),
    }
}

/// Looks at everything in a workspace, and at every place that a complaint points to.
fn look(files: &BTreeMap<String, String>) {
    let mut workspace = parse(files);
    assert!(!workspace.catalogue().is_empty());
    let mistakes = validate(&mut workspace, &Kinds::builtin());
    for diagnostic in &mistakes {
        assert!(!plain(&workspace.sources, diagnostic).is_empty());
        for Label { span, .. } in diagnostic.label.iter().chain(&diagnostic.related) {
            let text = &workspace.sources.get(span.source).text;
            assert!(span.range.start <= span.range.end, "{span:?} runs backwards: {diagnostic:?}");
            assert!(text.get(span.range.clone()).is_some(), "{span:?} is no place in the text: {diagnostic:?}");
        }
    }
    let name = EnvironmentName::new("demo").unwrap();
    if mistakes.is_empty() && workspace.find(&name).is_ok() {
        assert!(expand(&mut workspace, &name, &Kinds::builtin()).is_ok(), "what is right can be expanded");
    }
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn no_text_brings_the_program_down(file in 0..7_usize, blows in vec(blow(), 1..5)) {
        let mut files = files(WORKSPACE);
        let path = files.keys().nth(file % files.len()).expect("there are as many").clone();
        let text = blows.iter().fold(files[&path].clone(), |text, blow| struck(&text, blow));
        files.insert(path, text);
        look(&files);
    }
}

#[test]
fn the_workspace_of_the_blows_is_right_before_them() {
    assert_eq!(expanded(&files(WORKSPACE), "demo").manifests.len(), 10);
}
