//! What the door does when the server, the network or a proxy in between fails it: asked again, or told, and never taken for an
//! answer that it is not.

use kube::Client;
use serde_json::json;
use snapbox::{assert_data_eq, str};

use super::{Cluster, Error, Propagation, Refused};
use crate::{
    kinds::Kinds,
    names::{EnvironmentName, Namespace},
    object::{Object, ObjectKey, Uid},
    sandbox::{Effect, Fault, Options, Sandbox},
};

mod contact;
mod shared;

fn sandbox() -> Sandbox {
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    Sandbox::open(Options::in_memory(move || now)).unwrap()
}

fn over(sandbox: &Sandbox) -> Cluster {
    Cluster::over(Client::new(sandbox.service(), "default"), "box", "box")
}

/// One way to use the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    List,
    Get,
    Apply,
    Post,
    Delete,
}

const USES: [Use; 5] = [Use::List, Use::Get, Use::Apply, Use::Post, Use::Delete];

impl Use {
    /// What the fault script matches.
    fn request(self) -> (&'static str, &'static str) {
        match self {
            Use::List => ("GET", "/api/v1/namespaces?"),
            Use::Get => ("GET", "/configmaps/ditc"),
            Use::Apply => ("PATCH", "/configmaps/a"),
            Use::Post => ("POST", "/configmaps"),
            Use::Delete => ("DELETE", "/configmaps/there"),
        }
    }

    async fn run(self, cluster: &Cluster) -> Result<String, Error> {
        let kinds = Kinds::builtin();
        let namespace = Namespace::new("default").unwrap();
        let key = |name| ObjectKey::new("", "ConfigMap", Some("default"), name);
        let body = |name| Object(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}));
        match self {
            Use::List => {
                let environment = EnvironmentName::new("demo").unwrap();
                let found = cluster.namespaces_of(&environment).await?;
                Ok(format!("{} found", found.len()))
            }
            Use::Get => Ok(format!("there: {}", cluster.recorded(&namespace).await?.is_some())),
            Use::Apply => Ok(format!("new: {}", cluster.create(&key("a"), &body("a"), &kinds).await?.is_new)),
            Use::Post => Ok(format!("new: {}", cluster.post(&key("b"), &body("b"), &kinds).await?.is_new)),
            Use::Delete => {
                let there = body("there");
                let uid = cluster.create(&key("there"), &there, &kinds).await?.object.uid().unwrap();
                Ok(format!("{:?}", cluster.delete(&key("there"), "v1", &uid, Propagation::Background, &kinds).await?))
            }
        }
    }
}

/// The whole chain of an error.
fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// How each use fared, with a fault that comes once or always, and how many requests met it.
async fn fare(then: Effect, times: u32) -> String {
    let mut lines = Vec::new();
    for each in USES {
        let sandbox = sandbox();
        let (method, path) = each.request();
        sandbox.fail(Fault { times, ..Fault::new(method, path, then.clone()) });
        let outcome = each.run(&over(&sandbox)).await;
        let requests = sandbox.requests();
        let met = requests.iter().filter(|line| line.method == method && format!("{}?", line.path).contains(path));
        let outcome = outcome.unwrap_or_else(|error| format!("error: {}", told(&error)));
        lines.push(format!("{each:?} {}x {outcome}", met.count()));
    }
    lines.join("\n")
}

