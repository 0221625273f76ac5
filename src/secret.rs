//! Secrets: what to generate and how random bytes become a value, which values are given from outside, and how one that
//! nobody may keep is told from another. Values are stored nowhere.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use sha2::{Digest, Sha256};

use crate::{diagnostic::Span, object::Hash};

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
        Value(text.into_bytes())
    }
}

impl From<Generate> for Generator {
    fn from(sort: Generate) -> Self {
        Self { sort, length: sort.length(), alphabet: None }
    }
}

/// A Secret: each of its keys is made once and never read back, or given from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    pub keys: BTreeMap<String, Origin>,
    /// How often its generated values were made anew since the first time, as far as the record knows.
    pub round: u32,
}

/// How the value of one key of a Secret comes about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Generated(Generator),
    Given(Given),
}

impl From<Generate> for Origin {
    fn from(sort: Generate) -> Self {
        Origin::Generated(sort.into())
    }
}

/// A value that somebody else looks after, and that is taken from there whenever it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub source: Source,
    /// Where a file asks for it.
    pub span: Span,
    /// What tells this value from another, as far as the value was looked at and there is a [`Key`].
    pub digest: Option<Hash>,
}

/// Where a given value is taken from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A variable of the process environment.
    Env(String),
    /// A file; a path that is not absolute begins at the workspace.
    File(String),
}

/// `env:DITC_SECRET_X`, `file:./secrets/x`, as `[policy] secret_sources` has them.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Env(name) => write!(f, "env:{name}"),
            Source::File(path) if path.starts_with('/') => write!(f, "file:{path}"),
            Source::File(path) => write!(f, "file:./{path}"),
        }
    }
}

impl Recipe {
    /// The keys whose values are made once.
    pub fn generated(&self) -> impl Iterator<Item = (&String, &Generator)> {
        self.keys.iter().filter_map(|(name, origin)| match origin {
            Origin::Generated(generator) => Some((name, generator)),
            Origin::Given(_) => None,
        })
    }

    /// The keys whose values come from outside.
    pub fn given(&self) -> impl Iterator<Item = (&String, &Given)> {
        self.keys.iter().filter_map(|(name, origin)| match origin {
            Origin::Generated(_) => None,
            Origin::Given(given) => Some((name, given)),
        })
    }

    /// The digests of the given values, as far as they are known.
    #[must_use]
    pub fn digests(&self) -> BTreeMap<String, Hash> {
        self.given().filter_map(|(name, given)| Some((name.clone(), given.digest.clone()?))).collect()
    }
}

/// A secret value on its way into the cluster. It has no `Display`, and its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Value(Vec<u8>);

impl Value {
    /// Takes over what a source holds, byte by byte.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes themselves, for the body of the request that writes the Secret and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(..)")
    }
}

/// The values that a run writes, by where they were taken from.
pub type Values = BTreeMap<Source, Value>;

/// What digests of given values are made with, so that nobody who reads one can try out what it was made of. It lies in
/// the environment's namespace and is of no use elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; Key::LENGTH]);

impl Key {
    const LENGTH: usize = 32;

    /// Makes a key of random bytes.
    #[must_use]
    pub fn generate(mut random: impl FnMut() -> u8) -> Self {
        Self(std::array::from_fn(|_| random()))
    }

    /// Takes over the bytes of a key; none where they are not of its length.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes themselves, for the Secret that holds them and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The digest of the value under one key of one Secret: HMAC-SHA-256
    /// (<https://www.rfc-editor.org/rfc/rfc2104>). The same value in two places has two digests.
    #[must_use]
    pub fn digest(&self, secret: &str, name: &str, value: &Value) -> Hash {
        /// What SHA-256 takes at a time.
        const BLOCK: usize = 64;
        let pad =
            |byte: u8| -> [u8; BLOCK] { std::array::from_fn(|at| self.0.get(at).copied().unwrap_or_default() ^ byte) };
        let mut inner = Sha256::new();
        inner.update(pad(0x36));
        // Neither name can hold the byte between them.
        for part in [secret.as_bytes(), b"\0", name.as_bytes(), b"\0", value.expose()] {
            inner.update(part);
        }
        let mut outer = Sha256::new();
        outer.update(pad(0x5c));
        outer.update(inner.finalize());
        Hash::from_digest(outer.finalize().into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
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
            let text = std::str::from_utf8(value.expose()).expect("letters");
            assert_eq!(text.len(), generator.length);
            assert!(text.chars().all(|letter| alphabet.contains(letter)));
            assert!(!format!("{value:?}").contains(text));
        }
    }

    #[test]
    fn digests_tell_values_keys_and_places_apart() {
        let key = |byte| Key::of(&[byte; 32]).expect("32 bytes");
        let value = |text: &str| Value::new(text.as_bytes().to_vec());
        let digests = [
            key(1).digest("app", "token", &value("a")),
            key(2).digest("app", "token", &value("a")),
            key(1).digest("app", "token", &value("b")),
            key(1).digest("app", "other", &value("a")),
            key(1).digest("web", "token", &value("a")),
        ];
        for (at, digest) in digests.iter().enumerate() {
            assert!(!digests[..at].contains(digest), "{at}");
        }
        // By `printf 'app\0token\0a' | openssl dgst -sha256 -mac hmac -macopt hexkey:0101…`.
        assert_eq!(digests[0].to_string(), "1ee828bc539356bade728b57190bfe6e1d39bd2188bd79091479c43013d90465");
        assert!(Key::of(&[0; 31]).is_none());
        assert_eq!(format!("{:?}", key(1)), "Key(..)");
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
