//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::attest::encoding::base64_array;
use crate::attest::key::{key_id, public_key};
use crate::attest::note::Witness;
use crate::record::line::hex32;
use crate::verify::Options;

/// What the user asked for.
#[derive(Clone, Debug)]
pub enum Command {
    /// Print the help.
    Help,
    /// Print name and version.
    Version,
    /// Verify a document.
    Verify {
        /// What is verified.
        subject: Subject,
        /// Print JSON instead of text.
        json: bool,
        /// What the caller knows.
        options: Options,
    },
}

/// What a command line names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A document; `-` is standard input.
    Document(PathBuf),
    /// The store of a state directory.
    Store(PathBuf),
}

/// Why a command line was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgsError {
    /// Neither document nor store.
    #[error("no document and no store named")]
    NoDocument,
    /// More than one document.
    #[error("more than one document named: `{0}` is one too many")]
    SecondDocument(String),
    /// A document and a store, or two stores.
    #[error("one document or one store can be named, not both")]
    SecondSubject,
    /// An option there is not.
    #[error("unknown option `{0}`")]
    UnknownOption(String),
    /// An option without its value.
    #[error("option `{0}` needs a value")]
    NoValue(&'static str),
    /// A value for an option that takes none.
    #[error("option `{0}` takes no value")]
    UnwantedValue(String),
    /// A malformed `--trust-key`.
    #[error("`{0}` is neither a key id (vk1- and 32 hex digits) nor an Ed25519 public key in base64")]
    TrustKey(String),
    /// A malformed `--witness`.
    #[error("`{0}` is not a witness key (name+id+key, as the witness publishes it)")]
    Witness(String),
    /// More witnesses than are kept apart.
    #[error("at most 64 witnesses can be named")]
    TooManyWitnesses,
    /// A malformed `--expect-genesis`.
    #[error("`{0}` is not a genesis (64 lowercase hex digits)")]
    Genesis(String),
}

impl Command {
    /// Reads the arguments behind the program's name.
    ///
    /// # Errors
    /// When they make no sense; nothing was done then.
    pub fn parse(args: impl Iterator<Item = OsString>) -> Result<Self, ArgsError> {
        let mut args = args;
        let mut options = Options::default();
        let (mut document, mut directory, mut json, mut only_paths) = (None, None, false, false);
        while let Some(arg) = args.next() {
            let text = arg.to_string_lossy().into_owned();
            if only_paths || text == "-" || !text.starts_with('-') {
                if document.replace(PathBuf::from(arg)).is_some() {
                    return Err(ArgsError::SecondDocument(text));
                }
                continue;
            }
            let (name, given) = match text.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (text.as_str(), None),
            };
            let unwanted = given.is_some();
            let mut value = |name: &'static str| {
                let next = || args.next().map(|value| value.to_string_lossy().into_owned());
                given.clone().or_else(next).ok_or(ArgsError::NoValue(name))
            };
            match name {
                "--store" => {
                    let path = match given.clone() {
                        Some(path) => OsString::from(path),
                        None => args.next().ok_or(ArgsError::NoValue("--store"))?,
                    };
                    if directory.replace(PathBuf::from(path)).is_some() {
                        return Err(ArgsError::SecondSubject);
                    }
                }
                "--trust-key" => options.trust_key(&value("--trust-key")?)?,
                "--witness" => options.witness(&value("--witness")?)?,
                "--expect-genesis" => options.expect_genesis(&value("--expect-genesis")?)?,
                _ if unwanted => return Err(ArgsError::UnwantedValue(name.to_owned())),
                "--" => only_paths = true,
                "--json" => json = true,
                "--require-signed" => options.require_signed(),
                "-h" | "--help" => return Ok(Self::Help),
                "-V" | "--version" => return Ok(Self::Version),
                _ => return Err(ArgsError::UnknownOption(text)),
            }
        }
        let subject = match (document, directory) {
            (Some(document), None) => Subject::Document(document),
            (None, Some(directory)) => Subject::Store(directory),
            (None, None) => return Err(ArgsError::NoDocument),
            (Some(_), Some(_)) => return Err(ArgsError::SecondSubject),
        };
        Ok(Self::Verify { subject, json, options })
    }
}

impl Options {
    /// Pins a key: its id, or the public key in base64.
    ///
    /// # Errors
    /// When it is neither.
    pub fn trust_key(&mut self, text: &str) -> Result<(), ArgsError> {
        let hex =
            |id: &str| id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let id = match text.strip_prefix("vk1-").is_some_and(hex) {
            true => Some(text.to_owned()),
            false => {
                base64_array(text.as_bytes()).filter(|key| public_key(key).is_some()).map(|key| key_id(&key))
            }
        };
        self.trusted.push(id.ok_or_else(|| ArgsError::TrustKey(text.to_owned()))?);
        Ok(())
    }

