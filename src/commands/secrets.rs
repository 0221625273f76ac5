//! Given values: taken from their sources when a plan or an apply needs them, and told apart by their digests.

use std::path::Path;

use crate::{
    config,
    desired::{Desired, Manifest},
    diagnostic::Diagnostic,
    files::{self, FILE_LIMIT},
    plan::Plan,
    secret::{Given, Key, Source, Value, Values},
    settings,
    state::State,
};

use super::session::Survey;

/// Takes every value that an environment asks for; a source that has none is told where a file names it.
pub(super) fn values(root: &Path, desired: &Desired) -> Result<Values, Vec<Diagnostic>> {
    let (mut values, mut missing) = (Values::new(), Vec::new());
    for (manifest, name, given) in all(desired) {
        if values.contains_key(&given.source) {
            continue;
        }
        match value(root, &given.source) {
            Ok(value) => _ = values.insert(given.source.clone(), value),
            Err(why) => missing.push(told(manifest, name, given, why)),
        }
    }
    missing.sort_by_key(|diagnostic: &Diagnostic| {
        diagnostic.label.as_ref().map(|label| (label.span.source, label.span.range.start))
    });
    if missing.is_empty() { Ok(values) } else { Err(missing) }
}

/// Every given key of every Secret.
fn all(desired: &Desired) -> impl Iterator<Item = (&Manifest, &String, &Given)> {
    let manifests = desired.manifests.values();
    manifests.flat_map(|manifest| {
        let recipe = manifest.secret.iter();
        recipe.flat_map(|recipe| recipe.given()).map(move |(name, given)| (manifest, name, given))
    })
}

/// Whether any value of an environment is given from outside.
pub(super) fn asks(desired: &Desired) -> bool {
    all(desired).next().is_some()
}

/// The value that a source holds, or why it holds none and what to do about it.
fn value(root: &Path, source: &Source) -> Result<Value, (String, Option<String>)> {
    let (what, bytes) = match source {
        Source::Env(name) => ("this variable", settings::variable(name).ok_or("this variable is not set")),
        Source::File(path) => match files::read_inside(root, Path::new(path), FILE_LIMIT) {
            Ok(bytes) => ("this file", bytes.ok_or("there is no such file")),
            Err(files::Error::Outside { .. }) => {
                let help = "name the file itself by its whole path, and allow that under `[policy] secret_sources`";
                return Err(("a link that leads out of the workspace".to_owned(), Some(help.to_owned())));
            }
            Err(error) => return Err((crate::failure::chain(&error).join(": "), None)),
        },
    };
    let why = match bytes {
        // A variable that is set to nothing is what CI systems make of a secret that they do not have.
        Ok(bytes) if bytes.is_empty() => format!("{what} is empty"),
        Ok(bytes) => return Ok(Value::new(bytes)),
        Err(why) => why.to_owned(),
    };
    let help = match source {
        Source::Env(name) => format!("type it where no history keeps it: `read -rs {name} && export {name}`"),
        Source::File(path) if path.starts_with('/') => format!("`install -D -m 600 /dev/stdin {path}`"),
        Source::File(path) => format!("type it, then Ctrl-D: `install -D -m 600 /dev/stdin ./{path}`"),
    };
    Err((why, Some(help)))
}

fn told(manifest: &Manifest, name: &str, given: &Given, (why, help): (String, Option<String>)) -> Diagnostic {
    let place = match given.span.source == manifest.origin.definition.source {
        true => None,
        // The module's author is often somebody else.
        false => manifest.component.as_ref().map(|id| (manifest.origin.definition.clone(), format!("used by `{id}`"))),
    };
    let diagnostic = Diagnostic::new("secret value missing")
        .at(given.span.clone(), why)
        .detail(format!("{} takes its key `{name}` from `{}`, where ditc runs", manifest.key, given.source));
    let diagnostic = help.into_iter().fold(diagnostic, Diagnostic::help);
    match place {
        Some((span, text)) => diagnostic.related(span, text),
        None => diagnostic,
    }
}

/// Puts the digests of values into what is asked for; without a key nothing is known of them yet.
pub(super) fn seal(desired: &mut Desired, values: &Values, key: Option<&Key>) {
    config::seal(&mut desired.manifests, |secret, name, given| {
        Some(key?.digest(&secret.name, name, values.get(&given.source)?))
    });
}

/// The same with the digests that a record has, for a plan that looks at nothing else.
pub(super) fn seal_as_recorded(desired: &mut Desired, state: &State) {
    config::turn(&mut desired.manifests, |secret| {
        state.entries.get(&secret.key).and_then(|entry| entry.applied()).map_or(0, |applied| applied.round)
    });
    config::seal(&mut desired.manifests, |secret, name, _| {
        state.entries.get(secret)?.applied()?.given.get(name).cloned()
    });
}

/// The sources whose values are others than those that a saved plan was made with.
pub(super) fn changed(planned: &Desired, values: &Values, key: Option<&Key>) -> Vec<String> {
    let is_changed = |(manifest, name, given): &(&Manifest, &String, &Given)| {
        let now = values.get(&given.source).zip(key).map(|(value, key)| key.digest(&manifest.key.name, name, value));
        given.digest.is_some() && given.digest != now
    };
    let changed = all(planned).filter(is_changed);
    changed
        .map(|(manifest, name, given)| {
            format!("{}: the value of {} for key {name} is another", manifest.key, given.source)
        })
        .collect()
}

/// The plan as it is carried out: what could not be known before there is a key is filled in, with the key that is made.
pub(super) fn with_digests(survey: &Survey) -> (Plan, Option<Key>) {
    let mut plan = survey.plan.clone();
    let Some(desired) = survey.basis.desired.as_ref().filter(|desired| survey.key.is_none() && asks(desired)) else {
        return (plan, None);
    };
    let (mut desired, key) = (desired.clone(), Key::generate(settings::random_byte));
    seal(&mut desired, &survey.values, Some(&key));
    let mut is_needed = false;
    for (object, change) in &mut plan.changes {
        let Some(manifest) = &mut change.manifest else { continue };
        if let Some(sealed) = desired.manifests.get(object).filter(|sealed| *sealed != manifest) {
            *manifest = sealed.clone();
            is_needed = true;
        }
    }
    (plan, is_needed.then_some(key))
}
