//! What the canonical form is, and what it may never change.

use proptest::{collection::vec, prelude::*, sample::select, test_runner::Config};
use snapbox::{assert_data_eq, str};

use super::*;

fn formatted(text: &str) -> Result<String, Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let id = sources.add("a.toml", text);
    format(&sources, id)
}

#[track_caller]
fn check(text: &str, expected: impl snapbox::IntoData) {
    let once = formatted(text).expect("no mistakes in its syntax");
    assert_data_eq!(&once, expected);
    assert_eq!(formatted(&once).expect("as before"), once, "formatting twice changes nothing more");
}

/// The values of a text, without their order and spelling.
fn values(text: &str) -> toml::Table {
    toml::from_str(text).expect("no mistakes in its syntax")
}

fn comments(text: &str) -> Vec<String> {
    let tokens = toml_parser::Source::new(text).lex();
    let comments = tokens.filter(|token| token.kind() == toml_parser::lexer::TokenKind::Comment);
    comments.map(|token| text[token.span().start()..token.span().end()].trim_end().to_owned()).collect()
}

#[test]
fn spaces_and_keys() {
    check(
        "  a=1\r\n\tb  .  \"c d\"='x'   # why  \r\n[ t . \"u v\" ]#t\r\nlist=[1,2 , 3,]\r\ninner={x=1,y={z=2}}\r\nempty={ }\r\nnone=[ ]",
        str![[r#"
a       = 1
b."c d" = 'x' # why

[t."u v"] #t
list  = [1, 2, 3]
inner = { x = 1, y = { z = 2 } }
empty = {}
none  = []

"#]],
    );
}

#[test]
fn lines_without_anything_between_them_are_aligned() {
    check(
        "a = 1 # one\nlong = 2 # two\nb = 3\nbc = 4 # four\n\nlonger = 5\n# between\nc = 6\ntext = \"\"\"\nx\n\"\"\" # t\nd = 7\nee = 8\n",
        str![[r#"
a    = 1 # one
long = 2 # two
b    = 3
bc   = 4 # four

longer = 5
# between
c = 6
text = """
x
""" # t
d  = 7
ee = 8

"#]],
    );
}

#[test]
fn empty_lines() {
    check(
        "\n\n# top\n\n\n\na = 1\n[t]\n\n# about b\nb = 1\n\n\n\nc = 1\n# about u\n# more\n[u]\n\n[v]\n\n# about w\n[[w]]\n\n# alone\n\n[x]\nd = 1\n# last\n\n\n",
        str![[r#"
# top

a = 1

[t]
# about b
b = 1

c = 1

# about u
# more
[u]

[v]

# about w
[[w]]
# alone

[x]
d = 1
# last

"#]],
    );
}

#[test]
fn lists() {
    check(
        r#"
kept = [
1, 2, # two
# before three

3 ] # end
hosts = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccccccccccc"]
inputs = { databases = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccc"], x = 1 }
deep = [[1,
2],[3]]
"#,
        str![[r#"
kept = [
  1,
  2, # two
  # before three

  3,
] # end
hosts = [
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
  "cccccccccccccccccccccccccccc",
]
inputs = { databases = [
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
  "cccccccccccccc",
], x = 1 }
deep = [[
  1,
  2,
], [3]]

"#]],
    );
}

#[test]
fn a_text_with_mistakes_has_no_form() {
    let mistakes = formatted("a = \n[b\nc = 1\n").expect_err("two mistakes");
    assert!(mistakes.len() > 1 && mistakes.iter().all(|mistake| mistake.summary == "invalid TOML"), "{mistakes:?}");
    assert!(formatted("a = 1\na = 2\n").is_err(), "a key twice");
}

/// A key or nothing between the parts of a text: what an author may put there without a change in meaning.
fn space() -> impl Strategy<Value = &'static str> {
    select(&["", " ", "  ", "\t"][..])
}

/// What may stand between the members of a list.
fn gap() -> impl Strategy<Value = &'static str> {
    select(&["", "", " ", "\n", "\n\n\n", " # a\n", "\n  # b, [c]\n\n", "# d\n# e\n", "\r\n"][..])
}

fn value() -> impl Strategy<Value = String> {
    let texts = ["1", "0xf_f", "true", "-1.5e3", "\"a # b\"", "'[x]'", "2026-11-22 07:30:00Z", "\"{{ x }}\""];
    let long = ["\"ääääääääääääääääääääääääääääääääää\"", "'''\n# no\n  x'''", "\"\"\"\n a \\\n  b\\\"\n\"\"\""];
    let scalar = prop_oneof![8 => select(texts.to_vec()), 3 => select(long.to_vec())].prop_map(str::to_owned);
    scalar.prop_recursive(3, 24, 5, |inner| {
        let list = (vec((gap(), inner.clone(), gap()), 0..5), gap(), any::<bool>());
        let list = list.prop_map(|(items, end, has_comma)| {
            let comma = if has_comma && !items.is_empty() { "," } else { "" };
            let items: Vec<String> = items.iter().map(|(a, item, b)| format!("{a}{item}{b}")).collect();
            format!("[{}{comma}{end}]", items.join(","))
        });
        let table = (vec((gap(), space(), inner, gap()), 0..4), gap()).prop_map(|(items, end)| {
            let pair =
                |(at, (a, s, item, b)): (usize, &(&str, &str, String, &str))| format!("{a}k{at}{s}={s}{item}{b}");
            let items: Vec<String> = items.iter().enumerate().map(pair).collect();
            format!("{{{}{end}}}", items.join(","))
        });
        prop_oneof![list, table]
    })
}

fn document() -> impl Strategy<Value = String> {
    let end = || select(&["\n", "\r\n", " \t\n", " # why\n", "#why  \n", "\n\n\n"][..]);
    let pair = (space(), select(vec!["k", "key-", "\"ke y\".", "a . b"]), space(), value(), end());
    let pair = pair.prop_map(|(a, key, b, value, end)| (format!("{a}{key}"), format!("{b}={b}{value}{end}")));
    let table = (select(vec!["[", " [ "]), space(), end());
    let table = table.prop_map(|(open, a, end)| (open.to_owned(), format!("{a}]{end}")));
    let other = select(vec!["# c\n", "  #d\n", "\n", " \n\n"]).prop_map(|text| (String::new(), text.to_owned()));
    vec(prop_oneof![5 => pair, 1 => table, 2 => other], 0..20).prop_map(|lines| {
        let mut text = String::new();
        for (at, (before, after)) in lines.iter().enumerate() {
            // A number of its own keeps every key and table apart from the others.
            let name = match before.trim() {
                "" => String::new(),
                "[" => format!("t{at}"),
                key if key.ends_with('.') => format!("k{at}"),
                _ => format!("{at}"),
            };
            text.push_str(&format!("{before}{name}{after}"));
        }
        text
    })
}

proptest! {
    #![proptest_config(Config { cases: 1500, failure_persistence: None, ..Config::default() })]

    #[test]
    fn keeps_values_and_comments_and_settles_at_once(text in document()) {
        let once = formatted(&text).unwrap_or_else(|mistakes| panic!("{text}\n{mistakes:?}"));
        prop_assert_eq!(values(&once), values(&text));
        prop_assert_eq!(comments(&once), comments(&text));
        prop_assert_eq!(&formatted(&once).expect("still right"), &once);
        prop_assert!(!once.lines().any(|line| line.ends_with(' ')) || text.contains("'''") || text.contains("\"\"\""));
    }

    #[test]
    fn takes_any_text(text in "([a-c\"'#=\\[\\]{},. 1é\\\\]|\n|\r\n){0,40}") {
        if let Ok(once) = formatted(&text) {
            prop_assert_eq!(values(&once), values(&text));
            prop_assert_eq!(comments(&once), comments(&text));
            prop_assert_eq!(formatted(&once), Ok(once.clone()));
        }
    }
}

#[test]
fn this_repository_is_formatted() {
    for (path, text) in
        crate::files::read_workspace(std::path::Path::new(env!("CARGO_MANIFEST_DIR"))).expect("readable")
    {
        if path.ends_with(".toml") {
            let text = String::from_utf8(text).expect("a text");
            assert_eq!(formatted(&text).expect("no mistakes"), text, "{path}");
        }
    }
}
