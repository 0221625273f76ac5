//! What people and machines read of one run: the short forms of a plan, values that nobody knows yet, what is risky, and
//! JSON beside the text.

use std::{fs, os::unix::fs::PermissionsExt};

use boon::{Compiler, Schemas};
use serde_json::{Value, json};

use crate::support::{Workspace, schema::holds_copy};

/// A service with an address, a config file and a password, and one without anything.
fn workspace() -> Workspace {
    Workspace::of(
        r#"
//- environments/demo.toml
[services.web]
module = "web"
//- modules/web/module.toml
[inputs.tag]
type    = "string"
default = "v1"
[inputs.port]
type    = "integer"
default = 8000
[secrets."{{ name }}"]
password = { generate = "password" }
[outputs]
host = "{{ name }}"
//- modules/web/web.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ name }}, annotations: {note: ours}}
data:
  app.conf: {{ "[server]\nport = " ~ inputs.port ~ "\n" }}
---
apiVersion: v1
kind: Service
metadata: {name: {{ name }}}
spec:
  selector: {app: {{ name }}}
  ports: [{name: http, port: 80, targetPort: {{ inputs.port }}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ name }}}
spec:
  replicas: 1
  selector: {matchLabels: {app: {{ name }}}}
  template:
    metadata: {labels: {app: {{ name }}}}
    spec:
      containers:
        - name: main
          image: {{ "shop/web:" ~ inputs.tag }}
          envFrom: [{configMapRef: {name: {{ name }}}}, {secretRef: {name: {{ name }}}}]
"#,
    )
}

/// The same, applied, and then asked for with another tag and another port.
fn changed() -> Workspace {
    let workspace = workspace();
    workspace.ditc("apply demo -auto-approve --sandbox").exits(0);
    workspace
        .write("environments/demo.toml", "[services.web]\nmodule = \"web\"\ninputs = { tag = \"v2\", port = 9000 }\n");
    workspace
}

#[test]
fn what_the_server_gives_a_new_object_is_known_after_apply() {
    let workspace = workspace();
    workspace.ditc("apply demo -auto-approve --sandbox").exits(0);
    let told = workspace.ditc("plan demo -replace=service/web -replace=secret/web --sandbox").exits(0);
    let told = told
        .says("demo.services.web/Service/web will be replaced")
        .says("-> (known after apply)")
        .says("~ data.password = (sensitive value)")
        .says("! demo.services.web/Secret/web: its values are generated anew")
        .says("! demo.services.web/Service/web: nobody reaches what is behind it");
    assert!(!told.out.contains("\"(known after apply)\""), "{}", told.out);
    let document: Value =
        serde_json::from_str(&workspace.ditc("plan demo -replace=service/web --sandbox -json").exits(0).out)
            .expect("JSON");
    let service = document["changes"].as_array().expect("a list").iter().find(|change| change["kind"] == "Service");
    let service = service.expect("it is replaced");
    let field = &service["fields"][0];
    assert_eq!((&field["path"], &field["unknown"]), (&json!(".spec.clusterIP"), &json!(true)), "{service:#}");
    assert!(field["before"].is_string() && field["after"].is_null(), "{service:#}");
    assert_eq!(service["risks"], json!(["interrupted"]));
}

#[test]
fn what_somebody_did_by_hand_and_loses_is_told_twice() {
    let workspace = changed();
    let cluster = workspace.cluster();
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "shop/web:hotfix"}]}}}});
    cluster.patch_strategically("/apis/apps/v1/namespaces/demo/deployments/web", "kubectl-set", &image);
    let note = json!({"metadata": {"annotations": {"note": "\u{1b}[2Jcleared\u{202e}\u{e0041}"}}});
    cluster.patch("/api/v1/namespaces/demo/configmaps/web", "kubectl\u{9b}31m", &note);
    drop(cluster);
    let told = workspace.ditc("plan demo --sandbox").exits(0);
    let told = told
        .says("~ spec.template.spec.containers[name=\"main\"].image = \"shop/web:v1\" -> \"shop/web:hotfix\"  # by kubectl-set, [TIME]")
        .says("! demo.services.web/Deployment/web: undoes what kubectl-set changed at [TIME]:")
        .says("\"\\u001b[2Jcleared\\u{202e}\\u{e0041}\" -> \"ours\"");
    let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}' || c == '\u{e0041}';
    assert!(!told.out.contains(harmful), "{:?}", told.out);
    let machine = workspace.ditc("plan demo --sandbox -json").exits(0);
    assert!(!machine.out.contains(harmful), "{:?}", machine.out);
    let document: Value = serde_json::from_str(&machine.out).expect("JSON");
    let said = document.to_string();
    assert!(said.contains("cleared\u{202e}\u{e0041}"), "the value itself is as it was: {said}");
    for flags in ["", "-compact"] {
        let told = workspace.ditc(&format!("drift demo --sandbox {flags}")).exits(2);
        assert!(!told.out.contains(harmful), "{:?}", told.out);
    }
    let compact = workspace.ditc("drift demo --sandbox -compact").exits(2);
    compact.says("  ~ demo.services.web/Deployment/web was changed by kubectl-set: containers[name=\"main\"].image");
}

