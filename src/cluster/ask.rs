//! Asking: a dry-run apply for each question, and the server's answer as a value.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use http::Method;

use crate::{
    kinds::Kinds,
    object::ObjectKey,
    observed::{Answer, Refusal, Why},
    ownership::FIELD_MANAGER,
    plan::Question,
};

use super::{
    Cluster, Error, Refused,
    observe::resource,
    request::{APPLY, Call, Repeat, Reply},
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
        let ask = |force| {
            let path = format!("{}/{}", resource.path(key.namespace.as_deref()), key.name);
            let call = apply_call(path, &doing, force).query("dryRun", "All").body(APPLY, &question.body.0);
            self.call(call.repeat(Repeat::Yes))
        };
        let mut reply = ask(Force::No).await;
        if let Err(error) = &reply {
            let conflicts = error.refused().filter(|refused| refused.is_conflict()).map(Refused::conflicts);
            let taken = |field: &String| question.may_take.contains(field);
            if conflicts.is_some_and(|all| !all.is_empty() && all.iter().all(|conflict| taken(&conflict.field))) {
                reply = ask(Force::Yes).await;
            }
        }
        let (answer, warnings) = answer(reply, &doing)?;
        Ok((key.clone(), answer, warnings))
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
    let answer = match refused.code {
        409 => Answer::Refused(Refusal::Conflict(refused.conflicts())),
        422 => Answer::Refused(Refusal::Invalid(refused.message.clone())),
        403 if refused.is_missing_right() => Answer::NotAsked(Why::NoRight),
        403 => Answer::Refused(Refusal::Forbidden(refused.message.clone())),
        400 | 413 => Answer::Refused(Refusal::Malformed(refused.message.clone())),
        // The server's way to say that a manifest has a field or type that its schema does not know.
        500 if refused.reason.is_empty() => Answer::Refused(Refusal::Malformed(refused.message.clone())),
        _ => return Err(error),
    };
    Ok((answer, Vec::new()))
}
