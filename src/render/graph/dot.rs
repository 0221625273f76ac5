//! The picture in the language of Graphviz.

use std::fmt::Write;

use crate::render::style::clean_line;

use super::{Boxed, Drawing, line, mark, reduced};

/// A digraph; an edge leads from what comes first to what needs it.
#[must_use]
pub fn dot(drawing: &Drawing) -> String {
    let Drawing { title, boxes, edges } = drawing;
    let mut out = format!("digraph {} {{\n  rankdir=LR;\n", quoted(title));
    out.push_str("  node [shape=box, fontname=\"monospace\", fontsize=10];\n");
    for Boxed { name, objects } in boxes {
        let lines = objects.iter().map(|object| format!("{}\\l", escaped(&line(object))));
        let label = format!("{}\\l{}", escaped(&clean_line(name)), lines.collect::<String>());
        let colour = objects.iter().filter_map(|(_, action)| *action).max().map(|action| match mark(action).1 {
            "add" => ", color=darkgreen",
            "change" => ", color=darkorange",
            "forget" => ", color=gray",
            _ => ", color=red",
        });
        let _ = writeln!(out, "  {} [label=\"{label}\"{}];", quoted(name), colour.unwrap_or_default());
    }
    for (first, then) in reduced(edges) {
        let _ = writeln!(out, "  {} -> {};", quoted(&boxes[first].name), quoted(&boxes[then].name));
    }
    out + "}\n"
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(&clean_line(text)))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
