//! The command line: what people may type, and what it means. It runs nothing and prints nothing.

use std::{collections::BTreeMap, ffi::OsString};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};

use crate::{
    address::Which,
    failure::{Failure, FailureKind},
    names::EnvironmentName,
    terminal::{Lines, Wishes},
};

mod arguments;
mod change;
mod check;
mod comment;
mod complete;
mod duration;
mod flags;
mod global;
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

pub use change::{Apply, Destroy, Drift, Plan, Show};
pub use comment::{Comment, is_commit, is_repository};
pub use complete::{Candidate, Cursor, Wanted, cursor};
pub use flags::{Choose, Habits, Lock, Part, Run, Variables};
pub use global::Global;
pub use output::{Copies, Form, FormKind, Length};
pub use reach::{Exec, Forward, Logs, Place, PortForward};
pub use references::{Lockfile, References, Upgrade};
pub use refused::meant_environment;
pub use tools::{Fmt, Modules, ModulesAction, New, Schema, SchemaOf, Validate};
pub use write::{Import, ImportPayload, Set};

use arguments::Rewritten;
pub use arguments::unread;
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
    after_help = "Examples:\n  ditc plan jakub               what would change in it, and why\n  \
        ditc apply jakub              make it so, after a question\n  \
        ditc apply jakub --sandbox    the same in the built-in cluster\n  \
        ditc plan --all               all environments, with one summary",
    after_long_help = "Examples:\n  ditc plan jakub               what would change in it, and why\n  \
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
    #[command(long_about = references::LOCK)]
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
            ditc drift --all -json      also those without a file, for a nightly job\n  \
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
        ditc logs jakub -tail=20           all components, each line with its pod\n  \
        ditc logs jakub/orders -previous   before the last restart")]
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
        after_help = "Examples:\n  ditc port-forward jakub orders 8080:80\n  ditc port-forward jakub.services.orders 8080:80\n  ditc port-forward jakub postgresql 5432"
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
    #[command(long_about = write::SET)]
    Set(Set),
    /// Turn what described environments before into files of ditc
    #[command(subcommand)]
    Import(Import),
    /// List the modules, or show one
    Modules(Modules),
    /// Print the JSON Schema of a kind of file, or of what -json prints
    Schema(Schema),
    /// Explain a component or an object: its line, its plan, how it is
    #[command(long_about = views::EXPLAIN)]
    Explain(Explain),
    /// Draw an environment: what must work before what
    #[command(long_about = views::GRAPH)]
    Graph(Graph),
    /// List the runs that changed an environment
    #[command(long_about = views::HISTORY)]
    History(History),
    /// Go back to the files of an earlier run, as git has them
    #[command(long_about = views::ROLLBACK)]
    Rollback(Rollback),
    /// Post what was told to a pull request on GitHub
    #[command(long_about = comment::COMMENT)]
    Comment(Comment),
    /// Look for what keeps ditc from working, and tell the mend
    #[command(long_about = views::DOCTOR)]
    Doctor(Doctor),
    /// Print the completions for a shell
    #[command(long_about = shell::COMPLETIONS)]
    Completions(Completions),
    #[command(name = COMPLETE, hide = true)]
    Complete(Complete),
    /// Write the manual's pages
    Man(Man),
    /// Print the version
    #[command(after_help = "Example:\n  ditc version")]
    Version,
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
            let failure = usage(text.trim_end());
            Stop::Failure(refused::mistaken_file(error).into_iter().fold(failure, Failure::hint))
        }
    }
}
