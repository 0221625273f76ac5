//! ditc, development in the cloud: preview environments on Kubernetes, kept equal to what git says.
//!
//! # The way of a command
//!
//! ```text
//! plan:   cli → files → config::parse → cluster::discover → config::tracked → sources::resolve → config::expand → record → cluster::observe
//!             → plan::questions → cluster::ask → plan::plan → plan::audit → cluster::review → plan::preflight
//!             → render → terminal
//! apply:  the same plan → question → journal Begin → namespace → lease → record, run open → changes, each waited for
//!             → record, run closed → lease back → journal End → render → exit code
//! apply FILE: format::plan_file → plan::plan → all is asked and planned again → plan::moved → as above, without a question
//! drift:  record → plan::as_recorded in the place of the files → cluster::observe → the same questions and plan
//!             → cluster::sweep_allowed → plan::report → render → exit code
//! many:   config::choose, sources → one lock each → namespaces, records and lists once → the same plan for each, some at a
//!             time → one summary → one question → the same apply for each, some at a time → one end
//! ```
//!
//! Ask everything, then decide, then do: doors ask, the planner is a function of values, the applier makes no choice.
//!
//! # The house
//!
//! Rooms from pure to dirty; a room uses only rooms above it. `tests/it/tidy.rs` holds the table.
//!
//! | room | is | uses |
//! | --- | --- | --- |
//! | [`names`], [`diagnostic`], [`object`], [`rule`], [`hook`], [`address`], [`graph`], [`ownership`], [`secret`], [`quantity`], [`kinds`], [`schema`], [`rolling`], [`catalogue`], [`revision`], [`image`], [`desired`], [`state`], [`observed`] | nouns: plain values, checked once, then trusted | the nouns before |
//! | [`config`] | TOML to environments to manifests | nouns |
//! | [`plan`] | questions, the truth table, differences, order, audit, preflight | nouns |
//! | [`readiness`] | whether a live object works | nouns |
//! | [`mod@format`] | what is stored, as versioned bytes | nouns, plan's values |
//! | [`files`] | door: the disk | – |
//! | [`sources`] | door: git and GitHub | files |
//! | [`charts`] | door: Helm | files |
//! | [`registry`] | door: registries of images | – |
//! | [`store`] | door: local index, journal, lock | format, files |
//! | [`cluster`] | door: Kubernetes | format, plan's values, readiness |
//! | [`sandbox`] | door: the API server in the box | format, files, readiness |
//! | [`apply`] | carries out a plan | plan, readiness, format, store, cluster, registry |
//! | [`render`] | values to text and JSON | plan, apply's events, readiness's causes |
//! | [`cli`], [`settings`], [`terminal`], [`failure`], [`commands`] | the desk: joins the rooms | all |
//!
//! # What always holds
//!
//! - The planner is deterministic: ordered maps; time, ids and randomness are arguments. It has never heard of TOML or HTTP.
//! - Exactly one place prints ([`terminal`]), one reads the environment and the clock ([`settings`]).
//! - Mistakes in the user's files are data with spans, many at once ([`diagnostic`]); failures are errors with a kind and a
//!   hint ([`failure`]); bugs panic with a reason.
//! - What is stored or printed has types of its own; the domain's are not `Serialize`.
//! - No value of a Secret is in a `Debug`, a `Display`, a log, a plan, the state or a snapshot.
//! - What could not be looked at is never absent, and what ditc did not make is never deleted.
//! - Every delete carries a uid, every update uid and resourceVersion, and force is for one object whose fields were ours.

pub mod names;
pub mod diagnostic;
pub mod object;
pub mod pod;
pub mod rule;
pub mod hook;
pub mod address;
pub mod graph;
pub mod ownership;
pub mod secret;
pub mod quantity;
pub mod kinds;
pub mod schema;
pub mod rolling;
pub mod catalogue;
pub mod revision;
pub mod image;
pub mod desired;
pub mod state;
pub mod observed;

pub mod config;
pub mod plan;
pub mod readiness;
pub mod format;

pub mod files;
pub mod sources;
pub mod charts;
pub mod registry;
pub mod store;
pub mod cluster;
pub mod sandbox;

pub mod apply;
pub mod render;

pub mod cli;
pub mod settings;
pub mod terminal;
pub mod failure;
pub mod commands;
