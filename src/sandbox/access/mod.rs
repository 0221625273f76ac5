//! Who asks, and what they may do: users, roles and their bindings
//! (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/>). It decides; it changes nothing.

mod attributes;
mod bootstrap;
mod escalation;
mod reviews;
mod rules;

use std::borrow::Cow;

use http::{HeaderMap, Method, Uri};

use super::{
    kinds::Resource,
    route::Objects,
    status::{self, Refusal},
    store::Store,
};

use attributes::{Attributes, What};
pub(super) use bootstrap::fill;
pub(super) use escalation::check as check_escalation;
pub(super) use reviews::{answer, is_review};

/// Members of this group are never asked what they may do.
const MASTERS: &str = "system:masters";
const EVERYBODY: &str = "system:authenticated";

/// Who sends a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: String,
    pub groups: Vec<String>,
}

impl User {
    /// The user who may do everything.
    #[must_use]
    pub fn admin() -> Self {
        Self::new("kubernetes-admin", &[MASTERS])
    }

    /// A user who may do what roles allow, bound to the name or to one of the groups.
    #[must_use]
    pub fn new(name: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().chain(&[EVERYBODY]).map(|group| (*group).to_owned()).collect();
        Self { name: name.to_owned(), uid: name.to_owned(), groups }
    }

    pub(super) fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }
}

/// The user on whose behalf a request comes, if that user may make it.
pub(super) fn admit<'a>(
    store: &Store,
    user: &'a User,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Cow<'a, User>, Refusal> {
    if user.is_master() && !headers.keys().any(|name| name.as_str().starts_with("impersonate-")) {
        return Ok(Cow::Borrowed(user));
    }
    let asked = Attributes::of(method, uri);
    let user = match impersonated(headers)? {
        Some(other) => {
            check_impersonation(store, user, &other, &asked)?;
            Cow::Owned(other)
        }
        None => Cow::Borrowed(user),
    };
    check(store, &user, &asked)?;
    Ok(user)
}

/// Whether a user who may change an object may also create it, as an apply does where there is none.
pub(super) fn check_create(
    store: &Store,
    user: Option<&User>,
    resource: &Resource,
    namespace: &str,
    name: &str,
) -> Result<(), Refusal> {
    match user {
        None => Ok(()),
        Some(user) => check(store, user, &Attributes::object("create", resource, namespace, name)),
    }
}

/// <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation>
fn impersonated(headers: &HeaderMap) -> Result<Option<User>, Refusal> {
    let all = |name: &str| -> Vec<String> {
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect()
    };
    let (names, groups, uids) = (all("impersonate-user"), all("impersonate-group"), all("impersonate-uid"));
    let uid = uids.into_iter().next().unwrap_or_default();
    let Some(name) = names.into_iter().next().filter(|name| !name.is_empty()) else {
        if groups.is_empty() && uid.is_empty() {
            return Ok(None);
        }
        let groups: Vec<String> = groups.iter().map(|group| format!("{group:?}")).collect();
        return Err(Refusal::bad_request(format!(
            "requested &user.DefaultInfo{{Name:\"\", UID:{uid:?}, Groups:[]string{{{}}}, Extra:map[string][]string(nil)}} without impersonating a user name",
            groups.join(", ")
        )));
    };
    let mut user = User { name, uid, groups };
    if user.groups.is_empty()
        && let Some((namespace, _)) = service_account(&user.name)
    {
        user.groups = vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")];
    }
    if user.name != "system:anonymous" && !user.groups.iter().any(|group| group == EVERYBODY) {
        user.groups.push(EVERYBODY.to_owned());
    }
    Ok(Some(user))
}

/// The namespace and name in the user name of a service account.
fn service_account(user: &str) -> Option<(&str, &str)> {
    user.strip_prefix("system:serviceaccount:")?.split_once(':')
}

fn check_impersonation(store: &Store, user: &User, other: &User, asked: &Attributes) -> Result<(), Refusal> {
    let impersonate = |resource: &str, namespace: &str, name: &str| {
        let what = What::Resource {
            group: String::new(),
            resource: resource.to_owned(),
            subresource: String::new(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        rules::decide(store, user, &Attributes { verb: "impersonate".to_owned(), what }).is_ok()
    };
    let may_name = match service_account(&other.name) {
        Some((namespace, name)) => impersonate("serviceaccounts", namespace, name),
        None => impersonate("users", "", &other.name),
    };
    let given = other.groups.iter().filter(|group| *group != EVERYBODY && !group.starts_with("system:serviceaccounts"));
    if may_name && given.into_iter().all(|group| impersonate("groups", "", group)) {
        return Ok(());
    }
    // A real server tries the older right first, and tells of the newer one.
    let verb = format!("impersonate-on:user-info:{}", asked.verb);
    Err(forbidden(other, &Attributes { verb, what: asked.what.clone() }, ""))
}

fn check(store: &Store, user: &User, asked: &Attributes) -> Result<(), Refusal> {
    rules::decide(store, user, asked).map(drop).map_err(|why| forbidden(user, asked, &why))
}

/// The refusal that a user meets who may not do this to an object, or to all objects of a kind.
pub(super) fn refuse(user: &User, verb: &str, objects: &Objects<'_>) -> Refusal {
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    let (namespace, name) = (part(&objects.namespace), part(&objects.name));
    forbidden(user, &Attributes::object(verb, objects.resource, &namespace, &name), "")
}

fn forbidden(user: &User, asked: &Attributes, why: &str) -> Refusal {
    let Attributes { verb, what } = asked;
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    match what {
        What::Path(path) => {
            let message = format!("forbidden: User {:?} cannot {verb} path {path:?}{why}", user.name);
            Refusal::new(403, "Forbidden", message).with_details(serde_json::json!({}))
        }
        What::Resource { group, resource, subresource, namespace, name } => {
            let qualified = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
            let subject = if name.is_empty() { qualified } else { format!("{qualified} {name:?}") };
            let whole = if subresource.is_empty() { resource.clone() } else { format!("{resource}/{subresource}") };
            let place = match namespace.as_str() {
                "" => "at the cluster scope".to_owned(),
                namespace => format!("in the namespace {namespace:?}"),
            };
            let message = format!(
                "{subject} is forbidden: User {:?} cannot {verb} resource {whole:?} in API group {group:?} {place}{why}",
                user.name
            );
            Refusal::new(403, "Forbidden", message).with_details(status::about(group, resource, name))
        }
    }
}
