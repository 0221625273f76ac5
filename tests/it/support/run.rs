//! The real binary: started with nothing of the surroundings of the tests, watched while it runs, killed when it hangs.

use std::{
    fs::File,
    io::{Read, Write},
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{Mode, OFlags},
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use snapbox::IntoData;

use super::{check, requests::Requests, schema};

/// A command that takes longer hangs. The longest here takes five seconds on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A command that runs. It dies with the value.
pub(crate) struct Running {
    child: Child,
    /// What it printed and nobody here has read yet; ends when it closes its streams.
    output: Receiver<(Stream, Vec<u8>)>,
    stdout: String,
    stderr: String,
    keyboard: Option<File>,
    deadline: Instant,
    command: String,
    root: PathBuf,
    requests_before: usize,
}

/// Columns and rows of a terminal.
pub(crate) type Size = (u16, u16);

fn resize(terminal: impl AsFd, (columns, rows): Size) {
    let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).expect("a terminal takes any size");
}

#[derive(Clone, Copy)]
enum Stream {
    Out,
    Error,
}

/// A command that came to its end.
#[must_use = "assert how it ended, with `exits`"]
pub(crate) struct Ran {
    command: String,
    code: Option<i32>,
    told: Told,
}

/// What a command printed and asked.
pub(crate) struct Told {
    /// Everything, with the temporary directory as `[ROOT]`. In a terminal this holds standard error too.
    pub(crate) out: String,
    pub(crate) error: String,
    /// The requests to the cluster in the box.
    pub(crate) requests: Requests,
}

impl Running {
    pub(super) fn start(root: &Path, arguments: &str) -> Self {
        let mut command = command(root, arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let requests_before = Requests::read(root).0.len();
        let mut child = command.spawn().expect("the binary can be started");
        let (sender, output) = mpsc::channel();
        forward(child.stdout.take().expect("piped"), Stream::Out, sender.clone());
        forward(child.stderr.take().expect("piped"), Stream::Error, sender);
        Self::new(child, output, None, root, arguments, requests_before)
    }

    pub(super) fn in_terminal(root: &Path, arguments: &str, size: Option<Size>) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("the system has pseudo-terminals");
        grantpt(&terminal).and_then(|()| unlockpt(&terminal)).expect("it is ours");
        if let Some(size) = size {
            resize(&terminal, size);
        }
        let name = ptsname(&terminal, Vec::new()).expect("it has a name");
        let screen = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("it can be opened");
        let copy = |screen: &OwnedFd| Stdio::from(screen.try_clone().expect("a descriptor can be copied"));
        let requests_before = Requests::read(root).0.len();
        let mut command = command(root, arguments);
        command.stdin(copy(&screen)).stdout(copy(&screen)).stderr(copy(&screen));
        let child = command.spawn().expect("the binary can be started");
        // Only the child holds the other end from here on, so reading ends when it does.
        drop((command, screen));
        let terminal = File::from(terminal);
        let (sender, output) = mpsc::channel();
        forward(terminal.try_clone().expect("a descriptor can be copied"), Stream::Out, sender);
        Self::new(child, output, Some(terminal), root, arguments, requests_before)
    }

    fn new(
        child: Child,
        output: Receiver<(Stream, Vec<u8>)>,
        keyboard: Option<File>,
        root: &Path,
        arguments: &str,
        requests_before: usize,
    ) -> Self {
        let (stdout, stderr, deadline) = (String::new(), String::new(), Instant::now() + LIMIT);
        let (command, root) = (format!("ditc {arguments}"), root.to_owned());
        Self { child, output, stdout, stderr, keyboard, deadline, command, root, requests_before }
    }

