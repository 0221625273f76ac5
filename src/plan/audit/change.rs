//! What must hold of a single change: action, reason, expectation and content fit each other and what was observed.

use std::collections::BTreeSet;

use crate::{
    desired::{is_made_once, is_reserved},
    object::{Object, ObjectKey},
    observed::Live,
    ownership::Paths,
    rolling::is_rolling,
    state::{Applied, Operation, Phase},
};

use super::super::{
    Action, After, Block, Change, Check, Clears, Expect, Input, Plan, Reason, Taken,
    choices::is_meant,
    claims::{is_claim, is_claim_of_leaving_set},
    foreign::foreign,
    guard, holders,
    standing::is_ours,
};
use super::Faults;

pub(super) fn check(input: &Input, plan: &Plan, key: &ObjectKey, change: &Change, faults: &mut Faults) {
    let Change {
        component,
        action,
        reason,
        rolls,
        ends,
        held_by,
        expect,
        manifest,
        takes_back,
        regains,
        gives_up,
        loses,
        yields,
        clears,
        merge,
        diff,
        check,
    } = change;
    let mut fault = |holds: bool, what: &str| faults.unless(holds, key, what);

    let is_here = match &key.namespace {
        Some(namespace) => namespace == plan.namespace.as_str(),
        None => !key.kind.is("", "Namespace") || key.name == plan.namespace.as_str(),
    };
    fault(is_here, "lies outside the environment's namespace");
    let is_kind_of_ditc = ["ConfigMap", "Secret", "Lease"].contains(&key.kind.kind.as_str());
    fault(!(is_kind_of_ditc && is_reserved(&key.name)), "has a name that is kept for ditc itself");

    fault(fits(*action, reason, plan.operation), &format!("is no {action:?} for the reason {reason:?}"));
    let is_going = matches!(reason, Reason::Terminating(_));
    fault(is_going == matches!(expect, Expect::Gone(_)), "waits for an object that is not going, or for none that is");
    fault(*reason != Reason::ConfigChanged || !rolls.is_empty(), "rolls for nothing that changed");
    fault(rolls.is_empty() || is_rolling(key), "has no pods to roll");
    let goes = matches!(action, Action::Replace | Action::Delete) || is_going;
    fault(ends.is_empty() || (is_claim(&key.kind) && goes), "ends pods, and is no claim that goes");
    // With the namespace goes all that is in it, if it may.
    let all_end = plan.deletes(&input.namespace_key()) && input.choices.with_foreign;
    let are_mine = ends.iter().all(|user| input.applied(user).is_some());
    fault(are_mine || all_end, "ends pods of what ditc did not make");
    let live = input.observed.objects.get(key).and_then(Live::object);
    let is_lost = live.is_some_and(|live| holders::is_begun(input, key, live));
    let keeps = || guard::keeps_data(input, key, component.as_ref(), manifest.as_ref());
    fault(ends.is_empty() || all_end || is_lost || !keeps(), "ends pods although data is lost");
    let is_held = held_by.is_empty() || (is_claim(&key.kind) && live.is_some_and(Object::is_terminating));
    let waits = plan.blocked.iter().any(|blocked| matches!(blocked.why, Block::WithForeign { .. }));
    fault(is_held || waits, "is held, and is no claim that is being deleted");
    expects(input, key, *action, expect, &mut fault);
    whose(input, plan, key, change, &mut fault);

    let desired = input.desired.and_then(|desired| desired.manifests.get(key));
    let writes = !matches!(action, Action::Delete | Action::Release | Action::Forget);
    fault(writes == manifest.is_some(), "is written without a manifest, or has one and is not written");
    fault(manifest.is_none() || manifest.as_ref() == desired, "is written as nothing asks for it");
    let known = component.as_ref().is_none_or(|component| plan.components.contains_key(component));
    fault(!writes || known, "is of a component that the plan has not");

    let applied = input.applied(key);
    let is_forced = input.choices.forces(input.environment, component.as_ref(), key);
    fault(
        takes_back.is_empty() || matches!(action, Action::Update | Action::Adopt),
        "takes fields of what is not there",
    );
    let may_take = *action == Action::Adopt || is_forced || were_ours(takes_back, applied);
    fault(may_take, "takes fields that were never ours and that nobody gave to it");

    fault(yields.is_empty() || matches!(action, Action::Update | Action::Adopt), "yields fields of what is not there");
    let has = |body: &Object| yields.members().iter().all(|path| path.get(&body.0).is_some());
    fault(
        yields.is_empty() || manifest.as_ref().is_some_and(|manifest| has(&manifest.body)),
        "yields what nothing asks for",
    );

    fault(loses.is_empty() || *action == Action::Replace, "loses what others set, and stays");
    let is_told = regains.is_empty() && gives_up.is_empty();
    fault(is_told || *action == Action::Update, "changes owners of fields, and is no update");
    if let Some(Clears { paths, first }) = clears {
        fault(*action == Action::Update, "clears defaults, and is no update");
        let body = manifest.as_ref().map(|manifest| &manifest.body.0);
        let is_default = |body| !paths.is_empty() && paths.iter().all(|path| path.get(body).is_none());
        fault(body.is_some_and(is_default), "clears what the definition asks for");
        fault(first.key().as_ref() == Some(key), "clears the defaults of another object");
    }

    let is_kept = *action == Action::Update && is_made_once(&key.kind);
    fault(merge.is_none() || is_kept, "is merged into what is not there, or is to be applied");
    let takes_off = *action == Action::Release && diff.fields.iter().all(|field| field.after == After::Absent);
    fault(writes || takes_off || (diff.fields.is_empty() && *check == Check::Done), "shows fields that nobody writes");
    fault(*check != Check::Elsewhere || *action == Action::Create, "was checked elsewhere, and is there");
    let begins = diff.fields.iter().all(|field| field.before.is_none());
    fault(*action != Action::Create || begins, "is created, and shows what was there before");
}

