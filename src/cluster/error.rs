//! What can go wrong between ditc and a cluster, in our words.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use crate::observed::Conflict;

use super::{Fault, Holder};

/// A request that did not do what it was meant to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Kubeconfig(Fault),
    #[error("no kubeconfig was found, and this is not a pod of a cluster")]
    NoCluster(#[source] kube::config::InClusterError),
    #[error("preparing the connection to {server}")]
    Client { server: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("{server} cannot be reached")]
    Unreachable { server: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("{server} broke off its answer while {doing}")]
    BrokenOff { server: String, doing: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("{server} did not answer within {} s while {doing}", limit.as_secs())]
    TimedOut { server: String, doing: String, limit: Duration },
    #[error("{server} does not accept these credentials")]
    Unauthorized { server: String },
    #[error("{doing}")]
    Refused { doing: String, source: Refused },
    #[error("{doing}: the answer is not what Kubernetes sends: {found}")]
    Unexpected { doing: String, found: String },
    #[error("the record of ditc in namespace {namespace} cannot be read")]
    Record { namespace: String, source: crate::format::Unreadable },
    /// Nothing may be written any more: another run may be at work.
    #[error("this run lost its lease of the environment{}", taken(holder.as_ref()))]
    LeaseLost { holder: Option<Holder> },
    /// What was asked for many environments at once failed for all of them.
    #[error(transparent)]
    Shared(Arc<Error>),
}

/// The server's refusal: a Status, with the parts that people need.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (HTTP {code})")]
pub struct Refused {
    pub code: u16,
    /// Empty when the answer came from a proxy, or where the server gives none.
    pub reason: String,
    pub message: String,
    pub causes: Vec<Cause>,
    /// Seconds that the server asks to wait.
    pub retry_after: Option<u64>,
}

/// One detail of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    pub reason: String,
    pub message: String,
    pub field: String,
}

/// Longer texts are cut: some embed whole objects (a Job's immutable template is several kB).
const MESSAGE: usize = 600;

impl Refused {
    /// Reads a Status body; anything else is kept as its first line.
    pub(super) fn read(code: u16, body: &[u8], retry_after: Option<u64>) -> Self {
        let status: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
        if status["kind"] != "Status" {
            let text = String::from_utf8_lossy(body);
            let line = title(&text).or_else(|| text.lines().next()).unwrap_or("no text").trim().to_owned();
            return Self { code, reason: String::new(), message: cut(line), causes: Vec::new(), retry_after };
        }
        let causes = status["details"]["causes"].as_array().into_iter().flatten();
        let causes = causes.map(|cause| Cause {
            reason: text(cause, "reason"),
            message: cut(text(cause, "message")),
            field: text(cause, "field"),
        });
        let retry_after = retry_after.or_else(|| status["details"]["retryAfterSeconds"].as_u64());
        let causes = causes.collect();
        Self { code, reason: text(&status, "reason"), message: cut(text(&status, "message")), causes, retry_after }
    }

    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.code == 404
    }

    #[must_use]
    pub fn is_already_there(&self) -> bool {
        self.code == 409 && self.reason == "AlreadyExists"
    }

    /// 409: fields of others, or (without causes) a stale uid or resourceVersion.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.code == 409 && !self.is_already_there()
    }

    /// The fields that others own; none when the object moved since it was read.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        let causes = self.causes.iter().filter(|cause| cause.reason == "FieldManagerConflict");
        let conflicts = causes.map(|cause| {
            // conflict with "kubectl" with subresource "scale" using apps/v1
            let manager = cause.message.split('"').nth(1).unwrap_or(&cause.message);
            Conflict { manager: manager.to_owned(), field: cause.field.clone() }
        });
        let mut conflicts: Vec<Conflict> = conflicts.collect();
        conflicts.sort();
        conflicts
    }

    /// 422 because the object under this name has another uid than ours had.
    #[must_use]
    pub fn is_other_uid(&self) -> bool {
        (self.code == 422 && self.causes.iter().any(|cause| cause.field == "metadata.uid"))
            || (self.code == 409 && self.message.contains("uid mismatch"))
    }

    /// Whether the same request may go through later: overload and passing trouble, never a plain 500.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self.code, 429 | 502 | 503 | 504) || (self.code == 500 && !self.reason.is_empty())
    }

    /// A 403 because a ResourceQuota leaves too little, or asks for what the manifest does not say.
    #[must_use]
    pub(super) fn is_quota(&self) -> bool {
        self.code == 403 && (self.message.contains("exceeded quota: ") || self.message.contains("failed quota: "))
    }

    /// A 403 because the user lacks a right, and not for quota, admission or a namespace that goes away.
    #[must_use]
    pub fn is_missing_right(&self) -> bool {
        self.code == 403 && self.message.contains(" cannot ") && self.message.contains(" resource ")
    }
}

