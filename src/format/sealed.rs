//! JSON objects that carry their format and a hash over themselves; what they say is for others to know.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{FORMAT, Unreadable, check_format};
use crate::object::Hash;

/// Writes `body`, which must be a struct, with its format and hash.
pub(super) fn seal(body: &impl Serialize) -> String {
    let body = serde_json::to_value(body).expect("stored types have text keys and no special floats");
    let Value::Object(body) = body else { unreachable!("stored types are structs") };
    let mut sealed = Map::new();
    sealed.insert("format".to_owned(), FORMAT.into());
    sealed.extend(body);
    let mut sealed = Value::Object(sealed);
    sealed["hash"] = Hash::of_value(&sealed).to_string().into();
    sealed.to_string()
}

/// Reads what [`seal`] wrote; `what` names it in complaints.
pub(super) fn open<T: DeserializeOwned>(what: &'static str, text: &[u8]) -> Result<T, Unreadable> {
    let damaged = |why: String| Unreadable::Damaged { what, why };
    let mut sealed: Value = serde_json::from_slice(text).map_err(|error| damaged(format!("no JSON: {error}")))?;
    let map = sealed.as_object_mut().ok_or_else(|| damaged("no JSON object".to_owned()))?;
    let format = map.get("format").and_then(Value::as_str).ok_or_else(|| damaged("it has no format".to_owned()))?;
    check_format(what, format)?;
    let hash = map.shift_remove("hash");
    let hash = hash.as_ref().and_then(Value::as_str).and_then(Hash::from_hex);
    if hash.as_ref() != Some(&Hash::of_value(&sealed)) {
        return Err(damaged("its hash does not match its content".to_owned()));
    }
    serde_json::from_value(sealed).map_err(|error| damaged(error.to_string()))
}
