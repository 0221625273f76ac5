//! `ditc explain`: one thing of an environment, from the line that asks for it to the live object. It plans, and changes
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    address::{Address, Which, address, component_address},
    cli::{self, Place},
    config::{Provenance, Said},
    diagnostic::{Sources, Span, suggestion},
    failure::{Exit, Failure, FailureKind},
    names::ComponentId,
    object::ObjectKey,
    observed::Live,
    plan::Basis,
    render::{
        self,
        text::{Explained, Input, Related, Unowned, condition, owned, planned, seen, unowned},
    },
    settings,
    state::Operation,
};

use super::{
    choices::Choices,
    desk::Desk,
    link::Link,
    session::{Survey, survey},
};

pub(super) async fn run(desk: &Desk<'_>, arguments: &cli::Explain) -> Result<Exit, Failure> {
    let cli::Explain { place, field, variables } = arguments;
    let environment = &place.environment;
    let mut workspace = desk.sound_workspace(environment, variables)?;
    let provenance = place.component.as_ref().and_then(|component| workspace.provenance(environment, component));
    let mut link = Link::open(desk, &desk.root(), workspace.settings.context.as_deref()).await?;
    let only = BTreeSet::from([environment.clone()]);
    link.look_up(desk, &mut workspace, &only, Operation::Apply, variables, None).await?;
    let choices = Choices::default();
    let survey = survey(desk, &mut link, workspace, environment, Operation::Apply, &choices).await?;
    let meant = meant(place, &survey)?;
    let mut explained = explained(place, &survey, &meant, provenance.as_ref());
    explained.definition = desk.definition();
    if let Some(field) = field {
        explained.fields = fields(field, &survey.basis, &meant)?;
    }
    desk.json(|| render::json::explain(&explained));
    desk.text(|style| render::text::explanation(&explained, style));
    Ok(Exit::Done)
}

/// All objects that a plan knows of, each with its component.
fn all(survey: &Survey) -> BTreeMap<&ObjectKey, Option<&ComponentId>> {
    let Survey { basis, plan, .. } = survey;
    let mut all: BTreeMap<&ObjectKey, Option<&ComponentId>> = BTreeMap::new();
    all.extend(plan.blocked.iter().map(|blocked| (&blocked.key, blocked.component.as_ref())));
    all.extend(plan.unchanged.iter().map(|(key, unchanged)| (key, unchanged.component.as_ref())));
    all.extend(plan.changes.iter().map(|(key, change)| (key, change.component.as_ref())));
    let desired = basis.desired.iter().flat_map(|desired| &desired.manifests);
    all.extend(desired.map(|(key, manifest)| (key, manifest.component.as_ref())));
    all
}

/// The objects that are meant, with their component where it is one.
struct Meant<'a> {
    keys: BTreeMap<&'a ObjectKey, Option<&'a ComponentId>>,
    component: Option<ComponentId>,
}

