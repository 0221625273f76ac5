//! What a plan leaves as it is, as `-exclude` says.

use serde::Serialize;

use crate::plan::{LeftOut, Plan};

use super::{plan::Resource, words::left_out_word};

#[derive(Serialize)]
pub(super) struct LeftOutDocument<'a> {
    #[serde(flatten)]
    resource: Resource<'a>,
    reason: &'static str,
    /// What it builds upon, or what builds upon it.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
}

impl<'a> LeftOutDocument<'a> {
    pub(super) fn all(plan: &'a Plan) -> Vec<Self> {
        let one = |(key, (component, why)): (&'a _, &'a (_, _))| {
            let because = match why {
                LeftOut::Needs(address) | LeftOut::Needed(address) => Some(address.to_string()),
                LeftOut::Excluded | LeftOut::Inhabited => None,
            };
            Self { resource: Resource::new(plan, Option::as_ref(component), key), reason: left_out_word(why), because }
        };
        plan.left_out.iter().map(one).collect()
    }
}
