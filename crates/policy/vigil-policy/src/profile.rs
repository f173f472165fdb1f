//! Profiles: what happens to an effect that no rule speaks about. Data, not code (`policy.md` §7).

use alloc::string::{String, ToString};
use core::fmt;
use core::fmt::Write as _;

use vigil_core::{Outcome, Provenance};

use crate::class::Class;
use crate::wish::Wish;

/// Which defaults apply, and whether anything is stopped at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// The defaults of `balanced`, but nothing is stopped: what would have been is recorded.
    Observe,
    /// Asks before what cannot be taken back or goes out on somebody else's word.
    #[default]
    Balanced,
    /// Asks before everything but reads and edits in the working directory.
    Strict,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 3] = [Self::Observe, Self::Balanced, Self::Strict];

    /// The word of `policy.toml`.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Balanced => "balanced",
            Self::Strict => "strict",
        }
    }

    /// The profile a word names.
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.token() == token)
    }

    /// Whether holds and blocks take effect.
    pub const fn stops(self) -> bool {
        !matches!(self, Self::Observe)
    }

    /// What happens to an effect that no rule speaks about. `credential_read` is whether the session, or the same action,
    /// read a credential.
    pub const fn default_for(
        self,
        class: Class,
        provenance: Provenance,
        wish: Wish,
        credential_read: bool,
    ) -> Outcome {
        let row = row(class);
        let cells = match (self, wish) {
            (Self::Observe | Self::Balanced, Wish::Asked) => row.asked,
            (Self::Observe | Self::Balanced, Wish::Data) => row.data,
            (Self::Observe | Self::Balanced, Wish::Unasked) => row.balanced,
            (Self::Observe | Self::Balanced, Wish::Told) => row.told,
            (Self::Strict, Wish::Asked | Wish::Data | Wish::Unasked) => row.strict,
            (Self::Strict, Wish::Told) => row.strict.or_graver(row.told),
        };
        let own = cells.of(provenance);
        let after = row.after_credential.of(provenance);
        if credential_read && (after as u8) > (own as u8) { after } else { own }
    }

    /// The whole matrix as the table of `policy.md` §7.
    pub fn matrix() -> String {
        let mut out = String::from(
            "| class | balanced | found as data | asked for | told by content | strict | raised after a credential was read to at least |\n\
             |---|---|---|---|---|---|---|\n",
        );
        for class in Class::ALL {
            let row = row(*class);
            let raises = Provenance::ALL.iter().any(|p| row.after_credential.of(*p) > row.balanced.of(*p));
            let after = if raises { row.after_credential.to_string() } else { String::from("–") };
            let _ = writeln!(
                out,
                "| `{class}` | {} | {} | {} | {} | {} | {after} |",
                row.balanced, row.data, row.asked, row.told, row.strict
            );
        }
        out
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

/// One outcome for each provenance. INVARIANT: it never falls from user over model to untrusted (tested).
#[derive(Clone, Copy)]
struct Cells {
    user: Outcome,
    model: Outcome,
    untrusted: Outcome,
}

impl Cells {
    const fn of(self, provenance: Provenance) -> Outcome {
        match provenance {
            Provenance::User => self.user,
            Provenance::Model => self.model,
            Provenance::Untrusted => self.untrusted,
        }
    }
}

impl Cells {
    const fn or_graver(self, other: Self) -> Self {
        const fn graver(one: Outcome, other: Outcome) -> Outcome {
            if (one as u8) < (other as u8) { other } else { one }
        }
        cells(
            graver(self.user, other.user),
            graver(self.model, other.model),
            graver(self.untrusted, other.untrusted),
        )
    }
}

impl fmt::Display for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.user == self.model && self.model == self.untrusted {
            return self.user.fmt(f);
        }
        write!(f, "{} · {} · {}", self.user, self.model, self.untrusted)
    }
}

// INVARIANT: from `asked` over `data` and `balanced` to `told` no cell gets milder (tested).
struct Row {
    /// In `balanced`, when the user's words ask for something of the kind.
    asked: Cells,
    /// In `balanced`, when what it takes from untrusted content stands there as data.
    data: Cells,
    balanced: Cells,
    /// In `balanced`, when untrusted content tells to do it.
    told: Cells,
    after_credential: Cells,
    strict: Cells,
}

const fn cells(user: Outcome, model: Outcome, untrusted: Outcome) -> Cells {
    Cells { user, model, untrusted }
}

