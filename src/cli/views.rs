//! Commands that look at things from one side each, and change nothing.

use clap::Args;

use crate::names::Pattern;

/// `ditc doctor`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(
    long_about = "Look for what keeps ditc from working: the workspace's files, the kubeconfig, the server and its version, \
        what these credentials may do in each environment's namespace, the local state, and the programs beside ditc. \
        Nothing is written. Each fault is told with its mend.\n\nExit codes: 0 nothing keeps ditc from working, 1 something \
        does.",
    after_help = "Examples:\n  ditc doctor\n  ditc doctor jakub 'pr-*'      the rights in these environments alone\n  \
        ditc doctor -context staging\n  ditc doctor -json"
)]
pub struct Doctor {
    /// The environments to ask rights for; all that have a file without one
    #[arg(value_name = "ENV")]
    pub environments: Vec<Pattern>,
}
