//! What `ditc lock` did.

use std::collections::BTreeMap;

use crate::names::ComponentName;

/// References and commits, by service.
type Entries = BTreeMap<ComponentName, (String, String)>;

/// What a lock file says that it did not say before.
#[must_use]
pub fn locked(path: &str, before: &Entries, after: &Entries) -> String {
    let names: std::collections::BTreeSet<&ComponentName> = before.keys().chain(after.keys()).collect();
    let mut lines = Vec::new();
    for name in names {
        match (before.get(name), after.get(name)) {
            (Some((_, then)), Some((reference, now))) if then != now => {
                lines.push(format!("  ~ {name}  {reference}  {then} -> {now}"));
            }
            (Some((then, _)), Some((now, commit))) if then != now => {
                lines.push(format!("  ~ {name}  {then} -> {now}  {commit}"));
            }
            (None, Some((reference, commit))) => lines.push(format!("  + {name}  {reference}  {commit}")),
            (Some((reference, _)), None) => lines.push(format!("  - {name}  {reference}")),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    match lines.as_slice() {
        [] => format!("{path} stays as it is."),
        lines => format!("{path}\n{}", lines.join("\n")),
    }
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
