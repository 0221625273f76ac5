//! The schemas say of keys what the readers say, and judge files as the readers do.

use std::path::Path;

use boon::{Compiler, Schemas};
use serde_json::Value;

use super::*;

/// A key that is near to none.
const STRANGE: &str = "qqqqqqqqqqqq";

fn schemas() -> [(&'static str, Value); 3] {
    let workspace = parse(&repository());
    [("environments/", environment_schema(&workspace)), ("modules/", module_schema()), ("ditc.toml", ditc_schema())]
}

fn repository() -> BTreeMap<String, String> {
    let files = crate::files::read_workspace(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("readable");
    files.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).expect("a text"))).collect()
}

fn schema_of(path: &str) -> Value {
    let found = schemas().into_iter().find(|(prefix, _)| path.starts_with(prefix));
    found.expect("a file of a kind that has a schema").1
}

/// What the schema has against a file.
fn judge(path: &str, text: &str) -> Option<String> {
    let file: Value = toml::from_str(text).expect("no mistakes in its syntax");
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("schema.json", schema_of(path)).expect("a schema of its own");
    let schema = compiler.compile("schema.json", &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
    schemas.validate(&file, schema).err().map(|error| error.to_string())
}

/// The keys that a reader knows where it meets a strange one.
fn known(fixture: &str) -> BTreeSet<String> {
    let mut workspace = parse(&files(fixture));
    let mistakes = validate(&mut workspace, &Kinds::builtin());
    let about = |mistake: &&Diagnostic| mistake.detail.as_ref().is_some_and(|detail| detail.contains(STRANGE));
    let told = mistakes.iter().find(about).unwrap_or_else(|| panic!("nobody minds {STRANGE}: {mistakes:?}"));
    let listed = told.help.iter().find_map(|help| help.strip_prefix("known are ")).expect("all are listed");
    listed.split(", ").map(|key| key.trim_matches('`').to_owned()).collect()
}

#[test]
fn the_keys_are_those_of_the_readers() {
    let service = "/properties/services/additionalProperties/anyOf/0";
    let dependency = "/properties/dependencies/additionalProperties/anyOf/0";
    let in_service = |rest: &str| format!("{service}/properties/{rest}");
    let cases: [(&str, &str, &str, &[&str]); 20] = [
        ("environments/demo.toml", "KEY = 1", "/properties", &[]),
        (
            "environments/demo.toml",
            "[dependencies.a]\nmodule = \"redis\"\nKEY = 1",
            &format!("{dependency}/properties"),
            &[],
        ),
        ("environments/demo.toml", "[services.a]\nimage = \"a:b\"\nKEY = 1", &format!("{service}/properties"), &[]),
        (
            "environments/demo.toml",
            "[services.a]\nimage = \"a:b\"\nports = [{ port = 1, KEY = 1 }]",
            &in_service("ports/anyOf/0/anyOf/0/items/anyOf/1/properties"),
            &[],
        ),
        (
            "environments/demo.toml",
            "[services.a]\nimage = \"a:b\"\nprobe = { KEY = 1 }",
            &in_service("probe/anyOf/0/properties"),
            &[],
        ),
        (
            "environments/demo.toml",
            "[secrets.a]\nb = { generate = \"hex\", KEY = 1 }",
            "/properties/secrets/additionalProperties/additionalProperties/properties",
            &[],
        ),
        ("modules/a/module.toml", "KEY = 1", "/properties", &[]),
        (
            "modules/a/module.toml",
            "[inputs.a]\ntype = \"any\"\nKEY = 1",
            "/properties/inputs/additionalProperties/properties",
            &[],
        ),
        (
            "modules/a/module.toml",
            "[secrets.a]\nb = { generate = \"hex\", KEY = 1 }",
            "/properties/secrets/additionalProperties/additionalProperties/properties",
            &[],
        ),
        ("ditc.toml", "KEY = 1", "/properties", &[]),
        ("ditc.toml", "[cluster]\nKEY = 1", "/properties/cluster/properties", &[]),
        ("ditc.toml", "[policy]\nKEY = 1", "/properties/policy/properties", &[]),
        ("ditc.toml", "[drift]\nKEY = 1", "/properties/drift/properties", &[]),
        ("ditc.toml", "[defaults]\nKEY = 1", "/properties/defaults/properties", &[]),
        ("ditc.toml", "[defaults.quota]\nKEY = 1", "/properties/defaults/properties/quota/anyOf/0/properties", &[]),
        ("environments/demo.toml", "[quota]\nKEY = 1", "/properties/quota/anyOf/0/properties", &[]),
        ("environments/demo.toml", "[resources]\nKEY = 1", "/properties/resources/anyOf/0/properties", &[]),
        ("environments/demo.toml", "[network]\nKEY = 1", "/properties/network/anyOf/0/properties", &[]),
        ("environments/demo.toml", "[security]\nKEY = 1", "/properties/security/anyOf/0/properties", &[]),
        (
            "environments/demo.toml",
            "[dependencies.a]\nmodule = \"redis\"\ninputs = { KEY = 1 }",
            "/definitions/module-redis/properties",
            &[],
        ),
    ];
    for (path, text, pointer, not_yet) in cases {
        let mut expected = known(&format!("//- {path}\n{}\n", text.replace("KEY", STRANGE)));
        expected.retain(|key| !not_yet.contains(&key.as_str()));
        let schema = schema_of(path);
        let properties = schema.pointer(pointer);
        let properties = properties.and_then(Value::as_object).unwrap_or_else(|| panic!("{path} has no {pointer}"));
        assert_eq!(properties.keys().cloned().collect::<BTreeSet<_>>(), expected, "{path}\n{text}");
    }
}

#[test]
fn the_files_of_this_repository_pass() {
    let mut count = 0;
    for (path, text) in repository().iter().filter(|(path, _)| path.ends_with(".toml")) {
        assert_eq!(judge(path, text), None, "{path}");
        count += 1;
    }
    assert!(count >= 9, "only {count} files");
}

#[test]
fn good_files_pass() {
    for (path, text) in [
        ("environments/a.toml", "ttl = \"{{ variables.ttl }}\"\ntimeout = \"1h30m\"\n[dependencies]\nredis = false"),
        (
            "environments/a.toml",
            "[services.a]\nimage = \"a\"\nreplicas = \"{{ variables.n }}\"\nhost = false\nprobe = false",
        ),
        ("environments/a.toml", "[services.a]\nmodule = \"redis\"\ninputs = { memory = 1, storage = \"0.5Gi\" }"),
        (
            "environments/a.toml",
            "[services.a.env]\nA = 1\nB = { field = \"status.podIP\" }\nC = { config = \"a\", key = \"b\" }",
        ),
        (
            "modules/a/module.toml",
            "[inputs.a]\ntype = \"list(map(port))\"\ndefault = []\n[outputs]\na = [1, { b = true }]",
        ),
        (
            "environments/a.toml",
            "network = false\n[quota]\ncpu = 2\nstorage = false\npods = 7\n[security]\nwarn = false\n[resources]\nlimits = false\nrequests = { cpu = \"10m\", gpu = 1 }",
        ),
        ("ditc.toml", "[policy]\nmax_destroy = 0\ncluster_scoped = [\"ClusterRole.rbac.authorization.k8s.io\"]"),
    ] {
        assert_eq!(judge(path, text), None, "{path}\n{text}");
    }
}

#[test]
fn bad_files_are_refused() {
    for (path, text) in [
        ("environments/a.toml", "onwer = \"a\""),
        ("environments/a.toml", "ttl = \"3d\""),
        ("environments/a.toml", "timeout = \"{{ variables.t }}\""),
        ("environments/a.toml", "[variables]\n1a = 1"),
        ("environments/a.toml", "[variables]\na = 1.5"),
        ("environments/a.toml", "[dependencies]\nredis = true"),
        ("environments/a.toml", "[dependencies.Redis]\nmodule = \"redis\""),
        ("environments/a.toml", "[dependencies.a]\nmodule = \"rediss\""),
        ("environments/a.toml", "[dependencies.a]\nmodule = \"redis\"\ninputs = { memry = 1 }"),
        ("environments/a.toml", "[dependencies.a]\nmodule = \"redis\"\ninputs = { memory = \"12 apples\" }"),
        ("environments/a.toml", "[services.a]\nreplicas = \"two\""),
        ("environments/a.toml", "[services.a]\nports = [70000]"),
        ("environments/a.toml", "[services.a]\nports = [{ port = 1, protocol = \"tcp\" }]"),
        ("environments/a.toml", "[services.a]\nprobe = { path = \"/\", command = [\"a\"] }"),
        ("environments/a.toml", "[services.a]\nmodule = \"redis\"\nimage = \"a\""),
        ("environments/a.toml", "[services.a.env]\nA = { secret = \"a\" }"),
        ("environments/a.toml", "[secrets.a]\nb = \"hunter2\""),
        ("environments/a.toml", "[secrets.a]"),
        ("environments/a.toml", "quota = true"),
        ("environments/a.toml", "[quota]\ncpu = \"much\""),
        ("environments/a.toml", "[quota]\npods = \"10\""),
        ("environments/a.toml", "[resources]\nrequests = { cpu = [] }"),
        ("environments/a.toml", "[network]\nfrom = [\"10.0.0.1\"]"),
        ("environments/a.toml", "[security]\nenforce = \"strict\""),
        ("modules/a/module.toml", "[inputs.a]\ndefault = 1"),
        ("modules/a/module.toml", "[inputs.a]\ntype = \"text\""),
        ("ditc.toml", "[policy]\nmax_destroy = -1"),
        ("ditc.toml", "[cluster]\ncontexts = \"a\""),
    ] {
        assert!(judge(path, text).is_some(), "{path}\n{text}");
        let mut workspace = parse(&files(&format!("//- {path}\n{text}\n")));
        let mistakes = validate(&mut workspace, &Kinds::builtin());
        assert!(!mistakes.is_empty(), "the reader takes it, so the schema is too strict: {path}\n{text}");
    }
}
