//! Turns one environment into what it asks for: joins its files, gives each module its inputs, renders the templates and
//! checks what they made.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use serde_json::{Value, json};

use super::{
    Workspace, bounds, containers, duration,
    environment::{Component, Environment, environment, unknown_module},
    expression::{self, Known, Scope},
    follows, images,
    instance::Instance,
    is_same, labels, merge, namespace,
    needs::{Needs, needs},
    object::{Rules, Types, stamp},
    own::{Turn, Wanted},
    reader::stands_behind,
    references, rolling, service,
    settings::invalid_duration,
    value::Tree,
    variables,
};
use crate::{
    desired::{self, Desired, Manifest, Origin},
    diagnostic::{Diagnostic, Sources, Span, Spanned, in_order},
    kinds::Kinds,
    names::{ComponentId, ComponentName, EnvironmentName, OutputName, Tier},
    object::{GroupKind, Object, ObjectKey},
    revision::Revision,
};

/// Why an environment could not be expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes {
    /// All that is wrong; never empty.
    pub diagnostics: Vec<Diagnostic>,
    /// Kinds that templates use and `kinds` does not have. When there are any, newer discovery may know them, so the
    /// caller asks the cluster once more and tries again before it tells the diagnostics.
    pub unknown_kinds: BTreeSet<GroupKind>,
}

/// Expands an environment. The workspace is only changed by texts that its diagnostics point into.
///
/// # Errors
/// All mistakes that concern this environment: first the complaints about the files it uses, which [`super::parse()`] gave
/// too, then those that show only now. Half a file must never become half an environment, so either kind is enough.
pub fn expand(workspace: &mut Workspace, name: &EnvironmentName, kinds: &Kinds) -> Result<Desired, Mistakes> {
    let (desired, open) = expand_by(workspace, name, kinds, Types::Left)?;
    let open: Vec<String> = open.iter().map(ToString::to_string).collect();
    // What is not desired is deleted, and what stands in for a commit would be applied.
    assert!(open.is_empty(), "what these take from their repositories was looked up before: {}", open.join(", "));
    Ok(desired)
}

/// The same as far as it shows before anybody is asked: without the objects of services that come from repositories, and
/// with something in the place of commits that nobody has looked up. Nothing is to be planned with it.
///
/// # Errors
/// As [`expand`].
pub fn outline(workspace: &mut Workspace, name: &EnvironmentName, kinds: &Kinds) -> Result<Desired, Mistakes> {
    expand_by(workspace, name, kinds, Types::Left).map(|(desired, _)| desired)
}

/// The same, with manifests held to the types of their kinds as far as `types` says; and the services of which nobody has
/// asked their repositories.
pub(super) fn expand_by(
    workspace: &mut Workspace,
    name: &EnvironmentName,
    kinds: &Kinds,
    types: Types,
) -> Result<(Desired, BTreeSet<ComponentId>), Mistakes> {
    let mut sources = mem::take(&mut workspace.sources);
    let result = expand_with(workspace, &mut sources, name, kinds, types);
    workspace.sources = sources;
    let mut told: Vec<Diagnostic> = workspace.concerning(name);
    let found = match result {
        Ok(Expanded { desired, remarks, open }) if told.is_empty() => {
            workspace.remarks.insert(name.clone(), remarks);
            return Ok((desired, open));
        }
        Ok(_) => Mistakes { diagnostics: Vec::new(), unknown_kinds: BTreeSet::new() },
        Err(mistakes) => mistakes,
    };
    for diagnostic in found.diagnostics {
        if !told.iter().any(|known| is_same(known, &diagnostic) || stands_behind(&diagnostic, known)) {
            told.push(diagnostic);
        }
    }
    in_order(&mut told);
    Err(Mistakes { diagnostics: told, unknown_kinds: found.unknown_kinds })
}

/// What an environment is expanded to.
struct Expanded {
    desired: Desired,
    remarks: BTreeSet<String>,
    /// What is not known of these is left out, or stood in for.
    open: BTreeSet<ComponentId>,
}

