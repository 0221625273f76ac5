//! Rules against rights, and plans against quotas.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    super::{After, Change, Check, Choices, Diff, Expect, FieldChange, Policy, Reason, Step, Unchanged},
    *,
};
use crate::{
    desired::{Manifest, Origin},
    diagnostic::{Sources, Span},
    graph::Graph,
    names::{ComponentId, EnvironmentName, Namespace},
    object::{FieldPath, Object, ObjectKey},
    observed::{Answer, Live, Observed, Readiness},
    ownership::Paths,
    state::{Lineage, Operation, Version},
};

fn key(kind: &str, name: &str) -> ObjectKey {
    let group = match kind {
        "Deployment" | "StatefulSet" => "apps",
        "Job" => "batch",
        _ => "",
    };
    ObjectKey::new(group, kind, (kind != "Namespace").then_some("demo"), name)
}

/// A plan of a recorded environment, without changes.
fn plan(operation: Operation) -> Plan {
    Plan {
        environment: EnvironmentName::new("demo").unwrap(),
        namespace: Namespace::new("demo").unwrap(),
        operation,
        base: Some(Version { lineage: Lineage("l".into()), serial: 1 }),
        created_namespace: true,
        changes: BTreeMap::new(),
        unchanged: BTreeMap::new(),
        drift: BTreeMap::new(),
        additions: BTreeMap::new(),
        blocked: Vec::new(),
        too_many: None,
        partial: false,
        left_out: BTreeMap::new(),
        ignored: BTreeSet::new(),
        goes_along: Vec::new(),
        taken_from: None,
        overdrawn: BTreeMap::new(),
        order: Graph::default(),
        components: BTreeMap::new(),
        outputs: BTreeMap::new(),
        revisions: BTreeMap::new(),
        unrecorded: 0,
        unlisted: BTreeSet::new(),
        interrupted: None,
        is_under_way: false,
    }
}

fn web() -> ComponentId {
    "services.web".parse().unwrap()
}

impl Plan {
    fn with(mut self, action: Action, kind: &str, name: &str, spec: Value) -> Self {
        let key = key(kind, name);
        let manifest = Manifest {
            key: key.clone(),
            component: Some(web()),
            body: Object(json!({"kind": kind, "metadata": {"name": name, "namespace": "demo"}, "spec": spec})),
            secret: None,
            origin: Origin { definition: Span::new(Sources::default().add("e.toml", ""), 0..0), template: None },
        };
        let change = Change {
            component: Some(web()),
            action,
            reason: Reason::New,
            expect: Expect::Absent,
            manifest: (action != Action::Delete).then_some(manifest),
            rolls: BTreeSet::new(),
            ends: BTreeSet::new(),
            held_by: BTreeSet::new(),
            takes_back: Vec::new(),
            regains: Vec::new(),
            gives_up: Vec::new(),
            loses: Vec::new(),
            diff: Diff::default(),
            yields: Paths::default(),
            clears: None,
            merge: None,
            check: Check::Done,
        };
        self.order.add(Step::Ready(web()));
        self.changes.insert(key, change);
        self
    }
}

fn rule(groups: &[&str], resources: &[&str], names: &[&str], verbs: &[&str]) -> Rule {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Rule { verbs: texts(verbs), groups: texts(groups), resources: texts(resources), names: texts(names) }
}

/// What ditc needs for itself.
fn own() -> Vec<Rule> {
    vec![
        rule(&[""], &["configmaps"], &[], &["create", "update"]),
        rule(&["coordination.k8s.io"], &["leases"], &[], &["create", "update"]),
    ]
}

/// What is missing, in words, when these rules come on top of what ditc needs for itself.
fn missing(plan: &Plan, rules: Vec<Rule>) -> Vec<String> {
    missing_with(plan, rules, false)
}

