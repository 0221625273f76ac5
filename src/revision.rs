//! What a service follows in git: a repository, a name in it, and the commit that the name stood for. Looking a name up is
//! the business of `sources`.

use std::{fmt, str::FromStr};

/// Where a service's sources are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repository {
    /// `org/repo`, on GitHub or on the GitHub Enterprise of the workspace.
    GitHub { owner: String, name: String },
    /// A URL of https, ssh, git or file, or `host:path` over ssh.
    Url(String),
    /// A path, relative to the workspace.
    Path(String),
}

/// Why a text names no repository, as a fragment that follows the text, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRepository {
    pub why: String,
    pub help: String,
    /// Something in it is a password or a token, so that the text must not be shown.
    pub is_secret: bool,
}

/// The transports that git may use, as URLs name them.
pub const TRANSPORTS: [&str; 4] = ["https", "ssh", "git", "file"];

const FORMS: &str =
    "write `org/repo` for GitHub, a URL of https, ssh, git or file, or a path that begins with `./`, `../` or `/`";

impl Repository {
    /// Reads what a user typed. What git could take for an option, a command or a password is refused.
    ///
    /// # Errors
    /// Why it is no repository.
    pub fn new(text: &str) -> Result<Self, NoRepository> {
        let no = |why: &str, help: &str| NoRepository { why: why.to_owned(), help: help.to_owned(), is_secret: false };
        if text.is_empty() {
            return Err(no("is empty", FORMS));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(no("holds a space or a control character", FORMS));
        }
        if text.starts_with('-') {
            return Err(no("begins with `-`, so git would take it for an option", FORMS));
        }
        if matches!(text, "." | "..") || text.starts_with("./") || text.starts_with("../") || text.starts_with('/') {
            return Ok(Self::Path(text.to_owned()));
        }
        if let Some((helper, _)) = text.split_once("::")
            && helper.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'))
        {
            return Err(no("names a transport helper, which runs commands", FORMS));
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            return url(text, scheme, rest);
        }
        match text.split_once(':') {
            Some((host, path)) if !host.contains('/') => scp(text, host, path),
            _ => github(text),
        }
    }
}

fn refusal(why: impl Into<String>, help: impl Into<String>) -> NoRepository {
    NoRepository { why: why.into(), help: help.into(), is_secret: false }
}

fn url(text: &str, scheme: &str, rest: &str) -> Result<Repository, NoRepository> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    if user.is_some_and(|user| scheme != "ssh" || user.contains(':')) {
        return Err(NoRepository {
            why: "holds credentials, which would end up in git, in logs and in lists of processes".to_owned(),
            help: "leave them out: git asks its credential helper, and GitHub is asked with DITC_GITHUB_TOKEN"
                .to_owned(),
            is_secret: true,
        });
    }
    if text.contains(['?', '#']) {
        return Err(NoRepository {
            why: "has a query or a fragment, which no repository has".to_owned(),
            help: FORMS.to_owned(),
            is_secret: true,
        });
    }
    if !TRANSPORTS.contains(&scheme) {
        let why = match scheme {
            "http" => "is asked over plain http, where anybody on the way can answer".to_owned(),
            _ => format!("is reached by `{scheme}`, which is not one of {}", TRANSPORTS.join(", ")),
        };
        return Err(refusal(why, FORMS));
    }
    if host.starts_with('-') || user.is_some_and(|user| user.starts_with('-')) {
        return Err(refusal("has a host that begins with `-`, which ssh would take for an option", FORMS));
    }
    if scheme != "file" && host.is_empty() {
        return Err(refusal("names no host", FORMS));
    }
    if path.trim_matches('/').is_empty() {
        return Err(refusal("names a host and no repository on it", FORMS));
    }
    Ok(Repository::Url(text.to_owned()))
}

/// `[user@]host:path`, as scp writes it.
fn scp(text: &str, place: &str, path: &str) -> Result<Repository, NoRepository> {
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    if host.is_empty() || path.is_empty() {
        return Err(refusal("names no host or no path on it", FORMS));
    }
    if host.starts_with('-') || path.starts_with('-') {
        return Err(refusal("has a part that begins with `-`, which ssh would take for an option", FORMS));
    }
    Ok(Repository::Url(text.to_owned()))
}

fn github(text: &str) -> Result<Repository, NoRepository> {
    let mut parts = text.split('/');
    let (Some(owner), Some(name), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(refusal("is no repository that ditc knows how to find", FORMS));
    };
    let is_right = |part: &str| {
        let letters = part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        letters && !part.is_empty() && !part.starts_with('-') && !matches!(part, "." | "..")
    };
    if !is_right(owner) || !is_right(name) {
        return Err(refusal("is no `org/repo` as GitHub has them", FORMS));
    }
    if let Some(name) = name.strip_suffix(".git") {
        return Err(refusal("ends with `.git`, which belongs to URLs", format!("`repo = \"{owner}/{name}\"`")));
    }
    Ok(Repository::GitHub { owner: owner.to_owned(), name: name.to_owned() })
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Repository::GitHub { owner, name } => write!(f, "{owner}/{name}"),
            Repository::Url(text) | Repository::Path(text) => f.write_str(text),
        }
    }
}

