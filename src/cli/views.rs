//! Commands that look at things from one side each, and the one that goes back to what was.

use clap::{Args, ValueEnum};

use crate::names::{EnvironmentName, Pattern};

use super::{Choose, Place, Run, Variables};

/// What the help of `ditc doctor` begins with.
pub(super) const DOCTOR: &str = "Look for what keeps ditc from working: the workspace's files, the kubeconfig, the server and its version, \
    what these credentials may do in each environment's namespace, the local state, and the programs beside ditc. \
    Nothing is written. Each fault is told with its mend.\n\nExit codes: 0 nothing keeps ditc from working, 1 something \
    does.";

/// `ditc doctor`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(
    after_help = "Examples:\n  ditc doctor\n  ditc doctor jakub 'pr-*'      the rights in these environments alone\n  \
        ditc doctor -context staging\n  ditc doctor -json"
)]
pub struct Doctor {
    /// The environments to ask rights for; all that have a file without one
    #[arg(value_name = "ENV")]
    pub environments: Vec<Pattern>,
}

/// What the help of `ditc history` begins with.
pub(super) const HISTORY: &str = "List the runs that changed an environment: when, by whom, from which commit, with what outcome. Runs from \
    here are known in full; of those from elsewhere, the record has the last.";

/// `ditc history`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "Examples:\n  ditc history jakub\n  ditc history jakub -json")]
pub struct History {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: EnvironmentName,
}

/// What the help of `ditc rollback` begins with.
pub(super) const ROLLBACK: &str = "Plan towards the files of an earlier run, ask, and apply. The files are read from git, at the commit of that \
    run; the working tree stays as it is, and the next `ditc apply` of it goes forward again.\n\nNot rolled back: what is \
    in volumes and databases; Secrets, generated or given; ditc.toml and the modules that are built in; values from -var, \
    -var-file and DITC_VAR_name; and what a tag stands for, if it moved since.";

/// `ditc rollback`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(
    after_help = "Examples:\n  ditc history jakub            which runs there were\n  ditc rollback jakub 7         a plan, then a question\n  \
        ditc rollback jakub 7 -auto-approve\n  ditc rollback jakub 7 -target=jakub.services.orders"
)]
pub struct Rollback {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: EnvironmentName,
    /// Which run, by the number that `ditc history` shows
    #[arg(value_name = "RUN")]
    pub serial: u64,
    #[command(flatten)]
    pub run: Run,
    #[command(flatten)]
    pub variables: Variables,
    #[command(flatten)]
    pub choose: Choose,
}

/// What the help of `ditc graph` begins with.
pub(super) const GRAPH: &str = "Draw the components of an environment, their objects, and what must work before what. It needs no cluster, \
    but with -plan, which marks what the next apply would do.";

/// `ditc graph`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "Examples:\n  ditc graph jakub -format=svg > jakub.svg     a drawing for a browser\n  \
        ditc graph jakub > jakub.dot                 for Graphviz\n  \
        ditc graph jakub -plan -format=svg > plan.svg\n  ditc graph jakub -json")]
pub struct Graph {
    /// The environment
    #[arg(value_name = "ENV")]
    pub environment: EnvironmentName,
    /// What to draw with
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = GraphFormat::Dot)]
    pub format: GraphFormat,
    /// Mark what the next apply would do
    #[arg(long)]
    pub plan: bool,
    #[command(flatten)]
    pub variables: Variables,
}

/// What a graph is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// The language of Graphviz
    Dot,
    /// A drawing
    Svg,
}

/// What the help of `ditc explain` begins with.
pub(super) const EXPLAIN: &str = "Explain a component, an object or an environment: the line that asks for it, the template that renders it, \
    its inputs and where each comes from, what the next apply would do to it and why, how it is, and what it waits for. \
    With a field, also who owns it.\n\nIt plans, and changes nothing.";

/// `ditc explain`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(
    after_help = "Examples:\n  ditc explain jakub.services.orders\n  ditc explain jakub/orders              the same\n  \
        ditc explain jakub.services.orders/Deployment/orders\n  \
        ditc explain jakub.services.orders/Deployment/orders .spec.replicas\n      \
        who owns the field\n  \
        ditc explain jakub                     what of it does not work, and why"
)]
pub struct Explain {
    /// An address, an environment, or ENV/COMPONENT
    #[arg(value_name = "ADDRESS")]
    pub place: Place,
    /// A field of the object, such as .spec.replicas; `.` is all of them
    #[arg(value_name = "FIELD")]
    pub field: Option<String>,
    #[command(flatten)]
    pub variables: Variables,
}
