//! What a command tells in other forms than text and JSON: gathered while it runs, written when it has ended.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    apply::Outcome,
    cli::{Cli, Form, FormKind, Verb},
    failure::{Exit, Failure, FailureKind},
    files,
    plan::Plan,
    render::forms::{COMMENT, Scope, Section, Standing, annotations, comments, junit, markdown, outputs},
    settings::{self, Settings},
    terminal::Terminal,
};

use super::desk::{Desk, root};

/// What a step may write on the page of its run
/// (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>).
const SUMMARY: u64 = 1024 * 1024;
/// Less room than this is left alone.
const LEAST: usize = 4096;

/// A file that was opened before anything was done, so that nothing is done and then lost.
type Opened = Box<dyn Write + Send>;

/// What is wanted, and what was told so far.
pub(super) struct Forms {
    /// What was run.
    verb: &'static str,
    /// Where the workspace lies.
    root: PathBuf,
    /// The one environment that it is about, if it is one.
    environment: Option<String>,
    wanted: Vec<Wanted>,
    sections: Mutex<Vec<Section>>,
    /// What the environments were compared with, where they are all that there are to tell of.
    since: Option<Option<String>>,
    /// Whether the command ended before it had told all.
    is_cut: AtomicBool,
}

struct Wanted {
    kind: FormKind,
    /// None for standard output.
    file: Option<Opened>,
    /// The word that makes a runner listen again, where text stands before annotations.
    token: Option<String>,
}

impl Forms {
    /// Opens all files that are asked for, and hands those for text and JSON to the terminal.
    pub(super) fn open(cli: &Cli, settings: &Settings, terminal: &Terminal) -> Result<Self, Failure> {
        let root = root(&cli.global, settings);
        let mut wanted = Vec::new();
        for Form { kind, file } in cli.forms() {
            let opened = file.map(|file| files::create_private(&root.join(file))).transpose()?;
            let opened = opened.map(|file| Box::new(file) as Opened);
            match (kind, opened) {
                (FormKind::Json, Some(file)) => terminal.copy_json_into(file),
                (FormKind::Text, Some(file)) => terminal.copy_text_into(file),
                (FormKind::Json | FormKind::Text, None) => {}
                (kind, file) => {
                    let token = (kind == FormKind::Github && file.is_none()).then(settings::fresh_id);
                    wanted.push(Wanted { kind, file, token });
                }
            }
        }
        // What is told may hold anything, also what a runner would obey. From here on nothing fails before `write`.
        for token in wanted.iter().filter_map(|wanted| wanted.token.as_ref()) {
            terminal.answer(&format!("::stop-commands::{token}"));
        }
        let meant = cli.verb.meant();
        let environment = meant.as_ref().and_then(|meant| meant.one().map(ToString::to_string));
        // What only some were to be applied says nothing of others.
        let since = meant.filter(|_| matches!(cli.verb, Verb::Plan(_))).and_then(|meant| meant.whole());
        let (sections, is_cut) = (Mutex::default(), AtomicBool::default());
        Ok(Self { verb: verb(&cli.verb), root, environment, wanted, sections, since, is_cut })
    }

    fn sections(&self) -> MutexGuard<'_, Vec<Section>> {
        self.sections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what kept the command from its end, unless something tells of that already.
    pub(super) fn failed(&self, failure: &Failure) {
        self.is_cut.store(true, Ordering::Relaxed);
        let mut sections = self.sections();
        match sections.as_mut_slice() {
            [only] if only.standing != Standing::Broken => only.failed(&failure.parts()),
            told if told.iter().any(|section| section.standing == Standing::Broken) => {}
            _ => sections.push(Section::of_failure(self.environment.clone(), &failure.parts())),
        }
    }

