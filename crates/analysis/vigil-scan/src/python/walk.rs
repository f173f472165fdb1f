//! The walk over the tree.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{
    ExceptHandler, Expr, ExprCall, ExprDict, Operator, Parameters, Stmt, StmtClassDef, StmtFunctionDef,
    StmtIf, StmtTry, WithItem,
};
use ruff_text_size::Ranged;

use super::endpoint::Routes;
use super::names::{Names, visit_chain};
use super::words::{has_word, has_word_starting};
use super::{comparison, cookie, cors, env, lifetime, signing, span, testing, text};
use crate::facts::{Binding, BindingKind, Cors, Facts, Import, Lifetime, Need, Text};
use crate::source::{Source, Span};

/// The tree is left unread below this; `nesting` refuses nearly all that is deeper.
const MAX_DEPTH: u32 = 600;

/// The facts of a module.
pub(super) fn facts(source: &Source, body: &[Stmt]) -> Facts {
    let mut walk = Walk {
        source,
        module: body,
        names: Names::of_module(body, source.text.len()),
        facts: Facts::default(),
        routes: Routes::default(),
        around: Vec::new(),
        may_fail: 0,
        only_types: 0,
        late: 0,
        opened_by_setting: 0,
        depth: 0,
    };
    walk.visit_body(body);
    let Walk { mut facts, routes, names, .. } = walk;
    facts.mounts = routes.mounts();
    facts.endpoints = routes.finish(&names);
    testing::read(source, body, &names, &mut facts);
    facts
}

struct Walk<'a> {
    source: &'a Source,
    module: &'a [Stmt],
    names: Names<'a>,
    facts: Facts,
    routes: Routes<'a>,
    /// The names of the functions and classes around.
    around: Vec<&'a str>,
    /// Blocks around in which an import may fail.
    may_fail: u32,
    /// Blocks around that only types are imported in.
    only_types: u32,
    /// Functions and branches around: what is imported in them is not needed to load the file.
    late: u32,
    /// Branches around that run when a setting lets every origin in.
    opened_by_setting: u32,
    depth: u32,
}

impl<'a> Visitor<'a> for Walk<'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            // Docstrings, and texts that stand for comments.
            Stmt::Expr(expr)
                if matches!(
                    *expr.value,
                    Expr::StringLiteral(_) | Expr::FString(_) | Expr::BytesLiteral(_)
                ) => {}
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Assign(assign) => {
                let at = span(assign.range());
                let pairs =
                    assign.targets.first().zip(Some(assign.value.as_ref())).and_then(|pair| match pair {
                        (Expr::Tuple(names), Expr::Tuple(values))
                            if names.elts.len() == values.elts.len() =>
                        {
                            Some((names, values))
                        }
                        _ => None,
                    });
                match pairs {
                    Some((names, values)) if assign.targets.len() == 1 => {
                        for (target, value) in names.iter().zip(values) {
                            self.assign(std::slice::from_ref(target), value, at);
                        }
                    }
                    _ => self.assign(&assign.targets, &assign.value, at),
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.assign(std::slice::from_ref(&*assign.target), value, span(assign.range()));
                }
            }
            Stmt::AugAssign(assign) => {
                self.routes.assigned(&assign.target, &assign.value, &self.names, self.source);
                self.visit_expr(&assign.value);
            }
            Stmt::Import(import) => {
                self.names.learn_import(statement);
                for alias in &import.names {
                    self.import(span(statement.range()), alias.name.as_str().to_owned());
                }
            }
            Stmt::ImportFrom(import) => {
                self.names.learn_import(statement);
                let dots = ".".repeat(import.level.min(64) as usize);
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                self.import(span(statement.range()), format!("{dots}{module}"));
            }
            Stmt::If(branch) => self.branch(branch),
            Stmt::Try(attempt) => self.attempt(attempt),
            Stmt::With(with) if with.items.iter().any(suppresses_import_errors) => {
                self.may_fail += 1;
                walk_stmt(self, statement);
                self.may_fail -= 1;
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        self.expression(expr);
        self.depth -= 1;
    }
}