impl FromStr for Repository {
    type Err = NoRepository;
    fn from_str(text: &str) -> Result<Self, NoRepository> {
        Self::new(text)
    }
}

impl fmt::Display for NoRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// A commit by its whole name: 40 hexadecimal digits, or 64 where git counts with SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Commit(String);

/// A text that is no whole name of a commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is no commit: that is 40 or 64 hexadecimal digits in lower case")]
pub struct NoCommit;

impl Commit {
    /// # Errors
    /// When it is not a whole name.
    pub fn new(text: impl Into<String>) -> Result<Self, NoCommit> {
        let text = text.into();
        let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_hex && matches!(text.len(), 40 | 64) { Ok(Self(text)) } else { Err(NoCommit) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..7]
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Commit {
    type Err = NoCommit;
    fn from_str(text: &str) -> Result<Self, NoCommit> {
        Self::new(text)
    }
}

/// By which sort of name a service follows its repository; the words are the keys of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Tag,
    Branch,
    Release,
    Semver,
    Commit,
}

impl Sort {
    pub const ALL: [Sort; 5] = [Sort::Tag, Sort::Branch, Sort::Release, Sort::Semver, Sort::Commit];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Sort::Tag => "tag",
            Sort::Branch => "branch",
            Sort::Release => "release",
            Sort::Semver => "semver",
            Sort::Commit => "commit",
        }
    }
}

/// The release that is followed when it is the newest that counts.
pub const LATEST: &str = "latest";

/// A name in a repository that a service follows: `tag dev`, `branch main`, `release latest`, `semver ^1.4`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    pub sort: Sort,
    pub name: String,
}

impl Reference {
    /// Checks a name before anything is asked about it.
    ///
    /// # Errors
    /// Why it can be no such name, as a fragment that follows it.
    pub fn new(sort: Sort, name: impl Into<String>) -> Result<Self, String> {
        let name = name.into();
        match sort {
            Sort::Commit => Commit::new(name.as_str()).map(|_| ()).map_err(|why| why.to_string()),
            Sort::Semver => {
                semver::VersionReq::parse(&name).map(|_| ()).map_err(|why| format!("is no range of versions: {why}"))
            }
            Sort::Tag | Sort::Branch | Sort::Release => ref_name(&name),
        }?;
        Ok(Self { sort, name })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sort.word(), self.name)
    }
}

/// The rules of git for the names of tags and branches (<https://git-scm.com/docs/git-check-ref-format>), and no paths.
fn ref_name(name: &str) -> Result<(), String> {
    let refused = |why: &str| Err(why.to_owned());
    if name.is_empty() {
        return refused("is empty");
    }
    if name.starts_with('-') {
        return refused("begins with `-`, so git would take it for an option");
    }
    if name.starts_with("refs/") {
        return refused("is a path of git; the name alone is meant, without `refs/tags/` or `refs/heads/`");
    }
    if let Some(c) = name.chars().find(|c| c.is_control() || " ~^:?*[\\".contains(*c)) {
        return Err(format!("holds {c:?}, which no name in git may hold"));
    }
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.to_lowercase().ends_with(".lock");
    if name.contains("..") || name.contains("@{") || name == "@" || name.ends_with('.') || !name.split('/').all(is_part)
    {
        return refused("is no name that git allows");
    }
    if name.len() > 250 {
        return refused("is longer than any name that git can keep");
    }
    Ok(())
}

/// What a service stands at: a commit, and the name that led there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub repository: Repository,
    pub reference: Reference,
    pub commit: Commit,
    /// The tag that a release or a range led to.
    pub tag: Option<String>,
    /// What came since the commit that is applied; none where that is not known, or there is no other.
    pub since: Option<Since>,
}

impl Revision {
    /// The full name of what led to the commit, as git writes it; none where that is the commit itself.
    #[must_use]
    pub fn full_name(&self) -> Option<String> {
        let Reference { sort, name } = &self.reference;
        match sort {
            Sort::Tag => Some(format!("refs/tags/{name}")),
            Sort::Branch => Some(format!("refs/heads/{name}")),
            Sort::Release | Sort::Semver => self.tag.as_ref().map(|tag| format!("refs/tags/{tag}")),
            Sort::Commit => None,
        }
    }
}

