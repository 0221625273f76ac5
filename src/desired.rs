//! What an environment asks for: its components and manifests, rendered and checked. It knows nothing of what exists.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::Value;

use crate::{
    diagnostic::Span,
    names::{ComponentId, EnvironmentName, Namespace, OutputName},
    object::{GroupKind, Hash, Object, ObjectKey},
    ownership::Paths,
    revision::Revision,
    secret::Recipe,
};

/// Says that ditc looks after an object, in the field's common vocabulary.
pub const LABEL_MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The value of [`LABEL_MANAGED_BY`].
pub const MANAGED_BY: &str = "ditc";
/// Names the environment that an object belongs to; every LIST of ditc selects by it.
pub const LABEL_ENVIRONMENT: &str = "ditc.dev/environment";
/// Names the component that an object belongs to.
pub const LABEL_COMPONENT: &str = "ditc.dev/component";

/// Names who to ask about an environment; on its Namespace.
pub const ANNOTATION_OWNER: &str = "ditc.dev/owner";
/// Says how long an environment is meant to live; on its Namespace.
pub const ANNOTATION_TTL: &str = "ditc.dev/ttl";

/// The label selector of an environment's objects.
#[must_use]
pub fn selector(environment: &EnvironmentName) -> String {
    format!("{LABEL_ENVIRONMENT}={environment}")
}

/// Whether objects of a kind are made by one POST and kept, since applying them would read or adopt what is not ours:
/// Secrets (their values stay in the cluster) and the Namespace (to apply one that exists would take it over).
#[must_use]
pub fn is_made_once(kind: &GroupKind) -> bool {
    kind.is("", "Secret") || kind.is("", "Namespace")
}

/// Whether a name is kept for ditc's own objects in an environment's namespace: record, parts, lease, key.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    name == "ditc" || name.starts_with("ditc-")
}

/// An environment as its files ask for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    pub environment: EnvironmentName,
    pub namespace: Namespace,
    pub owner: Option<String>,
    pub components: BTreeMap<ComponentId, Component>,
    /// The Namespace and what bounds the environment are among them, without a component.
    pub manifests: BTreeMap<ObjectKey, Manifest>,
    /// How long one component may take to become ready.
    pub timeout: Duration,
}

/// A dependency or service, apart from its manifests.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// What must be ready before the first object of this component is written.
    pub needs: BTreeSet<ComponentId>,
    /// What the module promises to those who use it.
    pub outputs: BTreeMap<OutputName, Value>,
    /// Whether its images must be in their registry before what names them is written.
    pub check_image: bool,
    /// The component's table in the environment's file.
    pub origin: Span,
    /// What it stands at, if it follows a repository.
    pub revision: Option<Revision>,
}

/// One rendered object and the place it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    pub key: ObjectKey,
    /// None for what belongs to the environment itself, such as its Namespace.
    pub component: Option<ComponentId>,
    /// What ditc applies, labels included; a Secret's body has no values.
    pub body: Object,
    /// Set for every Secret and for nothing else.
    pub secret: Option<Recipe>,
    pub origin: Origin,
}

/// Where a manifest came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The component's table, or the environment's file for what belongs to all of it.
    pub definition: Span,
    /// The template that rendered it, if one did.
    pub template: Option<Span>,
}

impl Manifest {
    /// Whether the object's kind is one of those that [`is_made_once`] names.
    #[must_use]
    pub fn is_made_once(&self) -> bool {
        is_made_once(&self.key.kind)
    }

    /// The body without the fields at these paths.
    #[must_use]
    pub fn without(&self, paths: &Paths) -> Object {
        let mut body = self.body.clone();
        for path in paths.members() {
            path.remove(&mut body.0);
        }
        body
    }

    /// The hash that the record keeps: equal hashes ask for the same object.
    #[must_use]
    pub fn hash(&self) -> Hash {
        match &self.secret {
            None => Hash::of_value(&self.body.0),
            Some(recipe) => {
                let generate = recipe.generated().map(|(key, generator)| (key.clone(), Value::from(generator.text())));
                let generate: serde_json::Map<String, Value> = generate.collect();
                let mut asked = serde_json::json!({"body": self.body.0, "generate": generate});
                // Where a value comes from is no part of what is asked for.
                for (key, given) in recipe.given() {
                    asked["given"][key] = given.digest.as_ref().map(ToString::to_string).into();
                }
                // Those who use it are rolled when its values are others, though it asks for the same.
                if recipe.round > 0 {
                    asked["round"] = recipe.round.into();
                }
                Hash::of_value(&asked)
            }
        }
    }
}
