//! The names that users type, each checked once and trusted from then on; it says nothing about where a name stands.

use std::{fmt, str::FromStr};

/// What is wrong with a name, as a fragment that follows the name itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("is empty")]
    Empty,
    #[error("has {0} characters; at most {1} are allowed")]
    TooLong(usize, usize),
    #[error("may hold only {allowed}, not {found:?}")]
    Character { found: char, allowed: &'static str },
    #[error("must start with {0}")]
    Start(&'static str),
    #[error("must end with a letter or a digit")]
    End,
    #[error("is not an address; addresses look like {0}")]
    Address(&'static str),
}

/// The longest DNS-1123 label, and so the longest name of a namespace, a component or a Service.
const LABEL: usize = 63;

/// Checks a DNS-1123 label, the form that Kubernetes demands of namespaces
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names>).
fn label(text: &str) -> Result<(), Invalid> {
    const ALLOWED: &str = "lower-case letters, digits and `-`";
    if text.is_empty() {
        return Err(Invalid::Empty);
    }
    if let Some(found) = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        return Err(Invalid::Character { found, allowed: ALLOWED });
    }
    if text.len() > LABEL {
        return Err(Invalid::TooLong(text.len(), LABEL));
    }
    if text.starts_with('-') {
        return Err(Invalid::Start("a letter or a digit"));
    }
    if text.ends_with('-') {
        return Err(Invalid::End);
    }
    Ok(())
}

/// Checks an identifier of templates: it must be readable there as `inputs.NAME`.
fn identifier(text: &str) -> Result<(), Invalid> {
    const ALLOWED: &str = "letters, digits and `_`";
    let Some(first) = text.chars().next() else { return Err(Invalid::Empty) };
    if let Some(found) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '_')) {
        return Err(Invalid::Character { found, allowed: ALLOWED });
    }
    if first.is_ascii_digit() {
        return Err(Invalid::Start("a letter or `_`"));
    }
    if text.len() > LABEL {
        return Err(Invalid::TooLong(text.len(), LABEL));
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// Checks `text` and keeps it.
            pub fn new(text: impl Into<String>) -> Result<Self, Invalid> {
                let text = text.into();
                $check(&text)?;
                Ok(Self(text))
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = Invalid;
            fn from_str(text: &str) -> Result<Self, Invalid> {
                Self::new(text)
            }
        }
    };
}

name!(
    /// The name of an environment: the stem of its file, a DNS-1123 label.
    EnvironmentName,
    label
);
name!(
    /// The name of a Kubernetes namespace, a DNS-1123 label.
    Namespace,
    label
);
name!(
    /// The name of a dependency or service; unique in its environment across both, since `needs` names it bare.
    ComponentName,
    label
);
name!(
    /// The name of a module: a directory under `modules/`, or one built in.
    ModuleName,
    label
);
name!(
    /// The name of a module's input, readable in templates as `inputs.NAME`.
    InputName,
    identifier
);
name!(
    /// The name of a module's output, readable in templates as `dependencies.COMPONENT.NAME`.
    OutputName,
    identifier
);
name!(
    /// The name of an environment's variable, readable in templates as `variables.NAME`.
    VariableName,
    identifier
);

/// Environments by name, as people type them: one name, or several by `*`, which stands for any characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    Name(EnvironmentName),
    Glob(String),
}

impl Pattern {
    #[must_use]
    pub fn fits(&self, name: &EnvironmentName) -> bool {
        match self {
            Pattern::Name(meant) => meant == name,
            Pattern::Glob(glob) => matches(glob, name.as_str()),
        }
    }
}

impl FromStr for Pattern {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        const ALLOWED: &str = "lower-case letters, digits, `-` and `*`";
        if !text.contains('*') {
            return text.parse().map(Pattern::Name);
        }
        match text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-' | '*')) {
            Some(found) => Err(Invalid::Character { found, allowed: ALLOWED }),
            None => Ok(Pattern::Glob(text.to_owned())),
        }
    }
}

/// Whether a text fits a pattern in which `*` stands for any characters, none included.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(head) else { return false };
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| matches(rest, &text[at..]))
}

/// Which part of an environment a component belongs to. Dependencies come first in every order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    Dependency,
    Service,
}

impl Tier {
    /// The table that holds such components in an environment's file, and their part of an address.
    #[must_use]
    pub fn table(self) -> &'static str {
        match self {
            Tier::Dependency => "dependencies",
            Tier::Service => "services",
        }
    }
}

/// A component with its tier: `dependencies.postgresql`, `services.orders`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId {
    pub tier: Tier,
    pub name: ComponentName,
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.tier.table(), self.name)
    }
}

impl FromStr for ComponentId {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        const FORM: &str = "`dependencies.NAME` or `services.NAME`";
        let (table, name) = text.split_once('.').ok_or(Invalid::Address(FORM))?;
        let tier = match table {
            "dependencies" => Tier::Dependency,
            "services" => Tier::Service,
            _ => return Err(Invalid::Address(FORM)),
        };
        Ok(Self { tier, name: ComponentName::new(name)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, text, expected) in [
            ("kube-*", "kube-system", true),
            ("kube-*", "kube", false),
            ("default", "default", true),
            ("default", "default-2", false),
            ("*prod*", "my-prod-1", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b", "a-b-c", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        let name = EnvironmentName::new("pr-12").unwrap();
        for (pattern, expected) in [("pr-*", true), ("*", true), ("pr-12", true), ("pr-1", false)] {
            assert_eq!(pattern.parse::<Pattern>().unwrap().fits(&name), expected, "{pattern}");
        }
        assert!("pr_*".parse::<Pattern>().is_err() && "Pr-1".parse::<Pattern>().is_err());
    }

    #[test]
    fn takes_labels_as_kubernetes_does() {
        for good in ["a", "jakub", "pr-12", "0x", &"a".repeat(63)] {
            assert!(EnvironmentName::new(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", Invalid::Empty),
            ("Jakub", Invalid::Character { found: 'J', allowed: "lower-case letters, digits and `-`" }),
            ("../x", Invalid::Character { found: '.', allowed: "lower-case letters, digits and `-`" }),
            ("-a", Invalid::Start("a letter or a digit")),
            ("a-", Invalid::End),
            (&"a".repeat(64), Invalid::TooLong(64, 63)),
        ] {
            assert_eq!(EnvironmentName::new(bad), Err(why), "{bad}");
        }
    }
}
