//! The models at work: [`Detector`] watches what the reading half of the plane reads, session by session.
//!
//! Its work for a request is bounded by what is new in it, its work for a call by a constant: a text that was seen before
//! is known by its digest, a session keeps sets of fixed size, and what is untouched for longest is forgotten first.

mod cache;
mod detector;
mod recent;
mod session;
mod spell;
mod watchdog;

pub use detector::{Detector, Ensemble};

#[cfg(test)]
mod tests;
