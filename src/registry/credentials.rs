//! The logins of a person for registries, as Docker keeps them: in its configuration, or in the helper that it names.

use std::{fmt, io, process::Stdio, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

/// How long a helper may take; it may ask a keychain.
const HELPER: Duration = Duration::from_secs(20);
/// What Docker calls Docker Hub.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// Docker's `config.json`, or nothing.
#[derive(Clone, Default)]
pub struct Credentials {
    config: Value,
}

/// A user with a password or a token.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub user: String,
    pub password: String,
}

/// Why nobody knows whether there is a login.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("Docker's config.json is no JSON")]
    Config(#[source] serde_json::Error),
    #[error("`{0}` is no name of a credential helper")]
    Name(String),
    #[error("starting docker-credential-{helper}, which Docker's config.json names")]
    Start { helper: String, source: io::Error },
    #[error("docker-credential-{0}, which Docker's config.json names, does not answer")]
    Silent(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({}, …)", self.user)
    }
}

impl Credentials {
    /// Reads Docker's `config.json`.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn new(config: &[u8]) -> Result<Self, CredentialsError> {
        Ok(Self { config: serde_json::from_slice(config).map_err(CredentialsError::Config)? })
    }

    /// The login for a registry; none where nobody logged in.
    ///
    /// # Errors
    /// When a helper cannot be asked.
    pub(super) async fn login(&self, registry: &str) -> Result<Option<Login>, CredentialsError> {
        let names = match registry {
            "docker.io" => vec![DOCKER_HUB.to_owned(), "docker.io".to_owned(), "registry-1.docker.io".to_owned()],
            host => vec![
                host.to_owned(),
                format!("https://{host}"),
                format!("https://{host}/v1/"),
                format!("https://{host}/v2/"),
            ],
        };
        let helper_of = |name: &str| self.config["credHelpers"][name].as_str();
        let helper = names.iter().find_map(|name| helper_of(name)).or_else(|| self.config["credsStore"].as_str());
        if let Some(helper) = helper.filter(|helper| !helper.is_empty()) {
            for name in &names {
                if let Some(login) = ask(helper, name).await? {
                    return Ok(Some(login));
                }
            }
        }
        Ok(names.iter().find_map(|name| {
            let entry = &self.config["auths"][name.as_str()];
            let text = String::from_utf8(BASE64.decode(entry["auth"].as_str()?).ok()?).ok()?;
            let (user, password) = text.split_once(':')?;
            Some(Login { user: user.to_owned(), password: password.trim_end_matches('\0').to_owned() })
        }))
    }
}

/// Asks a helper, as Docker does (<https://github.com/docker/docker-credential-helpers>).
async fn ask(helper: &str, registry: &str) -> Result<Option<Login>, CredentialsError> {
    if !helper.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        return Err(CredentialsError::Name(helper.to_owned()));
    }
    let start = |source| CredentialsError::Start { helper: helper.to_owned(), source };
    let mut command = Command::new(format!("docker-credential-{helper}"));
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(start)?;
    if let Some(mut input) = child.stdin.take() {
        // One that does not read its question may still answer it.
        let _ = input.write_all(registry.as_bytes()).await;
    }
    let silent = || CredentialsError::Silent(helper.to_owned());
    let output = timeout(HELPER, child.wait_with_output()).await.map_err(|_| silent())?.map_err(start)?;
    // "Not found" is a failure with words of its own; so all that is no login is none.
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let text = |name: &str| told[name].as_str().map(str::to_owned);
    Ok(text("Username").zip(text("Secret")).map(|(user, password)| Login { user, password }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn logins_are_found_under_the_names_that_docker_gives() {
        let auth = |text: &str| serde_json::json!({"auth": BASE64.encode(text)});
        let config = serde_json::json!({"auths": {
            "https://index.docker.io/v1/": auth("jane:hub"), "ghcr.io": auth("jane:to:ken"), "broken.io": {"auth": "%"},
        }});
        let credentials = Credentials::new(config.to_string().as_bytes()).unwrap();
        let login = async |registry: &str| credentials.login(registry).await.unwrap();
        assert_eq!(login("docker.io").await, Some(Login { user: "jane".into(), password: "hub".into() }));
        assert_eq!(login("ghcr.io").await, Some(Login { user: "jane".into(), password: "to:ken".into() }));
        assert_eq!(login("broken.io").await, None);
        assert_eq!(login("elsewhere.io").await, None);
        assert!(!format!("{credentials:?}{:?}", login("ghcr.io").await).contains("ken"));
    }

    #[tokio::test]
    async fn a_helper_that_is_no_name_or_not_there_is_told() {
        let of = |helper: &str| Credentials { config: serde_json::json!({"credsStore": helper}) };
        assert!(matches!(of("../x y").login("a.io").await, Err(CredentialsError::Name(_))));
        assert!(matches!(of("that-is-not-there").login("a.io").await, Err(CredentialsError::Start { .. })));
        assert!(Credentials::new(b"{").is_err());
    }
}
