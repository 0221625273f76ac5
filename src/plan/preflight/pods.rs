//! What pods use of a quota: one alone, and a set of them while it is rolled out.

use serde_json::Value;

use crate::quantity::Quantity;

use super::Demand;

/// Quotas know these by their bare names too, meaning requests.
const BARE: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// Pods of one template.
#[derive(Debug, Clone)]
pub(super) struct Set {
    pub(super) replicas: i64,
    pub(super) pod: Demand,
}

/// How one set takes the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rollout {
    /// Old pods go as new ones come, with so many more than wanted at a time.
    Rolling { surge: i64 },
    /// All old pods go first.
    Recreate,
}

/// What one pod uses.
pub(super) fn pod(spec: &Value) -> Demand {
    let mut demand = Demand::new();
    for name in ["pods", "count/pods"] {
        demand.insert(name.to_owned(), Quantity::count(1));
    }
    let mut resources: Vec<(&str, &str)> = Vec::new();
    for pointer in ["/initContainers", "/containers"] {
        for container in list(spec, pointer) {
            resources.extend(["requests", "limits"].iter().flat_map(|side| {
                let table = container.pointer(&format!("/resources/{side}")).and_then(Value::as_object);
                table.into_iter().flat_map(|table| table.keys()).map(|name| (*side, name.as_str()))
            }));
        }
    }
    // Where only a limit is given, the server sets the request to it.
    let requested: Vec<(&str, &str)> = resources.iter().map(|(_, name)| ("requests", *name)).collect();
    resources.extend(requested);
    let overhead = spec.get("overhead").and_then(Value::as_object).into_iter().flatten();
    resources.extend(overhead.map(|(name, _)| ("requests", name.as_str())));
    resources.sort_unstable();
    resources.dedup();
    for (side, name) in resources {
        let amount = effective(spec, side, name);
        if side == "requests" && BARE.contains(&name) {
            demand.insert(name.to_owned(), amount);
        }
        demand.insert(format!("{side}.{name}"), amount);
    }
    demand
}

/// What a pod counts for: its containers together with sidecars, or the hungriest moment of its start, whichever is more
/// (<https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers>).
fn effective(spec: &Value, side: &str, name: &str) -> Quantity {
    let whole = amount(spec, side, name);
    let overhead = spec.pointer("/overhead").and_then(|overhead| quantity(overhead.get(name)?));
    let mut running = Quantity::ZERO;
    let mut start = Quantity::ZERO;
    for container in list(spec, "/initContainers") {
        let amount = amount(container, side, name).unwrap_or(Quantity::ZERO);
        start = start.max(running.plus(amount));
        if container["restartPolicy"] == "Always" {
            running = running.plus(amount);
        }
    }
    for container in list(spec, "/containers") {
        running = running.plus(amount(container, side, name).unwrap_or(Quantity::ZERO));
    }
    whole.unwrap_or(running.max(start)).plus(overhead.unwrap_or(Quantity::ZERO))
}

fn amount(of: &Value, side: &str, name: &str) -> Option<Quantity> {
    let given = |side: &str| quantity(of.get("resources")?.get(side)?.get(name)?);
    given(side).or_else(|| given("limits").filter(|_| side == "requests"))
}

/// Values in files may be bare numbers.
pub(super) fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::parse(text),
        Value::Number(number) => Quantity::parse(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn list<'a>(spec: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    spec.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// How a workload's own settings roll it out.
pub(super) fn rollout(kind: &str, spec: &Value, replicas: i64) -> Rollout {
    if kind != "Deployment" {
        return Rollout::Rolling { surge: 0 };
    }
    if spec.pointer("/strategy/type").is_some_and(|strategy| strategy == "Recreate") {
        return Rollout::Recreate;
    }
    let percent = |percent: i64| replicas.saturating_mul(percent).saturating_add(99) / 100;
    let surge = match spec.pointer("/strategy/rollingUpdate/maxSurge") {
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.strip_suffix('%').and_then(|text| Some(percent(text.parse().ok()?))),
        _ => None,
    };
    // The server's own default (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-surge).
    Rollout::Rolling { surge: surge.unwrap_or_else(|| percent(25)).max(0) }
}

/// The most that is used at any moment of a rollout, on top of what is used before it.
pub(super) fn peak(before: &Set, after: &Set, rollout: Rollout) -> Demand {
    let (from, to) = (before.replicas, after.replicas);
    // How many old pods are left at the moments at which something turns.
    let moments = match rollout {
        Rollout::Recreate => vec![0],
        Rollout::Rolling { surge } => vec![from, surge.min(from), 0],
    };
    let mut demand = Demand::new();
    for name in before.pod.keys().chain(after.pod.keys()) {
        let of = |set: &Set| set.pod.get(name).copied().unwrap_or(Quantity::ZERO);
        let used = |old: i64| {
            let new = match rollout {
                Rollout::Recreate => to,
                Rollout::Rolling { surge } => to.saturating_add(surge).saturating_sub(old).clamp(0, to),
            };
            of(after).times(new).plus(of(before).times(old - from))
        };
        let most = moments.iter().map(|old| used(*old)).max().unwrap_or(Quantity::ZERO);
        if most.is_positive() {
            demand.insert(name.clone(), most);
        }
    }
    demand
}
