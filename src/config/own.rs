//! Services whose objects lie in their own repository: what must be fetched and rendered for them, and how the texts that
//! came of it are read. Who fetches and renders is somewhere else.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    Workspace,
    documents::{Documents, is_secret, line_range, with_indentation_help},
    environment::Component,
    expand::{Run, run_through},
    expression::{self, Scope},
    fields::suggest,
    object::Types,
    parse,
    repository::{Own, What},
    value::{Node, Tree},
    yaml,
};
use crate::{
    desired::{LABEL_MANAGED_BY, MANAGED_BY},
    diagnostic::{Diagnostic, SourceId, Span},
    hook::{Role, role},
    kinds::Kinds,
    names::{ComponentName, EnvironmentName, OutputName},
    object::Object,
    revision::Revision,
};

/// The longest name that Helm takes for a release.
const LONGEST_RELEASE: usize = 53;
/// What Helm's charts call whoever looks after their objects.
const HELM: &str = "Helm";

/// Files by their path, relative to what was asked for.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What a service takes from its repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub component: ComponentName,
    pub revision: Revision,
    /// The chart or the manifests, in the repository.
    pub path: String,
    /// For a chart: what it is rendered with.
    pub chart: Option<Rendering>,
    /// Where `path` is written.
    pub origin: Span,
}

/// What the templates of a chart see besides the chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendering {
    /// The release: the name of the component.
    pub release: String,
    pub namespace: String,
    pub values: Value,
}

/// What a repository has where a service looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// A directory, or a single file under its own name.
    Files(Files),
    /// Nothing, with the paths that may be meant.
    Nothing { near: Vec<String> },
}

/// What became of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rendered {
    /// Texts by the path of their template in the chart.
    Texts(BTreeMap<String, String>),
    /// Why there are none, and the line of a file of the chart that is about, counted from one.
    Refused { message: String, place: Option<(String, usize)> },
}

/// What the services of an environment take from their repositories, with values as far as they are known: once the files
/// of a chart are in [`Workspace::brought`], they fit to its own. Mistakes are left for [`super::expand()`] to tell.
#[must_use]
pub fn wanted(workspace: &Workspace, name: &EnvironmentName) -> Vec<Wanted> {
    let (mut sources, kinds) = (workspace.sources.clone(), Kinds::builtin());
    let through = run_through(workspace, &mut sources, name, &kinds, Types::Left);
    through.map(|(run, _, _)| run.wanted).unwrap_or_default()
}

/// What is known of a component when its turn comes.
pub(super) struct Turn<'a> {
    pub(super) component: &'a Component,
    pub(super) own: &'a Own,
    pub(super) scope: &'a Scope,
    /// None where nobody has looked it up.
    pub(super) revision: Option<Revision>,
    /// What its image is tagged with.
    pub(super) image_tag: Option<String>,
    pub(super) image: Option<&'a Node>,
}

