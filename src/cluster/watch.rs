//! Watching: one LIST and one watch per kind, joined again when they break, ended when they are forbidden.

use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use kube::{
    Api,
    api::{ApiResource, DynamicObject},
    runtime::{WatchStreamExt, utils::Backoff, watcher},
};

use crate::{
    kinds::Kinds,
    names::Namespace,
    object::{GroupKind, Object},
};

use super::{Cluster, Error, Refused, observe::resource, request::typed};

/// What to watch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Watched {
    pub kind: GroupKind,
    pub api_version: String,
    /// A label selector; none for everything in the namespace.
    pub selector: Option<String>,
}

/// What was seen of one kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// A first or repeated list is complete: what it did not bring is not there.
    Listed(Vec<Object>),
    Changed(Object),
    Gone(Object),
}

impl Cluster {
    /// Watches a kind in a namespace until the stream is dropped. It ends by itself only with an error.
    pub fn watch(
        &self,
        watched: &Watched,
        namespace: Option<&Namespace>,
        kinds: &Kinds,
    ) -> impl Stream<Item = Result<Sight, Error>> + Send + 'static + use<> {
        let Some(resource) = resource(kinds, &watched.kind, &watched.api_version) else {
            return stream::empty().left_stream();
        };
        let api_resource = ApiResource {
            group: resource.kind.group.clone(),
            version: resource.version.clone(),
            api_version: resource.api_version(),
            kind: resource.kind.kind.clone(),
            plural: resource.plural.clone(),
        };
        let api: Api<DynamicObject> = match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace.as_str(), &api_resource),
            None => Api::all_with(self.client.clone(), &api_resource),
        };
        let mut config = watcher::Config::default();
        config.label_selector.clone_from(&watched.selector);
        let doing = format!("watching {}", resource.plural);
        let server = self.server.clone();
        let contact = self.contact.clone();
        let events = watcher(api, config).backoff(Pauses::default());
        let mut listing: Vec<Object> = Vec::new();
        let mut has_ended = false;
        let sights = events
            .take_while(move |_| {
                let go_on = !has_ended;
                futures::future::ready(go_on)
            })
            .filter_map(move |event| {
                let object = |object: DynamicObject| {
                    typed(serde_json::to_value(object).expect("an object that was read can be written"), &resource)
                };
                let sight = match event {
                    Ok(watcher::Event::Init) => {
                        listing.clear();
                        None
                    }
                    Ok(watcher::Event::InitApply(item)) => {
                        listing.push(object(item));
                        None
                    }
                    Ok(watcher::Event::InitDone) => Some(Ok(Sight::Listed(std::mem::take(&mut listing)))),
                    Ok(watcher::Event::Apply(item)) => Some(Ok(Sight::Changed(object(item)))),
                    Ok(watcher::Event::Delete(item)) => Some(Ok(Sight::Gone(object(item)))),
                    Err(error) => {
                        if let (Some(contact), true) = (&contact, is_silence(&error)) {
                            contact.lose();
                        }
                        fatal(&error, &server, &doing).map(|error| {
                            has_ended = true;
                            Err(error)
                        })
                    }
                };
                futures::future::ready(sight)
            });
        sights.right_stream()
    }
}

/// How long a watch that broke rests before it is joined again. kube's own pauses grow to half a minute, and a run would
/// go on waiting for what has long been there.
#[derive(Debug, Default)]
struct Pauses {
    last: Option<Duration>,
}

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let next = self.last.map_or(FIRST_PAUSE, |last| (last * 2).min(LONGEST_PAUSE));
        self.last.replace(next);
        self.last
    }
}

impl Backoff for Pauses {
    fn reset(&mut self) {
        self.last = None;
    }
}

/// Whether a watch broke because nobody answers. That one just ended is its ordinary end.
fn is_silence(error: &watcher::Error) -> bool {
    let (watcher::Error::InitialListFailed(error)
    | watcher::Error::WatchStartFailed(error)
    | watcher::Error::WatchFailed(error)) = error
    else {
        return false;
    };
    matches!(error, kube::Error::Service(_) | kube::Error::HyperError(_) | kube::Error::ReadEvents(_))
}

/// kube's watcher tries for ever; what will not change by trying ends it here.
fn fatal(error: &watcher::Error, server: &str, doing: &str) -> Option<Error> {
    let (watcher::Error::InitialListFailed(kube::Error::Api(status))
    | watcher::Error::WatchStartFailed(kube::Error::Api(status))) = error
    else {
        return None;
    };
    match status.code {
        401 => Some(Error::Unauthorized { server: server.to_owned() }),
        400 | 403 | 404 | 405 | 422 => Some(Error::Refused {
            doing: doing.to_owned(),
            source: Refused {
                code: status.code,
                reason: status.reason.clone(),
                message: status.message.clone(),
                causes: Vec::new(),
                retry_after: None,
            },
        }),
        _ => None,
    }
}
