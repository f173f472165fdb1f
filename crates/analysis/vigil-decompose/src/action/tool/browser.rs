//! Tools that drive a screen or a browser.

use vigil_core::{Resource, Verb};

use super::{Tool, reach};
use crate::action::draft::{Draft, Drafts};

/// Computer use of Anthropic (`action: left_click`) and OpenAI (`type: click`, `actions: […]`).
pub(super) fn computer(tool: &Tool<'_>, drafts: &mut Drafts) {
    let list = tool.arguments.get("actions").and_then(serde_json::Value::as_array);
    let one =
        [tool.arguments.get("action").filter(|value| value.is_object()).unwrap_or(tool.arguments).clone()];
    for action in list.map_or(&one[..], Vec::as_slice).iter().take(128) {
        let kind = action
            .get("action")
            .or_else(|| action.get("type"))
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        let text = action.get("text").and_then(serde_json::Value::as_str).unwrap_or_default();
        match kind {
            "screenshot" | "cursor_position" | "wait" | "zoom" | "mouse_move" | "move" | "scroll" => {
                drafts.add(Draft::new(Verb::Read, Resource::Unknown).from(tool.raw));
            }
            // What a click or a key does only the screen knows.
            "type" => drafts.add(Draft::new(Verb::Execute, Resource::Unknown).from(text)),
            _ => drafts.add(Draft::unknown(tool.raw)),
        }
    }
}

/// Browser tools of Playwright, Puppeteer, Chrome and browser-use. Whether the tool is one; its effects are added then.
pub(super) fn decompose(tool: &Tool<'_>, drafts: &mut Drafts) -> bool {
    let Some(rest) = tool
        .name
        .strip_prefix("browser_")
        .or_else(|| tool.name.strip_prefix("puppeteer_"))
        .or_else(|| tool.name.strip_prefix("playwright_"))
    else {
        return false;
    };
    match rest {
        "navigate" | "open" | "goto" | "tab_new" | "new_tab" => match tool.text(&["url"]) {
            Some(url) => drafts.add(reach(url, false)),
            None => return false,
        },
        "snapshot" | "take_screenshot" | "screenshot" | "console_messages" | "network_requests"
        | "tab_list" | "tabs" | "wait_for" | "hover" | "resize" | "close" | "navigate_back"
        | "get_visible_text" | "get_visible_html" => {
            drafts.add(Draft::new(Verb::Read, Resource::Unknown).from(tool.raw))
        }
        // A click can buy; text that is typed leaves the machine.
        "type" | "fill" | "fill_form" | "file_upload" | "select_option" | "upload" => {
            drafts.add(Draft::new(Verb::Send, Resource::Unknown).from(tool.raw));
        }
        _ => return false,
    }
    true
}