impl Run<'_> {
    /// Adds the objects of a service from its repository; it has no outputs.
    pub(super) fn own(&mut self, turn: &Turn<'_>) -> Option<BTreeMap<OutputName, Value>> {
        let Turn { component, own, scope, revision, image_tag: _, image: _ } = turn;
        let nothing = Some(BTreeMap::new());
        let path = expression::text(&own.path, scope, self.sources, &mut self.diagnostics)?;
        if !is_inside(&path) {
            self.diagnostics.push(
                Diagnostic::new("path outside the repository")
                    .at(own.path.span.clone(), "leads out of it")
                    .detail(format!("`{}` of `{}` is a path in its repository", own.what.word(), component.id))
                    .help("write it from the top of the repository, without `..` and without `/` in front"),
            );
            return None;
        }
        let at = (self.rules.environment.clone(), component.id.name.clone());
        let brought = self.workspace.brought.get(&at);
        let chart = match own.what {
            What::Manifests => None,
            What::Chart => Some(self.rendering(turn, brought)?),
        };
        let is_chart = chart.is_some();
        let Some(revision) = revision else {
            self.unread.insert(component.id.clone());
            return nothing;
        };
        let (origin, component_name) = (own.path.span.clone(), component.id.name.clone());
        self.wanted.push(Wanted {
            component: component_name,
            revision: revision.clone(),
            path: path.clone(),
            chart,
            origin,
        });
        let repo = &revision.repository;
        let files = match brought {
            // Nobody has fetched it: what it would make is not known, and that is no mistake.
            None => {
                self.unread.insert(component.id.clone());
                return nothing;
            }
            Some(Err(mistake)) => {
                self.diagnostics.push(mistake.clone());
                return None;
            }
            Some(Ok(Brought::Nothing { near })) => {
                let diagnostic = Diagnostic::new("nothing at this path")
                    .at(own.path.span.clone(), format!("`{repo}` has nothing of this name"))
                    .detail(format!("`{}` of `{}` would come from there", own.what.word(), component.id));
                self.diagnostics.push(suggest(diagnostic, &path, near.iter().map(String::as_str)));
                return None;
            }
            Some(Ok(Brought::Files(files))) => files,
        };
        if !is_chart {
            self.manifests_of(component, own, &path, files);
            return nothing;
        }
        if !files.contains_key("Chart.yaml") {
            let others: Vec<String> =
                files.keys().filter_map(|file| Some(format!("{path}/{}", file.strip_suffix("/Chart.yaml")?))).collect();
            let diagnostic =
                Diagnostic::new("no chart at this path").at(own.path.span.clone(), "has no `Chart.yaml`").detail(
                    format!("`{path}` of `{repo}` is no chart of Helm, so `{}` cannot be made of it", component.id),
                );
            self.diagnostics.push(suggest(diagnostic, &path, others.iter().map(String::as_str)));
            return None;
        }
        match self.workspace.rendered.get(&at) {
            None => _ = self.unread.insert(component.id.clone()),
            Some(Rendered::Refused { message, place }) => {
                let mut diagnostic = Diagnostic::new("chart not rendered")
                    .at(own.path.span.clone(), "Helm refuses this chart with these values")
                    .detail(message.clone());
                let text = place.as_ref().and_then(|(file, line)| Some((file, *line, files.get(file)?)));
                if let Some((file, line, bytes)) = text {
                    let text = String::from_utf8_lossy(bytes).into_owned();
                    let range = line_range(&text, line.saturating_sub(1));
                    let id = self.sources.add(format!("{path}/{file} (of {})", component.id), text);
                    diagnostic = diagnostic.related(Span::new(id, range), "here");
                }
                self.diagnostics.push(diagnostic);
                return None;
            }
            Some(Rendered::Texts(texts)) => {
                for (file, text) in texts {
                    let shown = format!("{path}/{file} (rendered for {}.{})", self.rules.environment, component.id);
                    let id = self.sources.add(shown, text.as_str());
                    self.read(component, own, id, text);
                }
            }
        }
        nothing
    }

    /// What a chart is rendered with: the values of the service, and where it leaves them to ditc, the image.
    fn rendering(&mut self, turn: &Turn<'_>, brought: Option<&Result<Brought, Diagnostic>>) -> Option<Rendering> {
        let Turn { component, own, scope, revision: _, image_tag, image } = turn;
        let release = component.id.name.to_string();
        if release.len() > LONGEST_RELEASE {
            self.diagnostics.push(
                Diagnostic::new("name too long for a chart")
                    .at(component.span.clone(), format!("has {} characters", release.len()))
                    .detail(format!("it names the release of the chart, and Helm takes at most {LONGEST_RELEASE}")),
            );
        }
        let values = expression::evaluate_table(&own.values, scope, self.sources, &mut self.diagnostics)?;
        let mut values = Tree::Table(values).json();
        let image = image.and_then(Node::string);
        let defaults = match brought {
            Some(Ok(Brought::Files(files))) => defaults(files),
            Some(Ok(Brought::Nothing { .. }) | Err(_)) | None => Value::Null,
        };
        put_image(&mut values, &defaults, image, image_tag.as_deref());
        Some(Rendering { release, namespace: self.rules.namespace.to_string(), values })
    }

    fn manifests_of(&mut self, component: &Component, own: &Own, path: &str, files: &Files) {
        let is_manifest = |file: &str| [".yaml", ".yml", ".json"].iter().any(|end| file.ends_with(end));
        let hidden = |file: &str| file.split('/').any(|part| part.starts_with('.'));
        let mut is_any = false;
        for (file, bytes) in files.iter().filter(|(file, _)| is_manifest(file) && !hidden(file)) {
            is_any = true;
            let shown = match path.ends_with(file.as_str()) {
                true => format!("{path} (of {})", component.id),
                false => format!("{}/{file} (of {})", path.trim_end_matches('/'), component.id),
            };
            let before = self.diagnostics.len();
            let id = parse::add(self.sources, &shown, bytes, &mut self.diagnostics);
            for found in &mut self.diagnostics[before..] {
                *found = used(component, own, found.clone());
            }
            if let Ok(id) = id {
                let text = self.sources.get(id).text.clone();
                self.read(component, own, id, &text);
            }
        }
        if !is_any {
            self.diagnostics.push(
                Diagnostic::new("no manifests at this path")
                    .at(own.path.span.clone(), "holds no file that ends with `.yaml`, `.yml` or `.json`")
                    .detail(format!("nothing would be made of `{}`", component.id)),
            );
        }
    }

    /// Reads the objects of one text.
    fn read(&mut self, component: &Component, own: &Own, id: SourceId, text: &str) {
        let place = |line: usize| Span::new(id, line_range(text, line));
        let told = |found: Diagnostic| used(component, own, found);
        let (documents, invalid) = yaml::documents(text);
        for yaml::Invalid { line, message } in invalid {
            let diagnostic = Diagnostic::new("invalid YAML").at(place(line), message.clone());
            self.diagnostics.push(told(with_indentation_help(diagnostic, &message)));
        }
        let mut kept = Vec::new();
        for mut document in documents {
            if is_secret(&document.value) {
                // Its values must be in no message.
                let lines = text.lines().enumerate().skip(document.line + 1);
                let end = lines.take_while(|(_, line)| !line.starts_with("---")).last();
                let end = line_range(text, end.map_or(document.line, |(line, _)| line)).end;
                self.sources.mask(&Span::new(id, line_range(text, document.line).start..end));
            }
            if own.what == What::Chart {
                not_helms(&mut document.value);
            }
            match role(&Object(document.value.clone())) {
                Role::Other(event) => self.left_out(component, &document.value, &event),
                Role::Part | Role::Hook(_) => kept.push(document),
            }
        }
        Documents { component, text, place: &place, label: "made here", told: &told }.add(kept, self);
    }

    fn left_out(&mut self, component: &Component, value: &Value, event: &str) {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or("?");
        let (kind, name) = (text("/kind"), text("/metadata/name"));
        let why = match event.starts_with("test") {
            true => "tests are not run".to_owned(),
            false => format!("ditc has no event `{event}`"),
        };
        self.remarks.insert(format!("{}: {kind}/{name} is a hook of its chart that is left out: {why}", component.id));
    }
}

