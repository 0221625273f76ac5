//! Runs killed for real, in a process of their own.
use super::*;

/// Where the child of [`a_run_killed_at_any_moment_loses_nothing_it_was_told_is_kept`] works.
const CHILD: &str = "DITC_TEST_STATE";

#[test]
fn a_run_killed_at_any_moment_loses_nothing_it_was_told_is_kept() {
    use std::{
        io::{BufRead, BufReader},
        process::{Command, Stdio},
    };
    let desk = Desk::new();
    let mut kept = 0;
    for round in 0..12_u64 {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "store::tests::kill::saves_until_killed", "--nocapture"])
            .env(CHILD, desk.state())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let serials = lines.filter_map(|line| line.strip_prefix("kept ")?.parse::<u64>().ok());
        kept = serials.take(3).last().expect("the child saves");
        std::thread::sleep(Duration::from_micros(round * 700));
        child.kill().expect("killed");
        child.wait().expect("gone");
        let found = local(desk.load("jakub"));
        assert!(found.version.serial >= kept, "{} is older than {kept}", found.version.serial);
        assert_eq!(found, state("jakub", found.version.serial, objects(found.version.serial)));
        let left = unfinished(&desk);
        assert!(left.version.serial >= kept && left.planned == [key("a")].into(), "{left:?}");
        desk.lock();
    }
    assert!(kept >= 36, "each child goes on where the last was killed");
}

fn objects(serial: u64) -> usize {
    serial as usize * 7 % 40
}

/// Does nothing unless it is the child.
#[test]
#[expect(clippy::disallowed_methods, reason = "the only way to tell a child that it is one")]
fn saves_until_killed() {
    let Some(root) = std::env::var_os(CHILD) else { return };
    let store = Store::open(Path::new(&root), &ClusterId("c-1".to_owned())).expect("opened");
    let lock = store.lock(&name("jakub"), &holder("child"), Duration::ZERO, |_| {}).expect("free");
    let start = match store.load(&name("jakub")).expect("readable") {
        Loaded::Local(local) => local.state.version.serial,
        Loaded::Nothing => 0,
        other => panic!("{other:?}"),
    };
    for serial in start + 1.. {
        let mut journal = store.begin(&lock, &run("r"), &version(serial), &[key("a")].into()).expect("begun");
        journal.intent(&key("a"), Deed::Update).expect("written");
        let state = state("jakub", serial, objects(serial));
        store.save(&name("jakub"), &state, "", time(0)).expect("saved");
        println!("kept {serial}");
    }
}
