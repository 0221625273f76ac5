//! The local state of one cluster's environments: an index, a journal and a lock each, and a cache. The truth is in the
//! cluster; what is lost here is built again from there, and that is told.
//!
//! ```text
//! state/CLUSTER/index/          sled, opened for milliseconds under .index.lock, guarded by .index.seal
//! state/CLUSTER/index.damaged/  the last index that could not be read
//! state/CLUSTER/NAME.journal    what the run under way is about to do
//! state/CLUSTER/NAME.lock       who changes the environment from this host
//! state/cache/                  what can be asked again
//! ```
//! No name of an environment holds a dot, so none can meet another file. Time comes in as an argument.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use crate::{
    files,
    format::{
        Unreadable,
        history::{self, PastRun},
        index::{self as stored, Kept, Tombstone},
    },
    names::EnvironmentName,
    state::{ClusterId, State},
};

mod cache;
mod index;
mod journal;
mod lock;
mod look;
mod seal;
mod together;

pub use cache::Cache;
pub use journal::{Journal, Past, Unfinished};
pub use lock::{Held, Lock};

pub use crate::format::holder::Holder;

pub use index::Soundness;
use index::{Index, Session};
use together::Together;

/// What went wrong with the local state.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Files(#[from] files::Error),
    #[error("opening the index {}", path.display())]
    Index { path: PathBuf, source: sled::Error },
    #[error("other runs keep the index {} busy", path.display())]
    Busy { path: PathBuf },
    #[error("the index {} is damaged: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Held(Box<Held>),
    #[error("the cluster's id {0:?} cannot be the name of a directory")]
    Cluster(String),
}

/// What the index knows of an environment.
#[derive(Debug, Clone, PartialEq)]
pub enum Loaded {
    /// Never heard of it.
    Nothing,
    Local(Box<Local>),
    /// It was destroyed from here, and not made again since.
    Destroyed(Tombstone),
    /// There was something, which cannot be read any more. The next [`Store::save`] replaces it.
    Damaged(String),
}

/// A local copy of a state.
#[derive(Debug, Clone, PartialEq)]
pub struct Local {
    pub state: State,
    /// What the record carried when it was last seen, as given to [`Store::save`].
    pub fence: String,
    /// When the record was last seen.
    pub seen: Timestamp,
}

/// The local state of the environments of one cluster.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
    index: Index,
    /// What is known of many environments, read at once, and what is to be kept of them, written at once.
    together: Option<Arc<Together>>,
}

impl Store {
    /// Opens `root/CLUSTER`, where `root` is the workspace's `state/`, and makes both if need be.
    ///
    /// # Errors
    /// When a directory cannot be made or is a symbolic link, or the cluster's id is no safe name.
    pub fn open(root: &Path, cluster: &ClusterId) -> Result<Self, Error> {
        let directory = Self::directory(root, cluster)?;
        // It may be part of a checkout, with the modes of git; what lies in it is private.
        files::create_ignored_dir(root)?;
        files::create_private_dir(&directory)?;
        Ok(Self { index: Index::new(&directory), directory, together: None })
    }

    fn directory(root: &Path, cluster: &ClusterId) -> Result<PathBuf, Error> {
        let ClusterId(id) = cluster;
        // The id comes from a server, which must not choose where we write.
        let is_safe = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !id.starts_with('-');
        if !is_safe || !(1..=100).contains(&id.len()) || id == cache::DIRECTORY {
            return Err(Error::Cluster(id.clone()));
        }
        Ok(root.join(id))
    }

    /// Reads what is known of an environment; every byte of it is checked.
    ///
    /// # Errors
    /// When the disk refuses or a newer ditc wrote it. Damage is no error but [`Loaded::Damaged`].
    pub fn load(&self, environment: &EnvironmentName) -> Result<Loaded, Error> {
        if let Some(known) = self.together.as_ref().and_then(|together| together.get(environment)) {
            return Ok(known);
        }
        match self.index.read(|db| found(db, environment))? {
            Session::Missing => Ok(self.nothing(environment)),
            Session::Damaged(reason) => Ok(Loaded::Damaged(reason)),
            Session::Done(found) => self.loaded(environment, found),
        }
    }

