//! The messages of the four request formats: who said what.

use std::borrow::Cow;

use serde_json::Value;
use vigil_core::wire::WireFormat;

use super::harness;
use crate::json::{Kind, Node};
use crate::provenance::{Conversation, DeclaredTool};

/// Reads one message. What is not known to be typed or said by the model is untrusted.
pub(super) fn read(format: WireFormat, message: Node<'_>, conversation: &mut Conversation) {
    match format {
        WireFormat::AnthropicMessages => anthropic(message, conversation),
        WireFormat::OpenAiChat => chat(message, conversation),
        WireFormat::OpenAiResponses => responses(message, conversation),
        WireFormat::Gemini => gemini(message, conversation),
    }
}

/// Whose words a message holds.
#[derive(Clone, Copy, PartialEq)]
enum Speaker {
    System,
    User,
    Model,
    Tool,
}

fn speaker(role: &str) -> Speaker {
    match role {
        "system" | "developer" => Speaker::System,
        "user" => Speaker::User,
        "assistant" | "model" => Speaker::Model,
        _ => Speaker::Tool,
    }
}

fn role(message: Node<'_>) -> Speaker {
    speaker(&word(message, "role", "user"))
}

/// The text of a member, or another word when it has none.
fn word<'t>(holder: Node<'t>, name: &str, otherwise: &'static str) -> Cow<'t, str> {
    holder.get(name).and_then(|value| value.as_str()).unwrap_or(Cow::Borrowed(otherwise))
}

fn said(speaker: Speaker, text: &str, conversation: &mut Conversation) {
    match speaker {
        // Not typed, not fetched: the program's own words.
        Speaker::System => harness::learn_directory(text, conversation),
        Speaker::User => harness::user(text, conversation),
        Speaker::Model => conversation.model_said(text),
        Speaker::Tool => conversation.untrusted_said(text),
    }
}

/// The system text of a request.
pub(super) fn system(value: Node<'_>, conversation: &mut Conversation) {
    let mut found = None;
    texts(value, &mut |text| found = harness::directory(text).or(found.take()), 0);
    conversation.set_system_directory(found);
}

fn anthropic(message: Node<'_>, conversation: &mut Conversation) {
    let speaker = role(message);
    content(message, speaker, anthropic_block, conversation);
}

