//! Perpetual differences: what was applied is no change afterwards, however awkward its values are, on both servers.
//!
//! Every file of `awkward/` is the template of a component; the objects of all are in one environment. What fails is told by
//! the plan itself, with the address of the object.

use std::{collections::BTreeMap, fs, path::Path, thread, time::Duration};

use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Question, Stage, UNBOUND, stories};

stories! {
    what_was_applied_is_no_change
    what_an_autoscaler_takes_is_learned_once
    a_job_that_goes_when_it_is_done_is_no_change
    what_no_server_takes_is_told
    all_mistakes_of_a_manifest_are_told_at_its_line
    the_rules_of_an_aggregated_role_are_the_controllers
}

/// Kinds of the whole cluster that are in the corpus, with their paths.
const CLUSTER_SCOPED: [(&str, &str); 8] = [
    ("ClusterRole.rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1/clusterroles"),
    ("ClusterRoleBinding.rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1/clusterrolebindings"),
    ("CustomResourceDefinition.apiextensions.k8s.io", DEFINITIONS),
    ("IngressClass.networking.k8s.io", "networking.k8s.io/v1/ingressclasses"),
    ("PriorityClass.scheduling.k8s.io", "scheduling.k8s.io/v1/priorityclasses"),
    ("StorageClass.storage.k8s.io", "storage.k8s.io/v1/storageclasses"),
    (
        "ValidatingAdmissionPolicy.admissionregistration.k8s.io",
        "admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    ),
    (
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
        "admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    ),
];
const DEFINITIONS: &str = "apiextensions.k8s.io/v1/customresourcedefinitions";
const LABEL: &str = "ditc.dev/environment";
/// Fewer would be another corpus.
const AT_LEAST: usize = 170;

/// Objects of the whole cluster, which go with the test: nothing else takes them along.
struct ClusterScoped<'a>(&'a Stage);

impl Drop for ClusterScoped<'_> {
    fn drop(&mut self) {
        let Self(stage) = self;
        for (_, plural) in CLUSTER_SCOPED {
            let path = format!("/apis/{plural}?labelSelector={LABEL}%3D{}", stage.name);
            let _ = ask(stage, "DELETE", &path, "");
        }
    }
}

fn ask(stage: &Stage, method: &str, path: &str, body: &str) -> (StatusCode, String) {
    stage.server.ask(&Question { user: "", method, path, accept: "", content: "application/json", body })
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of the corpus, by the names of their components.
fn corpus() -> BTreeMap<String, String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/awkward");
    let paths = fs::read_dir(directory).expect("the corpus lies there").map(|entry| entry.expect("an entry").path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), read(&path))).collect()
}

