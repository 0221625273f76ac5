//! What an error of the template engine means for who wrote the template.

use minijinja::ErrorKind;
use serde_json::Value;

use super::{STAND_IN, SYNTAX, chart::in_modules, line_ranges};
use crate::{
    config::{fields::suggest, lint::of_chart},
    diagnostic::{Diagnostic, SourceId, Span},
};

/// What an error means, and the path of the name that is missing, where that is known.
pub(super) fn complaint(
    error: &minijinja::Error,
    id: SourceId,
    text: &str,
    marked: &str,
    lines: &[std::ops::Range<usize>],
    context: &Value,
) -> (Diagnostic, Option<Vec<String>>) {
    let line = error.line().unwrap_or(1).saturating_sub(1).min(lines.len().saturating_sub(1));
    let whole = lines.get(line).cloned().unwrap_or(0..0);
    // Marks stand only at the ends of lines, so columns are the same in both texts.
    let marked_line = line_ranges(marked).get(line).map_or(0, |range| range.start);
    let range = error.range().map(|range| {
        let column = |at: usize| whole.start + at.saturating_sub(marked_line);
        column(range.start).min(text.len())..column(range.end).min(text.len())
    });
    // A tag that is never closed goes on to the end of the text; its first line says enough.
    let range = range.filter(|range| range.start < whole.end).map(|range| range.start..range.end.min(whole.end));
    let range = range.filter(|range| range.start < range.end && text.is_char_boundary(range.start));
    let range = range.filter(|range| text.is_char_boundary(range.end));
    let code = range.clone().and_then(|range| text.get(range)).unwrap_or_default().to_owned();
    let span = Span::new(id, range.unwrap_or(whole));
    let diagnostic = match error.kind() {
        ErrorKind::UndefinedError => match in_modules(text, span.range.start) {
            Some(help) => Diagnostic::new("unknown name").at(span, "not defined").help(help),
            None => return undefined(&code, span, context),
        },
        ErrorKind::SyntaxError => {
            let why = error.detail().unwrap_or("cannot be read");
            if let Some((tag, word)) =
                unclosed(text).filter(|_| why.contains("end of input") || why.contains("expected end of block"))
            {
                let diagnostic = Diagnostic::new("invalid template")
                    .at(Span::new(id, tag), format!("`{word}` begins here and ends nowhere"))
                    .help(format!("write `{{% end{word} %}}` where it ends"));
                return (diagnostic, None);
            }
            let diagnostic = Diagnostic::new("invalid template").at(span.clone(), why.to_owned());
            if let Some(help) = in_modules(text, span.range.start) {
                diagnostic.help(help)
            } else if code.starts_with('.') {
                let typed = text.get(whole_name(text, span.range.start)).unwrap_or_default();
                match of_chart(typed) {
                    Some(name) => {
                        diagnostic.help(format!("names have no dot in front: here that is `{{{{ {name} }}}}`"))
                    }
                    None => {
                        diagnostic.help("names have no dot in front, and inputs stand in `inputs`: `{{ inputs.x }}`")
                    }
                }
            } else if why.contains("expected end of variable block") {
                diagnostic.help("each `{{` ends with `}}`")
            } else {
                diagnostic.help(SYNTAX)
            }
        }
        ErrorKind::UnknownFunction => {
            let diagnostic =
                Diagnostic::new("unknown function").at(span, error.detail().unwrap_or("not known").to_owned());
            match HELM_FUNCTIONS.iter().any(|function| code.starts_with(function)) {
                true => diagnostic
                    .detail("functions of Helm are not known here, and no template includes another")
                    .help("write the value out, or make it an input"),
                false => diagnostic
                    .help("functions are those of minijinja: https://docs.rs/minijinja/latest/minijinja/functions/"),
            }
        }
        ErrorKind::UnknownFilter => {
            let diagnostic =
                Diagnostic::new("unknown filter").at(span, error.detail().unwrap_or("not known").to_owned());
            match HELM.iter().any(|filter| code.contains(filter)) {
                true => diagnostic
                    .detail("`{{ x }}` is always one whole YAML value, quoted and nested as needed")
                    .help("leave the filter out"),
                false => diagnostic
                    .help("filters are those of minijinja: https://docs.rs/minijinja/latest/minijinja/filters/"),
            }
        }
        kind => Diagnostic::new("template failed")
            .at(span, error.detail().map_or_else(|| kind.to_string(), str::to_owned))
            .help(SYNTAX),
    };
    (diagnostic, None)
}

/// The range of the dotted name that begins at a place.
fn whole_name(text: &str, start: usize) -> std::ops::Range<usize> {
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '_')).unwrap_or(rest.len());
    start..start + end
}

