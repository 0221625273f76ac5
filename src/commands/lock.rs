//! `ditc lock`: writes down which commits an environment's references stand for, or tells whether they still do.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cli::{self, Upgrade},
    config::{self, Lock, Locked, Tracked},
    diagnostic::Diagnostic,
    failure::{Exit, Failure},
    files,
    names::{ComponentName, EnvironmentName},
    render, settings,
    sources::{self, Found, Question},
};

use super::{
    chosen::{Unknown, chosen},
    desk::Desk,
    references::{access, fits, lock_path, moved, read_lock, unresolved},
};

/// What the lock of one environment says, and what the environment asks for.
struct Subject {
    environment: EnvironmentName,
    /// None where there is no file.
    before: Option<Lock>,
    tracked: Vec<Tracked>,
}

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::Lockfile) -> Result<Exit, Failure> {
    let mut workspace = desk.workspace()?;
    let meant = arguments.meant();
    let environments = chosen(desk, &workspace, &meant, &cli::Variables::default(), Unknown::Refused)?.environments;
    let mut mistakes: Vec<Diagnostic> = Vec::new();
    let mut subjects = Vec::new();
    for environment in environments {
        let mut concerning = workspace.concerning(&environment);
        if concerning.is_empty()
            && let Err(found) = config::outline(&mut workspace, &environment, &crate::kinds::Kinds::builtin())
            && found.unknown_kinds.is_empty()
        {
            concerning = found.diagnostics;
        }
        mistakes.append(&mut concerning);
        let before = match read_lock(desk, &mut workspace, &environment)? {
            Some(Ok(lock)) => Some(lock),
            // To be written anew, it need not be right.
            Some(Err(_)) if arguments.upgrade.contains(&Upgrade::All) => Some(Lock::default()),
            Some(Err(mut wrong)) => {
                mistakes.append(&mut wrong);
                None
            }
            None => None,
        };
        let tracked = config::tracked(&mut workspace, &environment);
        subjects.push(Subject { environment, before, tracked });
    }
    if mistakes.is_empty() {
        mistakes = unknown_services(&arguments.upgrade, &subjects);
    }
    if !mistakes.is_empty() {
        return Err(Failure::in_files(workspace.sources, mistakes));
    }
    let asked = subjects.iter().flat_map(|subject| {
        let is_asked = |tracked: &&Tracked| arguments.check || kept(subject, tracked, &arguments.upgrade).is_none();
        subject.tracked.iter().filter(is_asked).map(question)
    });
    let questions: BTreeSet<Question> = asked.collect();
    let answers = sources::resolve(&access(desk, &workspace.settings), &questions).await;
    let told = |subject: &Subject, tracked: &Tracked| match answers.get(&question(tracked)) {
        Some(Ok(found)) => Ok(found.clone()),
        Some(Err(why)) => Err(unresolved(tracked, why)),
        None => unreachable!("{} {} was asked for", subject.environment, tracked.component),
    };
    if arguments.check {
        return check(desk, workspace, &subjects, told);
    }
    let mut locks = Vec::new();
    for subject in &subjects {
        let mut lock = Lock::default();
        for tracked in &subject.tracked {
            let locked = match kept(subject, tracked, &arguments.upgrade) {
                Some(kept) => kept.clone(),
                None => match told(subject, tracked) {
                    Ok(found) => locked(subject, tracked, found),
                    Err(mistake) => {
                        mistakes.push(mistake);
                        continue;
                    }
                },
            };
            lock.services.insert(tracked.component.clone(), locked);
        }
        locks.push(lock);
    }
    // One that could not be looked up would be missing from its file, so none is written.
    if !mistakes.is_empty() {
        return Err(Failure::in_files(workspace.sources, mistakes).hint("no file was written"));
    }
    for (subject, lock) in subjects.iter().zip(&locks) {
        write(desk, subject, lock)?;
    }
    Ok(Exit::Done)
}

fn question(tracked: &Tracked) -> Question {
    (tracked.repository.clone(), tracked.reference.clone())
}

/// The entry of a service that stays as it is.
fn kept<'a>(subject: &'a Subject, tracked: &Tracked, upgrade: &[Upgrade]) -> Option<&'a Locked> {
    let is_upgraded = upgrade.iter().any(|upgrade| match upgrade {
        Upgrade::All => true,
        Upgrade::Service(name) => *name == tracked.component,
    });
    let locked = subject.before.as_ref()?.services.get(&tracked.component)?;
    (fits(locked, tracked) && !is_upgraded).then_some(locked)
}

