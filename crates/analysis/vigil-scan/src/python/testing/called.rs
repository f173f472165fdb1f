//! Functions that a file calls itself: with `test_…` in their names they are not a runner's.

use std::collections::HashSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

use super::runs_as_program;
use crate::python::names::visit_chain;

const MAX_DEPTH: u32 = 400;

/// Names that functions call which are called otherwise, and that examples within texts call. What a file does when it is
/// run as a program says nothing of who else runs its functions.
pub(super) fn names(module: &[Stmt]) -> HashSet<&str> {
    let mut reader = Reader { names: HashSet::new(), within: None, depth: 0 };
    reader.visit_body(module);
    reader.names
}

struct Reader<'a> {
    names: HashSet<&'a str>,
    /// The outermost function around.
    within: Option<&'a str>,
    depth: u32,
}

impl<'a> Visitor<'a> for Reader<'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::If(branch) if runs_as_program(branch) => {}
            Stmt::FunctionDef(function) => {
                let around = self.within;
                self.within = around.or(Some(function.name.as_str()));
                walk_stmt(self, statement);
                self.within = around;
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        match expr {
            Expr::StringLiteral(text) => {
                for part in &text.value {
                    let examples = part.value.lines().map(str::trim_start);
                    let examples =
                        examples.filter(|line| line.starts_with(">>> ") || line.starts_with("... "));
                    examples.for_each(|line| self.names.extend(called_in(line)));
                }
            }
            Expr::BinOp(chain) => visit_chain(self, chain),
            _ => {
                let called = expr.as_call_expr().and_then(|call| call.func.as_name_expr());
                if let Some(called) = called.map(|name| name.id.as_str())
                    && self.within.is_some_and(|within| within != called)
                {
                    self.names.insert(called);
                }
                walk_expr(self, expr);
            }
        }
        self.depth -= 1;
    }
}

/// What is called in a line of an example.
fn called_in(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices('(').filter_map(|(at, _)| {
        let before = line.get(..at)?;
        let name = before.rsplit(|sign: char| !(sign.is_alphanumeric() || sign == '_')).next()?;
        (!name.is_empty()).then_some(name)
    })
}
