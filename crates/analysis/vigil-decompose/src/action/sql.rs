//! SQL to effects: the first word of each statement and the table it names.

use vigil_core::{Resource, Verb};

use super::draft::{Draft, Drafts};

/// Whether a text reads like SQL.
pub(crate) fn looks_like_sql(text: &str) -> bool {
    let first: String = text.trim_start().chars().take_while(char::is_ascii_alphabetic).take(12).collect();
    STATEMENTS.iter().any(|(word, ..)| word.eq_ignore_ascii_case(&first))
        && text.trim().contains(char::is_whitespace)
}

/// Takes the statements of a text apart. A statement nobody knows executes the unknown.
pub(crate) fn decompose(text: &str, drafts: &mut Drafts) {
    for statement in split(text).into_iter().take(256) {
        let words: Vec<&str> = statement
            .split(|c: char| c.is_whitespace() || matches!(c, '(' | ',' | ';'))
            .filter(|word| !word.is_empty())
            .collect();
        let Some(first) = words.first() else { continue };
        // `.tables`, `\d`: of the client, not of the database.
        if first.starts_with(['\\', '.']) {
            if matches!(
                first.trim_start_matches(['\\', '.']),
                "d" | "dt"
                    | "l"
                    | "q"
                    | "x"
                    | "schema"
                    | "tables"
                    | "mode"
                    | "headers"
                    | "quit"
                    | "databases"
                    | "indexes"
            ) {
                drafts.add(Draft::new(Verb::Read, Resource::DataStore(statement.to_owned())));
            } else {
                drafts.add(Draft::unknown(statement));
            }
            continue;
        }
        let found = STATEMENTS.iter().find(|(word, ..)| word.eq_ignore_ascii_case(first));
        let Some(&(word, mut verb, before)) = found else {
            drafts.add(Draft::unknown(statement));
            continue;
        };
        let has = |name: &str| words.iter().any(|word| word.eq_ignore_ascii_case(name));
        // A statement that begins harmlessly may go on otherwise: `WITH x AS (DELETE …)`, `EXPLAIN ANALYZE DELETE`.
        if verb == Verb::Read {
            for (other, harm, _) in
                STATEMENTS.iter().filter(|(_, harm, _)| matches!(harm, Verb::Delete | Verb::Write))
            {
                if has(other) && !has("FOR") && matches!(word, "WITH" | "EXPLAIN") {
                    verb = verb.max(*harm);
                }
            }
            if word == "SELECT" && has("INTO") || word == "PRAGMA" && statement.contains('=') {
                verb = Verb::Write;
            }
        }
        let table = before
            .split(' ')
            .find_map(|before| {
                let at = words.iter().position(|word| word.eq_ignore_ascii_case(before))?;
                words
                    .iter()
                    .skip(at + 1)
                    .find(|word| !NOISE.iter().any(|noise| noise.eq_ignore_ascii_case(word)))
            })
            .map(|name| name.trim_matches(['"', '`', '[', ']', '\'']).to_owned())
            .unwrap_or_default();
        let draft = Draft::new(verb, Resource::DataStore(table.clone())).from(if table.is_empty() {
            statement
        } else {
            &table
        });
        let everything =
            !has("WHERE") && !has("LIMIT") && matches!(word, "DELETE" | "UPDATE" | "TRUNCATE" | "DROP");
        let draft = draft.recursive(everything);
        drafts.add(match (verb, word) {
            (Verb::Write, "UPDATE") if everything => draft.irreversible(),
            (Verb::Write, _) => draft.partial(),
            _ => draft,
        });
        let lower = statement.to_ascii_lowercase();
        if [
            "into outfile",
            "copy ",
            "load_file(",
            "xp_cmdshell",
            "pg_read_file(",
            "lo_export(",
            "to program",
            "from program",
            "load_extension(",
        ]
        .iter()
        .any(|risky| lower.contains(risky))
            && lower.contains(['\'', '"'])
            && (word != "SELECT" || !lower.contains("copy "))
        {
            drafts.add(Draft::unknown(statement));
        }
    }
}

