//! What machines read.

use snapbox::{IntoData, assert_data_eq, str};

use super::{
    failure::mistakes,
    run::{at, broken_run, events, state},
    *,
};
use crate::{
    apply::{Event, EventKind},
    plan::{Block, Blocked, Drift, DriftKind, DriftedField, Preflight},
    render::json,
};

#[test]
fn a_plan_is_one_document() {
    let files = files();
    let mut plan = image_update(&files);
    let rolls = [key("ConfigMap", "orders-files")].into();
    plan.changes.get_mut(&key("Deployment", "orders")).unwrap().rolls = rolls;
    let field = DriftedField {
        path: path("spec.replicas"),
        applied: Some(1.into()),
        live: Some(3.into()),
        manager: Some("kubectl".into()),
        time: None,
    };
    let orders = Some(component("services.orders"));
    let kind = DriftKind::Changed(vec![field]);
    plan.drift.insert(key("Deployment", "orders"), Drift { component: orders.clone(), kind });
    let why = Block::Foreign { managers: vec!["helm".into()] };
    plan.blocked.push(Blocked {
        key: key("Service", "orders"),
        component: orders,
        why,
        origin: Some(Origin { definition: files.orders(), template: None }),
    });
    let waiting = Readiness::Waiting("1 of 2 replicas are available".into());
    plan.unchanged.insert(key("Deployment", "gateway"), unchanged(Some("services.gateway"), waiting));
    assert_data_eq!(
        json::plan(&plan, &Preflight::default(), &files.context()),
        str![[r#"
{
  "format_version": "1.0",
  "operation": "apply",
  "environment": "jakub",
  "namespace": "jakub",
  "cluster": "staging",
  "applyable": false,
  "complete": false,
  "partial": false,
  "left_out": [],
  "changes": [
    {
      "address": "jakub.services.orders/Deployment/orders",
      "group": "apps",
      "kind": "Deployment",
      "namespace": "jakub",
      "name": "orders",
      "component": "services.orders",
      "actions": [
        "update"
      ],
      "reason": "definition_changed",
      "risks": [],
      "rolls_because": [
        {
          "address": "jakub/ConfigMap/orders-files",
          "group": "",
          "kind": "ConfigMap",
          "namespace": "jakub",
          "name": "orders-files",
          "component": null
        }
      ],
      "ends_pods_of": [],
      "held_by": [],
      "fields": [
        {
          "path": ".spec.template.spec.containers[name=\"orders\"].image",
          "before": "jakubborys/ditc-orders:dev",
          "after": "jakubborys/ditc-orders:v2",
          "sensitive": false,
          "unknown": false
        }
      ],
      "unchanged_fields": 14,
      "takes_back": [],
      "regains": [],
      "gives_up": [],
      "loses": [],
      "yields": [],
      "clears": [],
      "check": "done",
      "unchecked": null,
      "origin": {
        "filename": "environments/jakub.toml",
        "start": {
          "line": 6,
          "column": 1,
          "byte": 67
        },
        "end": {
          "line": 6,
          "column": 18,
          "byte": 84
        }
      }
    }
  ],
  "unchanged": {
    "count": 1,
    "not_ready": [
      {
        "address": "jakub.services.gateway/Deployment/gateway",
        "group": "apps",
        "kind": "Deployment",
        "namespace": "jakub",
        "name": "gateway",
        "component": "services.gateway",
        "state": "waiting",
        "why": "1 of 2 replicas are available"
      }
    ]
  },
  "drift": [
    {
      "address": "jakub.services.orders/Deployment/orders",
      "group": "apps",
      "kind": "Deployment",
      "namespace": "jakub",
      "name": "orders",
      "component": "services.orders",
      "action": "update",
      "fields": [
        {
          "path": ".spec.replicas",
          "applied": 1,
          "live": 3,
          "sensitive": false,
          "manager": "kubectl",
          "time": null
        }
      ]
    }
  ],
  "additions": [],
  "blocked": [
    {
      "address": "jakub.services.orders/Service/orders",
      "group": "",
      "kind": "Service",
      "namespace": "jakub",
      "name": "orders",
      "component": "services.orders",
      "reason": "foreign",
      "message": "An object of this name exists, and ditc did not make it (managed by helm).",
      "hints": [
        "give it another name in the definition",
        "or take it over; the plan then shows what changes: ditc plan jakub -adopt=jakub.services.orders/Service/orders"
      ],
      "origin": {
        "filename": "environments/jakub.toml",
        "start": {
          "line": 6,
          "column": 1,
          "byte": 67
        },
        "end": {
          "line": 6,
          "column": 18,
          "byte": 84
        }
      }
    }
  ],
  "ignored": [],
  "goes_along": [],
  "overdrawn": [],
  "unrecorded": 0,
  "preflight": {
    "missing_rights": [],
    "quota": []
  },
  "counts": {
    "import": 0,
    "add": 0,
    "change": 1,
    "destroy": 0,
    "forget": 0
  },
  "outputs": {}
}

"#]]
        .raw()
    );
}

#[test]
fn a_run_is_one_line_per_event() {
    let files = files();
    let plan = image_update(&files);
    let mut text = json::version("0.1.0", at(0)) + &json::planned(&plan, &files.context(), at(0));
    text.extend(events().iter().filter_map(|event| json::event(event, &plan)));
    let finished = Event { at: at(20), kind: EventKind::RunFinished { outcome: broken_run() } };
    text.extend(json::event(&finished, &plan));
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        for key in ["@level", "@message", "@timestamp", "type"] {
            assert!(line[key].is_string(), "{line}");
        }
    }
    assert_data_eq!(text, str![[r#"
{"@level":"info","@message":"ditc 0.1.0","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:20.000000Z","type":"version","ditc":"0.1.0","ui":"1.0","format_version":"1.0"}
{"@level":"info","@message":"jakub.services.orders/Deployment/orders: Plan to update","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:20.000000Z","type":"planned_change","change":{"resource":{"addr":"jakub.services.orders/Deployment/orders","module":"services.orders","resource":"Deployment/orders","implied_provider":"kubernetes","resource_type":"Deployment","resource_name":"orders","resource_key":null,"component":"services.orders"},"action":"update","address":"jakub.services.orders/Deployment/orders","group":"apps","kind":"Deployment","namespace":"jakub","name":"orders","component":"services.orders","actions":["update"],"reason":"definition_changed","risks":[],"rolls_because":[],"ends_pods_of":[],"held_by":[],"fields":[{"path":".spec.template.spec.containers[name=\"orders\"].image","before":"jakubborys/ditc-orders:dev","after":"jakubborys/ditc-orders:v2","sensitive":false,"unknown":false}],"unchanged_fields":14,"takes_back":[],"regains":[],"gives_up":[],"loses":[],"yields":[],"clears":[],"check":"done","unchecked":null,"origin":{"filename":"environments/jakub.toml","start":{"line":6,"column":1,"byte":67},"end":{"line":6,"column":18,"byte":84}}}}
{"@level":"info","@message":"Plan: 0 to add, 1 to change, 0 to destroy.","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:20.000000Z","type":"change_summary","changes":{"add":0,"change":1,"import":0,"remove":0,"operation":"plan"}}
{"@level":"info","@message":"jakub.services.orders/Deployment/orders: Modifying...","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:21.000000Z","type":"apply_start","hook":{"resource":{"addr":"jakub.services.orders/Deployment/orders","module":"services.orders","resource":"Deployment/orders","implied_provider":"kubernetes","resource_type":"Deployment","resource_name":"orders","resource_key":null,"component":"services.orders"},"action":"update"}}
{"@level":"warn","@message":"warning: spec.x: deprecated since v1.30","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:22.000000Z","type":"diagnostic","diagnostic":{"severity":"warning","summary":"spec.x: deprecated since v1.30","address":"jakub.services.orders/Deployment/orders"}}
{"@level":"info","@message":"jakub.services.orders/Deployment/orders: Modifications complete after 0s","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:23.000000Z","type":"apply_complete","hook":{"resource":{"addr":"jakub.services.orders/Deployment/orders","module":"services.orders","resource":"Deployment/orders","implied_provider":"kubernetes","resource_type":"Deployment","resource_name":"orders","resource_key":null,"component":"services.orders"},"action":"update","elapsed_seconds":0.34}}
{"@level":"info","@message":"jakub.services.orders: Still waiting... [10s elapsed] (Deployment/orders: 1 of 2 replicas are available)","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:24.000000Z","type":"apply_progress","hook":{"resource":{"addr":"jakub.services.orders","module":"services.orders","resource":"","implied_provider":"kubernetes","resource_type":null,"resource_name":null,"resource_key":null,"component":"services.orders"},"elapsed_seconds":10.0,"waits_for":[{"object":"Deployment/orders","why":"1 of 2 replicas are available"}]}}
{"@level":"info","@message":"jakub.services.orders: Still waiting... [1m20s elapsed] (Job/seed-1: it runs; Job/seed-2: it runs; 2 more)","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:25.000000Z","type":"apply_progress","hook":{"resource":{"addr":"jakub.services.orders","module":"services.orders","resource":"","implied_provider":"kubernetes","resource_type":null,"resource_name":null,"resource_key":null,"component":"services.orders"},"elapsed_seconds":80.0,"waits_for":[{"object":"Job/seed-1","why":"it runs"},{"object":"Job/seed-2","why":"it runs"},{"object":"Job/seed-3","why":"it runs"},{"object":"Job/seed-4","why":"it runs"}]}}
{"@level":"info","@message":"jakub.services.orders: Ready after 1h2m5s","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:26.000000Z","type":"component_ready","hook":{"resource":{"addr":"jakub.services.orders","module":"services.orders","resource":"","implied_provider":"kubernetes","resource_type":null,"resource_name":null,"resource_key":null,"component":"services.orders"},"elapsed_seconds":3725.0}}
{"@level":"error","@message":"jakub.services.orders/Deployment/orders: Creation failed: image not found: jakubborys/ditc-orders:v2","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:27.000000Z","type":"apply_errored","hook":{"resource":{"addr":"jakub.services.orders/Deployment/orders","module":"services.orders","resource":"Deployment/orders","implied_provider":"kubernetes","resource_type":"Deployment","resource_name":"orders","resource_key":null,"component":"services.orders"},"action":"create","error":{"summary":"image not found: jakubborys/ditc-orders:v2","causes":["container orders of pod orders-7d9f: ImagePullBackOff\u001b[2J"],"hint":"push the image, or name another tag in environments/jakub.toml"}}}
{"@level":"error","@message":"jakub.services.orders: Failed: image not found: jakubborys/ditc-orders:v2","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:28.000000Z","type":"component_errored","hook":{"resource":{"addr":"jakub.services.orders","module":"services.orders","resource":"","implied_provider":"kubernetes","resource_type":null,"resource_name":null,"resource_key":null,"component":"services.orders"},"error":{"summary":"image not found: jakubborys/ditc-orders:v2","causes":["container orders of pod orders-7d9f: ImagePullBackOff\u001b[2J"],"hint":"push the image, or name another tag in environments/jakub.toml"}}}
{"@level":"warn","@message":"jakub.services.gateway: Skipped, because jakub.services.orders failed","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:29.000000Z","type":"apply_skipped","hook":{"resource":{"addr":"jakub.services.gateway","module":"services.gateway","resource":"","implied_provider":"kubernetes","resource_type":null,"resource_name":null,"resource_key":null,"component":"services.gateway"},"because":"jakub.services.orders"}}
{"@level":"warn","@message":"Interrupted. What is under way is finished and recorded, nothing new is started. A second Ctrl-C stops at once.","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:30.000000Z","type":"interrupted"}
{"@level":"error","@message":"apply incomplete: 0 added, 1 changed, 0 destroyed.","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:40.000000Z","type":"change_summary","changes":{"add":0,"change":1,"import":0,"remove":0,"operation":"apply"},"outcome":{"done":1,"failed":1,"skipped":1,"not_started":1,"interrupted":false}}

"#]].raw());
}

#[test]
fn mistakes_have_ranges() {
    let (sources, list) = mistakes();
    let document = json::error("config", "3 mistakes in the workspace", &[], &[], &list[..1], &sources);
    assert_data_eq!(
        document,
        str![[r#"
{
  "format_version": "1.0",
  "error": {
    "class": "config",
    "message": "3 mistakes in the workspace",
    "causes": [],
    "hints": []
  },
  "diagnostics": [
    {
      "severity": "error",
      "summary": "unknown input",
      "detail": "module `orders` has no input `replica`; it takes `image`, `replicas`",
      "label": "not an input of module `orders`",
      "range": {
        "filename": "environments/jakub.toml",
        "start": {
          "line": 3,
          "column": 12,
          "byte": 47
        },
        "end": {
          "line": 3,
          "column": 19,
          "byte": 54
        }
      },
      "related": [
        {
          "label": "this module",
          "range": {
            "filename": "environments/jakub.toml",
            "start": {
              "line": 2,
              "column": 10,
              "byte": 27
            },
            "end": {
              "line": 2,
              "column": 18,
              "byte": 35
            }
          }
        },
        {
          "label": "it takes this one",
          "range": {
            "filename": "modules/orders/module.toml",
            "start": {
              "line": 1,
              "column": 2,
              "byte": 1
            },
            "end": {
              "line": 1,
              "column": 17,
              "byte": 16
            }
          }
        }
      ],
      "help": [
        "did you mean `replicas`?"
      ]
    }
  ]
}

"#]]
        .raw()
    );
    let lines = json::error_line("config", "3 mistakes in the workspace", &[], &[], &list, &sources, at(0));
    assert_eq!(lines.lines().count(), 3);
    let line = json::error_line("lock", "held", &["by x".into()], &["wait".into()], &[], &sources, at(0));
    assert_data_eq!(line, str![[r#"
{"@level":"error","@message":"error: held","@module":"ditc.ui","@timestamp":"2025-11-22T02:53:20.000000Z","type":"diagnostic","diagnostic":{"severity":"error","summary":"held","detail":"by x","label":null,"range":null,"related":[],"help":["wait"]},"error":{"class":"lock","message":"held","causes":["by x"],"hints":["wait"]}}

"#]].raw());
}

#[test]
fn the_record_is_a_document() {
    let state = state();
    let key = key("Service", "orders");
    let text = json::state_list(&state) + &json::state_show(&state, &key, &state.entries[&key]);
    assert_data_eq!(
        text,
        str![[r#"
{
  "format_version": "1.0",
  "environment": "jakub",
  "namespace": "jakub",
  "lineage": "l",
  "serial": 3,
  "objects": [
    {
      "address": "jakub.services.orders/Service/orders",
      "api_version": "v1",
      "kind": "Service",
      "name": "orders",
      "component": "services.orders",
      "phase": "applied",
      "uid": "0b7c"
    },
    {
      "address": "jakub.services.orders/Deployment/orders",
      "api_version": "v1",
      "kind": "Deployment",
      "name": "orders",
      "component": "services.orders",
      "phase": "planned",
      "uid": null
    }
  ]
}
{
  "format_version": "1.0",
  "object": {
    "address": "jakub.services.orders/Service/orders",
    "api_version": "v1",
    "kind": "Service",
    "name": "orders",
    "component": "services.orders",
    "phase": "applied",
    "uid": "0b7c"
  },
  "applied": {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {
      "name": "orders"
    },
    "spec": {
      "ports": [
        {
          "port": 8000
        }
      ],
      "selector": {
        "app": "orders"
      }
    }
  }
}

"#]]
        .raw()
    );
}

#[test]
fn no_value_of_a_secret_is_told() {
    let files = files();
    let mut plan = empty(Operation::Apply);
    let mut change = change(None, Action::Update, Reason::ChangedOutside);
    change.diff.fields = vec![
        field("data.password", Some("Y2FuYXJ5".into()), Some("Y2FuYXJ5Mg==".into())),
        FieldChange { path: path("data.other"), before: Some("Y2FuYXJ5".into()), after: After::Secret },
    ];
    plan.changes.insert(key("Secret", "s"), change);
    let text =
        json::plan(&plan, &Preflight::default(), &files.context()) + &json::planned(&plan, &files.context(), at(0));
    assert!(!text.contains("Y2FuYXJ5") && text.contains("\"sensitive\": true"), "{text}");
}
