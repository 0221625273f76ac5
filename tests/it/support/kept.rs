//! Answers that a real server gave once, kept to be compared with.

use std::collections::{BTreeMap, BTreeSet};

/// A reason, and the titles of the answers that it excepts.
pub(crate) type Known = (&'static str, &'static [&'static str]);

/// The titles that are excepted.
pub(crate) fn titles(known: &[Known]) -> BTreeSet<&'static str> {
    known.iter().flat_map(|(_, titles)| *titles).copied().collect()
}

/// Exceptions that are none: answers that are known to differ, and agree or are gone.
pub(crate) fn agreeing<T: PartialEq>(
    known: &BTreeSet<&str>,
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
) -> Vec<String> {
    let agree = known.iter().filter(|title| before.get(**title) == after.get(**title));
    agree.map(|title| format!("{title}: known to differ, but agrees, or is gone")).collect()
}

/// Something that is asked in one go, its answers titled `NAME: …`.
pub(crate) trait Named {
    fn name(&self) -> &str;
}

/// What a real server answers now, where it must be what was recorded: groups that answer otherwise are asked a second
/// time, and what they say then counts. A part of a server that has not heard yet of what another part was told is no
/// difference; a real one shows itself each time.
pub(crate) fn confirmed<G: Named, T: PartialEq>(
    groups: Vec<G>,
    recorded: &BTreeMap<String, T>,
    but: &BTreeSet<&str>,
    ask: impl Fn(&[G]) -> BTreeMap<String, T>,
) -> BTreeMap<String, T> {
    let mut answers = ask(&groups);
    let titles: BTreeSet<&String> = recorded.keys().chain(answers.keys()).collect();
    let differ = |title: &&&String| recorded.get(**title) != answers.get(**title) && !but.contains(title.as_str());
    let differing: BTreeSet<String> = titles.iter().filter(differ).map(|title| (**title).clone()).collect();
    let is_of = |group: &G, title: &str| title.strip_prefix(group.name()).is_some_and(|rest| rest.starts_with(": "));
    let groups: Vec<G> = groups.into_iter().filter(|group| differing.iter().any(|title| is_of(group, title))).collect();
    if groups.is_empty() {
        return answers;
    }
    answers.retain(|title, _| !groups.iter().any(|group| is_of(group, title)));
    answers.extend(ask(&groups));
    answers
}

/// Whether the answers of a real server shall be kept.
#[expect(clippy::disallowed_methods, reason = "a test is told by the environment what to do with the answers")]
pub(crate) fn are_kept() -> bool {
    std::env::var("DITC_TEST_RECORD").is_ok_and(|value| value == "1")
}
