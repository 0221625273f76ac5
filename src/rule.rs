//! When an object counts as ready, in the words of its annotation `ditc.dev/ready`. It judges objects by nothing else.
//!
//! Two forms are known: a condition, `condition=Ready` or `condition=Synced:False`; and comparisons as CEL has them, joined
//! by `&&`: `self.status.phase == "Running" && self.status.replicas >= 2`. A path begins with `self` or `object` and goes on
//! with `.field`, `["field"]` or `[0]`; the other side is a text, a number, `true`, `false` or `null`. A field that is not
//! there meets no comparison, where CEL itself would stop with an error. Anything else of CEL is refused.

use std::{cmp::Ordering, fmt};

use serde_json::Value;

use crate::object::{FieldPath, Object, Segment};

/// The annotation that holds a rule.
pub const ANNOTATION: &str = "ditc.dev/ready";

/// What must hold of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    Condition { kind: String, status: String },
    Compared(Vec<Comparison>),
}

/// One field against one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    path: FieldPath,
    operator: Operator,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
}

/// Longer ones first, so that none is taken for another.
const OPERATORS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// Why a rule cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    #[error("it is empty")]
    Empty,
    #[error("`condition=` needs the type of a condition, such as `condition=Ready`")]
    NoCondition,
    #[error("at `{0}` a path such as `self.status.phase` is expected")]
    Path(String),
    #[error("at `{0}` one of == != < <= > >= is expected; of CEL only comparisons joined by && are known")]
    Operator(String),
    #[error("at `{0}` a text in quotes, a number, `true`, `false` or `null` is expected")]
    Value(String),
    #[error("at `{0}` the end or && is expected; of CEL only comparisons joined by && are known")]
    More(String),
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// When it is none of the two forms.
    pub fn parse(text: &str) -> Result<Self, Unclear> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Unclear::Empty);
        }
        if let Some(condition) = text.strip_prefix("condition=") {
            let (kind, status) = condition.split_once(':').unwrap_or((condition, "True"));
            let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
            if !is_word(kind) || !is_word(status) {
                return Err(Unclear::NoCondition);
            }
            return Ok(Rule::Condition { kind: kind.to_owned(), status: status.to_owned() });
        }
        let mut rest = text;
        let mut comparisons = Vec::new();
        loop {
            let (comparison, behind) = comparison(rest)?;
            comparisons.push(comparison);
            rest = match behind.trim_start() {
                "" => return Ok(Rule::Compared(comparisons)),
                more => more.strip_prefix("&&").ok_or_else(|| Unclear::More(more.to_owned()))?.trim_start(),
            };
        }
    }

    /// What the object still lacks; none when the rule holds.
    #[must_use]
    pub fn unmet(&self, object: &Object) -> Option<String> {
        match self {
            Rule::Condition { kind, status } => {
                let conditions = object.at("/status/conditions").and_then(Value::as_array);
                let known = conditions.into_iter().flatten().find(|condition| condition["type"] == kind.as_str());
                let Some(known) = known else { return Some(format!("it has no condition {kind} yet")) };
                let message = known["message"].as_str().filter(|text| !text.is_empty());
                let more = message.map(|text| format!(": {text}")).unwrap_or_default();
                let is = known["status"].as_str().unwrap_or("Unknown");
                (is != status).then(|| format!("its condition {kind} is {is}, not {status}{more}"))
            }
            Rule::Compared(all) => all.iter().find_map(|one| one.unmet(object)),
        }
    }
}

impl Comparison {
    fn unmet(&self, object: &Object) -> Option<String> {
        let Self { path, operator, value } = self;
        let Some(live) = path.get(&object.0) else { return Some(format!("its field {path} is not set yet")) };
        let order = match (live.as_f64(), value.as_f64(), live.as_str(), value.as_str()) {
            (Some(live), Some(value), ..) => live.partial_cmp(&value),
            (.., Some(live), Some(value)) => Some(live.cmp(value)),
            _ if live == value => Some(Ordering::Equal),
            _ => None,
        };
        let holds = match operator {
            Operator::Equal => order == Some(Ordering::Equal),
            Operator::Unequal => order != Some(Ordering::Equal),
            Operator::LessOrEqual => order.is_some_and(Ordering::is_le),
            Operator::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
            Operator::Less => order.is_some_and(Ordering::is_lt),
            Operator::Greater => order.is_some_and(Ordering::is_gt),
        };
        (!holds).then(|| format!("its field {path} is {live}, not {operator}{value}"))
    }
}

/// Nothing for the sign that everybody expects.
impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = OPERATORS.iter().find(|(_, operator)| operator == self).map_or("", |(sign, _)| sign);
        if *self == Operator::Equal { Ok(()) } else { write!(f, "{sign} ") }
    }
}