fn expand_with(
    workspace: &Workspace,
    sources: &mut Sources,
    name: &EnvironmentName,
    kinds: &Kinds,
    types: Types,
) -> Result<Expanded, Mistakes> {
    let (run, environment, components) = run_through(workspace, sources, name, kinds, types)?;
    let Run { mut diagnostics, unknown_kinds, mut manifests, owner, remarks, unread, unasked, .. } = run;
    if !unknown_kinds.is_empty() {
        // What the environment defines itself may be used in it too.
        let defined = kinds.with_defined(manifests.values().map(|manifest| &manifest.body));
        if unknown_kinds.iter().any(|kind| defined.get(kind).is_some_and(|new| kinds.get(kind) != Some(new))) {
            return expand_with(workspace, sources, name, &defined, types);
        }
    }
    // What nobody has read yet may make what others use.
    if unread.is_empty() {
        diagnostics.extend(references::check(&manifests, &environment.components));
    }
    diagnostics.extend(manifests.values().flat_map(|manifest| bounds::crowded(&environment.bounds, manifest)));
    if diagnostics.is_empty() {
        diagnostics = manifests.values().flat_map(containers::misnamed).collect();
        // What a mistake elsewhere makes of an image is no mistake of its own.
        if !diagnostics.is_empty() && !workspace.concerning(name).is_empty() {
            diagnostics.clear();
        }
    }
    if !diagnostics.is_empty() {
        return Err(Mistakes { diagnostics, unknown_kinds });
    }
    rolling::annotate(&mut manifests);
    let timeout = environment.timeout.unwrap_or(workspace.settings.timeout);
    let namespace = workspace.namespaces[name].clone();
    let desired = Desired { environment: name.clone(), namespace, owner, components, manifests, timeout };
    let open = unread.into_iter().chain(unasked).collect();
    Ok(Expanded { desired, remarks, open })
}

/// A run, what it was about, and the components that it found.
type Through<'a> = (Run<'a>, Environment, BTreeMap<ComponentId, desired::Component>);

/// Goes through all components of an environment.
pub(super) fn run_through<'a>(
    workspace: &'a Workspace,
    sources: &'a mut Sources,
    name: &'a EnvironmentName,
    kinds: &'a Kinds,
    types: Types,
) -> Result<Through<'a>, Mistakes> {
    let stop = |diagnostic| Mistakes { diagnostics: vec![diagnostic], unknown_kinds: BTreeSet::new() };
    workspace.find(name).map_err(stop)?;
    let (chain, broken) = merge::chain(&workspace.environments, name);
    if let Some(diagnostic) = broken {
        return Err(stop(diagnostic));
    }
    let is_whole = chain.iter().all(|name| workspace.environments[*name].table.is_some());
    let Some(namespace) = workspace.namespaces.get(name).filter(|_| is_whole) else {
        // `parse` told why it has none, and what cannot be read. What would follow from a part of the files misleads.
        return Err(Mistakes { diagnostics: Vec::new(), unknown_kinds: BTreeSet::new() });
    };
    let merged = workspace.merged(&chain);
    let mut diagnostics = Vec::new();
    let mut environment = environment(&merged, false, &workspace.service_inputs(), &mut diagnostics);
    variables::put(&mut environment.variables, &workspace.given, sources, &mut diagnostics);
    let definition = Span::new(workspace.environments[name].source, 0..0);
    let rules = Rules { environment: name, namespace, kinds, settings: &workspace.settings, types };
    let mut run = Run { diagnostics, ..Run::new(workspace, sources, rules) };
    let components = run.environment(&environment, &definition);
    Ok((run, environment, components))
}

/// An expansion under way.
pub(super) struct Run<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) sources: &'a mut Sources,
    pub(super) rules: Rules<'a>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) unknown_kinds: BTreeSet<GroupKind>,
    pub(super) manifests: BTreeMap<ObjectKey, Manifest>,
    /// None for a component whose outputs could not be made.
    outputs: BTreeMap<ComponentName, Option<BTreeMap<OutputName, Value>>>,
    /// What every expression of the environment may use.
    pub(super) scope: Scope,
    owner: Option<String>,
    /// What the environment puts on all its objects.
    pub(super) labels: BTreeMap<String, String>,
    ttl: Option<String>,
    /// What components stand at that follow a repository.
    revisions: BTreeMap<ComponentId, Revision>,
    /// What its services take from their repositories.
    pub(super) wanted: Vec<Wanted>,
    /// The images that are looked for before they are written.
    pub(super) images: BTreeMap<ComponentName, Spanned<String>>,
    /// The services of which nobody has fetched or rendered what they take.
    pub(super) unread: BTreeSet<ComponentId>,
    /// The services of which nobody has looked up what they follow.
    pub(super) unasked: BTreeSet<ComponentId>,
    pub(super) remarks: BTreeSet<String>,
}

