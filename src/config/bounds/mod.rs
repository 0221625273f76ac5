//! What keeps an environment from disturbing others on a shared cluster: a quota, resources for containers that name none,
//! a network of its own, and pod security. All are on unless `ditc.toml` or the environment says `false`.

mod objects;
mod schema;

use std::{collections::BTreeMap, net::IpAddr};

use serde_json::{Map, Value};

use super::{
    fields::{Fields, listed, wrong_type},
    value::{Entry, Node, Table, Tree},
};
use crate::{
    diagnostic::{Diagnostic, Spanned},
    quantity::Quantity,
};

pub(super) use self::{
    objects::{crowded, objects, security_labels},
    schema::properties,
};

/// The keys that say it, in `ditc.toml` under `[defaults]` and in an environment.
pub(super) const KEYS: [&str; 4] = ["quota", "resources", "network", "security"];

/// What a quota counts: the key, what Kubernetes calls it, how much there is unless something else is said.
pub(super) const QUOTA: [(&str, &str, &str); 6] = [
    ("cpu", "requests.cpu", "8"),
    ("memory", "requests.memory", "16Gi"),
    ("storage", "requests.storage", "64Gi"),
    ("claims", "persistentvolumeclaims", "20"),
    ("pods", "pods", "100"),
    ("load_balancers", "services.loadbalancers", "2"),
];

/// What a container asks for that does not say it, and the most that it gets.
pub(super) const RESOURCES: [(&str, &[(&str, &str)]); 2] =
    [("requests", &[("cpu", "50m"), ("memory", "128Mi")]), ("limits", &[("memory", "1Gi")])];

/// The profiles of pod security (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>).
pub(super) const PROFILES: [&str; 3] = ["privileged", "baseline", "restricted"];

/// What is done by a profile, and by which.
pub(super) const SECURITY: [(&str, Option<&str>); 3] =
    [("enforce", Some("baseline")), ("warn", Some("restricted")), ("audit", None)];

/// The keys of `[network]`.
pub(super) const NETWORK: [&str; 2] = ["from", "except"];

/// The bounds of an environment; none is switched off.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Bounds {
    /// By the names of Kubernetes.
    quota: Option<Map<String, Value>>,
    /// Requests and limits, each by the names of Kubernetes.
    resources: Option<BTreeMap<&'static str, Map<String, Value>>>,
    network: Option<Network>,
    /// Profiles by what is done with them.
    security: Option<BTreeMap<&'static str, String>>,
}

/// With whom an environment may talk, besides itself and all that is no environment.
#[derive(Debug, Clone, Default, PartialEq)]
struct Network {
    /// Addresses that may come in, such as those of a load balancer.
    from: Vec<String>,
    /// Addresses that are out of reach.
    except: Vec<String>,
}

/// Reads the bounds out of a table that may hold more.
pub(super) fn bounds<'a>(fields: &mut Fields<'a, '_>) -> Bounds {
    let [quota, resources, network, security] = KEYS.map(|key| section(key, fields));
    Bounds {
        quota: quota.map(|table| read_quota(&table, fields.diagnostics())),
        resources: resources.map(|table| read_resources(&table, fields.diagnostics())),
        network: network.map(|table| read_network(&table, fields.diagnostics())),
        security: security.map(|table| read_security(&table, fields.diagnostics())),
    }
}

/// The table of a key; an empty one where nothing is said, none where it is switched off.
fn section<'a>(key: &'static str, fields: &mut Fields<'a, '_>) -> Option<Table> {
    let Some(entry) = fields.entry(key) else { return Some(Table::default()) };
    match &entry.value.tree {
        Tree::Table(table) => Some(table.clone()),
        Tree::Boolean(false) => None,
        Tree::Boolean(true) | Tree::String(_) | Tree::Integer(_) | Tree::List(_) => {
            fields.complain(wrong_type(&entry.value, &format!("`{key}`"), "a table, or `false` for none"));
            None
        }
    }
}

/// Whether something is counted by the piece.
fn is_count(key: &str) -> bool {
    matches!(key, "claims" | "pods" | "load_balancers")
}

fn read_quota(table: &Table, diagnostics: &mut Vec<Diagnostic>) -> Map<String, Value> {
    let mut fields = Fields::new(table, "`[quota]`", diagnostics);
    let mut hard = Map::new();
    for (key, name, default) in QUOTA {
        let given = fields.entry(key);
        if let Some(amount) = amount(given, default, is_count(key), "`[quota]`", fields.diagnostics()) {
            hard.insert(name.to_owned(), Value::from(amount));
        }
    }
    fields.finish();
    hard
}

