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
        journal::{Action, Outcome},
        samples::{name, state, time},
    },
    object::{ObjectKey, Uid},
    state::{Lineage, Operation, Run, Version},
};

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
    Run { id: id.to_owned(), operation: Operation::Apply, who: "jan@desk".to_owned(), since: time(0) }
}

fn version(serial: u64) -> Version {
    Version { lineage: Lineage("l-1".to_owned()), serial }
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("", "ConfigMap", Some("jakub"), name)
}

#[test]
fn keeps_states_apart_replaces_them_whole_and_leaves_a_tombstone() {
    let desk = Desk::new();
    let (jakub, pr) = (name("jakub"), name("pr"));
    assert_eq!(desk.load("jakub"), Loaded::Nothing);
    desk.store().save(&jakub, &state("jakub", 1, 20), "a", time(1)).expect("saved");
    desk.store().save(&pr, &state("pr", 1, 3), "b", time(2)).expect("saved");
    assert_eq!(local(desk.load("jakub")), state("jakub", 1, 20));
    desk.store().save(&jakub, &state("jakub", 2, 5), "c", time(3)).expect("saved");
    let Loaded::Local(copy) = desk.load("jakub") else { panic!("a copy") };
    assert_eq!(*copy, Local { state: state("jakub", 2, 5), fence: "c".to_owned(), seen: time(3) });
    assert_eq!(desk.store().environments().expect("readable"), [jakub.clone(), pr.clone()].into());
    let tombstone = Tombstone { version: version(2), at: time(4) };
    desk.store().forget(&jakub, &tombstone).expect("forgotten");
    assert_eq!(desk.load("jakub"), Loaded::Destroyed(tombstone));
    assert_eq!(desk.store().environments().expect("readable"), [pr].into());
    assert_eq!(local(desk.load("pr")), state("pr", 1, 3));
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
fn history_is_newest_first_and_bounded() {
    let desk = Desk::new();
    let past = |serial: u64| PastRun {
        version: version(serial),
        at: time(0),
        operation: Operation::Destroy,
        who: "jan@desk".to_owned(),
        created: 1,
        changed: 2,
        destroyed: 3,
        failed: 4,
    };
    assert!(desk.store().history(&name("jakub")).expect("readable").is_empty());
    for serial in 0..105 {
        desk.store().remember(&name("jakub"), &past(serial)).expect("kept");
    }
    let runs = desk.store().history(&name("jakub")).expect("readable");
    assert_eq!((runs.len(), &runs[0], &runs[99]), (history::LIMIT, &past(104), &past(5)));
    assert_eq!(desk.load("jakub"), Loaded::Nothing, "history alone is no state");
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

/// Damages a closed index and checks that it is told, that the others are not forgotten silently, and that it heals.
fn told(why: &str, damage: impl FnOnce(&Desk)) {
    let desk = Desk::with(20);
    desk.store().save(&name("pr"), &state("pr", 1, 3), "b", time(2)).expect("saved");
    drop(desk.store().lock(&name("pr"), &holder("jan"), Duration::ZERO, |_| {}).expect("free"));
    damage(&desk);
    assert!(matches!(desk.load("jakub"), Loaded::Damaged(_)), "{why}");
    assert!(matches!(desk.load("pr"), Loaded::Damaged(_)), "{why}: pr was there as well");
    assert!(desk.store().environments().is_err(), "{why}");
    desk.store().save(&name("jakub"), &state("jakub", 2, 5), "c", time(3)).expect("saved");
    assert_eq!(local(desk.load("jakub")), state("jakub", 2, 5), "{why}");
    assert!(matches!(desk.load("pr"), Loaded::Damaged(_)), "{why}: pr is still to be rebuilt");
    assert_eq!(desk.load("new"), Loaded::Nothing, "{why}: new was never here");
}

#[test]
fn a_lost_or_cut_index_is_told_and_never_taken_for_empty() {
    told("removed", |desk| fs::remove_dir_all(desk.path("index")).expect("removed"));
    told("no db", |desk| fs::remove_file(desk.path("index/db")).expect("removed"));
    told("no conf", |desk| fs::remove_file(desk.path("index/conf")).expect("removed"));
    told("bad seal", |desk| fs::write(desk.path(".index.seal"), b"").expect("written"));
    for percent in [0, 33, 66, 99] {
        told("cut", |desk| {
            let path = desk.path("index/db");
            let length = fs::metadata(&path).expect("exists").len();
            fs::OpenOptions::new().write(true).open(path).expect("there").set_len(length * percent / 100).expect("cut");
        });
    }
    told("older", |desk| {
        let old = Desk::with(19);
        fs::copy(old.path("index/db"), desk.path("index/db")).expect("copied");
    });
}

#[test]
fn no_flipped_bit_in_the_index_goes_unseen() {
    let desk = Desk::with(5);
    let files: BTreeMap<PathBuf, Vec<u8>> = files::names_in(&desk.path("index"))
        .expect("readable")
        .into_iter()
        .map(|name| desk.path("index").join(name))
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), fs::read(path).expect("readable")))
        .collect();
    let seal = fs::read(desk.path(".index.seal")).expect("readable");
    for (path, bytes) in &files {
        for step in 0..16 {
            let mut flipped = bytes.clone();
            let at = bytes.len() * step / 16;
            flipped[at] ^= 1 << (step % 8);
            fs::write(path, flipped).expect("written");
            let sealed = seal::read(&desk.path(".index.seal")).expect("readable").expect("sealed").expect("whole");
            let found = sealed.broken(&desk.path("index"));
            assert!(found.expect("readable").is_some(), "{} at {at}", path.display());
        }
        fs::write(path, bytes).expect("written");
    }
    assert_eq!(fs::read(desk.path(".index.seal")).expect("readable"), seal);
    assert_eq!(local(desk.load("jakub")), state("jakub", 1, 5), "all is as it was");
}