const NOISE: &[&str] = &[
    "IF",
    "NOT",
    "EXISTS",
    "ONLY",
    "TABLE",
    "INTO",
    "FROM",
    "VIEW",
    "INDEX",
    "DATABASE",
    "SCHEMA",
    "TEMP",
    "TEMPORARY",
    "UNIQUE",
    "OR",
    "REPLACE",
    "IGNORE",
    "CONCURRENTLY",
    "LOW_PRIORITY",
];

/// Word, verb, and the words before the table's name.
const STATEMENTS: &[(&str, Verb, &str)] = &[
    ("SELECT", Verb::Read, "FROM"),
    ("WITH", Verb::Read, "FROM INTO UPDATE"),
    ("EXPLAIN", Verb::Read, "FROM INTO UPDATE"),
    ("SHOW", Verb::Read, "FROM"),
    ("DESCRIBE", Verb::Read, "DESCRIBE TABLE"),
    ("DESC", Verb::Read, "DESC TABLE"),
    ("PRAGMA", Verb::Read, "PRAGMA"),
    ("VALUES", Verb::Read, "FROM"),
    ("USE", Verb::Read, "USE"),
    ("BEGIN", Verb::Read, ""),
    ("COMMIT", Verb::Read, ""),
    ("ROLLBACK", Verb::Read, ""),
    ("ANALYZE", Verb::Read, "ANALYZE"),
    ("INSERT", Verb::Write, "INTO INSERT"),
    ("UPSERT", Verb::Write, "INTO"),
    ("REPLACE", Verb::Write, "INTO"),
    ("MERGE", Verb::Write, "INTO"),
    ("UPDATE", Verb::Write, "UPDATE"),
    ("CREATE", Verb::Write, "TABLE VIEW INDEX DATABASE SCHEMA TYPE FUNCTION TRIGGER"),
    ("ALTER", Verb::Configure, "TABLE DATABASE USER ROLE"),
    ("SET", Verb::Configure, "SET"),
    ("VACUUM", Verb::Configure, "VACUUM"),
    ("DELETE", Verb::Delete, "FROM DELETE"),
    ("DROP", Verb::Delete, "TABLE VIEW INDEX DATABASE SCHEMA USER ROLE COLUMN"),
    ("TRUNCATE", Verb::Delete, "TABLE TRUNCATE"),
    ("GRANT", Verb::Grant, "ON TO"),
    ("REVOKE", Verb::Grant, "ON FROM"),
];

/// Statements between semicolons that stand outside quotes; comments fall out.
fn split(text: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            None if c == ';' => {
                statements.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            None => {}
        }
    }
    statements.push(text.get(start..).unwrap_or_default());
    statements
        .into_iter()
        .map(|mut statement| {
            while let Some(rest) = statement.trim_start().strip_prefix("--") {
                statement = rest.split_once('\n').map_or("", |(_, rest)| rest);
            }
            statement.trim()
        })
        .filter(|statement| !statement.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(Verb, &str, bool)]) {
        let mut drafts = Drafts::default();
        decompose(text, &mut drafts);
        let found: Vec<(Verb, String, bool)> = drafts
            .effects
            .iter()
            .map(|draft| {
                let name = if let Resource::DataStore(name) = &draft.resource {
                    name.clone()
                } else {
                    "?".to_owned()
                };
                (draft.verb, name, draft.magnitude.recursive)
            })
            .collect();
        let expect: Vec<(Verb, String, bool)> =
            expect.iter().map(|(verb, name, all)| (*verb, (*name).to_owned(), *all)).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn takes_statements_apart() {
        check("SELECT * FROM users WHERE id = 1", &[(Verb::Read, "users", false)]);
        check(
            "select 1; drop table if exists \"users\";",
            &[(Verb::Read, "", false), (Verb::Delete, "users", true)],
        );
        check("DELETE FROM a WHERE x=';'", &[(Verb::Delete, "a", false)]);
        check("DELETE FROM a", &[(Verb::Delete, "a", true)]);
        check("UPDATE t SET x=1", &[(Verb::Write, "t", true)]);
        check("INSERT INTO t(a) VALUES (1)", &[(Verb::Write, "t", false)]);
        check("GRANT ALL ON t TO bob", &[(Verb::Grant, "t", false)]);
        check("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", &[(Verb::Delete, "t", false)]);
        check("FROBNICATE x", &[(Verb::Execute, "?", false)]);
    }
}
