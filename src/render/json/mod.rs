//! Output for machines: a plan as one document, a run as one object per line with Terraform's key names. The types here
//! are the format; nothing else is serialised. Readers ignore fields they do not know.

use super::style::is_harmful;

mod contact;
mod doctor;
mod drift;
mod event;
mod explain;
mod failure;
mod files;
mod graph;
mod history;
mod hook;
mod left_out;
mod lock;
mod many;
mod plan;
mod posted;
mod preflight;
mod reach;
mod run;
mod schema;
mod state;
mod status;
mod words;

pub use doctor::doctor;
pub use drift::drift;
pub use event::{event, outputs, planned, version};
pub use explain::explain;
pub use failure::{error, error_line};
pub use files::{
    Unfit, begun, formatted, imported, module, modules, serving, set, validate, version_document, written,
};
pub use graph::graph;
pub use history::history;
pub use lock::{LockFile, LockedService, locks};
pub use many::{Planned, lines_of, plans};
pub use plan::plan;
pub use posted::{Post, posted};
pub use preflight::preflight;
pub use reach::{listening, log};
pub use schema::{Printed, schema};
pub use state::{state_list, state_show};
pub use status::status;

/// The version of all that is printed as JSON: the first number changes when something is taken away.
pub const FORMAT_VERSION: &str = "1.0";

fn document(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("our own types have string keys and no failing parts");
    harmless(&text) + "\n"
}

fn line(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).expect("our own types have string keys and no failing parts");
    harmless(&text) + "\n"
}

/// The same JSON for a terminal to show: what it would obey, or nobody would see, is escaped. Such characters stand in
/// strings alone, since the text around them is ours.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && is_harmful(c) {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}