/// Makes the kinds that some manifests are of, in a group of the stage's own, and waits until they are served.
fn make_definitions(stage: &Stage) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/awkward/definitions/things.yaml");
    let group = format!("{}.example.com", stage.name);
    for text in read(&path).replace("GROUP", &group).split("\n---\n") {
        let mut definition: Value = serde_saphyr::from_str(text).expect("a definition");
        definition["metadata"]["labels"] = json!({LABEL: stage.name});
        let (code, answer) = ask(stage, "POST", &format!("/apis/{DEFINITIONS}"), &definition.to_string());
        assert_eq!(code, StatusCode::CREATED, "{answer}");
    }
    for plural in ["things", "looses"] {
        let path = stage.path(&format!("{group}/v1 {plural}"));
        let mut looks = 0..200;
        while ask(stage, "GET", &path, "").0 != StatusCode::OK {
            assert!(looks.next().is_some(), "{plural} are not served");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Puts the corpus into the stage's workspace, and defines an environment of all of it. Components have the names of
/// their files, with `suffix`.
fn define(stage: &Stage, suffix: &str) {
    let mut environment = String::new();
    for (name, text) in corpus() {
        stage.workspace.write(&format!("modules/{name}/module.toml"), "");
        stage.workspace.write(&format!("modules/{name}/objects.yaml"), &text);
        environment.push_str(&format!("[dependencies.{name}{suffix}]\nmodule = \"{name}\"\n"));
        if name == "limits" {
            // Pods that say nothing are refused once its limits are there.
            let makes_pods = ["sets", "deployments", "jobs"].map(|name| format!("\"{name}{suffix}\"")).join(", ");
            environment.push_str(&format!("needs = [{makes_pods}]\n"));
        }
    }
    let lines: String = (0..1024).map(|number| format!("line {number:4}: {}\n", "x".repeat(88))).collect();
    stage.workspace.write("modules/config-maps/files/long.txt", &lines);
    stage.workspace.write("modules/config-maps/files/one-line.txt", &"y".repeat(100 * 1024));
    // A port that is not given to a Service that asks for any.
    let number = stage.name.bytes().fold(0, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let port = format!("[inputs.node_port]\ntype = \"integer\"\ndefault = {}\n", 30_000 + number % 86);
    stage.workspace.write("modules/services/module.toml", &port);
    let kinds = CLUSTER_SCOPED.map(|(kind, _)| format!("{kind:?}")).join(", ");
    stage.workspace.write("ditc.toml", &format!("[policy]\ncluster_scoped = [{kinds}]\n{UNBOUND}"));
    stage.define(&environment);
}

/// What ditc keeps about the environment: every apply that changes anything writes there before and after.
fn record(stage: &Stage) -> Vec<Value> {
    let lists = ["configmaps", "coordination.k8s.io/v1 leases"].map(|what| stage.get(what).expect("a list"));
    let items = lists.iter().flat_map(|list| list["items"].as_array().expect("items"));
    let is_ours = |metadata: &&Value| metadata["name"].as_str().is_some_and(|name| name.starts_with("ditc"));
    items.map(|item| &item["metadata"]).filter(is_ours).cloned().collect()
}

fn writes_nothing(stage: &Stage) {
    let before = record(stage);
    stage.apply("").exits(0).says("Resources: 0 added, 0 changed, 0 destroyed.");
    assert_eq!(record(stage), before, "it wrote");
}

fn what_was_applied_is_no_change(stage: &Stage) {
    let _scoped = ClusterScoped(stage);
    make_definitions(stage);
    define(stage, "");
    // Without a cluster the types of all kinds that Kubernetes has find nothing to say.
    stage.workspace.ditc("validate").exits(0).says("Success!");
    let told = stage.apply("").exits(0);
    let added = told.out.split("Resources: ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
    assert!(added >= Some(AT_LEAST), "{added:?} objects");
    stage.is_as_defined();
    writes_nothing(stage);
    // Nor when nothing is known of what was applied, and the server is asked about all of it.
    stage.server.delete(&stage.path("configmaps/ditc"));
    stage.is_as_defined();
    stage.apply("").exits(0).says("Resources: 0 added, 0 changed, 0 destroyed.");
    stage.is_as_defined();
    writes_nothing(stage);
    // And where one label of each is another one, nothing but that label changes.
    define(stage, "-too");
    let plan: Value = serde_json::from_str(&stage.plan("-json").exits(2).out).expect("a plan");
    let changes = plan["changes"].as_array().expect("changes");
    let is_label = |field: &Value| field["path"].as_str().is_some_and(|path| path.contains("ditc.dev/component"));
    let others = changes
        .iter()
        .filter(|change| !matches!(change["fields"].as_array().map(Vec::as_slice), Some([field]) if is_label(field)));
    let others: Vec<String> = others.map(ToString::to_string).collect();
    assert!(others.is_empty(), "{}", others.join("\n"));
    // The namespace is of no component.
    assert_eq!(Some(changes.len()), added.map(|added| added - 1));
    stage.apply("").exits(0);
    stage.is_as_defined();
    writes_nothing(stage);
}

/// A text without its line ends.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The texts that the manifests of a file are refused with, each in a comment above it.
fn said(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("# says: ")).collect()
}

fn what_no_server_takes_is_told(stage: &Stage) {
    let _scoped = ClusterScoped(stage);
    make_definitions(stage);
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/awkward/refused");
    stage.workspace.write("modules/refused/module.toml", "");
    stage.define("[dependencies.refused]\nmodule = \"refused\"");
    let refused = |file: &str| {
        let text = read(&directory.join(file));
        stage.workspace.write("modules/refused/objects.yaml", &text);
        let told = stage.plan("").exits(1);
        // What is told stands beside a margin, or is broken into lines.
        let plain = words(&format!("{}\n{}", told.out, told.error).replace("\n  |", "\n"));
        let missing: Vec<&str> = said(&text).into_iter().filter(|said| !plain.contains(&words(said))).collect();
        assert!(missing.is_empty(), "not said: {missing:#?}\n{}\n{}", told.out, told.error);
    };
    refused("by-ditc.yaml");
    refused("by-the-server.yaml");
}

const MISTAKEN: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: { name: mistaken }
spec:
  replica: 2
  minReadySeconds: "5"
  selector: { matchLabels: { app: mistaken } }
  template:
    metadata: { labels: { app: mistaken } }
    spec:
      containers:
        - name: app
          imagee: app
          env: [{ name: A, value: 1 }, { name: A, value: "2" }]
          resources: { limits: { memory: 1 GB } }
"#;

fn all_mistakes_of_a_manifest_are_told_at_its_line(stage: &Stage) {
    stage.workspace.write("modules/mistaken/module.toml", "");
    stage.workspace.write("modules/mistaken/objects.yaml", MISTAKEN);
    stage.define("[dependencies.mistaken]\nmodule = \"mistaken\"");
    // The server names some of them; the types name all.
    let told = stage.plan("").exits(1).says(".toml:2, modules/mistaken/objects.yaml:2)");
    told.says(
        "By the types of its kind 6 things are wrong: there is no field `.spec.replica` (did you mean `replicas`?)",
    )
    .says("`.spec.minReadySeconds` takes a number, not \"5\"")
    .says("there is no field `.spec.template.spec.containers[name=\"app\"].imagee` (did you mean `image`?)")
    .says("`.spec.template.spec.containers[name=\"app\"].env[name=\"A\"].value` takes text, not 1")
    .says("`.spec.template.spec.containers[name=\"app\"].env` has the item [name=\"A\"] more than once")
    .says("memory` takes a quantity, such as 500m or 1Gi, not \"1 GB\"");
    // And without a cluster, each at its own line.
    let error = stage.workspace.ditc("validate").exits(1).error;
    for (line, summary) in [
        (6, "unknown field"),
        (7, "wrong type"),
        (14, "unknown field"),
        (15, "repeated item"),
        (16, "invalid quantity"),
    ] {
        let place = format!("error: {summary} --> modules/mistaken/objects.yaml:{line}:1 ");
        assert!(words(&error).contains(&place), "{place:?} is not in\n{error}");
    }
    assert!(error.contains("used by `dependencies.mistaken`") && error.contains("6 errors"), "{error}");
}

fn a_job_that_goes_when_it_is_done_is_no_change(stage: &Stage) {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: { name: once }\nspec:\n  ttlSecondsAfterFinished: 0\n  \
               template: { spec: { restartPolicy: Never, containers: [{ name: app, image: app }] } }\n";
    stage.workspace.write("modules/once/module.toml", "");
    stage.workspace.write("modules/once/objects.yaml", job);
    stage.define("[dependencies.once]\nmodule = \"once\"");
    stage.apply("").exits(0);
    stage.server.wait_until_gone(&stage.path("batch/v1 jobs/once"));
    stage.is_as_defined();
    writes_nothing(stage);
}

fn the_rules_of_an_aggregated_role_are_the_controllers(stage: &Stage) {
    let _scoped = ClusterScoped(stage);
    let role = |rest: &str| {
        let name = format!("{}-all", stage.name);
        let rules = "rules: [{ apiGroups: [\"\"], resources: [pods], verbs: [get] }]";
        let head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:";
        let part =
            "rules: [{ apiGroups: [\"\"], resources: [pods], verbs: [get] }, { nonResourceURLs: [/a], verbs: [get] }]";
        let text = format!(
            "{head} {{ name: {name} }}\n{rules}\n{rest}\n---\n\
             {head} {{ name: {name}-part, labels: {{ part-of: {name} }} }}\n{part}\n"
        );
        stage.workspace.write("modules/role/objects.yaml", &text);
    };
    stage.workspace.write("ditc.toml", &format!("[policy]\ncluster_scoped = [{:?}]\n", CLUSTER_SCOPED[0].0));
    stage.workspace.write("modules/role/module.toml", "");
    stage.define("[dependencies.role]\nmodule = \"role\"");
    role(&format!(
        "aggregationRule: {{ clusterRoleSelectors: [{{ matchLabels: {{ part-of: {}-all }} }}] }}",
        stage.name
    ));
    stage.apply("").exits(0);
    let path = format!("/apis/{}/{}-all", CLUSTER_SCOPED[0].1, stage.name);
    let rules = || stage.server.get(&path).expect("it is there")["rules"].as_array().map_or(0, Vec::len);
    let mut looks = 0..400;
    while rules() != 2 {
        assert!(looks.next().is_some(), "nobody takes the rules");
        thread::sleep(Duration::from_millis(50));
    }
    stage.is_as_defined();
    stage.apply("").exits(0).says("Resources: 0 added, 0 changed, 0 destroyed.");
    stage.is_as_defined();
    writes_nothing(stage);
    // A role that is made of others no longer has rules of its own.
    role("");
    stage.plan("").exits(2).says("0 to add, 1 to change, 0 to destroy.");
    stage.apply("").exits(0);
    assert_eq!(rules(), 1);
    stage.is_as_defined();
    writes_nothing(stage);
}

fn what_an_autoscaler_takes_is_learned_once(stage: &Stage) {
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: web }\nspec:\n  \
                  minReplicas: 2\n  maxReplicas: 3\n  \
                  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }\n";
    stage.workspace.write("modules/scaler/module.toml", "");
    stage.workspace.write("modules/scaler/objects.yaml", scaler);
    stage.define(
        "[services.web]\nmodule = \"app\"\ninputs = { spec = { replicas = 1 } }\n[services.scaler]\nmodule = \"scaler\"\nneeds = []",
    );
    stage.apply("").exits(0);
    let mut looks = 0..400;
    while stage.get("apps/v1 deployments/web").is_none_or(|web| web["spec"]["replicas"] != 2) {
        assert!(looks.next().is_some(), "nobody scales");
        thread::sleep(Duration::from_millis(50));
    }
    stage.server.wait_until_settled(&stage.path("apps/v1 deployments/web"));
    stage.is_as_defined();
    stage.apply("").exits(0).says("Resources: 0 added, 0 changed, 0 destroyed.");
    stage.is_as_defined();
    writes_nothing(stage);
}
