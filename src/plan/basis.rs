//! What a plan is made from, kept together so that the same plan can be made again elsewhere or later.

use std::collections::BTreeMap;

use crate::{
    desired::Desired,
    names::{EnvironmentName, Namespace},
    object::{Object, ObjectKey},
    observed::{Answer, Observed, Readiness},
    state::{Operation, State},
};

use super::{Choices, Input, Policy};

/// An [`Input`] that owns its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    pub environment: EnvironmentName,
    pub namespace: Namespace,
    pub operation: Operation,
    pub desired: Option<Desired>,
    pub state: Option<State>,
    pub observed: Observed,
    pub autoscalers: Vec<Object>,
    pub answers: BTreeMap<ObjectKey, Answer>,
    pub readiness: BTreeMap<ObjectKey, Readiness>,
    pub choices: Choices,
    pub policy: Policy,
}

impl Basis {
    #[must_use]
    pub fn input(&self) -> Input<'_> {
        let Self {
            environment,
            namespace,
            operation,
            desired,
            state,
            observed,
            autoscalers,
            answers,
            readiness,
            choices,
            policy,
        } = self;
        Input {
            environment,
            namespace,
            operation: *operation,
            desired: desired.as_ref(),
            state: state.as_ref(),
            observed,
            autoscalers,
            answers,
            readiness,
            choices,
            policy,
        }
    }
}
