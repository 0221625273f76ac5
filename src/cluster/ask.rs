//! Asking: a dry-run apply for each question, and the server's answer as a value.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use http::Method;

use crate::{
    kinds::Kinds,
    object::{Object, ObjectKey},
    observed::{Answer, Forbidden, Refusal, Unchangeable, Why},
    ownership::FIELD_MANAGER,
    plan::{How, Question, Take},
};

use super::{
    Cluster, Error, Refused,
    observe::resource,
    request::{APPLY, Call, Repeat, Reply, Resource},
    shadow::Shadow,
};

/// The answers to all questions, with what the server warned about on the way.
#[derive(Debug, Default)]
pub struct Answers {
    pub answers: BTreeMap<ObjectKey, Answer>,
    pub warnings: Vec<Warned>,
}

/// A warning of the server about one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warned {
    pub key: ObjectKey,
    pub text: String,
}

/// Whether fields of others are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    Yes,
    No,
}

impl Cluster {
    /// Asks every question; nothing is written.
    ///
    /// # Errors
    /// When the server could not be asked. That it refuses is an answer.
    pub async fn ask(&self, questions: &BTreeMap<ObjectKey, Question>, kinds: &Kinds) -> Result<Answers, Error> {
        let asked: Vec<(ObjectKey, Answer, Vec<String>)> = stream::iter(questions)
            .map(|(key, question)| self.ask_one(key, question, kinds))
            .buffered(self.parallelism)
            .try_collect()
            .await?;
        let mut answers = Answers::default();
        for (key, answer, warnings) in asked {
            answers.warnings.extend(warnings.into_iter().map(|text| Warned { key: key.clone(), text }));
            answers.answers.insert(key, answer);
        }
        Ok(answers)
    }

    async fn ask_one(
        &self,
        key: &ObjectKey,
        question: &Question,
        kinds: &Kinds,
    ) -> Result<(ObjectKey, Answer, Vec<String>), Error> {
        let api_version = question.body.api_version().unwrap_or("v1");
        let Some(resource) = resource(kinds, &key.kind, api_version) else {
            return Ok((key.clone(), Answer::NotAsked(Why::KindNotYet), Vec::new()));
        };
        let doing = format!("asking the server about {key}");
        let asked = Asked { key, body: &question.body, resource: &resource, doing: &doing };
        let (answer, warnings) = match &question.how {
            How::Apply(take) => self.ask_apply(&asked, take).await?,
            How::CreateBeside => self.ask_create(&asked, key.namespace.as_deref()).await?,
            How::CreateElsewhere(namespace) => {
                let (answer, warnings) = self.ask_create(&asked, Some(namespace)).await?;
                (elsewhere(answer), warnings)
            }
        };
        Ok((key.clone(), answer, warnings))
    }

    /// Applies as a dry run: by force as far as fields may be taken; and where the update alone may be what is refused,
    /// as a create beside it.
    async fn ask_apply(&self, asked: &Asked<'_>, take: &Take) -> Result<(Answer, Vec<String>), Error> {
        let Asked { key, body, resource, doing } = asked;
        let apply = |force| {
            let path = format!("{}/{}", resource.path(key.namespace.as_deref()), key.name);
            let call = apply_call(path, doing, force).query("dryRun", "All").body(APPLY, &body.0);
            self.call(call.repeat(Repeat::Yes))
        };
        let mut reply = apply(if *take == Take::All { Force::Yes } else { Force::No }).await;
        if let (Err(error), Take::Recorded(ours)) = (&reply, take) {
            let conflicts = error.refused().filter(|refused| refused.is_conflict()).map(Refused::conflicts);
            if conflicts.is_some_and(|all| !all.is_empty() && all.iter().all(|one| ours.contains(&one.field))) {
                reply = apply(Force::Yes).await;
            }
        }
        let unchangeable = reply.as_ref().err().and_then(Error::refused).filter(|refused| refused.code == 422);
        let unchangeable = unchangeable.map(|refused| {
            let fields = refused.causes.iter().map(|cause| cause.field.clone()).collect();
            Unchangeable { message: refused.message.clone(), fields }
        });
        // The name of a definition follows from what is in it: under another name it is never valid.
        if let Some(unchangeable) = unchangeable.filter(|_| key.kind.group != "apiextensions.k8s.io") {
            let (created, warnings) = self.ask_create(asked, key.namespace.as_deref()).await?;
            let answer = match created {
                Answer::Accepted(_) => Answer::OnlyUpdateRefused(unchangeable),
                // What a create is refused for is wrong for the update as well, and said better.
                refused @ Answer::Refused(Refusal::Invalid(_) | Refusal::Malformed(_)) => refused,
                _ => Answer::Refused(Refusal::Invalid(unchangeable.message)),
            };
            return Ok((answer, warnings));
        }
        answer(reply, doing)
    }

