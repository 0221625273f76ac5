//! An environment as a picture: its components with their objects as boxes, and what must work before what. Words for
//! Graphviz, and a drawing of our own, so that nothing needs to be installed.

mod dot;
mod layout;
mod svg;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use dot::dot;
pub use svg::svg;

use crate::plan::Action;

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    pub title: String,
    pub boxes: Vec<Boxed>,
    /// Pairs of boxes by their places in the list: what comes first, and what needs it.
    pub edges: BTreeSet<(usize, usize)>,
}

/// A component, or what belongs to none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boxed {
    /// Its address.
    pub name: String,
    /// `Deployment orders`, each with what a plan would do to it.
    pub objects: Vec<(String, Option<Action>)>,
}

/// The edges that no way over others implies.
fn reduced(edges: &BTreeSet<(usize, usize)>) -> BTreeSet<(usize, usize)> {
    let reaches = |from: usize, to: usize, but: (usize, usize)| {
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            for edge in edges.iter().filter(|edge| edge.0 == at && **edge != but) {
                if edge.1 == to {
                    return true;
                }
                if seen.insert(edge.1) {
                    open.push(edge.1);
                }
            }
        }
        false
    };
    edges.iter().copied().filter(|edge| !reaches(edge.0, edge.1, *edge)).collect()
}

/// The mark of an action, and its name where styles are named.
fn mark(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Create => ("+", "add"),
        Action::Update | Action::Adopt | Action::Release => ("~", "change"),
        Action::Replace => ("-/+", "replace"),
        Action::Delete => ("-", "remove"),
        Action::Forget => (".", "forget"),
    }
}

/// The line of an object.
fn line((object, action): &(String, Option<Action>)) -> String {
    let object = super::style::clean_line(object);
    action.map_or_else(|| object.clone(), |action| format!("{} {object}", mark(action).0))
}
