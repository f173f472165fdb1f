//! The vocabulary of what a call does: one for shell strings, file edits, MCP calls, browser actions, SQL and HTTP
//! (design.md section 4), so that one rule covers all.

use alloc::string::String;
use alloc::vec::Vec;

macro_rules! tokens {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $token:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// All values, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word as it stands in policies, evidence and the local API.
            pub const fn token(self) -> &'static str {
                match self { $(Self::$variant => $token,)* }
            }

            /// The value a word names. There is one spelling for each.
            pub fn parse(token: &str) -> Option<Self> {
                match token { $($token => Some(Self::$variant),)* _ => None }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.token())
            }
        }
    };
}

tokens! {
    /// What is done.
    Verb {
        /// Looks at something.
        Read = "read",
        /// Creates or changes something.
        Write = "write",
        /// Removes something.
        Delete = "delete",
        /// Runs something.
        Execute = "execute",
        /// Brings a package onto the machine.
        Install = "install",
        /// Gets something from the network.
        Fetch = "fetch",
        /// Sends something out: mail, message, upload, push.
        Send = "send",
        /// Moves money.
        Pay = "pay",
        /// Gives rights to somebody.
        Grant = "grant",
        /// Hands work to another agent.
        Delegate = "delegate",
        /// Changes how a program, a machine or an agent behaves.
        Configure = "configure",
    }
}

tokens! {
    /// Whether what is done can be undone.
    Reversibility {
        /// It can be undone, or there is nothing to undo.
        Reversible = "reversible",
        /// Some of it can be undone.
        Partial = "partial",
        /// It cannot be undone, or nobody knows.
        Irreversible = "irreversible",
    }
}

tokens! {
    /// Where the value of an argument comes from. The order is that of caution: `Untrusted` is the worst.
    Provenance {
        /// It appears in what the user typed.
        User = "user",
        /// It appears neither in what the user typed nor in untrusted content: the model made it.
        Model = "model",
        /// It appears in a tool result, page, file or mail read in this session and not in what the user typed.
        Untrusted = "untrusted",
    }
}

/// What something is done to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// A file or directory, as written in the call after `~` and `.` and `..` were resolved where that needs no disk.
    Path(String),
    /// A simple command: the program and its arguments.
    Command(Vec<String>),
    /// A host name or address, lower case, without port.
    Host(String),
    /// A URL as written; the host is lower case.
    Url(String),
    /// A package.
    Package {
        /// `npm`, `pypi`, `crates`, `apt`, …
        ecosystem: String,
        /// Its name there.
        name: String,
    },
    /// A message to somebody.
    Message {
        /// Addresses, accounts or channels.
        recipients: Vec<String>,
    },
    /// An amount of money.
    Money {
        /// As written: `12.50`.
        amount: String,
        /// As written: `EUR`; empty when the call does not say.
        currency: String,
        /// Who gets it.
        payee: String,
    },
    /// A key, token, password or the file or variable that holds one.
    Credential(String),
    /// A table, bucket, index or collection.
    DataStore(String),
    /// The agent's own memory or instructions.
    Memory(String),
    /// Nothing that could be recognised. Unknown is never harmless.
    Unknown,
}

impl Resource {
    /// The word for the kind of resource, as in policies: `path`, `command`, `host`, `url`, `package`, `message`,
    /// `money`, `credential`, `data_store`, `memory`, `unknown`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Path(_) => "path",
            Self::Command(_) => "command",
            Self::Host(_) => "host",
            Self::Url(_) => "url",
            Self::Package { .. } => "package",
            Self::Message { .. } => "message",
            Self::Money { .. } => "money",
            Self::Credential(_) => "credential",
            Self::DataStore(_) => "data_store",
            Self::Memory(_) => "memory",
            Self::Unknown => "unknown",
        }
    }

    /// All kinds, in the order of the variants.
    pub const KINDS: [&'static str; 11] = [
        "path",
        "command",
        "host",
        "url",
        "package",
        "message",
        "money",
        "credential",
        "data_store",
        "memory",
        "unknown",
    ];
}

/// How much an effect touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Magnitude {
    /// The number of things named: files, recipients, packages. At least 1 for an effect that names something.
    pub count: u32,
    /// It goes on below what is named: `-r`, globs, `**`, "all".
    pub recursive: bool,
    /// It leaves the working directory, the machine or the account the agent works in.
    pub outward: bool,
}

/// One thing an action does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Effect {
    /// What is done.
    pub verb: Verb,
    /// To what.
    pub resource: Resource,
    /// Whether it can be undone.
    pub reversibility: Reversibility,
    /// How much it touches.
    pub magnitude: Magnitude,
    /// The worst provenance of the argument values that this effect's resource was taken from.
    pub provenance: Provenance,
    /// The simple command (program and arguments) that would do this; empty when no shell command does it. What a
    /// redirection does has that redirection behind the arguments: `echo x > file`.
    pub command: Vec<String>,
}

/// One argument of a call, or one value inside it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Argument {
    /// Where it stands: a JSON pointer (RFC 6901) into the arguments.
    pub pointer: String,
    /// Where its value comes from.
    pub provenance: Provenance,
}

/// A call decomposed: what it would do if it were run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The tool's name as the provider wrote it.
    pub tool: String,
    /// What it does, in the order in which it would happen. Never empty: an unknown tool executes the unknown.
    pub effects: Vec<Effect>,
    /// The provenance of each string or number among the arguments.
    pub arguments: Vec<Argument>,
    /// What a reader should know and a rule cannot express, e.g. `duplicate_members`, `shell_not_parsed`.
    pub remarks: Vec<&'static str>,
}

impl Action {
    /// The action nobody could take apart: it executes the unknown and cannot be undone.
    pub fn unknown(tool: String) -> Self {
        let effect = Effect {
            verb: Verb::Execute,
            resource: Resource::Unknown,
            reversibility: Reversibility::Irreversible,
            magnitude: Magnitude::default(),
            provenance: Provenance::Model,
            command: Vec::new(),
        };
        Self { tool, effects: alloc::vec![effect], arguments: Vec::new(), remarks: Vec::new() }
    }
}