    /// What was found of an environment, checked.
    fn loaded(&self, environment: &EnvironmentName, (header, lines): Found) -> Result<Loaded, Error> {
        let Some(header) = header else {
            let is_unknown = lines.is_empty();
            return Ok(if is_unknown {
                self.nothing(environment)
            } else {
                Loaded::Damaged("the header is missing".to_owned())
            });
        };
        let local = stored::decode_header(&header).and_then(|kept| match kept {
            Kept::Destroyed(tombstone) => Ok(Loaded::Destroyed(tombstone)),
            Kept::Local(header) => {
                let state = stored::decode(&header, lines.iter().map(AsRef::as_ref))?;
                if state.environment != *environment {
                    let why = format!("it is that of {}", state.environment);
                    return Err(Unreadable::Damaged { what: "local state", why });
                }
                Ok(Loaded::Local(Box::new(Local { state, fence: header.fence, seen: header.seen })))
            }
        });
        match local {
            Ok(loaded) => Ok(loaded),
            Err(damaged @ Unreadable::Damaged { .. }) => Ok(Loaded::Damaged(damaged.to_string())),
            Err(newer @ Unreadable::Newer { .. }) => Err(newer.into()),
        }
    }

    /// An index that was lost took all environments with it; those that left traces beside it are not told as unknown.
    fn nothing(&self, environment: &EnvironmentName) -> Loaded {
        let was_here = ["lock", "journal"].iter().any(|kind| self.path(environment, kind).exists());
        if was_here && self.index.was_lost() {
            Loaded::Damaged(format!("it was in the index that is now {}", self.index.lost().display()))
        } else {
            Loaded::Nothing
        }
    }

    /// Keeps a copy of a state as of `seen`; `fence` is handed back by [`Store::load`]. All of it is kept, or nothing.
    ///
    /// # Errors
    /// When the disk refuses, or a newer ditc wrote what would be replaced.
    pub fn save(
        &self,
        environment: &EnvironmentName,
        state: &State,
        fence: &str,
        seen: Timestamp,
    ) -> Result<(), Error> {
        if let Some(together) = &self.together {
            together.put(environment, Local { state: state.clone(), fence: fence.to_owned(), seen });
            return Ok(());
        }
        self.replace(&[Replacement::new(environment, state, fence, seen)])
    }

    /// Keeps only that an environment is gone, at which version and when.
    ///
    /// # Errors
    /// As [`Store::save`].
    pub fn forget(&self, environment: &EnvironmentName, tombstone: &Tombstone) -> Result<(), Error> {
        let header = stored::encode_tombstone(tombstone);
        self.replace(&[Replacement { environment: environment.clone(), header, entries: Vec::new() }])
    }

    /// Puts environments in the place of what is known of them; all of it is done, or nothing.
    fn replace(&self, replacements: &[Replacement]) -> Result<(), Error> {
        let newer = self.index.write(|db| {
            let mut batch = sled::Batch::default();
            for replacement in replacements {
                if let Some(newer) = replacement.put(db, &mut batch)? {
                    return Ok(Some(newer));
                }
            }
            db.apply_batch(batch)?;
            Ok(None)
        })?;
        newer.map_or(Ok(()), |newer| Err(newer.into()))
    }

    /// The environments that have a local copy.
    ///
    /// # Errors
    /// When the disk refuses, or the index is or was damaged and does not know all of them.
    pub fn environments(&self) -> Result<BTreeSet<EnvironmentName>, Error> {
        let damaged = |reason| Error::Damaged { path: self.index.lost(), reason };
        let found = self.index.read(|db| db.scan_prefix(HEADER).collect::<Result<Vec<_>, _>>())?;
        let headers = match found {
            Session::Missing if self.index.was_lost() => return Err(damaged("it was moved aside".to_owned())),
            Session::Missing => return Ok(BTreeSet::new()),
            Session::Damaged(reason) => return Err(damaged(reason)),
            Session::Done(headers) => headers,
        };
        let mut environments = BTreeSet::new();
        for (key, header) in headers {
            let name = String::from_utf8_lossy(&key[HEADER.len()..]).into_owned();
            let name = EnvironmentName::new(name).map_err(|error| damaged(format!("a name in it {error}")))?;
            match stored::decode_header(&header) {
                // What is damaged is there nevertheless; loading it says so.
                Ok(Kept::Local(_)) | Err(_) => environments.insert(name),
                Ok(Kept::Destroyed(_)) => false,
            };
        }
        Ok(environments)
    }

