//! How far an exchange or a call is from routine.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// The combined output of the ensemble and the user's policy state (design.md section 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// `tier0`: as always.
    #[default]
    Routine,
    /// `tier1`: noted in the record.
    Noted,
    /// `tier2`: shown, not stopped.
    Flagged,
    /// `tier3`: held until a person answers.
    Held,
    /// `tier4`: blocked.
    Blocked,
}

impl Tier {
    /// All tiers, from routine to blocked.
    pub const ALL: [Self; 5] = [Self::Routine, Self::Noted, Self::Flagged, Self::Held, Self::Blocked];

    /// The token of the record: `tier0` … `tier4`.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Routine => "tier0",
            Self::Noted => "tier1",
            Self::Flagged => "tier2",
            Self::Held => "tier3",
            Self::Blocked => "tier4",
        }
    }

    /// The tier a token names.
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.token() == token)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

/// Why a tier is what it is, in plain words, e.g. `analysis_unavailable` or `unusual recipient`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason(pub String);

/// What Analysis makes of a call or an exchange as a whole: a tier, its reasons, and the scores behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Classification {
    /// The combined tier.
    pub tier: Tier,
    /// Why, most telling first.
    pub reasons: Vec<Reason>,
    /// Scores of the single models by name, scaled by 1,000,000 (`voaf.md` §8). Empty while no model ran.
    pub scores: Vec<(&'static str, i64)>,
    /// For each score, and for all `combined`, how often ordinary data is at least as unusual, scaled by 1,000,000.
    pub p: Vec<(&'static str, i64)>,
    /// How many models agree that it is unusual.
    pub agreement: u8,
    /// Which models said so. Empty while none ran.
    pub models: Arc<str>,
    /// Version of the statistical feature vector; 0 when there is none.
    pub feature_version: u32,
    /// The statistical feature vector, scaled by 1,000,000.
    pub features: Vec<i64>,
}

impl Classification {
    /// The name under which scores and p-values hold what all models say together.
    pub const COMBINED: &str = "combined";

    /// How often ordinary data is at least as unusual to all models together, scaled by 1,000,000. `None` while no model
    /// ran.
    pub fn combined_p(&self) -> Option<i64> {
        self.p.iter().find(|(name, _)| *name == Self::COMBINED).map(|(_, p)| *p)
    }
}
