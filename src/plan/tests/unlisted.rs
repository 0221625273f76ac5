//! A destroy by somebody who may not list everything in the namespace.

use super::*;
use crate::object::GroupKind;

/// `web` stands, nothing else is seen, and templates of pods may not be listed.
fn scene() -> Scene {
    let mut scene = Scene::new().recorded("a", "u").sees(live(&body("a"), "u"));
    scene.operation = Operation::Destroy;
    scene.observed.unlisted = BTreeSet::from([GroupKind::new("", "PodTemplate")]);
    scene
}

fn which(text: &str) -> Vec<crate::address::Which> {
    vec![text.parse().unwrap()]
}

#[test]
fn a_namespace_goes_with_what_nobody_saw_only_where_that_is_said() {
    let plan = scene().plan();
    assert!(
        matches!(&plan.blocked[0].why, Block::WithForeign { others, unlisted } if others.is_empty() && unlisted.len() == 1)
    );
    assert!(!plan.is_applyable() && plan.unlisted.is_empty(), "it is told once");
    let mut scene = scene();
    scene.choices.with_foreign = true;
    let plan = scene.plan();
    assert!(plan.is_applyable() && plan.deletes(&namespace_key()));
    assert_eq!(plan.unlisted, BTreeSet::from([GroupKind::new("", "PodTemplate")]));
}

#[test]
fn a_part_that_was_seen_may_go() {
    let mut part = scene();
    part.choices.target = which("demo.services.web");
    let plan = part.plan();
    assert!(plan.is_applyable() && plan.unlisted.is_empty() && plan.deletes(&web()), "{plan:?}");
    let mut part = scene();
    part.choices.exclude = which("demo/Namespace/demo");
    let plan = part.plan();
    assert!(plan.is_applyable() && plan.unlisted.is_empty() && plan.deletes(&web()), "{plan:?}");
}

#[test]
fn what_may_be_left_in_a_namespace_that_stays_is_told() {
    let mut scene = scene();
    scene.state.created_namespace = false;
    let plan = scene.plan();
    assert!(plan.is_applyable() && !plan.unlisted.is_empty());
    assert_eq!(plan.changes[&namespace_key()].action, Action::Release);
}

#[test]
fn a_namespace_that_goes_unseen_is_a_fault() {
    let mut scene = scene();
    scene.choices.with_foreign = true;
    let (_, faults) = scene.audited(|plan| plan.unlisted.clear());
    assert!(faults.iter().any(|fault| fault.contains("does not tell what nobody saw")), "{faults:?}");
}
