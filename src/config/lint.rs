//! Looks at a template before it is rendered, for what YAML would silently read as something else: values pasted into
//! text, and values inside block scalars.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, SourceId, Sources, Span};

/// Complains about every `{{ … }}` that is not one whole YAML value.
pub(super) fn lint(sources: &Sources, id: SourceId, diagnostics: &mut Vec<Diagnostic>) {
    let text = &sources.get(id).text;
    let blocks = block_scalars(text);
    let mut last_line = None;
    for expression in expressions(text) {
        let line = text[..expression.start].rfind('\n').map_or(0, |at| at + 1);
        let before = without_tags(&text[line..expression.start]);
        if is_comment(&before) || last_line == Some(line) {
            continue;
        }
        let end = text[expression.end..].find('\n').map_or(text.len(), |at| expression.end + at);
        let after = &text[expression.end..end];
        let span = Span::new(id, expression.clone());
        if blocks.iter().any(|block| block.contains(&expression.start)) {
            last_line = Some(line);
            diagnostics.push(
                Diagnostic::new("expression in a block scalar")
                    .at(span, "stands inside a text that begins with `|` or `>`")
                    .detail("in a template a value is always one quoted YAML value, so it cannot be part of a longer text")
                    .help("put the text into `files/NAME` of the module, where nothing is quoted, and write `{{ files[\"NAME\"] }}`"),
            );
        } else if !(opens_value(&before) && closes_value(after)) {
            last_line = Some(line);
            diagnostics.push(joined(text, line, end, span));
        }
    }
}

fn joined(text: &str, line: usize, end: usize, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::new("expression joined with text")
        .at(span, "is only a part of the YAML value it stands in")
        .detail("`{{ x }}` always gives one whole, quoted YAML value; text beside it would not become part of it");
    let value = text[line..end].trim();
    let value = value.strip_prefix("- ").unwrap_or(value);
    let value = value.split_once(": ").map_or(value, |(_, value)| value).trim();
    match inside(value) {
        Some(alone) if is_only_quoted(value) => diagnostic.help(format!("leave out the quotes: `{{{{ {alone} }}}}`")),
        Some(joined) => diagnostic.help(format!("join inside the braces: `{{{{ {joined} }}}}`")),
        None => diagnostic.help("join inside the braces: `{{ a ~ \":\" ~ b }}`"),
    }
}

/// Whether nothing but quotes stands around one expression.
fn is_only_quoted(value: &str) -> bool {
    let unquoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    unquoted.is_some_and(|inner| matches!(expressions(inner).as_slice(), [only] if *only == (0..inner.len())))
}

/// The same value as one expression: `{{ a }}:{{ b }}` becomes `a ~ ":" ~ b`.
fn inside(value: &str) -> Option<String> {
    let unquoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let value = unquoted.unwrap_or(value);
    let mut parts = Vec::new();
    let mut at = 0;
    for expression in expressions(value) {
        if expression.start > at {
            parts.push(format!("{:?}", &value[at..expression.start]));
        }
        let inner = value[expression.start + 2..expression.end - 2].trim_matches(['-', ' ']);
        parts.push(of_chart(inner).unwrap_or_else(|| inner.to_owned()));
        at = expression.end;
    }
    if at < value.len() {
        parts.push(format!("{:?}", &value[at..]));
    }
    (!value.contains("{%") && !value.contains('#')).then(|| parts.join(" ~ "))
}

/// What a name of Helm is called here: `.Values.image.name` is an input, and what a release is, a component is.
pub(super) fn of_chart(name: &str) -> Option<String> {
    let name = name.strip_prefix('.')?;
    match name.split_once('.') {
        Some(("Release" | "Chart", "Name")) => Some("name".to_owned()),
        Some(("Release", "Namespace")) => Some("environment.namespace".to_owned()),
        Some(("Chart", "AppVersion")) => Some("version".to_owned()),
        Some(("Values", rest)) => Some(format!("inputs.{}", rest.replace('.', "_"))),
        _ => None,
    }
}

/// The ranges of all `{{ … }}`, braces included, outside of template comments.
fn expressions(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").map(|open| at + open) {
        if let Some(comment) = text[at..open].find("{#") {
            at = text[at + comment..].find("#}").map_or(text.len(), |close| at + comment + close + 2);
            continue;
        }
        let mut quote = None;
        let close = text[open + 2..].char_indices().find(|(index, c)| {
            match (quote, c) {
                (None, '"' | '\'') => quote = Some(*c),
                (Some(open), c) if open == *c => quote = None,
                _ => {}
            }
            quote.is_none() && text[open + 2 + index..].starts_with("}}")
        });
        let end = close.map_or(text.len(), |(index, _)| open + 2 + index + 2);
        found.push(open..end);
        at = end;
    }
    found
}

/// A piece of a line with its `{% … %}` taken out.
fn without_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find("{%") {
        out.push_str(&rest[..open]);
        rest = rest[open..].find("%}").map_or("", |close| &rest[open + close + 2..]);
    }
    out + rest
}

fn is_comment(before: &str) -> bool {
    before.trim_start().starts_with('#') || before.contains(" #")
}

/// Whether a value may begin after this text.
fn opens_value(before: &str) -> bool {
    let trimmed = before.trim_end();
    let has_space = trimmed.len() < before.len();
    match trimmed.chars().last() {
        None => true,
        Some('[' | '{' | ',') => true,
        Some(':') => has_space,
        Some('-') => has_space && trimmed.trim_end_matches(['-', ' ']).is_empty(),
        Some(_) => false,
    }
}

/// Whether a value may end before this text.
fn closes_value(after: &str) -> bool {
    let rest = without_tags(after);
    let trimmed = rest.trim_start();
    match trimmed.chars().next() {
        None | Some(',' | ']' | '}') => true,
        Some(':') => trimmed[1..].is_empty() || trimmed[1..].starts_with(' '),
        Some('#') => trimmed.len() < rest.len(),
        Some(_) => false,
    }
}

/// The byte ranges of the bodies of all block scalars: lines further in than the line that ends with `|` or `>`.
pub(super) fn block_scalars(text: &str) -> Vec<Range<usize>> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, content) = (at, line.trim_end());
        at += line.len();
        let indent = content.len() - content.trim_start().len();
        if let Some((begin, parent)) = open {
            if content.is_empty() || indent > parent {
                continue;
            }
            blocks.push(begin..start);
            open = None;
        }
        if opens_block(content) {
            // A dash opens a deeper level on the same line: `- run: |` holds lines further in than `run`.
            let inner = content.trim_start().trim_start_matches("- ");
            open = Some((at, content.len() - inner.len()));
        }
    }
    if let Some((begin, _)) = open {
        blocks.push(begin..text.len());
    }
    blocks
}

fn opens_block(line: &str) -> bool {
    let Some((head, last)) = line.rsplit_once(' ') else { return false };
    let is_indicator = last.starts_with(['|', '>'])
        && last[1..].chars().all(|c| matches!(c, '+' | '-' | '0'..='9'))
        && last.len() <= 3;
    is_indicator && (head.trim_end().ends_with([':', '-']) && !head.trim_start().starts_with('#'))
}
