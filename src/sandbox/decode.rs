//! Reads a body as the server's Go types would and writes it as they do: unknown fields dropped and named, zero values left out,
//! quantities and times in one spelling. It fills in no default and judges no value.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    quantity::Quantity,
    schema::{Field, Shape, structure},
};

/// What a real server says of text that is no quantity.
const NO_QUANTITY: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// A value that does not fit its type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Misfit {
    /// `spec.replicas`
    pub(super) path: String,
    /// `DeploymentSpec`
    pub(super) owner: String,
    pub(super) problem: Problem,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Problem {
    /// JSON of another type, with the name of the one that was wanted.
    Type { found: &'static str, wanted: &'static str },
    /// Text that does not parse, in the server's words.
    Text(String),
}

impl Misfit {
    pub(super) fn is_base64(&self) -> bool {
        matches!(&self.problem, Problem::Text(text) if text.contains("base64"))
    }
}

/// `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`
impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Type { found, wanted } => write!(
                f,
                "json: cannot unmarshal {found} into Go struct field {}.{} of type {wanted}",
                self.owner, self.path
            ),
            Problem::Text(text) => f.write_str(text),
        }
    }
}

/// A body as the server keeps it.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) value: Value,
    /// Paths that the type does not know: `spec.replica`, `spec.template.spec.containers[0].imag`.
    pub(super) unknown: Vec<String>,
}

/// Reads a value of a type.
pub(super) fn decode(value: Value, shape: &Shape) -> Result<Decoded, Misfit> {
    let mut reader = Reader { unknown: Vec::new() };
    let root = Place { parent: None, step: Step::Root };
    let value = reader.value(value, shape, "", &root)?;
    Ok(Decoded { value, unknown: reader.unknown })
}

/// An object of which nothing was said yet: what Go writes for a new one.
pub(super) fn empty(shape: &Shape) -> Value {
    zero(shape)
}

