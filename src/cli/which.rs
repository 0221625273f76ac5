//! Which recorded object a person means: by address, or as kubectl would say it.

use std::str::FromStr;

use crate::{
    names::{Address, ComponentId, EnvironmentName, Invalid},
    object::ObjectKey,
};

/// An address, or kubectl's `kind/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    Address(Address),
    /// Kind and name, where the kind's case does not matter.
    Alias(String, String),
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

impl Which {
    /// Whether an object of an environment is meant.
    #[must_use]
    pub fn matches(&self, environment: &EnvironmentName, component: Option<&ComponentId>, key: &ObjectKey) -> bool {
        match self {
            Which::Alias(kind, name) => {
                let full = key.kind.to_string();
                *name == key.name && (kind.eq_ignore_ascii_case(&key.kind.kind) || kind.eq_ignore_ascii_case(&full))
            }
            Which::Address(address) => {
                let object = |meant: &crate::names::ObjectName| {
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
