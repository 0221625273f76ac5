//! Services whose objects lie in their own repository: what they say wrongly, and what is found there; with the commands
//! that write environments' files.

use super::*;
use crate::charts::helm;

/// Applies the environment `demo` with a real Helm, which must be refused; nothing where there is none.
#[track_caller]
fn refused_by_helm(fixture: &str, expected: impl IntoData) {
    let Some(helm) = helm() else { return };
    let workspace = Workspace::of(fixture);
    commit(&workspace);
    let told = workspace.ditc(&format!("PATH={helm} {APPLY}")).exits(1).out("").error(expected);
    assert!(told.requests.writes().0.is_empty(), "{}", told.requests);
}

/// A chart that makes one ConfigMap, with a text for a value in it.
fn chart(value: &str, values: &str) -> String {
    format!(
        "//- ditc.toml\n[charts]\ntimeout = \"2s\"\n//- environments/demo.toml\n[services.web]\nrepo  = \"./shop\"\ntag   = \"dev\"\n\
         chart = \"charts/web\"\n{values}\n//- shop/charts/web/Chart.yaml\napiVersion: v2\nname: web\nversion: 1.0.0\n\
         //- shop/charts/web/templates/config.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  a: {value}\n"
    )
}

#[test]
fn objects_from_two_places() {
    refused(
        r#"//- environments/demo.toml
[services.web]
repo      = "./shop"
tag       = "dev"
chart     = "charts/web"
manifests = "deploy"
"#,
        str![[r#"
error: two sources of objects
 --> environments/demo.toml:5:1
  |
4 | chart     = "charts/web"
  | ----- here they come from `chart`
5 | manifests = "deploy"
  | ^^^^^^^^^ and here they come from `manifests`
  |
  = note: service `web` takes its objects from one place: a module, a chart or
          manifests
  = help: remove one of them

1 error

"#]],
    );
}

#[test]
fn a_chart_in_no_repository() {
    refused(
        r#"//- environments/demo.toml
[services.web]
chart = "charts/web"
ports = [80]
"#,
        str![[r#"
error: missing key
 --> environments/demo.toml:1:11
  |
1 | [services.web]
  |           ^^^ lacks `repo`
  |
  = note: service `web` needs the key `repo`
  = help: say in which repository `charts/web` lies: `repo = "org/name"`

error: unknown key
 --> environments/demo.toml:3:1
  |
3 | ports = [80]
  | ^^^^^ not a key that is known here
  |
  = note: the objects of service `web` come from its chart, which does not know
          `ports`
  = help: give it under `values`, by the name that the chart has for it

2 errors

"#]],
    );
}

#[test]
fn values_without_a_chart() {
    refused(
        r#"//- environments/demo.toml
[services.web]
image  = "traefik/whoami:v1"
values = { replicaCount = 1 }
"#,
        str![[r#"
error: values without a chart
 --> environments/demo.toml:3:1
  |
3 | values = { replicaCount = 1 }
  | ^^^^^^ whose values are these?
  |
  = note: service `web` names no `chart`; only a chart takes `values`

1 error

"#]],
    );
}

#[test]
fn values_of_the_wrong_shape() {
    refused(
        r#"//- environments/demo.toml
[services.web]
repo   = "./shop"
tag    = "dev"
chart  = "charts/web"
values = ["replicaCount=1"]
"#,
        str![[r#"
error: wrong type
 --> environments/demo.toml:5:10
  |
5 | values = ["replicaCount=1"]
  |          ^^^^^^^^^^^^^^^^^^ expected a table
  |
  = note: `values` of service `web` takes a table, not a list

1 error

"#]],
    );
}

#[test]
fn a_path_that_leads_out_of_the_repository() {
    refused(
        r#"//- environments/demo.toml
[services.web]
repo      = "./shop"
tag       = "dev"
manifests = "../secrets"
"#,
        str![[r#"
error: path outside the repository
 --> environments/demo.toml:4:13
  |
4 | manifests = "../secrets"
  |             ^^^^^^^^^^^^ leads out of it
  |
  = note: `manifests` of `services.web` is a path in its repository
  = help: write it from the top of the repository, without `..` and without `/`
          in front

1 error

"#]],
    );
}

#[test]
fn a_path_with_a_slip() {
    refused(
        r#"//- environments/demo.toml
[services.web]
repo  = "./shop"
tag   = "dev"
chart = "charts/ordrs"
//- shop/charts/orders/Chart.yaml
name: orders
"#,
        str![[r#"
error: nothing at this path
 --> environments/demo.toml:4:9
  |
4 | chart = "charts/ordrs"
  |         ^^^^^^^^^^^^^^ `./shop` has nothing of this name
  |
  = note: `chart` of `services.web` would come from there
  = help: did you mean `charts/orders`?

1 error

"#]],
    );
}

#[test]
fn a_chart_that_is_none() {
    refused(
        r#"//- environments/demo.toml
[services.web]
repo  = "./shop"
tag   = "dev"
chart = "charts"
//- shop/charts/orders/Chart.yaml
name: orders
"#,
        str![[r#"
error: no chart at this path
 --> environments/demo.toml:4:9
  |
4 | chart = "charts"
  |         ^^^^^^^^ has no `Chart.yaml`
  |
  = note: `charts` of `./shop` is no chart of Helm, so `services.web` cannot be
          made of it
  = help: known are `charts/orders`

1 error

"#]],
    );
}

#[test]
fn a_directory_without_manifests() {
    refused(
        "//- environments/demo.toml\n[services.web]\nrepo = \"./shop\"\ntag = \"dev\"\nmanifests = \"deploy\"\n//- shop/deploy/README.md\nnone\n",
        str![[r#"
error: no manifests at this path
 --> environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             ^^^^^^^^ holds no file that ends with `.yaml`, `.yml` or `.json`
  |
  = note: nothing would be made of `services.web`

1 error

"#]],
    );
}

#[test]
fn manifests_with_mistakes() {
    refused(
        r#"//- environments/demo.toml
[services.web]
repo      = "./shop"
tag       = "dev"
manifests = "deploy"
//- shop/deploy/a.yaml
apiVersion: v1
kind: Secret
metadata: { name: token }
stringData: { token: hunter2 }
---
apiVersion: v1
kind: ConfigMap
metadata: { generateName: web- }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: web, namespace: prod }
//- shop/deploy/b.yaml
apiVersion: v1
kind: ConfigMap
  metadata: { name: web }
"#,
        str![[r#"
error: secret in a template
 --> deploy/a.yaml (of services.web):1:1
  |
1 | **************
  | ^^^^^^^^^^^^^^ made here
  |
 ::: environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             -------- used by `services.web`
  |
  = note: the template makes Secret `token`, and its values would lie in git
  = help: leave it out of the manifests, and declare it under `[secrets.NAME]`
          in the environment: ditc makes its values

error: generated name
 --> deploy/a.yaml (of services.web):6:1
  |
6 | apiVersion: v1
  | ^^^^^^^^^^^^^^ made here
  |
 ::: environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             -------- used by `services.web`
  |
  = note: this ConfigMap asks the server to invent its name
  = help: give it a `name`; ditc must know it to find it again

error: another namespace
  --> deploy/a.yaml (of services.web):10:1
   |
10 | apiVersion: v1
   | ^^^^^^^^^^^^^^ made here
   |
  ::: environments/demo.toml:4:13
   |
 4 | manifests = "deploy"
   |             -------- used by `services.web`
   |
   = note: ConfigMap/web asks for namespace "prod"; the environment lives in
           `demo`
   = help: remove `metadata.namespace`; ditc fills it in

error: invalid YAML
 --> deploy/b.yaml (of services.web):3:1
  |
3 |   metadata: { name: web }
  | ^^^^^^^^^^^^^^^^^^^^^^^^^ mapping values are not allowed in this context
  |
 ::: environments/demo.toml:4:13
  |
4 | manifests = "deploy"
  |             -------- used by `services.web`

4 errors

"#]],
    );
}

#[test]
fn a_name_that_helm_does_not_take() {
    let name = "a".repeat(60);
    refused(
        &format!(
            "//- environments/demo.toml\n[services.{name}]\nrepo = \"./shop\"\ntag = \"dev\"\nchart = \"web\"\n//- shop/web/Chart.yaml\nname: web\n"
        ),
        str![[r#"
error: name too long for a chart
 --> environments/demo.toml:1:11
  |
1 | [services.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]
  |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ has 60 characters
  |
  = note: it names the release of the chart, and Helm takes at most 53

1 error

"#]],
    );
}

#[test]
fn no_helm() {
    refused(
        &chart("b", ""),
        str![[r#"
error: there is no program `helm` on the PATH
  hint: a service names a chart, and charts are rendered by Helm:
    https://helm.sh/docs/intro/install/
  hint: without it, take `manifests` from the repository, or `image` and the
    like

"#]],
    );
}

#[test]
fn a_link_that_leads_out() {
    let workspace = Workspace::of(&chart("b", ""));
    std::os::unix::fs::symlink("/etc/passwd", workspace.path("shop/charts/web/passwd")).expect("a link can be made");
    commit(&workspace);
    workspace
        .ditc(APPLY)
        .exits(1)
        .out("")
        .error(str![[r#"
error: files not fetched
 --> environments/demo.toml:4:9
  |
4 | chart = "charts/web"
  |         ^^^^^^^^^^^^ what it holds is not known
  |
  = note: `charts/web` of ./shop at 3f6b730 could not be had: `passwd` is a link
          that leads out of the tree, to `/etc/passwd`
  = help: only files, and links to files below this path, are taken

1 error

"#]])
        .wrote_nothing();
}

#[test]
fn a_chart_that_refuses_its_values() {
    refused_by_helm(
        &chart("{{ required \"say which a\" .Values.a }}", ""),
        str![[r#"
error: chart not rendered
 --> environments/demo.toml:4:9
  |
4 | chart = "charts/web"
  |         ^^^^^^^^^^^^ Helm refuses this chart with these values
  |
 ::: charts/web/templates/config.yaml (of services.web):6:1
  |
6 |   a: {{ required "say which a" .Values.a }}
  | ------------------------------------------- here
  |
  = note: execution error at (web/templates/config.yaml:6:8): say which a

1 error

"#]],
    );
}

#[test]
fn a_chart_with_a_mistake() {
    refused_by_helm(
        &chart("{{ .Values.a.b.c }}", "values = { a = { } }"),
        str![[r#"
error: chart not rendered
 --> environments/demo.toml:4:9
  |
4 | chart = "charts/web"
  |         ^^^^^^^^^^^^ Helm refuses this chart with these values
  |
 ::: charts/web/templates/config.yaml (of services.web):6:1
  |
6 |   a: {{ .Values.a.b.c }}
  | ------------------------ here
  |
  = note: web/templates/config.yaml:6:15
            executing "web/templates/config.yaml" at <.Values.a.b.c>:
              nil pointer evaluating interface {}.c

1 error

"#]],
    );
    refused_by_helm(
        &chart("{{ nonsense }}", ""),
        str![[r#"
error: chart not rendered
 --> environments/demo.toml:4:9
  |
4 | chart = "charts/web"
  |         ^^^^^^^^^^^^ Helm refuses this chart with these values
  |
 ::: charts/web/templates/config.yaml (of services.web):6:1
  |
6 |   a: {{ nonsense }}
  | ------------------- here
  |
  = note: parse error at (web/templates/config.yaml:6): function "nonsense" not
          defined

1 error

"#]],
    );
    refused_by_helm(
        &chart("b\n c: d", ""),
        str![[r#"
error: chart not rendered
 --> environments/demo.toml:4:9
  |
4 | chart = "charts/web"
  |         ^^^^^^^^^^^^ Helm refuses this chart with these values
  |
  = note: YAML parse error on web/templates/config.yaml: error converting YAML
          to JSON: yaml: line 6: did not find expected key

1 error

"#]],
    );
}

#[test]
fn a_chart_that_lacks_what_it_depends_on() {
    let chart = chart("b", "").replace(
        "version: 1.0.0\n",
        "version: 1.0.0\ndependencies: [{ name: redis, version: 1.0.0, repository: \"https://charts.example.com\" }]\n",
    );
    refused_by_helm(
        &chart,
        str![[r#"
error: chart not rendered
 --> environments/demo.toml:4:9
  |
4 | chart = "charts/web"
  |         ^^^^^^^^^^^^ Helm refuses this chart with these values
  |
  = note: an error occurred while checking for chart dependencies. You may need
          to run 'helm dependency build' to fetch missing dependencies: found in
          Chart.yaml, but missing in charts/ directory: redis
          what a chart depends on must lie in its repository: helm dependency
          build, then commit charts/

1 error

"#]],
    );
}

#[test]
fn a_chart_that_never_ends() {
    let endless = "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}";
    refused_by_helm(
        &chart(endless, ""),
        str![[r#"
error: chart not rendered
 --> environments/demo.toml:4:9
  |
4 | chart = "charts/web"
  |         ^^^^^^^^^^^^ Helm refuses this chart with these values
  |
  = note: it was not rendered within 2 s, and was stopped

1 error

"#]],
    );
}

#[test]
fn a_chart_that_makes_a_secret() {
    let chart = chart("b", "").replace("kind: ConfigMap", "kind: Secret");
    refused_by_helm(
        &chart,
        str![[r#"
error: secret in a template
 --> charts/web/templates/config.yaml (rendered for demo.services.web):1:1
  |
1 | **************
  | ^^^^^^^^^^^^^^ made here
  |
 ::: environments/demo.toml:4:9
  |
4 | chart = "charts/web"
  |         ------------ used by `services.web`
  |
  = note: the template makes Secret `web`, and its values would lie in git
  = help: leave it out of the chart, and declare it under `[secrets.NAME]` in
          the environment: ditc makes its values

1 error

"#]],
    );
}

#[test]
fn a_file_that_is_not_safe_to_edit() {
    let workspace = Workspace::of("//- environments/odd.toml\n[services.\"\\u0077eb\"]\nimage = \"x:1\"\n");
    workspace.ditc("set odd web replicas=2").exits(1).out("").error(str![[r#"
error: file not edited
 = note: `environments/odd.toml` spells `services.web` in a way in which it is
         not safe to change it
 = help: change the file by hand; `ditc validate` tells whether it is right

1 error
hint: nothing was written

"#]]);
}

#[test]
fn a_payload_that_is_no_json() {
    let workspace = Workspace::of("//- p.json\n{\"name\": \"a\", }");
    workspace.ditc("import payload p.json").exits(1).out("").error(str![[r#"
error: invalid JSON
 --> p.json:1:15
  |
1 | {"name": "a", }
  |               ^ key must be a string

1 error
hint: nothing was written

"#]]);
}

#[test]
fn an_image_beside_manifests() {
    refused(
        r#"//- environments/demo.toml
[services.web]
repo      = "./shop"
tag       = "dev"
manifests = "deploy"
image     = "example/web"
image_tag = "v1"
//- shop/deploy/config.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
"#,
        str![[r#"
error: image beside manifests
 --> environments/demo.toml:5:1
  |
5 | image     = "example/web"
  | ^^^^^ goes nowhere
  |
  = note: the objects of service `web` are manifests, which name their images
          themselves
  = help: write it into the manifests, or take a chart or a module

error: image beside manifests
 --> environments/demo.toml:6:1
  |
6 | image_tag = "v1"
  | ^^^^^^^^^ goes nowhere
  |
  = note: the objects of service `web` are manifests, which name their images
          themselves
  = help: write it into the manifests, or take a chart or a module

2 errors

"#]],
    );
}
