//! A plan as `-json` tells it.

use std::collections::{BTreeMap, BTreeSet};

use ditc::failure::Exit;
use serde_json::Value;

use super::{
    cluster::Said,
    world::{Broken, law},
};
use crate::support_model::{key, text_at};

pub(super) struct Plan {
    pub exit: Exit,
    pub applyable: bool,
    /// Each key with its action; of a replacement, `replace`.
    pub changes: BTreeMap<String, String>,
    pub blocked: BTreeSet<String>,
    pub drift: BTreeSet<String>,
    pub text: String,
}

impl Plan {
    pub(super) fn parse(said: &Said) -> Result<Self, Broken> {
        let exit = said.exit.expect("a plan is not killed");
        let document = serde_json::Deserializer::from_str(&said.out).into_iter::<Value>().next();
        let Some(Ok(document)) =
            document.filter(|document| matches!(document, Ok(document) if document["changes"].is_array()))
        else {
            return Err(format!("there is no plan: {}", said.all));
        };
        let keys = |part: &str| -> Vec<(String, Value)> {
            let found = document[part].as_array().into_iter().flatten();
            let of =
                |object: &Value| key(text_at(object, "/kind"), text_at(object, "/namespace"), text_at(object, "/name"));
            found.map(|object| (of(object), object.clone())).collect()
        };
        let action = |change: &Value| match change["actions"].as_array().map_or(0, Vec::len) {
            2 => "replace".to_owned(),
            _ => text_at(change, "/actions/0").to_owned(),
        };
        let only_keys = |part| keys(part).into_iter().map(|(key, _)| key).collect();
        let plan = Plan {
            exit,
            applyable: document["applyable"] == true,
            changes: keys("changes").into_iter().map(|(key, change)| (key, action(&change))).collect(),
            blocked: only_keys("blocked"),
            drift: only_keys("drift"),
            text: said.out.clone(),
        };
        law!(plan.applyable == (exit != Exit::Error), "a plan ends with {exit:?}: {}", plan.text);
        let has_changes = plan.changes.values().any(|action| action != "forget");
        let fits = !plan.applyable || has_changes == (exit == Exit::Changes);
        law!(fits, "a plan ends with {exit:?}: {}", plan.text);
        Ok(plan)
    }
}
