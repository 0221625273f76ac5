//! What the doctor found, for machines.

use serde::Serialize;

use crate::render::text::{Finding, Verdict};

use super::{FORMAT_VERSION, document};

#[derive(Serialize)]
struct DoctorDocument<'a> {
    format_version: &'static str,
    /// Whether nothing keeps ditc from working.
    healthy: bool,
    findings: Vec<FindingDocument<'a>>,
}

#[derive(Serialize)]
struct FindingDocument<'a> {
    subject: &'a str,
    verdict: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    impact: &'a str,
    mends: &'a [String],
}

/// One document with all findings.
#[must_use]
pub fn doctor(findings: &[Finding]) -> String {
    fn shown(finding: &Finding) -> FindingDocument<'_> {
        let Finding { subject, verdict, text, impact, mends } = finding;
        let verdict = match verdict {
            Verdict::Good => "ok",
            Verdict::Note => "note",
            Verdict::Bad => "bad",
        };
        FindingDocument { subject, verdict, message: text, impact, mends }
    }
    document(&DoctorDocument {
        format_version: FORMAT_VERSION,
        healthy: findings.iter().all(|finding| finding.verdict != Verdict::Bad),
        findings: findings.iter().map(shown).collect(),
    })
}
