//! Files that do not parse, and files that are made to hurt.

use crate::finding::NoteKind;
use crate::python::read;
use crate::source::Source;

#[track_caller]
fn refused(text: String) {
    let (facts, notes) = read(&Source::new("a.py", text));
    assert_eq!(notes.len(), 1);
    assert!(notes[0].message.contains("nested too deeply"), "{notes:?}");
    assert_eq!(facts.texts, []);
}

#[track_caller]
fn passes(text: String) {
    let (_, notes) = read(&Source::new("a.py", text));
    assert_eq!(notes, []);
}

#[test]
fn a_broken_file_yields_what_was_recovered_and_a_note() {
    let (facts, notes) = read(&Source::new("a.py", "A = 'x'\ndef f(:\n    pass\nB = 'y'\n".to_owned()));
    assert_eq!(facts.texts.iter().map(|text| text.value.as_str()).collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(notes.len(), 1);
    assert_eq!((notes[0].kind, notes[0].line), (NoteKind::Skipped, Some(2)));
}

#[test]
fn python_2_is_a_note_and_no_panic() {
    let (_, notes) = read(&Source::new("a.py", "print 'x'\nexec 'y'\nexcept E, e:\n".to_owned()));
    assert_eq!(notes.len(), 1);
}

#[test]
fn deep_brackets_are_refused() {
    for open in ["(", "[", "{", "f(", "[(", "a["] {
        refused(open.repeat(100_000));
        refused(format!("x = {}{}", open.repeat(100_000), "]".repeat(100_000)));
    }
}

#[test]
fn deep_blocks_are_refused() {
    let text: String = (0..2000).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect();
    refused(text);
}

#[test]
fn long_chains_are_refused() {
    refused(format!("x = {}1", "-".repeat(100_000)));
    refused(format!("x = {}1", "not ".repeat(100_000)));
    refused(format!("x = {}1", "lambda: ".repeat(100_000)));
    refused(format!("x = a{}", ".b".repeat(100_000)));
    refused(format!("x = a{}", "()".repeat(100_000)));
    refused(format!("x = a{}", "[0]".repeat(100_000)));
    refused(format!("x = 1{}", " + 1".repeat(100_000)));
    refused(format!("x = 1{}", " if a else 1".repeat(100_000)));
    refused(format!("x = 1{}", " ** 1".repeat(100_000)));
    refused(format!("x = {}1", "await ".repeat(100_000)));
}

#[test]
fn nesting_within_f_strings_is_seen() {
    refused(format!("x = f'{{{}}}'", "(".repeat(100_000)));
    refused(format!("x = {}1", "f'{".repeat(100_000)));
}

#[test]
fn what_is_wide_and_not_deep_passes() {
    passes(format!("x = [{}]", "-1, ".repeat(20_000)));
    passes(format!("x = [{}]", "a.b(1), ".repeat(10_000)));
    passes(format!("x = {{{}}}", "'k': [1, 2], ".repeat(10_000)));
    passes("x = 1 + 2\n".repeat(10_000));
    passes(format!("x = '{}'", "(".repeat(100_000)));
    passes(format!("# {}\nx = '''{}'''", "(".repeat(1000), "[\n".repeat(1000)));
    passes(format!("x = f'{}{{a}}'\ny = 1", "(".repeat(1000)));
    passes(format!("x = {}'end'", "'part' +\\\n".repeat(1500)));
    passes(format!("if a: pass\n{}", "elif b: pass\n".repeat(5000)));
}

#[test]
fn deep_but_allowed_nesting_is_read_on_a_small_stack() {
    let deep = format!("x = {}'v'{}", "f(".repeat(180), ")".repeat(180));
    passes(deep);
    passes(format!("x = a{}\n", ".b('v')".repeat(600)));
    passes(format!("x = {}1", "-".repeat(1900)));
}

#[test]
fn constants_that_double_do_not_explode() {
    let mut text = "a0 = 'xxxxxxxxxxxxxxxx'\n".to_owned();
    for step in 1..200 {
        text.push_str(&format!("a{step} = a{} + a{} + '!'\n", step - 1, step - 1));
    }
    passes(text);
}

#[test]
fn odd_bytes_are_no_panic() {
    for text in [
        "",
        "\0",
        "\u{feff}",
        "\\",
        "'",
        "f'{",
        "\"\"\"",
        "f'''{x",
        "x = '\\",
        "@",
        "def",
        "class A(:",
        "\u{c}\n x",
        "é = 'ü'\n",
        "a\\\r\nb",
    ] {
        let _ = read(&Source::new("test_a.py", text.to_owned()));
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_makes_it_panic(text in "(?s)(def |class |test_a|assert |self|\\.|\\(|\\)|\\[|\\]|:|\n|    |'|\"|f'|\\{|\\}|%|=|,|@|app|get|import |os|x|1|\\PC){0,60}") {
        let _ = read(&Source::new("test_a.py", text));
    }
}
