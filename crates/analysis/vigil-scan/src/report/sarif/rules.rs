//! Rules as code scanning shows them.

use super::level;
use super::model::{Configuration, Descriptor, Help, Message, Properties};
use crate::report::text::HOME;
use crate::rule::{Category, Rule, RuleId, Severity};

pub(super) fn descriptor(id: RuleId) -> Descriptor {
    let rule = id.rule();
    let page = rule.page();
    Descriptor {
        id: id.code(),
        name: pascal_case(rule.name),
        short_description: Message { text: rule.name.to_owned() },
        full_description: Message {
            text: what_it_does(&page).unwrap_or_else(|| rule.description.to_owned()),
        },
        default_configuration: Configuration { level: level(rule.severity) },
        help_uri: format!("{HOME}/blob/main/docs/rules/{}.md", id.code()),
        help: Help { text: rule.description.to_owned(), markdown: page },
        properties: properties(rule),
    }
}

fn properties(rule: &Rule) -> Properties {
    let is_security = rule.category != Category::TestQuality;
    let mut tags = vec![
        if is_security { "security" } else { "maintainability" }.to_owned(),
        rule.category.name().to_owned(),
    ];
    if let Some(number) = rule.cwe.and_then(|cwe| cwe.strip_prefix("CWE-")) {
        tags.push(format!("external/cwe/cwe-{number:0>3}"));
    }
    if let Some(owasp) = rule.owasp {
        tags.push(format!("external/owasp/{}", owasp.to_ascii_lowercase()));
    }
    Properties {
        tags,
        precision: precision(rule.id),
        problem_severity: match rule.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low | Severity::Info => "recommendation",
        },
        security_severity: is_security.then_some(match rule.severity {
            Severity::Critical => "9.3",
            Severity::High => "7.5",
            Severity::Medium => "5.0",
            Severity::Low | Severity::Info => "2.0",
        }),
        cwe: rule.cwe,
        owasp: rule.owasp,
    }
}

/// How often a finding is one, as code scanning sorts by it.
fn precision(id: RuleId) -> &'static str {
    match id {
        RuleId::Dep001 | RuleId::Dep007 | RuleId::Sec003 | RuleId::Sec006 | RuleId::Test004 => "very-high",
        RuleId::Dep003 | RuleId::Auth001 | RuleId::Auth002 | RuleId::Sec002 | RuleId::Test001 => "medium",
        _ => "high",
    }
}

/// The first part of the page, as running text.
fn what_it_does(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("## What it does\n")?;
    let part = rest.split("\n## ").next()?;
    Some(part.split_whitespace().collect::<Vec<_>>().join(" ").replace('`', ""))
}

/// `Hallucinated dependency` becomes `HallucinatedDependency`.
fn pascal_case(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let (head, tail) = word.split_at_checked(1).unwrap_or((word, ""));
            format!("{}{tail}", head.to_ascii_uppercase())
        })
        .collect()
}
