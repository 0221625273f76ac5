//! Single questions about what these credentials may do, and what the server is.

use futures::{StreamExt, TryStreamExt, stream};
use http::Method;
use serde_json::{Value, json};

use super::{
    Cluster, Error,
    request::{Call, JSON, Repeat},
};

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// How many questions are on their way at the same time; an answer takes the server a millisecond.
const AT_ONCE: usize = 10;

/// Whether something may be done: `*` asks for everything at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// None for what is in no namespace.
    pub namespace: Option<String>,
    pub group: String,
    /// `deployments`, `pods/log`
    pub resource: String,
    pub verb: String,
}

impl Cluster {
    /// Asks each question, by a SelfSubjectAccessReview; the answers are in the same order.
    ///
    /// # Errors
    /// When the server does not answer or refuses to say.
    pub async fn may(&self, questions: &[Asked]) -> Result<Vec<bool>, Error> {
        stream::iter(questions).map(|asked| self.may_one(asked)).buffered(AT_ONCE).try_collect().await
    }

    async fn may_one(&self, asked: &Asked) -> Result<bool, Error> {
        let Asked { namespace, group, resource, verb } = asked;
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let mut attributes = json!({"group": group, "resource": resource, "verb": verb});
        if !subresource.is_empty() {
            attributes["subresource"] = subresource.into();
        }
        if let Some(namespace) = namespace {
            attributes["namespace"] = namespace.as_str().into();
        }
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        });
        let doing = "asking what these credentials may do";
        // A review is computed and kept nowhere.
        let call = Call::new(Method::POST, REVIEWS.to_owned(), doing).body(JSON, &body).repeat(Repeat::Yes);
        let reply = self.call(call).await?;
        let allowed = reply.body.pointer("/status/allowed").and_then(Value::as_bool);
        allowed.ok_or_else(|| Error::Unexpected { doing: doing.to_owned(), found: "no answer to a review".to_owned() })
    }

    /// The server's version, as it writes it: `v1.36.3`.
    ///
    /// # Errors
    /// When the server does not answer, or says nothing of the kind.
    pub async fn version(&self) -> Result<String, Error> {
        let doing = "asking for the server's version";
        let reply = self.call(Call::new(Method::GET, "/version".to_owned(), doing)).await?;
        let version = reply.body["gitVersion"].as_str().map(str::to_owned);
        version.ok_or_else(|| Error::Unexpected { doing: doing.to_owned(), found: "no version".to_owned() })
    }
}
