//! Which environments are meant: those that fit patterns, and those that changed files have a part in.

use std::collections::BTreeSet;

use super::{About, Workspace, merge};
use crate::{
    diagnostic::Diagnostic,
    names::{EnvironmentName, Pattern},
};

impl Workspace {
    /// The environments that can be planned and fit a pattern.
    ///
    /// # Errors
    /// A diagnostic with the name that was meant, when none does.
    pub fn fitting(&self, pattern: &Pattern) -> Result<BTreeSet<EnvironmentName>, Diagnostic> {
        let glob = match pattern {
            Pattern::Name(name) => return Ok(BTreeSet::from([self.find(name)?.clone()])),
            Pattern::Glob(glob) => glob,
        };
        let fitting: BTreeSet<EnvironmentName> = self.names().filter(|name| pattern.fits(name)).cloned().collect();
        if !fitting.is_empty() {
            return Ok(fitting);
        }
        let diagnostic =
            Diagnostic::new("no such environment").detail(format!("no environment with a file fits `{glob}`"));
        let template = self.environments.keys().find(|name| pattern.fits(name));
        Err(match template {
            Some(template) => diagnostic.help(format!("`{template}` fits, but it is only a template for others")),
            None => {
                super::fields::suggest(diagnostic, &glob.replace('*', ""), self.names().map(EnvironmentName::as_str))
            }
        })
    }

    /// Whether any of these paths has a part in what an environment asks for: its file and its lock, the files that it
    /// extends, the modules that it uses, or `ditc.toml`. A path may be that of a directory, and may no longer be there.
    #[must_use]
    pub fn is_touched(&self, name: &EnvironmentName, changed: &BTreeSet<String>) -> bool {
        let mut used = self.used(name);
        used.extend(self.missing_base(name).map(About::Environment));
        let places = used.iter().filter_map(|about| match about {
            About::Settings => Some("ditc.toml".to_owned()),
            About::Environment(name) => Some(format!("environments/{name}.toml")),
            About::Module(name) => Some(format!("modules/{name}")),
            About::Given | About::Nothing => None,
        });
        let places: Vec<String> = places.chain([format!("environments/{name}.lock.toml")]).collect();
        changed.iter().any(|path| places.iter().any(|place| is_within(path, place) || is_within(place, path)))
    }

    /// What an environment says that it extends, where there is no such file: it may just have been removed.
    fn missing_base(&self, name: &EnvironmentName) -> Option<EnvironmentName> {
        let (chain, _) = merge::chain(&self.environments, name);
        let first = self.environments.get(*chain.first()?)?.table.as_ref()?;
        let base = EnvironmentName::new(first.string("extends")?).ok()?;
        (!self.environments.contains_key(&base)).then_some(base)
    }

    /// The environments whose files are among these paths and are not there.
    #[must_use]
    pub fn removed(&self, changed: &BTreeSet<String>) -> BTreeSet<EnvironmentName> {
        let names = changed.iter().filter_map(|path| {
            let name = path.strip_prefix("environments/")?.strip_suffix(".toml")?;
            EnvironmentName::new(name).ok()
        });
        names.filter(|name| !self.environments.contains_key(name)).collect()
    }

    /// Every environment that has a file, templates for others among them.
    pub fn files(&self) -> impl Iterator<Item = &EnvironmentName> {
        self.environments.keys()
    }
}

/// Whether a path is a place or lies in it.
fn is_within(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
