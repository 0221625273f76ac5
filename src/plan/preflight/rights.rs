//! The rights that a run needs, and which of them a list of rules does not grant.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    desired::is_made_once,
    kinds::{Kind, Kinds},
    names::ComponentId,
    object::{GroupKind, ObjectKey},
    pod,
    state::Operation,
};

use super::super::{Action, Block, Blocked, Plan, Step};

/// The name of ditc's own objects: the record's header and the lease.
const OWN: &str = "ditc";

/// One rule of those that the server lists for somebody
/// (<https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-rules-review-v1/>).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    pub verbs: Vec<String>,
    pub groups: Vec<String>,
    pub resources: Vec<String>,
    /// Empty for all objects; otherwise it grants nothing that names no object, such as a list.
    pub names: Vec<String>,
}

/// What may be done to objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Create,
    Update,
    Patch,
    Delete,
    List,
    Watch,
}

impl Verb {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
            Verb::List => "list",
            Verb::Watch => "watch",
        }
    }
}

/// Where a right is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Cluster,
    Namespace,
}

/// What a right is needed for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// To write or delete an object.
    Change(ObjectKey),
    /// To see when an object works, or when it is gone.
    Wait(ObjectKey),
    /// To keep the record of the environment.
    Record,
    /// To hold the lease, so that no other run writes meanwhile.
    Lease,
    /// To make the key by which given values are told apart.
    Key,
}

/// Rights to one sort of objects that are needed for the same things, and that nothing grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRight {
    pub scope: Scope,
    pub group: String,
    /// The plural: `deployments`.
    pub resource: String,
    pub verbs: BTreeSet<Verb>,
    pub purposes: BTreeSet<Purpose>,
}

/// One thing that is done to one object, or to all of a sort where it names none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Right {
    scope: Scope,
    group: String,
    resource: String,
    verb: Verb,
    name: Option<String>,
}

/// Rights with what they are needed for.
pub(super) type Needs = BTreeMap<Right, BTreeSet<Purpose>>;

impl Rule {
    /// As the server itself decides
    /// (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources>). ditc uses no
    /// subresource, so `pods/log` and `*/scale` are never what it needs.
    fn grants(&self, right: &Right) -> bool {
        let has = |list: &[String], wanted: &str| list.iter().any(|one| one == "*" || one == wanted);
        let names_it = right.name.as_ref().is_some_and(|name| self.names.contains(name));
        has(&self.verbs, right.verb.word())
            && has(&self.groups, &right.group)
            && has(&self.resources, &right.resource)
            && (self.names.is_empty() || names_it)
    }
}

/// Everything that a run needs and that its plan has not proven already by looking and asking.
pub(super) fn needs(
    plan: &Plan,
    kinds: &Kinds,
    watched: impl Fn(&GroupKind) -> Option<GroupKind>,
    makes_key: bool,
) -> Needs {
    let mut needs = Collected { needs: Needs::new(), kinds };
    for (key, change) in &plan.changes {
        let purpose = || Purpose::Change(key.clone());
        let name = || Some(key.name.as_str());
        match change.action {
            // A POST names no object.
            Action::Create if is_made_once(&key.kind) => needs.add(&key.kind, &[Verb::Create], None, purpose()),
            // A server-side apply is a patch, and where it creates, the server asks for both under the name.
            Action::Create => needs.add(&key.kind, &[Verb::Create, Verb::Patch], name(), purpose()),
            Action::Update | Action::Adopt | Action::Release => needs.add(&key.kind, &[Verb::Patch], name(), purpose()),
            // Deleted in the foreground, waited for, and made anew.
            Action::Replace => {
                needs.add(&key.kind, &[Verb::Delete], name(), purpose());
                needs.watch(&key.kind, Purpose::Wait(key.clone()));
                if is_made_once(&key.kind) {
                    needs.add(&key.kind, &[Verb::Create], None, purpose());
                } else {
                    needs.add(&key.kind, &[Verb::Create, Verb::Patch], name(), purpose());
                }
            }
            Action::Delete => {
                needs.add(&key.kind, &[Verb::Delete], name(), purpose());
                if goes_slowly(&key.kind) {
                    needs.watch(&key.kind, Purpose::Wait(key.clone()));
                }
            }
            Action::Forget => {}
        }
        if !change.ends.is_empty() {
            let pods = GroupKind::new("", "Pod");
            needs.add(&pods, &[Verb::Delete], None, purpose());
            needs.watch(&pods, Purpose::Wait(key.clone()));
            // Whose pods they are shows by what stands between.
            for (between, _) in change.ends.iter().filter_map(|user| pod::between(&user.kind)) {
                needs.watch(&between, Purpose::Wait(key.clone()));
            }
        }
    }
    for (key, kind) in waits(plan, watched) {
        needs.watch(&kind, Purpose::Wait(key.clone()));
    }
    // What waits for a decision needs its rights no less than what does not.
    for Blocked { key, why, .. } in &plan.blocked {
        if matches!(why, Block::WithForeign { .. }) {
            needs.add(&key.kind, &[Verb::Delete], Some(&key.name), Purpose::Change(key.clone()));
            needs.watch(&key.kind, Purpose::Wait(key.clone()));
        }
    }
    own(plan, &mut needs);
    if makes_key {
        needs.add(&GroupKind::new("", "Secret"), &[Verb::Create], None, Purpose::Key);
    }
    needs.needs
}

