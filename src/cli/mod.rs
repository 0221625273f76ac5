//! The command line: what people may type, and what it means. It runs nothing and prints nothing.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, time::Duration};

use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};

use crate::{
    address::Which,
    failure::{Failure, FailureKind},
    names::{EnvironmentName, Pattern},
    terminal::{Lines, Wishes},
};

mod arguments;
mod check;
mod comment;
mod complete;
mod duration;
mod flags;
mod output;
mod groups;
mod reach;
mod refused;
mod man;
mod references;
mod several;
mod shell;
mod subject;
#[cfg(test)]
mod tests;
mod tools;
mod views;
mod write;

pub use comment::{Comment, is_commit, is_repository};
pub use complete::{Candidate, Cursor, Wanted, cursor};
pub use flags::{Choose, Habits, Lock, Part, Run, Variables};
pub use output::{Copies, Form, FormKind, Length};
pub use reach::{Exec, Forward, Logs, Place, PortForward};
pub use references::{Lockfile, References, Upgrade};
pub use tools::{Fmt, Modules, ModulesAction, New, Schema, SchemaOf, Validate};
pub use write::{Import, ImportPayload, Set};

use arguments::Rewritten;
pub use man::{Page, pages};
pub use several::{Meant, Several};
pub use shell::{Complete, Completions, Man, Shell};
pub use subject::Subject;
pub use views::{Doctor, Explain, Graph, GraphFormat, History, Rollback};

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(
    name = "ditc",
    version,
    about = "Keeps preview environments on Kubernetes equal to what git says",
    long_about = "Keeps preview environments on Kubernetes equal to what git says.\n\nTOML files in environments/ \
        describe them; `plan` shows what would change and why, `apply` does exactly that, in order, and waits until it \
        works.",
    after_help = "Examples:\n  ditc plan jakub               what would change in environment jakub, and why\n  \
        ditc apply jakub              make it so, after a question\n  \
        ditc apply jakub --sandbox    the same in the built-in cluster\n  \
        ditc plan --all               all environments, with one summary",
    after_long_help = "Examples:\n  ditc plan jakub               what would change in environment jakub, and why\n  \
        ditc apply jakub              make it so, after a question\n  \
        ditc apply jakub --sandbox    the same in the built-in cluster\n  \
        ditc plan --all               all environments, with one summary\n\n\
        Flags may be written with one dash or two. Exit codes: 0 done, 1 error, 2 changes (plan -detailed-exitcode), \
        drift or not ready (status), 130 and 143 interrupted.",
    args_override_self = true
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags that every command takes.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Global {
    /// Use the built-in cluster in state/sandbox instead of a real one
    #[arg(long, global = true, help_heading = "Cluster",
        conflicts_with_all = ["context", "cluster", "user", "server", "kubeconfig", "impersonate", "impersonate_group"])]
    pub sandbox: bool,
    /// The kubeconfig context to use
    #[arg(long, global = true, help_heading = "Cluster", value_name = "NAME")]
    pub context: Option<String>,
    /// The kubeconfig cluster to use
    #[arg(long, global = true, help_heading = "Cluster", value_name = "NAME")]
    pub cluster: Option<String>,
    /// The kubeconfig user to use
    #[arg(long, global = true, help_heading = "Cluster", value_name = "NAME")]
    pub user: Option<String>,
    /// The address of the API server, instead of the kubeconfig's
    #[arg(long, global = true, help_heading = "Cluster", value_name = "URL", value_parser = address)]
    pub server: Option<String>,
    /// The kubeconfig file to use instead of $KUBECONFIG and ~/.kube/config
    #[arg(long, global = true, help_heading = "Cluster", value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The user to act as
    #[arg(long = "as", global = true, help_heading = "Cluster", value_name = "USER")]
    pub impersonate: Option<String>,
    /// A group to act as; may be given several times
    #[arg(long = "as-group", global = true, help_heading = "Cluster", value_name = "GROUP")]
    pub impersonate_group: Vec<String>,
    /// How long one request may take, such as 30s
    #[arg(long, global = true, help_heading = "Cluster", value_name = "DURATION", value_parser = duration::parse)]
    pub request_timeout: Option<Duration>,
    /// Work in this directory instead of the current one
    #[arg(long, global = true, help_heading = "Output", value_name = "DIR")]
    pub chdir: Option<PathBuf>,
    /// Print no colours
    #[arg(long, global = true, help_heading = "Output")]
    pub no_color: bool,
    /// Print JSON on standard output
    #[arg(long, global = true, help_heading = "Output")]
    pub json: bool,
    /// Print no progress, only results and errors
    #[arg(short, long, global = true, help_heading = "Output")]
    pub quiet: bool,
    /// Taken since Terraform takes it: a warning of ditc is one line.
    #[arg(long, global = true, hide = true)]
    pub compact_warnings: bool,
}

