//! The digests of the images that services run: what a tag stands for in a registry may change without a commit.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};

use super::{Subject, kept};
use crate::{
    cli::Upgrade,
    config::{self, Lock, Tracked},
    diagnostic::{Diagnostic, Spanned},
    failure::{self, Failure},
    image::Image,
    names::ComponentName,
    registry::{Error, Found},
};

use super::super::{
    desk::Desk,
    images::{AT_ONCE, registry, short},
    references::lock_path,
};

/// An image that is looked for, and the subject and the service that it belongs to.
struct Sought {
    at: usize,
    service: ComponentName,
    image: Spanned<String>,
}

/// Puts the digests of images into locks: of those that `check_image` is about, and that are not known or are upgraded.
/// Gives what to say of those that nobody could tell, which are no reason to lock nothing.
pub(super) async fn record(
    desk: &Desk<'_>,
    workspace: &config::Workspace,
    subjects: &[Subject],
    locks: &mut [Lock],
    upgrade: &[Upgrade],
) -> Result<Vec<String>, Failure> {
    let mut sought = Vec::new();
    for (at, (subject, lock)) in subjects.iter().zip(locks.iter_mut()).enumerate() {
        let mut images = config::checked_images(workspace, &subject.environment);
        for (service, locked) in &mut lock.services {
            let Some(image) = images.remove(service) else {
                locked.image = None;
                continue;
            };
            let tracked = subject.tracked.iter().find(|tracked| tracked.component == *service);
            let is_kept = tracked.is_some_and(|tracked| kept(subject, tracked, upgrade).is_some());
            if !is_kept || locked.image.is_none() {
                sought.push(Sought { at, service: service.clone(), image });
            }
        }
    }
    let mut remarks = Vec::new();
    let answers = look(desk, &sought).await?;
    for (Sought { at, service, image }, found) in answered(&sought, &answers) {
        let locked = locks[*at].services.get_mut(service).expect("it was found there");
        let image = &image.value;
        match found {
            Ok(Found::Here { digest }) => locked.image.clone_from(digest),
            Ok(Found::Nothing) => {
                locked.image = None;
                remarks.push(format!("image {image} is not in its registry yet, so its digest is not locked"));
            }
            Err(error) => {
                let chain = failure::chain(error).join(": ");
                let which =
                    if locked.image.is_some() { "the digest that was locked stays" } else { "no digest is locked" };
                remarks.push(format!("which image {image} is, nobody knows, so {which}: {chain}"));
            }
        }
    }
    Ok(remarks)
}

/// What images are another than those that were locked, or cannot be told.
pub(super) async fn changed(
    desk: &Desk<'_>,
    workspace: &config::Workspace,
    subjects: &[Subject],
) -> Result<Vec<Diagnostic>, Failure> {
    let mut sought = Vec::new();
    for (at, subject) in subjects.iter().enumerate() {
        let locked = |tracked: &&Tracked| kept(subject, tracked, &[]).is_some_and(|locked| locked.image.is_some());
        let locked: Vec<&Tracked> = subject.tracked.iter().filter(locked).collect();
        if locked.is_empty() {
            continue;
        }
        let mut images = config::checked_images(workspace, &subject.environment);
        let images = locked.into_iter().filter_map(|tracked| images.remove_entry(&tracked.component));
        sought.extend(images.map(|(service, image)| Sought { at, service, image }));
    }
    let mut mistakes = Vec::new();
    let answers = look(desk, &sought).await?;
    for (Sought { at, service, image }, found) in answered(&sought, &answers) {
        let environment = &subjects[*at].environment;
        let then = subjects[*at].before.as_ref().and_then(|lock| lock.services.get(service)?.image.as_ref());
        let then = then.expect("it is why it was sought");
        let is = match found {
            // A registry that tells no digest tells no other one.
            Ok(Found::Here { digest: None }) => continue,
            Ok(Found::Here { digest: Some(digest) }) if digest == then => continue,
            Ok(Found::Here { digest: Some(digest) }) => format!("is {}", short(digest)),
            Ok(Found::Nothing) => "is gone".to_owned(),
            Err(error) => {
                let told = format!("asking for {} failed: {}", image.value, failure::chain(error).join(": "));
                mistakes.push(
                    Diagnostic::new("registry not reached")
                        .at(image.span.clone(), "which image this is, nobody knows")
                        .detail(told),
                );
                continue;
            }
        };
        mistakes.push(
            Diagnostic::new("image changed since it was locked")
                .at(image.span.clone(), format!("was {}, {is}", short(then)))
                .detail(format!("{} is not the image that `{}` has", image.value, lock_path(environment).display()))
                .help(format!("ditc lock {environment} -upgrade={service}")),
        );
    }
    Ok(mistakes)
}

/// What registries said of images.
type Answers = BTreeMap<Image, Result<Found, Error>>;

/// Asks registries for each image once, some at a time.
async fn look(desk: &Desk<'_>, sought: &[Sought]) -> Result<Answers, Failure> {
    if sought.is_empty() {
        return Ok(Answers::new());
    }
    let registry = registry(desk)?;
    let images: BTreeSet<Image> = sought.iter().filter_map(|sought| Image::parse(&sought.image.value)).collect();
    let looks = stream::iter(images).map(|image| {
        let registry = registry.clone();
        async move {
            let found = registry.look(&image).await;
            (image, found)
        }
    });
    Ok(looks.buffered(AT_ONCE).collect().await)
}

/// What was sought, each with what was said of it; what is no name of an image was not asked for.
fn answered<'a>(
    sought: &'a [Sought],
    answers: &'a Answers,
) -> impl Iterator<Item = (&'a Sought, &'a Result<Found, Error>)> {
    sought.iter().filter_map(|one| Some((one, answers.get(&Image::parse(&one.image.value)?)?)))
}
