//! Where everything stands: columns from left to right in the order in which things start, boxes below each other, lines
//! between them that cross no box. Whole numbers only, so that the same picture is the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use unicode_width::UnicodeWidthStr;

use super::{Drawing, line, reduced};

/// Room for the title above.
const TOP: i64 = 64;
pub(super) const MARGIN: i64 = 24;
pub(super) const HEAD: i64 = 28;
pub(super) const LINE: i64 = 17;
const PADDING: i64 = 10;
/// Tenths of a pixel that a letter takes at 12 pixels; typefaces of one width take at most 0.61 em.
const LETTER: i64 = 74;
const BETWEEN_COLUMNS: i64 = 56;
const BETWEEN_BOXES: i64 = 18;
/// More sweeps than this change nothing in pictures of a few dozen boxes.
const SWEEPS: usize = 8;

/// A rectangle with a place; what is only passed has no height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
}

impl Place {
    pub(super) fn middle(&self) -> i64 {
        self.y + self.height / 2
    }
}

/// The whole picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) width: i64,
    pub(super) height: i64,
    /// One for each box of the drawing.
    pub(super) boxes: Vec<Place>,
    /// Where lines of several meet and part.
    pub(super) knots: Vec<Place>,
    pub(super) lines: Vec<Line>,
}

/// A line over places, from the right side of each to the left side of the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) over: Vec<Place>,
    /// Whether it ends at a box, and so with an arrow.
    pub(super) has_arrow: bool,
}

/// What takes room in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Boxed(usize),
    Knot,
    Passed,
}

pub(super) fn layout(drawing: &Drawing) -> Layout {
    let mut graph = Graph::new(drawing);
    graph.knot();
    let columns = graph.columns();
    let mut columns = graph.pass_through(columns);
    graph.order(&mut columns);
    graph.place(&columns)
}

struct Graph {
    nodes: Vec<Node>,
    sizes: Vec<(i64, i64)>,
    edges: BTreeSet<(usize, usize)>,
}

impl Graph {
    fn new(drawing: &Drawing) -> Self {
        let size = |at: usize| {
            let boxed = &drawing.boxes[at];
            let lines = boxed.objects.iter().map(line).chain([boxed.name.clone()]);
            let letters = lines.map(|line| i64::try_from(line.width()).unwrap_or(0)).max().unwrap_or(0);
            let count = i64::try_from(boxed.objects.len()).unwrap_or(0);
            let below = if count == 0 { 0 } else { count * LINE + PADDING };
            (letters * LETTER / 10 + 2 * PADDING, HEAD + below)
        };
        Self {
            nodes: (0..drawing.boxes.len()).map(Node::Boxed).collect(),
            sizes: (0..drawing.boxes.len()).map(size).collect(),
            edges: reduced(&drawing.edges),
        }
    }

    fn add(&mut self, node: Node, size: (i64, i64)) -> usize {
        self.nodes.push(node);
        self.sizes.push(size);
        self.nodes.len() - 1
    }

    /// Where several need the same several, all lines between them lead over one knot.
    fn knot(&mut self) {
        let mut needs: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (first, then) in &self.edges {
            needs.entry(*then).or_default().insert(*first);
        }
        let mut alike: BTreeMap<BTreeSet<usize>, Vec<usize>> = BTreeMap::new();
        for (then, firsts) in needs {
            alike.entry(firsts).or_default().push(then);
        }
        for (firsts, thens) in alike.into_iter().filter(|(firsts, thens)| firsts.len() > 1 && thens.len() > 1) {
            let knot = self.add(Node::Knot, (8, 8));
            for then in thens {
                for first in &firsts {
                    self.edges.remove(&(*first, then));
                }
                self.edges.insert((knot, then));
            }
            self.edges.extend(firsts.iter().map(|first| (*first, knot)));
        }
    }

