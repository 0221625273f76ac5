//! What names of a repository stand for, as `git ls-remote` tells it: whole names, tags peeled to their commits.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use super::{
    Access,
    git::{GitError, git},
    resolve::{Found, Unresolved, newest, version},
};
use crate::revision::{Commit, Reference, Repository, Sort};

const TAGS: &str = "refs/tags/";
const BRANCHES: &str = "refs/heads/";

/// Names and the commits that they stand for. Tags of tags are followed to the end.
type Refs = BTreeMap<String, String>;

/// Looks names of one repository up, all at once.
pub(super) async fn resolve(
    access: &Access,
    repository: &Repository,
    references: &BTreeSet<Reference>,
) -> BTreeMap<Reference, Result<Found, Unresolved>> {
    let all = |error: &Unresolved| references.iter().map(|reference| (reference.clone(), Err(error.clone()))).collect();
    let place = match place(access, repository) {
        Ok(place) => place,
        Err(error) => return all(&error),
    };
    let mut patterns: BTreeSet<String> = BTreeSet::new();
    for Reference { sort, name } in references {
        match sort {
            Sort::Tag => patterns.extend([format!("{TAGS}{name}"), format!("{TAGS}{name}^{{}}")]),
            Sort::Branch => patterns.extend([format!("{BRANCHES}{name}")]),
            Sort::Semver => patterns.extend([format!("{TAGS}*")]),
            Sort::Release | Sort::Commit => {}
        }
    }
    let refs = match patterns.is_empty() {
        true => Ok(Refs::new()),
        false => list(access, &place, patterns.iter().map(String::as_str)).await,
    };
    let refs = match refs {
        Ok(refs) => refs,
        Err(error) => return all(&error),
    };
    let found = references.iter().map(|reference| (reference.clone(), find(reference, &refs)));
    let mut found: BTreeMap<Reference, Result<Found, Unresolved>> = found.collect();
    if matches!(repository, Repository::Path(_)) {
        hold_to_commits(access, &place, &mut found).await;
    }
    let is_missing = |found: &Result<Found, Unresolved>| matches!(found, Err(Unresolved::NoReference { .. }));
    if found.values().any(is_missing) {
        // To tell what may be meant. It is missing whether or not that can be told.
        let known = list(access, &place, ["refs/tags/*", "refs/heads/*"].into_iter()).await.unwrap_or_default();
        for (reference, found) in found.iter_mut().filter(|(_, found)| is_missing(found)) {
            *found = Err(missing(reference, &known));
        }
    }
    found
}

/// Takes out what stands for something else than a commit: a tag may name any object. Here it can be looked at; elsewhere it
/// shows when its files are asked for.
async fn hold_to_commits(access: &Access, place: &str, found: &mut BTreeMap<Reference, Result<Found, Unresolved>>) {
    let ids: String = found.values().flatten().flat_map(|found| [found.commit.as_str(), "\n"]).collect();
    let arguments = ["cat-file", "--batch-check=%(objectname) %(objecttype)"];
    let Ok(told) = git(access, Path::new(place), &arguments, ids.as_bytes()).await else { return };
    let told = String::from_utf8_lossy(&told).into_owned();
    for found in found.values_mut() {
        let other = |commit: &Commit| !told.lines().any(|line| line == format!("{commit} commit"));
        if found.as_ref().is_ok_and(|found| other(&found.commit)) {
            *found = Err(Unresolved::NoCommit);
        }
    }
}

/// What git is given as the place of a repository.
fn place(access: &Access, repository: &Repository) -> Result<String, Unresolved> {
    match repository {
        Repository::Path(path) => {
            let place = access.root.join(path);
            if place.is_dir() { Ok(place.display().to_string()) } else { Err(Unresolved::NoDirectory) }
        }
        Repository::Url(url) => Ok(url.clone()),
        Repository::GitHub { owner, name } => Ok(format!("https://github.com/{owner}/{name}")),
    }
}

async fn list<'a>(
    access: &Access,
    place: &'a str,
    patterns: impl Iterator<Item = &'a str>,
) -> Result<Refs, Unresolved> {
    let mut arguments = vec!["ls-remote", "--quiet", "--", place];
    arguments.extend(patterns);
    // Outside of any repository, whose configuration is nobody's business here.
    let told = git(access, Path::new("/"), &arguments, b"").await.map_err(failed)?;
    let mut refs = Refs::new();
    for line in String::from_utf8_lossy(&told).lines() {
        let Some((id, name)) = line.split_once('\t') else { continue };
        // A peeled line comes after that of the tag itself, and goes before it.
        refs.insert(name.strip_suffix("^{}").unwrap_or(name).to_owned(), id.to_owned());
    }
    Ok(refs)
}

fn failed(error: GitError) -> Unresolved {
    Unresolved::Git(Arc::new(error))
}

fn find(Reference { sort, name }: &Reference, refs: &Refs) -> Result<Found, Unresolved> {
    let commit = |id: &String| Commit::new(id.as_str()).map_err(|_| Unresolved::NoCommit);
    let missing = || Unresolved::NoReference { known: Vec::new(), has_other: None };
    // Patterns of git also fit the ends of longer names, so the whole name counts.
    let whole = |path: &str| refs.get(&format!("{path}{name}")).ok_or_else(missing);
    match sort {
        Sort::Tag => Ok(Found { commit: commit(whole(TAGS)?)?, tag: None }),
        Sort::Branch => Ok(Found { commit: commit(whole(BRANCHES)?)?, tag: None }),
        Sort::Semver => {
            let (tag, id) = newest(name, tags(refs)).ok_or_else(missing)?;
            Ok(Found { commit: commit(id)?, tag: Some(tag.to_owned()) })
        }
        Sort::Release => Err(Unresolved::NoReleases),
        Sort::Commit => Ok(Found { commit: commit(name)?, tag: None }),
    }
}

fn tags(refs: &Refs) -> impl Iterator<Item = (&str, &String)> {
    refs.iter().filter_map(|(name, id)| Some((name.strip_prefix(TAGS)?, id)))
}

fn missing(Reference { sort, name }: &Reference, refs: &Refs) -> Unresolved {
    let names = |path: &'static str| refs.keys().filter_map(move |known| known.strip_prefix(path)).map(str::to_owned);
    let has = |path: &str| refs.contains_key(&format!("{path}{name}"));
    match sort {
        Sort::Branch => {
            Unresolved::NoReference { known: names(BRANCHES).collect(), has_other: has(TAGS).then_some(Sort::Tag) }
        }
        Sort::Semver => {
            let known = names(TAGS).filter(|tag| version(tag).is_some()).collect();
            Unresolved::NoReference { known, has_other: None }
        }
        Sort::Tag | Sort::Release | Sort::Commit => {
            let has_other = has(BRANCHES).then_some(Sort::Branch);
            Unresolved::NoReference { known: names(TAGS).collect(), has_other }
        }
    }
}
