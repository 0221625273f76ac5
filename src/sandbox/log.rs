//! The sandbox's directory: its lock, the log of its objects, and the list of requests. Nothing else in the sandbox names `std::fs`.
//!
//! The log is one JSON line per write, appended before the write is seen by anyone; a line that was torn by a crash is dropped at
//! open. Opening rewrites a log that has grown far beyond the objects it holds. All is 0600 in a directory 0700: it holds Secrets.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::Error;

/// A log is rewritten once it has this many lines more than twice its objects.
const SLACK: usize = 200;

/// One write.
#[derive(Debug)]
pub(super) enum Line {
    Put(Value),
    Delete { group: String, kind: String, namespace: String, name: String },
}

/// The open directory.
#[derive(Debug)]
pub(super) struct Log {
    directory: PathBuf,
    file: File,
    requests: File,
    /// Held until dropped.
    _lock: File,
}

/// What a log came to.
#[derive(Debug, Default)]
pub(super) struct Replay {
    pub(super) revision: u64,
    pub(super) lines: Vec<Line>,
}

impl Log {
    /// Locks the directory and reads what it holds.
    pub(super) fn open(directory: &Path, now: jiff::Timestamp, patience: Duration) -> Result<(Self, Replay), Error> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(directory).map_err(failed("creating", directory))?;
        let lock = lock(&directory.join("lock"), now, patience)?;
        let path = directory.join("log.jsonl");
        let file = open_append(&path)?;
        let text = fs::read(&path).map_err(failed("reading", &path))?;
        let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if end < text.len() {
            file.set_len(end as u64).map_err(failed("shortening", &path))?;
        }
        let replay = replay(&text[..end], &path)?;
        let requests = open_append(&directory.join("requests.jsonl"))?;
        Ok((Self { directory: directory.to_owned(), file, requests, _lock: lock }, replay))
    }

    /// Whether a log of so many lines should be rewritten.
    pub(super) fn has_grown(lines: usize, objects: usize) -> bool {
        lines > 2 * objects + SLACK
    }

    /// Replaces the log by one that holds these objects only.
    pub(super) fn rewrite<'a>(&mut self, revision: u64, objects: impl Iterator<Item = &'a Value>) -> Result<(), Error> {
        let (path, temporary) = (self.directory.join("log.jsonl"), self.directory.join("log.jsonl.new"));
        let mut text = format!("{}\n", json!({"revision": revision}));
        for object in objects {
            text.push_str(&put_line(revision, object));
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(failed("creating", &temporary))?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed("writing", &temporary))?;
        fs::rename(&temporary, &path).map_err(failed("replacing", &path))?;
        self.file = open_append(&path)?;
        Ok(())
    }

    pub(super) fn put(&mut self, revision: u64, object: &Value) -> io::Result<()> {
        self.file.write_all(put_line(revision, object).as_bytes())
    }

    pub(super) fn delete(&mut self, revision: u64, key: [&str; 4]) -> io::Result<()> {
        self.file.write_all(format!("{}\n", json!({"revision": revision, "delete": key})).as_bytes())
    }

    /// Notes a request; a list that cannot be written is no reason to refuse it.
    pub(super) fn request(&mut self, line: &Value) {
        let written = self.requests.write_all(format!("{line}\n").as_bytes());
        if let Err(error) = written {
            tracing::warn!(%error, "requests.jsonl not written");
        }
    }

    /// The fault script beside the log, if there is one.
    pub(super) fn faults(&self) -> Option<String> {
        fs::read_to_string(self.directory.join("faults.json")).ok()
    }
}

fn put_line(revision: u64, object: &Value) -> String {
    format!("{{\"revision\":{revision},\"put\":{object}}}\n")
}

fn lock(path: &Path, now: jiff::Timestamp, patience: Duration) -> Result<File, Error> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(failed("opening", path))?;
    let until = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(Duration::from_millis(50)),
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(path).unwrap_or_default().trim().to_owned();
                return Err(Error::Held { path: path.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed("locking", path)(source)),
        }
    }
    file.set_len(0)
        .and_then(|()| writeln!(file, "process {} since {now:.0}", std::process::id()))
        .map_err(failed("writing", path))?;
    Ok(file)
}

fn open_append(path: &Path) -> Result<File, Error> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(failed("opening", path))
}

fn failed(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { doing, path: path.clone(), source }
}

fn replay(text: &[u8], path: &Path) -> Result<Replay, Error> {
    let mut replay = Replay::default();
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        let damaged = || Error::Damaged { path: path.to_owned(), line: at + 1 };
        let mut value: Value = serde_json::from_slice(line).map_err(|_| damaged())?;
        let revision = value.get("revision").and_then(Value::as_u64).ok_or_else(damaged)?;
        replay.revision = replay.revision.max(revision);
        if let Some(object) = value.get_mut("put") {
            replay.lines.push(Line::Put(object.take()));
        } else if let Some(key) = value.get("delete") {
            let part = |at: usize| Some(key.get(at)?.as_str()?.to_owned());
            let (Some(group), Some(kind), Some(namespace), Some(name)) = (part(0), part(1), part(2), part(3)) else {
                return Err(damaged());
            };
            replay.lines.push(Line::Delete { group, kind, namespace, name });
        }
    }
    Ok(replay)
}
