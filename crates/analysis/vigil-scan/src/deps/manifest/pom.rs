//! `pom.xml`: parent, dependencies, what is managed, plugins, profiles, repositories.

use std::collections::BTreeMap;

use crate::deps::declared::{Contents, Declared, Ecosystem, IndexSetting, Origin};
use crate::deps::route::owner;
use crate::deps::xml::{self, Step, Unreadable};
use crate::finding::{Note, NoteKind};
use crate::source::{Source, Span};

/// Deeper documents are not read.
const MAX_DEPTH: usize = 64;
/// More packages than this are not read.
const MAX_PACKAGES: usize = 20_000;
/// Longest value after its properties are put in.
const MAX_VALUE_BYTES: usize = 300;

/// Reads the file.
pub(super) fn parse(source: &Source) -> Contents {
    let mut contents = Contents { declares: true, ..Contents::default() };
    let mut pom = Pom::default();
    let note =
        |line, message| Note { file: Some(source.path.clone()), line, kind: NoteKind::Skipped, message };
    if let Err(Unreadable { at, reason }) = pom.read(&source.text) {
        contents.notes.push(note(
            Some(source.line_of(at)),
            format!("this is no XML that can be read ({reason}); its dependencies were not all checked"),
        ));
    }
    if pom.has_more {
        let message = format!("this has more than {MAX_PACKAGES} packages; the others were not checked");
        contents.notes.push(note(None, message));
    }
    let own = pom.own();
    if let Some((group, artifact)) = own.group.as_ref().zip(own.artifact.as_ref()) {
        contents.own_names.push(format!("{group}:{artifact}"));
    }
    contents.owners.extend(own.group.as_deref().and_then(|group| owner(Ecosystem::Maven, group)));
    contents.indexes = pom.repositories.drain(..).map(IndexSetting::Extra).collect();
    let packages = std::mem::take(&mut pom.packages);
    for package in packages {
        contents.declared.extend(pom.declared(&package));
    }
    contents.declared.sort_by_key(|declared| declared.span);
    contents
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Parent,
    Dependency,
    Plugin,
}

/// The elements of a dependency, a plugin or a parent.
#[derive(Clone, Debug)]
struct Package {
    role: Role,
    /// How deep its element lies.
    depth: usize,
    group: Option<String>,
    artifact: Option<(String, Span)>,
    version: String,
    system: bool,
}

#[derive(Debug, Default)]
struct Own {
    group: Option<String>,
    artifact: Option<String>,
    version: Option<String>,
}

#[derive(Debug, Default)]
struct Pom {
    own: Own,
    parent: Own,
    properties: BTreeMap<String, String>,
    packages: Vec<Package>,
    repositories: Vec<String>,
    /// It has more packages than are read.
    has_more: bool,
}

impl Pom {
    fn read(&mut self, text: &str) -> Result<(), Unreadable> {
        let mut open: Vec<Package> = Vec::new();
        xml::walk(text, MAX_DEPTH, |path, step| match step {
            Step::Open => {
                let Some(role) = role(path) else { return };
                if self.packages.len() >= MAX_PACKAGES {
                    self.has_more = true;
                    return;
                }
                let (group, artifact, version) = (None, None, String::new());
                open.push(Package { role, depth: path.len(), group, artifact, version, system: false });
            }
            Step::Value(value, span) => self.value(path, value, span, open.last_mut()),
            Step::Close => {
                if open.last().is_some_and(|package| package.depth == path.len())
                    && let Some(package) = open.pop()
                {
                    self.packages.push(package);
                }
            }
        })
    }

    fn value(&mut self, path: &[String], value: &str, span: Span, open: Option<&mut Package>) {
        if value.len() > MAX_VALUE_BYTES {
            return;
        }
        let place: Vec<&str> = path.iter().map(String::as_str).collect();
        if let Some(package) = open.filter(|package| package.depth + 1 == path.len()) {
            match place.last().copied() {
                Some("groupId") => package.group = Some(value.to_owned()),
                Some("artifactId") => package.artifact = Some((value.to_owned(), span)),
                Some("version") => package.version = value.to_owned(),
                Some("scope") => package.system = value == "system",
                _ => {}
            }
        }
        match place.as_slice() {
            ["project", "groupId"] => self.own.group = Some(value.to_owned()),
            ["project", "artifactId"] => self.own.artifact = Some(value.to_owned()),
            ["project", "version"] => self.own.version = Some(value.to_owned()),
            ["project", "parent", "groupId"] => self.parent.group = Some(value.to_owned()),
            ["project", "parent", "version"] => self.parent.version = Some(value.to_owned()),
            ["project", "properties", name] | ["project", "profiles", "profile", "properties", name] => {
                self.properties.entry((*name).to_owned()).or_insert_with(|| value.to_owned());
            }
            [.., "repositories", "repository", "url"] => self.repositories.push(value.to_owned()),
            _ => {}
        }
    }