fn missing_with(plan: &Plan, rules: Vec<Rule>, makes_key: bool) -> Vec<String> {
    let rules: Vec<Rule> = own().into_iter().chain(rules).collect();
    let watched = |kind: &GroupKind| match kind.kind.as_str() {
        "ConfigMap" | "Secret" => None,
        "Service" => Some(GroupKind::new("discovery.k8s.io", "EndpointSlice")),
        _ => Some(kind.clone()),
    };
    let preflight = preflight(plan, &Kinds::builtin(), watched, makes_key, Some(&rules), &Room::default(), &[]);
    let words = preflight.missing_rights.iter().map(|missing| {
        let verbs: Vec<&str> = missing.verbs.iter().map(|verb| verb.word()).collect();
        let names = missing.purposes.iter().map(|purpose| match purpose {
            Purpose::Change(key) => key.name.clone(),
            Purpose::Wait(key) => format!("to wait for {}", key.name),
            Purpose::Record => "record".to_owned(),
            Purpose::Lease => "lease".to_owned(),
            Purpose::Key => "key".to_owned(),
        });
        format!("{} {}: {}", verbs.join(", "), missing.resource, names.collect::<Vec<_>>().join(", "))
    });
    words.collect()
}

fn create(kind: &str, name: &str) -> Plan {
    plan(Operation::Apply).with(Action::Create, kind, name, json!({}))
}

fn delete(kind: &str, name: &str) -> Plan {
    plan(Operation::Apply).with(Action::Delete, kind, name, json!({}))
}

const NONE: [&str; 0] = [];

#[test]
fn each_action_needs_its_own_verbs() {
    let update = plan(Operation::Apply).with(Action::Update, "ConfigMap", "a", json!({}));
    let forget = plan(Operation::Apply).with(Action::Forget, "ConfigMap", "a", json!({}));
    // The record's own rights to create and update config maps are held here.
    assert_eq!(missing(&create("ConfigMap", "a"), vec![]), ["patch configmaps: a"]);
    assert_eq!(missing(&update, vec![]), ["patch configmaps: a"]);
    assert_eq!(missing(&delete("ConfigMap", "a"), vec![]), ["delete configmaps: a"]);
    assert_eq!(missing(&forget, vec![]), NONE);
    assert_eq!(missing(&create("Secret", "a"), vec![]), ["create secrets: a"]);
}

#[test]
fn the_key_of_given_values_is_a_secret_that_is_made() {
    let plan = create("ConfigMap", "a");
    let patch = rule(&[""], &["configmaps"], &[], &["patch"]);
    assert_eq!(missing_with(&plan, vec![patch.clone()], true), ["create secrets: key"]);
    let create = rule(&[""], &["secrets"], &[], &["create"]);
    assert_eq!(missing_with(&plan, vec![patch, create], true), NONE);
}

#[test]
fn a_replacement_goes_is_waited_for_and_comes() {
    let of = |kind| plan(Operation::Apply).with(Action::Replace, kind, "a", json!({}));
    let waits = "list, watch configmaps: to wait for a";
    assert_eq!(missing(&of("ConfigMap"), vec![]), ["patch, delete configmaps: a", waits]);
    let secrets = ["create, delete secrets: a", "list, watch secrets: to wait for a"];
    assert_eq!(missing(&of("Secret"), vec![]), secrets);
    let adopted = plan(Operation::Apply).with(Action::Adopt, "ConfigMap", "a", json!({}));
    assert_eq!(missing(&adopted, vec![]), ["patch configmaps: a"]);
}

#[test]
fn what_is_needed_for_the_same_is_told_together() {
    let plan = create("Deployment", "web").with(Action::Update, "Deployment", "api", json!({}));
    let watches = rule(&["apps"], &["deployments"], &[], &["list", "watch"]);
    assert_eq!(missing(&plan, vec![watches]), ["create deployments: web", "patch deployments: api, web"]);
    assert_eq!(
        missing(&create("Deployment", "web"), vec![]),
        ["create, patch deployments: web", "list, watch deployments: to wait for web"]
    );
}

