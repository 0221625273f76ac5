//! What a new user sees on a fresh clone: the repository's own environment from TOML to ready, and back.

use snapbox::str;

use crate::support::Workspace;

const JAKUB: &str = "environments/jakub.toml";
const ORDERS: &str = "image  = \"jakubborys/ditc-orders\"\n";

#[test]
fn an_environment_from_toml_to_ready_and_back() {
    let workspace = Workspace::of_this_repository();

    let told = workspace.ditc("apply jakub --sandbox -auto-approve").exits(0).error(str![[r#"
environments/jakub.lock.toml decides which commits 3 services stand at.

"#]]);
    for component in [
        "dependencies.postgresql",
        "dependencies.rabbitmq",
        "dependencies.redis",
        "services.gateway",
        "services.orders",
        "services.products",
    ] {
        assert!(told.out.contains(&format!("jakub.{component}: Ready after")), "{component}\n{}", told.out);
    }
    let (plan, run) = told.out.split_once("Plan: 24 to add, 0 to change, 0 to destroy.\n").expect("the plan's count");
    assert!(plan.contains("  # jakub/Namespace/jakub will be created\n"), "{plan}");
    let (_, end) = run.split_once("\n\n").expect("a line between progress and result");
    crate::support::check(
        end,
        str![[r#"
Apply complete! Resources: 24 added, 0 changed, 0 destroyed.

Outputs:

postgresql.host = "postgresql"
postgresql.port = 5432
postgresql.secret = "postgresql"
postgresql.user = "postgres"
rabbitmq.host = "rabbitmq"
rabbitmq.management_port = 15672
rabbitmq.port = 5672
rabbitmq.secret = "rabbitmq"
rabbitmq.user = "guest"
redis.host = "redis-master"
redis.port = 6379
redis.secret = "redis"
gateway.host = "gateway"
gateway.port = 80
gateway.url = "http://jakub.preview.example.com"

"#]],
    );

    workspace
        .ditc("plan jakub --sandbox -detailed-exitcode")
        .exits(0)
        .out(str![[r#"
No changes. Environment jakub matches its definition.

"#]])
        .error(str![[r#"
environments/jakub.lock.toml decides which commits 3 services stand at.

"#]])
        .wrote_nothing();

    workspace.edit(JAKUB, ORDERS, &format!("{ORDERS}replicas = 2\n"));
    workspace
        .ditc("plan jakub --sandbox -detailed-exitcode")
        .exits(2)
        .out(str![[r#"
Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment jakub (namespace jakub,
cluster sandbox):

  # jakub.services.orders/Deployment/orders will be updated in-place
  # (the definition changed: environments/jakub.toml:25,
  # modules/service/service.yaml:28)
  ~ Deployment "orders" {
      ~ spec.replicas = 1 -> 2
        # (41 unchanged fields hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.

"#]])
        .error(str![[r#"
environments/jakub.lock.toml decides which commits 3 services stand at.

"#]])
        .wrote_nothing();

    // Nobody can be asked: nothing is changed.
    workspace
        .ditc("apply jakub --sandbox")
        .exits(1)
        .error(str![[r#"
environments/jakub.lock.toml decides which commits 3 services stand at.
error: a confirmation is needed, and standard input is no terminal
  hint: run it with `-auto-approve` to go on without a question, or look first
    with `ditc plan`

"#]])
        .wrote_nothing();

    let mut apply = workspace.in_terminal("apply jakub --sandbox");
    apply.wait_for("Enter a value: ");
    apply.type_in("yes\n");
    apply
        .end()
        .exits(0)
        .out(str![[r#"
environments/jakub.lock.toml decides which commits 3 services stand at.
Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment jakub (namespace jakub,
cluster sandbox):

  # jakub.services.orders/Deployment/orders will be updated in-place
  # (the definition changed: environments/jakub.toml:25,
  # modules/service/service.yaml:28)
  ~ Deployment "orders" {
      ~ spec.replicas = 1 -> 2
        # (41 unchanged fields hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.

Do you want to perform these actions in environment jakub on cluster sandbox?
  ditc will perform the actions described above.
  Only 'yes' will be accepted to approve.

  Enter a value: yes
jakub.services.orders/Deployment/orders: Modifying...
jakub.services.orders/Deployment/orders: Modifications complete after 0s
jakub.services.orders: Ready after 2s

Apply complete! Resources: 0 added, 1 changed, 0 destroyed.

Outputs:

postgresql.host = "postgresql"
postgresql.port = 5432
postgresql.secret = "postgresql"
postgresql.user = "postgres"
rabbitmq.host = "rabbitmq"
rabbitmq.management_port = 15672
rabbitmq.port = 5672
rabbitmq.secret = "rabbitmq"
rabbitmq.user = "guest"
redis.host = "redis-master"
redis.port = 6379
redis.secret = "redis"
gateway.host = "gateway"
gateway.port = 80
gateway.url = "http://jakub.preview.example.com"

"#]])
        .wrote(str![[r#"
apply deployments/orders 200
create leases 201
delete leases/ditc 200
update configmaps/ditc 200
update configmaps/ditc 200

"#]]);

    workspace.forget_state();
    workspace
        .ditc("plan jakub --sandbox -detailed-exitcode")
        .exits(0)
        .out(str![[r#"
No changes. Environment jakub matches its definition.

"#]])
        .error(str![[r#"
environments/jakub.lock.toml decides which commits 3 services stand at.

"#]])
        .wrote_nothing();

    let destroy = workspace.ditc("destroy jakub --sandbox -auto-approve").exits(0).error(str![[""]]);
    let destroy = destroy.says("\nPlan: 0 to add, 0 to change, 24 to destroy.\n");
    let destroy = destroy.says("\nDestroy complete! Resources: 24 destroyed.\n");
    let mut deleted = destroy.requests.of("delete");
    // Goes with its namespace, and is given back nevertheless.
    deleted.retain(|deleted| *deleted != "leases/ditc");
    let at = |what: &str| deleted.iter().position(|deleted| *deleted == what).expect("it was deleted");
    for (service, needs) in [
        ("orders", ["postgresql", "rabbitmq"].as_slice()),
        ("products", ["rabbitmq", "redis-master"].as_slice()),
        ("gateway", ["rabbitmq"].as_slice()),
    ] {
        for dependency in needs {
            let (service, dependency) = (format!("deployments/{service}"), format!("statefulsets/{dependency}"));
            assert!(at(&service) < at(&dependency), "{service} needs {dependency}: {deleted:?}");
        }
    }
    assert_eq!(at("namespaces/jakub"), deleted.len() - 1, "{deleted:?}");
    assert_eq!(workspace.cluster().get("/api/v1/namespaces/jakub"), None);

    workspace
        .ditc("destroy jakub --sandbox -auto-approve")
        .exits(0)
        .out(str![[r#"
No changes. There is nothing of environment jakub to destroy.

"#]])
        .error(str![[""]])
        .wrote_nothing();
}

#[test]
fn anything_but_yes_changes_nothing() {
    let workspace = Workspace::of_this_repository();
    let mut apply = workspace.in_terminal("apply ci --sandbox");
    apply.wait_for("Enter a value: ");
    apply.type_in("y\n");
    let told = apply.end().exits(1).wrote_nothing();
    let (_, end) = told.out.split_once("Enter a value: ").expect("it was asked");
    crate::support::check(
        end,
        str![[r#"
y
Apply cancelled.

"#]],
    );
    assert_eq!(workspace.cluster().get("/api/v1/namespaces/ci"), None);
}
