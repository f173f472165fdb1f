//! `build.gradle`, `build.gradle.kts`, `settings.gradle`: a program, of which the usual forms are read as text is read.

use std::collections::BTreeMap;

use super::span_of;
use crate::deps::declared::{Contents, Declared, Ecosystem, IndexSetting, Origin};
use crate::deps::route::owner;
use crate::finding::{Note, NoteKind};
use crate::source::{Source, Span};

/// More words than this are not read.
const MAX_TOKENS: usize = 500_000;
/// Blocks within blocks that are told apart.
const MAX_DEPTH: usize = 64;

/// Blocks that speak of the projects of the build themselves.
const FOR_ALL: &[&str] = &["allprojects", "subprojects"];
/// What stands for the address of a repository that only the build knows.
const COMPUTED: &str = "a computed repository";

/// Reads the file.
pub(super) fn parse(source: &Source) -> Contents {
    let (tokens, whole) = tokens(&source.text);
    let mut contents = Contents { declares: true, open: true, ..Contents::default() };
    if !whole {
        contents.notes.push(skipped(
            source,
            format!("this has more than {MAX_TOKENS} words; what follows was not checked"),
        ));
    }
    let values = values(&tokens);
    let mut blocks: Vec<&str> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let before = |back: usize| {
            index.checked_sub(back).and_then(|index| tokens.get(index)).map(|token| &token.kind)
        };
        match &token.kind {
            Kind::Sign('{') if blocks.len() < MAX_DEPTH => blocks.push(name_of_block(&tokens, index)),
            Kind::Sign('{') => {
                contents.notes.push(Note {
                    line: Some(source.line_of(token.at)),
                    ..skipped(
                        source,
                        "blocks are nested too deeply here; what follows was not checked".to_owned(),
                    )
                });
                break;
            }
            Kind::Sign('}') => {
                blocks.pop();
            }
            Kind::Word("group") if blocks.iter().all(|block| FOR_ALL.contains(block)) => {
                if let Some(text) = value_behind(&tokens, index) {
                    contents.owners.extend(owner(Ecosystem::Maven, text));
                }
            }
            Kind::Word("maven" | "ivy")
                if blocks.last().is_some_and(|block| matches!(*block, "repositories" | "forRepository"))
                    && !is_published(&blocks)
                    && is_computed(&tokens, index) =>
            {
                contents.indexes.push(IndexSetting::Extra(COMPUTED.to_owned()));
            }
            Kind::Word(name) if blocks.last() == Some(&"repositories") && !is_published(&blocks) => {
                contents.indexes.extend(repository(name));
            }
            Kind::Text(text) if blocks.contains(&"repositories") => {
                let is_source = text.contains("://") && !is_published(&blocks);
                contents.indexes.extend(is_source.then(|| IndexSetting::Extra((*text).to_owned())));
            }
            Kind::Text(text) if blocks.contains(&"dependencies") => {
                let calls = [before(1), before(2)];
                let aside = [
                    "because", "exclude", "files", "fileTree", "project", "module", "group", "name",
                    "version", "path",
                ];
                let called = calls.iter().flatten().find_map(|kind| match kind {
                    Kind::Word(word) => Some(*word),
                    _ => None,
                });
                if called == Some("group") {
                    contents.declared.extend(named(&tokens, index, &values));
                } else if called.is_none_or(|called| !aside.contains(&called)) {
                    contents.declared.extend(coordinate(text, token.at, &values));
                }
            }
            _ => {}
        }
    }
    contents.declared.sort_by_key(|declared| declared.span);
    contents.declared.dedup();
    contents
}

fn skipped(source: &Source, message: String) -> Note {
    Note { file: Some(source.path.clone()), line: None, kind: NoteKind::Skipped, message }
}

/// `group:artifact:version`.
pub(super) fn coordinate(text: &str, at: u32, values: &BTreeMap<&str, &str>) -> Option<Declared> {
    let plain = text.split('@').next().unwrap_or(text);
    let mut parts = plain.split(':');
    let (group, artifact) = (parts.next()?, parts.next()?);
    let version = parts.next().unwrap_or("");
    declared(group, artifact, &filled(version, values), span_of(at, group.len() + 1 + artifact.len()))
}

pub(super) fn declared(group: &str, artifact: &str, version: &str, span: Span) -> Option<Declared> {
    let fine = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphanumeric())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    (fine(group) && fine(artifact)).then(|| Declared {
        ecosystem: Ecosystem::Maven,
        name: format!("{group}:{artifact}"),
        alias: None,
        requirement: version.to_owned(),
        origin: Origin::Registry,
        span,
    })
}

