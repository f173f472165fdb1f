//! What names stand for: imports by their full path, constants bound once, functions and classes of the file.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{Expr, ExprBinOp, Parameters, Stmt, StmtClassDef, StmtFunctionDef};

/// A dotted name, its root resolved through the imports of the file: `o.getenv` after `import os as o` is `os.getenv`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dotted<'a> {
    parts: [&'a str; Dotted::MAX],
    len: usize,
    /// The root came with an import.
    pub(super) imported: bool,
}

impl<'a> Dotted<'a> {
    const MAX: usize = 10;

    fn empty() -> Self {
        Self { parts: [""; Self::MAX], len: 0, imported: false }
    }

    fn push(&mut self, part: &'a str) {
        // What is longer than any API keeps its beginning and its last part.
        let at = self.len.min(Self::MAX - 1);
        if let Some(slot) = self.parts.get_mut(at) {
            *slot = part;
        }
        self.len = at + 1;
    }

    /// The parts.
    pub(super) fn parts(&self) -> &[&'a str] {
        self.parts.get(..self.len).unwrap_or(&[])
    }

    /// The first part.
    pub(super) fn root(&self) -> &'a str {
        self.parts().first().copied().unwrap_or("")
    }

    /// The last part.
    pub(super) fn last(&self) -> &'a str {
        self.parts().last().copied().unwrap_or("")
    }

    /// The part before the last, if there is one.
    pub(super) fn owner(&self) -> Option<&'a str> {
        let parts = self.parts();
        parts.len().checked_sub(2).and_then(|at| parts.get(at)).copied()
    }

    /// It is exactly this path.
    pub(super) fn is(&self, path: &[&str]) -> bool {
        self.parts() == path
    }

    /// It ends with this path.
    pub(super) fn ends_with(&self, path: &[&str]) -> bool {
        self.parts().ends_with(path)
    }
}

#[derive(Clone, Copy, Debug)]
struct Origin<'a> {
    module: &'a str,
    member: Option<&'a str>,
    /// The dots before the module.
    level: u32,
}

impl<'a> Origin<'a> {
    /// The dotted path, with the dots of a relative import in front.
    fn path(&self, member: Option<&'a str>) -> String {
        let parts = self.module.split('.').filter(|part| !part.is_empty()).chain(member);
        format!("{}{}", ".".repeat(self.level.min(64) as usize), parts.collect::<Vec<_>>().join("."))
    }
}

/// Most modules of which every name is imported.
const MAX_STARS: usize = 8;

/// What one block binds.
#[derive(Default)]
pub(super) struct Bound<'a> {
    values: HashMap<&'a str, Option<&'a Expr>>,
    functions: HashMap<&'a str, &'a StmtFunctionDef>,
    classes: HashMap<&'a str, &'a StmtClassDef>,
}

struct Frame<'a> {
    body: &'a [Stmt],
    parameters: Option<&'a Parameters>,
    is_class: bool,
    bound: OnceCell<Bound<'a>>,
}

/// The names that are known at one place of the file.
pub(super) struct Names<'a> {
    imports: HashMap<&'a str, Origin<'a>>,
    /// Modules of which every name is imported.
    stars: Vec<Origin<'a>>,
    frames: Vec<Frame<'a>>,
    /// How many more bytes of constants may be copied into other texts.
    budget: Cell<usize>,
    /// What was found out about functions of the file, by the place of their name.
    memory: RefCell<HashMap<u32, bool>>,
}

impl<'a> Names<'a> {
    /// The names of a module.
    pub(super) fn of_module(body: &'a [Stmt], length: usize) -> Self {
        let mut names = Self {
            imports: HashMap::new(),
            stars: Vec::new(),
            frames: Vec::new(),
            budget: Cell::new(length.saturating_mul(2).saturating_add(64 * 1024)),
            memory: RefCell::default(),
        };
        names.learn_imports(body);
        names.enter(body, None, false);
        names
    }

    /// Goes into a function or a class.
    pub(super) fn enter(&mut self, body: &'a [Stmt], parameters: Option<&'a Parameters>, is_class: bool) {
        self.frames.push(Frame { body, parameters, is_class, bound: OnceCell::new() });
    }

    /// Comes out again.
    pub(super) fn leave(&mut self) {
        self.frames.pop();
    }

    fn learn_imports(&mut self, body: &'a [Stmt]) {
        for statement in body {
            match statement {
                Stmt::Import(_) | Stmt::ImportFrom(_) => self.learn_import(statement),
                _ => each_block(statement, &mut |block| self.learn_imports(block)),
            }
        }
    }

