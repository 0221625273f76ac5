//! Whole plans as people see them.

use std::collections::BTreeMap;

use serde_json::json;
use snapbox::{assert_data_eq, str};

use super::*;
use crate::{
    observed::Why,
    render::text,
    secret::{Generate, Recipe},
};

/// A whole environment that comes into being.
pub(super) fn creation(files: &Files) -> Plan {
    let mut plan = empty(Operation::Apply);
    let labels = json!({"app.kubernetes.io/managed-by": "ditc", "ditc.dev/environment": "jakub"});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "jakub", "labels": labels}});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "postgresql"}, "type": "Opaque"});
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "postgresql"}, "data": {
        "postgresql.conf": "listen_addresses = '*'\nmax_connections = 100\n",
        "empty": "",
    }});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "orders", "namespace": "jakub", "labels": labels},
        "spec": {"selector": {"matchLabels": {"app": "orders"}}, "template": {
            "metadata": {"labels": {"app": "orders"}, "annotations": {"ditc.dev/config": "0123456789abcdef"}},
            "spec": {"containers": [{"name": "orders", "image": "jakubborys/ditc-orders:v2",
                "command": ["nameko", "run", "--config", "config.yml"],
                "ports": [{"containerPort": 8000}], "resources": {},
                "env": [{"name": "DB_HOST", "value": "postgresql"}, {"name": "DEBUG", "value": "true"}]}]}}}});
    for (component, key, body) in [
        (None, key("Namespace", "jakub"), namespace),
        (Some("dependencies.postgresql"), key("Secret", "postgresql"), secret),
        (Some("dependencies.postgresql"), key("ConfigMap", "postgresql"), config),
        (Some("services.orders"), key("Deployment", "orders"), deployment),
    ] {
        let mut change = change(component, Action::Create, Reason::New);
        let mut manifest = files.manifest(change.component.as_ref(), &key, body);
        if key.kind.is("", "Secret") {
            let keys = BTreeMap::from([("postgresql-password".to_owned(), Generate::Password.into())]);
            manifest.secret = Some(Recipe { keys, round: 0 });
            change.check = Check::Not(Why::NoRight);
        }
        change.manifest = Some(manifest);
        plan.order.add(Step::Change(key.clone()));
        plan.changes.insert(key, change);
    }
    plan.order.need(Step::Ready(component("dependencies.postgresql")), Step::Change(key("Secret", "postgresql")));
    plan.order.need(Step::Change(key("Deployment", "orders")), Step::Ready(component("dependencies.postgresql")));
    plan
}

