//! A rule and its conditions: what they match (`policy.md` §3).
//!
//! Where a condition leaves room, it leans to caution: a `hold` or `block` rule matches what could be meant, an `allow`
//! rule only what is certainly meant.

use alloc::string::String;
use alloc::vec::Vec;

use vigil_core::{Action, Effect, Outcome, Provenance, Resource, Reversibility, Tier, Verb};

use crate::class::host_of;
use crate::glob::Glob;

/// A rule of a policy, ready to be matched.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) effect: Outcome,
    pub(crate) reason: String,
    pub(crate) when: When,
    /// The conditions as written, keys and values sorted: what the policy's digest covers.
    pub(crate) stated: Vec<(String, Vec<String>)>,
}

/// The conditions of a rule. An empty list or `None` is a condition that was not stated.
#[derive(Clone, Debug, Default)]
pub(crate) struct When {
    /// Bit `v as u32` for each verb; 0 for all.
    pub(crate) verbs: u16,
    /// Bit for each kind of resource in the order of `Resource::KINDS`.
    pub(crate) kinds: u16,
    pub(crate) tools: Vec<Glob>,
    pub(crate) paths: Vec<Glob>,
    pub(crate) commands: Vec<CommandPattern>,
    pub(crate) hosts: Vec<Glob>,
    pub(crate) packages: Vec<PackagePattern>,
    pub(crate) providers: Vec<String>,
    pub(crate) agents: Vec<Glob>,
    /// Provenances, closed upwards for `hold` and `block` and downwards for `allow`; 0 for all.
    pub(crate) provenance: u8,
    /// As `provenance`.
    pub(crate) reversibility: u8,
    pub(crate) tier_at_least: Option<Tier>,
}

/// The leading words of a command: `git push`.
#[derive(Clone, Debug)]
pub(crate) struct CommandPattern {
    /// Each word may be a glob with alternatives.
    pub(crate) words: Vec<Vec<Glob>>,
}

/// A package name, or `ecosystem:name`.
#[derive(Clone, Debug)]
pub(crate) struct PackagePattern {
    /// Empty for any ecosystem.
    pub(crate) ecosystem: Vec<Glob>,
    pub(crate) name: Vec<Glob>,
}

/// What of an action and its surroundings a rule can look at, beside the effect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) action: &'a Action,
    pub(crate) tier: Tier,
    pub(crate) provider: &'a str,
    pub(crate) agent: &'a str,
}

impl Rule {
    /// Whether the rule speaks about this effect, apart from verb and kind of resource, which the table has looked at.
    pub(crate) fn matches(&self, scene: &Scene<'_>, effect: &Effect, provenance: Provenance) -> bool {
        let when = &self.when;
        let cautious = self.effect != Outcome::Allow;
        when.tier_at_least.is_none_or(|tier| scene.tier >= tier)
            && has(u16::from(when.provenance), provenance as u32)
            && has(u16::from(when.reversibility), effect.reversibility as u32)
            && (when.providers.is_empty() || when.providers.iter().any(|p| p == scene.provider))
            && any(&when.tools, &scene.action.tool)
            && any(&when.agents, scene.agent)
            && (when.paths.is_empty() || when.matches_path(effect, cautious))
            && (when.hosts.is_empty() || host(&effect.resource).is_some_and(|host| any(&when.hosts, host)))
            && (when.commands.is_empty() || when.matches_command(effect, cautious))
            && (when.packages.is_empty() || when.matches_package(&effect.resource))
    }
}

impl When {
    /// Verb bits with "not stated" spelled out.
    pub(crate) fn verbs(&self) -> u16 {
        if self.verbs == 0 { ALL_VERBS } else { self.verbs }
    }

    fn matches_path(&self, effect: &Effect, cautious: bool) -> bool {
        let matches = |text: &str| any(&self.paths, text);
        match &effect.resource {
            Resource::Path(path) | Resource::Credential(path) => {
                matches(path)
                    || cautious && path.ends_with('/') && matches(without_slash(path))
                    || cautious && effect.magnitude.recursive && self.lies_below(path)
            }
            // One operand that matches is enough to hold; for an allow all of them would have to be known.
            Resource::Command(argv) => {
                cautious
                    && argv.iter().skip(1).any(|operand| {
                        matches(operand)
                            || operand.ends_with('/') && matches(without_slash(operand))
                            || operand.split_once('=').is_some_and(|(_, value)| matches(value))
                    })
            }
            _ => false,
        }
    }

    /// Whether what the globs name lies below `path`: to delete `/` is to delete `/etc`.
    fn lies_below(&self, path: &str) -> bool {
        let path = without_slash(path);
        self.paths.iter().any(|glob| match glob.head().strip_prefix(path) {
            Some(rest) => path.ends_with('/') || rest.starts_with('/'),
            None => false,
        })
    }

    fn matches_command(&self, effect: &Effect, cautious: bool) -> bool {
        let argv = command(effect);
        self.commands.iter().any(|pattern| if cautious { pattern.could_be(argv) } else { pattern.is(argv) })
    }

    fn matches_package(&self, resource: &Resource) -> bool {
        let Resource::Package { ecosystem, name } = resource else { return false };
        self.packages.iter().any(|pattern| any(&pattern.ecosystem, ecosystem) && any(&pattern.name, name))
    }
}

impl CommandPattern {
    /// Whether `argv` begins with exactly these words, and no redirection is part of it.
    fn is(&self, argv: &[String]) -> bool {
        argv.len() >= self.words.len()
            && self.words.iter().zip(argv).all(|(word, arg)| any(word, arg))
            && !argv.iter().any(|arg| matches!(arg.as_str(), ">" | ">>" | "<"))
    }

