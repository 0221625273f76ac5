//! `ditc graph`: an environment's components and what must work before what, as a picture.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    address::Address,
    cli::{self, GraphFormat},
    config,
    desired::Desired,
    failure::{Exit, Failure},
    kinds::Kinds,
    names::ComponentId,
    object::ObjectKey,
    plan::{Action, Plan},
    render::{
        self,
        graph::{Boxed, Drawing},
    },
    state::Operation,
};

use super::{
    choices::Choices,
    desk::Desk,
    link::Link,
    session::{Survey, survey},
};

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::Graph) -> Result<Exit, Failure> {
    let cli::Graph { environment, format, plan, variables } = arguments;
    let mut workspace = desk.workspace_for(Operation::Apply, variables)?;
    if let Err(unknown) = workspace.find(environment) {
        return Err(Failure::in_files(workspace.sources.clone(), vec![unknown]));
    }
    let drawing = if *plan {
        let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
        let only = BTreeSet::from([environment.clone()]);
        link.look_up(desk, &mut workspace, &only, Operation::Apply, variables, None).await?;
        let choices = Choices::default();
        let Survey { basis, plan, .. } =
            survey(desk, &mut link, workspace, environment, Operation::Apply, &choices).await?;
        let desired = basis.desired.expect("an apply has a definition");
        drawing(&desired, Some(&plan))
    } else {
        let expanded = match config::outline(&mut workspace, environment, &Kinds::builtin()) {
            Err(mistakes) if !mistakes.unknown_kinds.is_empty() => {
                // The cluster may know them.
                let link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
                config::outline(&mut workspace, environment, &link.kinds)
            }
            expanded => expanded,
        };
        match expanded {
            Ok(desired) => drawing(&desired, None),
            Err(mistakes) => return Err(Failure::in_files(workspace.sources, mistakes.diagnostics)),
        }
    };
    desk.json(|| render::json::graph(&drawing));
    desk.text(|_| match format {
        GraphFormat::Dot => render::graph::dot(&drawing),
        GraphFormat::Svg => render::graph::svg(&drawing),
    });
    Ok(Exit::Done)
}

fn drawing(desired: &Desired, plan: Option<&Plan>) -> Drawing {
    let environment = &desired.environment;
    let mut objects: BTreeMap<Option<&ComponentId>, BTreeMap<&ObjectKey, Option<Action>>> =
        desired.components.keys().map(|id| (Some(id), BTreeMap::new())).collect();
    objects.entry(None).or_default();
    for (key, manifest) in &desired.manifests {
        objects.entry(manifest.component.as_ref()).or_default().insert(key, None);
    }
    for (key, change) in plan.iter().flat_map(|plan| &plan.changes) {
        objects.entry(change.component.as_ref()).or_default().insert(key, Some(change.action));
    }
    let places: BTreeMap<Option<&ComponentId>, usize> = objects.keys().enumerate().map(|(at, id)| (*id, at)).collect();
    let named = |id: Option<&ComponentId>| match id {
        Some(_) => Address { environment: environment.clone(), component: id.cloned(), object: None }.to_string(),
        None => format!("environment {environment}"),
    };
    let boxes = objects.iter().map(|(id, objects)| Boxed {
        name: named(*id),
        objects: objects.iter().map(|(key, action)| (format!("{} {}", key.kind.kind, key.name), *action)).collect(),
    });
    let mut edges: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (id, component) in &desired.components {
        let here = places[&Some(id)];
        edges.extend(component.needs.iter().filter_map(|need| Some((*places.get(&Some(need))?, here))));
        if component.needs.is_empty() {
            // The namespace, and what bounds the environment, come before all.
            edges.insert((places[&None], here));
        }
    }
    Drawing { title: format!("environment {environment}"), boxes: boxes.collect(), edges }
}