#[test]
fn a_plan_has_short_forms() {
    let workspace = changed();
    let whole = workspace.ditc("plan demo --sandbox").exits(0).out;
    let concise = workspace.ditc("plan demo --sandbox -concise").exits(0).out;
    let compact = workspace.ditc("plan demo --sandbox -compact").exits(0).out;
    assert!(whole.contains("Actions are shown with these symbols"), "{whole}");
    assert!(!concise.contains("Actions are shown") && concise.contains("~ Deployment \"web\" {"), "{concise}");
    let line = "  ~ demo.services.web/Deployment/web will be updated in-place: annotations[\"ditc.dev/config-hash\"], \
                containers[name=\"main\"].image\n";
    assert!(compact.contains(line), "{compact}");
    assert!(!compact.contains('{'), "{compact}");
    for text in [whole, concise, compact] {
        assert!(text.contains("Plan: 0 to add, 3 to change, 0 to destroy."), "{text}");
    }
    workspace.ditc("plan demo --sandbox -compact -concise").exits(1);
    workspace.ditc("plan demo --sandbox -out=a.plan").exits(0);
    workspace.ditc("show a.plan -compact").exits(0).says("will be updated in-place: data[\"app.conf\"]");
    let applied = workspace.ditc("apply demo --sandbox -auto-approve -compact").exits(0);
    applied.says("Apply complete!").says_nothing_of("{");
}