/// `group: 'g', name: 'a', version: 'v'`, or with `=` in Kotlin; the words behind the group.
fn named(tokens: &[Token<'_>], index: usize, values: &BTreeMap<&str, &str>) -> Option<Declared> {
    let Kind::Text(group) = tokens.get(index)?.kind else { return None };
    let (mut artifact, mut version) = (None, "");
    let behind = tokens.get(index + 1..)?;
    for (at, token) in behind.iter().take(16).enumerate() {
        match token.kind {
            Kind::Word("name") => artifact = behind.get(at + 2),
            Kind::Word("version") => {
                if let Some(Token { kind: Kind::Text(text), .. }) = behind.get(at + 2) {
                    version = text;
                }
            }
            Kind::Sign('}' | ')' | '{') | Kind::Word("group") => break,
            _ => {}
        }
    }
    let artifact = artifact?;
    let Kind::Text(name) = artifact.kind else { return None };
    declared(group, name, &filled(version, values), span_of(artifact.at, name.len()))
}

fn repository(name: &str) -> Option<IndexSetting> {
    let url = match name {
        "mavenCentral" => "https://repo.maven.apache.org/maven2",
        "google" => "https://maven.google.com",
        "jcenter" => "https://jcenter.bintray.com",
        "gradlePluginPortal" => "https://plugins.gradle.org/m2",
        "mavenLocal" => "mavenLocal",
        "flatDir" => "flatDir",
        _ => return None,
    };
    Some(IndexSetting::Extra(url.to_owned()))
}

/// The repository that is declared here has arguments or a block, and no address that stands there.
fn is_computed(tokens: &[Token<'_>], index: usize) -> bool {
    let behind = tokens.get(index + 1..).unwrap_or_default();
    if !matches!(behind.first(), Some(Token { kind: Kind::Sign('(' | '{'), .. })) {
        return false;
    }
    let mut depth = 0_usize;
    for (at, token) in behind.iter().enumerate() {
        match token.kind {
            Kind::Sign('(' | '{') => depth += 1,
            Kind::Sign(')' | '}') => {
                depth = depth.saturating_sub(1);
                // A block may follow the arguments.
                let goes_on = matches!(behind.get(at + 1), Some(Token { kind: Kind::Sign('{'), .. }));
                if depth == 0 && !goes_on {
                    break;
                }
            }
            Kind::Text(text) if text.contains("://") => return false,
            _ => {}
        }
    }
    true
}

/// Where a project's own packages go.
fn is_published(blocks: &[&str]) -> bool {
    blocks.iter().any(|block| matches!(*block, "publishing" | "uploadArchives"))
}

/// The word before a block, also before its arguments.
fn name_of_block<'t>(tokens: &[Token<'t>], index: usize) -> &'t str {
    let mut back = index;
    let mut depth = 0_usize;
    for _ in 0..32 {
        let Some(token) = back.checked_sub(1).and_then(|at| tokens.get(at)) else { return "" };
        back -= 1;
        match token.kind {
            Kind::Sign(')') => depth += 1,
            Kind::Sign('(') => depth = depth.saturating_sub(1),
            Kind::Word(word) if depth == 0 => return word,
            _ if depth == 0 => return "",
            _ => {}
        }
    }
    ""
}

/// The text that a name is given on its line: `val v = "1"`, `ext.v = '1'`, `group 'com.acme'`.
fn value_behind<'t>(tokens: &[Token<'t>], index: usize) -> Option<&'t str> {
    let (next, after) = (tokens.get(index + 1)?, tokens.get(index + 2));
    match (&next.kind, after.map(|token| &token.kind)) {
        (Kind::Text(text), _) | (Kind::Sign('='), Some(Kind::Text(text))) => Some(text),
        _ => None,
    }
}

fn values<'t>(tokens: &[Token<'t>]) -> BTreeMap<&'t str, &'t str> {
    let mut values = BTreeMap::new();
    for (index, token) in tokens.iter().enumerate() {
        let is_set = matches!(tokens.get(index + 1).map(|next| &next.kind), Some(Kind::Sign('=')));
        if let (Kind::Word(name), true) = (&token.kind, is_set)
            && let Some(text) = value_behind(tokens, index)
        {
            values.entry(*name).or_insert(text);
        }
    }
    values
}

/// `$v` and `${v}`, where the value stands in the same file; else nothing is known of the version.
fn filled(version: &str, values: &BTreeMap<&str, &str>) -> String {
    let Some(name) = version.strip_prefix('$') else {
        return if version.contains('$') { String::new() } else { version.to_owned() };
    };
    let name = name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(name);
    let name = name.rsplit('.').next().unwrap_or(name);
    values.get(name).filter(|value| !value.contains('$')).map(|value| (*value).to_owned()).unwrap_or_default()
}

