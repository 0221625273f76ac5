//! The OpenAPI document of version 2, as far as kubectl reads it of kinds that it does not find in version 3: which kinds know
//! `fieldValidation`. It is protobuf, and describes no type.

use std::sync::LazyLock;

use http::{HeaderValue, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;

use super::{PARAMETERS, path};
use crate::sandbox::{
    kinds::{self, Resource},
    reply::{self, Body},
};

const TYPE: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
    let about = [field(1, b"Kubernetes"), field(2, b"v1.36.3")].concat();
    let paths: Vec<u8> = kinds::all().iter().flat_map(|known| field(2, &path_item(known))).collect();
    [field(1, b"2.0"), field(2, &about), field(8, &paths)].concat().into()
});

/// `/openapi/v2`
pub(in crate::sandbox) fn document() -> Response<Body> {
    let mut response = reply::bytes(200, "", String::new());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(TYPE));
    *response.body_mut() = Full::new(DOCUMENT.clone()).map_err(|never| match never {}).boxed_unsync();
    response
}

/// How objects of a kind are patched, and which kind it is.
fn path_item(known: &Resource) -> Vec<u8> {
    let scope = if known.namespaced { "/namespaces/{namespace}" } else { "" };
    let name = format!("/{}{scope}/{}/{{name}}", path(&known.group, &known.version), known.plural);
    let parameters = PARAMETERS.iter().flat_map(|name| {
        let query = [field(2, b"query"), field(4, name.as_bytes()), field(6, b"string")].concat();
        field(8, &field(1, &field(2, &field(3, &query))))
    });
    let kind = format!("group: {:?}\nkind: {}\nversion: {}\n", known.group, known.kind, known.version);
    let extension = [field(1, b"x-kubernetes-group-version-kind"), field(2, &field(2, kind.as_bytes()))].concat();
    let operation: Vec<u8> = parameters.chain(field(13, &extension)).collect();
    [field(1, name.as_bytes()), field(2, &field(8, &operation))].concat()
}

/// A field of a message: its number, its length, its bytes (<https://protobuf.dev/programming-guides/encoding/>).
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    const BYTES: u8 = 2;
    let mut written = vec![number << 3 | BYTES];
    let mut length = bytes.len();
    while length >= 0x80 {
        written.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
        length >>= 7;
    }
    written.push(u8::try_from(length).unwrap_or_default());
    written.extend_from_slice(bytes);
    written
}
