//! `ditc lock`: writes down which commits an environment's references stand for, or tells whether they still do.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cli::{self, Upgrade},
    config::{self, Lock, Locked, Tracked},
    diagnostic::Diagnostic,
    failure::{Exit, Failure},
    files,
    names::{ComponentName, EnvironmentName},
    render::{
        self,
        json::{LockFile, LockedService},
        text::LockEntry as Entry,
    },
    revision::Revision,
    settings,
    sources::{self, Access, Found, Question, TreeError},
};

mod images;

use super::{
    chosen::{Unknown, chosen},
    desk::Desk,
    images::short,
    own,
    references::{access, fits, lock_path, moved, put, question, read_lock},
    unresolved::{not_fetched, unresolved},
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
    let access = access(desk, &workspace.settings);
    let answers = sources::resolve(&access, &questions).await;
    let told = |subject: &Subject, tracked: &Tracked| match answers.get(&question(tracked)) {
        Some(Ok(found)) => Ok(found.clone()),
        Some(Err(why)) => Err(unresolved(tracked, why)),
        None => unreachable!("{} {} was asked for", subject.environment, tracked.component),
    };
    if arguments.check {
        let changed = images::changed(desk, &workspace, &subjects).await?;
        return check(desk, workspace, &subjects, told, changed);
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
    if mistakes.is_empty() {
        mistakes = digests(&access, &mut workspace, &subjects, &mut locks).await;
    }
    // One that could not be looked up would be missing from its file, so none is written.
    if !mistakes.is_empty() {
        return Err(Failure::in_files(workspace.sources, mistakes).hint("no file was written"));
    }
    let remarks = images::record(desk, &workspace, &subjects, &mut locks, &arguments.upgrade).await?;
    for remark in remarks.iter().filter(|_| !desk.global.json) {
        desk.terminal.status(&render::text::warning(remark, desk.terminal.status_style));
    }
    let mut files = Vec::new();
    for (subject, lock) in subjects.iter().zip(&locks) {
        files.push(file(subject, lock, write(desk, subject, lock)?));
    }
    desk.json(|| render::json::locks(&files));
    Ok(Exit::Done)
}

/// Fetches what services take from their repositories at the commits that are locked, and puts its digests into the locks:
/// they tell whether a chart moved along with its commit, and what was fetched is there when nobody is to be asked.
async fn digests(
    access: &Access,
    workspace: &mut config::Workspace,
    subjects: &[Subject],
    locks: &mut [Lock],
) -> Vec<Diagnostic> {
    let mut wanted = Vec::new();
    for (at, subject) in subjects.iter().enumerate() {
        for tracked in &subject.tracked {
            let Some(locked) = locks[at].services.get_mut(&tracked.component) else { continue };
            locked.chart = None;
            let found = Found { commit: locked.commit.clone(), tag: locked.resolved.clone() };
            put(workspace, &subject.environment, tracked, Ok(found));
        }
        wanted.extend(config::wanted(workspace, &subject.environment).into_iter().map(|wanted| (at, wanted)));
    }
    let questions = wanted.iter().map(|(_, wanted)| own::question(wanted)).collect();
    let answers = sources::trees(access, &questions).await;
    let mut mistakes = Vec::new();
    for (at, wanted) in wanted {
        // One that is named by its commit stands in no lock.
        let Some(locked) = locks[at].services.get_mut(&wanted.component) else { continue };
        match &answers[&own::question(&wanted)] {
            Ok(tree) => locked.chart = Some(tree.name()),
            Err(error) => match &**error {
                // The plan tells it, with what lies beside.
                TreeError::NoPath { .. } => {}
                error => mistakes.push(not_fetched(&wanted, error)),
            },
        }
    }
    mistakes
}

/// A lock file, for machines.
fn file<'a>(subject: &'a Subject, lock: &'a Lock, is_written: bool) -> LockFile<'a> {
    let services = lock.services.iter().map(|(name, locked)| {
        let Locked { repository, reference, resolved, commit, when: _, chart, image } = locked;
        let (repository, reference) = (repository.clone(), reference.clone());
        let before = subject.before.as_ref().and_then(|lock| lock.services.get(name));
        let before = before.map(|before| before.commit.as_str()).filter(|before| *before != commit.as_str());
        let revision = Revision { repository, reference, commit: commit.clone(), tag: resolved.clone(), since: None };
        LockedService { name, revision, chart: chart.as_deref(), image: image.as_deref(), before }
    });
    let path = lock_path(&subject.environment).display().to_string();
    LockFile { environment: &subject.environment, path, is_written, services: services.collect() }
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
    mut mistakes: Vec<Diagnostic>,
) -> Result<Exit, Failure> {
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
    let files: Vec<LockFile<'_>> =
        subjects.iter().filter_map(|subject| Some(file(subject, subject.before.as_ref()?, false))).collect();
    desk.json(|| render::json::locks(&files));
    desk.text(|_| render::text::locks_hold(subjects.iter().map(|subject| subject.tracked.len()).sum()));
    Ok(Exit::Done)
}

/// Writes a lock whose text is another, and tells what it says that is new; gives whether it was written.
fn write(desk: &Desk<'_>, Subject { environment, before, tracked: _ }: &Subject, lock: &Lock) -> Result<bool, Failure> {
    let path = lock_path(environment);
    let full = desk.root().join(&path);
    let entries = |lock: &Lock| -> BTreeMap<ComponentName, Entry> {
        let told = |locked: &Locked| Entry {
            reference: locked.reference.to_string(),
            commit: locked.commit.short().to_owned(),
            image: locked.image.as_deref().map(short),
        };
        lock.services.iter().map(|(name, locked)| (name.clone(), told(locked))).collect()
    };
    let is_new = before.is_none();
    if is_new && lock.services.is_empty() {
        desk.text(|_| format!("Environment {environment} follows nothing in git; no file was written."));
        return Ok(false);
    }
    let before = before.clone().unwrap_or_default();
    let is_written = before != *lock || is_new;
    if is_written {
        let text = lock.text();
        if !files::create_text(&full, &text)? {
            files::replace_text(&full, &text)?;
        }
    }
    desk.text(|_| render::text::locked(&path.display().to_string(), &entries(&before), &entries(lock), is_written));
    Ok(is_written)
}
