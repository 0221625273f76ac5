//! The journal of an environment: what a run is about to do is on the disk before it is done, so that a killed run can
//! be finished by the next. Which frames there are is for `format` to say.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use jiff::Timestamp;

use super::{Error, Lock, Store};
use crate::{
    files::{self, Appender},
    format::{
        Unreadable,
        journal::{Frame, Outcome, Tail, decode, encode},
    },
    names::EnvironmentName,
    object::{ObjectKey, Uid},
    state::{Deed, Run, Version},
};

/// More than a run over 100,000 objects writes.
const LIMIT: u64 = 1 << 30;

/// What the journal says of the runs before.
#[derive(Debug, Clone, PartialEq)]
pub enum Past {
    /// Nothing was ever begun from here.
    Nothing,
    Ended {
        run: Run,
        outcome: Outcome,
        at: Timestamp,
    },
    Unfinished(Box<Unfinished>),
    /// It cannot be read, so something may have been begun. The next [`Store::begin`] moves it aside.
    Damaged(String),
}

/// A run that never came to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Unfinished {
    pub run: Run,
    /// The version that it started from.
    pub version: Version,
    /// All that it might have written to, and the unfinished runs before it.
    pub planned: BTreeSet<ObjectKey>,
    /// What it was about to do and said nothing of afterwards: done or not, only the cluster knows.
    pub intents: BTreeMap<ObjectKey, Deed>,
    /// What it is known to have done.
    pub done: BTreeMap<ObjectKey, Deed>,
}

/// The journal of a run under way. Dropped without [`Journal::end`], the run is unfinished.
#[derive(Debug)]
pub struct Journal {
    file: Appender,
}

impl Store {
    /// Reads what the journal says of the runs before.
    ///
    /// # Errors
    /// When the disk refuses or a newer ditc wrote it. Damage is no error but [`Past::Damaged`].
    pub fn past(&self, environment: &EnvironmentName) -> Result<Past, Error> {
        let Some(bytes) = files::read(&self.journal_path(environment), LIMIT)? else { return Ok(Past::Nothing) };
        match decode(&bytes) {
            Ok((frames, tail)) => Ok(fold(environment, frames, tail)),
            Err(newer @ Unreadable::Newer { .. }) => Err(newer.into()),
            Err(damaged @ Unreadable::Damaged { .. }) => Ok(Past::Damaged(damaged.to_string())),
        }
    }

    /// Begins a run; it is on the disk when this returns. What an unfinished run before it left open is carried over.
    ///
    /// # Errors
    /// When the disk refuses, or a newer ditc wrote the journal.
    pub fn begin(
        &self,
        lock: &Lock,
        run: &Run,
        version: &Version,
        planned: &BTreeSet<ObjectKey>,
    ) -> Result<Journal, Error> {
        let environment = lock.environment();
        let path = self.journal_path(environment);
        let mut planned = planned.clone();
        let mut open = BTreeMap::new();
        match self.past(environment)? {
            Past::Nothing | Past::Ended { .. } => {}
            Past::Unfinished(unfinished) => {
                planned.extend(unfinished.planned);
                open = unfinished.intents;
            }
            Past::Damaged(_) => {
                files::move_aside(&path)?;
            }
        }
        let environment = environment.clone();
        let mut bytes = encode(&Frame::Begin { run: run.clone(), version: version.clone(), environment, planned });
        for (key, action) in open {
            bytes.extend(encode(&Frame::Intent { key, action }));
        }
        files::write_atomic(&path, &bytes)?;
        Ok(Journal { file: Appender::open(&path, bytes.len() as u64)? })
    }

    /// Drops the journal of runs that can never be finished, such as those of an environment deleted since.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn discard_journal(&self, lock: &Lock) -> Result<(), Error> {
        Ok(files::remove(&self.journal_path(lock.environment()))?)
    }

    fn journal_path(&self, environment: &EnvironmentName) -> PathBuf {
        self.path(environment, "journal")
    }
}

impl Journal {
    /// Announces one write; on the disk when this returns.
    ///
    /// # Errors
    /// When the disk refuses, now or before: then the write must not be made.
    pub fn intent(&mut self, key: &ObjectKey, action: Deed) -> Result<(), Error> {
        self.intents([(key, action)])
    }

    /// Announces several writes at the price of one.
    ///
    /// # Errors
    /// As [`Journal::intent`].
    pub fn intents<'a>(&mut self, intents: impl IntoIterator<Item = (&'a ObjectKey, Deed)>) -> Result<(), Error> {
        let frames = intents.into_iter().map(|(key, action)| Frame::Intent { key: key.clone(), action });
        self.file.append(&frames.flat_map(|frame| encode(&frame)).collect::<Vec<u8>>())?;
        Ok(self.file.sync()?)
    }

    /// Says that the server has done it. It comes to the disk with the next frame that must: lost, it costs a look.
    ///
    /// # Errors
    /// When the disk refuses, now or before.
    pub fn done(&mut self, key: &ObjectKey, action: Deed, uid: Option<&Uid>) -> Result<(), Error> {
        Ok(self.file.append(&encode(&Frame::Done { key: key.clone(), action, uid: uid.cloned() }))?)
    }

    /// Says that the server has refused. What nobody knows the end of stays an intent.
    ///
    /// # Errors
    /// When the disk refuses, now or before.
    pub fn failed(&mut self, key: &ObjectKey, action: Deed, reason: &str) -> Result<(), Error> {
        Ok(self.file.append(&encode(&Frame::Failed { key: key.clone(), action, reason: reason.to_owned() }))?)
    }

    /// Ends the run, once the record in the cluster says the same; on the disk when this returns.
    ///
    /// # Errors
    /// When the disk refuses, now or before.
    pub fn end(mut self, outcome: Outcome, at: Timestamp) -> Result<(), Error> {
        self.file.append(&encode(&Frame::End { outcome, at }))?;
        Ok(self.file.sync()?)
    }
}

fn fold(environment: &EnvironmentName, frames: Vec<Frame>, tail: Tail) -> Past {
    let mut past = Past::Nothing;
    for frame in frames {
        match (frame, &mut past) {
            (Frame::Begin { environment: other, .. }, _) if other != *environment => {
                return Past::Damaged(format!("the journal is that of {other}"));
            }
            (Frame::Begin { run, version, environment: _, planned }, _) => {
                let (intents, done) = (BTreeMap::new(), BTreeMap::new());
                past = Past::Unfinished(Box::new(Unfinished { run, version, planned, intents, done }));
            }
            (Frame::Intent { key, action }, Past::Unfinished(unfinished)) => {
                unfinished.intents.insert(key, action);
            }
            (Frame::Done { key, action, uid: _ }, Past::Unfinished(unfinished)) => {
                unfinished.intents.remove(&key);
                unfinished.done.insert(key, action);
            }
            (Frame::Failed { key, action: _, reason: _ }, Past::Unfinished(unfinished)) => {
                unfinished.intents.remove(&key);
            }
            (Frame::End { outcome, at }, Past::Unfinished(unfinished)) => {
                past = Past::Ended { run: unfinished.run.clone(), outcome, at };
            }
            (_, Past::Nothing | Past::Ended { .. } | Past::Damaged(_)) => {
                return Past::Damaged("the journal goes on after its end".to_owned());
            }
        }
    }
    match (past, tail) {
        // The first frame comes into being with the file, whole.
        (Past::Nothing, _) => Past::Damaged("the journal is cut off in its first frame".to_owned()),
        (Past::Ended { .. }, Tail::Torn { at }) => Past::Damaged(format!("at byte {at}: more than the end of a run")),
        (past, _) => past,
    }
}
