//! The name of an image, taken apart as container runtimes do it. Whether there is such an image, a registry knows.

use std::{collections::BTreeMap, fmt, time::Duration};

/// An image in a registry: `registry/repository:tag`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    /// Host and port, as it is written: `docker.io` where none is.
    pub registry: String,
    /// With `library/` in front for the official images of Docker Hub.
    pub repository: String,
    /// A tag, or a digest: `sha256:…`.
    pub reference: String,
    /// As it was written.
    text: String,
}

/// What holds for images that must be in their registry before what names them is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaiting {
    /// How long one may take to be there.
    pub timeout: Duration,
    /// The digests that images had when they were locked, by the name of each as it is written.
    pub locked: BTreeMap<String, String>,
}

/// The registry of names that have none.
const DOCKER_HUB: &str = "docker.io";

impl Image {
    /// Reads a name; none where no runtime would take it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
        let (registry, path) = match name.split_once('/') {
            // Only what looks like a host is one: `a/b` is a repository of Docker Hub.
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
            _ => (DOCKER_HUB, name),
        };
        let (path, tag) = path.rsplit_once(':').map_or((path, None), |(path, tag)| (path, Some(tag)));
        let is_official = registry == DOCKER_HUB && !path.contains('/');
        let repository = if is_official { format!("library/{path}") } else { path.to_owned() };
        let reference = digest.or(tag).unwrap_or("latest");
        let is_part = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
        };
        let is_reference = match digest {
            Some(digest) => digest.split_once(':').is_some_and(|(kind, hex)| {
                is_part(kind) && hex.len() >= 32 && hex.chars().all(|c| c.is_ascii_hexdigit())
            }),
            None => {
                reference.len() <= 128
                    && reference.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                    && reference.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
            }
        };
        let is_host = registry.chars().all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c));
        (is_reference && is_host && repository.split('/').all(is_part)).then(|| Self {
            registry: registry.to_owned(),
            repository,
            reference: reference.to_owned(),
            text: text.to_owned(),
        })
    }
}

/// As it was written.
impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, registry: &str, repository: &str, reference: &str) {
        let image = Image::parse(text).expect(text);
        let parts = (image.registry.as_str(), image.repository.as_str(), image.reference.as_str());
        assert_eq!(parts, (registry, repository, reference));
        assert_eq!(image.to_string(), text);
    }

    #[test]
    fn names_are_taken_apart_as_docker_does() {
        check("redis", "docker.io", "library/redis", "latest");
        check("redis:7", "docker.io", "library/redis", "7");
        check("traefik/whoami:v1.11.0", "docker.io", "traefik/whoami", "v1.11.0");
        check("docker.io/redis", "docker.io", "library/redis", "latest");
        check("localhost/a:b", "localhost", "a", "b");
        check("127.0.0.1:5000/team/a:dev", "127.0.0.1:5000", "team/a", "dev");
        check("ghcr.io/kooba/orders", "ghcr.io", "kooba/orders", "latest");
        let digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        check(&format!("redis:7@{digest}"), "docker.io", "library/redis", digest);
    }

    #[test]
    fn what_no_runtime_takes_is_no_image() {
        for text in ["", ":", "a:", "/a", "a//b", "A/b", "a:b c", "a@sha256:1", "a:b/c:d:e", "x.io/", "a@", "ü", "a:-x"]
        {
            assert_eq!(Image::parse(text), None, "{text:?}");
        }
    }
}
