//! A policy: parsed, compiled, and what it is called in records.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use vigil_core::message::{Grant, PolicyInForce};
use vigil_core::{Generation, Millis};

use crate::error::{PolicyError, Warning};
use crate::gate::Step;
use crate::parse;
use crate::profile::Profile;
use crate::rule::Rule;
use crate::table::DispatchTable;

/// The text of a policy.
#[derive(Clone, Copy, Debug)]
pub struct PolicySource;

impl PolicySource {
    /// Parses and compiles the text of a `policy.toml`. `file_name` is what messages call it.
    ///
    /// ```
    /// use vigil_policy::PolicySource;
    ///
    /// let text = r#"
    /// profile = "balanced"
    ///
    /// [[rule]]
    /// id = "no-push"
    /// effect = "block"
    /// reason = "a person pushes, after a review"
    /// when = { command = "git push" }
    /// "#;
    /// let (policy, warnings) = PolicySource::parse(text, "policy.toml")?;
    /// assert!(warnings.is_empty());
    /// assert_eq!(policy.rule_count(), 1);
    ///
    /// let wrong = PolicySource::parse("profil = \"strict\"", "policy.toml").unwrap_err();
    /// assert_eq!(wrong.to_string(), "policy.toml:1:1: unknown key `profil`, did you mean `profile`?");
    /// # Ok::<(), vigil_policy::PolicyError>(())
    /// ```
    pub fn parse(text: &str, file_name: &str) -> Result<(CompiledPolicy, Vec<Warning>), PolicyError> {
        let written = parse::parse(text, file_name)?;
        let policy = CompiledPolicy { profile: written.profile, table: DispatchTable::new(written.rules) };
        Ok((policy, written.warnings))
    }
}

/// A policy ready to decide.
#[derive(Clone, Debug)]
pub struct CompiledPolicy {
    profile: Profile,
    table: DispatchTable,
}

impl CompiledPolicy {
    /// The policy of a profile alone, without rules.
    pub fn profile(profile: Profile) -> Self {
        Self { profile, table: DispatchTable::new(Vec::new()) }
    }

    /// The profile whose defaults apply.
    pub fn profile_in_force(&self) -> Profile {
        self.profile
    }

    /// How many rules there are.
    pub fn rule_count(&self) -> usize {
        self.table.rules().len()
    }

    /// What records call a step: a rule's id, `profile:<name>/<class>`, `tier:<token>`, `capability`, `revoked`.
    pub fn name_of(&self, step: Step) -> String {
        match step {
            Step::Rule(at) => self.table.rule(at).map(|rule| rule.id.clone()).unwrap_or_default(),
            Step::Profile(class) => alloc::format!("profile:{}/{class}", self.profile),
            Step::Tier(tier) => alloc::format!("tier:{tier}"),
            Step::Capability => String::from("capability"),
            Step::Revoked => String::from("revoked"),
        }
    }

    /// The reason of a step in plain words, without any name of the call.
    pub fn reason_of(&self, step: Step) -> String {
        match step {
            Step::Rule(at) => match self.table.rule(at) {
                Some(Rule { reason, .. }) if !reason.is_empty() => reason.clone(),
                _ => String::from("a rule of the policy says so"),
            },
            Step::Profile(class) => String::from(class.reason()),
            Step::Tier(tier) => alloc::format!("it was scored {tier}"),
            Step::Capability => String::from("it lies outside of what the agent may do"),
            Step::Revoked => String::from("the authority of the agent was revoked"),
        }
    }

    /// The policy's identity with these grants and this hold window.
    pub fn in_force<'g>(
        &self,
        grants: impl ExactSizeIterator<Item = &'g Grant>,
        hold_window: Millis,
        generation: Generation,
    ) -> PolicyInForce {
        let digest = self.digest(grants, hold_window);
        let mut version = alloc::format!("{}+", self.profile);
        for byte in digest.iter().take(4) {
            let _ = write!(version, "{byte:02x}");
        }
        PolicyInForce { version: Arc::from(version), digest, generation }
    }

    pub(crate) fn table(&self) -> &DispatchTable {
        &self.table
    }

    /// SHA-256 over profile, rules, window and grants (`policy.md` §9). `grants` come sorted.
    fn digest<'g>(&self, grants: impl ExactSizeIterator<Item = &'g Grant>, hold_window: Millis) -> [u8; 32] {
        let mut writer = Canonical(Sha256::new());
        writer.text("vigil-policy-1");
        writer.text(self.profile.token());
        writer.number(hold_window.0);
        writer.count(self.table.rules().len());
        for rule in self.table.rules() {
            writer.text(&rule.id);
            writer.text(rule.effect.token());
            writer.text(&rule.reason);
            writer.count(rule.stated.len());
            for (key, values) in &rule.stated {
                writer.text(key);
                writer.count(values.len());
                values.iter().for_each(|value| writer.text(value));
            }
        }
        writer.count(grants.len());
        for grant in grants {
            writer.text(&grant.agent);
            writer.text(&grant.tool);
            writer.count(grant.effects.len());
            grant.effects.iter().for_each(|effect| writer.text(effect));
        }
        writer.0.finalize().into()
    }
}

/// Writes numbers as eight bytes, most significant first, and texts as their length and their bytes.
struct Canonical(Sha256);

impl Canonical {
    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }
    fn count(&mut self, count: usize) {
        self.number(count as u64);
    }
    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> String {
        let (policy, _) = PolicySource::parse(text, "p").unwrap();
        policy.in_force([].iter(), Millis(30_000), Generation::default()).version.as_ref().into()
    }
    const A: &str = "[[rule]]\nid = \"a\"\neffect = \"hold\"\nwhen = { tool = [\"x\", \"y\"] }\n";
    const B: &str = "[[rule]]\nid = \"b\"\neffect = \"block\"\nwhen = {}\n";

    #[test]
    fn the_version_does_not_depend_on_the_order_of_the_file() {
        assert_eq!(version(&[A, B].concat()), version(&[B, A].concat()));
        assert_eq!(version(A), version(&A.replace("[\"x\", \"y\"]", "[\"y\", \"x\", \"x\"]")));
    }
    #[test]
    fn the_version_depends_on_everything_else() {
        let versions = [
            A.into(),
            B.into(),
            A.replace('x', "z"),
            A.replace("hold", "allow"),
            ["profile='strict'\n", A].concat(),
        ]
        .map(|text: String| version(&text));
        for (at, one) in versions.iter().enumerate() {
            assert!(!versions[at + 1..].contains(one), "{one}");
        }
        assert!(version("profile = 'observe'").starts_with("observe+"));
        let policy = CompiledPolicy::profile(Profile::Strict);
        let of = |grants: &[Grant], window| {
            policy.in_force(grants.iter(), Millis(window), Generation::default()).digest
        };
        let grant = Grant { agent: "a".into(), tool: "t".into(), effects: Vec::new() };
        assert_ne!(of(&[], 1), of(&[], 2));
        assert_ne!(of(&[], 1), of(&[grant], 1));
    }
}
