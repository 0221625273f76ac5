//! What a pod asks for and may use, over all its containers
//! (<https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers>).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::quantity::Quantity;

/// Quantities by the name of what they measure.
pub(super) type Amounts = BTreeMap<String, String>;

/// The quantities at a pointer.
pub(super) fn amounts(object: &Value, pointer: &str) -> Amounts {
    let map = object.pointer(pointer).and_then(Value::as_object);
    map.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

pub(super) fn add(to: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        match to.get_mut(name) {
            Some(known) => *known = read(known).plus(read(amount)).to_string(),
            None => {
                to.insert(name.clone(), amount.clone());
            }
        }
    }
}

pub(super) fn is_more(left: &str, right: &str) -> bool {
    read(left) > read(right)
}

/// A quantity that was read before it was kept.
pub(super) fn read(text: &str) -> Quantity {
    Quantity::parse(text).unwrap_or(Quantity::ZERO)
}

fn raise(to: &mut Amounts, least: &Amounts) {
    for (name, amount) in least {
        if to.get(name).is_none_or(|known| is_more(amount, known)) {
            to.insert(name.clone(), amount.clone());
        }
    }
}

/// The containers of a pod under one of its keys.
pub(super) fn containers<'a>(pod: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    pod.pointer(&format!("/spec/{key}")).and_then(Value::as_array).into_iter().flatten()
}

/// All `requests` or `limits` of a pod.
pub(super) fn of_pod(pod: &Value, part: &str) -> Amounts {
    let pointer = format!("/resources/{part}");
    let mut all = Amounts::new();
    for container in containers(pod, "containers") {
        add(&mut all, &amounts(container, &pointer));
    }
    let (mut sidecars, mut first) = (Amounts::new(), Amounts::new());
    for container in containers(pod, "initContainers") {
        let own = amounts(container, &pointer);
        if container["restartPolicy"] == "Always" {
            add(&mut all, &own);
            add(&mut sidecars, &own);
            raise(&mut first, &sidecars);
        } else {
            let mut beside = own;
            add(&mut beside, &sidecars);
            raise(&mut first, &beside);
        }
    }
    raise(&mut all, &first);
    all.extend(amounts(pod, &format!("/spec{pointer}")));
    let mut overhead = amounts(pod, "/spec/overhead");
    overhead.retain(|name, _| part == "requests" || all.contains_key(name));
    add(&mut all, &overhead);
    all
}
