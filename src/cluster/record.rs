//! The record as ConfigMaps in the environment's namespace: the header's resourceVersion is the fence of every write.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    desired::{LABEL_MANAGED_BY, MANAGED_BY},
    format::{
        Unreadable,
        record::{self, ENTRIES, HEADER, Header, Limits, NAME},
    },
    names::Namespace,
    object::{Object, Uid},
    ownership::{FIELD_MANAGER, owners},
    state::State,
};

use super::{
    Cluster, Error,
    request::{Call, JSON, Repeat, Resource},
};

/// Names the environment of a record, so that records are found across namespaces; not the label of its objects.
pub(super) const LABEL_RECORD: &str = "ditc.dev/record";

/// The header as it was read: a write that finds another one there is refused by the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    pub uid: Uid,
    pub resource_version: String,
    /// When it was written, by the server's own clock; none where the server does not say.
    pub written: Option<Timestamp>,
    /// The parts that this header refers to; a new record is written beside them.
    pub parts: BTreeSet<String>,
}

/// A record's header with its fence, and the entries that stand beside it.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub header: Header,
    pub fence: Fence,
    beside: Option<Vec<u8>>,
}

impl Cluster {
    /// Reads the header of an environment's record.
    ///
    /// # Errors
    /// When it could not be looked for, or cannot be read.
    pub async fn recorded(&self, namespace: &Namespace) -> Result<Option<Recorded>, Error> {
        let Some(object) = self.config_map(namespace, NAME).await? else { return Ok(None) };
        let unreadable = |source| Error::Record { namespace: namespace.to_string(), source };
        let text = object.at(&format!("/data/{HEADER}")).and_then(Value::as_str);
        let text = text.ok_or_else(|| {
            unreadable(Unreadable::Damaged { what: "record", why: format!("ConfigMap {NAME} has no `{HEADER}`") })
        })?;
        let header = record::decode_header(text).map_err(unreadable)?;
        let fence = fence(&object, &header)?;
        Ok(Some(Recorded { header, fence, beside: entries(&object) }))
    }

    /// Reads the whole state of a record.
    ///
    /// # Errors
    /// When a part is missing or damaged.
    pub async fn state(&self, namespace: &Namespace, recorded: &Recorded) -> Result<State, Error> {
        let mut pieces: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        pieces.extend(recorded.beside.clone().map(|bytes| (NAME.to_owned(), bytes)));
        for name in recorded.header.parts() {
            let part = self.config_map(namespace, &name).await?;
            pieces.extend(part.as_ref().and_then(entries).map(|bytes| (name, bytes)));
        }
        record::decode(&recorded.header, &pieces)
            .map_err(|source| Error::Record { namespace: namespace.to_string(), source })
    }

    /// Writes a state: its parts first, then the header, which commits it. Parts of the record before are then removed.
    ///
    /// # Errors
    /// [`Refused::is_conflict`](super::Refused::is_conflict) when the record is not the one that `fence` was read from,
    /// [`Refused::is_already_there`](super::Refused::is_already_there) when there is one by now.
    pub async fn record(&self, state: &State, fence: Option<&Fence>, limits: Limits) -> Result<Fence, Error> {
        let nothing = BTreeSet::new();
        let in_use = fence.map_or(&nothing, |fence| &fence.parts);
        let encoded = record::encode(state, env!("CARGO_PKG_VERSION"), limits, in_use);
        let namespace = &state.namespace;
        for part in &encoded.parts {
            let body = config_map(state, &part.name, None, Some(&part.bytes), None);
            loop {
                // Left behind by a writer that died before its header: no header refers to it.
                self.remove_part(namespace, &part.name).await?;
                match self.put(Method::POST, namespace, &part.name, &body).await {
                    Err(error) if self.asks_again(&error) => {}
                    done => break done.map(|_| ())?,
                }
            }
        }
        let body = config_map(state, NAME, Some(&encoded.text), encoded.inline.as_deref(), fence);
        let object = self.commit(&body, &encoded.text, fence, namespace).await?;
        for name in in_use {
            self.remove_part(namespace, name).await?;
        }
        self::fence(&object, &encoded.header)
    }

