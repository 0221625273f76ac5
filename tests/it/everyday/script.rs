//! The script as values: groups of commands, from the text files beside this one.
//!
//! Blocks stand between empty lines. `group NAME` opens a group, which gets a namespace of its own; every other block is a
//! command: its title, and indented below it what bash is told, with `kubectl` for the one that was found and `$NS` for the
//! namespace. What begins with `quietly` is run for what it does: it has to succeed, and what it prints is its own affair.

use std::{fs, path::Path};

use crate::support::kept::Named;

pub(super) struct Group {
    pub(super) name: String,
    pub(super) commands: Vec<Command>,
}

pub(super) struct Command {
    title: String,
    pub(super) text: String,
    pub(super) is_quiet: bool,
}

impl Named for Group {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Group {
    /// `looking: get pods`
    pub(super) fn title(&self, command: &Command) -> String {
        format!("{}: {}", self.name, command.title)
    }
}

/// All groups, from the files in the order of their names.
pub(super) fn read() -> Vec<Group> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/everyday");
    let entries = fs::read_dir(directory).expect("the script lies there");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a directory entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt") && !path.ends_with("answers.txt"));
    files.sort();
    let mut groups: Vec<Group> = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("a readable file");
        for block in text.split("\n\n") {
            let lines: Vec<&str> = block.lines().filter(|line| !line.starts_with('#')).collect();
            let [title, below @ ..] = &lines[..] else { continue };
            if let Some(name) = title.strip_prefix("group ") {
                assert!(groups.iter().all(|group| group.name != name), "two groups {name}");
                groups.push(Group { name: name.to_owned(), commands: Vec::new() });
                continue;
            }
            let group = groups.last_mut().expect("a group before the first command");
            assert!(group.commands.iter().all(|other| other.title != *title), "two commands {title:?}");
            assert!(!below.is_empty(), "no command below {title:?}");
            let below = below.iter().map(|line| line.strip_prefix("  ").expect("a command is indented"));
            let text: String = below.flat_map(|line| [line, "\n"]).collect();
            let quiet = text.strip_prefix("quietly ");
            let (is_quiet, text) = (quiet.is_some(), quiet.unwrap_or(&text).to_owned());
            group.commands.push(Command { title: (*title).to_owned(), text, is_quiet });
        }
    }
    groups
}
