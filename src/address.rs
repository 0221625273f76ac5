//! What people call the parts of an environment: addresses, and the objects and components that they mean.

use std::{fmt, str::FromStr};

use crate::{
    diagnostic::likeness,
    names::{ComponentId, EnvironmentName, Invalid},
    object::ObjectKey,
};

/// What people and `-target` call a part of an environment:
/// `jakub`, `jakub.services.orders`, `jakub.services.orders/Deployment/orders`, `jakub/Namespace/jakub`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    pub environment: EnvironmentName,
    pub component: Option<ComponentId>,
    pub object: Option<ObjectName>,
}

/// The object part of an address: `Kind/name`, or `Kind.group/name` where a kind alone is ambiguous.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectName {
    pub kind: String,
    pub group: Option<String>,
    pub name: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.environment)?;
        if let Some(component) = &self.component {
            write!(f, ".{component}")?;
        }
        if let Some(ObjectName { kind, group, name }) = &self.object {
            match group {
                Some(group) => write!(f, "/{kind}.{group}/{name}")?,
                None => write!(f, "/{kind}/{name}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Address {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        const FORM: &str = "`ENV`, `ENV.services.NAME` or `ENV.services.NAME/Kind/name`";
        let mut parts = text.splitn(3, '/');
        let head = parts.next().unwrap_or_default();
        let object = match (parts.next(), parts.next()) {
            (None, _) => None,
            (Some(kind), Some(name)) if !kind.is_empty() && !name.is_empty() => {
                let (kind, group) = match kind.split_once('.') {
                    Some((kind, group)) => (kind, Some(group.to_owned())),
                    None => (kind, None),
                };
                Some(ObjectName { kind: kind.to_owned(), group, name: name.to_owned() })
            }
            _ => return Err(Invalid::Address(FORM)),
        };
        let (environment, component) = match head.split_once('.') {
            Some((environment, component)) => {
                (environment, Some(component.parse().map_err(|_| Invalid::Address(FORM))?))
            }
            None => (head, None),
        };
        Ok(Self { environment: EnvironmentName::new(environment)?, component, object })
    }
}

/// The address of an object of an environment.
#[must_use]
pub fn address(environment: &EnvironmentName, component: Option<&ComponentId>, key: &ObjectKey) -> Address {
    Address {
        environment: environment.clone(),
        component: component.cloned(),
        object: Some(ObjectName { kind: key.kind.kind.clone(), group: None, name: key.name.clone() }),
    }
}

/// The address of a whole component of an environment.
#[must_use]
pub fn component_address(environment: &EnvironmentName, component: &ComponentId) -> Address {
    Address { environment: environment.clone(), component: Some(component.clone()), object: None }
}

/// An address, or kubectl's `kind/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    Address(Address),
    /// Kind and name, where the kind's case does not matter.
    Alias(String, String),
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Which::Address(address) => write!(f, "{address}"),
            Which::Alias(kind, name) => write!(f, "{kind}/{name}"),
        }
    }
}

impl FromStr for Which {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Which::Alias(kind.to_owned(), name.to_owned()))
            }
            _ => text.parse().map(Which::Address),
        }
    }
}

impl Address {
    /// In how many letters this differs from what it may have meant; none where any of its parts is another.
    fn likeness(&self, other: &Self) -> Option<usize> {
        let part = |own: Option<&str>, other: Option<&str>| match (own, other) {
            (None, None) => Some(0),
            (Some(own), Some(other)) => likeness(own, other),
            // An object whose component was left out.
            (None, Some(_)) if self.object.is_some() => Some(1),
            _ => None,
        };
        let component = |address: &Self| address.component.as_ref().map(|id| id.name.to_string());
        let environment = likeness(self.environment.as_str(), other.environment.as_str())?;
        let name = part(component(self).as_deref(), component(other).as_deref())?;
        // A name that is right in another tier is as near as can be.
        let tier = usize::from(self.component.as_ref().map(|id| id.tier) != other.component.as_ref().map(|id| id.tier));
        let object = match (&self.object, &other.object) {
            (None, None) => 0,
            (Some(own), Some(other)) => own.likeness(other)?,
            _ => return None,
        };
        Some(environment + name + tier + object)
    }
}

impl ObjectName {
    fn likeness(&self, other: &Self) -> Option<usize> {
        // A kind differs in its case first of all.
        let kind = likeness(&self.kind.to_ascii_lowercase(), &other.kind.to_ascii_lowercase())?;
        let case = usize::from(kind == 0 && self.kind != other.kind);
        let group = usize::from(self.group.is_some() && self.group != other.group);
        Some(kind + case + group + likeness(&self.name, &other.name)?)
    }
}