#[test]
fn wildcards_grant_what_they_stand_for() {
    let plan = create("Deployment", "web");
    for granting in [
        rule(&["*"], &["*"], &[], &["*"]),
        rule(&["apps"], &["*"], &[], &["*"]),
        rule(&["*"], &["deployments"], &[], &["create", "patch", "list", "watch"]),
    ] {
        assert_eq!(missing(&plan, vec![granting.clone()]), NONE, "{granting:?}");
    }
    for other in [
        rule(&[""], &["*"], &[], &["*"]),
        rule(&["apps"], &["deployments/status", "deployments/*", "*/scale"], &[], &["*"]),
        rule(&["apps"], &["statefulsets"], &[], &["*"]),
        rule(&["apps"], &["deployments"], &[], &["get", "list", "watch", "update", "delete"]),
    ] {
        assert!(!missing(&plan, vec![other.clone()]).is_empty(), "{other:?}");
    }
}

#[test]
fn several_rules_grant_together() {
    let rules = vec![
        rule(&["apps"], &["deployments"], &[], &["create", "list"]),
        rule(&["apps"], &["deployments"], &["web"], &["patch"]),
        rule(&["extensions", "apps"], &["replicasets", "deployments"], &[], &["watch"]),
    ];
    assert_eq!(missing(&create("Deployment", "web"), rules), NONE);
}

#[test]
fn a_rule_with_names_grants_only_what_names_them() {
    let named = |verbs: &[&str]| vec![rule(&[""], &["configmaps", "secrets"], &["a"], verbs)];
    assert_eq!(missing(&delete("ConfigMap", "a"), named(&["delete"])), NONE);
    assert_eq!(missing(&delete("ConfigMap", "b"), named(&["delete"])), ["delete configmaps: b"]);
    // An apply names what it creates, a POST does not.
    assert_eq!(missing(&create("ConfigMap", "a"), named(&["create", "patch"])), NONE);
    assert_eq!(missing(&create("Secret", "a"), named(&["create"])), ["create secrets: a"]);
    // A list names nothing.
    let claim = vec![rule(&[""], &["persistentvolumeclaims"], &["a"], &["*"])];
    let waits = ["list, watch persistentvolumeclaims: to wait for a"];
    assert_eq!(missing(&delete("PersistentVolumeClaim", "a"), claim), waits);
}

#[test]
fn pods_that_end_for_a_claim_are_found_by_what_stands_between() {
    let mut plan = delete("PersistentVolumeClaim", "a");
    let claim = plan.changes.get_mut(&key("PersistentVolumeClaim", "a")).unwrap();
    claim.ends = BTreeSet::from([key("Deployment", "web"), key("StatefulSet", "db")]);
    let rights = || vec![rule(&[""], &["persistentvolumeclaims", "pods"], &[], &["*"])];
    assert_eq!(missing(&plan, rights()), ["list, watch replicasets: to wait for a"]);
    let all = vec![rule(&["apps"], &["replicasets"], &[], &["list", "watch"])];
    assert_eq!(missing(&plan, [rights(), all].concat()), NONE);
}

#[test]
fn services_that_stay_are_waited_for_with_their_workload() {
    let mut plan = plan(Operation::Apply).with(Action::Update, "Deployment", "web", json!({}));
    let service = Unchanged {
        component: Some(web()),
        body: Object(json!({"kind": "Service"})),
        readiness: Readiness::Ready,
        learned: None,
    };
    plan.unchanged.insert(key("Service", "web"), service);
    let apps = vec![rule(&["apps"], &["*"], &[], &["*"])];
    assert_eq!(missing(&plan, apps), ["list, watch endpointslices: to wait for web"]);
}

#[test]
fn the_record_and_the_lease_need_rights_of_their_own() {
    let all = rule(&["apps"], &["*"], &[], &["*"]);
    let judge = |plan: &Plan| {
        let watched = |_: &GroupKind| None;
        let rules = std::slice::from_ref(&all);
        let found = preflight(plan, &Kinds::builtin(), watched, false, Some(rules), &Room::default(), &[]);
        let words = found.missing_rights.into_iter().map(|missing| (missing.resource, missing.verbs.len()));
        words.collect::<Vec<_>>()
    };
    let mut plan = create("Deployment", "web");
    assert_eq!(judge(&plan), [("configmaps".to_owned(), 1), ("leases".to_owned(), 2)]);
    plan.base = None;
    assert_eq!(judge(&plan), [("configmaps".to_owned(), 2), ("leases".to_owned(), 2)]);
}

