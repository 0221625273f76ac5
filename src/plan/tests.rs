//! The truth table, row by row, and what else a plan must get right; every plan made here is audited.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::{
    desired::{Component, LABEL_ENVIRONMENT, LABEL_MANAGED_BY, Origin},
    diagnostic::{Sources, Span},
    names::{ComponentName, Tier},
    object::Object,
    observed::{Conflict, Live, Refusal},
    secret::{Generate, Recipe},
    state::{ClusterId, Entry, Lineage, Phase},
};

mod audit;
mod decisions;
mod drift;
mod hooks;
mod lists;
mod looks;
mod once;
mod parts;
mod rebuild;
mod rolls;
mod unlisted;

/// Everything that a plan is made from, in the making.
struct Scene {
    desired: Desired,
    state: State,
    observed: Observed,
    answers: BTreeMap<ObjectKey, Answer>,
    autoscalers: Vec<Object>,
    operation: Operation,
    choices: Choices,
    policy: Policy,
    /// The pattern that protects the namespace.
    protected: Option<&'static str>,
}

fn namespace_key() -> ObjectKey {
    ObjectKey::new("", "Namespace", None, "demo")
}

fn web() -> ObjectKey {
    ObjectKey::new("apps", "Deployment", Some("demo"), "web")
}

fn component(name: &str) -> ComponentId {
    ComponentId { tier: Tier::Service, name: ComponentName::new(name).unwrap() }
}

fn span() -> Span {
    Span::new(Sources::default().add("environments/demo.toml", ""), 0..0)
}

/// The manifest of Deployment `web`.
fn body(image: &str) -> Object {
    Object(json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "demo", "labels": labels()},
        "spec": {"image": image},
    }))
}

fn labels() -> Value {
    json!({LABEL_MANAGED_BY: "ditc", LABEL_ENVIRONMENT: "demo"})
}

/// An object as it lives, with `ditc` owning what `body` holds.
fn live(body: &Object, uid: &str) -> Object {
    let mut object = body.clone();
    object.0["metadata"]["uid"] = json!(uid);
    object.0["metadata"]["resourceVersion"] = json!("7");
    own(
        &mut object,
        "ditc",
        "Apply",
        &json!({"f:metadata": {"f:labels": {
        format!("f:{LABEL_MANAGED_BY}"): {}, format!("f:{LABEL_ENVIRONMENT}"): {}}}, "f:spec": {"f:image": {}}}),
    );
    object
}

fn own(object: &mut Object, manager: &str, operation: &str, fields: &Value) {
    let api_version = object.0["apiVersion"].clone();
    let entry = json!({"manager": manager, "operation": operation, "apiVersion": api_version,
        "time": "2026-01-02T03:04:05Z", "fieldsType": "FieldsV1", "fieldsV1": fields});
    let entries = &mut object.0["metadata"]["managedFields"];
    match entries.as_array_mut() {
        Some(entries) => entries.push(entry),
        None => *entries = json!([entry]),
    }
}

/// Moves a field of ours to another manager, as `kubectl set image` does.
fn taken(mut object: Object, image: &str) -> Object {
    object.0["spec"]["image"] = json!(image);
    object.0["metadata"]["managedFields"][0]["fieldsV1"].as_object_mut().unwrap().remove("f:spec");
    own(&mut object, "kubectl-set", "Update", &json!({"f:spec": {"f:image": {}}}));
    object
}

fn manifest(key: ObjectKey, body: Object, component: Option<ComponentId>) -> Manifest {
    Manifest { key, component, body, secret: None, origin: Origin { definition: span(), template: None } }
}

/// An object that another tool applied.
fn helms() -> Object {
    let mut foreign = body("x");
    foreign.0["metadata"]["labels"] = json!({});
    let mut foreign = live(&foreign, "f");
    foreign.0["metadata"]["managedFields"][0]["manager"] = json!("helm");
    foreign
}

