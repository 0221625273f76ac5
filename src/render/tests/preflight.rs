//! What would stop a run, as people and machines read it.

use snapbox::{IntoData, assert_data_eq, str};

use super::{run::at, *};
use crate::{
    plan::{Limit, MissingRight, Preflight, Purpose, Scope, Shortfall, Verb},
    quantity::Quantity,
    render::{json, text},
};

fn right(group: &str, resource: &str, verbs: &[Verb], purposes: Vec<Purpose>) -> MissingRight {
    let scope = if resource == "namespaces" { Scope::Cluster } else { Scope::Namespace };
    MissingRight {
        scope,
        group: group.to_owned(),
        resource: resource.to_owned(),
        verbs: verbs.iter().copied().collect(),
        purposes: purposes.into_iter().collect(),
    }
}

fn shortfall(resource: &str, [hard, used, needs]: [&str; 3]) -> Shortfall {
    let quantity = |text| Quantity::parse(text).unwrap();
    let limit = Limit { hard: quantity(hard), used: quantity(used) };
    let (needs, frees) = (quantity(needs), quantity("0"));
    Shortfall { quota: "compute".to_owned(), resource: resource.to_owned(), limit, needs, frees, by: Vec::new() }
}

fn lacking() -> Preflight {
    let orders = || key("Deployment", "orders");
    Preflight {
        missing_rights: vec![
            right("", "services", &[Verb::Delete], vec![Purpose::Change(key("Service", "old"))]),
            right("", "configmaps", &[Verb::Update], vec![Purpose::Record]),
            right("apps", "deployments", &[Verb::Patch], vec![Purpose::Change(orders())]),
            right("apps", "deployments", &[Verb::List, Verb::Watch], vec![Purpose::Wait(orders())]),
            right("coordination.k8s.io", "leases", &[Verb::Create, Verb::Update], vec![Purpose::Lease]),
        ],
        shortfalls: Vec::new(),
        is_namespace_new: false,
    }
}

fn shown(preflight: &Preflight, flags: &str) -> String {
    let files = files();
    text::preflight(preflight, &image_update(&files), &Context { flags, ..files.context() }, PLAIN)
}

#[test]
fn missing_rights_are_told_with_what_needs_them() {
    assert_data_eq!(
        shown(&lacking(), " --context=staging"),
        str![[r#"
Warning: apply would fail with these credentials:

  ! no right to delete services in namespace jakub
    for jakub/Service/old

  ! no right to update configmaps in namespace jakub
    for the record that ditc keeps there

  ! no right to patch deployments.apps in namespace jakub
    for jakub.services.orders/Deployment/orders

  ! no right to list and watch deployments.apps in namespace jakub
    to wait for jakub.services.orders/Deployment/orders

  ! no right to create and update leases.coordination.k8s.io in namespace jakub
    for the lease by which runs keep out of each other's way

  hint: whoever administers the cluster can grant them; what there is now:
      kubectl --context=staging --namespace jakub auth can-i --list

"#]]
    );
}

#[test]
fn rights_may_come_with_a_new_namespace() {
    let mut preflight = lacking();
    preflight.missing_rights.truncate(1);
    preflight.is_namespace_new = true;
    assert_data_eq!(
        shown(&preflight, " --sandbox"),
        str![[r#"
Warning: apply would fail with these credentials, unless rights come with the
new namespace:

  ! no right to delete services in namespace jakub
    for jakub/Service/old

  hint: whoever administers the cluster can grant them

"#]]
    );
    let namespace = Purpose::Change(key("Namespace", "jakub"));
    preflight.missing_rights = vec![right("", "namespaces", &[Verb::Create], vec![namespace])];
    assert_data_eq!(
        shown(&preflight, " --sandbox"),
        str![[r#"
Warning: apply would fail with these credentials:

  ! no right to create namespaces
    for jakub/Namespace/jakub

  hint: whoever administers the cluster can grant them

"#]]
    );
}

#[test]
fn tight_quotas_are_told_with_what_is_left() {
    let shortfalls = vec![shortfall("pods", ["5", "4", "3"]), shortfall("requests.memory", ["1Gi", "512Mi", "1536Mi"])];
    let preflight = Preflight { shortfalls, ..Preflight::default() };
    assert_data_eq!(
        shown(&preflight, ""),
        str![[r#"
Warning: quota "compute" in namespace jakub leaves 1 of 5 pods, and this plan
  needs up to 3.
Warning: quota "compute" in namespace jakub leaves 512Mi of 1Gi requests.memory,
  and this plan needs up to 1536Mi.

"#]]
    );
}

#[test]
fn machines_read_the_same() {
    let files = files();
    let plan = image_update(&files);
    let mut preflight = lacking();
    preflight.missing_rights.drain(2..);
    preflight.shortfalls.push(shortfall("pods", ["5", "4", "3"]));
    let document: Value = serde_json::from_str(&json::plan(&plan, &preflight, &files.context())).unwrap();
    assert_data_eq!(
        serde_json::to_string_pretty(&document["preflight"]).unwrap(),
        str![[r#"
{
  "missing_rights": [
    {
      "message": "no right to delete services in namespace jakub",
      "verbs": [
        "delete"
      ],
      "group": "",
      "resource": "services",
      "namespace": "jakub",
      "needed_for": [
        {
          "purpose": "change",
          "address": "jakub/Service/old"
        }
      ]
    },
    {
      "message": "no right to update configmaps in namespace jakub",
      "verbs": [
        "update"
      ],
      "group": "",
      "resource": "configmaps",
      "namespace": "jakub",
      "needed_for": [
        {
          "purpose": "record",
          "address": null
        }
      ]
    }
  ],
  "quota": [
    {
      "message": "quota \"compute\" in namespace jakub leaves 1 of 5 pods, and this plan needs up to 3",
      "quota": "compute",
      "resource": "pods",
      "hard": "5",
      "used": "4",
      "left": "1",
      "needed": "3",
      "freed": "0",
      "freed_by": []
    }
  ]
}
"#]]
        .raw()
    );
    assert_data_eq!(
        json::preflight(&preflight, &plan, at(0)),
        str![[r#"
{"@level":"warn","@message":"warning: apply would fail with these credentials: no right to delete services in namespace jakub","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:20.000000Z","type":"diagnostic","diagnostic":{"severity":"warning","summary":"apply would fail with these credentials: no right to delete services in namespace jakub","address":null}}
{"@level":"warn","@message":"warning: apply would fail with these credentials: no right to update configmaps in namespace jakub","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:20.000000Z","type":"diagnostic","diagnostic":{"severity":"warning","summary":"apply would fail with these credentials: no right to update configmaps in namespace jakub","address":null}}
{"@level":"warn","@message":"warning: quota \"compute\" in namespace jakub leaves 1 of 5 pods, and this plan needs up to 3","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:20.000000Z","type":"diagnostic","diagnostic":{"severity":"warning","summary":"quota \"compute\" in namespace jakub leaves 1 of 5 pods, and this plan needs up to 3","address":null}}

"#]].raw()
    );
}
