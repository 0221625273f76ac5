//! From method, path and query to what is asked. It answers nothing.

use std::sync::Arc;

use http::Method;

use super::{catalogue::Catalogue, kinds::Resource, status::Refusal};

/// What a path names.
#[derive(Debug)]
pub(super) enum Target<'a> {
    Version,
    /// `/openapi/v3`, and below it.
    OpenApi(String),
    /// `/openapi/v2`
    OlderOpenApi,
    Health,
    /// `/api`, `/apis`
    Core,
    Groups,
    /// `/apis/apps`
    Group(String),
    /// `/apis/apps/v1`
    GroupVersion(String, String),
    Objects(Objects<'a>),
}

/// The objects that a path names.
#[derive(Debug, Clone)]
pub(super) struct Objects<'a> {
    pub(super) resource: &'a Arc<Resource>,
    /// None for all namespaces, or a kind of the cluster.
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    /// Empty for the object itself.
    pub(super) subresource: String,
}

/// Finds what a path names.
pub(super) fn target<'a>(kinds: &'a Catalogue, path: &str) -> Result<Target<'a>, Refusal> {
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (group, version, rest) = match &parts[..] {
        ["version"] => return Ok(Target::Version),
        ["openapi", "v2"] => return Ok(Target::OlderOpenApi),
        ["openapi", "v3", rest @ ..] => return Ok(Target::OpenApi(rest.join("/"))),
        ["healthz" | "readyz" | "livez", ..] => return Ok(Target::Health),
        ["api"] => return Ok(Target::Core),
        ["apis"] => return Ok(Target::Groups),
        ["apis", group] if kinds.is_group(group) => return Ok(Target::Group((*group).to_owned())),
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return Err(Refusal::no_page()),
    };
    let mut of_version = kinds.all().iter().filter(|known| known.group == group && known.version == version).peekable();
    let Some(first) = of_version.peek() else {
        return Err(if kinds.is_group(group) && !rest.is_empty() {
            Refusal::no_resource()
        } else {
            Refusal::no_page()
        });
    };
    let unknown = || if first.custom.is_some() { Refusal::no_page() } else { Refusal::no_resource() };
    if rest.is_empty() {
        return Ok(Target::GroupVersion(group.to_owned(), version.to_owned()));
    }
    let (namespace, rest) = match rest {
        // A namespace itself, and not what is in it.
        ["namespaces", _, "status" | "finalize"] => (None, rest),
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some((*namespace).to_owned()), rest),
        rest => (None, rest),
    };
    let (plural, name, subresource) = match rest {
        [plural] => (*plural, None, ""),
        [plural, name] => (*plural, Some((*name).to_owned()), ""),
        [plural, name, subresource, ..] => (*plural, Some((*name).to_owned()), *subresource),
        [] => return Err(Refusal::no_resource()),
    };
    let resource = kinds.by_plural(group, version, plural).ok_or_else(unknown)?;
    let is_misplaced = resource.namespaced != namespace.is_some() && (namespace.is_some() || name.is_some());
    if is_misplaced || !(subresource.is_empty() || resource.has(subresource)) {
        return Err(match &name {
            Some(name) if resource.custom.is_some() && !is_misplaced => Refusal::not_found(resource, name),
            _ => unknown(),
        });
    }
    Ok(Target::Objects(Objects { resource, namespace, name, subresource: subresource.to_owned() }))
}

/// The parameters of a request.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&key.replace('+', " ")), decode(&value.replace('+', " ")))
        });
        Self(pairs.collect())
    }

    /// The parameter, empty when it is not given.
    pub(super) fn get(&self, key: &str) -> &str {
        self.0.iter().find(|(known, _)| known == key).map_or("", |(_, value)| value)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(known, _)| known == key)
    }

    pub(super) fn is_set(&self, key: &str) -> bool {
        matches!(self.get(key), "true" | "1" | "True") || (self.has(key) && self.get(key).is_empty())
    }
}

/// The right that a request needs, in the words of RBAC.
pub(super) fn verb(method: &Method, objects: &Objects<'_>, query: &Query) -> Result<&'static str, Refusal> {
    let is_named = objects.name.is_some();
    Ok(match (method.as_str(), is_named) {
        ("GET" | "HEAD", true) => "get",
        ("GET" | "HEAD", false) if query.is_set("watch") => "watch",
        ("GET" | "HEAD", false) => "list",
        ("POST", _) => "create",
        ("PUT", true) => "update",
        ("PATCH", true) => "patch",
        ("DELETE", true) => "delete",
        ("DELETE", false) => "deletecollection",
        _ => return Err(Refusal::method_not_allowed()),
    })
}

/// Undoes percent-encoding.
fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
