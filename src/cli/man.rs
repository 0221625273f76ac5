//! The manual: a page for every command, made of its help.

use std::io::Write;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::Cli;

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// `ditc-plan.1`
    pub name: String,
    pub text: String,
}

/// How the parts of a page write an apostrophe.
const APOSTROPHE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// What the first page says of the end of a command.
const EXIT: &str = "0 when all is done, 1 on an error, 2 for changes (plan \\-detailed\\-exitcode), for drift, or for what is \
    not ready (status), 130 and 143 when interrupted.";

/// Variables that `ditc` reads, with what they do.
const VARIABLES: [(&str, &str); 12] = [
    ("KUBECONFIG", "the kubeconfig files, parted by colons"),
    ("DITC_CLI_ARGS", "arguments for every command, quoted as in a shell"),
    ("DITC_CLI_ARGS_plan", "arguments for one command, here plan; state list is DITC_CLI_ARGS_state_list"),
    ("DITC_VAR_name", "the value of a variable of environments"),
    ("DITC_INPUT", "0 asks no questions"),
    ("DITC_IN_AUTOMATION", "1 leaves out hints about what to type next"),
    ("DITC_LOG", "what to log on standard error, such as debug"),
    ("DITC_GITHUB_TOKEN", "a token for GitHub; the first that is set counts of this and what follows here"),
    ("DITC_GITHUB_TOKEN_FILE", "a file that holds one"),
    (
        "DITC_GITHUB_APP_ID",
        "a GitHub App, whose private key lies in the file DITC_GITHUB_APP_KEY_FILE; where it is installed is looked up, \
        or said by DITC_GITHUB_APP_INSTALLATION_ID",
    ),
    (
        "GH_TOKEN",
        "a token as others know it, or GITHUB_TOKEN; for an Enterprise GH_ENTERPRISE_TOKEN, GITHUB_ENTERPRISE_TOKEN. With \
        none of these, what gh auth token says",
    ),
    ("NO_COLOR", "anything switches colours off; CLICOLOR_FORCE switches them on"),
];

/// Files that `ditc` reads and writes.
const FILES: [(&str, &str); 4] = [
    ("ditc.toml", "settings of the workspace; optional"),
    ("environments/NAME.toml", "an environment"),
    ("modules/NAME/", "a module of the workspace's own"),
    ("state/", "what was last seen, and what a run was about to do; not for git"),
];

/// All pages, `ditc.1` first.
#[must_use]
pub fn pages() -> Vec<Page> {
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    gather(&root, &mut Vec::new(), &mut pages);
    pages
}

fn gather(command: &Command, path: &mut Vec<String>, pages: &mut Vec<Page>) {
    path.push(command.get_name().to_owned());
    pages.push(Page { name: format!("{}.1", path.join("-")), text: page(command, path) });
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help");
    for verb in verbs {
        gather(verb, path, pages);
    }
    path.pop();
}

/// How it is typed. All its flags are listed below, so here they are one word.
fn synopsis(command: &Command, path: &[String]) -> String {
    let usage = command.clone().render_usage().to_string();
    let name = path.join(" ");
    let line = |line: &str| {
        let line = line.trim().trim_start_matches("Usage: ");
        match line.strip_prefix(&name) {
            Some(rest) => format!(".br\n\\fB{}\\fR{}\n", plain(&name), plain(rest)),
            None => format!(".br\n{}\n", plain(line)),
        }
    };
    format!(".SH SYNOPSIS\n{}", usage.lines().map(line).collect::<String>())
}

