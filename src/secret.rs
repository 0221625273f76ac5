//! Secrets that are made once: what to generate and how random bytes become a value. Values are stored nowhere.

use std::{collections::BTreeMap, fmt};

/// How the value of one key of a Secret comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generate {
    /// Letters and digits without look-alikes, fit for every client and URL.
    Password,
    /// Letters and digits, longer, for machines only.
    Token,
    /// Hexadecimal digits.
    Hex,
}

impl Generate {
    pub const ALL: [Generate; 3] = [Generate::Password, Generate::Token, Generate::Hex];

    /// The word for it in `module.toml`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Generate::Password => "password",
            Generate::Token => "token",
            Generate::Hex => "hex",
        }
    }

    fn alphabet(self) -> &'static [u8] {
        match self {
            Generate::Password => b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789",
            Generate::Token => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            Generate::Hex => b"0123456789abcdef",
        }
    }

    fn length(self) -> usize {
        match self {
            Generate::Password => 24,
            Generate::Token => 40,
            Generate::Hex => 64,
        }
    }

    /// Makes a value out of random bytes; a byte that would favour some letters is passed over.
    #[must_use]
    pub fn value(self, mut random: impl FnMut() -> u8) -> Value {
        let alphabet = self.alphabet();
        let fair = 256 - 256 % alphabet.len();
        let mut text = String::with_capacity(self.length());
        while text.len() < self.length() {
            let byte = usize::from(random());
            if byte < fair {
                text.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
        Value(text)
    }
}

/// A Secret to be made once; its values are never read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    pub keys: BTreeMap<String, Generate>,
}

/// A secret value on its way into the cluster. It has no `Display`, and its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Value(String);

impl Value {
    /// The text itself, for the body of the request that creates the Secret and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_length_and_alphabet_and_stay_hidden() {
        for generate in Generate::ALL {
            let mut next = 0_u8;
            let value = generate.value(|| {
                next = next.wrapping_mul(31).wrapping_add(7);
                next
            });
            assert_eq!(value.expose().len(), generate.length());
            assert!(value.expose().bytes().all(|byte| generate.alphabet().contains(&byte)));
            assert!(!format!("{value:?}").contains(value.expose()));
        }
    }
}
