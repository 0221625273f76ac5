//! A hand that is not ditc's: plain HTTP requests to an API server, whichever it is.

use std::{
    thread,
    time::{Duration, Instant},
};

use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::runtime::Runtime;

/// A client and what runs it.
pub(crate) struct Hand {
    pub(super) client: kube::Client,
    pub(super) runtime: Runtime,
}

/// One request; an empty text leaves its header out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// Who is impersonated; empty for the hand itself.
    pub(crate) user: &'a str,
    pub(crate) method: &'a str,
    /// With its query.
    pub(crate) path: &'a str,
    pub(crate) accept: &'a str,
    pub(crate) content: &'a str,
    pub(crate) body: &'a str,
}

pub(super) fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().expect("the system gives threads")
}

impl Hand {
    /// An object or a list; none where there is no such thing.
    pub(crate) fn get(&self, path: &str) -> Option<Value> {
        match self.told("GET", path, "", &Value::Null) {
            (StatusCode::OK, value) => Some(value),
            (StatusCode::NOT_FOUND, _) => None,
            (code, value) => panic!("GET {path}: {code} {value}"),
        }
    }

    /// Changes an object as `kubectl edit` or `kubectl scale` do, with a merge patch.
    pub(crate) fn patch(&self, path: &str, manager: &str, body: &Value) {
        self.change("PATCH", &managed(path, manager), "application/merge-patch+json", body);
    }

    /// Changes an object as `kubectl set image` does.
    pub(crate) fn patch_strategically(&self, path: &str, manager: &str, body: &Value) {
        self.change("PATCH", &managed(path, manager), "application/strategic-merge-patch+json", body);
    }

    pub(crate) fn create(&self, path: &str, manager: &str, body: &Value) {
        self.change("POST", &managed(path, manager), "application/json", body);
    }

    /// Puts an object in the place of what is there, as `kubectl replace` does.
    pub(crate) fn replace(&self, path: &str, manager: &str, body: &Value) {
        self.change("PUT", &managed(path, manager), "application/json", body);
    }

    pub(crate) fn delete(&self, path: &str) {
        self.change("DELETE", path, "application/json", &Value::Null);
    }

    /// Waits until an object is gone: what deletes it may take a moment.
    pub(crate) fn wait_until_gone(&self, path: &str) {
        let limit = Instant::now() + Duration::from_secs(10);
        while self.get(path).is_some() {
            assert!(Instant::now() < limit, "{path} is still there");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until an object is as wanted.
    pub(crate) fn wait_until(&self, path: &str, is_so: impl Fn(&Value) -> bool) {
        let limit = Instant::now() + Duration::from_secs(10);
        while !self.get(path).is_some_and(|object| is_so(&object)) {
            assert!(Instant::now() < limit, "{path} does not become what it should");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the controllers are done with a workload: no status is written any more.
    pub(crate) fn wait_until_settled(&self, path: &str) {
        let limit = Instant::now() + Duration::from_secs(10);
        loop {
            let workload = self.get(path).expect("it is there");
            let number = |pointer: &str| workload.pointer(pointer).and_then(Value::as_i64).unwrap_or(0);
            let (wanted, count) = (number("/spec/replicas"), number("/status/replicas"));
            let is_seen = number("/metadata/generation") == number("/status/observedGeneration");
            if is_seen && wanted == count && wanted == number("/status/readyReplicas") {
                return;
            }
            assert!(Instant::now() < limit, "{path} does not settle: {workload}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn change(&self, method: &str, path: &str, content: &str, body: &Value) {
        let (code, value) = self.told(method, path, content, body);
        assert!(code.is_success(), "{method} {path}: {code} {value}");
    }

    fn told(&self, method: &str, path: &str, content: &str, body: &Value) -> (StatusCode, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (code, text) =
            self.ask(&Question { user: "", method, path, accept: "application/json", content, body: &body });
        let value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{method} {path}: {code} {text}"));
        (code, value)
    }

    /// The answer's code and text, whatever they are.
    pub(crate) fn ask(&self, question: &Question<'_>) -> (StatusCode, String) {
        let Question { user, method, path, accept, content, body } = *question;
        let mut request = Request::builder().method(method).uri(path).header("user-agent", "hand/1.0");
        for (name, value) in [("accept", accept), ("content-type", content), ("impersonate-user", user)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        let request = request.body(kube::client::Body::from(body.as_bytes().to_vec())).expect("a sound request");
        self.runtime.block_on(async {
            let response = self.client.send(request).await.expect("the server answers");
            let code = response.status();
            let bytes = response.into_body().collect().await.expect("a whole answer").to_bytes();
            (code, String::from_utf8_lossy(&bytes).into_owned())
        })
    }
}

fn managed(path: &str, manager: &str) -> String {
    format!("{path}?fieldManager={manager}")
}
