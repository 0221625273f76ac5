//! What a schema refuses in a value, in the server's words. It changes nothing and evaluates no rule of CEL.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    pattern,
    structural::{additional, keys, property},
};
use crate::{
    object::canonical,
    sandbox::{status::Cause, store::text},
};

/// The complaints about an object; what is as it was before is not asked again.
pub(super) fn check(object: &Value, live: Option<&Value>, schema: &Value) -> Vec<Cause> {
    let mut found = Vec::new();
    value(object, live, schema, "", &mut found);
    repeated(object, schema, "", &mut found);
    found
}

/// The complaints about nulls that are applied. In what is sent as a whole they stand for nothing, where they are no
/// values; an apply says them on purpose, and only a default takes their place.
pub(super) fn nulls(given: &Value, schema: &Value, at: &str, found: &mut Vec<Cause>) {
    match given {
        Value::Null if schema.get("default").is_none() => found.extend(of_type(given, schema, at)),
        Value::Array(items) => {
            let Some(of) = schema.get("items") else { return };
            items.iter().enumerate().for_each(|(index, item)| nulls(item, of, &format!("{at}[{index}]"), found));
        }
        Value::Object(map) => {
            for (key, given) in map {
                let below = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                if let Some(schema) = property(schema, key).or_else(|| additional(schema)) {
                    nulls(given, schema, &below, found);
                }
            }
        }
        _ => {}
    }
}

fn value(given: &Value, live: Option<&Value>, schema: &Value, at: &str, found: &mut Vec<Cause>) {
    if live == Some(given) || schema.is_boolean() {
        return;
    }
    if let Some(cause) = of_type(given, schema, at) {
        found.push(cause);
        if given.is_number() && text(schema, "/type") == "integer" {
            let why = format!("Invalid value: \"\": Checked value must be of type integer (default format) in {at}");
            found.push(Cause::new("FieldValueInvalid", "<nil>", why));
        }
        return;
    }
    if let Some(known) = schema.get("enum").and_then(Value::as_array)
        && !known.contains(given)
        && !given.is_null()
    {
        let names: Vec<String> = known.iter().map(Value::to_string).collect();
        let why = format!("Unsupported value: {given}: supported values: {}", names.join(", "));
        found.push(Cause::new("FieldValueNotSupported", at, why));
    }
    match given {
        Value::String(given) => word(given, schema, at, found),
        Value::Number(number) => amount(number.as_f64().unwrap_or_default(), given, schema, at, found),
        Value::Array(items) => {
            let counted = Counted { least: "minItems", most: "maxItems", noun: "items" };
            counted.check(items.len(), schema, at, found);
            let Some(of) = schema.get("items") else { return };
            let before = Before { live, schema };
            for (index, item) in items.iter().enumerate() {
                value(item, before.of(item), of, &format!("{at}[{index}]"), found);
            }
        }
        Value::Object(map) => fields(map, live, schema, at, found),
        _ => {}
    }
    joined(given, schema, at, found);
}

fn fields(map: &Map<String, Value>, live: Option<&Value>, schema: &Value, at: &str, found: &mut Vec<Cause>) {
    let counted = Counted { least: "minProperties", most: "maxProperties", noun: "properties" };
    counted.check(map.len(), schema, at, found);
    let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    let required = schema.get("required").and_then(Value::as_array);
    for key in required.into_iter().flatten().filter_map(Value::as_str).filter(|key| !map.contains_key(*key)) {
        found.push(Cause::required(below(key), ""));
    }
    if schema.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true)) {
        for key in ["apiVersion", "kind"].into_iter().filter(|key| map.get(*key).is_none_or(|given| given == "")) {
            found.push(Cause::required(below(key), ""));
        }
    }
    for (key, given) in map {
        if let Some(schema) = property(schema, key).or_else(|| additional(schema)) {
            value(given, live.and_then(|live| live.get(key)), schema, &below(key), found);
        }
    }
}

/// The items of a list as they were: only those of a map are known again.
struct Before<'a> {
    live: Option<&'a Value>,
    schema: &'a Value,
}

