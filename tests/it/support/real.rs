//! A real API server, where the environment names one: `tests/cluster/up` starts it and prints its kubeconfig's path.

use std::{fmt::Write, fs, ops::Deref};

use kube::{
    Config,
    config::{KubeConfigOptions, Kubeconfig},
};

use super::{Hand, hand};

/// What a test says that did nothing.
pub(crate) const NOT_USED: &str = "the real server was not used: set DITC_TEST_KUBECONFIG";

/// A real server, with a hand that is not ditc's.
pub(crate) struct Real {
    /// The text of the file, for workspaces.
    pub(crate) kubeconfig: String,
    hand: Hand,
}

impl Deref for Real {
    type Target = Hand;

    fn deref(&self) -> &Hand {
        &self.hand
    }
}

impl Real {
    /// The server that `DITC_TEST_KUBECONFIG` names; none where it names none.
    #[expect(clippy::disallowed_methods, reason = "a test is told by the environment where the real server is")]
    pub(crate) fn server() -> Option<Self> {
        let path = std::env::var("DITC_TEST_KUBECONFIG").ok().filter(|path| !path.is_empty())?;
        let kubeconfig =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("DITC_TEST_KUBECONFIG={path}: {error}"));
        let runtime = hand::runtime();
        let client = runtime.block_on(async {
            let parsed = Kubeconfig::from_yaml(&kubeconfig).expect("DITC_TEST_KUBECONFIG names a kubeconfig");
            let options = KubeConfigOptions::default();
            let config = Config::from_custom_kubeconfig(parsed, &options).await.expect("its context is whole");
            kube::Client::try_from(config).expect("a client for it")
        });
        Some(Self { kubeconfig, hand: Hand { client, runtime } })
    }
}

/// A name that nobody else has: tests share the server, with each other and with runs that were killed.
pub(crate) fn own_name(prefix: &str) -> String {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    bytes.iter().fold(format!("{prefix}-"), |mut name, byte| {
        write!(name, "{byte:02x}").expect("a text takes all");
        name
    })
}
