//! The components that somebody may mean by a name alone, whichever environment they are in.

use super::{Workspace, merge};
use crate::{
    address::{Address, component_address},
    diagnostic::likeness,
    names::{ComponentId, ComponentName, Tier},
};

impl Workspace {
    /// The components that are called so in environments that can be planned; where none is, those with the nearest
    /// name.
    #[must_use]
    pub fn called(&self, name: &str) -> Vec<Address> {
        let mut found: Vec<(usize, Address)> = Vec::new();
        for environment in self.names() {
            let (chain, _) = merge::chain(&self.environments, environment);
            let merged = self.merged(&chain);
            for tier in [Tier::Service, Tier::Dependency] {
                for entry in merged.table(tier.table()).filter(|entry| entry.value.table().is_some()) {
                    let Ok(known) = ComponentName::new(&entry.key.value) else { continue };
                    let Some(distance) = likeness(name, known.as_str()) else { continue };
                    found.push((distance, component_address(environment, &ComponentId { tier, name: known })));
                }
            }
        }
        let nearest = found.iter().map(|(distance, _)| *distance).min();
        let mut called: Vec<Address> =
            found.into_iter().filter(|(distance, _)| Some(*distance) == nearest).map(|(_, address)| address).collect();
        called.sort();
        called
    }
}
