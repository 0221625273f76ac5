//! Checks a rendered object: what a template may make, and how it is called. Whether the server takes its fields is the
//! server's to say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::settings::Settings;
use crate::{
    desired::{LABEL_COMPONENT, LABEL_ENVIRONMENT, LABEL_MANAGED_BY, MANAGED_BY, is_reserved},
    diagnostic::{Diagnostic, suggestion},
    kinds::Kinds,
    names::{ComponentId, EnvironmentName, Namespace},
    object::{GroupKind, ObjectKey, Segment, split_api_version},
    rule::{self, Rule},
    schema,
};

/// The largest body that is sent. The store of Kubernetes takes 1.5 MiB, what the server adds included.
const MAX_BYTES: usize = 1024 * 1024;

/// What rendered objects are checked against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) environment: &'a EnvironmentName,
    pub(super) namespace: &'a Namespace,
    pub(super) kinds: &'a Kinds,
    pub(super) settings: &'a Settings,
    pub(super) types: Types,
}

/// Whether objects are held to the types of their kinds. A cluster may know newer ones, so where one is asked, it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Types {
    Checked,
    Left,
}

/// What is wrong with an object by the types of its kind, each with the last field on the way to it; nothing of kinds
/// that Kubernetes itself does not have.
pub(super) fn misfits(value: &Value) -> Vec<(Diagnostic, Option<String>)> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let ((group, version), kind) = (split_api_version(text("apiVersion")), text("kind"));
    let Some(shape) = schema::of_kind(group, version, kind) else { return Vec::new() };
    let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    let faults = schema::check(value, &shape).into_iter();
    // Wrong labels and annotations are told in any case.
    let is_told = |fault: &schema::Fault<'_>| {
        let path = fault.path.to_string();
        [".metadata.labels", ".metadata.annotations"].iter().any(|told| path.starts_with(told))
    };
    let told = faults.filter(|fault| !is_told(fault)).map(|fault| {
        let mut diagnostic = mistake(fault.summary(), format!("{kind}/{name}: {}", fault.detail()));
        if let Some(meant) = fault.meant() {
            diagnostic = diagnostic.help(format!("did you mean `{meant}`?"));
        }
        let field = fault.path.0.iter().rev().find_map(|segment| match segment {
            Segment::Field(name) => Some(name.clone()),
            Segment::Key(_) | Segment::Value(_) | Segment::Index(_) => None,
        });
        (diagnostic, field)
    });
    told.collect()
}

/// Checks a rendered document; gives its key, and its mistakes without a place: the caller knows the line.
pub(super) fn check(
    value: &Value,
    rules: Rules<'_>,
    unknown: &mut BTreeSet<GroupKind>,
) -> Result<ObjectKey, Vec<Diagnostic>> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if !value.is_object() {
        return Err(vec![mistake("not an object", "a template must render Kubernetes objects, not other values")]);
    }
    let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else {
        return Err(vec![mistake("not an object", "an object needs the fields `apiVersion` and `kind`")]);
    };
    let (group, version) = split_api_version(api_version);
    let kind = GroupKind::new(group, kind);
    let Some(name) = value.pointer("/metadata/name").and_then(Value::as_str) else {
        return Err(vec![unnamed(value, &kind)]);
    };
    let key = ObjectKey { kind, namespace: Some(rules.namespace.to_string()), name: name.to_owned() };
    let mut mistakes = Vec::new();
    mistakes.extend(check_kind(&key, version, rules, unknown));
    mistakes.extend(check_name(&key));
    mistakes.extend(check_fields(value, &key, rules.namespace));
    if value.to_string().len() > MAX_BYTES {
        mistakes.push(mistake(
            "object too large",
            format!("{key} has more than {MAX_BYTES} bytes, which no cluster stores"),
        ));
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let is_namespaced = rules.kinds.get(&key.kind).is_none_or(|kind| kind.namespaced);
    Ok(ObjectKey { namespace: key.namespace.filter(|_| is_namespaced), ..key })
}

fn mistake(summary: &str, detail: impl Into<String>) -> Diagnostic {
    Diagnostic::new(summary).detail(detail)
}

fn unnamed(value: &Value, kind: &GroupKind) -> Diagnostic {
    match value.pointer("/metadata/generateName") {
        Some(_) => mistake("generated name", format!("this {} asks the server to invent its name", kind.kind))
            .help("give it a `name`; ditc must know it to find it again"),
        None => mistake("missing name", format!("this {} has no `metadata.name`", kind.kind)),
    }
}

