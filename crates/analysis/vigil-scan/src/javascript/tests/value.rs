//! Bindings, texts, environment, imports.

use super::{facts, facts_at, read};
use crate::facts::Need;
use crate::facts::{BindingKind, HOLE};

fn bindings(path: &str, text: &str) -> Vec<(String, BindingKind, String, bool)> {
    let facts = facts_at(path, text);
    facts.bindings.into_iter().map(|it| (it.name, it.kind, it.value.value, it.value.whole)).collect()
}

fn check(path: &str, text: &str, expected: &[(&str, BindingKind, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, kind, value)| ((*name).to_owned(), *kind, (*value).to_owned(), true))
        .collect();
    assert_eq!(bindings(path, text), expected, "{text}");
}

#[test]
fn values_are_bound_in_every_way_the_language_has() {
    use BindingKind::{Argument, Entry, Markup, Member, Variable};
    for (text, name, kind, value) in [
        ("const apiKey = 'abc'", "apiKey", Variable, "abc"),
        ("let apiKey: string = \"abc\"", "apiKey", Variable, "abc"),
        ("var a = `abc`", "a", Variable, "abc"),
        ("export const a = ('abc' as const)", "a", Variable, "abc"),
        ("class C { private apiKey: string = 'abc' }", "apiKey", Variable, "abc"),
        ("class C { static #key = 'abc' }", "key", Variable, "abc"),
        ("config.secret = 'abc'", "secret", Member, "abc"),
        ("config['secret'] = 'abc'", "secret", Member, "abc"),
        ("config.a.secret ??= 'abc'", "secret", Member, "abc"),
        ("f({ password: 'abc' })", "password", Entry, "abc"),
        ("f({ 'pass-word': 'abc' })", "pass-word", Entry, "abc"),
        ("f({ ['password']: 'abc' })", "password", Entry, "abc"),
        ("function f(token = 'abc') {}", "token", Argument, "abc"),
        ("const f = ({ token = 'abc' }) => token", "token", Argument, "abc"),
        ("enum E { Key = 'abc' }", "Key", Entry, "abc"),
        ("const a = 'x' + 'y' + 1", "a", Variable, "xy1"),
        ("const a = 'x' + ('y' + 'z')", "a", Variable, "xyz"),
    ] {
        check("src/a.ts", text, &[(name, kind, value)]);
    }
    check(
        "src/a.tsx",
        "const a = <Input placeholder=\"abc\" title={'abd'} />",
        &[("placeholder", Markup, "abc"), ("title", Markup, "abd")],
    );
}

#[test]
fn what_is_no_text_is_no_binding() {
    for text in [
        "const a = f('abc')",
        "const a = b",
        "const a = process.env.KEY || 'abc'",
        "const a = b ? 'x' : 'y'",
        "const a = 5",
        "const a = !x",
        "const { a } = b",
        "if (a === 'abc') {}",
        "// const a = 'abc'",
        "/* const a = 'abc' */",
        "type A = 'abc'",
    ] {
        check("src/a.ts", text, &[]);
    }
}

#[test]
fn constants_are_followed_and_the_rest_is_a_hole() {
    for (text, value) in [
        ("const p = 'x'; f(`${p}-y`)", "x-y".to_owned()),
        ("let p = 'x'; f(`${p}-y`)", format!("{HOLE}-y")),
        ("f(`a${b}c`)", format!("a{HOLE}c")),
        ("f('a' + b + 'c')", format!("a{HOLE}c")),
        ("const p = 'x'; function g(p) { f(`${p}-y`) }", format!("{HOLE}-y")),
        ("const p = 'x', q = p + 'y'; f(`${q}z`)", "xyz".to_owned()),
    ] {
        let facts = facts(text);
        assert_eq!(facts.texts.last().map(|text| text.value.clone()), Some(value), "{text}");
    }
}

#[test]
fn a_sum_is_one_text() {
    let facts = facts("f('postgres://u:' + password + '@host/db')");
    assert_eq!(facts.texts.len(), 1);
    assert_eq!(facts.texts[0].value, format!("postgres://u:{HOLE}@host/db"));
    assert!(!facts.texts[0].whole);
}

#[test]
fn keys_directives_and_modules_are_no_texts() {
    let facts = facts("'use strict'; import a from 'module-a'; f({ 'key': 1 }); export * from 'module-b'");
    assert!(facts.texts.is_empty(), "{:?}", facts.texts);
}

