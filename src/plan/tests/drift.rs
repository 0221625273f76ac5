//! What a report makes of an environment: the record against what is there, and nothing else.

use super::*;
use crate::{
    plan::{Report, Strict, Surroundings, Verdict, as_recorded, questions_of_report, report},
    state::Deed,
};

impl Scene {
    /// The report, where the files would ask for something else altogether.
    fn report(self) -> Report {
        self.report_in(Surroundings { has_file: true, has_record: true, unlisted: BTreeSet::new() })
    }

    fn report_in(mut self, surroundings: Surroundings) -> Report {
        for key in self.state.entries.keys() {
            self.observed.objects.entry(key.clone()).or_insert(Live::Absent);
        }
        let (desired, state) = as_recorded(&self.state);
        let (readiness, others) = (BTreeMap::new(), std::mem::take(&mut self.observed.others));
        let input = Input {
            environment: &self.desired.environment,
            namespace: &self.desired.namespace,
            operation: Operation::Apply,
            desired: Some(&desired),
            state: Some(&state),
            observed: &self.observed,
            answers: &self.answers,
            readiness: &readiness,
            autoscalers: &self.autoscalers,
            choices: &self.choices,
            policy: &self.policy,
        };
        let asked: Vec<ObjectKey> = questions_of_report(&input).into_keys().collect();
        assert_eq!(asked, self.answers.keys().cloned().collect::<Vec<_>>(), "exactly the questions that have answers");
        let plan = crate::plan::plan(&input);
        assert_eq!(audit(&input, None, &plan), Vec::<String>::new());
        let observed = Observed { others, ..self.observed.clone() };
        report(&Input { observed: &observed, ..input }, &plan, &self.state, surroundings)
    }

    fn others(mut self, object: Object) -> Self {
        self.observed.others.push(object);
        self
    }
}

/// `web`, recorded and seen with this image by ditc.
fn kept() -> Scene {
    Scene::new().recorded("a", "u").sees(live(&body("a"), "u"))
}

fn moved(report: &Report) -> &DriftKind {
    &report.drift.get(&web()).unwrap_or_else(|| panic!("drift of web in {report:?}")).kind
}

#[track_caller]
fn is_clean(report: &Report) {
    assert_eq!(report.verdict(Strict::Yes), Verdict::Clean, "{report:?}");
}

#[test]
fn what_is_as_recorded_is_clean_whatever_is_desired() {
    is_clean(&kept().report());
    is_clean(&kept().wants("b").report());
}

#[test]
fn a_field_that_was_left_to_a_controller_is_not_compared() {
    let (_, there) = scaled("kube-controller-manager");
    let mut scene = Scene::new().recorded("a", "u").sees(there);
    let Some(Phase::Applied(applied)) = scene.state.entries.get_mut(&web()).map(|entry| &mut entry.phase) else {
        panic!("it was applied");
    };
    applied.yielded.insert(&FieldPath::fields(&["spec", "replicas"]).0);
    applied.desired = Hash::of(b"the whole manifest");
    is_clean(&scene.report());
}

#[test]
fn an_object_that_is_gone_is_not_asked_about() {
    let report = Scene::new().recorded("a", "u").report();
    assert_eq!((moved(&report), report.verdict(Strict::No)), (&DriftKind::Deleted, Verdict::Drift));
}

#[test]
fn a_job_that_ran_to_its_end_may_be_gone() {
    let mut scene = Scene::new().recorded("a", "u");
    if let Some(Phase::Applied(applied)) = scene.state.entries.get_mut(&web()).map(|entry| &mut entry.phase) {
        applied.finished = true;
    }
    is_clean(&scene.report());
}

#[test]
fn a_field_is_told_with_both_values_and_the_hand() {
    let there = taken(live(&body("a"), "u"), "hand");
    let report = Scene::new().recorded("a", "u").sees(there).accepts(live(&body("a"), "u")).report();
    let DriftKind::Changed(fields) = moved(&report) else { panic!("fields") };
    assert_eq!((&fields[0].applied, &fields[0].live), (&Some(json!("a")), &Some(json!("hand"))));
    assert_eq!(fields[0].manager.as_deref(), Some("kubectl-set"));
}

