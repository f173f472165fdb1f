//! The walk over the syntax tree of a text, in the order in which a shell would run it.

use std::sync::Arc;

use brush_parser::ast;
use vigil_core::Verb;

use super::word::{Word, expand, expand_one, heredoc_substitutions};
use super::{Scope, syntax};
use crate::action::command;
use crate::action::draft::{Draft, Drafts};
use crate::action::place::Surroundings;

/// How often a text may contain another: `sh -c`, `eval`, `xargs`, substitutions.
const MAX_TEXTS: usize = 8;
/// How many simple commands one call may run, loops counted each time.
const MAX_COMMANDS: usize = 2_000;
/// How many words a loop is run for; more are one unknown word.
const MAX_TURNS: usize = 16;

/// What a command reads on its standard input.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Input {
    /// There is one: a pipe, a here-document, a file.
    pub(crate) given: bool,
    /// Its text, where the call itself tells it.
    pub(crate) text: Option<String>,
    /// It came from the network.
    pub(crate) fetched: bool,
    /// It lists files below these places.
    pub(crate) files_below: Vec<Word>,
}

/// A shell as far as a text tells.
pub(crate) struct Shell<'s> {
    pub(crate) place: &'s Surroundings,
    pub(crate) drafts: &'s mut Drafts,
    pub(crate) scope: Scope,
    texts: usize,
    commands: usize,
    level: usize,
    levels: usize,
}

impl<'s> Shell<'s> {
    pub(crate) fn new(place: &'s Surroundings, drafts: &'s mut Drafts, scope: Scope, levels: usize) -> Self {
        Self { place, drafts, scope, texts: 0, commands: 0, level: 0, levels }
    }

    /// Runs a text in this shell.
    pub(crate) fn script(&mut self, text: &str) {
        if self.texts >= MAX_TEXTS {
            return self.drafts.not_parsed("shell_nested_too_deep", text);
        }
        let Some(program) = syntax::parse(text, self.levels.saturating_sub(self.level)) else {
            return self.drafts.not_parsed("shell_not_parsed", text);
        };
        self.texts += 1;
        for list in &program.complete_commands {
            self.list(list);
        }
        self.texts -= 1;
    }

    /// Runs a text in a shell of its own.
    pub(crate) fn subshell(&mut self, text: &str) {
        let scope = self.scope.clone();
        self.script(text);
        self.scope = scope;
    }

    /// Runs a command whose words are known. Wrappers (`sudo`, `xargs`, …) come back here.
    pub(crate) fn run(&mut self, words: &[Word], input: &Input) -> Input {
        self.commands += 1;
        if self.commands > MAX_COMMANDS || self.level >= self.levels {
            self.drafts.not_parsed("shell_too_long", "");
            return Input::default();
        }
        let Some((program, rest)) = words.split_first() else { return Input::default() };
        let function = self.scope.functions.get(&program.text).map(Arc::clone);
        self.level += 1;
        let output = match function {
            Some(body) if self.level < self.levels => self.call(&body, rest, input),
            _ => command::run(self, program, rest, input),
        };
        self.level -= 1;
        output
    }

    fn call(&mut self, body: &ast::FunctionBody, arguments: &[Word], input: &Input) -> Input {
        for (at, argument) in arguments.iter().enumerate().take(9) {
            let value = (!argument.unknown).then(|| argument.text.clone());
            self.scope.assign(&(at + 1).to_string(), value);
        }
        let all: Vec<&str> = arguments.iter().map(|word| word.text.as_str()).collect();
        let known = arguments.iter().all(|word| !word.unknown);
        for name in ["@", "*"] {
            self.scope.assign(name, known.then(|| all.join(" ")));
        }
        self.redirections(body.1.as_ref().map_or(&[], |list| &list.0));
        self.compound(&body.0, input)
    }

    fn list(&mut self, list: &ast::CompoundList) {
        if self.level >= self.levels {
            return self.drafts.not_parsed("shell_nested_too_deep", "");
        }
        self.level += 1;
        for ast::CompoundListItem(and_or, separator) in &list.0 {
            let before = matches!(separator, ast::SeparatorOperator::Async).then(|| self.scope.clone());
            self.pipeline(&and_or.first);
            for next in &and_or.additional {
                match next {
                    ast::AndOr::And(pipeline) => self.pipeline(pipeline),
                    ast::AndOr::Or(pipeline) => self.maybe(|shell| shell.pipeline(pipeline)),
                }
            }
            if let Some(before) = before {
                self.scope = before;
            }
        }
        self.level -= 1;
    }

