//! A run as people see it: progress, ledger, question, outputs.

use std::time::Duration;

use serde_json::json;
use snapbox::{assert_data_eq, str};

use super::*;
use crate::{
    apply::{Awaited, Event, EventKind, Outcome, StepError},
    names::OutputName,
    object::{Hash, Uid},
    ownership::Paths,
    render::text,
    state::{Applied, ClusterId, Entry, Lineage, Phase, Run, State, Version},
};

pub(super) fn not_found() -> StepError {
    StepError {
        summary: "image not found: jakubborys/ditc-orders:v2".into(),
        causes: vec!["container orders of pod orders-7d9f: ImagePullBackOff\u{1b}[2J".into()],
        hint: Some("push the image, or name another tag in environments/jakub.toml".into()),
        ..StepError::default()
    }
}

pub(super) fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_763_780_000 + second).unwrap()
}

/// A run in which everything happens once.
pub(super) fn events() -> Vec<Event> {
    let orders = || component("services.orders");
    let deployment = || key("Deployment", "orders");
    let of = |key: ObjectKey| (key, Some(orders()));
    let awaited = |kind: &str, name: &str, why: &str| Awaited { key: key(kind, name), why: why.into(), cause: None };
    let (key_1, component_1) = of(deployment());
    let (key_2, component_2) = of(deployment());
    let (key_3, component_3) = of(deployment());
    let run =
        Run { id: "r".into(), operation: Operation::Apply, who: "jakub@desk".into(), since: at(0), definition: None };
    let kinds = vec![
        EventKind::RunStarted { run },
        EventKind::ChangeStarted { key: key_1, component: component_1, action: Action::Update },
        EventKind::Warning { key: Some(deployment()), text: "spec.x: deprecated since v1.30".into() },
        EventKind::ChangeFinished {
            key: key_2,
            component: component_2,
            action: Action::Update,
            elapsed: Duration::from_millis(340),
        },
        EventKind::Waiting {
            step: Step::Ready(orders()),
            on: vec![awaited("Deployment", "orders", "1 of 2 replicas are available")],
            elapsed: Duration::from_secs(10),
        },
        EventKind::Waiting {
            step: Step::Ready(orders()),
            on: (1..5).map(|number| awaited("Job", &format!("seed-{number}"), "it runs")).collect(),
            elapsed: Duration::from_secs(80),
        },
        EventKind::ComponentReady { component: orders(), elapsed: Duration::from_secs(3725) },
        EventKind::ChangeFailed { key: key_3, component: component_3, action: Action::Create, error: not_found() },
        EventKind::ComponentFailed { component: orders(), error: not_found() },
        EventKind::Skipped { step: Step::Ready(component("services.gateway")), because: Step::Ready(orders()) },
        EventKind::Interrupted,
    ];
    kinds.into_iter().enumerate().map(|(second, kind)| Event { at: at(second as i64), kind }).collect()
}