/// `web` with replicas, which the autoscaler wrote through the scale subresource.
fn scaled(manager: &str) -> (Object, Object) {
    let mut wanted = body("a");
    wanted.0["spec"]["replicas"] = json!(2);
    let mut there = live(&wanted, "u");
    there.0["spec"]["replicas"] = json!(5);
    own(&mut there, manager, "Update", &json!({"f:spec": {"f:replicas": {}}}));
    there.0["metadata"]["managedFields"][1]["subresource"] = json!("scale");
    (wanted, there)
}

impl Scene {
    /// An environment whose namespace is there and recorded, and nothing else.
    fn new() -> Self {
        let namespace =
            Object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo", "labels": labels()}}));
        let mut there = live(&namespace, "n");
        there.0["metadata"]["managedFields"][0]["operation"] = json!("Update");
        let manifest = manifest(namespace_key(), namespace, None);
        let applied = known(&manifest, &Paths::default(), &there).unwrap();
        let entry = Entry { component: None, api_version: "v1".into(), phase: Phase::Applied(applied), deed: None };
        let timeout = Duration::from_secs(60);
        Self {
            desired: Desired {
                environment: EnvironmentName::new("demo").unwrap(),
                namespace: Namespace::new("demo").unwrap(),
                owner: None,
                components: BTreeMap::new(),
                manifests: BTreeMap::from([(namespace_key(), manifest)]),
                timeout,
            },
            state: State {
                version: Version { lineage: Lineage("l".into()), serial: 3 },
                cluster: ClusterId("c".into()),
                environment: EnvironmentName::new("demo").unwrap(),
                namespace: Namespace::new("demo").unwrap(),
                created_namespace: true,
                components: BTreeMap::new(),
                revisions: BTreeMap::new(),
                entries: BTreeMap::from([(namespace_key(), entry)]),
                partial: false,
                open: None,
                last: None,
                project: None,
                written: Timestamp::UNIX_EPOCH,
            },
            observed: Observed {
                objects: BTreeMap::from([(namespace_key(), Live::Present(there))]),
                ..Observed::default()
            },
            answers: BTreeMap::new(),
            autoscalers: Vec::new(),
            operation: Operation::Apply,
            choices: Choices::default(),
            policy: Policy {
                max_destroy: 10,
                controllers: BTreeSet::new(),
                check_namespace: Namespace::new("default").unwrap(),
            },
            protected: None,
        }
    }

    fn wants(mut self, image: &str) -> Self {
        let manifest = manifest(web(), body(image), Some(component("web")));
        self.desired.manifests.insert(web(), manifest);
        let needs = BTreeSet::new();
        let bare = Component { needs, outputs: BTreeMap::new(), check_image: false, origin: span(), revision: None };
        self.desired.components.insert(component("web"), bare);
        self
    }

    fn recorded(mut self, image: &str, uid: &str) -> Self {
        let manifest = manifest(web(), body(image), Some(component("web")));
        let applied = known(&manifest, &Paths::default(), &live(&body(image), uid)).unwrap();
        let entry = Entry {
            component: Some(component("web")),
            api_version: "apps/v1".into(),
            phase: Phase::Applied(applied),
            deed: None,
        };
        self.state.entries.insert(web(), entry);
        self
    }

    fn sees(mut self, object: Object) -> Self {
        self.observed.objects.insert(object.key().unwrap(), Live::Present(object));
        self
    }

    fn answers(mut self, answer: Answer) -> Self {
        self.answers.insert(web(), answer);
        self
    }

    fn accepts(self, object: Object) -> Self {
        self.answers(Answer::Accepted(Box::new(object)))
    }

    fn plan(self) -> Plan {
        let (plan, faults) = self.audited(|_| {});
        assert_eq!(faults, Vec::<String>::new());
        plan
    }