    /// The column of each node: one behind the last of those that it needs.
    fn columns(&self) -> Vec<usize> {
        let mut columns = vec![0; self.nodes.len()];
        // As often as the longest way is long; a circle ends with the count.
        for _ in 0..self.nodes.len() {
            let mut moved = false;
            for (first, then) in &self.edges {
                if columns[*then] <= columns[*first] {
                    columns[*then] = columns[*first] + 1;
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
        columns
    }

    /// Gives lines that pass a column a place in it, so that they cross no box; gives the nodes of each column.
    fn pass_through(&mut self, mut columns: Vec<usize>) -> Vec<Vec<usize>> {
        for (first, then) in self.edges.clone() {
            if columns[then] <= columns[first] + 1 {
                continue;
            }
            self.edges.remove(&(first, then));
            let mut before = first;
            for column in columns[first] + 1..columns[then] {
                let passed = self.add(Node::Passed, (0, 0));
                columns.push(column);
                self.edges.insert((before, passed));
                before = passed;
            }
            self.edges.insert((before, then));
        }
        let count = columns.iter().max().map_or(0, |last| last + 1);
        let mut nodes = vec![Vec::new(); count];
        for (node, column) in columns.into_iter().enumerate() {
            nodes[column].push(node);
        }
        nodes
    }

    /// Neighbours before, or behind.
    fn beside(&self, node: usize, before: bool) -> Vec<usize> {
        let edges = self.edges.iter().filter(|(first, then)| if before { *then == node } else { *first == node });
        edges.map(|(first, then)| if before { *first } else { *then }).collect()
    }

    /// Puts nodes near to what they are joined with, sweeping to and fro.
    fn order(&self, columns: &mut [Vec<usize>]) {
        for sweep in 0..SWEEPS {
            let before = sweep % 2 == 0;
            let range: Vec<usize> =
                if before { (1..columns.len()).collect() } else { (0..columns.len()).rev().collect() };
            for at in range {
                let places: BTreeMap<usize, i64> = columns
                    .iter()
                    .flat_map(|column| column.iter().enumerate())
                    .map(|(place, node)| (*node, i64::try_from(place).unwrap_or(0) * 1000))
                    .collect();
                let wish = |node: usize| {
                    let beside: Vec<i64> = self.beside(node, before).iter().map(|other| places[other]).collect();
                    mean(&beside).unwrap_or(places[&node])
                };
                columns[at].sort_by_key(|node| (wish(*node), places[node]));
            }
        }
    }

    fn place(&self, columns: &[Vec<usize>]) -> Layout {
        let mut places = vec![Place { x: 0, y: 0, width: 0, height: 0 }; self.nodes.len()];
        let mut x = MARGIN;
        for column in columns {
            let width = column.iter().map(|node| self.sizes[*node].0).max().unwrap_or(0);
            for node in column {
                let (own, height) = self.sizes[*node];
                let width = if self.nodes[*node] == Node::Passed { width } else { own };
                places[*node] = Place { x, y: 0, width, height };
            }
            x += width + BETWEEN_COLUMNS;
        }
        for column in columns {
            self.stack(column, &mut places, |place| place.y);
        }
        for sweep in 0..SWEEPS {
            let before = sweep % 2 == 0;
            let range: Vec<usize> =
                if before { (0..columns.len()).collect() } else { (0..columns.len()).rev().collect() };
            for at in range {
                let known = places.clone();
                for node in &columns[at] {
                    let beside: Vec<i64> =
                        self.beside(*node, before).iter().map(|other| known[*other].middle()).collect();
                    if let Some(middle) = mean(&beside) {
                        places[*node].y = middle - places[*node].height / 2;
                    }
                }
                self.stack(&columns[at], &mut places, |place| place.y);
            }
        }
        let top = places.iter().map(|place| place.y).min().unwrap_or(0);
        for place in &mut places {
            place.y += TOP - top;
        }
        self.drawn(&places, x - BETWEEN_COLUMNS + MARGIN)
    }

    /// Keeps the order of a column and its distances, near to where its nodes wish to be.
    fn stack(&self, column: &[usize], places: &mut [Place], wish: impl Fn(&Place) -> i64) {
        let wishes: Vec<i64> = column.iter().map(|node| wish(&places[*node])).collect();
        let mut bottom = i64::MIN / 2;
        for (node, wish) in column.iter().zip(&wishes) {
            let place = &mut places[*node];
            place.y = (*wish).max(bottom);
            bottom = place.y + place.height + BETWEEN_BOXES;
        }
        // Pushed down only, it would drift: half of the push is given back.
        let moved: Vec<i64> = column.iter().zip(&wishes).map(|(node, wish)| places[*node].y - wish).collect();
        let back = mean(&moved).unwrap_or(0);
        for node in column {
            places[*node].y -= back;
        }
    }

    fn drawn(&self, places: &[Place], width: i64) -> Layout {
        let of = |sort: fn(&Node) -> bool| {
            let nodes = self.nodes.iter().zip(places).filter(move |(node, _)| sort(node));
            nodes.map(|(_, place)| *place).collect::<Vec<_>>()
        };
        let mut lines = Vec::new();
        let is_passed = |node: usize| self.nodes[node] == Node::Passed;
        for (first, then) in self.edges.iter().filter(|(first, _)| !is_passed(*first)) {
            let (mut over, mut at) = (vec![places[*first]], *then);
            while is_passed(at) {
                over.push(places[at]);
                at = self.beside(at, false)[0];
            }
            over.push(places[at]);
            lines.push(Line { over, has_arrow: matches!(self.nodes[at], Node::Boxed(_)) });
        }
        let bottom = places.iter().map(|place| place.y + place.height).max().unwrap_or(TOP);
        Layout {
            width,
            height: bottom + MARGIN,
            boxes: of(|node| matches!(node, Node::Boxed(_))),
            knots: of(|node| *node == Node::Knot),
            lines,
        }
    }
}

fn mean(numbers: &[i64]) -> Option<i64> {
    let count = i64::try_from(numbers.len()).ok().filter(|count| *count > 0)?;
    Some(numbers.iter().sum::<i64>() / count)
}
