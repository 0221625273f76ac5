//! What commands cost: every request that the cluster gets from them, counted.

use ditc::sandbox::{Effect, Fault};
use snapbox::str;

use crate::support::{Served, Workspace, check, without_pods};

/// Two components of five kinds: Namespace, Secret, Service, Deployment and StatefulSet.
const DEMO: &str = r#"
//- environments/demo.toml
[dependencies.redis]
module = "redis"
[services.web]
image = "traefik/whoami:v1"
ports = [80]
"#;

/// The workspace after a first apply, so that the kinds of the cluster are known and everything is ready.
fn applied() -> Workspace {
    let workspace = Workspace::of(DEMO.trim_start());
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    workspace
}

#[test]
fn a_plan_of_nothing_is_one_get_of_the_record_and_one_list_per_kind() {
    let workspace = applied();
    let told = workspace.ditc("plan demo --sandbox").exits(0);
    check(
        told.requests.sorted(),
        str![[r#"
get configmaps/ditc 200
list configmaps 200
list deployments 200
list namespaces 200
list secrets 200
list services 200
list statefulsets 200

"#]],
    );
}

/// Whether a run lives shows here by its lock and its journal; from elsewhere, one look at its lease tells that nobody has it.
#[test]
fn only_a_plan_after_a_run_that_stopped_elsewhere_looks_at_its_lease() {
    let workspace = applied();
    workspace.edit("environments/demo.toml", "whoami:v1", "whoami:v2");
    workspace
        .write("state/sandbox/faults.json", r#"[{"method": "PATCH", "path": "deployments", "nth": 2, "then": "die"}]"#);
    workspace.ditc("apply demo --sandbox -auto-approve").dies();
    workspace.remove("state/sandbox/faults.json");
    let of_lease =
        |text: &str| text.lines().filter(|line| line.contains("leases")).map(str::to_owned).collect::<Vec<_>>();
    let told = workspace.ditc("plan demo --sandbox").exits(0).says("stopped after ");
    assert!(of_lease(&told.requests.sorted()).is_empty(), "{}", told.requests);
    workspace.cluster().delete("/apis/coordination.k8s.io/v1/namespaces/demo/leases/ditc");
    workspace.forget_state();
    let told = workspace.ditc("plan demo --sandbox").exits(0).says("stopped after ");
    assert_eq!(of_lease(&told.requests.sorted()), ["get leases/ditc 404"]);
}

#[test]
fn a_plan_without_local_state_asks_for_the_kinds_once() {
    let workspace = applied();
    workspace.forget_state();
    let told = workspace.ditc("plan demo --sandbox").exits(0);
    check(
        told.requests.sorted(),
        str![[r#"
get /api 200
get /apis 200
get configmaps/ditc 200
get namespaces/kube-system 200
list configmaps 200
list deployments 200
list namespaces 200
list secrets 200
list services 200
list statefulsets 200

"#]],
    );
    let told = workspace.ditc("plan demo --sandbox").exits(0);
    check(
        told.requests.sorted(),
        str![[r#"
get configmaps/ditc 200
list configmaps 200
list deployments 200
list namespaces 200
list secrets 200
list services 200
list statefulsets 200

"#]],
    );
}

#[test]
fn an_apply_of_nothing_writes_nothing_and_keeps_the_cluster_as_it_is() {
    let workspace = applied();
    let before = workspace.cluster().sandbox.revision();
    let told = workspace.ditc("apply demo --sandbox -auto-approve").exits(0).wrote_nothing();
    check(
        told.requests.sorted(),
        str![[r#"
get configmaps/ditc 200
list configmaps 200
list deployments 200
list namespaces 200
list secrets 200
list services 200
list statefulsets 200

"#]],
    );
    assert_eq!(workspace.cluster().sandbox.revision(), before);
}

/// An apply is the plan (the record, one list per kind, one question per change, what these credentials may do and what
/// quotas leave), the writes, two writes of the record, the lease (taken and given back), and one list and one watch for
/// each kind that is waited for. Nothing is read one by one.
#[test]
fn one_changed_object_is_one_question_and_one_write() {
    let workspace = applied();
    workspace.edit("environments/demo.toml", "whoami:v1", "whoami:v2");
    let told = workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    check(
        told.requests.sorted(),
        str![[r#"
apply deployments/web 200
ask deployments/web 200
ask selfsubjectrulesreviews 201
create leases 201
delete leases/ditc 200
get configmaps/ditc 200
list configmaps 200
list deployments 200
list deployments 200
list endpointslices 200
list namespaces 200
list resourcequotas 200
list secrets 200
list services 200
list statefulsets 200
update configmaps/ditc 200
update configmaps/ditc 200
watch deployments 200
watch endpointslices 200

"#]],
    );
}

/// Three pods that become ready so late, or not at all.
fn slow(annotation: &str, timeout: &str) -> Workspace {
    let workspace = Workspace::of(DEMO.trim_start());
    workspace.ditc("apply demo --sandbox -auto-approve").exits(0);
    workspace.write("modules/slow/module.toml", "");
    let template = r#"
apiVersion: apps/v1
kind: Deployment
metadata: { name: slow }
spec:
  replicas: 3
  selector: { matchLabels: { app: slow } }
  template:
    metadata: { labels: { app: slow }, annotations: { ANNOTATION } }
    spec: { containers: [{ name: app, image: "app:v1", readinessProbe: { tcpSocket: { port: 80 } } }] }
"#;
    workspace.write("modules/slow/slow.yaml", &template.replace("ANNOTATION", annotation));
    let text = format!("timeout = \"{timeout}\"\n[services.slow]\nmodule = \"slow\"\n[dependencies.redis]");
    workspace.edit("environments/demo.toml", "[dependencies.redis]", &text);
    workspace
}

#[test]
fn a_wait_that_lasts_watches_pods_sets_and_events_and_lists_nothing_for_what_changes() {
    let told = slow("sandbox.ditc.dev/ready-after: 3s", "1m").ditc("apply demo --sandbox -auto-approve").exits(0);
    check(
        told.requests.looks(),
        str![[r#"
list events 200
list pods 200
list replicasets 200
watch events 200
watch pods 200
watch replicasets 200

"#]],
    );
}

#[test]
fn a_failure_reads_the_end_of_one_log_and_a_plan_after_it_looks_once() {
    let workspace = slow("sandbox.ditc.dev/fail: CrashLoopBackOff", "1m");
    let told = workspace.ditc("apply demo --sandbox -auto-approve").exits(1);
    check(
        without_pods(&told.requests.looks(), "slow"),
        str![[r#"
get pods/slow-[POD]/log 200
list events 200
list pods 200
list replicasets 200
watch events 200
watch pods 200
watch replicasets 200

"#]],
    );
    let told = workspace.ditc("plan demo --sandbox").exits(0);
    check(
        told.requests.looks(),
        str![[r#"
list events 200
list pods 200
list replicasets 200

"#]],
    );
    told.out(str![[r#"
Note: Unchanged, but not ready; an apply waits for these:
  ! demo.services.slow/Deployment/slow: 0 of 3 replicas are ready: container app
    ended twice, the last time with exit code 1

No changes. Environment demo matches its definition.

"#]]);
}

/// Nothing else tells of which kinds ditc made something; a record that is there does, and what is not there yet has none.
#[test]
fn a_plan_without_the_record_that_was_there_asks_for_the_kinds_and_lists_each_once() {
    let workspace = applied();
    workspace.cluster().delete("/api/v1/namespaces/demo/configmaps/ditc");
    let told = workspace.ditc("plan demo --sandbox").exits(0).says("No changes.");
    check(
        told.requests.sorted(),
        str![[r#"
ask configmaps/redis-config 200
ask deployments/web 200
ask services/redis 200
ask services/redis-master 200
ask services/web 200
ask statefulsets/redis-master 200
get /api 200
get /apis 200
get configmaps/ditc 404
get namespaces/kube-system 200
list configmaps 200
list controllerrevisions 200
list cronjobs 200
list csistoragecapacities 200
list daemonsets 200
list deployments 200
list horizontalpodautoscalers 200
list ingresses 200
list jobs 200
list leases 200
list limitranges 200
list namespaces 200
list networkpolicies 200
list persistentvolumeclaims 200
list poddisruptionbudgets 200
list pods 200
list podtemplates 200
list replicasets 200
list replicationcontrollers 200
list resourcequotas 200
list rolebindings 200
list roles 200
list secrets 200
list serviceaccounts 200
list services 200
list statefulsets 200

"#]],
    );
}

#[test]
fn plans_of_all_without_their_records_cost_the_same_lists_for_ten_as_for_one() {
    let lists = |number| {
        let workspace = applied_times(number);
        for number in 0..number {
            let name = if number == 0 { "demo".to_owned() } else { format!("pr-{number}") };
            workspace.cluster().delete(&format!("/api/v1/namespaces/{name}/configmaps/ditc"));
        }
        workspace.ditc("plan --all --sandbox").exits(0).requests.of("list").len()
    };
    assert_eq!(lists(1), lists(10));
}

#[test]
fn an_environment_that_is_not_there_costs_no_list_in_its_namespace() {
    let workspace = Workspace::of(DEMO.trim_start());
    workspace.ditc("plan demo --sandbox").exits(0);
    let told = workspace.ditc("plan demo --sandbox").exits(0);
    check(
        told.requests.sorted(),
        str![[r#"
ask configmaps/ditc-check-4fa34e6cc567 201
ask deployments/ditc-check-adacf5f48df0 201
ask selfsubjectrulesreviews 201
ask services/ditc-check-22294dccf478 201
ask services/ditc-check-b5ee97c9239c 201
ask services/ditc-check-dff65e71db32 201
ask statefulsets/ditc-check-04157ec374dd 201
get configmaps/ditc 404
get namespaces/demo 404
list namespaces 200

"#]],
    );
}

#[test]
fn a_drift_report_of_nothing_is_one_list_per_recorded_kind_and_a_look_at_all_others() {
    let workspace = applied();
    let told = workspace.ditc("drift demo --sandbox").exits(0);
    check(
        told.requests.sorted(),
        str![[r#"
get configmaps/ditc 200
list configmaps 200
list configmaps 200
list controllerrevisions 200
list cronjobs 200
list csistoragecapacities 200
list daemonsets 200
list deployments 200
list deployments 200
list horizontalpodautoscalers 200
list ingresses 200
list jobs 200
list leases 200
list limitranges 200
list namespaces 200
list networkpolicies 200
list persistentvolumeclaims 200
list poddisruptionbudgets 200
list pods 200
list podtemplates 200
list replicasets 200
list replicationcontrollers 200
list resourcequotas 200
list rolebindings 200
list roles 200
list secrets 200
list secrets 200
list serviceaccounts 200
list services 200
list services 200
list statefulsets 200
list statefulsets 200

"#]],
    );
}

#[test]
fn a_drift_report_asks_about_what_moved_alone() {
    let workspace = applied();
    let change =
        serde_json::json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "mine"}]}}}});
    workspace.cluster().patch_strategically("/apis/apps/v1/namespaces/demo/deployments/web", "kubectl-edit", &change);
    let told = workspace.ditc("drift demo --sandbox").exits(2);
    assert_eq!(told.requests.of("ask"), ["deployments/web"; 2], "plainly, and by force since a field was taken");
    assert_eq!(told.requests.of("get"), ["configmaps/ditc"; 2], "a report with something in it is of one record");
}

#[test]
fn a_status_is_one_get_of_the_record_and_one_list_per_recorded_kind() {
    let workspace = applied();
    let told = workspace.ditc("status demo --sandbox").exits(0).wrote_nothing();
    check(
        told.requests.sorted(),
        str![[r#"
get configmaps/ditc 200
list configmaps 200
list deployments 200
list endpointslices 200
list namespaces 200
list secrets 200
list services 200
list statefulsets 200

"#]],
    );
}

/// Ten at a time, unless somebody says otherwise: each request lasts long enough for all that may come to come.
#[test]
fn so_many_requests_are_under_way_at_once_as_are_allowed() {
    const LIST: usize = 40;
    let module: Vec<String> = (0..LIST)
        .map(|number| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: many-{number}}}, data: {{a: b}}}}"))
        .collect();
    for (flags, allowed) in [("", 10), ("-parallelism=3", 3), ("-parallelism=1", 1)] {
        let (workspace, served) =
            (Workspace::of("//- environments/demo.toml\n[services.many]\nmodule = \"many\"\n"), Served::start());
        workspace.write("kubeconfig", &served.kubeconfig("right"));
        workspace.write("modules/many/module.toml", "");
        workspace.write("modules/many/many.yaml", &module.join("\n---\n"));
        let slow = Fault::new("PATCH", "/configmaps/many-", Effect::Delay { milliseconds: 50 });
        served.cluster.sandbox.fail(Fault { times: LIST as u32, ..slow });
        workspace.ditc(&format!("apply demo -auto-approve --kubeconfig kubeconfig {flags}")).exits(0);
        let writes: Vec<usize> =
            served.writes().iter().filter(|line| line.method == "PATCH").map(|line| line.at_once).collect();
        assert_eq!((writes.len(), writes.iter().max()), (LIST, Some(&allowed)), "{flags}: {writes:?}");
    }
}

/// The same environment under so many names, applied.
fn applied_times(number: usize) -> Workspace {
    let workspace = Workspace::of(DEMO.trim_start());
    for number in 1..number {
        workspace.write(&format!("environments/pr-{number}.toml"), "extends = \"demo\"\n");
    }
    workspace.ditc("apply --all --sandbox -auto-approve -parallelism=50").exits(0);
    workspace
}

#[test]
fn a_plan_of_all_costs_the_same_lists_for_thirty_as_for_one() {
    for number in [1, 30] {
        let workspace = applied_times(number);
        for state in ["kept", "forgotten"] {
            let told = workspace.ditc("plan --all --sandbox").exits(0);
            let requests: Vec<_> = told.requests.0.into_iter().filter(|line| line.verb == "list").collect();
            check(
                crate::support::Requests(requests).sorted(),
                str![[r#"
list configmaps 200
list configmaps 200
list deployments 200
list namespaces 200
list secrets 200
list services 200
list statefulsets 200

"#]],
            );
            assert_eq!(told.out.lines().count(), 1, "{number}, local state {state}: {}", told.out);
            workspace.forget_state();
        }
        workspace.ditc("plan --all --sandbox").exits(0);
        let told = workspace.ditc("plan --all --sandbox").exits(0);
        assert_eq!(told.requests.of("get"), [""; 0], "{number}: nothing is read one by one");
    }
}

#[test]
fn one_change_among_many_costs_its_own_questions_alone() {
    let workspace = applied_times(30);
    workspace.write("environments/pr-7.toml", "extends = \"demo\"\nservices.web.image = \"traefik/whoami:v2\"\n");
    let told = workspace.ditc("plan --all --sandbox").exits(0);
    let before = applied().ditc("plan --all --sandbox").exits(0).requests;
    let more = told.requests.0.into_iter().filter(|line| !before.0.contains(line)).collect();
    check(
        crate::support::Requests(more).sorted(),
        str![[r#"
ask deployments/web 200
ask selfsubjectrulesreviews 201
list resourcequotas 200

"#]],
    );
}

#[test]
fn new_environments_cost_one_list_more_and_their_questions() {
    let workspace = applied_times(2);
    for number in 2..30 {
        workspace.write(&format!("environments/pr-{number}.toml"), "extends = \"demo\"\n");
    }
    let told = workspace.ditc("plan --all --sandbox").exits(0);
    assert_eq!(told.requests.of("get"), [""; 0]);
    let lists = told.requests.of("list");
    assert_eq!(lists.len(), 8, "one more for the namespaces that no label brings: {lists:?}");
}

#[test]
fn a_destroy_and_a_drift_report_of_all_cost_the_same_lists_for_thirty_as_for_one() {
    for command in ["drift --all --sandbox", "plan --all -destroy --sandbox"] {
        let lists = |number| {
            let told = applied_times(number).ditc(command).exits(0);
            assert_eq!(told.requests.of("get"), [""; 0], "{command}");
            told.requests.of("list").len()
        };
        assert_eq!(lists(1), lists(30), "{command}");
    }
}
