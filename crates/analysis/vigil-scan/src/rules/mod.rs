//! The rules. Each file holds one rule's page and its decision; what several rules need to judge lies in files of its own.
//!
//! Rules read [`Facts`](crate::facts::Facts) and know no language, no file system and no order among themselves, with one
//! exception: a line that holds a connection string or the default of a secret variable is not looked at again for
//! placeholders and weak secrets.

mod auth_001;
mod auth_002;
mod auth_003;
mod auth_004;
mod auth_005;
mod auth_006;
mod auth_007;
mod connection;
mod credential;
mod dep_001;
mod dep_002;
mod dep_003;
mod dep_004;
mod dep_005;
mod dep_006;
mod dep_007;
mod endpoint;
mod entropy;
mod env_example;
mod found;
mod guard;
mod name;
mod place;
mod redact;
mod sec_001;
mod sec_002;
mod sec_003;
mod sec_004;
mod sec_005;
mod sec_006;
mod shape;
mod test_001;
mod test_002;
mod test_003;
mod test_004;
mod test_005;
mod test_006;

use crate::config::Config;
use crate::facts::Facts;
use crate::finding::Finding;
use crate::rule::Category;
use crate::source::{Language, Source};

pub(crate) use endpoint::ROUTER;
pub use env_example::EnvExamples;
use found::Found;
pub(crate) use guard::{reads, stand_guard};
pub(crate) use name::words as name_words;
pub(crate) use sec_005::{is_secret_file_name, secret_files};

/// What the rules know beside the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// The resolved configuration.
    pub config: &'a Config,
    /// Values of the project's example environment files.
    pub env_examples: &'a EnvExamples,
}

/// What the rules have to say about one file, in the order of the table of rules.
pub(crate) fn judge(source: &Source, facts: &Facts, context: &Context<'_>) -> Vec<Finding> {
    let mut found = found(source, facts, context);
    if found.is_empty() {
        return Vec::new();
    }
    credential::hide_all(facts, &mut found);
    found.finish()
}

/// The secrets of one file as they are written, and what may be shown instead.
pub(crate) fn secrets(source: &Source, facts: &Facts, context: &Context<'_>) -> Vec<(String, String)> {
    let mut found = found(source, facts, context);
    credential::hide_all(facts, &mut found);
    found.into_secrets()
}

fn found<'a>(source: &'a Source, facts: &Facts, context: &Context<'a>) -> Found<'a> {
    let file = File {
        source,
        facts,
        config: context.config,
        env_examples: context.env_examples,
        language: Language::of_path(&source.path),
        is_test: place::is_test(&source.path),
    };
    let mut found = Found::new(source, context.config);
    let runs = |category| context.config.categories.contains(&category);
    if runs(Category::Auth) {
        auth_001::check(&file, &mut found);
        auth_002::check(&file, &mut found);
        auth_003::check(&file, &mut found);
        auth_004::check(&file, &mut found);
        auth_005::check(&file, &mut found);
        auth_006::check(&file, &mut found);
        auth_007::check(&file, &mut found);
    }
    if runs(Category::Secrets) {
        sec_003::check(&file, &mut found);
        sec_004::check(&file, &mut found);
        sec_001::check(&file, &mut found);
        sec_002::check(&file, &mut found);
        sec_006::check(&file, &mut found);
    }
    if runs(Category::TestQuality) {
        test_001::check(&file, &mut found);
        test_002::check(&file, &mut found);
        test_003::check(&file, &mut found);
        test_004::check(&file, &mut found);
        test_005::check(&file, &mut found);
        test_006::check(&file, &mut found);
    }
    found
}

/// The file that is judged.
struct File<'a> {
    source: &'a Source,
    facts: &'a Facts,
    config: &'a Config,
    env_examples: &'a EnvExamples,
    language: Option<Language>,
    /// It is a test, or lies where tests lie: nothing in it is served to anybody.
    is_test: bool,
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod tests;