impl<'a> Before<'a> {
    fn of(&self, item: &Value) -> Option<&'a Value> {
        let keys = keys(self.schema);
        let same = |other: &&Value| keys.iter().all(|(key, _)| other.get(key) == item.get(key));
        if keys.is_empty() { None } else { self.live?.as_array()?.iter().find(same) }
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() != 0.0) => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn of_type(given: &Value, schema: &Value, at: &str) -> Option<Cause> {
    let is = |extension: &str| schema.get(extension) == Some(&Value::Bool(true));
    let found = type_name(given);
    let (wanted, fits) = if is("x-kubernetes-int-or-string") {
        ("integer,string", matches!(found, "integer" | "string"))
    } else {
        let wanted = text(schema, "/type");
        (wanted, wanted.is_empty() || wanted == found || (wanted == "number" && found == "integer"))
    };
    if fits || (given.is_null() && is("nullable")) {
        return None;
    }
    let why = format!("Invalid value: {found:?}: {at} in body must be of type {wanted}: {found:?}");
    Some(Cause::new("FieldValueTypeInvalid", at, why))
}

/// A number of a schema: `maxLength`.
fn bound(schema: &Value, name: &str) -> Option<usize> {
    usize::try_from(schema.get(name)?.as_u64()?).ok()
}

fn word(given: &str, schema: &Value, at: &str, found: &mut Vec<Cause>) {
    let mut invalid = |why: String| found.push(Cause::invalid(at, &json!(given), &format!("{at} in body {why}")));
    let length = given.chars().count();
    if let Some(least) = bound(schema, "minLength").filter(|least| length < *least) {
        invalid(format!("should be at least {least} chars long"));
    }
    if let Some(wanted) = schema.get("pattern").and_then(Value::as_str)
        && !pattern::matches(wanted, given)
    {
        invalid(format!("should match '{wanted}'"));
    }
    let format = text(schema, "/format");
    if !has_format(given, format) {
        let why = format!("Invalid value: {given:?}: {at} in body must be of type {format}: {given:?}");
        found.push(Cause::new("FieldValueTypeInvalid", at, why));
    }
    if let Some(most) = bound(schema, "maxLength").filter(|most| length > *most) {
        found.push(Cause::new("FieldValueTooLong", at, format!("Too long: may not be more than {most} bytes")));
    }
}

/// Formats beyond these are not looked at.
fn has_format(given: &str, format: &str) -> bool {
    match format {
        "date-time" => given.parse::<jiff::Timestamp>().is_ok(),
        "date" => given.parse::<jiff::civil::Date>().is_ok() && given.len() == "2026-01-31".len(),
        "ipv4" => given.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => given.parse::<std::net::Ipv6Addr>().is_ok(),
        "uuid" => uuid::Uuid::parse_str(given).is_ok(),
        _ => true,
    }
}

fn amount(number: f64, given: &Value, schema: &Value, at: &str, found: &mut Vec<Cause>) {
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    let excludes = |name: &str| schema.get(name) == Some(&Value::Bool(true));
    let shown = |name: &str| plain(&schema[name]);
    let mut invalid = |why: String| found.push(Cause::invalid(at, &plain_value(given), &why));
    if let Some(factor) = limit("multipleOf") {
        let quotient = number / factor;
        if number == 0.0 {
            // The server's own way with nothing.
            invalid(format!("factor MultipleOf declared for {at} must be positive: 0"));
        } else if (quotient - quotient.round()).abs() > f64::EPSILON {
            invalid(format!("{at} in body should be a multiple of {}", shown("multipleOf")));
        }
    }
    if let Some(most) = limit("maximum") {
        if excludes("exclusiveMaximum") && number >= most {
            invalid(format!("{at} in body should be less than {}", shown("maximum")));
        } else if number > most {
            invalid(format!("{at} in body should be less than or equal to {}", shown("maximum")));
        }
    }
    if let Some(least) = limit("minimum") {
        if excludes("exclusiveMinimum") && number <= least {
            invalid(format!("{at} in body should be greater than {}", shown("minimum")));
        } else if number < least {
            invalid(format!("{at} in body should be greater than or equal to {}", shown("minimum")));
        }
    }
}

