//! How the bodies of requests are read, and what is refused before anything is asked of the store.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::{Value, json};

use super::{
    change::Asked,
    custom, folding, protobuf,
    status::{Cause, Refusal},
    store::text,
    writes,
};

/// Objects larger than this do not fit into a real server's store.
const LARGEST: usize = 1_048_576;
const LARGEST_ANNOTATIONS: usize = 262_144;
/// How the server begins what its reader of YAML says.
const CONVERTING: &str = "error converting YAML to JSON: yaml:";

/// Reads a body of JSON or YAML into a map.
pub(super) fn read(asked: &Asked<'_>) -> Result<Value, Refusal> {
    if asked.content_type.contains("protobuf") {
        let why = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml";
        let unknown = || Refusal::new(415, "UnsupportedMediaType", why).with_details(json!({}));
        return protobuf::read(asked.body).ok_or_else(unknown);
    }
    let is_yaml = asked.content_type.contains("yaml");
    if let Ok(value) = serde_json::from_slice::<Value>(asked.body) {
        if !is_yaml {
            return Ok(value);
        }
        // JSON hides a repeated key; the YAML reader does not, but is needed only where it could matter.
        check_repeated(asked.body, asked.is_strict())?;
        let json = std::str::from_utf8(asked.body).ok().and_then(folding::folded);
        let json = json.ok_or_else(|| {
            Refusal::bad_request(format!("error decoding YAML: {CONVERTING} control characters are not allowed"))
        })?;
        let value = match json {
            Cow::Borrowed(_) => value,
            Cow::Owned(json) => serde_json::from_str(&json).expect("folding leaves JSON what it is"),
        };
        return Ok(with_whole_numbers(value));
    }
    let text = std::str::from_utf8(asked.body).map_err(|_| Refusal::bad_request("the body is not UTF-8"))?;
    if !is_yaml {
        let (found, shown) = (unread(text), summary(text));
        let kind = &asked.objects.resource.kind;
        return Err(Refusal::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {found} ({shown})"
        )));
    }
    yaml(text, asked.is_strict()).map(with_whole_numbers)
}

/// Whole numbers are integers, however they were spelled: on its way from YAML to the server's types a value is JSON as Go
/// writes it.
fn with_whole_numbers(value: Value) -> Value {
    const FIRST_TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;
    match value {
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small enough")]
            Some(float) if float.fract() == 0.0 && float.abs() < FIRST_TOO_LARGE => Value::from(float as i64),
            _ => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(with_whole_numbers).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, with_whole_numbers(value))).collect(),
        other => other,
    }
}

/// What Go's reader of JSON says of a text that is none.
pub(super) fn unread(text: &str) -> String {
    match text.trim_start().chars().next() {
        Some(first) if !matches!(first, '{' | '[' | '"') => {
            format!("invalid character {first:?} looking for beginning of value")
        }
        _ => "unexpected end of JSON input".to_owned(),
    }
}

