//! What the doctor found, for people.

use crate::render::style::{Look, Style, clean};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Good,
    /// Something that not everybody needs does not work.
    Note,
    /// Plans or applies do not work.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, in a word.
    pub subject: &'static str,
    pub verdict: Verdict,
    pub text: String,
    /// What does not work for it; empty where all does.
    pub impact: String,
    /// What to do, each a way of its own.
    pub mends: Vec<String>,
}

impl Finding {
    #[must_use]
    pub fn good(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, verdict: Verdict::Good, text: text.into(), impact: String::new(), mends: Vec::new() }
    }

    #[must_use]
    pub fn note(subject: &'static str, text: impl Into<String>, impact: impl Into<String>) -> Self {
        Self { verdict: Verdict::Note, impact: impact.into(), ..Self::good(subject, text) }
    }

    #[must_use]
    pub fn bad(subject: &'static str, text: impl Into<String>, impact: impl Into<String>) -> Self {
        Self { verdict: Verdict::Bad, impact: impact.into(), ..Self::good(subject, text) }
    }

    #[must_use]
    pub fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mends.push(mend.into());
        self
    }
}

/// A block for each finding, and what they mean together.
#[must_use]
pub fn doctor(findings: &[Finding], style: Style) -> String {
    let width = findings.iter().map(|finding| finding.subject.len()).max().unwrap_or_default();
    let mut out = String::new();
    for Finding { subject, verdict, text, impact, mends } in findings {
        let (word, look) = match verdict {
            Verdict::Good => ("ok  ", Look::Good),
            Verdict::Note => ("note", Look::Warning),
            Verdict::Bad => ("bad ", Look::Error),
        };
        let first = format!("{}  {}  ", style.paint(look, word), format_args!("{subject:width$}"));
        let next = " ".repeat(width + 8);
        out.push_str(&style.wrap(&first, &next, Look::Plain, &clean(text)));
        if !impact.is_empty() {
            out.push_str(&style.wrap(&next, &next, Look::Plain, &clean(impact)));
        }
        for mend in mends {
            let lead = format!("{next}{} ", style.paint(Look::Hint, "mend:"));
            out.push_str(&style.wrap(&lead, &format!("{next}  "), Look::Plain, &clean(mend)));
        }
    }
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (bad, notes) = (count(Verdict::Bad), count(Verdict::Note));
    let noted = match notes {
        0 => String::new(),
        1 => " One thing is noted above.".to_owned(),
        many => format!(" {many} things are noted above."),
    };
    let end = match bad {
        0 => format!("Nothing keeps ditc from working.{noted}"),
        1 => format!("One thing keeps ditc from working.{noted}"),
        many => format!("{many} things keep ditc from working.{noted}"),
    };
    out + "\n" + &style.wrap("", "", if bad == 0 { Look::Plain } else { Look::Bold }, &end)
}