    /// A part that runs or does not.
    fn maybe(&mut self, part: impl FnOnce(&mut Self)) {
        let before = self.scope.clone();
        part(self);
        self.scope.join(&before);
    }

    fn pipeline(&mut self, pipeline: &ast::Pipeline) {
        let alone = pipeline.seq.len() == 1;
        let mut input = Input::default();
        for command in &pipeline.seq {
            let before = (!alone).then(|| self.scope.clone());
            input = self.command(command, &input);
            input.given = true;
            if let Some(before) = before {
                self.scope = before;
            }
        }
    }

    fn command(&mut self, command: &ast::Command, input: &Input) -> Input {
        match command {
            ast::Command::Simple(simple) => self.simple(simple, input),
            ast::Command::Compound(compound, redirections) => {
                let given = self.redirections(redirections.as_ref().map_or(&[], |list| &list.0));
                self.compound(compound, given.as_ref().unwrap_or(input))
            }
            ast::Command::Function(function) => {
                self.scope.functions.insert(function.fname.value.clone(), Arc::new(function.body.clone()));
                Input::default()
            }
            ast::Command::ExtendedTest(test, redirections) => {
                self.test(&test.expr);
                self.redirections(redirections.as_ref().map_or(&[], |list| &list.0));
                Input::default()
            }
        }
    }

    fn compound(&mut self, compound: &ast::CompoundCommand, input: &Input) -> Input {
        use ast::CompoundCommand as C;
        match compound {
            C::Arithmetic(arithmetic) => self.hidden(&arithmetic.expr.value),
            C::ArithmeticForClause(clause) => self.maybe(|shell| shell.list(&clause.body.list)),
            C::BraceGroup(group) => self.list(&group.list),
            C::Subshell(subshell) => {
                let before = self.scope.clone();
                self.list(&subshell.list);
                self.scope = before;
            }
            C::ForClause(clause) => self.for_each(clause),
            C::CaseClause(clause) => {
                self.word(&clause.value.value);
                for case in &clause.cases {
                    self.maybe(|shell| case.cmd.iter().for_each(|list| shell.list(list)));
                }
            }
            C::IfClause(clause) => {
                self.list(&clause.condition);
                self.maybe(|shell| shell.list(&clause.then));
                for branch in clause.elses.iter().flatten() {
                    self.maybe(|shell| {
                        branch.condition.iter().for_each(|list| shell.list(list));
                        shell.list(&branch.body);
                    });
                }
            }
            C::WhileClause(clause) | C::UntilClause(clause) => {
                // `while read x`: the variable keeps no value between turns that the text could tell.
                self.maybe(|shell| {
                    shell.list(&clause.0);
                    shell.list(&clause.1.list);
                });
            }
            C::Coprocess(coprocess) => {
                let before = self.scope.clone();
                self.command(&coprocess.body, input);
                self.scope = before;
            }
        }
        Input { given: true, fetched: input.fetched, ..Input::default() }
    }

    fn for_each(&mut self, clause: &ast::ForClauseCommand) {
        let values: Vec<Word> =
            clause.values.iter().flatten().flat_map(|word| self.word(&word.value)).collect();
        let name = &clause.variable_name;
        self.maybe(|shell| {
            if clause.values.is_some() && values.len() <= MAX_TURNS {
                for value in &values {
                    shell.scope.assign(name, (!value.unknown).then(|| value.text.clone()));
                    shell.list(&clause.body.list);
                }
            } else {
                shell.scope.assign(name, None);
                shell.list(&clause.body.list);
            }
        });
    }

    fn test(&mut self, expression: &ast::ExtendedTestExpr) {
        use ast::ExtendedTestExpr as T;
        if self.level >= self.levels {
            return self.drafts.not_parsed("shell_nested_too_deep", "");
        }
        self.level += 1;
        match expression {
            T::And(left, right) | T::Or(left, right) => {
                self.test(left);
                self.test(right);
            }
            T::Not(inner) | T::Parenthesized(inner) => self.test(inner),
            T::UnaryTest(_, word) => {
                self.word(&word.value);
            }
            T::BinaryTest(_, left, right) => {
                self.word(&left.value);
                self.word(&right.value);
            }
        }
        self.level -= 1;
    }

