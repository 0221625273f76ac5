//! Plans in files: saving one, reading one, and what must still hold when one is applied.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::{
    cli, config,
    failure::{Failure, FailureKind},
    files,
    format::plan_file::{self, Saved, Unusable},
    names::EnvironmentName,
    plan::{self, Basis, Plan},
    render::{self, text::Context},
    settings,
    state::{ClusterId, Operation, Project, Version},
    store::Loaded,
};

use super::{aim::Aim, desk::Desk, link::Link, session::Survey};

const TOOL: &str = env!("CARGO_PKG_VERSION");

/// Refuses, before anything is asked, a place where no plan can be kept: one that holds something else.
pub(super) fn check_place(desk: &Desk<'_>, out: &Path) -> Result<(), Failure> {
    files::may_replace(&path(desk, out), plan_file::MARK).map_err(|error| place_taken(out, error))
}

/// Keeps a plan, and says how to go on with it.
pub(super) fn save(desk: &Desk<'_>, link: &Link, survey: Survey, flags: String, out: &Path) -> Result<(), Failure> {
    let is_applyable = survey.plan.is_applyable();
    let Survey {
        basis,
        sources,
        base,
        timeout,
        context,
        plan: _,
        preflight,
        fence: _,
        warnings: _,
        values: _,
        key: _,
        images: _,
        awaiting,
        as_of: _,
        made: _,
        whose: _,
    } = survey;
    let saved = Saved {
        basis,
        sources,
        preflight,
        cluster: link.id.clone(),
        cluster_name: link.cluster.name().to_owned(),
        context,
        flags,
        base,
        timeout,
        awaiting,
        made: settings::now(),
        definition: desk.definition(),
    };
    let bytes = plan_file::encode(&saved, TOOL).map_err(|error| Failure::from_error(FailureKind::Files, &error))?;
    let path = path(desk, out);
    files::may_replace(&path, plan_file::MARK).map_err(|error| place_taken(out, error))?;
    files::write_atomic(&path, &bytes)?;
    let name = typed(out);
    let flags = desk.global.repeat();
    desk.terminal.status(&if is_applyable {
        format!("\nSaved the plan in {name}. To do exactly this, or nothing:\n  ditc apply {name}{flags}\n")
    } else {
        format!("\nSaved the plan in {name}, for others to look at:\n  ditc show {name}\n")
    });
    Ok(())
}

fn place_taken(out: &Path, error: files::Error) -> Failure {
    let is_taken = matches!(error, files::Error::Taken { .. });
    let failure = Failure::from(error);
    if is_taken {
        failure.hint(format!("{} is no plan of ditc, and stays as it is; choose another name", out.display()))
    } else {
        failure
    }
}

/// Reads a plan.
pub(super) fn load(desk: &Desk<'_>, file: &Path) -> Result<Saved, Failure> {
    let name = typed(file);
    let Some(bytes) = files::read_plain(&path(desk, file), plan_file::LIMIT)? else {
        return Err(Failure::new(FailureKind::Files, format!("there is no file {name}")).hint(
            cli::meant_environment(file).unwrap_or_else(|| format!("ditc plan ENV -out={name} saves a plan there")),
        ));
    };
    let decoded = plan_file::decode(&bytes, TOOL).map(|mut saved| {
        // They are proposed to people, who may not have made the file.
        saved.flags.retain(|c| !c.is_control());
        saved
    });
    decoded.map_err(|error| {
        let failure = Failure::new(FailureKind::Files, format!("{name} cannot be used")).because(&error);
        match error {
            Unusable::NoPlan => failure.hint(
                cli::meant_environment(file).unwrap_or_else(|| "ditc plan ENV -out=NAME.plan saves a plan".to_owned()),
            ),
            Unusable::OtherTool { environment, .. } => {
                failure.hint(format!("plan again: ditc plan {environment} -out={name}"))
            }
            Unusable::Unreadable(_) => failure.hint(format!("plan again: ditc plan ENV -out={name}")),
        }
    })
}

/// What a saved plan does not know of itself, for those who draw it.
pub(super) fn context<'a>(desk: &Desk<'_>, saved: &'a Saved, flags: &'a str) -> Context<'a> {
    Context {
        sources: &saved.sources,
        cluster: &saved.cluster_name,
        check_namespace: &saved.basis.policy.check_namespace,
        flags,
        choices: &saved.basis.choices,
        as_of: None,
        detail: desk.detail,
        made: None,
    }
}

/// What a saved plan is bound to: the cluster, and the record that it was made from.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    /// The file, as it can be typed.
    name: String,
    cluster: ClusterId,
    cluster_name: String,
    /// The flags that led there.
    flags: String,
    base: Option<Version>,
    made: Timestamp,
    /// The project whose files the plan was made from, by the place that it was cloned from.
    project: Option<String>,
    /// The command that makes the same plan again.
    again: String,
}

