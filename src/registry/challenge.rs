//! What a registry asks for that lets nobody in without a word: a token, or a login.
//!
//! <https://distribution.github.io/distribution/spec/auth/token/>

use http::{HeaderMap, header};

/// How to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A token, given by `realm`.
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
    Basic,
}

impl Challenge {
    /// The challenge of an answer; none that is understood.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let all = headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        all.filter_map(Self::parse).next()
    }

    fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" => {
                let get = |name: &str| parameter(rest, name);
                let realm =
                    get("realm").filter(|realm| realm.starts_with("https://") || realm.starts_with("http://"))?;
                Some(Self::Bearer { realm, service: get("service"), scope: get("scope") })
            }
            "basic" => Some(Self::Basic),
            _ => None,
        }
    }
}

/// The value of `name="value"`; commas may stand in it.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (key, after) = rest.split_once('=')?;
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        if key.trim_start_matches([',', ' ']).trim().eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            Some(Challenge::Bearer { realm: realm.to_owned(), service: own(service), scope: own(scope) })
        };
        let expected =
            bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:a/b:pull,push"));
        assert_eq!(Challenge::parse(hub), expected);
        assert_eq!(
            Challenge::parse("bearer realm=http://127.0.0.1:1/t, error=x"),
            bearer("http://127.0.0.1:1/t", None, None)
        );
        assert_eq!(Challenge::parse("Basic realm=\"x\""), Some(Challenge::Basic));
        for no in ["Negotiate", "Bearer", "Bearer realm=\"file:///etc/passwd\"", "Bearer realm=\"", ""] {
            assert_eq!(Challenge::parse(no), None, "{no}");
        }
    }
}
