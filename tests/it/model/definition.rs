//! What an environment's file asks for, as the model knows it, and as TOML.

use std::{collections::BTreeMap, fmt::Write};

/// The names that components may have: the first two are dependencies, the others services.
pub(super) const NAMES: [&str; 4] = ["ant", "bee", "cat", "dog"];

pub(super) fn is_dependency(name: &str) -> bool {
    matches!(name, "ant" | "bee")
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Definition {
    pub components: BTreeMap<&'static str, Component>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Component {
    /// Built in.
    Redis { version: u64, memory: u64 },
    /// Built in.
    Service { tag: u64, port: bool, env: u64, replicas: Option<u64>, needs: Needs },
    /// The user's own module.
    Kit(Kit),
}

/// The inputs of the user's own module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Kit {
    /// The module that has a Secret besides.
    pub vault: bool,
    pub version: u64,
    pub text: u64,
    pub config: bool,
    /// What the ConfigMap's name ends with.
    pub suffix: u64,
    /// A part of the selector, which no update may change.
    pub label: u64,
    /// A volume claim: data.
    pub claim: bool,
    pub port: Option<u64>,
    pub replicas: u64,
}

/// What a service says that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    Unsaid,
    Nothing,
    /// One dependency, if it is there.
    Ant,
}

impl Definition {
    pub(super) fn toml(&self) -> String {
        let mut text = String::new();
        for (name, component) in &self.components {
            let tier = if is_dependency(name) { "dependencies" } else { "services" };
            let _ = writeln!(text, "[{tier}.{name}]");
            component.toml(name, self, &mut text);
            text.push('\n');
        }
        text
    }

    /// What it asks for, as `Kind/name`, without the namespace.
    pub(super) fn keys(&self) -> impl Iterator<Item = String> {
        self.components.iter().flat_map(|(name, component)| component.keys(name))
    }
}

impl Component {
    fn toml(&self, name: &str, definition: &Definition, text: &mut String) {
        let _ = match self {
            Component::Redis { version, memory } => writeln!(
                text,
                "module = \"redis\"\ninputs = {{ image = \"redis:7.4.{version}\", memory = \"{memory}Mi\" }}"
            ),
            Component::Service { tag, port, env, replicas, needs } => {
                let _ = writeln!(text, "image = \"example/{name}\"\ntag = \"v{tag}\"");
                if *port {
                    text.push_str("ports = [8000]\n");
                }
                if let Some(replicas) = replicas {
                    let _ = writeln!(text, "replicas = {replicas}");
                }
                match needs {
                    Needs::Unsaid => {}
                    Needs::Ant if definition.components.contains_key("ant") => text.push_str("needs = [\"ant\"]\n"),
                    Needs::Nothing | Needs::Ant => text.push_str("needs = []\n"),
                }
                writeln!(text, "env = {{ LEVEL = \"level-{env}\", FIXED = \"1\" }}")
            }
            Component::Kit(Kit { vault, version, text: words, config, suffix, label, claim, port, replicas }) => {
                let module = if *vault { "vault" } else { "kit" };
                let port = port.map(|port| format!(", port = {port}")).unwrap_or_default();
                writeln!(
                    text,
                    "module = \"{module}\"\ninputs = {{ version = \"1.{version}\", text = \"words {words}\", config = \
                     {config}, suffix = \"{suffix}\", label = \"l{label}\", claim = {claim}, replicas = {replicas}{port} }}"
                )
            }
        };
    }

    fn keys(&self, name: &str) -> Vec<String> {
        match self {
            Component::Redis { .. } => vec![
                format!("ConfigMap/{name}-config"),
                format!("Secret/{name}"),
                format!("Service/{name}"),
                format!("Service/{name}-master"),
                format!("StatefulSet/{name}-master"),
            ],
            Component::Service { port, .. } => {
                let service = port.then(|| format!("Service/{name}"));
                service.into_iter().chain([self.workload(name)]).collect()
            }
            Component::Kit(Kit { vault, config, suffix, claim, port, .. }) => {
                let secret = vault.then(|| format!("Secret/{name}-vault"));
                let config = config.then(|| format!("ConfigMap/{name}-config-{suffix}"));
                let claim = claim.then(|| format!("PersistentVolumeClaim/{name}-data"));
                let service = port.map(|_| format!("Service/{name}"));
                [secret, config, claim, service].into_iter().flatten().chain([self.workload(name)]).collect()
            }
        }
    }

    /// The object that has replicas, as `Kind/name`.
    pub(super) fn workload(&self, name: &str) -> String {
        match self {
            Component::Redis { .. } => format!("StatefulSet/{name}-master"),
            Component::Service { .. } | Component::Kit(_) => format!("Deployment/{name}"),
        }
    }

    /// The image and the replicas that it asks for.
    pub(super) fn asks_for(&self, name: &str) -> (String, Option<u64>) {
        match self {
            Component::Redis { version, .. } => (format!("redis:7.4.{version}"), Some(1)),
            Component::Service { tag, replicas, .. } => (format!("example/{name}:v{tag}"), *replicas),
            Component::Kit(Kit { version, replicas, .. }) => (format!("example/kit:1.{version}"), Some(*replicas)),
        }
    }
}
