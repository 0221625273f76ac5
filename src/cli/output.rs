//! Flags about how much is told, in which forms, and where it goes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{failure::Failure, render::Detail, terminal::Report};

use super::{Apply, Cli, Destroy, Drift, Plan, Rollback, Show, Validate, Verb, check::has_file, usage};

/// How much is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Length {
    /// One line for each object
    #[arg(long, help_heading = "Output", conflicts_with = "concise")]
    pub compact: bool,
    /// New objects in one line each, no legend, and no remarks that ask nothing of you
    #[arg(long, help_heading = "Output")]
    pub concise: bool,
    /// Texts that come or go in all their length; without it their first lines are shown
    #[arg(long, help_heading = "Output", conflicts_with_all = ["compact", "concise"])]
    pub full: bool,
}

/// In which forms it is told, and where else it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Copies {
    /// Tell it as text, json, markdown, github or junit: one on standard output, others into files as KIND=FILE; repeatable
    #[arg(long, help_heading = "Output", value_name = "KIND[=FILE]", value_parser = form)]
    pub format: Vec<Form>,
    /// Also write what -json prints into this file, which is made anew and for you alone to read: -format json=FILE
    #[arg(long, help_heading = "Output", value_name = "FILE", conflicts_with = "json")]
    pub json_into: Option<PathBuf>,
}

/// A form, and the file that it goes into; standard output without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    pub kind: FormKind,
    pub file: Option<PathBuf>,
}

/// The forms in which commands tell what they found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormKind {
    Text,
    Json,
    Markdown,
    Github,
    Junit,
}

impl FormKind {
    /// As it is typed.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            FormKind::Text => "text",
            FormKind::Json => "json",
            FormKind::Markdown => "markdown",
            FormKind::Github => "github",
            FormKind::Junit => "junit",
        }
    }
}

fn form(text: &str) -> Result<Form, String> {
    let (word, file) = match text.split_once('=') {
        Some((_, "")) => return Err("no file is named behind `=`".to_owned()),
        Some((word, file)) => (word, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let known = FormKind::value_variants();
    let kind = known.iter().copied().find(|kind| kind.word() == word).ok_or_else(|| {
        let known: Vec<&str> = known.iter().map(|kind| kind.word()).collect();
        format!("there is no form `{word}`; it is one of {}", known.join(", "))
    })?;
    Ok(Form { kind, file })
}

impl Length {
    fn detail(&self) -> Detail {
        match self {
            Length { compact: true, concise: _, full: _ } => Detail::Compact,
            Length { compact: false, concise: true, full: _ } => Detail::Concise,
            Length { compact: false, concise: false, full: true } => Detail::Full,
            Length { compact: false, concise: false, full: false } => Detail::Whole,
        }
    }
}

impl Cli {
    /// How much is told.
    #[must_use]
    pub fn detail(&self) -> Detail {
        match &self.verb {
            Verb::Plan(Plan { length, .. }) | Verb::Drift(Drift { length, .. }) | Verb::Show(Show { length, .. }) => {
                length.detail()
            }
            Verb::Apply(Apply { run, .. })
            | Verb::Destroy(Destroy { run, .. })
            | Verb::Rollback(Rollback { run, .. }) => run.length.detail(),
            _ => Detail::Whole,
        }
    }

    /// All forms that are wanted, whichever flag asks for them.
    #[must_use]
    pub fn forms(&self) -> Vec<Form> {
        let Copies { format, json_into } = self.copies();
        let json = |file| Form { kind: FormKind::Json, file };
        let flags = self.global.json.then(|| json(None)).into_iter().chain(json_into.map(|file| json(Some(file))));
        flags.chain(format).collect()
    }

    fn copies(&self) -> Copies {
        match &self.verb {
            Verb::Plan(Plan { copies, .. }) | Verb::Drift(Drift { copies, .. }) | Verb::Show(Show { copies, .. }) => {
                copies.clone()
            }
            Verb::Validate(Validate { copies, .. }) => copies.clone(),
            Verb::Apply(Apply { run, .. })
            | Verb::Destroy(Destroy { run, .. })
            | Verb::Rollback(Rollback { run, .. }) => run.copies.clone(),
            _ => Copies::default(),
        }
    }

    /// What goes to standard output.
    pub(super) fn report(&self) -> Report {
        match self.forms().iter().find(|form| form.file.is_none()).map(|form| form.kind) {
            // Annotations stand behind what people read.
            None | Some(FormKind::Text | FormKind::Github) => Report::Text,
            Some(FormKind::Json) => Report::Json,
            Some(FormKind::Markdown | FormKind::Junit) => Report::Elsewhere,
        }
    }
}

/// Refuses forms that would be mixed up, or that nobody could be asked in.
pub(super) fn check(cli: &Cli) -> Result<(), Failure> {
    let forms = cli.forms();
    let printed: Vec<&str> = forms.iter().filter(|form| form.file.is_none()).map(|form| form.kind.word()).collect();
    if let [one, other, ..] = printed.as_slice() {
        return Err(usage(format!("standard output takes one form, and {one} and {other} are asked for"))
            .hint(format!("write one into a file: -format {one} -format {other}=FILE")));
    }
    for (number, form) in forms.iter().enumerate() {
        for before in &forms[..number] {
            let word = form.kind.word();
            if form.file.is_some() && form.file == before.file {
                return Err(usage(format!("one file cannot hold both {} and {word}", before.kind.word()))
                    .hint("name a file for each"));
            }
            if form.kind == before.kind && matches!(form.kind, FormKind::Json | FormKind::Text) {
                return Err(usage(format!("{word} is asked for twice")).hint("once is enough: copy the file"));
            }
        }
    }
    if matches!(&cli.verb, Verb::Apply(Apply { subjects, .. }) if has_file(subjects)) {
        // A saved plan asks nothing.
        return Ok(());
    }
    let (Verb::Apply(Apply { run, .. }) | Verb::Destroy(Destroy { run, .. }) | Verb::Rollback(Rollback { run, .. })) =
        &cli.verb
    else {
        return Ok(());
    };
    if cli.report() == Report::Text || run.auto_approve {
        return Ok(());
    }
    let flag = if cli.global.json { "-json".to_owned() } else { format!("-format {}", printed.concat()) };
    Err(usage(format!("{flag} asks no questions, so it needs -auto-approve"))
        .hint("look first with `ditc plan`, then add -auto-approve"))
}
