//! Texts, bindings, environment lookups, imports.

use super::facts;
use crate::facts::Need;
use crate::facts::{BindingKind, HOLE};

#[track_caller]
fn texts(text: &str, expect: &[&str]) {
    let found: Vec<String> = facts(text).texts.into_iter().map(|text| text.value).collect();
    assert_eq!(found, expect, "{text}");
}

#[track_caller]
fn binds(text: &str, expect: &[(&str, &str)]) {
    let facts = facts(text);
    let found: Vec<(&str, &str)> =
        facts.bindings.iter().map(|binding| (binding.name.as_str(), binding.value.value.as_str())).collect();
    assert_eq!(found, expect, "{text}");
}

#[track_caller]
fn env(text: &str, expect: &[(&str, &str, &str)]) {
    let facts = facts(text);
    let found: Vec<(&str, &str, &str)> = facts
        .env_defaults
        .iter()
        .map(|env| (env.name.as_str(), env.default.value.as_str(), env.without_default.as_str()))
        .collect();
    assert_eq!(found, expect, "{text}");
}

#[track_caller]
fn imports(text: &str, expect: &[(&str, bool)]) {
    let facts = facts(text);
    let found: Vec<(&str, bool)> =
        facts.imports.iter().map(|import| (import.module.as_str(), import.need > Need::Late)).collect();
    assert_eq!(found, expect, "{text}");
}

#[test]
fn reads_literals_of_every_form() {
    texts("x = 'a'", &["a"]);
    texts("x = \"a\" 'b'", &["ab"]);
    texts("x = r'a\\b'", &["a\\b"]);
    texts("x = '''a\nb'''", &["a\nb"]);
    texts("x = b'key'", &["key"]);
    texts("x = 'a\\x41'", &["aA"]);
    texts("f('a', 'b')", &["a", "b"]);
    texts("x = ('a'\n     'b')", &["ab"]);
}

#[test]
fn docstrings_and_comments_are_no_texts() {
    texts("'''module'''\nx = 1", &[]);
    texts("def f():\n    'doc'\n", &[]);
    texts("class A:\n    '''doc'''\n    x = 'v'\n", &["v"]);
    texts("# x = 'a'\n'text between'\n", &[]);
}

#[test]
fn annotations_are_no_texts() {
    texts("def f(a: 'User', b: Literal['x']) -> 'Reply': ...", &[]);
    texts("a: 'User' = 'x'", &["x"]);
}

#[test]
fn follows_concatenation_and_templates() {
    texts("x = 'a' + 'b'", &["ab"]);
    texts("x = 'a' + y + 'b'", &[&format!("a{HOLE}b")]);
    texts("x = y + z", &[]);
    texts("x = 1 + 2", &[]);
    texts("x = f'a{y}b'", &[&format!("a{HOLE}b")]);
    texts("x = 'a%sb' % y", &[&format!("a{HOLE}b")]);
    texts("x = '%(user)s:%5.2f 100%%' % y", &[&format!("{HOLE}:{HOLE} 100%")]);
    texts("x = 'a{}b{{}}'.format(y)", &[&format!("a{HOLE}b{{}}")]);
    texts("x = 'a'.encode()", &["a"]);
    texts("x = [a + 'b' for a in c]", &[&format!("{HOLE}b")]);
}

#[test]
fn follows_constants_that_are_bound_once() {
    texts("A = 'x'\ny = f'{A}-{A}'", &["x", "x-x"]);
    texts("A = 'x'\nA = 'y'\nz = f'{A}!'", &["x", "y", &format!("{HOLE}!")]);
    texts("def f():\n    a = 'x'\n    return a + '!'", &["x", "x!"]);
    texts("a = 'x'\ndef f(a):\n    return a + '!'", &["x", &format!("{HOLE}!")]);
    texts("for a in b:\n    c = f'{a}!'", &[&format!("{HOLE}!")]);
    texts("a = a + 'x'", &[&format!("{HOLE}x")]);
}

#[test]
fn says_whether_a_text_is_whole() {
    let facts = facts("a = 'x'\nb = f'{y}'\nc = '%s' % 1\nd = 'x' 'y'");
    assert_eq!(facts.texts.iter().map(|text| text.whole).collect::<Vec<_>>(), [true, false, false, true]);
}

#[test]
fn computed_parts_are_read_too() {
    texts("x = f\"{d['k']}-{g('v')}\"", &[&format!("{HOLE}-{HOLE}"), "v"]);
    texts("x = 'a%s' % h('v')", &[&format!("a{HOLE}"), "v"]);
}

#[test]
fn binds_names_of_every_kind() {
    binds("KEY = 'v'", &[("KEY", "v")]);
    binds("KEY: str = 'v'", &[("KEY", "v")]);
    binds("a = b = 'v'", &[("a", "v"), ("b", "v")]);
    binds("user, password = 'u', 'p'", &[("user", "u"), ("password", "p")]);
    binds("app.secret_key = 'v'", &[("secret_key", "v")]);
    binds("app.config['SECRET_KEY'] = 'v'", &[("SECRET_KEY", "v")]);
    binds("f(password='v')", &[("password", "v")]);
    binds("d = {'password': 'v', 'n': 1}", &[("password", "v")]);
    binds("def f(password='v'): ...", &[("password", "v")]);
    binds("def f(*, password: str = 'v'): ...", &[("password", "v")]);
    binds("g = lambda password='v': 1", &[("password", "v")]);
    binds("if (token := 'v'): ...", &[("token", "v")]);
    binds("class C:\n    token: str = 'v'", &[("token", "v")]);
    binds("class C(B):\n    token: str = Field('v')", &[("token", "v")]);
    binds("class C(B):\n    token: str = Field(default='v')", &[("default", "v"), ("token", "v")]);
    binds("KEY = SecretStr('v')", &[("KEY", "v")]);
}