#[test]
fn a_field_that_was_set_back_is_told_by_its_owner() {
    let there = taken(live(&body("a"), "u"), "a");
    let report = Scene::new().recorded("a", "u").sees(there).accepts(live(&body("a"), "u")).report();
    let DriftKind::Changed(fields) = moved(&report) else { panic!("fields") };
    assert_eq!((fields[0].path.to_string().as_str(), &fields[0].applied), (".spec.image", &fields[0].live));
}

#[test]
fn without_an_answer_the_paths_tell_and_else_it_is_unknown() {
    let no_right = || Answer::NotAsked(Why::NoRight);
    let there = taken(live(&body("a"), "u"), "hand");
    let report = Scene::new().recorded("a", "u").sees(there).answers(no_right()).report();
    assert!(matches!(moved(&report), DriftKind::Changed(fields) if fields.len() == 1), "{report:?}");

    let mut removed = live(&body("a"), "u");
    removed.0["spec"] = json!({});
    removed.0["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"] = json!({});
    let report = Scene::new().recorded("a", "u").sees(removed).answers(no_right()).report();
    assert!(matches!(moved(&report), DriftKind::Changed(fields) if fields[0].live.is_none()), "{report:?}");

    // Another spelling of the same value, or another value: nobody can say without the server.
    let mut spelled = live(&body("a"), "u");
    spelled.0["spec"]["image"] = json!("docker.io/a");
    let refused = || Answer::Refused(Refusal::Malformed("no such field".into()));
    for answer in [no_right(), refused()] {
        let report = Scene::new().recorded("a", "u").sees(spelled.clone()).answers(answer).report();
        assert_eq!((report.drift.len(), report.unknown.len()), (0, 1));
        assert_eq!(report.verdict(Strict::No), Verdict::Unknown);
    }
}

#[test]
fn another_object_of_the_same_name_is_ours_or_not() {
    let again = live(&body("a"), "other");
    let report = Scene::new().recorded("a", "u").sees(again.clone()).accepts(again).report();
    assert_eq!(moved(&report), &DriftKind::Recreated, "although it is equal in every field");

    let mut theirs = live(&body("a"), "f");
    theirs.0["metadata"]["managedFields"][0]["manager"] = json!("helm");
    let report = Scene::new().recorded("a", "u").sees(theirs.clone()).others(theirs).report();
    assert_eq!(moved(&report), &DriftKind::Replaced(vec!["helm".into()]));
    assert!(report.foreign.is_empty(), "it is told once");
}

#[test]
fn what_is_being_deleted_is_told() {
    let mut going = live(&body("a"), "u");
    going.0["metadata"]["deletionTimestamp"] = json!("2026-01-02T03:04:05Z");
    assert_eq!(moved(&Scene::new().recorded("a", "u").sees(going).report()), &DriftKind::Terminating);
}

#[test]
fn objects_of_nobody_and_of_no_record_are_drift() {
    let pod = |name: &str| {
        let pod =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "demo", "uid": name}});
        let mut pod = Object(pod);
        own(&mut pod, "kubectl-run", "Update", &json!({"f:spec": {}}));
        pod
    };
    let mut owned = pod("web-1");
    owned.0["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "uid": "r", "controller": true}]);
    let config = |name: &str| {
        Object(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "demo", "uid": name}}),
        )
    };
    let quiet = || kept().others(owned.clone()).others(config("ditc")).others(config("kube-root-ca.crt"));
    is_clean(&quiet().report());
    let report = quiet().others(pod("debug")).report();
    assert_eq!(report.foreign.values().collect::<Vec<_>>(), [&["kubectl-run"]]);
    assert_eq!(report.verdict(Strict::No), Verdict::Drift);

    let mut copy = live(&body("a"), "c");
    copy.0["metadata"]["name"] = json!("copy");
    let report = kept().others(copy).report();
    assert_eq!(report.drift.values().map(|drift| &drift.kind).collect::<Vec<_>>(), [&DriftKind::Leftover]);
}

