//! Output items: which of them are calls, and what a call says.

use vigil_core::CallNumber;
use vigil_core::wire::{CallKind, WireCall};

use crate::json::{Node, Tape, quote};

/// What an output item is to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemKind {
    /// The client must run it, or let the provider run it.
    Call(CallKind),
    /// The provider ran it.
    Server,
    /// Text, reasoning, results.
    Other,
}

/// What a call says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) call_id: Option<String>,
}

/// What two spellings of one call have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity([String; 4]);

/// What kind of thing an output item is.
pub(super) fn kind_of(item: Node<'_>) -> ItemKind {
    let Some(kind) = item.get("type").and_then(|kind| kind.as_str()) else { return ItemKind::Other };
    match kind.as_ref() {
        "function_call" | "custom_tool_call" | "local_shell_call" | "shell_call" | "apply_patch_call"
        | "computer_call" => ItemKind::Call(CallKind::Client),
        "mcp_approval_request" => ItemKind::Call(CallKind::Approval),
        "tool_search_call" if item.get("execution").is_some_and(|by| by.is_str("client")) => {
            ItemKind::Call(CallKind::Client)
        }
        "tool_search_call"
        | "web_search_call"
        | "file_search_call"
        | "code_interpreter_call"
        | "image_generation_call"
        | "mcp_call" => ItemKind::Server,
        // A kind of call that nobody here knows, and that waits for an output: unknown is never harmless.
        other if other.ends_with("_call") && text(item, "call_id").is_some() => {
            ItemKind::Call(CallKind::Client)
        }
        other if other.ends_with("_call") => ItemKind::Server,
        other if other.ends_with("_approval_request") => ItemKind::Call(CallKind::Approval),
        _ => ItemKind::Other,
    }
}

/// Whether the item is a call that waits for an answer.
pub(super) fn is_call(item: Node<'_>) -> bool {
    matches!(kind_of(item), ItemKind::Call(_))
}

impl Content {
    /// What a call item says.
    pub(super) fn of(item: Node<'_>) -> Self {
        let kind = text(item, "type").unwrap_or_default();
        let plain = kind.strip_suffix("_call").unwrap_or(&kind);
        let name = match kind.as_str() {
            "local_shell_call" | "shell_call" | "apply_patch_call" | "computer_call" | "tool_search_call" => {
                None
            }
            _ => text(item, "name"),
        };
        let name = name.unwrap_or_else(|| plain.to_owned());
        Self { name, arguments: arguments(item, &kind), call_id: text(item, "call_id"), kind }
    }

    /// What is the same wherever the call is repeated, however it is spelled there.
    pub(super) fn identity(&self) -> Identity {
        let arguments =
            unambiguous(&self.arguments).map_or_else(|| self.arguments.clone(), |value| value.to_string());
        Identity([self.kind.clone(), self.name.clone(), arguments, self.call_id.clone().unwrap_or_default()])
    }

    /// The call as the gate hears of it.
    pub(super) fn to_wire(&self, item_id: Option<&str>, kind: CallKind, duplicate_members: bool) -> WireCall {
        WireCall {
            number: CallNumber(0),
            id: self.call_id.clone().or_else(|| item_id.map(str::to_owned)),
            name: self.name.clone(),
            arguments: self.arguments.clone(),
            kind,
            duplicate_members: duplicate_members || repeats_members(&self.arguments),
        }
    }
}

/// A call that the provider ran, for the record.
pub(super) fn server_call(item: Node<'_>) -> WireCall {
    let content = Content::of(item);
    content.to_wire(text(item, "id").as_deref(), CallKind::Server, item.has_duplicates())
}

/// A string member.
pub(super) fn text(object: Node<'_>, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(|text| text.into_owned())
}

fn arguments(item: Node<'_>, kind: &str) -> String {
    let members: &[&str] = match kind {
        "function_call" | "mcp_call" | "mcp_approval_request" => &["arguments"],
        "custom_tool_call" => &["input"],
        "apply_patch_call" => &["operation"],
        "local_shell_call" | "shell_call" => &["action"],
        "computer_call" => &["action", "actions"],
        "tool_search_call" => &["arguments"],
        "web_search_call" => &["action"],
        "code_interpreter_call" => return object_of(item, &["code"]),
        "file_search_call" => return object_of(item, &["queries"]),
        "image_generation_call" => return "{}".to_owned(),
        _ => &["action", "actions", "operation", "arguments", "input"],
    };
    let present: Vec<_> =
        members.iter().copied().filter(|name| item.get(name).is_some_and(|v| !v.is_null())).collect();
    match present.as_slice() {
        [] => "{}".to_owned(),
        [one] => item.get(one).map(value_text).unwrap_or_default(),
        several => object_of(item, several),
    }
}

/// The text of a string, the JSON of anything else.
fn value_text(value: Node<'_>) -> String {
    value.as_str().map_or_else(|| value.raw_text().to_owned(), |text| text.into_owned())
}

