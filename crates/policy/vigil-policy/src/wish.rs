//! Who wants an action, as Analysis remarks on it (`policy.md` §7).

use vigil_core::Action;

/// Who wants an action. The order is that of caution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wish {
    /// The user's words ask for something of its kind.
    Asked,
    /// Nobody is known to ask for it, nor demands it: what it takes from untrusted content stands there as data.
    Data,
    /// Nobody is known to ask for it. This holds for all that Analysis does not remark on.
    Unasked,
    /// Untrusted content tells the agent to do it, whether the user asks for something of its kind or not.
    Told,
}

impl Wish {
    /// All, mildest first.
    pub const ALL: [Self; 4] = [Self::Asked, Self::Data, Self::Unasked, Self::Told];

    /// What the remarks on an action say.
    pub fn of(action: &Action) -> Self {
        if action.remarks.contains(&TOLD_BY_CONTENT) {
            Self::Told
        } else if action.remarks.contains(&ASKED_FOR) {
            Self::Asked
        } else if action.remarks.contains(&FOUND_AS_DATA) {
            Self::Data
        } else {
            Self::Unasked
        }
    }
}

const TOLD_BY_CONTENT: &str = "told_by_content";
const ASKED_FOR: &str = "asked_for";
const FOUND_AS_DATA: &str = "found_as_data";

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[track_caller]
    fn check(remarks: &[&'static str], expect: Wish) {
        let action = Action { remarks: remarks.to_vec(), ..Action::unknown(String::new()) };
        assert_eq!(Wish::of(&action), expect, "{remarks:?}");
    }

    #[test]
    fn what_content_demands_outweighs_what_the_user_asks() {
        check(&[], Wish::Unasked);
        check(&["asked_for"], Wish::Asked);
        check(&["found_as_data"], Wish::Data);
        check(&["found_as_data", "told_by_content"], Wish::Told);
        check(&["asked_for", "told_by_content"], Wish::Told);
        check(&["shell_not_parsed", "told_by_content"], Wish::Told);
    }
}
