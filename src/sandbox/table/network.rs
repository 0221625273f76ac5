//! Services, what is behind them, and what leads to them.

use serde_json::Value;

use super::words::{Row, first_of, join, labels, named, plain};
use crate::sandbox::store::text;

/// How many addresses, ports or hosts are shown.
const MOST: usize = 3;

pub(super) fn service(row: &Row<'_>) -> Vec<Value> {
    let ports: Vec<String> = row.list("/spec/ports").iter().map(port).collect();
    let ports = if ports.is_empty() { "<none>".to_owned() } else { ports.join(",") };
    vec![
        row.name(),
        row.text("/spec/type").into(),
        row.text_or("/spec/clusterIPs/0", "<none>"),
        external(row).into(),
        ports.into(),
        row.age(),
        labels(row.object.pointer("/spec/selector")).into(),
    ]
}

fn port(port: &Value) -> String {
    let protocol = text(port, "/protocol");
    match port.get("nodePort").and_then(Value::as_i64) {
        Some(node) if node > 0 => format!("{}:{node}/{protocol}", port["port"]),
        _ => format!("{}/{protocol}", port["port"]),
    }
}

fn external(row: &Row<'_>) -> String {
    let given = join(row.list("/spec/externalIPs").iter().filter_map(Value::as_str));
    let or = |none: &str| if given.is_empty() { none.to_owned() } else { given.clone() };
    match row.text("/spec/type") {
        "ClusterIP" | "NodePort" => or("<none>"),
        "LoadBalancer" => match balancers(row) {
            balancers if balancers.is_empty() => or("<pending>"),
            balancers if given.is_empty() => balancers,
            balancers => format!("{balancers},{given}"),
        },
        "ExternalName" => row.text("/spec/externalName").to_owned(),
        _ => "<unknown>".to_owned(),
    }
}

fn balancers(row: &Row<'_>) -> String {
    let mut addresses: Vec<&str> = row
        .list("/status/loadBalancer/ingress")
        .iter()
        .map(|ingress| [text(ingress, "/ip"), text(ingress, "/hostname")])
        .filter_map(|both| both.into_iter().find(|address| !address.is_empty()))
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses.join(",")
}

pub(super) fn endpoints(row: &Row<'_>) -> Vec<Value> {
    let mut all = Vec::new();
    for subset in row.list("/subsets") {
        let list = |field: &str| subset.get(field).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let addresses = list("addresses").iter().map(|address| text(address, "/ip"));
        if list("ports").is_empty() {
            all.extend(addresses.map(str::to_owned));
            continue;
        }
        for port in list("ports") {
            all.extend(addresses.clone().map(|address| match address.contains(':') {
                true => format!("[{address}]:{}", port["port"]),
                false => format!("{address}:{}", port["port"]),
            }));
        }
    }
    let shown = if row.count("/subsets") == 0 { "<none>".to_owned() } else { first_of(&all, MOST, ",") };
    vec![row.name(), shown.into(), row.age()]
}

pub(super) fn slice(row: &Row<'_>) -> Vec<Value> {
    let or_unset = |list: &[String]| if list.is_empty() { "<unset>".to_owned() } else { first_of(list, MOST, ",") };
    let ports: Vec<String> = row
        .list("/ports")
        .iter()
        .map(|port| match (port.get("port"), port.get("name").and_then(Value::as_str)) {
            (Some(number), _) if !number.is_null() => number.to_string(),
            (_, Some(name)) => name.to_owned(),
            _ => "*".to_owned(),
        })
        .collect();
    let addresses = row.list("/endpoints").iter().filter_map(|endpoint| endpoint.get("addresses")?.as_array());
    let addresses: Vec<String> = addresses.flatten().map(plain).collect();
    vec![row.name(), row.text("/addressType").into(), or_unset(&ports).into(), or_unset(&addresses).into(), row.age()]
}

pub(super) fn ingress(row: &Row<'_>) -> Vec<Value> {
    let rules = row.list("/spec/rules");
    let hosts: Vec<(usize, &str)> =
        rules.iter().map(|rule| text(rule, "/host")).enumerate().filter(|(_, host)| !host.is_empty()).collect();
    let shown = join(hosts.iter().take(MOST).map(|(_, host)| *host));
    let shown = match hosts.get(MOST - 1) {
        // What is left out is counted in rules, also in those without a host.
        Some((at, _)) if at + 1 < rules.len() => format!("{shown} + {} more...", rules.len() - MOST),
        _ if hosts.is_empty() => "*".to_owned(),
        _ => shown,
    };
    let ports = if row.count("/spec/tls") == 0 { "80" } else { "80, 443" };
    vec![
        row.name(),
        row.text_or("/spec/ingressClassName", "<none>"),
        shown.into(),
        balancers(row).into(),
        ports.into(),
        row.age(),
    ]
}

pub(super) fn ingress_class(row: &Row<'_>) -> Vec<Value> {
    let parameters = match row.text("/spec/parameters/kind") {
        "" => "<none>".to_owned(),
        kind => {
            let group = row.text("/spec/parameters/apiGroup");
            let kind = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
            format!("{kind}/{}", row.text("/spec/parameters/name"))
        }
    };
    vec![
        named(row, "ingressclass.kubernetes.io/is-default-class"),
        row.text("/spec/controller").into(),
        parameters.into(),
        row.age(),
    ]
}