    /// Takes note of an import, wherever it stands.
    pub(super) fn learn_import(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let module = alias.name.as_str();
                    let (name, module) = match &alias.asname {
                        Some(name) => (name.as_str(), module),
                        None => {
                            let root = module.split('.').next().unwrap_or(module);
                            (root, root)
                        }
                    };
                    self.imports.insert(name, Origin { module, member: None, level: 0 });
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    let origin = Origin { module, member: Some(alias.name.as_str()), level: import.level };
                    if name == "*" && self.stars.len() < MAX_STARS {
                        self.stars.push(origin);
                    }
                    self.imports.insert(name, origin);
                }
            }
            _ => {}
        }
    }

    /// Some import names this module, or one below it.
    pub(super) fn imports_any(&self, modules: &[&str]) -> bool {
        self.imports.values().any(|origin| {
            origin.level == 0 && modules.contains(&origin.module.split('.').next().unwrap_or(origin.module))
        })
    }

    /// The name came with an import.
    pub(super) fn is_imported(&self, name: &str) -> bool {
        self.imports.contains_key(name)
    }

    /// The dotted name that an expression is; nothing for calls, subscripts and literals.
    pub(super) fn dotted(&self, expr: &'a Expr) -> Option<Dotted<'a>> {
        let mut attributes = [""; Dotted::MAX];
        let mut count = 0;
        let mut at = expr;
        let root = loop {
            match at {
                Expr::Attribute(attribute) => {
                    *attributes.get_mut(count)? = attribute.attr.as_str();
                    count += 1;
                    at = &attribute.value;
                }
                Expr::Name(name) => break name.id.as_str(),
                _ => return None,
            }
        };
        let mut dotted = Dotted::empty();
        match self.imports.get(root) {
            Some(origin) => {
                dotted.imported = true;
                if origin.level > 0 {
                    dotted.push(".");
                }
                for part in origin.module.split('.').filter(|part| !part.is_empty()) {
                    dotted.push(part);
                }
                if let Some(member) = origin.member {
                    dotted.push(member);
                }
            }
            None => dotted.push(root),
        }
        for attribute in attributes.iter().take(count).rev() {
            dotted.push(attribute);
        }
        Some(dotted)
    }

    /// The path of what an import brought: `..routers.users.router` of `users.router` after `from ..routers import users`.
    pub(super) fn imported_path(&self, expr: &'a Expr) -> Option<String> {
        let dotted = self.dotted(expr).filter(|dotted| dotted.imported)?;
        let mut root = expr;
        while let Expr::Attribute(attribute) = root {
            root = &attribute.value;
        }
        let level = self.imports.get(root.as_name_expr()?.id.as_str())?.level.min(64) as usize;
        let parts: Vec<&str> = dotted.parts().iter().copied().filter(|part| *part != ".").collect();
        Some(format!("{}{}", ".".repeat(level), parts.join(".")))
    }

    /// The path of what an import brought under a name.
    pub(super) fn imported(&self, name: &str) -> Option<String> {
        self.imports.get(name).map(|origin| origin.path(origin.member))
    }

    /// Paths of all that a module hands on by its imports, with the names it has for it.
    pub(super) fn handed_on(&self) -> impl Iterator<Item = (&'a str, String)> {
        let named = self.imports.iter().filter(|(name, _)| **name != "*");
        named.map(|(name, origin)| (*name, origin.path(origin.member)))
    }

    /// Paths of the modules of which every name is imported, with a dot behind them where a name may follow.
    pub(super) fn stars(&self) -> impl Iterator<Item = String> {
        self.stars.iter().map(|origin| match origin.module {
            "" => origin.path(None),
            _ => origin.path(None) + ".",
        })
    }

    /// The value of a name that is bound exactly once, in the nearest block that binds it.
    pub(super) fn constant(&self, name: &str) -> Option<&'a Expr> {
        let innermost = self.frames.len().saturating_sub(1);
        for (index, frame) in self.frames.iter().enumerate().rev() {
            if frame.is_class && index != innermost {
                continue;
            }
            if frame.parameters.is_some_and(|parameters| parameters.includes(name)) {
                return None;
            }
            if let Some(value) = frame.bound().values.get(name) {
                return *value;
            }
        }
        None
    }

    /// A function that a block around this place, or the module, defines.
    pub(super) fn function(&self, name: &str) -> Option<&'a StmtFunctionDef> {
        let innermost = self.frames.len().saturating_sub(1);
        let visible = self
            .frames
            .iter()
            .enumerate()
            .rev()
            .filter(|(index, frame)| !frame.is_class || *index == innermost);
        visible.map(|(_, frame)| frame).find_map(|frame| frame.bound().functions.get(name).copied())
    }

    /// A class of the module, or of a block around this place.
    pub(super) fn class(&self, name: &str) -> Option<&'a StmtClassDef> {
        self.frames.iter().rev().find_map(|frame| frame.bound().classes.get(name).copied())
    }

    /// The classes of the module, in no order.
    pub(super) fn classes(&self) -> impl Iterator<Item = &'a StmtClassDef> {
        self.frames.first().into_iter().flat_map(|frame| frame.bound().classes.values().copied())
    }

    /// The answer to a question about a function, asked once. While it is being found out it is no.
    pub(super) fn remembered(&self, function: &StmtFunctionDef, ask: impl FnOnce() -> bool) -> bool {
        let place = function.name.range.start().to_u32();
        if let Some(known) = self.memory.borrow().get(&place) {
            return *known;
        }
        self.memory.borrow_mut().insert(place, false);
        let answer = ask();
        self.memory.borrow_mut().insert(place, answer);
        answer
    }

    /// Pays for copying a constant; false when the file has had its share.
    pub(super) fn pay(&self, bytes: usize) -> bool {
        match self.budget.get().checked_sub(bytes) {
            Some(rest) => {
                self.budget.set(rest);
                true
            }
            None => false,
        }
    }
}

