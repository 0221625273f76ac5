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

/// Whether the answers of a real server shall be kept.
#[expect(clippy::disallowed_methods, reason = "a test is told by the environment what to do with the answers")]
pub(crate) fn are_kept() -> bool {
    std::env::var("DITC_TEST_RECORD").is_ok_and(|value| value == "1")
}
