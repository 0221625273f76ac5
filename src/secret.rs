//! Secrets that are made once: what to generate and how random bytes become a value. Values are stored nowhere.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

/// Which sort of value is generated.
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

    fn alphabet(self) -> &'static str {
        match self {
            Generate::Password => "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789",
            Generate::Token => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            Generate::Hex => "0123456789abcdef",
        }
    }

    fn length(self) -> usize {
        match self {
            Generate::Password => 24,
            Generate::Token => 40,
            Generate::Hex => 64,
        }
    }
}

/// How the value of one key of a Secret comes about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator {
    pub sort: Generate,
    /// One of [`Generator::LENGTHS`].
    pub length: usize,
    /// Other letters than the sort's own; [`Generator::is_alphabet`] holds.
    pub alphabet: Option<String>,
}

impl Generator {
    /// Shorter is guessed, and longer is no password but a file.
    pub const LENGTHS: RangeInclusive<usize> = 8..=1024;

    /// Whether letters can be drawn from a text, each as often as any other: at least ten that differ, all visible ASCII.
    #[must_use]
    pub fn is_alphabet(text: &str) -> bool {
        let mut letters: Vec<u8> = text.bytes().collect();
        letters.sort_unstable();
        letters.dedup();
        letters.len() == text.len() && letters.len() >= 10 && letters.iter().all(u8::is_ascii_graphic)
    }

    /// The generator in one text, which names all that differs from the sort's own ways: `password`, `token 64`,
    /// `password 12 0123456789`.
    #[must_use]
    pub fn text(&self) -> String {
        let Generator { sort, length, alphabet } = self;
        match alphabet {
            Some(alphabet) => format!("{} {length} {alphabet}", sort.word()),
            None if *length != sort.length() => format!("{} {length}", sort.word()),
            None => sort.word().to_owned(),
        }
    }

    /// Reads what [`Generator::text`] wrote.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let word = words.next()?;
        let sort = Generate::ALL.into_iter().find(|sort| sort.word() == word)?;
        let length = match words.next() {
            Some(length) => length.parse().ok().filter(|length| Self::LENGTHS.contains(length))?,
            None => sort.length(),
        };
        let alphabet = words.next().map(str::to_owned);
        let is_right = alphabet.as_deref().is_none_or(Self::is_alphabet) && words.next().is_none();
        is_right.then_some(Self { sort, length, alphabet })
    }

    /// Makes a value out of random bytes; a byte that would favour some letters is passed over.
    #[must_use]
    pub fn value(&self, mut random: impl FnMut() -> u8) -> Value {
        let alphabet = self.alphabet.as_deref().unwrap_or(self.sort.alphabet()).as_bytes();
        let fair = 256 - 256 % alphabet.len();
        let mut text = String::with_capacity(self.length);
        while text.len() < self.length {
            let byte = usize::from(random());
            if byte < fair {
                text.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
        Value(text)
    }
}

impl From<Generate> for Generator {
    fn from(sort: Generate) -> Self {
        Self { sort, length: sort.length(), alphabet: None }
    }
}

/// A Secret to be made once; its values are never read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    pub keys: BTreeMap<String, Generator>,
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
        let own = Generator { sort: Generate::Password, length: 12, alphabet: Some("0123456789".to_owned()) };
        for generator in Generate::ALL.map(Generator::from).into_iter().chain([own]) {
            let mut next = 0_u8;
            let value = generator.value(|| {
                next = next.wrapping_mul(31).wrapping_add(7);
                next
            });
            let alphabet = generator.alphabet.as_deref().unwrap_or(generator.sort.alphabet());
            assert_eq!(value.expose().len(), generator.length);
            assert!(value.expose().chars().all(|letter| alphabet.contains(letter)));
            assert!(!format!("{value:?}").contains(value.expose()));
        }
    }

    #[test]
    fn generators_are_written_in_one_text_and_read_back() {
        for text in ["password", "token", "hex", "token 64", "hex 8", "password 12 0123456789", "token 40 abcdefghij"] {
            assert_eq!(Generator::read(text).expect("a generator").text(), text);
        }
        for text in [
            "",
            "word",
            "hex x",
            "hex 7",
            "hex 1025",
            "password 12 0123",
            "password 12 0123456788",
            "hex 8 0123456789 ",
        ] {
            assert_eq!(Generator::read(text), None, "{text:?}");
        }
    }
}