impl<'a> Run<'a> {
    pub(super) fn new(workspace: &'a Workspace, sources: &'a mut Sources, rules: Rules<'a>) -> Self {
        Self {
            workspace,
            sources,
            rules,
            diagnostics: Vec::new(),
            unknown_kinds: BTreeSet::new(),
            manifests: BTreeMap::new(),
            outputs: BTreeMap::new(),
            scope: Scope::default(),
            owner: None,
            labels: BTreeMap::new(),
            ttl: None,
            revisions: BTreeMap::new(),
            wanted: Vec::new(),
            images: BTreeMap::new(),
            unread: BTreeSet::new(),
            unasked: BTreeSet::new(),
            remarks: BTreeSet::new(),
        }
    }

    fn environment(
        &mut self,
        environment: &Environment,
        definition: &Span,
    ) -> BTreeMap<ComponentId, desired::Component> {
        self.scope(environment);
        self.labels = labels::values(&environment.labels, &self.scope, self.sources, &mut self.diagnostics);
        self.shared(environment, definition);
        let needs = needs(&environment.components, &mut self.diagnostics);
        let scope = self.scope.clone();
        for recipe in &environment.secrets {
            self.secret(recipe, &scope, None, definition);
        }
        let mut components = BTreeMap::new();
        for name in &needs.order {
            let component = &environment.components[name];
            let outputs = self.component(component, &environment.components, &needs);
            self.outputs.insert(name.clone(), outputs.clone());
            let needs = needs.of[name].clone();
            let outputs = outputs.unwrap_or_default();
            let (id, origin) = (component.id.clone(), component.span.clone());
            let (revision, check_image) = (self.revisions.remove(&id), component.check_image);
            components.insert(id, desired::Component { needs, outputs, check_image, origin, revision });
        }
        components
    }

    /// The Namespace, and what bounds the environment in it.
    fn shared(&mut self, environment: &Environment, definition: &Span) {
        let namespace = self.rules.namespace.as_str();
        let (owner, ttl) = (self.owner.as_deref(), self.ttl.as_deref());
        let body = namespace::namespace(self.rules, owner, ttl, &environment.bounds);
        let mut shared = vec![(ObjectKey::namespace(namespace), body)];
        shared.extend(bounds::objects(&environment.bounds, namespace));
        for (key, mut body) in shared {
            stamp(&mut body, &key, None, &self.labels, self.rules).expect("its labels are ditc's own");
            let origin = Origin { definition: definition.clone(), template: None };
            let manifest = Manifest { key: key.clone(), component: None, body: Object(body), secret: None, origin };
            self.manifests.insert(key, manifest);
        }
    }