fn check_kind(
    key: &ObjectKey,
    version: &str,
    rules: Rules<'_>,
    unknown: &mut BTreeSet<GroupKind>,
) -> Option<Diagnostic> {
    let (name, kind) = (&key.name, &key.kind);
    if kind.is("", "Namespace") {
        return Some(
            mistake("namespace in a template", format!("the template makes namespace `{name}`"))
                .help("remove it; ditc makes the environment's namespace itself"),
        );
    }
    if kind.is("", "Secret") {
        return Some(
            mistake(
                "secret in a template",
                format!("the template makes Secret `{name}`, and its values would lie in git"),
            )
            .help(format!("declare it under `[secrets.{name}]` in `module.toml`, and ditc generates its values")),
        );
    }
    let Some(served) = rules.kinds.get(kind) else {
        unknown.insert(kind.clone());
        let elsewhere = rules.kinds.iter().find(|other| other.kind.kind == kind.kind);
        let names = rules.kinds.iter().map(|kind| kind.kind.kind.as_str());
        // What is so near to a known kind is a slip, whichever cluster it is for.
        let slip = mistake("unknown kind", format!("there is no kind `{kind}`"));
        return Some(match (elsewhere, suggestion(&kind.kind, names)) {
            (Some(other), _) => {
                slip.help(format!("`{}` is served as `apiVersion: {}`", kind.kind, other.api_version()))
            }
            (None, Some(meant)) => slip.help(format!("did you mean `{meant}`?")),
            (None, None) => mistake("unknown kind", format!("the cluster knows no kind `{kind}`")).help(CUSTOM),
        });
    };
    if !served.serves(version) {
        unknown.insert(kind.clone());
        let diagnostic =
            mistake("unknown version", format!("the cluster does not serve version `{version}` of `{kind}`"));
        return Some(diagnostic.help(format!("write `apiVersion: {}`", served.api_version())));
    }
    if !served.namespaced && !rules.settings.cluster_scoped.contains(kind) {
        return Some(
            mistake(
                "object outside the namespace",
                format!("a {} belongs to the whole cluster, so environments would share it", kind.kind),
            )
            .help(format!("if that is wanted, add `cluster_scoped = [\"{kind}\"]` under `[policy]` in `ditc.toml`")),
        );
    }
    None
}

/// What is said of a kind that Kubernetes itself does not have.
const CUSTOM: &str = "the definition of a custom kind must be installed in the cluster first";

/// Whether a complaint about a kind, made without a cluster, is no mistake before a cluster says so too.
pub(super) fn is_for_the_cluster(diagnostic: &Diagnostic) -> bool {
    diagnostic.summary == "unknown version" || diagnostic.help.iter().any(|help| help == CUSTOM)
}

fn check_name(key: &ObjectKey) -> Option<Diagnostic> {
    let (kind, name) = (&key.kind, key.name.as_str());
    let is_own = ["ConfigMap", "Secret"].iter().any(|own| kind.is("", own)) || kind.is("coordination.k8s.io", "Lease");
    if is_own && is_reserved(name) {
        return Some(
            mistake(
                "reserved name",
                format!("{} `{name}`: ditc keeps `ditc` and `ditc-*` for its own records", kind.kind),
            )
            .help("choose another name"),
        );
    }
    let why = if kind.group == "rbac.authorization.k8s.io" {
        // <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#path-segment-names>
        let is_segment = !name.is_empty() && !name.contains(['/', '%']) && name != "." && name != "..";
        (!is_segment).then(|| "must not be empty, `.` or `..`, nor hold `/` or `%`".to_owned())
    } else if kind.is("", "Service") {
        let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
        match Namespace::new(name) {
            Ok(_) if !starts => Some("must start with a letter".to_owned()),
            Ok(_) => None,
            Err(why) => Some(why.to_string()),
        }
    } else {
        subdomain(name)
    };
    why.map(|why| mistake("invalid name", format!("the name `{name}` of this {} {why}", kind.kind)))
}

/// Why a name is not a DNS-1123 subdomain
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names>).
pub(super) fn subdomain(name: &str) -> Option<String> {
    const MAX: usize = 253;
    if name.is_empty() {
        return Some("is empty".to_owned());
    }
    if name.len() > MAX {
        return Some(format!("has {} characters; at most {MAX} are allowed", name.len()));
    }
    if let Some(found) = name.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-' | '.')) {
        return Some(format!("may hold only lower-case letters, digits, `-` and `.`, not {found:?}"));
    }
    let is_edge = |part: &str| part.is_empty() || part.starts_with('-') || part.ends_with('-');
    name.split('.').any(is_edge).then(|| "must start and end with a letter or digit, also around each `.`".to_owned())
}

