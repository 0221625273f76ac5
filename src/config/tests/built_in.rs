//! The built-in modules: what they make where nothing is said, what each input changes, and that their pages tell it.

use super::*;
use crate::catalogue::Contents;

/// Module, input, value, object, and where and what stands there by this value alone.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const POD: &str = "/spec/template/spec";

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("postgresql", "databases", "[\"shop\", \"it's\"]", "ConfigMap/postgresql-setup", "/data", "database 'shop'\\ndatabase 'it'\\\\''s'\\n"),
    ("postgresql", "users", "{ app_1 = [\"shop\"] }", "ConfigMap/postgresql-setup", "/data", "user 'app_1' /etc/ditc/secrets/user-1\\ndatabase 'shop'\\ngrant 'app_1' 'shop'"),
    ("postgresql", "users", "{ app_1 = [] }", "Secret/postgresql-app-1", "/metadata/name", "postgresql-app-1"),
    ("postgresql", "users", "{ app_1 = [] }", "StatefulSet/postgresql", "/spec/template/spec/volumes", "\"path\":\"user-1\""),
    ("postgresql", "storage", "\"3Gi\"", "PersistentVolumeClaim/data-postgresql", "/spec/resources/requests/storage", "3Gi"),
    ("postgresql", "storage", "false", "StatefulSet/postgresql", "/spec/template/spec/volumes", "\"emptyDir\":{}"),
    ("postgresql", "version", "\"16.9\"", "StatefulSet/postgresql", "/spec/template/spec/containers/0/image", "postgres:16.9"),
    ("postgresql", "image", "\"mirror/postgres:1\"", "StatefulSet/postgresql", "/spec/template/spec/containers/0/image", "\"mirror/postgres:1\""),
    ("postgresql", "memory", "\"1Gi\"", "StatefulSet/postgresql", "/spec/template/spec/containers/0/resources/limits/memory", "1Gi"),
    ("postgresql", "resources", "{ limits = { cpu = 2 } }", "StatefulSet/postgresql", "/spec/template/spec/containers/0/resources", "{\"limits\":{\"cpu\":2}}"),
    ("postgresql", "settings", "{ max_connections = \"50\" }", "StatefulSet/postgresql", "/spec/template/spec/containers/0/args", "\"-c\"\n\"max_connections=50\""),
    ("rabbitmq", "user", "\"boss\"", "StatefulSet/rabbitmq", "/spec/template/spec/containers/0/env", "\"boss\""),
    ("rabbitmq", "user", "\"boss\"", "ConfigMap/rabbitmq-config", "/data", "user 'boss' /etc/ditc/secrets/administrator"),
    ("rabbitmq", "users", "{ app_1 = [\"shop\"] }", "ConfigMap/rabbitmq-config", "/data", "vhost 'shop'\\ngrant 'app_1' 'shop'"),
    ("rabbitmq", "users", "{ app_1 = [] }", "Secret/rabbitmq-app-1", "/metadata/name", "rabbitmq-app-1"),
    ("rabbitmq", "vhosts", "[\"shop\"]", "ConfigMap/rabbitmq-config", "/data", "vhost 'shop'\\ngrant 'guest' 'shop'"),
    ("rabbitmq", "management", "false", "StatefulSet/rabbitmq", "/spec/template/spec/containers/0/image", "\"rabbitmq:4.1.0\""),
    ("rabbitmq", "management", "false", "Service/rabbitmq", "/spec", "\"ports\":[{\"name\":\"amqp\",\"port\":5672,\"targetPort\":5672}]"),
    ("rabbitmq", "storage", "\"3Gi\"", "PersistentVolumeClaim/data-rabbitmq", "/spec/resources/requests/storage", "3Gi"),
    ("rabbitmq", "version", "\"4.0.9\"", "StatefulSet/rabbitmq", "/spec/template/spec/containers/0/image", "rabbitmq:4.0.9-management"),
    ("rabbitmq", "image", "\"mirror/rabbitmq:1\"", "StatefulSet/rabbitmq", "/spec/template/spec/containers/0/image", "\"mirror/rabbitmq:1\""),
    ("rabbitmq", "memory", "\"1Gi\"", "StatefulSet/rabbitmq", "/spec/template/spec/containers/0/resources/limits/memory", "1Gi"),
    ("rabbitmq", "resources", "{ limits = { cpu = 2 } }", "StatefulSet/rabbitmq", "/spec/template/spec/containers/0/resources", "{\"limits\":{\"cpu\":2}}"),
    ("rabbitmq", "settings", "{ heartbeat = \"30\" }", "ConfigMap/rabbitmq-config", "/data/rabbitmq.conf", "heartbeat = 30"),
    ("redis", "password", "false", "StatefulSet/redis-master", "/spec/template/spec/containers/0/args", "\"--protected-mode\"\n\"no\""),
    ("redis", "storage", "\"3Gi\"", "PersistentVolumeClaim/data-redis", "/spec/resources/requests/storage", "3Gi"),
    ("redis", "storage", "\"3Gi\"", "ConfigMap/redis-config", "/data", "appendonly yes"),
    ("redis", "version", "\"8.0\"", "StatefulSet/redis-master", "/spec/template/spec/containers/0/image", "redis:8.0"),
    ("redis", "image", "\"valkey/valkey:8\"", "StatefulSet/redis-master", "/spec/template/spec/containers/0/image", "\"valkey/valkey:8\""),
    ("redis", "memory", "\"1Gi\"", "StatefulSet/redis-master", "/spec/template/spec/containers/0/resources/limits/memory", "1Gi"),
    ("redis", "resources", "{ limits = { cpu = 2 } }", "StatefulSet/redis-master", "/spec/template/spec/containers/0/resources", "{\"limits\":{\"cpu\":2}}"),
    ("redis", "settings", "{ maxmemory = \"96mb\" }", "ConfigMap/redis-config", "/data", "maxmemory 96mb"),
    ("service", "image", "\"shop:v2\"", "Deployment/web", "/spec/template/spec/containers/0/image", "shop:v2"),
    ("service", "command", "[\"run\"]", "Deployment/web", "/spec/template/spec/containers/0/command", "run"),
    ("service", "args", "[\"-v\"]", "Deployment/web", "/spec/template/spec/containers/0/args", "-v"),
    ("service", "env", "{ A = 1 }", "Deployment/web", "/spec/template/spec/containers/0/env", "{\"name\":\"A\",\"value\":\"1\"}"),
    ("service", "env_from", "[{ secret = \"s\", existing = true }, { config = \"c\", prefix = \"C_\", existing = true }]", "Deployment/web", "/spec/template/spec/containers/0/envFrom", "{\"secretRef\":{\"name\":\"s\"}}\n{\"configMapRef\":{\"name\":\"c\"},\"prefix\":\"C_\"}"),
    ("service", "ports", "[{ port = 80, target = 9000 }]", "Service/web", "/spec/ports", "\"targetPort\":9000"),
    ("service", "replicas", "3", "Deployment/web", "/spec/replicas", "3"),
    ("service", "resources", "{ limits = { cpu = 2 } }", "Deployment/web", "/spec/template/spec/containers/0/resources", "{\"limits\":{\"cpu\":2}}"),
    ("service", "probe", "{ path = \"/up\", failures = 9 }", "Deployment/web", "/spec/template/spec/containers/0/readinessProbe", "{\"httpGet\":{\"path\":\"/up\",\"port\":8000},\"initialDelaySeconds\":0,\"periodSeconds\":5,\"timeoutSeconds\":5,\"failureThreshold\":9}"),
    ("service", "liveness", "{ path = \"/up\" }", "Deployment/web", "/spec/template/spec/containers/0/livenessProbe/httpGet", "/up"),
    ("service", "liveness", "{ path = \"/up\", failures = 2 }", "Deployment/web", "/spec/template/spec/containers/0/startupProbe", "\"failureThreshold\":60"),
    ("service", "startup", "{ command = [\"warm\"], failures = 7 }", "Deployment/web", "/spec/template/spec/containers/0/startupProbe", "{\"exec\":{\"command\":[\"warm\"]},\"initialDelaySeconds\":0,\"periodSeconds\":5,\"timeoutSeconds\":5,\"failureThreshold\":7}"),
    ("service", "host", "\"web.example.com\"", "Ingress/web", "/spec/rules", "web.example.com"),
    ("service", "ingress_class", "\"nginx\"", "Ingress/web", "/spec/ingressClassName", "nginx"),
    ("service", "ingress_annotations", "{ \"a.b/c\" = \"d\" }", "Ingress/web", "/metadata/annotations", "{\"a.b/c\":\"d\"}"),
    ("service", "tls", "\"cert\"", "Ingress/web", "/spec/tls", "{\"hosts\":[\"w.example.com\"],\"secretName\":\"cert\"}"),
    ("service", "files", "{ \"/etc/a.conf\" = \"x: 1\" }", "ConfigMap/web-files", "/data/file-1", "x: 1"),
    ("service", "files", "{ \"/etc/a.conf\" = \"x: 1\" }", "Deployment/web", "/spec/template/spec/containers/0/volumeMounts", "{\"name\":\"files\",\"mountPath\":\"/etc/a.conf\",\"subPath\":\"file-1\",\"readOnly\":true}"),
    ("service", "volumes", "{ \"/var/Data_1\" = { storage = \"1Gi\" } }", "PersistentVolumeClaim/web-var-data-1", "/spec/resources/requests/storage", "1Gi"),
    ("service", "volumes", "{ \"/a\" = { storage = \"1Gi\" } }", "Deployment/web", "/spec/strategy", "Recreate"),
    ("service", "volumes", "{ \"/a\" = { memory = \"1Mi\" }, \"/b\" = { empty = true }, \"/c\" = { secret = \"s\", existing = true }, \"/d\" = { config = \"c\", existing = true } }", "Deployment/web", "/spec/template/spec/volumes", "{\"name\":\"volume-1\",\"emptyDir\":{\"medium\":\"Memory\",\"sizeLimit\":\"1Mi\"}}\n{\"name\":\"volume-2\",\"emptyDir\":{}}\n{\"name\":\"volume-3\",\"secret\":{\"secretName\":\"s\"}}\n{\"name\":\"volume-4\",\"configMap\":{\"name\":\"c\"}}"),
    ("service", "strategy", "\"Recreate\"", "Deployment/web", "/spec/strategy/type", "Recreate"),
    ("service", "grace", "90", "Deployment/web", "/spec/template/spec/terminationGracePeriodSeconds", "90"),
    ("service", "run_as", "1000", "Deployment/web", "/spec/template/spec/securityContext", "\"runAsNonRoot\":true,\"runAsUser\":1000"),
    ("service", "run_as", "1000", "Deployment/web", "/spec/template/spec/containers/0/securityContext", "{\"allowPrivilegeEscalation\":false,\"capabilities\":{\"drop\":[\"ALL\"]}}"),
    ("service", "service_account", "\"robot\"", "Deployment/web", "/spec/template/spec/serviceAccountName", "robot"),
    ("service", "objects", "[{ apiVersion = \"v1\", kind = \"ConfigMap\", metadata = { name = \"more\" }, data = { a = \"b\" } }]", "ConfigMap/more", "/data/a", "b"),
];

