//! Commands that write files of the workspace for people.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::{config::Assignment, names::EnvironmentName};

/// `ditc set`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(
    long_about = "Set keys of a service or dependency in the file of an environment. Comments, order and spaces stay; \
        what is set is checked before it is written, and what would make the file invalid is refused. A component that \
        comes from an environment named by `extends` gets a table in this file.",
    after_help = "Examples:\n  ditc set jakub orders tag=v1.2            follow another tag\n  \
        ditc set jakub orders branch=main         in the place of the tag\n  \
        ditc set jakub orders replicas=3 image=jakubborys/ditc-orders\n  \
        ditc set jakub orders env.LOG_LEVEL=debug values.replicaCount=2\n  \
        ditc set base postgresql inputs.storage=2Gi"
)]
pub struct Set {
    /// The environment whose file is changed: environments/ENV.toml
    #[arg(value_name = "ENV")]
    pub environment: EnvironmentName,
    /// The service or dependency
    #[arg(value_name = "SERVICE")]
    pub component: String,
    /// A key and its value; dots lead into tables
    #[arg(value_name = "KEY=VALUE", required = true, value_parser = assignment)]
    pub assignments: Vec<Assignment>,
    /// Show what would change, and write nothing
    #[arg(long)]
    pub diff: bool,
}

fn assignment(text: &str) -> Result<Assignment, String> {
    let (path, value) = text.split_once('=').ok_or("write KEY=VALUE, such as tag=v1.2")?;
    let path: Vec<String> = path.split('.').map(|key| key.trim().to_owned()).collect();
    if path.iter().any(String::is_empty) {
        return Err("a name is missing before `=`; write KEY=VALUE, such as tag=v1.2 or env.LOG_LEVEL=debug".to_owned());
    }
    Ok(Assignment { path, value: value.to_owned() })
}

/// `ditc import`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Import {
    /// Turn the payload of the old provisioning scripts, environment.json, into an environment's file
    #[command(after_help = "Examples:\n  ditc import payload environment.json                  print the file\n  \
        ditc import payload environment.json -write           into environments/, under the payload's name\n  \
        ditc import payload environment.json -name=jakub -write\n  \
        ditc import payload environment.json -out=jakub.toml\n\n\
        What has no place in it is told on standard error, line by line.")]
    Payload(ImportPayload),
}

/// `ditc import payload`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ImportPayload {
    /// The payload: {"name": ..., "projects": {...}}
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What the environment is called, instead of the payload's name
    #[arg(long, value_name = "ENV")]
    pub name: Option<EnvironmentName>,
    /// The environment that it extends; without it `base`, where there is one
    #[arg(long, value_name = "ENV")]
    pub from: Option<EnvironmentName>,
    /// Write environments/ENV.toml, unless it is there already
    #[arg(long, conflicts_with = "out")]
    pub write: bool,
    /// Write this file, unless it is there already
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