fn object_of(item: Node<'_>, names: &[&str]) -> String {
    let members = names
        .iter()
        .filter_map(|name| item.get(name).map(|value| format!("{}:{}", quote(name), value.raw_text())));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// Whether two spellings of arguments mean the same to a client.
pub(super) fn is_same_value(one: &str, other: &str) -> bool {
    one == other || matches!((unambiguous(one), unambiguous(other)), (Some(a), Some(b)) if a == b)
}

/// The value of arguments that are JSON and mean the same to every client: no member is repeated, and no number is
/// longer than all of them keep exactly.
fn unambiguous(arguments: &str) -> Option<serde_json::Value> {
    let bytes = arguments.as_bytes();
    let tape = Tape::parse(bytes).ok()?;
    let is_long = |digits: &[u8]| digits.len() > 15;
    let has_long_number = bytes.split(|byte| !byte.is_ascii_digit()).any(is_long);
    if has_long_number || tape.root(bytes).has_duplicates() {
        None
    } else {
        serde_json::from_str(arguments).ok()
    }
}

/// Whether arguments that are JSON repeat a member.
fn repeats_members(arguments: &str) -> bool {
    let bytes = arguments.as_bytes();
    bytes.starts_with(b"{") && Tape::parse(bytes).is_ok_and(|tape| tape.root(bytes).has_duplicates())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> (ItemKind, Content) {
        let tape = Tape::parse(json.as_bytes()).unwrap();
        let item = tape.root(json.as_bytes());
        (kind_of(item), Content::of(item))
    }

    #[track_caller]
    fn check(json: &str, kind: ItemKind, name: &str, arguments: &str) {
        let (found, content) = read(json);
        assert_eq!((found, content.name.as_str(), content.arguments.as_str()), (kind, name, arguments));
    }

    const CLIENT: ItemKind = ItemKind::Call(CallKind::Client);

    #[test]
    fn knows_calls_of_the_client() {
        check(r#"{"type":"function_call","name":"f","arguments":"{\"a\":1}"}"#, CLIENT, "f", r#"{"a":1}"#);
        check(r#"{"type":"function\u005fcall","name":"f","arguments":""}"#, CLIENT, "f", "");
        check(r#"{"type":"custom_tool_call","name":"patch","input":"*** x"}"#, CLIENT, "patch", "*** x");
        check(
            r#"{"type":"local_shell_call","name":"x","action":{"type":"exec"}}"#,
            CLIENT,
            "local_shell",
            r#"{"type":"exec"}"#,
        );
        check(
            r#"{"type":"shell_call","action":{"commands":["ls"]}}"#,
            CLIENT,
            "shell",
            r#"{"commands":["ls"]}"#,
        );
        check(
            r#"{"type":"apply_patch_call","operation":{"path":"a"}}"#,
            CLIENT,
            "apply_patch",
            r#"{"path":"a"}"#,
        );
        check(
            r#"{"type":"computer_call","action":{"type":"click"}}"#,
            CLIENT,
            "computer",
            r#"{"type":"click"}"#,
        );
        check(r#"{"type":"computer_call","actions":[1]}"#, CLIENT, "computer", "[1]");
        check(
            r#"{"type":"computer_call","action":1,"actions":[1]}"#,
            CLIENT,
            "computer",
            r#"{"action":1,"actions":[1]}"#,
        );
        check(
            r#"{"type":"tool_search_call","execution":"client","arguments":{"q":1}}"#,
            CLIENT,
            "tool_search",
            r#"{"q":1}"#,
        );
        check(
            r#"{"type":"robot_arm_call","call_id":"c","action":{"x":1}}"#,
            CLIENT,
            "robot_arm",
            r#"{"x":1}"#,
        );
    }

    #[test]
    fn knows_what_the_provider_runs() {
        check(
            r#"{"type":"web_search_call","action":{"type":"search"}}"#,
            ItemKind::Server,
            "web_search",
            r#"{"type":"search"}"#,
        );
        check(r#"{"type":"web_search_call"}"#, ItemKind::Server, "web_search", "{}");
        check(
            r#"{"type":"code_interpreter_call","code":"1"}"#,
            ItemKind::Server,
            "code_interpreter",
            r#"{"code":"1"}"#,
        );
        check(r#"{"type":"mcp_call","name":"ask","arguments":"{}"}"#, ItemKind::Server, "ask", "{}");
        check(
            r#"{"type":"tool_search_call","execution":"server","arguments":{}}"#,
            ItemKind::Server,
            "tool_search",
            "{}",
        );
        assert_eq!(read(r#"{"type":"message","content":[]}"#).0, ItemKind::Other);
        assert_eq!(read(r#"{"type":"function_call_output","call_id":"c"}"#).0, ItemKind::Other);
        assert_eq!(read(r#"{"type":"mcp_approval_request"}"#).0, ItemKind::Call(CallKind::Approval));
    }

    #[test]
    fn flags_repeated_members_in_the_item_and_in_its_arguments() {
        let (_, content) = read(r#"{"type":"function_call","name":"f","arguments":"{\"a\":1,\"a\":2}"}"#);
        assert!(content.to_wire(None, CallKind::Client, false).duplicate_members);
        let (_, content) = read(r#"{"type":"function_call","name":"f","arguments":"{\"a\":1}"}"#);
        assert!(!content.to_wire(None, CallKind::Client, false).duplicate_members);
        assert!(content.to_wire(None, CallKind::Client, true).duplicate_members);
    }

    #[test]
    fn the_last_type_counts() {
        assert_eq!(read(r#"{"type":"message","type":"function_call"}"#).0, CLIENT);
    }
}
