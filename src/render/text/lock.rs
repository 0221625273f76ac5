//! What `ditc lock` did.

use std::collections::{BTreeMap, BTreeSet};

use crate::names::ComponentName;

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
