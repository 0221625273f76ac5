//! The end of a container's log, fit to be shown: few lines, none too long, nothing that a terminal would obey.
//!
//! It is text of the user's own process. ditc knows no value of a Secret and so cannot take one out; only a password
//! in a URL is masked, since its place gives it away.

/// As many lines show a stack trace's end and what came before it.
pub const LINES: usize = 20;

/// A line of JSON can have many kilobytes; what went wrong stands at its beginning.
const LONGEST: usize = 400;

/// What a node answers, as if it were a log, when it has cleared away the log of a run before.
const GONE: &str = "unable to retrieve container logs for ";

/// Whether a line is what a node answers instead of a log that it has cleared away.
#[must_use]
pub fn is_cleared_away(line: &str) -> bool {
    line.starts_with(GONE)
}

/// The last lines of a log; none where there is nothing to show.
#[must_use]
pub fn last_lines(text: &str) -> Vec<String> {
    if is_cleared_away(text) {
        return Vec::new();
    }
    let lines: Vec<String> = text.lines().map(plain).collect();
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines[end.saturating_sub(LINES)..end].to_vec()
}

fn plain(line: &str) -> String {
    // A line that was written over shows as it was last.
    let line = line.trim_end().rsplit('\r').next().unwrap_or_default();
    let mut out = String::new();
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            // Colours and cursor movements: an escape, `[`, parameters, a letter.
            '\u{1b}' if rest.peek() == Some(&'[') => {
                while rest.next().is_some_and(|c| !matches!(c, '@'..='Z' | '\\'..='~')) {}
            }
            '\t' => out.push_str("    "),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    let mut out = masked(out.trim_end());
    if let Some((cut, _)) = out.char_indices().nth(LONGEST) {
        out.truncate(cut);
        out.push('…');
    }
    out
}

/// `amqp://user:secret@host` as `amqp://user:***@host`.
fn masked(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, url) = rest.split_at(at + 3);
        out.push_str(before);
        let end = url.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?')).unwrap_or(url.len());
        let authority = &url[..end];
        match authority.rsplit_once('@').and_then(|(who, host)| Some((who.split_once(':')?.0, host))) {
            Some((user, host)) => out.push_str(&format!("{user}:***@{host}")),
            None => out.push_str(authority),
        }
        rest = &url[end..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_lines_are_shown() {
        let text: String = (0..50).map(|line| format!("line {line}\n")).collect();
        let lines = last_lines(&format!("{text}\n\n"));
        assert_eq!((lines.len(), lines[0].as_str(), lines[19].as_str()), (LINES, "line 30", "line 49"));
        assert_eq!(last_lines("unable to retrieve container logs for containerd://0a1b"), [""; 0]);
        assert_eq!(last_lines(""), [""; 0]);
    }

    #[test]
    fn nothing_is_left_that_a_terminal_would_obey() {
        let text = "\u{1b}[31mfatal\u{1b}[0m: no\tway\u{7}\r\n10%\r20%\r100%\n";
        assert_eq!(last_lines(text), ["fatal: no    way", "100%"]);
        assert_eq!(last_lines(&"ü".repeat(500))[0].chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_password_in_a_url_is_masked() {
        let text = "dial amqp://orders:hunter2@rabbitmq:5672/x and http://plain/a@b \"redis://:p@ss@redis\"";
        let shown = "dial amqp://orders:***@rabbitmq:5672/x and http://plain/a@b \"redis://:***@redis\"";
        assert_eq!(last_lines(text), [shown]);
    }
}
