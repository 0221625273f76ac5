//! Pictures of environments, small and large.

use std::collections::BTreeSet;

use snapbox::{assert_data_eq, str};

use super::{
    layout::{Place, layout},
    *,
};

fn boxed(name: &str, objects: &[&str]) -> Boxed {
    Boxed { name: name.to_owned(), objects: objects.iter().map(|object| ((*object).to_owned(), None)).collect() }
}

fn small() -> Drawing {
    let mut web = boxed("services.web", &["Deployment web", "Service web"]);
    web.objects[0].1 = Some(Action::Update);
    web.objects[1].1 = Some(Action::Create);
    Drawing {
        title: "environment demo".to_owned(),
        boxes: vec![
            boxed("dependencies.<db> & \"co\"", &["StatefulSet db\u{1b}[31m"]),
            web,
            boxed("services.api", &[]),
        ],
        edges: BTreeSet::from([(0, 1), (0, 2), (2, 1)]),
    }
}

/// Ten dependencies, twenty services that need all of them, and each third needs the one before.
fn large() -> Drawing {
    let mut boxes: Vec<Boxed> = (0..10)
        .map(|at| boxed(&format!("dependencies.number-{at}"), &["StatefulSet db", "Secret db", "Service db"]))
        .collect();
    let mut edges = BTreeSet::new();
    for at in 10..30 {
        boxes.push(boxed(&format!("services.number-{at}"), &["Deployment app", "Service app", "Ingress app"]));
        edges.extend((0..10).map(|dependency| (dependency, at)));
        if at % 3 == 0 && at > 10 {
            edges.insert((at - 1, at));
        }
    }
    // One that leads past a column.
    edges.insert((0, 12));
    Drawing { title: "environment large".to_owned(), boxes, edges }
}

#[test]
fn graphviz_gets_every_box_and_no_edge_that_others_imply() {
    assert_data_eq!(
        dot(&small()),
        str![[r#"
digraph "environment demo" {
  rankdir=LR;
  node [shape=box, fontname="monospace", fontsize=10];
  "dependencies.<db> & /"co/"" [label="dependencies.<db> & /"co/"/lStatefulSet db//u{1b}[31m/l"];
  "services.web" [label="services.web/l~ Deployment web/l+ Service web/l", color=darkorange];
  "services.api" [label="services.api/l"];
  "dependencies.<db> & /"co/"" -> "services.api";
  "services.api" -> "services.web";
}

"#]]
    );
}

#[test]
fn a_drawing_is_whole_and_harmless() {
    let text = svg(&small());
    assert_eq!(text, svg(&small()), "the same bytes");
    // Viewers that know neither would draw all in black.
    assert!(!text.contains("var(") && !text.contains(":root"), "{text}");
    for part in [
        "dependencies.&lt;db&gt; &amp; &quot;co&quot;",
        "class=\"change\" x=",
        ">~ Deployment web<",
        "class=\"add\"",
        "prefers-color-scheme: dark",
        "marker-end=\"url(#tip)\"",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains('\u{1b}') && !text.contains("<db>"), "{text}");
    assert_eq!(text.matches("class=\"edge\"").count(), 2);
    assert_eq!(text.matches("<g>").count(), 3);
}

#[test]
fn thirty_components_stand_apart_with_lines_that_cross_none_of_them() {
    let drawing = large();
    let layout = layout(&drawing);
    assert_eq!(layout.boxes.len(), 30);
    let inside = |place: &Place| {
        place.x >= 0 && place.y >= 0 && place.x + place.width <= layout.width && place.y + place.height <= layout.height
    };
    assert!(layout.boxes.iter().all(inside));
    let apart = |a: &Place, b: &Place| {
        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
    };
    for (at, one) in layout.boxes.iter().enumerate() {
        for other in &layout.boxes[at + 1..] {
            assert!(apart(one, other), "{one:?} {other:?}");
        }
    }
    // All services need the same ten dependencies, so those lines meet in knots: far fewer than two hundred.
    assert!(layout.lines.len() < 60, "{}", layout.lines.len());
    for line in &layout.lines {
        for passed in &line.over[1..line.over.len() - 1] {
            let through = |place: &Place| {
                (place.x..place.x + place.width.max(1)).contains(&passed.x)
                    && (place.y..place.y + place.height).contains(&passed.middle())
            };
            assert!(!layout.boxes.iter().any(through), "{passed:?}");
        }
        let goes_on = line.over.windows(2).all(|pair| pair[0].x + pair[0].width < pair[1].x);
        assert!(goes_on, "{line:?}");
    }
    assert!(layout.width < 2000 && layout.height < 4000, "{} x {}", layout.width, layout.height);
}

#[test]
fn nothing_and_a_circle_are_drawn_too() {
    let nothing = Drawing { title: "environment empty".to_owned(), boxes: Vec::new(), edges: BTreeSet::new() };
    assert!(svg(&nothing).ends_with("</svg>\n"));
    let circle = Drawing { boxes: vec![boxed("a", &[]), boxed("b", &[])], edges: [(0, 1), (1, 0)].into(), ..nothing };
    assert!(svg(&circle).ends_with("</svg>\n"));
}
