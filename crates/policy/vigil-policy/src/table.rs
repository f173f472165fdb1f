//! The dispatch table: which rules could speak about an effect, found without looking at the others (`policy.md` §8).
//!
//! There is a cell for each verb and kind of resource. A cell lists the rules that name both, each with the first and last
//! bytes that its pattern demands; comparing these two words is all that most rules ever cost.

use alloc::string::String;
use alloc::vec::Vec;

use vigil_core::{Effect, Resource, Verb};

use crate::glob::Glob;
use crate::rule::{ALL_KINDS, ALL_VERBS, Rule, Scene, base_name, command, host, kind_index, without_slash};

/// The rules of a policy, ordered by id and indexed.
#[derive(Clone, Debug, Default)]
pub(crate) struct DispatchTable {
    /// INVARIANT: in the order of their ids, so that the order of the file is gone.
    rules: Vec<Rule>,
    entries: Vec<Entry>,
    /// For each verb × kind the entries to look at.
    cells: Vec<Vec<u32>>,
    /// Entries that belong to all cells.
    everywhere: Vec<u32>,
}

/// One way in which a rule can match: what the text in question must begin and end with.
#[derive(Clone, Copy, Debug)]
struct Entry {
    rule: u32,
    key: Key,
    edges: Edges,
}

/// Up to sixteen bytes at each edge of a text, the outermost lowest, and which of them are known.
#[derive(Clone, Copy, Debug, Default)]
struct Edges {
    head: u128,
    head_mask: u128,
    tail: u128,
    tail_mask: u128,
}

/// Which text an entry looks at.
#[derive(Clone, Copy, Debug)]
enum Key {
    Tool,
    Path,
    Host,
    Program,
    Package,
    /// None: the rule is always a candidate.
    Nothing,
}

impl DispatchTable {
    pub(crate) fn new(mut rules: Vec<Rule>) -> Self {
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        let mut table = Self {
            cells: alloc::vec![Vec::new(); Verb::ALL.len() * Resource::KINDS.len()],
            ..Self::default()
        };
        for (at, rule) in rules.iter().enumerate() {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            for entry in entries(rule, at) {
                let number = u32::try_from(table.entries.len()).unwrap_or(u32::MAX);
                table.entries.push(entry);
                table.index(rule, number);
            }
        }
        table.rules = rules;
        table
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub(crate) fn rule(&self, at: u32) -> Option<&Rule> {
        self.rules.get(usize::try_from(at).ok()?)
    }

    /// Calls `found` for the rules that could match the effect; a rule with several patterns perhaps more than once.
    pub(crate) fn candidates<'t>(
        &'t self,
        scene: &Scene<'_>,
        effect: &Effect,
        mut found: impl FnMut(u32, &'t Rule),
    ) {
        let cell = cell(effect.verb, kind_index(&effect.resource));
        let texts = Texts::of(scene, effect);
        let own = self.cells.get(cell).map_or(&[][..], Vec::as_slice);
        for number in own.iter().chain(&self.everywhere) {
            let Some(entry) = self.entries.get(*number as usize) else { continue };
            if texts.could_match(entry)
                && let Some(rule) = self.rule(entry.rule)
            {
                found(entry.rule, rule);
            }
        }
    }

    fn index(&mut self, rule: &Rule, number: u32) {
        let (verbs, kinds) = (rule.when.verbs(), rule.when.kinds);
        if verbs == ALL_VERBS && kinds == ALL_KINDS {
            self.everywhere.push(number);
            return;
        }
        for verb in Verb::ALL {
            for kind in 0..Resource::KINDS.len() {
                if verbs >> (*verb as u16) & 1 == 1
                    && kinds >> kind & 1 == 1
                    && let Some(cell) = self.cells.get_mut(cell(*verb, kind))
                {
                    cell.push(number);
                }
            }
        }
    }
}

/// The edges of the texts that entries look at, taken once per effect.
struct Texts {
    tool: Edges,
    host: Edges,
    /// The program as written and without its folder.
    programs: [Edges; 2],
    package: Edges,
    /// Of the path, or of the operands of the command.
    paths: [Edges; MAX_PATHS],
    path_count: usize,
    /// There are more texts than fit: every rule with a path is a candidate.
    overflow: bool,
}

/// So many texts that could be paths are looked at before giving up on looking.
const MAX_PATHS: usize = 24;

impl Texts {
    fn of(scene: &Scene<'_>, effect: &Effect) -> Self {
        let resource = &effect.resource;
        let program = command(effect).first().map_or("", String::as_str);
        let package = if let Resource::Package { name, .. } = resource { name } else { "" };
        let mut texts = Self {
            tool: Edges::of(&scene.action.tool),
            host: Edges::of(host(resource).unwrap_or("")),
            programs: [Edges::of(program), Edges::of(base_name(program))],
            package: Edges::of(package),
            paths: [Edges::default(); MAX_PATHS],
            path_count: 0,
            overflow: false,
        };
        match resource {
            // What lies below the path counts too: only the bytes that both have must agree.
            Resource::Path(path) | Resource::Credential(path) if effect.magnitude.recursive => {
                texts.add_path(Edges::open(without_slash(path)));
            }
            Resource::Path(path) | Resource::Credential(path) => texts.add_operand(path),
            Resource::Command(argv) => {
                for operand in argv.iter().skip(1) {
                    texts.add_operand(operand);
                    if let Some((_, value)) = operand.split_once('=') {
                        texts.add_path(Edges::of(value));
                    }
                }
            }
            _ => {}
        }
        texts
    }