#[test]
fn what_a_killed_run_leaves_in_the_index_is_recovered_or_told() {
    let desk = Desk::with(20);
    fs::write(desk.path("index/snap.0000.generating"), b"").expect("written");
    assert_eq!(local(desk.load("jakub")), state("jakub", 1, 20));
    // Killed while the index was open.
    fs::rename(desk.path(".index.seal"), desk.path(".index.open")).expect("renamed");
    fs::write(desk.path("index/snap.0000000000000000.generating"), b"").expect("written");
    assert_eq!(local(desk.load("jakub")), state("jakub", 1, 20));
    // Killed, and damaged as well: what sled makes of it must be the state or be told.
    let whole = fs::read(desk.path("index/db")).expect("readable");
    for step in 0..8 {
        let desk = Desk::with(20);
        fs::rename(desk.path(".index.seal"), desk.path(".index.open")).expect("renamed");
        fs::write(desk.path("index/db"), &whole[..whole.len() * step / 8]).expect("written");
        match desk.load("jakub") {
            Loaded::Local(local) => assert_eq!(local.state, state("jakub", 1, 20)),
            Loaded::Damaged(_) => {}
            other @ (Loaded::Nothing | Loaded::Destroyed(_)) => panic!("cut at {step}/8: {other:?}"),
        }
    }
    // Killed while making the index.
    let desk = Desk::new();
    desk.store();
    fs::create_dir(desk.path(".index.new")).expect("made");
    fs::write(desk.path(".index.new/db"), b"half").expect("written");
    assert_eq!(desk.load("jakub"), Loaded::Nothing);
    desk.store().save(&name("jakub"), &state("jakub", 1, 2), "", time(0)).expect("saved");
    assert_eq!(local(desk.load("jakub")), state("jakub", 1, 2));
}

#[test]
fn many_at_once_wait_for_each_other() {
    let desk = Desk::new();
    std::thread::scope(|scope| {
        for number in 0..4_u64 {
            let store = desk.store();
            scope.spawn(move || {
                let environment = name(&format!("e-{number}"));
                for serial in 0..5 {
                    let written = state(environment.as_str(), serial, 3);
                    store.save(&environment, &written, "", time(0)).expect("saved");
                    assert_eq!(local(store.load(&environment).expect("readable")), written);
                }
            });
        }
    });
    assert_eq!(desk.store().environments().expect("readable").len(), 4);
}

#[test]
fn a_lock_says_whose_it_is() {
    let desk = Desk::new();
    let lock = desk.lock();
    let mut told = Vec::new();
    let refused = desk
        .store()
        .lock(&name("jakub"), &holder("eva"), Duration::from_millis(120), |held| told.push(held.clone()))
        .expect_err("held");
    assert_eq!(refused.to_string(), "environment jakub is locked by jan@desk since 2023-11-14T22:13:20Z (apply)");
    assert_eq!(told.len(), 1, "told once");
    assert!(desk.store().lock(&name("pr"), &holder("eva"), Duration::ZERO, |_| {}).is_ok(), "another environment");
    drop(lock);
    let taken = desk.store().lock(&name("jakub"), &holder("eva"), Duration::ZERO, |_| {}).expect("free");
    assert_eq!(taken.environment(), &name("jakub"));
}

#[test]
fn a_lock_file_left_by_a_killed_run_holds_nobody() {
    let desk = Desk::new();
    desk.store();
    fs::write(desk.path("jakub.lock"), crate::format::holder::encode(&holder("ghost"))).expect("written");
    desk.lock();
}

#[test]
fn who_waits_gets_the_lock_once_it_is_free() {
    let desk = Desk::new();
    let (lock, store) = (desk.lock(), desk.store());
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(move || {
            let waiting = |_: &Held| sender.send(()).expect("someone listens");
            store.lock(&name("jakub"), &holder("eva"), Duration::from_secs(60), waiting).is_ok()
        });
        receiver.recv().expect("the waiter says so");
        drop(lock);
        assert!(waiter.join().expect("no panic"));
    });
}

