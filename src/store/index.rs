//! sled, kept on a short lead: opened for milliseconds under our own lock, synced by ourselves, never believed unchecked.
//! It knows keys and bytes, not what they mean.
//!
//! sled 0.34 opens a truncated file without a word, its `flush` is no fsync on Linux, and an empty `snap.*.generating`
//! left by a crash makes every later open fail. So a seal with the checksums of its files lies beside it while it is
//! closed. While it is open the seal has another name, so a killed run is known by it: then sled recovers what it can, and
//! the environments named in the seal must still be there.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{Error, HEADER, seal};
use crate::files::{self, FileLock};

/// How often, and how long in between, to look whether another run has closed the index: 10 s in all, where a run needs
/// milliseconds.
const PATIENCE: (u32, Duration) = (2000, Duration::from_millis(5));

/// The index of one cluster's environments.
#[derive(Debug, Clone)]
pub(super) struct Index {
    directory: PathBuf,
}

/// What came of a look into the index.
pub(super) enum Session<T> {
    /// There is no index.
    Missing,
    /// There was one; it has been moved aside.
    Damaged(String),
    Done(T),
}

/// What can be said of an index without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Soundness {
    /// Nothing was ever kept.
    Missing,
    Sound,
    /// A run has it open, or was killed while it had.
    Open,
    /// The next run moves it aside and builds another from the records in the cluster.
    Damaged(String),
}

/// Why a session came to nothing.
enum Failure {
    Damaged(String),
    Error(Error),
}

impl From<files::Error> for Failure {
    fn from(error: files::Error) -> Self {
        Failure::Error(error.into())
    }
}

impl Index {
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    fn path(&self) -> PathBuf {
        self.directory.join("index")
    }

    /// Where a damaged index goes.
    pub(super) fn lost(&self) -> PathBuf {
        self.directory.join("index.damaged")
    }

    pub(super) fn was_lost(&self) -> bool {
        self.lost().exists()
    }

    fn seal(&self) -> PathBuf {
        self.directory.join(".index.seal")
    }

    /// Where the seal is while the index is open.
    fn opened(&self) -> PathBuf {
        self.directory.join(".index.open")
    }

    fn was_made(&self) -> bool {
        [self.path(), self.seal(), self.opened()].iter().any(|path| path.exists())
    }

    /// Compares the files of the index with their seal; nothing is opened or made.
    pub(super) fn soundness(&self) -> Result<Soundness, files::Error> {
        if !self.was_made() {
            return Ok(Soundness::Missing);
        }
        let Some(seal) = seal::read(&self.seal())? else { return Ok(Soundness::Open) };
        let fault = match seal {
            Ok(seal) => seal::broken(&seal, &self.path())?,
            Err(reason) => Some(reason),
        };
        Ok(match fault {
            None => Soundness::Sound,
            // Opened while it was compared.
            Some(_) if !self.seal().exists() => Soundness::Open,
            Some(reason) => Soundness::Damaged(reason),
        })
    }

    /// Looks into the index.
    pub(super) fn read<T>(&self, work: impl FnOnce(&sled::Db) -> Result<T, sled::Error>) -> Result<Session<T>, Error> {
        let _lock = self.lock()?;
        if !self.was_made() {
            return Ok(Session::Missing);
        }
        match self.session(work) {
            Ok((done, environments)) => {
                // A disk that is full must not keep anyone from reading: the seal keeps its other name instead.
                let _ = self.close(environments);
                Ok(Session::Done(done))
            }
            Err(Failure::Damaged(reason)) => {
                self.move_aside()?;
                Ok(Session::Damaged(reason))
            }
            Err(Failure::Error(error)) => Err(error),
        }
    }

    /// Changes the index, durably. A damaged one is moved aside and a new one begun.
    pub(super) fn write<T>(&self, work: impl Fn(&sled::Db) -> Result<T, sled::Error>) -> Result<T, Error> {
        let _lock = self.lock()?;
        if self.was_made() {
            match self.session(&work) {
                Ok((done, environments)) => {
                    self.close(environments)?;
                    return Ok(done);
                }
                Err(Failure::Damaged(_)) => self.move_aside()?,
                Err(Failure::Error(error)) => return Err(error),
            }
        }
        // Made under another name, so that no half-made index ever stands in its place.
        let new = self.directory.join(".index.new");
        files::remove(&new)?;
        files::create_private_dir(&new)?;
        match session(&new, &BTreeSet::new(), &work) {
            Ok((done, environments)) => {
                files::rename(&new, &self.path())?;
                self.close(environments)?;
                Ok(done)
            }
            Err(Failure::Damaged(reason)) => Err(Error::Damaged { path: new, reason }),
            Err(Failure::Error(error)) => Err(error),
        }
    }

