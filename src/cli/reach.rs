//! The commands that reach into running pods.

use std::{fmt, num::NonZero, str::FromStr, time::Duration};

use clap::Args;

use crate::{
    address::{Address, ObjectName},
    failure::Failure,
    names::{ComponentName, EnvironmentName, Invalid},
};

use super::{duration, usage};

/// Where pods are looked for: an environment, one of its components, or one workload of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub environment: EnvironmentName,
    /// Names are unique across dependencies and services.
    pub component: Option<ComponentName>,
    pub object: Option<ObjectName>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { environment, component, object } = self;
        let component = component.iter().map(|component| format!("/{component}"));
        let object = object.iter().map(|object| format!("/{}", object.name));
        write!(f, "{environment}{}", component.chain(object).collect::<String>())
    }
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

/// `ditc exec`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Exec {
    /// ENV/COMPONENT, or an address
    #[arg(value_name = "ENV/COMPONENT")]
    pub place: Place,
    /// Pass on what is typed
    #[arg(short = 'i', long)]
    pub stdin: bool,
    /// Give the command a terminal
    #[arg(short, long)]
    pub tty: bool,
    /// Which container, where a pod has several
    #[arg(short, long, value_name = "NAME")]
    pub container: Option<String>,
    /// The command, behind `--`
    #[arg(value_name = "COMMAND", last = true, required = true)]
    pub command: Vec<String>,
}

/// `ditc port-forward`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct PortForward {
    /// The environment, ENV/COMPONENT, or an address
    #[arg(value_name = "ENV[/COMPONENT]")]
    place: Place,
    /// The service or dependency, unless it is named already
    #[arg(value_name = "COMPONENT")]
    component: String,
    /// A port of its Service or pods, and the one to listen on here, if it is another; 0 takes any
    #[arg(value_name = "[LOCAL:]REMOTE")]
    ports: Vec<Forward>,
}

impl PortForward {
    /// Where the ports are, and which; the first word behind an address is a port already.
    ///
    /// # Errors
    /// Where a component or a port is missing, or is none.
    pub fn target(&self) -> Result<(Place, Vec<Forward>), Failure> {
        let Self { place, component, ports } = self;
        let wrong = |what: String| Err(usage(what).hint("ditc port-forward ENV/COMPONENT [LOCAL:]REMOTE"));
        let environment = &place.environment;
        if place.component.is_some() {
            return match component.parse::<Forward>() {
                Ok(first) => Ok((place.clone(), [first].iter().chain(ports).copied().collect())),
                Err(form) => wrong(format!("{component:?} is no port: {form}")),
            };
        }
        match ComponentName::new(component) {
            _ if ports.is_empty() && component.parse::<Forward>().is_ok() => {
                wrong(format!("which component of environment {environment} has port {component}?"))
            }
            Err(invalid) => wrong(invalid.to_string()),
            Ok(_) if ports.is_empty() => wrong(format!("which port of {environment}/{component}?")),
            Ok(name) => Ok((Place { component: Some(name), ..place.clone() }, ports.clone())),
        }
    }
}

/// `8080:80`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forward {
    /// 0 is any that is free.
    pub local: u16,
    pub remote: NonZero<u16>,
}

impl FromStr for Forward {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "write a port, or LOCAL:REMOTE, such as 8080:80";
        let (local, remote) = text.split_once(':').unwrap_or((text, text));
        let remote: NonZero<u16> = remote.parse().map_err(|_| FORM.to_owned())?;
        let local = if local.is_empty() { 0 } else { local.parse().map_err(|_| FORM.to_owned())? };
        Ok(Self { local, remote })
    }
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

    #[test]
    fn ports_are_of_an_address_or_of_an_environment_and_a_component() {
        let target = |place: &str, component: &str, ports: &[&str]| {
            let ports = ports.iter().map(|port| port.parse().expect(port)).collect();
            let forward = PortForward { place: place.parse().expect(place), component: component.to_owned(), ports };
            forward.target().map(|(Place { environment, component, .. }, ports)| {
                let ports: Vec<String> =
                    ports.iter().map(|Forward { local, remote }| format!("{local}:{remote}")).collect();
                format!("{environment} {} {}", component.expect("one"), ports.join(" "))
            })
        };
        for (place, component, ports) in [
            ("jakub", "web", &["8080:80", "5"][..]),
            ("jakub/web", "8080:80", &["5"]),
            ("jakub.services.web", "8080:80", &["5"]),
        ] {
            assert_eq!(target(place, component, ports).expect(place), "jakub web 8080:80 5:5");
        }
        for (place, component, ports, why) in [
            ("jakub", "80", &[][..], "which component of environment jakub has port 80?"),
            ("jakub", "web", &[], "which port of jakub/web?"),
            ("jakub/web", "api", &["80"], "\"api\" is no port: write a port, or LOCAL:REMOTE, such as 8080:80"),
        ] {
            assert_eq!(target(place, component, ports).expect_err(why).message, why);
        }
    }

    #[test]
    fn ports_are_those_of_kubectl() {
        let pair = |text: &str| text.parse::<Forward>().map(|forward| (forward.local, forward.remote.get()));
        assert_eq!(pair("80"), Ok((80, 80)));
        assert_eq!(pair("8080:80"), Ok((8080, 80)));
        assert_eq!(pair(":80"), Ok((0, 80)));
        for text in ["", "0", "80:", "80:0", "x", "99999", "1:2:3"] {
            assert!(pair(text).is_err(), "{text}");
        }
    }
}
