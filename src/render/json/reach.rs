//! What is reached in pods, as lines: their logs, and the ports that lead to them.

use jiff::Timestamp;
use serde::Serialize;

use crate::names::{ComponentId, EnvironmentName};

use super::event::Line;

/// A line of a pod's log.
#[must_use]
pub fn log(
    environment: &EnvironmentName,
    component: &ComponentId,
    pod: &str,
    container: &str,
    line: &str,
    at: Timestamp,
) -> String {
    #[derive(Serialize)]
    struct Payload<'a> {
        log: Spoken<'a>,
    }
    #[derive(Serialize)]
    struct Spoken<'a> {
        address: String,
        pod: &'a str,
        container: &'a str,
    }
    let payload = Payload { log: Spoken { address: format!("{environment}.{component}"), pod, container } };
    Line::new("info", line, "log", at, payload).to_text()
}

/// A port here that leads to one of a component.
#[must_use]
pub fn listening(component: &str, local: u16, remote: u16, at: Timestamp) -> String {
    #[derive(Serialize)]
    struct Payload<'a> {
        listening: Port<'a>,
    }
    #[derive(Serialize)]
    struct Port<'a> {
        component: &'a str,
        host: &'static str,
        local: u16,
        remote: u16,
    }
    let message = format!("Listening on 127.0.0.1:{local} for port {remote} of {component}");
    let listening = Port { component, host: "127.0.0.1", local, remote };
    Line::new("info", &message, "listening", at, Payload { listening }).to_text()
}
