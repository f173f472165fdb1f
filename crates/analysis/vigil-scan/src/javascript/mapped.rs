//! Names that settings of bundlers and test runners map to other modules.

use oxc_allocator::Allocator;
use oxc_ast::ast::{AssignmentExpression, Expression, ObjectProperty};
use oxc_ast_visit::{VisitJs, walk_js};

use super::value::{self, bare};
use super::{SHALLOW, nesting, parse};
use crate::source::Source;

/// More names of one file are not kept.
const MAX_NAMES: usize = 512;

/// The names that `webpack.config.js`, `vite.config.ts`, `next.config.js`, `jest.config.js` and their like map: the keys of
/// `alias` and `moduleNameMapper`, `{find: "name"}`, and `….alias["name"] = …`. Patterns count up to their first sign.
pub(crate) fn mapped_names(source: &Source) -> Vec<String> {
    if source.text.len() > (1 << 20) || nesting::depth(&source.text, false) > SHALLOW {
        return Vec::new();
    }
    let arena = Allocator::with_capacity(source.text.len().saturating_mul(6));
    let parsed = parse::parse(&arena, source);
    let mut reader = Reader { names: Vec::new() };
    reader.visit_program(&parsed.program);
    reader.names
}

struct Reader {
    names: Vec<String>,
}

impl Reader {
    fn name(&mut self, pattern: &str) {
        let literal = pattern.trim_start_matches('^').replace("\\/", "/");
        let literal = literal.split(['(', '$', '*', '[', '\\', '?', '|', '+']).next().unwrap_or("");
        if !literal.is_empty() && !literal.starts_with('.') && self.names.len() < MAX_NAMES {
            self.names.push(literal.to_owned());
        }
    }
}

impl<'a> VisitJs<'a> for Reader {
    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        match (value::key_name(&it.key), bare(&it.value)) {
            (Some("alias" | "moduleNameMapper" | "_moduleAliases"), Expression::ObjectExpression(map)) => {
                for entry in map.properties.iter().filter_map(|entry| entry.as_property()) {
                    if let Some(name) = value::key_name(&entry.key) {
                        self.name(name);
                    }
                }
            }
            (Some("find"), Expression::StringLiteral(name)) => self.name(name.value.as_str()),
            (Some("find"), Expression::RegExpLiteral(pattern)) => {
                self.name(pattern.regex.pattern.text.as_str());
            }
            _ => {}
        }
        walk_js::walk_object_property(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        let member = it.left.as_member_expression();
        let of_alias = member.is_some_and(|member| value::last_name(member.object()) == Some("alias"));
        if of_alias && let Some(name) = member.and_then(value::property) {
            self.name(name);
        }
        walk_js::walk_assignment_expression(self, it);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, text: &str, expect: &[&str]) {
        assert_eq!(mapped_names(&Source::new(name, text.to_owned())), expect, "{text}");
    }

    #[test]
    fn every_form_of_an_alias_is_a_name() {
        check(
            "webpack.config.js",
            "module.exports = { resolve: { alias: { 'private-pages': a, ui: b, './own': c } } }",
            &["private-pages", "ui"],
        );
        check(
            "vite.config.ts",
            "export default defineConfig({resolve: {alias: [{find: 'ui', replacement: x}, {find: /^core\\//, replacement: y}]}})",
            &["ui", "core/"],
        );
        check(
            "next.config.js",
            "module.exports = { webpack(config) { config.resolve.alias['hidden'] = 1; config.resolve.alias.plain = 2 } }",
            &["hidden", "plain"],
        );
        check("jest.config.js", "module.exports = { moduleNameMapper: { '^lib/(.*)$': 'x' } }", &["lib/"]);
    }

    #[test]
    fn what_maps_nothing_gives_no_name() {
        check("webpack.config.js", "module.exports = { entry: { app: './a' } }; other['x'] = 1", &[]);
        check("webpack.config.js", "module.exports = {{{", &[]);
        check("webpack.config.js", &"[".repeat(100_000), &[]);
    }
}
