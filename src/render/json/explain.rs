//! One thing of an environment explained, for machines.

use serde::Serialize;

use crate::render::text::{Alive, Explained, Input, Owned, Planned, Related};

use super::{FORMAT_VERSION, document};

#[derive(Serialize)]
struct ExplainDocument<'a> {
    format_version: &'static str,
    address: &'a str,
    sort: &'a str,
    defined: Option<&'a str>,
    template: Option<&'a str>,
    module: Option<&'a str>,
    /// The path in its repository.
    chart: Option<&'a str>,
    manifests: Option<&'a str>,
    stands_at: Option<&'a str>,
    commit: Option<&'a str>,
    dirty: bool,
    follows: Vec<InputDocument<'a>>,
    inputs: Vec<InputDocument<'a>>,
    variables: Vec<InputDocument<'a>>,
    changes: Vec<ChangeDocument<'a>>,
    objects: Vec<ObjectDocument<'a>>,
    waits_for: Vec<RelatedDocument<'a>>,
    waited_for_by: Vec<RelatedDocument<'a>>,
    fields: Vec<FieldDocument<'a>>,
}

#[derive(Serialize)]
struct InputDocument<'a> {
    name: &'a str,
    /// As it is written.
    value: &'a str,
    place: &'a str,
    default: bool,
}

#[derive(Serialize)]
struct ChangeDocument<'a> {
    address: &'a str,
    action: &'a str,
    reason: Option<&'a str>,
    blocked: bool,
}

#[derive(Serialize)]
struct ObjectDocument<'a> {
    address: &'a str,
    condition: &'a str,
    why: Option<&'a str>,
    uid: Option<&'a str>,
    api_version: Option<&'a str>,
    resource_version: Option<&'a str>,
    since: Option<&'a str>,
}

#[derive(Serialize)]
struct RelatedDocument<'a> {
    address: &'a str,
    condition: &'a str,
}

#[derive(Serialize)]
struct FieldDocument<'a> {
    path: &'a str,
    manager: &'a str,
    operation: &'a str,
    time: Option<&'a str>,
    value: Option<&'a str>,
}

/// One document.
#[must_use]
pub fn explain(explained: &Explained) -> String {
    let Explained {
        address,
        sort,
        defined,
        template,
        module,
        own,
        revision,
        follows,
        inputs,
        variables,
        definition,
        changes,
        objects,
        needs,
        needed_by,
        fields,
    } = explained;
    document(&ExplainDocument {
        format_version: FORMAT_VERSION,
        address,
        sort,
        defined: defined.as_deref(),
        template: template.as_deref(),
        module: module.as_deref(),
        chart: own.as_ref().filter(|(what, _)| *what == "chart").map(|(_, path)| path.as_str()),
        manifests: own.as_ref().filter(|(what, _)| *what != "chart").map(|(_, path)| path.as_str()),
        stands_at: revision.as_ref().map(|revision| revision.commit.as_str()),
        commit: definition.as_ref().map(|definition| definition.commit.as_str()),
        dirty: definition.as_ref().is_some_and(|definition| definition.is_dirty),
        follows: follows.iter().map(input).collect(),
        inputs: inputs.iter().map(input).collect(),
        variables: variables.iter().map(input).collect(),
        changes: changes
            .iter()
            .map(|Planned { address, action, reason, is_blocked }| ChangeDocument {
                address,
                action,
                reason: reason.as_deref(),
                blocked: *is_blocked,
            })
            .collect(),
        objects: objects.iter().map(object).collect(),
        waits_for: needs.iter().map(related).collect(),
        waited_for_by: needed_by.iter().map(related).collect(),
        fields: fields.iter().map(field).collect(),
    })
}

fn input(Input { name, value, place, is_default }: &Input) -> InputDocument<'_> {
    InputDocument { name, value, place, default: *is_default }
}

fn related(Related { address, condition }: &Related) -> RelatedDocument<'_> {
    RelatedDocument { address, condition }
}

fn object(object: &Alive) -> ObjectDocument<'_> {
    let Alive { address, condition, why, uid, api_version, resource_version, since, age: _ } = object;
    ObjectDocument {
        address,
        condition,
        why: why.as_deref(),
        uid: uid.as_deref(),
        api_version: api_version.as_deref(),
        resource_version: resource_version.as_deref(),
        since: since.as_deref(),
    }
}

fn field(Owned { path, manager, operation, time, value }: &Owned) -> FieldDocument<'_> {
    FieldDocument { path, manager, operation, time: time.as_deref(), value: value.as_deref() }
}
