//! Bad input and clusters that refuse: every message once, as a person sees it, and nothing changed.

mod bounds;
mod containers;
mod environments;
mod files;
mod inputs;
mod kinds;
mod labels;
mod locked;
mod objects;
mod own;
mod references;
mod repositories;
mod secrets;
mod templates;
mod variables;
mod whole;
mod writing;

use serde_json::Value;
use snapbox::{IntoData, str};

use crate::{
    charts::commit,
    support::{Served, Workspace, closed_port, kubeconfig},
};

const APPLY: &str = "apply demo --sandbox -auto-approve";

/// A service that works.
const WEB: &str = r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
ports = [80]
"#;

/// Applies the environment `demo` of these files, which must be refused.
#[track_caller]
fn refused(fixture: &str, expected: impl IntoData) {
    let workspace = Workspace::of(fixture);
    if workspace.path("shop").is_dir() {
        commit(&workspace);
    }
    workspace.ditc(APPLY).exits(1).out("").error(expected).wrote_nothing();
    let told = workspace.ditc("plan demo --sandbox -json").exits(1).out;
    let told: Value = serde_json::from_str(&told).expect("one document");
    for diagnostic in told["diagnostics"].as_array().expect("a list") {
        let related = diagnostic["related"].as_array().expect("a list").iter().map(|related| &related["range"]);
        for range in related.chain([&diagnostic["range"]]).filter(|range| !range.is_null()) {
            is_a_place(&workspace, range);
        }
    }
}

/// Asserts that bytes, lines and columns of a range mean the same place, which its file has.
#[track_caller]
fn is_a_place(workspace: &Workspace, range: &Value) {
    let path = range["filename"].as_str().expect("a path");
    // Texts that are no files of the workspace have a remark behind their name.
    let Ok(bytes) = std::fs::read(workspace.path(path)) else { return assert!(path.ends_with(')'), "{range}") };
    let Ok(text) = String::from_utf8(bytes) else { return };
    let byte = |end: &str| usize::try_from(range[end]["byte"].as_u64().expect("a number")).expect("a small one");
    assert!(byte("start") <= byte("end"), "{range}");
    for end in ["start", "end"] {
        let before = text.get(..byte(end)).unwrap_or_else(|| panic!("{range} is on no edge of a character"));
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        assert_eq!(
            (range[end]["line"].as_u64(), range[end]["column"].as_u64()),
            (Some(line as u64), Some(column as u64)),
            "{range}"
        );
    }
}

