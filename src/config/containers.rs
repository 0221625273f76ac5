//! Images that no registry has, by their names alone: the server takes such an object, and its pods never start. Whether
//! there is an image of a name that is right, a registry knows.

use crate::{
    desired::{Manifest, Origin},
    diagnostic::Diagnostic,
    image::Image,
    pod,
};

/// Complains about containers of a workload whose image has a name that cannot be.
pub(super) fn misnamed(manifest: &Manifest) -> Vec<Diagnostic> {
    let containers = pod::spec(&manifest.body).into_iter().flat_map(pod::all_containers);
    let wrong = containers.filter_map(|container| {
        let image = pod::image(container)?;
        Image::parse(image).is_none().then_some((pod::name(container), image))
    });
    let told = |(container, image): (&str, &str)| {
        rendered(manifest, "not an image")
            .detail(format!("container `{container}` is to run `{image}`, which is the name of no image"))
            .help(way_out(image))
    };
    wrong.map(told).collect()
}

/// A complaint about an object, where a template makes it and where it is asked for.
pub(super) fn rendered(manifest: &Manifest, summary: &str) -> Diagnostic {
    let Origin { definition, template } = &manifest.origin;
    Diagnostic::new(summary)
        .at(template.as_ref().unwrap_or(definition).clone(), "rendered from here")
        .related(definition.clone(), "asked for here")
}

/// What to write instead, as far as that shows.
fn way_out(image: &str) -> String {
    let is_right = |text: &str| Image::parse(text).is_some();
    let tight: String = image.split_whitespace().collect();
    // A tag may have capitals.
    let name = tight.len() - tight.rsplit_once('/').map_or(tight.as_str(), |(_, last)| last).len();
    let end = tight[name..].find([':', '@']).map_or(tight.len(), |at| name + at);
    let lower = tight[..end].to_lowercase() + &tight[end..];
    match image {
        _ if image.trim().is_empty() => "name an image: `image = \"registry/repository:tag\"`".to_owned(),
        _ if image.starts_with(':') => format!("write what is before the tag: `image = \"repository{image}\"`"),
        _ if image.ends_with(':') => "write a tag behind the `:`, or leave the `:` out".to_owned(),
        _ if image.contains("://") => "leave the scheme out: `registry/repository:tag`".to_owned(),
        _ if is_right(&tight) => format!("without spaces: `{tight}`"),
        _ if is_right(&lower) => format!("repositories have lower-case names: `{lower}`"),
        _ => "names look like `registry/repository:tag` or `repository@sha256:…`".to_owned(),
    }
}
