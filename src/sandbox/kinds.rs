//! The kinds of the table, with their names, verbs and subresources. Where an object is stored is the store's affair, and
//! kinds of one's own are the catalogue's.

use std::sync::{Arc, LazyLock};

use super::custom::Custom;
use crate::schema::{self, Shape};

/// A kind in one version.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    /// Empty for the core group.
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) plural: String,
    pub(super) singular: String,
    pub(super) short: Vec<String>,
    pub(super) categories: Vec<String>,
    pub(super) namespaced: bool,
    pub(super) verbs: Vec<String>,
    pub(super) subresources: Vec<Subresource>,
    pub(super) shape: Shape,
    /// Where its objects are kept; versions of one kind share it.
    pub(super) slot: usize,
    /// None for the kinds of the table.
    pub(super) custom: Option<Custom>,
}

#[derive(Debug, Clone)]
pub(super) struct Subresource {
    pub(super) name: String,
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) verbs: Vec<String>,
}

impl Resource {
    pub(super) fn api_version(&self) -> String {
        crate::object::join_api_version(&self.group, &self.version)
    }

    /// `deployments.apps`, as messages name it.
    pub(super) fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    pub(super) fn has(&self, subresource: &str) -> bool {
        self.subresources.iter().any(|known| known.name == subresource)
    }

    pub(super) fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }
}

static RESOURCES: LazyLock<Vec<Arc<Resource>>> = LazyLock::new(|| {
    let mut all: Vec<Arc<Resource>> = Vec::new();
    for line in schema::KINDS.lines() {
        let slot = all.len();
        let mut resource = parse(line, slot);
        // Both event APIs show the same objects, as do both versions of the autoscaler.
        let shared = all.iter().find(|other| other.kind == resource.kind).map(|other| other.slot);
        resource.slot = shared.unwrap_or(slot);
        all.push(Arc::new(resource));
    }
    all
});

fn parse(line: &str, slot: usize) -> Resource {
    let columns: Vec<&str> = line.split(' ').collect();
    let [group, version, kind, plural, singular, short, categories, scope, verbs, subresources] = columns[..] else {
        unreachable!("a line of the table of kinds has ten columns: {line}");
    };
    let list = |text: &str, by: char| -> Vec<String> {
        if text == "-" { Vec::new() } else { text.split(by).map(str::to_owned).collect() }
    };
    let package = group.split('.').next().unwrap_or_default();
    let shape = schema::named(&format!("{package}.{version}.{kind}")).unwrap_or(Shape::Any);
    Resource {
        group: if group == "core" { String::new() } else { group.to_owned() },
        version: version.to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
        singular: singular.to_owned(),
        short: list(short, ','),
        categories: list(categories, ','),
        namespaced: scope == "n",
        verbs: list(verbs, '+'),
        subresources: list(subresources, ';').iter().map(|text| subresource(text)).collect(),
        shape,
        slot,
        custom: None,
    }
}

/// `scale:autoscaling/v1/Scale:get+patch+update`
fn subresource(text: &str) -> Subresource {
    let parts: Vec<&str> = text.split([':', '/', ':']).collect();
    let [name, group, version, kind, verbs] = parts[..] else {
        unreachable!("a subresource of the table has five parts: {text}");
    };
    Subresource {
        name: name.to_owned(),
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        verbs: verbs.split('+').map(str::to_owned).collect(),
    }
}

/// All kinds of the table, in the order of discovery.
pub(super) fn all() -> &'static [Arc<Resource>] {
    &RESOURCES
}

/// A kind of the table that the sandbox itself works with.
pub(super) fn known(group: &str, kind: &str) -> &'static Arc<Resource> {
    all().iter().find(|known| known.is(group, kind)).expect("the sandbox's own kinds are in its table")
}

/// The version in which the objects of a kind are stored.
pub(super) fn stored(resource: &Resource) -> &Resource {
    match &resource.custom {
        None => &all()[resource.slot],
        Some(custom) => custom.stored().unwrap_or(resource),
    }
}
