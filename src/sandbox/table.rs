//! Objects as tables, which is what kubectl prints: the columns of each kind and a row for each object
//! (<https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables>). What stands in the
//! cells is the affair of the files below.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Map, Value, json};

use super::{kinds::Resource, reply::metadata_only, route::Query, status::Refusal, store::text};
pub(super) use custom::Columns;
use words::Row;

mod cells;
mod custom;
mod network;
mod path;
mod pods;
mod storage;
mod words;

/// How much of each object a row brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Include {
    Nothing,
    Metadata,
    Object,
}

/// How a table is drawn: ages are counted from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sheet {
    include: Include,
    now: jiff::Timestamp,
}

impl Sheet {
    pub(super) fn of(query: &Query, now: jiff::Timestamp) -> Result<Self, Refusal> {
        let include = match query.get("includeObject") {
            "None" => Include::Nothing,
            "" | "Metadata" => Include::Metadata,
            "Object" => Include::Object,
            other => {
                return Err(Refusal::bad_request(format!(
                    "Unable to convert to Table as requested: includeObject: Invalid value: {other:?}: must be 'Metadata', 'Object', 'None', or empty"
                )));
            }
        };
        Ok(Self { include, now })
    }

    /// The same, drawn later.
    pub(super) fn at(self, now: jiff::Timestamp) -> Self {
        Self { now, ..self }
    }
}

/// Columns by group and kind, `apps Deployment`, of those that have any of their own.
static COLUMNS: LazyLock<BTreeMap<&str, Value>> = LazyLock::new(|| {
    let lines = include_str!("table/columns.txt").lines().filter_map(|line| {
        let (kind, _) = line.match_indices(' ').nth(1)?;
        Some((&line[..kind], columns(&line[kind + 1..])))
    });
    lines.collect()
});

/// Of all other kinds.
static PLAIN: LazyLock<Value> = LazyLock::new(|| columns("Name|@Created At"));

/// What columns mean, by their names.
static DESCRIPTIONS: LazyLock<BTreeMap<&str, &str>> =
    LazyLock::new(|| include_str!("table/descriptions.txt").lines().filter_map(|line| line.split_once('|')).collect());

fn columns(text: &str) -> Value {
    text.split('|').map(column).collect()
}

/// `+` is shown when more is asked for, `=` holds a name; `#` is a number, `?` a truth, `@` a time, anything else a text.
fn column(text: &str) -> Value {
    let (priority, text) = text.strip_prefix('+').map_or((0, text), |text| (1, text));
    let (is_name, text) = text.strip_prefix('=').map_or((false, text), |text| (true, text));
    let name = text.trim_start_matches(['#', '?', '@']);
    let kind = match text.chars().next() {
        Some('#') => "integer",
        Some('?') => "boolean",
        Some('@') => "date",
        _ => "string",
    };
    let format = if is_name || name == "Name" { "name" } else { "" };
    let description = DESCRIPTIONS.get(name).copied().unwrap_or_default();
    json!({"name": name, "type": kind, "format": format, "description": description, "priority": priority})
}

fn columns_of(resource: &Resource) -> &Value {
    if let Some(custom) = &resource.custom {
        return &custom.columns.definitions;
    }
    let group = if resource.group.is_empty() { "core" } else { &resource.group };
    COLUMNS.get(format!("{group} {}", resource.kind).as_str()).unwrap_or(&PLAIN)
}

/// The table of some objects. A single one is told by metadata without a version.
pub(super) fn table(resource: &Resource, items: &[&Value], mut metadata: Map<String, Value>, sheet: Sheet) -> Value {
    if let ([item], None) = (items, metadata.get("resourceVersion")) {
        metadata.insert("resourceVersion".into(), text(item, "/metadata/resourceVersion").into());
    }
    let rows: Vec<Value> = items.iter().map(|item| row(resource, item, sheet)).collect();
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": columns_of(resource), "rows": rows})
}

/// The table of one event of a watch: only the first says what the columns are.
pub(super) fn event(resource: &Resource, object: &Value, sheet: Sheet, is_first: bool) -> Value {
    let mut table = table(resource, &[object], Map::new(), sheet);
    if !is_first {
        table["columnDefinitions"] = Value::Null;
    }
    table
}

fn row(resource: &Resource, object: &Value, sheet: Sheet) -> Value {
    let row = Row { object, now: sheet.now };
    let mut shown = Map::new();
    shown.insert("cells".into(), cells::cells(resource, &row).into());
    if resource.is("", "Pod")
        && let Some(conditions) = pods::conditions(object)
    {
        shown.insert("conditions".into(), conditions);
    }
    let included = match sheet.include {
        Include::Nothing => Value::Null,
        Include::Metadata => metadata_only(object),
        Include::Object => object.clone(),
    };
    shown.insert("object".into(), included);
    Value::Object(shown)
}