fn check_fields(value: &Value, key: &ObjectKey, namespace: &Namespace) -> Vec<Diagnostic> {
    let empty = Map::new();
    let metadata = value.get("metadata").and_then(Value::as_object).unwrap_or(&empty);
    let mut mistakes = Vec::new();
    match metadata.get("namespace") {
        None | Some(Value::Null) => {}
        Some(Value::String(own)) if own == namespace.as_str() => {}
        Some(other) => mistakes.push(
            mistake(
                "another namespace",
                format!("{key} asks for namespace {other}; the environment lives in `{namespace}`"),
            )
            .help("remove `metadata.namespace`; ditc fills it in"),
        ),
    }
    const SERVER: [&str; 8] = [
        "managedFields",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "selfLink",
        "generateName",
    ];
    let given = SERVER.iter().filter(|field| metadata.get(**field).is_some_and(|value| !value.is_null()));
    let given = given.map(|field| format!("metadata.{field}")).chain(value.get("status").map(|_| "status".to_owned()));
    for field in given {
        mistakes.push(
            mistake("field of the server", format!("{key} sets `{field}`, which only the server fills in"))
                .help(format!("remove `{field}`; objects copied out of a cluster hold it")),
        );
    }
    for map in ["labels", "annotations"] {
        match metadata.get(map) {
            None | Some(Value::Null) => {}
            Some(Value::Object(entries)) => {
                for (name, value) in entries.iter().filter(|(_, value)| !value.is_string()) {
                    mistakes.push(
                        mistake(
                            "wrong type",
                            format!("`metadata.{map}` of {key} has {value} for `{name}`; it takes only strings"),
                        )
                        .help("quote it, or write `{{ x | string }}`"),
                    );
                }
            }
            Some(_) => {
                mistakes.push(mistake("wrong type", format!("`metadata.{map}` of {key} must be a map of strings")));
            }
        }
    }
    if let Some(text) = metadata.get("annotations").and_then(|all| all.get(rule::ANNOTATION)?.as_str())
        && let Err(unclear) = Rule::parse(text)
    {
        let detail = format!("annotation `{}` of {key} is no rule that can be followed: {unclear}", rule::ANNOTATION);
        mistakes.push(
            mistake("unclear rule", detail)
                .help("write `condition=Ready`, or comparisons such as `self.status.phase == \"Running\"`"),
        );
    }
    mistakes
}

/// Takes out of an object what asks for nothing, and whose ownership a controller takes from us as soon as it writes
/// there: empty annotations, and empty rules of a role that is made of others
/// (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles>). And the empty protocol of a
/// port: it stands for the default, but as a part of the port's key in a list the server takes it for another one.
pub(super) fn prune(value: &mut Value, kind: &GroupKind) {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    let is_aggregated = kind.is("rbac.authorization.k8s.io", "ClusterRole")
        && value.get("aggregationRule").is_some_and(|rule| !rule.is_null());
    if is_aggregated && value.get("rules").is_some_and(is_empty) {
        value.as_object_mut().map(|object| object.shift_remove("rules"));
    }
    if Kinds::is_builtin(kind)
        && let Some(spec) = value.get_mut("spec")
    {
        default_protocols(spec);
    }
    let metadata = value.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(metadata) = metadata.filter(|metadata| metadata.get("annotations").is_some_and(is_empty)) {
        metadata.shift_remove("annotations");
    }
}

/// Leaves out every protocol of a port that says nothing.
fn default_protocols(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for port in map.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                let Some(port) = port.as_object_mut() else { continue };
                if port.get("protocol").is_some_and(|protocol| protocol.is_null() || protocol == "") {
                    port.shift_remove("protocol");
                }
            }
            map.values_mut().for_each(default_protocols);
        }
        Value::Array(items) => items.iter_mut().for_each(default_protocols),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Puts the environment's namespace, its own labels and those of ditc on an object that passed [`check`]. A label that a
/// template sets itself goes before one of the environment.
pub(super) fn stamp(
    value: &mut Value,
    key: &ObjectKey,
    component: Option<&ComponentId>,
    labels: &BTreeMap<String, String>,
    rules: Rules<'_>,
) -> Result<(), Diagnostic> {
    if let Some(namespace) = &key.namespace {
        value["metadata"]["namespace"] = Value::from(namespace.as_str());
    }
    let component = component.map(|component| component.name.as_str());
    let ours = [
        (LABEL_MANAGED_BY, Some(MANAGED_BY)),
        (LABEL_ENVIRONMENT, Some(rules.environment.as_str())),
        (LABEL_COMPONENT, component),
    ];
    for (label, ours) in ours {
        let Some(ours) = ours else { continue };
        if value["metadata"]["labels"].is_null() {
            value["metadata"]["labels"] = Value::Object(Map::new());
        }
        let slot = &mut value["metadata"]["labels"][label];
        match slot.as_str() {
            Some(given) if given != ours => {
                return Err(mistake(
                    "label of ditc",
                    format!("{key} sets the label `{label}` to `{given}`, but ditc sets it to `{ours}`"),
                )
                .help("remove it; ditc finds its objects by these labels"));
            }
            Some(_) | None => *slot = Value::from(ours),
        }
    }
    for (label, text) in labels {
        let slot = &mut value["metadata"]["labels"][label];
        if slot.is_null() {
            *slot = Value::from(text.as_str());
        }
    }
    Ok(())
}
