//! `ditc status`: how environments are, from the record and the live objects. It writes nothing and takes no lock.

use crate::{
    cli,
    cluster::Wanted,
    config,
    failure::{Exit, Failure, FailureKind},
    names::EnvironmentName,
    observed::Live,
    plan::{self, Circumstances, Condition, Status},
    render::{
        self,
        text::{Standing, Standings},
    },
    settings,
};

use super::{
    desk::Desk,
    link::Link,
    living::living,
    recorded::{Ground, all, ground, unknown},
    rights,
    session::judge,
};

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::Status) -> Result<Exit, Failure> {
    let workspace = desk.workspace()?;
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    match &arguments.environment {
        Some(environment) => {
            let status = look(desk, &mut link, &workspace, environment).await?;
            if status.is_none() && workspace.find(environment).is_err() {
                return Err(unknown(&link, &workspace, environment).await?);
            }
            Ok(tell(desk, &link, &[(environment.clone(), Ok(status))]))
        }
        None => {
            let mut looked = Vec::new();
            for environment in all(&link, &workspace).await.map_err(in_all)? {
                let status = look(desk, &mut link, &workspace, &environment).await;
                looked.push((environment, status));
            }
            Ok(tell(desk, &link, &looked))
        }
    }
}

/// Whoever may not list namespaces may still look at one environment.
fn in_all(failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::Auth => failure.hint("one environment alone needs no right to list namespaces: ditc status ENV"),
        _ => failure,
    }
}

type Looked = (EnvironmentName, Result<Option<Status>, Failure>);

fn tell(desk: &Desk<'_>, link: &Link, looked: &[Looked]) -> Exit {
    let standing = |(environment, status): &'_ Looked| match status {
        Ok(Some(status)) => Standing::Is(Box::new(status.clone())),
        Ok(None) => Standing::NeverApplied(environment.clone()),
        Err(Failure { kind, message, causes, hints, diagnostics: _ }) => Standing::Unknown {
            environment: environment.clone(),
            class: kind.class(),
            message: message.clone(),
            causes: causes.clone(),
            hints: hints.clone(),
        },
    };
    let all: Vec<Standing> = looked.iter().map(standing).collect();
    let flags = desk.global.repeat();
    let standings = Standings { all: &all, cluster: link.cluster.name(), flags: &flags, now: settings::now() };
    desk.json(|| render::json::status(&standings));
    desk.text(|style| match looked {
        [(_, Ok(_))] => render::text::status(&standings, style),
        _ => render::text::status_table(&standings, style),
    });
    let exits = looked.iter().map(|(_, status)| match status {
        Err(_) => Exit::Error,
        Ok(Some(status)) if status.condition() == Condition::Ready => Exit::Done,
        Ok(Some(_)) => Exit::Changes,
        // A file alone is no environment that should work; one that was asked for by name is.
        Ok(None) if looked.len() > 1 => Exit::Done,
        Ok(None) => Exit::Changes,
    });
    exits
        .max_by_key(|exit| [Exit::Done, Exit::Changes, Exit::Error].iter().position(|other| other == exit))
        .unwrap_or(Exit::Done)
}

/// Looks at one environment; none where nothing of it is in the cluster.
async fn look(
    desk: &Desk<'_>,
    link: &mut Link,
    workspace: &config::Workspace,
    environment: &EnvironmentName,
) -> Result<Option<Status>, Failure> {
    let Some(Ground { state, fence }) = ground(desk, link, workspace, environment).await? else { return Ok(None) };
    link.know(state.entries.keys()).await?;
    let keys = state.entries.iter().map(|(key, entry)| (key.clone(), entry.api_version.clone())).collect();
    let wanted = Wanted { environment, namespace: &state.namespace, keys };
    let observed = rights::observe(link, &wanted).await?;
    let is_gone = observed.objects.values().all(|live| *live == Live::Absent);
    if is_gone && fence.is_none() {
        // What is known here is of an environment that somebody deleted outside ditc.
        return Ok(None);
    }
    let slices = match state.entries.keys().any(|key| key.kind.is("", "Service")) {
        true => link.cluster.endpoint_slices(environment, &state.namespace, &link.kinds).await?,
        false => Vec::new(),
    };
    let lives = living(desk, link, &state).await?.is_some();
    let recorded = fence.as_ref().and_then(|fence| fence.written);
    let circumstances = Circumstances { has_record: fence.is_some(), recorded, lives };
    let readiness = judge(link, &state.namespace, &observed, Some(&slices)).await;
    Ok(Some(plan::status(&state, &observed, &readiness, &circumstances)))
}
