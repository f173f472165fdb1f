//! Effect classes: one word for what an effect is to a profile (`policy.md` §6).

use core::fmt;

use vigil_core::{Effect, Resource, Reversibility, Verb};

macro_rules! classes {
    ($($(#[$doc:meta])* $variant:ident = $token:literal, $reason:literal;)*) => {
        /// What an effect is to a profile. The order is that of gravity: an action has the class of its gravest effect.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Class { $($(#[$doc])* $variant,)* }

        impl Class {
            /// All classes, mildest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word as it stands in records and in `profile:<name>/<class>`.
            pub const fn token(self) -> &'static str {
                match self { $(Self::$variant => $token,)* }
            }

            /// Why a profile stops it, as a sentence about the action without any of its names.
            pub const fn reason(self) -> &'static str {
                match self { $(Self::$variant => $reason,)* }
            }
        }
    };
}

classes! {
    /// Looks at something.
    Read = "read", "it reads data";
    /// A request to a server on this machine.
    LocalRequest = "local_request", "it talks to a server on this machine";
    /// Creates or changes a file in the working directory.
    FileWrite = "file_write", "it changes a file";
    /// Changes rows, objects or drafts.
    DataWrite = "data_write", "it changes stored data";
    /// Runs a known program.
    Execute = "execute", "it runs a program";
    /// Gets something from the network.
    Fetch = "fetch", "it gets something from the network";
    /// Changes what the agent will remember.
    MemoryWrite = "memory_write", "it changes what the agent remembers";
    /// Hands work to another agent.
    Delegation = "delegation", "it hands work to another agent";
    /// Reads a key, token or password.
    Credential = "credential", "it reads a credential";
    /// Changes a key, token or password.
    CredentialWrite = "credential_write", "it changes a credential";
    /// Creates or changes a file elsewhere.
    FileWriteOutward = "file_write_outward", "it changes a file outside the working directory";
    /// Runs a known program that reaches beyond the working directory, the machine or the account.
    ExecuteOutward = "execute_outward", "it runs a program that reaches outside";
    /// Gets something from the network with a request that carries data out.
    FetchOutward = "fetch_outward", "it sends data along with a request to the network";
    /// Removes a file in the working directory.
    Delete = "delete", "it deletes a file";
    /// Removes rows, objects or messages.
    DeleteData = "delete_data", "it deletes stored data";
    /// Nobody knows what the tool does.
    Unclassified = "unclassified", "nobody knows what it does";
    /// A shell text that could not be taken apart.
    UnparsedShell = "unparsed_shell", "its shell text could not be taken apart";
    /// What it does cannot be undone.
    Irreversible = "irreversible", "what it does cannot be undone";
    /// Changes how an agent, a program or the machine behaves.
    AgentConfiguration = "agent_configuration", "it changes how an agent or the machine behaves";
    /// Gives rights to somebody.
    Privilege = "privilege", "it changes who may do what";
    /// Brings a package onto the machine.
    Install = "install", "it installs a package";
    /// Removes something outside the working directory, or everything below a directory.
    DeleteOutward = "delete_outward", "it deletes outside the working directory or a whole directory";
    /// Sends something out.
    OutwardSend = "outward_send", "it sends something out";
    /// Moves money.
    Payment = "payment", "it moves money";
}

