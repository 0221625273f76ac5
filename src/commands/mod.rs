//! One file for each verb: what it asks, in which order, and what it says in the end. Rooms are joined only here.

use crate::{
    cli::{Cli, Import, Modules, ModulesAction, Sandbox, Show, State, Verb},
    failure::{Exit, Failure},
    render,
    settings::Settings,
    terminal::Terminal,
};

mod aim;
mod apply;
mod beyond;
mod choices;
mod chosen;
mod claims;
mod comment;
mod complete;
mod desk;
mod doctor;
mod drift;
mod errors;
mod exec;
mod explain;
mod fmt;
mod follow;
mod forms;
mod graph;
mod held;
mod history;
mod images;
mod import;
mod link;
mod living;
mod lock;
mod logs;
mod man;
mod modules;
mod new;
mod own;
mod plan;
mod port_forward;
mod pods;
mod preflight;
mod progress;
mod project;
mod recorded;
mod references;
mod rights;
mod sandbox;
mod saved;
mod schema;
mod secrets;
mod session;
mod set;
mod show;
mod signals;
mod state;
mod status;
mod together;
mod unresolved;
mod validate;

use desk::{Desk, Git};
use forms::Forms;

/// Runs what was typed, and tells in every form that was asked for how it ended.
pub async fn run(cli: &Cli, settings: &Settings, terminal: &Terminal) -> Exit {
    let forms = match Forms::open(cli, settings, terminal) {
        Ok(forms) => forms,
        Err(failure) => return terminal.report(&failure),
    };
    let git = Git::default();
    let desk = Desk { global: &cli.global, settings, terminal, forms: &forms, git: &git, detail: cli.detail() };
    let exit = match carry_out(&desk, &cli.verb).await {
        Ok(exit) => exit,
        Err(failure) => {
            forms.failed(&failure);
            terminal.report(&failure)
        }
    };
    match forms.write(settings, terminal, exit) {
        Ok(()) => exit,
        Err(failure) => exit.and(terminal.report(&failure)),
    }
}

async fn carry_out(desk: &Desk<'_>, verb: &Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Plan(plan) => plan::run(desk, plan).await,
        Verb::Apply(apply) => apply::apply(desk, apply).await,
        Verb::Lock(lock) => lock::run(desk, lock).await,
        Verb::Destroy(destroy) => apply::destroy(desk, destroy).await,
        Verb::Show(Show { file, .. }) => show::run(desk, file),
        Verb::Drift(drift) => drift::run(desk, drift).await,
        Verb::Exec(exec) => exec::run(desk, exec).await,
        Verb::PortForward(forward) => port_forward::run(desk, forward).await,
        Verb::Logs(logs) => logs::run(desk, logs).await,
        Verb::Status(status) => status::run(desk, status).await,
        Verb::State(State::List { environment }) => state::list(desk, environment).await,
        Verb::State(State::Show { environment, address }) => state::show(desk, environment, address).await,
        Verb::State(State::Rebuild { environment }) => state::rebuild(desk, environment).await,
        Verb::Sandbox(Sandbox::Serve) => sandbox::serve(desk).await,
        Verb::Validate(validate) => validate::run(desk, validate),
        Verb::Fmt(fmt) => fmt::run(desk, fmt),
        Verb::New(new) => new::run(desk, new),
        Verb::Set(set) => set::run(desk, set),
        Verb::Import(Import::Payload(payload)) => import::payload(desk, payload),
        Verb::Modules(Modules { action: None }) => modules::list(desk),
        Verb::Modules(Modules { action: Some(ModulesAction::Show { module }) }) => modules::show(desk, module),
        Verb::Schema(schema) => schema::run(desk, schema),
        Verb::Explain(arguments) => explain::run(desk, arguments).await,
        Verb::Graph(arguments) => graph::run(desk, arguments).await,
        Verb::History(arguments) => history::run(desk, arguments).await,
        Verb::Rollback(arguments) => apply::rollback(desk, arguments).await,
        Verb::Comment(comment) => comment::run(desk, comment).await,
        Verb::Doctor(doctor) => doctor::run(desk, doctor).await,
        Verb::Completions(completions) => Ok(complete::script(desk, *completions)),
        Verb::Complete(words) => complete::run(desk, words),
        Verb::Man(man) => man::run(desk, man),
        Verb::Version => {
            let version = env!("CARGO_PKG_VERSION");
            desk.text(|_| format!("ditc {version}"));
            desk.json(|| render::json::version_document(version));
            Ok(Exit::Done)
        }
    }
}
