//! Everyday commands of the real kubectl, at the cluster in the box and at a real one: what it prints agrees.
//!
//! What it printed of a real server is kept in `everyday/answers.txt`, so that the box is held to it without one. With
//! `DITC_TEST_KUBECONFIG` the real server is asked again, and `DITC_TEST_RECORD=1` keeps what kubectl prints now.
//! Texts of descriptions in `kubectl explain` are Kubernetes' own and not compared. Without a kubectl of the right version
//! nothing is compared, and the test says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    thread,
};

use known::{DIFFERENT, WAVERING};
use kubectl::Kubectl;
use script::Group;

use crate::support::{NOT_USED, Real, Served, kept};

mod known;
mod kubectl;
mod plain;
mod script;

/// By group and title.
type Answers = BTreeMap<String, String>;

#[test]
fn the_script_is_long_and_its_known_differences_few() {
    let count: usize = script::read().iter().map(|group| group.commands.len()).sum();
    assert!(count >= 60, "{count} commands");
    let different: usize = DIFFERENT.iter().map(|(_, titles)| titles.len()).sum();
    assert!(different * 10 < count, "{different} of {count} differ");
}

#[test]
fn kubectl_prints_of_the_box_what_it_printed_of_a_real_server() {
    let kubectl = match Kubectl::find() {
        Ok(kubectl) => kubectl,
        Err(why) => {
            println!("kubectl was not compared: {why}");
            return;
        }
    };
    let served = Served::start();
    let answers = run(&script::read(), &kubectl, &served.kubeconfig_for_kubectl());
    let recorded = recorded();
    let known = kept::titles(DIFFERENT);
    let wavering = kept::titles(WAVERING);
    let mut faults = kept::agreeing(&known, &recorded, &answers);
    faults.extend(differences(&recorded, &answers, &known.union(&wavering).copied().collect()));
    assert!(faults.is_empty(), "{} faults; `-` the real server, `+` the box\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn kubectl_prints_of_the_real_server_what_it_did() {
    let Some(real) = Real::server() else {
        println!("{NOT_USED}");
        return;
    };
    let kubectl = Kubectl::find().unwrap_or_else(|why| panic!("DITC_TEST_KUBECONFIG is set, and {why}"));
    let groups = script::read();
    if kept::are_kept() {
        record(&groups, &run(&groups, &kubectl, &real.kubeconfig));
    }
    let wavering = kept::titles(WAVERING);
    let ask = |groups: &[Group]| run(groups, &kubectl, &real.kubeconfig);
    let answers = kept::confirmed(groups, &recorded(), &wavering, ask);
    let faults = differences(&recorded(), &answers, &wavering);
    assert!(faults.is_empty(), "{} faults; `-` then, `+` now\n{}", faults.len(), faults.join("\n"));
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/everyday/answers.txt")
}

/// An answer begins with `== TITLE`; nothing that kubectl prints begins so, and all that it prints is kept as it is compared.
fn recorded() -> Answers {
    let text = fs::read_to_string(path()).expect("DITC_TEST_RECORD=1 and DITC_TEST_KUBECONFIG make the answers");
    let mut answers = Answers::new();
    let mut title = "";
    for line in text.lines() {
        match line.strip_prefix("== ") {
            Some(next) => {
                title = next;
                answers.insert(title.to_owned(), String::new());
            }
            None => {
                let answer = answers.get_mut(title).expect("the file begins with a title");
                writeln!(answer, "{line}").expect("a text takes all");
            }
        }
    }
    answers
}

fn record(groups: &[Group], answers: &Answers) {
    let titles = groups.iter().flat_map(|group| group.commands.iter().map(|command| group.title(command)));
    let mut text = String::new();
    for (title, answer) in titles.filter_map(|title| answers.get(&title).map(|answer| (title, answer))) {
        write!(text, "== {title}\n{answer}").expect("a text takes all");
    }
    fs::write(path(), text).expect("the file can be written");
}

/// Each group in a namespace of its own, side by side: most of the time is kubectl's and the controllers'.
fn run(groups: &[Group], kubectl: &Kubectl, kubeconfig: &str) -> Answers {
    thread::scope(|scope| {
        let running: Vec<_> = groups
            .iter()
            .map(|group| scope.spawn(move || kubectl::Session::open(kubectl, kubeconfig, &group.name).run(group)))
            .collect();
        running.into_iter().flat_map(|group| group.join().expect("the group ran to its end")).collect()
    })
}

fn differences(before: &Answers, after: &Answers, but: &BTreeSet<&str>) -> Vec<String> {
    let titles: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let nothing = String::new();
    let mut faults = Vec::new();
    for title in titles.into_iter().filter(|title| !but.contains(title.as_str())) {
        let (before, after) = (before.get(title).unwrap_or(&nothing), after.get(title).unwrap_or(&nothing));
        if before != after {
            faults.push(format!("{title}\n{}", lines_that_differ(before, after)));
        }
    }
    faults
}

/// The lines that only one of two texts has, in order, with their common beginning and end left out.
fn lines_that_differ(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = before.iter().zip(&after).take_while(|(before, after)| before == after).count();
    let (before, after) = (&before[same..], &after[same..]);
    let end = before.iter().rev().zip(after.iter().rev()).take_while(|(before, after)| before == after).count();
    let mut text = String::new();
    for (sign, lines) in [('-', &before[..before.len() - end]), ('+', &after[..after.len() - end])] {
        for line in lines {
            writeln!(text, "    {sign} {line}").expect("a text takes all");
        }
    }
    text
}