const fn row(class: Class) -> Row {
    use Outcome::{Allow, Block, Hold};
    const FLOWS: Cells = cells(Allow, Allow, Allow);
    const ASKS: Cells = cells(Hold, Hold, Hold);
    const ASKS_UNTRUSTED: Cells = cells(Allow, Allow, Hold);
    const ASKS_UNLESS_USER: Cells = cells(Allow, Hold, Hold);
    const BLOCKS_UNTRUSTED: Cells = cells(Hold, Hold, Block);

    let (asked, balanced, told, after_credential, strict) = match class {
        Class::Read => (FLOWS, FLOWS, ASKS_UNLESS_USER, FLOWS, FLOWS),
        Class::FileWrite => (FLOWS, FLOWS, FLOWS, FLOWS, FLOWS),
        Class::LocalRequest
        | Class::DataWrite
        | Class::Execute
        // Most files an agent deletes are its own, and their names have been in some tool's output: see policy.md §7.
        | Class::Delete => (FLOWS, FLOWS, ASKS_UNLESS_USER, FLOWS, ASKS),
        Class::Credential => (FLOWS, ASKS_UNTRUSTED, ASKS_UNLESS_USER, FLOWS, ASKS),
        Class::Fetch => (FLOWS, FLOWS, ASKS_UNTRUSTED, ASKS_UNTRUSTED, ASKS),
        Class::FetchOutward => (ASKS_UNTRUSTED, ASKS_UNTRUSTED, ASKS_UNLESS_USER, ASKS_UNLESS_USER, ASKS),
        Class::MemoryWrite | Class::Delegation | Class::CredentialWrite | Class::FileWriteOutward => {
            (ASKS_UNTRUSTED, ASKS_UNTRUSTED, ASKS_UNLESS_USER, FLOWS, ASKS)
        }
        Class::DeleteData => (FLOWS, ASKS_UNLESS_USER, ASKS, FLOWS, ASKS),
        Class::Unclassified => (FLOWS, ASKS_UNTRUSTED, ASKS_UNLESS_USER, ASKS_UNTRUSTED, ASKS),
        Class::ExecuteOutward | Class::Irreversible => {
            (ASKS_UNTRUSTED, ASKS_UNTRUSTED, ASKS_UNLESS_USER, ASKS_UNTRUSTED, ASKS)
        }
        Class::UnparsedShell => (ASKS_UNLESS_USER, ASKS_UNLESS_USER, ASKS, ASKS_UNLESS_USER, ASKS),
        Class::Privilege => (FLOWS, ASKS, ASKS, FLOWS, ASKS),
        Class::AgentConfiguration => (ASKS, ASKS, ASKS, FLOWS, ASKS),
        Class::Install | Class::DeleteOutward => (ASKS, ASKS, ASKS, FLOWS, BLOCKS_UNTRUSTED),
        Class::OutwardSend => (FLOWS, ASKS_UNTRUSTED, ASKS_UNLESS_USER, ASKS, BLOCKS_UNTRUSTED),
        Class::Payment => (FLOWS, ASKS_UNLESS_USER, ASKS_UNLESS_USER, ASKS, BLOCKS_UNTRUSTED),
    };
    let data = match class {
        // Whoever calls tools of servers gives them what other tools found, and asking each time is to be switched off.
        Class::Unclassified => FLOWS,
        _ => balanced,
    };
    Row { asked, data, balanced, told, after_credential, strict }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worse_provenance_and_a_credential_read_never_lower_a_default() {
        for (profile, class, wish) in all() {
            for credential in [false, true] {
                let outcome = |provenance| profile.default_for(class, provenance, wish, credential);
                assert!(outcome(Provenance::User) <= outcome(Provenance::Model), "{class}");
                assert!(outcome(Provenance::Model) <= outcome(Provenance::Untrusted), "{class}");
            }
            for provenance in Provenance::ALL {
                let outcome = |credential| profile.default_for(class, *provenance, wish, credential);
                assert!(outcome(false) <= outcome(true), "{class}");
            }
        }
    }

    #[test]
    fn what_nobody_asks_for_is_never_milder_and_what_content_demands_never_than_that() {
        for (profile, class, _) in all() {
            for provenance in Provenance::ALL {
                for credential in [false, true] {
                    let of = |wish| profile.default_for(class, *provenance, wish, credential);
                    assert!(Wish::ALL.is_sorted_by_key(|wish| of(*wish)), "{class}");
                }
            }
        }
    }

    fn all() -> impl Iterator<Item = (Profile, Class, Wish)> {
        let classes = |profile| Class::ALL.iter().map(move |class| (profile, *class));
        Profile::ALL
            .into_iter()
            .flat_map(classes)
            .flat_map(|(profile, class)| Wish::ALL.map(|wish| (profile, class, wish)))
    }

    #[test]
    fn strict_is_never_milder_than_balanced() {
        for (_, class, wish) in all() {
            for provenance in Provenance::ALL {
                let of = |profile: Profile| profile.default_for(class, *provenance, wish, false);
                assert!(of(Profile::Balanced) <= of(Profile::Strict), "{class}");
                assert_eq!(of(Profile::Balanced), of(Profile::Observe), "{class}");
            }
        }
    }

    #[test]
    fn a_less_reversible_or_wider_effect_is_never_milder() {
        for (mild, grave) in [
            (Class::Execute, Class::ExecuteOutward),
            (Class::ExecuteOutward, Class::Irreversible),
            (Class::FileWrite, Class::FileWriteOutward),
            (Class::DataWrite, Class::Irreversible),
            (Class::Delete, Class::DeleteOutward),
            (Class::DeleteData, Class::DeleteOutward),
            (Class::Unclassified, Class::UnparsedShell),
            (Class::Fetch, Class::FetchOutward),
        ] {
            for profile in Profile::ALL {
                for provenance in Provenance::ALL {
                    for credential in [false, true] {
                        for wish in Wish::ALL {
                            let of = |class| profile.default_for(class, *provenance, wish, credential);
                            assert!(of(mild) <= of(grave), "{mild} {grave}");
                        }
                    }
                }
            }
        }
    }
}
