//! The one walk over the tree: each node is handed to the subjects that want it.

use oxc_ast::ast::{
    ArrowFunctionExpression, AssignmentExpression, BinaryExpression, BinaryOperator, BindingIdentifier,
    CallExpression, Class, Comment, ConditionalExpression, Directive, ExportAllDeclaration,
    ExportDeclaration, ExportDefaultDeclaration, ExportFromDeclaration, ExportNamedDeclaration, Expression,
    FormalParameter, Function, FunctionType, IfStatement, ImportDeclaration, ImportExpression, JSXAttribute,
    LogicalExpression, MethodDefinition, NewExpression, ObjectPattern, ObjectProperty, Program,
    PropertyDefinition, PropertyKey, StaticMemberExpression, SwitchStatement, TSEnumMember,
    TSImportEqualsDeclaration, ThrowStatement, TryStatement, VariableDeclaration, VariableDeclarationKind,
    VariableDeclarator,
};
use oxc_ast_visit::VisitJs;
use oxc_ast_visit::walk_js;
use oxc_syntax::scope::{ScopeFlags, ScopeId};
use std::cell::Cell;

use super::route::Routes;
use super::scope::Scope;
use super::trial::Trials;
use super::value::{self, span};
use super::{binding, comparison, cookie, cors, import, token};
use crate::facts::Facts;
use crate::source::{Source, Span};

/// All facts of a file.
pub(super) fn facts<'a>(source: &'a Source, program: &'a Program<'a>) -> Facts {
    let mut reader = Reader {
        source,
        comments: &program.comments,
        facts: Facts::default(),
        scope: Scope::default(),
        routes: Routes::new(&source.path),
        trials: Trials::of(source, &program.comments),
        tries: 0,
        late: 0,
        waivers: waivers(source, &program.comments),
    };
    reader.visit_program(program);
    let Reader { mut facts, routes, trials, .. } = reader;
    (facts.endpoints, facts.mounts) = routes.finish();
    if let Some(trials) = trials {
        trials.finish(&mut facts);
    }
    facts
}

/// The state of the walk.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    pub(super) comments: &'a [Comment],
    pub(super) facts: Facts,
    pub(super) scope: Scope<'a>,
    pub(super) routes: Routes<'a>,
    /// Only in a test file.
    pub(super) trials: Option<Trials<'a>>,
    /// How many `try` blocks stand around.
    pub(super) tries: usize,
    /// How many functions and conditions stand around.
    pub(super) late: usize,
    /// Where comments allow imports that nothing declares.
    waivers: Vec<Span>,
}

impl<'a> Reader<'a> {
    fn declarator(&mut self, it: &'a VariableDeclarator<'a>, constant: bool) {
        binding::declarator(self, it);
        token::declarator(self, it);
        if let Some(init) = &it.init {
            let name = it.id.get_identifier_name().map(|name| name.as_str());
            if let Some(trials) = &mut self.trials {
                trials.name_next_function(name, init);
                trials.binds(name, init);
            }
            self.visit_expression(init);
        }
        self.visit_binding_pattern(&it.id);
        binding::declare(self, it, constant);
    }

    /// A comment at the import, or for the whole file, allows that nothing declares it.
    pub(super) fn is_waived(&self, import: Span) -> bool {
        let line = self.source.line_of(import.start);
        self.waivers.iter().any(|waiver| {
            let comment = self.source.slice(*waiver);
            let at = self.source.line_of(waiver.end);
            let whole =
                waiver.start <= import.start && !comment.contains("-line") && comment.starts_with("/*");
            whole || at == line || at + 1 == line || at == self.source.line_of(import.end)
        })
    }

    fn enter_function(&mut self, start: u32, name: Option<&'a str>) {
        self.late += 1;
        self.routes.enter_function(start);
        if let Some(trials) = &mut self.trials {
            trials.enter_function(start, name);
        }
    }

    fn leave_function(&mut self) {
        self.late = self.late.saturating_sub(1);
        self.routes.leave_function();
        if let Some(trials) = &mut self.trials {
            trials.leave_function();
        }
    }
}

