//! Waiting for images: tags are often pushed before what is built of them. With a deadline, and never through a fault that
//! cannot heal.

use std::{collections::BTreeMap, time::Duration};

use tokio::{
    select,
    time::{Instant, sleep_until},
};

use crate::{
    image::Image,
    object::ObjectKey,
    plan::Step,
    registry::{Error, Found, Registry},
};

use super::{Awaited, EventKind, Job, StepError, broken::seconds, guard::given_up};

/// Between two looks at first, and at most: builds take minutes, and registries count requests.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(15);

/// The images that must be in their registry before an object is written.
#[derive(Clone)]
pub struct Images {
    pub registry: Registry,
    pub of: BTreeMap<ObjectKey, Vec<Image>>,
    /// How long one may take.
    pub timeout: Duration,
}

impl Images {
    /// Whether an object names any.
    pub(super) fn has(&self, key: &ObjectKey) -> bool {
        self.of.get(key).is_some_and(|images| !images.is_empty())
    }
}

/// Waits until all images of an object are there.
pub(super) async fn wait(job: &Job, images: &Images, key: &ObjectKey) -> Result<(), StepError> {
    for image in images.of.get(key).into_iter().flatten() {
        one(job, images, key, image).await?;
    }
    Ok(())
}

async fn one(job: &Job, images: &Images, key: &ObjectKey, image: &Image) -> Result<(), StepError> {
    let start = Instant::now();
    let deadline = start + images.timeout;
    let mut next_tell = start;
    let mut pause = FIRST;
    loop {
        let looking = job.looks.hold().await;
        let found = images.registry.look(image).await;
        drop(looking);
        let (why, after) = match found {
            Ok(Found::Here { .. }) => return Ok(()),
            Ok(Found::Nothing) => (format!("image {image} is not in its registry yet"), None),
            Err(error) if error.may_heal() => {
                let after = if let Error::Busy { after, .. } = &error { *after } else { None };
                (format!("image {image} cannot be looked for: {}", error.with_cause()), after)
            }
            Err(error) => {
                let denied = matches!(error, Error::Denied { .. });
                return Err(StepError {
                    summary: format!("{key} was not written, since nobody knows whether image {image} is there"),
                    causes: vec![error.with_cause()],
                    hint: denied.then(|| format!("docker login {}; or leave out `check_image`", image.registry)),
                    ..StepError::default()
                });
            }
        };
        let now = Instant::now();
        if now >= deadline {
            return Err(StepError {
                summary: format!("{key} was not written: its image did not come within {}", seconds(images.timeout)),
                causes: vec![why],
                hint: Some(
                    "look at the build of the image; `[images] timeout` in ditc.toml is how long it may take"
                        .to_owned(),
                ),
                ..StepError::default()
            });
        }
        if now >= next_tell {
            next_tell = now + job.tell_every;
            let on = vec![Awaited { key: key.clone(), why, cause: None }];
            job.tell(EventKind::Waiting { step: Step::Change(key.clone()), on, elapsed: start.elapsed() });
        }
        let next = now + after.unwrap_or(pause).max(Duration::from_millis(100));
        pause = (pause * 3 / 2).min(LONGEST);
        select! {
            () = given_up(job) => {
                return Err(StepError {
                    summary: format!("{key} was not written, since this run was stopped before its image came"),
                    ..StepError::default()
                });
            }
            () = sleep_until(next.min(deadline)) => {}
        }
    }
}
