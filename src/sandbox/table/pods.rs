//! What a pod is doing, in a word: the phase alone says too little
//! (<https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase>).

use serde_json::{Value, json};

use super::words::{Row, human, time};
use crate::sandbox::store::text;

/// What the containers of a pod add up to.
#[derive(Default)]
struct Sum {
    word: String,
    ready: usize,
    restarts: i64,
    /// When a container last ended before it was started again.
    last: Option<jiff::Timestamp>,
}

impl Sum {
    fn add_restarts(&mut self, status: &Value) {
        self.restarts += status.get("restartCount").and_then(Value::as_i64).unwrap_or(0);
        self.last = self.last.max(time(text(status, "/lastState/terminated/finishedAt")));
    }
}

/// Name, Ready, Status, Restarts, Age and, asked for more, IP, Node, Nominated Node, Readiness Gates.
pub(super) fn cells(row: &Row<'_>) -> Vec<Value> {
    let sum = sum(row);
    let sidecars = row.list("/spec/initContainers").iter().filter(|container| is_sidecar(container)).count();
    let restarts = match sum.last {
        Some(last) if sum.restarts != 0 => {
            format!("{} ({} ago)", sum.restarts, human(row.now.as_second() - last.as_second()))
        }
        _ => sum.restarts.to_string(),
    };
    let ready = format!("{}/{}", sum.ready, row.count("/spec/containers") + sidecars);
    vec![
        row.name(),
        ready.into(),
        sum.word.into(),
        restarts.into(),
        row.age(),
        row.text_or("/status/podIPs/0/ip", "<none>"),
        row.text_or("/spec/nodeName", "<none>"),
        row.text_or("/status/nominatedNodeName", "<none>"),
        gates(row).into(),
    ]
}

/// kubectl leaves out pods that ended, when asked for those that did not.
pub(super) fn conditions(pod: &Value) -> Option<Value> {
    let (reason, message) = match text(pod, "/status/phase") {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!([{"type": "Completed", "status": "True", "reason": reason, "message": message}]))
}

fn is_sidecar(container: &Value) -> bool {
    text(container, "/restartPolicy") == "Always"
}

fn holds(row: &Row<'_>, kind: &str) -> bool {
    row.list("/status/conditions").iter().any(|known| known["type"] == kind && known["status"] == "True")
}

fn sum(row: &Row<'_>) -> Sum {
    let phase = row.text("/status/phase");
    let word = match row.text("/status/reason") {
        "" => phase,
        reason => reason,
    };
    let mut sum = Sum { word: word.to_owned(), ..Sum::default() };
    let is_gated = |known: &Value| known["type"] == "PodScheduled" && known["reason"] == "SchedulingGated";
    if row.list("/status/conditions").iter().any(is_gated) {
        sum.word = "SchedulingGated".to_owned();
    }
    let (is_initializing, sidecars) = initial(row, &mut sum);
    if !is_initializing || holds(row, "Initialized") {
        sum.restarts = sidecars.restarts;
        sum.last = sidecars.last;
        running(row, &mut sum);
    }
    if row.is_terminating() {
        if row.text("/status/reason") == "NodeLost" {
            sum.word = "Unknown".to_owned();
        } else if !matches!(phase, "Succeeded" | "Failed") {
            sum.word = "Terminating".to_owned();
        }
    }
    sum
}

/// Whether the first containers still run, and the restarts of those among them that run for ever.
fn initial(row: &Row<'_>, sum: &mut Sum) -> (bool, Sum) {
    let specs = row.list("/spec/initContainers");
    let mut sidecars = Sum::default();
    for (at, status) in row.list("/status/initContainerStatuses").iter().enumerate() {
        sum.add_restarts(status);
        let is_sidecar = specs.iter().any(|spec| spec["name"] == status["name"] && is_sidecar(spec));
        if is_sidecar {
            sidecars.add_restarts(status);
        }
        let ended = status.pointer("/state/terminated");
        let waiting = text(status, "/state/waiting/reason");
        if ended.is_some_and(|ended| ended["exitCode"] == 0) {
            continue;
        }
        if is_sidecar && status["started"] == true {
            sum.ready += usize::from(status["ready"] == true);
            continue;
        }
        sum.word = match ended {
            Some(ended) => format!("Init:{}", end(ended)),
            None if !matches!(waiting, "" | "PodInitializing") => format!("Init:{waiting}"),
            None => format!("Init:{at}/{}", specs.len()),
        };
        return (true, sidecars);
    }
    (false, sidecars)
}

/// How a container ended.
fn end(ended: &Value) -> String {
    let number = |field: &str| ended.get(field).and_then(Value::as_i64).unwrap_or(0);
    match (text(ended, "/reason"), number("signal")) {
        ("", 0) => format!("ExitCode:{}", number("exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn running(row: &Row<'_>, sum: &mut Sum) {
    let (mut runs, mut fault) = (false, None);
    // The first container has the last word.
    for status in row.list("/status/containerStatuses").iter().rev() {
        sum.add_restarts(status);
        let waiting = text(status, "/state/waiting/reason");
        if !waiting.is_empty() {
            sum.word = waiting.to_owned();
        } else if let Some(ended) = status.pointer("/state/terminated") {
            sum.word = end(ended);
            if ended["exitCode"] != 0 {
                fault = Some(sum.word.clone());
            }
        } else if status["ready"] == true && status.pointer("/state/running").is_some() {
            runs = true;
            sum.ready += 1;
        }
    }
    if sum.word == "Completed" {
        if runs && holds(row, "Ready") {
            sum.word = "Running".to_owned();
        } else if let Some(fault) = fault {
            sum.word = fault;
        } else if runs {
            sum.word = "NotReady".to_owned();
        }
    }
}

fn gates(row: &Row<'_>) -> String {
    let gates = row.list("/spec/readinessGates");
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let open = gates.iter().filter(|gate| holds(row, text(gate, "/conditionType"))).count();
    format!("{open}/{}", gates.len())
}
