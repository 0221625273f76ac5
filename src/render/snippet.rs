//! Mistakes in the user's files, drawn under their lines as rustc and cargo do. It finds no mistakes itself.

use std::borrow::Cow;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstream::adapter::strip_str;

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
        let drawn = renderer.render(&groups(diagnostic, sources, style.width));
        let is_placed = diagnostic.label.is_some() || !diagnostic.related.is_empty();
        // Where there is no line to draw, the renderer draws its margin all the same.
        let is_shown = |line: &&str| is_placed || strip_str(line).to_string().trim() != "|";
        for line in drawn.lines().filter(is_shown) {
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

fn groups<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources, width: usize) -> Vec<Group<'a>> {
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
    let lines = label.iter().chain(related).map(|label| sources.position(&label.span).0);
    let margin = lines.max().unwrap_or_default().to_string().len();
    let wrapped = |text: &str| {
        let width = width.max(80) - margin - " = note: ".len();
        clean(text).lines().flat_map(|line| wrap(line, width)).collect::<Vec<_>>().join("\n")
    };
    if let Some(detail) = detail {
        group = group.element(Level::NOTE.message(wrapped(detail)));
    }
    for help in help {
        group = group.element(Level::HELP.message(wrapped(help)));
    }
    vec![group]
}

/// A line in lines of at most `width` columns. What stands in backticks stays in one piece, so that it can be copied.
fn wrap(line: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .break_words(false)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit)
        .word_separator(textwrap::WordSeparator::Custom(words))
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(line, options).into_iter().map(Cow::into_owned).collect()
}

fn words(line: &str) -> Box<dyn Iterator<Item = textwrap::core::Word<'_>> + '_> {
    let mut is_code = false;
    let mut words = Vec::new();
    let mut start = 0;
    let mut was_space = false;
    for (at, c) in line.char_indices() {
        if was_space && c != ' ' && !is_code {
            words.push(textwrap::core::Word::from(&line[start..at]));
            start = at;
        }
        is_code ^= c == '`';
        was_space = c == ' ' && !is_code;
    }
    words.push(textwrap::core::Word::from(&line[start..]));
    Box::new(words.into_iter())
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
