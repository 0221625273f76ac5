//! A run as an area at the lower end of the screen that is drawn again and again: what is under way, what each component
//! waits for, and for how long. It says the same as the lines of `event`, of which only those about what has come to an
//! end are printed above it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::{
    apply::{Awaited, Event, EventKind},
    names::ComponentId,
    object::ObjectKey,
    plan::{Action, Plan, Step},
    render::style::{Look, Style, clean_line},
};

use super::event::{doing, duration, step};

/// A smaller terminal shows only what is over.
const SMALLEST: Screen = Screen { columns: 8, rows: 2 };
const PENDING: &str = "Pending";

/// Where a run stands, event by event.
#[derive(Debug)]
pub struct Board<'a> {
    plan: &'a Plan,
    since: Option<Timestamp>,
    finished: BTreeSet<Step>,
    /// What came to its end without success: failed, or skipped.
    fallen: BTreeSet<Step>,
    writing: BTreeMap<ObjectKey, (Action, Timestamp)>,
    /// What is waited for, and since when.
    waiting: BTreeMap<Step, (Vec<Awaited>, Timestamp)>,
    interrupted: bool,
}

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    pub columns: usize,
    pub rows: usize,
}

/// Whether an event is told in the area alone, while there is one.
#[must_use]
pub fn is_only_live(event: &Event) -> bool {
    matches!(event.kind, EventKind::ChangeStarted { .. } | EventKind::Waiting { .. })
}