/// The address of a server.
fn address(text: &str) -> Result<String, String> {
    let has_host = |rest: &str| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace);
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if has_host(rest) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("write it as https://HOST:PORT".to_owned()),
    }
}

impl Global {
    /// The flags that lead to the same cluster again, for commands that are proposed to people.
    #[must_use]
    pub fn repeat(&self) -> String {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let mut flags = String::new();
        if self.sandbox {
            flags.push_str(" --sandbox");
        }
        for (name, value) in [
            ("--context", self.context.clone()),
            ("--cluster", self.cluster.clone()),
            ("--user", self.user.clone()),
            ("--server", self.server.clone()),
            ("--kubeconfig", path(&self.kubeconfig)),
            ("--as", self.impersonate.clone()),
            ("--chdir", path(&self.chdir)),
        ] {
            if let Some(value) = value {
                flags.push_str(&format!(" {name}={}", quoted(&value)));
            }
        }
        for group in &self.impersonate_group {
            flags.push_str(&format!(" --as-group={}", quoted(group)));
        }
        flags
    }
}

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Verb {
    /// Show what would change in environments, and why
    #[command(
        after_help = "Examples:\n  ditc plan jakub\n  ditc plan jakub -detailed-exitcode   exit 2 if there are changes\n  \
         ditc plan jakub -out=jakub.plan      for `show` and `apply jakub.plan`\n  \
         ditc plan jakub -destroy             what `ditc destroy jakub` would do\n  \
         ditc plan jakub -destroy -with-foreign\n  \
         ditc plan jakub -refresh=false       without asking the cluster\n\
         \n  ditc plan jakub shop              several, with one summary\n  \
         ditc plan 'pr-*' -json            one document for all that fit\n  \
         ditc plan --all                   every environment that has a file\n  \
         ditc plan --changed-since main    those that this branch touches\n\
         \n  ditc plan jakub -target=jakub.services.orders\n  ditc plan jakub -exclude=jakub.services.orders/Ingress/orders\n  \
         ditc plan jakub -replace=jakub.services.orders/Deployment/orders\n  ditc plan jakub -adopt=jakub/Namespace/jakub\n  \
         ditc plan jakub -force-conflicts=deployment/orders\n  ditc plan jakub -delete-data=jakub.dependencies.postgresql\n  \
         ditc plan jakub -max-destroy=30\n  ditc plan jakub -refresh-only        what moved, and no change\n  \
        ditc plan jakub -var log_level=debug -var-file=mine.toml"
    )]
    Plan(Plan),
    /// Make environments what their files say, and wait until they work
    #[command(
        after_help = "Examples:\n  ditc apply jakub\n  ditc apply jakub.plan   exactly what `plan -out` kept, or nothing\n  \
         ditc apply pr-12 -auto-approve -lock-timeout=5m   in CI\n  \
         ditc apply 'pr-*'       several: all plans, then one question\n  \
         ditc apply --all\n  ditc apply --changed-since HEAD~1 -auto-approve   after a merge\n\
         \nFlags about a part of an environment and about decisions are those of `ditc plan`: look first, then apply with the same."
    )]
    Apply(Apply),
    /// Keep the commits that references to git stand for in a file
    Lock(Lockfile),
    /// Remove environments and all that is in them
    #[command(after_help = "Examples:\n  ditc destroy jakub\n  ditc destroy pr-12 -auto-approve   in CI\n  \
        ditc destroy pr-12 'demo-*'           several, after one question\n  \
        ditc destroy --all                    every environment that has a file\n  \
        ditc destroy --changed-since main     those that this branch touches\n  ditc destroy jakub -target=jakub.services.orders\n  ditc destroy jakub -with-foreign        with what others made in it")]
    Destroy(Destroy),
    /// Show a saved plan again, without a cluster
    #[command(after_help = "Examples:\n  ditc show jakub.plan\n  ditc show jakub.plan -json")]
    Show(Show),
    /// Tell what has changed in environments without ditc
    #[command(
        long_about = "Tell what has changed in environments without ditc: fields, objects that are gone or made \
            anew, objects that nobody described, runs that stopped half-way. Nothing is changed, and what \
            the files say now does not matter.\n\nExit codes: 0 no drift, 2 drift, 1 something could not be looked at.",
        after_help = "Examples:\n  ditc drift jakub\n  ditc drift 'pr-*' -strict   also what others added beside ours\n  \
            ditc drift --all -json      all, also those without a file, for a nightly job\n  \
            ditc drift --changed-since main"
    )]
    Drift(Drift),
    /// Show which components work, and what the others wait for
    #[command(
        long_about = "Show which components of an environment work, what the others wait for, and what the last run \
            left. It is read from the record and the objects in the cluster, so it needs no file of the environment \
            and is the same on every machine. Nothing is written and no lock is taken.\n\nWithout ENV: a line for \
            each environment of the workspace and of the cluster.\n\nExit codes: 0 all is ready, 2 something is \
            not (it waits, failed, is gone, was never applied, or a run has not come to its end), 1 it could not be \
            looked at.",
        after_help = "Examples:\n  ditc status jakub\n  ditc status               all environments\n  \
            ditc status jakub -json   for scripts"
    )]
    Status(Status),
    /// Show what the pods of a component say
    #[command(after_help = "Examples:\n  ditc logs jakub/orders\n  ditc logs jakub.services.orders -f -since=5m\n  \
        ditc logs jakub -tail=20              all components, each line with its pod\n  \
        ditc logs jakub/orders -previous      before the last restart")]
    Logs(Logs),
    /// Run a command in a pod of a component
    #[command(
        long_about = "Run a command in a pod of a component, the first that is ready. Its exit code is that of the \
            command.",
        after_help = "Examples:\n  ditc exec jakub.services.orders -- env\n  ditc exec jakub/orders -it -- sh"
    )]
    Exec(Exec),
    /// Reach ports of a component from here
    #[command(
        long_about = "Reach ports of a component from this machine, until it is stopped. Every connection goes to a pod \
            that is ready then, so a pod that dies ends its connections and no others.",
        after_help = "Examples:\n  ditc port-forward jakub orders 8080:80\n  ditc port-forward jakub postgresql 5432"
    )]
    PortForward(PortForward),
    /// Look at what ditc recorded
    #[command(subcommand)]
    State(State),
    /// The built-in cluster
    #[command(subcommand)]
    Sandbox(Sandbox),
    /// Check the workspace's files, without a cluster
    Validate(Validate),
    /// Rewrite TOML files in the canonical style
    Fmt(Fmt),
    /// Begin an environment: write its file
    New(New),
    /// Change keys in an environment's file, comments and layout kept
    Set(Set),
    /// Turn what described environments before into files of ditc
    #[command(subcommand)]
    Import(Import),
    /// List the modules, or show one
    Modules(Modules),
    /// Print the JSON Schema of a kind of file, or of what -json prints
    Schema(Schema),
    /// Explain a component or an object: its line, its plan, how it is
    Explain(Explain),
    /// Draw an environment: what must work before what
    Graph(Graph),
    /// List the runs that changed an environment
    History(History),
    /// Go back to the files of an earlier run, as git has them
    Rollback(Rollback),
    /// Post what was told to a pull request on GitHub
    Comment(Comment),
    /// Look for what keeps ditc from working, and tell the mend
    Doctor(Doctor),
    /// Print the completions for a shell
    Completions(Completions),
    #[command(name = COMPLETE, hide = true)]
    Complete(Complete),
    /// Write the manual's pages
    Man(Man),
    /// Print the version
    #[command(after_help = "Example:\n  ditc version")]
    Version,
}