    /// Writes all forms.
    pub(super) fn write(self, settings: &Settings, terminal: &Terminal, exit: Exit) -> Result<(), Failure> {
        let Self { verb, root, environment: _, mut wanted, sections, since, is_cut } = self;
        let mut sections = sections.into_inner().unwrap_or_else(PoisonError::into_inner);
        let workspace = below(&root, settings);
        sections.iter_mut().for_each(|section| section.workspace.clone_from(&workspace));
        let scope = since.filter(|_| !is_cut.into_inner()).map(|since| Scope {
            command: verb.to_owned(),
            workspace: workspace.clone(),
            since,
        });
        // A runner listens again first, whatever becomes of the files.
        wanted.sort_by_key(|wanted| wanted.token.is_none());
        for Wanted { kind, file, token } in wanted {
            let mut text = token.map(|token| format!("::{token}::\n")).unwrap_or_default();
            match kind {
                FormKind::Text | FormKind::Json => {}
                FormKind::Markdown => text.push_str(&comments(verb, &sections, scope.as_ref(), COMMENT)),
                FormKind::Junit => text.push_str(&junit(verb, &sections)),
                FormKind::Github => text.push_str(&annotations(&sections, &workspace)),
            }
            match file {
                None if text.is_empty() => {}
                None => terminal.answer(&text),
                Some(mut file) => file.write_all(text.as_bytes()).map_err(|error| {
                    Failure::new(FailureKind::Files, format!("writing the file of -format {}", kind.word()))
                        .because(&error)
                })?,
            }
            if kind == FormKind::Github {
                step(settings, verb, &sections, exit)?;
            }
        }
        Ok(())
    }
}

/// Writes the summary and the outputs of a step, where the command runs in one.
fn step(settings: &Settings, verb: &str, sections: &[Section], exit: Exit) -> Result<(), Failure> {
    if let Some(path) = &settings.actions.summary {
        let room = SUMMARY.saturating_sub(files::size(path));
        let room = usize::try_from(room).unwrap_or_default();
        if room > LEAST {
            files::append(path, markdown(verb, sections, room).as_bytes())?;
        }
    }
    if let Some(path) = &settings.actions.outputs {
        let delimiter = format!("ditc_{}", settings::fresh_id());
        files::append(path, outputs(sections, exit.code(), &delimiter).as_bytes())?;
    }
    Ok(())
}

/// Where the workspace lies in the repository that a runner checked out.
fn below(root: &Path, settings: &Settings) -> String {
    let Some(checkout) = &settings.actions.workspace else { return String::new() };
    root.strip_prefix(checkout).map(|below| below.display().to_string()).unwrap_or_default()
}

/// The command as people know it.
fn verb(verb: &Verb) -> &'static str {
    match verb {
        Verb::Plan(_) | Verb::Show(_) => "plan",
        Verb::Apply(_) => "apply",
        Verb::Destroy(_) => "destroy",
        Verb::Drift(_) => "drift",
        Verb::Rollback(_) => "rollback",
        Verb::Validate(_) => "validate",
        // They take no forms.
        _ => "",
    }
}

impl Desk<'_> {
    /// Tells forms, where any is wanted.
    pub(super) fn section(&self, section: impl FnOnce() -> Section) {
        if !self.forms.wanted.is_empty() {
            let section = section();
            self.forms.sections().push(section);
        }
    }

    /// Tells forms what came of a plan that they were told.
    pub(super) fn ended(&self, plan: &Plan, outcome: &Outcome) {
        self.revise(plan.environment.as_str(), |section| section.ended(plan, outcome));
    }

    /// Tells forms that one environment of several failed.
    pub(super) fn failed(&self, environment: &str, failure: &Failure) {
        if !self.revise(environment, |section| section.failed(&failure.parts())) {
            self.section(|| Section::of_failure(Some(environment.to_owned()), &failure.parts()));
        }
    }

    /// False: they were told nothing of it.
    fn revise(&self, environment: &str, revise: impl FnOnce(&mut Section)) -> bool {
        let mut sections = self.forms.sections();
        let told = sections.iter_mut().find(|section| section.environment.as_deref() == Some(environment));
        told.map(revise).is_some()
    }
}
