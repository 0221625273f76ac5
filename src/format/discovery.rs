//! What was learned about a cluster once: its identity and its kinds, with the time, since both may change.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Unreadable, head::parse, open, seal};
use crate::{
    kinds::{Kind, Kinds},
    object::GroupKind,
    state::ClusterId,
};

const WHAT: &str = "discovery";

/// A cluster as it described itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Discovered {
    pub cluster: ClusterId,
    pub kinds: Kinds,
    pub at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct DiscoveredV1 {
    cluster: String,
    at: String,
    kinds: Vec<KindV1>,
}

#[derive(Serialize, Deserialize)]
struct KindV1 {
    group: String,
    kind: String,
    versions: Vec<String>,
    plural: String,
    namespaced: bool,
}

/// Writes it down.
#[must_use]
pub fn encode(discovered: &Discovered) -> String {
    let Discovered { cluster, kinds, at } = discovered;
    let kinds = kinds.iter().map(|kind| {
        let Kind { kind: GroupKind { group, kind }, versions, plural, namespaced } = kind.clone();
        KindV1 { group, kind, versions, plural, namespaced }
    });
    seal(&DiscoveredV1 { cluster: cluster.to_string(), at: at.to_string(), kinds: kinds.collect() })
}

/// Reads it back.
///
/// # Errors
/// When it is damaged or of a newer major format; it can be asked again.
pub fn decode(bytes: &[u8]) -> Result<Discovered, Unreadable> {
    let DiscoveredV1 { cluster, at, kinds } = open(WHAT, bytes)?;
    let kinds = kinds.into_iter().map(|KindV1 { group, kind, versions, plural, namespaced }| Kind {
        kind: GroupKind { group, kind },
        versions,
        plural,
        namespaced,
    });
    Ok(Discovered { cluster: ClusterId(cluster), kinds: kinds.collect(), at: parse(WHAT, &at)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_wrote_and_nothing_else() {
        let at = Timestamp::from_second(1_700_000_000).expect("valid");
        let discovered = Discovered { cluster: ClusterId("c".into()), kinds: Kinds::builtin(), at };
        let text = encode(&discovered);
        assert_eq!(decode(text.as_bytes()), Ok(discovered));
        assert!(decode(text.replace("deployments", "deploymentz").as_bytes()).is_err());
    }
}
