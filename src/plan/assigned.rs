//! What the server, or the run, gave an object that is to be replaced, and gives the new one anew: people learn that it is
//! lost, though the definition says nothing of it.

use serde_json::Value;

use crate::{
    desired::Manifest,
    object::{FieldPath, Object, Segment},
    secret::Recipe,
};

use super::{After, FieldChange};

/// The fields that are not asked for, are there, and will be others.
pub(super) fn assigned(manifest: &Manifest, live: &Object) -> Vec<FieldChange> {
    let kind = &manifest.key.kind;
    let mut fields = Vec::new();
    if kind.is("", "Service") && live.at("/spec/type").and_then(Value::as_str) != Some("ExternalName") {
        let address = FieldPath::fields(&["spec", "clusterIP"]);
        // A headless Service has none, and asks for that.
        fields.extend(unless_asked(manifest, live, address));
        let ports = live.at("/spec/ports").and_then(Value::as_array);
        let port = |item: &Value| {
            let keys = serde_json::json!({"port": item.get("port")?, "protocol": item.get("protocol")?});
            let item = FieldPath::fields(&["spec", "ports"]).with(Segment::Key(crate::object::canonical(&keys)));
            // One that goes, goes as a whole.
            item.get(&manifest.body.0)?;
            unless_asked(manifest, live, item.with(Segment::Field("nodePort".to_owned())))
        };
        fields.extend(ports.into_iter().flatten().filter_map(port));
    }
    if kind.is("", "PersistentVolumeClaim") {
        fields.extend(unless_asked(manifest, live, FieldPath::fields(&["spec", "volumeName"])));
    }
    if matches!((kind.group.as_str(), kind.kind.as_str()), ("apps", "Deployment" | "StatefulSet" | "ReplicaSet")) {
        fields.extend(scaled(manifest, live));
    }
    let generated = manifest.secret.iter().flat_map(Recipe::generated);
    fields.extend(generated.map(|(name, _)| FieldChange {
        path: FieldPath::fields(&["data", name]),
        // That there was a value is all that is told of it.
        before: Some(Value::Null),
        after: After::Secret,
    }));
    fields
}

/// A number of replicas that nobody asks for here: somebody scaled the object, which leaves no owner where the field had
/// none before. A new object begins with the server's default.
fn scaled(manifest: &Manifest, live: &Object) -> Option<FieldChange> {
    const DEFAULT: u64 = 1;
    let field = unless_asked(manifest, live, FieldPath::fields(&["spec", "replicas"]))?;
    let is_scaled = field.before.as_ref().and_then(Value::as_u64) != Some(DEFAULT);
    is_scaled.then(|| FieldChange { after: After::Value(DEFAULT.into()), ..field })
}

fn unless_asked(manifest: &Manifest, live: &Object, path: FieldPath) -> Option<FieldChange> {
    let before = path.get(&live.0)?.clone();
    let is_asked = path.get(&manifest.body.0).is_some();
    (!is_asked).then_some(FieldChange { path, before: Some(before), after: After::Unknown })
}
