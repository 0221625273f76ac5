//! Sections of what is no plan: what drift was found, what is wrong with files, and failures.

use std::collections::BTreeSet;

use crate::{
    diagnostic::{Diagnostic, Sources},
    names::EnvironmentName,
    plan::{Report, Strict, Unknown, Verdict},
    render::{
        Failed,
        text::{self, Found, Look},
    },
};

use super::{LINE, Level, Place, Problem, Row, Section, Standing, drifted};

impl Section {
    /// What was found in one environment without asking what its file says.
    #[must_use]
    pub fn of_drift(look: &Look<'_>, cluster: &str, flags: &str, strict: Strict) -> Self {
        let environment = look.environment;
        let mut section = Self { environment: Some(environment.to_string()), ..Self::default() };
        match &look.found {
            Found::NeverApplied => section.headline = "It was never applied.".to_owned(),
            Found::Destroyed { at, by } => section.headline = format!("It {}.", text::destroyed(*at, *by)),
            Found::Failed { class: _, message, causes, hints } => {
                section.headline = "It could not be looked at.".to_owned();
                section.standing = Standing::Broken;
                section.problems.push(failed(message, causes, hints));
            }
            Found::Report(report) => section.report(report, cluster, flags, strict),
        }
        section
    }

    fn report(&mut self, report: &Report, cluster: &str, flags: &str, strict: Strict) {
        let environment = &report.environment;
        self.place = Some(format!("namespace {}, cluster {cluster}", report.namespace));
        self.headline = text::drift_headline(report, strict, LINE);
        self.standing = match report.verdict(strict) {
            Verdict::Clean => Standing::Unchanged,
            Verdict::Drift => Standing::Changed,
            Verdict::Unknown => Standing::Broken,
        };
        self.rows = report.drift.iter().map(|(key, drift)| drifted(environment, key, drift)).collect();
        self.rows.extend(report.foreign.iter().map(|(key, managers)| {
            let by = if managers.is_empty() { "somebody".to_owned() } else { managers.join(", ") };
            let address = text::named(environment, None, key);
            let block = format!("+ {address} is not described, made by {by}\n");
            Row {
                block,
                address,
                sign: "+",
                what: "not described",
                is_drift: true,
                risks: Vec::new(),
                place: None,
                fate: None,
            }
        }));
        if strict == Strict::Yes {
            self.rows.extend(report.additions.iter().map(|(key, additions)| {
                let address = text::named(environment, additions.component.as_ref(), key);
                let paths: Vec<String> = additions.fields.iter().map(|field| field.path.to_string()).collect();
                let block = format!("+ {address} has fields that others set: {}\n", paths.join(", "));
                Row {
                    block,
                    address,
                    sign: "+",
                    what: "added to",
                    is_drift: true,
                    risks: Vec::new(),
                    place: None,
                    fate: None,
                }
            }));
        }
        self.problems = report
            .unknown
            .iter()
            .map(|(key, Unknown { component, why })| Problem {
                about: Some(text::named(environment, component.as_ref(), key)),
                ..Problem::new(Level::Error, format!("it differs in a way that cannot be told: {why}"))
            })
            .collect();
        if !report.surroundings.unlisted.is_empty() {
            let kinds: Vec<String> = report.surroundings.unlisted.iter().map(ToString::to_string).collect();
            let text = format!("these credentials may not list what else there is of: {}", kinds.join(", "));
            self.problems.push(Problem::new(Level::Error, text));
        }
        let notes = text::drift_notes(report, flags);
        self.problems.extend(notes.into_iter().map(|note| Problem::new(Level::Warning, note)));
        let compared = report.compared.iter().map(|(key, component)| text::named(environment, component.as_ref(), key));
        self.good = compared.filter(|address| self.is_nowhere(address)).collect();
    }

    /// An environment in the cluster whose file is gone.
    #[must_use]
    pub fn of_stray(environment: &EnvironmentName, namespace: &str, flags: &str) -> Self {
        let problem = Problem {
            about: Some(environment.to_string()),
            details: vec![format!("ditc destroy {environment}{flags}")],
            ..Problem::new(Level::Warning, "nothing describes it any more, and it runs until it is destroyed")
        };
        Self {
            environment: Some(environment.to_string()),
            place: Some(format!("namespace {namespace}")),
            headline: "Its file was removed.".to_owned(),
            standing: Standing::Changed,
            problems: vec![problem],
            is_stray: true,
            ..Self::default()
        }
    }

    /// What is wrong with the files of the workspace, or how many environments and modules are right.
    #[must_use]
    pub fn of_files(mistakes: &[Diagnostic], sources: &Sources, environments: usize, modules: usize) -> Self {
        let headline = match mistakes.len() {
            0 => text::valid(environments, modules, &BTreeSet::new(), LINE).trim_end().to_owned(),
            1 => "1 mistake in the workspace.".to_owned(),
            many => format!("{many} mistakes in the workspace."),
        };
        let problems: Vec<Problem> = mistakes.iter().map(|mistake| mistaken(mistake, sources)).collect();
        // What is built in is not the user's to look at, and says so behind its path.
        let is_good = |path: &String| {
            !path.ends_with(')') && !problems.iter().any(|problem| problem.about.as_ref() == Some(path))
        };
        let good: BTreeSet<String> = sources.paths().map(str::to_owned).filter(is_good).collect();
        let standing = if problems.is_empty() { Standing::Unchanged } else { Standing::Broken };
        Self { headline, standing, problems, good: good.into_iter().collect(), ..Self::default() }
    }

    /// What kept a command from its work.
    #[must_use]
    pub fn of_failure(environment: Option<String>, failure: &Failed<'_>) -> Self {
        let mut section = Self { environment, ..Self::default() };
        section.failed(failure);
        section.headline = sentence(failure.message);
        section
    }

    /// Takes in what kept a command from its end.
    pub fn failed(&mut self, failure: &Failed<'_>) {
        let Failed { class: _, message, causes, hints, diagnostics, sources } = failure;
        self.standing = Standing::Broken;
        match diagnostics {
            [] => self.problems.push(failed(message, causes, hints)),
            mistakes => self.problems.extend(mistakes.iter().map(|mistake| mistaken(mistake, sources))),
        }
    }

    fn is_nowhere(&self, address: &str) -> bool {
        !self.rows.iter().any(|row| row.address == address)
            && !self.problems.iter().any(|problem| problem.about.as_deref() == Some(address))
    }
}

/// A fragment as a sentence.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

fn failed(message: &str, causes: &[String], hints: &[String]) -> Problem {
    let mut details = causes.to_vec();
    details.extend(hints.iter().map(|hint| format!("hint: {hint}")));
    Problem { details, ..Problem::new(Level::Error, message) }
}

fn mistaken(mistake: &Diagnostic, sources: &Sources) -> Problem {
    let Diagnostic { summary, label, related: _, detail, help } = mistake;
    let place = label.as_ref().map(|label| Place::of(&label.span, sources));
    let mut details: Vec<String> = label.iter().map(|label| label.text.clone()).collect();
    details.extend(detail.iter().cloned());
    details.retain(|text| !text.is_empty());
    details.extend(help.iter().map(|help| format!("help: {help}")));
    let about = place.as_ref().map(|place| place.path.clone());
    Problem { about, details, place, ..Problem::new(Level::Error, summary.clone()) }
}
