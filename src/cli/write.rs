//! Commands that write files of the workspace for people.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::{config::Assignment, names::EnvironmentName};

/// What the help of `ditc set` begins with.
pub(super) const SET: &str = "Set keys of a service or dependency in the file of an environment. Comments, order and spaces stay; \
    what is set is checked before it is written, and what would make the file invalid is refused. A component that \
    comes from an environment named by `extends` gets a table in this file.\n\nA value is what its key holds: a text for tag, \
    chart, image and every variable in env, else a number, true, false, a list or a table where it looks like one. What \
    stands in quotes is always a text.";

/// `ditc set`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "Examples:\n  ditc set jakub orders tag=v1.2            follow another tag\n  \
        ditc set jakub orders branch=main         in the place of the tag\n  \
        ditc set jakub orders replicas=3 image=jakubborys/ditc-orders\n  \
        ditc set jakub orders env.LOG_LEVEL=debug values.replicaCount=2\n  \
        ditc set jakub orders -unset=replicas     so that the default holds\n  \
        ditc set base postgresql inputs.storage=2Gi")]
pub struct Set {
    /// The environment whose file is changed: environments/ENV.toml
    #[arg(value_name = "ENV")]
    pub environment: EnvironmentName,
    /// The service or dependency
    #[arg(value_name = "SERVICE")]
    pub component: String,
    /// A key and its value; dots lead into tables
    #[arg(value_name = "KEY=VALUE", required_unless_present = "unset", value_parser = assignment)]
    pub assignments: Vec<Assignment>,
    /// Take a key out of the file, so that what it extends or a default holds; repeatable
    #[arg(long, value_name = "KEY", value_parser = key)]
    pub unset: Vec<Assignment>,
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
    let whole = path.join(".");
    if value.is_empty() {
        return Err(format!(
            "it gives `{whole}` no value; -unset={whole} takes the key out, '{whole}=\"\"' makes it an empty text"
        ));
    }
    Ok(Assignment { path, value: Some(value.to_owned()) })
}

fn key(text: &str) -> Result<Assignment, String> {
    let path: Vec<String> = text.split('.').map(|key| key.trim().to_owned()).collect();
    let is_name = path.iter().all(|key| !key.is_empty()) && !text.contains('=');
    if is_name {
        Ok(Assignment { path, value: None })
    } else {
        Err("write the name of a key, such as tag or env.LOG_LEVEL".to_owned())
    }
}

/// `ditc import`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Import {
    /// Turn the payload of the old provisioning scripts, environment.json, into an environment's file
    #[command(after_help = "Examples:\n  ditc import payload environment.json            print the file\n  \
        ditc import payload environment.json -write     into environments/\n  \
        ditc import payload environment.json -name=jakub -write\n  \
        ditc import payload environment.json -out=jakub.toml\n\n\
        The payload is one object of JSON; of each project all three keys are needed:\n  \
        {\n    \"action\": \"create\",                ignored, and told\n    \"name\": \"jakub\",                   \
        the environment\n    \"projects\": {\n      \"orders\": {\"org\": \"kooba\", \"repo\": \"ditc-orders\", \"tag\": \"dev\"}\n    \
        }\n  }\n\nOf each project a service is made: its repository, its tag, the chart at\n\
        charts/NAME with one replica. The dependencies of the old scripts are added,\n\
        as they were to every environment: postgresql, rabbitmq and redis, unless what\n\
        the environment extends has them. What is assumed so, and what has no place in\n\
        the file, is told on standard error.")]
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
