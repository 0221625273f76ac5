//! A run on a terminal: an area that is drawn anew below the lines about what is over, and nothing of it afterwards.

use snapbox::str;

use crate::support::{Running, Screen, Size, Workspace, check};

const DEMO: &str = r#"
//- environments/demo.toml
timeout = "1h"
[services.quick]
module = "app"
[services.slow]
module = "app"
inputs = { ready_after = "1h" }
[services.needy]
module = "app"
needs = ["slow"]
//- modules/app/module.toml
[inputs.ready_after]
type = "duration"
default = "10ms"
//- modules/app/app.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ name }} }
spec:
  selector: { matchLabels: { app: {{ name }} } }
  template:
    metadata:
      labels: { app: {{ name }} }
      annotations: { sandbox.ditc.dev/ready-after: {{ inputs.ready_after }} }
    spec:
      containers: [{ name: app, image: app:v1, readinessProbe: { tcpSocket: { port: 80 } } }]
"#;
const APPLY: &str = "apply demo --sandbox -auto-approve";
const WAITS: &str = "Deployment/slow: 0 of 1 replica is";

fn workspace() -> Workspace {
    Workspace::of(DEMO.trim_start())
}

/// Waits until the area tells what is waited for, and gives what a person sees then.
fn seen(run: &mut Running, (columns, rows): Size) -> Screen {
    run.wait_for(WAITS);
    let mut screen = Screen::of(columns, rows);
    screen.write(run.printed());
    screen
}

/// Stops it as a person would, and gives the screen that is left.
fn stopped(run: Running, (columns, rows): Size) -> Screen {
    run.interrupt();
    let told = run.end().exits(130);
    let mut screen = Screen::of(columns, rows);
    screen.write(&told.out);
    screen
}