/// The innermost block that is begun and never ended: its tag and its word.
fn unclosed(text: &str) -> Option<(std::ops::Range<usize>, &str)> {
    const BLOCKS: [&str; 10] = ["if", "for", "block", "macro", "filter", "with", "autoescape", "call", "raw", "set"];
    let mut open: Vec<(std::ops::Range<usize>, &str)> = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{%").map(|found| at + found) {
        if let Some(comment) = text[at..start].find("{#").map(|found| at + found) {
            at = comment + text[comment..].find("#}")? + 2;
            continue;
        }
        let end = start + 2 + text[start + 2..].find("%}")? + 2;
        let inside = text[start + 2..end - 2].trim_matches(['-', '+', ' ', '\n', '\t']);
        let word = inside.split_whitespace().next().unwrap_or_default();
        let is_in_raw = open.last().is_some_and(|(_, word)| *word == "raw");
        // `{% set x = 1 %}` is whole; without `=` it goes on to its end.
        if !is_in_raw && BLOCKS.contains(&word) && !(word == "set" && inside.contains('=')) {
            open.push((start..end, word));
        } else if open.last().is_some_and(|(_, open)| word.strip_prefix("end") == Some(open)) {
            open.pop();
        }
        at = end;
    }
    open.pop()
}

/// What charts call that is no function here.
const HELM_FUNCTIONS: [&str; 7] = ["include", "tpl", "lookup", "required", "printf", "fail", "default"];

/// What charts do so that pasted text becomes YAML.
const HELM: [&str; 4] = ["quote", "toYaml", "indent", "toJson"];

/// A name that the template uses and nobody gave; finds the part of the expression that is wrong.
/// Gives the path of that name too, up to it.
pub(super) fn undefined(code: &str, span: Span, context: &Value) -> (Diagnostic, Option<Vec<String>>) {
    let diagnostic = Diagnostic::new("unknown name").at(span, "not defined");
    let broken: Vec<_> = paths(code).into_iter().filter_map(|path| Some((broken(&path, context)?, path))).collect();
    // An unknown first name may be a loop's or one that was set, so what breaks further in is the better guess.
    let sure = broken.iter().find(|((index, _), path)| *index > 0 || VERSIONS.contains(&path[0].as_str()));
    let guess = sure.or(if let [only] = broken.as_slice() { Some(only) } else { None });
    let Some(((index, known), path)) = guess else {
        let detail = "templates may not use what is not there; test with `is defined` first";
        return (diagnostic.detail(detail), None);
    };
    let missing = Some(path[..=*index].to_vec());
    let name = &path[*index];
    let detail = match path[..*index].join(".").as_str() {
        "" if VERSIONS.contains(&name.as_str()) => {
            let diagnostic = diagnostic
                .detail(format!("the component names nothing that gives it a `{name}`"))
                .help(format!("add `tag` or `commit` to it, or test `{name} is defined` first"));
            return (diagnostic, missing);
        }
        "" => format!("nothing is called `{name}` in templates"),
        walked => format!("`{walked}` has no `{name}`"),
    };
    (suggest(diagnostic.detail(detail), name, known.iter().copied()), missing)
}

/// What a component has only when its environment gives it.
const VERSIONS: [&str; 4] = ["version", "commit", "short", "tag"];

/// The position of the first name of a path that is not there, with the names that are.
fn broken<'a>(path: &[String], context: &'a Value) -> Option<(usize, Vec<&'a str>)> {
    let mut value = context;
    for (index, name) in path.iter().enumerate() {
        let map = value.as_object()?;
        let Some(inner) = map.get(name) else {
            let known = map.iter().filter(|(_, value)| value.as_str() != Some(STAND_IN));
            return Some((index, known.map(|(name, _)| name.as_str()).collect()));
        };
        value = inner;
    }
    None
}

/// All paths such as `a.b["c.d"]` in an expression; texts, filters, tests and keywords are none.
fn paths(code: &str) -> Vec<Vec<String>> {
    const KEYWORDS: [&str; 12] = ["if", "else", "elif", "for", "in", "is", "not", "and", "or", "true", "false", "none"];
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (mut paths, mut rest, mut last) = (Vec::new(), code, String::new());
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        if first == '"' || first == '\'' {
            length += rest[1..].find(first).map_or(rest.len() - 1, |at| at + 1);
        } else if is_name(first) {
            let (path, tail) = path(rest);
            length = rest.len() - tail.len();
            let is_value = !first.is_ascii_digit() && last != "|" && last != "is";
            let word = rest[..length].to_owned();
            if is_value && !KEYWORDS.contains(&word.as_str()) {
                paths.push(path);
            }
            last = word;
        } else if !first.is_whitespace() {
            last = first.to_string();
        }
        rest = &rest[length..];
    }
    paths
}

/// The names of the path that a text begins with, and what follows it.
fn path(code: &str) -> (Vec<String>, &str) {
    let mut names = Vec::new();
    let mut rest = code;
    loop {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if end > 0 {
            names.push(rest[..end].to_owned());
        }
        rest = &rest[end..];
        if let Some((name, tail)) = rest.strip_prefix("[\"").and_then(|subscript| subscript.split_once("\"]")) {
            names.push(name.to_owned());
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix('.') {
            rest = tail;
        } else {
            return (names, rest);
        }
    }
}
