//! Actions, reasons and blocks as words for programs; they stay as they are.

use crate::{
    observed::Forbidden,
    plan::{Action, Block, LeftOut, Reason},
};

/// The actions of a change, in the order in which they are done.
pub(super) fn action_words(action: Action) -> &'static [&'static str] {
    match action {
        Action::Create => &["create"],
        Action::Update | Action::Release => &["update"],
        Action::Replace => &["delete", "create"],
        Action::Adopt => &["import"],
        Action::Delete => &["delete"],
        Action::Forget => &["forget"],
    }
}

/// An action in Terraform's words.
pub(super) fn action_word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update | Action::Release => "update",
        Action::Delete => "delete",
        Action::Forget => "forget",
        Action::Replace => "replace",
        Action::Adopt => "import",
    }
}

/// Why, for programs.
pub(super) fn reason_word(reason: &Reason) -> &'static str {
    match reason {
        Reason::New => "new",
        Reason::Unfinished => "unfinished",
        Reason::UnderWay => "under_way",
        Reason::Unrecorded => "unrecorded",
        Reason::DeletedOutside => "deleted_outside",
        Reason::DefinitionChanged => "definition_changed",
        Reason::Revised(_) => "revised",
        Reason::ConfigChanged => "config_changed",
        Reason::ChangedOutside => "changed_outside",
        Reason::DefinitionAndOutside => "definition_and_outside_changed",
        Reason::GivenChanged => "given_changed",
        Reason::RecreatedOutside => "recreated_outside",
        Reason::OwnershipLost => "ownership_lost",
        Reason::NotDesired => "not_desired",
        Reason::GoesWith(_) => "goes_with",
        Reason::Leftover => "leftover",
        Reason::Destroyed => "destroyed",
        Reason::NeededGoes(_) => "needed_destroyed",
        Reason::Gone => "gone",
        Reason::UnfinishedReplace => "unfinished_replace",
        Reason::Terminating(_) => "terminating",
        Reason::Unchangeable(_) => "unchangeable",
        Reason::ClaimReplaced(_) => "claim_replaced",
        Reason::Requested => "requested",
        Reason::YieldEnded => "yield_ended",
    }
}

/// Why not, for programs.
pub(super) fn block_word(why: &Block) -> &'static str {
    match why {
        Block::Foreign { .. } => "foreign",
        Block::Owned(_) => "owned",
        Block::Invalid(_) => "invalid",
        Block::Malformed(..) => "malformed",
        Block::Forbidden(Forbidden::NamespaceTerminating, _) => "namespace_terminating",
        Block::Forbidden(Forbidden::Quota, _) => "quota",
        Block::Forbidden(Forbidden::Admission, _) => "admission",
        Block::HoldsData(_) => "holds_data",
        Block::Held(_) => "held",
        Block::WithEnvironment => "with_environment",
        Block::SecretChanged => "secret_changed",
        Block::WithForeign { .. } => "with_foreign",
    }
}

/// Why something is left out, for programs.
pub(super) fn left_out_word(why: &LeftOut) -> &'static str {
    match why {
        LeftOut::Excluded => "excluded",
        LeftOut::Needs(_) => "needs_excluded",
        LeftOut::Needed(_) => "needed_by_excluded",
        LeftOut::Inhabited => "inhabited",
    }
}
