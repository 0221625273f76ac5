//! What registries answer, and what is made of it: a registry of our own on a loopback port.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinSet};

use super::{Credentials, Error, Found, Registry, is_near, is_safe};
use crate::image::Image;

/// The answer to the request of this number: its method, path, query and authorization.
type Answers = dyn Fn(usize, &str) -> Response<Full<Bytes>> + Send + Sync;

/// A registry, and what it was asked.
struct Served {
    host: String,
    asked: Arc<Mutex<Vec<String>>>,
    _task: JoinSet<()>,
}

async fn serve(answers: impl Fn(usize, &str) -> Response<Full<Bytes>> + Send + Sync + 'static) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (answers, log): (Arc<Answers>, _) = (Arc::new(answers), Arc::clone(&asked));
    let mut task = JoinSet::new();
    task.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let (answers, log) = (Arc::clone(&answers), Arc::clone(&log));
            let service = service_fn(move |request: Request<Incoming>| {
                let pass = request.headers().get("authorization").map(|pass| pass.to_str().unwrap().to_owned());
                let line = format!("{} {} {}", request.method(), request.uri(), pass.unwrap_or_default());
                let mut log = log.lock().unwrap();
                log.push(line.trim_end().to_owned());
                let answer = answers(log.len(), &line);
                async move { Ok::<_, Infallible>(answer) }
            });
            connections.spawn(async move {
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Served { host, asked, _task: task }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Full<Bytes>> {
    let mut answer = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(Full::new(Bytes::from(body.to_owned()))).unwrap()
}

async fn look(served: &Served, credentials: Credentials) -> Result<Found, Error> {
    let image = Image::parse(&format!("{}/team/orders:dev", served.host)).unwrap();
    Registry::new(credentials).unwrap().look(&image).await
}

#[tokio::test]
async fn an_open_registry_answers_at_once() {
    let served = serve(|_, _| answer(200, &[("docker-content-digest", "sha256:abc")], "")).await;
    let found = look(&served, Credentials::default()).await.unwrap();
    assert_eq!(found, Found::Here { digest: Some("sha256:abc".to_owned()) });
    assert_eq!(*served.asked.lock().unwrap(), ["HEAD /v2/team/orders/manifests/dev"]);
    let served = serve(|_, _| answer(404, &[], "")).await;
    assert_eq!(look(&served, Credentials::default()).await.unwrap(), Found::Nothing);
}

/// A registry that wants a token which it gives itself.
async fn with_tokens(status: u16) -> Served {
    let port: Arc<Mutex<String>> = Arc::default();
    let host = Arc::clone(&port);
    let served = serve(move |_, line| {
        let challenge = format!(
            "Bearer realm=\"http://{}/token\",service=\"ours\",scope=\"repository:team/orders:pull\"",
            host.lock().unwrap()
        );
        if line.starts_with("GET /token") {
            return answer(status, &[], "{\"access_token\": \"t0ken\"}");
        }
        match line.contains("Bearer t0ken") {
            true => answer(200, &[], ""),
            false => answer(401, &[("www-authenticate", &challenge)], ""),
        }
    })
    .await;
    port.lock().unwrap().clone_from(&served.host);
    served
}

#[tokio::test]
async fn tokens_are_fetched_and_shown() {
    let served = with_tokens(200).await;
    let config = serde_json::json!({"auths": {served.host.as_str(): {"auth": BASE64.encode("jane:hunter2")}}});
    let credentials = Credentials::new(config.to_string().as_bytes()).unwrap();
    assert_eq!(look(&served, credentials).await.unwrap(), Found::Here { digest: None });
    let basic = format!("Basic {}", BASE64.encode("jane:hunter2"));
    assert_eq!(
        *served.asked.lock().unwrap(),
        [
            "HEAD /v2/team/orders/manifests/dev".to_owned(),
            format!("GET /token?scope=repository%3Ateam%2Forders%3Apull&service=ours {basic}"),
            "HEAD /v2/team/orders/manifests/dev Bearer t0ken".to_owned(),
        ]
    );
    let served = with_tokens(200).await;
    assert_eq!(look(&served, Credentials::default()).await.unwrap(), Found::Here { digest: None });
    let served = with_tokens(403).await;
    let denied = look(&served, Credentials::default()).await.unwrap_err();
    assert!(matches!(&denied, Error::Denied { who: "anybody", .. }) && !denied.may_heal(), "{denied}");
}

#[tokio::test]
async fn a_login_is_given_where_it_is_asked_for() {
    let served = serve(|_, line| match line.contains("Basic ") {
        true => answer(200, &[], ""),
        false => answer(401, &[("www-authenticate", "Basic realm=\"x\"")], ""),
    })
    .await;
    let config = serde_json::json!({"auths": {served.host.as_str(): {"auth": BASE64.encode("jane:hunter2")}}});
    let credentials = Credentials::new(config.to_string().as_bytes()).unwrap();
    assert_eq!(look(&served, credentials).await.unwrap(), Found::Here { digest: None });
    assert!(matches!(look(&served, Credentials::default()).await, Err(Error::Denied { .. })));
}

#[tokio::test]
async fn what_is_no_answer_is_no_answer() {
    let served = serve(|_, _| answer(429, &[("retry-after", "7")], "")).await;
    let busy = look(&served, Credentials::default()).await.unwrap_err();
    assert!(
        matches!(busy, Error::Busy { after: Some(after), .. } if after == Duration::from_secs(7)) && busy.may_heal()
    );
    let served = serve(|_, _| answer(503, &[], "")).await;
    assert!(look(&served, Credentials::default()).await.unwrap_err().may_heal());
    let served = serve(|_, _| answer(400, &[], "")).await;
    assert!(!look(&served, Credentials::default()).await.unwrap_err().may_heal());
    let mut gone = serve(|_, _| answer(200, &[], "")).await;
    gone._task.shutdown().await;
    assert!(matches!(look(&gone, Credentials::default()).await, Err(Error::Unreachable { .. })));
}

#[tokio::test]
async fn redirects_are_followed_without_what_lets_us_in() {
    let store = serve(|_, line| answer(if line.contains("Bearer") { 400 } else { 200 }, &[], "")).await;
    let place = format!("http://{}/blob", store.host);
    let served = serve(move |_, _| answer(307, &[("location", &place)], "")).await;
    assert_eq!(look(&served, Credentials::default()).await.unwrap(), Found::Here { digest: None });
    let served = serve(|_, _| answer(307, &[("location", "/again")], "")).await;
    assert!(matches!(look(&served, Credentials::default()).await, Err(Error::Broken { .. })));
}

#[test]
fn only_this_machine_is_asked_without_a_certificate() {
    for near in ["localhost", "127.0.0.1", "127.1.2.3"] {
        assert!(is_near(near), "{near}");
    }
    for far in ["localhost.evil.org", "localhosts", "127.evil.org", "127.0.0.1.evil.org", "128.0.0.1", "ghcr.io"] {
        assert!(!is_near(far), "{far}");
    }
    for safe in ["https://auth.example.com/token?scope=x", "http://127.0.0.1:5000/token", "http://localhost/token"] {
        assert!(is_safe(safe), "{safe}");
    }
    for unsafe_one in [
        "http://auth.example.com/token",
        "http://localhost.evil.org/token",
        "http://127.0.0.1:80@evil.org/token",
        "http://127.evil.org/token",
        "no address",
    ] {
        assert!(!is_safe(unsafe_one), "{unsafe_one}");
    }
}
