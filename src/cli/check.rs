//! Flags that make no sense together, each with the reason and the way on.

use crate::failure::Failure;

use super::{Apply, Choose, Cli, Destroy, Drift, Plan, Run, Subject, Variables, Verb, usage};

/// Refuses what the grammar of the command line allows and the commands do not.
pub(super) fn check(cli: &Cli) -> Result<(), Failure> {
    match &cli.verb {
        Verb::Plan(plan) => of_plan(plan),
        Verb::Apply(Apply { subject: Subject::File(_), run, variables, choose }) => {
            looks(run)?;
            if *choose == Choose::default() && *variables == Variables::default() {
                return Ok(());
            }
            Err(usage("a saved plan is applied as it is: what was decided for it is in the file")
                .hint("give these flags to `ditc plan ENV -out=FILE`, then apply that"))
        }
        Verb::Apply(Apply { run, .. }) | Verb::Destroy(Destroy { run, .. }) => {
            looks(run)?;
            if cli.global.json && !run.auto_approve {
                return Err(usage("-json asks no questions, so it needs -auto-approve")
                    .hint("look first with `ditc plan`, then add -auto-approve"));
            }
            Ok(())
        }
        Verb::Drift(Drift { environments, all: false, .. }) if environments.is_empty() => {
            let failure = usage("which environments? Name one or several, or say --all");
            Err(failure.hint("ditc drift ENV").hint("ditc drift --all"))
        }
        Verb::Drift(_) | Verb::Show(_) | Verb::State(_) | Verb::Sandbox(_) | Verb::Version => Ok(()),
        Verb::Status(_) | Verb::Validate(_) | Verb::Fmt(_) | Verb::New(_) | Verb::Modules(_) | Verb::Schema(_) => {
            Ok(())
        }
    }
}

/// Nothing is written on the word of the local state alone.
fn looks(run: &Run) -> Result<(), Failure> {
    if run.refresh {
        return Ok(());
    }
    Err(usage("-refresh=false is for `ditc plan` alone: ditc changes nothing in a cluster that it has not looked at")
        .hint("ditc plan ENV -refresh=false shows what the local state says"))
}

fn of_plan(plan: &Plan) -> Result<(), Failure> {
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