#[derive(Clone, Debug)]
struct Token<'t> {
    kind: Kind<'t>,
    at: u32,
}

#[derive(Clone, Debug)]
enum Kind<'t> {
    Word(&'t str),
    /// What stands between quotes.
    Text(&'t str),
    Sign(char),
}

/// The words of the file, and whether they are all.
fn tokens(text: &str) -> (Vec<Token<'_>>, bool) {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    let find =
        |from: usize, what: &str| text.get(from..).and_then(|rest| rest.find(what)).map(|found| from + found);
    while let Some(byte) = bytes.get(at).copied() {
        if tokens.len() >= MAX_TOKENS {
            return (tokens, false);
        }
        let place = u32::try_from(at).unwrap_or(u32::MAX);
        let next = bytes.get(at + 1).copied();
        match byte {
            b'/' if next == Some(b'/') => at = find(at, "\n").unwrap_or(bytes.len()),
            b'/' if next == Some(b'*') => at = find(at + 2, "*/").map_or(bytes.len(), |end| end + 2),
            b'"' | b'\'' => {
                let quote = if byte == b'"' { "\"" } else { "'" };
                let triple = if byte == b'"' { "\"\"\"" } else { "'''" };
                let is_triple = text.get(at..).is_some_and(|rest| rest.starts_with(triple));
                let mark = if is_triple { triple } else { quote };
                let start = at + mark.len();
                // A text ends with its line, whose end is not looked for behind the quote.
                let until = |signs: &[char]| {
                    text.get(start..)
                        .and_then(|rest| rest.find(signs))
                        .map_or(bytes.len(), |found| start + found)
                };
                let closed = is_triple.then(|| find(start, mark)).flatten();
                let end = match closed {
                    Some(end) => end,
                    None if is_triple => until(&['\n']),
                    None => until(&['\n', char::from(byte)]),
                };
                if let Some(inner) = text.get(start..end) {
                    tokens.push(Token {
                        kind: Kind::Text(inner),
                        at: u32::try_from(start).unwrap_or(u32::MAX),
                    });
                }
                let is_cut = closed.is_none() && bytes.get(end) != Some(&byte);
                at = if is_cut { end } else { (end + mark.len()).min(bytes.len()) };
            }
            _ if byte.is_ascii_alphabetic() || byte == b'_' => {
                let length = bytes.get(at..).and_then(|rest| {
                    rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
                });
                let end = length.map_or(bytes.len(), |length| at + length);
                if let Some(word) = text.get(at..end) {
                    tokens.push(Token { kind: Kind::Word(word), at: place });
                }
                at = end;
            }
            b'{' | b'}' | b'(' | b')' | b'=' => {
                tokens.push(Token { kind: Kind::Sign(char::from(byte)), at: place });
                at += 1;
            }
            b':' | b',' => {
                tokens.push(Token { kind: Kind::Sign(char::from(byte)), at: place });
                at += 1;
            }
            _ => at += 1,
        }
    }
    (tokens, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str, u32)]) -> Contents {
        let source = Source::new("build.gradle", text.to_owned());
        let contents = parse(&source);
        let found: Vec<_> = contents
            .declared
            .iter()
            .map(|one| (one.name.as_str(), one.requirement.as_str(), source.position(one.span.start).line))
            .collect();
        assert_eq!(found, expect, "{text}");
        contents
    }

    #[test]
    fn groovy_has_texts_and_named_parts() {
        check(
            "plugins { id 'java' }\ndef jv = '2.17.0'\next { tv = \"1.19\" }\ndependencies {\n  implementation 'org.slf4j:slf4j-api:2.0.13'\n  implementation \"a.b:c:$jv\"\n  runtimeOnly group: 'd.e', name: 'f', version: '1'\n  testImplementation(platform(\"g.h:bom:${tv}\")) { exclude group: 'x', module: 'y' }\n  // implementation 'no.no:no:1'\n  compileOnly project(':core')\n  implementation files('libs/a.jar')\n  implementation libs.okhttp\n  api('i.j:k:1:sources@jar') { because 'z.z:z:1 is old' }\n  implementation \"l.m:n:${other.version}\"\n}\n",
            &[
                ("org.slf4j:slf4j-api", "2.0.13", 5),
                ("a.b:c", "2.17.0", 6),
                ("d.e:f", "1", 7),
                ("g.h:bom", "1.19", 8),
                ("i.j:k", "1", 13),
                ("l.m:n", "", 14),
            ],
        );
    }

    #[test]
    fn kotlin_has_the_same_with_other_signs() {
        check(
            "val kv = \"1.9\"\ndependencies {\n    implementation(\"a.b:c:1.0\")\n    kapt(\"d.e:f:$kv\")\n    implementation(group = \"g.h\", name = \"i\", version = \"2\")\n    implementation(kotlin(\"stdlib\"))\n    testImplementation(project(\":x\"))\n    constraints { implementation(\"j.k:l\") { version { strictly(\"3\") } } }\n}\n",
            &[("a.b:c", "1.0", 3), ("d.e:f", "1.9", 4), ("g.h:i", "2", 5), ("j.k:l", "", 8)],
        );
    }

    #[test]
    fn repositories_are_those_that_are_read_from() {
        let contents = check(
            "group = 'com.acme'\nrepositories { mavenCentral(); google(); maven { url 'https://nexus.acme.invalid/r' } }\npublishing { repositories { maven { url 'https://out.invalid' } } }\n",
            &[],
        );
        let extra = |url: &str| IndexSetting::Extra(url.to_owned());
        assert_eq!(
            contents.indexes,
            [
                extra("https://repo.maven.apache.org/maven2"),
                extra("https://maven.google.com"),
                extra("https://nexus.acme.invalid/r")
            ]
        );
        assert_eq!(contents.owners, ["com.acme"]);
    }

    #[test]
    fn a_repository_with_a_computed_address_is_one() {
        let computed = [IndexSetting::Extra(COMPUTED.to_owned())];
        for text in [
            "maven { url \"${nexusUrl}/repo\" }",
            "maven(nexusUrl)",
            "maven(nexusUrl) { name = 'corp' }",
            "maven { url = uri(providers.gradleProperty(\"nexus\").get()); credentials { username 'a' } }",
            "ivy { url nexusUrl }",
            "exclusiveContent { forRepository { maven { url nexusUrl } } }",
        ] {
            assert_eq!(check(&format!("repositories {{ {text} }}"), &[]).indexes, computed, "{text}");
        }
        let literal = check("repositories { maven(\"https://a.invalid\") { name = 'corp' } }", &[]);
        assert_eq!(literal.indexes, [IndexSetting::Extra("https://a.invalid".to_owned())]);
        for text in [
            "publishing { repositories { maven { url nexusUrl } } }",
            "publishing { publications { maven(MavenPublication) { from components.java } } }",
            "apply plugin: 'maven'",
        ] {
            assert_eq!(check(text, &[]).indexes, [], "{text}");
        }
    }

    #[test]
    fn the_group_may_be_that_of_all_projects() {
        assert_eq!(check("allprojects { group = 'com.acme.shop' }", &[]).owners, ["com.acme"]);
        assert_eq!(check("subprojects {\n group 'com.acme'\n}", &[]).owners, ["com.acme"]);
        assert_eq!(check("tasks { x { group = 'com.acme' } }", &[]).owners, [""; 0]);
    }

    #[test]
    fn what_is_not_read_is_told() {
        let deep = check(&"a{\n".repeat(MAX_DEPTH + 1), &[]);
        assert_eq!((deep.notes.len(), deep.notes[0].line), (1, Some(65)));
        let long = check(&format!("{}dependencies {{ api 'a.b:c:1' }}", "a ".repeat(MAX_TOKENS)), &[]);
        assert_eq!((long.notes.len(), long.notes[0].kind), (1, NoteKind::Skipped));
    }

    #[test]
    fn a_line_of_a_hundred_thousand_texts_is_read_once() {
        let text = format!("dependencies {{\n{}\n}}", "api 'a.b:c:1';".repeat(100_000));
        assert_eq!(parse(&Source::new("build.gradle", text)).declared.len(), 100_000);
    }

    #[test]
    fn a_text_ends_with_its_line() {
        check(
            "dependencies {\n  api 'a.b:c:1\n  api 'd.e:f:1'\n  api \"\"\"g.h:i:1\"\"\"\n}\n",
            &[("a.b:c", "1", 2), ("d.e:f", "1", 3), ("g.h:i", "1", 4)],
        );
    }

    #[test]
    fn what_never_ends_is_read_to_the_end() {
        for text in [
            "dependencies { 'a",
            "/*",
            "\"\"\"",
            "'''x",
            "{{{{",
            "}}}}",
            "\"a\\\"b:c:d\"",
            "dependencies{'a:b:c",
            "é'ü:ö:1'",
        ] {
            let _ = parse(&Source::new("build.gradle", text.repeat(50)));
        }
    }
}
