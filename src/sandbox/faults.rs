//! A script of faults: which request fails, and how. It keeps count; doing the fault is the service's affair.

use std::time::Duration;

use serde::Deserialize;

use super::Error;

/// One request, or several, that shall not go well.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only requests of this method.
    #[serde(default)]
    pub method: Option<String>,
    /// Only requests whose path, with its query, holds this text.
    #[serde(default)]
    pub path: Option<String>,
    /// The first matching request that fails, counted from 1.
    #[serde(default = "first")]
    pub nth: u32,
    /// How many matching requests fail from there on.
    #[serde(default = "first")]
    pub times: u32,
    pub then: Effect,
}

fn first() -> u32 {
    1
}

/// What happens instead.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The request is not done; the answer is this status.
    Answer {
        status: u16,
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// The request is done, its answer lost.
    LoseReply,
    /// The request is not done, the connection closed.
    Drop,
    /// The request is not done, the connection reset.
    Reset,
    /// The request is done; of the answer come its head and the half of its body.
    HalfBody,
    /// The process ends at once, the request not done: what a kill does.
    Die,
    /// The process ends at once, the request done and its answer lost.
    DieAfter,
    /// The request is done later.
    Delay { milliseconds: u64 },
}

impl Fault {
    /// A fault of the first request of this method under this path.
    #[must_use]
    pub fn new(method: &str, path: &str, then: Effect) -> Self {
        Self { method: Some(method.to_owned()), path: Some(path.to_owned()), nth: 1, times: 1, then }
    }

    /// The same fault, of the nth matching request.
    #[must_use]
    pub fn nth(self, nth: u32) -> Self {
        Self { nth, ..self }
    }
}

/// The script, with what was counted.
#[derive(Debug, Default)]
pub(super) struct Script {
    faults: Vec<(Fault, u32)>,
}

impl Script {
    /// Reads `faults.json`: a list of faults.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let faults: Vec<Fault> = serde_json::from_str(text).map_err(Error::Faults)?;
        Ok(Self { faults: faults.into_iter().map(|fault| (fault, 0)).collect() })
    }

    pub(super) fn add(&mut self, fault: Fault) {
        self.faults.push((fault, 0));
    }

    /// Counts a request and tells what is to happen to it.
    pub(super) fn meet(&mut self, method: &str, path: &str) -> Option<Effect> {
        let mut effect = None;
        for (fault, met) in &mut self.faults {
            let is_met = fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && fault.path.as_deref().is_none_or(|part| path.contains(part));
            if is_met {
                *met += 1;
                let due = fault.nth..fault.nth.saturating_add(fault.times);
                if effect.is_none() && due.contains(met) {
                    effect = Some(fault.then.clone());
                }
            }
        }
        effect
    }
}

impl Effect {
    pub(super) fn delay(&self) -> Option<Duration> {
        match self {
            Effect::Delay { milliseconds } => Some(Duration::from_millis(*milliseconds)),
            Effect::Answer { .. }
            | Effect::LoseReply
            | Effect::Drop
            | Effect::Reset
            | Effect::HalfBody
            | Effect::Die
            | Effect::DieAfter => None,
        }
    }
}
