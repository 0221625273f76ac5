//! What the process was given apart from its arguments: environment, terminals, clock and randomness. Nobody else reads
//! these; values flow from here as arguments.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, stderr, stdin, stdout},
    os::unix::{ffi::OsStringExt, fs::MetadataExt},
    path::PathBuf,
};

use jiff::Timestamp;

use crate::{config::PREFIX, sources::Login};

mod actions;
mod login;

pub use actions::Actions;

/// The width to assume where there is no terminal and no `COLUMNS`.
const WIDTH: usize = 80;
/// What a user or host is called that has no name.
const UNKNOWN: &str = "unknown";
/// Narrower than this, wrapping harms more than it helps.
const NARROWEST: usize = 40;

/// Everything from outside, read once at the start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// When this process began, by this machine's clock.
    pub began: Timestamp,
    /// The process environment's answer to "colour?", where it has one.
    pub colour: Option<bool>,
    /// Columns of the terminal.
    pub width: usize,
    pub stdin_is_terminal: bool,
    pub stdout_is_terminal: bool,
    pub stderr_is_terminal: bool,
    /// `TERM`: whether the terminal can do more than print line by line.
    pub can_redraw: bool,
    /// `CI`: nobody watches.
    pub ci: bool,
    /// `DITC_IN_AUTOMATION`: hints about what to type next help nobody.
    pub in_automation: bool,
    /// `DITC_INPUT`: whether questions may be asked.
    pub input: bool,
    /// `DITC_LOG`: what to log on standard error.
    pub log: Option<String>,
    /// `DITC_CLI_ARGS` and `DITC_CLI_ARGS_verb`, by the variable's name.
    pub arguments: BTreeMap<String, String>,
    /// `DITC_VAR_name`: values for variables of environments, by their name.
    pub variables: BTreeMap<String, String>,
    /// `KUBECONFIG`, a list of paths.
    pub kubeconfig: Option<String>,
    pub home: Option<PathBuf>,
    /// `GIT_SSH_COMMAND`: how git is to start ssh.
    pub ssh_command: Option<String>,
    /// For GitHub itself.
    pub github: Option<Login>,
    /// For a GitHub Enterprise. What lets in at GitHub itself is not sent to a host that a file names.
    pub enterprise: Option<Login>,
    /// The step of a workflow on GitHub that this is.
    pub actions: Actions,
    /// Where the process was started.
    pub directory: PathBuf,
    pub user: String,
    pub host: String,
}

impl Settings {
    /// Reads the environment of this process.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn read() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let mut settings = Self::from_variables(&variables);
        settings.stdin_is_terminal = stdin().is_terminal();
        settings.stdout_is_terminal = stdout().is_terminal();
        settings.stderr_is_terminal = stderr().is_terminal();
        if !variables.contains_key("COLUMNS")
            && let Some((terminal_size::Width(width), _)) = terminal_size::terminal_size()
        {
            settings.width = usize::from(width).max(NARROWEST);
        }
        settings.directory = std::env::current_dir().unwrap_or_default();
        if settings.user == UNKNOWN
            && let Ok(own) = std::fs::metadata("/proc/self")
        {
            settings.user = format!("uid-{}", own.uid());
        }
        if let Ok(host) = std::fs::read_to_string("/proc/sys/kernel/hostname") {
            host.trim().clone_into(&mut settings.host);
        }
        settings
    }

    /// What variables alone say; no stream counts as a terminal.
    #[must_use]
    pub fn from_variables(variables: &BTreeMap<String, String>) -> Self {
        let get = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
        let is_set = |name: &str| get(name).is_some_and(|value| !is_no(&value));
        let colour = if get("NO_COLOR").is_some() {
            Some(false)
        } else if is_set("CLICOLOR_FORCE") {
            Some(true)
        } else if get("TERM").as_deref() == Some("dumb") {
            Some(false)
        } else {
            None
        };
        let arguments = variables.iter().filter(|(name, _)| name.starts_with("DITC_CLI_ARGS"));
        Self {
            began: now(),
            colour,
            width: get("COLUMNS").and_then(|width| width.parse().ok()).unwrap_or(WIDTH).max(NARROWEST),
            stdin_is_terminal: false,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            can_redraw: get("TERM").is_some_and(|terminal| terminal != "dumb"),
            ci: is_set("CI"),
            in_automation: is_set("DITC_IN_AUTOMATION"),
            input: !get("DITC_INPUT").is_some_and(|value| is_no(&value)),
            log: get("DITC_LOG"),
            arguments: arguments.map(|(name, value)| (name.clone(), value.clone())).collect(),
            variables: variables
                .iter()
                .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value.clone())))
                .collect(),
            kubeconfig: get("KUBECONFIG"),
            home: get("HOME").map(PathBuf::from),
            ssh_command: get("GIT_SSH_COMMAND"),
            github: login::read(get, ["GH_TOKEN", "GITHUB_TOKEN"]),
            enterprise: login::read(get, ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]),
            actions: Actions::read(get),
            directory: PathBuf::new(),
            user: get("USER").or_else(|| get("LOGNAME")).unwrap_or_else(|| UNKNOWN.to_owned()),
            host: get("HOSTNAME").unwrap_or_else(|| UNKNOWN.to_owned()),
        }
    }

    /// `user@host`, for records and locks.
    #[must_use]
    pub fn who(&self) -> String {
        format!("{}@{}", self.user, self.host)
    }
}

fn is_no(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "0" | "false" | "no" | "off")
}

/// One variable of the process, for whoever needs its value at that moment; it is kept nowhere.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn variable(name: &str) -> Option<Vec<u8>> {
    std::env::var_os(name).map(OsStringExt::into_vec)
}

/// Columns and rows of the terminal as it is now: a window changes its size while a command runs.
#[must_use]
pub fn screen() -> Option<(usize, usize)> {
    let (terminal_size::Width(columns), terminal_size::Height(rows)) = terminal_size::terminal_size()?;
    Some((usize::from(columns), usize::from(rows)))
}

/// The time, by this machine's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// One byte from the system's source of randomness.
///
/// # Panics
/// Where the system has no randomness to give; nothing secret can be made then.
#[must_use]
pub fn random_byte() -> u8 {
    let mut byte = [0];
    getrandom::fill(&mut byte).expect("the system gives random bytes");
    byte[0]
}

/// A new id that no other run has: a random UUID.
#[must_use]
pub fn fresh_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Settings::from_variables(&variables)
    }

    #[test]
    fn no_color_wins_over_force_and_force_over_a_dumb_terminal() {
        assert_eq!(settings(&[]).colour, None);
        assert_eq!(settings(&[("NO_COLOR", "")]).colour, None);
        assert_eq!(settings(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]).colour, Some(false));
        assert_eq!(settings(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")]).colour, Some(true));
        assert_eq!(settings(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "0")]).colour, Some(false));
    }

    #[test]
    fn reads_switches_and_keeps_argument_variables() {
        let settings =
            settings(&[("DITC_INPUT", "false"), ("CI", "true"), ("DITC_CLI_ARGS_plan", "-json"), ("COLUMNS", "7")]);
        assert!(!settings.input && settings.ci && !settings.in_automation);
        assert_eq!(settings.arguments["DITC_CLI_ARGS_plan"], "-json");
        assert_eq!((settings.width, settings.who().as_str()), (NARROWEST, "unknown@unknown"));
    }

    #[test]
    fn ids_and_bytes_differ() {
        assert_ne!(fresh_id(), fresh_id());
        let bytes: Vec<u8> = (0..200).map(|_| random_byte()).collect();
        assert_ne!(bytes[..64], bytes[64..128]);
    }
}
