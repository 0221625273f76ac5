//! Renders a module's templates, and knows for every rendered line which line of the template it came from. It names
//! neither environments nor components.

use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use serde_json::Value;

use crate::diagnostic::{Diagnostic, SourceId, Sources, Span};

mod chart;
mod complaint;

use complaint::{complaint, undefined};

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
    // A table is walked by its keys.
    value.try_iter().into_iter().flatten().any(|item| match kind {
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

/// Where the language is described.
const SYNTAX: &str = "the language is minijinja: https://docs.rs/minijinja/latest/minijinja/syntax/";