/// Which reasons an action may have.
fn fits(action: Action, reason: &Reason, operation: Operation) -> bool {
    match reason {
        Reason::New | Reason::DeletedOutside | Reason::UnfinishedReplace | Reason::Terminating(_) => {
            action == Action::Create && operation == Operation::Apply
        }
        Reason::Unfinished | Reason::UnderWay | Reason::Unrecorded => {
            matches!(action, Action::Create | Action::Update | Action::Adopt) && operation == Operation::Apply
        }
        Reason::DefinitionChanged
        | Reason::Revised(_)
        | Reason::ConfigChanged
        | Reason::ChangedOutside
        | Reason::DefinitionAndOutside
        | Reason::GivenChanged
        | Reason::RecreatedOutside
        | Reason::YieldEnded
        | Reason::OwnershipLost => action == Action::Update && operation == Operation::Apply,
        Reason::Unchangeable(_) | Reason::ClaimReplaced(_) => {
            action == Action::Replace && operation == Operation::Apply
        }
        Reason::Requested => matches!(action, Action::Replace | Action::Adopt) && operation == Operation::Apply,
        Reason::NotDesired | Reason::Leftover => action == Action::Delete && operation == Operation::Apply,
        Reason::GoesWith(_) => action == Action::Delete,
        Reason::NeededGoes(_) => action == Action::Delete && operation == Operation::Destroy,
        Reason::Destroyed => matches!(action, Action::Delete | Action::Release) && operation == Operation::Destroy,
        Reason::Gone => action == Action::Forget,
    }
}