/// `ditc plan`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Plan {
    /// Environments by name; `*` stands for any characters, as in 'pr-*'
    #[arg(value_name = "ENV")]
    pub environments: Vec<Pattern>,
    #[command(flatten)]
    pub several: Several,
    /// Exit with 2 if there are changes, 0 if there are none
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Keep the plan in this file, for `ditc show FILE` and `ditc apply FILE`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Plan to remove the environment, as `ditc destroy` would
    #[arg(long, conflicts_with_all = ["replace", "adopt", "force_conflicts", "delete_data", "max_destroy", "refresh_only"])]
    pub destroy: bool,
    /// With -destroy: delete with the namespace what others made in it
    #[arg(long, requires = "destroy")]
    pub with_foreign: bool,
    /// Whether to look at the cluster; with false, plan from the local state alone
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, default_value_t = true, default_missing_value = "true",
        num_args = 0..=1, require_equals = true)]
    pub refresh: bool,
    #[command(flatten)]
    pub variables: Variables,
    #[command(flatten)]
    pub choose: Choose,
    #[command(flatten)]
    pub length: Length,
    #[command(flatten)]
    pub copies: Copies,
    #[command(flatten)]
    pub habits: Habits,
}

/// `ditc apply`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Apply {
    /// Environments by name; `*` stands for any characters. Or one file that `plan -out` made, whose name holds a `/` or
    /// a `.`
    #[arg(value_name = "ENV|FILE")]
    pub subjects: Vec<Subject>,
    #[command(flatten)]
    pub several: Several,
    #[command(flatten)]
    pub run: Run,
    #[command(flatten)]
    pub variables: Variables,
    #[command(flatten)]
    pub choose: Choose,
}

