//! The Vault as a whole: messages in, records on disk, documents out.

mod crash;
mod fixture;
mod model;
mod recording;
mod states;
