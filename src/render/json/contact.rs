//! What a run says of its connection and of its lease, as lines of JSON.

use jiff::Timestamp;
use serde::Serialize;

use crate::apply::{Contacted, Holder, Stopped};

use super::event::Line;

pub(super) fn contact(contacted: &Contacted, message: &str, at: Timestamp) -> String {
    #[derive(Serialize)]
    struct Lost {
        left_seconds: u64,
    }
    #[derive(Serialize)]
    struct Regained {
        elapsed_seconds: f64,
    }
    match contacted {
        Contacted::Lost { left } => {
            Line::new("warn", message, "contact_lost", at, Lost { left_seconds: left.as_secs() }).to_text()
        }
        Contacted::Regained { after } => {
            let payload = Regained { elapsed_seconds: after.as_secs_f64() };
            Line::new("info", message, "contact_regained", at, payload).to_text()
        }
    }
}

pub(super) fn stopped(why: &Stopped, message: &str, at: Timestamp) -> String {
    #[derive(Serialize)]
    struct Payload<'a> {
        reason: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        holder: Option<By<'a>>,
    }
    #[derive(Serialize)]
    struct By<'a> {
        who: &'a str,
        since: &'a str,
    }
    let holder = match why {
        Stopped::LeaseLost(Some(Holder { who, since })) => Some(By { who, since }),
        Stopped::LeaseLost(None) | Stopped::ContactLost(_) => None,
    };
    Line::new("error", message, "stopped", at, Payload { reason: reason(why), holder }).to_text()
}

/// The word for it.
pub(super) fn reason(why: &Stopped) -> &'static str {
    match why {
        Stopped::LeaseLost(_) => "lease_lost",
        Stopped::ContactLost(_) => "contact_lost",
    }
}
