//! The schema of `ditc.toml`: what holds for every environment of a workspace. The desk's own settings (flags, the
//! process environment) are elsewhere.

use std::time::Duration;

use super::{
    bounds,
    fields::Fields,
    secrets::plain,
    value::{Table, Tree},
};
use crate::{
    diagnostic::{Diagnostic, Spanned},
    names::{Namespace, matches},
    object::GroupKind,
    secret::Source,
};

/// What `ditc.toml` says; every key has a default.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The kubeconfig's context; none leaves the choice to flags and the kubeconfig itself.
    pub context: Option<String>,
    /// Patterns of namespaces that no environment may use, added to [`PROTECTED`].
    pub protected: Vec<String>,
    /// Kinds without a namespace that environments may hold nevertheless.
    pub cluster_scoped: Vec<GroupKind>,
    /// How many objects one apply may delete or replace without being told to.
    pub max_destroy: usize,
    /// Where manifests are checked whose own namespace does not exist yet: nothing is made there.
    pub check_namespace: Namespace,
    /// Field managers whose fields are left to them, added to those of Kubernetes' own autoscalers.
    pub controllers: Vec<String>,
    /// Where given secret values may come from: `env:PATTERN`, `file:PATTERN`.
    pub secret_sources: Vec<String>,
    /// How long a component may take to become ready, unless its environment says otherwise.
    pub timeout: Duration,
    /// The API of the GitHub Enterprise that `org/repo` means; none for GitHub itself.
    pub github: Option<String>,
    /// How long Helm may take for one chart.
    pub chart_timeout: Duration,
    /// How long an image may take to be in its registry.
    pub image_timeout: Duration,
    /// What bounds environments, unless they say otherwise: the keys that their files have too.
    pub(super) bounds: Table,
}

/// Where values may be taken from where `ditc.toml` does not say otherwise.
const SECRET_SOURCES: [&str; 2] = ["env:DITC_SECRET_*", "file:./secrets/*"];

/// Namespaces that belong to the cluster itself.
pub const PROTECTED: [&str; 2] = ["default", "kube-*"];

impl Default for Settings {
    fn default() -> Self {
        Self {
            context: None,
            protected: Vec::new(),
            cluster_scoped: Vec::new(),
            max_destroy: 10,
            check_namespace: Namespace::new("default").expect("a DNS label"),
            controllers: Vec::new(),
            secret_sources: SECRET_SOURCES.map(str::to_owned).to_vec(),
            timeout: Duration::from_secs(600),
            github: None,
            chart_timeout: Duration::from_secs(60),
            image_timeout: Duration::from_secs(20 * 60),
            bounds: Table::default(),
        }
    }
}

impl Settings {
    /// The pattern that keeps environments out of a namespace, if one does.
    #[must_use]
    pub fn protects(&self, namespace: &Namespace) -> Option<&str> {
        let own = self.protected.iter().map(String::as_str);
        PROTECTED.into_iter().chain(own).find(|pattern| matches(pattern, namespace.as_str()))
    }

    /// Whether a secret's value may be taken from somewhere.
    #[must_use]
    pub fn allows(&self, source: &Source) -> bool {
        self.secret_sources.iter().any(|pattern| match (source, pattern.split_once(':')) {
            (Source::Env(name), Some(("env", pattern))) => matches(pattern, name),
            (Source::File(path), Some(("file", pattern))) => matches(plain(pattern), path),
            (Source::Env(_) | Source::File(_), _) => false,
        })
    }
}

/// Reads `ditc.toml`.
pub(super) fn settings(table: &Table, diagnostics: &mut Vec<Diagnostic>) -> Settings {
    let mut settings = Settings::default();
    let mut fields = Fields::new(table, "`ditc.toml`", diagnostics);
    let (cluster, policy, drift, defaults) =
        (fields.table("cluster"), fields.table("policy"), fields.table("drift"), fields.table("defaults"));
    let github = fields.table("github");
    let waits = [fields.table("charts"), fields.table("images")];
    fields.finish();
    if let Some(table) = cluster {
        let mut fields = Fields::new(table, "`[cluster]`", diagnostics);
        settings.context = fields.string("context").map(|context| context.value);
        fields.finish();
    }
    if let Some(table) = policy {
        read_policy(table, &mut settings, diagnostics);
    }
    if let Some(table) = drift {
        let mut fields = Fields::new(table, "`[drift]`", diagnostics);
        let controllers = fields.strings("controllers").unwrap_or_default();
        settings.controllers = controllers.into_iter().map(|manager| manager.value).collect();
        fields.finish();
    }
    if let Some(table) = github {
        let mut fields = Fields::new(table, "`[github]`", diagnostics);
        settings.github = fields.string("url").and_then(|url| github_url(&url, fields.diagnostics()));
        fields.finish();
    }
    let ours = [("`[charts]`", &mut settings.chart_timeout), ("`[images]`", &mut settings.image_timeout)];
    for ((what, ours), table) in ours.into_iter().zip(waits) {
        let Some(table) = table else { continue };
        let mut fields = Fields::new(table, what, diagnostics);
        let timeout = fields.duration("timeout").and_then(|text| duration(&text, fields.diagnostics()));
        fields.finish();
        *ours = timeout.unwrap_or(*ours);
    }
    if let Some(table) = defaults {
        let mut fields = Fields::new(table, "`[defaults]`", diagnostics);
        let timeout = fields.duration("timeout").map(|text| duration(&text, fields.diagnostics()));
        bounds::bounds(&mut fields);
        fields.finish();
        let bounds = table.entries.iter().filter(|entry| bounds::KEYS.contains(&entry.key.value.as_str()));
        settings.bounds = Table { entries: bounds.cloned().collect() };
        settings.timeout = timeout.flatten().unwrap_or(settings.timeout);
    }
    settings
}

