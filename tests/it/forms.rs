//! Plans, runs, drift and mistakes as they are read elsewhere: in comments, on the page of a run, as lists of tests.

use std::fs;

use serde_json::json;
use snapbox::str;

use crate::support::{UNBOUND, Workspace, check, schema::holds_copy};

/// One config map, whose text is from outside.
fn workspace(text: &str) -> Workspace {
    let workspace = Workspace::of(
        r#"
//- environments/demo.toml
[services.web]
module = "web"
//- modules/web/module.toml
[inputs.text]
type = "string"
//- modules/web/web.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ name }}}
data: {text: {{ inputs.text }}}
"#,
    );
    workspace.write(
        "environments/demo.toml",
        &format!("[services.web]\nmodule = \"web\"\ninputs = {{ text = {text:?} }}\n"),
    );
    workspace
}

fn read(workspace: &Workspace, path: &str) -> String {
    fs::read_to_string(workspace.path(path)).expect("it was written")
}

#[test]
fn a_plan_in_several_forms_at_once() {
    let workspace = workspace("x\n::error::forged\n```\n@octocat <!-- ditc:prod -->");
    let told = workspace
        .ditc(
            "GITHUB_STEP_SUMMARY=summary.md GITHUB_OUTPUT=outputs plan demo --sandbox -format github -format markdown=plan.md \
             -format junit=plan.xml -format json=plan.json -format text=plan.txt -detailed-exitcode",
        )
        .exits(2)
        .error("");
    // What the plan holds is between these two lines, and obeyed by nobody.
    let (first, rest) = told.out.split_once('\n').expect("lines");
    let token = first.strip_prefix("::stop-commands::").expect("the runner is told to listen to nothing");
    let (text, annotations) = rest.split_once(&format!("::{token}::\n")).expect("and to listen again");
    assert!(token.len() == 36 && text.contains("::error::forged") && annotations.is_empty(), "{rest}");
    assert_eq!(text, read(&workspace, "plan.txt"));
    check(
        read(&workspace, "plan.md"),
        str![[r#"
<!-- ditc:demo -->
<!-- ditc {"command":"plan","standing":"changed","told":"Plan: 2 to add, 0 to change, 0 to destroy."} -->
### :large_orange_diamond: ditc plan: <code>demo</code>

<strong><code>Plan&#58; 2 to add, 0 to change, 0 to destroy.</code></strong> <sub><code>namespace demo, cluster sandbox</code></sub>

| | Object | Action |
|---|---|---|
| <code>&#43;</code> | <code>demo/Namespace/demo</code> | create |
| <code>&#43;</code> | <code>demo.services.web/ConfigMap/web</code> | create |

<details><summary><code>&#43; demo/Namespace/demo</code></summary>

```diff
  # demo/Namespace/demo will be created
  # (environments/demo.toml:1)
+   Namespace "demo" {}
```

</details>

<details><summary><code>&#43; demo.services.web/ConfigMap/web</code></summary>

````diff
  # demo.services.web/ConfigMap/web will be created
  # (environments/demo.toml:1, modules/web/web.yaml:1)
+   ConfigMap "web" {
+       data.text: |-
+         x
+         ::error::forged
+         ```
+         @octocat <!- - ditc:prod -->
    }
````

</details>


"#]],
    );
    assert_eq!(read(&workspace, "summary.md"), read(&workspace, "plan.md"));
    let outputs = read(&workspace, "outputs");
    let delimiter =
        outputs.lines().next().and_then(|line| line.strip_prefix("changes<<")).expect("a delimiter").to_owned();
    check(
        outputs.replace(&delimiter, "[END]"),
        str![[r#"
changes<<[END]
true
[END]
broken<<[END]
false
[END]
import<<[END]
0
[END]
add<<[END]
2
[END]
change<<[END]
0
[END]
destroy<<[END]
0
[END]
forget<<[END]
0
[END]
environments<<[END]
["demo"]
[END]
changed<<[END]
["demo"]
[END]
strays<<[END]
[]
[END]
exitcode<<[END]
2
[END]

"#]],
    );
    check(
        read(&workspace, "plan.xml"),
        str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="ditc plan" tests="2" failures="0" errors="0" skipped="0">
  <testsuite name="demo" tests="2" failures="0" errors="0" skipped="0">
    <testcase classname="demo" name="Namespace/demo"/>
    <testcase classname="demo.services.web" name="ConfigMap/web"/>
  </testsuite>
</testsuites>

"#]],
    );
    holds_copy("plan", &read(&workspace, "plan.json"));
    // A second command adds to what the step has.
    workspace.ditc("GITHUB_OUTPUT=outputs plan demo --sandbox -format github").exits(0);
    assert!(read(&workspace, "outputs").starts_with(&outputs));
}

#[test]
fn one_form_on_standard_output_and_nothing_else() {
    let workspace = workspace("x");
    workspace.ditc("plan demo --sandbox -format junit").exits(0).error("").out(str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="ditc plan" tests="2" failures="0" errors="0" skipped="0">
  <testsuite name="demo" tests="2" failures="0" errors="0" skipped="0">
    <testcase classname="demo" name="Namespace/demo"/>
    <testcase classname="demo.services.web" name="ConfigMap/web"/>
  </testsuite>
</testsuites>

"#]]);
    let text = workspace.ditc("plan demo --sandbox").exits(0).out;
    workspace.ditc("plan demo --sandbox -format text").exits(0).out(text);
    let document = workspace.ditc("plan demo --sandbox -json").exits(0).out;
    workspace.ditc("plan demo --sandbox -format json").exits(0).out(document);
    workspace.ditc("apply demo --sandbox -format markdown -auto-approve").exits(0).error("").out(str![[r#"
<!-- ditc:demo -->
<!-- ditc {"command":"apply","standing":"changed","told":"Apply complete! Resources: 2 added, 0 changed, 0 destroyed."} -->
### :large_orange_diamond: ditc apply: <code>demo</code>

<strong><code>Apply complete&#33; Resources&#58; 2 added, 0 changed, 0 destroyed.</code></strong> <sub><code>namespace demo, cluster sandbox</code></sub>

| | Object | Action | Result |
|---|---|---|---|
| <code>&#43;</code> | <code>demo/Namespace/demo</code> | create | :white_check_mark: |
| <code>&#43;</code> | <code>demo.services.web/ConfigMap/web</code> | create | :white_check_mark: |

<details><summary><code>&#43; demo/Namespace/demo</code></summary>

```diff
  # demo/Namespace/demo will be created
  # (environments/demo.toml:1)
+   Namespace "demo" {}
```

</details>

<details><summary><code>&#43; demo.services.web/ConfigMap/web</code></summary>

```diff
  # demo.services.web/ConfigMap/web will be created
  # (environments/demo.toml:1, modules/web/web.yaml:1)
+   ConfigMap "web" {
+       data.text: x
    }
```

</details>


"#]]);
    workspace.ditc("plan demo --sandbox -format markdown").exits(0).error("").out(str![[r#"
<!-- ditc:demo -->
<!-- ditc {"command":"plan","standing":"unchanged","told":"No changes. Environment demo matches its definition."} -->
### :white_check_mark: ditc plan: <code>demo</code>

<strong><code>No changes. Environment demo matches its definition.</code></strong> <sub><code>namespace demo, cluster sandbox</code></sub>


"#]]);
}

#[test]
fn what_moved_is_a_failed_test_and_a_warning() {
    let workspace = workspace("x");
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    let cluster = workspace.cluster();
    cluster.patch("/api/v1/namespaces/demo/configmaps/web", "kubectl", &json!({"data": {"text": "a | b"}}));
    drop(cluster);
    let told = workspace.ditc("drift demo --sandbox -format junit -format github=annotations");
    told.exits(2).error("").out(str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="ditc drift" tests="2" failures="1" errors="0" skipped="0">
  <testsuite name="demo" tests="2" failures="1" errors="0" skipped="0">
    <testcase classname="demo" name="Namespace/demo"/>
    <testcase classname="demo.services.web" name="ConfigMap/web">
      <failure message="changed outside of ditc">changed outside of ditc&#10;  # demo.services.web/ConfigMap/web has changed&#10;  ~ ConfigMap &quot;web&quot; {&#10;      ~ data.text = &quot;x&quot; -&gt; &quot;a | b&quot;  # by kubectl, [TIME]&#10;    }</failure>
    </testcase>
  </testsuite>
</testsuites>

"#]]);
    check(
        read(&workspace, "annotations"),
        str![[r#"
::warning title=demo.services.web/ConfigMap/web::changed outside of ditc

"#]],
    );
    let told = workspace.ditc("drift demo --sandbox -format markdown").exits(2);
    check(
        told.out,
        str![[r#"
<!-- ditc:demo -->
<!-- ditc {"command":"drift","standing":"changed","told":"Drift: 1 changed."} -->
### :large_orange_diamond: ditc drift: <code>demo</code>

<strong><code>Drift&#58; 1 changed.</code></strong> <sub><code>namespace demo, cluster sandbox</code></sub>

| | Object | Action |
|---|---|---|
| <code>&#126;</code> | <code>demo.services.web/ConfigMap/web</code> | changed |

<details><summary><code>&#126; demo.services.web/ConfigMap/web</code></summary>

```diff
  # demo.services.web/ConfigMap/web has changed
!   ConfigMap "web" {
!       data.text = "x" -> "a | b"  # by kubectl, [TIME]
    }
```

</details>


"#]],
    );
}

#[test]
fn mistakes_are_annotations_at_their_lines_and_failed_tests() {
    let workspace = workspace("x");
    workspace.write("environments/other.toml", "[services.web]\nmodle = \"web\"\n");
    let told = workspace.ditc("validate -format github -format junit=tests.xml").exits(1);
    let annotations: Vec<&str> =
        told.out.lines().filter(|line| !line.starts_with("::stop") && !line.ends_with("::")).collect();
    check(
        annotations.join("\n") + "\n",
        str![[r#"
::error file=environments/other.toml,line=1,endLine=1,col=11,title=environments/other.toml::missing input%0Alacks `image`%0Amodule `service` cannot do without its input `image`
::error file=environments/other.toml,line=2,endLine=2,col=1,title=environments/other.toml::unknown key%0Anot a key that is known here%0Aservice `web` has no key `modle`%0Ahelp: did you mean `module`?

"#]],
    );
    check(
        read(&workspace, "tests.xml"),
        str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="ditc validate" tests="5" failures="1" errors="0" skipped="0">
  <testsuite name="workspace" tests="5" failures="1" errors="0" skipped="0">
    <testcase classname="workspace" name="ditc.toml"/>
    <testcase classname="workspace" name="environments/demo.toml"/>
    <testcase classname="workspace" name="modules/web/module.toml"/>
    <testcase classname="workspace" name="modules/web/web.yaml"/>
    <testcase classname="workspace" name="environments/other.toml">
      <failure message="missing input">missing input&#10;environments/other.toml:1&#10;lacks `image`&#10;module `service` cannot do without its input `image`&#10;unknown key&#10;environments/other.toml:2&#10;not a key that is known here&#10;service `web` has no key `modle`&#10;help: did you mean `module`?</failure>
    </testcase>
  </testsuite>
</testsuites>

"#]],
    );
    workspace.ditc("validate -format junit").exits(1).error("").says("<testsuites name=\"ditc validate\" tests=");
    // A plan that cannot be made is told in the comment of its environment.
    let told = workspace.ditc("plan other --sandbox -format markdown").exits(1);
    check(
        told.out,
        str![[r#"
<!-- ditc:other -->
<!-- ditc {"command":"plan","standing":"broken","told":"2 mistakes in the workspace."} -->
### :x: ditc plan: <code>other</code>

<strong><code>2 mistakes in the workspace.</code></strong>

- :x: <code>environments/other.toml</code>: <code>missing input</code> <sub><code>environments/other.toml&#58;1</code></sub>
  - <code>lacks &#96;image&#96;</code>
  - <code>module &#96;service&#96; cannot do without its input &#96;image&#96;</code>

- :x: <code>environments/other.toml</code>: <code>unknown key</code> <sub><code>environments/other.toml&#58;2</code></sub>
  - <code>not a key that is known here</code>
  - <code>service &#96;web&#96; has no key &#96;modle&#96;</code>
  - <code>help&#58; did you mean &#96;module&#96;?</code>


"#]],
    );
}

#[test]
fn what_failed_in_a_run_is_told() {
    let workspace = workspace("x");
    let path = "/api/v1/namespaces/demo/configmaps/web";
    let fault = json!([{"method": "PATCH", "path": path, "times": 9, "then": {"answer": {"status": 403}}}]);
    workspace.write("state/sandbox/faults.json", &fault.to_string());
    let told = workspace.ditc("apply demo --sandbox -auto-approve -format markdown -format junit=tests.xml").exits(1);
    told.says("ditc apply: <code>demo</code>").says("Apply incomplete.").says(":x: <code>");
    assert!(read(&workspace, "tests.xml").contains("<failure message="), "{}", read(&workspace, "tests.xml"));
    // Of many, each is told in its part.
    workspace.write("environments/bad.toml", "[services.web]\n");
    let told = workspace.ditc("plan --all --sandbox -format markdown").exits(1);
    told.says("<!-- ditc:bad -->").says("<!-- ditc:demo -->").says("2 environments");
}

#[test]
fn forms_that_cannot_be_told_are_refused_before_anything_is_done() {
    let workspace = workspace("x");
    for (command, expected) in [
        (
            "plan demo -format markdown -format junit",
            str![[r#"
error: standard output takes one form, and markdown and junit are asked for
  hint: write one into a file: -format markdown -format junit=FILE

"#]],
        ),
        (
            "plan demo -json -format github",
            str![[r#"
error: standard output takes one form, and json and github are asked for
  hint: write one into a file: -format json -format github=FILE

"#]],
        ),
        (
            "plan demo -format html",
            str![[r#"
error: invalid value 'html' for '--format <KIND[=FILE]>': there is no form
  `html`; it is one of text, json, markdown, github, junit

For more information, try '--help'.

"#]],
        ),
        (
            "plan demo -format junit=",
            str![[r#"
error: invalid value 'junit=' for '--format <KIND[=FILE]>': no file is named
  behind `=`

For more information, try '--help'.

"#]],
        ),
        (
            "plan demo -format junit=a -format markdown=a",
            str![[r#"
error: one file cannot hold both junit and markdown
  hint: name a file for each

"#]],
        ),
        (
            "plan demo -json-into=a -format json=b",
            str![[r#"
error: json is asked for twice
  hint: once is enough: copy the file

"#]],
        ),
        (
            "apply demo -format markdown",
            str![[r#"
error: -format markdown asks no questions, so it needs -auto-approve
  hint: look first with `ditc plan`, then add -auto-approve

"#]],
        ),
    ] {
        workspace.ditc(&format!("{command} --sandbox")).exits(1).out("").error(expected);
    }
    assert!(!workspace.path("state").exists() && !workspace.path("a").exists(), "nothing was begun");
    workspace.write("taken/x", "");
    for before in ["", "-format github "] {
        let command = format!("plan demo --sandbox {before}-format markdown=taken");
        workspace.ditc(&command).exits(1).out("").error(str![[r#"
error: [ROOT]/taken is no regular file

"#]]);
    }
}

#[test]
fn annotations_stand_below_the_directory_that_is_worked_in() {
    let workspace = workspace("x");
    workspace.write("previews/environments/other.toml", "[services.web]\nimage = \"web:1\"\nport = 80\n");
    let checkout = workspace.root().display();
    let command = format!("GITHUB_WORKSPACE={checkout} validate -chdir=previews -format github");
    let told = workspace.ditc(&command).exits(1);
    assert!(told.out.contains("::error file=previews/environments/other.toml,line=3,"), "{}", told.out);
}

#[test]
fn a_way_out_keeps_what_was_decided() {
    let workspace = workspace("x");
    workspace.write("ditc.toml", &format!("[policy]\nmax_destroy = 0\n{UNBOUND}"));
    let demo = read(&workspace, "environments/demo.toml");
    workspace.write("environments/demo.toml", &format!("{demo}{}", demo.replace("web]", "more]")));
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    workspace.write("environments/demo.toml", &demo);
    let told = workspace.ditc("plan demo --sandbox -delete-data=demo.services.more -format markdown").exits(1);
    let way = "ditc plan demo -max-destroy=1 -delete-data=demo.services.more --sandbox";
    assert!(told.out.replace("&#45;", "-").contains(way), "{}", told.out);
}
