//! How files join, what expressions become, and whom a mistake stops.

use super::{
    good::{at, keys},
    *,
};

const CONTAINER: &str = "/spec/template/spec/containers/0";

#[test]
fn tables_merge_and_all_else_replaces() {
    let demo = demo(
        r#"
//- environments/root.toml
abstract = true
[variables]
level = "info"
[services.web]
image = "web:1"
command = ["a", "b"]
env = { A = "root", B = "root", C = "{{ variables.level }}" }
//- environments/base.toml
abstract = true
extends = "root"
[variables]
level = "debug"
[services.web]
env = { B = "base" }
[services.gone]
image = "gone"
//- environments/demo.toml
extends = "base"
[services]
gone = false
[services.web]
command = ["c"]
env = { D = "demo" }
"#,
    );
    assert_data_eq!(
        keys(&demo),
        str![[r#"
Namespace/demo
services.web Deployment/web

"#]]
    );
    assert_data_eq!(
        at(&demo, "Deployment/web", &format!("{CONTAINER}/env")),
        str![[r#"
{"name":"A","value":"root"}
{"name":"B","value":"base"}
{"name":"C","value":"debug"}
{"name":"D","value":"demo"}

"#]]
    );
    assert_data_eq!(
        at(&demo, "Deployment/web", &format!("{CONTAINER}/command")),
        str![[r#"
"c"

"#]]
    );
}

#[test]
fn inputs_join_those_of_a_module_that_another_file_names() {
    let text = r#"
//- modules/note/module.toml
[inputs.text]
type = "string"
[inputs.more]
type = "string"
//- modules/note/note.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ name }} }
data: { text: {{ inputs.text }}, more: {{ inputs.more }} }
//- environments/base.toml
abstract = true
[services.note]
module = "note"
inputs = { text = "base", more = "base" }
//- environments/demo.toml
extends = "base"
[services.note.inputs]
text = "demo"
"#;
    let demo = demo(text);
    let note = demo.manifests.values().find(|manifest| manifest.key.kind.kind == "ConfigMap").expect("a note");
    assert_eq!(note.body.at("/data"), Some(&serde_json::json!({"text": "demo", "more": "base"})));
}

#[test]
fn a_lone_expression_keeps_its_type() {
    let demo = demo(
        r#"
//- environments/demo.toml
[variables]
count = 2
limits = { limits = { memory = "64Mi" } }
[dependencies.redis]
module = "redis"
[services.web]
image = "web"
tag = "v1"
replicas = "{{ variables.count }}"
resources = "{{ variables.limits }}"
ports = [{ port = "{{ dependencies.redis.port }}", name = "{{ environment.name }}" }]
[services.web.env]
URL = "redis://{{ dependencies.redis.host }}:{{ dependencies.redis.port }}/{{ variables.count }}"
BRACES = "{{ \"{{\" }} {{ version }}"
POD = { field = "status.podIP" }
FROM = { config = "settings", key = "a", existing = true }
"#,
    );
    assert_data_eq!(at(&demo, "Deployment/web", "/spec/replicas"), str!["2"]);
    assert_data_eq!(
        at(&demo, "Deployment/web", &format!("{CONTAINER}/resources")),
        str![[r#"{"limits":{"memory":"64Mi"}}"#]]
    );
    assert_data_eq!(
        at(&demo, "Deployment/web", &format!("{CONTAINER}/ports")),
        str![[r#"
{"name":"demo","containerPort":6379,"protocol":"TCP"}

"#]]
    );
    assert_data_eq!(
        at(&demo, "Deployment/web", &format!("{CONTAINER}/env")),
        str![[r#"
{"name":"URL","value":"redis://redis-master:6379/2"}
{"name":"BRACES","value":"{{ v1"}
{"name":"POD","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}
{"name":"FROM","valueFrom":{"configMapKeyRef":{"key":"a","name":"settings"}}}

"#]]
    );
}

#[test]
fn templates_are_read_as_kubectl_reads_yaml() {
    let demo = demo(
        r#"
//- modules/thing/module.toml
[inputs.text]
type = "string"
//- modules/thing/a.yaml
# only a comment
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: one, labels: {mine: {{ name }}}}
    data: {text: {{ inputs.text }}}
  - &two
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: two
    mode: 0644
    switch: yes
---
//- environments/demo.toml
[dependencies.thing]
module = "thing"
inputs = { text = "yes: {{ environment.name }} \"quoted\" 'and' # <b>\n- line" }
"#,
    );
    assert_eq!(
        demo.manifests.values().map(|manifest| manifest.key.to_string()).collect::<Vec<_>>(),
        ["ConfigMap/one", "ConfigMap/two", "Namespace/demo"]
    );
    assert_eq!(at(&demo, "ConfigMap/one", "/data/text"), r#""yes: demo \"quoted\" 'and' # <b>\n- line""#);
    assert_data_eq!(
        at(&demo, "ConfigMap/one", "/metadata/labels"),
        str![[
            r#"{"mine":"thing","app.kubernetes.io/managed-by":"ditc","ditc.dev/environment":"demo","ditc.dev/component":"thing"}"#
        ]]
    );
    assert_eq!(at(&demo, "ConfigMap/two", "/mode"), "420");
    assert_eq!(at(&demo, "ConfigMap/two", "/switch"), "true");
}

#[test]
fn a_module_of_the_workspace_wins_over_one_built_in() {
    let demo = demo(
        r#"
//- modules/redis/module.toml
//- modules/redis/a.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ name }}
//- environments/demo.toml
[dependencies.cache]
module = "redis"
"#,
    );
    assert_data_eq!(
        keys(&demo),
        str![[r#"
dependencies.cache ConfigMap/cache
Namespace/demo

"#]]
    );
}

#[test]
fn one_module_serves_two_components() {
    let demo = demo(
        r#"
//- environments/demo.toml
[dependencies.cache]
module = "redis"
[dependencies.queue]
module = "redis"
"#,
    );
    assert_data_eq!(
        keys(&demo),
        str![[r#"
dependencies.cache ConfigMap/cache-config
dependencies.queue ConfigMap/queue-config
Namespace/demo
dependencies.cache Secret/cache
dependencies.queue Secret/queue
dependencies.cache Service/cache
dependencies.cache Service/cache-master
dependencies.queue Service/queue
dependencies.queue Service/queue-master
dependencies.cache StatefulSet/cache-master
dependencies.queue StatefulSet/queue-master

"#]]
    );
}

#[test]
fn needs_default_to_all_dependencies() {
    let demo = demo(
        r#"
//- environments/demo.toml
[dependencies.cache]
module = "redis"
[dependencies.db]
module = "postgresql"
needs = ["cache"]
[services.api]
image = "api"
[services.web]
image = "web"
needs = ["api"]
"#,
    );
    let needs: String = demo
        .components
        .iter()
        .map(|(id, component)| {
            let needs: Vec<String> = component.needs.iter().map(ToString::to_string).collect();
            format!("{id}: {}\n", needs.join(" "))
        })
        .collect();
    assert_data_eq!(
        needs,
        str![[r#"
dependencies.cache: 
dependencies.db: dependencies.cache
services.api: dependencies.cache dependencies.db
services.web: services.api

"#]]
    );
}

#[test]
fn pods_follow_their_configuration() {
    let fixture = |databases: &str| {
        format!(
            "//- environments/demo.toml\n[dependencies.db]\nmodule = \"postgresql\"\ninputs = {{ databases = {databases} }}\n"
        )
    };
    let hash = |databases: &str| {
        let annotations = at(&demo(&fixture(databases)), "StatefulSet/db", "/spec/template/metadata/annotations");
        assert!(annotations.contains("ditc.dev/config-hash"), "{annotations}");
        annotations
    };
    assert_eq!(hash("[]"), hash("[]"));
    assert_ne!(hash("[]"), hash(r#"["orders"]"#));
}

#[test]
fn a_mistake_stops_only_those_who_use_its_file() {
    let mut workspace = parse(&files(
        r#"
//- environments/base.toml
abstract = true
colour = "red"
//- environments/a.toml
extends = "base"
//- environments/b.toml
[dependencies.thing]
module = "thing"
//- environments/c.toml
owner = "c"
//- environments/d.toml
owner = d
//- modules/thing/module.toml
descripton = "x"
outputs = { port = 1 }
"#,
    ));
    let stopped: Vec<(String, usize)> =
        workspace.names().map(|name| (name.to_string(), workspace.concerning(name).len())).collect();
    assert_eq!(stopped, [("a", 1), ("b", 1), ("c", 0), ("d", 1)].map(|(name, count)| (name.to_owned(), count)));
    for (name, mistakes) in [("a", 1), ("b", 1), ("c", 0), ("d", 1)] {
        let name = EnvironmentName::new(name).unwrap();
        let told = expand(&mut workspace, &name, &Kinds::builtin()).map_or_else(|told| told.diagnostics.len(), |_| 0);
        assert_eq!(told, mistakes, "{name}");
    }
}

#[test]
fn unknown_and_abstract_environments_are_told_apart() {
    let workspace = parse(&own());
    let told = |name: &str| {
        let name = EnvironmentName::new(name).unwrap();
        plain(&workspace.sources, &workspace.find(&name).unwrap_err())
    };
    assert_data_eq!(
        told("jacub"),
        str![[r#"
unknown environment
  there is no `environments/jacub.toml` in this workspace
  help: did you mean `jakub`?

"#]]
    );
    let ttl = workspace.ttl(&EnvironmentName::new("jakub").unwrap());
    assert_eq!(ttl, Some(std::time::Duration::from_secs(72 * 3600)));
    assert_data_eq!(
        told("base"),
        str![[r#"
abstract environment
  `base` is a template for others, so it cannot be planned itself

"#]]
    );
}

#[test]
fn unknown_kinds_are_named_for_another_discovery() {
    let mut workspace = parse(&files(
        r#"
//- modules/thing/module.toml
//- modules/thing/a.yaml
apiVersion: example.com/v1
kind: Widget
metadata:
  name: {{ name }}
//- environments/demo.toml
[dependencies.thing]
module = "thing"
"#,
    ));
    let name = EnvironmentName::new("demo").unwrap();
    let mistakes = expand(&mut workspace, &name, &Kinds::builtin()).unwrap_err();
    let kinds: Vec<String> = mistakes.unknown_kinds.iter().map(ToString::to_string).collect();
    assert_eq!(kinds, ["Widget.example.com"]);
}

#[test]
fn the_same_files_give_the_same_manifests() {
    assert_eq!(expanded(&own(), "jakub"), expanded(&own(), "jakub"));
}

#[test]
fn every_manifest_carries_the_labels_and_pods_do_not() {
    for name in ["jakub", "ci", "shop"] {
        let desired = expanded(&own(), name);
        for manifest in desired.manifests.values() {
            assert_eq!(manifest.body.label("app.kubernetes.io/managed-by"), Some("ditc"));
            assert_eq!(manifest.body.label("ditc.dev/environment"), Some(name));
            let component = manifest.component.as_ref().map(|component| component.name.as_str());
            assert_eq!(manifest.body.label("ditc.dev/component"), component);
            // A NetworkPolicy selects other namespaces by it, and no pods.
            let spec = manifest.body.at("/spec").filter(|_| manifest.key.kind.kind != "NetworkPolicy");
            let spec = spec.map(ToString::to_string).unwrap_or_default();
            assert!(!spec.contains("ditc.dev/environment"), "{spec}");
            assert_eq!(manifest.body.key().as_ref(), Some(&manifest.key));
        }
    }
}

/// No text may bring the program down: each file of a full workspace is cut off at many places, and doubled.
#[test]
fn half_a_file_gives_complaints_and_no_panic() {
    let mut whole = own();
    for (module, path, text) in builtin::BUILTIN {
        whole.insert(format!("modules/{module}/{path}"), (*text).to_owned());
    }
    for (path, text) in &whole {
        let cuts = (0..text.len()).step_by(701).filter(|cut| text.is_char_boundary(*cut));
        for text in
            cuts.flat_map(|cut| [text[..cut].to_owned(), text[cut..].to_owned(), format!("{text}{}", &text[cut..])])
        {
            let files = whole.iter().chain([(path, &text)]).map(|(path, text)| (path.clone(), text.clone())).collect();
            let mut workspace = parse(&files);
            for diagnostic in validate(&mut workspace, &Kinds::builtin()) {
                assert!(!plain(&workspace.sources, &diagnostic).is_empty());
            }
        }
    }
}
