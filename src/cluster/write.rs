//! Writing: create, update and delete, each with what must be true at that moment in the request itself.

use http::Method;
use serde_json::{Value, json};

use crate::{
    kinds::Kinds,
    object::{Object, ObjectKey, Uid},
    ownership::{self, FIELD_MANAGER, hash_at},
};

use super::{
    Cluster, Error, Refused,
    ask::{Force, apply_call},
    observe::{METADATA, resource},
    request::{APPLY, Call, JSON, MERGE, Repeat, Resource, typed},
};

/// What a write made of the object.
#[derive(Debug, Clone)]
pub struct Written {
    pub object: Object,
    /// False when an apply that was to create found something there, and changed it.
    pub is_new: bool,
    pub warnings: Vec<String>,
}

/// How often former appliers' entries are taken off an object that others write to meanwhile.
const RELEASES: usize = 3;

/// How an object is changed that was made by POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewrite {
    /// The body says what becomes of some fields; `null` takes one away.
    Merge,
    /// The body is all that is ours: the object was taken over from somebody, by an apply.
    Apply { takes_back: bool },
}

/// When what an object made goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// Some time after it.
    Background,
    /// Before it: it is gone when all is gone.
    Foreground,
}

impl Propagation {
    fn word(self) -> &'static str {
        match self {
            Propagation::Background => "Background",
            Propagation::Foreground => "Foreground",
        }
    }
}

/// How a delete ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Deleted {
    Gone,
    /// Accepted; finalizers or the namespace's content hold it still.
    Going(Object),
}

impl Cluster {
    /// Applies an object that must not be there yet. The server has no create-only apply, so the caller looks at
    /// [`Written::is_new`].
    ///
    /// # Errors
    /// The server's refusal, or that it could not be reached.
    pub async fn create(&self, key: &ObjectKey, body: &Object, kinds: &Kinds) -> Result<Written, Error> {
        let doing = format!("creating {key}");
        let call = apply_call(self.path(key, body, kinds, &doing)?, &doing, Force::No).body(APPLY, &body.0);
        self.write(call.repeat(Repeat::Yes), &doing).await
    }

    /// Posts an object that is made once.
    ///
    /// # Errors
    /// [`Refused::is_already_there`] when something of that name exists: also what this very request has made, when its
    /// first answer was lost.
    pub async fn post(&self, key: &ObjectKey, body: &Object, kinds: &Kinds) -> Result<Written, Error> {
        let doing = format!("creating {key}");
        let resource = self.resource(key, body, kinds, &doing)?;
        let call = Call::new(Method::POST, resource.path(key.namespace.as_deref()), &doing)
            .query("fieldManager", FIELD_MANAGER)
            .query("fieldValidation", "Strict")
            .body(JSON, &body.0)
            .repeat(Repeat::Yes);
        let mut written = self.write(call, &doing).await?;
        if written.object.is_secret()
            && let Some(map) = written.object.0.as_object_mut()
        {
            // The answer repeats the values; they end at the door.
            map.remove("data");
        }
        Ok(written)
    }

    /// Applies an object that must still be the one that was seen: its uid and resourceVersion go with the body.
    ///
    /// # Errors
    /// [`Refused::is_conflict`] without causes when it moved since, [`Refused::is_other_uid`] when it was replaced.
    pub async fn update(
        &self,
        key: &ObjectKey,
        body: &Object,
        seen: (&Uid, &str),
        takes_back: bool,
        kinds: &Kinds,
    ) -> Result<Written, Error> {
        let doing = format!("updating {key}");
        let guarded = guarded(body, seen);
        let force = if takes_back { Force::Yes } else { Force::No };
        let path = self.path(key, body, kinds, &doing)?;
        let call = apply_call(path.clone(), &doing, force).body(APPLY, &guarded.0);
        let error = match self.write(call.repeat(Repeat::Yes), &doing).await {
            Ok(written) => return Ok(written),
            Err(error) => error,
        };
        let is_moved = error
            .refused()
            .is_some_and(|refused| refused.is_conflict() && refused.conflicts().is_empty() && !refused.is_other_uid());
        if !is_moved || body.is_secret() {
            return Err(error);
        }
        match self.already_done(path, &guarded, &doing).await? {
            Some(object) => Ok(Written { object, is_new: false, warnings: Vec::new() }),
            None => Err(error),
        }
    }

