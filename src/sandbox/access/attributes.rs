//! What a request asks for in the words of roles, read from method and path alone: rights are asked for before it is known
//! whether there is such a kind.

use http::{Method, Uri};

use crate::sandbox::{kinds::Resource, route::Query};

/// A verb, and what it is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) verb: String,
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// Empty where it was not said.
    Resource { group: String, resource: String, subresource: String, namespace: String, name: String },
    /// `/version`
    Path(String),
}

impl Attributes {
    pub(super) fn of(method: &Method, uri: &Uri) -> Self {
        let parts: Vec<&str> = uri.path().split('/').filter(|part| !part.is_empty()).collect();
        let (group, rest) = match &parts[..] {
            ["api", _, rest @ ..] if !rest.is_empty() => ("", rest),
            ["apis", group, _, rest @ ..] if !rest.is_empty() => (*group, rest),
            _ => {
                let verb = method.as_str().to_lowercase();
                return Self { verb, what: What::Path(uri.path().to_owned()) };
            }
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace] | ["namespaces", namespace, "status" | "finalize"] => (*namespace, rest),
            ["namespaces", namespace, rest @ ..] => (*namespace, rest),
            rest => ("", rest),
        };
        let query = Query::parse(uri.query().unwrap_or_default());
        let part = |at: usize| rest.get(at).copied().unwrap_or_default().to_owned();
        let (resource, mut name, subresource) = (part(0), part(1), part(2));
        let verb = match method.as_str() {
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" if name.is_empty() => "deletecollection",
            "DELETE" => "delete",
            _ if !name.is_empty() => "get",
            _ => {
                // A list of one name may be all that somebody may read.
                name = query.get("fieldSelector").strip_prefix("metadata.name=").unwrap_or_default().to_owned();
                if query.is_set("watch") { "watch" } else { "list" }
            }
        };
        let (group, namespace) = (group.to_owned(), namespace.to_owned());
        Self { verb: verb.to_owned(), what: What::Resource { group, resource, subresource, namespace, name } }
    }

    /// A verb on an object itself.
    pub(super) fn object(verb: &str, resource: &Resource, namespace: &str, name: &str) -> Self {
        let what = What::Resource {
            group: resource.group.clone(),
            resource: resource.plural.clone(),
            subresource: String::new(),
            namespace: if resource.namespaced { namespace.to_owned() } else { String::new() },
            name: name.to_owned(),
        };
        Self { verb: verb.to_owned(), what }
    }
}
