//! The part of JSONPath that columns of definitions use: fields, items of lists, and those items of which a field has a value
//! (<https://kubernetes.io/docs/reference/kubectl/jsonpath/>). What it does not know finds nothing.

use serde_json::Value;

/// A way to values within an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(String),
    /// Counted from the end when it is below zero.
    Item(i64),
    All,
    /// `?(@.type=="Ready")`
    Where {
        path: Path,
        is: bool,
        value: Value,
    },
    /// `?(@.type)`
    With(Path),
    Unknown,
}

impl Path {
    pub(super) fn parse(text: &str) -> Self {
        let mut steps = Vec::new();
        let mut rest = text.trim().trim_start_matches('$');
        while !rest.is_empty() {
            let (step, after) = if let Some(inner) = rest.strip_prefix('[') {
                match end_of_brackets(inner) {
                    Some(end) => (bracketed(inner[..end].trim()), &inner[end + 1..]),
                    None => (Step::Unknown, ""),
                }
            } else {
                field(rest.strip_prefix('.').unwrap_or(rest))
            };
            steps.push(step);
            rest = after;
        }
        Self(steps)
    }

    /// The first value that it leads to.
    pub(super) fn first<'a>(&self, object: &'a Value) -> Option<&'a Value> {
        let mut found = vec![object];
        for step in &self.0 {
            found = found.into_iter().flat_map(|value| step.from(value)).collect();
        }
        found.first().copied()
    }
}

impl Step {
    fn from<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let items = value.as_array().map_or(&[][..], Vec::as_slice);
        match self {
            Step::Field(name) => value.get(name).into_iter().collect(),
            Step::Item(at) => {
                let from_end = || items.len().checked_sub(usize::try_from(at.unsigned_abs()).ok()?);
                let at = usize::try_from(*at).ok().or_else(from_end);
                at.and_then(|at| items.get(at)).into_iter().collect()
            }
            Step::All => match value {
                Value::Object(map) => map.values().collect(),
                _ => items.iter().collect(),
            },
            Step::Where { path, is, value } => {
                items.iter().filter(|item| path.first(item).is_some_and(|known| (known == value) == *is)).collect()
            }
            Step::With(path) => items.iter().filter(|item| path.first(item).is_some()).collect(),
            Step::Unknown => Vec::new(),
        }
    }
}

/// A field up to the next dot or bracket; `\.` is a dot within its name. What is behind it comes along.
fn field(text: &str) -> (Step, &str) {
    let mut name = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => name.extend(letters.next().map(|(_, letter)| letter)),
            '.' | '[' => return (named(name), &text[at..]),
            letter => name.push(letter),
        }
    }
    (named(name), "")
}

fn named(name: String) -> Step {
    match name.as_str() {
        // Two dots look for a name at any depth.
        "" => Step::Unknown,
        "*" => Step::All,
        _ => Step::Field(name),
    }
}

/// Where the bracket closes that was opened before: not within quotes, nor within further brackets.
fn end_of_brackets(text: &str) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0usize);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn bracketed(inner: &str) -> Step {
    if inner == "*" {
        return Step::All;
    }
    if let Some(name) = quoted(inner) {
        return Step::Field(name.to_owned());
    }
    if let Some(condition) = inner.strip_prefix("?(").and_then(|inner| inner.strip_suffix(')')) {
        return filter(condition.trim());
    }
    inner.parse().map_or(Step::Unknown, Step::Item)
}

fn filter(condition: &str) -> Step {
    let Some(condition) = condition.strip_prefix('@') else { return Step::Unknown };
    for (sign, is) in [("==", true), ("!=", false)] {
        if let Some((path, value)) = condition.split_once(sign) {
            let value = value.trim();
            let value = quoted(value).map(Value::from).or_else(|| serde_json::from_str(value).ok());
            let Some(value) = value else { return Step::Unknown };
            return Step::Where { path: Path::parse(path), is, value };
        }
    }
    match condition.contains(['<', '>', '=', ' ']) {
        true => Step::Unknown,
        false => Step::With(Path::parse(condition)),
    }
}

fn quoted(text: &str) -> Option<&str> {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\''))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Path;

    #[test]
    fn a_path_leads_to_the_first_value() {
        let object = json!({
            "metadata": {"labels": {"a.b/c": "hi"}},
            "spec": {"size": 3, "list": ["p", "q"], "map": {"x": 1}},
            "status": {"conditions": [{"type": "X", "status": "no", "deep": [1]}, {"type": "Ready", "status": "True"}, {"at": 1}]},
        });
        let cases = [
            (".spec.size", json!(3)),
            ("$.spec['size']", json!(3)),
            (".spec.list", json!(["p", "q"])),
            (".spec.list[1]", json!("q")),
            (".spec.list[-1]", json!("q")),
            (".spec.list[-3]", Value::Null),
            (".spec.list[*]", json!("p")),
            (".spec.map.*", json!(1)),
            (r".metadata.labels.a\.b/c", json!("hi")),
            (".metadata.labels['a.b/c']", json!("hi")),
            (r#".status.conditions[?(@.type=="Ready")].status"#, json!("True")),
            (".status.conditions[?(@.type == 'Ready')].status", json!("True")),
            (".status.conditions[?(@.type!='X')].type", json!("Ready")),
            (".status.conditions[?(@.at==1)].at", json!(1)),
            (".status.conditions[?(@.deep[0]==1)].type", json!("X")),
            (".status.conditions[?(@.at)].at", json!(1)),
            (".status.conditions[?(@.at>0)].at", Value::Null),
            ("..size", Value::Null),
            (".spec.list[", Value::Null),
            (".spec.absent.size", Value::Null),
        ];
        for (path, found) in cases {
            assert_eq!(Path::parse(path).first(&object).cloned().unwrap_or_default(), found, "{path}");
        }
    }
}
