//! Expressions in strings: `{{ variables.x }}`. They are paths to values and nothing more; what computes belongs into a
//! module's templates.

use std::collections::BTreeMap;

use super::{
    fields::{listed, suggest},
    value::{Entry, Node, Table, Tree},
};
use crate::diagnostic::{Diagnostic, Sources, Span};

/// What a name stands for.
#[derive(Debug, Clone)]
pub(super) enum Known {
    Value(Tree),
    Names(BTreeMap<String, Known>),
    /// A name that exists but cannot be used here: the reason, and how to make it usable.
    Barred {
        why: String,
        help: String,
    },
    /// A name whose value could not be made; that was told already.
    Broken,
}

impl Known {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Known::Value(Tree::String(text.into()))
    }

    pub(super) fn names<K: Into<String>>(names: impl IntoIterator<Item = (K, Known)>) -> Self {
        Known::Names(names.into_iter().map(|(name, known)| (name.into(), known)).collect())
    }
}

/// The names that expressions may use at some place.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) names: BTreeMap<String, Known>,
}

/// Whether any string of a value holds an expression.
pub(super) fn is_in(node: &Node) -> bool {
    match &node.tree {
        Tree::String(text) => text.contains("{{"),
        Tree::Integer(_) | Tree::Boolean(_) => false,
        Tree::List(items) => items.iter().any(is_in),
        Tree::Table(table) => table.entries.iter().any(|entry| is_in(&entry.value)),
    }
}

/// Replaces every expression in a value by what it stands for. None: something was wrong and is told.
pub(super) fn evaluate(
    node: &Node,
    scope: &Scope,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let tree = match &node.tree {
        Tree::Integer(_) | Tree::Boolean(_) => node.tree.clone(),
        Tree::String(text) if !text.contains("{{") => node.tree.clone(),
        Tree::String(text) => string(text, &node.span, scope, sources, diagnostics)?,
        Tree::List(items) => {
            // Each item is looked at, so that all mistakes are told.
            let items: Vec<_> = items.iter().map(|item| evaluate(item, scope, sources, diagnostics)).collect();
            Tree::List(items.into_iter().collect::<Option<_>>()?)
        }
        Tree::Table(table) => Tree::Table(evaluate_table(table, scope, sources, diagnostics)?),
    };
    Some(Node { tree, span: node.span.clone() })
}

