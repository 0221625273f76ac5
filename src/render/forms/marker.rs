//! The hidden lines at the head of what is told of an environment in Markdown: by them a comment is found again, and read
//! by program. Nothing that is told can look like them.

use serde_json::{Value, json};

use super::{Section, Standing};

/// How every marker begins.
pub(super) const BEGIN: &str = "<!-- ditc";
/// Stands in a text that tells of no environment, since none is meant.
pub(super) const NONE: &str = "<!-- ditc: none -->";
/// What is told in a status of a commit.
const TOLD: usize = 140;

/// What is told of one environment, cut out of a text with several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub environment: String,
    /// `plan`, `apply`, `destroy`, `drift`
    pub command: String,
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
    let told = shortened(&section.headline);
    let data = json!({"command": command, "standing": section.standing.word(), "told": told}).to_string();
    // Inside a string, a number means the same, and ends no comment.
    let data = data.replace('<', "\\u003c").replace('>', "\\u003e").replace('-', "\\u002d");
    format!("{}\n{BEGIN} {data} -->\n", marker(environment))
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
            (Some(environment), Some((command, standing, told)), _) => {
                let (environment, body) = (environment.to_owned(), line.to_owned());
                pieces.push(Piece { environment, command, standing, told, body });
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
    text.lines().next() == Some(NONE)
}

fn name(line: &str) -> Option<&str> {
    let name = line.trim_end().strip_prefix(BEGIN)?.strip_prefix(':')?.strip_suffix(" -->")?;
    let is_label = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_label.then_some(name)
}

fn data(line: &str) -> Option<(String, Standing, String)> {
    let data = line.trim_end().strip_prefix(BEGIN)?.strip_suffix("-->")?;
    let data: Value = serde_json::from_str(data).ok()?;
    let text = |name: &str| data[name].as_str().map(str::to_owned);
    let standings = [Standing::Unchanged, Standing::Changed, Standing::Broken];
    let standing = standings.into_iter().find(|standing| data["standing"] == standing.word())?;
    Some((text("command")?, standing, text("told")?))
}