impl<'a> Walk<'a> {
    fn function(&mut self, function: &'a StmtFunctionDef) {
        self.routes.function(function, &self.names, self.source);
        for decorator in &function.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.around.push(function.name.as_str());
        self.parameters(&function.parameters);
        self.names.enter(&function.body, Some(&function.parameters), false);
        // `def __init__(self, app, allow_origins=()):` is the middleware itself: its caller says who is let in.
        let asked =
            function.parameters.iter_non_variadic_params().any(|parameter| takes_origins(parameter.name()));
        self.opened_by_setting += u32::from(asked);
        self.late += 1;
        self.visit_body(&function.body);
        self.late -= 1;
        self.opened_by_setting -= u32::from(asked);
        self.names.leave();
        self.around.pop();
    }

    fn class(&mut self, class: &'a StmtClassDef) {
        self.routes.class(class, &self.names, self.source);
        for decorator in &class.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        if let Some(arguments) = &class.arguments {
            arguments.args.iter().for_each(|base| self.visit_expr(base));
            arguments.keywords.iter().for_each(|keyword| self.visit_expr(&keyword.value));
        }
        self.around.push(class.name.as_str());
        self.names.enter(&class.body, None, true);
        self.visit_body(&class.body);
        self.names.leave();
        self.around.pop();
    }

