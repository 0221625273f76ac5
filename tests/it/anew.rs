//! Secrets whose generated values are made anew, on both servers: those who use them must not keep the old ones.

use serde_json::Value;

use crate::support::{Stage, stories};

stories! {
    a_generated_secret_that_somebody_deletes_rolls_its_users
    a_generated_secret_that_is_replaced_rolls_its_users
}

const MODULE: &str = "[secrets.token]\ntoken = { generate = \"token\" }";
const USER: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ name }} }
spec:
  selector: { matchLabels: { app: {{ name }} } }
  template:
    metadata: { labels: { app: {{ name }} } }
    spec:
      containers:
        - name: main
          image: "app:v1"
          env: [{ name: TOKEN, valueFrom: { secretKeyRef: { name: token, key: token } } }]
"#;
const SECRET: &str = "secrets/token";

fn has_a_user(stage: &Stage) {
    stage.workspace.write("modules/user/module.toml", MODULE);
    stage.workspace.write("modules/user/user.yaml", USER);
    stage.define("[services.user]\nmodule = \"user\"");
    stage.apply("").exits(0);
}

/// What tells one set of pods from another.
fn template(stage: &Stage) -> Value {
    let user = stage.get("apps/v1 deployments/user").expect("it is there");
    user["spec"]["template"]["metadata"]["annotations"]["ditc.dev/config-hash"].clone()
}

/// The plan says so, and the pods follow, once.
fn is_rolled(stage: &Stage, flags: &str) {
    let (secret, before) = (stage.uid(SECRET), template(stage));
    let plan = stage.plan(flags).exits(2).says("rolls because Secret token changed");
    plan.says("its values are generated anew and its users are rolled").says("such as a database whose data stays");
    stage.apply(flags).exits(0);
    assert_ne!(template(stage), before);
    let after = template(stage);
    assert_ne!(stage.uid(SECRET), secret);
    stage.is_as_defined();
    // Elsewhere, from the record alone, it is the same.
    stage.workspace.forget_state();
    stage.is_as_defined();
    assert_eq!(template(stage), after);
}

fn a_generated_secret_that_somebody_deletes_rolls_its_users(stage: &Stage) {
    has_a_user(stage);
    for _ in 0..2 {
        let (secret, before) = (stage.uid(SECRET), template(stage));
        stage.server.delete(&stage.path(SECRET));
        let plan = stage.plan("").exits(2).says("rolls because Secret token changed");
        plan.says("its values are generated anew and its users are rolled").says("such as a database whose data stays");
        stage.apply("").exits(0).says("Resources: 1 added, 1 changed, 0 destroyed.");
        assert_ne!((stage.uid(SECRET), template(stage)), (secret, before));
        stage.is_as_defined();
    }
}

fn a_generated_secret_that_is_replaced_rolls_its_users(stage: &Stage) {
    has_a_user(stage);
    is_rolled(stage, "-replace=ENV.services.user/Secret/token");
    is_rolled(stage, "-replace=ENV.services.user/Secret/token");
}