#[test]
fn rights_may_come_with_a_new_namespace_but_not_the_right_to_make_it() {
    let plan = create("Namespace", "demo").with(Action::Create, "Deployment", "web", json!({}));
    let judge = |rules: &[Rule]| {
        preflight(&plan, &Kinds::builtin(), |_| None, false, Some(rules), &Room::default(), &[]).is_hopeless()
    };
    assert!(!judge(&[rule(&[""], &["namespaces"], &[], &["create"])]));
    assert!(judge(&[rule(&["apps", "", "coordination.k8s.io"], &["deployments"], &[], &["*"])]));
}

#[test]
fn what_is_not_known_is_not_missing() {
    let found = preflight(&create("Service", "a"), &Kinds::builtin(), |_| None, false, None, &Room::default(), &[]);
    assert!(found.is_clear() && !found.is_hopeless());
    // No right can be named for a kind that the server does not serve.
    let widget = ObjectKey::new("example.com", "Widget", Some("demo"), "a");
    let mut plan = create("ConfigMap", "a");
    let change = plan.changes.pop_first().unwrap().1;
    plan.changes.insert(widget, change);
    assert_eq!(missing(&plan, vec![]), NONE);
}

/// A Deployment's spec: replicas, and what each pod asks for.
fn deployment(replicas: u32, cpu: &str) -> Value {
    json!({"replicas": replicas, "template": {"spec": {
        "containers": [{"name": "web", "resources": {"requests": {"cpu": cpu}}}]}}})
}

/// The demand of a plan, as `name=amount`, without what ditc needs for itself.
fn demand_of(plan: &Plan, live: Vec<Object>, answers: Vec<Object>) -> Vec<String> {
    let with_key = |object: Object| (key(object.kind().unwrap(), object.name().unwrap()), object);
    let answers = answers.into_iter().map(with_key);
    let answers = answers.map(|(key, object)| (key, Answer::Accepted(Box::new(object)))).collect();
    let objects = live.into_iter().map(with_key).map(|(key, object)| (key, Live::Present(object))).collect();
    let input = Input {
        environment: &plan.environment,
        namespace: &plan.namespace,
        operation: plan.operation,
        desired: None,
        state: None,
        observed: &Observed { objects, ..Observed::default() },
        answers: &answers,
        readiness: &BTreeMap::new(),
        autoscalers: &[],
        choices: &Choices::default(),
        policy: &Policy {
            max_destroy: 10,
            controllers: BTreeSet::new(),
            check_namespace: Namespace::new("default").unwrap(),
        },
    };
    let Room { demand, freed: _ } = room(&input, plan, &Kinds::builtin());
    let told = demand.iter().filter(|(name, _)| *name != "count/leases.coordination.k8s.io");
    told.map(|(name, quantity)| format!("{name}={quantity}")).collect()
}

fn live(kind: &str, spec: Value) -> Object {
    Object(json!({"kind": kind, "metadata": {"name": "web"}, "spec": spec}))
}

/// The demand of an update of Deployment `web`, whose pods roll if the template changes.
fn rolled(before: Value, after: Value) -> Vec<String> {
    let mut plan = plan(Operation::Apply).with(Action::Update, "Deployment", "web", after.clone());
    if before["template"] != after["template"] || before["strategy"] != after["strategy"] {
        let path = FieldPath::fields(&["spec", "template", "spec"]);
        let change = plan.changes.get_mut(&key("Deployment", "web")).unwrap();
        change.diff.fields.push(FieldChange { path, before: None, after: After::Absent });
    }
    let told = demand_of(&plan, vec![live("Deployment", before)], vec![]);
    told.into_iter().filter(|line| line.starts_with("pods") || line.starts_with("requests.cpu")).collect()
}

