//! What changed in a working copy since a commit: by commits, in the index, in the tree, and what git does not know.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Output, Stdio},
};

use super::{Error, Said};

/// The paths under `root`, relative to it and among `places`, that differ from where the history of HEAD left `reference`:
/// committed since, staged, or in the working tree. Files that git does not follow always differ, ignored ones too, since
/// nobody can say that they do not. What others did to `reference` in the meantime is no change.
///
/// # Errors
/// When git cannot tell: it is not there, this is no working copy, or the commit is unknown.
pub fn changed_since<'a>(
    root: &Path,
    reference: &str,
    places: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeSet<String>, Error> {
    let places: Vec<&str> = places.into_iter().collect();
    let doing = || format!("asking git what changed since `{reference}`");
    is_inside(root)?.map_err(|told| Error::Failed { doing: doing(), source: said(&told) })?;
    let commit = format!("{reference}^{{commit}}");
    let commit = git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
    if !commit.status.success() {
        return Err(Error::UnknownCommit(reference.to_owned()));
    }
    let commit = text(&commit.stdout);
    let bases = git(root, &["merge-base", "--all", &commit, "HEAD"])?;
    let bases = text(&bases.stdout);
    if bases.is_empty() {
        return Err(Error::Unrelated(reference.to_owned()));
    }
    let mut changed = BTreeSet::new();
    let mut ask = |arguments: &[&str]| {
        let arguments = [arguments, &["--"], &places].concat();
        let told = git(root, &arguments)?;
        if !told.status.success() {
            return Err(Error::Failed { doing: doing(), source: said(&told) });
        }
        let paths = told.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        changed.extend(paths.map(|path| String::from_utf8_lossy(path).into_owned()));
        Ok(())
    };
    // Renames are told as what they are made of, since both names count.
    let diff = ["diff", "--name-only", "-z", "--relative", "--no-renames", "--no-ext-diff", "--ignore-submodules=none"];
    for base in bases.lines() {
        ask(&[&diff[..], &[base]].concat())?;
        ask(&[&diff[..], &["--cached", base]].concat())?;
    }
    ask(&["ls-files", "-z", "--others"])?;
    Ok(changed)
}

/// Git in a working copy: it asks nobody and leaves its index as it is.
pub(super) fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(["-c", "core.quotePath=false", "--literal-pathspecs"]).args(arguments);
    command.envs([("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")]);
    command.stdin(Stdio::null());
    command
}

/// Runs git, which is told nothing but its arguments.
pub(super) fn git(root: &Path, arguments: &[&str]) -> Result<Output, Error> {
    command(root, arguments).output().map_err(Error::Start)
}

/// Whether a directory is in a git working copy.
pub(super) fn is_inside(root: &Path) -> Result<Result<(), Output>, Error> {
    let inside = git(root, &["rev-parse", "--is-inside-work-tree"])?;
    Ok(if inside.status.success() && inside.stdout.trim_ascii() == b"true" { Ok(()) } else { Err(inside) })
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

pub(super) fn said(output: &Output) -> Said {
    match text(&output.stderr) {
        silent if silent.is_empty() => Said("this is no working copy".to_owned()),
        text => Said(text.lines().next().unwrap_or_default().to_owned()),
    }
}
