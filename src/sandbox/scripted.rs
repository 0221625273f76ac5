//! Answers that a fault script asks for, with the bodies of a real server, or of the load balancer before it. Nothing is done for
//! the request.

use http::{HeaderValue, Response, header, request::Parts};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame};
use serde_json::{Value, json};

use super::{
    access,
    access::User,
    catalogue::Catalogue,
    reply::{self, Body, Lost},
    route::{self, Objects, Query, Target},
    status::{Cause, Refusal},
};

/// An answer of this status to this request.
pub(super) fn answer(
    kinds: &Catalogue,
    user: &User,
    parts: &Parts,
    status: u16,
    retry_after: Option<u64>,
) -> Response<Body> {
    let mut response = match status {
        429 => plain(status, "Too many requests, please try again later."),
        502 => page(status, "502 Bad Gateway"),
        _ => reply::refusal(&refusal(kinds, user, parts, status, retry_after)),
    };
    // A server without room for a request always says when to come again.
    let seconds = retry_after.or_else(|| (status == 429).then_some(1));
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// An answer that breaks off: the head arrives, and half of what was to follow.
pub(super) fn half(response: Response<Body>) -> Response<Body> {
    let (mut head, mut body) = response.into_parts();
    // The length would be that of the whole.
    head.headers.remove(header::CONTENT_LENGTH);
    let cut = async move {
        let first =
            body.frame().await.and_then(Result::ok).and_then(|frame| frame.into_data().ok()).unwrap_or_default();
        first.slice(..first.len() / 2)
    };
    let cut = futures::stream::once(async move { Ok::<_, Lost>(Frame::data(cut.await)) });
    let end = futures::stream::once(async {
        // What was sent so far goes out first.
        tokio::task::yield_now().await;
        Err::<Frame<Bytes>, _>(Lost::reset())
    });
    Response::from_parts(head, StreamBody::new(futures::StreamExt::chain(cut, end)).boxed_unsync())
}

fn plain(status: u16, text: &str) -> Response<Body> {
    reply::bytes(status, "text/plain; charset=utf-8", format!("{text}\n"))
}

/// The page of a load balancer that reaches no server.
fn page(status: u16, title: &str) -> Response<Body> {
    let text = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    reply::bytes(status, "text/html", text)
}

fn refusal(kinds: &Catalogue, user: &User, parts: &Parts, status: u16, retry_after: Option<u64>) -> Refusal {
    let objects = match route::target(kinds, parts.uri.path()) {
        Ok(Target::Objects(objects)) => Some(objects),
        _ => None,
    };
    let name = objects.as_ref().and_then(|objects| objects.name.as_deref()).unwrap_or_default();
    match (status, &objects) {
        (401, _) => Refusal::new(401, "Unauthorized", "Unauthorized"),
        (403, Some(objects)) => forbidden(objects, user, parts),
        (403, None) => Refusal::new(
            403,
            "Forbidden",
            format!("forbidden: User {:?} cannot get path {:?}", user.name, parts.uri.path()),
        )
        .with_details(json!({})),
        (409, Some(objects)) => {
            let why = "the object has been modified; please apply your changes to the latest version and try again";
            Refusal::conflict(objects.resource, name, why)
        }
        (410, _) => Refusal::expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
        ),
        (422, Some(objects)) => Refusal::invalid(
            objects.resource,
            name,
            &[Cause::invalid("spec", &Value::Null, "refused by the fault script")],
        ),
        (503, _) => unavailable(retry_after),
        (504, _) => {
            let why = "Timeout: request did not complete within the requested timeout - context deadline exceeded";
            Refusal::new(504, "Timeout", why).with_details(json!({}))
        }
        (500, _) => {
            let why = "resource quota evaluation timed out";
            Refusal::new(500, "InternalError", format!("Internal error occurred: {why}"))
                .with_details(json!({"causes": [{"message": why}]}))
        }
        (status, _) => Refusal::new(status, "", "answered by the fault script"),
    }
}

fn unavailable(retry_after: Option<u64>) -> Refusal {
    let refusal = Refusal::new(503, "ServiceUnavailable", "the server is currently unable to handle the request");
    match retry_after {
        Some(seconds) => refusal.with_details(json!({"retryAfterSeconds": seconds})),
        None => refusal,
    }
}

fn forbidden(objects: &Objects<'_>, user: &User, parts: &Parts) -> Refusal {
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let verb = route::verb(&parts.method, objects, &query).unwrap_or("get");
    access::refuse(user, verb, objects)
}
