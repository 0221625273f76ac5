//! Mistakes in the user's files, drawn under their lines as rustc and cargo do. It finds no mistakes itself.

use std::borrow::Cow;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Label, Source, Sources, Span};

use super::style::{Look, Style, clean, clean_line};

/// Draws all diagnostics, and how many there are.
#[must_use]
pub fn diagnostics(list: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    // Narrower, the renderer would cut more of a line than it shows.
    let renderer = renderer.term_width(style.width.max(80));
    let mut out = String::new();
    for diagnostic in list {
        let drawn = renderer.render(&groups(diagnostic, sources));
        for line in drawn.lines() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out.push('\n');
    }
    let count = match list.len() {
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    };
    out.push_str(&format!("{}\n", style.paint(Look::Error, &count)));
    out
}

fn groups<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Group<'a>> {
    let Diagnostic { summary, label, related, detail, help } = diagnostic;
    let mut group = Group::with_title(Level::ERROR.primary_title(clean_line(summary)));
    let mut labels: Vec<(&Label, AnnotationKind)> =
        label.iter().map(|label| (label, AnnotationKind::Primary)).collect();
    labels.extend(related.iter().map(|label| (label, AnnotationKind::Context)));
    // One drawing per file, in the order in which the files are named first.
    while let Some((Label { span: first, .. }, _)) = labels.first() {
        let id = first.source;
        let source = sources.get(id);
        let text = visible(&source.text);
        let mut snippet = Snippet::source(text).path(clean_line(&source.path));
        for (label, kind) in labels.iter().filter(|(label, _)| label.span.source == id) {
            let text = Some(clean_line(&label.text)).filter(|text| !text.is_empty());
            snippet = snippet.annotation(kind.span(within(source, &label.span)).label(text));
        }
        group = group.element(snippet);
        labels.retain(|(label, _)| label.span.source != id);
    }
    if let Some(detail) = detail {
        group = group.element(Level::NOTE.message(clean(detail)));
    }
    for help in help {
        group = group.element(Level::HELP.message(clean(help)));
    }
    vec![group]
}

/// The text with control characters replaced by as many bytes, so that spans stay where they are.
fn visible(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let replace = |c: char| match c.len_utf8() {
        _ if !is_harmful(c) => c.to_string(),
        bytes => "?".repeat(bytes),
    };
    Cow::Owned(text.chars().map(replace).collect())
}

/// A span that can be drawn: inside the text, on the edges of characters, and never without width.
fn within(source: &Source, span: &Span) -> std::ops::Range<usize> {
    let text = &source.text;
    let mut start = span.range.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.range.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}
