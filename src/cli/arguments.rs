//! Arguments before clap sees them: long flags with one dash, defaults from variables, and flags that ditc refuses.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
};

use clap::Command;

use crate::failure::Failure;

use super::usage;

/// What the commands know.
struct Known {
    /// Every long flag, and whether it takes a value.
    long: BTreeMap<String, bool>,
    /// Every flag of one letter.
    short: BTreeSet<char>,
    verbs: BTreeSet<String>,
}

/// Turns `-flag` into `--flag` for every long flag there is, and puts `DITC_CLI_ARGS` and `DITC_CLI_ARGS_verb` behind
/// the verb, so that what was typed comes later and wins.
pub(super) fn rewrite(
    command: &Command,
    arguments: impl IntoIterator<Item = OsString>,
    variables: &BTreeMap<String, String>,
) -> Result<Vec<OsString>, Failure> {
    let known = Known::new(command);
    let mut arguments = arguments.into_iter();
    let mut program: Vec<OsString> = arguments.next().into_iter().collect();
    let (mut rewritten, verb) = known.dashes(arguments)?;
    if let Some(at) = verb {
        let name = rewritten[at].to_string_lossy().into_owned();
        let mut defaults = Vec::new();
        for variable in ["DITC_CLI_ARGS".to_owned(), format!("DITC_CLI_ARGS_{name}")] {
            if let Some(text) = variables.get(&variable) {
                let words = words(text).ok_or_else(|| usage(format!("{variable} has a quote that is never closed")))?;
                defaults.extend(known.dashes(words.into_iter().map(OsString::from))?.0);
            }
        }
        rewritten.splice(at + 1..at + 1, defaults);
    }
    program.extend(rewritten);
    Ok(program)
}

impl Known {
    fn new(command: &Command) -> Self {
        let mut known = Self { long: BTreeMap::new(), short: BTreeSet::from(['h', 'V']), verbs: BTreeSet::new() };
        known.long.extend([("help".to_owned(), false), ("version".to_owned(), false)]);
        known.verbs.extend(command.get_subcommands().map(|verb| verb.get_name().to_owned()));
        known.learn(command);
        known
    }

    fn learn(&mut self, command: &Command) {
        for flag in command.get_arguments() {
            self.short.extend(flag.get_short());
            if let Some(long) = flag.get_long() {
                let takes_value = flag.get_action().takes_values() && !flag.is_require_equals_set();
                self.long.insert(long.to_owned(), takes_value);
            }
        }
        for verb in command.get_subcommands() {
            self.learn(verb);
        }
    }

    /// The arguments with two dashes, and where the verb stands.
    fn dashes(&self, arguments: impl IntoIterator<Item = OsString>) -> Result<(Vec<OsString>, Option<usize>), Failure> {
        let mut rewritten: Vec<OsString> = Vec::new();
        let mut verb = None;
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let Some(text) = argument.to_str() else {
                rewritten.push(argument);
                continue;
            };
            if text == "--" {
                rewritten.push(argument);
                rewritten.extend(arguments.by_ref());
                break;
            }
            let name = text.trim_start_matches('-').split('=').next().unwrap_or_default();
            match text.len() - text.trim_start_matches('-').len() {
                0 => {
                    if verb.is_none() && self.verbs.contains(text) {
                        verb = Some(rewritten.len());
                    }
                    rewritten.push(argument);
                }
                1 | 2 => {
                    refuse(name)?;
                    let takes_value = self.long.get(name);
                    let has_value = text.contains('=');
                    rewritten.push(match takes_value {
                        Some(_) => format!("--{}", text.trim_start_matches('-')).into(),
                        // A long flag with a mistake in it, for which clap knows a better word than for its first letter.
                        None if name.chars().count() > 1 && !name.chars().all(|c| self.short.contains(&c)) => {
                            format!("--{}", text.trim_start_matches('-')).into()
                        }
                        None => argument,
                    });
                    if takes_value == Some(&true) && !has_value {
                        rewritten.extend(arguments.next());
                    }
                }
                _ => rewritten.push(argument),
            }
        }
        Ok((rewritten, verb))
    }
}

/// Flags of kubectl that hands type and ditc does not have, each with the reason.
fn refuse(name: &str) -> Result<(), Failure> {
    match name {
        "n" | "namespace" => Err(usage("ditc has no flag for the namespace: it comes from the environment's file")
            .hint("name the environment instead: `ditc plan ENV`; its file may say `namespace = \"...\"`")),
        "field-manager" => Err(usage("ditc has no flag for the field manager: it is always `ditc`")
            .hint("with another one, ditc could not tell its own fields from those of others")),
        _ => Ok(()),
    }
}

/// Splits as a shell does, with single and double quotes and no escapes; none where a quote stays open.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}
