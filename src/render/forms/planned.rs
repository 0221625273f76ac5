//! Sections of plans, and of what came of them.

use std::collections::BTreeMap;

use crate::{
    apply::{Outcome, StepError},
    object::ObjectKey,
    observed::Readiness,
    plan::{Action, Change, Plan, Preflight, Step, TooMany},
    render::{
        risk::risks,
        text::{self, Context, Sign, Way},
    },
};

use super::{Fate, LINE, Level, PLAIN, Place, Problem, Row, Section, Standing, drifted};

impl Section {
    /// A plan and what would stop it.
    #[must_use]
    pub fn of_plan(plan: &Plan, preflight: &Preflight, context: &Context<'_>) -> Self {
        let blocks = text::blocks(plan, context, PLAIN);
        let mut rows: Vec<(u8, Row)> =
            blocks.into_iter().map(|(key, change, block)| row(plan, key, change, block, context)).collect();
        // Those of one rank stay in the order in which they are made.
        rows.sort_by_key(|(rank, _)| *rank);
        let mut problems = blocked(plan, context);
        let warning = |summary: String| Problem::new(Level::Warning, summary);
        let notes = text::plan_notes(plan, context, LINE).into_iter();
        problems.extend(notes.map(|(summary, details)| Problem { details, ..warning(summary) }));
        problems.extend(plan.unchanged.iter().filter_map(|(key, unchanged)| {
            let (Readiness::Waiting(why) | Readiness::Failed(why)) = &unchanged.readiness else { return None };
            let about = Some(text::object(plan, unchanged.component.as_ref(), key));
            Some(Problem { about, ..warning(format!("unchanged, but not ready: {why}")) })
        }));
        problems.extend(preflight.missing_rights.iter().map(|missing| {
            warning(format!("{}: {}", text::preflight_headline(preflight, plan), text::lack(missing, plan)))
        }));
        problems.extend(preflight.shortfalls.iter().map(|shortfall| warning(text::tight(shortfall, plan))));
        let standing = match plan {
            plan if !plan.is_applyable() => Standing::Broken,
            plan if plan.has_changes() => Standing::Changed,
            _ => Standing::Unchanged,
        };
        let unchanged = plan.unchanged.iter();
        Self {
            environment: Some(plan.environment.to_string()),
            place: Some(format!("namespace {}, cluster {}", plan.namespace, context.cluster)),
            workspace: String::new(),
            headline: text::headline(plan, context),
            standing,
            counts: plan.counts(),
            rows: rows.into_iter().map(|(_, row)| row).collect(),
            drift: plan
                .drift
                .iter()
                .filter(|(_, drift)| drift.is_outside())
                .map(|(key, drift)| drifted(&plan.environment, key, drift))
                .collect(),
            problems,
            is_stray: false,
            good: unchanged.map(|(key, unchanged)| text::object(plan, unchanged.component.as_ref(), key)).collect(),
        }
    }

    /// What came of a plan that was carried out.
    pub fn ended(&mut self, plan: &Plan, outcome: &Outcome) {
        let Outcome { done, failed, skipped, not_started, interrupted, stopped } = outcome;
        self.headline = text::ending(outcome, plan);
        let steps = |steps: &mut dyn Iterator<Item = &Step>, fate: &dyn Fn(&Step) -> Fate| {
            steps.map(|step| (text::step(plan, step), fate(step))).collect::<Vec<_>>()
        };
        let why = |step: &Step| Fate::Failed(failed[step].summary.clone());
        let mut fates = steps(&mut done.iter(), &|_| Fate::Done);
        fates.extend(steps(&mut failed.keys(), &why));
        fates.extend(steps(&mut skipped.keys(), &|_| Fate::Skipped));
        fates.extend(steps(&mut not_started.iter(), &|_| Fate::NotStarted));
        let fates: BTreeMap<String, Fate> = fates.into_iter().collect();
        for row in &mut self.rows {
            row.fate = fates.get(&row.address).cloned();
        }
        for (step, error) in failed {
            let StepError { object: _, summary, causes, log, hint, cause: _ } = error;
            let mut details = causes.clone();
            details.extend(log.iter().flat_map(|log| log.lines.iter().map(|line| format!("| {line}"))));
            details.extend(hint.iter().map(|hint| format!("hint: {hint}")));
            let about = Some(text::subject(plan, step, error));
            self.problems.push(Problem { about, details, ..Problem::new(Level::Error, summary.clone()) });
        }
        if let Some(why) = stopped {
            let verb = plan.operation.verb();
            let why = format!("the {verb} stopped: {}", text::stopped(why, &plan.environment));
            self.problems.push(Problem::new(Level::Error, why));
        } else if *interrupted {
            self.problems.push(Problem::new(Level::Error, "it was interrupted; what was done is recorded"));
        }
        if outcome.is_complete() {
            // What was feared did not come.
            self.problems.clear();
            if plan.partial {
                let text =
                    "only a part of the environment was looked at, as -target and -exclude say; the rest may differ";
                self.problems.push(Problem::new(Level::Warning, text));
            }
        }
        self.standing = match outcome.is_complete() {
            false => Standing::Broken,
            true if plan.has_changes() => Standing::Changed,
            true => Standing::Unchanged,
        };
    }
}

/// What stands in the way of a plan.
fn blocked(plan: &Plan, context: &Context<'_>) -> Vec<Problem> {
    let flags = text::flags(context);
    let explained = |blocked: &crate::plan::Blocked| {
        let (summary, ways) = text::explain(plan, blocked, &flags);
        Problem {
            about: Some(text::object(plan, blocked.component.as_ref(), &blocked.key)),
            details: ways.into_iter().map(Way::line).collect(),
            place: blocked.origin.as_ref().map(|origin| Place::of(&origin.definition, context.sources)),
            ..Problem::new(Level::Error, summary)
        }
    };
    let mut problems: Vec<Problem> = plan.blocked.iter().map(explained).collect();
    if let Some(TooMany { count, limit }) = plan.too_many {
        let summary = format!("It would delete or replace {count} objects, and one apply may do that to {limit}.");
        let command = format!("ditc plan {} -max-destroy={count}{flags}", plan.environment);
        let details = vec![format!("if all of that is meant: {command}")];
        problems.push(Problem { details, ..Problem::new(Level::Error, summary) });
    }
    problems
}

/// One object of a plan, with its rank: the riskiest first, then what cannot be taken back.
fn row(plan: &Plan, key: &ObjectKey, change: &Change, block: String, context: &Context<'_>) -> (u8, Row) {
    let (sign, what) = (Sign::of(change.action).mark(), text::verb(change.action));
    let rank = match change.action {
        Action::Delete => 10,
        Action::Replace => 11,
        Action::Adopt => 12,
        Action::Update | Action::Release => 13,
        Action::Create => 14,
        Action::Forget => 15,
    };
    let risks = risks(plan, key, change);
    let rank = risks.first().map_or(rank, |(risk, _)| *risk as u8);
    let place = change.manifest.as_ref().map(|manifest| Place::of(&manifest.origin.definition, context.sources));
    let address = text::object(plan, change.component.as_ref(), key);
    let risks = risks.into_iter().map(|(_, why)| why).collect();
    (rank, Row { address, sign, what, is_drift: false, risks, block, place, fate: None })
}
