//! What the server refuses in a definition: the usual mistakes; a real one has many more rules for schemas.

use serde_json::{Value, json};

use super::structural::additional;
use crate::sandbox::{status::Cause, store::text};

/// The complaints about a definition.
pub(in crate::sandbox) fn check(definition: &Value, found: &mut Vec<Cause>) {
    let spec = &definition["spec"];
    let name = text(definition, "/metadata/name");
    let (plural, group) = (text(spec, "/names/plural"), text(spec, "/group"));
    if name != format!("{plural}.{group}") {
        let why = "must be spec.names.plural+\".\"+spec.group";
        found.push(Cause::invalid("metadata.name", &json!(name), why));
    }
    let scope = text(spec, "/scope");
    if scope.is_empty() {
        found.push(Cause::required("spec.scope", ""));
    } else if !matches!(scope, "Cluster" | "Namespaced") {
        found.push(Cause::unsupported("spec.scope", &json!(scope), &["Cluster", "Namespaced"]));
    }
    for field in ["plural", "kind"].into_iter().filter(|field| text(spec, &format!("/names/{field}")).is_empty()) {
        found.push(Cause::required(format!("spec.names.{field}"), ""));
    }
    let versions: Vec<&Value> = spec.get("versions").and_then(Value::as_array).into_iter().flatten().collect();
    if versions.iter().filter(|version| version["storage"] == true).count() != 1 {
        let shown = Value::Array(versions.iter().map(|version| in_go(version)).collect());
        let why = "must have exactly one version marked as storage version";
        found.push(Cause::invalid("spec.versions", &shown, why));
        if versions.iter().all(|version| version["storage"] != true) {
            let why = "must have at least one stored version";
            found.push(Cause::invalid("status.storedVersions", &Value::Null, why));
        }
    }
    // What all versions share is kept once, and named there.
    let is_shared = versions.windows(2).all(|pair| pair[0].get("schema") == pair[1].get("schema"));
    for (index, version) in versions.iter().enumerate() {
        let own = format!("spec.versions[{index}].schema.openAPIV3Schema");
        let Some(schema) = version.pointer("/schema/openAPIV3Schema") else {
            found.push(Cause::required(own, ""));
            continue;
        };
        if !is_shared || index == 0 {
            let at = if is_shared { "spec.validation.openAPIV3Schema" } else { own.as_str() };
            check_schema(schema, at, "must not be empty at the root", found);
        }
    }
}

fn check_schema(schema: &Value, at: &str, why: &str, found: &mut Vec<Cause>) {
    let is = |extension: &str| schema.get(extension) == Some(&Value::Bool(true));
    if text(schema, "/type").is_empty()
        && !is("x-kubernetes-int-or-string")
        && !is("x-kubernetes-preserve-unknown-fields")
    {
        found.push(Cause::required(format!("{at}.type"), why));
    }
    const OF_OBJECT: &str = "must not be empty for specified object fields";
    for (key, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        check_schema(schema, &format!("{at}.properties[{key}]"), OF_OBJECT, found);
    }
    if let Some(of) = additional(schema).filter(|of| of.is_object()) {
        check_schema(of, &format!("{at}.additionalProperties"), OF_OBJECT, found);
    }
    if let Some(items) = schema.get("items").filter(|items| items.is_object()) {
        check_schema(items, &format!("{at}.items"), "must not be empty for specified array items", found);
    }
}

/// A version as Go prints it: what all versions share is kept elsewhere.
fn in_go(version: &Value) -> Value {
    json!({
        "Name": version["name"], "Served": version["served"] == true, "Storage": version["storage"] == true,
        "Deprecated": version["deprecated"] == true, "DeprecationWarning": version["deprecationWarning"], "Schema": null,
        "Subresources": null, "AdditionalPrinterColumns": null, "SelectableFields": null,
    })
}
