//! What a service says in several places that must fit together; each alone is right by its type.

use super::{
    environment::{Component, SERVICE},
    value::{Entry, Node, Table, Tree},
};
use crate::diagnostic::{Diagnostic, Span, Spanned};

/// Complains about what cannot work together: `inputs` with their expressions evaluated, and the version of the component.
pub(super) fn check(component: &Component, inputs: &Table, diagnostics: &mut Vec<Diagnostic>) {
    for version in component.follows.version().into_iter().filter(|version| version.value.is_empty()) {
        diagnostics.push(
            Diagnostic::new("empty version")
                .at(version.span.clone(), "names no version")
                .help("leave it out, or name one: `tag = \"dev\"`"),
        );
    }
    if component.module.value.as_str() != SERVICE {
        return;
    }
    if let (Some(image), Some(version)) =
        (inputs.get("image"), component.follows.image_tag.as_ref().or(component.follows.version()))
    {
        diagnostics.extend(twice(image, version));
    }
    let has_ports = inputs.get("ports").is_some_and(|ports| match &ports.value.tree {
        Tree::List(ports) => !ports.is_empty(),
        // Of another type, which is told.
        Tree::String(_) | Tree::Integer(_) | Tree::Boolean(_) | Tree::Table(_) => true,
    });
    if has_ports {
        return;
    }
    if let Some(host) = inputs.get("host").filter(|host| !host.value.is_false()) {
        diagnostics.push(without_ports(&component.span, &host.key.span, "`host` leads to the first port"));
    }
    let probe = inputs.get("probe").and_then(|probe| probe.value.table());
    if let Some(probe) = probe.filter(|probe| probe.get("port").is_none()).and_then(|probe| probe.get("path")) {
        diagnostics.push(without_ports(&component.span, &probe.key.span, "a probe with `path` asks the first port"));
    }
}

/// An image whose tag is said twice.
fn twice(image: &Entry, version: &Spanned<String>) -> Option<Diagnostic> {
    let Node { tree: Tree::String(text), span } = &image.value else { return None };
    let name = text.rsplit('/').next().unwrap_or(text);
    let at = name.find(['@', ':'])?;
    let bare = &text[..text.len() - name.len() + at];
    Some(
        Diagnostic::new("two versions of one image")
            .at(span.clone(), format!("already names `{}`", &name[at + 1..]))
            .related(version.span.clone(), "and this would be put behind it")
            .detail(format!("the image would be `{text}:{}`, which is none", version.value))
            .help(format!("`image = \"{bare}\"`")),
    )
}

fn without_ports(component: &Span, place: &Span, why: &str) -> Diagnostic {
    Diagnostic::new("no port to ask")
        .at(place.clone(), why.to_owned())
        .related(component.clone(), "names no `ports`")
        .help("say where it listens: `ports = [8000]`")
}