    /// Creates under a shadow name as a dry run; the answer speaks of the object by its own name.
    async fn ask_create(&self, asked: &Asked<'_>, namespace: Option<&str>) -> Result<(Answer, Vec<String>), Error> {
        let Asked { key, body, resource, doing } = asked;
        let shadow = Shadow::new(key, namespace);
        let body = shadow.of(body);
        let path = format!("{}/{}", resource.path(namespace), shadow.name);
        let call = apply_call(path, doing, Force::No).query("dryRun", "All").body(APPLY, &body.0);
        let (answer, warnings) = answer(self.call(call.repeat(Repeat::Yes)).await, doing)?;
        let answer = match answer {
            Answer::Accepted(object) => Answer::Accepted(Box::new(shadow.back(*object))),
            Answer::Refused(Refusal::Invalid(text)) => Answer::Refused(Refusal::Invalid(shadow.text_back(&text))),
            Answer::Refused(Refusal::Malformed(text)) => Answer::Refused(Refusal::Malformed(shadow.text_back(&text))),
            Answer::Refused(Refusal::Forbidden(who, text)) => {
                Answer::Refused(Refusal::Forbidden(who, shadow.text_back(&text)))
            }
            other => other,
        };
        Ok((answer, warnings.iter().map(|warning| shadow.text_back(warning)).collect()))
    }
}

/// What is asked about.
struct Asked<'a> {
    key: &'a ObjectKey,
    body: &'a Object,
    resource: &'a Resource,
    doing: &'a str,
}

/// What a create in another namespace says about the one in its own: that it is refused for its form or values counts,
/// that quota, policies or rights are in the way there does not.
fn elsewhere(answer: Answer) -> Answer {
    match answer {
        Answer::Accepted(_) => Answer::AcceptedElsewhere,
        Answer::NotAsked(Why::NoRight) => Answer::NotAsked(Why::NoRightToCheck),
        Answer::Refused(Refusal::Forbidden(..) | Refusal::Conflict(_)) => Answer::NotAsked(Why::CheckRefused),
        other => other,
    }
}

/// An apply in ditc's name, with unknown fields refused.
pub(super) fn apply_call(path: String, doing: &str, force: Force) -> Call {
    let call =
        Call::new(Method::PATCH, path, doing).query("fieldManager", FIELD_MANAGER).query("fieldValidation", "Strict");
    match force {
        Force::Yes => call.query("force", "true"),
        Force::No => call,
    }
}

fn answer(reply: Result<Reply, Error>, doing: &str) -> Result<(Answer, Vec<String>), Error> {
    let error = match reply {
        Ok(reply) => {
            let warnings = reply.warnings.clone();
            return Ok((Answer::Accepted(Box::new(reply.object(doing)?)), warnings));
        }
        Err(error) => error,
    };
    let Some(refused) = error.refused() else { return Err(error) };
    let message = || refused.message.clone();
    let answer = match refused.code {
        409 => Answer::Refused(Refusal::Conflict(refused.conflicts())),
        422 => Answer::Refused(Refusal::Invalid(message())),
        403 if refused.is_missing_right() => Answer::NotAsked(Why::NoRight),
        // A Pod is not admitted before its service account is there.
        403 if refused.message.contains("error looking up service account") => Answer::NotAsked(Why::NeedsOther),
        403 if error.is_namespace_going() => {
            Answer::Refused(Refusal::Forbidden(Forbidden::NamespaceTerminating, message()))
        }
        403 if refused.is_quota() => Answer::Refused(Refusal::Forbidden(Forbidden::Quota, message())),
        403 => Answer::Refused(Refusal::Forbidden(Forbidden::Admission, message())),
        400 | 413 => Answer::Refused(Refusal::Malformed(message())),
        // The server's way to say that a manifest has a field or type that its schema does not know.
        500 if refused.reason.is_empty() => Answer::Refused(Refusal::Malformed(message())),
        // The namespace of the check is not there.
        404 => Answer::NotAsked(Why::CheckRefused),
        _ => return Err(error),
    };
    Ok((answer, Vec::new()))
}