impl<'a> Board<'a> {
    #[must_use]
    pub fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            since: None,
            finished: BTreeSet::new(),
            fallen: BTreeSet::new(),
            writing: BTreeMap::new(),
            waiting: BTreeMap::new(),
            interrupted: false,
        }
    }

    /// Takes over what an event tells.
    pub fn take(&mut self, event: &Event) {
        self.since.get_or_insert(event.at);
        match &event.kind {
            EventKind::ChangeStarted { key, component: _, action } => {
                self.writing.insert(key.clone(), (*action, event.at));
            }
            EventKind::ChangeFinished { key, .. } => self.end(&Step::Change(key.clone()), event.at),
            EventKind::ChangeFailed { key, .. } => self.fall(&Step::Change(key.clone())),
            EventKind::ComponentReady { component, .. } => self.end(&Step::Ready(component.clone()), event.at),
            EventKind::ComponentFailed { component, .. } => self.fall(&Step::Ready(component.clone())),
            EventKind::Skipped { step, because: _ } => self.fall(step),
            EventKind::Waiting { step, on, elapsed } => {
                let since = event.at - signed(*elapsed);
                self.waiting.insert(step.clone(), (on.clone(), since));
            }
            EventKind::Interrupted => self.interrupted = true,
            EventKind::RunStarted { .. }
            | EventKind::Contact(_)
            | EventKind::Stopped(_)
            | EventKind::Held { .. }
            | EventKind::Warning { .. }
            | EventKind::RunFinished { .. } => {}
        }
    }

    fn end(&mut self, step: &Step, at: Timestamp) {
        self.leave(step);
        self.finished.insert(step.clone());
        // A component whose objects are all written is waited for from here on.
        for ready in self.plan.order.nodes().filter(|node| matches!(node, Step::Ready(_))) {
            if self.is_open(ready) && self.plan.order.needs(ready).all(|first| self.finished.contains(first)) {
                self.waiting.entry(ready.clone()).or_insert_with(|| (Vec::new(), at));
            }
        }
    }

    fn fall(&mut self, step: &Step) {
        self.leave(step);
        self.fallen.insert(step.clone());
    }

    fn leave(&mut self, step: &Step) {
        self.waiting.remove(step);
        if let Step::Change(key) = step {
            self.writing.remove(key);
        }
    }

    fn is_open(&self, step: &Step) -> bool {
        !self.finished.contains(step) && !self.fallen.contains(step)
    }

    /// What is under way, then what waits for its turn.
    fn rows(&self, now: Timestamp) -> Vec<Row> {
        let mut rows = Vec::new();
        for (key, (action, since)) in &self.writing {
            let of = Step::Change(key.clone());
            // An object that is not gone yet says what holds it.
            let held = self.waiting.get(&of).map(|(on, _)| why(on)).unwrap_or_default();
            let state = doing(*action).unwrap_or("Forgetting").to_owned();
            rows.push(Row { address: step(self.plan, &of), state, elapsed: since_then(now, *since), why: held });
        }
        let waits = self.waiting.iter().filter(|(step, _)| matches!(step, Step::Ready(_)));
        for (waiting, (on, since)) in waits {
            let elapsed = since_then(now, *since);
            rows.push(Row { address: step(self.plan, waiting), state: "Waiting".to_owned(), elapsed, why: why(on) });
        }
        for (component, needs) in self.pending() {
            let needs: Vec<String> = needs.iter().map(|id| id.name.to_string()).collect();
            rows.push(Row {
                address: step(self.plan, &Step::Ready(component.clone())),
                state: PENDING.to_owned(),
                elapsed: String::new(),
                why: format!("needs {}", needs.join(", ")),
            });
        }
        rows
    }

    /// Components whose turn has not come, with the other components that they need first.
    fn pending(&self) -> BTreeMap<&ComponentId, BTreeSet<&ComponentId>> {
        let mut pending: BTreeMap<&ComponentId, BTreeSet<&ComponentId>> = BTreeMap::new();
        for node in self.plan.order.nodes().filter(|node| self.is_open(node)) {
            let Some(component) = self.component(node) else { continue };
            for first in self.plan.order.needs(node).filter(|first| !self.finished.contains(*first)) {
                if let Some(other) = self.component(first).filter(|other| *other != component) {
                    pending.entry(component).or_default().insert(other);
                }
            }
        }
        let is_begun = |component: &ComponentId| {
            let step = Step::Ready(component.clone());
            let writes = |key| self.component_of(key) == Some(component);
            self.waiting.contains_key(&step) || self.writing.keys().any(writes)
        };
        pending.retain(|component, _| !is_begun(component));
        pending
    }

    fn component<'b>(&'b self, step: &'b Step) -> Option<&'b ComponentId> {
        match step {
            Step::Ready(component) => Some(component),
            Step::Change(key) => self.component_of(key),
        }
    }

    fn component_of(&self, key: &ObjectKey) -> Option<&ComponentId> {
        self.plan.changes.get(key)?.component.as_ref()
    }

    /// `jakub: 5 of 9 changes, 2 of 6 components ready [42s]`
    fn head(&self, now: Timestamp) -> String {
        let count = |is_meant: fn(&Step) -> bool| {
            let all = self.plan.order.nodes().filter(|node| is_meant(node));
            let (done, all): (Vec<_>, Vec<_>) = all.partition(|node| self.finished.contains(*node));
            (done.len(), done.len() + all.len())
        };
        let (changed, changes) = count(|node| matches!(node, Step::Change(_)));
        let (ready, components) = count(|node| matches!(node, Step::Ready(_)));
        let mut parts = Vec::new();
        if changes > 0 {
            parts.push(format!("{changed} of {changes} changes"));
        }
        if components > 0 {
            parts.push(format!("{ready} of {components} components ready"));
        }
        if !self.fallen.is_empty() {
            parts.push(format!("{} failed or skipped", self.fallen.len()));
        }
        let stopping = if self.interrupted { ", stopping" } else { "" };
        let elapsed = self.since.map_or_else(String::new, |since| format!(" [{}]", since_then(now, since)));
        format!("{}: {}{stopping}{elapsed}", self.plan.environment, parts.join(", "))
    }
}

/// One line of the area.
#[derive(Debug, Clone)]
struct Row {
    address: String,
    state: String,
    elapsed: String,
    why: String,
}

