//! A custom kind and objects of it in one environment: the kind is not served when the plan is made.

use crate::support::{Question, Stage, UNBOUND, stories};

stories! {
    a_kind_and_its_objects_come_together
}

const DEFINITIONS: &str = "apiextensions.k8s.io/v1/customresourcedefinitions";

/// The definition belongs to the whole cluster, so it goes by itself when the test fails.
struct Defined<'a>(&'a Stage, String);

impl Drop for Defined<'_> {
    fn drop(&mut self) {
        let path = format!("/apis/{DEFINITIONS}/{}", self.1);
        let body = "";
        let _ = self.0.server.ask(&Question { user: "", method: "DELETE", path: &path, accept: "", content: "", body });
    }
}

fn a_kind_and_its_objects_come_together(stage: &Stage) {
    let group = format!("{}.example.com", stage.name);
    let defined = Defined(stage, format!("wheels.{group}"));
    let policy = "[policy]\ncluster_scoped = [\"CustomResourceDefinition.apiextensions.k8s.io\"]";
    stage.workspace.write("ditc.toml", &format!("{policy}\n{UNBOUND}"));
    stage.workspace.write("modules/wheel/module.toml", "");
    let definition = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{ name: wheels.{group} }}\nspec:\n  \
         group: {group}\n  scope: Namespaced\n  names: {{ plural: wheels, singular: wheel, kind: Wheel }}\n  versions:\n    \
         - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          \
         type: object\n          properties: {{ spec: {{ type: object, properties: {{ spokes: {{ type: integer }} }} }} }}\n"
    );
    let wheel = |version: &str| {
        format!("apiVersion: {group}/{version}\nkind: Wheel\nmetadata: {{ name: front }}\nspec: {{ spokes: 32 }}\n")
    };
    stage.workspace.write("modules/wheel/definition.yaml", &definition);
    stage.workspace.write("modules/wheel/front.yaml", &wheel("v2"));
    stage.define("[dependencies.wheel]\nmodule = \"wheel\"");
    let told = stage.plan("").exits(1);
    assert!(told.error.contains("unknown version") && told.error.contains(&format!("{group}/v1`")), "{}", told.error);

    stage.workspace.write("modules/wheel/front.yaml", &wheel("v1"));
    stage.plan("").exits(2).says("Wheel").says("its kind does not exist yet");
    stage.apply("").exits(0);
    let live = stage.get(&format!("{group}/v1 wheels/front")).expect("it was made");
    assert_eq!(live["spec"]["spokes"], 32);
    stage.is_as_defined();

    stage.workspace.edit("modules/wheel/front.yaml", "spokes: 32", "spokes: 36");
    stage.plan("").exits(2).says("0 to add, 1 to change, 0 to destroy.").says_nothing_of("does not exist yet");
    stage.apply("").exits(0);
    stage.is_as_defined();
    stage.start("destroy", "-auto-approve").end().exits(0);
    let path = format!("/apis/{DEFINITIONS}/{}", defined.1);
    assert!(stage.server.get(&path).is_none(), "the definition went with its environment");
}
