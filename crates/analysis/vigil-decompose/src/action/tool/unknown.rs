//! Tools nobody knows. Their names and declared arguments can make them worse than unknown; only a name that plainly
//! reads, with arguments that cannot do anything else, makes one better.
//!
//! The choice: agents call many tools that look something up (`get_balance`, `list_files`, `search_emails`), and a
//! firewall that holds each of them is switched off. So a call counts as a read when **all** of this is true: the first
//! word of its name is a reading verb; no other word of the name is a changing one (`order` and `book` are what is read
//! in `get_order`, and what is done in `get_and_order`); no argument, given or declared, is named like a command, code, address, recipient, amount, body or query language; no value holds a URL, shell
//! metacharacters or SQL that changes something. Its resource stays unknown. A server that lies about its tools' names
//! is outside what names can tell; the policy can still name the tool.

use vigil_core::{Resource, Verb};

use super::{Tool, sql};
use crate::action::command::{ecosystem_of, fetch_url, send_url};
use crate::action::draft::{Draft, Drafts};
use crate::action::shell;

pub(super) fn decompose(tool: &Tool<'_>, drafts: &mut Drafts) {
    let words = words(&tool.name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let mut names: Vec<String> =
        tool.arguments.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default();
    names.extend(tool.declared.iter().flat_map(|declared| declared.parameters.iter().cloned()));
    let names: Vec<Vec<String>> = names.iter().map(|name| self::words(name)).collect();
    let argument = |list: &[&str]| names.iter().flatten().any(|word| list.contains(&word.as_str()));
    let first = words.first().map(String::as_str).unwrap_or_default();

    // A shell under another name.
    if let Some(text) = tool
        .text(&["command", "cmd", "shell_command", "bash_command"])
        .filter(|_| has(RUN) || has(&["shell", "bash", "terminal", "command", "cmd"]))
    {
        return shell::decompose(text, tool.text(&["cwd", "workdir"]), tool.place, drafts);
    }
    let changes = has(CHANGE) || has(CHANGE_OR_THING) && (!READ.contains(&first) || has(JOINT));
    let reads =
        READ.contains(&first) && !changes && !argument(RISKY) && !has(SECRET) && values_are_plain(tool);
    if reads {
        return drafts.add(Draft::new(Verb::Read, Resource::Unknown).from(tool.raw));
    }
    let reading_name = READ.contains(&first) && !changes;
    if has(SECRET) && reading_name {
        return drafts.add(Draft::new(Verb::Read, Resource::Credential(tool.name.clone())).from(tool.raw));
    }
    // Addresses in a tool that reads are fetched.
    if reading_name
        || matches!(first, "browse" | "visit" | "download" | "crawl" | "scrape" | "navigate" | "open")
    {
        let urls = tool.texts(&["url", "urls", "uri", "link", "website", "page_url"]);
        for url in urls.iter().take(16) {
            drafts.add(fetch_url(url));
        }
        if !urls.is_empty() && !argument(&["body", "payload", "method", "command", "code", "script"]) {
            if let Some(path) = tool.text(&["path", "file_path", "destination", "save_path", "directory"]) {
                tool.path(Verb::Write, path, |draft| draft, drafts);
            }
            return;
        }
    }
    let money = argument(&["amount", "amounts", "price", "total", "sum"]);
    let hands_over = has(&["transfer"]) && !has(NO_MONEY);
    if has(PAY)
        || hands_over
        || (money && argument(&["recipient", "payee", "iban", "account", "to", "beneficiary"]))
    {
        let amount = number(tool, &["amount", "total", "price", "sum", "value"]);
        let currency = tool.text(&["currency", "currency_code"]).unwrap_or_default().to_owned();
        let payee = tool
            .text(&[
                "recipient",
                "payee",
                "iban",
                "to",
                "account",
                "beneficiary",
                "recipient_iban",
                "merchant",
            ])
            .unwrap_or_default()
            .to_owned();
        let draft =
            Draft::new(Verb::Pay, Resource::Money { amount: amount.clone(), currency, payee: payee.clone() });
        let draft = if payee.is_empty() && amount.is_empty() {
            draft.from(tool.raw)
        } else {
            draft.from(payee).from(amount)
        };
        return drafts.add(draft);
    }
    if has(GRANT) || (argument(&["permission", "permissions", "role", "acl"]) && !reading_name) {
        let whom = tool
            .text(&["email", "user", "user_email", "recipient", "member", "account", "username"])
            .unwrap_or_default();
        let draft = Draft::new(Verb::Grant, Resource::Unknown).outward(true);
        return drafts.add(if whom.is_empty() { draft.from(tool.raw) } else { draft.from(whom) });
    }
    if has(SEND)
        || has(POST)
            && argument(&["message", "text", "body", "content", "channel", "recipient", "recipients"])
    {
        let mut recipients = tool.texts(&[
            "recipients",
            "recipient",
            "to",
            "email",
            "channel",
            "participants",
            "user",
            "chat_id",
            "channel_id",
            "phone",
        ]);
        recipients.extend(tool.texts(&["cc"]));
        recipients.extend(tool.texts(&["bcc"]));
        recipients.truncate(64);
        let body = if recipients.is_empty() { tool.raw.to_owned() } else { recipients.join(" ") };
        let urls = tool.texts(&["url", "webhook", "webhook_url"]);
        for url in urls.iter().take(8) {
            drafts.add(send_url(url));
        }
        return drafts.add(Draft::new(Verb::Send, Resource::Message { recipients }).from(body));
    }
    if has(&["install"]) {
        for name in tool.texts(&["packages", "package", "name", "package_name"]).iter().take(64) {
            let ecosystem = words
                .iter()
                .map(|word| ecosystem_of(word))
                .find(|ecosystem| *ecosystem != "other")
                .unwrap_or("other");
            drafts.add(
                Draft::new(
                    Verb::Install,
                    Resource::Package { ecosystem: ecosystem.to_owned(), name: name.clone() },
                )
                .from(name.as_str()),
            );
        }
        return drafts.add(Draft::unknown(tool.raw));
    }
    if has(DELETE) {
        let path = tool.text(&["path", "file_path", "filename", "file", "directory", "dir", "folder"]);
        return match path {
            // What is not called a file may be a directory, with everything below it.
            Some(path) => {
                let change = |draft: Draft| draft.irreversible().recursive(!has(&["file", "files"]));
                tool.path(Verb::Delete, path, change, drafts);
            }
            None => drafts.add(Draft::new(Verb::Delete, Resource::Unknown).from(tool.raw).irreversible()),
        };
    }
    // Declared as a program of some kind: nothing says what it does.
    if has(RUN) || argument(&["command", "code", "script", "sql", "method", "cmd"]) {
        let statement = tool.text(&["sql", "query", "statement"]).filter(|text| sql::looks_like_sql(text));
        if let Some(text) = statement {
            sql::decompose(text, drafts);
        }
        return drafts.add(Draft::unknown(tool.raw));
    }
    drafts.add(Draft::unknown(tool.raw));
}

fn number(tool: &Tool<'_>, names: &[&str]) -> String {
    names
        .iter()
        .find_map(|name| match tool.arguments.get(name)? {
            serde_json::Value::Number(number) => Some(number.to_string()),
            serde_json::Value::String(text) => Some(text.clone()),
            _ => None,
        })
        .unwrap_or_default()
}

/// No value can be more than something to look for.
fn values_are_plain(tool: &Tool<'_>) -> bool {
    fn plain(value: &serde_json::Value, depth: usize) -> bool {
        match value {
            serde_json::Value::String(text) => {
                let risky = text.contains("://")
                    || text.contains("$(")
                    || text.contains('`')
                    || text.contains("&&")
                    || text.contains("; ")
                    || text.contains('|')
                    || text.contains("__")
                    || text.contains("import ");
                let selects =
                    text.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"));
                text.len() <= 2048 && !risky && (selects || !sql::looks_like_sql(text))
            }
            serde_json::Value::Array(items) => depth < 16 && items.iter().all(|item| plain(item, depth + 1)),
            serde_json::Value::Object(members) => {
                depth < 16 && members.values().all(|item| plain(item, depth + 1))
            }
            _ => true,
        }
    }
    plain(tool.arguments, 0)
}

/// The words of a name: `getUserByID`, `get-user_by.id`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut lower_before = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            lower_before = false;
            words.push(String::new());
            continue;
        }
        if (c.is_uppercase() && lower_before) || words.is_empty() {
            words.push(String::new());
        }
        lower_before = c.is_lowercase() || c.is_ascii_digit();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