#[test]
fn unknown_key() {
    refused(
        r#"//- environments/demo.toml
owner = "demo@example.com"
[services.web]
image = "traefik/whoami:v1"
replica = 2
"#,
        str![[r#"
error: unknown key
 --> environments/demo.toml:4:1
  |
4 | replica = 2
  | ^^^^^^^ not a key that is known here
  |
  = note: service `web` has no key `replica`
  = help: did you mean `replicas`?

1 error

"#]],
    );
}

#[test]
fn wrong_type() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
replicas = "two"
"#,
        str![[r#"
error: wrong type
  --> environments/demo.toml:3:12
   |
 3 | replicas = "two"
   |            ^^^^^ expected an integer
   |
  ::: modules/service/module.toml (built in):32:9
   |
32 | [inputs.replicas]
   |         -------- declared here as `integer`
   |
   = note: input `replicas` of module `service` takes an integer, not a string

1 error

"#]],
    );
}

#[test]
fn missing_input() {
    refused(
        r#"//- environments/demo.toml
[dependencies.mail]
module = "mail"
//- modules/mail/module.toml
[inputs.host]
type = "string"
//- modules/mail/mail.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: mail }
data:
  host: {{ inputs.host }}
"#,
        str![[r#"
error: missing input
 --> environments/demo.toml:1:15
  |
1 | [dependencies.mail]
  |               ^^^^ lacks `host`
  |
 ::: modules/mail/module.toml:1:9
  |
1 | [inputs.host]
  |         ---- declared here as `string`
  |
  = note: module `mail` cannot do without its input `host`

1 error

"#]],
    );
}

#[test]
fn unknown_module() {
    refused(
        r#"//- environments/demo.toml
[dependencies.cache]
module = "reddis"
"#,
        str![[r#"
error: unknown module
 --> environments/demo.toml:2:10
  |
2 | module = "reddis"
  |          ^^^^^^^^ no such module
  |
  = note: there is neither `modules/reddis/module.toml` nor a built-in module
          `reddis`
  = help: did you mean `redis`?

1 error

"#]],
    );
}

#[test]
fn unknown_environment() {
    Workspace::of(WEB)
        .ditc("apply dmeo --sandbox -auto-approve")
        .exits(1)
        .out("")
        .error(str![[r#"
error: unknown environment
 = note: there is no `environments/dmeo.toml` in this workspace
 = help: did you mean `demo`?

1 error

"#]])
        .wrote_nothing();
}

#[test]
fn all_mistakes_of_all_files_at_once() {
    refused(
        r#"//- environments/base.toml
abstract = true
ownr = "x"
//- environments/demo.toml
extends = "base"
ttl = "72 bananas"
[services.web]
image = 7
"#,
        str![[r#"
error: unknown key
 --> environments/base.toml:2:1
  |
2 | ownr = "x"
  | ^^^^ not a key that is known here
  |
  = note: an environment has no key `ownr`
  = help: did you mean `owner`?

error: invalid duration
 --> environments/demo.toml:2:7
  |
2 | ttl = "72 bananas"
  |       ^^^^^^^^^^^^ not a duration
  |
  = help: durations look like `90s`, `10m` or `1h30m`

error: wrong type
 --> environments/demo.toml:4:9
  |
4 | image = 7
  |         ^ expected a string
  |
 ::: modules/service/module.toml (built in):3:9
  |
3 | [inputs.image]
  |         ----- declared here as `string`
  |
  = note: input `image` of module `service` takes a string, not an integer
  = help: write it in quotes: `"7"`

3 errors

"#]],
    );
}

#[test]
fn broken_toml() {
    refused(
        r#"//- environments/demo.toml
[services.web
image = "traefik/whoami:v1"
"#,
        str![[r#"
error: invalid TOML
 --> environments/demo.toml:1:14
  |
1 | [services.web
  |              ^ unclosed table, expected `]`

1 error

"#]],
    );
}

#[test]
fn extends_cycle() {
    refused(
        r#"//- environments/demo.toml
extends = "other"
//- environments/other.toml
extends = "demo"
"#,
        str![[r#"
error: cycle of environments
 --> environments/demo.toml:1:11
  |
1 | extends = "other"
  |           ^^^^^^^ extends itself in the end
  |
 ::: environments/other.toml:1:11
  |
1 | extends = "demo"
  |           ------ by way of this
  |
  = note: `demo` extends `other`, `other` extends `demo`
  = help: remove one `extends`

1 error

"#]],
    );
}

#[test]
fn needs_cycle() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image = "traefik/whoami:v1"
needs = ["api"]
[services.api]
image = "traefik/whoami:v1"
needs = ["web"]
"#,
        str![[r#"
error: cycle of needs
 --> environments/demo.toml:6:10
  |
3 | needs = ["api"]
  |          ----- by way of this
...
6 | needs = ["web"]
  |          ^^^^^ waits for itself in the end
  |
  = note: `api` needs `web`, `web` needs `api`
  = help: remove one of these needs

1 error

"#]],
    );
}

#[test]
fn bad_names_on_the_command_line() {
    let workspace = Workspace::of(WEB);
    workspace.ditc("apply Demo --sandbox -auto-approve").exits(1).out("").error(str![[r#"
error: invalid value 'Demo' for '[ENV|FILE]...': may hold only lower-case
  letters, digits and `-`, not 'D'

For more information, try '--help'.

"#]]);
    let long = "d".repeat(64);
    workspace.ditc(&format!("apply {long} --sandbox -auto-approve")).exits(1).out("").error(str![[r#"
error: invalid value
  'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd' for
  '[ENV|FILE]...': has 64 characters; at most 63 are allowed

For more information, try '--help'.

"#]]);
    workspace.ditc("apply ../x --sandbox -auto-approve").exits(1).out("").error(str![[r#"
error: there is no file ../x
  hint: ditc plan ENV -out=../x saves a plan there

"#]]);
    assert_eq!(workspace.requests().to_string(), "");
}

#[test]
fn bad_names_in_files() {
    refused(
        r#"//- environments/demo.toml
namespace = "../x"
[services.Web]
image = "traefik/whoami:v1"
"#,
        str![[r#"
error: invalid name
 --> environments/demo.toml:1:13
  |
1 | namespace = "../x"
  |             ^^^^^^ not the name of a namespace
  |
  = note: the name `../x` may hold only lower-case letters, digits and `-`, not
          '.'

error: invalid name
 --> environments/demo.toml:2:11
  |
2 | [services.Web]
  |           ^^^ not the name of a service
  |
  = note: the name `Web` may hold only lower-case letters, digits and `-`, not
          'W'

2 errors

"#]],
    );
    let long = "d".repeat(64);
    let fixture = format!("//- environments/demo.toml\n[services.{long}]\nimage = \"traefik/whoami:v1\"\n");
    refused(
        &fixture,
        str![[r#"
error: invalid name
 --> environments/demo.toml:1:11
  |
1 | [services.dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd]
  |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not the name of a service
  |
  = note: the name
          `dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd` has
          64 characters; at most 63 are allowed

1 error

"#]],
    );
    refused(
        r#"//- environments/demo.toml
extends = "Base"
//- environments/Base.toml
abstract = true
"#,
        str![[r#"
error: unknown environment
 --> environments/demo.toml:1:11
  |
1 | extends = "Base"
  |           ^^^^^^ extends what does not exist
  |
  = note: the name `Base` may hold only lower-case letters, digits and `-`, not
          'B'

1 error

"#]],
    );
}

/// An environment with one component, whose module has this template.
fn with_template(yaml: &str) -> String {
    let module = "//- environments/demo.toml\n[dependencies.odd]\nmodule = \"odd\"\n//- modules/odd/module.toml\n";
    format!("{module}description = \"odd\"\n//- modules/odd/odd.yaml\n{yaml}")
}

#[test]
fn a_template_that_renders_another_namespace() {
    refused(
        &with_template("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: odd\n  namespace: kube-system\n"),
        str![[r#"
error: another namespace
 --> modules/odd/odd.yaml:1:1
  |
1 | apiVersion: v1
  | ^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = note: ConfigMap/odd asks for namespace "kube-system"; the environment lives
          in `demo`
  = help: remove `metadata.namespace`; ditc fills it in

1 error

"#]],
    );
}

#[test]
fn a_template_that_renders_a_namespace_object() {
    refused(
        &with_template("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: other\n"),
        str![[r#"
error: namespace in a template
 --> modules/odd/odd.yaml:1:1
  |
1 | apiVersion: v1
  | ^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = note: the template makes namespace `other`
  = help: remove it; ditc makes the environment's namespace itself

1 error

"#]],
    );
}

#[test]
fn a_template_that_renders_a_cluster_wide_object() {
    refused(
        &with_template("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: odd\n"),
        str![[r#"
error: object outside the namespace
 --> modules/odd/odd.yaml:1:1
  |
1 | apiVersion: rbac.authorization.k8s.io/v1
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = note: a ClusterRole belongs to the whole cluster, so environments would
          share it
  = help: if that is wanted, add
          `cluster_scoped = ["ClusterRole.rbac.authorization.k8s.io"]` under
          `[policy]` in `ditc.toml`

1 error

"#]],
    );
}

#[test]
fn a_template_of_a_kind_that_the_cluster_does_not_have() {
    refused(
        &with_template("apiVersion: example.com/v1\nkind: Gadget\nmetadata:\n  name: odd\n"),
        str![[r#"
error: unknown kind
 --> modules/odd/odd.yaml:1:1
  |
1 | apiVersion: example.com/v1
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^ rendered from here
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = note: the cluster knows no kind `Gadget.example.com`
  = help: the definition of a custom kind must be installed in the cluster first

1 error

"#]],
    );
}

#[test]
fn a_template_that_renders_invalid_yaml() {
    refused(
        &with_template("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: odd\ndata: {}\n"),
        str![[r#"
error: invalid YAML
 --> modules/odd/odd.yaml (rendered for demo.dependencies.odd):4:1
  |
4 | data: {}
  | ^^^^^^^^ while parsing a flow mapping, did not find expected ',' or '}'
  |
 ::: modules/odd/odd.yaml:4:1
  |
4 | data: {}
  | -------- rendered from here
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`

1 error

"#]],
    );
}

#[test]
fn a_template_with_an_undefined_name() {
    refused(
        &with_template("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ inputs.nme }}\n"),
        str![[r#"
error: unknown name
 --> modules/odd/odd.yaml:4:12
  |
4 |   name: {{ inputs.nme }}
  |            ^^^^^^^^^^ not defined
  |
 ::: environments/demo.toml:1:15
  |
1 | [dependencies.odd]
  |               --- used by `dependencies.odd`
  |
  = note: `inputs` has no `nme`

1 error

"#]],
    );
}

#[test]
fn two_components_that_render_one_object() {
    refused(
        r#"//- environments/demo.toml
[dependencies.one]
module = "same"
[dependencies.two]
module = "same"
//- modules/same/module.toml
description = "the same, whoever asks"
//- modules/same/same.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: same
"#,
        str![[r#"
error: object made twice
 --> environments/demo.toml:3:15
  |
1 | [dependencies.one]
  |               --- the other one
2 | module = "same"
3 | [dependencies.two]
  |               ^^^ `dependencies.two` makes ConfigMap/same
  |
 ::: modules/same/same.yaml:1:1
  |
1 | apiVersion: v1
  | -------------- made here
  |
  = note: `dependencies.one` and `dependencies.two` both make ConfigMap/same
  = help: put `{{ name }}` into the name of the object, so that it differs

1 error

"#]],
    );
}

#[test]
fn protected_namespaces() {
    let fixture = |namespace: &str| {
        let demo = "[services.web]\nimage = \"traefik/whoami:v1\"\n";
        let policy = "//- ditc.toml\n[policy]\nprotected = [\"prod*\"]\n";
        format!("{policy}//- environments/demo.toml\nnamespace = \"{namespace}\"\n{demo}")
    };
    refused(
        &fixture("kube-system"),
        str![[r#"
error: protected namespace
 --> environments/demo.toml:1:13
  |
1 | namespace = "kube-system"
  |             ^^^^^^^^^^^^^ no environment may live here
  |
  = note: namespace `kube-system` of environment `demo` is protected by the
          pattern `kube-*`
  = help: rename the file, or give it another `namespace`

1 error

"#]],
    );
    refused(
        &fixture("production"),
        str![[r#"
error: protected namespace
 --> environments/demo.toml:1:13
  |
1 | namespace = "production"
  |             ^^^^^^^^^^^^ no environment may live here
  |
  = note: namespace `production` of environment `demo` is protected by the
          pattern `prod*`
  = help: rename the file, or give it another `namespace`

1 error

"#]],
    );
}

#[test]
fn a_namespace_that_exists_without_us() {
    let workspace = Workspace::of(WEB);
    workspace.ditc("plan demo --sandbox").exits(0);
    let namespace = serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}});
    workspace.cluster().create("/api/v1/namespaces", "kubectl-create", &namespace);
    let told = workspace.ditc(APPLY).exits(1).error(str![""]).wrote_nothing();
    let (_, end) = told.out.split_once("Plan:").unwrap_or(("", &told.out));
    crate::support::check(
        end,
        str![[r#"
 2 to add, 0 to change, 0 to destroy.

This plan cannot be applied. 1 object stands in the way:

  ! demo/Namespace/demo (environments/demo.toml:1)
    An object of this name exists, and ditc did not make it (managed by
    kubectl-create).
    hint: name another one with `namespace` in the environment's file
    hint: or take it over; the plan then shows what changes:
        ditc plan demo -adopt=demo/Namespace/demo --sandbox

"#]],
    );

    // Nor is it ever deleted.
    workspace
        .ditc("destroy demo --sandbox -auto-approve")
        .exits(0)
        .out(str![[r#"
No changes. There is nothing of environment demo to destroy.

"#]])
        .error(str![[""]])
        .wrote_nothing();
}

#[test]
fn a_foreign_object_of_the_same_name() {
    let workspace = Workspace::of(WEB);
    workspace.ditc(APPLY).exits(0);
    let labels = serde_json::json!({"app": "api"});
    let foreign = serde_json::json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "api", "image": "nginx"}]}},
        },
    });
    workspace.cluster().create("/apis/apps/v1/namespaces/demo/deployments", "kubectl-create", &foreign);
    workspace.write(
        "environments/demo.toml",
        "[services.web]\nimage = \"traefik/whoami:v2\"\nports = [80]\n[services.api]\nimage = \"traefik/whoami:v1\"\n",
    );
    workspace
        .ditc("plan demo --sandbox")
        .exits(1)
        .out(str![[r#"
Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  # demo.services.web/Deployment/web will be updated in-place
  # (the definition changed: environments/demo.toml:1,
  # modules/service/service.yaml (built in):28)
  ~ Deployment "web" {
      ~ spec.template.spec.containers[name="web"].image = "traefik/whoami:v1" -> "traefik/whoami:v2"
        # (21 unchanged fields hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.

This plan cannot be applied. 1 object stands in the way:

  ! demo.services.api/Deployment/api (environments/demo.toml:4, modules/service/service.yaml (built in):28)
    An object of this name exists, and ditc did not make it (managed by
    kubectl-create).
    hint: give it another name in the definition
    hint: or take it over; the plan then shows what changes:
        ditc plan demo -adopt=demo.services.api/Deployment/api --sandbox

"#]])
        .error(str![""])
        .wrote_nothing();
    workspace.ditc(APPLY).exits(1).error(str![""]).wrote_nothing();
}

#[test]
fn no_workspace() {
    refused(
        "//- README.md\nnothing\n",
        str![[r#"
error: [ROOT] is no workspace: it has no environments
  hint: go to the directory that holds environments/, or name it with -chdir=DIR

"#]],
    );
}

#[test]
fn no_cluster() {
    Workspace::of(WEB).ditc("apply demo -auto-approve").exits(1).out("").error(str![[r#"
error: no kubeconfig was found, and this is not a pod of a cluster
  caused by: failed to read an incluster environment variable
  caused by: environment variable not found
  hint: set KUBECONFIG, or try ditc without a cluster: add --sandbox to the
    command

"#]]);
    Workspace::of(WEB).ditc("apply demo -auto-approve --context=nowhere").exits(1).out("").error(str![[r#"
error: the kubeconfig [ROOT]/.kube/config cannot be read
  caused by: No such file or directory (os error 2)
  hint: KUBECONFIG or --kubeconfig names another; --sandbox needs none

"#]]);
    let workspace = Workspace::of(WEB);
    workspace.write("kubeconfig", &kubeconfig("127.0.0.1:1", "right"));
    workspace.ditc("plan demo --kubeconfig kubeconfig --context=tset").exits(1).out("").error(str![[r#"
error: the kubeconfig has no context `tset`
  hint: did you mean --context=test?

"#]]);
    workspace.ditc("plan demo --kubeconfig kubeconfig --cluster=other").exits(1).out("").error(str![[r#"
error: the kubeconfig has no cluster `other`
  hint: --cluster chooses one of: test

"#]]);
    workspace.write("broken", "a: [b\n");
    workspace.ditc("KUBECONFIG=kubeconfig:broken plan demo").exits(1).out("").error(str![[r#"
error: broken is no kubeconfig
  caused by: failed to parse kubeconfig YAML: error: line 1 column 4: unclosed
      bracket '['
     --> <input>:1:4
      |
    1 | a: [b
      |    ^ unclosed bracket '['
  hint: mend the line that is told above; KUBECONFIG or --kubeconfig names
    another; --sandbox needs none

"#]]);
    workspace.write("empty", "{}\n");
    workspace.ditc("plan demo --kubeconfig empty").exits(1).out("").error(str![[r#"
error: no context is chosen, by the kubeconfig or by --context
  hint: it has no context at all; KUBECONFIG or --kubeconfig names another;
    --sandbox needs none

"#]]);
}

#[test]
fn an_unreachable_server() {
    let workspace = Workspace::of(WEB);
    let port = closed_port();
    workspace.write("kubeconfig", &kubeconfig(&port, "right"));
    let told = workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(1).out("");
    crate::support::check(
        told.error.replace(&port, "[ADDRESS]"),
        str![[r#"
error: http://[ADDRESS] cannot be reached
  caused by: client error (Connect)
  caused by: tcp connect error
  caused by: Connection refused (os error 111)
  hint: kubectl cluster-info tells whether the address is right and the cluster
    is up

"#]],
    );
}

#[test]
fn a_token_that_is_not_right() {
    let (workspace, served) = (Workspace::of(WEB), Served::start());
    workspace.write("kubeconfig", &served.kubeconfig("wrong"));
    let told = workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(1).out("");
    crate::support::check(
        served.plain(&told.error),
        str![[r#"
error: http://[ADDRESS] does not accept these credentials
  hint: log in again; kubectl auth whoami tells who the server takes you for

"#]],
    );
    assert_eq!(served.writes(), []);
}

#[test]
fn a_right_that_is_missing_to_look() {
    let (workspace, served) = (Workspace::of(WEB), Served::start());
    workspace.write("kubeconfig", &served.kubeconfig("right"));
    workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(0);
    let before = served.writes();
    served.cluster.sandbox.deny("list", "deployments");
    workspace.edit("environments/demo.toml", "whoami:v1", "whoami:v2");
    let told = workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(1).out("");
    crate::support::check(
        served.plain(&told.error),
        str![[r#"
error: listing deployments
  caused by: deployments.apps is forbidden: User "kubernetes-admin" cannot list
    resource "deployments" in API group "apps" in the namespace "demo" (HTTP
    403)
  hint: kubectl auth can-i --list shows what these credentials may do

"#]],
    );
    assert_eq!(served.writes(), before);
}

#[test]
fn a_right_that_is_missing_to_write() {
    let (workspace, served) = (Workspace::of(WEB), Served::start());
    workspace.write("kubeconfig", &served.kubeconfig("right"));
    workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(0);
    let before = served.writes().len();
    served.cluster.sandbox.deny("patch", "deployments");
    workspace.edit("environments/demo.toml", "whoami:v1", "whoami:v2");
    let told = workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(1);
    crate::support::check(
        served.plain(&told.out),
        str![[r#"
Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment demo (namespace demo,
cluster test):

  # demo.services.web/Deployment/web will be updated in-place
  # (the definition changed: environments/demo.toml:1,
  # modules/service/service.yaml (built in):28)
  # not checked by the server: these credentials have no right to write it
  ~ Deployment "web" {
      ~ spec.template.spec.containers[name="web"].image = "traefik/whoami:v1" -> "traefik/whoami:v2"
        # (26 unchanged fields hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.
demo.services.web/Deployment/web: Modifying...
demo.services.web/Deployment/web: Modifications failed: updating Deployment/web
  caused by: deployments.apps "web" is forbidden: User "kubernetes-admin" cannot
    patch resource "deployments" in API group "apps" in the namespace "demo"
    (HTTP 403)
  hint: kubectl auth can-i --list -n demo
demo.services.web: Skipped, because demo.services.web/Deployment/web failed

Apply incomplete. 0 done, 1 failed, 1 skipped, 0 not started. Resources so far:
0 added, 0 changed, 0 destroyed.

Failed:
  demo.services.web/Deployment/web: updating Deployment/web
    caused by: deployments.apps "web" is forbidden: User "kubernetes-admin"
      cannot patch resource "deployments" in API group "apps" in the namespace
      "demo" (HTTP 403)
    hint: kubectl auth can-i --list -n demo

Skipped:
  demo.services.web, because of demo.services.web/Deployment/web

What is done stays done and is recorded. To go on, once the cause is gone:
  ditc apply demo --kubeconfig=kubeconfig

"#]],
    );
    crate::support::check(
        served.plain(&told.error),
        str![[r#"
error: the apply did not come to its end

"#]],
    );
    // The run was opened and closed, and nothing else came through.
    let written = served.writes().split_off(before);
    let others =
        written.iter().filter(|line| !line.path.ends_with("/configmaps/ditc") && !line.path.contains("/leases"));
    assert_eq!(others.count(), 0, "{written:?}");
}

#[test]
fn a_right_that_is_missing_to_make_the_namespace() {
    let (workspace, served) = (Workspace::of(WEB), Served::start());
    workspace.write("kubeconfig", &served.kubeconfig("right"));
    served.cluster.sandbox.deny("create", "namespaces");
    let told = workspace.ditc("apply demo -auto-approve --kubeconfig kubeconfig").exits(1);
    let (_, run) = told.out.split_once("Plan: ").expect("the plan's count");
    crate::support::check(
        run,
        str![[r#"
3 to add, 0 to change, 0 to destroy.
demo/Namespace/demo: Creating...
demo/Namespace/demo: Creation failed: creating Namespace/demo
  caused by: namespaces is forbidden: User "kubernetes-admin" cannot create
    resource "namespaces" in API group "" at the cluster scope (HTTP 403)
  hint: kubectl auth can-i --list -n demo

Apply incomplete. 0 done, 1 failed, 3 skipped, 0 not started. Resources so far:
0 added, 0 changed, 0 destroyed.

Failed:
  demo/Namespace/demo: creating Namespace/demo
    caused by: namespaces is forbidden: User "kubernetes-admin" cannot create
      resource "namespaces" in API group "" at the cluster scope (HTTP 403)
    hint: kubectl auth can-i --list -n demo

Skipped:
  demo.services.web/Service/web, because of demo/Namespace/demo
  demo.services.web/Deployment/web, because of demo/Namespace/demo
  demo.services.web, because of demo/Namespace/demo

What is done stays done and is recorded. To go on, once the cause is gone:
  ditc apply demo --kubeconfig=kubeconfig

"#]],
    );
    crate::support::check(
        served.plain(&told.error),
        str![[r#"
error: the apply did not come to its end

"#]],
    );
    assert_eq!(served.writes(), []);
}

#[test]
fn no_terminal_for_the_question() {
    let workspace = Workspace::of(WEB);
    workspace
        .ditc("apply demo --sandbox")
        .exits(1)
        .error(str![[r#"
error: a confirmation is needed, and standard input is no terminal
  hint: run it with `-auto-approve` to go on without a question, or look first
    with `ditc plan`

"#]])
        .wrote_nothing();
    let mut apply = workspace.in_terminal("apply demo --sandbox -input=false");
    apply.wait_for("error:");
    apply.end().exits(1).wrote_nothing();
}
