//! The same reply in other forms that mean the same to a client.

use crate::reply::events;

/// A way to spell a body.
pub type Spelling = fn(&str, bool) -> Option<String>;

pub const SPELLINGS: [(&str, Spelling); 7] = [
    ("cr", |body, is_stream| is_stream.then(|| lines(body, "\r"))),
    ("crlf", |body, is_stream| is_stream.then(|| lines(body, "\r\n"))),
    ("nospace", |body, is_stream| {
        is_stream.then(|| body.replace("data: ", "data:").replace("event: ", "event:"))
    }),
    ("comments", comments),
    ("datalines", data_lines),
    ("escapes", |body, is_stream| Some(json_parts(body, is_stream, &escape))),
    ("duplicates", |body, is_stream| Some(json_parts(body, is_stream, &duplicate))),
];

fn lines(body: &str, end: &str) -> String {
    body.replace("\r\n", "\n").replace('\r', "\n").replace('\n', end)
}

fn comments(body: &str, is_stream: bool) -> Option<String> {
    let mut out = String::new();
    for (at, event) in body.replace("\r\n", "\n").split_inclusive("\n\n").enumerate() {
        out.push_str([": note\n", "id: 7\n", "retry: 10\n", ""][at % 4]);
        out.push_str(event);
    }
    is_stream.then_some(out)
}

/// One JSON value over several `data` lines, cut after commas between members.
fn data_lines(body: &str, is_stream: bool) -> Option<String> {
    let cut = |line: &str| match line.strip_prefix("data: ") {
        Some(json) if json.starts_with('{') => {
            let places: Vec<_> =
                outside_strings(json).filter(|&(_, c)| c == ',').map(|(at, _)| at + 1).take(3).collect();
            let mut from = 0;
            let mut out = String::new();
            for at in places.into_iter().chain([json.len()]) {
                out.push_str(&format!("data: {}\n", &json[from..at]));
                from = at;
            }
            out.trim_end_matches('\n').to_owned()
        }
        _ => line.to_owned(),
    };
    is_stream.then(|| body.replace("\r\n", "\n").split('\n').map(cut).collect::<Vec<_>>().join("\n"))
}

fn outside_strings(json: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut inside, mut escaped) = (false, false);
    json.char_indices().filter(move |&(_, c)| {
        let was_inside = inside;
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ => {}
        }
        !was_inside && c != '"'
    })
}

fn json_parts(body: &str, is_stream: bool, change: &dyn Fn(&str) -> String) -> String {
    if !is_stream {
        return change(body);
    }
    let one = |line: &str| match line.strip_prefix("data: ") {
        Some(json) if json.starts_with('{') => format!("data: {}", change(json)),
        _ => line.to_owned(),
    };
    body.replace("\r\n", "\n").split('\n').map(one).collect::<Vec<_>>().join("\n")
}

/// Every third letter or digit in a string as an escape, also in the names of members.
fn escape(json: &str) -> String {
    let mut out = String::new();
    let (mut inside, mut skip) = (false, 0);
    let chars: Vec<char> = json.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        if skip > 0 {
            skip -= 1;
        } else if c == '\\' {
            skip = if chars.get(at + 1) == Some(&'u') { 5 } else { 1 };
        } else if c == '"' {
            inside = !inside;
        } else if inside && at % 3 == 1 && (c.is_ascii_alphanumeric() || c == '_') {
            out.push_str(&format!("\\u{:04x}", c as u32));
            continue;
        }
        out.push(c);
    }
    out
}

/// A harmless `name` before each real one: clients act on the last.
fn duplicate(json: &str) -> String {
    json.replace("\"name\":\"", "\"name\":\"read_clock\",\"name\":\"")
        .replace("\"name\": \"", "\"name\": \"read_clock\", \"name\": \"")
}

#[test]
fn spellings_of_a_stream_mean_the_same() {
    let body = "event: a\ndata: {\"x\":[1,2],\"y\":\"a,b\"}\n\ndata: [DONE]\n\n";
    let values = |body: &str| -> Vec<_> {
        let (events, finished) = events(body.as_bytes());
        assert!(finished);
        events
            .into_iter()
            .map(|(name, data)| (name, serde_json::from_str::<serde_json::Value>(&data).ok()))
            .collect()
    };
    for (name, spell) in SPELLINGS {
        let spelled = spell(body, true).unwrap();
        assert_eq!(values(&spelled), values(body), "{name}: {spelled}");
    }
}
