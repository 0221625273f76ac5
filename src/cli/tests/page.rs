//! The page of all commands, `src/cli/README.md`, is what the command line itself says.

use std::fmt::Write;

use clap::{Arg, Command, CommandFactory};

use crate::cli::{Cli, groups::GROUPS};

const HEAD: &str = "# Commands\n\nMade from the program itself, and held equal to it by a test: what `ditc COMMAND --help` says, on one page.\n\
    Long flags may be written with one dash or two.\n";

/// A flag as it is typed, with its value: `` `-o`, `--out=FILE` ``.
fn typed(flag: &Arg) -> String {
    let values: Vec<&str> = flag.get_value_names().into_iter().flatten().map(clap::builder::Str::as_str).collect();
    let is_switch = !flag.get_action().takes_values();
    let value = match (values.first(), flag.get_num_args().is_some_and(|range| range.min_values() == 0)) {
        _ if is_switch => String::new(),
        (Some(value), true) => format!("[={value}]"),
        (Some(value), false) => format!("={value}"),
        (None, _) => String::new(),
    };
    let short = flag.get_short().map(|short| format!("`-{short}`"));
    let long = flag.get_long().map(|long| format!("`--{long}{value}`"));
    [short, long].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What one flag does, on one line of a table.
fn told(flag: &Arg) -> String {
    let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
    let choices: Vec<String> =
        flag.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    let default = flag.get_default_values().iter().map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let mut text = help.replace('|', "\\|").replace('\n', " ");
    if !choices.is_empty() && flag.get_action().takes_values() {
        write!(text, ": {}", choices.join(", ")).expect("a text grows");
    }
    if !default.is_empty() && flag.get_action().takes_values() {
        write!(text, " (else `{default}`)").expect("a text grows");
    }
    text
}

fn table<'a>(flags: impl Iterator<Item = &'a Arg>, page: &mut String) {
    let rows: Vec<String> = flags
        .filter(|flag| !flag.is_hide_set() && !flag.is_positional() && flag.get_id() != "help")
        .map(|flag| format!("| {} | {} |\n", typed(flag), told(flag)))
        .collect();
    if !rows.is_empty() {
        page.push_str("\n| flag | |\n| --- | --- |\n");
        page.extend(rows);
    }
}

/// One command, and those below it.
fn command(command: &Command, path: &str, page: &mut String) {
    let path = format!("{path} {}", command.get_name());
    let arguments = command.get_positionals().map(|argument| {
        let name = argument.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
        let many = if argument.get_num_args().is_some_and(|range| range.max_values() > 1) { "…" } else { "" };
        if argument.is_required_set() { format!(" {name}{many}") } else { format!(" [{name}{many}]") }
    });
    let usage = format!("{path}{}", arguments.collect::<String>());
    let verbs: Vec<&Command> = command.get_subcommands().filter(|verb| !verb.is_hide_set()).collect();
    write!(page, "\n### {usage}\n\n{}\n", command.get_about().map(ToString::to_string).unwrap_or_default())
        .expect("a text grows");
    table(command.get_arguments().filter(|flag| !flag.is_global_set()), page);
    if let Some(examples) = command.get_after_help().map(ToString::to_string) {
        let examples = examples.trim_start_matches("Examples:\n").trim_end();
        write!(page, "\n```text\n{examples}\n```\n").expect("a text grows");
    }
    for verb in verbs {
        self::command(verb, &path, page);
    }
}

#[test]
fn the_page_of_commands_says_what_the_commands_are() {
    let cli = Cli::command();
    let mut page = HEAD.to_owned();
    for (heading, names) in GROUPS {
        write!(page, "\n## {heading}\n").expect("a text grows");
        for verb in names.iter().filter_map(|name| cli.find_subcommand(name)) {
            command(verb, "ditc", &mut page);
        }
    }
    let mut headings: Vec<&str> = cli.get_arguments().filter_map(Arg::get_help_heading).collect();
    headings.dedup();
    page.push_str("\n## Every command\n");
    for heading in headings {
        write!(page, "\n{heading}:\n").expect("a text grows");
        table(cli.get_arguments().filter(|flag| flag.get_help_heading() == Some(heading)), &mut page);
    }
    let page: Vec<&str> = page.lines().map(str::trim_end).collect();
    snapbox::assert_data_eq!(format!("{}\n", page.join("\n")), snapbox::file!["../README.md": Text].raw());
}
