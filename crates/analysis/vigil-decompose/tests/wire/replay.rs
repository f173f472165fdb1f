//! Every recorded exchange of the formats, under every split, allowed, denied, mixed and cut.

use vigil_core::wire::WireFormat;

use crate::corpus::{Recorded, load};
use crate::drive::{DENY, Drive, Random, When, allow, cut, deny, splits};
use crate::reply::{Call, Reply, leaks};
use crate::spelling::SPELLINGS;
use crate::{anthropic, chat, gemini, responses};

type Parse = fn(&[u8], bool) -> Reply;

fn grammar(format: WireFormat) -> Parse {
    match format {
        WireFormat::AnthropicMessages => anthropic::parse,
        WireFormat::OpenAiChat => chat::parse,
        WireFormat::OpenAiResponses => responses::parse,
        WireFormat::Gemini => gemini::parse,
    }
}

struct Case {
    name: String,
    format: WireFormat,
    parse: Parse,
    body: Vec<u8>,
    is_stream: bool,
    recorded: Recorded,
}

impl Case {
    fn parse(&self, body: &[u8]) -> Reply {
        (self.parse)(body, self.is_stream)
    }

    fn seed(&self) -> u64 {
        self.name.bytes().fold(7, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)))
    }
}

fn each_case(mut check: impl FnMut(&Case)) {
    let mut count = 0;
    for (place, recorded) in load().into_iter().enumerate() {
        let Some(format) = recorded.format().filter(|_| recorded.status == 200) else { continue };
        let parse = grammar(format);
        let (body, is_stream) = (recorded.body.clone(), recorded.is_stream);
        let mut case = Case { name: recorded.file.clone(), format, parse, body, is_stream, recorded };
        check(&case);
        count += 1;
        if let Some(body) = array(&case) {
            let (name, events) = (format!("{}#array", case.name), std::mem::replace(&mut case.body, body));
            case.name = name;
            check(&case);
            count += 1;
            case.body = events;
            case.name = case.recorded.file.clone();
        }
        // One other spelling of each exchange with calls.
        let spellings = SPELLINGS.iter().cycle().skip(place % SPELLINGS.len()).take(SPELLINGS.len());
        let text = String::from_utf8(case.body.clone()).unwrap();
        let found = spellings.filter_map(|(name, spell)| Some((name, spell(&text, case.is_stream)?))).next();
        if let Some((name, spelled)) = found.filter(|_| !case.recorded.calls.is_empty()) {
            case.name = format!("{}#{name}", case.name);
            case.body = spelled.into_bytes();
            check(&case);
            count += 1;
        }
    }
    eprintln!("{count} cases");
}

/// A Gemini event stream as the array that the same method sends without `alt=sse`.
fn array(case: &Case) -> Option<Vec<u8>> {
    let is_event_stream = case.format == WireFormat::Gemini && case.is_stream;
    let text = String::from_utf8(case.body.clone()).ok().filter(|_| is_event_stream)?;
    let chunks: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).collect();
    Some(format!("[{}\n]\n", chunks.join("\n,\r\n")).into_bytes())
}

fn numbered(case: &Case, calls: &[vigil_core::wire::WireCall]) {
    let mut calls: Vec<_> = calls.iter().collect();
    calls.sort_by_key(|call| call.number);
    let have: Vec<_> = calls.iter().map(|call| (call.name.as_str(), call.id.as_deref())).collect();
    let want: Vec<_> =
        case.recorded.calls.iter().map(|call| (call.name.as_str(), call.id.as_deref())).collect();
    assert_eq!(have, want, "{}", case.name);
    for (call, expected) in calls.iter().zip(&case.recorded.calls) {
        let text = if call.arguments.is_empty() { "{}" } else { &call.arguments };
        let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        assert_eq!(value, expected.arguments, "{}", case.name);
        let has_name = !matches!(call.name.as_str(), "local_shell" | "shell" | "apply_patch" | "tool_search");
        assert_eq!(call.duplicate_members, has_name && case.name.ends_with("#duplicates"), "{}", case.name);
    }
}

#[test]
fn released_replies_are_the_recorded_bytes() {
    each_case(|case| {
        for (at, pieces) in splits(&case.body, case.seed()).into_iter().enumerate() {
            let when = if at % 2 == 0 { When::AtOnce } else { When::LastFirst };
            let driven = Drive { when, ..allow(case.format) }.run(&pieces);
            assert_eq!(driven.fault, None, "{}", case.name);
            assert!(driven.bytes == case.body, "{}: bytes differ", case.name);
            assert!(driven.drained, "{}", case.name);
            assert_eq!(driven.released.len(), case.recorded.calls.len(), "{}", case.name);
            numbered(case, &driven.calls);
        }
    });
}

#[test]
fn denied_replies_hold_the_deny_text_and_nothing_of_the_calls() {
    each_case(|case| {
        let recorded = case.parse(&case.body);
        if recorded.calls().is_empty() {
            return;
        }
        for (at, pieces) in splits(&case.body, case.seed()).into_iter().enumerate() {
            let when = if at % 2 == 1 { When::AtOnce } else { When::LastFirst };
            let driven = Drive { when, ..deny(case.format) }.run(&pieces);
            assert!(driven.released.is_empty() && driven.drained && driven.fault.is_none(), "{}", case.name);
            agrees(case, &recorded, &driven.bytes, &|_| true);
        }
    });
}