fn meant<'a>(place: &Place, survey: &'a Survey) -> Result<Meant<'a>, Failure> {
    let all = all(survey);
    let environment = &place.environment;
    let desired = survey.basis.desired.iter().flat_map(|desired| desired.components.keys());
    let ids: BTreeSet<&ComponentId> = all.values().flatten().copied().chain(desired).collect();
    let component = place.component.as_ref().map(|name| ids.iter().find(|id| id.name == *name));
    let is_object = |key: &ObjectKey| {
        place.object.as_ref().is_none_or(|object| {
            object.kind.eq_ignore_ascii_case(&key.kind.kind)
                && object.name == key.name
                && object.group.as_ref().is_none_or(|group| *group == key.kind.group)
        })
    };
    let is_of = |id: Option<&ComponentId>| match &component {
        Some(component) => component.is_some_and(|component| id == Some(*component)),
        // An object without a component is one of the environment's own.
        None => place.object.is_none() || id.is_none(),
    };
    let keys: BTreeMap<_, _> =
        all.iter().filter(|(key, id)| is_object(key) && is_of(**id)).map(|(k, i)| (*k, *i)).collect();
    let unknown = matches!(component, Some(None)) || (place.object.is_some() && keys.is_empty());
    if !unknown {
        return Ok(Meant { keys, component: component.flatten().map(|id| (*id).clone()) });
    }
    let typed = address_of(place, component.flatten().copied());
    let of_component = |id: &ComponentId| component_address(environment, id);
    if let (Some(None), Some(name)) = (component, &place.component) {
        let names = ids.iter().map(|id| id.name.as_str());
        if let Some(id) =
            suggestion(name.as_str(), names).and_then(|near| ids.iter().find(|id| id.name.as_str() == near))
        {
            let failure =
                Failure::new(FailureKind::Usage, format!("environment {environment} has no component `{name}`"));
            return Err(failure.hint(format!("did you mean `{}`?", of_component(id))));
        }
    }
    let mut known: Vec<Address> = ids.iter().map(|id| of_component(id)).collect();
    known.extend(all.iter().map(|(key, id)| address(environment, *id, key)));
    let meant = typed.parse::<Which>().ok().and_then(|which| which.meant(&known));
    let failure = Failure::new(FailureKind::Usage, format!("environment {environment} has nothing at `{typed}`"));
    Err(match meant {
        Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
        None => failure.hint(format!(
            "it has {}",
            ids.iter().map(|id| format!("`{}`", of_component(id))).collect::<Vec<_>>().join(", ")
        )),
    })
}

fn address_of(place: &Place, component: Option<&ComponentId>) -> String {
    let Place { environment, component: named, object } = place;
    match (component, named) {
        (None, Some(name)) => format!("{environment}/{name}"),
        (component, _) => {
            Address { environment: environment.clone(), component: component.cloned(), object: object.clone() }
                .to_string()
        }
    }
}

fn explained(place: &Place, survey: &Survey, meant: &Meant<'_>, provenance: Option<&Provenance>) -> Explained {
    let Survey { sources, basis, plan, .. } = survey;
    let Meant { keys, component } = meant;
    let now = settings::now();
    let see = |key: &ObjectKey, id: Option<&ComponentId>| {
        seen(&basis.environment, id, key, basis.observed.objects.get(key), basis.readiness.get(key), now)
    };
    let mut objects: Vec<_> = keys.iter().map(|(key, id)| see(key, *id)).collect();
    let is_whole = component.is_none() && place.object.is_none();
    if is_whole {
        // Of a whole environment, what does not work is enough to read.
        objects.retain(|object| object.condition != "ready");
    }
    let manifest = match (&place.object, keys.first_key_value()) {
        (Some(_), Some((key, _))) => basis.desired.as_ref().and_then(|desired| desired.manifests.get(*key)),
        _ => None,
    };
    let origin = manifest.map(|manifest| &manifest.origin);
    let defined = match (origin, provenance) {
        (Some(origin), _) if component.is_some() => Some(at(sources, &origin.definition)),
        (_, Some(provenance)) => Some(at(sources, &provenance.definition)),
        _ => Some(format!("environments/{}.toml", basis.environment)),
    };
    let inputs = |said: &[Said]| said.iter().map(|said| input(said, sources)).collect::<Vec<_>>();
    let (needs, needed_by) = related(basis, component.as_ref());
    Explained {
        address: address_of(place, component.as_ref()),
        sort: sort(place, keys, component.as_ref()),
        defined,
        template: origin.and_then(|origin| origin.template.as_ref()).map(|span| at(sources, span)),
        module: provenance.filter(|provenance| provenance.own.is_none()).map(
            |Provenance { module, is_built_in, .. }| {
                if *is_built_in { format!("{module} (built in)") } else { format!("{module} (modules/{module}/)") }
            },
        ),
        own: provenance.and_then(|provenance| provenance.own.clone()),
        revision: component.as_ref().and_then(|id| basis.desired.as_ref()?.components.get(id)?.revision.clone()),
        follows: provenance.map_or_else(Vec::new, |provenance| inputs(&provenance.follows)),
        inputs: provenance.map_or_else(Vec::new, |provenance| inputs(&provenance.inputs)),
        variables: provenance.map_or_else(Vec::new, |provenance| inputs(&provenance.variables)),
        changes: planned(plan, |key| keys.contains_key(key)),
        objects,
        needs,
        needed_by,
        ..Explained::default()
    }
}

