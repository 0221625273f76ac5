//! The progress of a run, as it comes: as lines, as JSON, or on a terminal as lines above an area that is drawn anew.

use std::{collections::BTreeMap, time::Duration};

use tokio::{
    select,
    sync::mpsc::UnboundedReceiver,
    time::{MissedTickBehavior, interval},
};

use crate::{
    apply::{Event, EventKind},
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
    let mut warned = Warned::default();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        select! {
            event = events.recv() => {
                let Some(event) = event else { break };
                if warned.repeats(&event) && !desk.terminal.wants_json() {
                    continue;
                }
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
    if desk.terminal.wants_text() && !desk.global.quiet {
        for line in warned.rest() {
            desk.terminal.out(&render::text::warning(&line, desk.terminal.out_style));
        }
    }
}

/// What the server warned about, each thing once: many objects of one sort earn the same words.
#[derive(Default)]
struct Warned(BTreeMap<String, usize>);

impl Warned {
    /// Whether the same was told before, of another object.
    fn repeats(&mut self, event: &Event) -> bool {
        let EventKind::Warning { key: Some(_), text } = &event.kind else { return false };
        let times = self.0.entry(text.clone()).or_default();
        *times += 1;
        *times > 1
    }

    /// Of how many more objects each thing holds.
    fn rest(&self) -> impl Iterator<Item = String> {
        /// As much of a text as is needed to know it again.
        const KNOWN: usize = 60;
        self.0.iter().filter(|(_, times)| **times > 1).map(|(text, times)| {
            let more = if *times == 2 { "1 more object".to_owned() } else { format!("{} more objects", times - 1) };
            let start: String = text.chars().take(KNOWN).collect();
            let dots = if start.len() < text.len() { " ..." } else { "" };
            format!("the same of {more}: {}{dots}", start.trim_end())
        })
    }
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
