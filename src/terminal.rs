//! The one place that prints and that asks. It decides no words and knows nothing of what they mean.

mod area;
mod raw;

use std::{
    fmt,
    io::{self, BufRead, Write},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    failure::{Diagnostics, Exit, Failure, FailureKind},
    render::{self, Style, text::Screen},
    settings::{self, Settings},
};

use area::Area;
pub use raw::Raw;

/// How many rows a terminal has that does not say.
const ROWS: usize = 24;

/// A stream that several tasks write to.
type Stream = Mutex<Box<dyn Write + Send>>;

/// Where answers and progress go, and whether questions may be asked.
pub struct Terminal {
    /// How to style what goes to [`Terminal::out`].
    pub out_style: Style,
    /// How to style what goes to [`Terminal::status`].
    pub status_style: Style,
    input: Input,
    /// A question is asked where it is seen.
    asks_on_stdout: bool,
    quiet: bool,
    report: Report,
    lines: Lines,
    has_area: bool,
    area: Mutex<Area>,
    out: Stream,
    status: Stream,
    /// Where all that machines are told goes as well.
    copy: Mutex<Option<Box<dyn Write + Send>>>,
    /// Where all that people are told goes as well, without colours.
    text_copy: Mutex<Option<Box<dyn Write + Send>>>,
    /// The reader of standard output went away. That is no failure: a run goes on, only its words are lost.
    unread: AtomicBool,
}

/// Whether a question can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Possible,
    /// By flag or variable.
    Disabled,
    NoTerminal,
}

/// What a person said to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// `yes`, and nothing else.
    Confirmed,
    /// Anything else, or the end of input.
    NotConfirmed,
}

/// What the command line says about the terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wishes {
    pub no_color: bool,
    /// `-input=false`.
    pub no_input: bool,
    /// No progress.
    pub quiet: bool,
    pub report: Report,
    pub lines: Lines,
}

/// Whether the command answers machines with one document or with lines as it goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lines {
    #[default]
    No,
    Yes,
}

/// In which form a failure is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Report {
    /// For people, on standard error.
    #[default]
    Text,
    /// JSON, on standard output: a document in the place of the answer, or lines behind those of the run.
    Json,
    /// For people, on standard error: standard output is for another form.
    Elsewhere,
}

impl Terminal {
    #[must_use]
    pub fn new(settings: &Settings, wishes: Wishes) -> Self {
        Self::over(settings, wishes, Box::new(io::stdout()), Box::new(io::stderr()))
    }

    /// The same over other streams than the process's own.
    #[must_use]
    pub fn over(
        settings: &Settings,
        wishes: Wishes,
        out: Box<dyn Write + Send>,
        status: Box<dyn Write + Send>,
    ) -> Self {
        let style = |is_terminal| Style {
            colour: !wishes.no_color && settings.colour.unwrap_or(is_terminal),
            width: settings.width,
        };
        let input = if wishes.no_input || !settings.input {
            Input::Disabled
        } else if settings.stdin_is_terminal {
            Input::Possible
        } else {
            Input::NoTerminal
        };
        Self {
            out_style: style(settings.stdout_is_terminal),
            status_style: style(settings.stderr_is_terminal),
            input,
            asks_on_stdout: settings.stdout_is_terminal,
            quiet: wishes.quiet,
            report: wishes.report,
            lines: wishes.lines,
            has_area: settings.stdout_is_terminal
                && settings.can_redraw
                && !settings.ci
                && !settings.in_automation
                && !wishes.quiet
                && wishes.report == Report::Text,
            area: Mutex::default(),
            out: Mutex::new(out),
            status: Mutex::new(status),
            copy: Mutex::default(),
            text_copy: Mutex::default(),
            unread: AtomicBool::new(false),
        }
    }

    /// Tells people a part of the answer, on standard output unless that is for another form; a missing line end is added.
    pub fn out(&self, text: &str) {
        let mut copy = self.text_copy.lock().unwrap_or_else(PoisonError::into_inner);
        let has_copy = copy.is_some();
        let plain = || anstream::adapter::strip_str(&whole(text)).to_string();
        if copy.as_mut().is_some_and(|file| file.write_all(plain().as_bytes()).is_err()) {
            *copy = None;
            self.status(&render::text::warning("the file of -format text is not complete", self.status_style));
        }
        drop(copy);
        match self.report {
            Report::Text => self.answer(text),
            Report::Json if !has_copy => self.answer(text),
            Report::Json | Report::Elsewhere => {}
        }
    }

