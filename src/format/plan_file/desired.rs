//! What an environment asked for, as a saved plan keeps it, with the places in the files that asked for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    DurationV1, WHAT,
    basis::by_key,
    damaged,
    seen::{object, read_object},
};
use crate::{
    desired::{Component, Desired, Manifest, Origin},
    diagnostic::{SourceId, Span},
    format::{
        Unreadable,
        entries::{KeyV1, hash, is_first},
        head::parse,
        revision::RevisionV1,
    },
    names::{ComponentId, OutputName},
    object::ObjectKey,
    secret::{self, Generator, Given, Recipe, Source},
};

/// The texts that places point into, numbered anew: only these are kept.
pub(super) struct Places(BTreeSet<SourceId>);

impl Places {
    pub(super) fn of(desired: Option<&Desired>) -> Self {
        let components = desired.into_iter().flat_map(|desired| desired.components.values());
        let manifests = desired.into_iter().flat_map(|desired| desired.manifests.values());
        let origins = manifests.clone().map(|manifest| &manifest.origin);
        let origins = origins.flat_map(|origin| [Some(&origin.definition), origin.template.as_ref()]);
        let recipes = manifests.filter_map(|manifest| manifest.secret.as_ref());
        let given = recipes.flat_map(|recipe| recipe.given().map(|(_, given)| &given.span));
        let spans = components.map(|component| &component.origin).chain(origins.flatten()).chain(given);
        Self(spans.map(|span| span.source).collect())
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = SourceId> {
        self.0.iter().copied()
    }

    fn span(&self, span: &Span) -> SpanV1 {
        let source = self.0.iter().position(|id| *id == span.source).expect("all places were gathered");
        SpanV1 { source, start: span.range.start, end: span.range.end }
    }
}

#[derive(Serialize, Deserialize)]
struct SpanV1 {
    source: usize,
    start: usize,
    end: usize,
}

impl SpanV1 {
    fn read(&self, sources: &[SourceId]) -> Result<Span, Unreadable> {
        let SpanV1 { source, start, end } = *self;
        let id = *sources.get(source).ok_or_else(|| damaged(format!("there is no text {source}")))?;
        Ok(Span::new(id, start..end))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct DesiredV1 {
    environment: String,
    namespace: String,
    owner: Option<String>,
    components: BTreeMap<String, ComponentV1>,
    manifests: Vec<(KeyV1, ManifestV1)>,
    timeout: DurationV1,
}

#[derive(Serialize, Deserialize)]
struct ComponentV1 {
    needs: BTreeSet<String>,
    outputs: BTreeMap<String, Value>,
    #[serde(default)]
    check_image: bool,
    origin: SpanV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<RevisionV1>,
}

#[derive(Serialize, Deserialize)]
struct ManifestV1 {
    component: Option<String>,
    body: Value,
    secret: Option<RecipeV1>,
    definition: SpanV1,
    template: Option<SpanV1>,
}

/// How the values of a Secret come about, by key; no value is here.
#[derive(Serialize, Deserialize)]
struct RecipeV1 {
    generate: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    given: BTreeMap<String, GivenV1>,
    /// How often its generated values were made anew.
    #[serde(default, skip_serializing_if = "is_first")]
    round: u32,
}

#[derive(Serialize, Deserialize)]
struct GivenV1 {
    source: SourceOfValueV1,
    place: SpanV1,
    /// Keyed, with a key that is in the cluster alone.
    digest: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum SourceOfValueV1 {
    Env(String),
    File(String),
}

impl RecipeV1 {
    fn new(recipe: &Recipe, places: &Places) -> Self {
        let given = |given: &Given| {
            let Given { source, span, digest } = given;
            GivenV1 {
                source: match source {
                    Source::Env(name) => SourceOfValueV1::Env(name.clone()),
                    Source::File(path) => SourceOfValueV1::File(path.clone()),
                },
                place: places.span(span),
                digest: digest.as_ref().map(ToString::to_string),
            }
        };
        Self {
            generate: recipe.generated().map(|(key, generator)| (key.clone(), generator.text())).collect(),
            given: recipe.given().map(|(key, of)| (key.clone(), given(of))).collect(),
            round: recipe.round,
        }
    }

    fn read(self, sources: &[SourceId]) -> Result<Recipe, Unreadable> {
        let Self { generate, given, round } = self;
        let mut keys = BTreeMap::new();
        for (key, words) in generate {
            let generator = Generator::read(&words);
            let generator = generator.ok_or_else(|| damaged(format!("nothing is generated as {words:?}")))?;
            keys.insert(key, secret::Origin::Generated(generator));
        }
        for (key, GivenV1 { source, place, digest }) in given {
            let source = match source {
                SourceOfValueV1::Env(name) => Source::Env(name),
                SourceOfValueV1::File(path) => Source::File(path),
            };
            let digest = digest.map(|text| hash(&text)).transpose()?;
            keys.insert(key, secret::Origin::Given(Given { source, span: place.read(sources)?, digest }));
        }
        Ok(Recipe { keys, round })
    }
}

impl DesiredV1 {
    pub(super) fn new(desired: &Desired, places: &Places) -> Self {
        let Desired { environment, namespace, owner, components, manifests, timeout } = desired;
        let component = |(id, component): (&ComponentId, &Component)| {
            let Component { needs, outputs, check_image, origin, revision } = component;
            let component = ComponentV1 {
                needs: needs.iter().map(ToString::to_string).collect(),
                outputs: outputs.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
                check_image: *check_image,
                origin: places.span(origin),
                revision: revision.as_ref().map(RevisionV1::from),
            };
            (id.to_string(), component)
        };
        Self {
            environment: environment.to_string(),
            namespace: namespace.to_string(),
            owner: owner.clone(),
            components: components.iter().map(component).collect(),
            manifests: manifests
                .iter()
                .map(|(key, manifest)| (key.into(), ManifestV1::new(manifest, places)))
                .collect(),
            timeout: timeout.into(),
        }
    }

    pub(super) fn read(self, sources: &[SourceId]) -> Result<Desired, Unreadable> {
        let DesiredV1 { environment, namespace, owner, components, manifests, timeout } = self;
        let component = |(id, component): (String, ComponentV1)| {
            let ComponentV1 { needs, outputs, check_image, origin, revision } = component;
            let needs = needs.iter().map(|id| parse(WHAT, id)).collect::<Result<_, _>>()?;
            let output = |(name, value): (String, Value)| Ok((parse::<OutputName>(WHAT, &name)?, value));
            let outputs = outputs.into_iter().map(output).collect::<Result<_, Unreadable>>()?;
            let revision = revision.map(|revision| revision.read(WHAT)).transpose()?;
            let origin = origin.read(sources)?;
            Ok((parse::<ComponentId>(WHAT, &id)?, Component { needs, outputs, check_image, origin, revision }))
        };
        let manifests: BTreeMap<ObjectKey, ManifestV1> = by_key(manifests)?;
        let manifest = |(key, manifest): (ObjectKey, ManifestV1)| Ok((key.clone(), manifest.read(key, sources)?));
        Ok(Desired {
            environment: parse(WHAT, &environment)?,
            namespace: parse(WHAT, &namespace)?,
            owner,
            components: components.into_iter().map(component).collect::<Result<_, Unreadable>>()?,
            manifests: manifests.into_iter().map(manifest).collect::<Result<_, Unreadable>>()?,
            timeout: timeout.read(),
        })
    }
}

impl From<&Duration> for DurationV1 {
    fn from(duration: &Duration) -> Self {
        Self { seconds: duration.as_secs(), nanos: duration.subsec_nanos() }
    }
}

impl DurationV1 {
    pub(super) fn read(&self) -> Duration {
        Duration::new(self.seconds, self.nanos % 1_000_000_000)
    }
}

impl ManifestV1 {
    fn new(manifest: &Manifest, places: &Places) -> Self {
        let Manifest { key: _, component, body, secret, origin: Origin { definition, template } } = manifest;
        Self {
            component: component.as_ref().map(ToString::to_string),
            body: object(body),
            secret: secret.as_ref().map(|recipe| RecipeV1::new(recipe, places)),
            definition: places.span(definition),
            template: template.as_ref().map(|span| places.span(span)),
        }
    }

    fn read(self, key: ObjectKey, sources: &[SourceId]) -> Result<Manifest, Unreadable> {
        let ManifestV1 { component, body, secret, definition, template } = self;
        let template = template.map(|span| span.read(sources)).transpose()?;
        Ok(Manifest {
            key,
            component: component.map(|id| parse(WHAT, &id)).transpose()?,
            body: read_object(body),
            secret: secret.map(|recipe| recipe.read(sources)).transpose()?,
            origin: Origin { definition: definition.read(sources)?, template },
        })
    }
}
