//! Reads the protobuf in which kubectl's `create` sends its objects, by the field numbers of the table
//! (<https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding>). Answers are always JSON.

use serde_json::{Map, Value, json};

use super::decode;
use crate::schema::{self, Field, Shape, structure};

const MAGIC: &[u8] = b"k8s\0";

/// Reads an object in its envelope; None when it is none, or of a type that the table does not know.
pub(super) fn read(body: &[u8]) -> Option<Value> {
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for (number, value) in Fields(body.strip_prefix(MAGIC)?) {
        match (number, value) {
            (1, Wire::Bytes(bytes)) => {
                for (number, value) in Fields(bytes) {
                    match (number, value) {
                        (1, Wire::Bytes(bytes)) => api_version = text(bytes),
                        (2, Wire::Bytes(bytes)) => kind = text(bytes),
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let (group, version) = crate::object::split_api_version(&api_version);
    let package = group.split('.').next().filter(|group| !group.is_empty()).unwrap_or("core");
    let shape = schema::named(&format!("{package}.{version}.{kind}"));
    let shape = shape.or_else(|| schema::named(&format!("meta.v1.{kind}")))?;
    let mut object = value(Wire::Bytes(raw), &shape)?;
    object["apiVersion"] = api_version.into();
    object["kind"] = kind.into();
    Some(object)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// One value as it is sent.
#[derive(Clone, Copy)]
enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, in the order in which they were sent; what cannot be read ends it.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u32, Wire<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok()?;
        let wire = match tag & 7 {
            0 => Wire::Number(self.varint()?),
            1 => Wire::Number(u64::from_le_bytes(self.take(8)?.try_into().ok()?)),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => Wire::Number(u64::from(u32::from_le_bytes(self.take(4)?.try_into().ok()?))),
            _ => return None,
        };
        Some((number, wire))
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }
}

fn value(wire: Wire<'_>, shape: &Shape) -> Option<Value> {
    Some(match (shape, wire) {
        (Shape::Text, Wire::Bytes(bytes)) => text(bytes).into(),
        (Shape::Bytes, Wire::Bytes(bytes)) => decode::base64(bytes).into(),
        (Shape::Integer, Wire::Number(number)) => number.cast_signed().into(),
        (Shape::Boolean, Wire::Number(number)) => (number != 0).into(),
        (Shape::Float, Wire::Number(number)) => f64::from_bits(number).into(),
        (Shape::Quantity, Wire::Bytes(bytes)) => match Fields(bytes).next()? {
            (1, Wire::Bytes(bytes)) => text(bytes).into(),
            _ => return None,
        },
        (Shape::IntOrString, Wire::Bytes(bytes)) => {
            let (mut is_text, mut number, mut name) = (false, 0, String::new());
            for field in Fields(bytes) {
                match field {
                    (1, Wire::Number(kind)) => is_text = kind != 0,
                    (2, Wire::Number(value)) => number = value.cast_signed(),
                    (3, Wire::Bytes(bytes)) => name = text(bytes),
                    _ => {}
                }
            }
            if is_text { name.into() } else { number.into() }
        }
        (Shape::Time | Shape::MicroTime, Wire::Bytes(bytes)) => {
            let (mut seconds, mut nanos) = (0, 0);
            for field in Fields(bytes) {
                match field {
                    (1, Wire::Number(number)) => seconds = number.cast_signed(),
                    (2, Wire::Number(number)) => nanos = i32::try_from(number).unwrap_or(0),
                    _ => {}
                }
            }
            if bytes.is_empty() {
                return None;
            }
            let time = jiff::Timestamp::new(seconds, nanos).ok()?;
            match shape {
                Shape::Time => decode::seconds(time).into(),
                _ => decode::micros(time).into(),
            }
        }
        (Shape::Any, Wire::Bytes(bytes)) => match Fields(bytes).next()? {
            (1, Wire::Bytes(bytes)) => serde_json::from_slice(bytes).ok()?,
            _ => return None,
        },
        (Shape::Struct { id, .. }, Wire::Bytes(bytes)) => {
            let fields: Vec<(&[u32], &Field)> =
                structure(*id).fields.iter().map(|field| (field.numbers.as_slice(), field)).collect();
            let mut map = Map::new();
            message(bytes, &fields, &mut map);
            Value::Object(map)
        }
        _ => return None,
    })
}

/// Reads a message whose fields are these; an embedded struct is a message of its own, with its fields one number deeper.
fn message(bytes: &[u8], fields: &[(&[u32], &Field)], map: &mut Map<String, Value>) {
    for (number, wire) in Fields(bytes) {
        let below: Vec<(&[u32], &Field)> = fields
            .iter()
            .filter_map(|(numbers, field)| {
                Some((numbers.split_first().filter(|(first, _)| **first == number)?.1, *field))
            })
            .collect();
        match (&below[..], wire) {
            ([([], field)], wire) => put(map, field, wire),
            ([_, ..], Wire::Bytes(bytes)) => message(bytes, &below, map),
            _ => {}
        }
    }
}

fn put(map: &mut Map<String, Value>, field: &Field, wire: Wire<'_>) {
    match (&field.shape, wire) {
        (Shape::List { of, .. }, wire) => {
            let items = map.entry(field.name.clone()).or_insert_with(|| json!([]));
            if let (Some(items), Some(item)) = (items.as_array_mut(), value(wire, of)) {
                items.push(item);
            }
        }
        (Shape::Map { of, .. }, Wire::Bytes(bytes)) => {
            let (mut key, mut entry) = (String::new(), None);
            for field in Fields(bytes) {
                match field {
                    (1, Wire::Bytes(bytes)) => key = text(bytes),
                    (2, wire) => entry = value(wire, of),
                    _ => {}
                }
            }
            let entries = map.entry(field.name.clone()).or_insert_with(|| json!({}));
            if let Some(entries) = entries.as_object_mut() {
                entries.insert(key, entry.unwrap_or_default());
            }
        }
        (shape, wire) => {
            if let Some(value) = value(wire, shape) {
                map.insert(field.name.clone(), value);
            }
        }
    }
}