    /// Checks the files before sled sees them, then works with them.
    fn session<T>(
        &self,
        work: impl FnOnce(&sled::Db) -> Result<T, sled::Error>,
    ) -> Result<(T, BTreeSet<String>), Failure> {
        if !self.path().exists() {
            return Err(Failure::Damaged("it is missing".to_owned()));
        }
        remove_generating(&self.path())?;
        let expected = if let Some(seal) = seal::read(&self.seal())? {
            let seal = seal.map_err(Failure::Damaged)?;
            if let Some(reason) = seal::broken(&seal, &self.path())? {
                return Err(Failure::Damaged(reason));
            }
            files::rename(&self.seal(), &self.opened())?;
            seal.environments
        } else if let Some(seal) = seal::read(&self.opened())? {
            seal.map_err(Failure::Damaged)?.environments
        } else {
            // Killed right after it was made.
            BTreeSet::new()
        };
        session(&self.path(), &expected, work)
    }

    fn close(&self, environments: BTreeSet<String>) -> Result<(), Error> {
        seal::write(&self.seal(), &self.path(), environments)?;
        Ok(files::remove(&self.opened())?)
    }

    fn move_aside(&self) -> Result<(), Error> {
        if self.path().exists() {
            files::move_aside(&self.path())?;
        } else {
            files::create_private_dir(&self.lost())?;
        }
        files::remove(&self.seal())?;
        Ok(files::remove(&self.opened())?)
    }

    fn lock(&self) -> Result<FileLock, Error> {
        let path = self.directory.join(".index.lock");
        let (times, pause) = PATIENCE;
        for _ in 0..times {
            if let Some(lock) = FileLock::try_take(&path)? {
                return Ok(lock);
            }
            thread::sleep(pause);
        }
        Err(Error::Busy { path: self.path() })
    }
}

/// A crash while sled wrote a snapshot leaves one of these, and sled would never open again.
fn remove_generating(path: &Path) -> Result<(), files::Error> {
    for name in files::names_in(path)?.iter().filter(|name| name.ends_with(".generating")) {
        files::remove(&path.join(name))?;
    }
    Ok(())
}

/// Opens, works, flushes, closes, syncs. The `expected` environments must be there before, and those found afterwards
/// are handed back.
fn session<T>(
    path: &Path,
    expected: &BTreeSet<String>,
    work: impl FnOnce(&sled::Db) -> Result<T, sled::Error>,
) -> Result<(T, BTreeSet<String>), Failure> {
    let worked = catch_unwind(AssertUnwindSafe(|| {
        let db = open(path)?;
        if let Some(lost) = expected.difference(&environments(&db)?).next() {
            return Ok(Err(format!("environment {lost} is no longer in it")));
        }
        let done = work(&db)?;
        db.flush()?;
        Ok(Ok((done, environments(&db)?)))
    }));
    let done = match worked {
        Ok(Ok(Ok(done))) => done,
        Ok(Ok(Err(reason))) => return Err(Failure::Damaged(reason)),
        Ok(Err(error)) if is_damage(&error) => return Err(Failure::Damaged(error.to_string())),
        Ok(Err(source)) => return Err(Failure::Error(Error::Index { path: path.to_owned(), source })),
        // sled asserts what it reads from disk.
        Err(_) => return Err(Failure::Damaged("sled stopped at what it read".to_owned())),
    };
    files::make_private(path)?;
    // What `flush` leaves undone (https://github.com/spacejam/sled/issues/1077).
    for name in ["db", "conf"] {
        files::sync(&path.join(name))?;
    }
    files::sync_directory(path)?;
    Ok(done)
}

/// The environments that have a header. A destroyed one has its tombstone there, so none ever leaves.
fn environments(db: &sled::Db) -> Result<BTreeSet<String>, sled::Error> {
    db.scan_prefix(HEADER).keys().map(|key| Ok(String::from_utf8_lossy(&key?[HEADER.len()..]).into_owned())).collect()
}

fn open(path: &Path) -> Result<sled::Db, sled::Error> {
    let config = sled::Config::new()
        .path(path)
        .mode(sled::Mode::LowSpace)
        .cache_capacity(32 << 20)
        // No thread in the background: whoever writes flushes.
        .flush_every_ms(None);
    match open_patiently(&config) {
        Err(error) if is_damage(&error) => {
            // Snapshots only spare sled the scan of its log, so without them it may well open.
            let names = files::names_in(path).unwrap_or_default();
            for name in names.iter().filter(|name| name.starts_with("snap.")) {
                let _ = files::remove(&path.join(name));
            }
            open_patiently(&config)
        }
        opened => opened,
    }
}

/// Whoever has our lock finds sled's free, but for the moment in which a process that was just started still holds a
/// copy of every file of the one that started it.
fn open_patiently(config: &sled::Config) -> Result<sled::Db, sled::Error> {
    let (times, pause) = PATIENCE;
    for _ in 1..times {
        match config.open() {
            Err(error) if is_locked(&error) => thread::sleep(pause),
            opened => return opened,
        }
    }
    config.open()
}

fn is_locked(error: &sled::Error) -> bool {
    // sled has no error of its own for this.
    matches!(error, sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}

/// Whether sled complains about what it read, and not about the disk or us.
fn is_damage(error: &sled::Error) -> bool {
    use std::io::ErrorKind;
    match error {
        locked if is_locked(locked) => false,
        sled::Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Other
        ),
        sled::Error::Corruption { .. }
        | sled::Error::ReportableBug(_)
        | sled::Error::Unsupported(_)
        | sled::Error::CollectionNotFound(_) => true,
    }
}
