//! One large plan with everything in it, as it is read in a narrow and in a wide terminal, with and without colours, and in
//! its short forms.

use std::collections::BTreeMap;

use serde_json::json;
use snapbox::{assert_data_eq, str};

use super::{plan::creation, *};
use crate::{
    observed::{Unchangeable, Why},
    plan::{Addition, Additions, Block, Blocked, Drift, DriftKind, DriftedField, Losing, Taken},
    render::text,
    secret::{Generate, Recipe},
    state::Run,
};

fn drifted(at: &str, applied: Value, live: Value, manager: &str, time: Option<&str>) -> DriftedField {
    let time = time.map(str::to_owned);
    DriftedField { path: path(at), applied: Some(applied), live: Some(live), manager: Some(manager.to_owned()), time }
}

/// The lines of a config file.
fn lines(workers: usize, level: &str) -> Option<Value> {
    let text = format!(
        "# the server\n[server]\nworkers = {workers}\ntimeout = 30\n\n[log]\nlevel = {level}\nformat = json\n\n[db]\npool = 10\n"
    );
    Some(text.into())
}

fn url(host: &str, mode: &str, end: &str) -> Option<Value> {
    let options = "connect_timeout=10&application_name=orders-of-pull-request-12&target_session_attrs=any";
    Some(format!("postgres://orders@{host}:5432/orders?sslmode={mode}&{options}&keepalives={end}").into())
}

