//! What `ditc lock` did.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    names::{ComponentName, EnvironmentName},
    revision::{Commit, Reference, Since},
};

use super::event::counted;

/// What a lock says of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockEntry {
    pub reference: String,
    pub commit: String,
    /// The beginning of the digest of its image.
    pub image: Option<String>,
}

type Entries = BTreeMap<ComponentName, LockEntry>;

/// What a lock file says that it did not say before, if it was written.
#[must_use]
pub fn locked(path: &str, before: &Entries, after: &Entries, is_written: bool) -> String {
    let names: BTreeSet<&ComponentName> = before.keys().chain(after.keys()).collect();
    let lines: Vec<String> =
        names.into_iter().filter_map(|name| line(name, before.get(name), after.get(name))).collect();
    match (lines.as_slice(), is_written) {
        ([], false) => format!("{path} stays as it is."),
        ([], true) => format!("{path} is brought up to date; no reference moved."),
        (lines, _) => format!("{path}\n{}", lines.join("\n")),
    }
}

fn line(name: &ComponentName, before: Option<&LockEntry>, after: Option<&LockEntry>) -> Option<String> {
    let (then, now) = match (before, after) {
        (None, None) => return None,
        (None, Some(now)) => return Some(format!("  + {name}  {}  {}", now.reference, now.commit)),
        (Some(then), None) => return Some(format!("  - {name}  {}", then.reference)),
        (Some(then), Some(now)) => (then, now),
    };
    if then.commit != now.commit {
        return Some(format!("  ~ {name}  {}  {} -> {}", now.reference, then.commit, now.commit));
    }
    if then.reference != now.reference {
        return Some(format!("  ~ {name}  {} -> {}  {}", then.reference, now.reference, now.commit));
    }
    let digest = |entry: &LockEntry| entry.image.clone().unwrap_or_else(|| "unknown".to_owned());
    (then.image != now.image).then(|| format!("  ~ {name}  its image  {} -> {}", digest(then), digest(now)))
}

/// That nothing moved.
#[must_use]
pub fn locks_hold(count: usize) -> String {
    match count {
        0 => "Nothing is followed in git, so there is nothing to lock.".to_owned(),
        1 => "The reference stands for the commit that is locked.".to_owned(),
        count => format!("All {count} references stand for the commits that are locked."),
    }
}

/// How far a reference went: `3 commits`, `back 3 commits`, `back 1 commit, then 2 others`.
pub(super) fn distance(Since { from: _, commits, back, subject: _ }: &Since) -> Option<String> {
    let commits_of = |count: u64| counted(count, "commit");
    match (commits.unwrap_or_default(), back.unwrap_or_default()) {
        (0, 0) => None,
        (count, 0) => Some(commits_of(count)),
        (0, back) => Some(format!("back {}", commits_of(back))),
        (1, back) => Some(format!("back {}, then 1 other", commits_of(back))),
        (count, back) => Some(format!("back {}, then {count} others", commits_of(back))),
    }
}

/// A service that is held to a commit which its reference left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub name: ComponentName,
    pub reference: Reference,
    pub locked: Commit,
    pub now: Commit,
    pub since: Option<Since>,
}

/// That a lock file decides what services of an environment stand at, and which of them it holds back as far as that is
/// known.
#[must_use]
pub fn lock_decides(environment: &EnvironmentName, path: &str, services: &[&ComponentName], left: &[Left]) -> String {
    let mut text = match services {
        [service] => format!("{path} decides which commit {service} stands at."),
        services => format!("{path} decides which commits {} services stand at.", services.len()),
    };
    for Left { name, reference, locked, now, since } in left {
        let distance = since.as_ref().and_then(distance).map(|distance| format!(" ({distance})")).unwrap_or_default();
        let (locked, now) = (locked.short(), now.short());
        text.push_str(&format!(
            "\n  {name} is locked at {locked}; {reference} is at {now}{distance}:\n    ditc lock {environment} -upgrade={name}"
        ));
    }
    text
}
