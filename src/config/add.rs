//! What a run adds to an environment: Secrets that are made once, and manifests, each key once.

use serde_json::json;

use super::{
    expand::Run,
    expression::{self, Scope},
    object::{stamp, subdomain},
    secrets::SecretRecipe,
};
use crate::{
    desired::{self, Manifest, Origin},
    diagnostic::{Diagnostic, Span},
    names::ComponentId,
    object::{Object, ObjectKey},
    secret::Recipe,
};

impl Run<'_> {
    /// Adds a Secret that is made once; gives its name.
    pub(super) fn secret(
        &mut self,
        recipe: &SecretRecipe,
        scope: &Scope,
        component: Option<&ComponentId>,
        definition: &Span,
    ) -> Option<String> {
        let name = expression::text(&recipe.name, scope, self.sources, &mut self.diagnostics)?;
        let place = recipe.name.span.clone();
        let invalid = |why: String| {
            let diagnostic = Diagnostic::new("invalid name").at(place.clone(), "not the name of a Secret");
            diagnostic.detail(format!("the name `{name}` {why}"))
        };
        if let Some(why) = subdomain(&name) {
            self.diagnostics.push(invalid(why));
            return None;
        }
        if desired::is_reserved(&name) {
            let why = "is kept for ditc's own records, as are all that begin with `ditc-`";
            self.diagnostics.push(Diagnostic { summary: "reserved name".to_owned(), ..invalid(why.to_owned()) });
            return None;
        }
        let settings = self.rules.settings;
        let keys = recipe
            .keys
            .iter()
            .map(|(name, key)| (name.clone(), key.origin(scope, self.sources, settings, &mut self.diagnostics)));
        let keys = keys.collect();
        let key = ObjectKey::new("", "Secret", Some(self.rules.namespace.as_str()), &name);
        let mut body = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": "Opaque"});
        if let Err(diagnostic) = stamp(&mut body, &key, component, &self.labels, self.rules) {
            self.diagnostics.push(diagnostic.at(place, "declared here"));
            return None;
        }
        self.add(Manifest {
            key,
            component: component.cloned(),
            body: Object(body),
            secret: Some(Recipe { keys, round: 0 }),
            origin: Origin { definition: definition.clone(), template: Some(recipe.name.span.clone()) },
        });
        Some(name)
    }

    /// Adds a manifest, unless another has its key.
    pub(super) fn add(&mut self, manifest: Manifest) {
        let Some(first) = self.manifests.get(&manifest.key) else {
            self.manifests.insert(manifest.key.clone(), manifest);
            return;
        };
        let place =
            |manifest: &Manifest| manifest.origin.template.clone().unwrap_or(manifest.origin.definition.clone());
        let by = |manifest: &Manifest| match &manifest.component {
            Some(component) => format!("`{component}`"),
            None => "the environment".to_owned(),
        };
        let mut diagnostic = Diagnostic::new("object made twice")
            .at(manifest.origin.definition.clone(), format!("{} makes {}", by(&manifest), manifest.key))
            .detail(match manifest.component == first.component {
                true => format!("{} makes {} twice", by(&manifest), manifest.key),
                false => format!("{} and {} both make {}", by(first), by(&manifest), manifest.key),
            })
            .related(place(&manifest), "made here");
        if first.component != manifest.component {
            diagnostic = diagnostic.related(first.origin.definition.clone(), "the other one");
        }
        if place(first) != place(&manifest) {
            diagnostic = diagnostic.related(place(first), "first made here");
        }
        self.diagnostics.push(diagnostic.help(match manifest.component == first.component {
            true => "remove one of them, or give it a name of its own, such as `{{ name ~ \"-2\" }}`",
            false => "put `{{ name }}` into the name of the object, so that it differs",
        }));
    }
}
