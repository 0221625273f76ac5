//! The binary: reads what was typed and what surrounds it, runs the command, and tells how it ended.

use std::process::ExitCode;

use ditc::{
    cli::{self, Cli, Stop},
    failure::Exit,
    settings::Settings,
    terminal::{self, Terminal, Wishes},
};

fn main() -> ExitCode {
    terminal::report_bugs();
    let settings = Settings::read();
    terminal::log(&settings);
    let cli = match Cli::parse_from(std::env::args_os(), &settings.arguments) {
        Ok(cli) => cli,
        Err(Stop::Shown(text)) => {
            Terminal::new(&settings, Wishes::default()).out(&text);
            return Exit::Done.into();
        }
        Err(Stop::Failure(failure)) => {
            let wishes = cli::unread(std::env::args_os(), &settings.arguments);
            return Terminal::new(&settings, wishes).report(&failure).into();
        }
    };
    let terminal = Terminal::new(&settings, cli.wishes());
    // Fails only where a provider is there already, and that one serves as well.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("the system gives threads");
    runtime.block_on(ditc::commands::run(&cli, &settings, &terminal)).into()
}
