//! What a plan was made from, as a saved plan keeps it; the record among it in the form that the record itself has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    WHAT,
    choices::{ChoicesV1, PolicyV1},
    damaged,
    desired::{DesiredV1, Places},
    seen::{AnswerV1, ObservedV1, ReadinessV1, object, read_object},
};
use crate::{
    diagnostic::SourceId,
    format::{
        Unreadable,
        entries::{self, KeyV1},
        head::{self, OperationV1, parse},
    },
    object::ObjectKey,
    plan::Basis,
    state::State,
};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BasisV1 {
    environment: String,
    namespace: String,
    operation: OperationV1,
    desired: Option<DesiredV1>,
    state: Option<StateV1>,
    observed: ObservedV1,
    autoscalers: Vec<Value>,
    answers: Vec<(KeyV1, AnswerV1)>,
    readiness: Vec<(KeyV1, ReadinessV1)>,
    choices: ChoicesV1,
    policy: PolicyV1,
}

#[derive(Serialize, Deserialize)]
struct StateV1 {
    head: head::HeadV1,
    /// The lines of the record.
    entries: Vec<String>,
}

impl BasisV1 {
    pub(super) fn new(basis: &Basis, places: &Places) -> Self {
        let Basis {
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
        } = basis;
        Self {
            environment: environment.to_string(),
            namespace: namespace.to_string(),
            operation: (*operation).into(),
            desired: desired.as_ref().map(|desired| DesiredV1::new(desired, places)),
            state: state.as_ref().map(StateV1::new),
            observed: observed.into(),
            autoscalers: autoscalers.iter().map(object).collect(),
            answers: answers.iter().map(|(key, answer)| (key.into(), answer.into())).collect(),
            readiness: readiness.iter().map(|(key, readiness)| (key.into(), readiness.into())).collect(),
            choices: choices.into(),
            policy: policy.into(),
        }
    }

    pub(super) fn read(self, sources: &[SourceId]) -> Result<Basis, Unreadable> {
        let BasisV1 {
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
        Ok(Basis {
            environment: parse(WHAT, &environment)?,
            namespace: parse(WHAT, &namespace)?,
            operation: operation.into(),
            desired: desired.map(|desired| desired.read(sources)).transpose()?,
            state: state.map(StateV1::read).transpose()?,
            observed: observed.read()?,
            autoscalers: autoscalers.into_iter().map(read_object).collect(),
            answers: by_key(answers)?,
            readiness: by_key(readiness)?,
            choices: choices.read()?,
            policy: policy.read()?,
        })
    }
}

/// What is kept by key, each of which is there once.
pub(super) fn by_key<T>(
    list: impl IntoIterator<Item = (KeyV1, impl Into<T>)>,
) -> Result<BTreeMap<ObjectKey, T>, Unreadable> {
    let mut map = BTreeMap::new();
    for (key, value) in list {
        let key = ObjectKey::from(key);
        if map.insert(key.clone(), value.into()).is_some() {
            return Err(damaged(format!("{key} is there twice")));
        }
    }
    Ok(map)
}

impl StateV1 {
    fn new(state: &State) -> Self {
        let lines = entries::lines(state);
        let root = entries::root_of(lines.iter().map(|(_, line)| line.as_slice()));
        let text = |(_, line)| String::from_utf8(line).expect("JSON is text");
        Self { head: head::HeadV1::new(state, &root), entries: lines.into_iter().map(text).collect() }
    }

    fn read(self) -> Result<State, Unreadable> {
        let head = self.head.read(WHAT)?;
        let entries = entries::read_lines(self.entries.iter().map(String::as_bytes), head.count, &head.root)?;
        Ok(head.with(entries))
    }
}