    fn parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = parameter.default() {
                let text = self.value(default);
                self.bound(
                    parameter.name().as_str(),
                    BindingKind::Argument,
                    span(parameter.range),
                    default,
                    text,
                );
            }
        }
    }

    fn assign(&mut self, targets: &'a [Expr], value: &'a Expr, at: Span) {
        for target in targets {
            self.routes.assigned(target, value, &self.names, self.source);
        }
        let text = self.value(value);
        for target in targets {
            match target {
                Expr::Name(name) => {
                    self.bound(name.id.as_str(), BindingKind::Variable, at, value, text.clone())
                }
                Expr::Attribute(attribute) => {
                    self.visit_expr(&attribute.value);
                    self.bound(attribute.attr.as_str(), BindingKind::Member, at, value, text.clone());
                }
                Expr::Subscript(subscript) => {
                    self.visit_expr(&subscript.value);
                    match text::literal(&subscript.slice) {
                        Some(key) => {
                            self.setting(key, value, at, None);
                            if let Some(value) = text.clone() {
                                self.binding(key, BindingKind::Member, at, value);
                            }
                        }
                        None => self.visit_expr(&subscript.slice),
                    }
                }
                _ => {}
            }
        }
    }

    /// Visits a value that is bound to something, and says which text it is.
    fn value(&mut self, value: &'a Expr) -> Option<Text> {
        if let Some(text) = self.text(value) {
            return Some(text);
        }
        self.visit_expr(value);
        match value {
            // A constant that is a credential by its own name was bound where it stands.
            Expr::Name(name) if !has_word_starting(name.id.as_str(), CREDENTIAL) => {
                text::follow(value, &self.names)
            }
            Expr::Call(call) => {
                let name = match call.func.as_ref() {
                    Expr::Name(name) => name.id.as_str(),
                    Expr::Attribute(attribute) => attribute.attr.as_str(),
                    _ => return None,
                };
                let inner = match name {
                    "Field" | "field" | "PrivateAttr" => call.arguments.find_argument_value("default", 0)?,
                    "SecretStr" | "SecretBytes" | "Secret" => call.arguments.args.first()?,
                    _ => return None,
                };
                text::is_text_root(inner).then(|| text::follow(inner, &self.names))?
            }
            _ => None,
        }
    }

    /// What is said when a value is bound to a name.
    fn bound(&mut self, name: &'a str, kind: BindingKind, at: Span, value: &'a Expr, text: Option<Text>) {
        self.setting(name, value, at, Some(""));
        if let Some(text) = text {
            self.binding(name, kind, at, text);
        }
    }

    fn binding(&mut self, name: &str, kind: BindingKind, at: Span, value: Text) {
        self.facts.bindings.push(Binding { span: at, name: name.to_owned(), kind, value });
    }

    /// Settings that are facts whatever kind of value they have. `call` is the name of what is called with them, empty for
    /// what is assigned, nothing for entries of mappings.
    fn setting(&mut self, name: &'a str, value: &'a Expr, at: Span, call: Option<&str>) {
        if let Some(found) = lifetime::of_binding(name, value, &self.around, &self.names) {
            self.lifetime(found);
        }
        let framework = cors::of_binding(name, value, call, &self.names);
        if let Some(framework) = framework.filter(|found| *found != "header" || self.opened_by_setting == 0) {
            self.facts.cors.push(Cors { span: at, framework });
        }
    }

    fn lifetime(&mut self, found: Lifetime) {
        if !self.facts.lifetimes.iter().rev().take(8).any(|known| known.span == found.span) {
            self.facts.lifetimes.push(found);
        }
    }

    /// Emits the text that an expression is and visits what is computed in it; nothing when it is no text by its form.
    fn text(&mut self, expr: &'a Expr) -> Option<Text> {
        if !text::is_text_root(expr) {
            return None;
        }
        let text = text::follow(expr, &self.names)?;
        self.facts.texts.push(text.clone());
        self.computed(expr);
        Some(text)
    }

    /// Visits the computed parts of a text, not its literals.
    fn computed(&mut self, expr: &'a Expr) {
        match expr {
            Expr::StringLiteral(_) | Expr::BytesLiteral(_) => {}
            Expr::FString(_) => walk_expr(self, expr),
            Expr::BinOp(binary) if binary.op == Operator::Add => {
                for operand in text::operands(expr) {
                    if text::is_text_root(operand) { self.part(operand) } else { self.visit_expr(operand) }
                }
            }
            Expr::BinOp(binary) => {
                self.part(&binary.left);
                self.visit_expr(&binary.right);
            }
            Expr::Call(call) => {
                if let Expr::Attribute(method) = call.func.as_ref() {
                    self.part(&method.value);
                }
                self.arguments(call, "format");
            }
            _ => self.visit_expr(expr),
        }
    }

    fn part(&mut self, expr: &'a Expr) {
        if self.depth < MAX_DEPTH {
            self.depth += 1;
            self.computed(expr);
            self.depth -= 1;
        }
    }

    fn expression(&mut self, expr: &'a Expr) {
        if self.text(expr).is_some() {
            return;
        }
        match expr {
            Expr::BinOp(chain) => visit_chain(self, chain),
            Expr::Call(call) => self.call(call),
            Expr::Dict(dict) => self.dict(dict),
            Expr::Subscript(subscript) => {
                self.visit_expr(&subscript.value);
                if text::literal(&subscript.slice).is_none() {
                    self.visit_expr(&subscript.slice);
                }
            }
            Expr::Compare(compare) => {
                self.facts.comparisons.extend(comparison::of_compare(
                    compare,
                    &self.names,
                    self.module,
                    self.source,
                ));
                walk_expr(self, expr);
            }
            Expr::BoolOp(choice) => {
                self.facts.env_defaults.extend(env::of_choice(choice, &self.names, self.source));
                walk_expr(self, expr);
            }
            Expr::Named(named) => {
                let text = self.value(&named.value);
                if let Expr::Name(name) = named.target.as_ref() {
                    self.bound(
                        name.id.as_str(),
                        BindingKind::Variable,
                        span(named.range()),
                        &named.value,
                        text,
                    );
                }
            }
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters);
                }
                self.visit_expr(&lambda.body);
            }
            _ => walk_expr(self, expr),
        }
    }

    fn call(&mut self, call: &'a ExprCall) {
        self.visit_expr(&call.func);
        let callee = match call.func.as_ref() {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => "",
        };
        self.facts.env_defaults.extend(env::of_call(call, &self.names, self.source));
        self.facts.cookies.extend(cookie::of_call(call, &self.names, self.source));
        self.facts.signing_keys.extend(signing::of_call(call, &self.names));
        if cors::of_header_call(&call.arguments.args, &self.names) {
            self.facts.cors.push(Cors { span: span(call.range()), framework: "header" });
        }
        self.routes.call(call, &self.names, self.source);
        self.arguments(call, callee);
    }

    fn arguments(&mut self, call: &'a ExprCall, callee: &str) {
        for argument in &call.arguments.args {
            self.visit_expr(argument);
            if let Some(found) = lifetime::of_argument(callee, argument, &self.names) {
                self.lifetime(found);
            }
        }
        for keyword in &call.arguments.keywords {
            let text = self.value(&keyword.value);
            let Some(name) = &keyword.arg else { continue };
            self.setting(name.as_str(), &keyword.value, span(keyword.range), Some(callee));
            if let Some(found) = lifetime::of_argument(callee, &keyword.value, &self.names) {
                self.lifetime(found);
            }
            if let Some(text) = text {
                self.binding(name.as_str(), BindingKind::Argument, span(keyword.range), text);
            }
        }
    }

    fn dict(&mut self, dict: &'a ExprDict) {
        for item in dict {
            let key = item.key.as_ref();
            let Some(name) = key.and_then(text::literal) else {
                if let Some(key) = key {
                    self.visit_expr(key);
                }
                self.visit_expr(&item.value);
                continue;
            };
            let text = self.value(&item.value);
            let start = item.key.as_ref().map_or(item.value.range(), Ranged::range);
            let at = Span::new(span(start).start, span(item.value.range()).end);
            self.setting(name, &item.value, at, None);
            if let Some(text) = text {
                self.binding(name, BindingKind::Entry, at, text);
            }
        }
    }

    fn import(&mut self, at: Span, module: String) {
        let need = if self.may_fail > 0 {
            Need::Tried
        } else if self.only_types > 0 {
            Need::Types
        } else if self.late > 0 || is_waived(self.source.line(self.source.line_of(at.end))) {
            Need::Late
        } else {
            Need::Firm
        };
        self.facts.imports.push(Import { span: at, module, need });
    }

    fn branch(&mut self, branch: &'a StmtIf) {
        self.visit_expr(&branch.test);
        let only_types = match branch.test.as_ref() {
            Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
            Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
            _ => false,
        };
        let opened = matches!(branch.test.as_ref(), Expr::Name(_) | Expr::Attribute(_))
            && cors::says_all_origins(self.source.slice(span(branch.test.range())));
        self.only_types += u32::from(only_types);
        self.late += 1;
        self.opened_by_setting += u32::from(opened);
        self.visit_body(&branch.body);
        self.opened_by_setting -= u32::from(opened);
        self.only_types -= u32::from(only_types);
        for clause in &branch.elif_else_clauses {
            if let Some(test) = &clause.test {
                self.visit_expr(test);
            }
            self.visit_body(&clause.body);
        }
        self.late -= 1;
    }

    fn attempt(&mut self, attempt: &'a StmtTry) {
        let guarded = attempt.handlers.iter().any(|handler| {
            let ExceptHandler::ExceptHandler(handler) = handler;
            handler.type_.as_deref().is_none_or(catches_import_errors)
        });
        self.may_fail += u32::from(guarded);
        self.visit_body(&attempt.body);
        for handler in &attempt.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            if let Some(kind) = &handler.type_ {
                self.visit_expr(kind);
            }
            self.visit_body(&handler.body);
        }
        self.visit_body(&attempt.orelse);
        self.may_fail -= u32::from(guarded);
        self.visit_body(&attempt.finalbody);
    }
}

