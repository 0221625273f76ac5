//! What the forms promise whatever they tell: a bound, markers that nobody forges, and languages that nothing breaks out of.

use proptest::prelude::*;
use snapbox::{assert_data_eq, str};

use super::*;

fn row(address: &str, block: &str) -> Row {
    let address = address.to_owned();
    let block = block.to_owned();
    Row { address, sign: "~", what: "update", is_drift: false, risks: Vec::new(), block, place: None, fate: None }
}

fn section(environment: &str, rows: Vec<Row>) -> Section {
    Section {
        environment: Some(environment.to_owned()),
        place: Some(format!("namespace {environment}, cluster staging")),
        headline: format!("Plan: 0 to add, {} to change, 0 to destroy.", rows.len()),
        standing: Standing::Changed,
        counts: Counts { change: rows.len(), ..Counts::default() },
        rows,
        ..Section::default()
    }
}

fn problem(level: Level, about: &str, summary: &str) -> Problem {
    let place = Place { path: "environments/jakub.toml".to_owned(), line: 7, end_line: 8, column: 3 };
    let details = vec!["help: look, there".to_owned()];
    Problem { about: Some(about.to_owned()), place: Some(place), details, ..Problem::new(level, summary) }
}

/// A plan with all that a section can hold.
fn whole() -> Section {
    let mut risky =
        row("jakub.services.orders/Service/orders", "-/+ Service \"orders\" {\n      ~ spec.x = 1 -> 2\n    }\n");
    risky.sign = "-/+";
    risky.what = "replace";
    risky.risks = vec!["nobody reaches what is behind it until it is made anew".to_owned()];
    let plain = row(
        "jakub.services.orders/Deployment/orders",
        "  ~ Deployment \"orders\" {\n      + spec.y = \"`@me`\"\n    }\n",
    );
    let mut section = section("jakub", vec![risky, plain]);
    section.problems.push(problem(Level::Warning, "jakub.services.orders", "50% of the quota: gone"));
    section.drift.push(Row { what: "changed", is_drift: true, ..row("jakub.services.orders/Deployment/orders", "") });
    section
}