#[test]
fn says_how_a_name_is_bound() {
    let kinds = |text| facts(text).bindings.into_iter().map(|binding| binding.kind).collect::<Vec<_>>();
    assert_eq!(kinds("a = 'v'"), [BindingKind::Variable]);
    assert_eq!(kinds("a.b = 'v'"), [BindingKind::Member]);
    assert_eq!(kinds("a['b'] = 'v'"), [BindingKind::Member]);
    assert_eq!(kinds("f(a='v')"), [BindingKind::Argument]);
    assert_eq!(kinds("d = {'a': 'v'}"), [BindingKind::Entry]);
}

#[test]
fn what_is_no_text_binds_nothing() {
    binds("KEY = read('x')", &[]);
    binds("KEY = 'a' if x else 'b'", &[]);
    binds("KEY = other", &[]);
    binds("KEY = 7", &[]);
    binds("KEY += 'v'", &[]);
    binds("KEY == 'v'", &[]);
    binds("f(**{})", &[]);
}

#[test]
fn a_constant_that_is_used_is_bound_again_unless_its_own_name_tells() {
    binds("DEFAULT = 'v'\nf(password=DEFAULT)", &[("DEFAULT", "v"), ("password", "v")]);
    binds("DB_PASSWORD = 'v'\nf(password=DB_PASSWORD)", &[("DB_PASSWORD", "v")]);
}

#[test]
fn reads_environment_lookups() {
    env("import os\na = os.getenv('K', 'd')", &[("K", "d", "os.environ[\"K\"]")]);
    env("import os\na = os.environ.get('K', 'd')", &[("K", "d", "os.environ[\"K\"]")]);
    env("import os\na = os.getenv('K', default='d')", &[("K", "d", "os.environ[\"K\"]")]);
    env("import os as o\na = o.getenv('K', 'd')", &[("K", "d", "o.environ[\"K\"]")]);
    env("from os import getenv\na = getenv('K', 'd')", &[("K", "d", "getenv(\"K\")")]);
    env("from os import environ as e\na = e.get('K', 'd')", &[("K", "d", "e[\"K\"]")]);
    env("import os\na = os.getenv('K') or 'd'", &[("K", "d", "os.environ[\"K\"]")]);
    env("import os\na = os.getenv('K', None) or 'd'", &[("K", "d", "os.environ[\"K\"]")]);
    env("import os\nN = 'K'\na = os.getenv(N, 'd')", &[("K", "d", "os.environ[\"K\"]")]);
    env("import os\nD = 'd'\na = os.getenv('K', D)", &[("K", "d", "os.environ[\"K\"]")]);
    env("from decouple import config\na = config('K', default='d')", &[("K", "d", "config(\"K\")")]);
    env("import environ\nenv = environ.Env()\na = env('K', default='d')", &[("K", "d", "env(\"K\")")]);
    env("from os import getenv as g\na = g('K', 'd')", &[("K", "d", "g(\"K\")")]);
}

#[test]
fn other_lookups_have_no_default_of_the_environment() {
    env("import os\na = os.getenv('K')", &[]);
    env("import os\na = os.environ['K']", &[]);
    env("import os\na = os.getenv('K', None)", &[]);
    env("import os, secrets\na = os.getenv('K', secrets.token_hex())", &[]);
    env("a = settings.get('K', 'd')", &[]);
    env("a = d.get('K') or 'd'", &[]);
    env("from lib import getenv\na = getenv('K', 'd')", &[]);
}

#[test]
fn reads_imports() {
    imports("import os, yaml.nodes as n", &[("os", false), ("yaml.nodes", false)]);
    imports("from a.b import c", &[("a.b", false)]);
    imports("from . import x\nfrom ..y import z", &[(".", false), ("..y", false)]);
    imports("def f():\n    import late", &[("late", false)]);
}

#[test]
fn imports_that_may_fail_are_optional() {
    imports(
        "try:\n    import a\nexcept ImportError:\n    import b\nimport c",
        &[("a", true), ("b", true), ("c", false)],
    );
    imports("try:\n    import a\nexcept (ValueError, ModuleNotFoundError):\n    a = None", &[("a", true)]);
    imports("try:\n    import a\nexcept ValueError:\n    pass", &[("a", false)]);
    imports(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a",
        &[("typing", false), ("a", true)],
    );
    imports(
        "import typing as t\nif t.TYPE_CHECKING:\n    import a\nelse:\n    import b",
        &[("typing", false), ("a", true), ("b", false)],
    );
}

#[test]
fn an_import_says_what_becomes_of_the_file_without_it() {
    for (text, need) in [
        ("import a", Need::Firm),
        ("def f():\n    import a", Need::Late),
        ("class C:\n    import a", Need::Firm),
        ("if DEBUG:\n    import a", Need::Late),
        ("if DEBUG:\n    pass\nelse:\n    import a", Need::Late),
        ("import a  # pylint: disable=import-error", Need::Late),
        ("import a  # used by the shell", Need::Firm),
        ("if TYPE_CHECKING:\n    import a", Need::Types),
        ("with suppress(ImportError):\n    import a", Need::Tried),
        ("with open(x) as f:\n    import a", Need::Firm),
        ("def f():\n    try:\n        import a\n    except ImportError:\n        pass", Need::Tried),
    ] {
        let facts = facts(text);
        let import = facts.imports.iter().find(|import| import.module == "a").unwrap();
        assert_eq!(import.need, need, "{text}");
    }
}