/// Names the line that asked for a text, since its author is often someone else.
fn used(component: &Component, own: &Own, mut found: Diagnostic) -> Diagnostic {
    if found.summary == "secret in a template" {
        let what = own.what.word();
        found.help = vec![format!(
            "leave it out of the {what}, and declare it under `[secrets.NAME]` in the environment: ditc makes its values"
        )];
    }
    found.related(own.path.span.clone(), format!("used by `{}`", component.id))
}

/// Takes away what a chart says about Helm: ditc looks after its objects here.
fn not_helms(value: &mut Value) {
    if let Some(Value::String(by)) =
        value.pointer_mut(&format!("/metadata/labels/{}", LABEL_MANAGED_BY.replace('/', "~1")))
        && by == HELM
    {
        MANAGED_BY.clone_into(by);
    }
}

/// The values that a chart brings itself; null where they cannot be read.
fn defaults(files: &Files) -> Value {
    let bytes = files.get("values.yaml").map(Vec::as_slice).unwrap_or_default();
    let (documents, _) = yaml::documents(&String::from_utf8_lossy(bytes));
    documents.into_iter().next().map_or(Value::Null, |document| document.value)
}

/// Puts the image into the values of a chart where the service does not say it itself: as `image.repository` and
/// `image.tag`, or as one text where the chart has one.
fn put_image(values: &mut Value, defaults: &Value, image: Option<&str>, tag: Option<&str>) {
    let Value::Object(values) = values else { return };
    if defaults.get("image").is_some_and(Value::is_string) {
        if let (Some(image), false) = (image, values.contains_key("image")) {
            let whole = tag.map_or_else(|| image.to_owned(), |tag| format!("{image}:{tag}"));
            values.insert("image".to_owned(), Value::from(whole));
        }
        return;
    }
    let given = values.entry("image").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(given) = given {
        for (key, value) in [("repository", image), ("tag", tag)] {
            if let Some(value) = value {
                given.entry(key).or_insert_with(|| json!(value));
            }
        }
    }
    if values.get("image") == Some(&json!({})) {
        values.shift_remove("image");
    }
}

/// Whether a path stays in its repository.
fn is_inside(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let is_part = |part: &str| !part.is_empty() && part != ".." && !part.eq_ignore_ascii_case(".git");
    path == "." || path.split('/').all(is_part) && !path.chars().any(|c| c.is_control() || c == '\\')
}
