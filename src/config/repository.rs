//! What a service says about objects in its own repository: a chart with values, or manifests.

use super::{
    fields::{Fields, missing, unknown_key},
    value::{Entry, Table},
};
use crate::diagnostic::{Diagnostic, Span, Spanned};

/// Objects that lie in the repository of a service.
#[derive(Debug, Clone)]
pub(super) struct Own {
    pub(super) what: What,
    /// Where they lie in it.
    pub(super) path: Spanned<String>,
    /// Of a chart.
    pub(super) values: Table,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Chart,
    Manifests,
}

impl What {
    /// The key that names it.
    pub(super) fn word(self) -> &'static str {
        match self {
            What::Chart => "chart",
            What::Manifests => "manifests",
        }
    }
}

/// The input of module `service` that a service with a chart may give too: the image that the chart is told.
const IMAGE: &str = "image";

/// Reads the keys about objects in the repository of a service.
pub(super) fn own<'a>(
    fields: &mut Fields<'a, '_>,
    table: &'a Table,
    title: &str,
    span: &Span,
    is_extending: bool,
) -> Option<Own> {
    let chart = fields.string(What::Chart.word()).map(|path| (What::Chart, path));
    let manifests = fields.string(What::Manifests.word()).map(|path| (What::Manifests, path));
    let values = fields.table("values");
    let keys: Vec<&Entry> = ["module", "chart", "manifests"].into_iter().filter_map(|key| table.get(key)).collect();
    if let [first, second, ..] = keys.as_slice() {
        fields.complain(
            Diagnostic::new("two sources of objects")
                .at(second.key.span.clone(), format!("and here they come from `{}`", second.key.value))
                .related(first.key.span.clone(), format!("here they come from `{}`", first.key.value))
                .detail(format!("{title} takes its objects from one place: a module, a chart or manifests"))
                .help("remove one of them"),
        );
    }
    if let (Some(values), None, false) = (table.get("values"), table.get("chart"), is_extending) {
        fields.complain(
            Diagnostic::new("values without a chart")
                .at(values.key.span.clone(), "whose values are these?")
                .detail(format!("{title} names no `chart`; only a chart takes `values`")),
        );
    }
    let (what, path) = chart.or(manifests)?;
    for key in [IMAGE, "image_tag"].into_iter().filter(|_| what == What::Manifests) {
        let Some(entry) = table.get(key) else { continue };
        fields.complain(
            Diagnostic::new("image beside manifests")
                .at(entry.key.span.clone(), "goes nowhere")
                .detail(format!("the objects of {title} are manifests, which name their images themselves"))
                .help("write it into the manifests, or take a chart or a module"),
        );
    }
    if table.get("repo").is_none() && !is_extending {
        let diagnostic = missing(span, title, "repo");
        fields
            .complain(diagnostic.help(format!("say in which repository `{}` lies: `repo = \"org/name\"`", path.value)));
    }
    Some(Own { what, path, values: values.cloned().unwrap_or_default() })
}

/// The inputs of a service whose objects lie in its repository; others are told.
pub(super) fn inputs(own: &Own, given: Table, title: &str, fields: &mut Fields<'_, '_>) -> Table {
    let (kept, others): (Vec<Entry>, Vec<Entry>) =
        given.entries.into_iter().partition(|entry| entry.key.value == IMAGE);
    for Entry { key, .. } in others {
        // Of what there is instead the help below says more than a list would.
        let diagnostic = unknown_key(&key, title, &[]);
        fields.complain(match own.what {
            What::Chart => diagnostic
                .detail(format!("the objects of {title} come from its chart, which does not know `{}`", key.value))
                .help("give it under `values`, by the name that the chart has for it"),
            What::Manifests => diagnostic
                .detail(format!("the objects of {title} are manifests, which nothing is put into"))
                .help("write it into the manifests, or take a chart or a module"),
        });
    }
    Table { entries: kept }
}
