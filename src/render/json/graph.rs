//! The components of an environment and what must work before what, for machines.

use serde::Serialize;

use crate::{
    plan::Action,
    render::graph::{Boxed, Drawing},
};

use super::{FORMAT_VERSION, document};

#[derive(Serialize)]
struct GraphDocument<'a> {
    format_version: &'static str,
    title: &'a str,
    nodes: Vec<NodeDocument<'a>>,
    /// From what comes first to what needs it.
    edges: Vec<EdgeDocument<'a>>,
}

#[derive(Serialize)]
struct NodeDocument<'a> {
    name: &'a str,
    objects: Vec<ObjectDocument<'a>>,
}

#[derive(Serialize)]
struct ObjectDocument<'a> {
    object: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
}

#[derive(Serialize)]
struct EdgeDocument<'a> {
    first: &'a str,
    then: &'a str,
}

/// One document; all edges are in it, also those that others imply.
#[must_use]
pub fn graph(Drawing { title, boxes, edges }: &Drawing) -> String {
    let word = |action: Action| match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Adopt => "adopt",
        Action::Delete => "delete",
        Action::Release => "release",
        Action::Forget => "forget",
    };
    let nodes = boxes.iter().map(|Boxed { name, objects }| NodeDocument {
        name,
        objects: objects.iter().map(|(object, action)| ObjectDocument { object, action: action.map(word) }).collect(),
    });
    let edges = edges.iter().map(|(first, then)| EdgeDocument { first: &boxes[*first].name, then: &boxes[*then].name });
    document(&GraphDocument { format_version: FORMAT_VERSION, title, nodes: nodes.collect(), edges: edges.collect() })
}
