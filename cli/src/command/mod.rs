//! One file for each subcommand: arguments, one call, printing, exit code.

pub(crate) mod answer;
pub(crate) mod bench;
pub(crate) mod ca;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod deps;
pub(crate) mod export;
pub(crate) mod holds;
pub(crate) mod hook;
pub(crate) mod init;
pub(crate) mod log;
pub(crate) mod lsp;
pub(crate) mod model;
pub(crate) mod replay;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod scan;
pub(crate) mod status;
pub(crate) mod table;
pub(crate) mod tests;
pub(crate) mod up;
pub(crate) mod verify;
