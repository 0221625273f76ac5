//! Watches: what changed since a revision, and what changes from now on. It writes nothing.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Weak},
    time::Duration,
};

use futures::stream;
use http::Response;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame};
use serde_json::{Value, json};
use tokio::{sync::watch, time};

use super::{
    Shared,
    kinds::{self, Resource},
    reply::{self, Body, Form},
    route::{Objects, Query},
    select::Selector,
    status::Refusal,
    store::{Change, Store},
    table, writes,
};

/// A real server ends a watch after half an hour to an hour, and so must clients expect it here.
const LIFETIME: Duration = Duration::from_secs(2400);
/// About as often as a real server sends bookmarks.
const BOOKMARK: Duration = Duration::from_secs(60);

/// One open watch.
struct Watch {
    shared: Weak<Shared>,
    changed: watch::Receiver<u64>,
    resource: Arc<Resource>,
    namespace: Option<String>,
    selector: Selector,
    form: Form,
    /// Nothing was shown yet.
    is_first: bool,
    /// Everything up to here was sent.
    revision: u64,
    ready: VecDeque<String>,
    ends: time::Instant,
    bookmarks: bool,
    is_over: bool,
}

/// Opens a watch.
pub(super) fn open(
    shared: &Arc<Shared>,
    store: &Store,
    objects: &Objects<'_>,
    query: &Query,
    form: Form,
) -> Result<Response<Body>, Refusal> {
    let resource = Arc::clone(objects.resource);
    let selector = Selector::parse(&resource, query.get("labelSelector"), query.get("fieldSelector"))?;
    let bookmarks = query.is_set("allowWatchBookmarks");
    let from = query.get("resourceVersion");
    let revision: u64 = match from {
        "" => 0,
        given => given.parse().map_err(|_| {
            Refusal::unreasoned(format!(
                "resourceVersion: Invalid value: {given:?}: strconv.ParseUint: parsing {given:?}: invalid syntax"
            ))
        })?,
    };
    let lifetime = query.get("timeoutSeconds").parse().map_or(LIFETIME, Duration::from_secs);
    let mut watch = Watch {
        shared: Arc::downgrade(shared),
        changed: shared.changed.subscribe(),
        resource,
        namespace: objects.namespace.clone(),
        selector,
        form,
        is_first: true,
        revision,
        ready: VecDeque::new(),
        ends: time::Instant::now() + lifetime,
        bookmarks,
        is_over: false,
    };
    let wants_initial = query.is_set("sendInitialEvents");
    if revision == 0 || wants_initial {
        watch.revision = store.revision();
        for (_, object) in store.list(watch.resource.slot, objects.namespace.as_deref()) {
            if watch.selector.accepts(object) {
                watch.push("ADDED", object);
            }
        }
        if wants_initial || bookmarks {
            watch.bookmark(true);
        }
    } else {
        watch.catch_up(store);
    }
    let body = StreamBody::new(stream::unfold(watch, Watch::next));
    let mut response = reply::bytes(200, "application/json", String::new());
    *response.body_mut() = body.map_err(|never: Infallible| match never {}).boxed_unsync();
    Ok(response)
}

impl Watch {
    async fn next(mut self) -> Option<(Result<Frame<Bytes>, Infallible>, Self)> {
        loop {
            if !self.ready.is_empty() {
                let text: String = self.ready.drain(..).collect();
                return Some((Ok(Frame::data(Bytes::from(text))), self));
            }
            if self.is_over {
                return None;
            }
            let ends = self.ends;
            let bookmark = time::Instant::now() + BOOKMARK;
            tokio::select! {
                changed = self.changed.changed() => if changed.is_err() { return None },
                () = time::sleep_until(ends) => return None,
                () = time::sleep_until(bookmark), if self.bookmarks => self.bookmark(false),
            }
            let shared = self.shared.upgrade()?;
            let state = shared.lock();
            self.catch_up(&state.store);
        }
    }

    fn catch_up(&mut self, store: &Store) {
        let Some(changes) = store.since(self.revision) else {
            let message = format!("too old resource version: {} ({})", self.revision, store.revision());
            self.ready
                .push_back(format!("{}\n", json!({"type": "ERROR", "object": Refusal::expired(message).to_json()})));
            self.is_over = true;
            return;
        };
        // A revision of the future shows nothing until it comes.
        let mut seen = self.revision;
        for change in changes {
            seen = change.revision;
            if change.place.0 == self.resource.slot
                && self.namespace.as_ref().is_none_or(|wanted| *wanted == change.place.1.0)
            {
                self.tell(change);
            }
        }
        self.revision = self.revision.max(seen);
    }

    /// An object that leaves the selector is deleted for this watch, shown as it last was inside.
    fn tell(&mut self, change: &Change) {
        let inside =
            |object: &Option<Arc<Value>>| object.as_ref().filter(|object| self.selector.accepts(object)).cloned();
        match (inside(&change.old), inside(&change.new)) {
            (None, None) => {}
            (None, Some(new)) => self.push("ADDED", &new),
            (Some(_), Some(new)) => self.push("MODIFIED", &new),
            (Some(old), None) => {
                let mut last = Value::clone(change.last.as_ref().unwrap_or(&old));
                if let Some(metadata) = last.get_mut("metadata").and_then(Value::as_object_mut) {
                    metadata.insert("resourceVersion".into(), change.revision.to_string().into());
                }
                self.push("DELETED", &last);
            }
        }
    }

    fn push(&mut self, kind: &str, object: &Value) {
        let shown = writes::shown(&self.resource, object);
        let object = match self.form {
            Form::Metadata => reply::metadata_only(&shown).to_string(),
            Form::Whole => shown.to_string(),
            Form::Table(sheet) => {
                let sheet = self.shared.upgrade().map_or(sheet, |shared| sheet.at((shared.now)()));
                let is_first = std::mem::take(&mut self.is_first);
                table::event(&self.resource, &shown, sheet, is_first).to_string()
            }
        };
        self.ready.push_back(format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n"));
    }

    fn bookmark(&mut self, ends_initial: bool) {
        let stored = kinds::stored(&self.resource);
        let (kind, version) = match self.form {
            Form::Metadata => ("PartialObjectMetadata", "meta.k8s.io/v1".to_owned()),
            Form::Whole | Form::Table(_) => (stored.kind.as_str(), self.resource.api_version()),
        };
        let mut metadata = json!({"resourceVersion": self.revision.to_string()});
        if ends_initial {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let object = json!({"kind": kind, "apiVersion": version, "metadata": metadata});
        self.ready.push_back(format!("{}\n", json!({"type": "BOOKMARK", "object": object})));
    }
}