#[test]
fn environment_lookups_with_a_default() {
    for (text, name, default, without) in [
        ("x = process.env.KEY || 'abc'", "KEY", "abc", "process.env.KEY"),
        ("x = process.env.S3_KEY ?? `abc`", "S3_KEY", "abc", "process.env.S3_KEY"),
        ("x = process.env['KEY'] || 'abc'", "KEY", "abc", "process.env['KEY']"),
        ("x = process?.env?.KEY || 'abc'", "KEY", "abc", "process?.env?.KEY"),
        ("x = process.env.KEY! || 'abc'", "KEY", "abc", "process.env.KEY!"),
        ("x = (process.env.KEY as string) || 'abc'", "KEY", "abc", "process.env.KEY as string"),
        ("x = import.meta.env.VITE_KEY ?? 'abc'", "VITE_KEY", "abc", "import.meta.env.VITE_KEY"),
        ("x = Deno.env.get('KEY') ?? 'abc'", "KEY", "abc", "Deno.env.get('KEY')"),
        ("x = Bun.env.KEY || 'abc'", "KEY", "abc", "Bun.env.KEY"),
        ("const { KEY = 'abc' } = process.env", "KEY", "abc", "KEY"),
        ("const { KEY: k = 'abc' } = process.env", "KEY", "abc", "KEY: k"),
        ("const e = process.env; x = e.KEY || 'abc'", "KEY", "abc", "e.KEY"),
        ("import { env } from 'node:process'; x = env.KEY || 'abc'", "KEY", "abc", "env.KEY"),
        ("process.env.KEY ||= 'abc'", "KEY", "abc", "process.env.KEY"),
        ("x = process.env.KEY ? process.env.KEY : 'abc'", "KEY", "abc", "process.env.KEY"),
        ("const D = 'abc'; x = process.env.KEY || D", "KEY", "abc", "process.env.KEY"),
        ("x = process.env.A || process.env.B || 'abc'", "B", "abc", "process.env.A || process.env.B"),
        ("x = process.env.KEY || ''", "KEY", "", "process.env.KEY"),
    ] {
        let facts = facts_at("src/a.ts", text);
        assert_eq!(facts.env_defaults.len(), 1, "{text}");
        let found = &facts.env_defaults[0];
        assert_eq!(
            (found.name.as_str(), found.default.value.as_str(), found.without_default.as_str()),
            (name, default, without),
            "{text}"
        );
    }
    for text in [
        "x = process.env.KEY || fail('no')",
        "x = env.KEY || 'abc'",
        "x = process.env.KEY && 'abc'",
        "x = process.env.PORT || 3000",
        "x = opts.KEY || 'abc'",
    ] {
        assert!(facts(text).env_defaults.is_empty(), "{text}");
    }
}

#[test]
fn imports_of_every_form() {
    for (text, module, optional) in [
        ("import a from 'm'", "m", false),
        ("import 'm'", "m", false),
        ("import type { A } from 'm'", "m", true),
        ("import { type A } from 'm'", "m", true),
        ("import { type A, b } from 'm'", "m", false),
        ("export { a } from '@s/m/sub'", "@s/m/sub", false),
        ("export * from './m'", "./m", false),
        ("const a = require('m')", "m", false),
        ("try { require('m') } catch {}", "m", true),
        ("try { f() } catch { require('m') }", "m", false),
        ("require.resolve('m')", "m", false),
        ("await import('m')", "m", false),
        ("import a = require('m')", "m", false),
    ] {
        let found: Vec<_> = facts_at("src/a.ts", text)
            .imports
            .into_iter()
            .map(|it| (it.module, it.need > Need::Late))
            .collect();
        assert_eq!(found, [(module.to_owned(), optional)], "{text}");
    }
    for text in [
        "require(name)",
        "require(`m-${a}`)",
        "import(name)",
        "jest.mock('m')",
        "other('m')",
        "const f = (require) => require('m')",
    ] {
        let (facts, _) = read("src/a.js", text);
        assert!(facts.imports.is_empty(), "{text}");
    }
}

#[test]
fn an_import_says_what_becomes_of_the_file_without_it() {
    for (text, need) in [
        ("import 'm'", Need::Firm),
        ("const a = require('m')", Need::Firm),
        ("function f() { require('m') }", Need::Late),
        ("const f = () => import('m')", Need::Late),
        ("if (dev) require('m')", Need::Late),
        ("const a = dev ? require('m') : null", Need::Late),
        ("dev && require('m')", Need::Late),
        ("// eslint-disable-next-line import/no-extraneous-dependencies\nimport 'm'", Need::Late),
        ("/* eslint-disable n/no-missing-import */\n\n\nimport 'm'", Need::Late),
        ("import 'm' // eslint-disable-line import/no-unresolved", Need::Late),
        ("import 'm'\n\n// eslint-disable-next-line import/no-unresolved\nf()", Need::Firm),
        ("/* eslint-disable no-console */\nimport 'm'", Need::Firm),
        ("import type { A } from 'm'", Need::Types),
        ("try { require('m') } catch {}", Need::Tried),
    ] {
        let needs: Vec<_> = facts_at("src/a.ts", text).imports.into_iter().map(|it| it.need).collect();
        assert_eq!(needs, [need], "{text}");
    }
}
