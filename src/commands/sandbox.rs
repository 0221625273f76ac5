//! `ditc sandbox serve`: the cluster in the box on a loopback port, with a kubeconfig for kubectl.

use std::collections::BTreeMap;

use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    failure::{Exit, Failure, FailureKind},
    files, render,
    sandbox::User,
    settings::fresh_id,
};

use super::{desk::Desk, link::open_sandbox, signals::Signals};

pub(super) async fn serve(desk: &Desk<'_>) -> Result<Exit, Failure> {
    let root = desk.root();
    let sandbox = open_sandbox(&root)?;
    let refused = |error| Failure::new(FailureKind::Cluster, "listening on a loopback port").because(&error);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let (admin, developer) = (fresh_id(), fresh_id());
    let path = root.join("state").join("sandbox").join("kubeconfig");
    // kubectl reads YAML, and JSON is YAML. It sends no token without TLS, so the token is a part of the address.
    let cluster =
        |name: &str, token: &str| json!({"name": name, "cluster": {"server": format!("http://{address}/{token}")}});
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "sandbox",
        "clusters": [cluster("sandbox", &admin), cluster("developer", &developer)],
        "users": [{"name": "admin", "user": {}}, {"name": "developer", "user": {}}],
        "contexts": [
            {"name": "sandbox", "context": {"cluster": "sandbox", "user": "admin"}},
            {"name": "developer", "context": {"cluster": "developer", "user": "developer"}},
        ],
    });
    files::write_atomic(&path, format!("{kubeconfig:#}\n").as_bytes())?;
    desk.json(|| render::json::serving(&format!("http://{address}"), &path.display().to_string()));
    desk.text(|_| {
        format!(
            "Serving the sandbox on http://{address} until Ctrl-C. In another terminal:\n\n  export KUBECONFIG={}\n  \
             kubectl get all -A",
            path.display()
        )
    });
    let mut signals = Signals::listen().map_err(refused)?;
    let end = async move {
        let _ = signals.interrupt.changed().await;
    };
    let users = BTreeMap::from([(admin, User::admin()), (developer, User::new("developer", &["developers"]))]);
    sandbox.serve(listener, users, end).await.map_err(refused)?;
    Ok(Exit::Done)
}
