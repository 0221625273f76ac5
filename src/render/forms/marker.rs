//! The hidden lines at the head of what is told of an environment in Markdown: by them a comment is found again, and read
//! by program. Nothing that is told can look like them.

use serde_json::{Value, json};

use super::{Section, Standing};

/// How every hidden line begins.
pub(super) const BEGIN: &str = "<!-- ditc";
/// How the line begins by which the comment of an environment is found.
pub const MARKER: &str = "<!-- ditc:";
/// Stands in a text that tells of no environment, since none is meant.
pub(super) const NONE: &str = "<!-- ditc: none -->";
/// How the line begins that tells which environments were looked for, so that all others have nothing to tell.
const SCOPE: &str = "<!-- ditc: scope ";
/// What is told in a status of a commit.
const TOLD: usize = 140;

/// Which environments were looked for: all that are not told of are as they should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `plan`, `apply`, `destroy`, `drift`
    pub command: String,
    /// Where the workspace lies in its repository, since each has environments of its own.
    pub workspace: String,
    /// What they were compared with; none where all that have a file were looked at.
    pub since: Option<String>,
}

/// What is told of one environment, cut out of a text with several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub environment: String,
    /// `plan`, `apply`, `destroy`, `drift`
    pub command: String,
    /// Where the workspace lies in its repository.
    pub workspace: String,
    pub standing: Standing,
    /// In one sentence of at most 140 characters.
    pub told: String,
    /// With its marker, as it is posted.
    pub body: String,
}

/// The line by which the comment of an environment is found.
#[must_use]
pub fn marker(environment: &str) -> String {
    format!("{BEGIN}:{environment} -->")
}

/// Both hidden lines of a section.
pub(super) fn head(command: &str, environment: &str, section: &Section) -> String {
    let mut data = json!({
        "command": command,
        "standing": section.standing.word(),
        "told": shortened(&section.headline),
    });
    if !section.workspace.is_empty() {
        data["workspace"] = section.workspace.as_str().into();
    }
    format!("{}\n{BEGIN} {} -->\n", marker(environment), hidden(&data))
}

/// The line that tells which environments were looked for.
pub(super) fn scope(Scope { command, workspace, since }: &Scope) -> String {
    format!("{SCOPE}{} -->\n", hidden(&json!({"command": command, "workspace": workspace, "since": since})))
}

/// JSON that ends no comment: inside a string, a number means the same.
fn hidden(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('-', "\\u002d")
}

/// What is told of an environment that was told of before and has no changes any more, as it is posted.
#[must_use]
pub fn unchanged(before: &Piece, scope: &Scope) -> Piece {
    let headline = match &scope.since {
        Some(since) => format!("No changes any more: nothing of it differs from {since}."),
        None => "No changes any more: no file describes it.".to_owned(),
    };
    let section = Section {
        environment: Some(before.environment.clone()),
        workspace: before.workspace.clone(),
        headline,
        ..Section::default()
    };
    let body = super::markdown(&before.command, &[section], super::COMMENT);
    pieces(&body).pop().expect("one section is one piece")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TOLD) {
        None => text.to_owned(),
        Some(_) => text.chars().take(TOLD - 3).chain("...".chars()).collect(),
    }
}

/// What a text of ditc tells of each environment, in its order; what stands before the first marker is about all of them.
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let environment = name(line);
        let data = environment.and_then(|_| lines.peek().and_then(|next| data(next)));
        match (environment, data, pieces.last_mut()) {
            (Some(environment), Some(data), _) => {
                let Data { command, workspace, standing, told } = data;
                let (environment, body) = (environment.to_owned(), line.to_owned());
                pieces.push(Piece { environment, command, workspace, standing, told, body });
            }
            (_, _, Some(piece)) => piece.body.push_str(line),
            (_, _, None) => {}
        }
    }
    pieces
}

/// Whether a text of ours tells of no environment.
#[must_use]
pub fn tells_of_none(text: &str) -> bool {
    text.lines().take(2).any(|line| line == NONE)
}

/// Which environments a text of ours was to tell of, where it begins with that.
#[must_use]
pub fn scope_of(text: &str) -> Option<Scope> {
    let data = text.lines().next()?.strip_prefix(SCOPE)?.strip_suffix("-->")?;
    let data: Value = serde_json::from_str(data).ok()?;
    let text = |name: &str| data[name].as_str().map(str::to_owned);
    Some(Scope { command: text("command")?, workspace: text("workspace")?, since: text("since") })
}

fn name(line: &str) -> Option<&str> {
    let name = line.trim_end().strip_prefix(BEGIN)?.strip_prefix(':')?.strip_suffix(" -->")?;
    let is_label = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_label.then_some(name)
}

/// What the second hidden line holds.
struct Data {
    command: String,
    workspace: String,
    standing: Standing,
    told: String,
}

fn data(line: &str) -> Option<Data> {
    let data = line.trim_end().strip_prefix(BEGIN)?.strip_suffix("-->")?;
    let data: Value = serde_json::from_str(data).ok()?;
    let text = |name: &str| data[name].as_str().map(str::to_owned);
    let standings = [Standing::Unchanged, Standing::Changed, Standing::Broken];
    let standing = standings.into_iter().find(|standing| data["standing"] == standing.word())?;
    let workspace = text("workspace").unwrap_or_default();
    Some(Data { command: text("command")?, workspace, standing, told: text("told")? })
}
