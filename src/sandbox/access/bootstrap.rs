//! The roles that every cluster has, and who has them from the start. The table was printed by `tests/tables/roles.py` from 1.36.3.

use serde_json::{Map, Value, json};

use crate::sandbox::{
    kinds,
    status::Refusal,
    store::Store,
    writes::{self, Write},
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Makes what is missing: a box from before there were roles gets them too.
pub(in crate::sandbox) fn fill(store: &mut Store, write: Write<'_>) -> Result<(), Refusal> {
    for (kind, name, object) in table() {
        let resource = kinds::known(GROUP, kind);
        if store.get(resource.slot, "", &name).is_none() {
            let decoded =
                writes::complete(resource, object).map_err(|misfit| Refusal::bad_request(misfit.to_string()))?;
            writes::create(store, resource, "", decoded.value, write, false)?;
        }
    }
    Ok(())
}

/// Kind, name and object of each.
fn table() -> Vec<(&'static str, String, Value)> {
    let mut all: Vec<(&'static str, String, Value)> = Vec::new();
    for line in include_str!("roles.txt").lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["role", name, given, aggregated] => {
                let mut object = json!({"metadata": metadata(name, labels(given)), "rules": []});
                if aggregated != "-" {
                    let selector = json!({"matchLabels": labels(aggregated)});
                    object["aggregationRule"] = json!({"clusterRoleSelectors": [selector]});
                }
                all.push(("ClusterRole", name.to_owned(), object));
            }
            ["binding", name, role, groups] => {
                let subject = |group: &str| json!({"apiGroup": GROUP, "kind": "Group", "name": group});
                let object = json!({
                    "metadata": metadata(name, labels("kubernetes.io/bootstrapping=rbac-defaults")),
                    "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
                    "subjects": groups.split(',').map(subject).collect::<Vec<_>>(),
                });
                all.push(("ClusterRoleBinding", name.to_owned(), object));
            }
            [first, second, verbs] => {
                let list = |text: &str| -> Vec<String> {
                    text.split(',').map(|word| if word == "core" { String::new() } else { word.to_owned() }).collect()
                };
                let rule = match first {
                    "path" => json!({"verbs": list(verbs), "nonResourceURLs": list(second)}),
                    groups => json!({"verbs": list(verbs), "apiGroups": list(groups), "resources": list(second)}),
                };
                let rules = all.last_mut().and_then(|(_, _, object)| object["rules"].as_array_mut());
                rules.expect("a role stands before its rules").push(rule);
            }
            _ => unreachable!("a line of the table of roles has three or four words: {line}"),
        }
    }
    all
}

fn metadata(name: &str, labels: Map<String, Value>) -> Value {
    json!({"name": name, "labels": labels, "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"}})
}

fn labels(text: &str) -> Map<String, Value> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.into())).collect()
}