/// The lines of the area, none longer than the screen is wide, and all of them on it: what does not fit is counted.
#[must_use]
pub fn live(boards: &[&Board<'_>], now: Timestamp, screen: Screen, style: Style) -> Vec<String> {
    if screen.columns < SMALLEST.columns || screen.rows < SMALLEST.rows {
        return Vec::new();
    }
    // The cursor stands below, and a character in the last column makes some terminals begin a new line.
    let (room, columns) = (screen.rows.saturating_sub(1), screen.columns.saturating_sub(1));
    let mut heads: Vec<String> = boards.iter().map(|board| board.head(now)).collect();
    let rows: Vec<Row> = boards.iter().flat_map(|board| board.rows(now)).collect();
    if heads.len() > room {
        let rest = heads.split_off(room.saturating_sub(1));
        heads.push(format!("and {} more", rest.len()));
    }
    let mut lines: Vec<String> = heads.iter().map(|head| cut(&[(Look::Bold, head)], columns, style)).collect();
    let room = room - lines.len();
    let fits = if rows.len() > room { room.saturating_sub(1) } else { rows.len() };
    let shown = &rows[..fits];
    let widest = |cells: Vec<usize>| cells.into_iter().max().unwrap_or(0);
    let first = widest(shown.iter().map(|row| row.state.width()).collect());
    let second = widest(shown.iter().map(|row| row.elapsed.width()).collect());
    let third = widest(shown.iter().map(|row| row.address.width()).collect());
    for Row { address, state, elapsed, why } in shown {
        let pad = |text: &str, to: usize| " ".repeat(to.saturating_sub(text.width()) + 1);
        let look = if state == PENDING { Look::Dim } else { Look::Change };
        let (state_pad, elapsed_pad, address_pad) =
            (pad(state, first), pad("", second - elapsed.width()), pad(address, third));
        let cells = [
            (Look::Plain, "  "),
            (look, state.as_str()),
            (Look::Plain, state_pad.as_str()),
            (Look::Plain, elapsed.as_str()),
            (Look::Plain, elapsed_pad.as_str()),
            (Look::Plain, address.as_str()),
            (Look::Plain, address_pad.as_str()),
            (Look::Dim, why.as_str()),
        ];
        lines.push(cut(&cells, columns, style));
    }
    if fits < rows.len() && room > 0 {
        let more = format!("  and {} more", rows.len() - fits);
        lines.push(cut(&[(Look::Dim, &more)], columns, style));
    }
    lines
}

/// Pieces side by side, as far as they fit; what is left out is marked.
fn cut(pieces: &[(Look, &str)], columns: usize, style: Style) -> String {
    let all: usize = pieces.iter().map(|(_, text)| text.width()).sum();
    let last = pieces.iter().rposition(|(_, text)| !text.trim().is_empty()).map_or(0, |at| at + 1);
    let mut left = if all > columns { columns.saturating_sub(1) } else { columns };
    let mut out = String::new();
    for (look, text) in &pieces[..last] {
        let mut kept = String::new();
        for c in text.chars() {
            let width = c.width().unwrap_or(0);
            if width > left {
                left = 0;
                break;
            }
            left -= width;
            kept.push(c);
        }
        out.push_str(&style.paint(*look, &kept));
    }
    if all > columns {
        out.push('…');
    }
    out
}

fn why(on: &[Awaited]) -> String {
    let mut text = match on.first() {
        None => return String::new(),
        Some(Awaited { key, why, cause: _ }) => clean_line(&format!("{}/{}: {why}", key.kind.kind, key.name)),
    };
    if on.len() > 1 {
        text.push_str(&format!("; {} more", on.len() - 1));
    }
    text
}

fn since_then(now: Timestamp, since: Timestamp) -> String {
    duration(Duration::from_secs(now.duration_since(since).as_secs().max(0).unsigned_abs()))
}

fn signed(elapsed: Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(elapsed).unwrap_or_default()
}
