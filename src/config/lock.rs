//! `environments/NAME.lock.toml`: the commits that an environment's references stood for when somebody looked.

use std::{collections::BTreeMap, fmt::Write};

use jiff::Timestamp;

use super::{
    fields::{Fields, wrong_type},
    reader,
    value::Tree,
};
use crate::{
    diagnostic::{Diagnostic, Sources, Span, Spanned},
    names::ComponentName,
    revision::{Commit, Reference, Repository, Sort},
};

/// The form of lock files that is written and read.
const VERSION: i64 = 1;

/// What an environment's services are held at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    pub services: BTreeMap<ComponentName, Locked>,
}

/// What one service is held at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    pub repository: Repository,
    pub reference: Reference,
    /// The tag that a release or a range led to.
    pub resolved: Option<String>,
    pub commit: Commit,
    /// When the reference was first seen to stand for the commit.
    pub when: Timestamp,
    /// The digest of the service's chart or manifests at the commit, when it is known.
    pub chart: Option<String>,
    /// The digest of the service's image, when it is known.
    pub image: Option<String>,
}

impl Lock {
    /// The text of the file: services in the order of their names, one line for each thing that may change.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "# Written by `ditc lock`; keep it in git. `ditc lock -upgrade` moves it to where the references are now.\n\
             version = {VERSION}\n"
        );
        for (name, locked) in &self.services {
            let Locked { repository, reference, resolved, commit, when, chart, image } = locked;
            let when = format!("{when:.0}");
            let lines = [
                Some(("repo", repository.to_string())),
                Some((reference.sort.word(), reference.name.clone())),
                resolved.clone().map(|tag| ("resolved", tag)),
                (reference.sort != Sort::Commit).then(|| ("commit", commit.to_string())),
                Some(("when", when)),
                chart.clone().map(|digest| ("chart_digest", digest)),
                image.clone().map(|digest| ("image_digest", digest)),
            ];
            let _ = write!(text, "\n[services.{name}]\n");
            for (key, value) in lines.into_iter().flatten() {
                let _ = writeln!(text, "{key} = {}", toml::Value::String(value));
            }
        }
        text
    }

    /// Reads a lock file, whose text is kept among the sources.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(sources: &mut Sources, path: &str, bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        let mut found = Vec::new();
        let id = super::parse::add(sources, path, bytes, &mut found);
        let lock = id.ok().and_then(|id| lock(sources, id, &mut found));
        match lock {
            Some(lock) if found.is_empty() => Ok(lock),
            _ => {
                Err(found.into_iter().map(|mistake| mistake.help("`ditc lock ENV -upgrade` writes it anew")).collect())
            }
        }
    }
}

fn lock(sources: &Sources, id: crate::diagnostic::SourceId, found: &mut Vec<Diagnostic>) -> Option<Lock> {
    let table = reader::read(sources, id, found)?;
    let mut fields = Fields::new(&table, "a lock file", found);
    let version = fields.integer("version");
    let services = fields.table("services").cloned();
    let is_ours = version.as_ref().is_some_and(|version| version.value == VERSION);
    if !is_ours {
        let span = version.map_or(Span::new(id, 0..0), |version| version.span);
        fields.complain(
            Diagnostic::new("unknown lock file")
                .at(span, format!("this ditc reads version {VERSION}"))
                .detail("another ditc wrote it, or somebody by hand"),
        );
        return None;
    }
    fields.finish();
    let mut lock = Lock::default();
    for entry in services.iter().flat_map(|services| &services.entries) {
        let Tree::Table(table) = &entry.value.tree else {
            found.push(wrong_type(&entry.value, &entry.key.value, "a table"));
            continue;
        };
        let mut fields = Fields::new(table, format!("service `{}` of a lock file", entry.key.value), found);
        let mut text = |key| fields.string(key);
        let named: Vec<(Sort, Spanned<String>)> =
            Sort::ALL.into_iter().filter_map(|sort| Some((sort, text(sort.word())?))).collect();
        let (repo, when, resolved) = (text("repo"), text("when"), text("resolved"));
        let (chart, image) = (text("chart_digest"), text("image_digest"));
        fields.finish();
        let value = |spanned: Option<Spanned<String>>| spanned.map(|text| text.value);
        let read = || {
            let commit = named.iter().find(|(sort, _)| *sort == Sort::Commit)?;
            let (sort, name) = named.iter().find(|(sort, _)| *sort != Sort::Commit).unwrap_or(commit);
            Some(Locked {
                repository: Repository::new(&repo?.value).ok()?,
                reference: Reference::new(*sort, name.value.as_str()).ok()?,
                resolved: value(resolved),
                commit: Commit::new(commit.1.value.as_str()).ok()?,
                when: when?.value.parse().ok()?,
                chart: value(chart),
                image: value(image),
            })
        };
        let (name, locked) = (ComponentName::new(&entry.key.value), read());
        match (name, locked) {
            (Ok(name), Some(locked)) => {
                lock.services.insert(name, locked);
            }
            _ => found.push(
                Diagnostic::new("no entry of a lock")
                    .at(entry.key.span.clone(), "says not which commit a reference stood for")
                    .detail("an entry has `repo`, what is followed in it, `commit` with all its digits, and `when`"),
            ),
        }
    }
    Some(lock)
}