fn unfinished(desk: &Desk) -> Unfinished {
    match desk.store().past(&name("jakub")).expect("readable") {
        Past::Unfinished(unfinished) => *unfinished,
        other => panic!("not unfinished: {other:?}"),
    }
}

#[test]
fn a_journal_knows_what_a_killed_run_was_about_to_do() {
    let desk = Desk::new();
    let store = desk.store();
    let lock = desk.lock();
    assert_eq!(store.past(&name("jakub")).expect("readable"), Past::Nothing);
    let planned = [key("a"), key("b"), key("c")].into();
    let mut journal = store.begin(&lock, &run("r-1"), &version(1), &planned).expect("begun");
    journal.intents([(&key("a"), Action::Create), (&key("b"), Action::Update)]).expect("written");
    journal.done(&key("a"), Action::Create, Some(&Uid("u".to_owned()))).expect("written");
    journal.intent(&key("c"), Action::Delete).expect("written");
    journal.failed(&key("c"), Action::Delete, "no").expect("written");
    drop(journal);
    let left = unfinished(&desk);
    assert_eq!((left.run, left.version, left.planned), (run("r-1"), version(1), planned.clone()));
    assert_eq!(left.intents, [(key("b"), Action::Update)].into());
    assert_eq!(left.done, [(key("a"), Action::Create)].into());

    // The next run takes over what is open, until its end.
    let journal = store.begin(&lock, &run("r-2"), &version(2), &[key("d")].into()).expect("begun");
    let left = unfinished(&desk);
    assert_eq!((left.run, left.intents), (run("r-2"), [(key("b"), Action::Update)].into()));
    assert_eq!(left.planned.len(), 4);
    journal.end(Outcome::Done, time(9)).expect("ended");
    let ended = Past::Ended { run: run("r-2"), outcome: Outcome::Done, at: time(9) };
    assert_eq!(store.past(&name("jakub")).expect("readable"), ended);
    let journal = store.begin(&lock, &run("r-3"), &version(3), &BTreeSet::new()).expect("begun");
    assert!(unfinished(&desk).intents.is_empty() && unfinished(&desk).planned.is_empty());
    drop(journal);
    store.discard_journal(&lock).expect("removed");
    assert_eq!(store.past(&name("jakub")).expect("readable"), Past::Nothing);
}

#[test]
fn a_journal_cut_anywhere_is_never_taken_for_finished() {
    let desk = Desk::new();
    let lock = desk.lock();
    let mut journal = desk.store().begin(&lock, &run("r"), &version(1), &[key("a")].into()).expect("begun");
    let begun = fs::metadata(desk.path("jakub.journal")).expect("exists").len();
    journal.intent(&key("a"), Action::Create).expect("written");
    journal.done(&key("a"), Action::Create, None).expect("written");
    journal.end(Outcome::Done, time(1)).expect("ended");
    let whole = fs::read(desk.path("jakub.journal")).expect("readable");
    for length in 0..whole.len() {
        fs::write(desk.path("jakub.journal"), &whole[..length]).expect("written");
        match desk.store().past(&name("jakub")).expect("readable") {
            Past::Damaged(_) => assert!(length < begun as usize),
            Past::Unfinished(left) => assert_eq!(left.planned, [key("a")].into()),
            other => panic!("cut at {length}: {other:?}"),
        }
    }
    // A damaged one is kept beside the next.
    fs::write(desk.path("jakub.journal"), &whole[..10]).expect("written");
    desk.store().begin(&lock, &run("r-2"), &version(1), &BTreeSet::new()).expect("begun");
    assert_eq!(fs::read(desk.path("jakub.journal.damaged")).expect("kept"), &whole[..10]);
    // One under another's name is no journal of ours.
    fs::write(desk.path("pr.journal"), &whole).expect("written");
    assert!(matches!(desk.store().past(&name("pr")).expect("readable"), Past::Damaged(_)));
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
fn nothing_of_a_newer_ditc_is_read_or_replaced() {
    let desk = Desk::with(1);
    let header = crate::format::seal(&serde_json::json!({"kept": {}})).replace("\"1.0\"", "\"2.0\"");
    desk.store()
        .index
        .write(|db| db.insert(header_key(&name("jakub")), header.as_bytes()).map(|_| ()))
        .expect("written");
    let newer = |error: &Error| matches!(error, Error::Unreadable(Unreadable::Newer { .. }));
    assert!(newer(&desk.store().load(&name("jakub")).expect_err("newer")));
    assert!(newer(&desk.store().save(&name("jakub"), &state("jakub", 1, 1), "", time(0)).expect_err("newer")));
}