impl<'a> Frame<'a> {
    fn bound(&self) -> &Bound<'a> {
        self.bound.get_or_init(|| {
            let mut bound = Bound::default();
            bound.learn(self.body);
            bound
        })
    }
}

impl<'a> Bound<'a> {
    fn learn(&mut self, body: &'a [Stmt]) {
        for statement in body {
            match statement {
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        self.target(target, Some(&assign.value));
                    }
                }
                Stmt::AnnAssign(assign) => {
                    if let Some(value) = &assign.value {
                        self.target(&assign.target, Some(value));
                    }
                }
                Stmt::AugAssign(assign) => self.target(&assign.target, None),
                Stmt::FunctionDef(function) => {
                    self.functions.insert(function.name.as_str(), function);
                }
                Stmt::ClassDef(class) => {
                    self.classes.insert(class.name.as_str(), class);
                }
                Stmt::For(each) => self.target(&each.target, None),
                Stmt::With(with) => {
                    for name in with.items.iter().filter_map(|item| item.optional_vars.as_deref()) {
                        self.target(name, None);
                    }
                }
                Stmt::Global(global) => {
                    for name in &global.names {
                        self.values.insert(name.as_str(), None);
                    }
                }
                _ => {}
            }
            each_block(statement, &mut |block| self.learn(block));
        }
    }

    fn target(&mut self, target: &'a Expr, value: Option<&'a Expr>) {
        match target {
            Expr::Name(name) => {
                self.values.entry(name.id.as_str()).and_modify(|known| *known = None).or_insert(value);
            }
            Expr::Tuple(tuple) => {
                for (index, element) in tuple.elts.iter().enumerate() {
                    let value = match value {
                        Some(Expr::Tuple(values)) if values.elts.len() == tuple.elts.len() => {
                            values.elts.get(index)
                        }
                        _ => None,
                    };
                    self.target(element, value);
                }
            }
            Expr::List(list) => list.elts.iter().for_each(|element| self.target(element, None)),
            Expr::Starred(starred) => self.target(&starred.value, None),
            _ => {}
        }
    }
}

/// The operands of a chain of operators. It is as long as a table is wide, so left sides are a loop and not a recursion.
pub(super) fn visit_chain<'a>(visitor: &mut impl Visitor<'a>, chain: &'a ExprBinOp) {
    let mut chain = chain;
    loop {
        visitor.visit_expr(&chain.right);
        match chain.left.as_ref() {
            Expr::BinOp(left) => chain = left,
            first => return visitor.visit_expr(first),
        }
    }
}

/// The blocks of a compound statement that run in the same scope.
pub(super) fn each_block<'a>(statement: &'a Stmt, visit: &mut dyn FnMut(&'a [Stmt])) {
    match statement {
        Stmt::If(branch) => {
            visit(&branch.body);
            branch.elif_else_clauses.iter().for_each(|clause| visit(&clause.body));
        }
        Stmt::For(each) => {
            visit(&each.body);
            visit(&each.orelse);
        }
        Stmt::While(each) => {
            visit(&each.body);
            visit(&each.orelse);
        }
        Stmt::With(with) => visit(&with.body),
        Stmt::Match(choice) => choice.cases.iter().for_each(|case| visit(&case.body)),
        Stmt::Try(attempt) => {
            visit(&attempt.body);
            for handler in &attempt.handlers {
                let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                visit(&handler.body);
            }
            visit(&attempt.orelse);
            visit(&attempt.finalbody);
        }
        _ => {}
    }
}