    /// Prints on standard output, whomever it is for; a missing line end is added.
    pub fn answer(&self, text: &str) {
        let area = self.lock_area();
        if area.is_empty() {
            self.write_out(&whole(text));
        } else {
            self.write_out(&area.above(&whole(text)));
        }
    }

    /// Copies all that machines are told from now on, whatever standard output shows.
    pub fn copy_json_into(&self, file: Box<dyn Write + Send>) {
        *self.copy.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    }

    /// Copies all that people are told from now on, whatever standard output shows.
    pub fn copy_text_into(&self, file: Box<dyn Write + Send>) {
        *self.text_copy.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    }

    /// Whether a machine listens, on standard output or in a file.
    pub fn wants_json(&self) -> bool {
        self.report == Report::Json || self.copy.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Whether people listen, on standard output or in a file.
    pub fn wants_text(&self) -> bool {
        self.report == Report::Text || self.text_copy.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Tells machines, wherever they listen; a missing line end is added.
    pub fn json(&self, text: &str) {
        if self.report == Report::Json {
            self.answer(text);
        }
        let mut copy = self.copy.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = copy.as_mut().and_then(|file| file.write_all(whole(text).as_bytes()).err());
        if let Some(error) = failed {
            // A run goes on without its copy: what is under way matters more, and half a copy is told.
            *copy = None;
            drop(copy);
            let text = format!("the file of -json-into is not complete: {error}");
            self.status(&render::text::warning(&text, self.status_style));
        }
    }

    /// Whether lines can be drawn in place below the answer, and somebody wants to see them.
    pub fn has_area(&self) -> bool {
        self.has_area
    }

    /// How large the terminal is now.
    pub fn screen(&self) -> Screen {
        let (columns, rows) = settings::screen().unwrap_or((self.out_style.width, ROWS));
        Screen { columns, rows }
    }

    /// Draws lines below the answer, in the place of those drawn before; no lines end it.
    pub fn area(&self, lines: Vec<String>) {
        if self.has_area {
            let mut area = self.lock_area();
            let text = area.draw(lines);
            self.write_out(&text);
        }
    }

    fn lock_area(&self) -> MutexGuard<'_, Area> {
        self.area.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_out(&self, text: &str) {
        if !self.unread.load(Ordering::Relaxed) && write(&self.out, text).is_err() {
            self.unread.store(true, Ordering::Relaxed);
        }
    }

    /// Prints progress on standard error, unless it is not wanted.
    pub fn progress(&self, text: &str) {
        if !self.quiet {
            self.status(text);
        }
    }

    /// Prints a complaint on standard error; a missing line end is added.
    pub fn status(&self, text: &str) {
        let area = self.lock_area();
        if !area.is_empty() {
            self.write_out(&area.off());
        }
        // Nobody is left to tell when standard error itself is gone.
        let _ = write(&self.status, &whole(text));
        if !area.is_empty() {
            self.write_out(&area.back());
        }
    }

    /// Passes on what a command in a container prints, as it is.
    ///
    /// # Errors
    /// When nobody reads it any more.
    pub fn pass_out(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(bytes).and_then(|()| out.flush())
    }

    /// The same on standard error.
    ///
    /// # Errors
    /// When nobody reads it any more.
    pub fn pass_status(&self, bytes: &[u8]) -> io::Result<()> {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.write_all(bytes).and_then(|()| status.flush())
    }

    /// Hands over keys as they are typed, until the value is dropped; none where nobody types.
    pub fn raw(&self) -> Option<Raw> {
        Raw::begin()
    }

    /// Tells why a command failed, and gives the code to end with. A plan that is blocked has told it all itself, so
    /// such a command ends with [`Exit::Error`] and no failure.
    pub fn report(&self, failure: &Failure) -> Exit {
        let Failure { kind, message, causes, hints, diagnostics } = failure;
        let none = Diagnostics::default();
        let Diagnostics { sources, list } = diagnostics.as_deref().unwrap_or(&none);
        if self.report != Report::Json {
            self.complain(failure);
        }
        if self.wants_json() {
            let class = kind.class();
            self.json(&match self.lines {
                Lines::No => render::json::error(class, message, causes, hints, list, sources),
                Lines::Yes => render::json::error_line(class, message, causes, hints, list, sources, settings::now()),
            });
        }
        kind.exit()
    }

    /// Tells people, and nobody else, why a command failed; gives the code to end with.
    pub fn complain(&self, failure: &Failure) -> Exit {
        let Failure { kind, message, causes, hints, diagnostics } = failure;
        match diagnostics.as_deref() {
            Some(Diagnostics { sources, list }) if !list.is_empty() => {
                self.status(&render::snippet::diagnostics(list, sources, self.status_style));
                let hints = render::text::hints(hints, self.status_style);
                if !hints.is_empty() {
                    self.status(&hints);
                }
            }
            _ => self.status(&render::text::error(message, causes, hints, self.status_style)),
        }
        kind.exit()
    }

    /// Whether [`Terminal::ask`] could ask, so that a command can refuse before it does any work.
    ///
    /// # Errors
    /// Why nobody can be asked.
    pub fn can_ask(&self) -> Result<(), Failure> {
        let why = match self.input {
            Input::Possible => return Ok(()),
            Input::Disabled => "a confirmation is needed, and input is disabled",
            Input::NoTerminal => "a confirmation is needed, and standard input is no terminal",
        };
        let hint = "run it with `-auto-approve` to go on without a question, or look first with `ditc plan`";
        Err(Failure::new(FailureKind::NotConfirmed, why).hint(hint))
    }

    /// Prints a question and reads one line. A pipe that says `yes` is no person, so it is not asked.
    ///
    /// # Errors
    /// Nobody can be asked, or reading failed.
    pub fn ask(&self, question: &str) -> Result<Answer, Failure> {
        self.can_ask()?;
        let screen = if self.asks_on_stdout { &self.out } else { &self.status };
        let mut screen = screen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = String::new();
        screen
            .write_all(question.as_bytes())
            .and_then(|()| screen.flush())
            .and_then(|()| io::stdin().lock().read_line(&mut line))
            .map_err(|error| Failure::new(FailureKind::NotConfirmed, "asking for a confirmation").because(&error))?;
        // The end of input leaves the cursor behind the question.
        if !line.ends_with('\n') {
            let _ = screen.write_all(b"\n");
        }
        Ok(if line.trim() == "yes" { Answer::Confirmed } else { Answer::NotConfirmed })
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal").finish_non_exhaustive()
    }
}

fn write(stream: &Stream, text: &str) -> io::Result<()> {
    let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

/// The text with the end of its last line.
fn whole(text: &str) -> String {
    if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// Writes what `DITC_LOG` asks for to standard error, such as `debug` or `ditc::cluster=trace`; nothing without it. Logs are
/// for those who build ditc; what users must know is said elsewhere.
pub fn log(settings: &Settings) {
    if let Some(filter) = &settings.log {
        let filter = tracing_subscriber::EnvFilter::new(filter);
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).init();
    }
}

/// Says of every panic that it is a bug, with what a report needs.
pub fn report_bugs() {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map_or_else(String::new, |location| format!(" at {location}"));
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
        let why = text.unwrap_or("no reason given");
        let text = format!(
            "error: this is a bug in ditc {}{at}\n  caused by: {why}\n  hint: what was done so far is recorded; run \
             the same command again, and report this text",
            env!("CARGO_PKG_VERSION")
        );
        let _ = writeln!(io::stderr().lock(), "{text}");
    }));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn terminal(stdin_is_terminal: bool, wishes: Wishes) -> Terminal {
        let settings = Settings { stdin_is_terminal, ..Settings::from_variables(&BTreeMap::new()) };
        Terminal::new(&settings, wishes)
    }

    #[test]
    fn asks_nobody_without_a_terminal() {
        let message = |terminal: Terminal| terminal.can_ask().err().map(|failure| failure.message);
        assert_eq!(message(terminal(true, Wishes::default())), None);
        assert_eq!(
            message(terminal(false, Wishes::default())).as_deref(),
            Some("a confirmation is needed, and standard input is no terminal")
        );
        assert_eq!(
            message(terminal(true, Wishes { no_input: true, ..Wishes::default() })).as_deref(),
            Some("a confirmation is needed, and input is disabled")
        );
    }

    #[test]
    fn the_flag_wins_over_the_environment() {
        let variables = BTreeMap::from([("CLICOLOR_FORCE".to_owned(), "1".to_owned())]);
        let settings = Settings::from_variables(&variables);
        assert!(Terminal::new(&settings, Wishes::default()).out_style.colour);
        assert!(!Terminal::new(&settings, Wishes { no_color: true, ..Wishes::default() }).out_style.colour);
    }
}