/// The entry of a service that was looked up. What did not move keeps its time and all that is known of its commit.
fn locked(subject: &Subject, tracked: &Tracked, found: Found) -> Locked {
    let Tracked { component, repository, reference, origin: _, place: _ } = tracked;
    let before = subject.before.as_ref().and_then(|lock| lock.services.get(component));
    if let Some(before) = before.filter(|before| fits(before, tracked) && before.commit == found.commit) {
        return Locked { resolved: found.tag, ..before.clone() };
    }
    Locked {
        repository: repository.clone(),
        reference: reference.clone(),
        resolved: found.tag,
        commit: found.commit,
        when: settings::now(),
        chart: None,
        image: None,
    }
}

/// Names after `-upgrade=` that no environment has, or that follow nothing.
fn unknown_services(upgrade: &[Upgrade], subjects: &[Subject]) -> Vec<Diagnostic> {
    let known: BTreeSet<&ComponentName> =
        subjects.iter().flat_map(|subject| subject.tracked.iter().map(|tracked| &tracked.component)).collect();
    let unknown = upgrade.iter().filter_map(|upgrade| match upgrade {
        Upgrade::Service(name) if !known.contains(name) => Some(name),
        Upgrade::Service(_) | Upgrade::All => None,
    });
    let unknown = unknown.map(|name| {
        let diagnostic = Diagnostic::new("unknown service")
            .detail(format!("no service `{name}` follows a tag, branch, release or range here"));
        config::suggest(diagnostic, name.as_str(), known.iter().map(|name| name.as_str()))
    });
    unknown.collect()
}

/// Tells whether the files are complete and still right; nothing is written.
fn check(
    desk: &Desk<'_>,
    workspace: config::Workspace,
    subjects: &[Subject],
    told: impl Fn(&Subject, &Tracked) -> Result<Found, Diagnostic>,
) -> Result<Exit, Failure> {
    let mut mistakes = Vec::new();
    for subject in subjects {
        let Subject { environment, before, tracked } = subject;
        for tracked in tracked {
            match (kept(subject, tracked, &[]), told(subject, tracked)) {
                (_, Err(mistake)) => mistakes.push(mistake),
                (None, Ok(found)) => mistakes.push(
                    Diagnostic::new("not in the lock file")
                        .at(tracked.origin.clone(), format!("stands for {}", found.commit.short()))
                        .detail(format!("`{}` does not hold what this follows", lock_path(environment).display()))
                        .help(format!("ditc lock {environment}")),
                ),
                (Some(locked), Ok(found)) if found.commit != locked.commit => {
                    mistakes.push(moved(environment, tracked, locked, &found));
                }
                (Some(_), Ok(_)) => {}
            }
        }
        let known: BTreeSet<&ComponentName> = tracked.iter().map(|tracked| &tracked.component).collect();
        let left = before.iter().flat_map(|lock| lock.services.keys()).filter(|name| !known.contains(name));
        mistakes.extend(left.map(|name| {
            Diagnostic::new("in the lock file for nothing")
                .detail(format!("`{}` holds `{name}`, which follows nothing", lock_path(environment).display()))
                .help(format!("ditc lock {environment}"))
        }));
    }
    if !mistakes.is_empty() {
        return Err(Failure::in_files(workspace.sources, mistakes));
    }
    desk.text(|_| render::text::locks_hold(subjects.iter().map(|subject| subject.tracked.len()).sum()));
    Ok(Exit::Done)
}

/// Writes a lock whose text is another, and tells what it says that is new.
fn write(desk: &Desk<'_>, Subject { environment, before, tracked: _ }: &Subject, lock: &Lock) -> Result<(), Failure> {
    let path = lock_path(environment);
    let full = desk.root().join(&path);
    let entries = |lock: &Lock| -> BTreeMap<ComponentName, (String, String)> {
        let told = |locked: &Locked| (locked.reference.to_string(), locked.commit.short().to_owned());
        lock.services.iter().map(|(name, locked)| (name.clone(), told(locked))).collect()
    };
    let is_new = before.is_none();
    if is_new && lock.services.is_empty() {
        desk.terminal.out(&format!("Environment {environment} follows nothing in git; no file was written."));
        return Ok(());
    }
    let before = before.clone().unwrap_or_default();
    if before != *lock || is_new {
        let text = lock.text();
        if !files::create_text(&full, &text)? {
            files::replace_text(&full, &text)?;
        }
    }
    desk.terminal.out(&render::text::locked(&path.display().to_string(), &entries(&before), &entries(lock)));
    Ok(())
}