    /// What the project is called, as far as it says.
    fn own(&self) -> Own {
        let or_parent = |own: &Option<String>, parent: &Option<String>| {
            own.clone().or_else(|| parent.clone()).and_then(|value| self.filled(&value))
        };
        Own {
            group: or_parent(&self.own.group, &self.parent.group),
            artifact: self.own.artifact.as_deref().and_then(|value| self.filled(value)),
            version: or_parent(&self.own.version, &self.parent.version),
        }
    }

    fn declared(&self, package: &Package) -> Option<Declared> {
        let (artifact, span) = package.artifact.as_ref()?;
        let group = match &package.group {
            Some(group) => self.filled(group)?,
            None if package.role == Role::Plugin => "org.apache.maven.plugins".to_owned(),
            None => return None,
        };
        let name = format!("{group}:{}", self.filled(artifact)?);
        let version = self.filled(&package.version).unwrap_or_default();
        let origin = if package.system { Origin::Local } else { Origin::Registry };
        Some(Declared {
            ecosystem: Ecosystem::Maven,
            name,
            alias: None,
            requirement: version,
            origin,
            span: *span,
        })
    }

    /// A value with its properties put in; `None` when one of them stands elsewhere.
    fn filled(&self, value: &str) -> Option<String> {
        let mut filled = value.to_owned();
        // A property may speak of another.
        for _ in 0..8 {
            let Some((before, rest)) = filled.split_once("${") else { return Some(filled) };
            let (name, after) = rest.split_once('}')?;
            let own =
                match name.strip_prefix("project.").or_else(|| name.strip_prefix("pom.")).unwrap_or(name) {
                    "groupId" => self.own.group.as_ref().or(self.parent.group.as_ref()),
                    "artifactId" => self.own.artifact.as_ref(),
                    "version" => self.own.version.as_ref().or(self.parent.version.as_ref()),
                    "parent.version" => self.parent.version.as_ref(),
                    "parent.groupId" => self.parent.group.as_ref(),
                    _ => None,
                };
            let known = self.properties.get(name).or(own)?;
            filled = format!("{before}{known}{after}");
            if filled.len() > MAX_VALUE_BYTES {
                return None;
            }
        }
        None
    }
}

