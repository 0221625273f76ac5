//! Several environments for machines: their plans as one document, and the lines of their runs, each with its environment.

use serde::Serialize;

use crate::{
    names::EnvironmentName,
    plan::{Plan, Preflight},
    render::{Failed, text::Context},
    state::Operation,
};

use super::{
    FORMAT_VERSION, document,
    failure::{DiagnosticDocument, ErrorDocument},
    plan::{CountsDocument, Document},
};

/// One environment among several: its plan, or why there is none.
pub enum Planned<'a> {
    Plan(&'a Plan, &'a Preflight, Context<'a>),
    Failed(&'a EnvironmentName, Failed<'a>),
}

/// The plans of several environments as one document; each is in it as it would be alone.
#[must_use]
pub fn plans<'a>(
    operation: Operation,
    cluster: &str,
    planned: &'a [Planned<'a>],
    without_file: impl IntoIterator<Item = (&'a EnvironmentName, &'a str)>,
) -> String {
    let mut counts = CountsDocument::default();
    let mut is_applyable = true;
    for planned in planned {
        match planned {
            Planned::Plan(plan, _, context) => {
                counts.add(plan.counts());
                is_applyable &= plan.is_applyable() && context.as_of.is_none();
            }
            Planned::Failed(..) => is_applyable = false,
        }
    }
    let stray = |(environment, namespace): (&'a EnvironmentName, &'a str)| Stray {
        environment: environment.as_str(),
        namespace,
    };
    document(&Plans {
        format_version: FORMAT_VERSION,
        operation: operation.verb(),
        cluster,
        applyable: is_applyable,
        counts,
        environments: planned.iter().map(Element::new).collect(),
        without_file: without_file.into_iter().map(stray).collect(),
    })
}

#[derive(Serialize)]
struct Plans<'a> {
    format_version: &'static str,
    operation: &'static str,
    cluster: &'a str,
    /// Whether `apply` would carry out all of them.
    applyable: bool,
    /// Of all that could be planned.
    counts: CountsDocument,
    environments: Vec<Element<'a>>,
    /// Environments in the cluster that were looked for and have no file.
    without_file: Vec<Stray<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Element<'a> {
    Plan(Box<Document<'a>>),
    Failed { environment: &'a str, error: ErrorDocument<'a>, diagnostics: Vec<DiagnosticDocument<'a>> },
}

impl<'a> Element<'a> {
    fn new(planned: &'a Planned<'a>) -> Self {
        match planned {
            Planned::Plan(plan, preflight, context) => Element::Plan(Box::new(Document::new(plan, preflight, context))),
            Planned::Failed(environment, Failed { class, message, causes, hints, diagnostics, sources }) => {
                Element::Failed {
                    environment: environment.as_str(),
                    error: ErrorDocument { class, message, causes, hints },
                    diagnostics: diagnostics.iter().map(|found| DiagnosticDocument::new(found, sources)).collect(),
                }
            }
        }
    }
}

#[derive(Serialize)]
struct Stray<'a> {
    environment: &'a str,
    namespace: &'a str,
}

/// Lines of one environment's run among those of others: each says whose it is.
#[must_use]
pub fn lines_of(environment: &EnvironmentName, lines: &str) -> String {
    // Each line is an object of ours with at least one key, and no name needs an escape.
    lines
        .lines()
        .map(|line| format!("{}\n", line.replacen('{', &format!("{{\"environment\":\"{environment}\","), 1)))
        .collect()
}
