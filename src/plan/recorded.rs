//! The record in the place of a definition: whoever asks what moved, and not what should be, plans with this. Files have
//! no say in it.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    desired::{Component, Desired, Manifest, Origin},
    diagnostic::{Sources, Span},
    names::ComponentId,
    object::{ObjectKey, Segment},
    ownership::Paths,
    secret::{Generate, Recipe},
    state::{Applied, Entry, Phase, State},
};

/// What was applied last as what is desired, and a record that knows it for the same. Objects that a run left half done
/// are in neither: what they should be was never settled.
#[must_use]
pub fn as_recorded(state: &State) -> (Desired, State) {
    let origin = Span::new(Sources::default().add("the record", ""), 0..0);
    let mut manifests = BTreeMap::new();
    let mut entries = BTreeMap::new();
    for (key, entry) in &state.entries {
        let Phase::Applied(applied) = &entry.phase else { continue };
        let manifest = manifest(key, entry.component.as_ref(), applied, &origin);
        // What was left to a controller is not in the body, so nothing is left out of it now.
        let applied =
            Applied { desired: manifest.hash(), yielded: Paths::default(), given: BTreeMap::new(), ..applied.clone() };
        entries.insert(key.clone(), Entry { phase: Phase::Applied(applied), ..entry.clone() });
        manifests.insert(key.clone(), manifest);
    }
    let present: Vec<&ComponentId> = manifests.values().filter_map(|manifest| manifest.component.as_ref()).collect();
    let component = |id: &&ComponentId| {
        let needs = state.components.get(*id).into_iter().flatten().filter(|need| present.contains(need)).cloned();
        let (needs, revision) = (needs.collect(), state.revisions.get(*id).cloned());
        Component { needs, outputs: BTreeMap::new(), check_image: false, origin: origin.clone(), revision }
    };
    let components = present.iter().map(|id| ((*id).clone(), component(id))).collect();
    let desired = Desired {
        environment: state.environment.clone(),
        namespace: state.namespace.clone(),
        owner: None,
        components,
        manifests,
        timeout: Duration::ZERO,
    };
    (desired, State { entries, ..state.clone() })
}

fn manifest(key: &ObjectKey, component: Option<&ComponentId>, applied: &Applied, origin: &Span) -> Manifest {
    let body = applied.body.clone();
    Manifest {
        key: key.clone(),
        component: component.cloned(),
        secret: body.is_secret().then(|| recipe(&applied.owned)),
        body,
        origin: Origin { definition: origin.clone(), template: None },
    }
}

/// The keys that a Secret was made with. How each value came about says nothing about what moved, and nobody makes or
/// takes one again.
fn recipe(owned: &Paths) -> Recipe {
    let data = owned.child(&Segment::Field("data".to_owned()));
    let keys = data.into_iter().flat_map(|data| data.below.children());
    let keys = keys.filter_map(|(segment, _)| match segment {
        Segment::Field(name) => Some((name.clone(), Generate::Password.into())),
        Segment::Key(_) | Segment::Value(_) | Segment::Index(_) => None,
    });
    Recipe { keys: keys.collect(), round: 0 }
}