    /// A plan, spoiled, with what its audit finds.
    fn audited(mut self, spoil: impl FnOnce(&mut Plan)) -> (Plan, Vec<String>) {
        for key in self.desired.manifests.keys().chain(self.state.entries.keys()) {
            self.observed.objects.entry(key.clone()).or_insert(Live::Absent);
        }
        let readiness = BTreeMap::new();
        let input = Input {
            environment: &self.desired.environment,
            namespace: &self.desired.namespace,
            operation: self.operation,
            desired: (self.operation == Operation::Apply).then_some(&self.desired),
            state: Some(&self.state),
            observed: &self.observed,
            answers: &self.answers,
            readiness: &readiness,
            autoscalers: &self.autoscalers,
            choices: &self.choices,
            policy: &self.policy,
        };
        let asked: Vec<ObjectKey> = questions(&input).into_keys().collect();
        assert_eq!(asked, self.answers.keys().cloned().collect::<Vec<_>>(), "exactly the questions that have answers");
        let mut plan = super::plan(&input);
        if self.protected.is_none() {
            assert_eq!(super::audit(&input, None, &plan), Vec::<String>::new());
        }
        spoil(&mut plan);
        let faults = super::audit(&input, self.protected, &plan);
        (plan, faults)
    }
}

fn change(plan: &Plan) -> (Action, Reason) {
    let change = plan.changes.get(&web()).unwrap_or_else(|| panic!("a change of web in {plan:?}"));
    (change.action, change.reason.clone())
}

fn block(plan: &Plan) -> &Block {
    assert!(!plan.is_applyable() && plan.changes.is_empty());
    &plan.blocked[0].why
}

#[test]
fn creates_what_is_desired_and_absent() {
    let plan = Scene::new().wants("a").accepts(live(&body("a"), "new")).plan();
    assert_eq!(change(&plan), (Action::Create, Reason::New));
    assert_eq!((plan.changes[&web()].expect.clone(), plan.changes[&web()].check), (Expect::Absent, Check::Done));
}

#[test]
fn creates_in_a_namespace_that_does_not_exist_are_checked_elsewhere() {
    let mut scene = Scene::new().wants("a").answers(Answer::AcceptedElsewhere);
    scene.state.entries.clear();
    scene.observed.objects.clear();
    let plan = scene.plan();
    assert_eq!(plan.changes[&web()].check, Check::Elsewhere);
    assert_eq!(plan.counts(), Counts { add: 2, ..Counts::default() });
    let needs: Vec<&Step> = plan.order.needs(&Step::Change(web())).collect();
    assert_eq!(needs, [&Step::Change(namespace_key())]);
}

#[test]
fn finishes_what_an_interrupted_run_planned() {
    let mut scene = Scene::new().wants("a").accepts(live(&body("a"), "new"));
    let entry = Entry { component: None, api_version: "apps/v1".into(), phase: Phase::Planned, deed: None };
    scene.state.entries.insert(web(), entry);
    assert_eq!(change(&scene.plan()), (Action::Create, Reason::Unfinished));
}

#[test]
fn unchanged_needs_no_question() {
    let plan = Scene::new().wants("a").recorded("a", "u").sees(live(&body("a"), "u")).plan();
    assert!(!plan.has_changes() && !plan.changes_record() && plan.drift.is_empty());
}

#[test]
fn records_what_is_ours_and_as_desired() {
    let there = live(&body("a"), "u");
    let plan = Scene::new().wants("a").sees(there.clone()).accepts(there).plan();
    assert!(!plan.has_changes() && plan.changes_record());
    assert!(plan.unchanged[&web()].learned.is_some());
}

