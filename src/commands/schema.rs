//! `ditc schema`: the JSON Schema of a kind of file, or of what a command prints for machines. Outside a workspace it
//! knows the built-in modules.

use crate::{
    cli::{self, SchemaOf},
    config,
    failure::{Exit, Failure},
    files,
    render::json::{Printed, schema},
};

use super::desk::Desk;

pub(super) fn run(desk: &Desk<'_>, arguments: &cli::Schema) -> Result<Exit, Failure> {
    let printed = match arguments.of {
        SchemaOf::Environment => {
            let workspace = config::parse(&files::read_workspace(&desk.root())?);
            config::environment_schema(&workspace)
        }
        SchemaOf::Module => config::module_schema(),
        SchemaOf::Ditc => config::ditc_schema(),
        SchemaOf::Plan => schema(Printed::Plan),
        SchemaOf::Show => schema(Printed::Show),
        SchemaOf::Apply | SchemaOf::Destroy | SchemaOf::Rollback => schema(Printed::Apply),
        SchemaOf::Drift => schema(Printed::Drift),
        SchemaOf::Status => schema(Printed::Status),
        SchemaOf::Validate => schema(Printed::Validate),
        SchemaOf::StateList | SchemaOf::StateRebuild => schema(Printed::StateList),
        SchemaOf::StateShow => schema(Printed::StateShow),
        SchemaOf::Fmt => schema(Printed::Fmt),
        SchemaOf::New => schema(Printed::New),
        SchemaOf::Modules => schema(Printed::Modules),
        SchemaOf::ModulesShow => schema(Printed::Module),
        SchemaOf::Version => schema(Printed::Version),
        SchemaOf::Logs => schema(Printed::Logs),
        SchemaOf::PortForward => schema(Printed::PortForward),
        SchemaOf::SandboxServe => schema(Printed::Sandbox),
        SchemaOf::Explain => schema(Printed::Explain),
        SchemaOf::Graph => schema(Printed::Graph),
        SchemaOf::History => schema(Printed::History),
        SchemaOf::Doctor => schema(Printed::Doctor),
        SchemaOf::Lock => schema(Printed::Lock),
        SchemaOf::Comment => schema(Printed::Comment),
        SchemaOf::Set => schema(Printed::Set),
        SchemaOf::ImportPayload => schema(Printed::ImportPayload),
        SchemaOf::Man => schema(Printed::Man),
    };
    desk.terminal.out(&format!("{printed:#}"));
    Ok(Exit::Done)
}