/// Everything that a plan can hold, in one environment.
pub(super) fn large(files: &Files) -> Plan {
    let mut plan = image_update(files);
    let (orders, products, postgresql) = ("services.orders", "services.products", "dependencies.postgresql");
    let container = "spec.template.spec.containers[orders]";
    let at = |rest: &str| format!("{container}.{rest}");
    let change_of_orders = plan.changes.get_mut(&key("Deployment", "orders")).unwrap();
    change_of_orders.reason = Reason::DefinitionAndOutside;
    change_of_orders.rolls = [key("ConfigMap", "orders")].into();
    change_of_orders.takes_back = vec![Taken { field: ".spec.replicas".into(), manager: "kubectl".into() }];
    change_of_orders.diff.fields = vec![
        field("spec.replicas", Some(5.into()), Some(2.into())),
        FieldChange {
            path: path("spec.template.metadata.annotations.ditc|dev/config-hash"),
            before: Some("6d9b6dea9bbb4f3a".into()),
            after: After::Unknown,
        },
        field(&at("image"), Some("shop/orders:hotfix".into()), Some("shop/orders:v2".into())),
        field(
            &at("command"),
            Some(json!(["gunicorn", "--bind", "0.0.0.0:8000", "--workers", "4", "orders.wsgi"])),
            Some(json!(["gunicorn", "--bind", "0.0.0.0:8000", "--workers", "8", "--timeout", "60", "orders.wsgi"])),
        ),
        field(&at("env[DB_URL].value"), url("postgresql", "disable", "1"), url("db", "require", "0")),
        field(&at("env[OLD].name"), Some("OLD".into()), None),
        field(&at("env[OLD].value"), Some("1".into()), None),
        field(&at("ports"), None, Some(json!([{"containerPort": 8000}, {"containerPort": 9000}]))),
    ];
    let mut add = |component: Option<&str>, key: ObjectKey, mut change: Change| {
        change.component = component.map(super::component);
        if !matches!(change.action, Action::Delete | Action::Forget) && change.manifest.is_none() {
            let manifest = files.manifest(change.component.as_ref(), &key, json!({"kind": key.kind.kind}));
            change.manifest = Some(manifest);
        }
        plan.order.add(Step::Change(key.clone()));
        plan.changes.insert(key, change);
    };
    let mut config = change(None, Action::Update, Reason::DefinitionChanged);
    config.diff = Diff { fields: vec![field("data.app|conf", lines(4, "info"), lines(8, "debug"))], unchanged: 2 };
    add(Some(orders), key("ConfigMap", "orders"), config);
    let refusal = Unchangeable {
        message: "Service \"orders\" is invalid: spec.clusterIPs[0]: Invalid value: may not change once set".into(),
        fields: vec!["spec.clusterIPs[0]".into()],
    };
    let mut service = change(None, Action::Replace, Reason::Unchangeable(refusal));
    service.diff.fields = vec![
        field("spec.clusterIP", Some("10.96.7.7".into()), Some("10.96.7.9".into())),
        field("spec.ports[http].targetPort", Some(8000.into()), Some(9000.into())),
    ];
    service.diff.unchanged = 4;
    add(Some(orders), key("Service", "orders"), service);
    let mut token = change(None, Action::Replace, Reason::Requested);
    token.diff.fields = vec![FieldChange { path: path("data.token"), before: Some(Value::Null), after: After::Secret }];
    add(Some(orders), key("Secret", "orders"), token);
    let mut adopted = change(None, Action::Adopt, Reason::Requested);
    adopted.takes_back = vec![Taken { field: ".data.level".into(), manager: "helm".into() }];
    adopted.diff = Diff { fields: vec![field("data.level", Some("info".into()), Some("debug".into()))], unchanged: 3 };
    add(Some(products), key("ConfigMap", "products"), adopted);
    let mut products_change = change(None, Action::Update, Reason::ChangedOutside);
    products_change.diff = Diff { fields: vec![field("spec.replicas", Some(0.into()), Some(2.into()))], unchanged: 13 };
    products_change.check = Check::Not(Why::NoRight);
    add(Some(products), key("Deployment", "products"), products_change);
    for (kind, name) in [("StatefulSet", "postgresql"), ("PersistentVolumeClaim", "data-postgresql")] {
        add(Some(postgresql), key(kind, name), change(None, Action::Delete, Reason::NotDesired));
    }
    add(Some(postgresql), key("Job", "migrate"), change(None, Action::Forget, Reason::Gone));
    let new = creation(files);
    let redis = |name: &str| key(name, "redis");
    for (kind, from) in [("ConfigMap", key("ConfigMap", "postgresql")), ("Secret", key("Secret", "postgresql"))] {
        let mut change = new.changes[&from].clone();
        if kind == "Secret" {
            let keys = BTreeMap::from([("redis-password".to_owned(), Generate::Password.into())]);
            change.manifest.as_mut().unwrap().secret = Some(Recipe { keys, round: 0 });
        }
        change.check = Check::Done;
        add(Some("dependencies.redis"), redis(kind), change);
    }
    let by_hand = vec![
        drifted(&at("image"), "shop/orders:v1".into(), "shop/orders:hotfix".into(), "kubectl-set", Some(AT)),
        drifted("spec.replicas", 2.into(), 5.into(), "kubectl", None),
    ];
    let moved = |component: &str, kind: DriftKind| Drift { component: Some(super::component(component)), kind };
    plan.drift.insert(key("Deployment", "orders"), moved(orders, DriftKind::Changed(by_hand)));
    let scaled = vec![drifted("spec.replicas", 2.into(), 0.into(), "kubectl-edit\u{1b}[31m\u{202e}", Some(AT))];
    plan.drift.insert(key("Deployment", "products"), moved(products, DriftKind::Changed(scaled)));
    plan.drift.insert(key("Job", "migrate"), moved(postgresql, DriftKind::Deleted));
    let addition =
        Addition { path: path("metadata.labels.team"), value: Some("x".into()), manager: "lens".into(), time: None };
    let additions = Additions { component: Some(super::component(orders)), fields: vec![addition] };
    plan.additions.insert(key("Service", "orders"), additions);
    plan.blocked.push(Blocked {
        key: key("Secret", "postgresql"),
        component: Some(super::component(postgresql)),
        why: Block::HoldsData(Losing::Delete),
        origin: None,
    });
    let waits = Readiness::Failed("image not found: shop/gateway:\u{9b}31mv9".into());
    plan.unchanged.insert(key("Deployment", "gateway"), unchanged(Some("services.gateway"), waits));
    plan.interrupted = Some(Run {
        id: "r".into(),
        operation: Operation::Apply,
        who: "ci@runner".into(),
        since: "2026-11-22T02:11:05Z".parse().unwrap(),
        definition: None,
    });
    let step = |kind, name| Step::Change(key(kind, name));
    plan.order.need(step("Deployment", "orders"), Step::Ready(super::component("dependencies.redis")));
    plan.order.need(Step::Ready(super::component("dependencies.redis")), step("Secret", "redis"));
    plan.order.need(step("Deployment", "orders"), step("ConfigMap", "orders"));
    plan.order.need(step("StatefulSet", "postgresql"), step("Deployment", "orders"));
    plan.order.need(step("PersistentVolumeClaim", "data-postgresql"), step("StatefulSet", "postgresql"));
    plan
}

