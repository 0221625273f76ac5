//! What is told beside the changes of a plan.

use serde_json::json;
use snapbox::{assert_data_eq, str};

use super::{plan::creation, *};
use crate::{
    observed::Forbidden,
    plan::{Block, Blocked, By, Drift, DriftKind, DriftedField, Losing, Taken},
    render::text,
    state::Run,
};

/// Someone scaled and deleted by hand.
fn drifted(files: &Files) -> Plan {
    let mut plan = image_update(files);
    let orders = Some(component("services.orders"));
    let fields = vec![
        DriftedField {
            path: path("spec.replicas"),
            applied: Some(1.into()),
            live: Some(3.into()),
            manager: Some("kubectl".into()),
            time: Some("2026-11-21T23:10:00Z".into()),
        },
        DriftedField {
            path: path(IMAGE),
            applied: Some("orders:dev".into()),
            live: Some("orders:hack".into()),
            manager: Some("kubectl-edit".into()),
            time: None,
        },
        DriftedField {
            path: path("metadata.labels.team"),
            applied: Some("shop".into()),
            live: None,
            manager: None,
            time: None,
        },
    ];
    for (key, kind) in [
        (key("Deployment", "orders"), DriftKind::Changed(fields)),
        (key("Service", "orders"), DriftKind::Deleted),
        (key("ConfigMap", "orders"), DriftKind::Recreated),
    ] {
        plan.drift.insert(key, Drift { component: orders.clone(), kind });
    }
    plan
}

