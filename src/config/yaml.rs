//! Reads rendered YAML into objects, document by document, as the tools around Kubernetes read it.

use serde_json::Value;

/// One document of a rendered template.
#[derive(Debug)]
pub(super) struct Document {
    /// The line of the rendered text on which its content begins, from zero.
    pub(super) line: usize,
    pub(super) value: Value,
}

/// A text that is not YAML.
#[derive(Debug)]
pub(super) struct Invalid {
    /// The line of the rendered text, from zero.
    pub(super) line: usize,
    pub(super) message: String,
}

/// Reads all documents of a text; empty ones are left out, lists are unfolded.
pub(super) fn documents(text: &str) -> (Vec<Document>, Vec<Invalid>) {
    let (mut documents, mut mistakes) = (Vec::new(), Vec::new());
    for (line, text) in split(text) {
        match read(text) {
            Ok(Value::Null) => {}
            Ok(value) => {
                let blank = text.lines().take_while(|line| line.trim().is_empty() || line.starts_with('#')).count();
                unfold(value, line + blank, &mut documents);
            }
            Err((at, message)) => mistakes.push(Invalid { line: line + at, message }),
        }
    }
    (documents, mistakes)
}

/// The documents with the line each begins on.
fn split(text: &str) -> Vec<(usize, &str)> {
    let (mut parts, mut start, mut first, mut at) = (Vec::new(), 0, 0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let is_separator =
            line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if is_separator {
            parts.push((first, &text[start..at]));
            (start, first) = (at + 3, number);
        }
        at += line.len();
    }
    parts.push((first, &text[start..]));
    parts
}

fn read(text: &str) -> Result<Value, (usize, String)> {
    // YAML 1.1 in what people write (`0644`, `yes`), as kubectl reads it; doubled keys are an error there too, and the
    // default limits stop texts that blow up through aliases.
    let options = serde_saphyr::options! { legacy_octal_numbers: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let message = error.to_string();
        let message = message.lines().next().unwrap_or_default();
        // The place is told by the diagnostic itself.
        let message = message.split_once(", set DuplicateKeyPolicy").map_or(message, |(message, _)| message);
        let message = message.split_once(" at line ").map_or(message, |(message, _)| message).trim();
        (usize::try_from(line).unwrap_or(1).saturating_sub(1), message.trim_start_matches("error: ").to_owned())
    })
}

/// A `List` stands for its items.
fn unfold(value: Value, line: usize, documents: &mut Vec<Document>) {
    let is_list = value.get("kind").and_then(Value::as_str) == Some("List");
    match (is_list, value) {
        (true, Value::Object(mut list)) => match list.remove("items") {
            Some(Value::Array(items)) => items.into_iter().for_each(|item| unfold(item, line, documents)),
            _ => documents.push(Document { line, value: Value::Object(list) }),
        },
        (_, value) => documents.push(Document { line, value }),
    }
}