/// What is expected at the moment of writing is what was observed.
fn expects(input: &Input, key: &ObjectKey, action: Action, expect: &Expect, fault: &mut impl FnMut(bool, &str)) {
    let live = input.observed.objects.get(key).and_then(Live::object);
    let uid = live.and_then(Object::uid);
    match (action, expect) {
        (Action::Create, Expect::Absent) => {
            // What is in a namespace that goes, goes before it.
            let is_going = key.namespace.is_some() && !input.namespace_stays();
            fault(live.is_none() || is_going, "is created although it is there");
        }
        (Action::Create, Expect::Gone(going)) => {
            fault(
                uid.as_ref() == Some(going) && live.is_some_and(Object::is_terminating),
                "waits for what does not go",
            );
        }
        (
            Action::Update | Action::Replace | Action::Adopt | Action::Delete | Action::Release,
            Expect::Same { uid: same, resource_version, .. },
        ) => {
            let is_same = !same.0.is_empty() && uid.as_ref() == Some(same);
            fault(is_same, "is changed or deleted under a uid that nobody saw");
            // The record keeps none; a plan made from it alone is never carried out.
            let is_version = live.and_then(Object::resource_version) == Some(resource_version);
            fault(is_version || input.observed.is_remembered, "is changed or deleted in a version that nobody saw");
        }
        (
            Action::Update | Action::Replace | Action::Adopt | Action::Delete | Action::Release,
            Expect::Absent | Expect::Gone(_),
        ) => {
            fault(false, "is changed or deleted without a uid");
        }
        (Action::Create, Expect::Same { .. }) => fault(false, "is created although it is there"),
        (Action::Forget, Expect::Absent) => fault(input.entry(key).is_some(), "is forgotten, and was never recorded"),
        (Action::Forget, Expect::Same { .. } | Expect::Gone(_)) => {
            fault(false, "is forgotten, and expected to be there");
        }
    }
}

/// What is changed or deleted is ours, or was given to us.
fn whose(input: &Input, plan: &Plan, key: &ObjectKey, change: &Change, fault: &mut impl FnMut(bool, &str)) {
    let component = change.component.as_ref();
    let entry = input.entry(key);
    let live = input.observed.objects.get(key).and_then(Live::object);
    let is_mine = live.is_some_and(|live| is_ours(live, entry, input.environment));
    let is_chosen = |choices| is_meant(choices, input.environment, component, key);
    match change.action {
        Action::Create | Action::Forget => {}
        Action::Update => fault(is_mine, "is changed, and is not ours"),
        Action::Release => {
            let stays = *key == input.namespace_key() && !input.created_namespace();
            fault(is_mine && stays, "is let go, and is no namespace that others made");
        }
        Action::Adopt => {
            let is_begun = entry.is_some_and(|entry| entry.phase == Phase::Planned);
            fault(is_begun || is_chosen(&input.choices.adopt), "is adopted, and nobody gave it to us");
        }
        Action::Replace => {
            fault(is_mine, "is replaced, and is not ours");
            let is_wished = change.reason != Reason::Requested || is_chosen(&input.choices.replace);
            fault(is_wished, "is replaced, and nobody asked for it");
            let loses = live.is_some() && guard::keeps_data(input, key, component, change.manifest.as_ref());
            fault(!loses, "is replaced although data is lost");
        }
        Action::Delete => {
            let goes_along = live.is_some_and(|live| is_claim_of_leaving_set(input, live));
            fault(is_mine || goes_along, "is deleted, and is not ours");
            let is_desired = input.desired.is_some_and(|desired| desired.manifests.contains_key(key));
            fault(!is_desired, "is deleted although it is desired");
            if input.operation == Operation::Apply {
                let is_there = live.is_some_and(|live| !live.is_terminating());
                let loses = is_there && guard::keeps_data(input, key, component, None);
                fault(!loses, "is deleted although data is lost");
            }
            if *key == input.namespace_key() {
                fault(input.created_namespace(), "is a namespace that ditc did not make");
                let others = foreign(input);
                fault(input.choices.with_foreign || others.is_empty(), "is a namespace with what others made");
                let unlisted = &input.observed.unlisted;
                fault(input.choices.with_foreign || unlisted.is_empty(), "is a namespace that nobody saw all of");
                fault(plan.goes_along == others, "takes along what it does not tell of");
                fault(plan.unlisted == *unlisted, "does not tell what nobody saw");
            }
        }
    }
}

/// Whether all fields are recorded as ours, or as ours but for a controller.
fn were_ours(taken: &[Taken], applied: Option<&Applied>) -> bool {
    let claims = applied.map(Applied::claims).as_ref().map(Paths::members).unwrap_or_default();
    let claims: BTreeSet<String> = claims.iter().map(ToString::to_string).collect();
    taken.iter().all(|taken| claims.contains(&taken.field))
}
