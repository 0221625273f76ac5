//! The area of a run, at every size.

use std::time::Duration;

use snapbox::{assert_data_eq, str};

use super::{run::at, *};
use crate::{
    apply::{Awaited, Event, EventKind, StepError},
    render::text::{Board, Screen, live},
};

/// Orders and its two dependencies, and a gateway that needs orders.
fn plan() -> Plan {
    let mut plan = empty(Operation::Apply);
    for (id, kind, name, needs) in [
        ("dependencies.postgresql", "StatefulSet", "postgresql", [].as_slice()),
        ("dependencies.redis", "StatefulSet", "redis", &[]),
        ("services.orders", "Deployment", "orders", &["dependencies.postgresql", "dependencies.redis"]),
        ("services.gateway", "Deployment", "gateway", &["services.orders"]),
    ] {
        let key = key(kind, name);
        plan.changes.insert(key.clone(), change(Some(id), Action::Create, Reason::New));
        plan.order.need(Step::Ready(component(id)), Step::Change(key.clone()));
        for other in needs {
            plan.order.need(Step::Change(key.clone()), Step::Ready(component(other)));
        }
    }
    plan
}

fn started(second: i64, id: &str, kind: &str, name: &str) -> Event {
    let kind =
        EventKind::ChangeStarted { key: key(kind, name), component: Some(component(id)), action: Action::Create };
    Event { at: at(second), kind }
}

fn finished(second: i64, id: &str, kind: &str, name: &str) -> Event {
    let (key, component) = (key(kind, name), Some(component(id)));
    let elapsed = Duration::from_secs(1);
    Event { at: at(second), kind: EventKind::ChangeFinished { key, component, action: Action::Create, elapsed } }
}

fn under_way() -> Vec<Event> {
    let on = vec![
        Awaited { key: key("StatefulSet", "postgresql"), why: "0 of 1 replica is ready\u{1b}[2J".into(), cause: None },
        Awaited { key: key("Service", "postgresql"), why: "it has no ready endpoint yet".into(), cause: None },
    ];
    let step = Step::Ready(component("dependencies.postgresql"));
    vec![
        started(0, "dependencies.postgresql", "StatefulSet", "postgresql"),
        started(0, "dependencies.redis", "StatefulSet", "redis"),
        finished(1, "dependencies.postgresql", "StatefulSet", "postgresql"),
        Event { at: at(64), kind: EventKind::Waiting { step, on, elapsed: Duration::from_secs(63) } },
    ]
}

fn drawn(events: &[Event], columns: usize, rows: usize) -> String {
    let plan = plan();
    let mut board = Board::new(&plan);
    events.iter().for_each(|event| board.take(event));
    let style = Style { colour: false, width: columns };
    let lines = live(&[&board], at(65), Screen { columns, rows }, style);
    assert!(lines.len() < rows && lines.iter().all(|line| line.chars().count() < columns), "{lines:?}");
    lines.join("\n") + "\n"
}

#[test]
fn what_is_under_way_comes_before_what_waits_for_its_turn() {
    assert_data_eq!(
        drawn(&under_way(), 100, 24),
        str![[r#"
jakub: 1 of 4 changes, 0 of 4 components ready [1m5s]
  Creating 1m5s jakub.dependencies.redis/StatefulSet/redis
  Waiting  1m4s jakub.dependencies.postgresql              StatefulSet/postgresql: 0 of 1 replica …
  Pending       jakub.services.gateway                     needs orders
  Pending       jakub.services.orders                      needs postgresql, redis

"#]]
    );
}

#[test]
fn it_fits_into_every_terminal() {
    assert_data_eq!(
        drawn(&under_way(), 40, 24),
        str![[r#"
jakub: 1 of 4 changes, 0 of 4 componen…
  Creating 1m5s jakub.dependencies.red…
  Waiting  1m4s jakub.dependencies.pos…
  Pending       jakub.services.gateway…
  Pending       jakub.services.orders …

"#]]
    );
    assert_data_eq!(
        drawn(&under_way(), 100, 4),
        str![[r#"
jakub: 1 of 4 changes, 0 of 4 components ready [1m5s]
  Creating 1m5s jakub.dependencies.redis/StatefulSet/redis
  and 3 more

"#]]
    );
    assert_data_eq!(
        drawn(&under_way(), 12, 2),
        str![[r#"
jakub: 1 o…

"#]]
    );
    for (columns, rows) in [(1, 1), (2, 3), (5, 5), (200, 1), (3, 200)] {
        drawn(&under_way(), columns, rows);
    }
}

#[test]
fn what_is_over_leaves_the_area() {
    let error =
        StepError { object: None, summary: "no".into(), causes: Vec::new(), log: None, hint: None, cause: None };
    let mut events = under_way();
    let ready = |id| EventKind::ComponentReady { component: component(id), elapsed: Duration::from_secs(1) };
    events.push(Event { at: at(64), kind: ready("dependencies.postgresql") });
    events.push(finished(64, "dependencies.redis", "StatefulSet", "redis"));
    events.push(Event { at: at(64), kind: ready("dependencies.redis") });
    assert_data_eq!(
        drawn(&events, 100, 24),
        str![[r#"
jakub: 2 of 4 changes, 2 of 4 components ready [1m5s]
  Pending  jakub.services.gateway needs orders

"#]]
    );
    events.push(started(64, "services.orders", "Deployment", "orders"));
    let (key, component) = (key("Deployment", "orders"), Some(component("services.orders")));
    events.push(Event {
        at: at(65),
        kind: EventKind::ChangeFailed { key: key.clone(), component, action: Action::Create, error },
    });
    for step in plan().order.dependents(&Step::Change(key.clone())) {
        events.push(Event { at: at(65), kind: EventKind::Skipped { step, because: Step::Change(key.clone()) } });
    }
    events.push(Event { at: at(65), kind: EventKind::Interrupted });
    assert_data_eq!(
        drawn(&events, 100, 24),
        str![[r#"
jakub: 2 of 4 changes, 2 of 4 components ready, 4 failed or skipped, stopping [1m5s]

"#]]
    );
}

#[test]
fn several_environments_stand_below_each_other() {
    let plan = plan();
    let mut board = Board::new(&plan);
    under_way().iter().for_each(|event| board.take(event));
    let style = Style { colour: true, width: 80 };
    let lines = live(&[&board, &Board::new(&plan)], at(65), Screen { columns: 80, rows: 24 }, style);
    assert_data_eq!(
        visible(&(lines.join("\n") + "\n")),
        str![[r#"
<1>jakub: 1 of 4 changes, 0 of 4 components ready [1m5s]</>
<1>jakub: 0 of 4 changes, 0 of 4 components ready</>
  <33>Creating</> 1m5s jakub.dependencies.redis/StatefulSet/redis
  <33>Waiting</>  1m4s jakub.dependencies.postgresql              <90>StatefulSet/postgre</>…
  <90>Pending</>       jakub.services.gateway                     <90>needs orders</>
  <90>Pending</>       jakub.services.orders                      <90>needs postgresql, r</>…
  <90>Pending</>       jakub.services.gateway                     <90>needs orders</>
  <90>Pending</>       jakub.services.orders                      <90>needs postgresql, r</>…

"#]]
    );
}
