//! A look at what is kept, for people who look for a mistake: who holds locks, which runs never ended. It makes nothing.

use std::path::Path;

use super::{
    Error, Holder, Store,
    index::{Index, Soundness},
};
use crate::{files, format::holder, names::EnvironmentName, state::ClusterId};

impl Store {
    /// Opens `root/CLUSTER` only where it is there.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_existing(root: &Path, cluster: &ClusterId) -> Result<Option<Self>, Error> {
        let directory = Self::directory(root, cluster)?;
        let is_there = files::is_directory(&directory);
        Ok(is_there.then(|| Self { index: Index::new(&directory), directory, together: None }))
    }

    /// Whether a run on this host holds the lock of an environment, and who that is where it says so.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn holder(&self, environment: &EnvironmentName) -> Result<Option<Option<Holder>>, Error> {
        let path = self.path(environment, "lock");
        if !files::is_held(&path)? {
            return Ok(None);
        }
        Ok(Some(holder::decode(&files::FileLock::message(&path)?).ok()))
    }

    /// Whether the index is as it was left.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn soundness(&self) -> Result<Soundness, Error> {
        Ok(self.index.soundness()?)
    }

    /// The environments with a journal or a lock here, by the names of the files.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn traces(&self) -> Result<Vec<EnvironmentName>, Error> {
        let names = files::names_in(&self.directory)?;
        let stems =
            names.iter().filter_map(|name| name.strip_suffix(".journal").or_else(|| name.strip_suffix(".lock")));
        let mut traces: Vec<EnvironmentName> = stems.filter_map(|stem| EnvironmentName::new(stem).ok()).collect();
        traces.sort();
        traces.dedup();
        Ok(traces)
    }
}
