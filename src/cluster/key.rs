//! The key of an environment's digests: a Secret beside the record, the only one that ditc ever reads.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use http::Method;
use serde_json::{Value, json};

use crate::{
    desired::{LABEL_MANAGED_BY, MANAGED_BY},
    format::record::NAME,
    names::{EnvironmentName, Namespace},
    ownership::FIELD_MANAGER,
    secret::Key,
};

use super::{
    Cluster, Error,
    record::LABEL_RECORD,
    request::{Call, JSON, Repeat, Resource},
};

/// Where the key lies in its Secret.
const KEY: &str = "key";

impl Cluster {
    /// Reads the key of a namespace's environment; none where there is none yet.
    ///
    /// # Errors
    /// When it could not be looked for, or is no key.
    pub async fn key(&self, namespace: &Namespace) -> Result<Option<Key>, Error> {
        let doing = format!("reading the key of ditc's digests (Secret {NAME} in namespace {namespace})");
        let object = match self.call(Call::new(Method::GET, path(namespace), &doing)).await {
            Ok(reply) => reply.object(&doing)?,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let encoded = object.at(&format!("/data/{KEY}")).and_then(Value::as_str);
        let key = encoded.and_then(|text| BASE64.decode(text).ok()).and_then(|bytes| Key::of(&bytes));
        let unexpected = || Error::Unexpected { doing, found: "a Secret that holds no such key".to_owned() };
        key.map(Some).ok_or_else(unexpected)
    }

    /// Makes the key of an environment that has none.
    ///
    /// # Errors
    /// [`Refused::is_already_there`](super::Refused::is_already_there) when there is one by now.
    pub async fn make_key(&self, environment: &EnvironmentName, namespace: &Namespace, key: &Key) -> Result<(), Error> {
        let doing = format!("making the key of ditc's digests (Secret {NAME})");
        let body = json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {
                "name": NAME, "namespace": namespace.as_str(),
                "labels": {LABEL_MANAGED_BY: MANAGED_BY, LABEL_RECORD: environment.as_str()},
            },
            "type": "Opaque",
            "data": { KEY: BASE64.encode(key.expose()) },
        });
        let path = secrets().path(Some(namespace.as_str()));
        let call = Call::new(Method::POST, path, &doing).query("fieldManager", FIELD_MANAGER).body(JSON, &body);
        self.call(call.write()).await.map(|_| ())
    }

    /// Removes the key of an environment that is no more.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn remove_key(&self, namespace: &Namespace) -> Result<(), Error> {
        let doing = format!("removing the key of ditc's digests (Secret {NAME})");
        match self.call(Call::new(Method::DELETE, path(namespace), doing).repeat(Repeat::Yes)).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn secrets() -> Resource {
    Resource::core("Secret", "secrets")
}

fn path(namespace: &Namespace) -> String {
    format!("{}/{NAME}", secrets().path(Some(namespace.as_str())))
}
