//! Services whose objects lie in their own repository: what is asked for, and what becomes of the answers.

use serde_json::json;

use super::*;
use crate::{
    names::ComponentName,
    revision::{Commit, Revision},
};

const COMMIT: &str = "de841bc0000000000000000000000000000000ff";

fn at(service: &str) -> (EnvironmentName, ComponentName) {
    (EnvironmentName::new("demo").unwrap(), ComponentName::new(service).unwrap())
}

fn brought(texts: &[(&str, &str)]) -> Brought {
    Brought::Files(texts.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect())
}

/// Looks up what services follow: all of it stands for one commit.
fn looked_up(workspace: &mut Workspace) {
    let environment = at("web").0;
    for tracked in tracked(workspace, &environment) {
        let Tracked { component, repository, reference, .. } = tracked;
        let commit = Commit::new(COMMIT).unwrap();
        let revision = Revision { repository, reference, commit, tag: None, since: None };
        workspace.revisions.insert((environment.clone(), component), Ok(revision));
    }
}

/// What service `web` of these keys asks of a chart that brings these values.
fn asked(keys: &str, defaults: &str) -> Wanted {
    let text = format!("//- environments/demo.toml\n[services.web]\nrepo = \"o/web\"\nchart = \"chart\"\n{keys}\n");
    let mut workspace = parse(&unbounded(&text));
    looked_up(&mut workspace);
    workspace.brought.insert(at("web"), Ok(brought(&[("Chart.yaml", "name: web"), ("values.yaml", defaults)])));
    wanted(&workspace, &at("web").0).remove(0)
}

fn values(keys: &str, defaults: &str) -> serde_json::Value {
    asked(keys, defaults).chart.expect("a chart").values
}

#[test]
fn a_chart_is_told_its_image_unless_the_service_does() {
    assert_eq!(values("tag = \"dev\"", ""), json!({"image": {"tag": COMMIT}}));
    assert_eq!(
        values("tag = \"dev\"\nimage_tag = \"{{ tag }}-{{ short }}\"", ""),
        json!({"image": {"tag": "dev-de841bc"}})
    );
    let both = values("tag = \"dev\"\nimage = \"shop/web\"", "image: { repository: other, tag: latest }");
    assert_eq!(both, json!({"image": {"repository": "shop/web", "tag": COMMIT}}));
    let own = values("tag = \"dev\"\nimage = \"shop/web\"\nvalues = { image = { tag = \"mine\" }, a = 1 }", "");
    assert_eq!(own, json!({"image": {"tag": "mine", "repository": "shop/web"}, "a": 1}));
    // A chart may have one text for its image.
    let whole = json!({"image": format!("shop/web:{COMMIT}")});
    assert_eq!(values("tag = \"dev\"\nimage = \"shop/web\"", "image: web"), whole);
    assert_eq!(values("tag = \"dev\"", "image: web"), json!({}));
    assert_eq!(values("tag = \"dev\"\nvalues = { image = \"x\" }", "image: web"), json!({"image": "x"}));
}

#[test]
fn what_is_wanted_has_its_expressions_evaluated() {
    let text = "//- environments/demo.toml\n[variables]\nchart = \"web\"\n[dependencies.redis]\nmodule = \"redis\"\n\
                [services.web]\nrepo = \"o/{{ variables.chart }}\"\ntag = \"dev\"\nchart = \"charts/{{ variables.chart }}\"\n\
                values = { port = \"{{ dependencies.redis.port }}\", url = \"redis://{{ dependencies.redis.host }}\" }\n";
    let mut workspace = parse(&unbounded(text));
    assert_eq!(wanted(&workspace, &at("web").0), [], "nobody knows the commit");
    looked_up(&mut workspace);
    let Wanted { revision: Revision { repository, commit, .. }, path, chart, .. } =
        wanted(&workspace, &at("web").0).remove(0);
    assert_eq!((repository.to_string().as_str(), path.as_str(), commit.as_str()), ("o/web", "charts/web", COMMIT));
    let Rendering { release, namespace, values } = chart.unwrap();
    assert_eq!((release.as_str(), namespace.as_str()), ("web", "demo"));
    assert_eq!(values, json!({"port": 6379, "url": "redis://redis-master", "image": {"tag": COMMIT}}));
}

