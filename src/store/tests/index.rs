//! The index: kept whole, told when lost.
use super::*;
use crate::state::Totals;

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
fn many_are_read_at_once_and_written_at_once() {
    let desk = Desk::new();
    let (jakub, pr, new) = (name("jakub"), name("pr"), name("new"));
    desk.store().save(&jakub, &state("jakub", 1, 20), "a", time(1)).expect("saved");
    desk.store().save(&pr, &state("pr", 1, 3), "b", time(1)).expect("saved");
    let together = desk.store().together(&[jakub.clone(), new.clone()].into()).expect("readable");
    desk.store().save(&jakub, &state("jakub", 2, 5), "c", time(2)).expect("saved");
    assert_eq!(local(together.load(&jakub).expect("known")), state("jakub", 1, 20), "as it was read");
    assert_eq!(together.load(&new).expect("known"), Loaded::Nothing);
    assert_eq!(local(together.load(&pr).expect("readable")), state("pr", 1, 3), "what was not read is asked for");
    together.save(&new, &state("new", 1, 2), "d", time(3)).expect("kept");
    assert_eq!(local(together.load(&new).expect("known")), state("new", 1, 2));
    assert_eq!(desk.load("new"), Loaded::Nothing, "nothing is written yet");
    together.write_down().expect("written");
    assert_eq!(local(desk.load("new")), state("new", 1, 2));
    assert_eq!(local(desk.load("jakub")), state("jakub", 2, 5), "what was only read is not written");
}

#[test]
fn damage_is_told_of_one_among_many() {
    let desk = Desk::with(20);
    std::fs::remove_dir_all(desk.path("index")).expect("it is there");
    let (a, jakub) = (name("a"), name("jakub"));
    let together = desk.store().together(&[a.clone(), jakub.clone()].into()).expect("readable");
    assert!(matches!(together.load(&a), Ok(Loaded::Damaged(_))));
    assert_eq!(together.load(&jakub).expect("known"), Loaded::Nothing);
}

#[test]
fn history_is_newest_first_and_bounded() {
    let desk = Desk::new();
    let past = |serial: u64| PastRun {
        version: version(serial),
        at: time(0),
        operation: Operation::Destroy,
        who: "jan@desk".to_owned(),
        totals: Totals { imported: 5, added: 1, changed: 2, destroyed: 3 },
        failed: 4,
        complete: Some(false),
        definition: None,
    };
    assert!(desk.store().history(&name("jakub")).expect("readable").is_empty());
    for serial in 0..105 {
        desk.store().remember(&name("jakub"), &past(serial)).expect("kept");
    }
    let runs = desk.store().history(&name("jakub")).expect("readable");
    assert_eq!((runs.len(), &runs[0], &runs[99]), (history::LIMIT, &past(104), &past(5)));
    assert_eq!(desk.load("jakub"), Loaded::Nothing, "history alone is no state");
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
            let found = seal::broken(&sealed, &desk.path("index"));
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
fn nothing_of_a_newer_ditc_is_read_or_replaced() {
    let desk = Desk::with(1);
    let tombstone = Tombstone { version: version(1), at: time(0) };
    let header = stored::encode_tombstone(&tombstone).replace("\"1.0\"", "\"2.0\"");
    desk.store()
        .index
        .write(|db| db.insert(header_key(&name("jakub")), header.as_bytes()).map(|_| ()))
        .expect("written");
    let newer = |error: &Error| matches!(error, Error::Unreadable(Unreadable::Newer { .. }));
    assert!(newer(&desk.store().load(&name("jakub")).expect_err("newer")));
    assert!(newer(&desk.store().save(&name("jakub"), &state("jakub", 1, 1), "", time(0)).expect_err("newer")));
}
