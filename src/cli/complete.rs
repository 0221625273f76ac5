//! What may stand at the cursor of a half-typed command. It knows the grammar; what environments there are is for others to
//! find out.

use std::collections::BTreeMap;

use clap::{Arg, Command, CommandFactory, ValueEnum};

use super::{Cli, FormKind};

/// The command that clap adds.
const HELP: &str = "help";

/// What is typed at the cursor, and what may stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The beginning of the word, or of the flag's value.
    pub typed: String,
    /// What a shell wants in front of each value, since it takes the flag and its value for one word: `-target=`.
    pub before: String,
    pub wanted: Wanted,
    /// Words in front that are no flags: names of environments among them.
    pub names: Vec<String>,
    /// The values of flags in front, by their long names.
    pub flags: BTreeMap<String, String>,
}

/// What may stand somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    Words(Vec<Candidate>),
    Environments,
    /// Or a template of others.
    Definitions,
    /// Or the file of a saved plan.
    EnvironmentsOrFiles,
    Addresses,
    /// An environment, or one with a component of it: `jakub/orders`.
    Places,
    Components,
    Modules,
    Contexts,
    Clusters,
    Users,
    Files,
    Directories,
    /// Something that nobody can guess.
    Nothing,
}

/// A word that may stand there, and what it means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    pub word: String,
    pub about: String,
}

/// Reads words behind the program's name, of which the last is being typed.
#[must_use]
pub fn cursor(words: &[String]) -> Cursor {
    let root = Cli::command();
    let (mut words, is_split) = joined(words);
    let last = words.pop().unwrap_or_default();
    let mut command = &root;
    let mut cursor = Cursor {
        typed: last.clone(),
        before: String::new(),
        wanted: Wanted::Nothing,
        names: Vec::new(),
        flags: BTreeMap::new(),
    };
    // `help` is followed by the words of a command, and by nothing of what they take.
    let mut is_help = false;
    // A flag whose value comes as a word of its own.
    let mut open: Option<&Arg> = None;
    for word in &words {
        if word == "--" {
            return cursor;
        }
        if let Some(flag) = open.take() {
            cursor.flags.insert(long(flag), word.clone());
        } else if word.starts_with('-') {
            let name = word.trim_start_matches('-');
            match name.split_once('=') {
                Some((name, value)) => {
                    cursor.flags.insert(name.to_owned(), value.to_owned());
                }
                None => open = flag(&root, command, name).filter(|flag| takes_word(flag)),
            }
        } else if let Some(verb) = command.find_subcommand(word).filter(|_| cursor.names.is_empty()) {
            command = verb;
        } else if word == HELP && std::ptr::eq(command, &root) && !is_help && cursor.names.is_empty() {
            is_help = true;
        } else {
            cursor.names.push(word.clone());
        }
    }
    match (open, last.strip_prefix('-')) {
        _ if is_help => {
            cursor.wanted = verbs(command).filter(|_| cursor.names.is_empty()).map_or(Wanted::Nothing, Wanted::Words);
        }
        (Some(flag), _) => cursor.wanted = value(flag, command),
        (None, Some(rest)) => match rest.trim_start_matches('-').split_once('=') {
            Some((name, typed)) => {
                cursor.wanted = flag(&root, command, name).map_or(Wanted::Nothing, |flag| value(flag, command));
                cursor.typed = typed.to_owned();
                if !is_split {
                    cursor.before = last[..last.len() - typed.len()].to_owned();
                }
            }
            None => {
                cursor.wanted = Wanted::Words(flags(&root, command, if rest.starts_with('-') { "--" } else { "-" }));
            }
        },
        (None, None) => {
            cursor.wanted = positional(command, cursor.names.len());
            if let (Wanted::Words(words), true) = (&mut cursor.wanted, std::ptr::eq(command, &root)) {
                words.push(Candidate { word: HELP.to_owned(), about: "Print the help of a command".to_owned() });
            }
        }
    }
    cursor
}

/// Words as they were typed: bash takes `=` for the end of a word. And whether the last word was torn by it.
fn joined(words: &[String]) -> (Vec<String>, bool) {
    let mut whole: Vec<String> = Vec::new();
    let mut is_split = false;
    let mut goes_on = false;
    for word in words {
        match whole.last_mut() {
            Some(flag) if word == "=" && flag.starts_with('-') && !flag.contains('=') => {
                flag.push('=');
                (is_split, goes_on) = (true, true);
            }
            Some(flag) if goes_on => {
                flag.push_str(word);
                goes_on = false;
            }
            _ => {
                whole.push(word.clone());
                is_split = false;
            }
        }
    }
    (whole, is_split)
}

