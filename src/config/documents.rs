//! The objects of a YAML text become manifests of a component, whoever wrote the text: a module, a chart or a repository.

use serde_json::Value;

use super::{
    environment::Component,
    expand::Run,
    object::{self, Types},
    yaml,
};
use crate::{
    desired::{Manifest, Origin},
    diagnostic::{Diagnostic, Span},
    object::Object,
};

/// A text that was read, and where its lines came from.
pub(super) struct Documents<'a> {
    pub(super) component: &'a Component,
    pub(super) text: &'a str,
    /// The place of a line, counted from zero.
    pub(super) place: &'a dyn Fn(usize) -> Span,
    /// What stands under that place.
    pub(super) label: &'static str,
    /// Adds to a complaint what its reader must know besides.
    pub(super) told: &'a dyn Fn(Diagnostic) -> Diagnostic,
}

impl Documents<'_> {
    /// Checks and adds the objects.
    pub(super) fn add(&self, documents: Vec<yaml::Document>, run: &mut Run<'_>) {
        documents.into_iter().for_each(|document| self.one(document, run));
    }

    fn one(&self, yaml::Document { line, mut value }: yaml::Document, run: &mut Run<'_>) {
        let place = (self.place)(line);
        if run.rules.types == Types::Checked {
            for (misfit, field) in object::misfits(&value) {
                let line = field.and_then(|field| line_of(self.text, line, &field)).unwrap_or(line);
                run.diagnostics.push((self.told)(misfit.at((self.place)(line), self.label)));
            }
        }
        let checked = object::check(&value, run.rules, &mut run.unknown_kinds);
        let checked = checked.and_then(|key| {
            object::prune(&mut value, &key.kind);
            match object::stamp(&mut value, &key, Some(&self.component.id), &run.labels, run.rules) {
                Ok(()) => Ok(key),
                Err(diagnostic) => Err(vec![diagnostic]),
            }
        });
        let key = match checked {
            Ok(key) => key,
            Err(diagnostics) => {
                let placed = diagnostics.into_iter().map(|found| (self.told)(found.at(place.clone(), self.label)));
                return run.diagnostics.extend(placed);
            }
        };
        let origin = Origin { definition: self.component.span.clone(), template: Some(place) };
        let component = Some(self.component.id.clone());
        run.add(Manifest { key, component, body: Object(value), secret: None, origin });
    }
}

/// What is said about the indentation, where a message of the YAML reader sounds like it.
pub(super) fn with_indentation_help(diagnostic: Diagnostic, message: &str) -> Diagnostic {
    let signs = ["block mapping", "block collection", "expected <block end>", "indent"];
    match signs.iter().any(|sign| message.contains(sign)) {
        true => diagnostic.help("look at the indentation: all keys of one map begin in the same column"),
        false => diagnostic,
    }
}

/// The line on which a document, from its first line on, names a field, if only one does.
fn line_of(text: &str, first: usize, field: &str) -> Option<usize> {
    let is_named = |line: &str| {
        line.match_indices(field).any(|(at, _)| {
            let (before, after) = (&line[..at], line[at + field.len()..].trim_start_matches(['"', '\'']));
            after.trim_start().starts_with(':')
                && !before.ends_with(|c: char| c.is_alphanumeric() || "-_./".contains(c))
        })
    };
    let lines = text.lines().enumerate().skip(first);
    let document = lines.take_while(|(number, line)| *number == first || !line.starts_with("---"));
    let mut named = document.filter(|(_, line)| is_named(line)).map(|(number, _)| number);
    named.next().filter(|_| named.next().is_none())
}

/// The byte range of a line, counted from zero.
pub(super) fn line_range(text: &str, line: usize) -> std::ops::Range<usize> {
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let length = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
    start..start + length
}

/// Whether a document is a Secret, whose lines nobody may see.
pub(super) fn is_secret(value: &Value) -> bool {
    value.get("kind").and_then(Value::as_str) == Some("Secret")
}
