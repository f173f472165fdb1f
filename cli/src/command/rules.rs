//! `vigil rules`: the table of rules, or one rule in full.

use std::io::Write as _;

use anyhow::Context as _;
use serde_json::{Value, json};
use vigil_scan::{Category, Rule, RuleId};

use crate::Context;
use crate::args::{Rules, RulesFormat};
use crate::exit::{self, Ended};

pub(crate) fn run(_context: &Context, args: &Rules) -> Ended {
    if let Some(folder) = &args.pages {
        std::fs::create_dir_all(folder).with_context(|| format!("making `{}`", folder.display()))?;
        for (name, text) in vigil_scan::rule_pages() {
            let file = folder.join(name);
            std::fs::write(&file, text).with_context(|| format!("writing `{}`", file.display()))?;
        }
        return Ok(exit::OK);
    }
    let text = match (args.id, args.format) {
        (Some(id), RulesFormat::Table) => page(id.rule()),
        (Some(id), RulesFormat::Json) => serde_json::to_string_pretty(&entry(id.rule(), true))? + "\n",
        (None, RulesFormat::Table) => table(),
        (None, RulesFormat::Json) => {
            let rules: Vec<Value> = RuleId::ALL.iter().map(|id| entry(id.rule(), false)).collect();
            serde_json::to_string_pretty(&rules)? + "\n"
        }
    };
    anstream::stdout().lock().write_all(text.as_bytes())?;
    Ok(exit::OK)
}

fn table() -> String {
    let mut text = String::new();
    for category in Category::ALL {
        text.push_str(&format!("\n  {}\n  {}\n", category.name().to_uppercase(), "-".repeat(40)));
        for rule in RuleId::ALL.iter().map(|id| id.rule()).filter(|rule| rule.category == category) {
            text.push_str(&format!(
                "  {:<10}{:<8}  {}\n{:22}{}\n",
                rule.id.code(),
                rule.severity.name().to_uppercase(),
                rule.name,
                "",
                rule.description
            ));
            if let Some(references) = references(rule) {
                text.push_str(&format!("{:22}[{references}]\n", ""));
            }
        }
    }
    text
}

/// `OWASP: LLM03, CWE-829`
fn references(rule: &Rule) -> Option<String> {
    let owasp = rule.owasp.map(|owasp| format!("OWASP: {owasp}"));
    let all: Vec<String> = owasp.into_iter().chain(rule.cwe.map(str::to_owned)).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn page(rule: &Rule) -> String {
    let references = references(rule).map_or_else(String::new, |all| format!(", {all}"));
    format!(
        "{} · {} · {}{references}\n\n{}",
        rule.id,
        rule.category.name(),
        rule.severity.name(),
        rule.page()
    )
}

fn entry(rule: &Rule, whole: bool) -> Value {
    let mut entry = json!({
        "id": rule.id.code(),
        "name": rule.name,
        "category": rule.category.name(),
        "severity": rule.severity.name(),
        "description": rule.description,
        "owasp": rule.owasp,
        "cwe": rule.cwe,
    });
    if let (true, Some(entry)) = (whole, entry.as_object_mut()) {
        entry.insert("page".to_owned(), Value::String(rule.page()));
    }
    entry
}