fn long(flag: &Arg) -> String {
    flag.get_long().unwrap_or_default().to_owned()
}

/// Whether a flag takes the word behind it.
fn takes_word(flag: &Arg) -> bool {
    flag.get_action().takes_values() && !flag.is_require_equals_set()
}

/// The flags that stand at a command: its own, and those of every command.
fn known<'a>(root: &'a Command, command: &'a Command) -> impl Iterator<Item = &'a Arg> {
    let everywhere = root.get_arguments().filter(move |flag| flag.is_global_set() && !std::ptr::eq(root, command));
    command.get_arguments().chain(everywhere).filter(|flag| !flag.is_positional())
}

fn flag<'a>(root: &'a Command, command: &'a Command, name: &str) -> Option<&'a Arg> {
    known(root, command).find(|flag| {
        let is_short = flag.get_short().is_some_and(|short| name.chars().eq([short]));
        flag.get_long() == Some(name) || is_short
    })
}

fn flags(root: &Command, command: &Command, dashes: &str) -> Vec<Candidate> {
    let visible = known(root, command).filter(|flag| !flag.is_hide_set());
    let flags = visible.filter_map(|flag| {
        let equals = if flag.get_action().takes_values() { "=" } else { "" };
        let word = format!("{dashes}{}{equals}", flag.get_long()?);
        Some(Candidate { word, about: flag.get_help().map(ToString::to_string).unwrap_or_default() })
    });
    let help = Candidate { word: format!("{dashes}help"), about: "Print help".to_owned() };
    flags.chain([help]).collect()
}

/// The words that a command begins with; none where it is one itself.
fn verbs(command: &Command) -> Option<Vec<Candidate>> {
    let about = |verb: &Command| verb.get_about().map(ToString::to_string).unwrap_or_default();
    let visible = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let verbs: Vec<Candidate> =
        visible.map(|verb| Candidate { word: verb.get_name().to_owned(), about: about(verb) }).collect();
    (!verbs.is_empty()).then_some(verbs)
}

fn positional(command: &Command, before: usize) -> Wanted {
    if before == 0
        && let Some(verbs) = verbs(command)
    {
        return Wanted::Words(verbs);
    }
    let positionals: Vec<&Arg> = command.get_positionals().filter(|positional| !positional.is_last_set()).collect();
    let repeats = |positional: &&Arg| matches!(positional.get_action(), clap::ArgAction::Append);
    let here = positionals.get(before).copied().or_else(|| positionals.last().copied().filter(repeats));
    here.map_or(Wanted::Nothing, |positional| value(positional, command))
}

fn forms() -> Vec<Candidate> {
    let word = |kind: &FormKind| Candidate { word: kind.word().to_owned(), about: String::new() };
    FormKind::value_variants().iter().map(word).collect()
}

