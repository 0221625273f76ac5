//! What the containers of a pod have to say: nothing runs in them, so it is what the annotation `sandbox.ditc.dev/log` asks
//! for, or a sentence of the sandbox. Refusals are those of a kubelet.

use http::Response;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    reply::{self, Body},
    route::Query,
    status::Refusal,
    store::text,
};

const LOG: &str = "/metadata/annotations/sandbox.ditc.dev~1log";

/// Answers `GET …/pods/NAME/log`.
pub(super) fn get(pod: &Value, query: &Query) -> Result<Response<Body>, Refusal> {
    let name = text(pod, "/metadata/name");
    let all = |list: &str| pod.pointer(list).and_then(Value::as_array).into_iter().flatten();
    let names: Vec<&str> = all("/spec/containers").map(|container| text(container, "/name")).collect();
    let container = match (query.get("container"), names.as_slice()) {
        ("", [only]) => *only,
        ("", _) => {
            let names = names.join(" ");
            let why = format!("a container name must be specified for pod {name}, choose one of: [{names}]");
            return Err(Refusal::bad_request(why));
        }
        (container, _) => container,
    };
    let statuses = all("/status/initContainerStatuses").chain(all("/status/containerStatuses"));
    let is_known =
        all("/spec/initContainers").chain(all("/spec/containers")).any(|known| text(known, "/name") == container);
    if !is_known {
        return Err(Refusal::bad_request(format!("container {container} is not valid for pod {name}")));
    }
    let status = statuses.into_iter().find(|status| text(status, "/name") == container);
    let part = |part: &str| status.and_then(|status| status.pointer(part));
    let ended = part("/lastState/terminated");
    if query.is_set("previous") && ended.is_none() {
        let why = format!("previous terminated container {container:?} in pod {name:?} not found");
        return Err(Refusal::bad_request(why));
    }
    let has_run = ended.or(part("/state/running")).or(part("/state/terminated"));
    if has_run.is_none() {
        let reason = part("/state/waiting/reason").and_then(Value::as_str).unwrap_or("ContainerCreating");
        let why = format!("container {container:?} in pod {name:?} is waiting to start: {reason}");
        return Err(Refusal::bad_request(why));
    }
    let said = match (text(pod, LOG), ended.or(part("/state/terminated"))) {
        ("", None) => format!("sandbox: no process runs in pod {name}"),
        ("", Some(end)) => format!("sandbox: the process of container {container} ended with {}", end["exitCode"]),
        (log, _) => log.trim_end().to_owned(),
    };
    // Nothing runs, so nothing has a time: every line comes a tenth of a second after the one before.
    let start: Timestamp = text(pod, "/metadata/creationTimestamp").parse().unwrap_or_default();
    let since: Option<Timestamp> = query.get("sinceTime").parse().ok();
    let timed = said.lines().zip(1..).map(|(line, number)| (start + SignedDuration::from_millis(100 * number), line));
    // As a server takes it: in whole seconds.
    let timed = timed.filter(|(time, _)| since.is_none_or(|since| time.as_second() >= since.as_second()));
    let with_time = |(time, line): (Timestamp, &str)| match query.is_set("timestamps") {
        true => format!("{time} {line}"),
        false => line.to_owned(),
    };
    let lines: Vec<String> = timed.map(with_time).collect();
    let tail: usize = query.get("tailLines").parse().unwrap_or(lines.len());
    let mut shown = lines[lines.len().saturating_sub(tail)..].join("\n");
    if !shown.is_empty() {
        shown.push('\n');
    }
    Ok(reply::bytes(200, "text/plain", shown))
}
