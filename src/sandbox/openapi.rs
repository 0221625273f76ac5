//! As much of an OpenAPI document as kubectl reads before it applies: which requests know `fieldValidation`. It describes no type.

use http::Response;
use serde_json::{Map, Value, json};

use super::{
    catalogue::Catalogue,
    kinds::Resource,
    reply::{self, Body},
    status::Refusal,
};

fn path(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

/// `/openapi/v3`
pub(super) fn index(kinds: &Catalogue) -> Response<Body> {
    let paths: Map<String, Value> = kinds
        .all()
        .iter()
        .map(|known| path(&known.group, &known.version))
        .map(|path| (path.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{path}")})))
        .collect();
    reply::json(200, &json!({"paths": paths}))
}

/// `/openapi/v3/apis/apps/v1`
pub(super) fn document(kinds: &Catalogue, wanted: &str) -> Result<Response<Body>, Refusal> {
    let known = kinds.all().iter().map(|known| &**known);
    let found: Vec<&Resource> = known.filter(|known| path(&known.group, &known.version) == wanted).collect();
    if found.is_empty() {
        return Err(Refusal::no_page());
    }
    let parameters: Vec<Value> = ["dryRun", "fieldManager", "fieldValidation", "force"]
        .iter()
        .map(|name| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}}))
        .collect();
    let paths: Map<String, Value> = found
        .iter()
        .map(|known| {
            let scope = if known.namespaced { "/namespaces/{namespace}" } else { "" };
            let kind = json!({"group": known.group, "version": known.version, "kind": known.kind});
            let operation = json!({"parameters": parameters, "responses": {}, "x-kubernetes-group-version-kind": kind});
            (format!("/{wanted}{scope}/{}/{{name}}", known.plural), json!({"patch": operation}))
        })
        .collect();
    let document = json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.36.3"}, "paths": paths, "components": {"schemas": {}},
    });
    Ok(reply::json(200, &document))
}
