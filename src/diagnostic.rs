//! A complaint about a user's file, as data; drawing it is the business of `render::snippet`.

use std::{ops::Range, sync::Arc};

/// One file's text, kept so that later checks can point into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// As the user would type it, relative to the workspace.
    pub path: String,
    pub text: String,
}

/// All texts that were read in a run; a [`Span`] points into one of them. Copies share the texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    sources: Vec<Arc<Source>>,
}

/// The number of a text in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceId(usize);

impl Sources {
    /// No texts at all.
    #[must_use]
    pub const fn new() -> Self {
        Self { sources: Vec::new() }
    }

    /// Keeps a text; the same path added twice is two sources.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> SourceId {
        self.sources.push(Arc::new(Source { path: path.into(), text: text.into() }));
        SourceId(self.sources.len() - 1)
    }

    #[must_use]
    pub fn get(&self, id: SourceId) -> &Source {
        &self.sources[id.0]
    }

    /// The paths of all texts, in the order in which they were read.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.path.as_str())
    }

    /// Puts `*` in the place of a text that nobody may see; its lines and the places behind it stay where they are.
    pub fn mask(&mut self, span: &Span) {
        let text = &mut Arc::make_mut(&mut self.sources[span.source.0]).text;
        if let Some(hidden) = text.get(span.range.clone()) {
            let stars: String = hidden.bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }).collect();
            text.replace_range(span.range.clone(), &stars);
        }
    }

    /// The one-based line and column at which a span starts.
    #[must_use]
    pub fn position(&self, span: &Span) -> (usize, usize) {
        let text = &self.get(span.source).text;
        let start = span.range.start.min(text.len());
        let before = text.get(..start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
        (line, column)
    }

    /// `path:line`, as editors and people jump to it.
    #[must_use]
    pub fn locate(&self, span: &Span) -> String {
        format!("{}:{}", self.get(span.source).path, self.position(span).0)
    }
}

/// A byte range in one of the [`Sources`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub source: SourceId,
    pub range: Range<usize>,
}

impl Span {
    #[must_use]
    pub fn new(source: SourceId, range: Range<usize>) -> Self {
        Self { source, range }
    }
}

/// A value with the place it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

/// A place in a file with a short text to stand under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// A complaint: a fixed summary, where it is, what and why, and how to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Fixed words without user names, lower case: `unknown key`.
    pub summary: String,
    /// The place; none when a whole file or directory is meant, which `detail` then names.
    pub label: Option<Label>,
    /// Other places that explain it: `defined here`.
    pub related: Vec<Label>,
    /// What is wrong and why it matters, in full sentences.
    pub detail: Option<String>,
    /// What to do next; something that can be pasted where possible.
    pub help: Vec<String>,
}

impl Diagnostic {
    #[must_use]
    pub fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), label: None, related: Vec::new(), detail: None, help: Vec::new() }
    }

    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.label = Some(Label { span, text: text.into() });
        self
    }

    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = Some(text.into());
        self
    }

    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}

/// Puts complaints into the order in which their files were read and their lines stand; what has no place goes first.
pub fn in_order(diagnostics: &mut [Diagnostic]) {
    diagnostics
        .sort_by_key(|diagnostic| diagnostic.label.as_ref().map(|label| (label.span.source, label.span.range.start)));
}

/// The candidate that a mistyped word most likely meant: at most a third of its letters differ.
#[must_use]
pub fn suggestion<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .filter_map(|candidate| Some((likeness(word, candidate)?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// In how many letters a mistyped word differs from what it may have meant; none where that is more than a third of them.
#[must_use]
pub fn likeness(word: &str, candidate: &str) -> Option<usize> {
    let limit = (word.chars().count() / 3).max(1);
    Some(distance(word, candidate)).filter(|distance| *distance <= limit)
}

/// Edit distance with transpositions of neighbours (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_one_based() {
        let mut sources = Sources::default();
        let id = sources.add("environments/a.toml", "a = 1\nbä = 2\n");
        assert_eq!(sources.position(&Span::new(id, 0..1)), (1, 1));
        assert_eq!(sources.position(&Span::new(id, 6..7)), (2, 1));
        assert_eq!(sources.position(&Span::new(id, 10..11)), (2, 4));
        assert_eq!(sources.locate(&Span::new(id, 99..99)), "environments/a.toml:3");
    }

    #[test]
    fn masks_a_text_and_moves_no_place() {
        let mut sources = Sources::default();
        let id = sources.add("environments/a.toml", "a = \"bä\\nc\"\nd = 2\n");
        sources.mask(&Span::new(id, 4..12));
        assert_eq!(sources.get(id).text, "a = ********\nd = 2\n");
        sources.mask(&Span::new(id, 90..99));
        assert_eq!(sources.position(&Span::new(id, 13..14)), (2, 1));
    }

    #[test]
    fn suggests_only_what_is_near() {
        let known = ["image", "replicas", "resources", "ports"];
        assert_eq!(suggestion("replica", known), Some("replicas"));
        assert_eq!(suggestion("imgae", known), Some("image"));
        assert_eq!(suggestion("memory", known), None);
        assert_eq!(suggestion("x", known), None);
    }
}