#[test]
fn a_new_deployment_brings_its_pods_and_a_replica_set() {
    let plan = plan(Operation::Apply).with(Action::Create, "Deployment", "web", deployment(3, "500m"));
    assert_eq!(
        demand_of(&plan, vec![], vec![]),
        [
            "count/deployments.apps=1",
            "count/pods=3",
            "count/replicasets.apps=1",
            "cpu=1500m",
            "pods=3",
            "requests.cpu=1500m"
        ]
    );
}

#[test]
fn a_rollout_needs_room_for_its_surge() {
    // 25% of 5 are rounded up.
    assert_eq!(rolled(deployment(5, "100m"), deployment(5, "200m")), ["pods=2", "requests.cpu=700m"]);
    // Fewer and smaller pods, yet the first comes before the last goes.
    assert_eq!(rolled(deployment(3, "500m"), deployment(3, "100m")), ["pods=1", "requests.cpu=100m"]);
    assert_eq!(rolled(deployment(3, "100m"), deployment(3, "100m")), NONE);
    assert_eq!(rolled(deployment(2, "100m"), deployment(5, "100m")), ["pods=3", "requests.cpu=300m"]);
    assert_eq!(rolled(deployment(5, "100m"), deployment(2, "100m")), NONE);
}

#[test]
fn the_strategy_decides_how_many_come_first() {
    let with = |strategy: Value, cpu: &str| {
        let mut spec = deployment(4, cpu);
        spec["strategy"] = strategy;
        spec
    };
    let recreate = with(json!({"type": "Recreate"}), "200m");
    assert_eq!(rolled(deployment(4, "100m"), recreate), ["requests.cpu=400m"]);
    let none = with(json!({"rollingUpdate": {"maxSurge": 0}}), "200m");
    assert_eq!(rolled(deployment(4, "100m"), none), ["requests.cpu=400m"]);
    let all = with(json!({"rollingUpdate": {"maxSurge": "100%"}}), "100m");
    assert_eq!(rolled(deployment(4, "100m"), all), ["pods=4", "requests.cpu=400m"]);
}

#[test]
fn what_is_replaced_goes_before_it_comes() {
    let replace = plan(Operation::Apply).with(Action::Replace, "StatefulSet", "web", deployment(2, "300m"));
    let told = demand_of(&replace, vec![live("StatefulSet", deployment(2, "200m"))], vec![]);
    assert_eq!(told, ["cpu=200m", "requests.cpu=200m"]);
}

#[test]
fn replicas_that_are_not_given_stay_as_they_are() {
    let mut after = deployment(0, "100m");
    after.as_object_mut().unwrap().remove("replicas");
    assert_eq!(rolled(deployment(8, "50m"), after.clone()), ["pods=2", "requests.cpu=500m"]);
    let plan = plan(Operation::Apply).with(Action::Create, "Deployment", "web", after);
    assert!(demand_of(&plan, vec![], vec![]).contains(&"pods=1".to_owned()));
}

#[test]
fn the_answer_of_the_server_has_what_the_file_leaves_out() {
    let plan = plan(Operation::Apply).with(Action::Create, "Deployment", "web", deployment(1, "100m"));
    let told = demand_of(&plan, vec![], vec![live("Deployment", deployment(2, "100m"))]);
    assert!(told.contains(&"pods=2".to_owned()), "{told:?}");
}

