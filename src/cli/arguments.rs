//! Arguments before clap sees them: long flags with one dash, defaults from variables, and flags that ditc refuses.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
};

use clap::Command;

use crate::{failure::Failure, terminal::Wishes};

use super::{COMPLETE, refused, usage};

/// What the commands know.
struct Known<'a> {
    command: &'a Command,
    /// Every long flag, and whether it takes a value.
    long: BTreeMap<String, bool>,
    /// Every flag of one letter.
    short: BTreeSet<char>,
}

/// What clap is to see.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) arguments: Vec<OsString>,
    /// What variables added, each as `NAME=TEXT`.
    pub(super) added: Vec<String>,
}

/// Arguments with two dashes.
struct Dashed {
    arguments: Vec<OsString>,
    /// Where the words of the command stand: `state list` has two.
    verbs: Vec<usize>,
    /// Where the command's own arguments end, in front of `--`.
    end: usize,
}

/// Turns `-flag` into `--flag` for every long flag there is, and puts `DITC_CLI_ARGS` and `DITC_CLI_ARGS_verb` behind
/// the verb, so that what was typed comes later and wins.
pub(super) fn rewrite(
    command: &Command,
    arguments: impl IntoIterator<Item = OsString>,
    variables: &BTreeMap<String, String>,
) -> Result<Rewritten, Failure> {
    let known = Known::new(command);
    let mut arguments = arguments.into_iter();
    let mut program: Vec<OsString> = arguments.next().into_iter().collect();
    let Dashed { arguments: mut rewritten, verbs, end } = known.dashes(arguments)?;
    let path: Vec<String> = verbs.iter().map(|at| rewritten[*at].to_string_lossy().into_owned()).collect();
    destroys(&mut rewritten, &path, &verbs, end);
    let mut added = Vec::new();
    // What a shell asks while somebody types is no command of theirs.
    if let Some(last) = verbs.last().filter(|_| path[0] != COMPLETE) {
        let mut defaults = Vec::new();
        for variable in variables_of(&path) {
            let Some(text) = variables.get(&variable).filter(|text| !text.trim().is_empty()) else { continue };
            let words = words(text).map_err(|why| usage(format!("{variable} {why}")).hint(format!("it is: {text}")))?;
            defaults.extend(known.dashes(words.into_iter().map(OsString::from))?.arguments);
            added.push(format!("{variable}={text}"));
        }
        rewritten.splice(last + 1..last + 1, defaults);
    }
    program.extend(rewritten);
    Ok(Rewritten { arguments: program, added })
}

/// What can be told of a command line that makes no sense: whether it wants no colours.
#[must_use]
pub fn unread(arguments: impl IntoIterator<Item = OsString>, variables: &BTreeMap<String, String>) -> Wishes {
    let is_flag = |word: &str| matches!(word, "-no-color" | "--no-color");
    let mut typed = arguments.into_iter().take_while(|argument| argument != "--");
    let no_color = typed.any(|argument| argument.to_str().is_some_and(is_flag))
        || variables.values().any(|text| text.split_whitespace().any(is_flag));
    Wishes { no_color, ..Wishes::default() }
}

/// The variables that hold arguments of a command, the most general first. Names of variables have no dashes.
fn variables_of(path: &[String]) -> Vec<String> {
    let mut variables = vec!["DITC_CLI_ARGS".to_owned()];
    for length in 1..=path.len() {
        let exact = format!("DITC_CLI_ARGS_{}", path[..length].join("_"));
        let plain = exact.replace('-', "_");
        if plain != exact {
            variables.push(plain);
        }
        variables.push(exact);
    }
    variables
}

/// `apply -destroy` is `destroy`.
fn destroys(arguments: &mut Vec<OsString>, path: &[String], verbs: &[usize], end: usize) {
    if path != ["apply"] {
        return;
    }
    if let Some(at) = arguments[..end].iter().position(|argument| argument == "--destroy") {
        arguments[verbs[0]] = "destroy".into();
        arguments.remove(at);
    }
}

impl<'a> Known<'a> {
    fn new(command: &'a Command) -> Self {
        let mut known = Self { command, long: BTreeMap::new(), short: BTreeSet::from(['h', 'V']) };
        known.long.extend([("help".to_owned(), false), ("version".to_owned(), false)]);
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

    fn dashes(&self, arguments: impl IntoIterator<Item = OsString>) -> Result<Dashed, Failure> {
        let mut rewritten: Vec<OsString> = Vec::new();
        let mut verbs = Vec::new();
        let mut inner = Some(self.command);
        let mut verb = self.command;
        let mut end = None;
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let Some(text) = argument.to_str() else {
                rewritten.push(argument);
                continue;
            };
            if text == "--" {
                end = Some(rewritten.len());
                rewritten.push(argument);
                rewritten.extend(arguments.by_ref());
                break;
            }
            let name = text.trim_start_matches('-').split('=').next().unwrap_or_default();
            match text.len() - text.trim_start_matches('-').len() {
                0 => {
                    inner = inner.and_then(|command| command.find_subcommand(text));
                    if let Some(inner) = inner {
                        verb = inner;
                        verbs.push(rewritten.len());
                    }
                    rewritten.push(argument);
                }
                1 | 2 => {
                    if !verb.get_arguments().any(|flag| flag.get_long() == Some(name)) {
                        refused::refuse(name)?;
                    }
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
        let end = end.unwrap_or(rewritten.len());
        Ok(Dashed { arguments: rewritten, verbs, end })
    }
}

/// Splits as a shell does: blanks part words, single quotes keep everything, double quotes all but `\"`, `\\`, `\$` and
/// `` \` ``, and a backslash keeps the character behind it. Nothing is expanded.
pub(super) fn words(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '\\') if letters.peek().is_some_and(|next| "\"\\$`".contains(*next)) => {
                word.get_or_insert_default().extend(letters.next());
            }
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\\') => match letters.next() {
                Some(next) => word.get_or_insert_default().push(next),
                None => return Err("ends with a backslash that keeps nothing"),
            },
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quote.is_some() { Err("has a quote that is never closed") } else { Ok(words) }
}
