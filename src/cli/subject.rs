//! What `ditc apply` is given: environments by name or pattern, or a file that holds a plan.

use std::{path::PathBuf, str::FromStr};

use crate::names::{Invalid, Pattern};

/// What to apply. An environment's name wins: it holds neither `/` nor `.`, and a file needs one of them, as in `./demo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Environments(Pattern),
    /// A plan that `plan -out` saved.
    File(PathBuf),
}

impl FromStr for Subject {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.parse() {
            Ok(pattern) => Ok(Subject::Environments(pattern)),
            Err(_) if text.contains(['/', '.']) => Ok(Subject::File(PathBuf::from(text))),
            Err(invalid) => Err(invalid),
        }
    }
}