#[test]
fn a_pod_counts_for_its_hungriest_moment() {
    let asks = |amount: &str| json!({"requests": {"memory": amount}});
    let spec = json!({
        "initContainers": [
            {"resources": asks("100Mi")},
            {"resources": asks("50Mi"), "restartPolicy": "Always"},
            {"resources": asks("300Mi")},
        ],
        "containers": [{"resources": asks("120Mi")}, {"resources": {"limits": {"memory": "80Mi"}}}],
    });
    let amount = |spec: &Value, name: &str| pods::pod(spec)[name].to_string();
    assert_eq!(amount(&spec, "requests.memory"), "350Mi");
    assert_eq!(amount(&spec, "memory"), "350Mi");
    assert_eq!(amount(&spec, "limits.memory"), "80Mi");
    let plain = json!({"containers": spec["containers"], "overhead": {"memory": "10Mi"}});
    assert_eq!(amount(&plain, "requests.memory"), "210Mi");
    let whole = json!({"containers": spec["containers"], "resources": asks("500Mi")});
    assert_eq!(amount(&whole, "requests.memory"), "500Mi");
}

#[test]
fn a_stateful_set_brings_claims_and_no_surge() {
    let storage =
        |class: Value| json!({"spec": {"storageClassName": class, "resources": {"requests": {"storage": "1Gi"}}}});
    let spec = json!({"replicas": 2, "template": {"spec": {"containers": []}},
        "volumeClaimTemplates": [storage(json!("fast")), storage(Value::Null)]});
    let plan = plan(Operation::Apply).with(Action::Create, "StatefulSet", "web", spec);
    assert_eq!(
        demand_of(&plan, vec![], vec![]),
        [
            "count/controllerrevisions.apps=1",
            "count/persistentvolumeclaims=4",
            "count/pods=2",
            "count/statefulsets.apps=1",
            "fast.storageclass.storage.k8s.io/persistentvolumeclaims=2",
            "fast.storageclass.storage.k8s.io/requests.storage=2Gi",
            "persistentvolumeclaims=4",
            "pods=2",
            "requests.storage=4Gi"
        ]
    );
}

#[test]
fn services_count_their_ports_and_claims_their_storage() {
    let nodes = json!({"type": "NodePort", "ports": [{"port": 80}, {"port": 443}]});
    let create = plan(Operation::Apply).with(Action::Create, "Service", "web", nodes.clone());
    assert_eq!(demand_of(&create, vec![], vec![]), ["count/services=1", "services=1", "services.nodeports=2"]);
    let inner = live("Service", json!({"ports": [{"port": 80}, {"port": 443}]}));
    let update = plan(Operation::Apply).with(Action::Update, "Service", "web", nodes.clone());
    assert_eq!(demand_of(&update, vec![inner], vec![]), ["services.nodeports=2"]);
    let inner = plan(Operation::Apply).with(Action::Update, "Service", "web", json!({"ports": [{"port": 80}]}));
    assert_eq!(demand_of(&inner, vec![live("Service", nodes)], vec![]), NONE);

    let claim = |size: &str| json!({"resources": {"requests": {"storage": size}}});
    let grows = plan(Operation::Apply).with(Action::Update, "PersistentVolumeClaim", "web", claim("3Gi"));
    let before = live("PersistentVolumeClaim", claim("1Gi"));
    assert_eq!(demand_of(&grows, vec![before], vec![]), ["requests.storage=2Gi"]);
}

#[test]
fn the_record_is_one_more_config_map_where_there_is_none() {
    let mut plan = create("ConfigMap", "a");
    assert_eq!(demand_of(&plan, vec![], vec![]), ["configmaps=1", "count/configmaps=1"]);
    plan.base = None;
    assert_eq!(demand_of(&plan, vec![], vec![]), ["configmaps=2", "count/configmaps=2"]);
    let mut goes = delete("Deployment", "web");
    goes.base = None;
    assert_eq!(demand_of(&goes, vec![], vec![]), NONE, "no quota need be asked for");
}

/// A quota as the server shows it.
fn quota(spec: Value, hard: Value, used: Value) -> Option<Quota> {
    Quota::read(&Object(json!({"metadata": {"name": "q"}, "spec": spec, "status": {"hard": hard, "used": used}})))
}

