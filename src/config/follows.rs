//! What a service follows: a repository and one name in it. Which commit that is, `sources` looks up.

use std::mem;

use super::{
    Workspace,
    environment::{Component, environment},
    expand::Run,
    expression::{self, Known, Scope},
    fields::{Fields, listed},
    merge,
    object::{Rules, Types},
    value::Table,
    variables,
};
use crate::{
    diagnostic::{Diagnostic, Sources, Span, Spanned},
    kinds::Kinds,
    names::{ComponentName, EnvironmentName},
    revision::{Commit, LATEST, Reference, Repository, Revision, Sort},
};

/// The summary of a complaint about a text that must not be shown.
pub(super) const CREDENTIALS: &str = "credentials in a file";

/// What a service's table says about where it comes from, before expressions are evaluated.
#[derive(Debug, Clone, Default)]
pub(super) struct Follows {
    pub(super) repo: Option<Spanned<String>>,
    pub(super) reference: Option<(Sort, Spanned<String>)>,
    /// The tag of its image, where that is not the version.
    pub(super) image_tag: Option<Spanned<String>>,
}

impl Follows {
    /// What the image's tag is made from, where no `image_tag` says it.
    pub(super) fn version(&self) -> Option<&Spanned<String>> {
        self.reference.as_ref().map(|(_, text)| text)
    }
}

/// Reads `repo`, `image_tag` and the one of `tag`, `branch`, `release`, `semver` and `commit` that is there.
pub(super) fn follows(fields: &mut Fields<'_, '_>, title: &str, is_extending: bool) -> Follows {
    let (repo, image_tag) = (fields.string("repo"), fields.string("image_tag"));
    let mut named: Vec<(Sort, Spanned<String>, Span)> = Vec::new();
    for sort in Sort::ALL {
        let key = fields.entry(sort.word()).map(|entry| entry.key.span.clone());
        if let (Some(text), Some(key)) = (fields.string(sort.word()), key) {
            named.push((sort, text, key));
        }
    }
    named.sort_by_key(|(.., key)| key.range.start);
    if let [(first, _, first_key), rest @ ..] = named.as_slice()
        && let Some((second, _, second_key)) = rest.first()
    {
        fields.complain(
            Diagnostic::new("two references")
                .at(second_key.clone(), format!("`{}` already says what to follow", first.word()))
                .related(first_key.clone(), "said here")
                .detail(format!(
                    "{title} would stand at `{}` and at `{}`; it follows exactly one of {}",
                    first.word(),
                    second.word(),
                    listed(Sort::ALL.map(Sort::word))
                ))
                .help("remove one of them"),
        );
    }
    let reference = named.into_iter().next().map(|(sort, text, _)| (sort, text));
    // Before anything else shows its line.
    if let Some(Err(mistake)) = repo.as_ref().map(|repo| repository(&repo.value, &repo.span))
        && mistake.summary == CREDENTIALS
    {
        fields.complain(mistake);
    }
    if let (Some((sort @ (Sort::Branch | Sort::Release | Sort::Semver), text)), None, false) =
        (&reference, &repo, is_extending)
    {
        fields.complain(
            Diagnostic::new("reference without a repository")
                .at(text.span.clone(), "looked up where?")
                .detail(format!("{title} follows a {} and names no `repo` that has it", sort.word()))
                .help("add `repo = \"org/repo\"`, a git URL or a path; or name the image's tag with `tag`"),
        );
    }
    Follows { repo, reference, image_tag }
}

/// Leaves out what a service of a base followed, where the file above says something else.
pub(super) fn override_reference(below: &mut Table, above: &Table) {
    let is_reference = |key: &str| Sort::ALL.iter().any(|sort| sort.word() == key);
    if above.entries.iter().any(|entry| is_reference(&entry.key.value)) {
        below.entries.retain(|entry| !is_reference(&entry.key.value));
    }
}

/// What a component stands at, as templates and expressions know it.
#[derive(Debug, Default)]
pub(super) struct Stand {
    /// The commit where it is known, else the tag.
    pub(super) version: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) revision: Option<Revision>,
}