#[test]
fn what_others_add_is_told_and_counts_only_where_that_is_wanted() {
    let with = |manager: &str, subresource: &str| {
        let mut there = live(&body("a"), "u");
        there.0["metadata"]["annotations"] = json!({"x": "y"});
        let fields = json!({"f:metadata": {"f:annotations": {".": {}, "f:x": {}}}, "f:status": {"f:phase": {}}});
        own(&mut there, manager, "Update", &fields);
        there.0["metadata"]["managedFields"][1]["subresource"] = json!(subresource);
        Scene::new().recorded("a", "u").sees(there).report()
    };
    let report = with("kubectl-annotate", "");
    let fields = &report.additions[&web()].fields;
    assert_eq!((fields.len(), fields[0].path.to_string().as_str()), (1, ".metadata.annotations.x"));
    assert_eq!((&fields[0].value, fields[0].manager.as_str()), (&Some(json!("y")), "kubectl-annotate"));
    assert_eq!((report.verdict(Strict::No), report.verdict(Strict::Yes)), (Verdict::Clean, Verdict::Drift));
    is_clean(&with("kube-controller-manager", ""));
    is_clean(&with("kubelet", ""));
    is_clean(&with("kubectl-annotate", "status"));
}

#[test]
fn the_label_that_the_server_gives_a_namespace_is_nobodys() {
    let mut scene = Scene::new();
    let Some(Live::Present(there)) = scene.observed.objects.get_mut(&namespace_key()) else { panic!("it is there") };
    there.0["metadata"]["labels"]["kubernetes.io/metadata.name"] = json!("demo");
    there.0["metadata"]["labels"]["team"] = json!("shop");
    let labels = json!({".": {}, "f:kubernetes.io/metadata.name": {}, "f:team": {}});
    own(there, "kubectl-create", "Update", &json!({"f:metadata": {"f:labels": labels}}));
    let report = scene.report();
    let paths: Vec<String> =
        report.additions[&namespace_key()].fields.iter().map(|field| field.path.to_string()).collect();
    assert_eq!(paths, [".metadata.labels.team"]);
}

/// `web` as a run left it that stopped, which meant to set another image.
fn stopped(there: Object) -> Scene {
    let mut scene = Scene::new().recorded("a", "u").sees(there).accepts(live(&body("a"), "u"));
    scene.state.open = Some(Run {
        id: "r".into(),
        operation: Operation::Apply,
        who: "jakub@host".into(),
        since: Timestamp::UNIX_EPOCH,
        definition: None,
    });
    scene.state.entries.get_mut(&web()).expect("it is recorded").deed = Some(Deed::Update);
    scene
}

#[test]
fn what_a_run_wrote_that_stopped_is_told_as_its_own() {
    let hand = |scene: Scene| {
        let report = scene.report();
        let DriftKind::Changed(fields) = moved(&report) else { panic!("fields") };
        let [field] = fields.as_slice() else { panic!("one field: {fields:?}") };
        assert_eq!(field.is_by_run(), !report.drift[&web()].is_outside());
        (field.manager.clone(), field.time.clone())
    };
    let time = Some("2026-01-02T03:04:05Z".to_owned());
    let written = live(&body("b"), "u");
    assert_eq!(hand(stopped(written.clone())), (Some("ditc".into()), time.clone()));
    // A hand that took it since is told, and so is that nobody knows where no run is open, or meant it.
    assert_eq!(hand(stopped(taken(live(&body("a"), "u"), "b"))), (Some("kubectl-set".into()), time));
    let mut closed = stopped(written.clone());
    closed.state.open = None;
    assert_eq!(hand(closed), (None, None));
    let mut other = stopped(written);
    other.state.entries.get_mut(&web()).expect("it is recorded").deed = None;
    assert_eq!(hand(other), (None, None));
}