/// Names that speak of a credential, by the beginning of one of their words.
const CREDENTIAL: &[&str] =
    &["secret", "key", "token", "pass", "pwd", "credential", "auth", "apikey", "jwt", "database", "url"];

/// The parameter says which origins are let in.
fn takes_origins(name: &str) -> bool {
    has_word(name, &["origin", "origins"]) && has_word(name, &["allow", "allowed", "allows", "cors"])
}

/// A comment tells type checkers and linters that the module is not there.
fn is_waived(line: &str) -> bool {
    const WAIVERS: &[&str] = &[
        "import-error",
        "import-not-found",
        "reportMissingImports",
        "reportMissingModuleSource",
        "no-name-in-module",
    ];
    line.rsplit_once('#').is_some_and(|(_, comment)| WAIVERS.iter().any(|waiver| comment.contains(waiver)))
}

/// `with suppress(ImportError):`.
fn suppresses_import_errors(item: &WithItem) -> bool {
    let Expr::Call(call) = &item.context_expr else { return false };
    let name = match call.func.as_ref() {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    matches!(name, "suppress" | "raises" | "assertRaises")
        && call.arguments.args.iter().any(catches_import_errors)
}

fn catches_import_errors(kind: &Expr) -> bool {
    match kind {
        Expr::Name(name) => {
            matches!(name.id.as_str(), "ImportError" | "ModuleNotFoundError" | "Exception" | "BaseException")
        }
        Expr::Tuple(tuple) => tuple.iter().any(catches_import_errors),
        _ => false,
    }
}
