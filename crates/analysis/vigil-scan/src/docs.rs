//! The published pages of the rules, made from the head of each rule's file.

use crate::rule::{Category, RuleId};

/// The files of `docs/rules`: their names and texts.
pub fn rule_pages() -> Vec<(String, String)> {
    let pages = RuleId::ALL.iter().map(|id| (format!("{id}.md"), page(*id)));
    std::iter::once(("README.md".to_owned(), overview())).chain(pages).collect()
}

fn page(id: RuleId) -> String {
    let rule = id.rule();
    let page = rule.page();
    let (title, rest) = page.split_once('\n').unwrap_or((&page, ""));
    let mut facts =
        vec![format!("Category: {}", rule.category.name()), format!("severity: {}", rule.severity.name())];
    facts.extend(rule.cwe.map(|cwe| {
        let number = cwe.trim_start_matches("CWE-");
        format!("[{cwe}](https://cwe.mitre.org/data/definitions/{number}.html)")
    }));
    facts.extend(rule.owasp.map(|owasp| format!("OWASP {owasp}")));
    format!("{MADE}\n{title}\n\n{}\n\n{} · {}\n", rule.description, facts.join(" · "), suppression(id)) + rest
}

fn suppression(id: RuleId) -> String {
    format!("suppress with `vigil: ignore[{id}] reason`")
}

fn overview() -> String {
    let mut text = format!(
        "{MADE}\n# Rules\n\nWhat `vigil scan` looks for. `vigil rules CODE` shows a page on the terminal; the configuration \
         switches rules off and changes their severity (`rules.CODE.enabled`, `rules.CODE.severity`).\n"
    );
    for category in Category::ALL {
        text.push_str(&format!(
            "\n## {}\n\n| Rule | Name | Severity | What it reports | References |\n",
            heading(category)
        ));
        text.push_str("|---|---|---|---|---|\n");
        for rule in RuleId::ALL.iter().map(|id| id.rule()).filter(|rule| rule.category == category) {
            let references: Vec<&str> = [rule.owasp, rule.cwe].into_iter().flatten().collect();
            text.push_str(&format!(
                "| [{code}]({code}.md) | {} | {} | {} | {} |\n",
                rule.name,
                rule.severity.name(),
                rule.description,
                references.join(", "),
                code = rule.id.code(),
            ));
        }
    }
    text
}

fn heading(category: Category) -> &'static str {
    match category {
        Category::Dependency => "Dependencies",
        Category::Auth => "Authorization",
        Category::Secrets => "Secrets",
        Category::TestQuality => "Tests",
    }
}

const MADE: &str = "<!-- Made from the rules by `cargo xtask docs`; do not edit. -->";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_published_pages_are_those_of_the_rules() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/rules");
        for (name, text) in rule_pages() {
            let file = folder.join(&name);
            let have = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(have == text, "docs/rules/{name} is out of date; run `cargo xtask docs`");
        }
        let pages = std::fs::read_dir(&folder).unwrap().count();
        assert_eq!(pages, RuleId::ALL.len() + 1, "a page of a rule that is gone lies in docs/rules");
    }
}