    /// Adds a run to the history of an environment.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remember(&self, environment: &EnvironmentName, run: &PastRun) -> Result<(), Error> {
        self.index.write(|db| {
            let key = history_key(environment);
            // The history decides nothing, so a damaged one simply starts again.
            let mut runs = db.get(&key)?.and_then(|bytes| history::decode(&bytes).ok()).unwrap_or_default();
            runs.insert(0, run.clone());
            db.insert(key, history::encode(&runs).as_bytes())?;
            Ok(())
        })
    }

    /// The last runs of an environment, newest first, also of one that was destroyed.
    ///
    /// # Errors
    /// When the disk refuses. A damaged history is an empty one.
    pub fn history(&self, environment: &EnvironmentName) -> Result<Vec<PastRun>, Error> {
        match self.index.read(|db| db.get(history_key(environment)))? {
            Session::Done(Some(bytes)) => Ok(history::decode(&bytes).unwrap_or_default()),
            Session::Done(None) | Session::Missing | Session::Damaged(_) => Ok(Vec::new()),
        }
    }

    /// The highest number of a run that is known here; 0 where none is. A new life of an environment counts on from it.
    ///
    /// # Errors
    /// As [`Self::history`].
    pub fn last_serial(&self, environment: &EnvironmentName) -> Result<u64, Error> {
        let runs = self.history(environment)?;
        Ok(runs.iter().map(|run| run.version.serial).max().unwrap_or_default())
    }

    /// `state/CLUSTER/NAME.KIND`.
    fn path(&self, environment: &EnvironmentName, kind: &str) -> PathBuf {
        self.directory.join(format!("{environment}.{kind}"))
    }
}

/// The header and the entries of an environment, as they lie in the index.
type Found = (Option<sled::IVec>, Vec<sled::IVec>);

fn found(db: &sled::Db, environment: &EnvironmentName) -> Result<Found, sled::Error> {
    let header = db.get(header_key(environment))?;
    let lines: Result<Vec<_>, _> = db.scan_prefix(entry_prefix(environment)).values().collect();
    Ok((header, lines?))
}

/// What takes the place of an environment in the index.
struct Replacement {
    environment: EnvironmentName,
    header: String,
    /// In the order of their keys.
    entries: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Replacement {
    fn new(environment: &EnvironmentName, state: &State, fence: &str, seen: Timestamp) -> Self {
        let stored::Encoded { header, entries } = stored::encode(state, fence, seen);
        let prefix = entry_prefix(environment);
        let entries = entries.into_iter().map(|(key, line)| ([prefix.as_slice(), key.as_bytes()].concat(), line));
        let mut entries: Vec<(Vec<u8>, Vec<u8>)> = entries.collect();
        entries.sort();
        Self { environment: environment.clone(), header, entries }
    }

    /// Adds to a batch what differs; what a newer ditc wrote is not replaced.
    fn put(&self, db: &sled::Db, batch: &mut sled::Batch) -> Result<Option<Unreadable>, sled::Error> {
        let Self { environment, header, entries } = self;
        let key = header_key(environment);
        if let Some(before) = db.get(&key)?
            && let Err(newer @ Unreadable::Newer { .. }) = stored::decode_header(&before)
        {
            return Ok(Some(newer));
        }
        let mut unchanged = BTreeSet::new();
        for found in db.scan_prefix(entry_prefix(environment)) {
            let (key, line) = found?;
            match entries.binary_search_by(|(wanted, _)| wanted.as_slice().cmp(&key)) {
                Ok(at) if line == entries[at].1 => {
                    unchanged.insert(at);
                }
                Ok(_) => {}
                Err(_) => batch.remove(key),
            }
        }
        for (at, (key, line)) in entries.iter().enumerate() {
            if !unchanged.contains(&at) {
                batch.insert(key.as_slice(), line.as_slice());
            }
        }
        batch.insert(key, header.as_bytes());
        Ok(None)
    }
}

/// Where the headers are, one for each environment.
const HEADER: &[u8] = b"h/";

fn header_key(environment: &EnvironmentName) -> Vec<u8> {
    [HEADER, environment.as_str().as_bytes()].concat()
}

fn entry_prefix(environment: &EnvironmentName) -> Vec<u8> {
    format!("e/{environment}/").into_bytes()
}

fn history_key(environment: &EnvironmentName) -> Vec<u8> {
    format!("y/{environment}").into_bytes()
}

#[cfg(test)]
mod tests;
