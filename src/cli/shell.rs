//! What ditc gives to the machine it is installed on: completions for shells, and pages for `man`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What the help of `ditc completions` begins with.
pub(super) const COMPLETIONS: &str = "Print the completions for a shell: commands, flags, and, as they are in the workspace at that moment, \
    environments, addresses and modules.";

/// `ditc completions`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
#[command(after_help = "Examples:\n  ditc completions bash > ~/.local/share/bash-completion/completions/ditc\n  \
        ditc completions zsh > ~/.zfunc/_ditc    in $fpath, before compinit\n  \
        ditc completions fish > ~/.config/fish/completions/ditc.fish")]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// The shells that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// `ditc __complete`, which the shells run
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Complete {
    /// What is typed behind the program's name, to the word at the cursor
    #[arg(value_name = "WORD", last = true)]
    pub words: Vec<String>,
}

/// `ditc man`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(
    after_help = "Examples:\n  ditc man ~/.local/share/man/man1    read with `man ditc`, `man ditc-plan`\n  ditc man ./man"
)]
pub struct Man {
    /// Where to write them; it is made where it is missing
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
}
