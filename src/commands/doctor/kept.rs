//! What is kept here: whether it can be written, who is writing, and which runs never came to their end.

use std::collections::BTreeSet;

use crate::{
    failure::Failure,
    files::{self, Reach},
    names::EnvironmentName,
    render::text::Finding,
    state::ClusterId,
    store::{Holder, Past, Soundness, Store},
};

use super::{super::desk::Desk, failed};

const SUBJECT: &str = "state";

pub(super) fn look(
    desk: &Desk<'_>,
    cluster: Option<&ClusterId>,
    environments: &BTreeSet<EnvironmentName>,
    findings: &mut Vec<Finding>,
) {
    let directory = desk.root().join("state");
    let shown = directory.display();
    const IMPACT: &str = "Nothing can be planned or applied: what a run is about to do is written down first.";
    match files::reach(&directory) {
        Reach::Writable => {}
        Reach::Missing => {
            findings.push(Finding::good(SUBJECT, "state/ is not there yet; the first command makes it"));
            return;
        }
        Reach::ReadOnly => {
            let finding = Finding::bad(SUBJECT, format!("{shown} cannot be written by this user"), IMPACT);
            findings.push(finding.mend(format!("chmod u+rwx {shown}, or chown it to this user")));
            return;
        }
        Reach::Unreachable => {
            let finding =
                Finding::bad(SUBJECT, format!("{shown} is not there and cannot be made by this user"), IMPACT);
            findings.push(finding.mend(format!("make {} writable for this user", desk.root().display())));
            return;
        }
        Reach::NoDirectory => {
            let finding = Finding::bad(SUBJECT, format!("{shown} is no directory of its own"), IMPACT);
            findings.push(finding.mend("remove it; ditc keeps its state only in real files and directories"));
            return;
        }
    }
    let Some(cluster) = cluster else {
        findings.push(Finding::good(SUBJECT, "state/ can be written"));
        return;
    };
    if let Err(failure) = of_cluster(desk, cluster, environments, findings) {
        findings.push(failed(SUBJECT, &failure, "What is kept here of this cluster cannot be read."));
    }
}

fn of_cluster(
    desk: &Desk<'_>,
    cluster: &ClusterId,
    environments: &BTreeSet<EnvironmentName>,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    let Some(store) = Store::open_existing(&desk.root().join("state"), cluster)? else {
        findings.push(Finding::good(SUBJECT, "state/ can be written; nothing is kept of this cluster yet"));
        return Ok(());
    };
    findings.push(match store.soundness()? {
        Soundness::Missing | Soundness::Sound => Finding::good(SUBJECT, "state/ can be written and is sound"),
        Soundness::Open => {
            Finding::good(SUBJECT, "state/ can be written; its index is open, or a run died that had it open")
        }
        Soundness::Damaged(reason) => {
            let impact = "Nothing is lost but the history: the next command builds it again from the records.";
            Finding::note(SUBJECT, format!("the index in state/ is damaged: {reason}"), impact)
        }
    });
    let mut all: BTreeSet<EnvironmentName> = environments.clone();
    all.extend(store.traces()?);
    for environment in &all {
        of_environment(desk, &store, environment, findings)?;
    }
    Ok(())
}

fn of_environment(
    desk: &Desk<'_>,
    store: &Store,
    environment: &EnvironmentName,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    if let Some(holder) = store.holder(environment)? {
        let who = match holder {
            Some(Holder { who, since, doing }) => format!("{who} since {since:.0} ({doing})"),
            None => "another run on this host".to_owned(),
        };
        let text = format!("environment {environment} is locked by {who}");
        let finding = Finding::note(SUBJECT, text, "Another apply in it waits, or is refused.");
        findings.push(finding.mend("wait for it with -lock-timeout=5m"));
        return Ok(());
    }
    let again = format!("ditc apply {environment}{} finishes it", desk.global.repeat());
    match store.past(environment)? {
        Past::Nothing | Past::Ended { .. } => {}
        Past::Unfinished(unfinished) => {
            let (done, all) = (unfinished.done.len(), unfinished.planned.len());
            let who = &unfinished.run.who;
            let text = format!("environment {environment}: a run by {who} stopped after {done} of {all} objects");
            findings.push(Finding::note(SUBJECT, text, "It is half done.").mend(again));
        }
        Past::Damaged(reason) => {
            let text = format!("environment {environment}: the journal is damaged ({reason})");
            let impact = "What the last run was about to do is not known from here; the cluster knows.";
            findings.push(Finding::note(SUBJECT, text, impact).mend(again));
        }
    }
    Ok(())
}