#[test]
fn an_image_is_changed() {
    let files = files();
    assert_data_eq!(
        shown(&image_update(&files), &files),
        str![[r#"
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

Plan: 0 to add, 1 to change, 0 to destroy.

"#]]
    );
}

#[test]
fn an_image_is_changed_in_colour() {
    let files = files();
    assert_data_eq!(
        visible(&text::plan(&image_update(&files), &files.context(), COLOUR)),
        str![[r#"
Actions are shown with these symbols:
  <33>~</> update in-place

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  # <1>jakub.services.orders/Deployment/orders</> will be updated in-place
  # <90>(the definition changed: environments/jakub.toml:6)</>
  <33>~</> Deployment "orders" {
      <33>~</> spec.template.spec.containers[name="orders"].image = "jakubborys/ditc-orders:dev" -> "jakubborys/ditc-orders:v2"
        <90># (14 unchanged fields hidden)</>
    }

<1>Plan:</> 0 to add, 1 to change, 0 to destroy.

"#]]
    );
}

#[test]
fn an_environment_is_created() {
    let files = files();
    assert_data_eq!(
        shown(&creation(&files), &files),
        str![[r#"
Actions are shown with these symbols:
  + create

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  # jakub/Namespace/jakub will be created
  # (environments/jakub.toml:3)
  + Namespace "jakub" {}

  # jakub.dependencies.postgresql/ConfigMap/postgresql will be created
  # (environments/jakub.toml:3, modules/postgresql/secret.yaml:1)
  + ConfigMap "postgresql" {
      + data:
      +   postgresql.conf: |
      +     listen_addresses = '*'
      +     max_connections = 100
      +   empty: ""
    }

  # jakub.dependencies.postgresql/Secret/postgresql will be created
  # (environments/jakub.toml:3, modules/postgresql/secret.yaml:1)
  # not checked by the server: these credentials have no right to write it
  + Secret "postgresql" {
      + type: Opaque
      + data.postgresql-password: (sensitive value, a new password)
    }

  # jakub.services.orders/Deployment/orders will be created
  # (environments/jakub.toml:6)
  + Deployment "orders" {
      + spec:
      +   selector.matchLabels.app: orders
      +   template:
      +     metadata:
      +       labels.app: orders
      +       annotations:
      +         ditc.dev/config: 0123456789abcdef
      +     spec.containers:
      +       - name: orders
      +         image: jakubborys/ditc-orders:v2
      +         command: ["nameko", "run", "--config", "config.yml"]
      +         ports:
      +           - containerPort: 8000
      +         resources: {}
      +         env:
      +           - name: DB_HOST
      +             value: postgresql
      +           - name: DEBUG
      +             value: "true"
    }

Plan: 4 to add, 0 to change, 0 to destroy.

"#]]
    );
}

#[test]
fn what_was_not_checked_for_many_is_told_once() {
    let files = files();
    let mut plan = creation(&files);
    for change in plan.changes.values_mut() {
        change.check = Check::Not(Why::NamespaceNotYet);
    }
    let text = shown(&plan, &files);
    assert_eq!(text.matches("checked by the server").count(), 1);
    let text = text.replace('\n', " ");
    assert!(
        text.contains("Note: 4 objects were not checked by the server, each because its namespace does not exist yet.")
    );
}

#[test]
fn deletes_take_one_line_each() {
    let files = files();
    let mut plan = empty(Operation::Destroy);
    for (component, key) in [
        (None, key("Namespace", "jakub")),
        (Some("dependencies.postgresql"), key("StatefulSet", "postgresql")),
        (Some("services.orders"), key("Deployment", "orders")),
        (Some("services.orders"), key("Service", "orders")),
    ] {
        plan.changes.insert(key.clone(), change(component, Action::Delete, Reason::Destroyed));
        plan.order.add(Step::Change(key));
    }
    let step = |kind, name| Step::Change(key(kind, name));
    plan.order.need(step("StatefulSet", "postgresql"), step("Deployment", "orders"));
    plan.order.need(step("Namespace", "jakub"), step("StatefulSet", "postgresql"));
    assert_data_eq!(
        shown(&plan, &files),
        str![[r#"
Actions are shown with these symbols:
  - destroy

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  - jakub.services.orders/Service/orders will be destroyed
  - jakub.services.orders/Deployment/orders will be destroyed
  - jakub.dependencies.postgresql/StatefulSet/postgresql will be destroyed
  - jakub/Namespace/jakub will be destroyed

Plan: 0 to add, 0 to change, 4 to destroy.

"#]]
    );
}

#[test]
fn what_leaves_the_definition_says_why() {
    let files = files();
    let mut plan = image_update(&files);
    for (kind, action, reason) in [
        ("ConfigMap", Action::Delete, Reason::NotDesired),
        ("Job", Action::Delete, Reason::Leftover),
        ("Service", Action::Forget, Reason::Gone),
    ] {
        plan.changes.insert(key(kind, "seed"), change(Some("services.orders"), action, reason));
    }
    assert_data_eq!(
        shown(&plan, &files),
        str![[r#"
Actions are shown with these symbols:
  ~ update in-place
  - destroy
  . forget, which changes only the record

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  - jakub.services.orders/ConfigMap/seed will be destroyed (it is no longer in the definition)
  . jakub.services.orders/Service/seed will be forgotten (it is gone already, so only the record changes)
  - jakub.services.orders/Job/seed will be destroyed (ditc made it, but neither the definition nor the record knows it)

  # jakub.services.orders/Deployment/orders will be updated in-place
  # (the definition changed: environments/jakub.toml:6)
  ~ Deployment "orders" {
      ~ spec.template.spec.containers[name="orders"].image = "jakubborys/ditc-orders:dev" -> "jakubborys/ditc-orders:v2"
        # (14 unchanged fields hidden)
    }

Plan: 0 to add, 1 to change, 2 to destroy, 1 to forget.

"#]]
    );
}

#[test]
fn who_rolls_is_told_why() {
    let files = files();
    let hash = "spec.template.metadata.annotations.ditc|dev/config-hash";
    let mut plan = image_update(&files);
    let orders = key("Deployment", "orders");
    let change = plan.changes.get_mut(&orders).unwrap();
    change.rolls = [key("ConfigMap", "orders-files"), key("Secret", "orders")].into();
    change.diff.fields.push(field(hash, Some("00f0".into()), Some("a1a1".into())));
    assert_data_eq!(
        shown(&plan, &files),
        str![[r#"
Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  # jakub.services.orders/Deployment/orders will be updated in-place
  # (the definition changed; rolls because ConfigMap orders-files and Secret
  # orders changed: environments/jakub.toml:6)
  ~ Deployment "orders" {
      ~ spec.template {
          ~ spec.containers[name="orders"].image = "jakubborys/ditc-orders:dev" -> "jakubborys/ditc-orders:v2"
          ~ metadata.annotations["ditc.dev/config-hash"] = "00f0" -> "a1a1"
        }
        # (14 unchanged fields hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.

"#]]
    );
    let change = plan.changes.get_mut(&orders).unwrap();
    change.reason = Reason::ConfigChanged;
    change.rolls = [key("ConfigMap", "orders-files")].into();
    change.diff.fields.remove(0);
    assert_data_eq!(
        shown(&plan, &files),
        str![[r#"
Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment jakub (namespace jakub,
cluster staging):

  # jakub.services.orders/Deployment/orders will be updated in-place
  # (rolls because ConfigMap orders-files changed: environments/jakub.toml:6)
  ~ Deployment "orders" {
      ~ spec.template.metadata.annotations["ditc.dev/config-hash"] = "00f0" -> "a1a1"
        # (14 unchanged fields hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.

"#]]
    );
}