#[test]
fn mixed_answers_touch_only_the_denied_calls() {
    each_case(|case| {
        let recorded = case.parse(&case.body);
        let count = recorded.calls().len();
        if count < 2 {
            return;
        }
        let mut random = Random(case.seed() | 1);
        for (at, pieces) in splits(&case.body, case.seed()).into_iter().enumerate() {
            let mask = random.below(1 << count.min(16));
            let denies = |number: u32| mask >> number & 1 == 1;
            let when = if at % 2 == 0 { When::AtOnce } else { When::LastFirst };
            let driven = Drive { when, denies: &denies, ..allow(case.format) }.run(&pieces);
            assert!(driven.drained && driven.fault.is_none(), "{}", case.name);
            agrees(case, &recorded, &driven.bytes, &denies);
        }
    });
}

fn agrees(case: &Case, recorded: &Reply, body: &[u8], denies: &dyn Fn(u32) -> bool) {
    let name = &case.name;
    let delivered = case.parse(body);
    let news: Vec<_> = delivered.problems.difference(&recorded.problems).collect();
    assert!(news.is_empty(), "{name}: {news:?}");
    let mut number = 0;
    let (mut gone, mut kept): (Vec<Call>, Vec<Call>) = Default::default();
    for (channel, was) in &recorded.channels {
        let is = delivered.channels.get(channel).unwrap_or_else(|| panic!("{name}: {channel} is gone"));
        let (mut removed, mut stay) = (Vec::new(), Vec::new());
        for call in &was.calls {
            if denies(number) { &mut removed } else { &mut stay }.push(call.clone());
            number += 1;
        }
        assert_eq!(is.calls, stay, "{name}: calls of {channel}");
        assert_eq!(is.rest, was.rest, "{name}: rest of {channel}");
        assert_eq!(is.text.matches(DENY).count(), removed.len(), "{name}: deny texts of {channel}");
        let said = is.text.replace(&format!("\n\n{DENY}"), "").replace(DENY, "");
        assert_eq!(said, was.text, "{name}: text of {channel}");
        let stop = match was.stop.as_deref() {
            Some("tool_use") if stay.is_empty() && !removed.is_empty() => Some("end_turn"),
            Some("tool_calls" | "function_call") if stay.is_empty() && !removed.is_empty() => Some("stop"),
            other => other,
        };
        assert_eq!(is.stop.as_deref(), stop, "{name}: stop of {channel}");
        gone.extend(removed);
        kept.extend(stay);
    }
    let found = leaks(&delivered, recorded, &gone, &kept);
    assert!(found.is_empty(), "{name}: {found:?}");
}

#[test]
fn no_part_of_a_call_goes_out_of_a_reply_that_is_cut() {
    each_case(|case| {
        if case.recorded.calls.is_empty() {
            return;
        }
        let recorded = case.parse(&case.body);
        let whole = recorded.calls();
        let mut random = Random(case.seed() | 1);
        let places: Vec<_> = match case.body.len() {
            short if short <= 2500 => (0..short).collect(),
            long => (0..60).map(|_| random.below(long)).collect(),
        };
        for (at, place) in places.into_iter().enumerate() {
            let when = [When::AtOnce, When::LastFirst, When::Never][at % 3];
            let body = &case.body[..place];
            let driven =
                Drive { when, complete: false, ..allow(case.format) }.run(&cut(body, vec![place / 2]));
            assert!(driven.drained && driven.held == 0, "{}", case.name);
            if !case.is_stream {
                assert!(driven.bytes.is_empty(), "{}", case.name);
                continue;
            }
            let delivered = case.parse(&driven.bytes);
            assert_eq!(delivered.calls().len(), driven.released.len(), "{} cut at {place}", case.name);
            assert!(
                delivered.calls().iter().all(|call| whole.contains(call)),
                "{} cut at {place}",
                case.name
            );
            let gone: Vec<_> =
                whole.iter().filter(|call| !delivered.calls().contains(call)).cloned().collect();
            let found = leaks(&delivered, &recorded, &gone, &delivered.calls());
            assert!(found.is_empty(), "{} cut at {place}: {found:?}", case.name);
        }
    });
}

#[test]
fn summaries_tell_what_the_recorder_saw() {
    each_case(|case| {
        let expected = &case.recorded.expected;
        let summary = allow(case.format).whole(&case.body).summary;
        assert_eq!(summary.protocol.contains("-stream"), case.is_stream, "{}", summary.protocol);
        assert!(summary.protocol.contains('-'), "{}", summary.protocol);
        assert_eq!(summary.usage.input, expected["usage"]["input"].as_u64(), "{}", case.name);
        assert_eq!(summary.usage.output, expected["usage"]["output"].as_u64(), "{}", case.name);
        assert_eq!(
            summary.error,
            !expected["error"].is_null() && expected["error"] != false,
            "{}",
            case.name
        );
        if let Some(stop) = expected["stop_reason"].as_str() {
            assert!(summary.stop_reasons.iter().any(|reason| reason == stop), "{}: {summary:?}", case.name);
        }
        let digest =
            summary.text.map(|text| text.sha256.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        if case.recorded.file.contains("openai-phase.1") {
            return; // Most of its deltas were taken out by hand.
        }
        let chars = expected["text_chars"].as_u64().unwrap_or(0);
        assert_eq!(
            digest.as_deref(),
            expected["text_sha256"].as_str().filter(|_| chars > 0),
            "{}",
            case.name
        );
        let mut server: Vec<_> = summary.server_calls.iter().map(|call| call.name.clone()).collect();
        let mut want = case.recorded.server_calls.clone();
        server.sort();
        want.sort();
        assert_eq!(server, want, "{}", case.name);
    });
}