#[test]
fn updates_what_the_definition_changed() {
    let plan =
        Scene::new().wants("b").recorded("a", "u").sees(live(&body("a"), "u")).accepts(live(&body("b"), "u")).plan();
    assert_eq!(change(&plan), (Action::Update, Reason::DefinitionChanged));
    let fields = &plan.changes[&web()].diff.fields;
    assert_eq!(fields.len(), 1);
    assert_eq!((fields[0].path.to_string().as_str(), &fields[0].before), (".spec.image", &Some(json!("a"))));
    assert!(plan.drift.is_empty());
    assert!(matches!(&plan.changes[&web()].expect, Expect::Same { uid, resource_version, .. }
        if uid.0 == "u" && resource_version == "7"));
}

#[test]
fn takes_back_what_somebody_took_and_says_who() {
    let there = taken(live(&body("a"), "u"), "hand");
    let plan = Scene::new().wants("a").recorded("a", "u").sees(there).accepts(live(&body("a"), "u")).plan();
    assert_eq!(change(&plan), (Action::Update, Reason::ChangedOutside));
    let taken = Taken { field: ".spec.image".into(), manager: "kubectl-set".into() };
    assert_eq!(plan.changes[&web()].takes_back, [taken]);
    let DriftKind::Changed(fields) = &plan.drift[&web()].kind else { panic!("fields") };
    assert_eq!((&fields[0].applied, &fields[0].live), (&Some(json!("a")), &Some(json!("hand"))));
    assert_eq!(fields[0].manager.as_deref(), Some("kubectl-set"));
}

#[test]
fn tells_the_definition_from_the_hand_when_both_moved_one_field() {
    let there = taken(live(&body("a"), "u"), "hand");
    let plan = Scene::new().wants("b").recorded("a", "u").sees(there).accepts(live(&body("b"), "u")).plan();
    assert_eq!(change(&plan), (Action::Update, Reason::DefinitionAndOutside));
}

#[test]
fn takes_a_field_that_others_hold_as_well_when_the_definition_changes_it() {
    let mut there = live(&body("a"), "u");
    own(&mut there, "helm", "Apply", &json!({"f:spec": {"f:image": {}}}));
    let plan = Scene::new().wants("b").recorded("a", "u").sees(there).accepts(live(&body("b"), "u")).plan();
    let taken = Taken { field: ".spec.image".into(), manager: "helm".into() };
    assert_eq!(plan.changes[&web()].takes_back, [taken]);
}

#[test]
fn takes_back_the_path_even_where_the_value_is_right() {
    let there = taken(live(&body("a"), "u"), "a");
    let plan = Scene::new().wants("a").recorded("a", "u").sees(there).accepts(live(&body("a"), "u")).plan();
    assert_eq!(change(&plan), (Action::Update, Reason::OwnershipLost));
    assert!(plan.changes[&web()].diff.fields.is_empty());
}

#[test]
fn makes_again_what_was_deleted_outside() {
    let plan = Scene::new().wants("a").recorded("a", "u").accepts(live(&body("a"), "new")).plan();
    assert_eq!(change(&plan), (Action::Create, Reason::DeletedOutside));
    assert_eq!(plan.drift[&web()].kind, DriftKind::Deleted);
}

#[test]
fn updates_what_was_recreated_outside_and_is_ours() {
    let plan = Scene::new()
        .wants("a")
        .recorded("a", "u")
        .sees(live(&body("x"), "other"))
        .accepts(live(&body("a"), "other"))
        .plan();
    assert_eq!(change(&plan), (Action::Update, Reason::RecreatedOutside));
}

#[test]
fn never_touches_what_is_not_ours() {
    for scene in [Scene::new().wants("a"), Scene::new().wants("a").recorded("a", "u")] {
        let plan = scene.sees(helms()).plan();
        assert_eq!(block(&plan), &Block::Foreign { managers: vec!["helm".into()] });
    }
}

#[test]
fn a_label_alone_is_not_ownership() {
    let mut copied = live(&body("x"), "f");
    copied.0["metadata"]["managedFields"][0]["manager"] = json!("operator");
    let plan = Scene::new().sees(copied.clone()).plan();
    assert_eq!((plan.has_changes(), plan.ignored.len()), (false, 1));
    copied.0["metadata"]["managedFields"][0]["manager"] = json!("ditc");
    copied.0["metadata"]["ownerReferences"] = json!([{"controller": true, "uid": "o"}]);
    assert!(!Scene::new().sees(copied).plan().has_changes(), "what a controller made is the controller's");
}