    fn add_operand(&mut self, text: &str) {
        self.add_path(Edges::of(text));
        if text.ends_with('/') {
            self.add_path(Edges::of(without_slash(text)));
        }
    }

    fn add_path(&mut self, edges: Edges) {
        match self.paths.get_mut(self.path_count) {
            Some(slot) => {
                *slot = edges;
                self.path_count += 1;
            }
            None => self.overflow = true,
        }
    }

    fn could_match(&self, entry: &Entry) -> bool {
        match entry.key {
            Key::Nothing => true,
            Key::Tool => self.tool.agree(&entry.edges),
            Key::Host => self.host.agree(&entry.edges),
            Key::Program => self.programs.iter().any(|program| program.agree(&entry.edges)),
            Key::Package => self.package.agree(&entry.edges),
            Key::Path => {
                self.overflow || self.paths.iter().take(self.path_count).any(|p| p.agree(&entry.edges))
            }
        }
    }
}

/// One entry for each pattern of the condition that tells most.
fn entries(rule: &Rule, at: u32) -> Vec<Entry> {
    let when = &rule.when;
    let of = |key: Key, globs: &[&Glob]| -> Vec<Entry> {
        globs
            .iter()
            .map(|glob| Entry { rule: at, key, edges: Edges::pattern(glob.head(), glob.tail()) })
            .collect()
    };
    if when.kinds == 0 {
        return Vec::new();
    }
    if !when.paths.is_empty() {
        of(Key::Path, &when.paths.iter().collect::<Vec<_>>())
    } else if !when.hosts.is_empty() {
        of(Key::Host, &when.hosts.iter().collect::<Vec<_>>())
    } else if !when.commands.is_empty() {
        of(Key::Program, &when.commands.iter().filter_map(|c| c.words.first()).flatten().collect::<Vec<_>>())
    } else if !when.packages.is_empty() {
        of(Key::Package, &when.packages.iter().flat_map(|p| &p.name).collect::<Vec<_>>())
    } else if !when.tools.is_empty() {
        of(Key::Tool, &when.tools.iter().collect::<Vec<_>>())
    } else {
        alloc::vec![Entry { rule: at, key: Key::Nothing, edges: Edges::default() }]
    }
}

impl Edges {
    /// The edges of a whole text: what is missing to eight bytes is known to be missing.
    fn of(text: &str) -> Self {
        Self { head_mask: u128::MAX, tail_mask: u128::MAX, ..Self::pattern(text, text) }
    }

    /// The edges of texts that begin with `head`.
    fn open(head: &str) -> Self {
        Self::pattern(head, "")
    }

    /// The edges of texts that begin with `head` and end with `tail`.
    fn pattern(head: &str, tail: &str) -> Self {
        let gather = |word: u128, (at, byte): (usize, &u8)| word | u128::from(*byte) << (8 * at);
        Self {
            head: head.as_bytes().iter().take(16).enumerate().fold(0, gather),
            head_mask: mask(head.len()),
            tail: tail.as_bytes().iter().rev().take(16).enumerate().fold(0, gather),
            tail_mask: mask(tail.len()),
        }
    }

