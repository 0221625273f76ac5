//! What the tests of the store share, and what belongs to no part of it alone.
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    time::Duration,
};

use super::*;
use crate::{
    format::{
        journal::Outcome,
        samples::{name, state, time},
    },
    object::{ObjectKey, Uid},
    state::{Deed, Lineage, Operation, Run, Version},
};

mod index;
mod kill;
mod runs;

struct Desk {
    root: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { root: tempfile::tempdir().expect("a temporary directory") }
    }

    fn state(&self) -> PathBuf {
        self.root.path().join("state")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.state().join("c-1").join(name)
    }

    fn store(&self) -> Store {
        Store::open(&self.state(), &ClusterId("c-1".to_owned())).expect("opened")
    }

    /// A desk that knows jakub with so many objects.
    fn with(objects: usize) -> Self {
        let desk = Self::new();
        desk.store().save(&name("jakub"), &state("jakub", 1, objects), "fence", time(1)).expect("saved");
        desk
    }

    fn load(&self, environment: &str) -> Loaded {
        self.store().load(&name(environment)).expect("readable")
    }

    fn lock(&self) -> Lock {
        self.store().lock(&name("jakub"), &holder("jan"), Duration::ZERO, |_| {}).expect("free")
    }
}

fn local(loaded: Loaded) -> State {
    match loaded {
        Loaded::Local(local) => local.state,
        other => panic!("no local copy: {other:?}"),
    }
}

fn holder(who: &str) -> Holder {
    Holder { who: format!("{who}@desk"), since: time(0), doing: "apply".to_owned() }
}

fn run(id: &str) -> Run {
    Run { id: id.to_owned(), operation: Operation::Apply, who: "jan@desk".to_owned(), since: time(0), definition: None }
}

fn version(serial: u64) -> Version {
    Version { lineage: Lineage("l-1".to_owned()), serial }
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("", "ConfigMap", Some("jakub"), name)
}

fn unfinished(desk: &Desk) -> Unfinished {
    match desk.store().past(&name("jakub")).expect("readable") {
        Past::Unfinished(unfinished) => *unfinished,
        other => panic!("not unfinished: {other:?}"),
    }
}

#[test]
fn all_files_are_private() {
    fn walk(path: &Path) {
        let mode = fs::symlink_metadata(path).expect("exists").permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        if path.is_dir() {
            fs::read_dir(path).expect("readable").for_each(|inner| walk(&inner.expect("readable").path()));
        }
    }
    let desk = Desk::with(3);
    let lock = desk.lock();
    desk.store().begin(&lock, &run("r"), &version(1), &BTreeSet::new()).expect("begun");
    Cache::open(&desk.state()).expect("opened").write("x", b"y").expect("written");
    desk.load("jakub");
    walk(&desk.state());
}

#[test]
fn refuses_links_and_ids_that_lead_elsewhere() {
    let desk = Desk::new();
    for id in ["", "..", "a/b", "../x", "-x", "cache", &"a".repeat(101), "a.b"] {
        assert!(matches!(Store::open(&desk.state(), &ClusterId(id.to_owned())), Err(Error::Cluster(_))), "{id}");
    }
    let elsewhere = tempfile::tempdir().expect("a temporary directory");
    symlink(elsewhere.path(), desk.state()).expect("linked");
    let refused = Store::open(&desk.state(), &ClusterId("c-1".to_owned())).expect_err("a link");
    assert!(matches!(refused, Error::Files(files::Error::Link { .. })), "{refused}");
    assert_eq!(fs::read_dir(elsewhere.path()).expect("readable").count(), 0);
    fs::remove_file(desk.state()).expect("removed");
    fs::create_dir(desk.state()).expect("made");
    symlink(elsewhere.path(), desk.state().join("c-1")).expect("linked");
    assert!(Store::open(&desk.state(), &ClusterId("c-1".to_owned())).is_err());
}

#[test]
fn a_cache_gives_back_what_it_was_given_or_nothing() {
    let desk = Desk::new();
    let cache = Cache::open(&desk.state()).expect("opened");
    let server = "https://127.0.0.1:6443/../x";
    assert_eq!(cache.read(server).expect("readable"), None);
    cache.write(server, b"kinds\n\nmore").expect("written");
    assert_eq!(cache.read(server).expect("readable").as_deref(), Some(&b"kinds\n\nmore"[..]));
    assert_eq!(cache.read("another").expect("readable"), None);
    let files = files::names_in(&desk.state().join("cache")).expect("readable");
    let path = desk.state().join("cache").join(&files[0]);
    let whole = fs::read(&path).expect("readable");
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 4;
        for damaged in [&flipped[..], &whole[..at]] {
            fs::write(&path, damaged).expect("written");
            assert_eq!(cache.read(server).expect("readable"), None, "at {at}");
            assert!(!path.exists(), "dropped");
        }
    }
}

#[test]
fn what_is_used_is_kept_and_what_is_not_goes() {
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::open(directory.path()).unwrap().within("charts").unwrap();
    let age = |name: &str, days: u64| {
        let file = std::fs::File::open(cache.path(name)).unwrap();
        let now = file.metadata().unwrap().modified().unwrap();
        file.set_modified(now - std::time::Duration::from_secs(days * 24 * 60 * 60)).unwrap();
    };
    for name in ["used", "unused"] {
        cache.write(name, name.as_bytes()).unwrap();
        age(name, 40);
    }
    assert_eq!(cache.read_used("used").unwrap().as_deref(), Some(&b"used"[..]));
    cache.write("new", b"new").unwrap();
    cache.prune(std::time::Duration::from_secs(30 * 24 * 60 * 60)).unwrap();
    assert!(cache.read("used").unwrap().is_some() && cache.read("new").unwrap().is_some());
    assert!(cache.read("unused").unwrap().is_none());
}
