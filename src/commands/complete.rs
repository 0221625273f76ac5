//! `ditc completions`, and what their scripts ask for while somebody types: environments, addresses, modules. It asks no
//! cluster and complains about nothing: where files have mistakes, there is less to offer.

use std::{collections::BTreeSet, path::PathBuf};

use crate::{
    address::{Address, address},
    cli::{self, Candidate, Cursor, Shell, Wanted, cursor},
    cluster, config,
    failure::{Exit, Failure},
    files,
    kinds::Kinds,
    names::{ComponentId, EnvironmentName, Tier},
};

use super::desk::Desk;

/// Whoever has more environments than this types a few letters first.
const EXPANDED: usize = 20;

/// `ditc completions`
pub(super) fn script(desk: &Desk<'_>, arguments: cli::Completions) -> Exit {
    desk.terminal.out(match arguments.shell {
        Shell::Bash => include_str!("completions/ditc.bash"),
        Shell::Zsh => include_str!("completions/ditc.zsh"),
        Shell::Fish => include_str!("completions/ditc.fish"),
    });
    Exit::Done
}

/// `ditc __complete`: a line that says whether files serve too, then a candidate a line, with what it is behind a tab.
pub(super) fn run(desk: &Desk<'_>, arguments: &cli::Complete) -> Result<Exit, Failure> {
    let cursor = cursor(&arguments.words);
    let kind = match &cursor.wanted {
        Wanted::Files | Wanted::EnvironmentsOrFiles => "files",
        Wanted::Directories => "directories",
        _ => "words",
    };
    let mut candidates = candidates(desk, &cursor);
    candidates.retain(|candidate| candidate.word.starts_with(&cursor.typed));
    let mut out = format!("{kind}\n");
    for Candidate { word, about } in candidates {
        // One line each, whatever a description says.
        let about = about.lines().next().unwrap_or_default().replace('\t', " ");
        out.push_str(&format!("{}{word}\t{about}\n", cursor.before));
    }
    desk.terminal.out(&out);
    Ok(Exit::Done)
}

fn candidates(desk: &Desk<'_>, cursor: &Cursor) -> Vec<Candidate> {
    let plain = |word: String, about: &str| Candidate { word, about: about.to_owned() };
    match &cursor.wanted {
        Wanted::Words(words) => words.clone(),
        Wanted::Environments | Wanted::EnvironmentsOrFiles => {
            let workspace = workspace(desk, cursor);
            let names = workspace.iter().flat_map(config::Workspace::names);
            let unnamed = names.filter(|name| !cursor.names.iter().any(|named| named == name.as_str()));
            unnamed.map(|name| plain(name.to_string(), "environment")).collect()
        }
        Wanted::Definitions => {
            let workspace = workspace(desk, cursor);
            let names = workspace.iter().flat_map(config::Workspace::all_names);
            names.map(|name| plain(name.to_string(), "environment")).collect()
        }
        Wanted::Addresses => addresses(desk, cursor).into_iter().map(of_address).collect(),
        Wanted::Places => {
            let environments =
                workspace(desk, cursor).iter().flat_map(|workspace| workspace.names()).cloned().collect();
            let whole: BTreeSet<EnvironmentName> = environments;
            let mut places: Vec<Candidate> = whole.iter().map(|name| plain(name.to_string(), "environment")).collect();
            places.extend(
                components(desk, cursor)
                    .map(|(environment, id)| plain(format!("{environment}/{}", id.name), word(id.tier))),
            );
            places
        }
        Wanted::Components => {
            components(desk, cursor).map(|(_, id)| plain(id.name.to_string(), word(id.tier))).collect()
        }
        Wanted::Modules => {
            let catalogue = workspace(desk, cursor).map(|workspace| workspace.catalogue()).unwrap_or_default();
            let about = |contents: Option<&crate::catalogue::Contents>| contents.and_then(|it| it.description.clone());
            let modules = catalogue
                .iter()
                .map(|module| plain(module.name.to_string(), &about(module.contents.as_ref()).unwrap_or_default()));
            modules.collect()
        }
        Wanted::Contexts | Wanted::Clusters | Wanted::Users => {
            let path = cursor.flags.get("kubeconfig").map(PathBuf::from).or_else(|| desk.global.kubeconfig.clone());
            let Some(known) = cluster::names(path.as_deref()) else { return Vec::new() };
            let names = match cursor.wanted {
                Wanted::Contexts => known.contexts,
                Wanted::Clusters => known.clusters,
                _ => known.users,
            };
            names.into_iter().map(|name| plain(name, "kubeconfig")).collect()
        }
        Wanted::Files | Wanted::Directories | Wanted::Nothing => Vec::new(),
    }
}

/// The workspace that the half-typed command is about, however it is spelt there.
fn workspace(desk: &Desk<'_>, cursor: &Cursor) -> Option<config::Workspace> {
    let root = cursor.flags.get("chdir").map_or_else(|| desk.root(), |chdir| desk.root().join(chdir));
    let mut workspace = config::parse(&files::read_workspace(&root).ok()?);
    workspace.give(&config::Given { surroundings: desk.settings.variables.clone(), ..Default::default() });
    Some(workspace)
}

/// The addresses of the environments that are named, or else of those that may be meant.
fn addresses(desk: &Desk<'_>, cursor: &Cursor) -> BTreeSet<Address> {
    let Some(mut workspace) = workspace(desk, cursor) else { return BTreeSet::new() };
    let named = |name: &&EnvironmentName| cursor.names.iter().any(|named| named == name.as_str());
    let head = cursor.typed.split(['.', '/']).next().unwrap_or_default();
    let mut meant: Vec<EnvironmentName> = workspace.names().filter(named).cloned().collect();
    if meant.is_empty() {
        meant = workspace.names().filter(|name| name.as_str().starts_with(head)).take(EXPANDED).cloned().collect();
    }
    let mut addresses = BTreeSet::new();
    for environment in meant {
        addresses.insert(Address { environment: environment.clone(), component: None, object: None });
        let Ok(desired) = config::outline(&mut workspace, &environment, &Kinds::builtin()) else { continue };
        for manifest in desired.manifests.values() {
            let component = manifest.component.as_ref();
            addresses.insert(address(&environment, component, &manifest.key));
            addresses.insert(Address { environment: environment.clone(), component: component.cloned(), object: None });
        }
    }
    addresses
}

fn components(desk: &Desk<'_>, cursor: &Cursor) -> impl Iterator<Item = (EnvironmentName, ComponentId)> {
    let addresses = addresses(desk, cursor).into_iter().filter(|address| address.object.is_none());
    addresses.filter_map(|Address { environment, component, object: _ }| Some((environment, component?)))
}

fn of_address(address: Address) -> Candidate {
    let about = match (&address.object, &address.component) {
        (Some(object), _) => object.kind.clone(),
        (None, Some(component)) => word(component.tier).to_owned(),
        (None, None) => "environment".to_owned(),
    };
    Candidate { word: address.to_string(), about }
}

fn word(tier: Tier) -> &'static str {
    match tier {
        Tier::Dependency => "dependency",
        Tier::Service => "service",
    }
}