/// What an element declares by its place.
fn role(path: &[String]) -> Option<Role> {
    let place: Vec<&str> = path.iter().map(String::as_str).collect();
    match place.as_slice() {
        ["project", "parent"] => Some(Role::Parent),
        // What a plugin is told is its own business.
        _ if place.contains(&"configuration") => None,
        ["project", .., "dependencies", "dependency"] => Some(Role::Dependency),
        ["project", .., "plugins", "plugin"] | ["project", .., "extensions", "extension"] => {
            Some(Role::Plugin)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Source, Contents) {
        let source = Source::new("pom.xml", text.to_owned());
        let contents = parse(&source);
        (source, contents)
    }

    const POM: &str = "<?xml version='1.0'?>
<project xmlns='http://maven.apache.org/POM/4.0.0'>
  <parent>
    <groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId>
    <version>3.3.0</version>
  </parent>
  <groupId>com.acme</groupId>
  <artifactId>shop</artifactId>
  <version>1.0</version>
  <properties><j.v>2.17.0</j.v><loop>${loop}</loop></properties>
  <dependencyManagement><dependencies><dependency>
    <groupId>g.h</groupId><artifactId>bom</artifactId><version>${j.v}</version><type>pom</type><scope>import</scope>
  </dependency></dependencies></dependencyManagement>
  <dependencies>
    <!-- <dependency><groupId>no</groupId></dependency> -->
    <dependency>
      <groupId>${project.groupId}</groupId>
      <artifactId> core </artifactId>
      <version>${project.version}</version>
      <exclusions><exclusion><groupId>x</groupId><artifactId>y</artifactId></exclusion></exclusions>
    </dependency>
    <dependency><groupId>a.b</groupId><artifactId>c</artifactId><version>${elsewhere}</version></dependency>
    <dependency><groupId>${elsewhere}</groupId><artifactId>c</artifactId></dependency>
    <dependency><groupId>s</groupId><artifactId>t</artifactId><scope>system</scope></dependency>
    <dependency><groupId>l</groupId><artifactId>m</artifactId><version>${loop}</version></dependency>
  </dependencies>
  <repositories><repository><url>https://nexus.acme.invalid</url></repository></repositories>
  <build><plugins><plugin><artifactId>maven-jar-plugin</artifactId></plugin></plugins></build>
</project>";

    #[test]
    fn every_package_has_its_place_and_its_properties() {
        let (source, contents) = read(POM);
        let found: Vec<_> = contents
            .declared
            .iter()
            .map(|one| {
                (
                    one.name.as_str(),
                    one.requirement.as_str(),
                    source.slice(one.span),
                    source.position(one.span.start).line,
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                (
                    "org.springframework.boot:spring-boot-starter-parent",
                    "3.3.0",
                    "spring-boot-starter-parent",
                    5
                ),
                ("g.h:bom", "2.17.0", "bom", 13),
                ("com.acme:core", "1.0", "core", 19),
                ("a.b:c", "", "c", 23),
                ("s:t", "", "t", 25),
                ("l:m", "", "m", 26),
                ("org.apache.maven.plugins:maven-jar-plugin", "", "maven-jar-plugin", 29),
            ]
        );
        assert_eq!(contents.own_names, ["com.acme:shop"]);
        assert_eq!(contents.owners, ["com.acme"]);
        assert_eq!(contents.indexes, [IndexSetting::Extra("https://nexus.acme.invalid".to_owned())]);
        assert!(contents.notes.is_empty());
    }

    #[test]
    fn a_name_is_read_however_it_is_written() {
        for name in
            ["<![CDATA[evil-pkg]]>", "evil&#45;pkg", "evil<!-- -->-pkg", "evil<?p?>&#x2d;<![CDATA[pkg]]>"]
        {
            let (source, contents) = read(&format!(
                "<project><dependencies><dependency><groupId>a</groupId>\n<artifactId>{name}</artifactId></dependency></dependencies></project>"
            ));
            let names: Vec<_> = contents.declared.iter().map(|one| one.name.as_str()).collect();
            assert_eq!(names, ["a:evil-pkg"], "{name}");
            assert_eq!(source.position(contents.declared[0].span.start).line, 2, "{name}");
        }
    }

    #[test]
    fn what_a_plugin_is_told_declares_nothing() {
        let (_, contents) = read(
            "<project><build><plugins><plugin><artifactId>p</artifactId><configuration><dependencies><dependency><groupId>a</groupId><artifactId>b</artifactId></dependency></dependencies></configuration><dependencies><dependency><groupId>c</groupId><artifactId>d</artifactId></dependency></dependencies></plugin></plugins></build></project>",
        );
        let names: Vec<_> = contents.declared.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["org.apache.maven.plugins:p", "c:d"]);
    }

    #[test]
    fn packages_that_are_not_read_are_told() {
        let one = "<dependency><groupId>a</groupId><artifactId>b</artifactId></dependency>";
        let many = |count: usize| {
            read(&format!("<project><dependencies>{}</dependencies></project>", one.repeat(count))).1
        };
        assert_eq!(many(MAX_PACKAGES).notes, []);
        let contents = many(MAX_PACKAGES + 1);
        assert_eq!((contents.declared.len(), contents.notes.len()), (MAX_PACKAGES, 1));
        assert_eq!(contents.notes[0].kind, NoteKind::Skipped);
    }

    #[test]
    fn what_is_no_xml_gives_a_note_and_what_was_read_before() {
        let broken = "<project><dependencies><dependency><groupId>a</groupId><artifactId>b</artifactId></dependency><x></y>";
        let (_, contents) = read(broken);
        assert_eq!((contents.declared.len(), contents.notes.len()), (1, 1));
        for text in ["<!DOCTYPE a [<!ENTITY b \"c\">]><project/>", "<project>", &"<a>".repeat(100), "<"] {
            assert_eq!(read(text).1.notes.len(), 1, "{text}");
        }
    }
}