fn comparison(text: &str) -> Result<(Comparison, &str), Unclear> {
    let (path, rest) = path(text)?;
    let rest = rest.trim_start();
    let operator = OPERATORS.iter().find_map(|(sign, operator)| Some((*operator, rest.strip_prefix(sign)?)));
    let (operator, rest) = operator.ok_or_else(|| Unclear::Operator(rest.to_owned()))?;
    let (value, rest) = value(rest.trim_start())?;
    Ok((Comparison { path, operator, value }, rest))
}

fn path(text: &str) -> Result<(FieldPath, &str), Unclear> {
    let wrong = |rest: &str| Unclear::Path(rest.to_owned());
    let root = text.strip_prefix("self").or_else(|| text.strip_prefix("object"));
    let mut rest = root.ok_or_else(|| wrong(text))?;
    let mut segments = Vec::new();
    loop {
        if let Some(more) = rest.strip_prefix('.') {
            let end = more.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(more.len());
            if end == 0 {
                return Err(wrong(rest));
            }
            segments.push(Segment::Field(more[..end].to_owned()));
            rest = &more[end..];
        } else if let Some(more) = rest.strip_prefix('[') {
            let (key, behind) = value(more).map_err(|_| wrong(rest))?;
            segments.push(match key {
                Value::String(name) => Segment::Field(name),
                Value::Number(number) => {
                    let index = number.as_u64().and_then(|index| usize::try_from(index).ok());
                    Segment::Index(index.ok_or_else(|| wrong(rest))?)
                }
                _ => return Err(wrong(rest)),
            });
            rest = behind.strip_prefix(']').ok_or_else(|| wrong(rest))?;
        } else if segments.is_empty() {
            return Err(wrong(text));
        } else {
            return Ok((FieldPath(segments), rest));
        }
    }
}

fn value(text: &str) -> Result<(Value, &str), Unclear> {
    let wrong = || Unclear::Value(text.to_owned());
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let end = text[1..].find(quote).ok_or_else(wrong)? + 1;
        let inner = &text[1..end];
        // Escapes are not known, so a text that has one is not guessed at.
        return if inner.contains('\\') { Err(wrong()) } else { Ok((Value::from(inner), &text[end + 1..])) };
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))).unwrap_or(text.len());
    let value: Value = serde_json::from_str(&text[..end]).map_err(|_| wrong())?;
    Ok((value, &text[end..]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(rule: &str, object: Value, unmet: Option<&str>) {
        let rule = Rule::parse(rule).unwrap_or_else(|unclear| panic!("{rule}: {unclear}"));
        assert_eq!(rule.unmet(&Object(object)).as_deref(), unmet, "{rule:?}");
    }

    #[test]
    fn a_condition_is_met_by_its_status() {
        let with =
            |status: &str| json!({"status": {"conditions": [{"type": "Synced", "status": status, "message": "busy"}]}});
        check("condition=Synced", with("True"), None);
        check("condition=Synced", with("False"), Some("its condition Synced is False, not True: busy"));
        check("condition=Synced:False", with("False"), None);
        check("condition=Ready", with("True"), Some("it has no condition Ready yet"));
    }

    #[test]
    fn comparisons_are_met_by_fields() {
        let object = json!({"status": {"phase": "Running", "n": 2, "a.b": [true], "none": null}});
        check("self.status.phase == 'Running' && object.status.n >= 2", object.clone(), None);
        check(r#"self.status["a.b"][0] == true && self.status.none == null"#, object.clone(), None);
        check("self.status.phase != \"Pending\"", object.clone(), None);
        check("self.status.n > 2", object.clone(), Some("its field .status.n is 2, not > 2"));
        check("self.status.phase == 'Up'", object.clone(), Some("its field .status.phase is \"Running\", not \"Up\""));
        check("self.status.n < 'x'", object.clone(), Some("its field .status.n is 2, not < \"x\""));
        check("self.status.url != ''", object, Some("its field .status.url is not set yet"));
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_place() {
        let refused = |rule: &str| Rule::parse(rule).unwrap_err().to_string();
        assert_eq!(refused(" "), "it is empty");
        assert_eq!(refused("condition="), "`condition=` needs the type of a condition, such as `condition=Ready`");
        assert_eq!(
            refused("status.phase == 'x'"),
            "at `status.phase == 'x'` a path such as `self.status.phase` is expected"
        );
        assert_eq!(
            refused("self.status.items.exists(x, x.ready)"),
            "at `(x, x.ready)` one of == != < <= > >= is expected; of CEL only comparisons joined by && are known"
        );
        assert_eq!(
            refused("self.status.n == 1 || self.status.n == 2"),
            "at `|| self.status.n == 2` the end or && is expected; of CEL only comparisons joined by && are known"
        );
        assert_eq!(
            refused("self.status.n == self.spec.n"),
            "at `self.spec.n` a text in quotes, a number, `true`, `false` or `null` is expected"
        );
    }
}