    /// Whether `argv` is this command when the program's folder and options before and between the words are left out:
    /// `/usr/bin/git -C dir push` is a `git push`.
    fn could_be(&self, argv: &[String]) -> bool {
        let (Some((program, words)), Some((first, rest))) = (self.words.split_first(), argv.split_first())
        else {
            return false;
        };
        if !any(program, base_name(first)) && !any(program, first) {
            return false;
        }
        let mut words = words.iter();
        let Some(mut word) = words.next() else { return true };
        let mut after_option = false;
        for arg in rest {
            if arg == CUT {
                return true;
            }
            if any(word, arg) {
                after_option = false;
                match words.next() {
                    Some(next) => word = next,
                    None => return true,
                }
            } else if arg.starts_with('-') {
                after_option = !arg.contains('=');
            } else if after_option {
                // It may be the option's value.
                after_option = false;
            } else {
                // What only the running shell knows could be any word.
                return arg.starts_with('$');
            }
        }
        false
    }
}

/// What stands for the rest of a command that has too many words.
const CUT: &str = "…";

/// All verbs, as bits.
pub(crate) const ALL_VERBS: u16 = (1 << Verb::ALL.len()) - 1;
/// All kinds of resources, as bits.
pub(crate) const ALL_KINDS: u16 = (1 << Resource::KINDS.len()) - 1;

/// Where the kind of a resource stands in `Resource::KINDS`.
pub(crate) const fn kind_index(resource: &Resource) -> usize {
    match resource {
        Resource::Path(_) => 0,
        Resource::Command(_) => 1,
        Resource::Host(_) => 2,
        Resource::Url(_) => 3,
        Resource::Package { .. } => 4,
        Resource::Message { .. } => 5,
        Resource::Money { .. } => 6,
        Resource::Credential(_) => 7,
        Resource::DataStore(_) => 8,
        Resource::Memory(_) => 9,
        Resource::Unknown => 10,
    }
}

/// The host of a resource that has one.
pub(crate) fn host(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Host(host) => Some(host.strip_suffix('.').unwrap_or(host)),
        Resource::Url(url) => Some(host_of(url)),
        _ => None,
    }
}

/// Program and arguments of the command that brings about an effect; empty when none does.
pub(crate) fn command(effect: &Effect) -> &[String] {
    match &effect.resource {
        Resource::Command(argv) if effect.command.is_empty() => argv,
        _ => &effect.command,
    }
}

/// The program's name without its folder.
pub(crate) fn base_name(program: &str) -> &str {
    program.rsplit(['/', '\\']).next().unwrap_or(program)
}

/// Closes a set of provenances so that more caution can never be the milder choice.
pub(crate) fn closed(mask: u8, size: u32, effect: Outcome) -> u8 {
    let full = (1u8 << size) - 1;
    match (mask, effect) {
        (0, _) => 0,
        (mask, Outcome::Allow) => full >> (size - 1 - mask.ilog2().min(size - 1)),
        (mask, _) => full & (full << mask.trailing_zeros()),
    }
}

fn any(globs: &[Glob], text: &str) -> bool {
    globs.is_empty() || globs.iter().any(|glob| glob.matches(text))
}

const fn has(mask: u16, bit: u32) -> bool {
    mask == 0 || mask >> bit & 1 == 1
}

/// A path without its last slash, unless it is all there is.
pub(crate) fn without_slash(path: &str) -> &str {
    match path.strip_suffix('/') {
        Some("") | None => path,
        Some(rest) => rest,
    }
}

const _: () = assert!(Provenance::ALL.len() <= 8 && Reversibility::ALL.len() <= 8);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glob::Subject;

    fn argv(text: &str) -> Vec<String> {
        text.split(' ').map(Into::into).collect()
    }
    fn pattern(text: &str) -> CommandPattern {
        let glob = |word| Glob::parse(word, Subject::Name).unwrap();
        CommandPattern { words: text.split(' ').map(glob).collect() }
    }

    #[test]
    fn a_command_to_hold_is_recognised_with_options() {
        for (words, command, could_be, is) in [
            ("git push", "git push origin main", true, true),
            ("git push", "/usr/bin/git push", true, false),
            ("git push", "git -C dir push", true, false),
            ("git push", "git --git-dir=x -v push", true, false),
            ("git push", "git commit -m push", false, false),
            ("git push", "git log push", false, false),
            ("git push", "git $(…)", true, false),
            ("git push", "git -C $DIR status", false, false),
            ("git push", "git -c a=b …", true, false),
            ("npm test", "npm test > x", true, false),
            ("/usr/bin/git push", "/usr/bin/git push", true, true),
            ("git push", "git", false, false),
            ("git", "git", true, true),
            ("npm run *", "npm run build", true, true),
            ("{rm,rmdir}", "rmdir x", true, true),
        ] {
            assert_eq!(pattern(words).could_be(&argv(command)), could_be, "{words} / {command}");
            assert_eq!(pattern(words).is(&argv(command)), is, "{words} / {command}");
        }
    }

    #[test]
    fn sets_are_closed_towards_caution() {
        assert_eq!(closed(0b010, 3, Outcome::Hold), 0b110);
        assert_eq!(closed(0b010, 3, Outcome::Allow), 0b011);
        assert_eq!(closed(0b100, 3, Outcome::Allow), 0b111);
        assert_eq!(closed(0b001, 3, Outcome::Block), 0b111);
        assert_eq!(closed(0, 3, Outcome::Block), 0);
    }

    #[test]
    fn kinds_stand_in_the_order_of_core() {
        assert_eq!(Resource::KINDS[kind_index(&Resource::Unknown)], "unknown");
        assert_eq!(Resource::KINDS[kind_index(&Resource::DataStore("x".into()))], "data_store");
        assert_eq!(Resource::KINDS[kind_index(&Resource::Path("x".into()))], "path");
    }
}