    /// Names a witness by its verifier key.
    ///
    /// # Errors
    /// When the key is malformed, or there are too many.
    pub fn witness(&mut self, text: &str) -> Result<(), ArgsError> {
        if self.witnesses.len() == 64 {
            return Err(ArgsError::TooManyWitnesses);
        }
        self.witnesses.push(Witness::parse(text).ok_or_else(|| ArgsError::Witness(text.to_owned()))?);
        Ok(())
    }

    /// Wants a certain genesis.
    ///
    /// # Errors
    /// When it is not 64 lowercase hex digits.
    pub fn expect_genesis(&mut self, text: &str) -> Result<(), ArgsError> {
        self.genesis = Some(hex32(text.as_bytes()).ok_or_else(|| ArgsError::Genesis(text.to_owned()))?);
        Ok(())
    }

    /// Wants every record signed.
    pub fn require_signed(&mut self) {
        self.require_signed = true;
    }

    /// Uses this many threads; without it all cores for all but small documents.
    pub fn threads(&mut self, threads: usize) {
        self.threads = Some(threads);
    }
}

/// What `--help` prints, for the program as the user called it: `vigil-verify` or `vigil verify`.
pub(crate) fn help(program: &str) -> String {
    let store = if cfg!(feature = "store") {
        ""
    } else {
        " (not in this build:\n                          use `vigil verify --store`)"
    };
    HELP.replace("PROGRAM", program).replace("STORE", store)
}

const HELP: &str = "\
Verifies a VOAF record chain and its attestations.

Usage: PROGRAM DOCUMENT [OPTIONS]
       PROGRAM --store DIR [OPTIONS]

  DOCUMENT                a *.voaf.json file; - reads standard input

Options:
  --store DIR             verify the store of a state directory; only reads,
                          also beside a running daemonSTORE
  --trust-key KEY         a key you know, as id (vk1-...) or base64; may repeat
  --witness VKEY          a witness you know, as name+id+key; may repeat
  --require-signed        fail unless every record is signed
  --expect-genesis HEX    fail unless the chain starts from this genesis
  --json                  print the report as one JSON object
  -h, --help              print this
  -V, --version           print the version

Exit codes:
   0  verified                          7  1.0, links hold
   1  broken                            8  1.0, a link is broken
   2  truncated                         9  1.0, no entries
   3  empty                            10  usage, or unreadable file or store
   6  rejected                         11  internal, or a limit was reached
  12  verified, but an attestation is bad or a required signature is missing
  13  verified, but not the expected genesis

Limits: one record, or one member read whole, of 128 MiB of text. Beyond 24 MiB
per table, what is remembered of records is kept in the temporary directory; so
is the copy of a store while it is verified.

Examples:
  PROGRAM chain.voaf.json
  PROGRAM chain.voaf.json --trust-key vk1-a3b1b896fc2d398b488e7fb41c5af007
  PROGRAM --store ~/.local/state/vigil
  vigil export | PROGRAM - --json
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Command, ArgsError> {
        Command::parse(args.iter().map(OsString::from))
    }

    #[test]
    fn options_may_stand_anywhere_and_use_either_spelling() {
        let genesis = "0".repeat(64);
        let args = ["--json", "a.json", "--require-signed", &format!("--expect-genesis={genesis}")];
        let Ok(Command::Verify { subject, json: true, options }) = parse(&args) else {
            panic!("not understood")
        };
        assert_eq!((subject, options.genesis), (Subject::Document("a.json".into()), Some([0; 32])));
        assert!(options.require_signed);
        assert!(matches!(parse(&["--", "--json"]), Ok(Command::Verify { json: false, .. })));
        for args in [&["--store", "d"][..], &["--store=d"]] {
            let Ok(Command::Verify { subject, .. }) = parse(args) else { panic!("not understood") };
            assert_eq!(subject, Subject::Store("d".into()));
        }
    }

    #[test]
    fn a_line_that_makes_no_sense_is_an_error() {
        assert_eq!(parse(&[]).unwrap_err(), ArgsError::NoDocument);
        assert_eq!(parse(&["a", "b"]).unwrap_err(), ArgsError::SecondDocument("b".into()));
        assert_eq!(parse(&["a", "--store", "d"]).unwrap_err(), ArgsError::SecondSubject);
        assert_eq!(parse(&["--store"]).unwrap_err(), ArgsError::NoValue("--store"));
        assert_eq!(parse(&["a", "--jsno"]).unwrap_err(), ArgsError::UnknownOption("--jsno".into()));
        assert_eq!(parse(&["a", "--witness"]).unwrap_err(), ArgsError::NoValue("--witness"));
        assert_eq!(parse(&["a", "--json=1"]).unwrap_err(), ArgsError::UnwantedValue("--json".into()));
        assert!(matches!(parse(&["a", "--trust-key", "vk1-XY"]), Err(ArgsError::TrustKey(_))));
        assert!(matches!(parse(&["a", "--trust-key", &"A".repeat(43)]), Err(ArgsError::TrustKey(_))));
        assert!(matches!(parse(&["a", "--expect-genesis", "00"]), Err(ArgsError::Genesis(_))));
    }
}
