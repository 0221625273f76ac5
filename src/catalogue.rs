//! What a module takes and gives, as people see it who look for one. How it does it is the business of `config`.

use serde_json::Value;

use crate::{names::ModuleName, secret::Source};

/// A module as people see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogued {
    pub name: ModuleName,
    pub origin: Origin,
    /// None when its files have mistakes.
    pub contents: Option<Contents>,
}

/// Where a module comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    BuiltIn,
    Workspace,
    /// The workspace has a module of its own in the place of the built-in one.
    Replaced,
}

/// What is in a module.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    pub description: Option<String>,
    /// In the order of `module.toml`, as everything here.
    pub inputs: Vec<Input>,
    pub secrets: Vec<Secret>,
    /// Names with values, as they are written.
    pub outputs: Vec<(String, Written)>,
    /// Tables of an environment that use it.
    pub example: String,
}

/// What a module asks of those who use it.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    pub name: String,
    /// The type, as `module.toml` writes it.
    pub kind: String,
    pub default: Option<Written>,
    pub is_required: bool,
    pub description: Option<String>,
}

/// A Secret that is made with a component; the name may be an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Secret {
    pub name: String,
    pub keys: Vec<(String, Made)>,
}

/// How the value of a Secret's key comes about.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// The word for what is generated.
    Generated(&'static str),
    Given(Source),
}

/// A value of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub toml: String,
    pub json: Value,
}
