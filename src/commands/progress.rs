//! The progress of a run, as it comes: as lines, as JSON, or on a terminal as lines above an area that is drawn anew.

use std::{cell::RefCell, collections::BTreeMap, pin::pin, time::Duration};

use tokio::{
    select,
    sync::mpsc::UnboundedReceiver,
    time::{MissedTickBehavior, interval},
};

use crate::{
    apply::{Event, EventKind},
    names::EnvironmentName,
    plan::Plan,
    render::{
        self, Detail,
        text::{Board, is_only_live, live},
    },
    settings,
};

use super::desk::Desk;

/// How often lines tell what is still awaited, as Terraform does.
const LINES: Duration = Duration::from_secs(10);
/// How often the area is drawn though nothing happened: it shows seconds.
const TICK: Duration = Duration::from_secs(1);

/// How often those who listen want to hear of a wait that lasts.
pub(super) fn tell_every(desk: &Desk<'_>) -> Duration {
    if desk.terminal.has_area() { TICK } else { LINES }
}

/// What is told while a command runs: of one environment, or of several at once.
pub(super) struct Progress<'a> {
    desk: &'a Desk<'a>,
    /// One for each run that is under way, where there is an area to show it in.
    boards: RefCell<BTreeMap<&'a EnvironmentName, Board<'a>>>,
    warned: RefCell<Warned>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(desk: &'a Desk<'a>) -> Self {
        Self { desk, boards: RefCell::default(), warned: RefCell::default() }
    }

    /// Tells the events of one run until their sender is gone: all of them in its part of the area, and what is over, and
    /// is not told yet, by `say`.
    pub(super) async fn tell(&self, plan: &'a Plan, mut events: UnboundedReceiver<Event>, say: impl Fn(&Event)) {
        if self.desk.terminal.has_area() {
            self.boards.borrow_mut().insert(&plan.environment, Board::new(plan));
        }
        while let Some(event) = events.recv().await {
            if self.warned.borrow_mut().repeats(&event) && !self.desk.terminal.wants_json() {
                continue;
            }
            let board = self.boards.borrow_mut().get_mut(&plan.environment).map(|board| board.take(&event));
            if board.is_none() || !is_only_live(&event) {
                say(&event);
            }
            // What comes in one go is drawn once.
            if events.is_empty() {
                self.draw();
            }
        }
        self.boards.borrow_mut().remove(&plan.environment);
        self.draw();
    }

    /// Keeps the area up to date for as long as the work lasts, and tells at its end what was told once for many.
    pub(super) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut work = pin!(work);
        let done = loop {
            select! {
                done = &mut work => break done,
                _ = ticks.tick(), if self.desk.terminal.has_area() => self.draw(),
            }
        };
        let terminal = self.desk.terminal;
        if terminal.wants_text() && !self.desk.global.quiet {
            for line in self.warned.borrow().rest() {
                terminal.out(&render::text::warning(&line, terminal.out_style));
            }
        }
        done
    }

    fn draw(&self) {
        let terminal = self.desk.terminal;
        if terminal.has_area() {
            let boards = self.boards.borrow();
            let boards: Vec<&Board<'_>> = boards.values().collect();
            let lines = if boards.is_empty() {
                Vec::new()
            } else {
                live(&boards, settings::now(), terminal.screen(), terminal.out_style)
            };
            terminal.area(lines);
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

/// Tells people of an event in lines.
pub(super) fn say(desk: &Desk<'_>, plan: &Plan, event: &Event) {
    if desk.terminal.wants_text()
        && !desk.global.quiet
        && !(desk.detail < Detail::Whole && is_only_live(event))
        && let Some(line) = render::text::event(event, plan, desk.terminal.out_style)
    {
        desk.terminal.out(&line);
    }
}
