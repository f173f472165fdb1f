//! Outcomes of the gate and the pairs they become on record.

use core::fmt;

/// What the gate makes of an action. The order is the lattice of design.md section 7: the worse outcome wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The call may pass.
    Allow,
    /// A person is asked.
    Hold,
    /// The call does not pass.
    Block,
}

impl Outcome {
    /// All outcomes, mildest first.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Hold, Self::Block];

    /// `allow`, `hold` or `block`, as in `policy.toml`.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Hold => "hold",
            Self::Block => "block",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

/// How the question about one call ended: a pair (`verdict`, `decision`) of the audit format (`voaf.md` §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ruling {
    /// (allow, allow): policy did not stop the call.
    Allow,
    /// (hold, allow): policy would have stopped it, but the profile only observes.
    Observed,
    /// (hold, user_approve): a person let it pass.
    UserApprove,
    /// (hold, always_allow): a person let it pass, also for calls like it from now on.
    AlwaysAllow,
    /// (hold, user_deny): a person refused it.
    UserDeny,
    /// (hold, timeout_deny): nobody answered in time.
    TimeoutDeny,
    /// (hold, shutdown_deny): Vigil is shutting down.
    ShutdownDeny,
    /// (hold, client_disconnected): the client was gone before an answer came.
    ClientDisconnected,
    /// (hold, connection_panicked): the task that served the connection failed while the call was held.
    ConnectionPanicked,
    /// (hold, policy_deny): policy blocks without asking.
    PolicyDeny,
    /// (hold, fault_deny): the call had to be decided and could not be.
    FaultDeny,
}

impl Ruling {
    /// All rulings.
    pub const ALL: [Self; 11] = [
        Self::Allow,
        Self::Observed,
        Self::UserApprove,
        Self::AlwaysAllow,
        Self::UserDeny,
        Self::TimeoutDeny,
        Self::ShutdownDeny,
        Self::ClientDisconnected,
        Self::ConnectionPanicked,
        Self::PolicyDeny,
        Self::FaultDeny,
    ];

    /// The token of the field `verdict`.
    pub const fn verdict(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            _ => "hold",
        }
    }

    /// The token of the field `decision`.
    pub const fn decision(self) -> &'static str {
        match self {
            Self::Allow | Self::Observed => "allow",
            Self::UserApprove => "user_approve",
            Self::AlwaysAllow => "always_allow",
            Self::UserDeny => "user_deny",
            Self::TimeoutDeny => "timeout_deny",
            Self::ShutdownDeny => "shutdown_deny",
            Self::ClientDisconnected => "client_disconnected",
            Self::ConnectionPanicked => "connection_panicked",
            Self::PolicyDeny => "policy_deny",
            Self::FaultDeny => "fault_deny",
        }
    }

    /// Whether the call's own events go to the client.
    pub const fn delivers(self) -> bool {
        matches!(self, Self::Allow | Self::Observed | Self::UserApprove | Self::AlwaysAllow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_its_own() {
        for (at, one) in Ruling::ALL.iter().enumerate() {
            for other in &Ruling::ALL[at + 1..] {
                assert_ne!((one.verdict(), one.decision()), (other.verdict(), other.decision()));
            }
        }
    }
}
