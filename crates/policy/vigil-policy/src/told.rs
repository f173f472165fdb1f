//! Deny text: what the agent is told in place of a call (`policy.md` §11).
//!
//! It names the rule and the reason and how to go on. It never names the tool or an argument: not one byte of a call that
//! was not allowed reaches the client.

use alloc::format;
use alloc::string::String;

use vigil_core::Ruling;

/// The deny text of a ruling; `None` when the call is delivered or nobody is there to be told.
pub(crate) fn told(ruling: Ruling, rule: &str, reason: &str) -> Option<String> {
    let what = match ruling {
        Ruling::PolicyDeny => "Vigil blocked this action.",
        Ruling::UserDeny => "Vigil held this action and the user denied it.",
        Ruling::TimeoutDeny => "Vigil held this action and nobody answered in time, so it was denied.",
        Ruling::ShutdownDeny => "Vigil is shutting down and denied this action.",
        Ruling::FaultDeny => "Vigil could not decide on this action and denied it.",
        Ruling::Allow
        | Ruling::Observed
        | Ruling::UserApprove
        | Ruling::AlwaysAllow
        | Ruling::ClientDisconnected
        | Ruling::ConnectionPanicked => return None,
    };
    let next = match ruling {
        Ruling::UserDeny | Ruling::PolicyDeny => "Do not retry it; go on without it or ask the user.",
        _ => "Do not retry it now; go on without it, or ask the user to approve it.",
    };
    let stop = if reason.ends_with(['.', '!', '?']) { "" } else { "." };
    Some(format!("{what} Rule: {rule}. Reason: {reason}{stop} It was not run. {next}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_denied_is_told_and_nobody_else() {
        for ruling in Ruling::ALL {
            let gone = matches!(ruling, Ruling::ClientDisconnected | Ruling::ConnectionPanicked);
            assert_eq!(told(ruling, "r", "why").is_some(), !ruling.delivers() && !gone, "{ruling:?}");
        }
    }
    #[test]
    fn names_rule_and_reason() {
        assert_eq!(
            told(Ruling::PolicyDeny, "no-push", "a person pushes").as_deref(),
            Some(
                "Vigil blocked this action. Rule: no-push. Reason: a person pushes. It was not run. \
                 Do not retry it; go on without it or ask the user."
            )
        );
    }
}
