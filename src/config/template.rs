//! Renders a module's templates, and knows for every rendered line which line of the template it came from. It names
//! neither environments nor components.

use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use serde_json::Value;

use super::fields::suggest;
use crate::diagnostic::{Diagnostic, SourceId, Sources, Span};

/// A rendered template.
#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) text: String,
    /// For each line of the text the byte range of the template's line, as far as it is known.
    lines: Vec<Option<std::ops::Range<usize>>>,
    source: SourceId,
}

impl Rendered {
    /// The place in the template that gave a line of the text, or the nearest known line above it.
    pub(super) fn origin(&self, line: usize) -> Span {
        let known = self.lines.iter().take(line + 1).rev().flatten().next();
        Span::new(self.source, known.cloned().unwrap_or(0..0))
    }
}

/// Marks the end of each template line whose number survives rendering. A private-use character, so nobody types it.
const MARK: char = '\u{f0d1c}';

/// Renders a template of YAML, in which each value becomes one quoted YAML value.
///
/// # Errors
/// All names that nobody gave, else what is wrong first.
pub(super) fn yaml(sources: &Sources, id: SourceId, context: &Value) -> Result<Rendered, Vec<Diagnostic>> {
    let text = &sources.get(id).text;
    let (marked, starts) = mark(text);
    let rendered = render_or_tell(&sources.get(id).path, &marked, AutoEscape::Json, context, |error, context| {
        complaint(error, id, text, &marked, &starts, context)
    })?;
    let mut out = String::with_capacity(rendered.len());
    let mut lines = Vec::new();
    for line in rendered.split_inclusive('\n') {
        let (content, end) = line.strip_suffix('\n').map_or((line, ""), |content| (content, "\n"));
        let (content, number) = match content.rsplit_once(MARK) {
            Some((content, number)) => (content, number.parse::<usize>().ok()),
            None => (content, None),
        };
        lines.push(number.and_then(|number| starts.get(number)).cloned());
        out.extend([content, end]);
    }
    Ok(Rendered { text: out, lines, source: id })
}

/// Renders a file, in which values stand as they are.
///
/// # Errors
/// As [`yaml`].
pub(super) fn file(sources: &Sources, id: SourceId, context: &Value) -> Result<String, Vec<Diagnostic>> {
    let text = &sources.get(id).text;
    render_or_tell(&sources.get(id).path, text, AutoEscape::None, context, |error, context| {
        complaint(error, id, text, text, &line_ranges(text), context)
    })
}

/// What stands in for a name that nobody gave while the others are looked for. A private-use character, so nobody
/// types it.
const STAND_IN: &str = "\u{f0d1d}";
/// More unknown names than these in one template, and it is for other inputs altogether.
const UNKNOWN_NAMES: usize = 20;

/// Renders, and where names are missing, goes on with something in their place so that all of them are told at once.
fn render_or_tell(
    name: &str,
    text: &str,
    escape: AutoEscape,
    context: &Value,
    complaint: impl Fn(&minijinja::Error, &Value) -> (Diagnostic, Option<Vec<String>>),
) -> Result<String, Vec<Diagnostic>> {
    let mut filled = None;
    let mut found: Vec<Diagnostic> = Vec::new();
    loop {
        let error = match render(name, text, escape, filled.as_ref().unwrap_or(context)) {
            Ok(text) if found.is_empty() => return Ok(text),
            Ok(_) => return Err(found),
            Err(error) => error,
        };
        let (diagnostic, missing) = complaint(&error, filled.as_ref().unwrap_or(context));
        // What goes wrong behind a name that stands in may be its doing.
        if found.is_empty() || missing.is_some() {
            found.push(diagnostic);
        }
        let Some(missing) = missing.filter(|_| found.len() < UNKNOWN_NAMES) else { return Err(found) };
        fill(filled.get_or_insert_with(|| context.clone()), &missing);
    }
}

/// Puts something where a path leads to, whose last name alone is missing.
fn fill(context: &mut Value, path: &[String]) {
    let Some((last, way)) = path.split_last() else { return };
    let inner = way.iter().try_fold(context, |value, name| value.get_mut(name));
    if let Some(map) = inner.and_then(Value::as_object_mut) {
        map.insert(last.clone(), Value::from(STAND_IN));
    }
}