/// `ditc show`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Show {
    /// The file that `plan -out` made
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub length: Length,
    #[command(flatten)]
    pub copies: Copies,
}

/// `ditc destroy`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Destroy {
    /// Environments by name, also without a file; `*` stands for any characters, among those that have one
    #[arg(value_name = "ENV")]
    pub environments: Vec<Pattern>,
    #[command(flatten)]
    pub several: Several,
    #[command(flatten)]
    pub run: Run,
    #[command(flatten)]
    pub part: Part,
    /// Delete with the namespace what others made in it
    #[arg(long)]
    pub with_foreign: bool,
}

/// `ditc drift`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Drift {
    /// Environments by name, also without a file; `*` stands for any characters, among those that have one
    #[arg(value_name = "ENV")]
    pub environments: Vec<Pattern>,
    #[command(flatten)]
    pub several: Several,
    /// Count fields as drift that others set beside ours
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub length: Length,
    #[command(flatten)]
    pub copies: Copies,
    #[command(flatten)]
    pub habits: Habits,
}

/// `ditc status`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Status {
    /// The environment; all of them where none is named
    #[arg(value_name = "ENV")]
    pub environment: Option<EnvironmentName>,
}

/// `ditc state`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum State {
    /// List the addresses of all recorded objects
    #[command(after_help = "Example:\n  ditc state list jakub")]
    List {
        /// The environment: environments/ENV.toml
        #[arg(value_name = "ENV")]
        environment: EnvironmentName,
    },
    /// Show one recorded object
    #[command(after_help = "Examples:\n  ditc state show jakub jakub.services.orders/Deployment/orders\n  \
        ditc state show jakub deployment/orders")]
    Show {
        /// The environment: environments/ENV.toml
        #[arg(value_name = "ENV")]
        environment: EnvironmentName,
        /// An address as `state list` prints it, or kind/name
        #[arg(value_name = "ADDRESS")]
        address: Which,
    },
    /// Build the record anew from the objects in the cluster
    #[command(after_help = "Example:\n  ditc state rebuild jakub")]
    Rebuild {
        /// The environment: environments/ENV.toml
        #[arg(value_name = "ENV")]
        environment: EnvironmentName,
    },
}

