//! What a server says beside its answer: deprecated kinds and versions, fields that it does not know
//! (<https://kubernetes.io/blog/2020/09/03/warnings/>). It refuses nothing.

use http::{HeaderValue, Response, header};

use super::{
    catalogue::Catalogue,
    reply::Body,
    route::{self, Target},
};

const DEPRECATED: &str = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";

/// The warning about what a path names: Endpoints, and what a definition calls deprecated.
pub(super) fn of_path(kinds: &Catalogue, path: &str) -> Option<String> {
    let Ok(Target::Objects(objects)) = route::target(kinds, path) else { return None };
    match &objects.resource.custom {
        Some(custom) => custom.warning.clone(),
        None => objects.resource.is("", "Endpoints").then(|| DEPRECATED.to_owned()),
    }
}

/// The warnings about fields that were dropped.
pub(super) fn of_unknown(fields: &[String]) -> impl Iterator<Item = String> {
    fields.iter().map(|field| format!("unknown field {field:?}"))
}

/// Adds warnings to an answer, each as a header of its own.
pub(super) fn add(response: &mut Response<Body>, warnings: impl IntoIterator<Item = String>) {
    for warning in warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        // A field may hold what no header can.
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
}