impl Stand {
    /// Stands in for one that nobody has looked up; nothing that is made with it is ever applied.
    fn unknown(sort: Sort, named: Option<String>) -> Self {
        let commit = Some("0".repeat(40));
        let version = named.clone().or_else(|| commit.clone());
        let has_tag = matches!(sort, Sort::Release | Sort::Semver);
        let tag = named.or_else(|| has_tag.then(|| "0.0.0".to_owned()));
        Self { version, commit, tag, revision: None }
    }

    /// The names that are given, with what they stand for.
    pub(super) fn names(&self) -> Vec<(&'static str, String)> {
        let short = self.commit.as_ref().map(|commit| commit.chars().take(7).collect());
        let names = [
            ("version", self.version.clone()),
            ("commit", self.commit.clone()),
            ("short", short),
            ("tag", self.tag.clone()),
        ];
        names.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Puts these names into a scope; what is not known is barred from it, with the reason.
    pub(super) fn put(&self, scope: &mut Scope, component: &Component) {
        let (id, known) = (&component.id, self.names());
        for name in ["version", "commit", "short", "tag"] {
            let value = known.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
            let barred = |why: String, help: &str| Known::Barred { why, help: help.to_owned() };
            let value = match (value, name) {
                (Some(value), _) => Known::text(value),
                (None, "version") => {
                    let why = format!("`{id}` names neither a commit nor a tag, so it has no version");
                    barred(why, "add `tag` or `commit` to it")
                }
                (None, "tag") => barred(format!("`{id}` follows no tag"), "use `version` or `commit`"),
                (None, _) => {
                    barred(format!("the commit of `{id}` is not known"), "add `repo`, so that its tag is looked up")
                }
            };
            scope.names.insert(name.to_owned(), value);
        }
    }
}

/// Finds out what a component stands at. None: an expression was wrong and is told. Another mistake is told too, and a
/// stand-in given, so that the rest of the component is looked at as well.
pub(super) fn stand(run: &mut Run<'_>, environment: &EnvironmentName, component: &Component) -> Option<Stand> {
    let Follows { repo, reference, image_tag: _ } = &component.follows;
    let Some((sort, text)) = reference else {
        let Some(repo) = repo else { return Some(Stand::default()) };
        run.diagnostics.push(
            Diagnostic::new("repository without a reference")
                .at(repo.span.clone(), "which of its commits?")
                .detail(format!("`{}` follows nothing of this repository", component.id))
                .help(format!("add one of {}: `tag = \"dev\"`", listed(Sort::ALL.map(Sort::word)))),
        );
        return Some(Stand::unknown(Sort::Commit, None));
    };
    let name = expression::text(text, &run.scope, run.sources, &mut run.diagnostics)?;
    let Some(repo) = repo else {
        let is_commit = *sort == Sort::Commit;
        let (commit, tag) = if is_commit { (Some(name.clone()), None) } else { (None, Some(name.clone())) };
        return Some(Stand { version: Some(name), commit, tag, revision: None });
    };
    let place = expression::text(repo, &run.scope, run.sources, &mut run.diagnostics)?;
    let (repository, reference) = (repository(&place, &repo.span), self::reference(*sort, &name, &text.span));
    if repository.as_ref().is_err_and(|mistake| mistake.summary == CREDENTIALS) {
        run.sources.mask(&repo.span);
    }
    let looked_up = run.workspace.revisions.get(&(environment.clone(), component.id.name.clone()));
    let named = (*sort == Sort::Tag).then(|| name.clone());
    let revision = match (repository, reference) {
        (Ok(repository), Ok(reference)) => match looked_up {
            Some(Ok(revision)) if revision.reference == reference && revision.repository == repository => {
                Some(revision.clone())
            }
            Some(Err(mistake)) => {
                run.diagnostics.push(mistake.clone());
                None
            }
            _ => match Commit::new(reference.name.as_str()) {
                Ok(commit) if *sort == Sort::Commit => {
                    Some(Revision { repository, reference, commit, tag: None, since: None })
                }
                // Nobody was asked: enough to see whether the files are right.
                _ => {
                    run.unasked.insert(component.id.clone());
                    None
                }
            },
        },
        (repository, reference) => {
            run.diagnostics.extend(repository.err().into_iter().chain(reference.err()));
            None
        }
    };
    let Some(revision) = revision else { return Some(Stand::unknown(*sort, named)) };
    let commit = revision.commit.to_string();
    let tag = named.or_else(|| revision.tag.clone());
    Some(Stand { version: Some(commit.clone()), commit: Some(commit), tag, revision: Some(revision) })
}

fn repository(text: &str, span: &Span) -> Result<Repository, Diagnostic> {
    Repository::new(text).map_err(|no| {
        let diagnostic = match no.is_secret {
            true => Diagnostic::new(CREDENTIALS).at(span.clone(), "nothing that may be shown"),
            false => Diagnostic::new("invalid repository").at(span.clone(), "not a place that is asked"),
        };
        diagnostic.detail(format!("what `repo` names {}", no.why)).help(no.help)
    })
}

fn reference(sort: Sort, name: &str, span: &Span) -> Result<Reference, Diagnostic> {
    Reference::new(sort, name).map_err(|why| {
        let diagnostic = Diagnostic::new("invalid reference")
            .at(span.clone(), format!("not the name of a {}", sort.word()))
            .detail(format!("the name {why}"));
        match sort {
            Sort::Commit => {
                diagnostic.help("`git rev-parse NAME` prints all of them; fewer may come to mean another commit")
            }
            Sort::Semver => diagnostic.help("ranges are written as in Cargo: `^1.4`, `~1.4.2`, `>=1.2, <2`"),
            Sort::Release => diagnostic.help(format!("`release = \"{LATEST}\"`, or the tag of one")),
            Sort::Tag | Sort::Branch => {
                let bare = ["refs/tags/", "refs/heads/"].iter().find_map(|path| name.strip_prefix(path));
                match bare {
                    Some(bare) => diagnostic.help(format!("`{} = \"{bare}\"`", sort.word())),
                    None => diagnostic,
                }
            }
        }
    })
}

/// A service that follows a name in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    pub component: ComponentName,
    pub repository: Repository,
    pub reference: Reference,
    /// Where the reference is written.
    pub origin: Span,
    /// Where the repository is written.
    pub place: Span,
}