/// What a saved plan is after, and what it is bound to.
pub(super) fn aim(desk: &Desk<'_>, file: &Path, saved: Saved) -> (Aim, Bound) {
    let Saved {
        basis,
        sources,
        cluster,
        cluster_name,
        context,
        flags,
        base,
        timeout,
        awaiting,
        made,
        preflight: _,
        definition,
    } = saved;
    let Basis { environment, namespace, operation, desired, choices, policy, .. } = basis;
    let name = typed(file);
    let again = format!(
        "ditc plan {environment}{} -out={name}{}",
        match operation {
            Operation::Apply => choices.flags(),
            Operation::Destroy => format!(" -destroy{}", choices.flags()),
        },
        desk.global.repeat()
    );
    let project = definition.and_then(|definition| definition.project);
    let bound = Bound { name, cluster, cluster_name, flags, base, made, project, again };
    let aim = Aim {
        environment,
        operation,
        protected: config::Settings::default().protects(&namespace).map(str::to_owned),
        namespace,
        desired,
        sources,
        choices,
        policy,
        timeout,
        awaiting,
        context,
        bound: Some(bound.clone()),
    };
    (aim, bound)
}

impl Bound {
    /// The project that the plan was made in, which need not be the one that it is applied in.
    pub(super) fn project(&self, here: Project) -> Project {
        match &self.project {
            Some(repository) => Project { repository: Some(repository.clone()), ..here },
            None => here,
        }
    }

    /// Refuses another cluster than the one that the plan is for.
    pub(super) async fn leads_there(&self, link: &mut Link) -> Result<(), Failure> {
        if link.id != self.cluster {
            // What is known of who answers here may be old.
            link.discover().await?;
        }
        self.is_cluster(link)
    }

    fn is_cluster(&self, link: &Link) -> Result<(), Failure> {
        if link.id == self.cluster {
            return Ok(());
        }
        let Self { name, cluster, cluster_name, flags, .. } = self;
        let (here, id) = (link.cluster.name(), &link.id);
        let message = format!("{name} is a plan for cluster {cluster_name} ({cluster}), and this is {here} ({id})");
        Err(Failure::new(FailureKind::StalePlan, message).hint(format!("ditc apply {name}{flags}")))
    }

    /// Refuses a record that is not the one that the plan was made from.
    pub(super) async fn holds(
        &self,
        link: &mut Link,
        environment: &EnvironmentName,
        found: Option<&Version>,
    ) -> Result<(), Failure> {
        if found.is_none() {
            // No record says which cluster this is, so the cluster itself is asked.
            link.discover().await?;
        }
        self.is_cluster(link)?;
        let why = match (&self.base, found) {
            (None, None) => match link.store.load(environment)? {
                Loaded::Destroyed(tombstone) if tombstone.at > self.made => {
                    format!("environment {environment} was made and destroyed since")
                }
                _ => return Ok(()),
            },
            (Some(base), Some(found)) if base == found => return Ok(()),
            (Some(base), Some(found)) if base.lineage == found.lineage => format!(
                "environment {environment} was changed by a run of ditc since: its record was at serial {}, and is at {}",
                base.serial, found.serial
            ),
            (Some(_), Some(_)) => format!("environment {environment} was destroyed and made anew since"),
            (Some(_), None) => format!("environment {environment} has no record any more"),
            (None, Some(found)) => format!(
                "environment {environment} was changed by a run of ditc since: it had no record, which is at serial {} now",
                found.serial
            ),
        };
        Err(self.stale(&[why]))
    }

    /// Refuses the whole plan where the cluster would now make another of it.
    pub(super) fn is_still(&self, planned: &Plan, survey: &Survey) -> Result<(), Failure> {
        let moved = plan::moved(planned, &survey.plan);
        if moved.is_empty() {
            return Ok(());
        }
        Err(self.stale(&render::text::moved(&survey.plan, &moved)))
    }

    pub(super) fn stale(&self, why: &[String]) -> Failure {
        let Self { name, made, again, .. } = self;
        let mut message = format!("{name}, a plan of {made:.0}, no longer fits, so nothing was changed:");
        why.iter().for_each(|line| message.push_str(&format!("\n  {line}")));
        Failure::new(FailureKind::StalePlan, message).hint(format!("plan again: {again}"))
    }
}

fn path(desk: &Desk<'_>, file: &Path) -> PathBuf {
    desk.root().join(file)
}

/// The file as `apply` takes it: with a `/` or a `.` in it.
fn typed(file: &Path) -> String {
    let name = file.display().to_string();
    let name = if name.contains(['/', '.']) { name } else { format!("./{name}") };
    crate::cli::quoted(&name)
}
