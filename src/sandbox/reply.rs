//! Answers as bytes: objects, lists, metadata only, refusals. It knows nothing of the store.

use std::io;

use http::{Response, StatusCode, header};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::Bytes;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::{
    kinds::Resource,
    route::Query,
    status::Refusal,
    table::{self, Sheet},
};

/// The body of an answer.
pub(super) type Body = UnsyncBoxBody<Bytes, Lost>;

/// The answer was lost on purpose, by a fault script.
#[derive(Debug, thiserror::Error)]
#[error("connection closed before message completed")]
pub struct Lost {
    source: io::Error,
    is_reset: bool,
}

impl Lost {
    pub(super) fn new() -> Self {
        Self { source: io::ErrorKind::ConnectionReset.into(), is_reset: false }
    }

    /// The connection ends with a reset, not with a farewell.
    pub(super) fn reset() -> Self {
        Self { is_reset: true, ..Self::new() }
    }

    pub(super) fn is_reset(&self) -> bool {
        self.is_reset
    }
}

/// How much of an object a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Whole,
    Metadata,
    Table(Sheet),
}

impl Form {
    pub(super) fn of(accept: &str, query: &Query, now: jiff::Timestamp) -> Result<Self, Refusal> {
        let first = accept.split(',').next().unwrap_or_default();
        Ok(if first.contains("as=PartialObjectMetadata") {
            Form::Metadata
        } else if first.contains("as=Table") {
            Form::Table(Sheet::of(query, now)?)
        } else {
            Form::Whole
        })
    }
}

/// A JSON answer.
pub(super) fn json(code: u16, value: &Value) -> Response<Body> {
    bytes(code, "application/json", value.to_string())
}

pub(super) fn bytes(code: u16, kind: &'static str, text: String) -> Response<Body> {
    let body = Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
    response
}

pub(super) fn refusal(refusal: &Refusal) -> Response<Body> {
    if refusal.plain {
        return bytes(refusal.code, "text/plain; charset=utf-8", format!("{}\n", refusal.message));
    }
    json(refusal.code, &refusal.to_json())
}

/// One object, in the form that the client wants.
pub(super) fn object(code: u16, resource: &Resource, object: &Value, form: Form) -> Response<Body> {
    match form {
        Form::Whole => json(code, object),
        Form::Metadata => json(code, &metadata_only(object)),
        Form::Table(sheet) => json(code, &table::table(resource, &[object], Map::new(), sheet)),
    }
}

/// An object without all but its metadata.
pub(super) fn metadata_only(object: &Value) -> Value {
    let mut partial = Map::new();
    partial.insert("kind".into(), "PartialObjectMetadata".into());
    partial.insert("apiVersion".into(), "meta.k8s.io/v1".into());
    partial.insert("metadata".into(), object.get("metadata").cloned().unwrap_or_default());
    Value::Object(partial)
}

/// A list, written piece by piece: the items of a list carry no kind.
pub(super) fn list(resource: &Resource, metadata: Map<String, Value>, items: &[&Value], form: Form) -> Response<Body> {
    let text = match form {
        Form::Whole => {
            let custom = resource.custom.as_ref();
            let kind = custom.map_or_else(|| format!("{}List", resource.kind), |custom| custom.list_kind.clone());
            let version = resource.api_version();
            let mut metadata = metadata;
            if custom.is_some() {
                metadata.entry("continue").or_insert_with(|| "".into());
            }
            let mut text = format!(
                r#"{{"kind":"{kind}","apiVersion":"{version}","metadata":{},"items":["#,
                Value::Object(metadata)
            );
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                // Objects of a definition name their kind themselves.
                match custom {
                    Some(_) => text.push_str(&item.to_string()),
                    None => text.push_str(&serde_json::to_string(&Untyped(item)).unwrap_or_default()),
                }
            }
            text.push_str("]}");
            text
        }
        Form::Metadata => {
            let items: Vec<Value> = items.iter().map(|item| metadata_only(item)).collect();
            // A real server's list of nothing is null here, and empty everywhere else.
            let items = if items.is_empty() { serde_json::Value::Null } else { serde_json::json!(items) };
            serde_json::json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items}).to_string()
        }
        Form::Table(sheet) => table::table(resource, items, metadata, sheet).to_string(),
    };
    bytes(200, "application/json", text)
}

struct Untyped<'a>(&'a Value);

impl Serialize for Untyped<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(fields) = self.0.as_object() else { return self.0.serialize(serializer) };
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in fields.iter().filter(|(key, _)| *key != "kind" && *key != "apiVersion") {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