/// `ditc sandbox`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Sandbox {
    /// Serve the built-in cluster on a loopback port, for kubectl
    #[command(after_help = "Example:\n  ditc sandbox serve")]
    Serve,
}

/// Why there is nothing to run.
#[derive(Debug, Clone)]
pub enum Stop {
    /// Help or version was asked for: a text for standard output, and a good end.
    Shown(String),
    Failure(Failure),
}

impl Cli {
    /// Reads the arguments, the program's name first, and the defaults that `DITC_CLI_ARGS*` variables hold.
    ///
    /// # Errors
    /// [`Stop`]: help was asked for, or the arguments make no sense.
    pub fn parse_from(
        arguments: impl IntoIterator<Item = OsString>,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, Stop> {
        let command = Self::command();
        let Rewritten { arguments, added } =
            arguments::rewrite(&command, arguments, variables).map_err(Stop::Failure)?;
        let told = |failure: Failure| Stop::Failure(added.iter().fold(failure, |failure, one| failure.hint(from(one))));
        let matches = groups::shown(command).try_get_matches_from(arguments);
        let cli = matches.and_then(|matches| Self::from_arg_matches(&matches)).map_err(|error| match stop(&error) {
            Stop::Shown(text) => Stop::Shown(text),
            Stop::Failure(failure) => told(failure),
        })?;
        check::check(&cli).map_err(told)?;
        Ok(cli)
    }

    /// What the flags say about the terminal.
    #[must_use]
    pub fn wishes(&self) -> Wishes {
        let no_input = match &self.verb {
            Verb::Apply(Apply { run, .. }) | Verb::Destroy(Destroy { run, .. }) => !run.input,
            Verb::Rollback(Rollback { run, .. }) => !run.input,
            Verb::Explain(_) | Verb::Graph(_) | Verb::History(_) | Verb::Comment(_) => false,
            Verb::Plan(_) | Verb::Show(_) | Verb::Drift(_) | Verb::State(_) | Verb::Sandbox(_) | Verb::Version => false,
            Verb::Status(_)
            | Verb::Logs(_)
            | Verb::Exec(_)
            | Verb::PortForward(_)
            | Verb::Validate(_)
            | Verb::Lock(_)
            | Verb::Fmt(_)
            | Verb::New(_)
            | Verb::Set(_)
            | Verb::Import(_)
            | Verb::Modules(_)
            | Verb::Schema(_) => false,
            Verb::Doctor(_) | Verb::Completions(_) | Verb::Complete(_) | Verb::Man(_) => false,
        };
        let report = self.report();
        let lines = match &self.verb {
            Verb::Apply(_) | Verb::Destroy(_) | Verb::Rollback(_) | Verb::Logs(_) | Verb::PortForward(_) => Lines::Yes,
            _ => Lines::No,
        };
        Wishes { no_color: self.global.no_color, no_input, quiet: self.global.quiet, report, lines }
    }
}

/// A value as a shell takes it in one piece.
#[must_use]
pub fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+,%".contains(c);
    if value.chars().all(is_plain) { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

/// What is said of arguments that nobody typed.
fn from(added: &str) -> String {
    format!("a variable adds to what was typed: {added}")
}

fn usage(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Usage, message)
}

/// The command that shells ask for completions.
const COMPLETE: &str = "__complete";

fn stop(error: &clap::Error) -> Stop {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Shown(text),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Stop::Failure(usage(format!("a command is missing\n\n{}", text.trim_end())))
        }
        _ => {
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            Stop::Failure(usage(text.trim_end()))
        }
    }
}