/// The content of a message: a text, or a list of parts.
fn content(
    message: Node<'_>,
    speaker: Speaker,
    part: fn(Speaker, Node<'_>, &mut Conversation),
    conversation: &mut Conversation,
) {
    let Some(content) = message.get("content") else { return };
    match content.as_str() {
        Some(text) => said(speaker, &text, conversation),
        None => content.items().for_each(|item| part(speaker, item, conversation)),
    }
}

fn anthropic_block(speaker: Speaker, block: Node<'_>, conversation: &mut Conversation) {
    match &*word(block, "type", "") {
        "text" => said(speaker, &text_of(block), conversation),
        "tool_use" | "server_tool_use" | "mcp_tool_use" if speaker == Speaker::Model => {
            called(block.get("input"), conversation)
        }
        "thinking" | "redacted_thinking" if speaker == Speaker::Model => {
            conversation.model_said(&word(block, "thinking", ""));
        }
        "image" => image(block, conversation),
        _ => untrusted(block, conversation),
    }
}

fn chat(message: Node<'_>, conversation: &mut Conversation) {
    let speaker = role(message);
    content(message, speaker, part_of_openai, conversation);
    if speaker == Speaker::Model {
        for name in ["tool_calls", "function_call"] {
            called(message.get(name), conversation);
        }
        for name in ["reasoning_content", "reasoning", "refusal"] {
            conversation.model_said(&word(message, name, ""));
        }
    }
}

fn part_of_openai(speaker: Speaker, part: Node<'_>, conversation: &mut Conversation) {
    match &*word(part, "type", "text") {
        "text" | "input_text" | "output_text" | "refusal" | "summary_text" | "reasoning_text" => {
            let text = part.as_str().unwrap_or_else(|| text_of(part));
            said(speaker, &text, conversation);
        }
        "image_url" | "input_image" | "input_audio" => image(part, conversation),
        "tool_use" if speaker == Speaker::Model => called(part.get("input"), conversation),
        _ => untrusted(part, conversation),
    }
}

fn responses(item: Node<'_>, conversation: &mut Conversation) {
    let kind = word(item, "type", "message");
    match &*kind {
        "message" => {
            content(item, role(item), part_of_openai, conversation);
        }
        "input_text" => said(Speaker::User, &text_of(item), conversation),
        "input_image" => image(item, conversation),
        "reasoning" => said_by_model(item, conversation),
        // A call that carries its own result has both in one item.
        "mcp_call" | "code_interpreter_call" | "file_search_call" | "image_generation_call" => {
            untrusted(item, conversation)
        }
        _ if kind.ends_with("_call") => said_by_model(item, conversation),
        _ => untrusted(item, conversation),
    }
}

fn gemini(content: Node<'_>, conversation: &mut Conversation) {
    let speaker = role(content);
    let parts = content.get("parts");
    let alone = parts.filter(|parts| !parts.is_array());
    for part in parts.into_iter().flat_map(|parts| parts.items()).chain(alone) {
        if let Some(text) = part.get("text").and_then(|text| text.as_str()) {
            said(speaker, &text, conversation);
        } else if part.get("inlineData").is_some() || part.get("inline_data").is_some() {
            image(part, conversation);
        } else if let Some(call) = part.get("functionCall").or_else(|| part.get("function_call")) {
            match speaker {
                Speaker::Model => called(call.get("args"), conversation),
                _ => untrusted(call, conversation),
            }
        } else if part.get("executableCode").is_some() && speaker == Speaker::Model {
            said_by_model(part, conversation);
        } else {
            untrusted(part, conversation);
        }
    }
}

/// The arguments of earlier calls: the model wrote them.
fn called(arguments: Option<Node<'_>>, conversation: &mut Conversation) {
    if let Some(arguments) = arguments {
        said_by_model(arguments, conversation);
    }
}

fn said_by_model(value: Node<'_>, conversation: &mut Conversation) {
    texts(value, &mut |text| conversation.model_said(text), 0);
}

fn untrusted(value: Node<'_>, conversation: &mut Conversation) {
    match value.get("content").filter(|content| content.is_array() && value.get("type").is_some()) {
        Some(blocks) => {
            for block in blocks.items() {
                match &*word(block, "type", "") {
                    "image" | "input_image" | "image_url" => image(block, conversation),
                    _ => texts(block, &mut |text| conversation.untrusted_said(text), 0),
                }
            }
        }
        None => texts(value, &mut |text| conversation.untrusted_said(text), 0),
    }
}

/// An image or recording: known by its digest.
fn image(block: Node<'_>, conversation: &mut Conversation) {
    texts(
        block,
        &mut |text| {
            if text.len() > 64 || text.contains("://") {
                conversation.showed_image(text.as_bytes());
            }
        },
        0,
    );
}

fn text_of(block: Node<'_>) -> Cow<'_, str> {
    let text = block.get("text").or_else(|| block.get("refusal"));
    text.and_then(|text| text.as_str()).unwrap_or_default()
}

/// Every text and number inside a value.
fn texts(value: Node<'_>, each: &mut dyn FnMut(&str), depth: usize) {
    if depth > 64 {
        return;
    }
    match value.kind() {
        Kind::String => each(&value.as_str().unwrap_or_default()),
        Kind::Number => each(&number(value.raw_text())),
        Kind::Array => value.items().for_each(|item| texts(item, each, depth + 1)),
        Kind::Object => value.members().for_each(|member| texts(member.value, each, depth + 1)),
        Kind::Null | Kind::Bool => {}
    }
}

/// A number in the one spelling in which values are looked up.
fn number(text: &str) -> Cow<'_, str> {
    if text.len() < 19 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(text);
    }
    match serde_json::from_str::<serde_json::Number>(text) {
        Ok(number) => Cow::Owned(number.to_string()),
        // Larger than any number a reader can take it for.
        Err(_) => Cow::Borrowed(text),
    }
}

/// The tools that a request declares, in any of the four shapes.
pub(super) fn tools(value: &Value) -> Vec<DeclaredTool> {
    let mut found = Vec::new();
    for tool in value.as_array().into_iter().flatten() {
        match tool
            .get("functionDeclarations")
            .or_else(|| tool.get("function_declarations"))
            .and_then(Value::as_array)
        {
            Some(functions) => found.extend(functions.iter().filter_map(declared)),
            None => found.extend(declared(tool.get("function").unwrap_or(tool))),
        }
    }
    found.truncate(4096);
    found
}

fn declared(tool: &Value) -> Option<DeclaredTool> {
    let name = tool.get("name").or_else(|| tool.get("type")).and_then(Value::as_str)?.to_owned();
    let schema = ["input_schema", "parameters", "parametersJsonSchema", "parameters_json_schema"]
        .iter()
        .find_map(|name| tool.get(name));
    let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    let parameters =
        properties.map(|properties| properties.keys().take(256).cloned().collect()).unwrap_or_default();
    Some(DeclaredTool { name, parameters })
}
