//! The picture as SVG, for light and dark backgrounds alike.

use std::fmt::Write;

use crate::render::style::clean_line;

use super::{
    Boxed, Drawing,
    layout::{HEAD, LINE, Layout, Line, MARGIN, Place, layout},
    line, mark,
};

/// Colours stand in plain rules, and those for dark grounds behind them: many viewers know no variables, and what they
/// do not know they draw black.
const STYLE: &str = "\
    .ground { fill: #ffffff; } .box { fill: #f6f8fa; stroke: #818b98; } .edge { fill: none; stroke: #818b98; stroke-width: 1.3; }\n    \
    .tip, .knot { fill: #818b98; }\n    \
    text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1f2328; } .title { font-size: 15px; font-weight: bold; } \
    .name { font-weight: bold; }\n    \
    .dim, .forget { fill: #59636e; } .add { fill: #1a7f37; } .change { fill: #9a6700; } .remove, .replace { fill: #cf222e; }\n    \
    @media (prefers-color-scheme: dark) { .ground { fill: #0d1117; } .box { fill: #151b23; stroke: #656c76; } \
    .edge { stroke: #656c76; } .tip, .knot { fill: #656c76; } text { fill: #f0f6fc; } .dim, .forget { fill: #9198a1; } \
    .add { fill: #3fb950; } .change { fill: #d29922; } .remove, .replace { fill: #f85149; } }";

/// A whole document.
#[must_use]
pub fn svg(drawing: &Drawing) -> String {
    let Layout { width, height, boxes, knots, lines } = layout(drawing);
    let title = escaped(&drawing.title);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{title}\">\n  <title>{title}</title>\n  <style>\n    {STYLE}\n  </style>\n  <defs><marker \
         id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path \
         class=\"tip\" d=\"M0 0 L8 4 L0 8 Z\"/></marker></defs>\n"
    );
    let mut put = |text: String| out.push_str(&format!("  {text}\n"));
    put(format!("<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>"));
    put(format!("<text class=\"title\" x=\"{MARGIN}\" y=\"30\">{title}</text>"));
    put(format!("<text class=\"dim\" x=\"{MARGIN}\" y=\"48\">an arrow leads from what starts first</text>"));
    for line in &lines {
        put(edge(line));
    }
    for Place { x, y, .. } in &knots {
        put(format!("<circle class=\"knot\" cx=\"{}\" cy=\"{}\" r=\"4\"/>", x + 4, y + 4));
    }
    for (boxed, place) in drawing.boxes.iter().zip(&boxes) {
        put(drawn(boxed, place));
    }
    out + "</svg>\n"
}

/// A curve from place to place, straight through what it passes.
fn edge(Line { over, has_arrow }: &Line) -> String {
    let mut path = String::new();
    for pair in over.windows(2) {
        let (from, to) = (&pair[0], &pair[1]);
        let (x1, y1, x2, y2) = (from.x + from.width, from.middle(), to.x, to.middle());
        let half = (x2 - x1) / 2;
        let begin = if path.is_empty() { format!("M{x1} {y1}") } else { format!(" L{x1} {y1}") };
        let _ = write!(path, "{begin} C{} {y1} {} {y2} {x2} {y2}", x1 + half, x2 - half);
    }
    let tip = if *has_arrow { " marker-end=\"url(#tip)\"" } else { "" };
    format!("<path class=\"edge\" d=\"{path}\"{tip}/>")
}

fn drawn(Boxed { name, objects }: &Boxed, Place { x, y, width, height }: &Place) -> String {
    let mut out =
        format!("<g><rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>");
    let left = x + 10;
    let _ = write!(out, "<text class=\"name\" x=\"{left}\" y=\"{}\">{}</text>", y + 19, escaped(name));
    let mut at = y + HEAD + 11;
    for object in objects {
        let class = object.1.map_or("dim", |action| mark(action).1);
        let _ = write!(out, "<text class=\"{class}\" x=\"{left}\" y=\"{at}\">{}</text>", escaped(&line(object)));
        at += LINE;
    }
    out + "</g>"
}

/// Text as SVG takes it, whoever wrote it.
fn escaped(text: &str) -> String {
    let text = clean_line(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
