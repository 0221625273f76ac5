//! The archives that GitHub makes of a commit: a tar in the formats of POSIX, packed by gzip. It is read once, with bounds,
//! for all paths that are wanted of it; nothing is written, and what git never puts into one is refused by name.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read},
};

use flate2::read::GzDecoder;

use super::tree::{BYTES, Gathered, Tree, TreeError};
use crate::revision::{Commit, Repository};

/// A tar is made of blocks of this size.
const BLOCK: u64 = 512;
/// What may be told about one entry: a path, and where a link leads.
const RECORDS: u64 = 64 * 1024;

/// Reads what lies at each of these paths. What is wrong with the archive is wrong for all of them.
///
/// # Errors
/// When it is cut off or damaged, is of another commit, is too large, or holds what git puts into none.
pub(super) fn trees(
    packed: &[u8],
    repository: &Repository,
    commit: &Commit,
    paths: &[&str],
) -> Result<Vec<Result<Tree, TreeError>>, TreeError> {
    let mut archive = Archive { rest: GzDecoder::new(packed).take(BYTES + 1) };
    let mut wanted: Vec<Wanted<'_>> = paths
        .iter()
        .map(|path| Wanted { path, gathered: Ok(Gathered::default()), is_there: path.is_empty() })
        .collect();
    let (mut seen, mut is_told) = (BTreeSet::new(), false);
    // Git keeps no directory without a file; what it packs of a submodule is one.
    let mut empty: BTreeSet<String> = BTreeSet::new();
    while let Some(Entry { path, size, content }) = archive.next()? {
        let content = match content {
            // Git says there of which commit it is.
            Content::Comment(said) if said == commit.as_str() => {
                is_told = true;
                continue;
            }
            Content::Comment(said) => {
                return Err(TreeError::WrongCommit { commit: commit.clone(), said: shown(&said) });
            }
            content => content,
        };
        if !is_told {
            return Err(nonsense("it does not say of which commit it is"));
        }
        let path = inner(&path)?;
        // Whatever lies in a directory comes behind it.
        if let Some((directory, _)) = path.rsplit_once('/') {
            empty.remove(directory);
        }
        let mut bytes = None;
        for Wanted { path: at, gathered, is_there } in &mut wanted {
            let Ok(taken) = gathered else { continue };
            let Some(name) = below(at, path) else { continue };
            *is_there = true;
            let taking = match &content {
                Content::Directory if !path.is_empty() => {
                    empty.insert(path.to_owned());
                    Ok(())
                }
                Content::Directory | Content::Comment(_) => Ok(()),
                Content::Special => Err(TreeError::Special { path: shown(name) }),
                Content::Link(target) => {
                    taken.reserve(name, 0).map(|()| taken.link(name.to_owned(), target.as_bytes()))
                }
                Content::File { is_executable } => match taken.reserve(name, size) {
                    Ok(()) => {
                        let bytes = match &bytes {
                            Some(bytes) => bytes,
                            None => bytes.insert(archive.bytes(size)?),
                        };
                        taken.file(name.to_owned(), bytes.clone(), *is_executable);
                        Ok(())
                    }
                    Err(error) => Err(error),
                },
            };
            if let Err(error) = taking {
                *gathered = Err(error);
            }
        }
        if bytes.is_none() {
            archive.skip(size)?;
        }
        archive.skip(size.next_multiple_of(BLOCK) - size)?;
        seen.insert(path.to_owned());
    }
    let trees = wanted.into_iter().map(|Wanted { path, gathered, is_there }| {
        if !is_there {
            let (repository, commit, path) = (repository.clone(), commit.clone(), path.to_owned());
            let near = near(&seen, &path);
            return Err(TreeError::NoPath { repository, commit, path, near });
        }
        if let Some(name) = empty.iter().find_map(|empty| below(path, empty)) {
            return Err(TreeError::Submodule { path: name.to_owned() });
        }
        gathered?.tree(commit)
    });
    Ok(trees.collect())
}

/// A path that is wanted, and what was found there so far.
struct Wanted<'a> {
    path: &'a str,
    gathered: Result<Gathered, TreeError>,
    is_there: bool,
}

struct Entry {
    /// As it is written, with the directory that holds everything.
    path: String,
    /// So many bytes follow.
    size: u64,
    content: Content,
}

enum Content {
    File {
        is_executable: bool,
    },
    Link(String),
    Directory,
    /// What git packs never, or cannot keep.
    Special,
    /// No entry, but what is said about the whole archive.
    Comment(String),
}

struct Archive<R> {
    rest: io::Take<R>,
}