    /// Removes a record whatever it holds, so that a new one can take its place.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn remove_record(&self, namespace: &Namespace) -> Result<(), Error> {
        self.remove_part(namespace, NAME).await
    }

    /// Writes the header. Where no answer comes, what is there tells what became of it.
    async fn commit(
        &self,
        body: &Value,
        header: &str,
        fence: Option<&Fence>,
        namespace: &Namespace,
    ) -> Result<Object, Error> {
        let method = if fence.is_some() { Method::PUT } else { Method::POST };
        let mut was_lost = false;
        loop {
            let error = match self.put(method.clone(), namespace, NAME, body).await {
                Ok(object) => return Ok(object),
                Err(error) => error,
            };
            let is_refused = error.refused().is_some_and(|refused| refused.code == 409);
            if was_lost && is_refused {
                let there = self.config_map(namespace, NAME).await?;
                let is_it =
                    |object: &Object| object.at(&format!("/data/{HEADER}")).and_then(Value::as_str) == Some(header);
                return there.filter(is_it).ok_or(error);
            }
            if !self.asks_again(&error) {
                return Err(error);
            }
            was_lost = true;
        }
    }

    async fn put(&self, method: Method, namespace: &Namespace, name: &str, body: &Value) -> Result<Object, Error> {
        let doing = format!("writing the record of ditc (ConfigMap {name})");
        let collection = config_maps().path(Some(namespace.as_str()));
        let path = if method == Method::PUT { format!("{collection}/{name}") } else { collection };
        let call = Call::new(method, path, &doing).query("fieldManager", FIELD_MANAGER).body(JSON, body);
        self.call(call.write()).await?.object(&doing)
    }

    async fn config_map(&self, namespace: &Namespace, name: &str) -> Result<Option<Object>, Error> {
        if let Some(known) = self.shared.as_ref().and_then(|shared| shared.record(namespace, name)) {
            return Ok(known);
        }
        let doing = format!("reading the record of ditc (ConfigMap {name} in namespace {namespace})");
        let path = format!("{}/{name}", config_maps().path(Some(namespace.as_str())));
        match self.call(Call::new(Method::GET, path, &doing)).await {
            Ok(reply) => reply.object(&doing).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn remove_part(&self, namespace: &Namespace, name: &str) -> Result<(), Error> {
        let path = format!("{}/{name}", config_maps().path(Some(namespace.as_str())));
        let call = Call::new(Method::DELETE, path, format!("removing ConfigMap {name}, of an old record"));
        match self.call(call.repeat(Repeat::Yes).write()).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }
}

pub(super) fn config_maps() -> Resource {
    Resource::core("ConfigMap", "configmaps")
}

fn config_map(state: &State, name: &str, header: Option<&str>, entries: Option<&[u8]>, fence: Option<&Fence>) -> Value {
    let mut body = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": name, "namespace": state.namespace.as_str(),
            "labels": {LABEL_MANAGED_BY: MANAGED_BY, LABEL_RECORD: state.environment.as_str()},
        },
    });
    if let Some(header) = header {
        body["data"] = json!({ HEADER: header });
    }
    if let Some(entries) = entries {
        body["binaryData"] = json!({ ENTRIES: BASE64.encode(entries) });
    }
    if let Some(fence) = fence {
        body["metadata"]["uid"] = Value::from(fence.uid.0.clone());
        body["metadata"]["resourceVersion"] = Value::from(fence.resource_version.clone());
    }
    body
}

fn entries(object: &Object) -> Option<Vec<u8>> {
    BASE64.decode(object.at(&format!("/binaryData/{ENTRIES}"))?.as_str()?).ok()
}

fn fence(object: &Object, header: &Header) -> Result<Fence, Error> {
    let (uid, version) = (object.uid(), object.resource_version());
    let (Some(uid), Some(version)) = (uid, version) else {
        let doing = "reading the record of ditc".to_owned();
        return Err(Error::Unexpected { doing, found: "a ConfigMap without uid or resourceVersion".to_owned() });
    };
    let written = owners(object).into_iter().filter_map(|owner| owner.time?.parse().ok()).max();
    Ok(Fence { uid, resource_version: version.to_owned(), written, parts: header.parts() })
}
