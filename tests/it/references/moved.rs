//! The plan says which reference moved, from where, to where, and by what.

use super::*;

#[test]
fn a_tag_that_moved_is_the_reason() {
    let (workspace, orders) = demo();
    runs(&workspace, &orders.commit_of("main"));
    workspace.ditc("plan demo --sandbox -detailed-exitcode").exits(0);
    for message in ["second", "third", "fix-totals"] {
        orders.commit(message);
    }
    orders.git("tag --force dev");
    workspace.ditc("plan demo --sandbox").exits(0).out(str![[r#"
Actions are shown with these symbols:
  ~ update in-place

ditc will perform the following actions in environment demo (namespace demo,
cluster sandbox):

  # demo.services.orders/Deployment/orders will be updated in-place
  # (tag dev moved b7b7a75 -> cf18e05 (3 commits, "fix-totals"))
  ~ Deployment "orders" {
      ~ spec.template.spec.containers[name="orders"].image = "example/orders:b7b7a759daac84d1329770b6ced10925f0c1bb98" -> "example/orders:cf18e05e5de2e448081ff024f50eaa6956999d44"
        # (14 unchanged fields hidden)
    }

Plan: 0 to add, 1 to change, 0 to destroy.

"#]]).wrote_nothing();
    workspace.ditc("plan demo --sandbox -json").exits(0).says(r#""reason": "revised""#);
    // Saved, it says the same without any repository.
    workspace.ditc("plan demo --sandbox -out=demo.plan").exits(0);
    std::fs::rename(&orders.root, workspace.path("elsewhere")).expect("it is there");
    workspace.ditc("show demo.plan").exits(0).says("3 commits, \"fix-totals\"");
    workspace.ditc("apply ./demo.plan --sandbox").exits(0);
    std::fs::rename(workspace.path("elsewhere"), &orders.root).expect("it is there");
    assert_eq!(image(&workspace), format!("example/orders:{}", orders.commit_of("dev")));
    workspace.ditc("plan demo --sandbox -detailed-exitcode").exits(0);
}

#[test]
fn a_tag_that_went_back_or_aside_says_so() {
    let (workspace, orders) = demo();
    orders.commit("second");
    orders.commit("third");
    orders.git("tag --force dev");
    runs(&workspace, &orders.commit_of("main"));
    orders.git("tag --force dev main~2");
    workspace.ditc("plan demo --sandbox").exits(0).says("tag dev moved").says("(back 2 commits, \"first\")");
    orders.git("reset --quiet --hard main~1");
    orders.commit("another");
    orders.git("tag --force dev");
    workspace.ditc("plan demo --sandbox").exits(0).says("(back 1 commit, then 1 other, \"another\")");
}

#[test]
fn another_reference_is_told_with_both() {
    let (workspace, orders) = demo();
    runs(&workspace, &orders.commit_of("main"));
    orders.commit("second");
    orders.git("tag v2");
    workspace.edit("environments/demo.toml", "\"dev\"", "\"v2\"");
    let told = workspace.ditc("plan demo --sandbox").exits(0);
    let (from, to) = (&orders.commit_of("dev")[..7], &orders.commit_of("v2")[..7]);
    told.says(&format!("tag dev {from} -> tag v2 {to} (1 commit, \"second\")"));
}

#[test]
fn a_service_that_failed_still_stands_where_it_stood() {
    let (workspace, orders) = demo();
    runs(&workspace, &orders.commit_of("main"));
    orders.commit("second");
    orders.git("tag --force dev");
    workspace.ditc("apply demo --sandbox -auto-approve -target=demo/Namespace/demo").exits(0);
    workspace.ditc("plan demo --sandbox").exits(0).says("tag dev moved");
}

#[test]
fn without_a_look_at_the_cluster_nobody_else_is_asked_either() {
    let (workspace, orders) = demo();
    runs(&workspace, &orders.commit_of("main"));
    std::fs::remove_dir_all(&orders.root).expect("it is there");
    workspace.ditc("plan demo --sandbox -refresh=false -detailed-exitcode").exits(0);
    workspace.edit("environments/demo.toml", "\"dev\"", "\"v2\"");
    workspace.ditc("plan demo --sandbox -refresh=false").exits(1);
}