/// An environment that uses one module, with an input if one is given.
fn using(module: &str, given: Option<(&str, &str)>) -> String {
    let line = given.map(|(input, value)| format!("{input} = {value}\n")).unwrap_or_default();
    if module != "service" {
        return format!(
            "//- environments/demo.toml\n[dependencies.{module}]\nmodule = \"{module}\"\n[dependencies.{module}.inputs]\n{line}"
        );
    }
    let is_given = |input: &str| given.is_some_and(|(name, _)| name == input);
    let about_host = ["ingress_class", "ingress_annotations", "tls"].iter().any(|input| is_given(input));
    let needed = [("image", "\"web:v1\"", true), ("ports", "[8000]", true), ("host", "\"w.example.com\"", about_host)];
    let needed = needed.iter().filter(|(input, _, is_needed)| *is_needed && !is_given(input));
    let needed: String = needed.map(|(input, value, _)| format!("{input} = {value}\n")).collect();
    format!("//- environments/demo.toml\n[services.web]\n{needed}{line}")
}

fn part(text: &str, object: &str, pointer: &str) -> String {
    let demo = demo(text);
    let is_there = demo.manifests.keys().any(|key| key.to_string() == object);
    if is_there { good::at(&demo, object, pointer) } else { "nothing".to_owned() }
}

