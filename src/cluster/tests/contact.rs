//! A connection that is lost while a run is under way: borne for a while, told, and given up in the end.

use std::sync::Mutex;

use snapbox::{assert_data_eq, str};
use tokio::{
    select,
    time::{Duration, Instant},
};

use super::{ALWAYS, Use, over, sandbox, told};
use crate::{
    cluster::{Contact, Contacted, Error},
    sandbox::{Effect, Fault},
};

/// Uses the door of a run whose requests are lost so often, and gives what came of it, what was told, and when it ended.
async fn borne(used: Use, then: Effect, times: u32) -> (Result<String, Error>, String, Duration) {
    let sandbox = sandbox();
    sandbox.fail(Fault { method: None, times, ..Fault::new("", "/", then) });
    let contact = Contact::default();
    let cluster = over(&sandbox).enduring(&contact);
    let (start, lines) = (Instant::now(), Mutex::new(Vec::new()));
    let tell = |contacted: Contacted| lines.lock().unwrap().push(format!("{contacted:?}"));
    let outcome = select! {
        outcome = used.run(&cluster) => outcome,
        () = cluster.attend(tell) => unreachable!("it never ends"),
    };
    let lines = lines.lock().unwrap().join("\n");
    (outcome, lines, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_lost_for_long_is_told_and_given_up() {
    for used in [Use::List, Use::Apply, Use::Delete] {
        let (outcome, lines, elapsed) = borne(used, Effect::Drop, ALWAYS).await;
        let error = outcome.expect_err("nobody answers");
        assert!(error.is_silence(), "{}", told(&error));
        assert!((57..=60).contains(&elapsed.as_secs()), "{used:?}: given up after {elapsed:?}");
        assert_data_eq!(
            lines,
            str![[r#"
Lost { left: 58s }
Lost { left: 48s }
Lost { left: 38s }
Lost { left: 28s }
Lost { left: 18s }
Lost { left: 8s }
"#]]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_comes_back_has_done_no_harm() {
    for used in [Use::List, Use::Apply, Use::Post, Use::Delete] {
        // Looks for it count as well, one a second.
        let (outcome, lines, elapsed) = borne(used, Effect::Drop, 8).await;
        let outcome = outcome.unwrap_or_else(|error| panic!("{used:?}: {}", told(&error)));
        assert!(elapsed < Duration::from_secs(10), "{used:?}: {outcome} after {elapsed:?}");
        assert!(lines.starts_with("Lost { left: 58s }"), "{used:?}: {lines}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_made_good_at_once_is_not_told() {
    let (outcome, lines, _) = borne(Use::Get, Effect::Reset, 1).await;
    assert_eq!((outcome.ok().as_deref(), lines.as_str()), (Some("there: false"), ""));
}