fn read_resources(table: &Table, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<&'static str, Map<String, Value>> {
    let mut fields = Fields::new(table, "`[resources]`", diagnostics);
    let mut all = BTreeMap::new();
    for (sort, defaults) in RESOURCES {
        let what = format!("`{sort}` of `[resources]`");
        let empty = Table::default();
        let given = match fields.entry(sort).map(|entry| &entry.value) {
            None => &empty,
            Some(node) if node.is_false() => continue,
            Some(node) => node.table().unwrap_or_else(|| {
                let complaint = wrong_type(node, &what, "a table, or `false` for none");
                fields.complain(complaint);
                &empty
            }),
        };
        let others = given.entries.iter().map(|entry| entry.key.value.as_str());
        let names = defaults.iter().map(|(name, _)| *name).chain(others);
        let mut amounts = Map::new();
        for name in names {
            let default = defaults.iter().find(|(known, _)| *known == name).map_or("0", |(_, default)| *default);
            if let Some(amount) = amount(given.get(name), default, false, &what, fields.diagnostics()) {
                amounts.insert(name.to_owned(), Value::from(amount));
            }
        }
        all.insert(sort, amounts);
    }
    fields.finish();
    all
}

/// An amount of something; none where it is switched off, or cannot be read.
fn amount(
    given: Option<&Entry>,
    default: &str,
    is_count: bool,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<String> {
    let Some(Entry { key, value }) = given else { return Some(default.to_owned()) };
    let is_readable = |text: &str| Quantity::parse(text).is_some_and(|amount| amount >= Quantity::ZERO);
    match &value.tree {
        Tree::Boolean(false) => return None,
        Tree::Integer(number) if *number >= 0 => return Some(number.to_string()),
        Tree::String(text) if !is_count && is_readable(text) => return Some(text.clone()),
        Tree::String(_) | Tree::Integer(_) | Tree::Boolean(true) | Tree::List(_) | Tree::Table(_) => {}
    }
    let expected =
        if is_count { "a number, or `false` for none" } else { "a quantity such as `4` or `8Gi`, or `false` for none" };
    let diagnostic = Diagnostic::new("invalid amount").at(value.span.clone(), format!("expected {expected}"));
    diagnostics.push(diagnostic.detail(format!("`{}` of {what} is an amount that is not less than zero", key.value)));
    None
}

fn read_network(table: &Table, diagnostics: &mut Vec<Diagnostic>) -> Network {
    let mut fields = Fields::new(table, "`[network]`", diagnostics);
    let [from, except] = NETWORK.map(|key| fields.strings(key).unwrap_or_default());
    fields.finish();
    Network { from: ranges(from, diagnostics), except: ranges(except, diagnostics) }
}

/// Ranges of addresses as NetworkPolicies have them.
fn ranges(texts: Vec<Spanned<String>>, diagnostics: &mut Vec<Diagnostic>) -> Vec<String> {
    let mut ranges = Vec::new();
    for Spanned { value, span } in texts {
        if family(&value).is_some() {
            ranges.push(value);
            continue;
        }
        let diagnostic = Diagnostic::new("invalid range").at(span, "not a range of addresses");
        let is_address = value.parse::<IpAddr>().ok();
        diagnostics.push(match is_address {
            Some(IpAddr::V4(_)) => diagnostic.help(format!("for one address write `{value}/32`")),
            Some(IpAddr::V6(_)) => diagnostic.help(format!("for one address write `{value}/128`")),
            None => diagnostic.help("ranges look like `10.0.0.0/8` or `fd00::/8`"),
        });
    }
    ranges
}

/// All addresses of a range's kind; none where it is no range.
fn family(range: &str) -> Option<&'static str> {
    let (address, length) = range.split_once('/')?;
    let length: u8 = length.parse().ok().filter(|_| !length.starts_with('+'))?;
    match address.parse().ok()? {
        IpAddr::V4(_) if length <= 32 => Some("0.0.0.0/0"),
        IpAddr::V6(_) if length <= 128 => Some("::/0"),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

fn read_security(table: &Table, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<&'static str, String> {
    let mut fields = Fields::new(table, "`[security]`", diagnostics);
    let mut profiles = BTreeMap::new();
    for (mode, default) in SECURITY {
        let profile = match fields.entry(mode).map(|entry| &entry.value) {
            None => default.map(str::to_owned),
            Some(node) if node.is_false() => None,
            Some(node) => profile(node, fields.diagnostics()),
        };
        profiles.extend(profile.map(|profile| (mode, profile)));
    }
    fields.finish();
    profiles
}

fn profile(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    if let Some(known) = node.string().filter(|text| PROFILES.contains(text)) {
        return Some(known.to_owned());
    }
    let diagnostic = Diagnostic::new("unknown profile").at(node.span.clone(), "not a profile of pod security");
    diagnostics.push(diagnostic.help(format!("known are {}, and `false` for none", listed(PROFILES))));
    None
}