fn contents() -> BTreeMap<String, Contents> {
    let workspace = parse(&BTreeMap::<String, String>::new());
    let modules = workspace.catalogue().into_iter();
    modules.map(|module| (module.name.to_string(), module.contents.expect("no mistakes"))).collect()
}

#[test]
fn every_input_changes_what_it_says() {
    for (module, input, value, object, pointer, expected) in CASES {
        let with = part(&using(module, Some((input, value))), object, pointer);
        assert!(with.contains(expected), "{module}: {input} = {value}: {with}");
        let without = part(&using(module, None), object, pointer);
        assert!(!without.contains(expected), "{module} without {input}: {without}");
    }
    assert!(CASES.iter().all(|(.., pointer, _)| !pointer.starts_with(POD) || pointer.len() > POD.len()));
}

#[test]
fn every_input_has_a_case() {
    let tried: BTreeSet<(String, String)> =
        CASES.iter().map(|(module, input, ..)| ((*module).to_owned(), (*input).to_owned())).collect();
    let known = contents().into_iter().flat_map(|(module, contents)| {
        contents.inputs.into_iter().map(move |input| (module.clone(), input.name)).collect::<Vec<_>>()
    });
    assert_eq!(known.collect::<BTreeSet<_>>(), tried);
}

#[test]
fn a_password_that_nobody_asks_for_is_not_made() {
    let demo = demo(&using("redis", Some(("password", "false"))));
    assert!(!demo.manifests.values().any(|manifest| manifest.secret.is_some()));
    let container = good::at(&demo, "StatefulSet/redis-master", "/spec/template/spec/containers/0/env");
    assert_eq!(container, "nothing");
}