    /// Changes an object that was made by POST, which must still be the one that was seen. Of a Secret no value comes
    /// back. It is never repeated: after a lost answer nobody could tell from outside which values are there.
    ///
    /// # Errors
    /// As [`Cluster::update`].
    pub async fn rewrite(
        &self,
        key: &ObjectKey,
        body: &Object,
        seen: (&Uid, &str),
        how: Rewrite,
        kinds: &Kinds,
    ) -> Result<Written, Error> {
        let doing = format!("updating {key}");
        let guarded = guarded(body, seen);
        let resource = self.resource(key, body, kinds, &doing)?;
        let path = format!("{}/{}", resource.path(key.namespace.as_deref()), key.name);
        let call = match how {
            Rewrite::Merge => {
                let call = Call::new(Method::PATCH, path, &doing).query("fieldManager", FIELD_MANAGER);
                call.query("fieldValidation", "Strict").body(MERGE, &guarded.0)
            }
            Rewrite::Apply { takes_back } => {
                let force = if takes_back { Force::Yes } else { Force::No };
                apply_call(path, &doing, force).body(APPLY, &guarded.0)
            }
        };
        let is_secret = key.kind.is("", "Secret");
        let mut written = self.write(call.accept(if is_secret { METADATA } else { JSON }), &doing).await?;
        written.object = typed(written.object.0, &resource);
        Ok(written)
    }

