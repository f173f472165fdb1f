//! Colours, when they are wanted.

use crate::rule::Severity;

/// Puts ANSI codes around a text, or leaves it as it is.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) color: bool,
}

impl Style {
    pub(super) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.wrap("90", text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.wrap("92", text)
    }

    pub(super) fn hint(self, text: &str) -> String {
        self.wrap("96", text)
    }

    pub(super) fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Critical => "1;91",
            Severity::High => "91",
            Severity::Medium => "93",
            Severity::Low => "94",
            Severity::Info => "96",
        };
        self.wrap(code, text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