    /// Evaluates what all expressions of the environment may use.
    pub(super) fn scope(&mut self, environment: &Environment) {
        let mut names = vec![
            ("name", Known::text(self.rules.environment.as_str())),
            ("namespace", Known::text(self.rules.namespace.as_str())),
        ];
        let about = |names: &[(&'static str, Known)]| Known::names(names.iter().cloned());
        self.scope.names.insert("environment".to_owned(), about(&names));
        let too_early = Known::Barred {
            why: "neither `owner` nor another variable may use a variable, so that their order says nothing".to_owned(),
            help: "write the value out here".to_owned(),
        };
        self.scope.names.insert("variables".to_owned(), too_early);
        if let Some(owner) = &environment.owner {
            self.owner = expression::text(owner, &self.scope, self.sources, &mut self.diagnostics);
            names.extend(self.owner.as_ref().map(|owner| ("owner", Known::text(owner))));
            self.scope.names.insert("environment".to_owned(), about(&names));
        }
        // Variables may use the environment but not each other, so their order says nothing.
        let variables: Vec<(String, Known)> = environment
            .variables
            .iter()
            .map(|entry| {
                let value = expression::evaluate(&entry.value, &self.scope, self.sources, &mut self.diagnostics);
                (entry.key.value.clone(), value.map_or(Known::Broken, |node| Known::Value(node.tree)))
            })
            .collect();
        self.scope.names.insert("variables".to_owned(), Known::names(variables));
        if let Some(ttl) = &environment.ttl {
            self.ttl = expression::text(ttl, &self.scope, self.sources, &mut self.diagnostics);
            if let Some(text) = self.ttl.as_ref().filter(|text| duration::parse(text).is_none()) {
                let given = Spanned { value: text.clone(), span: ttl.span.clone() };
                self.diagnostics.push(invalid_duration(&given));
            }
        }
    }

    /// Renders a component and gives its outputs; none when they could not be made.
    fn component(
        &mut self,
        component: &Component,
        all: &BTreeMap<ComponentName, Component>,
        needs: &Needs,
    ) -> Option<BTreeMap<OutputName, Value>> {
        let name = &component.module.value;
        let Some(module) = self.workspace.modules.get(name) else {
            self.diagnostics.push(unknown_module(&component.module, self.workspace.modules.keys()));
            return None;
        };
        // A module that cannot be read was told by `parse`.
        let module = module.as_ref()?;
        let of = &needs.of[&component.id.name];
        let mut scope = self.scope.clone();
        let environment = self.rules.environment.clone();
        let stand = follows::stand(self, &environment, component)?;
        stand.put(&mut scope, component);
        for tier in [Tier::Dependency, Tier::Service] {
            let names = all
                .values()
                .filter(|other| other.id.tier == tier && other.id != component.id)
                .map(|other| (other.id.name.as_str(), self.known_outputs(&component.id, &other.id, of)));
            scope.names.insert(tier.table().to_owned(), Known::names(names));
        }
        let inputs = expression::evaluate_table(&component.inputs, &scope, self.sources, &mut self.diagnostics)?;
        let image_tag = match &component.follows.image_tag {
            Some(tag) => Some(expression::text(tag, &scope, self.sources, &mut self.diagnostics)?),
            None => None,
        };
        service::check(component, &inputs, &mut self.diagnostics);
        let tag = image_tag.as_deref().or(stand.version.as_deref());
        if let Some(image) = images::checked(component, &inputs, tag) {
            self.images.insert(component.id.name.clone(), image);
        }
        if let Some(revision) = &stand.revision {
            self.revisions.insert(component.id.clone(), revision.clone());
        }
        if let Some(own) = &component.own {
            let (image, image_tag) = (inputs.get("image").map(|entry| &entry.value), image_tag.or(stand.version));
            return self.own(&Turn { component, own, scope: &scope, revision: stand.revision, image_tag, image });
        }
        let related = |tier: Tier| -> Value {
            let needed = of.iter().filter(|id| id.tier == tier);
            let outputs = needed.map(|id| {
                let outputs = self.outputs.get(&id.name).and_then(Option::as_ref).into_iter().flatten();
                (id.name.to_string(), outputs.map(|(name, value)| (name.to_string(), value.clone())).collect())
            });
            Value::Object(outputs.collect())
        };
        let mut context = json!({
            "name": component.id.name.as_str(),
            "environment": {
                "name": self.rules.environment.as_str(),
                "namespace": self.rules.namespace.as_str(),
            },
            "dependencies": related(Tier::Dependency),
            "services": related(Tier::Service),
        });
        // What is not given is not defined, since `none` joined to a text would be the text `none`.
        let image_tag = image_tag.map(|tag| ("image_tag", tag));
        for (name, value) in stand.names().into_iter().chain(image_tag) {
            context[name] = Value::from(value);
        }
        if let Some(owner) = &self.owner {
            context["environment"]["owner"] = Value::from(owner.as_str());
        }
        Instance { component, module, context }.render(&inputs, self)
    }

    /// What a component may know of another.
    fn known_outputs(&self, of: &ComponentId, other: &ComponentId, needs: &BTreeSet<ComponentId>) -> Known {
        if !needs.contains(other) {
            return Known::Barred {
                why: format!("`{of}` does not need `{}`, so it may start before it", other.name),
                help: format!("add `\"{}\"` to its `needs`", other.name),
            };
        }
        let Some(Some(outputs)) = self.outputs.get(&other.name) else { return Known::Broken };
        let span = &Span::new(self.rules_source(), 0..0);
        let known = outputs.iter().map(|(name, value)| {
            let absent = || Known::Barred {
                why: format!("`{other}` has no `{name}`, as it is set up here"),
                help: format!("look at what the module of `{other}` says about its output `{name}`"),
            };
            (name.as_str(), Tree::of_json(value, span).map_or_else(absent, Known::Value))
        });
        Known::names(known)
    }

    fn rules_source(&self) -> crate::diagnostic::SourceId {
        self.workspace.environments[self.rules.environment].source
    }
}