    /// The object, if it is what this body makes of it: then it was the write itself that moved it, and its answer that was lost.
    async fn already_done(&self, path: String, guarded: &Object, doing: &str) -> Result<Option<Object>, Error> {
        let live = match self.call(Call::new(Method::GET, path.clone(), doing)).await {
            Ok(reply) => reply.object(doing)?,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut body = guarded.clone();
        body.0["metadata"].as_object_mut().map(|metadata| metadata.remove("resourceVersion"));
        let question = apply_call(path, doing, Force::No).query("dryRun", "All").body(APPLY, &body.0);
        let made = match self.call(question.repeat(Repeat::Yes)).await {
            Ok(reply) => reply.object(doing)?,
            Err(error) if error.refused().is_some() => return Ok(None),
            Err(error) => return Err(error),
        };
        let ours = |object: &Object| ownership::ours(object).map(|owner| owner.paths);
        let is_same = ours(&live).is_some_and(|paths| {
            ours(&made).as_ref() == Some(&paths) && hash_at(&paths, &live) == hash_at(&paths, &made)
        });
        Ok(is_same.then_some(live))
    }

    /// Takes an object over from its former appliers: applied by force, and without their entries on our fields
    /// afterwards. It must still be the one that was seen. Of a Secret no value comes back.
    ///
    /// # Errors
    /// As [`Cluster::update`]; when only the second of both writes is refused, the object is ours all the same.
    pub async fn adopt(
        &self,
        key: &ObjectKey,
        body: &Object,
        seen: (&Uid, &str),
        released: impl Fn(&Object) -> Option<Value>,
        kinds: &Kinds,
    ) -> Result<Written, Error> {
        let doing = format!("taking over {key}");
        let guarded = guarded(body, seen);
        let path = self.path(key, body, kinds, &doing)?;
        let accept = if body.is_secret() { METADATA } else { JSON };
        let call = apply_call(path.clone(), &doing, Force::Yes).accept(accept).body(APPLY, &guarded.0);
        let mut written = self.write(call.repeat(Repeat::Yes), &doing).await?;
        for _ in 0..RELEASES {
            let Some(fields) = released(&written.object) else { break };
            let version = written.object.resource_version().unwrap_or_default();
            let patch = json!({"metadata": {"uid": seen.0.0, "resourceVersion": version, "managedFields": fields}});
            let call = Call::new(Method::PATCH, path.clone(), &doing).query("fieldManager", FIELD_MANAGER);
            let call = call.accept(accept).body(MERGE, &patch).repeat(Repeat::Yes);
            match self.write(call, &doing).await {
                Ok(Written { object, .. }) => written.object = object,
                // Somebody wrote in between: what is theirs is read again.
                Err(error) if error.refused().is_some_and(Refused::is_conflict) => {
                    let call = Call::new(Method::GET, path.clone(), &doing).accept(accept);
                    written.object = self.call(call).await?.object(&doing)?;
                }
                Err(error) => return Err(error),
            }
        }
        written.object = typed(written.object.0, &self.resource(key, body, kinds, &doing)?);
        Ok(written)
    }

    /// Takes off an object what ditc applied to it, and leaves the rest: nobody else owns that. That it is gone is success.
    ///
    /// # Errors
    /// [`Refused::is_other_uid`] when another object has its name by now.
    pub async fn let_go(&self, key: &ObjectKey, api_version: &str, uid: &Uid, kinds: &Kinds) -> Result<(), Error> {
        let doing = format!("letting go of {key}");
        let nothing = json!({
            "apiVersion": api_version, "kind": key.kind.kind,
            "metadata": {"name": key.name, "uid": uid.0},
        });
        let path = self.path(key, &Object(nothing.clone()), kinds, &doing)?;
        let call = apply_call(path.clone(), &doing, Force::No).body(APPLY, &nothing);
        match self.write(call.repeat(Repeat::Yes), &doing).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            // An apply would make what is not there, so that its being gone shows as another uid.
            Err(error) if error.refused().is_some_and(Refused::is_other_uid) => {
                match self.call(Call::new(Method::GET, path, &doing).accept(METADATA)).await {
                    Err(gone) if gone.is_not_found() => Ok(()),
                    Ok(_) | Err(_) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes the object with that uid and no other; that it is gone already is success.
    ///
    /// # Errors
    /// [`Refused::is_conflict`] when another object has its name by now.
    pub async fn delete(
        &self,
        key: &ObjectKey,
        api_version: &str,
        uid: &Uid,
        propagation: Propagation,
        kinds: &Kinds,
    ) -> Result<Deleted, Error> {
        let doing = format!("deleting {key}");
        let Some(resource) = resource(kinds, &key.kind, api_version) else { return Ok(Deleted::Gone) };
        let options = json!({
            "kind": "DeleteOptions", "apiVersion": "v1",
            "preconditions": {"uid": uid.0}, "propagationPolicy": propagation.word(),
        });
        let path = format!("{}/{}", resource.path(key.namespace.as_deref()), key.name);
        let call = Call::new(Method::DELETE, path, &doing).body(JSON, &options).repeat(Repeat::Yes);
        match self.call(call.write()).await {
            Ok(reply) if reply.body["kind"] == "Status" => Ok(Deleted::Gone),
            Ok(reply) => Ok(Deleted::Going(reply.object(&doing)?)),
            Err(error) if error.is_not_found() => Ok(Deleted::Gone),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn write(&self, call: Call, doing: &str) -> Result<Written, Error> {
        let reply = self.call(call.write()).await?;
        let (is_new, warnings) = (reply.code == 201, reply.warnings.clone());
        Ok(Written { object: reply.object(doing)?, is_new, warnings })
    }

    fn path(&self, key: &ObjectKey, body: &Object, kinds: &Kinds, doing: &str) -> Result<String, Error> {
        let resource = self.resource(key, body, kinds, doing)?;
        Ok(format!("{}/{}", resource.path(key.namespace.as_deref()), key.name))
    }

    fn resource(&self, key: &ObjectKey, body: &Object, kinds: &Kinds, doing: &str) -> Result<Resource, Error> {
        resource(kinds, &key.kind, body.api_version().unwrap_or("v1")).ok_or_else(|| Error::Refused {
            doing: doing.to_owned(),
            source: Refused {
                code: 404,
                reason: "NotFound".to_owned(),
                message: format!("the server does not serve {}", key.kind),
                causes: Vec::new(),
                retry_after: None,
            },
        })
    }
}

/// A body that only fits the object that was seen: its uid and resourceVersion are in it.
fn guarded(body: &Object, (uid, resource_version): (&Uid, &str)) -> Object {
    let mut guarded = body.clone();
    guarded.0["metadata"]["uid"] = Value::from(uid.0.clone());
    guarded.0["metadata"]["resourceVersion"] = Value::from(resource_version);
    guarded
}
