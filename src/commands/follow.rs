//! One log that is followed, also over connections that break: it is opened again at the last line that was heard, and no
//! line is told twice.

use std::{pin::pin, time::Duration};

use futures::StreamExt;
use jiff::Timestamp;
use tokio::{sync::mpsc::Sender, time::sleep};

use crate::{
    cluster::{Cluster, Error, Log, Since},
    names::Namespace,
};

/// So often a log is opened in vain, one time after the other, before its loss is told.
const TRIES: u32 = 8;
/// Between two tries at first, and at most: a node that starts anew takes about a minute.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(15);

/// Reads a log to its end, or until nobody listens any more, and gives on each line.
///
/// # Errors
/// That it cannot be read, or not any more.
pub(super) async fn follow<T>(
    cluster: &Cluster,
    namespace: &Namespace,
    log: &Log,
    to: &Sender<T>,
    as_said: impl Fn(String) -> T,
) -> Result<(), Error> {
    // By the time of each line it is known where to go on.
    let mut asked = Log { timestamps: true, ..log.clone() };
    let mut heard = Heard::default();
    let (mut tries, mut pause) = (0, FIRST);
    loop {
        let broken = match cluster.log(namespace, &asked).await {
            Ok(lines) => {
                let mut lines = pin!(lines);
                loop {
                    match lines.next().await {
                        Some(Ok(line)) => {
                            let (time, text) = parted(&line);
                            if !heard.is_news(time) {
                                continue;
                            }
                            (tries, pause) = (0, FIRST);
                            let line = if log.timestamps { line.clone() } else { text.to_owned() };
                            if to.send(as_said(line)).await.is_err() {
                                return Ok(());
                            }
                        }
                        Some(Err(error)) => break error,
                        None => return Ok(()),
                    }
                }
            }
            // Its pod went meanwhile, and whatever comes in its place has a log of its own.
            Err(error) if error.is_not_found() && heard.last.is_some() => return Ok(()),
            Err(error) => error,
        };
        tries += 1;
        if !broken.is_silence() || tries > TRIES {
            return Err(broken);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
        if let Some((time, _)) = heard.last {
            (asked.since, asked.tail) = (Some(Since::At(time)), None);
            heard.again = 0;
        }
    }
}

/// What was heard of a log.
#[derive(Debug, Default)]
struct Heard {
    /// The time of the last line, and how many lines have that.
    last: Option<(Timestamp, usize)>,
    /// How many of those came again since it was opened anew: the server takes a time as whole seconds.
    again: usize,
}

impl Heard {
    /// Whether a line of this time was not heard before.
    fn is_news(&mut self, time: Option<Timestamp>) -> bool {
        let Some(time) = time else { return true };
        match &mut self.last {
            Some((last, _)) if time < *last => false,
            Some((last, count)) if time == *last => {
                self.again += 1;
                let is_news = self.again > *count;
                *count = (*count).max(self.again);
                is_news
            }
            _ => {
                (self.last, self.again) = (Some((time, 1)), 1);
                true
            }
        }
    }
}

/// The time that a node puts before a line, and the line.
fn parted(line: &str) -> (Option<Timestamp>, &str) {
    let (time, text) = line.split_once(' ').unwrap_or((line, ""));
    match time.parse() {
        Ok(time) => (Some(time), text),
        Err(_) => (None, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of lines, where `-` stands for a connection that breaks and is opened again.
    fn told(lines: &[&str]) -> Vec<String> {
        let mut heard = Heard::default();
        let mut told = Vec::new();
        for line in lines {
            if *line == "-" {
                heard.again = 0;
                continue;
            }
            let (time, text) = parted(line);
            if heard.is_news(time) {
                told.push(text.to_owned());
            }
        }
        told
    }

    #[test]
    fn what_comes_again_is_told_once() {
        let (a, b, c) = ("2026-01-01T00:00:00.1Z a", "2026-01-01T00:00:00.2Z b", "2026-01-01T00:00:00.2Z c");
        let d = "2026-01-01T00:00:00.300000001Z d";
        assert_eq!(told(&[a, b, c, d]), ["a", "b", "c", "d"]);
        assert_eq!(told(&[a, b, "-", a, b, c, d]), ["a", "b", "c", "d"]);
        assert_eq!(told(&[a, b, c, "-", "-", b, c, "-", a, b, c, d, "-", d]), ["a", "b", "c", "d"]);
        assert_eq!(told(&["no time", "no time", "2026-01-01T00:00:00Z"]), ["no time", "no time", ""]);
    }
}
