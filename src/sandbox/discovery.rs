//! Which groups, versions and kinds there are, in the aggregated and in the older form
//! (<https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api>).

use std::collections::BTreeSet;

use http::Response;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    catalogue::Catalogue,
    decode,
    kinds::{self, Resource, Subresource},
    reply::{self, Body},
    status::Refusal,
};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

pub(super) fn version() -> Response<Body> {
    let version = json!({
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
        "gitVersion": "v1.36.3+sandbox", "gitCommit": "", "gitTreeState": "", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none",
        "compiler": "rustc", "platform": "linux/amd64",
    });
    reply::json(200, &version)
}

fn wants_aggregated(accept: &str) -> bool {
    accept.split(',').any(|part| {
        let part = part.replace(' ', "");
        part.contains("as=APIGroupDiscoveryList") && part.contains("v=v2") && !part.contains("v=v2beta1")
    })
}

/// `/api`
pub(super) fn core(kinds: &Catalogue, accept: &str) -> Response<Body> {
    if wants_aggregated(accept) {
        return aggregated(kinds, &[""]);
    }
    reply::json(200, &json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}))
}

/// `/apis`
pub(super) fn groups(kinds: &Catalogue, accept: &str) -> Response<Body> {
    let names = group_names(kinds);
    if wants_aggregated(accept) {
        return aggregated(kinds, &names);
    }
    let groups: Vec<Value> = names.iter().map(|name| group_document(kinds, name, false)).collect();
    reply::json(200, &json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
}

/// `/apis/apps`
pub(super) fn group(kinds: &Catalogue, name: &str) -> Response<Body> {
    reply::json(200, &group_document(kinds, name, true))
}

/// `/apis/apps/v1`, `/api/v1`
pub(super) fn resources(kinds: &Catalogue, group: &str, version: &str) -> Result<Response<Body>, Refusal> {
    let mut all = Vec::new();
    for resource in kinds.all().iter().filter(|known| known.group == group && known.version == version) {
        all.push(old_resource(resource));
        all.extend(resource.subresources.iter().map(|subresource| old_subresource(resource, subresource)));
    }
    let api_version = crate::object::join_api_version(group, version);
    Ok(reply::json(
        200,
        &json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": all}),
    ))
}

fn group_names(kinds: &Catalogue) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    let names = kinds.all().iter().map(|known| known.group.as_str());
    names.filter(|name| !name.is_empty() && seen.insert(*name)).collect()
}

fn versions<'a>(kinds: &'a Catalogue, group: &str) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    let of_group = kinds.all().iter().filter(|known| known.group == group);
    of_group.map(|known| known.version.as_str()).filter(|version| seen.insert(*version)).collect()
}

fn group_document(kinds: &Catalogue, name: &str, with_kind: bool) -> Value {
    let versions: Vec<Value> = versions(kinds, name)
        .iter()
        .map(|version| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
        .collect();
    let mut document = Map::new();
    if with_kind {
        document.insert("kind".into(), "APIGroup".into());
        document.insert("apiVersion".into(), "v1".into());
    }
    document.insert("name".into(), name.into());
    document.insert("preferredVersion".into(), versions.first().cloned().unwrap_or_default());
    document.insert("versions".into(), versions.into());
    Value::Object(document)
}

fn aggregated(kinds: &Catalogue, groups: &[&str]) -> Response<Body> {
    let items: Vec<Value> = groups.iter().map(|group| aggregated_group(kinds, group)).collect();
    let list = json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items});
    reply::bytes(200, AGGREGATED, list.to_string())
}

fn aggregated_group(kinds: &Catalogue, group: &str) -> Value {
    let versions: Vec<Value> = versions(kinds, group)
        .iter()
        .map(|version| {
            let all = kinds.all().iter().filter(|known| known.group == group && known.version == *version);
            let resources: Vec<Value> = all.map(|known| aggregated_resource(known)).collect();
            json!({"version": version, "resources": resources, "freshness": "Current"})
        })
        .collect();
    let metadata = if group.is_empty() {
        json!({"creationTimestamp": null})
    } else {
        json!({"name": group, "creationTimestamp": null})
    };
    json!({"metadata": metadata, "versions": versions})
}

fn aggregated_resource(resource: &Resource) -> Value {
    let mut document = json!({
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs,
    });
    if !resource.short.is_empty() {
        document["shortNames"] = json!(resource.short);
    }
    if !resource.categories.is_empty() {
        document["categories"] = json!(resource.categories);
    }
    if !resource.subresources.is_empty() {
        let all = resource.subresources.iter().map(|subresource| {
            let kind = json!({"group": subresource.group, "version": subresource.version, "kind": subresource.kind});
            json!({"subresource": subresource.name, "responseKind": kind, "verbs": subresource.verbs})
        });
        document["subresources"] = all.collect();
    }
    document
}

fn old_resource(resource: &Resource) -> Value {
    let mut document = json!({
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": resource.verbs,
    });
    if !resource.short.is_empty() {
        document["shortNames"] = json!(resource.short);
    }
    if !resource.categories.is_empty() {
        document["categories"] = json!(resource.categories);
    }
    if resource.custom.is_some() {
        let stored = kinds::stored(resource);
        let hash = Sha256::digest(format!("{}/{}/{}", stored.group, stored.version, stored.kind));
        document["storageVersionHash"] = decode::base64(&hash[..8]).into();
    }
    document
}

fn old_subresource(resource: &Resource, subresource: &Subresource) -> Value {
    let mut document = json!({
        "name": format!("{}/{}", resource.plural, subresource.name),
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": subresource.kind,
        "verbs": subresource.verbs,
    });
    if !subresource.version.is_empty() {
        document["group"] = subresource.group.clone().into();
        document["version"] = subresource.version.clone().into();
    }
    document
}
