//! What the server warns of, whatever becomes of the request: versions that will go. It refuses nothing.

use http::{HeaderValue, Response, header};

use super::{kinds::Resource, reply::Body};

/// Adds the warning that every request for this kind in this version gets
/// (<https://kubernetes.io/docs/reference/using-api/#warnings>).
pub(super) fn of_version(resource: &Resource, mut response: Response<Body>) -> Response<Body> {
    let text = match &resource.custom {
        Some(custom) => custom.warning.as_deref(),
        None if resource.is("", "Endpoints") => {
            Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
        }
        None => None,
    };
    let quoted = text.map(|text| format!("299 - \"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
    if let Some(value) = quoted.and_then(|quoted| HeaderValue::from_str(&quoted).ok()) {
        response.headers_mut().append(header::WARNING, value);
    }
    response
}