/// The services of an environment whose commit must be looked up; the answers belong into [`Workspace::revisions`] before
/// the environment is expanded. Mistakes are left for [`expand`](super::expand()) to tell.
pub fn tracked(workspace: &mut Workspace, name: &EnvironmentName) -> Vec<Tracked> {
    let mut sources = mem::take(&mut workspace.sources);
    let found = tracked_with(workspace, &mut sources, name);
    workspace.sources = sources;
    found.unwrap_or_default()
}

fn tracked_with(workspace: &Workspace, sources: &mut Sources, name: &EnvironmentName) -> Option<Vec<Tracked>> {
    let (chain, _) = merge::chain(&workspace.environments, name);
    let namespace = workspace.namespaces.get(name)?;
    let merged = workspace.merged(&chain);
    let mut environment = environment(&merged, false, &workspace.service_inputs(), &mut Vec::new());
    variables::put(&mut environment.variables, &workspace.given, sources, &mut Vec::new());
    let kinds = Kinds::default();
    let rules =
        Rules { environment: name, namespace, kinds: &kinds, settings: &workspace.settings, types: Types::Left };
    let mut run = Run::new(workspace, sources, rules);
    run.scope(&environment);
    let tracked = environment.components.values().filter_map(|component| {
        let Follows { repo: Some(repo), reference: Some((sort, name)), image_tag: _ } = &component.follows else {
            return None;
        };
        let mut text = |text| expression::text(text, &run.scope, run.sources, &mut run.diagnostics);
        let repository = Repository::new(&text(repo)?).ok()?;
        let reference = Reference::new(*sort, text(name)?).ok().filter(|reference| reference.sort != Sort::Commit)?;
        let (origin, place) = (name.span.clone(), repo.span.clone());
        Some(Tracked { component: component.id.name.clone(), repository, reference, origin, place })
    });
    Some(tracked.collect())
}