const ALWAYS: u32 = u32::MAX;

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_once_is_used_again_where_that_is_safe() {
    for then in [Effect::Drop, Effect::Reset] {
        assert_data_eq!(
            fare(then, 1).await,
            str![[r#"
List 2x 0 found
Get 2x there: false
Apply 2x new: true
Post 2x new: true
Delete 2x Gone
"#]]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_always_breaks_is_told() {
    assert_data_eq!(
        fare(Effect::Reset, ALWAYS).await,
        str![[r#"
List 8x error: box cannot be reached: connection closed before message completed: connection reset
Get 8x error: box cannot be reached: connection closed before message completed: connection reset
Apply 8x error: box cannot be reached: connection closed before message completed: connection reset
Post 8x error: box cannot be reached: connection closed before message completed: connection reset
Delete 8x error: box cannot be reached: connection closed before message completed: connection reset
"#]]
    );
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_is_never_taken_for_one() {
    assert_data_eq!(
        fare(Effect::HalfBody, 1).await,
        str![[r#"
List 2x 0 found
Get 2x there: false
Apply 2x new: false
Post 2x error: creating ConfigMap/b: configmaps "b" already exists (HTTP 409)
Delete 2x Gone
"#]]
    );
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_every_time_is_told() {
    assert_data_eq!(
        fare(Effect::HalfBody, ALWAYS).await,
        str![[r#"
List 8x error: box broke off its answer while listing namespaces: connection closed before message completed: connection reset
Get 8x error: box broke off its answer while reading the record of ditc (ConfigMap ditc in namespace default): connection closed before message completed: connection reset
Apply 8x error: box broke off its answer while creating ConfigMap/a: connection closed before message completed: connection reset
Post 8x error: box broke off its answer while creating ConfigMap/b: connection closed before message completed: connection reset
Delete 8x error: box broke off its answer while deleting ConfigMap/there: connection closed before message completed: connection reset
"#]]
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_for_again_where_that_is_safe() {
    assert_data_eq!(
        fare(Effect::LoseReply, 1).await,
        str![[r#"
List 2x 0 found
Get 2x there: false
Apply 2x new: false
Post 2x error: creating ConfigMap/b: configmaps "b" already exists (HTTP 409)
Delete 2x Gone
"#]]
    );
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_asked_again_and_what_stays_is_told() {
    let mut all = String::new();
    for status in [401, 403, 409, 410, 422, 429, 500, 502, 503, 504] {
        all += &format!("{status}\n{}\n", fare(Effect::Answer { status, retry_after: None }, 1).await);
    }
    assert_data_eq!(
        all,
        str![[r#"
401
List 1x error: box does not accept these credentials
Get 1x error: box does not accept these credentials
Apply 1x error: box does not accept these credentials
Post 1x error: box does not accept these credentials
Delete 1x error: box does not accept these credentials
403
List 1x 0 found
Get 1x error: reading the record of ditc (ConfigMap ditc in namespace default): configmaps "ditc" is forbidden: User "kubernetes-admin" cannot get resource "configmaps" in API group "" in the namespace "default" (HTTP 403)
Apply 1x error: creating ConfigMap/a: configmaps "a" is forbidden: User "kubernetes-admin" cannot patch resource "configmaps" in API group "" in the namespace "default" (HTTP 403)
Post 1x error: creating ConfigMap/b: configmaps is forbidden: User "kubernetes-admin" cannot create resource "configmaps" in API group "" in the namespace "default" (HTTP 403)
Delete 1x error: deleting ConfigMap/there: configmaps "there" is forbidden: User "kubernetes-admin" cannot delete resource "configmaps" in API group "" in the namespace "default" (HTTP 403)
409
List 1x error: listing namespaces: Operation cannot be fulfilled on namespaces "": the object has been modified; please apply your changes to the latest version and try again (HTTP 409)
Get 1x error: reading the record of ditc (ConfigMap ditc in namespace default): Operation cannot be fulfilled on configmaps "ditc": the object has been modified; please apply your changes to the latest version and try again (HTTP 409)
Apply 1x error: creating ConfigMap/a: Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again (HTTP 409)
Post 1x error: creating ConfigMap/b: Operation cannot be fulfilled on configmaps "": the object has been modified; please apply your changes to the latest version and try again (HTTP 409)
Delete 1x error: deleting ConfigMap/there: Operation cannot be fulfilled on configmaps "there": the object has been modified; please apply your changes to the latest version and try again (HTTP 409)
410
List 2x 0 found
Get 1x error: reading the record of ditc (ConfigMap ditc in namespace default): The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter. (HTTP 410)
Apply 1x error: creating ConfigMap/a: The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter. (HTTP 410)
Post 1x error: creating ConfigMap/b: The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter. (HTTP 410)
Delete 1x error: deleting ConfigMap/there: The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter. (HTTP 410)
422
List 1x error: listing namespaces: Namespace "" is invalid: spec: Invalid value: null: refused by the fault script (HTTP 422)
Get 1x error: reading the record of ditc (ConfigMap ditc in namespace default): ConfigMap "ditc" is invalid: spec: Invalid value: null: refused by the fault script (HTTP 422)
Apply 1x error: creating ConfigMap/a: ConfigMap "a" is invalid: spec: Invalid value: null: refused by the fault script (HTTP 422)
Post 1x error: creating ConfigMap/b: ConfigMap "" is invalid: spec: Invalid value: null: refused by the fault script (HTTP 422)
Delete 1x error: deleting ConfigMap/there: ConfigMap "there" is invalid: spec: Invalid value: null: refused by the fault script (HTTP 422)
429
List 2x 0 found
Get 2x there: false
Apply 2x new: true
Post 2x new: true
Delete 2x Gone
500
List 2x 0 found
Get 2x there: false
Apply 2x new: true
Post 2x new: true
Delete 2x Gone
502
List 2x 0 found
Get 2x there: false
Apply 2x new: true
Post 2x new: true
Delete 2x Gone
503
List 2x 0 found
Get 2x there: false
Apply 2x new: true
Post 2x new: true
Delete 2x Gone
504
List 2x 0 found
Get 2x there: false
Apply 2x new: true
Post 2x new: true
Delete 2x Gone

"#]]
    );
}

#[tokio::test(start_paused = true)]
async fn what_never_passes_is_told_within_the_budget() {
    let mut all = String::new();
    for (status, retry_after) in [(429, Some(7)), (500, None), (502, None), (503, Some(20)), (504, None)] {
        all += &format!("{status}\n{}\n", fare(Effect::Answer { status, retry_after }, ALWAYS).await);
    }
    assert_data_eq!(
        all,
        str![[r#"
429
List 5x error: listing namespaces: Too many requests, please try again later. (HTTP 429)
Get 5x error: reading the record of ditc (ConfigMap ditc in namespace default): Too many requests, please try again later. (HTTP 429)
Apply 5x error: creating ConfigMap/a: Too many requests, please try again later. (HTTP 429)
Post 5x error: creating ConfigMap/b: Too many requests, please try again later. (HTTP 429)
Delete 5x error: deleting ConfigMap/there: Too many requests, please try again later. (HTTP 429)
500
List 8x error: listing namespaces: Internal error occurred: resource quota evaluation timed out (HTTP 500)
Get 8x error: reading the record of ditc (ConfigMap ditc in namespace default): Internal error occurred: resource quota evaluation timed out (HTTP 500)
Apply 8x error: creating ConfigMap/a: Internal error occurred: resource quota evaluation timed out (HTTP 500)
Post 8x error: creating ConfigMap/b: Internal error occurred: resource quota evaluation timed out (HTTP 500)
Delete 8x error: deleting ConfigMap/there: Internal error occurred: resource quota evaluation timed out (HTTP 500)
502
List 8x error: listing namespaces: 502 Bad Gateway (HTTP 502)
Get 8x error: reading the record of ditc (ConfigMap ditc in namespace default): 502 Bad Gateway (HTTP 502)
Apply 8x error: creating ConfigMap/a: 502 Bad Gateway (HTTP 502)
Post 8x error: creating ConfigMap/b: 502 Bad Gateway (HTTP 502)
Delete 8x error: deleting ConfigMap/there: 502 Bad Gateway (HTTP 502)
503
List 2x error: listing namespaces: the server is currently unable to handle the request (HTTP 503)
Get 2x error: reading the record of ditc (ConfigMap ditc in namespace default): the server is currently unable to handle the request (HTTP 503)
Apply 2x error: creating ConfigMap/a: the server is currently unable to handle the request (HTTP 503)
Post 2x error: creating ConfigMap/b: the server is currently unable to handle the request (HTTP 503)
Delete 2x error: deleting ConfigMap/there: the server is currently unable to handle the request (HTTP 503)
504
List 8x error: listing namespaces: Timeout: request did not complete within the requested timeout - context deadline exceeded (HTTP 504)
Get 8x error: reading the record of ditc (ConfigMap ditc in namespace default): Timeout: request did not complete within the requested timeout - context deadline exceeded (HTTP 504)
Apply 8x error: creating ConfigMap/a: Timeout: request did not complete within the requested timeout - context deadline exceeded (HTTP 504)
Post 8x error: creating ConfigMap/b: Timeout: request did not complete within the requested timeout - context deadline exceeded (HTTP 504)
Delete 8x error: deleting ConfigMap/there: Timeout: request did not complete within the requested timeout - context deadline exceeded (HTTP 504)

"#]]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_let_go() {
    let sandbox = sandbox();
    let (cluster, kinds) = (over(&sandbox), Kinds::builtin());
    let key = ObjectKey::namespace("theirs");
    let gone = Uid("1234".to_owned());
    cluster.let_go(&key, "v1", &gone, &kinds).await.expect("there is nothing to do");
    let other = Object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "theirs"}}));
    cluster.post(&key, &other, &kinds).await.expect("it is free");
    let refused = cluster.let_go(&key, "v1", &gone, &kinds).await.expect_err("it is another");
    assert!(refused.refused().is_some_and(Refused::is_other_uid), "{refused}");
}