    /// Waits until it has printed a text.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        while !self.stdout.contains(text) && !self.stderr.contains(text) {
            let told = self.read();
            assert!(told, "`{}` ended without {text:?}\n{}\n{}", self.command, self.stdout, self.stderr);
        }
    }

    /// Types into its terminal.
    pub(crate) fn type_in(&mut self, text: &str) {
        let keyboard = self.keyboard.as_mut().expect("it was started in a terminal");
        keyboard.write_all(text.as_bytes()).expect("a terminal takes what is typed");
    }

    /// Makes its terminal larger or smaller.
    pub(crate) fn resize(&self, size: Size) {
        resize(self.keyboard.as_ref().expect("it was started in a terminal"), size);
    }

    /// Waits until it prints anything.
    #[track_caller]
    pub(crate) fn read_on(&mut self) {
        assert!(self.read(), "`{}` ended\n{}", self.command, self.stdout);
    }

    /// What it printed so far, as it came.
    pub(crate) fn printed(&self) -> &str {
        &self.stdout
    }

    /// Sends Ctrl-C's signal.
    pub(crate) fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// What a system says that shuts down.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Nothing of it runs any more, until it is woken.
    pub(crate) fn sleep(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn wake(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let process = Pid::from_child(&self.child);
        kill_process(process, signal).expect("it runs");
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ran {
        while self.read() {}
        let code = self.child.wait().expect("it can be waited for").code();
        let requests = Requests::read(&self.root).after(self.requests_before);
        let plain = |text: &str| plain(text, &self.root);
        if code.is_some() && self.keyboard.is_none() {
            schema::holds(self.command.trim_start_matches("ditc "), &self.stdout);
        }
        let told = Told { out: plain(&self.stdout), error: plain(&self.stderr), requests };
        Ran { command: self.command.clone(), code, told }
    }

    /// Reads some of its output; false at the end of it.
    #[track_caller]
    fn read(&mut self) -> bool {
        match self.output.recv_timeout(self.deadline.saturating_duration_since(Instant::now())) {
            Ok((stream, bytes)) => {
                let text = String::from_utf8_lossy(&bytes);
                match stream {
                    Stream::Out => self.stdout.push_str(&text),
                    Stream::Error => self.stderr.push_str(&text),
                }
                true
            }
            Err(RecvTimeoutError::Disconnected) => false,
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.child.kill();
                panic!("`{}` hangs\n{}\n{}", self.command, self.stdout, self.stderr)
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Where it has ended already, nothing is left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ran {
    /// How it ended; none where a signal ended it.
    pub(crate) fn code(&self) -> Option<i32> {
        self.code
    }

    /// What it printed, however it ended.
    pub(crate) fn told(self) -> Told {
        self.told
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Told {
        let Self { command, code: actual, told } = self;
        assert_eq!(actual, Some(code), "`{command}` printed\n{}\n{}", told.out, told.error);
        told
    }

    /// Asserts that a signal ended it.
    #[track_caller]
    pub(crate) fn dies(self) -> Told {
        assert_eq!(self.code, None, "`{}` printed\n{}\n{}", self.command, self.told.out, self.told.error);
        self.told
    }
}

impl Told {
    /// Asserts all of standard output.
    #[track_caller]
    pub(crate) fn out(self, expected: impl IntoData) -> Self {
        check(&self.out, expected);
        self
    }

    /// Asserts all of standard error.
    #[track_caller]
    pub(crate) fn error(self, expected: impl IntoData) -> Self {
        check(&self.error, expected);
        self
    }

    /// Asserts all of standard error, whose lines break elsewhere on another host.
    #[track_caller]
    pub(crate) fn error_unwrapped(self, expected: impl IntoData) -> Self {
        check(self.error.split_whitespace().collect::<Vec<_>>().join(" "), expected);
        self
    }

    /// Asserts that a text stands somewhere in standard output, wherever its lines break.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let found = self.out.contains(text) || words(&self.out).contains(&words(text));
        assert!(found, "{text:?} is not in\n{}\n{}", self.out, self.error);
        self
    }

    /// Asserts that a text stands nowhere.
    #[track_caller]
    pub(crate) fn says_nothing_of(self, text: &str) -> Self {
        assert!(!self.out.contains(text) && !self.error.contains(text), "{text:?} is in\n{}\n{}", self.out, self.error);
        self
    }

    /// Asserts the requests that change something, in the order of the alphabet.
    #[track_caller]
    pub(crate) fn wrote(self, expected: impl IntoData) -> Self {
        check(self.requests.writes().sorted(), expected);
        self
    }

    /// Asserts that nothing was changed in the cluster in the box.
    #[track_caller]
    pub(crate) fn wrote_nothing(self) -> Self {
        assert_eq!(self.requests.writes().to_string(), "");
        self
    }
}

fn command(root: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ditc"));
    command.current_dir(root).env_clear();
    command.envs([("COLUMNS", "80"), ("NO_COLOR", "1"), ("USER", "jakub")]).env("HOME", root);
    // As in a shell, `NAME=value` before the arguments is a variable of the process.
    let mut words = arguments.split_whitespace().peekable();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        command.env(name, value);
        words.next();
    }
    command.args(words);
    command
}

fn forward(mut from: impl Read + Send + 'static, stream: Stream, to: Sender<(Stream, Vec<u8>)>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        // A terminal whose other end is closed answers with an error: that is its end of file.
        while let Ok(count) = from.read(&mut buffer)
            && count > 0
            && to.send((stream, buffer[..count].to_vec())).is_ok()
        {}
    });
}

/// The same text in every run: no temporary directory, no host, no time, no carriage returns of a terminal.
fn plain(text: &str, root: &Path) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let text = text.replace("\r\n", "\n").replace(&root.display().to_string(), "[ROOT]");
    without_times(&text.replace(&format!("jakub@{}", host.trim()), "jakub@[HOST]"))
}

/// The text with `[TIME]` for every `2026-11-22T04:41:50Z`.
fn without_times(text: &str) -> String {
    const DAY: &str = "dddd-dd-ddT";
    let is_day = |text: &str| {
        text.len() > DAY.len()
            && text
                .bytes()
                .zip(DAY.bytes())
                .all(|(byte, shape)| if shape == b'd' { byte.is_ascii_digit() } else { byte == shape })
    };
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.char_indices().map(|(at, _)| at).find(|at| is_day(&rest[*at..])) {
        let is_of_time = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | 'T' | ':' | '.' | 'Z');
        let end = rest[at..].find(|c| !is_of_time(c)).map_or(rest.len(), |end| at + end);
        // What ends a sentence ends no time.
        let end = at + rest[at..end].trim_end_matches([':', '.', '-']).len();
        plain.push_str(&rest[..at]);
        plain.push_str("[TIME]");
        rest = &rest[end..];
    }
    plain + rest
}
