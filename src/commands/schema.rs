//! `ditc schema`: the JSON Schema of a kind of file. Outside a workspace it knows the built-in modules.

use crate::{
    cli::{self, SchemaOf},
    config,
    failure::{Exit, Failure},
    files,
};

use super::desk::Desk;

pub(super) fn run(desk: &Desk<'_>, arguments: &cli::Schema) -> Result<Exit, Failure> {
    let schema = match arguments.of {
        SchemaOf::Environment => {
            let workspace = config::parse(&files::read_workspace(&desk.root())?);
            config::environment_schema(&workspace)
        }
        SchemaOf::Module => config::module_schema(),
        SchemaOf::Ditc => config::ditc_schema(),
    };
    desk.terminal.out(&format!("{schema:#}"));
    Ok(Exit::Done)
}