/// All that a module makes where nothing is said.
fn made(module: &str) -> String {
    let demo = demo(&using(module, None));
    let of_module = demo.manifests.values().filter(|manifest| manifest.component.is_some());
    of_module.map(|manifest| serde_json::to_string_pretty(&manifest.body.0).unwrap() + "\n").collect()
}

#[test]
fn what_postgresql_makes() {
    assert_data_eq!(made("postgresql"), snapbox::file!["built_in/postgresql.txt"]);
}

#[test]
fn what_rabbitmq_makes() {
    assert_data_eq!(made("rabbitmq"), snapbox::file!["built_in/rabbitmq.txt"]);
}

#[test]
fn what_redis_makes() {
    assert_data_eq!(made("redis"), snapbox::file!["built_in/redis.txt"]);
}

#[test]
fn what_service_makes() {
    assert_data_eq!(made("service"), snapbox::file!["built_in/service.txt"]);
}

const PAGES: [(&str, &str); 4] = [
    ("postgresql", include_str!("../../../modules/postgresql/README.md")),
    ("rabbitmq", include_str!("../../../modules/rabbitmq/README.md")),
    ("redis", include_str!("../../../modules/redis/README.md")),
    ("service", include_str!("../../../modules/service/README.md")),
];

/// The tables of a page, as `module.toml` has them.
fn tables(contents: &Contents) -> String {
    let mut text = "| input | type | default | |\n| --- | --- | --- | --- |\n".to_owned();
    for input in &contents.inputs {
        let default = match (&input.default, input.is_required) {
            (Some(default), _) => format!("`{}`", default.toml),
            (None, true) => "required".to_owned(),
            (None, false) => "none".to_owned(),
        };
        let description = input.description.as_deref().unwrap_or_default();
        text += &format!("| `{}` | {} | {default} | {description} |\n", input.name, input.kind);
    }
    text += "\n| output | |\n| --- | --- |\n";
    for (name, value) in &contents.outputs {
        text += &format!("| `{name}` | `{}` |\n", value.toml);
    }
    if !contents.secrets.is_empty() {
        text += "\n| Secret | keys |\n| --- | --- |\n";
    }
    for secret in &contents.secrets {
        let keys: Vec<String> = secret.keys.iter().map(|(key, _)| format!("`{key}`")).collect();
        text += &format!("| `{}` | {} |\n", secret.name, keys.join(", "));
    }
    text
}

#[test]
fn the_pages_have_the_tables_of_their_modules() {
    let contents = contents();
    for (module, page) in PAGES {
        let tables = tables(&contents[module]);
        assert!(page.ends_with(&tables), "modules/{module}/README.md must end with\n\n{tables}");
    }
}

#[test]
fn the_examples_of_the_pages_can_be_pasted() {
    for (module, page) in PAGES {
        let blocks = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        let blocks: Vec<&str> = blocks.collect();
        assert!(!blocks.is_empty(), "{module}");
        for block in blocks {
            check(&format!("//- environments/demo.toml\n{block}"), str![[""]]);
        }
    }
}
