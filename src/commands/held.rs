//! Services that a lock file holds to commits, and which of them stay behind.

use std::collections::BTreeMap;

use crate::{
    config::{Locked, Tracked},
    names::EnvironmentName,
    render::{self, text::Left},
    revision::Repository,
    sources::{self, Access, Found, Question, Unresolved},
};

use super::references::{lock_path, question};

/// What is said of environments whose services are held to a lock.
pub(super) type Held = BTreeMap<EnvironmentName, String>;

type Answers = BTreeMap<Question, Result<Found, Unresolved>>;

/// Tells which services are held to a lock, and where their references are by now as far as nobody must be asked for it:
/// what lies on this disk is looked at, and what the run was told anyway is known.
pub(super) async fn held(
    access: &Access,
    wanted: &[(EnvironmentName, Tracked, Option<Locked>)],
    told: &Answers,
) -> Held {
    let mut by_environment: BTreeMap<&EnvironmentName, Vec<(&Tracked, &Locked)>> = BTreeMap::new();
    for (environment, tracked, locked) in wanted {
        if let Some(locked) = locked {
            by_environment.entry(environment).or_default().push((tracked, locked));
        }
    }
    let here =
        by_environment.values().flatten().filter(|(tracked, _)| matches!(tracked.repository, Repository::Path(_)));
    let here = here.map(|(tracked, _)| question(tracked)).filter(|question| !told.contains_key(question)).collect();
    let here = sources::resolve(access, &here).await;
    let mut held = Held::new();
    for (environment, services) in by_environment {
        let mut left = Vec::new();
        for (tracked, locked) in &services {
            let question = question(tracked);
            let Some(Ok(found)) = told.get(&question).or_else(|| here.get(&question)) else { continue };
            if found.commit != locked.commit {
                left.push(Left {
                    name: tracked.component.clone(),
                    reference: tracked.reference.clone(),
                    locked: locked.commit.clone(),
                    now: found.commit.clone(),
                    since: match tracked.repository {
                        Repository::Path(_) => {
                            sources::since(access, &tracked.repository, &locked.commit, &found.commit).await
                        }
                        // That would be one more question.
                        Repository::GitHub { .. } | Repository::Url(_) => None,
                    },
                });
            }
        }
        let names: Vec<_> = services.iter().map(|(tracked, _)| &tracked.component).collect();
        let path = lock_path(environment).display().to_string();
        held.insert(environment.clone(), render::text::lock_decides(environment, &path, &names, &left));
    }
    held
}
