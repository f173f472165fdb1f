//! Broken, odd and hostile files.

use super::{facts_at, read};

#[test]
fn every_kind_of_file_parses_as_what_it_is() {
    for (path, text) in [
        ("a.js", "const a = <b>{c}</b>; export default a"),
        ("a.js", "module.exports = { a: 1 }; return"),
        ("a.js", "with (a) { b = 010 }"),
        ("a.js", "#!/usr/bin/env node\nawait f()"),
        ("a.js", "// @flow\ntype A = string; const a: A = 'x'"),
        ("a.cjs", "const a = require('b'); return"),
        ("a.mjs", "export const a = await b"),
        ("a.jsx", "export const A = () => <></>"),
        ("a.ts", "const a = <string>b; enum E { A } abstract class C<T> { declare x: T }"),
        ("a.tsx", "const A = <T,>(p: P<T>) => <b {...p} />"),
        ("a.d.ts", "declare module 'x' { export function f(): void }"),
        ("a.cts", "import a = require('b'); export = a"),
        ("a.ts", "@D() class C { constructor(@Inject() private readonly a: A) {} }"),
        ("a.js", ""),
        ("a.js", "\u{0}"),
    ] {
        let (_, notes) = read(path, text);
        let expected = usize::from(text == "\u{0}");
        assert_eq!(notes.len(), expected, "{path} {text:?}: {notes:?}");
    }
}

#[test]
fn a_broken_file_gives_one_note_and_the_rest() {
    let (facts, notes) =
        read("a.js", "const key = 'abcdef'\n\nfunction broken( {\n  return 1\n}\n\nconst other = 'ghijkl'\n");
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0].line, Some(4), "{notes:?}");
    assert!(notes[0].message.contains("the rest of the file was read"), "{notes:?}");
    assert_eq!(facts.bindings.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["key", "other"]);
    let (facts, notes) = read("a.js", "((((");
    assert_eq!((notes.len(), facts.bindings.len()), (1, 0));
}

#[test]
fn deep_nesting_is_read_or_refused_and_never_overflows() {
    for unit in [
        "[",
        "(",
        "{a:",
        "!",
        "a+",
        "a.b+",
        "a.",
        "x=>",
        "if(a)",
        "if(a){}else ",
        "<a>",
        "`${",
        "typeof ",
        "a?b:",
        "f(",
        "new ",
        "async()=>",
        "-",
        "a=",
        "for(;;)",
        "l:",
        "a\n.b\n",
    ] {
        for count in [300, 1_500, 100_000] {
            let (_, notes) = read("a.jsx", &unit.repeat(count));
            assert!(notes.len() <= 1, "{unit} {count}: {notes:?}");
        }
    }
    for (open, middle, close) in
        [("[", "", "]"), ("(", "a", ")"), ("<a>", "", "</a>"), ("f(", "", ")"), ("`${", "a", "}`")]
    {
        let text = format!("x = {}{middle}{}", open.repeat(1_000), close.repeat(1_000));
        assert!(facts_at("a.jsx", &text).bindings.len() <= 1, "{open}");
    }
    let sum = "'a' + ".repeat(5_000) + "b";
    assert_eq!(facts_at("a.js", &sum).texts.len(), 1);
    let (_, notes) = read("a.js", &"[".repeat(100_000));
    assert!(notes[0].message.contains("nests too deeply"), "{notes:?}");
}

#[test]
fn hostile_repetition_takes_linear_time() {
    let started = std::time::Instant::now();
    for text in [
        "const a = 'x'; ".to_owned() + &"f(a + a + a + 'y');".repeat(3_000),
        "test('x', () => { ".to_owned() + &"a().b.c.d.e.f();".repeat(3_000) + "})",
        "test('x', () => { expect(x)".to_owned() + &".to.be()".repeat(4_000) + "})",
        (0..3_000).map(|n| format!("function f{n}() {{ f{}(); f{}() }} ", n + 1, n + 2)).collect::<String>()
            + "test('x', () => { f0() })",
        "app.use(a);".repeat(1_000) + &"app.get('/x', h);".repeat(1_000),
    ] {
        let _ = read("a.test.js", &text);
    }
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}