fn sort(place: &Place, keys: &BTreeMap<&ObjectKey, Option<&ComponentId>>, component: Option<&ComponentId>) -> String {
    use crate::names::Tier;
    match (&place.object, keys.first_key_value(), component) {
        (Some(_), Some((key, _)), _) => key.kind.to_string(),
        (_, _, Some(ComponentId { tier: Tier::Dependency, .. })) => "dependency".to_owned(),
        (_, _, Some(ComponentId { tier: Tier::Service, .. })) => "service".to_owned(),
        _ => "environment".to_owned(),
    }
}

fn input(Said { name, value, place, is_default }: &Said, sources: &Sources) -> Input {
    Input { name: name.clone(), value: value.clone(), place: at(sources, place), is_default: *is_default }
}

/// `file:line:column`
fn at(sources: &Sources, span: &Span) -> String {
    let (_, column) = sources.position(span);
    format!("{}:{column}", sources.locate(span))
}

/// What a component waits for, and what waits for it, each with how it is.
fn related(basis: &Basis, component: Option<&ComponentId>) -> (Vec<Related>, Vec<Related>) {
    let (Some(component), Some(desired)) = (component, &basis.desired) else { return (Vec::new(), Vec::new()) };
    let of = |id: &ComponentId| {
        let keys = desired.manifests.iter().filter(|(_, manifest)| manifest.component.as_ref() == Some(id));
        let conditions: Vec<&str> =
            keys.map(|(key, _)| condition(basis.observed.objects.get(key), basis.readiness.get(key))).collect();
        let worst = ["failed", "absent", "waiting"].into_iter().find(|word| conditions.contains(word));
        let address = component_address(&basis.environment, id);
        Related { address: address.to_string(), condition: worst.unwrap_or("ready") }
    };
    let needs = desired.components.get(component).map(|known| known.needs.iter().map(of).collect());
    let needing = desired.components.iter().filter(|(_, other)| other.needs.contains(component));
    (needs.unwrap_or_default(), needing.map(|(id, _)| of(id)).collect())
}

/// Who owns a field of the one object that is meant.
fn fields(field: &str, basis: &Basis, meant: &Meant<'_>) -> Result<Vec<crate::render::text::Owned>, Failure> {
    let refuse = |message: String| Failure::new(FailureKind::Usage, message);
    let mut keys = meant.keys.keys();
    let (Some(key), None) = (keys.next(), keys.next()) else {
        return Err(refuse("a field is one of an object, and several are meant".to_owned())
            .hint("name the object: ENV.services.NAME/Kind/name .spec.replicas"));
    };
    let Some(object) = basis.observed.objects.get(*key).and_then(Live::object) else {
        return Err(refuse(format!("{key} is not in the cluster, so nobody owns a field of it")));
    };
    let fields = owned(key, object, field);
    if fields.is_empty() {
        let all = "`.` shows all fields that somebody owns";
        return Err(match unowned(object, field) {
            Unowned::There => refuse(format!("nobody owns a field at `{field}` of {key}"))
                .hint(format!("it is there, and nobody set it: a default or the state of the server; {all}")),
            Unowned::Near(meant) => {
                refuse(format!("{key} has no field `{field}`")).hint(format!("did you mean `{meant}`?"))
            }
            Unowned::Nothing => refuse(format!("{key} has no field `{field}`")).hint(all),
        });
    }
    Ok(fields)
}