fn taken(holder: Option<&Holder>) -> String {
    holder.map(|holder| format!(": {} has it since {}", holder.who, holder.since)).unwrap_or_default()
}

/// What a page for people says: an answer of a load balancer or a proxy.
fn title(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<title>").filter(|_| text.trim_start().starts_with('<'))?;
    rest.split_once("</title>").map(|(title, _)| title)
}

fn cut(text: String) -> String {
    let text = without_dumps(&text);
    match text.char_indices().nth(MESSAGE) {
        None => text,
        Some((end, _)) => format!("{} …", &text[..end]),
    }
}

/// A value longer than this is no value that a person reads.
const DUMP: usize = 60;

/// A text without values that are whole structures: the server prints a template of pods as Go does. What is wrong with it
/// stands behind it.
fn without_dumps(text: &str) -> String {
    const BEFORE: &str = "Invalid value: ";
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(BEFORE) {
        let (head, value) = (&rest[..at], &rest[at + BEFORE.len()..]);
        out.push_str(head);
        match dump(value) {
            // One with the name of its type is none that anybody wrote.
            Some(length) if length > DUMP || !value.starts_with('{') => {
                let behind = &value[length..];
                rest = behind.strip_prefix(": ").unwrap_or(behind);
            }
            _ => {
                out.push_str(BEFORE);
                rest = value;
            }
        }
    }
    out + rest
}

/// How long a structure is that a text begins with: `core.PodTemplateSpec{…}`, `map[string]string{…}`, `{…}`.
fn dump(text: &str) -> Option<usize> {
    let open = text.find('{')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._*&[]/".contains(c);
    if !text[..open].chars().all(is_name) {
        return None;
    }
    let (mut depth, mut is_quoted, mut is_escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices().skip(open) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '{' if !is_quoted => depth += 1,
            '}' if !is_quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    Some(text.len())
}

impl Error {
    /// The refusal behind the error, if the server answered.
    #[must_use]
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Error::Refused { source, .. } => Some(source),
            Error::Shared(error) => error.refused(),
            _ => None,
        }
    }

    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.refused().is_some_and(Refused::is_not_found)
    }

    /// Whether no answer came, so that nobody knows what became of the request.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        matches!(self, Error::Unreachable { .. } | Error::BrokenOff { .. } | Error::TimedOut { .. })
    }

    /// Whether nothing can be made in a namespace because it is being deleted, or gone.
    #[must_use]
    pub fn is_namespace_going(&self) -> bool {
        let is_going = |cause: &Cause| cause.reason == "NamespaceTerminating";
        self.is_not_found()
            || self.refused().is_some_and(|refused| refused.code == 403 && refused.causes.iter().any(is_going))
    }
}

#[cfg(test)]
mod tests {
    use super::without_dumps;

    #[test]
    fn a_structure_is_no_value_for_people() {
        let dump = "core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:\"\", Labels:map[string]string{\"a\":\"b}\"}}, Spec:core.PodSpec{}}";
        let text =
            format!("Job.batch \"x\" is invalid: [spec.template: Invalid value: {dump}: field is immutable, a: b]");
        assert_eq!(without_dumps(&text), "Job.batch \"x\" is invalid: [spec.template: field is immutable, a: b]");
        let text = "spec.replicas: Invalid value: -1: must be at least 0, a: Invalid value: {\"b\":1}: no";
        assert_eq!(without_dumps(text), text);
    }
}
