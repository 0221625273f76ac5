//! ditc, development in the cloud.

pub mod desired;
pub mod diagnostic;
pub mod graph;
pub mod kinds;
pub mod names;
pub mod object;
pub mod observed;
pub mod ownership;
pub mod secret;
pub mod state;

pub mod config;
pub mod format;
pub mod plan;
pub mod readiness;

pub mod cluster;
pub mod files;
pub mod sandbox;
pub mod store;

pub mod apply;
pub mod render;

pub mod cli;
pub mod commands;
pub mod failure;
pub mod settings;
pub mod terminal;
