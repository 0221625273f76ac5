//! The columns that a definition gives its kind (`additionalPrinterColumns`), and what stands in them
//! (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#additional-printer-columns>).

use serde_json::{Number, Value, json};

use super::{
    path::Path,
    words::{Row, human, plain, time},
};
use crate::sandbox::store::text;

/// The columns of a kind in one version, behind its name.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Columns {
    pub(super) definitions: Value,
    /// What each shows, and of which type that is.
    cells: Vec<(String, Path)>,
}

impl Columns {
    /// Reads what a version of a definition says; without a word an object shows its age.
    pub(in crate::sandbox) fn of(version: &Value) -> Self {
        let given = version.get("additionalPrinterColumns").and_then(Value::as_array);
        let Some(given) = given.filter(|given| !given.is_empty()) else {
            let definitions = json!([super::column("Name"), age()]);
            return Self { definitions, cells: vec![("date".to_owned(), Path::parse(".metadata.creationTimestamp"))] };
        };
        let cells = given.iter().map(|column| {
            let path = Path::parse(text(column, "/jsonPath"));
            (text(column, "/type").to_owned(), path)
        });
        let cells = cells.collect();
        let definitions = [super::column("Name")].into_iter().chain(given.iter().map(definition)).collect();
        Self { definitions, cells }
    }

    pub(super) fn cells(&self, row: &Row<'_>) -> Vec<Value> {
        let cells = self
            .cells
            .iter()
            .map(|(kind, path)| path.first(row.object).map_or(Value::Null, |value| cell(kind, value, row.now)));
        [row.name()].into_iter().chain(cells).collect()
    }
}

fn age() -> Value {
    let mut age = super::column("@Created At");
    age["name"] = "Age".into();
    age
}

fn definition(column: &Value) -> Value {
    let (path, description) = (text(column, "/jsonPath"), text(column, "/description"));
    let description = match description {
        "" => format!("Custom resource definition column (in JSONPath format): {path}"),
        given => given.to_owned(),
    };
    json!({
        "name": column["name"], "type": column["type"], "format": text(column, "/format"), "description": description,
        "priority": column.get("priority").and_then(Value::as_i64).unwrap_or(0),
    })
}

/// A value as its column shows it; what is of another type is not shown.
fn cell(kind: &str, value: &Value, now: jiff::Timestamp) -> Value {
    match (kind, value) {
        (_, Value::Null) => Value::Null,
        ("string", value) => plain(value).into(),
        ("integer", Value::Number(number)) => whole(number),
        ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => value.clone(),
        ("date", Value::String(then)) => match time(then) {
            Some(then) => human(now.as_second() - then.as_second()).into(),
            None => "<invalid>".into(),
        },
        _ => Value::Null,
    }
}

fn whole(number: &Number) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "what is behind the point is not shown")]
    let cut = || number.as_f64().map(|number| number as i64);
    number.as_i64().or_else(cut).map_or(Value::Null, Value::from)
}