#[test]
fn a_plan_in_markdown() {
    assert_data_eq!(
        markdown("plan", &[whole()], COMMENT),
        str![[r#"
<!-- ditc:jakub -->
<!-- ditc {"command":"plan","standing":"changed","told":"Plan: 0 to add, 2 to change, 0 to destroy."} -->
### :large_orange_diamond: ditc plan: <code>jakub</code>

<strong><code>Plan&#58; 0 to add, 2 to change, 0 to destroy.</code></strong> <sub><code>namespace jakub, cluster staging</code></sub>

- :warning: <code>jakub.services.orders</code>: <code>50&#37; of the quota&#58; gone</code> <sub><code>environments/jakub.toml&#58;7</code></sub>
  - <code>help&#58; look, there</code>

| | Object | Action | Look twice |
|---|---|---|---|
| <code>&#45;/&#43;</code> | <code>jakub.services.orders/Service/orders</code> | replace | :warning: <code>nobody reaches what is behind it until it is made anew</code> |
| <code>&#126;</code> | <code>jakub.services.orders/Deployment/orders</code> | update |  |

Changed outside of ditc:

| | Object | Action |
|---|---|---|
| <code>&#126;</code> | <code>jakub.services.orders/Deployment/orders</code> | changed |

<details><summary><code>&#45;/&#43; jakub.services.orders/Service/orders</code></summary>

```diff
-/+ Service "orders" {
!       spec.x = 1 -> 2
    }
```

</details>

<details><summary><code>&#126; jakub.services.orders/Deployment/orders</code></summary>

```diff
!   Deployment "orders" {
+       spec.y = "`@me`"
    }
```

</details>


"#]]
    );
}

#[test]
fn several_in_markdown() {
    let quiet =
        Section { headline: "No changes.".to_owned(), standing: Standing::Unchanged, ..section("demo", Vec::new()) };
    let mut broken = section("prod", Vec::new());
    broken.standing = Standing::Broken;
    broken.headline = "The cluster was not reached.".to_owned();
    assert_data_eq!(
        markdown("plan", &[quiet, broken], COMMENT),
        str![[r###"
## :x: ditc plan: 2 environments

| | Environment | |
|---|---|---|
| :x: | <code>prod</code> | <code>The cluster was not reached.</code> |
| :white_check_mark: | <code>demo</code> | <code>No changes.</code> |

<!-- ditc:demo -->
<!-- ditc {"command":"plan","standing":"unchanged","told":"No changes."} -->
### :white_check_mark: ditc plan: <code>demo</code>

<strong><code>No changes.</code></strong> <sub><code>namespace demo, cluster staging</code></sub>

<!-- ditc:prod -->
<!-- ditc {"command":"plan","standing":"broken","told":"The cluster was not reached."} -->
### :x: ditc plan: <code>prod</code>

<strong><code>The cluster was not reached.</code></strong> <sub><code>namespace prod, cluster staging</code></sub>


"###]]
    );
    assert_data_eq!(
        markdown("plan", &[], COMMENT),
        str![[r#"
<!-- ditc: none -->
## :white_check_mark: ditc plan: 0 environments


"#]]
    );
}

#[test]
fn annotations_stand_at_their_lines() {
    let mut section = whole();
    section.problems.push(problem(Level::Error, "a:b,c", "unknown key\n::set-env name=x::y"));
    assert_data_eq!(
        annotations(&[section.clone()], "preview"),
        str![[r#"
::error file=preview/environments/jakub.toml,line=7,endLine=8,col=3,title=a%3Ab%2Cc::unknown key%0A::set-env name=x::y%0Ahelp: look, there
::warning file=preview/environments/jakub.toml,line=7,endLine=8,col=3,title=jakub.services.orders::50%25 of the quota: gone%0Ahelp: look, there
::warning title=jakub.services.orders/Service/orders::nobody reaches what is behind it until it is made anew
::warning title=jakub.services.orders/Deployment/orders::changed outside of ditc

"#]]
    );
    section.problems = (0..13).map(|number| problem(Level::Error, "jakub", &number.to_string())).collect();
    let text = annotations(&[section], "");
    assert_eq!(text.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert!(text.contains("::notice title=ditc::and 3 more errors, in the log and the summary\n"), "{text}");
}

#[test]
fn outputs_of_a_step() {
    assert_data_eq!(
        outputs(&[whole()], 2, "END"),
        str![[r#"
changes<<END
true
END
broken<<END
false
END
import<<END
0
END
add<<END
0
END
change<<END
2
END
destroy<<END
0
END
forget<<END
0
END
environments<<END
["jakub"]
END
changed<<END
["jakub"]
END
strays<<END
[]
END
exitcode<<END
2
END

"#]]
    );
}

#[test]
fn a_list_of_tests() {
    let mut drift = section(
        "jakub",
        vec![Row { what: "deleted", is_drift: true, ..row("jakub.services.orders/Service/a", "- a\u{1}") }],
    );
    drift.good = vec!["jakub.services.orders/ConfigMap/b".to_owned()];
    drift.problems.push(problem(Level::Error, "jakub.services.orders/Secret/c", "it cannot be told"));
    let never = Section { headline: "It was never applied.".to_owned(), ..section("demo", Vec::new()) };
    assert_data_eq!(
        junit("drift", &[drift, never]),
        str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="ditc drift" tests="4" failures="1" errors="1" skipped="1">
  <testsuite name="jakub" tests="3" failures="1" errors="1" skipped="0">
    <testcase classname="jakub.services.orders" name="ConfigMap/b"/>
    <testcase classname="jakub.services.orders" name="Service/a">
      <failure message="deleted outside of ditc">deleted outside of ditc&#10;- a/u{1}</failure>
    </testcase>
    <testcase classname="jakub.services.orders" name="Secret/c">
      <error message="it cannot be told">it cannot be told&#10;environments/jakub.toml:7&#10;help: look, there</error>
    </testcase>
  </testsuite>
  <testsuite name="demo" tests="1" failures="0" errors="0" skipped="1">
    <testcase classname="demo" name="demo">
      <skipped message="It was never applied."/>
    </testcase>
  </testsuite>
</testsuites>

"#]]
    );
    let mut applied = whole();
    applied.rows[0].fate = Some(Fate::Failed("image not found".to_owned()));
    applied.rows[1].fate = Some(Fate::Skipped);
    assert_data_eq!(
        junit("apply", &[applied]),
        str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="ditc apply" tests="2" failures="1" errors="0" skipped="1">
  <testsuite name="jakub" tests="2" failures="1" errors="0" skipped="1">
    <testcase classname="jakub.services.orders" name="Service/orders">
      <failure message="image not found">image not found</failure>
    </testcase>
    <testcase classname="jakub.services.orders" name="Deployment/orders">
      <skipped message="something that it needs failed"/>
    </testcase>
  </testsuite>
</testsuites>

"#]]
    );
}

#[test]
fn of_a_large_plan_the_riskiest_is_there_and_the_rest_is_counted() {
    let block = "      + a line of this difference that is about as long as such lines are\n".repeat(60);
    let mut rows: Vec<Row> =
        (0..2_000).map(|number| row(&format!("jakub.services.s/ConfigMap/c{number}"), &block)).collect();
    rows[0].risks = vec!["its data is lost with it".to_owned()];
    let text = markdown("plan", &[section("jakub", rows)], COMMENT);
    assert!(text.len() <= COMMENT && text.len() > COMMENT / 2, "{}", text.len());
    assert!(
        text.contains("<details><summary><code>&#126; jakub.services.s/ConfigMap/c0</code>"),
        "no difference is there"
    );
    let note = text.trim_end().lines().last().expect("a note");
    assert!(note.contains("rows of the tables") && note.contains("differences"), "{note}");
}

/// Texts that mean something to somebody.
fn hostile() -> impl Strategy<Value = String> {
    let bad = prop::sample::select(vec![
        "@everyone ",
        "<!-- ditc:prod -->",
        "<!-- ditc {} -->",
        "```",
        "`",
        "</details>",
        "<script>",
        "|",
        "\n",
        "\r\n",
        "::error::x",
        "::stop-commands::a",
        "%0A",
        "]]>",
        "&#64;",
        "\u{0}",
        "\u{202e}",
        "\u{ffff}",
        "-->",
        "--",
        "#1",
        "- ",
        "~ ",
        "## x",
        "https://evil.example",
        "[x](y)",
        "\u{1F600}",
        "x",
        " ",
    ]);
    let times = prop::sample::select(vec![1, 1, 1, 1, 1, 1, 1, 30, 400]);
    (prop::collection::vec(bad, 0..12), times).prop_map(|(parts, times)| parts.concat().repeat(times))
}

fn sections() -> impl Strategy<Value = Vec<Section>> {
    let row = (hostile(), hostile(), hostile(), any::<bool>()).prop_map(|(address, block, risk, is_risky)| Row {
        risks: if is_risky { vec![risk.clone()] } else { Vec::new() },
        fate: if is_risky { None } else { Some(Fate::Failed(risk)) },
        ..row(&address, &block)
    });
    let problem = (hostile(), hostile()).prop_map(|(about, summary)| problem(Level::Error, &about, &summary));
    let one =
        (prop::collection::vec(row, 0..8), prop::collection::vec(problem, 0..4), hostile(), hostile(), 0_usize..60);
    let one = one.prop_map(|(mut rows, problems, headline, place, more)| {
        // As large as plans become.
        rows = rows.iter().cycle().take(if rows.is_empty() { 0 } else { rows.len() + more }).cloned().collect();
        Section { problems, headline, place: Some(place), ..section("pr-12", rows) }
    });
    (prop::collection::vec(one, 1..3), 1_usize..100).prop_map(|(sections, many)| {
        let name =
            |(number, section): (usize, Section)| Section { environment: Some(format!("pr-{number}")), ..section };
        let count = if many > 90 { many } else { sections.len() };
        sections.into_iter().cycle().take(count).enumerate().map(name).collect()
    })
}

#[test]
fn each_of_several_comments_has_the_room_of_one() {
    let row =
        |number: usize| row(&format!("pr-1.services.s{number}"), &"+ a line of forty characters, or so\n".repeat(40));
    let large = |name: &str| section(name, (0..60).map(row).collect());
    let sections = [large("pr-1"), large("pr-2"), large("pr-3")];
    let text = comments("plan", &sections, None, COMMENT);
    let pieces = pieces(&text);
    assert_eq!(pieces.iter().map(|piece| piece.environment.as_str()).collect::<Vec<_>>(), ["pr-1", "pr-2", "pr-3"]);
    for piece in &pieces {
        assert!(piece.body.len() <= COMMENT && piece.body.len() > COMMENT / 4 * 3, "{}", piece.body.len());
    }
    // Where all is one text, all of it has that room.
    assert!(markdown("plan", &sections, COMMENT).len() <= COMMENT);
}

#[test]
fn what_has_no_changes_any_more_is_told_in_the_words_of_its_comment() {
    let scope = |since: Option<&str>| Scope {
        command: "plan".to_owned(),
        workspace: "envs/a".to_owned(),
        since: since.map(str::to_owned),
    };
    let told = Section { workspace: "envs/a".to_owned(), ..section("pr-1", Vec::new()) };
    let text = comments("plan", std::slice::from_ref(&told), Some(&scope(Some("origin/ma-->in"))), COMMENT);
    assert_eq!(scope_of(&text), Some(scope(Some("origin/ma-->in"))));
    assert_eq!(text.matches("-->").count(), 3, "a name ends no comment: {text}");
    let pieces = pieces(&text);
    assert_eq!((pieces.len(), pieces[0].workspace.as_str()), (1, "envs/a"));
    let none = comments("plan", &[], Some(&scope(None)), COMMENT);
    assert!(tells_of_none(&none) && scope_of(&none) == Some(scope(None)), "{none}");
    let after = unchanged(&pieces[0], &scope(Some("origin/main")));
    assert_eq!((after.environment.as_str(), after.workspace.as_str()), ("pr-1", "envs/a"));
    assert_data_eq!(
        after.body,
        str![[r#"
<!-- ditc:pr-1 -->
<!-- ditc {"command":"plan","standing":"unchanged","told":"No changes any more: nothing of it differs from origin/main.","workspace":"envs/a"} -->
### :white_check_mark: ditc plan: <code>pr-1</code>

<strong><code>No changes any more&#58; nothing of it differs from origin/main.</code></strong>


"#]]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn markdown_is_never_too_long_and_its_markers_are_its_own(sections in sections(), limit in 2_000_usize..COMMENT) {
        let text = markdown("plan", &sections, limit);
        prop_assert!(text.len() <= limit, "{} of {limit}", text.len());
        let found = pieces(&text);
        // Each environment that is told is told once, and no other.
        let known: std::collections::BTreeSet<&str> =
            sections.iter().filter_map(|section| section.environment.as_deref()).collect();
        let named: std::collections::BTreeSet<&str> = found.iter().map(|piece| piece.environment.as_str()).collect();
        prop_assert!(named.len() == found.len() && named.is_subset(&known), "{named:?}");
        prop_assert_eq!(text.matches(marker::BEGIN).count(), 2 * found.len());
        for piece in &found {
            prop_assert!(piece.body.starts_with(&marker(&piece.environment)));
            prop_assert!(piece.told.chars().count() <= 140);
        }
        // Outside of fences nothing means anything to GitHub that is not ours.
        let mut fence: Option<&str> = None;
        let mut folds = 0_i32;
        for line in text.lines() {
            let ticks = line.len() - line.trim_start_matches('`').len();
            match fence {
                Some(open) if line == open => fence = None,
                Some(_) => {}
                None if ticks >= 3 => fence = Some(&line[..ticks]),
                None => {
                    let harmless = !line.contains('@') && !line.contains('`') && !line.contains("<script")
                        && !line.contains("](") && !line.contains("https:");
                    prop_assert!(harmless || line.starts_with(marker::BEGIN), "{line}");
                    prop_assert!(!line.contains("</details>") || line == "</details>", "{line}");
                    folds += i32::from(line.starts_with("<details>")) - i32::from(line == "</details>");
                }
            }
        }
        prop_assert!(fence.is_none());
        prop_assert_eq!(folds, 0);
    }

    #[test]
    fn a_list_of_tests_is_sound_xml(sections in sections()) {
        let text = junit("drift", &sections[..sections.len().min(3)]);
        let mut open: Vec<&str> = Vec::new();
        let has_forbidden = text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{ffff}');
        prop_assert!(!has_forbidden);
        for tag in text.split('<').skip(1) {
            let (tag, behind) = tag.split_once('>').expect("a tag ends");
            prop_assert!(!behind.contains('>'), "{behind}");
            let name = tag.split([' ', '/']).next().unwrap_or_default();
            if tag.starts_with('?') || tag.ends_with('/') {
                continue;
            }
            match tag.strip_prefix('/') {
                Some(name) => prop_assert_eq!(open.pop(), Some(name)),
                None => open.push(name),
            }
            // Attributes are parted by spaces alone, each in its quotes.
            prop_assert!(tag.matches('"').count() % 2 == 0, "{tag}");
        }
        prop_assert!(open.is_empty());
    }

    #[test]
    fn a_runner_obeys_nothing_but_annotations(sections in sections()) {
        for line in annotations(&sections[..sections.len().min(3)], "").lines() {
            prop_assert!(["::error ", "::warning ", "::notice "].iter().any(|word| line.starts_with(word)), "{line}");
            prop_assert!(!line.contains('\r'));
        }
    }
}
