//! Which images must be in their registry before what is planned is written, and what plans say of those that are not.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};

use crate::{
    apply::Images,
    cluster::Warned,
    failure::{Failure, FailureKind},
    files,
    image::{Awaiting, Image},
    names::EnvironmentName,
    object::{Object, ObjectKey},
    plan::{Action, Basis, Plan},
    pod,
    registry::{Credentials, CredentialsError, Found, Registry},
    settings,
};

use super::desk::Desk;

/// How many images are looked for at once.
pub(super) const AT_ONCE: usize = 8;

/// The images that the changes of a plan wait for; none where no service asks for that.
pub(super) fn images(
    desk: &Desk<'_>,
    basis: &Basis,
    plan: &Plan,
    awaiting: &Awaiting,
) -> Result<Option<Images>, Failure> {
    let components = basis.desired.iter().flat_map(|desired| &desired.components);
    let checked: BTreeSet<_> = components.filter(|(_, component)| component.check_image).map(|(id, _)| id).collect();
    let writes = |action: Action| matches!(action, Action::Create | Action::Update | Action::Replace | Action::Adopt);
    let changes = plan.changes.iter().filter(|(_, change)| {
        writes(change.action) && change.component.as_ref().is_some_and(|component| checked.contains(component))
    });
    let of: BTreeMap<ObjectKey, Vec<Image>> = changes
        .filter_map(|(key, change)| Some((key.clone(), images_of(&change.manifest.as_ref()?.body))))
        .filter(|(_, images)| !images.is_empty())
        .collect();
    if of.is_empty() {
        return Ok(None);
    }
    Ok(Some(Images { registry: registry(desk)?, of, timeout: awaiting.timeout }))
}

/// What registries are asked with, as whoever logged in with Docker.
pub(super) fn registry(desk: &Desk<'_>) -> Result<Registry, Failure> {
    Registry::new(credentials(desk)?).map_err(|error| Failure::from_error(FailureKind::Files, &error))
}

/// The images of all containers of a pod or of what makes pods.
fn images_of(object: &Object) -> Vec<Image> {
    let containers = pod::spec(object).into_iter().flat_map(pod::all_containers);
    let names: BTreeSet<&str> = containers.filter_map(pod::image).collect();
    names.into_iter().filter_map(Image::parse).collect()
}

fn credentials(desk: &Desk<'_>) -> Result<Credentials, Failure> {
    let directory = settings::variable("DOCKER_CONFIG").filter(|directory| !directory.is_empty());
    let directory = directory.map(|bytes| std::path::PathBuf::from(String::from_utf8_lossy(&bytes).into_owned()));
    let Some(directory) = directory.or_else(|| Some(desk.settings.home.as_ref()?.join(".docker"))) else {
        return Ok(Credentials::default());
    };
    let path = directory.join("config.json");
    match files::read_text(&path) {
        Ok(text) => Credentials::new(text.as_bytes()).map_err(|error: CredentialsError| {
            Failure::from_error(FailureKind::Config, &error).hint(format!("it is read from {}", path.display()))
        }),
        Err(error) if error.is_not_found() => Ok(Credentials::default()),
        Err(error) => Err(error.into()),
    }
}

/// What a plan says of images that are not there yet, are not those that were locked, or that nobody can tell of.
pub(super) async fn missing(images: &Images, awaiting: &Awaiting, environment: &EnvironmentName) -> Vec<Warned> {
    let all = images.of.iter().flat_map(|(key, images)| images.iter().map(move |image| (key, image)));
    let looks = stream::iter(all).map(|(key, image)| async move {
        let text = match images.registry.look(image).await {
            Ok(Found::Here { digest }) => {
                let locked = awaiting.locked.get(&image.to_string())?;
                let digest = digest.filter(|digest| digest != locked)?;
                format!(
                    "image {image} is not the one that was locked: it is {} now, and was {}; \
                     ditc lock {environment} -upgrade locks it as it is",
                    short(&digest),
                    short(locked)
                )
            }
            Ok(Found::Nothing) => {
                format!(
                    "image {image} is not in its registry yet; apply waits for it, {} s at most",
                    images.timeout.as_secs()
                )
            }
            Err(error) => format!("whether image {image} is there, nobody knows: {}", error.with_cause()),
        };
        Some(Warned { key: key.clone(), text })
    });
    looks.buffered(AT_ONCE).filter_map(|warned| async { warned }).collect().await
}

/// A digest as people tell one from another.
pub(super) fn short(digest: &str) -> String {
    let end = digest.find(':').map_or(0, |at| at + 1) + 12;
    digest.chars().take(end).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_containers_of_all_workloads_count() {
        let pod = json!({"initContainers": [{"image": "a:1"}], "containers": [{"image": "b:2"}, {"image": "a:1"}, {"image": "%"}]});
        let names =
            |object: serde_json::Value| images_of(&Object(object)).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(json!({"kind": "Deployment", "spec": {"template": {"spec": pod}}})), ["a:1", "b:2"]);
        assert_eq!(
            names(json!({"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}})),
            ["a:1", "b:2"]
        );
        assert_eq!(names(json!({"kind": "Pod", "spec": pod})), ["a:1", "b:2"]);
        assert_eq!(names(json!({"kind": "Service", "spec": {"ports": []}})), [""; 0]);
    }
}
