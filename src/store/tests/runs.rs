//! Locks and journals.
use super::*;

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

#[test]
fn a_journal_knows_what_a_killed_run_was_about_to_do() {
    let desk = Desk::new();
    let store = desk.store();
    let lock = desk.lock();
    assert_eq!(store.past(&name("jakub")).expect("readable"), Past::Nothing);
    let planned = [key("a"), key("b"), key("c")].into();
    let mut journal = store.begin(&lock, &run("r-1"), &version(1), &planned).expect("begun");
    journal.intents([(&key("a"), Deed::Create), (&key("b"), Deed::Update)]).expect("written");
    journal.done(&key("a"), Deed::Create, Some(&Uid("u".to_owned()))).expect("written");
    journal.intent(&key("c"), Deed::Delete).expect("written");
    journal.failed(&key("c"), Deed::Delete, "no").expect("written");
    drop(journal);
    let left = unfinished(&desk);
    assert_eq!((left.run, left.version, left.planned), (run("r-1"), version(1), planned.clone()));
    assert_eq!(left.intents, [(key("b"), Deed::Update)].into());
    assert_eq!(left.done, [(key("a"), Deed::Create)].into());

    // The next run takes over what is open, until its end.
    let journal = store.begin(&lock, &run("r-2"), &version(2), &[key("d")].into()).expect("begun");
    let left = unfinished(&desk);
    assert_eq!((left.run, left.intents), (run("r-2"), [(key("b"), Deed::Update)].into()));
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
    journal.intent(&key("a"), Deed::Create).expect("written");
    journal.done(&key("a"), Deed::Create, None).expect("written");
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