fn value(of: &Arg, command: &Command) -> Wanted {
    let possible = of.get_possible_values();
    if !possible.is_empty() {
        let about =
            |value: &clap::builder::PossibleValue| value.get_help().map(ToString::to_string).unwrap_or_default();
        let words = possible.iter().filter(|value| !value.is_hide_set());
        let words = words.map(|value| Candidate { word: value.get_name().to_owned(), about: about(value) });
        return Wanted::Words(words.collect());
    }
    let name = of.get_value_names().and_then(<[_]>::first).map(|name| name.as_str()).unwrap_or_default();
    match (name, of.get_long(), command.get_name()) {
        // A name that is to be new.
        ("ENV", None, "new") | ("ENV", Some("name"), _) => Wanted::Nothing,
        // Templates are changed too, and are what others extend.
        ("ENV", None, "set") | ("ENV", Some("from"), _) => Wanted::Definitions,
        ("ENV", _, _) => Wanted::Environments,
        ("ENV|FILE", _, _) => Wanted::EnvironmentsOrFiles,
        ("ADDRESS", _, _) => Wanted::Addresses,
        ("ENV[/COMPONENT]" | "ENV/COMPONENT", _, _) => Wanted::Places,
        ("COMPONENT" | "SERVICE", _, _) => Wanted::Components,
        ("NAME", Some("context"), _) => Wanted::Contexts,
        ("NAME", Some("cluster"), _) => Wanted::Clusters,
        ("NAME", Some("user"), _) => Wanted::Users,
        ("NAME", None, "show") => Wanted::Modules,
        ("KIND[=FILE]", _, _) => Wanted::Words(forms()),
        ("FILE", _, _) => Wanted::Files,
        ("DIR", _, _) => Wanted::Directories,
        _ => Wanted::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn at(line: &str) -> Cursor {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        cursor(&words)
    }

    #[track_caller]
    fn words(line: &str) -> Vec<String> {
        match at(line).wanted {
            Wanted::Words(words) => words.into_iter().map(|candidate| candidate.word).collect(),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn commands_stand_first_and_their_own_words_behind() {
        assert!(words("").contains(&"plan".to_owned()) && words("pl").contains(&"plan".to_owned()));
        assert!(words("-chdir x ").contains(&"plan".to_owned()) && words("-chdir=x ").contains(&"plan".to_owned()));
        assert!(!words("").iter().any(|word| word.starts_with('_')), "what shells run is not shown");
        assert_eq!(words("state "), ["list", "show", "rebuild"]);
        assert_eq!(words("schema ")[..3], ["environment", "module", "ditc"]);
        assert_eq!(words("completions "), ["bash", "zsh", "fish"]);
        assert_eq!(words("plan jakub -refresh="), ["true", "false"]);
        assert_eq!(words("plan jakub -format "), ["text", "json", "markdown", "github", "junit"]);
    }

    #[test]
    fn help_is_a_command_followed_by_commands() {
        assert!(words("").contains(&"help".to_owned()) && !words("state ").contains(&"help".to_owned()));
        assert!(words("help pl").contains(&"plan".to_owned()));
        assert_eq!(words("help state "), ["list", "show", "rebuild"]);
        for line in ["help plan ", "help plan -", "help nothing "] {
            assert_eq!(at(line).wanted, Wanted::Nothing, "{line}");
        }
    }

    #[test]
    fn flags_have_as_many_dashes_as_were_typed() {
        assert!(words("plan -").contains(&"-target=".to_owned()) && words("plan -d").contains(&"-destroy".to_owned()));
        assert!(words("plan --").contains(&"--target=".to_owned()) && words("--").contains(&"--chdir=".to_owned()));
        let hidden = ["-lock-timeout=", "-compact-warnings", "-parallelism="];
        assert!(
            !words("plan -").iter().any(|word| hidden.contains(&word.as_str())),
            "what is taken for habit is not shown"
        );
    }

    #[test]
    fn values_are_of_their_sort() {
        for (line, wanted) in [
            ("plan ", Wanted::Environments),
            ("plan jakub ", Wanted::Environments),
            ("apply ", Wanted::EnvironmentsOrFiles),
            ("status jakub ", Wanted::Nothing),
            ("plan jakub -target ", Wanted::Addresses),
            ("plan jakub -target=jak", Wanted::Addresses),
            ("state show jakub ", Wanted::Addresses),
            ("state list ", Wanted::Environments),
            ("logs ", Wanted::Places),
            ("logs -f ", Wanted::Places),
            ("port-forward ", Wanted::Places),
            ("port-forward jakub ", Wanted::Components),
            ("modules show ", Wanted::Modules),
            ("new ", Wanted::Nothing),
            ("new pr-1 --from=", Wanted::Definitions),
            ("set ", Wanted::Definitions),
            ("set jakub ", Wanted::Components),
            ("set jakub orders ", Wanted::Nothing),
            ("import payload x.json -name=", Wanted::Nothing),
            ("-chdir ", Wanted::Directories),
            ("plan jakub -out ", Wanted::Files),
            ("plan jakub -context ", Wanted::Contexts),
            ("plan jakub --user ", Wanted::Users),
            ("exec jakub/orders -- ", Wanted::Nothing),
        ] {
            assert_eq!(at(line).wanted, wanted, "{line}");
        }
    }

    #[test]
    fn a_flag_and_its_value_are_one_word_or_three() {
        let whole = at("plan jakub -target=jakub.s");
        assert_eq!((whole.typed.as_str(), whole.before.as_str()), ("jakub.s", "-target="));
        for line in ["plan jakub -target = jakub.s", "plan jakub -target ="] {
            let torn = at(line);
            assert_eq!((torn.wanted, torn.before.as_str()), (Wanted::Addresses, ""), "{line}");
            assert!(torn.typed == "jakub.s" || line.ends_with('='), "{line}");
        }
        let torn = at("-chdir = somewhere plan jak");
        assert_eq!(torn.flags["chdir"], "somewhere");
        assert_eq!((torn.wanted, torn.typed.as_str()), (Wanted::Environments, "jak"));
        assert_eq!(at("plan jakub -target=a -exclude ").names, ["jakub"]);
    }
}
