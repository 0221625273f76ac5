//! The built-in modules with all that they take, on both servers, where nothing but restricted pods may run; and what
//! their scripts ask of the servers that they are for.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    process::Command,
};

use serde_json::Value;
use snapbox::str;

use crate::support::{Stage, Workspace, check, stories};

stories! {
    all_modules_pass_restricted_pod_security
    a_longer_list_rolls_the_server_that_has_it
}

const RICH: &str = r#"
[security]
enforce = "restricted"
warn    = "restricted"

[dependencies.postgresql]
module = "postgresql"

[dependencies.postgresql.inputs]
databases = ["shop", "it's"]
users     = { shop_app = ["shop"], reader = ["shop", "it's"] }
settings  = { max_connections = "50" }
storage   = "1Gi"

[dependencies.rabbitmq]
module = "rabbitmq"

[dependencies.rabbitmq.inputs]
user      = "boss"
users     = { shop_app = ["shop"] }
vhosts    = ["audit"]
storage   = "1Gi"
settings  = { heartbeat = "30" }
resources = { requests = { cpu = "100m", memory = "300Mi" }, limits = { cpu = 1, memory = "600Mi" } }

[dependencies.redis]
module = "redis"
inputs = { storage = "1Gi", settings = { maxmemory = "96mb" } }

[services.worker]
image           = "worker:v1"
run_as          = 1000
command         = ["work"]
args            = ["--queue", "shop"]
env             = { DB_PASSWORD = { secret = "postgresql-shop-app", key = "password" }, POD = { field = "metadata.name" } }
env_from        = [{ secret = "redis", prefix = "CACHE_" }, { config = "more" }]
liveness        = { command = ["alive"] }
grace           = 90
volumes         = { "/var/work" = { storage = "1Gi" }, "/tmp" = { memory = "64Mi" }, "/run/cache" = { secret = "redis" }, "/etc/more" = { config = "more" }, "/scratch" = { empty = true } }
files           = { "/etc/worker.toml" = "level = \"debug\"" }
service_account = "default"
replicas        = 1

[[services.worker.objects]]
apiVersion = "v1"
kind       = "ConfigMap"
metadata   = { name = "more" }
data       = { A = "b" }

[services.web]
image               = "web:v1"
run_as              = 1000
ports               = [{ port = 80, target = 8000, name = "http" }, { port = 53, protocol = "UDP" }]
probe               = { path = "/up", period = 2 }
liveness            = { path = "/up" }
startup             = { path = "/up", failures = 30 }
host                = "web.example.com"
tls                 = "certificate"
ingress_class       = "nginx"
ingress_annotations = { "example.com/a" = "b" }
strategy            = "Recreate"
replicas            = 2
"#;

fn all_modules_pass_restricted_pod_security(stage: &Stage) {
    stage.workspace.write("ditc.toml", "");
    stage.define(RICH);
    let told = stage.apply("").exits(0);
    for text in [&told.out, &told.error] {
        assert!(!text.to_lowercase().contains("warning"), "{text}");
    }
    stage.is_as_defined();
}

fn a_longer_list_rolls_the_server_that_has_it(stage: &Stage) {
    let define = |databases: &str| {
        stage.define(&format!(
            "[dependencies.postgresql]\nmodule = \"postgresql\"\ninputs = {{ storage = false, databases = {databases} }}"
        ));
    };
    define("[\"shop\"]");
    stage.apply("").exits(0);
    let before = stage.uid("pods/postgresql-0");
    define("[\"shop\", \"stock\"]");
    stage.plan("").exits(2).says("rolls because ConfigMap postgresql-setup changed");
    stage.apply("").exits(0);
    assert_ne!(stage.uid("pods/postgresql-0"), before);
    stage.is_as_defined();
}

