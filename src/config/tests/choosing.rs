//! Which environments fit a pattern, and which of them changed files have a part in.

use std::collections::BTreeSet;

use super::*;
use crate::names::Pattern;

const FILES: &str = r#"
//- ditc.toml
//- modules/web/module.toml
//- modules/web/web.yaml
//- modules/other/module.toml
//- environments/root.toml
abstract = true
[dependencies.cache]
module = "redis"
//- environments/base.toml
abstract = true
extends = "root"
[services.web]
module = "web"
//- environments/jakub.toml
extends = "base"
//- environments/jakob.toml
extends = "base"
[services]
web = false
//- environments/alone.toml
[services.api]
image = "api"
//- environments/orphan.toml
extends = "gone"
"#;

#[track_caller]
fn fits(pattern: &str) -> Result<String, String> {
    let workspace = parse(&files(FILES));
    let pattern: Pattern = pattern.parse().expect("a pattern");
    match workspace.fitting(&pattern) {
        Ok(names) => Ok(names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
        Err(mistake) => Err(plain(&workspace.sources, &mistake)),
    }
}

#[test]
fn patterns_mean_environments_and_not_templates() {
    assert_eq!(fits("jakub").as_deref(), Ok("jakub"));
    assert_eq!(fits("jak*").as_deref(), Ok("jakob jakub"));
    assert_eq!(fits("*").as_deref(), Ok("alone jakob jakub orphan"));
    assert_eq!(fits("*o*").as_deref(), Ok("alone jakob orphan"));
}

#[test]
fn what_fits_nothing_is_told_with_what_may_have_been_meant() {
    assert_data_eq!(
        fits("jakib").unwrap_err(),
        str![[r#"
unknown environment
  there is no `environments/jakib.toml` in this workspace
  help: did you mean `jakob`?

"#]]
    );
    assert_data_eq!(
        fits("base").unwrap_err(),
        str![[r#"
abstract environment
  `base` is a template for others, so it cannot be planned itself

"#]]
    );
    assert_data_eq!(
        fits("ba*").unwrap_err(),
        str![[r#"
no such environment
  no environment with a file fits `ba*`
  help: `base` fits, but it is only a template for others

"#]]
    );
    assert_data_eq!(
        fits("allone*").unwrap_err(),
        str![[r#"
no such environment
  no environment with a file fits `allone*`
  help: did you mean `alone`?

"#]]
    );
}

/// The environments that a changed path has a part in.
#[track_caller]
fn check_touched(path: &str, expected: &str) {
    let workspace = parse(&files(FILES));
    let changed = BTreeSet::from([path.to_owned()]);
    let touched = workspace.names().filter(|name| workspace.is_touched(name, &changed));
    let touched: Vec<&str> = touched.map(EnvironmentName::as_str).collect();
    assert_eq!(touched.join(" "), expected, "{path}");
}

#[test]
fn a_changed_file_touches_those_who_are_made_from_it() {
    for (path, expected) in [
        ("environments/jakub.toml", "jakub"),
        ("environments/base.toml", "jakob jakub"),
        ("environments/root.toml", "jakob jakub"),
        ("environments/jakub.lock.toml", "jakub"),
        ("environments/base.lock.toml", ""),
        ("environments/jak.toml", ""),
        ("environments/gone.toml", "orphan"),
        ("modules/web/web.yaml", "jakub"),
        ("modules/web/files/new.conf", "jakub"),
        ("modules/webs/web.yaml", ""),
        ("modules/other/module.toml", ""),
        ("modules/redis/module.toml", "jakob jakub"),
        ("modules/service/service.yaml", "alone"),
        ("ditc.toml", "alone jakob jakub orphan"),
        ("environments", "alone jakob jakub orphan"),
        ("modules/web", "jakub"),
        ("README.md", ""),
    ] {
        check_touched(path, expected);
    }
}

#[test]
fn removed_files_name_environments_that_were() {
    let workspace = parse(&files(FILES));
    let paths = ["environments/pr-1.toml", "environments/jakub.toml", "environments/x.lock.toml", "modules/x.toml"];
    let removed = workspace.removed(&paths.map(str::to_owned).into());
    assert_eq!(removed, BTreeSet::from([EnvironmentName::new("pr-1").unwrap()]));
}
