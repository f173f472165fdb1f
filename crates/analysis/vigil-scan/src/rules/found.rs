//! What the rules found in one file, on its way to findings.

use std::collections::BTreeMap;

use serde_json::Value;

use super::redact::{Hidden, snippet};
use crate::config::Config;
use crate::finding::{Finding, Fix};
use crate::rule::RuleId;
use crate::source::{Source, Span};

/// Collects what the rules of one file find. Snippets are cut at the end, when every secret of the file is known.
pub(super) struct Found<'a> {
    source: &'a Source,
    config: &'a Config,
    drafts: Vec<Draft>,
    hidden: Vec<Hidden>,
}

/// A finding without its snippet.
pub(super) struct Draft {
    rule: RuleId,
    span: Span,
    message: String,
    suggestion: String,
    metadata: BTreeMap<&'static str, Value>,
    fix: Option<Fix>,
}

impl<'a> Found<'a> {
    pub(super) fn new(source: &'a Source, config: &'a Config) -> Self {
        Self { source, config, drafts: Vec::new(), hidden: Vec::new() }
    }

    /// Reports.
    pub(super) fn add(
        &mut self,
        rule: RuleId,
        span: Span,
        message: impl Into<String>,
        suggestion: impl Into<String>,
    ) -> &mut Draft {
        let at = self.drafts.len();
        self.drafts.push(Draft {
            rule,
            span,
            message: message.into(),
            suggestion: suggestion.into(),
            metadata: BTreeMap::new(),
            fix: None,
        });
        // The entry was pushed just now.
        #[expect(clippy::indexing_slicing, reason = "`at` is the index of the entry pushed above")]
        &mut self.drafts[at]
    }

    /// Keeps a secret out of every snippet of this file.
    pub(super) fn hide(&mut self, span: Span, with: String) {
        self.hidden.push(Hidden { span, with });
    }

    /// Whether one of these rules reported something that begins on the line.
    pub(super) fn reported(&self, line: u32, rules: &[RuleId]) -> bool {
        self.drafts
            .iter()
            .any(|draft| rules.contains(&draft.rule) && self.source.line_of(draft.span.start) == line)
    }

    /// The source of a span.
    pub(super) fn slice(&self, span: Span) -> &'a str {
        self.source.slice(span)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    /// What is kept out of snippets: as it is written, and what stands there instead.
    pub(super) fn into_secrets(self) -> Vec<(String, String)> {
        let source = self.source;
        self.hidden.into_iter().map(|hidden| (source.slice(hidden.span).to_owned(), hidden.with)).collect()
    }

    /// The findings of the rules that report, in the order of the table and then of the file.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.drafts.sort_by_key(|draft| (draft.rule, draft.span.start));
        self.hidden.sort_by_key(|hidden| (hidden.span.start, std::cmp::Reverse(hidden.span.end)));
        let (source, config, hidden) = (self.source, self.config, self.hidden);
        let reporting = self.drafts.into_iter().filter(|draft| config.reports(draft.rule));
        reporting.map(|draft| draft.finish(source, config, &hidden)).collect()
    }
}

impl Draft {
    /// Adds a fact to the metadata.
    pub(super) fn with(&mut self, key: &'static str, value: impl Into<Value>) -> &mut Self {
        self.metadata.insert(key, value.into());
        self
    }

    /// Adds the change that mends it, if there is one.
    pub(super) fn fix(&mut self, fix: Option<Fix>) -> &mut Self {
        self.fix = fix;
        self
    }

    fn finish(self, source: &Source, config: &Config, hidden: &[Hidden]) -> Finding {
        let (snippet, mark) = snippet(source, self.span, hidden);
        Finding {
            rule: self.rule,
            severity: config.severity(self.rule),
            message: self.message,
            suggestion: self.suggestion,
            file: source.path.clone(),
            start: source.position(self.span.start),
            end: source.position(self.span.end.max(self.span.start)),
            snippet,
            mark,
            metadata: self.metadata,
            fix: self.fix,
        }
    }
}