#[test]
fn progress_is_one_line_per_event() {
    let plan = image_update(&files());
    let shown = |style| events().iter().filter_map(|event| text::event(event, &plan, style)).collect::<String>();
    assert_data_eq!(
        shown(PLAIN),
        str![[r#"
jakub.services.orders/Deployment/orders: Modifying...
warning: jakub.services.orders/Deployment/orders: spec.x: deprecated since v1.30
jakub.services.orders/Deployment/orders: Modifications complete after 0s
jakub.services.orders: Still waiting... [10s elapsed] (Deployment/orders: 1 of 2 replicas are available)
jakub.services.orders: Still waiting... [1m20s elapsed] (Job/seed-1: it runs; Job/seed-2: it runs; 2 more)
jakub.services.orders: Ready after 1h2m5s
jakub.services.orders/Deployment/orders: Creation failed: image not found: jakubborys/ditc-orders:v2
  caused by: container orders of pod orders-7d9f: ImagePullBackOff/u{1b}[2J
  hint: push the image, or name another tag in environments/jakub.toml
jakub.services.orders: Failed: image not found: jakubborys/ditc-orders:v2
  caused by: container orders of pod orders-7d9f: ImagePullBackOff/u{1b}[2J
  hint: push the image, or name another tag in environments/jakub.toml
jakub.services.gateway: Skipped, because jakub.services.orders failed
Interrupted. What is under way is finished and recorded, nothing new is started.
A second Ctrl-C stops at once.

"#]]
    );
    assert_data_eq!(
        visible(&shown(COLOUR)),
        str![[r#"
<1>jakub.services.orders/Deployment/orders:</> Modifying...
<1><33>warning:</> jakub.services.orders/Deployment/orders: spec.x: deprecated since v1.30
<1>jakub.services.orders/Deployment/orders:</> Modifications complete after 0s
<1>jakub.services.orders:</> Still waiting... [10s elapsed] (Deployment/orders: 1 of 2 replicas are available)
<1>jakub.services.orders:</> Still waiting... [1m20s elapsed] (Job/seed-1: it runs; Job/seed-2: it runs; 2 more)
<1>jakub.services.orders:</> <1><32>Ready</> after 1h2m5s
<1>jakub.services.orders/Deployment/orders:</> <1><31>Creation failed:</> image not found: jakubborys/ditc-orders:v2
  <1>caused by:</> container orders of pod orders-7d9f: ImagePullBackOff/u{1b}[2J
  <1><36>hint:</> push the image, or name another tag in environments/jakub.toml
<1>jakub.services.orders:</> <1><31>Failed:</> image not found: jakubborys/ditc-orders:v2
  <1>caused by:</> container orders of pod orders-7d9f: ImagePullBackOff/u{1b}[2J
  <1><36>hint:</> push the image, or name another tag in environments/jakub.toml
<1>jakub.services.gateway:</> Skipped, because jakub.services.orders failed
<1><33>Interrupted. What is under way is finished and recorded, nothing new is started.</>
<1><33>A second Ctrl-C stops at once.</>

"#]]
    );
}

pub(super) fn broken_run() -> Outcome {
    let orders = Step::Ready(component("services.orders"));
    let gateway = || Step::Ready(component("services.gateway"));
    Outcome {
        done: BTreeSet::from([Step::Change(key("Deployment", "orders"))]),
        failed: BTreeMap::from([(orders.clone(), not_found())]),
        skipped: BTreeMap::from([(gateway(), orders)]),
        not_started: BTreeSet::from([Step::Change(key("ConfigMap", "late"))]),
        interrupted: false,
        stopped: None,
    }
}

#[test]
fn a_run_that_failed_has_a_ledger() {
    let files = files();
    let plan = image_update(&files);
    let context = Context { flags: " --context=staging", ..files.context() };
    assert_data_eq!(
        text::ledger(&broken_run(), &plan, &context, PLAIN),
        str![[r#"
Apply incomplete. 1 done, 1 failed, 1 skipped, 1 not started. Resources so far:
0 added, 1 changed, 0 destroyed.

Failed:
  jakub.services.orders: image not found: jakubborys/ditc-orders:v2
    caused by: container orders of pod orders-7d9f: ImagePullBackOff/u{1b}[2J
    hint: push the image, or name another tag in environments/jakub.toml

Skipped:
  jakub.services.gateway, because of jakub.services.orders

Not started:
  jakub/ConfigMap/late

Done:
  jakub.services.orders/Deployment/orders (update)

What is done stays done and is recorded. To go on, once the cause is gone:
  ditc apply jakub --context=staging

"#]]
    );
    let interrupted = Outcome { failed: BTreeMap::new(), skipped: BTreeMap::new(), interrupted: true, ..broken_run() };
    assert_data_eq!(
        text::ledger(&interrupted, &plan, &context, PLAIN),
        str![[r#"
Apply interrupted. 1 done, 0 failed, 0 skipped, 1 not started. Resources so far:
0 added, 1 changed, 0 destroyed.

Not started:
  jakub/ConfigMap/late

Done:
  jakub.services.orders/Deployment/orders (update)

What is done stays done and is recorded. To go on:
  ditc apply jakub --context=staging

"#]]
    );
}

#[test]
fn a_complete_run_has_totals_and_outputs() {
    let files = files();
    let mut plan = image_update(&files);
    let outcome = Outcome { done: broken_run().done, ..Outcome::default() };
    let output = |name: &str, value: Value| (OutputName::new(name).unwrap(), value);
    let values = BTreeMap::from([output("host", "postgresql".into()), output("port", 5432.into())]);
    plan.outputs.insert(component("dependencies.postgresql"), values);
    let text = text::ledger(&outcome, &plan, &files.context(), PLAIN) + "\n" + &text::outputs(&plan.outputs, PLAIN);
    assert_data_eq!(
        text,
        str![[r#"
Apply complete! Resources: 0 added, 1 changed, 0 destroyed.

Outputs:

postgresql.host = "postgresql"
postgresql.port = 5432

"#]]
    );
    plan.operation = Operation::Destroy;
    plan.changes.values_mut().for_each(|change| change.action = Action::Delete);
    let text = text::ledger(&outcome, &plan, &files.context(), PLAIN);
    assert_eq!(text, "Destroy complete! Resources: 1 destroyed.\n");
    assert_eq!(text::outputs(&BTreeMap::new(), PLAIN), "");
}

#[test]
fn the_question_names_environment_and_cluster() {
    let files = files();
    let plan = image_update(&files);
    assert_data_eq!(
        text::question(&plan, &files.context(), PLAIN),
        str![[r#"
Do you want to perform these actions in environment jakub on cluster staging?
  ditc will perform the actions described above.
  Only 'yes' will be accepted to approve.

  Enter a value: 
"#]]
    );
    let mut plan = empty(Operation::Destroy);
    for number in 0..12 {
        plan.changes.insert(key("Pod", &number.to_string()), change(None, Action::Delete, Reason::Destroyed));
    }
    assert_data_eq!(
        text::question(&plan, &files.context(), PLAIN),
        str![[r#"
Do you really want to destroy environment jakub on cluster staging?
  ditc will destroy all 12 objects shown above, with all data in them.
  There is no undo. Only 'yes' will be accepted to confirm.

  Enter a value: 
"#]]
    );
}

pub(super) fn state() -> State {
    let body = Object(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "orders"},
        "spec": {"ports": [{"port": 8000}], "selector": {"app": "orders"}}}));
    let applied = Applied {
        uid: Uid("0b7c".into()),
        desired: Hash::of_value(&body.0),
        body,
        fingerprint: None,
        owned: Paths::default(),
        yielded: Paths::default(),
        given: std::collections::BTreeMap::new(),
        round: 0,
        finished: false,
    };
    let entry =
        |phase| Entry { component: Some(component("services.orders")), api_version: "v1".into(), phase, deed: None };
    State {
        version: Version { lineage: Lineage("l".into()), serial: 3 },
        cluster: ClusterId("c".into()),
        environment: environment(),
        namespace: Namespace::new("jakub").unwrap(),
        created_namespace: true,
        components: BTreeMap::new(),
        revisions: BTreeMap::new(),
        entries: BTreeMap::from([
            (key("Service", "orders"), entry(Phase::Applied(applied))),
            (key("Deployment", "orders"), entry(Phase::Planned)),
        ]),
        partial: false,
        open: None,
        last: None,
        project: None,
        written: at(0),
    }
}

#[test]
fn the_record_is_listed_and_shown() {
    let state = state();
    assert_data_eq!(
        text::state_list(&state),
        str![[r#"
jakub.services.orders/Deployment/orders
jakub.services.orders/Service/orders

"#]]
    );
    let shown = |key: ObjectKey| text::state_show(&state, &key, &state.entries[&key], PLAIN);
    assert_data_eq!(
        shown(key("Service", "orders")),
        str![[r#"
# jakub.services.orders/Service/orders
# apiVersion: v1
# uid: 0b7c
# desired: 8aa6ac25475c3938424acc5a83070c351b6ae5275de820923748cb6b1db78854
apiVersion: v1
kind: Service
metadata:
  name: orders
spec:
  ports:
    - port: 8000
  selector:
    app: orders

"#]]
    );
    assert_data_eq!(
        shown(key("Deployment", "orders")),
        str![[r#"
# jakub.services.orders/Deployment/orders
# apiVersion: v1
# phase: planned; whether it was made is for the cluster to say

"#]]
    );
}
