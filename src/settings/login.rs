//! As whom GitHub is asked, by the variables that say so.

use std::path::PathBuf;

use crate::sources::{App, Login, Token};

/// What is named for ditc alone goes before what is there for everybody, and a token before what it is made from:
/// `DITC_GITHUB_TOKEN`, `DITC_GITHUB_TOKEN_FILE`, the app of `DITC_GITHUB_APP_ID`, then the variables of others.
pub(super) fn read(get: impl Fn(&str) -> Option<String>, others: [&str; 2]) -> Option<Login> {
    let token = |name: &str| Some(Login::Token(Token::new(&get(name)?, name)?));
    let path = |name: &str| get(name).map(PathBuf::from);
    let file = |name: &str| Some(Login::File { path: path(name)?, from: name.to_owned() });
    let app = App {
        id: get("DITC_GITHUB_APP_ID"),
        key: path("DITC_GITHUB_APP_KEY_FILE"),
        installation: get("DITC_GITHUB_APP_INSTALLATION_ID"),
    };
    // Half an app is told when it is to ask: to ask as somebody else would hide it.
    let is_app = app.id.is_some() || app.key.is_some();
    token("DITC_GITHUB_TOKEN")
        .or_else(|| file("DITC_GITHUB_TOKEN_FILE"))
        .or_else(|| is_app.then_some(Login::App(app)))
        .or_else(|| others.iter().find_map(|name| token(name)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, &str)], expected: &str) {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        let get = |name: &str| variables.get(name).map(|value| (*value).to_owned());
        let found = match read(get, ["GH_TOKEN", "GITHUB_TOKEN"]) {
            None => "nobody".to_owned(),
            Some(Login::Token(token)) => token.from,
            Some(Login::File { path, from }) => format!("{from} {}", path.display()),
            Some(Login::App(App { id, key: _, installation })) => {
                format!("app {} {}", id.unwrap_or_default(), installation.unwrap_or_default())
            }
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_named_for_ditc_goes_first() {
        check(&[], "nobody");
        let mut known = vec![("GITHUB_TOKEN", "a")];
        check(&known, "GITHUB_TOKEN");
        known.push(("GH_TOKEN", "b"));
        check(&known, "GH_TOKEN");
        known.extend([
            ("DITC_GITHUB_APP_ID", "1"),
            ("DITC_GITHUB_APP_KEY_FILE", "k"),
            ("DITC_GITHUB_APP_INSTALLATION_ID", "7"),
        ]);
        check(&known, "app 1 7");
        known.push(("DITC_GITHUB_TOKEN_FILE", "t"));
        check(&known, "DITC_GITHUB_TOKEN_FILE t");
        known.push(("DITC_GITHUB_TOKEN", "d"));
        check(&known, "DITC_GITHUB_TOKEN");
        check(&[("DITC_GITHUB_APP_KEY_FILE", "k"), ("GH_TOKEN", "b")], "app  ");
    }
}