/// What nothing grants, what is needed for the same things together.
pub(super) fn missing(needs: Needs, rules: &[Rule]) -> Vec<MissingRight> {
    let mut by_verb: BTreeMap<(Scope, String, String, Verb), BTreeSet<Purpose>> = BTreeMap::new();
    for (right, purposes) in needs {
        if !rules.iter().any(|rule| rule.grants(&right)) {
            let Right { scope, group, resource, verb, name: _ } = right;
            by_verb.entry((scope, group, resource, verb)).or_default().extend(purposes);
        }
    }
    let mut found: Vec<MissingRight> = Vec::new();
    for ((scope, group, resource, verb), purposes) in by_verb {
        let same = found.iter_mut().find(|missing| {
            (missing.scope, &missing.group, &missing.resource, &missing.purposes)
                == (scope, &group, &resource, &purposes)
        });
        match same {
            Some(missing) => {
                missing.verbs.insert(verb);
            }
            None => {
                let verbs = BTreeSet::from([verb]);
                found.push(MissingRight { scope, group, resource, verbs, purposes });
            }
        }
    }
    found
}

/// The kinds that nothing lets somebody list, each by its plural: `secrets`, `roles.rbac.authorization.k8s.io`.
#[must_use]
pub fn not_listable<'a>(
    wanted: impl Iterator<Item = &'a GroupKind>,
    kinds: &Kinds,
    rules: &[Rule],
) -> BTreeMap<GroupKind, String> {
    let mut needs = Collected { needs: Needs::new(), kinds };
    let mut plurals = BTreeMap::new();
    for kind in wanted {
        if let Some(Kind { plural, namespaced: true, .. }) = kinds.get(kind) {
            plurals.insert((kind.group.clone(), plural.clone()), kind.clone());
            needs.add(kind, &[Verb::List], None, Purpose::Record);
        }
    }
    let missing = missing(needs.needs, rules).into_iter();
    let told = missing.filter_map(|MissingRight { group, resource, .. }| {
        let name = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
        Some((plurals.remove(&(group, resource))?, name))
    });
    told.collect()
}

/// Kinds that are still there when the server has accepted their end, so that it is waited for.
fn goes_slowly(kind: &GroupKind) -> bool {
    ["Namespace", "PersistentVolumeClaim", "Pod"].iter().any(|slow| kind.is("", slow))
}

/// The objects that the run waits for, each with the kind that it watches for it.
fn waits(plan: &Plan, watched: impl Fn(&GroupKind) -> Option<GroupKind>) -> Vec<(&ObjectKey, GroupKind)> {
    let is_step = |component: Option<&ComponentId>| {
        component.is_some_and(|component| {
            let ready = Step::Ready(component.clone());
            plan.order.nodes().any(|step| *step == ready)
        })
    };
    let written = plan.changes.iter().filter(|(_, change)| match change.action {
        Action::Create | Action::Update | Action::Replace | Action::Adopt => is_step(change.component.as_ref()),
        Action::Delete | Action::Release | Action::Forget => false,
    });
    let mut waits: Vec<(&ObjectKey, GroupKind)> = Vec::new();
    let mut rolled: BTreeSet<&ComponentId> = BTreeSet::new();
    for (key, change) in written {
        waits.extend(watched(&key.kind).map(|kind| (key, kind)));
        rolled.extend(change.component.as_ref().filter(|_| key.kind.group == "apps"));
    }
    // The endpoints of a Service move with its workload.
    let services = plan.unchanged.iter().filter(|(key, unchanged)| {
        key.kind.is("", "Service") && unchanged.component.as_ref().is_some_and(|component| rolled.contains(component))
    });
    waits.extend(services.filter_map(|(key, _)| Some((key, watched(&key.kind)?))));
    waits
}

/// What ditc keeps for itself: a lease that is made and renewed, and a record that is opened and closed.
fn own(plan: &Plan, needs: &mut Collected<'_>) {
    let record = GroupKind::new("", "ConfigMap");
    let lease = GroupKind::new("coordination.k8s.io", "Lease");
    if plan.base.is_none() {
        needs.add(&record, &[Verb::Create], None, Purpose::Record);
    }
    // What was destroyed whole needs no record of its end.
    if plan.base.is_some() || plan.operation == Operation::Apply {
        needs.add(&record, &[Verb::Update], Some(OWN), Purpose::Record);
    }
    needs.add(&lease, &[Verb::Create], None, Purpose::Lease);
    needs.add(&lease, &[Verb::Update], Some(OWN), Purpose::Lease);
}

struct Collected<'a> {
    needs: Needs,
    kinds: &'a Kinds,
}

impl Collected<'_> {
    /// A kind that the server does not serve yet has no rights to speak of.
    fn add(&mut self, kind: &GroupKind, verbs: &[Verb], name: Option<&str>, purpose: Purpose) {
        let Some(Kind { kind, plural, namespaced, versions: _ }) = self.kinds.get(kind) else { return };
        for verb in verbs {
            let right = Right {
                scope: if *namespaced { Scope::Namespace } else { Scope::Cluster },
                group: kind.group.clone(),
                resource: plural.clone(),
                verb: *verb,
                name: name.map(str::to_owned),
            };
            self.needs.entry(right).or_default().insert(purpose.clone());
        }
    }

    fn watch(&mut self, kind: &GroupKind, purpose: Purpose) {
        self.add(kind, &[Verb::List, Verb::Watch], None, purpose);
    }
}