#[test]
fn a_removed_label_is_drift_of_a_recorded_object() {
    let mut bare = live(&body("a"), "u");
    bare.0["metadata"]["labels"] = json!({});
    let plan = Scene::new().wants("a").recorded("a", "u").sees(bare).accepts(live(&body("a"), "u")).plan();
    assert_eq!(change(&plan), (Action::Update, Reason::ChangedOutside));
}

#[test]
fn is_blocked_by_fields_that_were_never_ours() {
    let conflict = Conflict { manager: "hpa".into(), field: ".spec.replicas".into() };
    let plan = Scene::new()
        .wants("b")
        .recorded("a", "u")
        .sees(live(&body("a"), "u"))
        .answers(Answer::Refused(Refusal::Conflict(vec![conflict])))
        .plan();
    let taken = Taken { field: ".spec.replicas".into(), manager: "hpa".into() };
    assert_eq!(block(&plan), &Block::Owned(vec![taken]));
}

#[test]
fn is_blocked_by_refusals_of_the_server() {
    for (refusal, expected) in [
        (Refusal::Invalid("bad port".into()), Block::Invalid("bad port".into())),
        (
            Refusal::Malformed("no such field".into()),
            Block::Malformed("no such field".into(), vec!["there is no field `.spec.image`".into()]),
        ),
        (
            Refusal::Forbidden(Forbidden::Quota, "exceeded".into()),
            Block::Forbidden(Forbidden::Quota, "exceeded".into()),
        ),
    ] {
        let scene = Scene::new().wants("b").recorded("a", "u").sees(live(&body("a"), "u"));
        let plan = scene.answers(Answer::Refused(refusal)).plan();
        assert_eq!(block(&plan), &expected);
    }
}

