//! What hands type which know kubectl or Terraform, and that ditc does not take: each with the reason and the way on.

use std::path::Path;

use clap::error::{ContextKind, ContextValue};

use crate::{failure::Failure, names::EnvironmentName};

use super::usage;

/// What to say where the file of an environment was typed and its name is wanted.
pub(super) fn mistaken_file(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidValue) else { return None };
    meant_environment(Path::new(typed))
}

/// What to say of a file of an environment where something else is wanted.
#[must_use]
pub fn meant_environment(file: &Path) -> Option<String> {
    let environment = EnvironmentName::new(file.file_stem()?.to_str()?).ok()?;
    let is_toml = file.extension().is_some_and(|extension| extension == "toml");
    is_toml.then(|| format!("an environment is named by its name alone: {environment}"))
}

/// Refuses a flag by its name, without dashes.
pub(super) fn refuse(name: &str) -> Result<(), Failure> {
    Err(match name {
        "n" | "namespace" => usage("ditc has no flag for the namespace: it comes from the environment's file")
            .hint("name the environment instead: `ditc plan ENV`; its file may say `namespace = \"...\"`"),
        "field-manager" => usage("ditc has no flag for the field manager: it is always `ditc`")
            .hint("with another one, ditc could not tell its own fields from those of others"),
        "A" | "all-namespaces" => usage("ditc has no flag for all namespaces: it works on environments")
            .hint("--all means every environment; `ditc status` without a name lists them"),
        "l" | "selector" => usage("ditc has no label selector: environments are chosen by name")
            .hint("a name may hold `*`, as in `ditc plan 'pr-*'`; -target chooses within an environment"),
        "o" | "output" => usage("ditc has no -o: the form of its output is chosen by -json and -format")
            .hint("-json prints one document, or one line for each event of a run")
            .hint("ditc plan ENV -format markdown; github and junit are for CI too"),
        "w" | "watch" => usage("ditc has no flag to watch: `ditc apply` waits until all works, or says why not")
            .hint("ditc logs ENV -follow shows what the pods say meanwhile"),
        "dry-run" => usage("ditc has no dry run: `ditc plan` shows what `ditc apply` would do, checked by the server")
            .hint("ditc plan ENV"),
        "v" => usage("ditc has no flag for verbosity; the version is told by `ditc version`")
            .hint("DITC_LOG=debug ditc plan ENV logs every request on standard error"),
        "token" | "username" | "password" => {
            usage(format!("ditc takes no --{name}: everybody on this machine can read a command line"))
                .hint("kubectl config set-credentials keeps credentials in the kubeconfig; --user chooses among them")
        }
        "certificate-authority"
        | "client-certificate"
        | "client-key"
        | "insecure-skip-tls-verify"
        | "tls-server-name" => {
            usage(format!("ditc takes no --{name}: how to trust a server is said by the kubeconfig"))
                .hint("kubectl config set-cluster and set-credentials say it there; --context chooses")
        }
        _ => return Ok(()),
    })
}
