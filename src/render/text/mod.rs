//! Output for people, in Terraform's shape.

mod blank;
mod blocked;
mod change;
mod difference;
mod doctor;
mod drift;
mod event;
mod explain;
mod explained;
mod failure;
mod fields;
mod files;
mod history;
mod ledger;
mod live;
mod lock;
mod many;
mod modules;
mod moved;
mod notes;
mod plan;
mod preflight;
mod question;
mod state;
mod status;
mod value;

pub(super) use blocked::{Way, explain, flags};
pub use doctor::{Finding, Verdict, doctor};
pub use drift::{Found, Look, destroyed, drift, drift_summary};
pub(super) use drift::{closing as drift_headline, notes_of as drift_notes};
pub use event::{event, held, log, stopped};
pub(super) use event::{step, subject};
pub use explain::{Alive, Explained, Input, Owned, Planned, Related, explain as explanation};
pub use explained::{Unowned, condition, owned, planned, seen, unowned};
pub use failure::{error, hints, warning};
pub(super) use fields::{Sign, way};
pub use files::{file_diff, not_carried_over, valid};
pub use history::{PastRun, history, rolling_back};
pub(super) use ledger::{complete, ending, verb};
pub use ledger::{ledger, outputs};
pub use live::{Board, Screen, is_only_live, live};
pub use lock::{Left, LockEntry, lock_decides, locked, locks_hold};
pub use many::{
    End, Ending, Outlook, Prospect, endings, failed, heading, nothing_chosen, prospects, question_for_all, strays,
    strays_unknown,
};
pub use modules::{module, modules};
pub use moved::moved;
pub(super) use notes::{count, moved as moved_on, named, object};
pub use plan::{Context, plan, plan_among};
pub(super) use plan::{blocks, headline, in_order, notes as plan_notes, totals as plan_totals};
pub use preflight::preflight;
pub(super) use preflight::{headline as preflight_headline, lack, tight};
pub use question::{not_confirmed, question};
pub use state::{Owner, rebuilt, state_list, state_show};
pub use status::{Standing, Standings, status, status_table};
