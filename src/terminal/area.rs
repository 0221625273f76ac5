//! Lines at the lower end of a terminal that are drawn in place. What is to be written is returned as one piece of text,
//! so that nothing flickers; the cursor always stands at the beginning of the line below, and is never hidden: whatever
//! ends the process leaves a terminal that works.

/// What is on the screen now.
#[derive(Debug, Default)]
pub(super) struct Area {
    lines: Vec<String>,
}

impl Area {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What puts these lines in the place of those before; nothing where they are the same.
    ///
    /// As many lines are gone over as were drawn. Where a window became narrower, some terminals have broken them into
    /// more by now and others have not: rather are pieces of them left standing than lines above lost.
    pub(super) fn draw(&mut self, lines: Vec<String>) -> String {
        if lines == self.lines {
            return String::new();
        }
        let mut text = self.up();
        for line in &lines {
            // Over what is there, then the rest of the line is cleared: the line is never empty in between.
            text.push_str(line);
            text.push_str("\x1b[K\n");
        }
        text.push_str("\x1b[J");
        self.lines = lines;
        text
    }

    /// What writes a text above the lines, which stay below it.
    pub(super) fn above(&self, above: &str) -> String {
        format!("{}{above}{}", self.off(), self.back())
    }

    /// What takes the lines off the screen for a moment.
    pub(super) fn off(&self) -> String {
        format!("{}\x1b[J", self.up())
    }

    /// What brings the lines back after [`Area::off`].
    pub(super) fn back(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\x1b[K\n")).collect()
    }

    /// To the beginning of the first line.
    fn up(&self) -> String {
        match self.lines.len() {
            0 => String::new(),
            count => format!("\r\x1b[{count}A"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal as far as it is used here.
    #[derive(Default)]
    struct Screen {
        lines: Vec<String>,
        row: usize,
    }

    impl Screen {
        fn write(&mut self, text: &str) {
            let mut rest = text;
            let mut column = 0;
            while let Some(c) = rest.chars().next() {
                self.lines.resize(self.lines.len().max(self.row + 1), String::new());
                if let Some(after) = rest.strip_prefix("\x1b[K") {
                    self.lines[self.row].truncate(column);
                    rest = after;
                } else if let Some(after) = rest.strip_prefix("\x1b[J") {
                    self.lines[self.row].truncate(column);
                    self.lines.truncate(self.row + 1);
                    rest = after;
                } else if let Some(after) = rest.strip_prefix("\x1b[") {
                    let (count, after) = after.split_once('A').expect("the only other sequence");
                    self.row -= count.parse::<usize>().expect("a number");
                    rest = after;
                } else {
                    match c {
                        '\r' => column = 0,
                        '\n' => (self.row, column) = (self.row + 1, 0),
                        c => {
                            let line = &mut self.lines[self.row];
                            line.replace_range(column..line.len().min(column + 1), &c.to_string());
                            column += 1;
                        }
                    }
                    rest = &rest[c.len_utf8()..];
                }
            }
        }

        fn shows(&self) -> String {
            self.lines.join("\n")
        }
    }

    fn lines(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn lines_are_replaced_and_what_is_over_goes_above_them() {
        let (mut screen, mut area) = (Screen::default(), Area::default());
        screen.write("before\n");
        screen.write(&area.draw(lines("one two-is-long three")));
        screen.write(&area.above("ready\n"));
        screen.write(&area.draw(lines("one 2")));
        assert_eq!(screen.shows(), "before\nready\none\n2\n");
        screen.write(&area.off());
        screen.write("error\n");
        screen.write(&area.back());
        screen.write(&area.draw(lines("one 2 3 4")));
        assert_eq!(screen.shows(), "before\nready\nerror\none\n2\n3\n4\n");
        screen.write(&area.draw(Vec::new()));
        assert_eq!(screen.shows(), "before\nready\nerror\n");
        assert!(area.is_empty());
    }

    #[test]
    fn what_did_not_change_is_not_drawn() {
        let mut area = Area::default();
        assert_ne!(area.draw(lines("one two")), "");
        assert_eq!(area.draw(lines("one two")), "");
        assert_eq!(Area::default().draw(Vec::new()), "");
    }
}
