//! How long texts are shown: what no eye sees in them, and how much of them.

use serde_json::Value;
use snapbox::{assert_data_eq, str};

use super::*;
use crate::render::text;

/// The lines of a plan that changes one field of a ConfigMap, from the field on.
fn of_field(before: Option<&str>, after: Option<&str>, detail: Detail, style: Style) -> String {
    let files = files();
    let mut plan = empty(Operation::Apply);
    let mut change = change(Some("dependencies.postgresql"), Action::Update, Reason::DefinitionChanged);
    let fields = vec![field("data.motd", before.map(Value::from), after.map(Value::from))];
    change.diff = Diff { fields, unchanged: 0 };
    plan.changes.insert(key("ConfigMap", "motd"), change);
    let context = Context { detail, ..files.context() };
    let text = text::plan(&plan, &context, style);
    let (_, block) = text.split_once("ConfigMap \"motd\" {\n").expect("there is a block");
    block.split_once("    }\n").expect("it ends").0.to_owned()
}

#[test]
fn an_end_of_a_line_that_is_not_seen_is_told() {
    let (old, new) = ("hello\nworld\nbye\n", "hello\nworld  \nbye\r\n");
    assert_data_eq!(
        of_field(Some(old), Some(new), Detail::Whole, PLAIN),
        str![[r#"
      ~ data.motd:
            hello
          - world
          - bye
          + world  # (ends in 2 spaces)
          + bye  # (ends in /r)

"#]]
    );
    assert_data_eq!(
        visible(&of_field(Some(old), Some(new), Detail::Whole, COLOUR)),
        str![[r#"
      <33>~</> data.motd:
            hello
          <31>- </><31>world</>
          <31>- </><31>bye</>
          <32>+ </><32>world</><90>  # (ends in 2 spaces)</>
          <32>+ </><32>bye</><90>  # (ends in /r)</>

"#]]
    );
}

#[test]
fn ends_that_stay_as_they_are_are_not_told() {
    let whole = |before: &str, after: &str| of_field(Some(before), Some(after), Detail::Whole, PLAIN);
    let expected = "      ~ data.motd:\n            a\n          - b\n          + c\n";
    assert_eq!(whole("a\r\nb\r\n", "a\r\nc\r\n"), expected, "all lines of the file end so");
    let inserted = whole("a\r\nend", "a\r\nb\r\nend");
    assert!(inserted.contains("          + b\n"), "the last line need not end: {inserted}");
    assert_eq!(whole("a\nb \n", "a\nc \n"), expected, "the line ended so before");
    assert_eq!(whole("a \nb\n", "a \nc\n"), expected, "no line changes its end");
}

#[test]
fn tabs_are_told_from_spaces_where_nothing_else_differs() {
    assert_data_eq!(
        of_field(Some("all:\n        make\n\tend\n"), Some("all:\n\tmake\n\tthe end\n"), Detail::Whole, PLAIN),
        str![[r#"
      ~ data.motd:
            all:
          -         make
          - 	end
          + /tmake
          + 	the end

"#]]
    );
}

#[test]
fn a_text_that_comes_and_one_that_goes_are_cut_alike() {
    let text: String = (1..=1600).map(|line| format!("line {line}\n")).collect();
    for (before, after, sign) in [(Some(text.as_str()), None, '-'), (None, Some(text.as_str()), '+')] {
        let cut = of_field(before, after, Detail::Whole, PLAIN);
        let expected = format!("      {sign}   line 12\n      {sign}   ... (1588 more lines; -full shows all)\n");
        assert!(cut.ends_with(&expected), "{cut}");
        assert_eq!(cut.lines().count(), 14);
        let full = of_field(before, after, Detail::Full, PLAIN);
        assert!(full.ends_with(&format!("      {sign}   line 1600\n")), "{full}");
        assert_eq!(full.lines().count(), 1601);
    }
}
