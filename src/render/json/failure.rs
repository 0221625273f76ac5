//! Failures and mistakes in files, for machines: with a class, byte ranges, lines and columns.

use jiff::Timestamp;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Label, Sources};

use super::{FORMAT_VERSION, document, event::Line, plan::Place};

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    error: ErrorDocument<'a>,
    diagnostics: Vec<DiagnosticDocument<'a>>,
}

#[derive(Serialize)]
pub(super) struct ErrorDocument<'a> {
    pub(super) class: &'a str,
    pub(super) message: &'a str,
    pub(super) causes: &'a [String],
    pub(super) hints: &'a [String],
}

#[derive(Serialize)]
struct DiagnosticDocument<'a> {
    severity: &'static str,
    summary: &'a str,
    detail: Option<&'a str>,
    label: Option<&'a str>,
    range: Option<Place>,
    related: Vec<RelatedDocument<'a>>,
    help: &'a [String],
}

#[derive(Serialize)]
struct RelatedDocument<'a> {
    label: &'a str,
    range: Place,
}

impl<'a> DiagnosticDocument<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &Sources) -> Self {
        let Diagnostic { summary, label, related, detail, help } = diagnostic;
        let place = |Label { span, text }: &'a Label| RelatedDocument { label: text, range: Place::new(span, sources) };
        Self {
            severity: "error",
            summary,
            detail: detail.as_deref(),
            label: label.as_ref().map(|label| label.text.as_str()),
            range: label.as_ref().map(|label| Place::new(&label.span, sources)),
            related: related.iter().map(place).collect(),
            help,
        }
    }
}

/// A failure as one document, for commands that answer with one.
#[must_use]
pub fn error(
    class: &str,
    message: &str,
    causes: &[String],
    hints: &[String],
    diagnostics: &[Diagnostic],
    sources: &Sources,
) -> String {
    document(&Document {
        format_version: FORMAT_VERSION,
        error: ErrorDocument { class, message, causes, hints },
        diagnostics: diagnostics.iter().map(|diagnostic| DiagnosticDocument::new(diagnostic, sources)).collect(),
    })
}

#[derive(Serialize)]
struct Payload<'a> {
    diagnostic: DiagnosticDocument<'a>,
    error: ErrorDocument<'a>,
}

/// A failure as lines of a run: one for each mistake in a file, or one for the failure itself.
#[must_use]
pub fn error_line(
    class: &str,
    message: &str,
    causes: &[String],
    hints: &[String],
    diagnostics: &[Diagnostic],
    sources: &Sources,
    at: Timestamp,
) -> String {
    let whole;
    let diagnostics = if diagnostics.is_empty() {
        let mut diagnostic = Diagnostic::new(message);
        diagnostic.detail = Some(causes.join("\n")).filter(|detail| !detail.is_empty());
        diagnostic.help = hints.to_vec();
        whole = [diagnostic];
        &whole
    } else {
        diagnostics
    };
    let lines = diagnostics.iter().map(|diagnostic| {
        let payload = Payload {
            diagnostic: DiagnosticDocument::new(diagnostic, sources),
            error: ErrorDocument { class, message, causes, hints },
        };
        Line::new("error", &format!("error: {}", diagnostic.summary), "diagnostic", at, payload).to_text()
    });
    lines.collect()
}
