//! Colours and columns: what each word of the output looks like, and how foreign text is made harmless. It decides no
//! words.

use anstyle::{AnsiColor, Effects, Style as Ansi};

/// Whether to use colours, and how wide a line may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub colour: bool,
    /// In columns. Prose is wrapped to it; values never are.
    pub width: usize,
}

/// What a piece of text is, which decides its look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Bold,
    /// Remarks beside the matter: `# (3 unchanged fields hidden)`.
    Dim,
    Add,
    Change,
    Remove,
    /// "destroyed" and its like.
    Danger,
    Error,
    Warning,
    Hint,
    Good,
}

impl Look {
    fn ansi(self) -> Ansi {
        let colour = |colour: AnsiColor| colour.on_default();
        match self {
            Look::Plain => Ansi::new(),
            Look::Bold => Ansi::new().effects(Effects::BOLD),
            Look::Dim => colour(AnsiColor::BrightBlack),
            Look::Add => colour(AnsiColor::Green),
            Look::Change => colour(AnsiColor::Yellow),
            Look::Remove => colour(AnsiColor::Red),
            Look::Danger | Look::Error => colour(AnsiColor::Red).effects(Effects::BOLD),
            Look::Warning => colour(AnsiColor::Yellow).effects(Effects::BOLD),
            Look::Hint => colour(AnsiColor::Cyan).effects(Effects::BOLD),
            Look::Good => colour(AnsiColor::Green).effects(Effects::BOLD),
        }
    }
}

impl Style {
    /// The text in its look.
    pub(super) fn paint(self, look: Look, text: &str) -> String {
        if !self.colour || look == Look::Plain || text.is_empty() {
            return text.to_owned();
        }
        let ansi = look.ansi();
        format!("{ansi}{text}{ansi:#}")
    }

    /// The text in its look, and underlined.
    pub(super) fn underline(self, look: Look, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let ansi = look.ansi().effects(Effects::UNDERLINE);
        format!("{ansi}{text}{ansi:#}")
    }

    /// Wraps prose, the first line behind `first` and the others behind `next`. Line ends in the text stay.
    pub(super) fn wrap(self, first: &str, next: &str, look: Look, text: &str) -> String {
        // Names and addresses keep their hyphens and slashes in one piece, so that they can be copied.
        let options = textwrap::Options::new(self.width.max(20))
            .initial_indent(first)
            .subsequent_indent(next)
            .break_words(false)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let mut out = String::new();
        for (number, line) in textwrap::wrap(text, options).iter().enumerate() {
            let indent = if number == 0 { first } else { next };
            let line = line.strip_prefix(indent).unwrap_or(line);
            out.push_str(format!("{indent}{}", self.paint(look, line)).trim_end());
            out.push('\n');
        }
        out
    }
}

/// Foreign text without what a terminal would obey: control characters are shown as escapes, and so are the invisible
/// ones that turn the direction of writing. Line ends and tabs stay.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if is_harmful(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// [`clean`] text on one line.
pub(super) fn clean_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    clean(&words.join(" "))
}

pub(super) fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        // What is seen nowhere and can still make two names look alike: soft hyphens, fillers, annotations, tags.
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