#[derive(Clone, Copy)]
struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    /// Of a map, which Go's messages leave out.
    Entry(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    fn key(&'a self, key: &'a str) -> Place<'a> {
        Place { parent: Some(self), step: Step::Key(key) }
    }

    fn entry(&'a self, key: &'a str) -> Place<'a> {
        Place { parent: Some(self), step: Step::Entry(key) }
    }

    /// The path as Go's messages have it: fields only.
    fn of_fields(&self) -> String {
        let parent = self.parent.map(Place::of_fields).unwrap_or_default();
        match self.step {
            Step::Root | Step::Index(_) | Step::Entry(_) => parent,
            Step::Key(key) if parent.is_empty() => key.to_owned(),
            Step::Key(key) => format!("{parent}.{key}"),
        }
    }

    fn index(&'a self, index: usize) -> Place<'a> {
        Place { parent: Some(self), step: Step::Index(index) }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
            match self.step {
                Step::Root => {}
                Step::Key(key) | Step::Entry(key) if matches!(parent.step, Step::Root) => f.write_str(key)?,
                Step::Key(key) | Step::Entry(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

struct Reader {
    unknown: Vec<String>,
}

impl Reader {
    fn value(&mut self, value: Value, shape: &Shape, owner: &str, at: &Place<'_>) -> Result<Value, Misfit> {
        let wrong = |value: &Value, wanted| Misfit {
            path: at.of_fields(),
            owner: owner.to_owned(),
            problem: Problem::Type { found: found(value), wanted },
        };
        let text =
            |problem: String| Misfit { path: at.of_fields(), owner: owner.to_owned(), problem: Problem::Text(problem) };
        Ok(match (shape, value) {
            // What a definition describes is not read by types of Go.
            (Shape::Any | Shape::Fields(_), value) => value,
            (shape, Value::Null) => zero(shape),
            (Shape::Text, value @ Value::String(_)) | (Shape::Boolean, value @ Value::Bool(_)) => value,
            (Shape::Text, value) => return Err(wrong(&value, "string")),
            (Shape::Boolean, value) => return Err(wrong(&value, "bool")),
            (Shape::Integer, Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
                (Some(_), _) => Value::Number(number),
                #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
                (None, Some(float)) if float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
                _ => return Err(wrong(&Value::Number(number), "int32")),
            },
            (Shape::Integer, value) => return Err(wrong(&value, "int32")),
            (Shape::Float, value @ Value::Number(_)) => value,
            (Shape::Float, value) => return Err(wrong(&value, "float64")),
            (Shape::IntOrString, value @ (Value::Number(_) | Value::String(_))) => value,
            (Shape::IntOrString, value) => return Err(wrong(&value, "intstr.IntOrString")),
            (Shape::Bytes, Value::String(bytes)) => Value::String(base64_canonical(&bytes).map_err(text)?),
            (Shape::Bytes, value) => return Err(wrong(&value, "[]uint8")),
            (Shape::Quantity, value @ (Value::String(_) | Value::Number(_))) => {
                let given = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let quantity = Quantity::parse(&given).ok_or_else(|| text(NO_QUANTITY.to_owned()))?;
                Value::String(quantity.to_string())
            }
            (Shape::Quantity, value) => return Err(wrong(&value, "resource.Quantity")),
            (Shape::Time, Value::String(time)) => {
                let parsed: jiff::Timestamp = time.parse().map_err(|_| {
                    text(format!(
                        "parsing time {time:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {time:?} as \"2006\""
                    ))
                })?;
                Value::String(seconds(parsed))
            }
            (Shape::MicroTime, Value::String(time)) => {
                let has_micros = time.split_once('.').is_some_and(|(_, rest)| rest.len() >= 7);
                let parsed: Option<jiff::Timestamp> = time.parse().ok().filter(|_| has_micros);
                let parsed = parsed.ok_or_else(|| {
                    text(format!(
                        "parsing time {time:?} as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"Z\" as \".000000\""
                    ))
                })?;
                Value::String(micros(parsed))
            }
            (Shape::Time | Shape::MicroTime, value) => return Err(wrong(&value, "string")),
            (Shape::Struct { id, .. }, Value::Object(map)) => self.structure(map, *id, at)?,
            (Shape::Struct { id, .. }, value) => {
                return Err(Misfit {
                    path: at.of_fields(),
                    owner: owner.to_owned(),
                    problem: Problem::Type { found: found(&value), wanted: go_name(*id) },
                });
            }
            (Shape::Map { of, .. }, Value::Object(map)) => {
                let mut entries: Vec<(String, Value)> = map.into_iter().collect();
                entries.sort_by(|(a, _), (b, _)| a.cmp(b));
                let mut read = Map::new();
                for (key, value) in entries {
                    let value = self.value(value, of, owner, &at.entry(&key))?;
                    read.insert(key, value);
                }
                Value::Object(read)
            }
            (Shape::Map { .. }, value) => return Err(wrong(&value, "map[string]string")),
            (Shape::List { of, .. }, Value::Array(items)) => {
                let items = items.into_iter().enumerate();
                let items = items.map(|(index, item)| self.value(item, of, owner, &at.index(index)));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            (Shape::List { of, .. }, value) => {
                let wanted = match &**of {
                    Shape::Struct { .. } => "[]struct",
                    _ => "[]string",
                };
                return Err(wrong(&value, wanted));
            }
        })
    }

    fn structure(&mut self, mut map: Map<String, Value>, id: usize, at: &Place<'_>) -> Result<Value, Misfit> {
        let structure = structure(id);
        let mut read = Map::new();
        let mut taken = 0;
        for field in &structure.fields {
            let given = map.get_mut(&field.name).map(Value::take);
            taken += usize::from(given.is_some());
            let value = match given {
                Some(value) if !value.is_null() => {
                    self.value(value, &field.shape, structure.short_name(), &at.key(&field.name))?
                }
                _ if field.pointer => continue,
                _ => zero(&field.shape),
            };
            if let Some(value) = kept(field, value) {
                read.insert(field.name.clone(), value);
            }
        }
        if taken < map.len() {
            for key in map.keys().filter(|key| structure.field(key).is_none()) {
                self.unknown.push(at.key(key).to_string());
            }
        }
        Ok(Value::Object(read))
    }
}

/// Leaves out what Go leaves out.
fn kept(field: &Field, value: Value) -> Option<Value> {
    // Empty lists and maps come back from the store as none at all.
    let value = match value {
        Value::Array(items) if items.is_empty() && !matches!(field.shape, Shape::Any) => Value::Null,
        Value::Object(map) if map.is_empty() && matches!(field.shape, Shape::Map { .. }) => Value::Null,
        value => value,
    };
    let is_struct = matches!(
        field.shape,
        Shape::Struct { .. } | Shape::Time | Shape::MicroTime | Shape::Quantity | Shape::IntOrString
    );
    let is_empty = match &value {
        Value::Null => true,
        Value::Bool(value) => !value && !field.pointer,
        Value::Number(number) => !field.pointer && number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() && !field.pointer,
        Value::Array(_) => false,
        Value::Object(map) => map.is_empty() && field.omit_zero && !field.pointer,
    };
    let omitted = is_empty && ((field.omit_empty && !is_struct) || field.omit_zero);
    (!omitted).then_some(value)
}

/// What Go writes where nothing was said.
fn zero(shape: &Shape) -> Value {
    match shape {
        Shape::Text => Value::String(String::new()),
        Shape::Integer | Shape::Float | Shape::IntOrString => Value::from(0),
        Shape::Boolean => Value::Bool(false),
        Shape::Bytes => Value::String(String::new()),
        Shape::Quantity => Value::from("0"),
        Shape::Time | Shape::MicroTime | Shape::Any | Shape::Map { .. } | Shape::List { .. } => Value::Null,
        Shape::Fields(_) => Value::Object(Map::new()),
        Shape::Struct { id, .. } => {
            let fields = structure(*id).fields.iter().filter(|field| !field.pointer);
            fields.filter_map(|field| Some((field.name.clone(), kept(field, zero(&field.shape))?))).collect()
        }
    }
}

fn go_name(id: usize) -> &'static str {
    let name = &structure(id).name;
    name.split_once('.').map_or(name, |(_, rest)| rest)
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// `2026-01-31T12:00:00Z`
pub(super) fn seconds(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-01-31T12:00:00.000000Z`
pub(super) fn micros(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 of bytes, with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let bits = word >> (18 - 6 * place) & 63;
            out.push(if place <= chunk.len() { char::from(ALPHABET[bits as usize]) } else { '=' });
        }
    }
    out
}

/// The one spelling of base64 that Go gives back: no newlines, no stray bits.
fn base64_canonical(text: &str) -> Result<String, String> {
    let (mut bytes, mut word, mut count, mut padding) = (Vec::with_capacity(text.len() / 4 * 3), 0u32, 0, 0);
    for (at, c) in text.bytes().enumerate() {
        let illegal = || format!("illegal base64 data at input byte {at}");
        match c {
            b'\n' | b'\r' => continue,
            b'=' if count % 4 >= 2 || padding > 0 => padding += 1,
            c => {
                let bits =
                    ALPHABET.iter().position(|known| *known == c).filter(|_| padding == 0).ok_or_else(illegal)?;
                word = word << 6 | u32::try_from(bits).unwrap_or(0);
            }
        }
        count += 1;
        if count % 4 == 0 {
            let word_bytes = (word << (6 * padding)).to_be_bytes();
            bytes.extend(&word_bytes[1..4 - padding]);
            word = 0;
        }
    }
    if count % 4 != 0 || padding > 2 {
        return Err(format!("illegal base64 data at input byte {}", text.len().saturating_sub(1) / 4 * 4));
    }
    Ok(base64(&bytes))
}