#[test]
fn makes_anew_what_is_terminating_once_it_is_gone() {
    let mut going = live(&body("a"), "u");
    going.0["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    going.0["metadata"]["finalizers"] = json!(["x/y"]);
    for scene in [Scene::new().wants("a"), Scene::new().wants("a").recorded("a", "u")] {
        let plan = scene.sees(going.clone()).accepts(live(&body("a"), "new")).plan();
        assert_eq!(change(&plan), (Action::Create, Reason::Terminating(vec!["x/y".into()])));
        assert_eq!(plan.changes[&web()].expect, Expect::Gone(Uid("u".into())));
    }
}

#[test]
fn makes_all_anew_when_the_namespace_is_terminating() {
    let mut scene = Scene::new().wants("a").sees(live(&body("a"), "u")).answers(Answer::AcceptedElsewhere);
    scene.state.entries.clear();
    let Some(Live::Present(namespace)) = scene.observed.objects.get_mut(&namespace_key()) else { panic!("there") };
    namespace.0["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let plan = scene.plan();
    assert_eq!(plan.changes[&namespace_key()].expect, Expect::Gone(Uid("n".into())));
    assert_eq!(change(&plan), (Action::Create, Reason::New));
    assert_eq!(plan.changes[&web()].expect, Expect::Absent);
}

/// The server refuses an update of `web` from image `a` to `b`, naming a field.
fn refuses_update(field: &str) -> Answer {
    Answer::OnlyUpdateRefused(Unchangeable { message: "field is immutable".into(), fields: vec![field.into()] })
}

#[test]
fn replaces_what_cannot_be_updated() {
    let answer = refuses_update("spec.image");
    let Answer::OnlyUpdateRefused(refusal) = answer.clone() else { unreachable!() };
    let plan = Scene::new().wants("b").recorded("a", "u").sees(live(&body("a"), "u")).answers(answer).plan();
    assert_eq!(change(&plan), (Action::Replace, Reason::Unchangeable(refusal)));
    assert!(matches!(&plan.changes[&web()].expect, Expect::Same { uid, .. } if uid.0 == "u"));
    assert_eq!(plan.changes[&web()].diff.fields.len(), 1);
    assert_eq!(plan.counts(), Counts { add: 1, destroy: 1, ..Counts::default() });
}

#[test]
fn takes_away_a_default_that_is_in_the_way_of_an_update() {
    let with = |spec: Value| {
        Object(json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "demo", "labels": labels()}, "spec": spec}))
    };
    let mut there = with(json!({"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}}));
    there = live(&there, "u");
    there.0["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"] = json!({"f:replicas": {}});
    let mut scene = Scene::new().wants("a").recorded("a", "u").sees(there.clone());
    let wanted = manifest(web(), with(json!({"strategy": {"type": "Recreate"}})), Some(component("web")));
    scene.desired.manifests.insert(web(), wanted);
    let plan = scene.answers(refuses_update("spec.strategy.rollingUpdate")).plan();
    let change = &plan.changes[&web()];
    assert_eq!(change.action, Action::Update);
    let clears = change.clears.as_ref().expect("a default goes");
    assert_eq!(clears.paths, [FieldPath::fields(&["spec", "strategy", "rollingUpdate"])]);
    assert_eq!(clears.first.at("/spec/strategy"), there.at("/spec/strategy"));

    // A field that somebody owns is no default.
    own(&mut there, "kubectl", "Update", &json!({"f:spec": {"f:strategy": {"f:rollingUpdate": {"f:maxSurge": {}}}}}));
    let mut scene = Scene::new().wants("a").recorded("a", "u").sees(there);
    let wanted = manifest(web(), with(json!({"strategy": {"type": "Recreate"}})), Some(component("web")));
    scene.desired.manifests.insert(web(), wanted);
    let plan = scene.answers(refuses_update("spec.strategy.rollingUpdate")).plan();
    assert_eq!(plan.changes[&web()].action, Action::Replace);
}

#[test]
fn never_replaces_data_unless_told_to() {
    let claim = |size: &str| {
        Object(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "namespace": "demo", "labels": labels()}, "spec": {"size": size}}))
    };
    let key = claim("1").key().unwrap();
    let scene = || {
        let mut scene = Scene::new();
        let wanted = manifest(key.clone(), claim("2"), Some(component("web")));
        scene.desired.manifests.insert(key.clone(), wanted);
        let (needs, outputs) = (BTreeSet::new(), BTreeMap::new());
        let bare = Component { needs, outputs, check_image: false, origin: span(), revision: None };
        scene.desired.components.insert(component("web"), bare);
        let applied = known(&manifest(key.clone(), claim("1"), None), &Paths::default(), &live(&claim("1"), "c"));
        let phase = Phase::Applied(applied.unwrap());
        let entry = Entry { component: Some(component("web")), api_version: "v1".into(), phase, deed: None };
        scene.state.entries.insert(key.clone(), entry);
        scene.answers.insert(key.clone(), refuses_update("spec"));
        scene.sees(live(&claim("1"), "c"))
    };
    assert_eq!(block(&scene().plan()), &Block::HoldsData(Losing::Replace(By::Server)));
    let mut told = scene();
    told.choices.delete_data = vec!["demo.services.web".parse().unwrap()];
    assert_eq!(told.plan().changes[&key].action, Action::Replace);
}

#[test]
fn finishes_a_replace() {
    let mut scene = Scene::new().wants("a").recorded("a", "u").accepts(live(&body("a"), "new"));
    let entry = scene.state.entries.get_mut(&web()).unwrap();
    entry.phase = Phase::Replacing(entry.applied().unwrap().clone());
    let plan = scene.plan();
    assert_eq!(change(&plan), (Action::Create, Reason::UnfinishedReplace));
    assert_eq!(plan.drift, BTreeMap::new(), "nobody else deleted it");
}

