//! One file for each subcommand: arguments, one call, printing, exit code.

pub(crate) mod answer;
pub(crate) mod bench;
pub(crate) mod ca;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod export;
pub(crate) mod holds;
pub(crate) mod log;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod table;
pub(crate) mod up;
pub(crate) mod verify;