#[test]
fn an_outline_goes_without_what_nobody_has_fetched() {
    let text = "//- environments/demo.toml\n[services.web]\nrepo = \"o/web\"\ntag = \"dev\"\nmanifests = \"deploy\"\n[services.other]\n\
                image = \"a:b\"\nenv = { A = { config = \"made-by-web\", key = \"a\" } }\n";
    let mut workspace = parse(&unbounded(text));
    let desired = outline(&mut workspace, &at("web").0, &Kinds::builtin()).expect("nothing is wrong");
    assert!(
        desired
            .manifests
            .values()
            .all(|manifest| manifest.component.as_ref().is_none_or(|id| id.name.as_str() != "web"))
    );
    looked_up(&mut workspace);
    let settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: made-by-web }\ndata: { a: b }\n";
    workspace.brought.insert(at("web"), Ok(brought(&[("a.yaml", settings), (".b.yaml", "{"), ("c.txt", "{")])));
    let desired = expand(&mut workspace, &at("web").0, &Kinds::builtin()).expect("nothing is wrong");
    assert_eq!(desired.manifests.values().filter(|manifest| manifest.key.kind.kind == "ConfigMap").count(), 1);
}

#[test]
#[should_panic(expected = "services.web")]
fn nothing_is_expanded_without_what_it_takes() {
    let text = "//- environments/demo.toml\n[services.web]\nrepo = \"o/web\"\ntag = \"dev\"\nmanifests = \"deploy\"\n";
    let mut workspace = parse(&unbounded(text));
    looked_up(&mut workspace);
    let _ = expand(&mut workspace, &at("web").0, &Kinds::builtin());
}

#[test]
#[should_panic(expected = "services.web")]
fn nothing_is_expanded_with_a_commit_that_nobody_has_looked_up() {
    let text = "//- environments/demo.toml\n[services.web]\nrepo = \"o/web\"\ntag = \"dev\"\nimage = \"web\"\n";
    let _ = expand(&mut parse(&unbounded(text)), &at("web").0, &Kinds::builtin());
}

#[test]
fn tests_of_a_chart_are_left_out_and_told() {
    let text = "//- environments/demo.toml\n[services.web]\nrepo = \"o/web\"\ntag = \"dev\"\nchart = \"chart\"\n";
    let mut workspace = parse(&unbounded(text));
    let hook = |event: &str| {
        let kind = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {event}\n");
        format!("---\n{kind}  annotations: {{ helm.sh/hook: {event} }}\nspec: {{ containers: [] }}\n")
    };
    let texts = [("templates/a.yaml".to_owned(), ["test", "pre-delete", "pre-install"].map(hook).concat())];
    looked_up(&mut workspace);
    workspace.brought.insert(at("web"), Ok(brought(&[("Chart.yaml", "name: web")])));
    workspace.rendered.insert(at("web"), Rendered::Texts(texts.into()));
    let desired = expand(&mut workspace, &at("web").0, &Kinds::builtin()).expect("nothing is wrong");
    let pods = desired.manifests.keys().filter(|key| key.kind.kind == "Pod");
    assert_eq!(pods.map(|key| key.name.as_str()).collect::<Vec<_>>(), ["pre-install"]);
    let remarks: Vec<&str> = workspace.remarks[&at("web").0].iter().map(String::as_str).collect();
    assert_eq!(
        remarks,
        [
            "services.web: Pod/pre-delete is a hook of its chart that is left out: ditc has no event `pre-delete`",
            "services.web: Pod/test is a hook of its chart that is left out: tests are not run",
        ]
    );
}
