//! Output for machines: a plan as one document, a run as one object per line with Terraform's key names. The types here
//! are the format; nothing else is serialised. Readers ignore fields they do not know.

mod contact;
mod drift;
mod event;
mod failure;
mod files;
mod many;
mod plan;
mod preflight;
mod state;
mod status;

pub use drift::drift;
pub use event::{event, log, outputs, planned, version};
pub use failure::{error, error_line};
pub use files::{begun, formatted, module, modules, validate};
pub use many::{Planned, lines_of, plans};
pub use plan::plan;
pub use preflight::preflight;
pub use state::{state_list, state_show};
pub use status::status;

/// The version of all that is printed as JSON: the first number changes when something is taken away.
pub const FORMAT_VERSION: &str = "1.0";

fn document(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("our own types have string keys and no failing parts");
    text + "\n"
}

fn line(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).expect("our own types have string keys and no failing parts");
    text + "\n"
}
