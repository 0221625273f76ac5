//! The standards that pods are held to, check by check, in the words and the order of the server
//! (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>). Checks for Windows are left out.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::sandbox::store::text;

/// How much pods may do, from much to little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Privileged,
    Baseline,
    Restricted,
}

impl Level {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "privileged" => Level::Privileged,
            "baseline" => Level::Baseline,
            "restricted" => Level::Restricted,
            _ => return None,
        })
    }
}

const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
const SYSCTLS: [&str; 11] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
];
const VOLUMES: [&str; 8] =
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];
const PROBES: [&str; 5] =
    ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle/postStart", "lifecycle/preStop"];

/// All that a pod's spec does against a level, as `what (details)`.
pub(super) fn violations(level: &Level, spec: &Value) -> Vec<String> {
    let shared: [fn(&Value) -> Option<String>; 7] =
        [host_namespaces, host_ports, probe_hosts, privileged, selinux, sysctls, app_armor];
    let [namespaces, ports, probes, privileged, selinux, sysctls, app_armor] = shared.map(|check| check(spec));
    let found = match level {
        Level::Privileged => return Vec::new(),
        Level::Baseline => vec![
            app_armor,
            capabilities(spec),
            namespaces,
            host_paths(spec),
            ports,
            probes,
            privileged,
            selinux,
            seccomp_unconfined(spec).map(|why| format!("seccompProfile ({why})")),
            sysctls,
        ],
        Level::Restricted => vec![
            app_armor,
            namespaces,
            ports,
            probes,
            privileged,
            selinux,
            sysctls,
            escalation(spec),
            dropped_capabilities(spec),
            proc_mount(spec),
            volume_types(spec),
            non_root(spec),
            root_user(spec),
            seccomp(spec),
        ],
    };
    found.into_iter().flatten().collect()
}

fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    let of = |key: &str| spec.get(key).and_then(Value::as_array).into_iter().flatten();
    of("initContainers").chain(of("containers")).chain(of("ephemeralContainers"))
}

fn quoted<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| format!("{text:?}")).collect();
    texts.join(", ")
}

/// `container "a"`, `containers "a", "b"`; none where no container is meant.
fn those(spec: &Value, are_meant: impl Fn(&Value) -> bool) -> Option<String> {
    let names: Vec<&str> = containers(spec).filter(|one| are_meant(one)).map(|one| text(one, "/name")).collect();
    let word = if names.len() == 1 { "container" } else { "containers" };
    (!names.is_empty()).then(|| format!("{word} {}", quoted(names)))
}

/// The pod and its containers, whichever do something.
fn pod_and_containers(spec: &Value, does: impl Fn(&Value) -> bool) -> Option<String> {
    let pod = does(spec).then(|| "pod".to_owned());
    let all: Vec<String> = pod.into_iter().chain(those(spec, does)).collect();
    (!all.is_empty()).then(|| all.join(" and "))
}

