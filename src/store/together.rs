//! Many environments in one session: each session opens the index, checks all of it and syncs it to the disk, which for a
//! thousand environments one by one would take longer than everything else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use super::{Error, Loaded, Local, Replacement, Session, Store, found};
use crate::names::EnvironmentName;

/// What was read, with what is to be written in its place.
#[derive(Debug, Default)]
pub(super) struct Together {
    known: Mutex<BTreeMap<EnvironmentName, Loaded>>,
    changed: Mutex<BTreeSet<EnvironmentName>>,
}

impl Together {
    pub(super) fn get(&self, environment: &EnvironmentName) -> Option<Loaded> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(environment).cloned()
    }

    pub(super) fn put(&self, environment: &EnvironmentName, local: Local) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(environment.clone(), Loaded::Local(Box::new(local)));
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(environment.clone());
    }
}

impl Store {
    /// The same store, which has read these environments at once, and keeps what is saved until [`Store::write_down`].
    ///
    /// # Errors
    /// As [`Store::load`].
    pub fn together(&self, environments: &BTreeSet<EnvironmentName>) -> Result<Self, Error> {
        let all = |db: &sled::Db| environments.iter().map(|name| Ok((name, found(db, name)?))).collect();
        let mut known = BTreeMap::new();
        match self.index.read(all)? {
            Session::Missing => known.extend(environments.iter().map(|name| (name.clone(), self.nothing(name)))),
            Session::Damaged(reason) => {
                // Told once; of the others it is known who left traces here.
                known.extend(environments.iter().map(|name| (name.clone(), self.nothing(name))));
                known.extend(environments.first().map(|first| (first.clone(), Loaded::Damaged(reason))));
            }
            Session::Done(all) => {
                let all: Vec<_> = all;
                for (name, found) in all {
                    known.insert(name.clone(), self.loaded(name, found)?);
                }
            }
        }
        let together = Together { known: Mutex::new(known), changed: Mutex::default() };
        Ok(Self { together: Some(Arc::new(together)), ..self.clone() })
    }

    /// Writes what was saved of many environments.
    ///
    /// # Errors
    /// As [`Store::save`].
    pub fn write_down(&self) -> Result<(), Error> {
        let Some(together) = &self.together else { return Ok(()) };
        let changed = std::mem::take(&mut *together.changed.lock().unwrap_or_else(PoisonError::into_inner));
        let replacements: Vec<Replacement> = changed
            .iter()
            .filter_map(|name| match together.get(name)? {
                Loaded::Local(local) => Some(Replacement::new(name, &local.state, &local.fence, local.seen)),
                Loaded::Nothing | Loaded::Destroyed(_) | Loaded::Damaged(_) => None,
            })
            .collect();
        if replacements.is_empty() { Ok(()) } else { self.replace(&replacements) }
    }

    /// The same store, which reads and writes at once.
    #[must_use]
    pub fn alone(&self) -> Self {
        Self { together: None, ..self.clone() }
    }
}
