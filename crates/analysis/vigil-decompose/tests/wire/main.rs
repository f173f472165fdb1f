//! The readers of replies on recorded exchanges and on hand-made traps.

mod anthropic;
mod anthropic_traps;
mod chat;
mod chat_traps;
mod corpus;
mod drive;
mod endpoints;
mod gemini;
mod replay;
mod reply;
mod responses;
mod spelling;
