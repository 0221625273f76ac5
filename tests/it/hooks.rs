//! Hooks that take their time, on both servers: others write meanwhile, and who is interrupted waits for none.

use crate::support::{Stage, stories};

stories! {
    a_slow_hook_is_in_nobodys_way_and_is_not_waited_for_when_interrupted
}

/// Ready no sooner than in ten minutes.
const HOOK: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ name }}, annotations: { helm.sh/hook: pre-install } }
spec:
  minReadySeconds: 600
  progressDeadlineSeconds: 3000
  selector: { matchLabels: { app: {{ name }} } }
  template:
    metadata: { labels: { app: {{ name }} } }
    spec: { containers: [{ name: main, image: "app:v1" }] }
"#;

fn a_slow_hook_is_in_nobodys_way_and_is_not_waited_for_when_interrupted(stage: &Stage) {
    stage.workspace.write("modules/hook/module.toml", "description = \"a hook\"");
    stage.workspace.write("modules/hook/hook.yaml", HOOK);
    stage.define("[services.a]\nmodule = \"hook\"\n[services.web]\nmodule = \"app\"");
    stage.workspace.edit(&format!("environments/{}.toml", stage.name), "timeout = \"20s\"", "timeout = \"1h\"");
    let mut run = stage.start("apply", "-auto-approve -parallelism=1");
    run.wait_for("Deployment/web: Creation complete");
    run.interrupt();
    run.end().exits(130).says("Deployment/a is written, and has not come to its end yet");
}