const AT: &str = "2026-11-22T02:14:33Z";

fn told(detail: Detail, style: Style) -> String {
    let files = files();
    let plan = large(&files);
    text::plan(&plan, &Context { detail, ..files.context() }, style)
}

#[test]
fn a_large_plan_in_80_columns() {
    assert_data_eq!(
        told(Detail::Whole, PLAIN),
        str![[r#"
Note: apply by ci@runner at 2026-11-22T02:11:05Z stopped before its end; the
next `ditc apply jakub` finishes it.

Note: Objects have changed outside of ditc

These differ from what ditc last applied, and ditc did not change them:

  # jakub.services.orders/Deployment/orders has changed
  ~ Deployment "orders" {
      ~ spec {
          ~ template.spec.containers[name="orders"].image = "shop/orders:v1" -> "shop/orders:hotfix"  # by kubectl-set, 2026-11-22T02:14:33Z
          ~ replicas = 2 -> 5  # by kubectl, time not recorded
        }
    }

  # jakub.services.products/Deployment/products has changed
  ~ Deployment "products" {
      ~ spec.replicas = 2 -> 0  # by kubectl-edit/u{1b}[31m/u{202e}, 2026-11-22T02:14:33Z
    }

  - jakub.dependencies.postgresql/Job/migrate was deleted

──────────────────────────────────────────────────────────────────────────────

Actions are shown with these symbols:
  + create
  ~ update in-place
  ~ import, which takes over what others made
-/+ destroy and then create replacement
  - destroy
  . forget, which changes only the record

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  # jakub.dependencies.redis/ConfigMap/redis will be created
  # (environments/jakub.toml:3, modules/postgresql/secret.yaml:1)
  + ConfigMap "redis" {
      + data:
      +   postgresql.conf: |
      +     listen_addresses = '*'
      +     max_connections = 100
      +   empty: ""
    }

  # jakub.dependencies.redis/Secret/redis will be created
  # (environments/jakub.toml:3, modules/postgresql/secret.yaml:1)
  + Secret "redis" {
      + type: Opaque
      + data.redis-password: (sensitive value, a new password)
    }

  # jakub.services.orders/ConfigMap/orders will be updated in-place
  # (the definition changed: environments/jakub.toml:6)
  ~ ConfigMap "orders" {
      ~ data["app.conf"]:
            # the server
            [server]
          - workers = 4
          + workers = 8
            timeout = 30

            [log]
          - level = info
          + level = debug
            format = json

            # (2 unchanged lines hidden)
        # (2 unchanged fields hidden)
    }

  # jakub.services.orders/Secret/orders will be replaced
  # (as requested)
-/+ Secret "orders" {
      ~ data.token = (sensitive value)
    }

  # jakub.services.orders/Service/orders must be replaced
  # (the server cannot change it in place: Service "orders" is invalid:
  # spec.clusterIPs[0]: Invalid value: may not change once set)
-/+ Service "orders" {
      ~ spec {
          ~ clusterIP = "10.96.7.7" -> "10.96.7.9"  # forces replacement
          ~ ports[name="http"].targetPort = 8000 -> 9000
        }
        # (4 unchanged fields hidden)
    }

  # jakub.services.orders/Deployment/orders will be updated in-place
  # (the definition changed, and it was changed outside of ditc; rolls because
  # ConfigMap orders changed: environments/jakub.toml:6)
  ~ Deployment "orders" {
      ~ spec {
          ~ replicas = 5 -> 2
          ~ template {
              ~ metadata.annotations["ditc.dev/config-hash"] = "6d9b6dea9bbb4f3a" -> (known after apply)
              ~ spec.containers[name="orders"] {
                  ~ image = "shop/orders:hotfix" -> "shop/orders:v2"
                  ~ command = [
                        # (2 unchanged items hidden)
                        "0.0.0.0:8000",
                        "--workers",
                      - "4",
                      + "8",
                      + "--timeout",
                      + "60",
                        "orders.wsgi",
                    ]
                  ~ env {
                      ~ [name="DB_URL"].value:
                          - postgres://orders@postgresql:5432/orders?sslmode=disable&connect_timeout=10&...
                          + postgres://orders@db:5432/orders?sslmode=require&connect_timeout=10&...
                          - ...ttrs=any&keepalives=1
                          + ...ttrs=any&keepalives=0
                            # (59 equal characters hidden)
                      - [name="OLD"].value: "1"
                    }
                  + ports:
                  +   - containerPort: 8000
                  +   - containerPort: 9000
                }
            }
        }
      ~ takes back ownership of .spec.replicas (kubectl)
        # (14 unchanged fields hidden)
    }

  . jakub.dependencies.postgresql/Job/migrate will be forgotten (it is gone already, so only the record changes)
  - jakub.dependencies.postgresql/StatefulSet/postgresql will be destroyed (it is no longer in the definition)
  - jakub.dependencies.postgresql/PersistentVolumeClaim/data-postgresql will be destroyed (its data is lost with it)

  # jakub.services.products/ConfigMap/products will be imported
  # (as requested)
  ~ ConfigMap "products" {
      ~ data.level = "info" -> "debug"
      ~ takes ownership of .data.level (helm)
        # (3 unchanged fields hidden)
    }

  # jakub.services.products/Deployment/products will be updated in-place
  # (it was changed outside of ditc, and the definition did not change)
  # not checked by the server: these credentials have no right to write it
  ~ Deployment "products" {
      ~ spec.replicas = 0 -> 2
        # (13 unchanged fields hidden)
    }

Note: Unchanged, but not ready; an apply waits for these:
  ! jakub.services.gateway/Deployment/gateway: image not found:
    shop/gateway:/u{9b}31mv9

Note: others set 1 field beside ours, left alone: metadata.labels.team of
jakub.services.orders/Service/orders (lens).

Look twice at these:
  ! jakub.dependencies.postgresql/PersistentVolumeClaim/data-postgresql: its
    data is lost with it
  ! jakub.services.orders/Service/orders: nobody reaches what is behind it until
    it is made anew
  ! jakub.services.orders/Deployment/orders: undoes what
    kubectl, kubectl-set changed at 2026-11-22T02:14:33Z:
    spec.template.spec.containers[name="orders"].image and 1 more
  ! jakub.services.products/Deployment/products: undoes what
    kubectl-edit/u{1b}[31m/u{202e} changed at 2026-11-22T02:14:33Z:
    spec.replicas
  ! jakub.services.products/ConfigMap/products: it is taken over from helm

Plan: 1 to import, 4 to add, 3 to change, 4 to destroy, 1 to forget.

This plan cannot be applied. 1 object stands in the way:

  ! jakub.dependencies.postgresql/Secret/postgresql
    The data of its component cannot be opened without it, and its component is
    to be removed.
    hint: put its component back into the definition
    hint: or, if all data of it may be lost:
        ditc plan jakub -delete-data=jakub.dependencies.postgresql

"#]]
    );
}

#[test]
fn a_large_plan_in_200_columns_and_colour() {
    let text = told(Detail::Whole, Style { colour: true, ..WIDE });
    assert_data_eq!(
        visible(&text),
        str![[r#"
<1>Note:</> apply by ci@runner at 2026-11-22T02:11:05Z stopped before its end; the next `ditc apply jakub` finishes it.

<1>Note:</> Objects have changed outside of ditc

These differ from what ditc last applied, and ditc did not change them:

  # <1>jakub.services.orders/Deployment/orders</> has changed
  <33>~</> Deployment "orders" {
      <33>~</> spec {
          <33>~</> template.spec.containers[name="orders"].image = "shop/orders:v1" -> "shop/orders:hotfix"<90>  # by kubectl-set, 2026-11-22T02:14:33Z</>
          <33>~</> replicas = 2 -> 5<90>  # by kubectl, time not recorded</>
        }
    }

  # <1>jakub.services.products/Deployment/products</> has changed
  <33>~</> Deployment "products" {
      <33>~</> spec.replicas = 2 -> 0<90>  # by kubectl-edit/u{1b}[31m/u{202e}, 2026-11-22T02:14:33Z</>
    }

  <31>-</> <1>jakub.dependencies.postgresql/Job/migrate</> was deleted

<90>──────────────────────────────────────────────────────────────────────────────</>

Actions are shown with these symbols:
  <32>+</> create
  <33>~</> update in-place
  <33>~</> import, which takes over what others made
<31>-</>/<32>+</> destroy and then create replacement
  <31>-</> destroy
  <90>.</> forget, which changes only the record

ditc will perform the following actions in environment jakub (namespace jakub, cluster staging):

  # <1>jakub.dependencies.redis/ConfigMap/redis</> will be created
  # <90>(environments/jakub.toml:3, modules/postgresql/secret.yaml:1)</>
  <32>+</> ConfigMap "redis" {
      <32>+</> data:
      <32>+</>   postgresql.conf: |
      <32>+</>     listen_addresses = '*'
      <32>+</>     max_connections = 100
      <32>+</>   empty: ""
    }

  # <1>jakub.dependencies.redis/Secret/redis</> will be created
  # <90>(environments/jakub.toml:3, modules/postgresql/secret.yaml:1)</>
  <32>+</> Secret "redis" {
      <32>+</> type: Opaque
      <32>+</> data.redis-password: (sensitive value, a new password)
    }

  # <1>jakub.services.orders/ConfigMap/orders</> will be updated in-place
  # <90>(the definition changed: environments/jakub.toml:6)</>
  <33>~</> ConfigMap "orders" {
      <33>~</> data["app.conf"]:
            # the server
            [server]
          <31>- </><31>workers = </><4><31>4</>
          <32>+ </><32>workers = </><4><32>8</>
            timeout = 30

            [log]
          <31>- </><31>level = </><4><31>info</>
          <32>+ </><32>level = </><4><32>debug</>
            format = json

          <90>  # (2 unchanged lines hidden)</>
        <90># (2 unchanged fields hidden)</>
    }

  # <1>jakub.services.orders/Secret/orders</> will be <1><31>replaced</>
  # <90>(as requested)</>
<31>-</>/<32>+</> Secret "orders" {
      <33>~</> data.token = (sensitive value)
    }

  # <1>jakub.services.orders/Service/orders</> must be <1><31>replaced</>
  # <90>(the server cannot change it in place: Service "orders" is invalid: spec.clusterIPs[0]: Invalid value: may not change once set)</>
<31>-</>/<32>+</> Service "orders" {
      <33>~</> spec {
          <33>~</> clusterIP = "10.96.7.7" -> "10.96.7.9"<31>  # forces replacement</>
          <33>~</> ports[name="http"].targetPort = 8000 -> 9000
        }
        <90># (4 unchanged fields hidden)</>
    }

  # <1>jakub.services.orders/Deployment/orders</> will be updated in-place
  # <90>(the definition changed, and it was changed outside of ditc; rolls because ConfigMap orders changed: environments/jakub.toml:6)</>
  <33>~</> Deployment "orders" {
      <33>~</> spec {
          <33>~</> replicas = 5 -> 2
          <33>~</> template {
              <33>~</> metadata.annotations["ditc.dev/config-hash"] = "6d9b6dea9bbb4f3a" -> (known after apply)
              <33>~</> spec.containers[name="orders"] {
                  <33>~</> image = "shop/orders:hotfix" -> "shop/orders:v2"
                  <33>~</> command = [
                      <90>  # (2 unchanged items hidden)</>
                        "0.0.0.0:8000",
                        "--workers",
                      <31>- "4",</>
                      <32>+ "8",</>
                      <32>+ "--timeout",</>
                      <32>+ "60",</>
                        "orders.wsgi",
                    ]
                  <33>~</> env {
                      <33>~</> [name="DB_URL"].value:
                          <31>- postgres://orders@</><4><31>postgresql</><31>:5432/orders?sslmode=</><4><31>disable</><31>&connect_timeout=10&...</>
                          <32>+ postgres://orders@</><4><32>db</><32>:5432/orders?sslmode=</><4><32>require</><32>&connect_timeout=10&...</>
                          <31>- ...ttrs=any&keepalives=</><4><31>1</>
                          <32>+ ...ttrs=any&keepalives=</><4><32>0</>
                          <90>  # (59 equal characters hidden)</>
                      <31>-</> [name="OLD"].value: "1"
                    }
                  <32>+</> ports:
                  <32>+</>   - containerPort: 8000
                  <32>+</>   - containerPort: 9000
                }
            }
        }
      <33>~</> takes back ownership of .spec.replicas (kubectl)
        <90># (14 unchanged fields hidden)</>
    }

  <90>.</> <1>jakub.dependencies.postgresql/Job/migrate</> will be forgotten<90> (it is gone already, so only the record changes)</>
  <31>-</> <1>jakub.dependencies.postgresql/StatefulSet/postgresql</> will be <1><31>destroyed</><90> (it is no longer in the definition)</>
  <31>-</> <1>jakub.dependencies.postgresql/PersistentVolumeClaim/data-postgresql</> will be <1><31>destroyed</><90> (its data is lost with it)</>

  # <1>jakub.services.products/ConfigMap/products</> will be imported
  # <90>(as requested)</>
  <33>~</> ConfigMap "products" {
      <33>~</> data.level = "info" -> "debug"
      <33>~</> takes ownership of .data.level (helm)
        <90># (3 unchanged fields hidden)</>
    }

  # <1>jakub.services.products/Deployment/products</> will be updated in-place
  # <90>(it was changed outside of ditc, and the definition did not change)</>
  # <90>not checked by the server: these credentials have no right to write it</>
  <33>~</> Deployment "products" {
      <33>~</> spec.replicas = 0 -> 2
        <90># (13 unchanged fields hidden)</>
    }

<1>Note:</> Unchanged, but not ready; an apply waits for these:
  <1><31>!</> jakub.services.gateway/Deployment/gateway: image not found: shop/gateway:/u{9b}31mv9

<1>Note:</> others set 1 field beside ours, left alone: metadata.labels.team of jakub.services.orders/Service/orders (lens).

<1><31>Look twice at these:</>
  <1><31>!</> jakub.dependencies.postgresql/PersistentVolumeClaim/data-postgresql: its data is lost with it
  <1><31>!</> jakub.services.orders/Service/orders: nobody reaches what is behind it until it is made anew
  <1><31>!</> jakub.services.orders/Deployment/orders: undoes what kubectl, kubectl-set changed at 2026-11-22T02:14:33Z: spec.template.spec.containers[name="orders"].image and 1 more
  <1><31>!</> jakub.services.products/Deployment/products: undoes what kubectl-edit/u{1b}[31m/u{202e} changed at 2026-11-22T02:14:33Z: spec.replicas
  <1><31>!</> jakub.services.products/ConfigMap/products: it is taken over from helm

<1>Plan:</> 1 to import, 4 to add, 3 to change, 4 to destroy, 1 to forget.

<1><31>This plan cannot be applied.</> 1 object stands in the way:

  <1><31>!</> <1>jakub.dependencies.postgresql/Secret/postgresql</>
    The data of its component cannot be opened without it, and its component is to be removed.
    <1><36>hint:</> put its component back into the definition
    <1><36>hint:</> or, if all data of it may be lost:
        ditc plan jakub -delete-data=jakub.dependencies.postgresql

"#]]
    );
}

#[test]
fn colours_and_width_change_no_word() {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let bare = |text: &str| {
        let text = visible(text);
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find('<') {
            out.push_str(&rest[..at]);
            let end = rest[at..].find('>').expect("a mark ends");
            rest = &rest[at + end + 1..];
        }
        out + rest
    };
    let coloured = told(Detail::Whole, COLOUR);
    assert!(!told(Detail::Whole, PLAIN).contains('\u{1b}'), "colours where none are wanted");
    assert_eq!(bare(&coloured), told(Detail::Whole, PLAIN));
    // Wrapped remarks repeat their sign.
    let unwrapped = |text: &str| words(text).into_iter().filter(|word| word != "#" && !word.starts_with('─')).collect();
    let (narrow, wide): (Vec<_>, Vec<_>) =
        (unwrapped(&told(Detail::Whole, PLAIN)), unwrapped(&told(Detail::Whole, WIDE)));
    assert_eq!(narrow, wide);
}

#[test]
fn nothing_from_outside_reaches_the_terminal_as_a_command() {
    for detail in [Detail::Compact, Detail::Concise, Detail::Whole] {
        let text = told(detail, PLAIN);
        let harmful = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!text.contains(harmful), "{text:?}");
    }
}

#[test]
fn a_compact_plan_has_a_line_for_each_object() {
    assert_data_eq!(
        told(Detail::Compact, WIDE),
        str![[r#"
Note: apply by ci@runner at 2026-11-22T02:11:05Z stopped before its end; the next `ditc apply jakub` finishes it.

Note: Objects have changed outside of ditc

These differ from what ditc last applied, and ditc did not change them:

  ~ jakub.services.orders/Deployment/orders was changed by kubectl, kubectl-set: containers[name="orders"].image, replicas
  ~ jakub.services.products/Deployment/products was changed by kubectl-edit/u{1b}[31m/u{202e}: replicas
  - jakub.dependencies.postgresql/Job/migrate was deleted

──────────────────────────────────────────────────────────────────────────────

ditc will perform the following actions in environment jakub (namespace jakub, cluster staging):

  + jakub.dependencies.redis/ConfigMap/redis will be created
  + jakub.dependencies.redis/Secret/redis will be created
  ~ jakub.services.orders/ConfigMap/orders will be updated in-place: data["app.conf"]
-/+ jakub.services.orders/Secret/orders will be replaced (as requested)
-/+ jakub.services.orders/Service/orders will be replaced: clusterIP forces it
  ~ jakub.services.orders/Deployment/orders will be updated in-place (the definition changed, and it was changed outside of ditc; rolls because ConfigMap orders changed): replicas, annotations["ditc.dev/config-hash"], containers[name="orders"].image and 5 more
  . jakub.dependencies.postgresql/Job/migrate will be forgotten (it is gone already, so only the record changes)
  - jakub.dependencies.postgresql/StatefulSet/postgresql will be destroyed (it is no longer in the definition)
  - jakub.dependencies.postgresql/PersistentVolumeClaim/data-postgresql will be destroyed (its data is lost with it)
  ~ jakub.services.products/ConfigMap/products will be imported (as requested): level
  ~ jakub.services.products/Deployment/products will be updated in-place (it was changed outside of ditc, and the definition did not change): replicas

Note: Unchanged, but not ready; an apply waits for these:
  ! jakub.services.gateway/Deployment/gateway: image not found: shop/gateway:/u{9b}31mv9

Look twice at these:
  ! jakub.dependencies.postgresql/PersistentVolumeClaim/data-postgresql: its data is lost with it
  ! jakub.services.orders/Service/orders: nobody reaches what is behind it until it is made anew
  ! jakub.services.orders/Deployment/orders: undoes what kubectl, kubectl-set changed at 2026-11-22T02:14:33Z: spec.template.spec.containers[name="orders"].image and 1 more
  ! jakub.services.products/Deployment/products: undoes what kubectl-edit/u{1b}[31m/u{202e} changed at 2026-11-22T02:14:33Z: spec.replicas
  ! jakub.services.products/ConfigMap/products: it is taken over from helm

Plan: 1 to import, 4 to add, 3 to change, 4 to destroy, 1 to forget.

This plan cannot be applied. 1 object stands in the way:

  ! jakub.dependencies.postgresql/Secret/postgresql
    The data of its component cannot be opened without it, and its component is to be removed.
    hint: put its component back into the definition
    hint: or, if all data of it may be lost:
        ditc plan jakub -delete-data=jakub.dependencies.postgresql

"#]]
    );
}

#[test]
fn a_concise_plan_leaves_out_what_asks_nothing() {
    assert_data_eq!(
        told(Detail::Concise, PLAIN),
        str![[r#"
Note: apply by ci@runner at 2026-11-22T02:11:05Z stopped before its end; the
next `ditc apply jakub` finishes it.

Note: Objects have changed outside of ditc

These differ from what ditc last applied, and ditc did not change them:

  # jakub.services.orders/Deployment/orders has changed
  ~ Deployment "orders" {
      ~ spec {
          ~ template.spec.containers[name="orders"].image = "shop/orders:v1" -> "shop/orders:hotfix"  # by kubectl-set, 2026-11-22T02:14:33Z
          ~ replicas = 2 -> 5  # by kubectl, time not recorded
        }
    }

  # jakub.services.products/Deployment/products has changed
  ~ Deployment "products" {
      ~ spec.replicas = 2 -> 0  # by kubectl-edit/u{1b}[31m/u{202e}, 2026-11-22T02:14:33Z
    }

  - jakub.dependencies.postgresql/Job/migrate was deleted

──────────────────────────────────────────────────────────────────────────────

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  + jakub.dependencies.redis/ConfigMap/redis will be created
  + jakub.dependencies.redis/Secret/redis will be created

  # jakub.services.orders/ConfigMap/orders will be updated in-place
  # (the definition changed: environments/jakub.toml:6)
  ~ ConfigMap "orders" {
      ~ data["app.conf"]:
            # the server
            [server]
          - workers = 4
          + workers = 8
            timeout = 30

            [log]
          - level = info
          + level = debug
            format = json

            # (2 unchanged lines hidden)
        # (2 unchanged fields hidden)
    }

  # jakub.services.orders/Secret/orders will be replaced
  # (as requested)
-/+ Secret "orders" {
      ~ data.token = (sensitive value)
    }

  # jakub.services.orders/Service/orders must be replaced
  # (the server cannot change it in place: Service "orders" is invalid:
  # spec.clusterIPs[0]: Invalid value: may not change once set)
-/+ Service "orders" {
      ~ spec {
          ~ clusterIP = "10.96.7.7" -> "10.96.7.9"  # forces replacement
          ~ ports[name="http"].targetPort = 8000 -> 9000
        }
        # (4 unchanged fields hidden)
    }

  # jakub.services.orders/Deployment/orders will be updated in-place
  # (the definition changed, and it was changed outside of ditc; rolls because
  # ConfigMap orders changed: environments/jakub.toml:6)
  ~ Deployment "orders" {
      ~ spec {
          ~ replicas = 5 -> 2
          ~ template {
              ~ metadata.annotations["ditc.dev/config-hash"] = "6d9b6dea9bbb4f3a" -> (known after apply)
              ~ spec.containers[name="orders"] {
                  ~ image = "shop/orders:hotfix" -> "shop/orders:v2"
                  ~ command = [
                        # (2 unchanged items hidden)
                        "0.0.0.0:8000",
                        "--workers",
                      - "4",
                      + "8",
                      + "--timeout",
                      + "60",
                        "orders.wsgi",
                    ]
                  ~ env {
                      ~ [name="DB_URL"].value:
                          - postgres://orders@postgresql:5432/orders?sslmode=disable&connect_timeout=10&...
                          + postgres://orders@db:5432/orders?sslmode=require&connect_timeout=10&...
                          - ...ttrs=any&keepalives=1
                          + ...ttrs=any&keepalives=0
                            # (59 equal characters hidden)
                      - [name="OLD"].value: "1"
                    }
                  + ports:
                  +   - containerPort: 8000
                  +   - containerPort: 9000
                }
            }
        }
      ~ takes back ownership of .spec.replicas (kubectl)
        # (14 unchanged fields hidden)
    }

  . jakub.dependencies.postgresql/Job/migrate will be forgotten (it is gone already, so only the record changes)
  - jakub.dependencies.postgresql/StatefulSet/postgresql will be destroyed (it is no longer in the definition)
  - jakub.dependencies.postgresql/PersistentVolumeClaim/data-postgresql will be destroyed (its data is lost with it)

  # jakub.services.products/ConfigMap/products will be imported
  # (as requested)
  ~ ConfigMap "products" {
      ~ data.level = "info" -> "debug"
      ~ takes ownership of .data.level (helm)
        # (3 unchanged fields hidden)
    }

  # jakub.services.products/Deployment/products will be updated in-place
  # (it was changed outside of ditc, and the definition did not change)
  # not checked by the server: these credentials have no right to write it
  ~ Deployment "products" {
      ~ spec.replicas = 0 -> 2
        # (13 unchanged fields hidden)
    }

Note: Unchanged, but not ready; an apply waits for these:
  ! jakub.services.gateway/Deployment/gateway: image not found:
    shop/gateway:/u{9b}31mv9

Look twice at these:
  ! jakub.dependencies.postgresql/PersistentVolumeClaim/data-postgresql: its
    data is lost with it
  ! jakub.services.orders/Service/orders: nobody reaches what is behind it until
    it is made anew
  ! jakub.services.orders/Deployment/orders: undoes what
    kubectl, kubectl-set changed at 2026-11-22T02:14:33Z:
    spec.template.spec.containers[name="orders"].image and 1 more
  ! jakub.services.products/Deployment/products: undoes what
    kubectl-edit/u{1b}[31m/u{202e} changed at 2026-11-22T02:14:33Z:
    spec.replicas
  ! jakub.services.products/ConfigMap/products: it is taken over from helm

Plan: 1 to import, 4 to add, 3 to change, 4 to destroy, 1 to forget.

This plan cannot be applied. 1 object stands in the way:

  ! jakub.dependencies.postgresql/Secret/postgresql
    The data of its component cannot be opened without it, and its component is
    to be removed.
    hint: put its component back into the definition
    hint: or, if all data of it may be lost:
        ditc plan jakub -delete-data=jakub.dependencies.postgresql

"#]]
    );
}