/// As [`evaluate`], for all values of a table.
pub(super) fn evaluate_table(
    table: &Table,
    scope: &Scope,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Table> {
    let entries: Vec<_> = table
        .entries
        .iter()
        .map(|entry| {
            let value = evaluate(&entry.value, scope, sources, diagnostics)?;
            Some(Entry { key: entry.key.clone(), value })
        })
        .collect();
    Some(Table { entries: entries.into_iter().collect::<Option<_>>()? })
}

/// As [`evaluate`], for a text that must stay one.
pub(super) fn text(
    text: &crate::diagnostic::Spanned<String>,
    scope: &Scope,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<String> {
    let node = Node { tree: Tree::String(text.value.clone()), span: text.span.clone() };
    let node = evaluate(&node, scope, sources, diagnostics)?;
    let value = node.tree.text();
    if value.is_none() {
        diagnostics.push(not_text(&node.span, &node.tree));
    }
    value
}

fn not_text(span: &Span, tree: &Tree) -> Diagnostic {
    Diagnostic::new("not a text")
        .at(span.clone(), format!("gives {}", tree.what()))
        .detail("only strings, integers and booleans can be part of a text")
}

fn string(
    text: &str,
    span: &Span,
    scope: &Scope,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Tree> {
    let before = diagnostics.len();
    let mut out = String::new();
    let mut rest = text;
    let mut is_broken = false;
    while let Some(start) = rest.find("{{") {
        let Some(length) = closing(&rest[start..]) else {
            diagnostics.push(
                Diagnostic::new("expression not closed")
                    .at(place(&rest[start..], span, sources), "`{{` without `}}`")
                    .help("write `{{ \"{{\" }}` for the characters themselves"),
            );
            return None;
        };
        let whole = &rest[start..start + length];
        let place = place(whole, span, sources);
        let value = lookup(whole[2..length - 2].trim(), &place, scope, diagnostics);
        let is_alone = whole.len() == text.trim().len();
        match value {
            Some(Tree::String(value)) => out.extend([&rest[..start], &value]),
            Some(value) if is_alone => return Some(value.moved(span)),
            Some(value) => match value.text() {
                Some(value) => out.extend([&rest[..start], &value]),
                None => diagnostics.push(not_text(&place, &value)),
            },
            None => is_broken = true,
        }
        if is_alone && !is_broken {
            // The spaces around a lone expression are not part of its value.
            return Some(Tree::String(out.trim_start().to_owned())).filter(|_| diagnostics.len() == before);
        }
        rest = &rest[start + length..];
    }
    out.push_str(rest);
    (!is_broken && diagnostics.len() == before).then_some(Tree::String(out))
}

/// The length of an expression with its braces; braces inside quotes do not close it.
fn closing(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    text.char_indices().find_map(|(index, c)| {
        is_quoted ^= c == '"';
        (!is_quoted && text[index..].starts_with("}}")).then_some(index + 2)
    })
}

/// The expression inside its string where it stands there unescaped, else the whole string.
fn place(expression: &str, span: &Span, sources: &Sources) -> Span {
    let raw = sources.get(span.source).text.get(span.range.clone()).unwrap_or_default();
    match raw.find(expression) {
        Some(at) => Span::new(span.source, span.range.start + at..span.range.start + at + expression.len()),
        None => span.clone(),
    }
}

fn lookup(source: &str, place: &Span, scope: &Scope, diagnostics: &mut Vec<Diagnostic>) -> Option<Tree> {
    if let Some(literal) = source.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
        && !literal.contains('"')
    {
        return Some(Tree::String(literal.to_owned()));
    }
    let Some(path) = path(source) else {
        let diagnostic = Diagnostic::new("expression not supported")
            .at(place.clone(), "only names such as `variables.x` can stand here")
            .detail("strings of an environment refer to values; they do not compute");
        diagnostics.push(match source.starts_with('.') {
            true => {
                let name = source.rsplit('.').next().unwrap_or_default();
                diagnostic.help(format!(
                    "names have no dot in front, and a value of your own stands under `[variables]`: `{{{{ variables.{name} }}}}`"
                ))
            }
            false => diagnostic.help("compute it in a template of the module"),
        });
        return None;
    };
    let mut names = &scope.names;
    for (index, name) in path.iter().enumerate() {
        let walked = path[..index].join(".");
        match names.get(*name) {
            Some(Known::Value(tree)) => return inside(tree, &path[..=index], &path[index + 1..], place, diagnostics),
            Some(Known::Names(inner)) => names = inner,
            Some(Known::Broken) => return None,
            Some(Known::Barred { why, help }) => {
                diagnostics.push(
                    Diagnostic::new("name not available")
                        .at(place.clone(), "cannot be used here")
                        .detail(why)
                        .help(help),
                );
                return None;
            }
            None => {
                diagnostics.push(unknown(name, &walked, names.keys().map(String::as_str), place));
                return None;
            }
        }
    }
    let path = path.join(".");
    diagnostics.push(
        Diagnostic::new("not a value")
            .at(place.clone(), "names a group of values")
            .detail(format!("`{path}` holds {}", listed(names.keys().map(String::as_str))))
            .help(format!("name one of them: `{{{{ {path}.{} }}}}`", names.keys().next().map_or("…", String::as_str))),
    );
    None
}

fn inside(
    tree: &Tree,
    walked: &[&str],
    rest: &[&str],
    place: &Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Tree> {
    let [name, rest @ ..] = rest else { return Some(tree.clone()) };
    let Tree::Table(table) = tree else {
        diagnostics.push(Diagnostic::new("unknown name").at(place.clone(), "goes too deep").detail(format!(
            "`{}` is {}, so it has no `{name}`",
            walked.join("."),
            tree.what()
        )));
        return None;
    };
    let Some(entry) = table.get(name) else {
        diagnostics.push(unknown(name, &walked.join("."), table.keys(), place));
        return None;
    };
    let walked: Vec<&str> = walked.iter().copied().chain([*name]).collect();
    inside(&entry.value.tree, &walked, rest, place, diagnostics)
}

fn unknown<'a>(name: &str, walked: &str, known: impl Iterator<Item = &'a str>, place: &Span) -> Diagnostic {
    let detail = match walked {
        "" => format!("nothing is called `{name}` here"),
        _ => format!("`{walked}` has no `{name}`"),
    };
    suggest(Diagnostic::new("unknown name").at(place.clone(), "not known").detail(detail), name, known)
}

/// The names of a path; none when the text is anything else.
fn path(source: &str) -> Option<Vec<&str>> {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let names: Vec<&str> = source.split('.').map(str::trim).collect();
    names.iter().all(|name| is_name(name)).then_some(names)
}