/// Reads a template without rendering it, for the mistakes that every use of it would show.
pub(super) fn syntax(sources: &Sources, id: SourceId) -> Option<Diagnostic> {
    let text = &sources.get(id).text;
    let mut environment = Environment::new();
    environment.set_debug(true);
    let error = environment.add_template("template", text).err()?;
    Some(complaint(&error, id, text, text, &line_ranges(text), &Value::Null).0)
}

/// Evaluates the text of an output: one lone expression keeps its type, and `none` is no value.
pub(super) fn output(text: &str, span: &Span, context: &Value) -> Result<Value, Diagnostic> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let trimmed = text.trim();
    let alone =
        trimmed.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).filter(|inner| !inner.contains("}}"));
    let result = match alone {
        Some(expression) => environment
            .compile_expression(expression.trim())
            .and_then(|expression| expression.eval(context))
            .map(|value| match value.is_undefined() {
                true => Err(undefined(expression.trim(), span.clone(), context).0),
                false => Ok(serde_json::to_value(value).unwrap_or_default()),
            }),
        None => render("output", text, AutoEscape::None, context).map(|text| Ok(Value::from(text))),
    };
    result.unwrap_or_else(|error| {
        let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        Err(Diagnostic::new("invalid output").at(span.clone(), why).help(SYNTAX))
    })
}

fn render(name: &str, text: &str, escape: AutoEscape, context: &Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(move |_| escape);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(|out, state, value| match has_gap(value) {
        true => Err(minijinja::Error::from(ErrorKind::UndefinedError)),
        false => minijinja::escape_formatter(out, state, value),
    });
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_keep_trailing_newline(true);
    environment.set_debug(true);
    environment.add_template(name, text)?;
    environment.get_template(name)?.render(context)
}

/// Whether something that is not there stands in a list or a table, where the language itself would put a null.
fn has_gap(value: &minijinja::Value) -> bool {
    use minijinja::value::ValueKind::{Iterable, Map, Seq};
    if value.is_undefined() {
        return true;
    }
    let kind = value.kind();
    if !matches!(kind, Seq | Map | Iterable) {
        return false;
    }
    let items = value.try_iter().into_iter().flatten();
    // A table is walked by its keys.
    items.into_iter().any(|item| match kind {
        Map => value.get_item(&item).is_ok_and(|inner| has_gap(&inner)),
        _ => has_gap(&item),
    })
}

/// The byte range of each line, without its line break.
fn line_ranges(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut at = 0;
    let ranges = text.split_inclusive('\n').map(|line| {
        let start = at;
        at += line.len();
        start..start + line.trim_end().len()
    });
    ranges.collect()
}

/// Adds its number to each line that has no tag, since tags swallow the line break behind them.
fn mark(text: &str) -> (String, Vec<std::ops::Range<usize>>) {
    let mut marked = String::with_capacity(text.len() * 2);
    let mut is_open = false;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let (content, end) = line.strip_suffix('\n').map_or((line, ""), |content| (content, "\n"));
        let count = |pattern: &str| content.matches(pattern).count();
        let was_open = is_open;
        is_open = match (count("{{") + count("{%") + count("{#")).cmp(&(count("}}") + count("%}") + count("#}"))) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => was_open,
        };
        marked.push_str(content);
        if !is_open && !content.contains("%}") && !content.contains("#}") {
            marked.push_str(&format!("{MARK}{number}"));
        }
        marked.push_str(end);
    }
    (marked, line_ranges(text))
}

/// What an error means, and the path of the name that is missing, where that is known.
fn complaint(
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
        ErrorKind::UndefinedError => return undefined(&code, span, context),
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
            let diagnostic = Diagnostic::new("invalid template").at(span, why.to_owned());
            if code.starts_with('.') {
                diagnostic.help("names have no dot in front, and inputs stand in `inputs`: `{{ inputs.x }}`")
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

/// Where the language is described.
const SYNTAX: &str = "the language is minijinja: https://docs.rs/minijinja/latest/minijinja/syntax/";

/// What charts call that is no function here.
const HELM_FUNCTIONS: [&str; 7] = ["include", "tpl", "lookup", "required", "printf", "fail", "default"];

/// What charts do so that pasted text becomes YAML.
const HELM: [&str; 4] = ["quote", "toYaml", "indent", "toJson"];

/// A name that the template uses and nobody gave; finds the part of the expression that is wrong.
/// Gives the path of that name too, up to it.
fn undefined(code: &str, span: Span, context: &Value) -> (Diagnostic, Option<Vec<String>>) {
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