/// What lies between two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    pub from: Commit,
    /// How many commits came; none where nobody could tell.
    pub commits: Option<u64>,
    /// How many of those before are not there any more: the reference went back, or aside.
    pub back: Option<u64>,
    /// The first line of the newest.
    pub subject: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, why: &str) {
        let refused = Repository::new(text).expect_err(text);
        assert!(refused.why.contains(why), "{text}: {}", refused.why);
    }

    #[test]
    fn repositories_are_names_urls_and_paths() {
        let github = |owner: &str, name: &str| Repository::GitHub { owner: owner.to_owned(), name: name.to_owned() };
        assert_eq!(Repository::new("kooba/ditc-orders"), Ok(github("kooba", "ditc-orders")));
        for url in [
            "https://git.example.com/team/orders.git",
            "https://git.example.com:8443/orders",
            "ssh://git@git.example.com:22/orders",
            "ssh://git.example.com/~jane/orders",
            "git://127.0.0.1:9418/orders",
            "file:///srv/git/orders.git",
            "git@github.com:kooba/ditc-orders.git",
            "host:orders",
        ] {
            assert_eq!(Repository::new(url), Ok(Repository::Url(url.to_owned())), "{url}");
        }
        for path in [".", "..", "./orders", "../orders", "/srv/git/orders", "../a:b"] {
            assert_eq!(Repository::new(path), Ok(Repository::Path(path.to_owned())), "{path}");
        }
    }

    #[test]
    fn what_git_would_take_for_something_else_is_refused() {
        refused("", "empty");
        refused("-oProxyCommand=touch /tmp/x", "space");
        refused("-oProxyCommand=x", "option");
        refused("--upload-pack=x", "option");
        refused("ext::sh -c x", "space");
        refused("ext::sh", "transport helper");
        refused("fd::17", "transport helper");
        refused("ssh://-oProxyCommand=x/y", "begins with `-`");
        refused("ssh://-x@host/y", "begins with `-`");
        refused("-x@host:y", "option");
        refused("git@-oProxyCommand=x:y", "begins with `-`");
        refused("host:-y", "begins with `-`");
        refused("http://git.example.com/x", "plain http");
        refused("ftp://git.example.com/x", "`ftp`");
        refused("https:///x", "no host");
        refused("https://host", "no repository");
        refused("orders", "knows how");
        refused("a/b/c", "knows how");
        refused("a/..", "no `org/repo`");
        refused("a/b.git", ".git");
        refused("a/b\n", "control");
        refused("a/\u{1b}[31m", "control");
    }

    #[test]
    fn credentials_are_refused_and_marked() {
        for text in [
            "https://jane:hunter2@git.example.com/x",
            "https://ghp_secret@github.com/x/y",
            "ssh://git:hunter2@host/x",
            "https://git.example.com/x?private_token=hunter2",
            "ftp://jane:hunter2@host/x",
        ] {
            let refused = Repository::new(text).expect_err(text);
            assert!(refused.is_secret && !format!("{refused:?}").contains("hunter2"), "{refused:?}");
        }
    }

    #[test]
    fn names_of_tags_are_those_of_git() {
        for name in ["dev", "v1.2.3", "feature/dev", "release-2026.11", "ü", "a@b"] {
            assert!(Reference::new(Sort::Tag, name).is_ok(), "{name}");
        }
        for name in [
            "",
            "-x",
            "refs/tags/dev",
            "a..b",
            "../x",
            "a b",
            "dev^{}",
            "dev~1",
            "a:b",
            "a*",
            "a?",
            "[a",
            "a\\b",
            "@{u}",
            "@",
            "a/",
            "/a",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.",
            "a\u{7}",
            "a\n",
        ] {
            assert!(Reference::new(Sort::Tag, name).is_err(), "{name:?}");
            assert!(Reference::new(Sort::Branch, name).is_err(), "{name:?}");
        }
        assert!(Reference::new(Sort::Tag, "a".repeat(251)).is_err());
    }

    #[test]
    fn commits_are_whole_and_ranges_are_ranges() {
        let commit = "de841bc000000000000000000000000000000000";
        assert_eq!(Commit::new(commit).expect("40 digits").short(), "de841bc");
        for no in ["", "de841bc", "DE841BC000000000000000000000000000000000", &commit[1..], "main"] {
            assert_eq!(Commit::new(no), Err(NoCommit), "{no}");
        }
        for range in ["^1.4", "~1.2.3", "1", ">=1.2, <2", "*", "=1.0.0-rc.1"] {
            assert!(Reference::new(Sort::Semver, range).is_ok(), "{range}");
        }
        for range in ["", "latest", "v1", "1.2.3.4"] {
            assert!(Reference::new(Sort::Semver, range).is_err(), "{range}");
        }
    }
}
