//! The auditor: verifies an exported record chain, sharing no code with its writer.
//!
//! It hears a document, in any of the layouts of `docs/spec/voaf.md`, and says a [`Report`]: one verdict, every
//! code that applies, what signatures, checkpoints and evidence show, and the exit code. It has a JSON reader, an
//! encoder and a Merkle tree of its own and depends on no other crate of this workspace, because an auditor that
//! shares the writer's code cannot see the writer's mistakes. It never writes to what it reads, never uses the
//! network, the clock or the environment, and never trusts a number it read with an allocation.
//!
//! A document is read in one pass, its checkpoints twice; what is remembered of each record is one line of fixed
//! size that goes to a temporary file when there are many, so memory stays flat. Hashes and signatures are
//! computed on all cores.
//!
//! ```
//! use vigil_verify::{Options, Source, Verdict, verify};
//!
//! let source = Source::bytes(br#"{"voaf_version":"2.1.0","records":[],"anchor":null}"#);
//! let report = verify(&source, &Options::default())?;
//! assert_eq!(report.verdict, Verdict::Empty);
//! assert_eq!(report.exit_code(), 3);
//! # Ok::<(), vigil_verify::VerifyError>(())
//! ```
//!
//! Start reading at [`verify()`]; the spec's sections are named where they are implemented.

mod args;
mod attest;
mod chain;
mod code;
mod crew;
mod document;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod json;
mod record;
mod report;
mod run;
mod scratch;
mod sorter;
mod source;
#[cfg(feature = "store")]
mod store;
#[cfg(not(feature = "store"))]
#[path = "no_store.rs"]
mod store;
mod verify;

pub use args::{ArgsError, Command, Subject};
pub use attest::evidence::EvidenceCounts;
pub use chain::anchor::Tail;
pub use code::{Code, Codes, Format, Verdict};
pub use error::VerifyError;
pub use report::{
    Attestations, Checkpoints, Finding, Gate, Report, Signed, StoreAnchor, Style, Trust, UnrecognisedPair,
    WitnessSize,
};
pub use run::run;
pub use source::Source;
#[cfg(feature = "store")]
pub use store::StoreError;
pub use verify::{Options, verify, verify_store};