#[test]
fn a_quota_without_room_is_told() {
    let hard = json!({"pods": "5", "requests.cpu": "2", "limits.cpu": "1", "secrets": "3"});
    let used = json!({"pods": "4", "requests.cpu": "1500m", "limits.cpu": "2", "secrets": "1"});
    let quota = quota(json!({}), hard, used).unwrap();
    let amount = |text: &str| Quantity::parse(text).unwrap();
    let demand: Demand = [("pods", "3"), ("requests.cpu", "500m"), ("limits.cpu", "1m"), ("secrets", "2")]
        .map(|(name, quantity)| (name.to_owned(), amount(quantity)))
        .into();
    let freed = [("a", "pods", "1"), ("b", "pods", "2"), ("c", "secrets", "1")].map(|(name, resource, number)| {
        (key("Deployment", name), Demand::from([(resource.to_owned(), amount(number))]))
    });
    let freed = BTreeMap::from(freed);
    let told = quota.shortfalls(&demand, &freed).map(|shortfall| {
        let Shortfall { quota, resource, limit, needs, frees, by } = shortfall;
        format!("{quota}: {} of {} {resource}, needs {needs}, frees {frees} by {}", limit.left(), limit.hard, by.len())
    });
    // What fits exactly, fits; a quota that is overdrawn already leaves nothing.
    let expected = ["q: 0 of 1 limits.cpu, needs 1m, frees 0 by 0", "q: 1 of 5 pods, needs 3, frees 3 by 2"];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn a_quota_that_may_not_hold_for_the_plan_is_not_read() {
    let pods = || json!({"pods": "1"});
    assert!(quota(json!({"scopes": ["BestEffort"]}), pods(), pods()).is_none());
    assert!(quota(json!({"scopeSelector": {"matchExpressions": []}}), pods(), pods()).is_none());
    assert!(Quota::read(&Object(json!({"metadata": {"name": "q"}, "spec": {"hard": pods()}}))).is_none());
    assert!(quota(json!({"scopes": []}), pods(), pods()).is_some());
}

#[test]
fn a_quota_is_judged_as_the_plan_leaves_it() {
    let there = [quota(json!({}), json!({"pods": "5", "secrets": "3"}), json!({"pods": "4", "secrets": "3"})).unwrap()];
    let hard = |pods: &str| json!({"hard": {"pods": pods}});
    let told = |pods: &str, is_first: bool| {
        let plan = plan(Operation::Apply).with(Action::Update, "ResourceQuota", "q", hard(pods));
        let mut plan = plan.with(Action::Create, "Deployment", "web", deployment(1, "1"));
        if is_first {
            let [quota, web] = [key("ResourceQuota", "q"), key("Deployment", "web")].map(Step::Change);
            plan.order.need(web, quota);
        }
        let limits = super::quota::changed(&plan, &there)[0].limits.clone();
        limits.iter().map(|(resource, limit)| format!("{resource}={}", limit.hard)).collect::<Vec<_>>()
    };
    assert_eq!(told("2", true), ["pods=2"]);
    assert_eq!(told("9", true), ["pods=9"]);
    // Who does not wait for it may find the old one, and may find the new one.
    assert_eq!(told("2", false), ["pods=2", "secrets=3"]);
    assert_eq!(told("9", false), ["pods=5", "secrets=3"]);
}

#[test]
fn kinds_that_may_not_be_listed_are_named_once() {
    let kinds = Kinds::builtin();
    let wanted = [("", "Secret"), ("", "Secret"), ("", "ConfigMap"), ("apps", "Deployment"), ("", "Namespace")]
        .map(|(group, kind)| GroupKind::new(group, kind));
    let rule = |verb: &str, resource: &str, names: &[&str]| Rule {
        verbs: vec![verb.to_owned()],
        groups: vec!["*".to_owned()],
        resources: vec![resource.to_owned()],
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    // Neither a right to read nor one to a single name is a right to list.
    let rules = [rule("list", "configmaps", &[]), rule("get", "secrets", &[]), rule("list", "deployments", &["web"])];
    let told: Vec<String> = super::not_listable(wanted.iter(), &kinds, &rules).into_values().collect();
    assert_eq!(told, ["secrets", "deployments.apps"]);
}
