//! Looking ahead: what these credentials may do in a namespace, and what its quotas leave. Both are a courtesy: where the
//! server does not say, nothing is known, and no plan ends for it.

use http::Method;
use serde_json::{Value, json};
use tracing::debug;

use crate::{
    names::Namespace,
    plan::{Quota, Rule},
};

use super::{
    Cluster,
    request::{Call, JSON, Repeat, Resource},
};

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";

impl Cluster {
    /// Everything that these credentials may do in a namespace and, by bindings that hold everywhere, outside of it. None
    /// where the server does not know all of it, since what a list leaves out is then not forbidden.
    pub async fn rules(&self, namespace: &Namespace) -> Option<Vec<Rule>> {
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace.as_str()},
        });
        let call = Call::new(Method::POST, REVIEWS.to_owned(), "asking what these credentials may do");
        // A review is computed and kept nowhere.
        match self.call(call.body(JSON, &body).repeat(Repeat::Yes)).await {
            Ok(reply) => rules(&reply.body),
            Err(error) => {
                debug!(%error, "what these credentials may do is not known");
                None
            }
        }
    }

    /// The quotas of a namespace that hold for all that is in it; none where they may not be listed.
    pub async fn quotas(&self, namespace: &Namespace) -> Vec<Quota> {
        let quotas = Resource::core("ResourceQuota", "resourcequotas");
        match self.whole(&quotas, namespace).await {
            Ok(quotas) => quotas.iter().filter_map(Quota::read).collect(),
            Err(error) => {
                debug!(%error, "the quotas are not known");
                Vec::new()
            }
        }
    }
}

/// The rules of a review's status. With an authorizer that cannot list its rules (a webhook, for one), or after an error
/// in one that can, the server says that they are not all.
fn rules(review: &Value) -> Option<Vec<Rule>> {
    let status = review.get("status")?;
    let has_failed = status["evaluationError"].as_str().is_some_and(|error| !error.is_empty());
    if status["incomplete"] != false || has_failed {
        return None;
    }
    let texts = |rule: &Value, field: &str| {
        let texts = rule[field].as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let rules = status["resourceRules"].as_array()?.iter().map(|rule| Rule {
        verbs: texts(rule, "verbs"),
        groups: texts(rule, "apiGroups"),
        resources: texts(rule, "resources"),
        names: texts(rule, "resourceNames"),
    });
    Some(rules.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(status: &Value) -> Option<Vec<Rule>> {
        rules(&json!({"kind": "SelfSubjectRulesReview", "status": status}))
    }

    #[test]
    fn rules_are_read_as_the_server_lists_them() {
        let told = json!({"incomplete": false, "nonResourceRules": [], "resourceRules": [
            {"verbs": ["get", "patch"], "apiGroups": ["apps"], "resources": ["*"]},
            {"verbs": ["*"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a"]},
        ]});
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let first =
            Rule { verbs: texts(&["get", "patch"]), groups: texts(&["apps"]), resources: texts(&["*"]), names: vec![] };
        let second =
            Rule { verbs: texts(&["*"]), groups: texts(&[""]), resources: texts(&["secrets"]), names: texts(&["a"]) };
        assert_eq!(review(&told), Some(vec![first, second]));
    }

    #[test]
    fn a_list_that_may_lack_rules_says_nothing() {
        for status in [
            json!({"incomplete": true, "resourceRules": []}),
            json!({"incomplete": false, "evaluationError": "a role is not there", "resourceRules": []}),
            json!({"resourceRules": []}),
            json!({"incomplete": false}),
        ] {
            assert_eq!(review(&status), None, "{status}");
        }
        assert_eq!(rules(&json!({"kind": "Status"})), None);
        assert_eq!(review(&json!({"incomplete": false, "resourceRules": []})), Some(Vec::new()));
    }
}