#[test]
fn json_goes_into_a_file_beside_the_text() {
    let workspace = workspace();
    let read = |name: &str| fs::read_to_string(workspace.path(name)).expect("it was written");
    workspace.write("out.json", "old");
    fs::set_permissions(workspace.path("out.json"), fs::Permissions::from_mode(0o644)).expect("it is ours");
    workspace.ditc("plan demo --sandbox -json-into=out.json").exits(0).says("Plan: 5 to add");
    holds_copy("plan demo", &read("out.json"));
    assert_eq!(read("out.json"), workspace.ditc("plan demo --sandbox -json").exits(0).out);
    let mode = fs::metadata(workspace.path("out.json")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let told = workspace.ditc("apply demo --sandbox -auto-approve -json-into=run.json").exits(0);
    told.says("Apply complete! Resources: 5 added").says("web.host = \"web\"").says_nothing_of("@message");
    let lines = read("run.json");
    holds_copy("apply demo", &lines);
    let types: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line")["type"].take()).collect();
    assert_eq!((&types[0], &types[types.len() - 1]), (&json!("version"), &json!("outputs")), "{types:?}");
    assert!(types.contains(&json!("apply_complete")) && types.contains(&json!("change_summary")), "{types:?}");

    for command in ["drift demo --sandbox", "plan --all --sandbox", "validate", "drift --all --sandbox"] {
        let told = workspace.ditc(&format!("{command} -json-into=out.json")).exits(0);
        assert!(!told.out.contains("format_version"), "{}", told.out);
        holds_copy(command, &read("out.json"));
    }
    workspace.ditc("apply --all --sandbox -auto-approve -json-into=run.json").exits(0);
    holds_copy("apply --all", &read("run.json"));

    // What keeps a command from its work is told to both.
    workspace.write("environments/demo.toml", "[services.web]\nmodul = \"web\"\n");
    for command in ["plan demo --sandbox", "validate", "apply demo --sandbox -auto-approve"] {
        let told = workspace.ditc(&format!("{command} -json-into=out.json")).exits(1);
        assert!(told.error.contains("did you mean `module`?"), "{}", told.error);
        holds_copy(command, &read("out.json"));
        assert!(read("out.json").contains("did you mean `module`?"));
    }
}

#[test]
fn a_file_for_json_is_refused_before_anything_is_done() {
    let workspace = workspace();
    workspace.ditc("plan demo --sandbox -json -json-into=out.json").exits(1);
    workspace.ditc("apply demo --sandbox -auto-approve -json-into=nowhere/out.json").exits(1).wrote_nothing();
    workspace.write("elsewhere", "precious");
    std::os::unix::fs::symlink(workspace.path("elsewhere"), workspace.path("link")).expect("a link");
    let told = workspace.ditc("apply demo --sandbox -auto-approve -json-into=link").exits(1).wrote_nothing();
    assert!(told.error.contains("symbolic link"), "{}", told.error);
    workspace.ditc("apply demo --sandbox -auto-approve -json-into=environments").exits(1).wrote_nothing();
    assert_eq!(fs::read_to_string(workspace.path("elsewhere")).expect("it is there"), "precious");
}

#[test]
fn every_command_that_reports_has_json_and_a_schema() {
    let workspace = workspace();
    // What each of them prints is held to its schema by whoever runs it.
    for (command, code) in [
        ("version -json", 0),
        ("validate -json", 0),
        ("fmt -check -json", 1),
        ("modules -json", 0),
        ("modules show web -json", 0),
        ("new other -json", 0),
        ("plan demo --sandbox -json", 0),
        ("apply demo --sandbox -auto-approve -json", 0),
        ("plan --all --sandbox -json", 0),
        ("drift demo --sandbox -json", 0),
        ("status demo --sandbox -json", 0),
        ("status --sandbox -json", 0),
        ("state list demo --sandbox -json", 0),
        ("state show demo service/web --sandbox -json", 0),
        ("state rebuild demo --sandbox -json", 0),
        ("logs demo/web --sandbox -json", 0),
        ("destroy demo --sandbox -auto-approve -json", 0),
        ("state list demo --sandbox -json", 1),
    ] {
        let told = workspace.ditc(command).exits(code);
        assert!(told.out.starts_with('{'), "`{command}` printed {}", told.out);
        assert!(told.out.contains("\"format_version\"") || command.starts_with("logs"), "`{command}`: {}", told.out);
    }
}

/// What they print is another program's, a script, a schema or a text for people.
const WITHOUT_SCHEMA: [&str; 4] = ["exec", "completions", "schema", "help"];

#[test]
fn no_command_with_json_is_without_a_schema() {
    let workspace = workspace();
    let schemas = workspace.ditc("schema --help").exits(0).out;
    let has = |name: &str| {
        schemas.lines().filter_map(|line| line.trim().strip_prefix("- ")).any(|line| {
            let of = line.split(':').next().unwrap_or_default();
            of == name || of.starts_with(&format!("{name}-"))
        })
    };
    let help = workspace.ditc("help").exits(0).out;
    let (commands, _) = help.split_once("\nOptions:\n").expect("options come last");
    let (_, commands) = commands.split_once("<COMMAND>\n").expect("commands come behind the usage");
    let commands: Vec<&str> = commands
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    assert!(commands.len() > 25, "{commands:?}");
    for command in commands {
        assert_eq!(has(command), !WITHOUT_SCHEMA.contains(&command), "{command}");
    }
}

#[test]
fn every_schema_is_one() {
    let workspace = workspace();
    let help = workspace.ditc("schema --help").exits(0).out;
    let names: Vec<&str> = help.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split(':').next()).collect();
    assert!(names.len() >= 20, "{help}");
    for name in names {
        let schema: Value =
            serde_json::from_str(&workspace.ditc(&format!("schema {name}")).exits(0).out).expect("JSON");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        compiler.add_resource("schema.json", schema).expect("a schema");
        compiler.compile("schema.json", &mut schemas).unwrap_or_else(|error| panic!("{name}: {error:#}"));
    }
}
