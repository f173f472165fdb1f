//! The table of rules: the one place where codes, names and severities are written down.

use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Small.
    Low,
    /// To be mended.
    Medium,
    /// To be mended before it ships.
    High,
    /// Stop.
    Critical,
}

impl Severity {
    /// All, least first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word in configuration and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == word)
    }
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Packages.
    Dependency,
    /// Who may do what.
    Auth,
    /// Credentials in source.
    Secrets,
    /// Tests that prove nothing.
    TestQuality,
}

impl Category {
    /// All, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Dependency, Self::Auth, Self::Secrets, Self::TestQuality];

    /// The word in configuration and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dependency => "dependency",
            Self::Auth => "auth",
            Self::Secrets => "secrets",
            Self::TestQuality => "test-quality",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == word)
    }
}

/// A rule as people read about it.
#[derive(Debug)]
pub struct Rule {
    /// Its code.
    pub id: RuleId,
    /// A short name that reads well after "allow": `Hallucinated dependency`.
    pub name: &'static str,
    /// Its category.
    pub category: Category,
    /// Its severity, unless the configuration says otherwise.
    pub severity: Severity,
    /// What it reports, one sentence.
    pub description: &'static str,
    /// The OWASP entry, `LLM03`, if there is one.
    pub owasp: Option<&'static str>,
    /// The CWE entry, `CWE-829`, if there is one.
    pub cwe: Option<&'static str>,
    source: &'static str,
}

macro_rules! rules {
    ($($variant:ident $code:literal $name:literal $category:ident $severity:ident $owasp:expr, $cwe:expr, $file:literal $description:literal;)*) => {
        /// The code of a rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the table says what each is")]
        pub enum RuleId { $($variant),* }

        impl RuleId {
            /// All codes, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code: `DEP-001`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// Its entry in the table.
            pub fn rule(self) -> &'static Rule {
                match self {
                    $(Self::$variant => &Rule {
                        id: Self::$variant,
                        name: $name,
                        category: Category::$category,
                        severity: Severity::$severity,
                        description: $description,
                        owasp: $owasp,
                        cwe: $cwe,
                        source: include_str!(concat!("rules/", $file)),
                    }),*
                }
            }
        }
    };
}

rules! {
    Dep001 "DEP-001" "Hallucinated dependency" Dependency Critical Some("LLM03"), Some("CWE-829"), "dep_001.rs"
        "A package that the registry does not know.";
    Dep002 "DEP-002" "Suspiciously new dependency" Dependency High Some("LLM03"), None, "dep_002.rs"
        "A package that was first published a few days ago.";
    Dep003 "DEP-003" "Typosquatting candidate" Dependency High Some("LLM03"), Some("CWE-829"), "dep_003.rs"
        "A name that looks like a well-known package and is not it.";
    Dep004 "DEP-004" "Unpopular dependency" Dependency Medium None, None, "dep_004.rs"
        "A package that hardly anybody downloads.";
    Dep005 "DEP-005" "No source repository" Dependency Medium None, None, "dep_005.rs"
        "A package that names no place where its source can be read.";
    Dep006 "DEP-006" "Missing dependency" Dependency High None, None, "dep_006.rs"
        "An import that no manifest declares.";
    Dep007 "DEP-007" "Nonexistent version" Dependency Critical None, None, "dep_007.rs"
        "A pinned version that was never published.";
    Auth001 "AUTH-001" "Unprotected sensitive endpoint" Auth High Some("LLM06"), Some("CWE-306"), "auth_001.rs"
        "A sensitive route that nothing guards.";
    Auth002 "AUTH-002" "Destructive endpoint without authorization" Auth High None, Some("CWE-862"), "auth_002.rs"
        "A route that changes data and that nothing guards.";
    Auth003 "AUTH-003" "Excessive token lifetime" Auth Medium None, None, "auth_003.rs"
        "A token that stays valid longer than it should.";
    Auth004 "AUTH-004" "Hardcoded JWT secret" Auth Critical None, Some("CWE-798"), "auth_004.rs"
        "A signing secret that stands in the source.";
    Auth005 "AUTH-005" "CORS allow all origins" Auth High None, Some("CWE-942"), "auth_005.rs"
        "Any web page may call this service.";
    Auth006 "AUTH-006" "Insecure cookie configuration" Auth Medium None, Some("CWE-614"), "auth_006.rs"
        "A cookie without `secure`, `httponly` or `samesite`.";
    Auth007 "AUTH-007" "Password comparison not timing-safe" Auth Medium None, Some("CWE-208"), "auth_007.rs"
        "A password compared with an operator that stops at the first difference.";
    Sec001 "SEC-001" "Placeholder secret in code" Secrets Critical None, Some("CWE-798"), "sec_001.rs"
        "A secret that a template left behind.";
    Sec002 "SEC-002" "Low-entropy hardcoded secret" Secrets Critical None, Some("CWE-798"), "sec_002.rs"
        "A secret in the source that is easy to guess.";
    Sec003 "SEC-003" "Embedded connection string" Secrets Critical None, Some("CWE-798"), "sec_003.rs"
        "A connection string with its password.";
    Sec004 "SEC-004" "Sensitive env with default value" Secrets High None, None, "sec_004.rs"
        "A secret from the environment that has a default in the source.";
    Sec005 "SEC-005" "Secret file not in gitignore" Secrets High None, None, "sec_005.rs"
        "A file that holds secrets and that git does not ignore.";
    Sec006 "SEC-006" "Value copied from env example" Secrets Critical None, None, "sec_006.rs"
        "A value from the example environment file that stands in the source.";
    Test001 "TEST-001" "Test without assertions" TestQuality High None, None, "test_001.rs"
        "A test that cannot fail.";
    Test002 "TEST-002" "Trivial assertion" TestQuality Medium None, None, "test_002.rs"
        "A test that only asserts what nearly every value fulfils.";
    Test003 "TEST-003" "Assert catches all exceptions" TestQuality Medium None, None, "test_003.rs"
        "A test that swallows the failure it should show.";
    Test004 "TEST-004" "Skipped test without reason" TestQuality Low None, None, "test_004.rs"
        "A test that does not run, and nobody says why.";
    Test005 "TEST-005" "No status code assertion in API test" TestQuality Medium None, None, "test_005.rs"
        "A test that calls an endpoint and never looks at the status.";
    Test006 "TEST-006" "Mock mirrors implementation" TestQuality Medium None, None, "test_006.rs"
        "A test that asserts the value its own mock returns.";
}

impl RuleId {
    /// Reads a code back. There is no other spelling.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|id| id.code() == code)
    }

    /// Reads a code back, or says which one was probably meant.
    pub fn parse_or_tell(code: &str) -> Result<Self, String> {
        Self::parse(code).ok_or_else(|| crate::config::unknown_rule(code))
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Rule {
    /// The rule's page in Markdown: the doc comment at the head of its file.
    pub fn page(&self) -> String {
        let mut page = String::new();
        for line in self.source.lines().map_while(|line| line.strip_prefix("//!")) {
            page.push_str(line.strip_prefix(' ').unwrap_or(line));
            page.push('\n');
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_page_with_all_parts() {
        for id in RuleId::ALL {
            let page = id.rule().page();
            for part in ["## What it does", "## Why is this bad", "## Example", "Use instead:"] {
                assert!(page.contains(part), "{id}: no `{part}`");
            }
            assert_eq!(RuleId::parse(id.code()), Some(*id));
        }
    }
}