fn is(object: &Value, pointer: &str, wanted: bool) -> bool {
    object.pointer(pointer) == Some(&Value::Bool(wanted))
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn host_namespaces(spec: &Value) -> Option<String> {
    let found = ["hostNetwork", "hostPID", "hostIPC"].into_iter().filter(|field| is(spec, &format!("/{field}"), true));
    let found: Vec<String> = found.map(|field| format!("{field}=true")).collect();
    (!found.is_empty()).then(|| format!("host namespaces ({})", found.join(", ")))
}

fn host_ports(spec: &Value) -> Option<String> {
    let ports = |container: &Value| -> Vec<i64> {
        let all = container.get("ports").and_then(Value::as_array).into_iter().flatten();
        all.filter_map(|port| port.get("hostPort")?.as_i64()).filter(|port| *port != 0).collect()
    };
    let who = those(spec, |container| !ports(container).is_empty())?;
    let used: BTreeSet<String> = containers(spec).flat_map(ports).map(|port| port.to_string()).collect();
    let verb = if who.starts_with("containers") { "use" } else { "uses" };
    // As texts: 8080 stands before 81.
    let used: Vec<String> = used.into_iter().collect();
    Some(format!("hostPort ({who} {verb} {} {})", plural(used.len(), "hostPort"), used.join(", ")))
}

fn probe_hosts(spec: &Value) -> Option<String> {
    let hosts = |container: &Value| -> Vec<String> {
        let handlers = PROBES.iter().filter_map(|probe| container.pointer(&format!("/{probe}")).cloned());
        let named = handlers.flat_map(|handler| {
            ["httpGet", "tcpSocket"].map(|kind| text(&handler, &format!("/{kind}/host")).to_owned())
        });
        named.filter(|host| !matches!(host.as_str(), "" | "127.0.0.1" | "::1")).collect()
    };
    let who = those(spec, |container| !hosts(container).is_empty())?;
    let used: BTreeSet<String> = containers(spec).flat_map(hosts).collect();
    let verb = if who.starts_with("containers") { "use" } else { "uses" };
    let word = plural(used.len(), "probe or lifecycle host");
    Some(format!("probe or lifecycle host ({who} {verb} {word} {})", quoted(used.iter().map(String::as_str))))
}

fn privileged(spec: &Value) -> Option<String> {
    let who = those(spec, |container| is(container, "/securityContext/privileged", true))?;
    Some(format!("privileged ({who} must not set securityContext.privileged=true)"))
}

fn selinux(spec: &Value) -> Option<String> {
    const TYPES: [&str; 5] = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
    let options =
        |object: &Value, field: &str| text(object, &format!("/securityContext/seLinuxOptions/{field}")).to_owned();
    let is_bad_type = |object: &Value| !TYPES.contains(&options(object, "type").as_str());
    let has = |object: &Value, field: &str| !options(object, field).is_empty();
    let who = pod_and_containers(spec, |object| is_bad_type(object) || has(object, "user") || has(object, "role"))?;
    let all = || std::iter::once(spec).chain(containers(spec));
    let types: BTreeSet<String> =
        all().filter(|object| is_bad_type(object)).map(|object| options(object, "type")).collect();
    let mut said = Vec::new();
    if !types.is_empty() {
        said.push(format!("{} {}", plural(types.len(), "type"), quoted(types.iter().map(String::as_str))));
    }
    for field in ["user", "role"] {
        if all().any(|object| has(object, field)) {
            said.push(format!("{field} may not be set"));
        }
    }
    Some(format!("seLinuxOptions ({who} set forbidden securityContext.seLinuxOptions: {})", said.join("; ")))
}

fn sysctls(spec: &Value) -> Option<String> {
    let given = spec.pointer("/securityContext/sysctls").and_then(Value::as_array).into_iter().flatten();
    let names: Vec<&str> = given.map(|one| text(one, "/name")).filter(|name| !SYSCTLS.contains(name)).collect();
    (!names.is_empty()).then(|| format!("forbidden sysctls ({})", names.join(", ")))
}

fn app_armor(spec: &Value) -> Option<String> {
    let who = pod_and_containers(spec, |object| text(object, "/securityContext/appArmorProfile/type") == "Unconfined")?;
    Some(format!("forbidden AppArmor profile ({who} must not set AppArmor profile type to \"Unconfined\")"))
}

fn added(container: &Value) -> impl Iterator<Item = &str> {
    let added = container.pointer("/securityContext/capabilities/add").and_then(Value::as_array);
    added.into_iter().flatten().filter_map(Value::as_str)
}

/// Who adds capabilities beyond those known, and which.
fn forbidden_capabilities(spec: &Value, known: &[&str]) -> Option<String> {
    let who = those(spec, |container| added(container).any(|name| !known.contains(&name)))?;
    let names: BTreeSet<&str> = containers(spec).flat_map(added).filter(|name| !known.contains(name)).collect();
    Some(format!("{who} must not include {} in securityContext.capabilities.add", quoted(names)))
}

fn capabilities(spec: &Value) -> Option<String> {
    forbidden_capabilities(spec, &CAPABILITIES).map(|why| format!("non-default capabilities ({why})"))
}

fn dropped_capabilities(spec: &Value) -> Option<String> {
    let drops_all = |container: &Value| {
        let dropped = container.pointer("/securityContext/capabilities/drop").and_then(Value::as_array);
        dropped.into_iter().flatten().any(|name| name == "ALL")
    };
    let kept = those(spec, |container| !drops_all(container));
    let kept = kept.map(|who| format!("{who} must set securityContext.capabilities.drop=[\"ALL\"]"));
    let said: Vec<String> = kept.into_iter().chain(forbidden_capabilities(spec, &["NET_BIND_SERVICE"])).collect();
    (!said.is_empty()).then(|| format!("unrestricted capabilities ({})", said.join("; ")))
}

fn volumes(spec: &Value) -> impl Iterator<Item = &Value> {
    spec.get("volumes").and_then(Value::as_array).into_iter().flatten()
}

fn host_paths(spec: &Value) -> Option<String> {
    let names: Vec<&str> =
        volumes(spec).filter(|volume| volume.get("hostPath").is_some()).map(|volume| text(volume, "/name")).collect();
    (!names.is_empty()).then(|| format!("hostPath volumes ({} {})", plural(names.len(), "volume"), quoted(names)))
}

fn volume_types(spec: &Value) -> Option<String> {
    let kind = |volume: &Value| -> Option<String> {
        let mut kinds = volume.as_object().into_iter().flat_map(|map| map.keys()).filter(|key| *key != "name");
        kinds.next().filter(|kind| !VOLUMES.contains(&kind.as_str())).cloned()
    };
    let names: Vec<&str> =
        volumes(spec).filter(|volume| kind(volume).is_some()).map(|volume| text(volume, "/name")).collect();
    let kinds: BTreeSet<String> = volumes(spec).filter_map(kind).collect();
    let (who, verb) = (plural(names.len(), "volume"), if names.len() == 1 { "uses" } else { "use" });
    let what = plural(kinds.len(), "restricted volume type");
    let listed = quoted(kinds.iter().map(String::as_str));
    (!names.is_empty()).then(|| format!("restricted volume types ({who} {} {verb} {what} {listed})", quoted(names)))
}

fn escalation(spec: &Value) -> Option<String> {
    let who = those(spec, |container| !is(container, "/securityContext/allowPrivilegeEscalation", false))?;
    Some(format!("allowPrivilegeEscalation != false ({who} must set securityContext.allowPrivilegeEscalation=false)"))
}

fn proc_mount(spec: &Value) -> Option<String> {
    let who = those(spec, |container| text(container, "/securityContext/procMount") == "Unmasked")?;
    Some(format!("procMount ({who} must not set securityContext.procMount to \"Unmasked\")"))
}

/// Whether the users of a pod are none of the host's: root is nobody special then.
fn has_own_users(spec: &Value) -> bool {
    is(spec, "/hostUsers", false)
}

fn non_root(spec: &Value) -> Option<String> {
    const FIELD: &str = "/securityContext/runAsNonRoot";
    if has_own_users(spec) {
        return None;
    }
    if let Some(who) = pod_and_containers(spec, |object| is(object, FIELD, false)) {
        return Some(format!("runAsNonRoot != true ({who} must not set securityContext.runAsNonRoot=false)"));
    }
    let who = those(spec, |container| !is(spec, FIELD, true) && container.pointer(FIELD).is_none())?;
    Some(format!("runAsNonRoot != true (pod or {who} must set securityContext.runAsNonRoot=true)"))
}

fn root_user(spec: &Value) -> Option<String> {
    let is_root = |object: &Value| object.pointer("/securityContext/runAsUser").and_then(Value::as_i64) == Some(0);
    let who = pod_and_containers(spec, is_root).filter(|_| !has_own_users(spec))?;
    Some(format!("runAsUser=0 ({who} must not set runAsUser=0)"))
}

const SECCOMP: &str = "/securityContext/seccompProfile/type";

fn seccomp_unconfined(spec: &Value) -> Option<String> {
    let who = pod_and_containers(spec, |object| text(object, SECCOMP) == "Unconfined")?;
    Some(format!("{who} must not set securityContext.seccompProfile.type to \"Unconfined\""))
}

fn seccomp(spec: &Value) -> Option<String> {
    if let Some(why) = seccomp_unconfined(spec) {
        return Some(format!("seccompProfile ({why})"));
    }
    let who = those(spec, |container| text(spec, SECCOMP).is_empty() && text(container, SECCOMP).is_empty())?;
    let what = "must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"";
    Some(format!("seccompProfile (pod or {who} {what})"))
}
