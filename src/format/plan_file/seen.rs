//! What the cluster told, as a saved plan keeps it: live objects, answers, readiness.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::basis::by_key;
use crate::{
    format::{
        Unreadable,
        entries::{KeyV1, without_values},
    },
    object::{GroupKind, Object, ObjectKey},
    observed::{Answer, Conflict, Forbidden, Live, Observed, Readiness, Refusal, Unchangeable, Why},
};

/// kubectl's annotation repeats whole manifests, and so the values of Secrets.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// An object as it is written down: a Secret has no values by the time it comes here, and should one ever have some,
/// they stop here.
pub(super) fn object(object: &Object) -> Value {
    let mut value = without_values(object);
    if object.is_secret()
        && let Some(annotations) = value.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut)
    {
        annotations.shift_remove(LAST_APPLIED);
    }
    value
}

pub(super) fn read_object(value: Value) -> Object {
    Object(value)
}

#[derive(Serialize, Deserialize)]
pub(super) struct ObservedV1 {
    objects: Vec<(KeyV1, LiveV1)>,
    elsewhere: Vec<Value>,
    others: Vec<Value>,
    holders: Vec<(KeyV1, Vec<Vec<KeyV1>>)>,
    /// Groups and kinds.
    unlisted: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum LiveV1 {
    Absent,
    Present(Value),
    Metadata(Value),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum AnswerV1 {
    Accepted(Value),
    AcceptedElsewhere,
    OnlyUpdateRefused { message: String, fields: Vec<String> },
    Conflict(Vec<ConflictV1>),
    Invalid(String),
    Malformed(String),
    Forbidden { by: ForbiddenV1, message: String },
    NotAsked(WhyV1),
}

#[derive(Serialize, Deserialize)]
pub(super) struct ConflictV1 {
    manager: String,
    field: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ForbiddenV1 {
    NamespaceTerminating,
    Quota,
    Admission,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum WhyV1 {
    NamespaceNotYet,
    KindNotYet,
    NoRight,
    NoRightToCheck,
    CheckRefused,
    NeedsOther,
    NotRefreshed,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ReadinessV1 {
    Ready,
    Waiting(String),
    Failed(String),
}

impl From<&Observed> for ObservedV1 {
    fn from(observed: &Observed) -> Self {
        // A plan of what is only remembered is never saved.
        let Observed { objects, elsewhere, others, holders, unlisted, is_remembered: _, is_under_way: _ } = observed;
        let chains =
            |chains: &[Vec<ObjectKey>]| chains.iter().map(|chain| chain.iter().map(KeyV1::from).collect()).collect();
        Self {
            objects: objects.iter().map(|(key, live)| (key.into(), live.into())).collect(),
            elsewhere: elsewhere.iter().map(object).collect(),
            others: others.iter().map(object).collect(),
            holders: holders.iter().map(|(claim, all)| (claim.into(), chains(all))).collect(),
            unlisted: unlisted.iter().map(|kind| (kind.group.clone(), kind.kind.clone())).collect(),
        }
    }
}

impl ObservedV1 {
    pub(super) fn read(self) -> Result<Observed, Unreadable> {
        let ObservedV1 { objects, elsewhere, others, holders, unlisted } = self;
        let chains = |chains: Vec<Vec<KeyV1>>| -> Vec<Vec<ObjectKey>> {
            chains.into_iter().map(|chain| chain.into_iter().map(ObjectKey::from).collect()).collect()
        };
        Ok(Observed {
            objects: by_key(objects)?,
            elsewhere: elsewhere.into_iter().map(read_object).collect(),
            others: others.into_iter().map(read_object).collect(),
            holders: by_key(holders.into_iter().map(|(claim, all)| (claim, chains(all))))?,
            unlisted: unlisted.iter().map(|(group, kind)| GroupKind::new(group, kind)).collect(),
            is_remembered: false,
            is_under_way: false,
        })
    }
}

impl From<&Live> for LiveV1 {
    fn from(live: &Live) -> Self {
        match live {
            Live::Absent => LiveV1::Absent,
            Live::Present(live) => LiveV1::Present(object(live)),
            Live::Metadata(live) => LiveV1::Metadata(object(live)),
        }
    }
}

impl From<LiveV1> for Live {
    fn from(live: LiveV1) -> Self {
        match live {
            LiveV1::Absent => Live::Absent,
            LiveV1::Present(value) => Live::Present(read_object(value)),
            LiveV1::Metadata(value) => Live::Metadata(read_object(value)),
        }
    }
}

impl From<&Answer> for AnswerV1 {
    fn from(answer: &Answer) -> Self {
        match answer {
            Answer::Accepted(then) => AnswerV1::Accepted(object(then)),
            Answer::AcceptedElsewhere => AnswerV1::AcceptedElsewhere,
            Answer::OnlyUpdateRefused(Unchangeable { message, fields }) => {
                AnswerV1::OnlyUpdateRefused { message: message.clone(), fields: fields.clone() }
            }
            Answer::Refused(Refusal::Conflict(conflicts)) => {
                let conflict = |Conflict { manager, field }: &Conflict| ConflictV1 {
                    manager: manager.clone(),
                    field: field.clone(),
                };
                AnswerV1::Conflict(conflicts.iter().map(conflict).collect())
            }
            Answer::Refused(Refusal::Invalid(message)) => AnswerV1::Invalid(message.clone()),
            Answer::Refused(Refusal::Malformed(message)) => AnswerV1::Malformed(message.clone()),
            Answer::Refused(Refusal::Forbidden(who, message)) => {
                let by = match who {
                    Forbidden::NamespaceTerminating => ForbiddenV1::NamespaceTerminating,
                    Forbidden::Quota => ForbiddenV1::Quota,
                    Forbidden::Admission => ForbiddenV1::Admission,
                };
                AnswerV1::Forbidden { by, message: message.clone() }
            }
            Answer::NotAsked(why) => AnswerV1::NotAsked(match why {
                Why::NamespaceNotYet => WhyV1::NamespaceNotYet,
                Why::KindNotYet => WhyV1::KindNotYet,
                Why::NoRight => WhyV1::NoRight,
                Why::NoRightToCheck => WhyV1::NoRightToCheck,
                Why::CheckRefused => WhyV1::CheckRefused,
                Why::NeedsOther => WhyV1::NeedsOther,
                Why::NotRefreshed => WhyV1::NotRefreshed,
            }),
        }
    }
}

impl From<AnswerV1> for Answer {
    fn from(answer: AnswerV1) -> Self {
        match answer {
            AnswerV1::Accepted(value) => Answer::Accepted(Box::new(read_object(value))),
            AnswerV1::AcceptedElsewhere => Answer::AcceptedElsewhere,
            AnswerV1::OnlyUpdateRefused { message, fields } => {
                Answer::OnlyUpdateRefused(Unchangeable { message, fields })
            }
            AnswerV1::Conflict(conflicts) => {
                let conflict = |ConflictV1 { manager, field }| Conflict { manager, field };
                Answer::Refused(Refusal::Conflict(conflicts.into_iter().map(conflict).collect()))
            }
            AnswerV1::Invalid(message) => Answer::Refused(Refusal::Invalid(message)),
            AnswerV1::Malformed(message) => Answer::Refused(Refusal::Malformed(message)),
            AnswerV1::Forbidden { by, message } => {
                let who = match by {
                    ForbiddenV1::NamespaceTerminating => Forbidden::NamespaceTerminating,
                    ForbiddenV1::Quota => Forbidden::Quota,
                    ForbiddenV1::Admission => Forbidden::Admission,
                };
                Answer::Refused(Refusal::Forbidden(who, message))
            }
            AnswerV1::NotAsked(why) => Answer::NotAsked(match why {
                WhyV1::NamespaceNotYet => Why::NamespaceNotYet,
                WhyV1::KindNotYet => Why::KindNotYet,
                WhyV1::NoRight => Why::NoRight,
                WhyV1::NoRightToCheck => Why::NoRightToCheck,
                WhyV1::CheckRefused => Why::CheckRefused,
                WhyV1::NeedsOther => Why::NeedsOther,
                WhyV1::NotRefreshed => Why::NotRefreshed,
            }),
        }
    }
}

impl From<&Readiness> for ReadinessV1 {
    fn from(readiness: &Readiness) -> Self {
        match readiness {
            Readiness::Ready => ReadinessV1::Ready,
            Readiness::Waiting(why) => ReadinessV1::Waiting(why.clone()),
            Readiness::Failed(why) => ReadinessV1::Failed(why.clone()),
        }
    }
}

impl From<ReadinessV1> for Readiness {
    fn from(readiness: ReadinessV1) -> Self {
        match readiness {
            ReadinessV1::Ready => Readiness::Ready,
            ReadinessV1::Waiting(why) => Readiness::Waiting(why),
            ReadinessV1::Failed(why) => Readiness::Failed(why),
        }
    }
}