#[test]
fn a_finished_job_may_be_gone() {
    let mut scene = Scene::new().wants("a").recorded("a", "u");
    if let Phase::Applied(applied) = &mut scene.state.entries.get_mut(&web()).unwrap().phase {
        applied.finished = true;
    }
    assert!(!scene.plan().has_changes());
}

#[test]
fn deletes_what_is_no_longer_desired() {
    let plan = Scene::new().recorded("a", "u").sees(live(&body("a"), "u")).plan();
    assert_eq!(change(&plan), (Action::Delete, Reason::NotDesired));
}

#[test]
fn deletes_a_leftover_of_ours() {
    let plan = Scene::new().sees(live(&body("a"), "u")).plan();
    assert_eq!(change(&plan), (Action::Delete, Reason::Leftover));
}

#[test]
fn forgets_what_is_gone_or_anothers() {
    let plan = Scene::new().recorded("a", "u").plan();
    assert_eq!(change(&plan), (Action::Forget, Reason::Gone));
    assert!(!plan.has_changes() && plan.changes_record());
    let mut other = live(&body("x"), "other");
    other.0["metadata"]["managedFields"][0]["manager"] = json!("helm");
    let plan = Scene::new().recorded("a", "u").sees(other).plan();
    assert_eq!(change(&plan), (Action::Forget, Reason::Gone));
}

#[test]
fn keeps_the_data_of_a_component_that_leaves() {
    let mut scene = Scene::new().recorded("a", "u").sees(live(&body("a"), "u"));
    let claim = Object(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "demo", "labels": labels()}}));
    let key = claim.key().unwrap();
    let manifest = manifest(key.clone(), claim.clone(), Some(component("web")));
    let applied = known(&manifest, &Paths::default(), &live(&claim, "c")).unwrap();
    let entry = Entry {
        component: Some(component("web")),
        api_version: "v1".into(),
        phase: Phase::Applied(applied),
        deed: None,
    };
    scene.state.entries.insert(key, entry);
    let plan = scene.sees(live(&claim, "c")).plan();
    assert_eq!((plan.blocked.len(), &plan.blocked[0].why), (1, &Block::HoldsData(Losing::Delete)));
    assert!(!plan.is_applyable() && plan.changes.contains_key(&web()));
}

#[test]
fn a_secret_is_made_once_and_kept() {
    let secret = Object(
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "demo", "labels": labels()}}),
    );
    let key = secret.key().unwrap();
    let mut wanted = manifest(key.clone(), secret.clone(), Some(component("web")));
    wanted.secret = Some(Recipe { keys: BTreeMap::from([("password".into(), Generate::Password.into())]), round: 0 });
    wanted.component = None;
    let mut scene = Scene::new();
    scene.desired.manifests.insert(key.clone(), wanted.clone());
    let plan = scene.plan();
    assert_eq!(plan.changes[&key].action, Action::Create);
    assert!(plan.changes[&key].diff.fields.iter().any(|field| field.after == After::Secret));

    let mut there = live(&secret, "s");
    there.0["metadata"]["managedFields"][0]["operation"] = json!("Update");
    there.0["metadata"]["managedFields"][0]["fieldsV1"]["f:data"] = json!({"f:password": {}});
    let mut asks_more = wanted.clone();
    asks_more.secret.as_mut().unwrap().keys.insert("cookie".into(), Generate::Token.into());
    let mut scene = Scene::new();
    scene.desired.manifests.insert(key.clone(), asks_more);
    scene.observed.objects.insert(key.clone(), Live::Metadata(there.clone()));
    assert_eq!(scene.plan().blocked[0].why, Block::SecretChanged);

    let mut scene = Scene::new();
    scene.desired.manifests.insert(key.clone(), wanted);
    scene.observed.objects.insert(key.clone(), Live::Metadata(there));
    let plan = scene.plan();
    assert!(!plan.has_changes() && plan.unchanged[&key].learned.is_some());
}