    /// Expands a word and runs the substitutions in it.
    fn word(&mut self, raw: &str) -> Vec<Word> {
        let expansion = expand(raw, &self.scope);
        expansion.substitutions.iter().for_each(|text| self.subshell(text));
        expansion.words
    }

    fn one(&mut self, raw: &str) -> Word {
        let (word, substitutions) = expand_one(raw, &self.scope);
        substitutions.iter().for_each(|text| self.subshell(text));
        word
    }

    /// Runs the substitutions in a text that has no other effect.
    fn hidden(&mut self, text: &str) {
        for substitution in heredoc_substitutions(text, &self.scope) {
            self.subshell(&substitution);
        }
    }

    fn simple(&mut self, simple: &ast::SimpleCommand, input: &Input) -> Input {
        let prefix = simple.prefix.as_ref().map_or(&[][..], |items| &items.0);
        let suffix = simple.suffix.as_ref().map_or(&[][..], |items| &items.0);
        let mut words = Vec::new();
        let mut own: Option<Input> = None;
        let alone = simple.word_or_name.is_none();
        let outer = self.scope.clone();
        let from = self.drafts.effects.len();
        let running = core::mem::take(&mut self.drafts.running);
        for item in prefix {
            own = self.item(item, alone, &mut words).or(own);
        }
        if let Some(name) = &simple.word_or_name {
            let name = self.word(&name.value);
            words.splice(0..0, name);
        }
        let declares = words.first().is_some_and(|word| DECLARING.contains(&word.text.as_str()));
        for item in suffix {
            own = self.item(item, declares, &mut words).or(own);
        }
        self.drafts.redirected(from, &command::argv(&words));
        let output = self.run(&words, own.as_ref().unwrap_or(input));
        self.drafts.running = running;
        if !alone && !declares {
            // `X=1 command` sets X for the command only; here that means: nobody followed it.
            let directory = self.scope.directory.clone();
            let functions = core::mem::take(&mut self.scope.functions);
            if prefix.iter().any(|item| matches!(item, ast::CommandPrefixOrSuffixItem::AssignmentWord(..))) {
                self.scope = outer;
            }
            self.scope.directory = directory;
            self.scope.functions = functions;
        }
        output
    }

    fn item(
        &mut self,
        item: &ast::CommandPrefixOrSuffixItem,
        assigns: bool,
        words: &mut Vec<Word>,
    ) -> Option<Input> {
        use ast::CommandPrefixOrSuffixItem as I;
        match item {
            I::IoRedirect(redirection) => return self.redirection(redirection),
            I::Word(word) => words.extend(self.word(&word.value)),
            I::AssignmentWord(assignment, word) => {
                let value = self.assign(assignment);
                if !assigns && !words.is_empty() {
                    let text = match word.value.split_once('=') {
                        Some((name, _)) => format!("{name}={}", value.text),
                        None => value.text,
                    };
                    words.push(Word { text, ..value });
                }
            }
            I::ProcessSubstitution(_, subshell) => {
                let before = self.scope.clone();
                self.list(&subshell.list);
                self.scope = before;
                words.push(Word::opaque("/dev/fd/63"));
            }
        }
        None
    }

    fn assign(&mut self, assignment: &ast::Assignment) -> Word {
        let value = match &assignment.value {
            ast::AssignmentValue::Scalar(word) => self.one(&word.value),
            ast::AssignmentValue::Array(items) => {
                let mut all = Word::default();
                for (_, word) in items {
                    let item = self.one(&word.value);
                    all.text =
                        if all.text.is_empty() { item.text } else { format!("{} {}", all.text, item.text) };
                    all.unknown |= item.unknown;
                }
                all
            }
        };
        if let ast::AssignmentName::VariableName(name) = &assignment.name {
            let known = (!value.unknown).then(|| value.text.clone());
            let known = match (assignment.append, self.scope.value(name), known) {
                (true, Some(old), Some(new)) => Some(old + &new),
                (true, None, _) => None,
                (_, _, known) => known,
            };
            self.scope.assign(name, known);
            command::variable(self, name, &value);
        }
        value
    }