/// What a script of a module asks of its server's tools, when these only write down how they were called. `answers` is
/// what the tool says, as lines of a shell's `case "$*" in`.
fn asked(module: &str, inputs: &str, tool: &str, answers: &str) -> String {
    let environment =
        format!("[dependencies.{module}]\nmodule = \"{module}\"\n[dependencies.{module}.inputs]\n{inputs}\n");
    let workspace = Workspace::of(&format!("//- environments/demo.toml\n{environment}"));
    let told = workspace.ditc("plan demo --sandbox -json").exits(0);
    let plan: Value = serde_json::from_str(&told.out).expect("JSON");
    let fields = plan["changes"].as_array().into_iter().flatten().flat_map(|change| change["fields"].as_array());
    let script = fields.flatten().find(|field| field["path"].as_str().is_some_and(|path| path.contains("setup.sh")));
    let script = script.and_then(|field| field["after"].as_str()).expect("the script is shown");
    let place = workspace.path("secrets").display().to_string();
    workspace.write("setup.sh", &script.replace("/etc/ditc/secrets", &place));
    for secret in ["postgres", "administrator", "user-1", "user-2"] {
        workspace.write(&format!("secrets/{secret}"), &format!("word of {secret}"));
    }
    let calls = workspace.path("calls").display().to_string();
    let stub = format!("#!/bin/sh\necho \"$*\" >> {calls}\ncase \"$*\" in\n{answers}\nesac\n");
    for (name, text) in [(tool, stub.as_str()), ("pg_isready", "#!/bin/sh\n")] {
        let path = format!("bin/{name}");
        workspace.write(&path, text);
        fs::set_permissions(workspace.path(&path), Permissions::from_mode(0o755)).expect("it is ours");
    }
    let path = format!("{}:/usr/bin:/bin", workspace.path("bin").display());
    let mut shell = Command::new("sh");
    let shell = shell.arg(workspace.path("setup.sh")).env("PATH", path).env("POSTGRES_PASSWORD", "word of postgres");
    let output = shell.output().expect("there is a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(workspace.path("calls")).expect("something was asked").replace(&place, "SECRETS")
}

#[test]
fn the_broker_is_given_what_it_lacks() {
    let calls = asked(
        "rabbitmq",
        "vhosts = [\"audit\", \"it's\"]\nusers = { known = [\"audit\"], new_one = [\"shop\", \"/\"] }",
        "rabbitmqctl",
        "*list_vhosts*) printf '/\\naudit\\n' ;;\n*list_users*) printf 'guest\\t[administrator]\\nknown\\t[]\\n' ;;\n*_user*|*change_password*) cat >> \"${0%/*}/../calls\"; echo >> \"${0%/*}/../calls\" ;;",
    );
    check(
        calls,
        str![[r#"
--silent await_startup
--silent list_vhosts name
--silent list_users
--silent change_password guest
word of administrator
--silent set_user_tags guest administrator

--silent set_permissions -p / guest .* .* .*
--silent set_permissions -p audit guest .* .* .*
--silent add_vhost it's
--silent set_permissions -p it's guest .* .* .*
--silent change_password known
word of user-1
--silent set_permissions -p audit known .* .* .*
--silent add_user new_one
word of user-2
--silent add_vhost shop
--silent set_permissions -p shop new_one .* .* .*
--silent set_permissions -p / new_one .* .* .*

"#]],
    );
}

#[test]
fn the_database_server_is_asked_by_name_and_told_passwords_by_file() {
    let calls = asked(
        "postgresql",
        "databases = [\"it's\"]\nusers = { shop_app = [\"shop\"] }",
        "psql",
        "*) echo \"  in $PGDATABASE, file ${PASSWORD_FILE-}\" >> \"${0%/*}/../calls\"; cat > /dev/null ;;",
    );
    check(
        calls.replace(env!("CARGO_MANIFEST_DIR"), ""),
        str![[r#"
--no-psqlrc --quiet --set ON_ERROR_STOP=1 --set name=postgres
  in postgres, file SECRETS/postgres
--no-psqlrc --quiet --set ON_ERROR_STOP=1 --set name=it's
  in postgres, file SECRETS/postgres
--no-psqlrc --quiet --set ON_ERROR_STOP=1 --set name=shop_app
  in postgres, file SECRETS/user-1
--no-psqlrc --quiet --set ON_ERROR_STOP=1 --set name=shop
  in postgres, file SECRETS/user-1
--no-psqlrc --quiet --set ON_ERROR_STOP=1 --set user=shop_app --set database=shop
  in shop, file SECRETS/user-1

"#]],
    );
}
