//! `setup.py`: lists that are written down as literals; nothing is run.

use ruff_python_ast::{Expr, Keyword, Stmt};
use ruff_text_size::Ranged;

use super::requirement;
use crate::deps::declared::Contents;
use crate::source::Source;

/// Reads the file. Computed lists make the contents open: they may declare anything.
pub(super) fn parse(source: &Source) -> Contents {
    let mut contents = Contents { open: true, ..Contents::default() };
    if crate::python::is_nested_too_deeply(&source.text) {
        return contents;
    }
    let Ok(parsed) = ruff_python_parser::parse_module(&source.text) else { return contents };
    let body = &parsed.syntax().body;
    let Some(call) = body.iter().find_map(setup_call) else { return contents };
    contents.open = false;
    contents.declares = true;
    let names = Names { body, source };
    for keyword in call {
        match keyword.arg.as_ref().map(ruff_python_ast::Identifier::as_str) {
            Some("name") => contents.own_names.extend(names.text(&keyword.value).map(|(text, _)| text)),
            Some("py_modules" | "packages") => {
                for (text, _) in names.list(&keyword.value).unwrap_or_default() {
                    contents.own_names.push(text);
                }
            }
            Some("install_requires" | "setup_requires" | "tests_require") => match names.list(&keyword.value)
            {
                Some(list) => add(list, &mut contents),
                None => contents.open = true,
            },
            Some("extras_require") => match names.resolve(&keyword.value) {
                Expr::Dict(dict) => {
                    for item in &dict.items {
                        match names.list(&item.value) {
                            Some(list) => add(list, &mut contents),
                            None => contents.open = true,
                        }
                    }
                }
                _ => contents.open = true,
            },
            // `**settings` may hold anything.
            None => contents.open = true,
            Some(_) => {}
        }
    }
    contents.declared.sort_by_key(|declared| declared.span);
    contents
}

fn add(list: Vec<(String, usize)>, contents: &mut Contents) {
    contents.declared.extend(list.iter().filter_map(|(text, at)| requirement::declared(text, *at)));
}

/// The keywords of `setup(…)`, at the top of the file or under `if __name__ == "__main__"`.
fn setup_call(statement: &Stmt) -> Option<&[Keyword]> {
    match statement {
        Stmt::Expr(expression) => {
            let Expr::Call(call) = expression.value.as_ref() else { return None };
            let name = match call.func.as_ref() {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => return None,
            };
            (name == "setup").then_some(&*call.arguments.keywords)
        }
        Stmt::If(branch) => branch.body.iter().find_map(setup_call),
        _ => None,
    }
}

struct Names<'a> {
    body: &'a [Stmt],
    source: &'a Source,
}

impl<'a> Names<'a> {
    /// What a name was set to, once, at the top of the file; anything else is itself.
    fn resolve(&self, value: &'a Expr) -> &'a Expr {
        let Expr::Name(name) = value else { return value };
        let mut values = self.body.iter().filter_map(|statement| match statement {
            Stmt::Assign(assign) => {
                let is_it = assign
                    .targets
                    .iter()
                    .any(|target| matches!(target, Expr::Name(target) if target.id == name.id));
                is_it.then_some(&*assign.value)
            }
            _ => None,
        });
        match (values.next(), values.next()) {
            (Some(found), None) => found,
            _ => value,
        }
    }

    /// The texts of a literal list and where they begin; `None` when a part is computed.
    fn list(&self, value: &'a Expr) -> Option<Vec<(String, usize)>> {
        match self.resolve(value) {
            Expr::List(list) => list.elts.iter().map(|item| self.text(item)).collect(),
            Expr::Tuple(tuple) => tuple.elts.iter().map(|item| self.text(item)).collect(),
            // One text holds one requirement for each line.
            Expr::StringLiteral(text) => {
                let (whole, at) = self.text(&Expr::StringLiteral(text.clone()))?;
                let mut begin = 0;
                let mut lines = Vec::new();
                for line in whole.split_inclusive('\n') {
                    lines.push((line.trim_end().to_owned(), at + begin));
                    begin += line.len();
                }
                Some(lines)
            }
            _ => None,
        }
    }

    fn text(&self, value: &Expr) -> Option<(String, usize)> {
        let Expr::StringLiteral(literal) = value else { return None };
        let text = literal.value.to_str().to_owned();
        let range = literal.range();
        let raw = self.source.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or("");
        let within = raw.find(text.as_str()).unwrap_or(0);
        Some((text, range.start().to_usize() + within))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str, u32)], open: bool) {
        let source = Source::new("setup.py", text.to_owned());
        let contents = parse(&source);
        let found: Vec<_> = contents
            .declared
            .iter()
            .map(|one| {
                assert_eq!(source.slice(one.span), one.name);
                (one.name.as_str(), one.requirement.as_str(), source.position(one.span.start).line)
            })
            .collect();
        assert_eq!((found.as_slice(), contents.open), (expect, open), "{text}");
    }

    #[test]
    fn literal_lists_are_read() {
        check(
            "from setuptools import setup\nsetup(\n  name='h',\n  install_requires=['a>=1', \"b\"],\n  extras_require={'t': ['c==2']})\n",
            &[("a", ">=1", 4), ("b", "", 4), ("c", "==2", 5)],
            false,
        );
        check(
            "import setuptools\nREQ = ['a']\nsetuptools.setup(install_requires=REQ)\n",
            &[("a", "", 2)],
            false,
        );
        check("setup(install_requires='''\na\nb>1\n''')\n", &[("a", "", 2), ("b", ">1", 3)], false);
    }

    #[test]
    fn computed_lists_may_hold_anything() {
        check("setup(install_requires=read('x'))\n", &[], true);
        check("setup(**settings)\n", &[], true);
        check("def f(:\n", &[], true);
        check("x = 1\n", &[], true);
        check(&format!("setup(install_requires={}", "[".repeat(100_000)), &[], true);
    }
}