    /// Whether one text could have both edges: they agree in all bytes that both know.
    fn agree(&self, other: &Self) -> bool {
        (self.head ^ other.head) & self.head_mask & other.head_mask == 0
            && (self.tail ^ other.tail) & self.tail_mask & other.tail_mask == 0
    }
}

/// The lowest `length` bytes.
fn mask(length: usize) -> u128 {
    match length {
        0 => 0,
        1..=15 => (1 << (8 * length)) - 1,
        _ => u128::MAX,
    }
}

fn cell(verb: Verb, kind: usize) -> usize {
    verb as usize * Resource::KINDS.len() + kind
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;
    use alloc::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use vigil_core::{Action, Provenance, Tier};

    const WORDS: [&str; 14] = [
        "/",
        "/etc",
        "/etc/",
        "/etc/ssh/id_rsa.pub",
        "/a/very/long/path/that/goes/on.txt",
        "rel/x",
        "--file=/etc/x",
        "git",
        "/usr/bin/git",
        "push",
        "api.evil.example",
        "example.com.",
        "",
        "ünïcödé/ß",
    ];

    fn condition() -> impl Strategy<Value = &'static str> {
        select(vec![
            "path = '/etc/**'",
            "path = '/etc/'",
            "path = '/etc/ssh/id_rsa.pub'",
            "path = ['**/on.txt', 'rel/?']",
            "path = '/a/very/long/path/that/goes/**'",
            "path = 'ünï*'",
            "host = '*.evil.example'",
            "host = ['example.com', '{a,b}*']",
            "command = 'git push'",
            "command = '{git,hg} pu*'",
            "command = '/usr/bin/git push'",
            "package = 'npm:*e*'",
            "package = ['pypi:git', 'push']",
            "tool = 'some_*'",
            "tool = '?ome_tool'",
            "verb = ['delete', 'send']",
            "resource = ['path', 'credential']",
        ])
    }

    fn resource() -> impl Strategy<Value = Resource> {
        let word = || select(WORDS.to_vec()).prop_map(String::from);
        prop_oneof![
            word().prop_map(Resource::Path),
            word().prop_map(Resource::Credential),
            proptest::collection::vec(word(), 0..30).prop_map(Resource::Command),
            word().prop_map(Resource::Host),
            word().prop_map(|host| Resource::Url(alloc::format!("https://{host}:1/x"))),
            word().prop_map(|name| Resource::Package { ecosystem: "npm".into(), name }),
            Just(Resource::Unknown),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]

        #[test]
        fn no_rule_that_matches_is_missed(
            rules in proptest::collection::vec((proptest::collection::vec(condition(), 0..3), any::<bool>()), 0..6),
            resource in resource(),
            verb in select(Verb::ALL.to_vec()),
            recursive in any::<bool>(),
            command in proptest::collection::vec(select(vec!["git", "/usr/bin/git", "hg", "push", "-v"]), 0..3),
        ) {
            let mut text = String::new();
            for (at, (mut when, allow)) in rules.into_iter().enumerate() {
                when.sort_unstable();
                when.dedup_by_key(|one| one.split(' ').next());
                let effect = if allow { "allow" } else { "hold" };
                text += &alloc::format!("[[rule]]\nid = 'r{at}'\neffect = '{effect}'\nwhen = {{ {} }}\n", when.join(", "));
            }
            let table = DispatchTable::new(parse(&text, "p").unwrap().rules);
            let action = Action::unknown("some_tool".into());
            let mut effect = action.effects[0].clone();
            (effect.verb, effect.resource, effect.magnitude.recursive) = (verb, resource, recursive);
            effect.command = command.into_iter().map(String::from).collect();
            let scene = Scene { action: &action, tier: Tier::Routine, provider: "p", agent: "a" };

            let matches = |rule: &Rule| rule.matches(&scene, &effect, Provenance::Model);
            let mut found = Vec::new();
            table.candidates(&scene, &effect, |at, rule| if matches(rule) { found.push(at) });
            found.sort_unstable();
            found.dedup();
            let in_cell = |rule: &Rule| {
                rule.when.verbs() >> (verb as u16) & 1 == 1 && rule.when.kinds >> kind_index(&effect.resource) & 1 == 1
            };
            let all: Vec<u32> = (0u32..).zip(table.rules()).filter(|(_, r)| in_cell(r) && matches(r)).map(|(at, _)| at).collect();
            prop_assert_eq!(found, all, "{}", text);
        }
    }
}