#[test]
fn what_a_run_removed_that_stopped_is_told_as_its_own_where_it_wrote_too() {
    let with = |fields: &[&str]| {
        let mut object = body("a");
        fields.iter().for_each(|name| object.0["spec"][*name] = json!(1));
        let mut object = live(&object, "u");
        let owned = &mut object.0["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
        fields.iter().for_each(|name| owned[format!("f:{name}")] = json!({}));
        object
    };
    let of = |there: Object| {
        let mut scene = stopped(there);
        let before = with(&["old"]);
        let mut manifest = manifest(web(), body("a"), Some(component("web")));
        manifest.body.0["spec"]["old"] = json!(1);
        let applied = known(&manifest, &Paths::default(), &before).unwrap();
        scene.state.entries.get_mut(&web()).expect("it is recorded").phase = Phase::Applied(applied);
        scene.accepts(before).report()
    };
    let hands = |report: &Report| {
        let DriftKind::Changed(fields) = moved(report) else { panic!("fields") };
        fields.iter().map(|field| (field.path.to_string(), field.manager.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(hands(&of(with(&["new"]))), [(".spec.new".to_owned(), true), (".spec.old".to_owned(), true)]);
    // A field that is gone has no owner that could tell a hand from the run.
    assert_eq!(hands(&of(with(&[]))), [(".spec.old".to_owned(), false)]);
}

#[test]
fn an_item_that_others_add_to_a_list_is_one_addition_and_none_of_ours() {
    let mut there = live(&body("a"), "u");
    let item = json!({".": {}, "f:name": {}, "f:image": {}});
    there.0["spec"]["sidecars"] = json!([{"name": "proxy", "image": "envoy"}]);
    let fields = json!({"f:spec": {"f:sidecars": {"k:{\"name\":\"proxy\"}": item}, "f:image": {}}});
    own(&mut there, "istio", "Update", &fields);
    let report = Scene::new().recorded("a", "u").sees(there.clone()).report();
    let paths: Vec<String> = report.additions[&web()].fields.iter().map(|field| field.path.to_string()).collect();
    assert_eq!(paths, [".spec.sidecars[name=\"proxy\"]"]);
    // Another one writes into the item: it is told once.
    let image = json!({"f:spec": {"f:sidecars": {"k:{\"name\":\"proxy\"}": {"f:image": {}}}}});
    own(&mut there, "upgrader", "Update", &image);
    let report = Scene::new().recorded("a", "u").sees(there).report();
    let paths: Vec<String> = report.additions[&web()].fields.iter().map(|field| field.path.to_string()).collect();
    assert_eq!(paths, [".spec.sidecars[name=\"proxy\"]"]);
}

#[test]
fn what_a_dead_run_left_half_done_is_not_compared() {
    let mut scene = kept();
    let entry = Entry { component: None, api_version: "v1".into(), phase: Phase::Planned, deed: None };
    let half = ObjectKey::new("", "Service", Some("demo"), "half");
    scene.state.entries.insert(half.clone(), entry);
    scene.state.open = Some(Run {
        id: "r".into(),
        operation: Operation::Apply,
        who: "jakub@desk".into(),
        since: Timestamp::UNIX_EPOCH,
        definition: None,
    });
    let report = scene.report();
    assert_eq!((report.drift.len(), report.unfinished.keys().collect::<Vec<_>>()), (0, vec![&half]));
    assert_eq!(report.verdict(Strict::No), Verdict::Drift);
}

#[test]
fn what_surrounds_it_counts_too() {
    let all = BTreeSet::from([crate::object::GroupKind::new("batch", "Job")]);
    for (has_file, has_record, unlisted, verdict) in [
        (true, true, BTreeSet::new(), Verdict::Clean),
        (false, true, BTreeSet::new(), Verdict::Drift),
        (true, false, BTreeSet::new(), Verdict::Drift),
        (false, true, all, Verdict::Unknown),
    ] {
        let report = kept().report_in(Surroundings { has_file, has_record, unlisted });
        assert_eq!(report.verdict(Strict::No), verdict);
    }
    let mut scene = kept();
    let namespace = scene.observed.objects[&namespace_key()].object().unwrap().clone();
    let mut other = namespace.clone();
    other.0["metadata"]["name"] = json!("demo-2");
    scene.observed.elsewhere = vec![other];
    let report = scene.report();
    assert_eq!((report.elsewhere.as_slice(), report.verdict(Strict::No)), (&["demo-2".to_owned()][..], Verdict::Drift));
}