/// The address of an API, without a slash at its end. What is asked there carries a token, so it is asked over TLS.
fn github_url(Spanned { value, span }: &Spanned<String>, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let loopback = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
    let is_safe = value.starts_with("https://") || loopback.iter().any(|local| value.starts_with(local));
    let is_plain = value.chars().all(|c| c.is_ascii_graphic() && !"@?#\\".contains(c));
    if is_safe && is_plain {
        return Some(value.trim_end_matches('/').to_owned());
    }
    diagnostics.push(
        Diagnostic::new("invalid address")
            .at(span.clone(), "not the address of an API")
            .detail("a token is sent there, so it begins with `https://` and holds no user and no query")
            .help("of a GitHub Enterprise it is `https://HOST/api/v3`"),
    );
    None
}

fn read_policy(table: &Table, settings: &mut Settings, diagnostics: &mut Vec<Diagnostic>) {
    let mut fields = Fields::new(table, "`[policy]`", diagnostics);
    let texts = |list: Option<Vec<Spanned<String>>>| list.unwrap_or_default().into_iter().map(|text| text.value);
    settings.protected = texts(fields.strings("protected")).collect();
    settings.cluster_scoped = texts(fields.strings("cluster_scoped"))
        .map(|text| match text.split_once('.') {
            Some((kind, group)) => GroupKind::new(group, kind),
            None => GroupKind::new("", text),
        })
        .collect();
    if let Some(patterns) = fields.strings("secret_sources") {
        settings.secret_sources = secret_sources(patterns, fields.diagnostics());
    }
    if let Some(Spanned { value, span }) = fields.integer("max_destroy") {
        match usize::try_from(value) {
            Ok(value) => settings.max_destroy = value,
            Err(_) => fields.complain(
                Diagnostic::new("invalid number").at(span, "less than zero").help("`0` lets no apply delete anything"),
            ),
        }
    }
    if let Some(Spanned { value, span }) = fields.string("check_namespace") {
        match Namespace::new(&value) {
            Ok(namespace) => settings.check_namespace = namespace,
            Err(invalid) => fields.complain(Diagnostic::new("invalid namespace").at(span, invalid.to_string())),
        }
    }
    fields.finish();
}

fn secret_sources(patterns: Vec<Spanned<String>>, diagnostics: &mut Vec<Diagnostic>) -> Vec<String> {
    let is_pattern =
        |text: &str| matches!(text.split_once(':'), Some(("env" | "file", pattern)) if !pattern.is_empty());
    for Spanned { value: _, span } in patterns.iter().filter(|pattern| !is_pattern(&pattern.value)) {
        diagnostics.push(
            Diagnostic::new("unknown secret source")
                .at(span.clone(), "neither `env:PATTERN` nor `file:PATTERN`")
                .help("`\"env:DITC_SECRET_*\"` and `\"file:./secrets/*\"` are what holds where nothing is said"),
        );
    }
    patterns.into_iter().map(|pattern| pattern.value).collect()
}

/// Reads a duration, or says how one is written.
pub(super) fn duration(text: &Spanned<String>, diagnostics: &mut Vec<Diagnostic>) -> Option<Duration> {
    let duration = super::duration::parse(&text.value);
    if duration.is_none() {
        diagnostics.push(invalid_duration(text));
    }
    duration
}

/// A text that is no duration.
pub(super) fn invalid_duration(text: &Spanned<String>) -> Diagnostic {
    let is_number = Tree::String(text.value.clone()).text().is_some_and(|text| text.parse::<f64>().is_ok());
    let diagnostic = Diagnostic::new("invalid duration").at(text.span.clone(), "not a duration");
    match text.value.strip_suffix('d').and_then(|days| days.parse::<u32>().ok()) {
        Some(days) => diagnostic.help(format!("days differ in length; write `{}h`", u64::from(days) * 24)),
        None if is_number => diagnostic.help(format!("say the unit: `{}s`", text.value)),
        None => diagnostic.help("durations look like `90s`, `10m` or `1h30m`"),
    }
}
