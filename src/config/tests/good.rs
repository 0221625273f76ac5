//! Workspaces without mistakes, and what they become.

use super::*;

/// The value at a JSON pointer of an object; a list by items, one a line.
pub(super) fn at(desired: &crate::desired::Desired, object: &str, pointer: &str) -> String {
    let found = desired.manifests.values().find(|manifest| manifest.key.to_string() == object);
    match found.unwrap().body.at(pointer) {
        Some(serde_json::Value::Array(items)) => items.iter().map(|item| format!("{item}\n")).collect(),
        Some(value) => value.to_string(),
        None => "nothing".to_owned(),
    }
}

/// One line for each manifest: its component and its object.
pub(super) fn keys(desired: &crate::desired::Desired) -> String {
    desired
        .manifests
        .values()
        .map(|manifest| match &manifest.component {
            Some(component) => format!("{component} {}\n", manifest.key),
            None => format!("{}\n", manifest.key),
        })
        .collect()
}

#[test]
fn the_articles_environment_keeps_its_names() {
    let jakub = expanded(&own(), "jakub");
    assert_data_eq!(
        keys(&jakub),
        str![[r#"
dependencies.postgresql ConfigMap/postgresql-setup
dependencies.rabbitmq ConfigMap/rabbitmq-config
dependencies.redis ConfigMap/redis-config
LimitRange/environment
Namespace/jakub
dependencies.postgresql PersistentVolumeClaim/data-postgresql
ResourceQuota/environment
dependencies.postgresql Secret/postgresql
dependencies.rabbitmq Secret/rabbitmq
dependencies.redis Secret/redis
services.gateway Service/gateway
dependencies.postgresql Service/postgresql
dependencies.postgresql Service/postgresql-headless
dependencies.rabbitmq Service/rabbitmq
dependencies.redis Service/redis
dependencies.redis Service/redis-master
services.gateway Deployment/gateway
services.orders Deployment/orders
services.products Deployment/products
dependencies.postgresql StatefulSet/postgresql
dependencies.rabbitmq StatefulSet/rabbitmq
dependencies.redis StatefulSet/redis-master
services.gateway Ingress/gateway
NetworkPolicy/environment

"#]]
    );
}

#[test]
fn a_small_environment_and_one_with_an_own_module() {
    assert_data_eq!(
        keys(&expanded(&own(), "ci")),
        str![[r#"
dependencies.redis ConfigMap/redis-config
LimitRange/environment
Namespace/ci
ResourceQuota/environment
dependencies.redis Secret/redis
dependencies.redis Service/redis
dependencies.redis Service/redis-master
services.web Service/web
services.web Deployment/web
dependencies.redis StatefulSet/redis-master
NetworkPolicy/environment

"#]]
    );
    let shop = expanded(&own(), "shop");
    assert_data_eq!(
        keys(&shop),
        str![[r#"
dependencies.postgresql ConfigMap/postgresql-setup
dependencies.rabbitmq ConfigMap/rabbitmq-config
LimitRange/environment
Namespace/preview-shop
ResourceQuota/environment
dependencies.postgresql Secret/postgresql
dependencies.rabbitmq Secret/rabbitmq
dependencies.mailpit Service/mailpit
dependencies.postgresql Service/postgresql
dependencies.postgresql Service/postgresql-headless
dependencies.rabbitmq Service/rabbitmq
dependencies.mailpit Deployment/mailpit
services.orders Deployment/orders
dependencies.postgresql StatefulSet/postgresql
dependencies.rabbitmq StatefulSet/rabbitmq
dependencies.mailpit Ingress/mailpit
NetworkPolicy/environment

"#]]
    );
    assert_eq!(shop.namespace.as_str(), "preview-shop");
}

#[test]
fn services_get_the_articles_variables() {
    let jakub = expanded(&own(), "jakub");
    let container = "/spec/template/spec/containers/0";
    assert_data_eq!(
        at(&jakub, "Deployment/orders", &format!("{container}/env")),
        str![[r#"
{"name":"DB_HOST","value":"postgresql"}
{"name":"DB_NAME","value":"orders"}
{"name":"DB_USER","value":"postgres"}
{"name":"DB_PASSWORD","valueFrom":{"secretKeyRef":{"key":"postgresql-password","name":"postgresql"}}}
{"name":"RABBIT_HOST","value":"rabbitmq"}
{"name":"RABBIT_MANAGEMENT_PORT","value":"15672"}
{"name":"RABBIT_PORT","value":"5672"}
{"name":"RABBIT_USER","value":"guest"}
{"name":"RABBIT_PASSWORD","valueFrom":{"secretKeyRef":{"key":"rabbitmq-password","name":"rabbitmq"}}}

"#]]
    );
    assert_data_eq!(
        at(&jakub, "Deployment/products", &format!("{container}/env")),
        str![[r#"
{"name":"REDIS_HOST","value":"redis-master"}
{"name":"REDIS_INDEX","value":"11"}
{"name":"REDIS_PORT","value":"6379"}
{"name":"REDIS_PASSWORD","valueFrom":{"secretKeyRef":{"key":"redis-password","name":"redis"}}}
{"name":"RABBIT_HOST","value":"rabbitmq"}
{"name":"RABBIT_MANAGEMENT_PORT","value":"15672"}
{"name":"RABBIT_PORT","value":"5672"}
{"name":"RABBIT_USER","value":"guest"}
{"name":"RABBIT_PASSWORD","valueFrom":{"secretKeyRef":{"key":"rabbitmq-password","name":"rabbitmq"}}}

"#]]
    );
    assert_data_eq!(
        at(&jakub, "Deployment/orders", &format!("{container}/image")),
        str![[r#""jakubborys/ditc-orders:dev""#]]
    );
    assert_data_eq!(at(&jakub, "Deployment/orders", "/spec/replicas"), str!["nothing"]);
    assert_data_eq!(
        at(&jakub, "Deployment/gateway", &format!("{container}/readinessProbe")),
        str![[
            r#"{"tcpSocket":{"port":8000},"initialDelaySeconds":0,"periodSeconds":5,"timeoutSeconds":5,"failureThreshold":3}"#
        ]]
    );
    assert_data_eq!(
        at(&jakub, "Service/gateway", "/spec"),
        str![[
            r#"{"selector":{"app":"gateway"},"ports":[{"name":"port-80","port":80,"targetPort":8000,"protocol":"TCP"}]}"#
        ]]
    );
    assert_data_eq!(
        at(&jakub, "Ingress/gateway", "/spec"),
        str![[
            r#"{"rules":[{"host":"jakub.preview.example.com","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"gateway","port":{"number":80}}}}]}}]}"#
        ]]
    );
    assert!(at(&jakub, "ConfigMap/postgresql-setup", "/data").contains("\\ndatabase 'orders'\\n"));
    assert_data_eq!(
        at(&jakub, "Secret/postgresql", ""),
        str![[
            r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"postgresql","namespace":"jakub","labels":{"app.kubernetes.io/managed-by":"ditc","ditc.dev/environment":"jakub","ditc.dev/component":"postgresql"}},"type":"Opaque"}"#
        ]]
    );
    assert_data_eq!(
        at(&jakub, "Namespace/jakub", ""),
        str![[
            r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"jakub","labels":{"app.kubernetes.io/managed-by":"ditc","ditc.dev/environment":"jakub","pod-security.kubernetes.io/enforce":"baseline","pod-security.kubernetes.io/warn":"restricted"},"annotations":{"ditc.dev/owner":"jakub@example.com","ditc.dev/ttl":"72h"}}}"#
        ]]
    );
    assert_data_eq!(
        at(&jakub, "StatefulSet/redis-master", &format!("{container}/args")),
        str![[r#"
"redis-server"
"/etc/redis/redis.conf"
"--requirepass"
"$(REDIS_PASSWORD)"

"#]]
    );
    assert_data_eq!(
        at(&jakub, "StatefulSet/redis-master", "/spec/template/metadata"),
        str![[
            r#"{"labels":{"app":"redis"},"annotations":{"ditc.dev/config-hash":"0a3dbb0e39bd02c61ae1fe6325467d23"}}"#
        ]]
    );
}
