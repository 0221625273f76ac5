//! What Helm prints, taken apart: texts by their templates, and complaints with the line that they are about.

use std::collections::BTreeMap;

/// The most lines and letters of a complaint that are of use to anybody.
const LINES: usize = 8;
const LETTERS: usize = 1000;

/// What Helm says against a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub message: String,
    /// A file of the chart and a line of it, counted from one.
    pub place: Option<(String, usize)>,
}

/// The objects by the path of their template, each text in the order of Helm.
pub(super) fn split(text: &str) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for document in text.split("\n---\n").flat_map(|part| part.strip_prefix("---\n").or(Some(part))) {
        let source = document.lines().find_map(|line| line.strip_prefix("# Source: "));
        // The first part is the name of the chart.
        let path = source.and_then(|source| source.split_once('/')).map_or("templates", |(_, path)| path);
        let body: Vec<&str> = document.lines().filter(|line| !line.starts_with("# Source: ")).collect();
        if body.iter().all(|line| line.trim().is_empty()) {
            continue;
        }
        let text = texts.entry(path.to_owned()).or_default();
        if !text.is_empty() {
            text.push_str("---\n");
        }
        body.iter().for_each(|line| text.extend([line, "\n"]));
    }
    texts
}

/// The complaint in what was printed on standard error.
pub(super) fn refusal(said: &str, files: &BTreeMap<String, Vec<u8>>) -> Refusal {
    let text = said.find("Error: ").map_or(said, |at| &said[at + "Error: ".len()..]);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.starts_with("Use --debug")).take(LINES).collect();
    let mut message: String = masked(&lines.join("\n")).chars().filter(|c| !c.is_control() || *c == '\n').collect();
    if let Some((end, _)) = message.char_indices().nth(LETTERS) {
        message.truncate(end);
        message.push('…');
    }
    if message.is_empty() {
        "it said nothing".clone_into(&mut message);
    }
    if message.contains("missing in charts/ directory") {
        message.push_str(
            "\nwhat a chart depends on must lie in its repository: helm dependency build, then commit charts/",
        );
    }
    let mut places =
        text.split(|c: char| c.is_whitespace() || "()\"'<>,".contains(c)).filter_map(|word| place(word, files));
    Refusal { message, place: places.next_back() }
}

/// `orders/templates/deployment.yaml:5:3` as a file of the chart and a line of it.
fn place(word: &str, files: &BTreeMap<String, Vec<u8>>) -> Option<(String, usize)> {
    let (path, rest) = word.split_once(':')?;
    let (_, path) = path.split_once('/')?;
    let line = rest.split(':').next()?.parse().ok().filter(|line| *line > 0)?;
    files.contains_key(path).then(|| (path.to_owned(), line))
}

/// A text without the passwords of URLs in it.
fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || "/\"'".contains(c)).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(sign) => {
                out.push_str("***");
                &after[sign..]
            }
            None => after,
        };
    }
    out + rest
}