impl Which {
    /// What this most likely meant, of what is there: each of its parts is near.
    #[must_use]
    pub fn meant<'a>(&self, known: impl IntoIterator<Item = &'a Address>) -> Option<String> {
        let near = |known: &Address| match (self, &known.object) {
            (Which::Address(address), _) => Some((address.likeness(known)?, known.to_string())),
            (Which::Alias(kind, name), Some(object)) => {
                let typed = ObjectName { kind: kind.clone(), group: None, name: name.clone() };
                Some((typed.likeness(object)?, format!("{}/{}", object.kind, object.name)))
            }
            (Which::Alias(..), None) => None,
        };
        let near = |known: &Address| near(known).into_iter().chain(self.of_component(known)).min();
        known.into_iter().filter_map(near).min().map(|(_, meant)| meant)
    }

    /// In how many letters this differs from the name alone of a component, where it may be no more than that.
    fn of_component(&self, known: &Address) -> Option<(usize, String)> {
        match (self, known) {
            (
                Which::Address(Address { environment: typed, component: None, object: None }),
                Address { environment: _, component: Some(id), object: None },
            ) => Some((likeness(typed.as_str(), id.name.as_str())?, known.to_string())),
            _ => None,
        }
    }

    /// Whether a whole component is meant, or the environment that it is in.
    #[must_use]
    pub fn names_component(&self, environment: &EnvironmentName, id: &ComponentId) -> bool {
        match self {
            Which::Alias(..) => false,
            Which::Address(address) => {
                address.environment == *environment
                    && address.object.is_none()
                    && address.component.as_ref().is_none_or(|meant| meant == id)
            }
        }
    }

    /// Whether an object of an environment is meant.
    #[must_use]
    pub fn matches(&self, environment: &EnvironmentName, component: Option<&ComponentId>, key: &ObjectKey) -> bool {
        match self {
            Which::Alias(kind, name) => {
                let full = key.kind.to_string();
                *name == key.name && (kind.eq_ignore_ascii_case(&key.kind.kind) || kind.eq_ignore_ascii_case(&full))
            }
            Which::Address(address) => {
                let object = |meant: &ObjectName| {
                    meant.kind == key.kind.kind
                        && meant.name == key.name
                        && meant.group.as_ref().is_none_or(|group| *group == key.kind.group)
                };
                address.environment == *environment
                    && address.component.as_ref().is_none_or(|meant| Some(meant) == component)
                    && (address.object.is_none() || component == address.component.as_ref())
                    && address.object.as_ref().is_none_or(object)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back_as_written() {
        for text in [
            "jakub",
            "jakub.dependencies.postgresql",
            "jakub.services.orders/Deployment/orders",
            "jakub.services.orders/Ingress.networking.k8s.io/orders",
            "jakub/Namespace/jakub",
        ] {
            assert_eq!(text.parse::<Address>().expect(text).to_string(), text);
        }
        for text in ["", "jakub.orders", "jakub/Namespace", "jakub.services.orders/Deployment/"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_mistyped_address_means_what_is_near_in_each_part() {
        let known = [
            "jakub.services.orders",
            "jakub.services.web",
            "jakub.dependencies.postgresql",
            "jakub.services.orders/Deployment/orders",
            "jakub.services.web/Service/web",
            "jakub/Namespace/jakub",
        ]
        .map(|text| text.parse::<Address>().expect(text));
        for (typed, meant) in [
            ("jakub.services.order", Some("jakub.services.orders")),
            ("jakub.services.postgresql", Some("jakub.dependencies.postgresql")),
            ("jakub.services.api", None),
            ("jakub.services.orders/deployment/orders", Some("jakub.services.orders/Deployment/orders")),
            ("jakub.services.orders/Deployment/order", Some("jakub.services.orders/Deployment/orders")),
            ("jakub.services.orders/Service/orders", None),
            ("jakob/Namespace/jakub", Some("jakub/Namespace/jakub")),
            ("jakub/Deployment/orders", Some("jakub.services.orders/Deployment/orders")),
            ("deploy/orders", None),
            ("servce/web", Some("Service/web")),
            ("web", Some("jakub.services.web")),
            ("postgresq", Some("jakub.dependencies.postgresql")),
            ("jaku", None),
            ("web/Deployment/orders", None),
        ] {
            let which: Which = typed.parse().expect(typed);
            assert_eq!(which.meant(&known).as_deref(), meant, "{typed}");
        }
    }
}