impl<R: Read> Archive<R> {
    /// The next entry; its bytes are to be taken or skipped before the one after it. None at the end.
    fn next(&mut self) -> Result<Option<Entry>, TreeError> {
        let mut records = BTreeMap::new();
        loop {
            let header = self.bytes(BLOCK)?;
            if header.iter().all(|byte| *byte == 0) {
                // What comes after it is nothing but zeros, and shows whether the packing is whole.
                io::copy(&mut self.rest, &mut io::sink()).map_err(damaged)?;
                return if self.rest.limit() == 0 { Err(TreeError::TooBig) } else { Ok(None) };
            }
            let text = |range: std::ops::Range<usize>| {
                let bytes = header[range].split(|byte| *byte == 0).next().unwrap_or_default();
                std::str::from_utf8(bytes).map_err(|_| TreeError::Name { path: shown(&String::from_utf8_lossy(bytes)) })
            };
            let number = |range: std::ops::Range<usize>| {
                u64::from_str_radix(text(range)?.trim(), 8).map_err(|_| nonsense("a number in it is none"))
            };
            let sum: u64 = header
                .iter()
                .enumerate()
                .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) })
                .sum();
            if number(148..156)? != sum {
                return Err(nonsense("a sum in it is wrong"));
            }
            let size = number(124..136)?;
            let kind = header[156];
            if matches!(kind, b'g' | b'x') {
                if size > RECORDS {
                    return Err(nonsense("it says too much about one entry"));
                }
                let told = self.bytes(size)?;
                self.skip(size.next_multiple_of(BLOCK) - size)?;
                let told = read_records(&told).ok_or_else(|| nonsense("what it says about an entry cannot be read"))?;
                if kind == b'g' {
                    let comment = told.into_iter().find(|(key, _)| key == "comment");
                    let Some((_, comment)) = comment else { continue };
                    return Ok(Some(Entry { path: String::new(), size: 0, content: Content::Comment(comment) }));
                }
                records.extend(told);
                continue;
            }
            let path = match (records.remove("path"), text(345..500)?) {
                (Some(path), _) => path,
                (None, "") => text(0..100)?.to_owned(),
                (None, prefix) => format!("{prefix}/{}", text(0..100)?),
            };
            // Only files that are larger than anything here may be have their size told so.
            if records.contains_key("size") {
                return Err(TreeError::TooBig);
            }
            let content = match kind {
                b'0' | 0 => Content::File { is_executable: number(100..108)? & 0o111 != 0 },
                b'2' => {
                    Content::Link(records.remove("linkpath").map_or_else(|| text(157..257).map(str::to_owned), Ok)?)
                }
                b'5' => Content::Directory,
                b'1' | b'3'..=b'7' => Content::Special,
                // It may say how others are called.
                _ => return Err(TreeError::Special { path: shown(&path) }),
            };
            return Ok(Some(Entry { path, size, content }));
        }
    }

    fn bytes(&mut self, size: u64) -> Result<Vec<u8>, TreeError> {
        let mut bytes = Vec::new();
        self.rest.by_ref().take(size).read_to_end(&mut bytes).map_err(damaged)?;
        self.ended(bytes.len() as u64, size)?;
        Ok(bytes)
    }

    fn skip(&mut self, size: u64) -> Result<(), TreeError> {
        let skipped = io::copy(&mut self.rest.by_ref().take(size), &mut io::sink()).map_err(damaged)?;
        self.ended(skipped, size)
    }

    /// Makes sure that all came that was to come.
    fn ended(&self, came: u64, wanted: u64) -> Result<(), TreeError> {
        match came == wanted {
            true => Ok(()),
            false if self.rest.limit() == 0 => Err(TreeError::TooBig),
            false => Err(nonsense("it is cut off")),
        }
    }
}

/// `LENGTH KEY=VALUE` and a line end, as often as there is something to tell.
fn read_records(mut rest: &[u8]) -> Option<Vec<(String, String)>> {
    let mut records = Vec::new();
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ')?;
        let length: usize = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
        let record = rest.get(space + 1..length)?.strip_suffix(b"\n")?;
        let (key, value) = std::str::from_utf8(record).ok()?.split_once('=')?;
        records.push((key.to_owned(), value.to_owned()));
        rest = &rest[length..];
    }
    Some(records)
}

/// A path without the directory that holds everything, and what no path may be.
fn inner(path: &str) -> Result<&str, TreeError> {
    let name = || TreeError::Name { path: shown(path) };
    if path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err(name());
    }
    let (_, inner) = path.split_once('/').ok_or_else(name)?;
    Ok(inner.trim_end_matches('/'))
}

/// The name of an entry in the tree at a path, if it lies there. A single file has its own.
fn below<'a>(at: &str, path: &'a str) -> Option<&'a str> {
    match path.strip_prefix(at)? {
        "" => path.rsplit('/').next(),
        rest if at.is_empty() => Some(rest),
        rest => rest.strip_prefix('/'),
    }
}

/// What lies beside a path that is not there.
fn near(seen: &BTreeSet<String>, path: &str) -> Vec<String> {
    let mut at = path;
    loop {
        at = at.rsplit_once('/').map_or("", |(parent, _)| parent);
        let start = if at.is_empty() { String::new() } else { format!("{at}/") };
        let names = seen.iter().filter_map(|path| path.strip_prefix(&start)?.split('/').next());
        let names: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
        if at.is_empty() || !names.is_empty() {
            return names.into_iter().map(|name| format!("{start}{name}")).collect();
        }
    }
}

fn damaged(error: io::Error) -> TreeError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => nonsense("it is cut off"),
        _ => nonsense(&error.to_string()),
    }
}

fn nonsense(why: &str) -> TreeError {
    TreeError::Archive(why.to_owned())
}

/// What stands in an archive, as it may be shown.
fn shown(text: &str) -> String {
    text.escape_debug().take(200).collect()
}