const READ: &[&str] = &[
    "get",
    "list",
    "search",
    "read",
    "find",
    "view",
    "show",
    "lookup",
    "query",
    "describe",
    "check",
    "count",
    "fetch",
    "retrieve",
    "check",
    "calculate",
    "compute",
    "browse",
    "inspect",
    "analyze",
    "summarize",
    "explain",
    "compare",
    "resolve",
    "validate",
    "verify",
    "preview",
    "current",
    "weather",
    "think",
    "look",
    "is",
    "has",
];
const CHANGE: &[&str] = &[
    "create",
    "update",
    "delete",
    "remove",
    "set",
    "write",
    "send",
    "post",
    "pay",
    "transfer",
    "execute",
    "exec",
    "run",
    "install",
    "add",
    "edit",
    "modify",
    "apply",
    "cancel",
    "purchase",
    "buy",
    "submit",
    "publish",
    "upload",
    "share",
    "invite",
    "grant",
    "revoke",
    "drop",
    "replace",
    "save",
    "store",
    "schedule",
    "move",
    "rename",
    "merge",
    "push",
    "deploy",
    "start",
    "stop",
    "restart",
    "enable",
    "disable",
    "approve",
    "forward",
    "reply",
    "call",
    "invoke",
    "reset",
    "change",
    "unsubscribe",
    "subscribe",
    "append",
    "insert",
    "kill",
    "terminate",
    "shutdown",
    "download",
    "eval",
    "and",
    "then",
    "mark",
    "accept",
    "refund",
    "charge",
    "withdraw",
];
const RISKY: &[&str] = &[
    "command",
    "cmd",
    "code",
    "script",
    "sql",
    "url",
    "uri",
    "urls",
    "link",
    "webhook",
    "recipient",
    "recipients",
    "amount",
    "iban",
    "payee",
    "bcc",
    "cc",
    "body",
    "payload",
    "method",
    "headers",
    "shell",
    "exec",
    "eval",
    "callback",
    "password",
    "token",
    "template",
    "endpoint",
    "host",
];
const SECRET: &[&str] = &[
    "secret",
    "secrets",
    "password",
    "passwords",
    "credential",
    "credentials",
    "token",
    "tokens",
    "apikey",
    "otp",
];
/// Verbs that are also the names of things.
const CHANGE_OR_THING: &[&str] = &["book", "order"];
/// Words that join two verbs.
const JOINT: &[&str] = &["and", "then", "or", "to"];
const PAY: &[&str] = &[
    "pay",
    "payment",
    "purchase",
    "buy",
    "checkout",
    "donate",
    "withdraw",
    "charge",
    "refund",
    "transaction",
    "invoice",
    "tip",
    "order",
];
/// What else than money can be transferred.
const NO_MONEY: &[&str] = &[
    "agent",
    "agents",
    "human",
    "call",
    "ticket",
    "chat",
    "conversation",
    "file",
    "files",
    "repo",
    "repository",
    "owner",
    "ownership",
];
const GRANT: &[&str] = &[
    "grant",
    "share",
    "invite",
    "authorize",
    "permission",
    "permissions",
    "collaborator",
    "admin",
    "role",
    "owner",
    "ownership",
];
const SEND: &[&str] = &[
    "send",
    "email",
    "mail",
    "sms",
    "message",
    "notify",
    "tweet",
    "publish",
    "broadcast",
    "forward",
    "reply",
    "dm",
    "upload",
    "fax",
];
const POST: &[&str] = &["post", "comment", "write", "create", "submit"];
const DELETE: &[&str] = &[
    "delete",
    "remove",
    "drop",
    "purge",
    "destroy",
    "erase",
    "truncate",
    "wipe",
    "cancel",
    "revoke",
    "unsubscribe",
];
const RUN: &[&str] = &["execute", "exec", "run", "eval", "call", "invoke", "shell", "script", "interpreter"];