#[test]
fn destroys_everything_of_ours_and_the_namespace_last() {
    let mut scene = Scene::new().recorded("a", "u").sees(live(&body("a"), "u"));
    scene.operation = Operation::Destroy;
    let plan = scene.plan();
    assert_eq!(change(&plan), (Action::Delete, Reason::Destroyed));
    let order = plan.order.order().unwrap();
    assert_eq!(order, [Step::Change(web()), Step::Change(namespace_key())]);
}

#[test]
fn destroys_services_before_dependencies_that_they_do_not_need() {
    let mut scene = Scene::new().recorded("a", "u").sees(live(&body("a"), "u"));
    scene.operation = Operation::Destroy;
    let cache = ComponentId { tier: Tier::Dependency, name: ComponentName::new("cache").unwrap() };
    for (kind, uid) in [("ConfigMap", "c"), ("Service", "s")] {
        let object = Object(json!({"apiVersion": "v1", "kind": kind,
            "metadata": {"name": "cache", "namespace": "demo", "labels": labels()}}));
        let key = object.key().unwrap();
        let applied =
            known(&manifest(key.clone(), object.clone(), None), &Paths::default(), &live(&object, uid)).unwrap();
        let entry = Entry {
            component: Some(cache.clone()),
            api_version: "v1".into(),
            phase: Phase::Applied(applied),
            deed: None,
        };
        scene.state.entries.insert(key, entry);
        scene = scene.sees(live(&object, uid));
    }
    let order: Vec<String> = scene.plan().order.order().unwrap().iter().map(|step| format!("{step:?}")).collect();
    let place = |name: &str| order.iter().position(|step| step.contains(name)).unwrap();
    assert!(place("Deployment") < place("\"Service\"") && place("\"Service\"") < place("ConfigMap"), "{order:?}");
}

#[test]
fn keeps_a_namespace_that_holds_what_others_made() {
    let pod = Object(
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "debug", "namespace": "demo", "uid": "p"}}),
    );
    let mut scene = Scene::new().recorded("a", "u").sees(live(&body("a"), "u"));
    scene.operation = Operation::Destroy;
    scene.observed.others = vec![pod.clone()];
    let plan = scene.plan();
    assert!(matches!(&plan.blocked[0].why, Block::WithForeign { others, .. } if others == &[pod.key().unwrap()]));
}

#[test]
fn never_deletes_a_namespace_that_it_did_not_make() {
    let mut scene = Scene::new().recorded("a", "u").sees(live(&body("a"), "u"));
    (scene.operation, scene.state.created_namespace) = (Operation::Destroy, false);
    assert!(scene.plan().changes.get(&namespace_key()).is_none_or(|change| change.action == Action::Release));
}

#[test]
fn a_component_leaves_only_after_those_that_used_it() {
    let mut scene = Scene::new().wants("b").recorded("a", "u").sees(live(&body("a"), "u"));
    scene = scene.accepts(live(&body("b"), "u"));
    let broker = component("broker");
    let config = Object(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "broker", "namespace": "demo", "labels": labels()}}));
    let key = config.key().unwrap();
    let applied = known(&manifest(key.clone(), config.clone(), None), &Paths::default(), &live(&config, "b")).unwrap();
    let entry =
        Entry { component: Some(broker.clone()), api_version: "v1".into(), phase: Phase::Applied(applied), deed: None };
    scene.state.entries.insert(key.clone(), entry);
    scene.state.components =
        BTreeMap::from([(component("web"), BTreeSet::from([broker.clone()])), (broker, BTreeSet::new())]);
    let plan = scene.sees(live(&config, "b")).plan();
    assert_eq!(plan.order.order().unwrap(), [Step::Change(web()), Step::Ready(component("web")), Step::Change(key)]);
}