/// The beginning of a body, as the server shows it: bytes, unless it looks like JSON.
fn summary(text: &str) -> String {
    const SHOWN: usize = 30;
    let bytes = &text.as_bytes()[..text.len().min(SHOWN)];
    let shown = match bytes.first() {
        None => return "<empty>".to_owned(),
        Some(b'{') => String::from_utf8_lossy(bytes).into_owned(),
        Some(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    if text.len() > SHOWN { format!("{shown} ...") } else { shown }
}

/// Reads YAML; a key that stands twice is refused when asked to be strict, else the last one counts.
fn yaml(text: &str, is_strict: bool) -> Result<Value, Refusal> {
    let error = match serde_saphyr::from_str(text) {
        Ok(value) => return Ok(value),
        Err(error) => error.to_string(),
    };
    let Some((place, key)) = error.split_once(": duplicate mapping key: ") else {
        return Err(Refusal::bad_request(format!("error decoding YAML: {CONVERTING} {error}")));
    };
    if is_strict {
        let line = place.rsplit_once("line ").and_then(|(_, rest)| rest.split(' ').next()).unwrap_or("1");
        let key = key.split(',').next().unwrap_or_default();
        return Err(Refusal::bad_request(format!(
            "error strict decoding YAML: {CONVERTING} unmarshal errors:\n  line {line}: key {key:?} already set in map"
        )));
    }
    let options = serde_saphyr::options! { duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| Refusal::bad_request(format!("error decoding YAML: {CONVERTING} {error}")))
}

/// Reads and completes an object of the request's kind.
pub(super) fn object(asked: &Asked<'_>, value: Value) -> Result<Value, Refusal> {
    let resource = asked.objects.resource;
    let (version, kind) = (text(&value, "/apiVersion"), text(&value, "/kind"));
    if resource.custom.is_some() {
        custom::check_kind(resource, &value)?;
    } else if (!version.is_empty() || !kind.is_empty()) && (version != resource.api_version() || kind != resource.kind)
    {
        let short = crate::object::split_api_version(version).1;
        let package = resource.group.split('.').next().filter(|group| !group.is_empty()).unwrap_or("core");
        return Err(Refusal::bad_request(format!(
            "{kind} in version {short:?} cannot be handled as a {}: converting ({short}.{kind}) to ({package}.{}): unknown conversion",
            resource.kind, resource.kind
        )));
    }
    let decoded = writes::complete(resource, value).map_err(|misfit| {
        Refusal::bad_request(format!(
            "{} in version {:?} cannot be handled as a {}: {misfit}",
            resource.kind, resource.version, resource.kind
        ))
    })?;
    if asked.is_strict() && !decoded.unknown.is_empty() {
        let (kind, version) = (&resource.kind, &resource.version);
        let why = strict(&decoded.unknown);
        return Err(Refusal::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {why}"
        )));
    }
    asked.warn(&decoded.unknown);
    check_size(asked, &decoded.value)?;
    Ok(decoded.value)
}

pub(super) fn strict(unknown: &[String]) -> String {
    let fields: Vec<String> = unknown.iter().map(|field| format!("unknown field {field:?}")).collect();
    format!("strict decoding error: {}", fields.join(", "))
}

pub(super) fn check_size(asked: &Asked<'_>, object: &Value) -> Result<(), Refusal> {
    let (resource, name) = (asked.objects.resource, text(object, "/metadata/name"));
    let annotations = object.pointer("/metadata/annotations").and_then(Value::as_object);
    let size: usize =
        annotations.into_iter().flatten().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    if size > LARGEST_ANNOTATIONS {
        let why = format!("Too long: may not be more than {LARGEST_ANNOTATIONS} bytes");
        return Err(Refusal::invalid(resource, name, &[Cause::new("FieldValueTooLong", "metadata.annotations", why)]));
    }
    if asked.body.len() > LARGEST && matches!(resource.kind.as_str(), "ConfigMap" | "Secret") {
        let why = format!("Too long: may not be more than {LARGEST} bytes");
        return Err(Refusal::invalid(resource, name, &[Cause::new("FieldValueTooLong", "[]", why)]));
    }
    Ok(())
}

/// Refuses JSON that names a key twice in one map, when asked to be strict.
fn check_repeated(body: &[u8], is_strict: bool) -> Result<(), Refusal> {
    if !is_strict {
        return Ok(());
    }
    match find_repeated(body) {
        Some(key) => Err(Refusal::bad_request(format!(
            "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 1: key {key:?} already set in map"
        ))),
        None => Ok(()),
    }
}

/// Scans well-formed JSON for a key that stands twice in one map.
fn find_repeated(body: &[u8]) -> Option<String> {
    let mut open: Vec<Option<BTreeSet<&[u8]>>> = Vec::new();
    let (mut at, mut awaits_key) = (0, false);
    while at < body.len() {
        match body[at] {
            b'{' => {
                open.push(Some(BTreeSet::new()));
                awaits_key = true;
            }
            b'[' => {
                open.push(None);
                awaits_key = false;
            }
            b'}' | b']' => {
                open.pop();
                awaits_key = false;
            }
            b',' => awaits_key = matches!(open.last(), Some(Some(_))),
            b'"' => {
                let start = at + 1;
                at = start;
                while at < body.len() && body[at] != b'"' {
                    at += if body[at] == b'\\' { 2 } else { 1 };
                }
                let text = body.get(start..at).unwrap_or_default();
                if awaits_key {
                    awaits_key = false;
                    if let Some(Some(keys)) = open.last_mut()
                        && !keys.insert(text)
                    {
                        return Some(String::from_utf8_lossy(text).into_owned());
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}
