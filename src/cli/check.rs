//! Flags that make no sense together, each with the reason and the way on.

use crate::failure::Failure;

use super::{
    Apply, Choose, Cli, Destroy, Meant, Plan, Rollback, Run, Several, Subject, Variables, Verb, output, usage,
};

/// Refuses what the grammar of the command line allows and the commands do not.
pub(super) fn check(cli: &Cli) -> Result<(), Failure> {
    if let Some(meant) = cli.verb.meant() {
        of_environments(&cli.verb, &meant)?;
    }
    output::check(cli)?;
    match &cli.verb {
        Verb::Plan(plan) => of_plan(plan),
        Verb::Apply(Apply { subjects, run, variables, choose, several: _ }) if has_file(subjects) => {
            looks(run)?;
            if *choose == Choose::default() && *variables == Variables::default() {
                return Ok(());
            }
            Err(usage("a saved plan is applied as it is: what was decided for it is in the file")
                .hint("give these flags to `ditc plan ENV -out=FILE`, then apply that"))
        }
        Verb::Apply(Apply { run, .. }) | Verb::Destroy(Destroy { run, .. }) | Verb::Rollback(Rollback { run, .. }) => {
            looks(run)
        }
        Verb::Drift(_) | Verb::Show(_) | Verb::State(_) | Verb::Sandbox(_) | Verb::Version => Ok(()),
        Verb::Status(_)
        | Verb::Logs(_)
        | Verb::Exec(_)
        | Verb::Validate(_)
        | Verb::Lock(_)
        | Verb::Fmt(_)
        | Verb::New(_)
        | Verb::Set(_)
        | Verb::Import(_)
        | Verb::Modules(_)
        | Verb::Schema(_) => Ok(()),
        Verb::PortForward(forward) => forward.target().map(drop),
        Verb::Explain(_) | Verb::Graph(_) | Verb::History(_) | Verb::Comment(_) => Ok(()),
        Verb::Doctor(_) | Verb::Completions(_) | Verb::Complete(_) | Verb::Man(_) => Ok(()),
    }
}

/// Whether a saved plan is among what is to be applied.
pub(super) fn has_file(subjects: &[Subject]) -> bool {
    subjects.iter().any(|subject| matches!(subject, Subject::File(_)))
}

/// Holds every command to the same way of saying which environments are meant.
fn of_environments(verb: &Verb, meant: &Meant) -> Result<(), Failure> {
    let Meant { patterns, several: Several { all, changed_since: _ } } = meant;
    let (name, may_be_nothing) = match verb {
        Verb::Plan(_) => ("plan", false),
        Verb::Apply(Apply { subjects, .. }) if has_file(subjects) => {
            if subjects.len() == 1 && meant.is_nothing() {
                return Ok(());
            }
            return Err(usage("a saved plan is applied alone, without other plans or environments")
                .hint("ditc apply FILE, then `ditc apply` with the environments"));
        }
        Verb::Apply(_) => ("apply", false),
        Verb::Lock(_) => ("lock", false),
        Verb::Destroy(_) => ("destroy", false),
        Verb::Drift(_) => ("drift", false),
        // Without a name, all is checked, also the modules that no environment uses.
        _ => ("validate", true),
    };
    if *all && !patterns.is_empty() {
        return Err(usage("--all means every environment, so it goes with no name")
            .hint(format!("ditc {name} --all"))
            .hint(format!("ditc {name} ENV...")));
    }
    if meant.is_nothing() && !may_be_nothing {
        return Err(usage("which environments? Name one or several, or say --all")
            .hint(format!("ditc {name} ENV"))
            .hint(format!("ditc {name} --all")));
    }
    Ok(())
}

/// Nothing is written on the word of the local state alone, nor while another run writes.
fn looks(run: &Run) -> Result<(), Failure> {
    if !run.lock.is_taken {
        let message = "-lock=false is not possible: two runs at once in an environment would undo each other's work";
        return Err(usage(message).hint("wait for the other one with -lock-timeout=5m; a run that died has no lock"));
    }
    if run.refresh {
        return Ok(());
    }
    Err(usage("-refresh=false is for `ditc plan` alone: ditc changes nothing in a cluster that it has not looked at")
        .hint("ditc plan ENV -refresh=false shows what the local state says"))
}

fn of_plan(plan: &Plan) -> Result<(), Failure> {
    if plan.out.is_some() && plan.meant().one().is_none() {
        return Err(usage("-out keeps the plan of one environment, which must be named")
            .hint("ditc plan ENV -out=FILE, once for each, since a saved plan is applied whole or not at all"));
    }
    if plan.refresh {
        return Ok(());
    }
    if plan.out.is_some() {
        return Err(usage("a plan with -refresh=false is never applied, so it is not kept with -out")
            .hint("leave out one of the two"));
    }
    if !plan.choose.adopt.is_empty() || !plan.choose.force_conflicts.is_empty() {
        return Err(usage("-adopt and -force-conflicts are about what others made, which only the cluster can tell")
            .hint("leave out -refresh=false"));
    }
    if plan.choose.refresh_only {
        return Err(
            usage("-refresh-only looks at the cluster, and -refresh=false does not").hint("leave out one of the two")
        );
    }
    Ok(())
}
