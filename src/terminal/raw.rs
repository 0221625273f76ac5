//! A terminal whose keys go to somebody else: nothing is echoed, and Ctrl-C is a key like others.

use rustix::{
    stdio::stdin,
    termios::{OptionalActions, Termios, tcgetattr, tcsetattr},
};

/// As it was before; it becomes so again when this is dropped, also by a panic.
pub struct Raw {
    before: Termios,
}

impl Raw {
    pub(super) fn begin() -> Option<Self> {
        let before = tcgetattr(stdin()).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(stdin(), OptionalActions::Now, &raw).ok()?;
        Some(Self { before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing more.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}
