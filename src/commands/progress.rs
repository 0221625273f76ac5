//! The progress of a run, as it comes: as lines, as JSON, or on a terminal as lines above an area that is drawn anew.

use std::time::Duration;

use tokio::{
    select,
    sync::mpsc::UnboundedReceiver,
    time::{MissedTickBehavior, interval},
};

use crate::{
    apply::Event,
    plan::Plan,
    render::{
        self, Detail,
        text::{Board, is_only_live, live},
    },
    settings,
};

use super::desk::Desk;

/// How often lines tell what is still awaited, as Terraform does.
pub(super) const LINES: Duration = Duration::from_secs(10);
/// How often the area is drawn though nothing happened: it shows seconds.
const TICK: Duration = Duration::from_secs(1);

/// How often those who listen want to hear of a wait that lasts.
pub(super) fn tell_every(desk: &Desk<'_>) -> Duration {
    if desk.terminal.has_area() { TICK } else { LINES }
}

/// Tells events until their sender is gone.
pub(super) async fn tell(desk: &Desk<'_>, plan: &Plan, mut events: UnboundedReceiver<Event>) {
    let mut board = desk.terminal.has_area().then(|| Board::new(plan));
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        select! {
            event = events.recv() => {
                let Some(event) = event else { break };
                match &mut board {
                    None => say(desk, plan, &event),
                    Some(board) => {
                        board.take(&event);
                        if !is_only_live(&event) {
                            say(desk, plan, &event);
                        }
                    }
                }
            }
            _ = ticks.tick(), if board.is_some() => {}
        }
        // What comes in one go is drawn once.
        if let (Some(board), true) = (&board, events.is_empty()) {
            let screen = desk.terminal.screen();
            desk.terminal.area(live(&[board], settings::now(), screen, desk.terminal.out_style));
        }
    }
    desk.terminal.area(Vec::new());
}

fn say(desk: &Desk<'_>, plan: &Plan, event: &Event) {
    if desk.terminal.wants_json()
        && let Some(line) = render::json::event(event, plan)
    {
        desk.terminal.json(&line);
    }
    if desk.terminal.wants_text()
        && !desk.global.quiet
        && !(desk.detail != Detail::Whole && is_only_live(event))
        && let Some(line) = render::text::event(event, plan, desk.terminal.out_style)
    {
        desk.terminal.out(&line);
    }
}