/// A number without a fraction of nothing.
fn plain(number: &Value) -> String {
    plain_value(number).to_string()
}

fn plain_value(number: &Value) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
    match number.as_f64() {
        Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
        _ => number.clone(),
    }
}

/// How many there may be.
struct Counted {
    least: &'static str,
    most: &'static str,
    noun: &'static str,
}

impl Counted {
    fn check(&self, count: usize, schema: &Value, at: &str, found: &mut Vec<Cause>) {
        if let Some(most) = bound(schema, self.most).filter(|most| count > *most) {
            found.push(Cause::new(
                "FieldValueTooMany",
                at,
                format!("Too many: {count}: must have at most {most} items"),
            ));
        }
        if let Some(least) = bound(schema, self.least).filter(|least| count < *least) {
            let why = format!("{at} in body should have at least {least} {}", self.noun);
            found.push(Cause::invalid(at, &json!(count), &why));
        }
    }
}

/// Schemas that hold together, or of which one holds.
fn joined(given: &Value, schema: &Value, at: &str, found: &mut Vec<Cause>) {
    let complaints = |schema: &Value| {
        let mut found = Vec::new();
        value(given, None, schema, at, &mut found);
        found
    };
    let mut whole = |why: String| {
        found.push(Cause::new("FieldValueInvalid", "<nil>", format!("Invalid value: \"\": {at:?} {why}")));
    };
    let list = |name: &str| schema.get(name).and_then(Value::as_array).filter(|all| !all.is_empty());
    let mut nearest = Vec::new();
    if let Some(any) = list("anyOf") {
        let all: Vec<Vec<Cause>> = any.iter().map(complaints).collect();
        if all.iter().all(|complaints| !complaints.is_empty()) {
            whole("must validate at least one schema (anyOf)".to_owned());
            nearest.extend(all.into_iter().min_by_key(Vec::len).unwrap_or_default());
        }
    }
    if let Some(one) = list("oneOf") {
        let all: Vec<Vec<Cause>> = one.iter().map(complaints).collect();
        let valid = all.iter().filter(|complaints| complaints.is_empty()).count();
        let problem = "must validate one and only one schema (oneOf).";
        if valid == 0 {
            whole(format!("{problem} Found none valid"));
            nearest.extend(all.into_iter().min_by_key(Vec::len).unwrap_or_default());
        } else if valid > 1 {
            whole(format!("{problem} Found {valid} valid alternatives"));
        }
    }
    if let Some(every) = list("allOf") {
        let all: Vec<Cause> = every.iter().flat_map(complaints).collect();
        if !all.is_empty() {
            whole("must validate all the schemas (allOf)".to_owned());
            nearest.extend(all);
        }
    }
    if schema.get("not").is_some_and(|not| complaints(not).is_empty()) {
        whole("must not validate the schema (not)".to_owned());
    }
    found.extend(nearest);
}

/// Items of sets and maps that stand twice.
fn repeated(given: &Value, schema: &Value, at: &str, found: &mut Vec<Cause>) {
    match given {
        Value::Object(map) => {
            for (key, given) in map {
                let Some(schema) = property(schema, key).or_else(|| additional(schema)) else { continue };
                let below = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                repeated(given, schema, &below, found);
            }
        }
        Value::Array(items) => {
            let keys = match text(schema, "/x-kubernetes-list-type") {
                "set" => Vec::new(),
                "map" => keys(schema),
                _ => return,
            };
            let mut seen = BTreeSet::new();
            for (index, item) in items.iter().enumerate() {
                let name = if keys.is_empty() {
                    item.clone()
                } else {
                    keys.iter().filter_map(|(key, _)| Some((key.clone(), item.get(key)?.clone()))).collect()
                };
                if !seen.insert(canonical(&name)) {
                    let field = format!("{at}[{index}]");
                    found.push(Cause::new("FieldValueDuplicate", field, format!("Duplicate value: {name}")));
                }
                if let Some(schema) = schema.get("items") {
                    repeated(item, schema, &format!("{at}[{index}]"), found);
                }
            }
        }
        _ => {}
    }
}
