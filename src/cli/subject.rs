//! What `ditc apply` is given: the name of an environment, or a file that holds a plan.

use std::{path::PathBuf, str::FromStr};

use crate::names::{EnvironmentName, Invalid};

/// What to apply. An environment's name wins: it holds neither `/` nor `.`, and a file needs one of them, as in `./demo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Environment(EnvironmentName),
    /// A plan that `plan -out` saved.
    File(PathBuf),
}

impl FromStr for Subject {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        match EnvironmentName::new(text) {
            Ok(environment) => Ok(Subject::Environment(environment)),
            Err(_) if text.contains(['/', '.']) => Ok(Subject::File(PathBuf::from(text))),
            Err(invalid) => Err(invalid),
        }
    }
}
