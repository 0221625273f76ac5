//! The requests that ask who somebody is and what they may do: answered, never stored
//! (<https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access>).

use http::Response;
use serde_json::{Map, Value, json};

use super::{Attributes, User, What, rules};
use crate::sandbox::{
    body,
    change::{self, Asked},
    decode,
    kinds::Resource,
    managers,
    reply::{self, Body},
    status::{Cause, Refusal},
    store::{Store, text},
};

/// Whether objects of a kind are questions.
pub(in crate::sandbox) fn is_review(resource: &Resource) -> bool {
    matches!(resource.group.as_str(), "authentication.k8s.io" | "authorization.k8s.io")
}

pub(in crate::sandbox) fn answer(store: &Store, user: &User, asked: &Asked<'_>) -> Result<Response<Body>, Refusal> {
    let resource = asked.objects.resource;
    let mut review = body::object(asked, body::read(asked)?)?;
    change::check_namespace(asked, &review)?;
    let reviewed = match resource.kind.as_str() {
        "SelfSubjectReview" => {
            review["metadata"]["creationTimestamp"] = asked.now.into();
            review["status"] = json!({"userInfo": shown(user)});
            return Ok(reply::json(201, &review));
        }
        "SelfSubjectRulesReview" => {
            let namespace = text(&review, "/spec/namespace").to_owned();
            if namespace.is_empty() {
                return Err(Refusal::bad_request("no namespace on request"));
            }
            review["spec"] = json!({});
            review["status"] = all_rules(store, user, &namespace);
            return Ok(reply::json(201, &review));
        }
        "SelfSubjectAccessReview" => user.clone(),
        _ => User {
            name: text(&review, "/spec/user").to_owned(),
            uid: text(&review, "/spec/uid").to_owned(),
            groups: rules::each(&review["spec"], "groups").map(str::to_owned).collect(),
        },
    };
    check(asked, &reviewed, &review["spec"])?;
    let manager = asked.manager()?;
    managers::update(resource, &decode::empty(&resource.shape), &mut review, Vec::new(), asked.write(&manager).writer);
    if resource.namespaced {
        review["metadata"]["namespace"] = asked.namespace().into();
    }
    let mut status = Map::new();
    let (allowed, reason) = match rules::decide(store, &reviewed, &attributes(&review["spec"])) {
        Ok(reason) => (true, reason),
        Err(reason) => (false, reason),
    };
    status.insert("allowed".into(), allowed.into());
    if !reason.is_empty() {
        status.insert("reason".into(), reason.clone().into());
    }
    if let Some(missing) = reason.strip_prefix("RBAC: ").filter(|_| !allowed) {
        status.insert("evaluationError".into(), missing.into());
    }
    review["status"] = Value::Object(status);
    Ok(reply::json(201, &review))
}

fn shown(user: &User) -> Value {
    let User { name, uid, groups } = user;
    let mut shown = Map::new();
    shown.insert("username".into(), name.clone().into());
    if !uid.is_empty() {
        shown.insert("uid".into(), uid.clone().into());
    }
    shown.insert("groups".into(), groups.clone().into());
    Value::Object(shown)
}

fn check(asked: &Asked<'_>, reviewed: &User, spec: &Value) -> Result<(), Refusal> {
    let resource = asked.objects.resource;
    let mut causes = Vec::new();
    let given = |field: &str| spec.get(field).filter(|given| !given.is_null());
    match (given("resourceAttributes"), given("nonResourceAttributes")) {
        (Some(_), Some(path)) => {
            let value = json!({"Path": text(path, "/path"), "Verb": text(path, "/verb")});
            let why = "cannot be specified in combination with resourceAttributes";
            causes.push(Cause::invalid("spec.nonResourceAttributes", &value, why));
        }
        (None, None) => {
            let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            causes.push(Cause::invalid("spec.resourceAttributes", &Value::Null, why));
        }
        _ => {}
    }
    if reviewed.name.is_empty() && reviewed.groups.is_empty() {
        let why = "at least one of user or group must be specified";
        causes.push(Cause::invalid("spec.user", &json!(""), why));
    }
    if resource.namespaced {
        let namespace = text(spec, "/resourceAttributes/namespace");
        if namespace != asked.namespace() {
            let why = "must match metadata.namespace";
            causes.push(Cause::invalid("spec.resourceAttributes.namespace", &json!(namespace), why));
        }
    }
    if causes.is_empty() {
        return Ok(());
    }
    let mut refusal = Refusal::invalid(resource, "", &causes);
    // Questions have no kind in their refusals.
    refusal.message = refusal.message.replacen(&resource.kind, "", 1);
    if let Some(details) = refusal.details.as_mut().and_then(Value::as_object_mut) {
        details.shift_remove("kind");
    }
    Err(refusal)
}

fn attributes(spec: &Value) -> Attributes {
    let of = |pointer: &str| text(spec, pointer).to_owned();
    if spec.get("resourceAttributes").is_none_or(Value::is_null) {
        let path = of("/nonResourceAttributes/path");
        return Attributes { verb: of("/nonResourceAttributes/verb"), what: What::Path(path) };
    }
    let what = What::Resource {
        group: of("/resourceAttributes/group"),
        resource: of("/resourceAttributes/resource"),
        subresource: of("/resourceAttributes/subresource"),
        namespace: of("/resourceAttributes/namespace"),
        name: of("/resourceAttributes/name"),
    };
    Attributes { verb: of("/resourceAttributes/verb"), what }
}

/// All that a user may do in a namespace.
fn all_rules(store: &Store, user: &User, namespace: &str) -> Value {
    let (grants, missing) = rules::grants(store, user, namespace);
    let (mut resources, mut paths) = (Vec::new(), Vec::new());
    let part = |rule: &Value, fields: &[&str]| -> Value {
        let fields = fields.iter().filter_map(|field| Some(((*field).to_owned(), rule.get(*field)?.clone())));
        Value::Object(fields.collect())
    };
    for rule in grants.iter().flat_map(|grant| grant.rules()) {
        if rules::each(rule, "resources").next().is_some() {
            resources.push(part(rule, &["verbs", "apiGroups", "resources", "resourceNames"]));
        }
        if rules::each(rule, "nonResourceURLs").next().is_some() {
            paths.push(part(rule, &["verbs", "nonResourceURLs"]));
        }
    }
    let mut status = json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": !missing.is_empty()});
    match &missing[..] {
        [] => {}
        [one] => status["evaluationError"] = one.clone().into(),
        many => status["evaluationError"] = format!("[{}]", many.join(", ")).into(),
    }
    status
}
