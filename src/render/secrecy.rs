//! What is never shown: the values of a Secret, whatever a plan says. The planner holds none; this is the last gate.

use serde_json::Value;

use crate::object::{FieldPath, ObjectKey, Segment};

/// Stands where a value is not shown.
pub(super) const SENSITIVE: &str = "(sensitive value)";

/// kubectl keeps whole objects in this annotation, values included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Whether a value at a path of an object must not be shown.
pub(super) fn is_hidden(key: &ObjectKey, path: &FieldPath, value: Option<&Value>) -> bool {
    if !key.kind.is("", "Secret") {
        return false;
    }
    let is_open = |name: &str| matches!(name, "metadata" | "type" | "immutable" | "apiVersion" | "kind");
    let may_be_shown = matches!(path.0.first(), Some(Segment::Field(name)) if is_open(name));
    let in_annotation = path.0.contains(&Segment::Field(LAST_APPLIED.to_owned()));
    !may_be_shown || in_annotation || value.is_some_and(|value| value.to_string().contains(LAST_APPLIED))
}
