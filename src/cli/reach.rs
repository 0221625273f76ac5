//! The commands that reach into running pods.

use std::{str::FromStr, time::Duration};

use clap::Args;

use crate::{
    address::{Address, ObjectName},
    names::{ComponentName, EnvironmentName, Invalid},
};

use super::duration;

/// Where pods are looked for: an environment, one of its components, or one workload of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub environment: EnvironmentName,
    /// Names are unique across dependencies and services.
    pub component: Option<ComponentName>,
    pub object: Option<ObjectName>,
}

impl FromStr for Place {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        match (text.parse::<Address>(), text.split_once('/')) {
            (Ok(Address { environment, component, object }), _) => {
                Ok(Self { environment, component: component.map(|id| id.name), object })
            }
            (Err(_), Some((environment, component))) if !component.contains('/') => Ok(Self {
                environment: EnvironmentName::new(environment)?,
                component: Some(ComponentName::new(component)?),
                object: None,
            }),
            (Err(invalid), _) => Err(invalid),
        }
    }
}

/// `ditc logs`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Logs {
    /// An environment, ENV/COMPONENT, or an address
    #[arg(value_name = "ENV[/COMPONENT]")]
    pub place: Place,
    /// Go on as long as more is said, also by pods that come later
    #[arg(short, long)]
    pub follow: bool,
    /// Only so many lines from the end of each log
    #[arg(long, value_name = "N")]
    pub tail: Option<u64>,
    /// Only what was said since, such as 5m
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub since: Option<Duration>,
    /// What the container said before it was restarted
    #[arg(short, long, conflicts_with = "follow")]
    pub previous: bool,
    /// Which container, where a pod has several
    #[arg(short, long, value_name = "NAME")]
    pub container: Option<String>,
    /// With the time before each line
    #[arg(long)]
    pub timestamps: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_addresses_and_short_names() {
        let parts = |text: &str| {
            let Place { environment, component, object } = text.parse::<Place>().expect(text);
            let object = object.map(|object| object.name).unwrap_or_default();
            format!("{environment} {} {object}", component.map_or_else(String::new, |name| name.to_string()))
        };
        assert_eq!(parts("jakub"), "jakub  ");
        assert_eq!(parts("jakub/orders"), "jakub orders ");
        assert_eq!(parts("jakub.services.orders"), "jakub orders ");
        assert_eq!(parts("jakub.services.orders/Deployment/orders"), "jakub orders orders");
        for text in ["", "jakub/", "jakub/Orders", "/orders", "jakub.orders"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