#[test]
fn drift_is_told_with_who_and_when() {
    let files = files();
    assert_data_eq!(
        shown(&drifted(&files), &files),
        str![[r#"
Note: Objects have changed outside of ditc

These differ from what ditc last applied, and ditc did not change them:

  ~ jakub.services.orders/ConfigMap/orders was deleted and created anew

  - jakub.services.orders/Service/orders was deleted

  # jakub.services.orders/Deployment/orders has changed
  ~ Deployment "orders" {
      ~ spec {
          ~ replicas = 1 -> 3  # by kubectl, 2026-11-21T23:10:00Z
          ~ template.spec.containers[name="orders"].image = "orders:dev" -> "orders:hack"  # by kubectl-edit, time not recorded
        }
      - metadata.labels.team = "shop" -> null  # by whom is not recorded
    }

──────────────────────────────────────────────────────────────────────────────

Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  # jakub.services.orders/Deployment/orders will be updated in-place
  # (the definition changed: environments/jakub.toml:6)
  ~ Deployment "orders" {
      ~ spec.template.spec.containers[name="orders"].image = "jakubborys/ditc-orders:dev" -> "jakubborys/ditc-orders:v2"
        # (14 unchanged fields hidden)
    }

Look twice at these:
  ! jakub.services.orders/Deployment/orders: undoes what kubectl-edit changed:
    spec.template.spec.containers[name="orders"].image

Plan: 0 to add, 1 to change, 0 to destroy.

"#]]
    );
}

#[test]
fn blocked_objects_say_the_ways_out() {
    let files = files();
    let mut plan = empty(Operation::Apply);
    let taken = Taken { field: ".spec.replicas".into(), manager: "helm".into() };
    let pvc = ObjectKey::new("", "PersistentVolumeClaim", Some("jakub"), "data-postgresql-0");
    let foreign = vec![key("Pod", "debug"), key("ConfigMap", "notes")];
    for (key, why) in [
        (key("Deployment", "orders"), Block::Foreign { managers: vec!["helm".into(), "kubectl".into()] }),
        (key("StatefulSet", "postgresql"), Block::Owned(vec![taken])),
        (key("Service", "orders"), Block::Invalid("spec.ports[0].port: Invalid value: 0".into())),
        (
            key("ConfigMap", "orders"),
            Block::Malformed(
                "unknown field \"dta\"\u{1b}[31m".into(),
                vec!["there is no field `.dta` (did you mean `data`?)".into()],
            ),
        ),
        (key("Pod", "x"), Block::Forbidden(Forbidden::Quota, "exceeded quota: pods".into())),
        (key("Deployment", "x"), Block::Forbidden(Forbidden::Admission, "denied by webhook".into())),
        (pvc.clone(), Block::HoldsData(Losing::Delete)),
        (pvc.clone(), Block::HoldsData(Losing::Replace(By::Server))),
        (pvc.clone(), Block::HoldsData(Losing::Going)),
        (pvc, Block::Held(BTreeSet::from([key("Deployment", "theirs"), key("Pod", "rescue"), key("Pod", "two")]))),
        (key("StatefulSet", "db"), Block::HoldsData(Losing::Renew(By::Server, "data-db-0".to_owned()))),
        (key("Secret", "db"), Block::HoldsData(Losing::Replace(By::User))),
        (key("Secret", "postgresql"), Block::SecretChanged),
        (key("Namespace", "jakub"), Block::WithForeign { others: foreign, unlisted: BTreeSet::new() }),
    ] {
        let origin = (key.name == "orders").then(|| Origin { definition: files.orders(), template: None });
        plan.blocked.push(Blocked { key, component: None, why, origin });
    }
    assert_data_eq!(
        shown(&plan, &files),
        str![[r#"
Plan: 0 to add, 0 to change, 0 to destroy.

This plan cannot be applied. 14 objects stand in the way:

  ! jakub/Deployment/orders (environments/jakub.toml:6)
    An object of this name exists, and ditc did not make it (managed by helm,
    kubectl).
    hint: give it another name in the definition
    hint: or take it over; the plan then shows what changes:
        ditc plan jakub -adopt=jakub/Deployment/orders

  ! jakub/StatefulSet/postgresql
    Others own fields that the definition sets to other values: .spec.replicas
    (helm).
    hint: take these fields out of the definition, and ditc leaves them alone
    hint: or take them from their managers:
        ditc plan jakub -force-conflicts=jakub/StatefulSet/postgresql

  ! jakub/Service/orders (environments/jakub.toml:6)
    The server refuses it: spec.ports[0].port: Invalid value: 0
    hint: correct the definition

  ! jakub/ConfigMap/orders (environments/jakub.toml:6)
    The server refuses it as it is written, and may not name every mistake at
    once: unknown field "dta"/u{1b}[31m. By the types of its kind 1 thing is
    wrong: there is no field `.dta` (did you mean `data`?)
    hint: correct the definition

  ! jakub/Pod/x
    A quota of the namespace is in the way: exceeded quota: pods
    hint: ask for less in the definition, or have the quota raised

  ! jakub/Deployment/x
    A policy of the cluster refuses it: denied by webhook
    hint: change the definition as the policy asks

  ! jakub/PersistentVolumeClaim/data-postgresql-0
    Its data would be lost, and its component is to be removed.
    hint: put its component back into the definition
    hint: or, if all data of it may be lost:
        ditc plan jakub -delete-data=jakub/PersistentVolumeClaim/data-postgresql-0

  ! jakub/PersistentVolumeClaim/data-postgresql-0
    Its data would be lost, and the server cannot change it in place.
    hint: change the definition back
    hint: or, if all data of it may be lost:
        ditc plan jakub -delete-data=jakub/PersistentVolumeClaim/data-postgresql-0

  ! jakub/PersistentVolumeClaim/data-postgresql-0
    Its data would be lost, and somebody deletes it: only the pods that use it
    still hold it.
    hint: save its data while they run
    hint: or, if all data of it may be lost:
        ditc plan jakub -delete-data=jakub/PersistentVolumeClaim/data-postgresql-0

  ! jakub/PersistentVolumeClaim/data-postgresql-0
    Pod/rescue, Pod/two and Deployment/theirs use it, and Kubernetes keeps a
    claim as long as it is used: it would be neither there nor gone.
    hint: end what uses it first, if nobody needs it:
        kubectl -n jakub scale --replicas=0 deployment/theirs
    hint: end what uses it first, if nobody needs it:
        kubectl -n jakub delete pod/rescue pod/two

  ! jakub/StatefulSet/db
    It would be made anew, since the server cannot change it in place. It then
    takes up the claims that it made before: their data stays, and so do their
    size and class, whatever it asks for.
    hint: change the definition back
    hint: to give its claims more room, where their class allows it:
        kubectl -n jakub edit persistentvolumeclaim/data-db-0
    hint: or, to make it anew while none of its pods run:
        ditc plan jakub -delete-data=jakub/StatefulSet/db

  ! jakub/Secret/db
    The data of its component cannot be opened without it, and -replace asks to
    make it anew.
    hint: leave out -replace for it
    hint: or, if all data of it may be lost:
        ditc plan jakub -delete-data=jakub/Secret/db

  ! jakub/Secret/postgresql
    It exists, and the definition asks for other keys; the values of a Secret
    are made once.
    hint: if all its values may be made anew:
        ditc plan jakub -replace=jakub/Secret/postgresql

  ! jakub/Namespace/jakub
    2 objects in namespace jakub that ditc did not make would be deleted with
    it: Pod/debug, ConfigMap/notes.
    hint: delete or move them first, then run destroy again
    hint: or delete them with it:
        ditc destroy jakub -with-foreign

"#]]
    );
    assert_data_eq!(
        text::plan(&plan, &files.context(), WIDE),
        str![[r#"
Plan: 0 to add, 0 to change, 0 to destroy.

This plan cannot be applied. 14 objects stand in the way:

  ! jakub/Deployment/orders (environments/jakub.toml:6)
    An object of this name exists, and ditc did not make it (managed by helm, kubectl).
    hint: give it another name in the definition
    hint: or take it over; the plan then shows what changes:
        ditc plan jakub -adopt=jakub/Deployment/orders

  ! jakub/StatefulSet/postgresql
    Others own fields that the definition sets to other values: .spec.replicas (helm).
    hint: take these fields out of the definition, and ditc leaves them alone
    hint: or take them from their managers:
        ditc plan jakub -force-conflicts=jakub/StatefulSet/postgresql

  ! jakub/Service/orders (environments/jakub.toml:6)
    The server refuses it: spec.ports[0].port: Invalid value: 0
    hint: correct the definition

  ! jakub/ConfigMap/orders (environments/jakub.toml:6)
    The server refuses it as it is written, and may not name every mistake at once: unknown field "dta"/u{1b}[31m. By the types of its kind 1 thing is wrong: there is no field `.dta` (did you mean
    `data`?)
    hint: correct the definition

  ! jakub/Pod/x
    A quota of the namespace is in the way: exceeded quota: pods
    hint: ask for less in the definition, or have the quota raised

  ! jakub/Deployment/x
    A policy of the cluster refuses it: denied by webhook
    hint: change the definition as the policy asks

  ! jakub/PersistentVolumeClaim/data-postgresql-0
    Its data would be lost, and its component is to be removed.
    hint: put its component back into the definition
    hint: or, if all data of it may be lost:
        ditc plan jakub -delete-data=jakub/PersistentVolumeClaim/data-postgresql-0

  ! jakub/PersistentVolumeClaim/data-postgresql-0
    Its data would be lost, and the server cannot change it in place.
    hint: change the definition back
    hint: or, if all data of it may be lost:
        ditc plan jakub -delete-data=jakub/PersistentVolumeClaim/data-postgresql-0

  ! jakub/PersistentVolumeClaim/data-postgresql-0
    Its data would be lost, and somebody deletes it: only the pods that use it still hold it.
    hint: save its data while they run
    hint: or, if all data of it may be lost:
        ditc plan jakub -delete-data=jakub/PersistentVolumeClaim/data-postgresql-0

  ! jakub/PersistentVolumeClaim/data-postgresql-0
    Pod/rescue, Pod/two and Deployment/theirs use it, and Kubernetes keeps a claim as long as it is used: it would be neither there nor gone.
    hint: end what uses it first, if nobody needs it:
        kubectl -n jakub scale --replicas=0 deployment/theirs
    hint: end what uses it first, if nobody needs it:
        kubectl -n jakub delete pod/rescue pod/two

  ! jakub/StatefulSet/db
    It would be made anew, since the server cannot change it in place. It then takes up the claims that it made before: their data stays, and so do their size and class, whatever it asks for.
    hint: change the definition back
    hint: to give its claims more room, where their class allows it:
        kubectl -n jakub edit persistentvolumeclaim/data-db-0
    hint: or, to make it anew while none of its pods run:
        ditc plan jakub -delete-data=jakub/StatefulSet/db

  ! jakub/Secret/db
    The data of its component cannot be opened without it, and -replace asks to make it anew.
    hint: leave out -replace for it
    hint: or, if all data of it may be lost:
        ditc plan jakub -delete-data=jakub/Secret/db

  ! jakub/Secret/postgresql
    It exists, and the definition asks for other keys; the values of a Secret are made once.
    hint: if all its values may be made anew:
        ditc plan jakub -replace=jakub/Secret/postgresql

  ! jakub/Namespace/jakub
    2 objects in namespace jakub that ditc did not make would be deleted with it: Pod/debug, ConfigMap/notes.
    hint: delete or move them first, then run destroy again
    hint: or delete them with it:
        ditc destroy jakub -with-foreign

"#]]
    );
}

#[test]
fn commands_lead_to_the_cluster_of_the_plan() {
    let files = files();
    let mut plan = empty(Operation::Apply);
    let why = Block::Foreign { managers: Vec::new() };
    plan.blocked.push(Blocked { key: key("Deployment", "orders"), component: None, why, origin: None });
    let shown = |flags| text::plan(&plan, &Context { flags, ..files.context() }, PLAIN);
    for flags in [" --context=staging --chdir='a b'", " --sandbox"] {
        let command = format!("ditc plan jakub -adopt=jakub/Deployment/orders{flags}\n");
        assert!(shown(flags).contains(&command), "{command}");
    }
}

#[test]
fn nothing_changes() {
    let files = files();
    assert_data_eq!(
        shown(&empty(Operation::Apply), &files),
        str![[r#"
No changes. Environment jakub matches its definition.

"#]]
    );
    assert_data_eq!(
        shown(&empty(Operation::Destroy), &files),
        str![[r#"
No changes. There is nothing of environment jakub to destroy.

"#]]
    );
}

#[test]
fn nothing_changes_and_still_there_is_something_to_say() {
    let files = files();
    let mut plan = empty(Operation::Apply);
    let waiting = Readiness::Waiting("1 of 2 replicas are available".into());
    let failed = Readiness::Failed("image not found: jakubborys/ditc-orders:v2".into());
    plan.unchanged.insert(key("Deployment", "gateway"), unchanged(Some("services.gateway"), waiting));
    plan.unchanged.insert(key("Deployment", "orders"), unchanged(Some("services.orders"), failed));
    plan.unchanged.insert(key("Service", "orders"), unchanged(Some("services.orders"), Readiness::Ready));
    plan.ignored.extend((1..8).map(|number| key("Pod", &format!("copy-{number}"))));
    plan.interrupted = Some(Run {
        id: "r".into(),
        operation: Operation::Apply,
        who: "jakub@desk".into(),
        since: "2026-11-21T23:10:00Z".parse().unwrap(),
        definition: None,
    });
    assert_data_eq!(
        shown(&plan, &files),
        str![[r#"
Note: apply by jakub@desk at 2026-11-21T23:10:00Z stopped before its end; the
next `ditc apply jakub` finishes it.

Note: Unchanged, but not ready; an apply waits for these:
  ! jakub.services.gateway/Deployment/gateway: 1 of 2 replicas are available
  ! jakub.services.orders/Deployment/orders: image not found:
    jakubborys/ditc-orders:v2

Note: 7 objects carry the label of environment jakub but not made by ditc,
and left alone: Pod/copy-1, Pod/copy-2, Pod/copy-3, Pod/copy-4, Pod/copy-5 and
2 more.

No changes. Environment jakub matches its definition.

"#]]
    );
}

#[test]
fn no_value_of_a_secret_is_shown() {
    let files = files();
    let mut plan = empty(Operation::Apply);
    let mut change = change(None, Action::Update, Reason::ChangedOutside);
    let canary = || Some("Y2FuYXJ5".into());
    let last = "metadata.annotations.kubectl|kubernetes|io/last-applied-configuration";
    change.diff.fields = vec![
        field("data.password", canary(), Some("Y2FuYXJ5Mg==".into())),
        field("stringData", None, Some(json!({"password": "Y2FuYXJ5"}))),
        field(last, canary(), None),
        field("metadata.labels.team", Some("a".into()), Some("b".into())),
    ];
    let live = DriftedField { path: path("data.password"), applied: None, live: canary(), manager: None, time: None };
    plan.drift.insert(key("Secret", "s"), Drift { component: None, kind: DriftKind::Changed(vec![live]) });
    plan.changes.insert(key("Secret", "s"), change);
    let text = shown(&plan, &files);
    assert!(!text.contains("Y2FuYXJ5"), "{text}");
    assert_data_eq!(
        text,
        str![[r#"
Note: Objects have changed outside of ditc

These differ from what ditc last applied, and ditc did not change them:

  # jakub/Secret/s has changed
  ~ Secret "s" {
      + data.password = (sensitive value)  # by whom is not recorded
    }

──────────────────────────────────────────────────────────────────────────────

Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  # jakub/Secret/s will be updated in-place
  # (it was changed outside of ditc, and the definition did not change)
  ~ Secret "s" {
      ~ data.password = (sensitive value)
      + stringData = (sensitive value)
      ~ metadata {
          - annotations["kubectl.kubernetes.io/last-applied-configuration"] = (sensitive value) -> null
          ~ labels.team = "a" -> "b"
        }
    }

Look twice at these:
  ! jakub/Secret/s: undoes what somebody changed: data.password

Plan: 0 to add, 1 to change, 0 to destroy.

"#]]
    );
}

#[test]
fn the_same_plan_is_readable_at_any_width() {
    let files = files();
    for width in [20, 40, 80, 200] {
        for colour in [false, true] {
            for plan in [image_update(&files), creation(&files), drifted(&files)] {
                let text = text::plan(&plan, &files.context(), Style { colour, width });
                assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
                assert_eq!(colour, text.contains('\u{1b}'));
            }
        }
    }
}
