//! The commands about the workspace's files: `validate`, `fmt`, `new`, `set`, `import`, `modules`, `schema`. None needs a
//! cluster.

mod fmt;
mod import;
mod modules;
mod new;
mod schema;
mod set;
mod validate;

use crate::support::Told;

fn json(told: &Told) -> serde_json::Value {
    serde_json::from_str(&told.out).unwrap_or_else(|error| panic!("{error}\n{}", told.out))
}
