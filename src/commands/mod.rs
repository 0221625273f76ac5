//! One file for each verb: what it asks, in which order, and what it says in the end. Rooms are joined only here.

use std::process::ExitCode;

use crate::{
    cli::{Cli, Sandbox, Show, State, Verb},
    failure::{Exit, Failure},
    settings::Settings,
    terminal::Terminal,
};

mod apply;
mod drift;
mod errors;
mod link;
mod plan;
mod preflight;
mod sandbox;
mod saved;
mod session;
mod show;
mod signals;
mod state;

use session::Desk;

/// Runs what was typed.
///
/// # Errors
/// Whatever kept the command from doing what it was asked.
pub async fn run(cli: &Cli, settings: &Settings, terminal: &Terminal) -> Result<Exit, Failure> {
    let desk = Desk { global: &cli.global, settings, terminal };
    match &cli.verb {
        Verb::Plan(plan) => plan::run(&desk, plan).await,
        Verb::Apply(apply) => apply::apply(&desk, apply).await,
        Verb::Destroy(destroy) => apply::destroy(&desk, destroy).await,
        Verb::Show(Show { file }) => show::run(&desk, file),
        Verb::Drift(drift) => drift::run(&desk, drift).await,
        Verb::State(State::List { environment }) => state::list(&desk, environment).await,
        Verb::State(State::Show { environment, address }) => state::show(&desk, environment, address).await,
        Verb::State(State::Rebuild { environment }) => state::rebuild(&desk, environment).await,
        Verb::Sandbox(Sandbox::Serve) => sandbox::serve(&desk).await,
        Verb::Version => {
            terminal.out(&format!("ditc {}", env!("CARGO_PKG_VERSION")));
            Ok(Exit::Done)
        }
    }
}

/// Tells why a command failed, in the form that was asked for, and gives the code to end with.
#[must_use]
pub fn report(failure: &Failure, terminal: &Terminal) -> ExitCode {
    terminal.report(failure).into()
}
