//! A terminal as far as ditc uses one: what is on it after all that was printed, and what has left it at its upper end.

/// What a person would see.
pub(crate) struct Screen {
    columns: usize,
    rows: usize,
    /// All lines ever, the last ones on the screen.
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
    /// The first line that is on the screen.
    top: usize,
}

impl Screen {
    pub(crate) fn of(columns: u16, rows: u16) -> Self {
        let (columns, rows) = (usize::from(columns), usize::from(rows));
        Self { columns, rows, lines: vec![Vec::new()], row: 0, column: 0, top: 0 }
    }

    #[track_caller]
    pub(crate) fn write(&mut self, text: &str) {
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\r' => self.column = 0,
                '\n' => self.line_feed(),
                '\x1b' => {
                    assert_eq!(rest.next(), Some('['), "only such sequences are used");
                    let mut number = String::new();
                    let end = loop {
                        match rest.next().expect("a sequence has an end") {
                            digit @ ('0'..='9' | ';') => number.push(digit),
                            end => break end,
                        }
                    };
                    self.obey(end, &number);
                }
                c => self.put(c),
            }
        }
    }

    /// As a terminal's driver has it: to the beginning of the next line.
    fn line_feed(&mut self) {
        self.column = 0;
        self.row += 1;
        self.lines.resize(self.lines.len().max(self.row + 1), Vec::new());
        self.top = self.top.max((self.row + 1).saturating_sub(self.rows));
    }

    fn put(&mut self, c: char) {
        if self.column == self.columns {
            self.line_feed();
        }
        let line = &mut self.lines[self.row];
        line.resize(line.len().max(self.column + 1), ' ');
        line[self.column] = c;
        self.column += 1;
    }

    #[track_caller]
    fn obey(&mut self, sequence: char, number: &str) {
        match sequence {
            'A' => self.row = self.row.saturating_sub(number.parse().expect("a number")).max(self.top),
            'K' => self.lines[self.row].truncate(self.column),
            'J' => {
                self.lines[self.row].truncate(self.column);
                self.lines.truncate(self.row + 1);
            }
            'm' => {}
            other => panic!("nobody said that {other:?} is used"),
        }
    }

    fn text(lines: &[Vec<char>]) -> String {
        let lines: Vec<String> =
            lines.iter().map(|line| line.iter().collect::<String>().trim_end().to_owned()).collect();
        lines.join("\n")
    }

    /// What is on it.
    pub(crate) fn shows(&self) -> String {
        Self::text(&self.lines[self.top..])
    }

    /// What was on it, with what still is.
    pub(crate) fn all(&self) -> String {
        Self::text(&self.lines)
    }

    /// What has left it.
    pub(crate) fn left(&self) -> String {
        Self::text(&self.lines[..self.top])
    }
}
