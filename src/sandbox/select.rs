//! Label and field selectors (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>).

use serde_json::Value;

use super::{kinds::Resource, status::Refusal};

/// Which objects a list or a watch asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Selector {
    labels: Vec<Demand>,
    fields: Vec<Demand>,
}

#[derive(Debug, Clone)]
struct Demand {
    key: String,
    holds: Holds,
}

#[derive(Debug, Clone)]
enum Holds {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
}

impl Demand {
    fn accepts(&self, value: Option<&str>) -> bool {
        match &self.holds {
            Holds::In(values) => value.is_some_and(|value| values.iter().any(|wanted| wanted == value)),
            Holds::NotIn(values) => value.is_none_or(|value| values.iter().all(|unwanted| unwanted != value)),
            Holds::Exists => value.is_some(),
            Holds::Missing => value.is_none(),
        }
    }
}

impl Selector {
    /// Reads both selectors of a request.
    pub(super) fn parse(resource: &Resource, labels: &str, fields: &str) -> Result<Self, Refusal> {
        let labels = parse_labels(labels)?;
        let mut demands = Vec::new();
        for part in fields.split(',').filter(|part| !part.is_empty()) {
            let unreadable = || {
                Refusal::bad_request(format!(
                    "Unable to find {:?} that match label selector \"\", field selector {fields:?}: invalid selector: {part:?}; can't understand {part:?}",
                    gvk(resource)
                ))
            };
            let (key, holds) = if let Some((key, value)) = part.split_once("!=") {
                (key, Holds::NotIn(vec![value.to_owned()]))
            } else {
                let (key, value) = part.split_once('=').ok_or_else(unreadable)?;
                (key, Holds::In(vec![value.trim_start_matches('=').to_owned()]))
            };
            if !knows_field(resource, key) {
                let is_custom = resource.custom.is_some();
                let only = if resource.namespaced {
                    r#"only "metadata.name", "metadata.namespace""#
                } else {
                    r#"only "metadata.name""#
                };
                let why = match known_fields(resource) {
                    [] if !is_custom => format!("{key:?} is not a known field selector: {only}"),
                    _ => format!("field label not supported: {key}"),
                };
                return Err(Refusal::bad_request(why));
            }
            demands.push(Demand { key: key.to_owned(), holds });
        }
        Ok(Self { labels, fields: demands })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(super) fn accepts(&self, object: &Value) -> bool {
        let labels = object.pointer("/metadata/labels");
        self.labels
            .iter()
            .all(|demand| demand.accepts(labels.and_then(|labels| labels.get(&demand.key)).and_then(Value::as_str)))
            && self.fields.iter().all(|demand| {
                let pointer = format!("/{}", demand.key.replace('.', "/"));
                let value = match object.pointer(&pointer) {
                    Some(Value::String(text)) => text.clone(),
                    Some(Value::Null) | None => String::new(),
                    Some(other) => other.to_string(),
                };
                demand.accepts(Some(&value))
            })
    }
}

fn gvk(resource: &Resource) -> String {
    format!("{}, Kind={}", resource.api_version(), resource.kind)
}

fn knows_field(resource: &Resource, key: &str) -> bool {
    key == "metadata.name"
        || (key == "metadata.namespace" && resource.namespaced)
        || known_fields(resource).contains(&key)
        || resource.custom.as_ref().is_some_and(|custom| custom.selectable.iter().any(|known| known == key))
}

/// The fields of a kind that may select, beside its name.
fn known_fields(resource: &Resource) -> &'static [&'static str] {
    match resource.kind.as_str() {
        "Pod" => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        "Event" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        "Namespace" => &["status.phase"],
        "Secret" => &["type"],
        "ReplicaSet" | "ReplicationController" => &["status.replicas"],
        "Job" => &["status.successful"],
        "Node" => &["spec.unschedulable"],
        "Service" => &["spec.clusterIP", "spec.type"],
        _ => &[],
    }
}

fn parse_labels(text: &str) -> Result<Vec<Demand>, Refusal> {
    let unreadable =
        |part: &str| Refusal::bad_request(format!("found '{part}', expected: !, identifier, or 'end of string'"));
    let mut demands = Vec::new();
    for part in split(text) {
        let part = part.trim();
        if part.is_empty() {
            if text.trim().is_empty() {
                break;
            }
            return Err(unreadable(""));
        }
        let list = |rest: &str| -> Option<Vec<String>> {
            let inner = rest.trim().strip_prefix('(')?.strip_suffix(')')?;
            Some(inner.split(',').map(|value| value.trim().to_owned()).collect())
        };
        let one = |value: &str| vec![value.trim().to_owned()];
        if let Some(operator) = ["==", "!=", "="].iter().find(|operator| part.starts_with(**operator)) {
            return Err(unreadable(operator));
        }
        let (key, holds) = if let Some((key, value)) = part.split_once("!=") {
            (key, Holds::NotIn(one(value)))
        } else if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            (key, Holds::In(one(value)))
        } else if let Some((key, rest)) = part.split_once(" notin") {
            (key, Holds::NotIn(list(rest).ok_or_else(|| unreadable(rest))?))
        } else if let Some((key, rest)) = part.split_once(" in") {
            (key, Holds::In(list(rest).ok_or_else(|| unreadable(rest))?))
        } else if let Some(key) = part.strip_prefix('!') {
            (key, Holds::Missing)
        } else {
            (part, Holds::Exists)
        };
        let key = key.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '-');
        if key.is_empty() || !key.chars().all(is_name) {
            return Err(unreadable(key));
        }
        demands.push(Demand { key: key.to_owned(), holds });
    }
    Ok(demands)
}

/// Splits at commas outside parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Whether labels fulfil a LabelSelector, or a plain map of labels as Services have it.
pub(super) fn matches(selector: &Value, labels: Option<&Value>) -> bool {
    let label = |key: &str| labels.and_then(|labels| labels.get(key)).and_then(Value::as_str);
    let wanted = selector.get("matchLabels").and_then(Value::as_object);
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    wanted.into_iter().flatten().all(|(key, value)| label(key) == value.as_str())
        && expressions.into_iter().flatten().all(|expression| {
            let key = expression.get("key").and_then(Value::as_str).unwrap_or_default();
            let values = expression.get("values").and_then(Value::as_array);
            let values = values.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            let holds = match expression.get("operator").and_then(Value::as_str) {
                Some("In") => Holds::In(values),
                Some("NotIn") => Holds::NotIn(values),
                Some("Exists") => Holds::Exists,
                _ => Holds::Missing,
            };
            Demand { key: key.to_owned(), holds }.accepts(label(key))
        })
}