#[test]
fn what_is_waited_for_stands_below_what_is_over() {
    let size = (100, 40);
    let workspace = workspace();
    let mut run = workspace.in_terminal_of(size, &format!("TERM=xterm {APPLY}"));
    run.wait_for("services.quick: Ready");
    let area = seen(&mut run, size).all();
    let (_, area) = area.split_once("Plan: 4 to add, 0 to change, 0 to destroy.\n").expect("the plan");
    let lines = |of: &str| area.lines().filter(|line| line.contains(of)).count();
    assert_eq!(lines("Creation complete"), 3, "{area}");
    assert_eq!(lines("Creating..."), 0, "what is under way is in the area alone\n{area}");
    let (over, area) = area.split_once("\ndemo: ").expect("the head of the area");
    assert!(over.contains("demo.services.quick: Ready after"), "{over}");
    check(
        area,
        str![[r#"
3 of 4 changes, 1 of 3 components ready [[..]]
  Waiting [..] demo.services.slow  Deployment/slow: 0 of 1 replica is ready
  Pending [..] demo.services.needy needs slow

"#]],
    );

    let screen = stopped(run, size).all();
    let (_, end) = screen.split_once("Interrupted. What is under way").expect("it is told");
    assert!(!end.contains("Waiting") && !end.contains("Pending"), "the area is gone\n{end}");
    assert!(end.contains("\nApply interrupted. 4 done, 0 failed, 0 skipped, 3 not started."), "{end}");
}

#[test]
fn a_small_terminal_folds_what_does_not_fit_and_cuts_what_is_too_long() {
    let size = (40, 4);
    let workspace = workspace();
    let more: String = (0..6).map(|n| format!("[services.more-{n}]\nmodule = \"app\"\nneeds = [\"slow\"]\n")).collect();
    workspace.edit("environments/demo.toml", "[services.quick]", &format!("{more}[services.quick]"));
    let mut run = workspace.in_terminal_of(size, &format!("TERM=xterm {APPLY}"));
    run.wait_for("services.quick: Ready");
    run.wait_for("Waiting 1s");
    let mut screen = Screen::of(size.0, size.1);
    screen.write(run.printed());
    check(
        screen.shows(),
        str![[r#"
demo: 3 of 10 changes, 1 of 9 componen…
  Waiting [..]s demo.services.slow Deploy…
  and 7 more

"#]],
    );
    let screen = stopped(run, size);
    assert!(!screen.left().contains("Pending") && !screen.left().contains("and 7 more"), "{}", screen.left());
}

#[test]
fn a_terminal_that_changes_its_size_is_followed() {
    let workspace = workspace();
    let mut run = workspace.in_terminal_of((120, 40), &format!("TERM=xterm {APPLY}"));
    seen(&mut run, (120, 40));
    run.resize((40, 10));
    run.wait_for("…");
    let printed = run.printed().to_owned();
    let (_, after) = printed.split_at(printed.find('…').expect("it was waited for"));
    assert!(after.lines().all(|line| line.chars().count() <= 60), "{after}");
    run.resize((120, 40));
    let before = run.printed().matches(WAITS).count();
    while run.printed().matches(WAITS).count() == before {
        run.read_on();
    }
    stopped(run, (120, 40));
}

#[test]
fn a_failure_leaves_no_area_behind() {
    let workspace = workspace();
    workspace.edit("environments/demo.toml", "1h\"\n[services.quick]", "1s\"\n[services.quick]");
    let told = workspace.in_terminal_of((100, 40), &format!("TERM=xterm {APPLY}")).end().exits(1);
    let mut screen = Screen::of(100, 40);
    screen.write(&told.out);
    let all = screen.all();
    let (_, end) = all.split_once("demo.services.slow: Failed: ").expect("it is told");
    assert!(!end.contains("Pending") && end.contains("\nerror: the apply did not come to its end"), "{end}");
}

#[test]
fn who_wants_no_area_gets_lines() {
    for (before, flags) in
        [("TERM=dumb", ""), ("", ""), ("TERM=xterm CI=true", ""), ("TERM=xterm DITC_IN_AUTOMATION=1", "")]
    {
        let workspace = workspace();
        let mut run = workspace.in_terminal(&format!("{before} {APPLY} {flags}"));
        run.wait_for("/slow: Creating...");
        run.wait_for("/slow: Creation complete");
        run.interrupt();
        assert!(!run.end().exits(130).out.contains('\x1b'), "{before}");
    }
    let workspace = workspace();
    workspace.edit("environments/demo.toml", "ready_after = \"1h\"", "ready_after = \"10ms\"");
    let told = workspace.in_terminal(&format!("TERM=xterm {APPLY} -quiet")).end().exits(0);
    assert!(!told.out.contains('\x1b') && !told.out.contains("Creation"), "{}", told.out);
}

#[test]
fn colours_are_left_out_where_they_are_not_wanted() {
    let coloured = |before: &str, flags: &str| {
        let workspace = workspace();
        let mut run = workspace.in_terminal_of((100, 40), &format!("{before} {APPLY} {flags}"));
        seen(&mut run, (100, 40));
        run.interrupt();
        run.end().exits(130).out.contains("\x1b[33m")
    };
    assert!(coloured("TERM=xterm NO_COLOR=", ""));
    assert!(!coloured("TERM=xterm NO_COLOR=", "--no-color"));
    assert!(!coloured("TERM=xterm NO_COLOR=1", ""));
}

#[test]
fn several_environments_share_one_area() {
    let size = (100, 40);
    let workspace = workspace();
    workspace.write("environments/other.toml", "timeout = \"1h\"\n[services.quick]\nmodule = \"app\"\n");
    workspace.ditc("apply other --sandbox -auto-approve").exits(0);
    workspace.write(
        "environments/other.toml",
        "timeout = \"1h\"\n[services.quick]\nmodule = \"app\"\ninputs = { ready_after = \"1h\" }\n",
    );
    let mut run = workspace.in_terminal_of(size, "TERM=xterm apply --all --sandbox -auto-approve");
    run.wait_for("services.quick: Ready");
    run.wait_for("Deployment/quick: 1 of the replicas before");
    let area = seen(&mut run, size).all();
    let (over, area) = area.split_once("\ndemo: 3 of 4 changes").expect("the head of the area");
    assert!(!over.contains("Creating...") && over.contains("demo.services.quick: Ready after"), "{over}");
    check(
        area,
        str![[r#"
, 1 of 3 components ready [[..]]
other: 1 of 1 changes, 0 of 1 components ready [[..]]
  Waiting [..] demo.services.slow   Deployment/slow: 0 of 1 replica is ready
  Pending [..] demo.services.needy  needs slow
  Waiting [..] other.services.quick Deployment/quick: 1 of the replicas before still runs

"#]],
    );
    let left = stopped(run, size).all();
    assert!(left.contains("RESULT") && !left.contains("Pending"), "nothing of the area is left\n{left}");
}