impl Class {
    /// The class of an effect. `shell_not_parsed` is whether the action carries that remark.
    pub fn of(effect: &Effect, shell_not_parsed: bool) -> Self {
        let outward = effect.magnitude.outward;
        let wide = outward || effect.magnitude.recursive;
        let final_ = effect.reversibility == Reversibility::Irreversible;
        match (effect.verb, &effect.resource) {
            (Verb::Read, Resource::Credential(_)) => Self::Credential,
            (Verb::Read | Verb::Fetch | Verb::Write | Verb::Send, Resource::Host(host))
                if is_loopback(host) =>
            {
                Self::LocalRequest
            }
            (Verb::Read | Verb::Fetch | Verb::Write | Verb::Send, Resource::Url(url))
                if is_loopback(host_of(url)) =>
            {
                Self::LocalRequest
            }
            (Verb::Read, Resource::Host(_) | Resource::Url(_)) | (Verb::Fetch, _) => {
                if outward {
                    Self::FetchOutward
                } else {
                    Self::Fetch
                }
            }
            (Verb::Read, _) => Self::Read,
            (Verb::Write, Resource::Path(_)) if outward => Self::FileWriteOutward,
            (Verb::Write, Resource::Path(_)) => Self::FileWrite,
            (Verb::Write, Resource::Credential(_)) => Self::CredentialWrite,
            (Verb::Write, Resource::Memory(_)) => Self::MemoryWrite,
            (Verb::Write, Resource::Host(_) | Resource::Url(_)) | (Verb::Send, _) => Self::OutwardSend,
            (Verb::Write, Resource::Money { .. }) | (Verb::Pay, _) => Self::Payment,
            (Verb::Write | Verb::Execute, Resource::Unknown) if shell_not_parsed => Self::UnparsedShell,
            (Verb::Write | Verb::Execute, Resource::Unknown) => Self::Unclassified,
            (Verb::Write, Resource::DataStore(_) | Resource::Message { .. }) if !final_ => Self::DataWrite,
            (Verb::Delete, _) if wide => Self::DeleteOutward,
            (Verb::Delete, Resource::Path(_)) => Self::Delete,
            (Verb::Delete, _) => Self::DeleteData,
            (Verb::Write | Verb::Execute, Resource::Command(_)) | (Verb::Execute, Resource::Path(_))
                if !final_ =>
            {
                if outward {
                    Self::ExecuteOutward
                } else {
                    Self::Execute
                }
            }
            (Verb::Write | Verb::Execute, _) => Self::Irreversible,
            (Verb::Install, _) => Self::Install,
            (Verb::Grant, _) => Self::Privilege,
            (Verb::Delegate, _) => Self::Delegation,
            (Verb::Configure, _) => Self::AgentConfiguration,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

/// The host of a URL: what stands between the scheme's slashes, or the start, and the path, without user and port.
///
/// `\` ends the host too, because browsers read it as `/`.
pub(crate) fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.starts_with('[') {
        return host.split_once(']').map_or(host, |(address, _)| address.trim_start_matches('['));
    }
    let host = host.split_once(':').map_or(host, |(name, _)| name);
    host.strip_suffix('.').unwrap_or(host)
}

fn is_loopback(host: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    host == "localhost" || host == "::1" || host == "[::1]" || host.strip_prefix("127.").is_some_and(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use vigil_core::{Magnitude, Provenance};

    #[track_caller]
    fn check(verb: Verb, resource: Resource, marks: &str, expect: Class) {
        let effect = Effect {
            verb,
            resource,
            reversibility: if marks.contains('!') {
                Reversibility::Irreversible
            } else {
                Reversibility::Partial
            },
            magnitude: Magnitude { count: 1, recursive: marks.contains('r'), outward: marks.contains('o') },
            provenance: Provenance::Model,
            command: alloc::vec::Vec::new(),
        };
        assert_eq!(Class::of(&effect, marks.contains('s')), expect, "{effect:?}");
    }
    fn path(text: &str) -> Resource {
        Resource::Path(text.to_string())
    }
    fn url(text: &str) -> Resource {
        Resource::Url(text.to_string())
    }
    fn command() -> Resource {
        Resource::Command(alloc::vec!["make".to_string()])
    }

    #[test]
    fn names_what_an_effect_is() {
        check(Verb::Read, path("a"), "", Class::Read);
        check(Verb::Read, path("/a"), "o!", Class::Read);
        check(Verb::Read, Resource::Credential("k".to_string()), "", Class::Credential);
        check(Verb::Write, path("a"), "!", Class::FileWrite);
        check(Verb::Write, path("/a"), "o", Class::FileWriteOutward);
        check(Verb::Delete, path("a"), "!", Class::Delete);
        check(Verb::Delete, path("a"), "r!", Class::DeleteOutward);
        check(Verb::Delete, path("/a"), "o!", Class::DeleteOutward);
        check(Verb::Delete, Resource::DataStore("t".to_string()), "!", Class::DeleteData);
        check(Verb::Execute, command(), "", Class::Execute);
        check(Verb::Execute, command(), "o", Class::ExecuteOutward);
        check(Verb::Execute, command(), "o!", Class::Irreversible);
        check(Verb::Write, command(), "", Class::Execute);
        check(Verb::Write, command(), "o", Class::ExecuteOutward);
        check(Verb::Write, command(), "!", Class::Irreversible);
        check(Verb::Execute, Resource::Unknown, "!", Class::Unclassified);
        check(Verb::Execute, Resource::Unknown, "!s", Class::UnparsedShell);
        check(Verb::Fetch, url("https://example.com/x"), "", Class::Fetch);
        check(Verb::Fetch, url("https://example.com/?q=x"), "o", Class::FetchOutward);
        check(Verb::Fetch, url("http://localhost:3000/x"), "", Class::LocalRequest);
        check(Verb::Send, url("http://127.0.0.1:80"), "", Class::LocalRequest);
        check(Verb::Send, url("http://127.0.0.1.evil.example"), "", Class::OutwardSend);
        check(Verb::Send, url("http://localhost@evil.example"), "", Class::OutwardSend);
        check(Verb::Configure, path("CLAUDE.md"), "", Class::AgentConfiguration);
        check(Verb::Grant, path("/etc/sudoers"), "", Class::Privilege);
    }

    #[test]
    fn finds_the_host_of_a_url() {
        for (url, host) in [
            ("https://a.example/x?y@z", "a.example"),
            ("https://u:p@a.example:8443", "a.example"),
            ("https://evil.example\\@a.example", "evil.example"),
            ("http://[::1]:80/x", "::1"),
            ("a.example./x", "a.example"),
            ("", ""),
        ] {
            assert_eq!(host_of(url), host);
        }
    }
}
