//! Why a saved plan no longer fits: each object with what moved on it, one line each.

use crate::{
    plan::{Action, Moved, MovedField, Movement, Plan},
    render::{
        secrecy::{SENSITIVE, is_hidden},
        style::clean_line,
    },
};

use super::{blocked::explain, notes::object, value::inline};

/// More fields than these of one object are counted.
const FIELDS: usize = 5;

/// A line for each object of which two plans say different things; `plan` is the later one.
#[must_use]
pub fn moved(plan: &Plan, moved: &[Moved]) -> Vec<String> {
    let line = |moved: &Moved| {
        let address = object(plan, moved.component.as_ref(), &moved.key);
        format!("{address}: {}", what(plan, moved))
    };
    moved.iter().map(line).collect()
}

fn what(plan: &Plan, moved: &Moved) -> String {
    match &moved.how {
        Movement::Unplanned(action) => format!("it was to stay as it is, and would be {} now", participle(*action)),
        Movement::Settled(action) => format!("it was to be {}, and there is nothing to do now", participle(*action)),
        Movement::OtherAction { planned, now } => {
            format!("it was to be {}, and would be {} now", participle(*planned), participle(*now))
        }
        Movement::Blocked => {
            let blocked = plan.blocked.iter().find(|blocked| blocked.key == moved.key);
            let why = blocked.map(|blocked| explain(plan, blocked, "").0);
            why.unwrap_or_else(|| "something stands in the way now".to_owned())
        }
        Movement::Recreated => "it was deleted and created anew".to_owned(),
        Movement::Fields(fields) => {
            let mut lines: Vec<String> = fields.iter().take(FIELDS).map(|field| of_field(moved, field)).collect();
            if fields.len() > FIELDS {
                lines.push(format!("and {} more fields", fields.len() - FIELDS));
            }
            lines.join("; ")
        }
        Movement::Beside => "it changed beside the fields that the plan shows".to_owned(),
    }
}

fn of_field(moved: &Moved, field: &MovedField) -> String {
    let MovedField { path, planned, now } = field;
    let shown = |value: &Option<serde_json::Value>| match value {
        None => "not there".to_owned(),
        Some(value) if is_hidden(&moved.key, path, Some(value)) => SENSITIVE.to_owned(),
        Some(value) => clean_line(&inline(value)),
    };
    format!("{} was {}, and is {}", clean_line(&path.to_string()), shown(planned), shown(now))
}

fn participle(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Replace => "replaced",
        Action::Adopt => "imported",
        Action::Delete => "destroyed",
        Action::Release => "let go",
        Action::Forget => "forgotten",
    }
}
