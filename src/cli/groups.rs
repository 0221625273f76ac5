//! The commands in the order of what people come for, as the help shows them.

use clap::Command;

/// Every command that the help shows, under what it is for.
pub(super) const GROUPS: [(&str, &[&str]); 4] = [
    ("Change environments", &["plan", "apply", "destroy", "rollback", "show"]),
    (
        "Look at environments",
        &["status", "explain", "drift", "logs", "exec", "port-forward", "graph", "history", "comment"],
    ),
    ("Write definitions", &["new", "set", "import", "modules", "validate", "fmt", "lock", "schema"]),
    ("ditc itself", &["doctor", "state", "sandbox", "completions", "man", "version", "help"]),
];

/// What stands under this heading belongs to no group yet.
const REST: &str = "Other commands";

/// The command line as its help shows it: with its commands in groups. It reads the same arguments.
pub(super) fn shown(command: Command) -> Command {
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}\n\n{{all-args}}{{after-help}}",
        listed(&command)
    );
    let names: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let usage = format!("{} [OPTIONS] <COMMAND>", command.get_name());
    let hidden = names.into_iter().fold(command, |command, name| command.mut_subcommand(name, |verb| verb.hide(true)));
    hidden.help_template(template).override_usage(usage)
}

/// The commands under their headings, a line for each.
fn listed(command: &Command) -> String {
    let about = |name: &str| match command.find_subcommand(name) {
        Some(verb) => verb.get_about().map(ToString::to_string).unwrap_or_default(),
        None => "Print this message, or the help of a command".to_owned(),
    };
    let visible = command.get_subcommands().filter(|verb| !verb.is_hide_set()).map(|verb| verb.get_name());
    let is_grouped = |name: &&str| GROUPS.iter().any(|(_, names)| names.contains(name));
    let rest: Vec<&str> = visible.filter(|name| !is_grouped(name)).collect();
    let groups = GROUPS.iter().map(|(heading, names)| (*heading, *names));
    let groups = groups.chain([(REST, rest.as_slice())].into_iter().filter(|(_, names)| !names.is_empty()));
    let groups: Vec<(&str, &[&str])> = groups.collect();
    let width = groups.iter().flat_map(|(_, names)| *names).map(|name| name.len()).max().unwrap_or_default();
    let group = |(heading, names): &(&str, &[&str])| {
        let lines = names.iter().map(|name| format!("\n  {name:width$}  {}", about(name)));
        format!("{heading}:{}", lines.collect::<String>())
    };
    groups.iter().map(group).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, ffi::OsString};

    use clap::CommandFactory;

    use super::{super::arguments::words, *};
    use crate::cli::{Cli, Stop};

    #[test]
    fn every_command_is_in_a_group_and_fits_its_line() {
        let text = listed(&Cli::command());
        assert!(!text.contains(REST), "{text}");
        let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(long.is_empty(), "{long:#?}");
    }

    /// The commands that do something, each with its words.
    fn leaves(command: &Command, path: &[&str], found: &mut Vec<(String, String)>) {
        for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let path = [path, &[verb.get_name()]].concat();
            if verb.get_subcommands().next().is_none() || !verb.is_subcommand_required_set() {
                let after = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
                found.push((path.join(" "), after));
            }
            leaves(verb, &path, found);
        }
    }

    #[test]
    fn every_command_has_an_example_and_every_example_is_a_command() {
        let mut commands = Vec::new();
        leaves(&Cli::command(), &[], &mut commands);
        assert!(commands.len() > 15, "{commands:?}");
        commands.push((String::new(), Cli::command().get_after_help().expect("examples").to_string()));
        commands.push((String::new(), Cli::command().get_after_long_help().expect("examples").to_string()));
        for (name, after) in commands {
            let examples: Vec<&str> = after.lines().filter_map(|line| line.strip_prefix("  ditc ")).collect();
            assert!(examples.iter().any(|example| example.starts_with(&name)), "`{name}` has no example:\n{after}");
            for example in examples {
                // A description stands behind, and an output may be kept.
                let typed =
                    example.split("  ").next().and_then(|typed| typed.split(" > ").next()).expect("a first part");
                let words = words(&format!("ditc {typed}")).expect(example);
                let parsed = Cli::parse_from(words.into_iter().map(OsString::from), &BTreeMap::new());
                assert!(matches!(parsed, Ok(_) | Err(Stop::Shown(_))), "{typed}: {parsed:?}");
            }
        }
    }
}