impl<'a> VisitJs<'a> for Reader<'a> {
    fn enter_scope(&mut self, _: ScopeFlags, _: &Cell<Option<ScopeId>>) {
        self.scope.enter();
    }

    fn leave_scope(&mut self) {
        self.scope.leave();
    }

    fn visit_expression(&mut self, it: &Expression<'a>) {
        match it {
            Expression::StringLiteral(_) => binding::text(self, it),
            Expression::TemplateLiteral(template) => {
                binding::text(self, it);
                for part in &template.expressions {
                    self.visit_expression(part);
                }
            }
            _ => walk_js::walk_expression(self, it),
        }
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        let it = self.alloc(it);
        comparison::read(self, it);
        self.routes.method_asked(it);
        if it.operator == BinaryOperator::Addition {
            binding::sum(self, it);
            return;
        }
        self.visit_expression(&it.left);
        self.visit_expression(&it.right);
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        binding::fallback(self, it);
        self.visit_expression(&it.left);
        self.late += 1;
        self.visit_expression(&it.right);
        self.late -= 1;
    }

    fn visit_conditional_expression(&mut self, it: &ConditionalExpression<'a>) {
        binding::conditional(self, it);
        self.late += 1;
        walk_js::walk_conditional_expression(self, it);
        self.late -= 1;
    }

    fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
        let it = self.alloc(it);
        let constant = !matches!(it.kind, VariableDeclarationKind::Var | VariableDeclarationKind::Let);
        for declarator in &it.declarations {
            self.declarator(declarator, constant);
        }
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        let it = self.alloc(it);
        binding::assignment(self, it);
        token::assignment(self, it);
        cors::assignment(self, it);
        let name = it.left.as_member_expression().and_then(value::property);
        self.routes.assignment(name, &it.right);
        self.routes.exports_as_module(&it.left, &it.right);
        if let Some(trials) = &mut self.trials {
            trials.assignment(it);
        }
        walk_js::walk_assignment_expression(self, it);
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        let it = self.alloc(it);
        binding::entry(self, it);
        token::entry(self, it);
        cors::entry(self, it);
        self.routes.entry(it);
        if let Some(trials) = &mut self.trials {
            trials.entry(it);
        }
        walk_js::walk_object_property(self, it);
    }

    fn visit_property_key(&mut self, it: &PropertyKey<'a>) {
        match it {
            PropertyKey::StringLiteral(_) => {}
            _ => walk_js::walk_property_key(self, it),
        }
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        let it = self.alloc(it);
        import::call(self, it);
        if let Some(trials) = &mut self.trials {
            trials.enter_call(self.source, self.comments, &self.scope, &mut self.facts, it);
        }
        self.routes.enter_call(&self.scope, it);
        walk_js::walk_call_expression(self, it);
        self.routes.leave_call(&self.scope, it);
        token::call(self, it);
        cors::call(self, it);
        cookie::call(self, it);
        if let Some(trials) = &mut self.trials {
            trials.leave_call(it);
        }
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        let it = self.alloc(it);
        token::construction(self, it);
        self.routes.construction(it);
        walk_js::walk_new_expression(self, it);
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        if let Some(trials) = &mut self.trials {
            trials.member(it);
        }
        walk_js::walk_static_member_expression(self, it);
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        let name = it.id.as_ref().map(|id| id.name.as_str());
        if let (Some(name), FunctionType::FunctionDeclaration) = (name, it.r#type) {
            self.scope.declare(name, super::scope::Bound::Function);
            self.routes.function_name(name, it.span.start);
        }
        self.enter_function(it.span.start, name);
        walk_js::walk_function(self, it, flags);
        self.leave_function();
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.enter_function(it.span.start, None);
        walk_js::walk_arrow_function_expression(self, it);
        self.leave_function();
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        binding::parameter(self, it);
        if let Some(name) = it.pattern.get_identifier_name() {
            self.routes.parameter(name.as_str());
        }
        walk_js::walk_formal_parameter(self, it);
    }

    fn visit_object_pattern(&mut self, it: &ObjectPattern<'a>) {
        if let Some(trials) = &mut self.trials {
            trials.pattern(it);
        }
        walk_js::walk_object_pattern(self, it);
    }

    fn visit_binding_identifier(&mut self, it: &BindingIdentifier<'a>) {
        self.scope.hide(it.name.as_str());
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        let it = self.alloc(it);
        self.routes.enter_class(&self.scope, it);
        walk_js::walk_class(self, it);
        self.routes.leave_class();
    }

    fn visit_method_definition(&mut self, it: &MethodDefinition<'a>) {
        let it = self.alloc(it);
        if let (Some(trials), Some(name)) = (&mut self.trials, value::key_name(&it.key)) {
            trials.name_function(name, it.value.span.start);
        }
        walk_js::walk_method_definition(self, it);
        self.routes.method(&self.scope, it);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        let it = self.alloc(it);
        binding::field(self, it);
        token::field(self, it);
        if let (Some(trials), Some(init)) = (&mut self.trials, &it.value) {
            trials.name_next_function(value::key_name(&it.key), init);
        }
        walk_js::walk_property_definition(self, it);
    }

    fn visit_if_statement(&mut self, it: &IfStatement<'a>) {
        if let Some(trials) = &mut self.trials {
            trials.conditions += 1;
        }
        self.late += 1;
        walk_js::walk_if_statement(self, it);
        self.late -= 1;
        if let Some(trials) = &mut self.trials {
            trials.conditions -= 1;
        }
    }

    fn visit_switch_statement(&mut self, it: &SwitchStatement<'a>) {
        self.routes.method_switched(it);
        walk_js::walk_switch_statement(self, it);
    }

    fn visit_try_statement(&mut self, it: &TryStatement<'a>) {
        if it.handler.is_some() {
            self.tries += 1;
            self.visit_block_statement(&it.block);
            self.tries -= 1;
        } else {
            self.visit_block_statement(&it.block);
        }
        if let Some(handler) = &it.handler {
            if let Some(trials) = &mut self.trials {
                trials.handler(it, handler);
            }
            self.visit_catch_clause(handler);
        }
        if let Some(finalizer) = &it.finalizer {
            self.visit_block_statement(finalizer);
        }
    }

    fn visit_throw_statement(&mut self, it: &ThrowStatement<'a>) {
        if let Some(trials) = &mut self.trials {
            trials.throws(span(it));
        }
        walk_js::walk_throw_statement(self, it);
    }

    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        import::declaration(self, self.alloc(it));
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        import::expression(self, it);
        if let Some(options) = &it.options {
            self.visit_expression(options);
        }
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        import::export_from(self, it);
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        import::export_all(self, it);
    }

    fn visit_export_named_declaration(&mut self, it: &ExportNamedDeclaration<'a>) {
        let it = self.alloc(it);
        self.routes.exports(&self.scope, it);
        self.routes.exports_by_name(it);
    }

    fn visit_export_declaration(&mut self, it: &ExportDeclaration<'a>) {
        let it = self.alloc(it);
        walk_js::walk_export_declaration(self, it);
        self.routes.exported(&self.scope, it);
    }

    fn visit_export_default_declaration(&mut self, it: &ExportDefaultDeclaration<'a>) {
        let it = self.alloc(it);
        self.routes.default_export(it);
        self.routes.exports_by_default(it);
        walk_js::walk_export_default_declaration(self, it);
    }

    fn visit_ts_import_equals_declaration(&mut self, it: &TSImportEqualsDeclaration<'a>) {
        import::equals(self, self.alloc(it));
    }

    fn visit_jsx_attribute(&mut self, it: &JSXAttribute<'a>) {
        binding::attribute(self, it);
        if let Some(oxc_ast::ast::JSXAttributeValue::StringLiteral(_)) = &it.value {
            return;
        }
        walk_js::walk_jsx_attribute(self, it);
    }

    fn visit_ts_enum_member(&mut self, it: &TSEnumMember<'a>) {
        binding::enum_member(self, it);
        if let Some(initializer) = &it.initializer {
            self.visit_expression(initializer);
        }
    }

    fn visit_directive(&mut self, _: &Directive<'a>) {}
}

/// Comments that switch off what linters say of imports that nothing declares or that cannot be found.
fn waivers(source: &Source, comments: &[Comment]) -> Vec<Span> {
    const RULES: [&str; 6] = [
        "no-extraneous-dependencies",
        "no-extraneous-import",
        "no-extraneous-require",
        "no-missing-import",
        "no-missing-require",
        "no-unresolved",
    ];
    let spans = comments.iter().map(|comment| Span::new(comment.span.start, comment.span.end));
    let waives = |text: &str| text.contains("disable") && RULES.iter().any(|rule| text.contains(rule));
    spans.filter(|span| waives(source.slice(*span))).collect()
}
