//! When an object of a chart has its turn, in the words of Helm's annotations: before the workloads of its component, or
//! after them. It knows no order of anything else.
//!
//! <https://helm.sh/docs/topics/charts_hooks/>

use crate::object::Object;

/// The annotation that makes an object a hook.
pub const ANNOTATION: &str = "helm.sh/hook";
/// The annotation that orders hooks of one stage.
const WEIGHT: &str = "helm.sh/hook-weight";

/// The turn of a hook in its component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hook {
    pub stage: Stage,
    /// Lighter ones come first.
    pub weight: i64,
}

/// Before or after the workloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Before,
    After,
}

/// What an object is by its annotations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Not a hook at all.
    Part,
    Hook(Hook),
    /// A hook of an event that no apply has, such as a test or a rollback: that event.
    Other(String),
}

/// The role of an object. One that is a hook of several events has the first turn that any of them gives.
#[must_use]
pub fn role(object: &Object) -> Role {
    let Some(events) = object.annotation(ANNOTATION) else { return Role::Part };
    let events: Vec<&str> = events.split(',').map(str::trim).filter(|event| !event.is_empty()).collect();
    let stage = |event: &&str| match *event {
        "pre-install" | "pre-upgrade" | "crd-install" => Some(Stage::Before),
        "post-install" | "post-upgrade" => Some(Stage::After),
        _ => None,
    };
    match (events.iter().filter_map(stage).min(), events.first()) {
        (Some(stage), _) => {
            let weight = object.annotation(WEIGHT).and_then(|weight| weight.trim().parse().ok()).unwrap_or_default();
            Role::Hook(Hook { stage, weight })
        }
        (None, Some(event)) => Role::Other((*event).to_owned()),
        (None, None) => Role::Part,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(annotations: serde_json::Value) -> Role {
        role(&Object(json!({"kind": "Job", "metadata": {"name": "a", "annotations": annotations}})))
    }

    #[test]
    fn hooks_have_a_stage_and_a_weight() {
        let hook = |stage, weight| Role::Hook(Hook { stage, weight });
        assert_eq!(of(json!({})), Role::Part);
        assert_eq!(of(json!({"helm.sh/hook": ""})), Role::Part);
        assert_eq!(of(json!({"helm.sh/hook": "pre-install,pre-upgrade"})), hook(Stage::Before, 0));
        assert_eq!(of(json!({"helm.sh/hook": "post-install, pre-upgrade"})), hook(Stage::Before, 0));
        assert_eq!(of(json!({"helm.sh/hook": "post-upgrade", "helm.sh/hook-weight": "-5"})), hook(Stage::After, -5));
        assert_eq!(of(json!({"helm.sh/hook": "post-upgrade", "helm.sh/hook-weight": "x"})), hook(Stage::After, 0));
    }

    #[test]
    fn hooks_of_other_events_are_told_by_their_event() {
        for event in ["test", "test-success", "pre-delete", "post-rollback", "nonsense"] {
            assert_eq!(of(json!({"helm.sh/hook": event})), Role::Other(event.to_owned()));
        }
    }
}