fn page(command: &Command, path: &[String]) -> String {
    let man = Man::new(command.clone());
    let mut roff: Vec<u8> = Vec::new();
    let parts = man
        .render_name_section(&mut roff)
        .and_then(|()| roff.write_all(synopsis(command, path).as_bytes()))
        .and_then(|()| man.render_description_section(&mut roff))
        .and_then(|()| man.render_options_section(&mut roff));
    parts.expect("a Vec takes every byte");
    // Without a date, since the same ditc makes the same pages; each part defines its apostrophe, which once is enough.
    let mut text = format!(
        "{APOSTROPHE}.TH {:?} 1 \"\" \"ditc {}\" ditc\n",
        path.join("-").to_uppercase(),
        env!("CARGO_PKG_VERSION")
    );
    text.push_str(&String::from_utf8(roff).expect("what is made of texts is text").replace(APOSTROPHE, ""));
    let verbs: Vec<&Command> =
        command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help").collect();
    if !verbs.is_empty() {
        text.push_str(".SH COMMANDS\n");
    }
    for verb in verbs {
        let name = format!("{}-{}", path.join("-"), verb.get_name());
        let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
        text.push_str(&format!(".TP\n\\fB{}\\fR(1)\n{}\n", plain(&name), plain(&about)));
    }
    let after = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
    text.push_str(&after.as_deref().map(examples).unwrap_or_default());
    if path.len() == 1 {
        text.push_str(&format!(".SH EXIT STATUS\n{EXIT}\n"));
        for (heading, list) in [("ENVIRONMENT", &VARIABLES[..]), ("FILES", &FILES[..])] {
            text.push_str(&format!(".SH {heading}\n"));
            for (name, about) in list {
                text.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", plain(name), plain(about)));
            }
        }
    } else {
        let parent = path[..path.len() - 1].join("-");
        text.push_str(&format!(".SH SEE ALSO\n\\fB{}\\fR(1)\n", plain(&parent)));
    }
    text
}

/// Examples as they are typed, and as prose what is said behind them.
fn examples(after: &str) -> String {
    let mut out = String::from(".SH EXAMPLES\n");
    let mut is_open = false;
    let mut goes_on = false;
    for line in after.lines().filter(|line| !line.starts_with("Example")) {
        let typed = line.strip_prefix("  ");
        match (typed, is_open) {
            (Some(_), false) if out.ends_with("EXAMPLES\n") => out.push_str(".nf\n"),
            (Some(_), false) => out.push_str(".PP\n.nf\n"),
            (None, true) => out.push_str(".fi\n"),
            (Some(_), true) | (None, false) => {}
        }
        is_open = typed.is_some();
        let is_prose = typed.is_none() && !line.is_empty();
        if is_prose && !goes_on {
            out.push_str(".PP\n");
        }
        goes_on = is_prose;
        if is_open || is_prose {
            out.push_str(&format!("{}\n", plain(typed.unwrap_or(line))));
        }
    }
    if is_open {
        out.push_str(".fi\n");
    }
    out
}

/// A text that roff reads as it stands: dashes as they are typed, and no line that it would take for a request.
fn plain(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let line = |line: &str| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_that_roff_understands() {
        let pages = pages();
        let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
        assert_eq!(names[0], "ditc.1");
        for name in ["ditc-plan.1", "ditc-state-list.1", "ditc-port-forward.1"] {
            assert!(names.contains(&name), "{names:?}");
        }
        let requests = ["TH", "SH", "SS", "TP", "PP", "IP", "RS", "RE", "nf", "fi", "br", "sp", "ie", "el"];
        for Page { name, text } in &pages {
            for line in text.lines() {
                let request = line.strip_prefix('.').map(|line| line.split(' ').next().unwrap_or_default());
                assert!(request.is_none_or(|request| requests.contains(&request)), "{name}: {line}");
                assert!(!line.starts_with('\''), "{name}: {line}");
            }
            for part in [".TH \"DITC", ".SH NAME\nditc", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS"] {
                assert!(text.contains(part), "{name} lacks {part}:\n{text}");
            }
            assert_eq!(text.matches(APOSTROPHE).count(), 1, "{name}");
            let is_root = name == "ditc.1";
            assert_eq!(text.contains(".SH EXIT STATUS"), is_root, "{name}");
            assert_eq!(text.contains(".SH SEE ALSO"), !is_root, "{name}");
        }
    }

    #[test]
    fn examples_stand_as_they_are_typed() {
        let after = "Examples:\n  ditc plan -out=a.plan\n  .odd\n\nMore of it,\nin prose.";
        let expected = ".SH EXAMPLES\n.nf\nditc plan \\-out=a.plan\n\\&.odd\n.fi\n.PP\nMore of it,\nin prose.\n";
        assert_eq!(examples(after), expected);
        let after = "Examples:\n  one\n\n  two\n\nIt looks so:\n  {\n    x\n  }\n\nAnd so on.";
        let expected = ".SH EXAMPLES\n.nf\none\n.fi\n.PP\n.nf\ntwo\n.fi\n.PP\nIt looks so:\n.PP\n.nf\n{\n  x\n}\n.fi\n.PP\nAnd so on.\n";
        assert_eq!(examples(after), expected, "each in its place");
    }
}