    fn redirections(&mut self, list: &[ast::IoRedirect]) -> Option<Input> {
        let mut input = None;
        let from = self.drafts.effects.len();
        for redirection in list {
            input = self.redirection(redirection).or(input);
        }
        let running = self.drafts.running.clone();
        self.drafts.redirected(from, &running);
        input
    }

    fn redirection(&mut self, redirection: &ast::IoRedirect) -> Option<Input> {
        use ast::{IoFileRedirectKind as K, IoFileRedirectTarget as T};
        match redirection {
            ast::IoRedirect::File(_, kind, T::Filename(target)) => {
                let target = self.one(&target.value);
                match kind {
                    K::Read | K::DuplicateInput => {
                        self.redirect("<", Verb::Read, &target);
                        return Some(Input { given: true, ..Input::default() });
                    }
                    K::Append => self.redirect(">>", Verb::Write, &target),
                    _ => self.overwrite(&target),
                }
            }
            ast::IoRedirect::File(_, _, T::ProcessSubstitution(_, subshell)) => {
                let before = self.scope.clone();
                self.list(&subshell.list);
                self.scope = before;
                return Some(Input { given: true, ..Input::default() });
            }
            // `>&2` and `2>&1` name descriptors, `>&file` a file.
            ast::IoRedirect::File(_, _, T::Duplicate(target)) => {
                let target = self.one(&target.value);
                if !target.text.chars().all(|c| c.is_ascii_digit() || c == '-') {
                    self.overwrite(&target);
                }
            }
            ast::IoRedirect::File(_, _, T::Fd(_)) => {}
            ast::IoRedirect::OutputAndError(target, append) => {
                let target = self.one(&target.value);
                match append {
                    true => self.redirect(">>", Verb::Write, &target),
                    false => self.overwrite(&target),
                }
            }
            ast::IoRedirect::HereDocument(_, document) => {
                if document.requires_expansion {
                    self.hidden(&document.doc.value);
                }
                let text = Some(document.doc.value.clone());
                return Some(Input { given: true, text, ..Input::default() });
            }
            ast::IoRedirect::HereString(_, word) => {
                let word = self.one(&word.value);
                let text = (!word.unknown).then_some(word.text);
                return Some(Input { given: true, text, ..Input::default() });
            }
        }
        None
    }

    /// An effect on the path that a word names.
    pub(crate) fn draft(&self, verb: Verb, word: &Word) -> Option<Draft> {
        let located = self.place.locate(&self.scope.directory, &word.text);
        let draft = Draft::path(verb, located, word.glob)?.from(word.text.as_str());
        let draft = match &self.scope.directory {
            crate::action::place::Directory::At(base)
                if !base.is_empty() && !word.text.starts_with(['/', '~']) =>
            {
                draft.from(base.as_str())
            }
            _ => draft,
        };
        // A path that only the running shell knows may lie anywhere.
        Some(draft.outward(word.unknown))
    }

    pub(crate) fn touch(&mut self, verb: Verb, word: &Word) {
        if word.unknown {
            self.drafts.remark("unknown_variable");
        }
        let draft = self.draft(verb, word);
        self.drafts.add_some(draft);
    }

    fn redirect(&mut self, operator: &str, verb: Verb, word: &Word) {
        if word.unknown {
            self.drafts.remark("unknown_variable");
        }
        let draft = self.draft(verb, word).map(|draft| Self::redirection_of(draft, operator, word));
        self.drafts.add_some(draft);
    }

    fn overwrite(&mut self, word: &Word) {
        // What stood in the file is gone.
        let draft = self.draft(Verb::Write, word).map(|draft| match draft.reversibility {
            vigil_core::Reversibility::Reversible => draft.partial(),
            _ => draft,
        });
        let draft = draft.map(|draft| Self::redirection_of(draft, ">", word));
        self.drafts.add_some(draft);
    }

    fn redirection_of(draft: Draft, operator: &str, word: &Word) -> Draft {
        Draft { command: vec![operator.to_owned(), command::shorten(&word.text)], ..draft }
    }
}

const DECLARING: &[&str] = &["export", "declare", "typeset", "local", "readonly"];
