//! How often a person would be asked: recorded sessions of agents through the real decomposer and the real gate.
//!
//! Each session is played as a daemon would meet it: a call is seen in what was said before its reply, every held call
//! is approved, and what the session did before counts. The table says how many calls of a hundred are held.
//!
//! ```text
//! cargo run --release -p vigil-bench --example trace_holds -- [--profile balanced] [--workdir /testbed] FILE.jsonl.zst…
//! ```
//!
//! `--workdir` is what the agent's system prompt would say; the traces leave system prompts out. Files are read
//! through the program `zstd`.

#![expect(clippy::indexing_slicing, reason = "a member that a JSON value lacks reads as null")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde_json::Value;
use vigil_core::message::{
    CallCaptured, Decision, Decomposed, ExchangeHead, PolicyInput, PolicyOutput, Said, UserAnswer,
};
use vigil_core::wire::{CallKind, Endpoint, WireCall, WireFormat};
use vigil_core::{CallNumber, Classification, ExchangeId, Millis, Plane as _, Ruling, SessionId, Timestamp};
use vigil_decompose::{Conversation, DeclaredTool, decompose};
use vigil_policy::{CompiledPolicy, Policy, PolicySettings, Profile};

fn main() -> anyhow::Result<()> {
    let (mut profile, mut workdir, mut files) = (Profile::Balanced, None, Vec::new());
    let mut examples = EXAMPLES;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--profile" => {
                let word = args.next().context("--profile needs observe, balanced or strict")?;
                profile = Profile::parse(&word).with_context(|| format!("there is no profile `{word}`"))?;
            }
            "--workdir" => workdir = Some(args.next().context("--workdir needs a directory")?),
            "--examples" => examples = args.next().context("--examples needs a number")?.parse()?,
            _ => files.push(arg),
        }
    }
    if files.is_empty() {
        bail!("name the trace files, *.jsonl.zst");
    }
    let mut tally = Tally { examples, ..Tally::default() };
    for file in &files {
        let tools = declared_tools(Path::new(file))?;
        let mut unpacked = Command::new("zstd").args(["-dc", file]).stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(unpacked.stdout.take().context("zstd has no output")?).lines();
        for line in lines {
            let session: Value = serde_json::from_str(&line?)?;
            let none = Vec::new();
            let tools = tools.get(text(&session["suite"])).unwrap_or(&none);
            play(&session, tools, profile, workdir.as_deref(), &mut tally);
        }
        if !unpacked.wait()?.success() {
            bail!("`zstd -dc {file}` failed");
        }
    }
    tally.print(profile)
}

/// The tools of each suite, from `suites.json` beside the traces.
fn declared_tools(trace: &Path) -> anyhow::Result<BTreeMap<String, Vec<DeclaredTool>>> {
    let mut declared = BTreeMap::new();
    let Ok(bytes) = std::fs::read(trace.with_file_name("suites.json")) else { return Ok(declared) };
    let suites: Value = serde_json::from_slice(&bytes)?;
    for (suite, value) in suites["suites"].as_object().into_iter().flatten() {
        let tools = value["tools"].as_array().into_iter().flatten().map(|tool| DeclaredTool {
            name: text(&tool["name"]).to_owned(),
            parameters: names(&tool["parameters"]["properties"]),
        });
        declared.insert(suite.clone(), tools.collect());
    }
    Ok(declared)
}

fn names(object: &Value) -> Vec<String> {
    object.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Plays one session from its first step to its last.
fn play(session: &Value, tools: &[DeclaredTool], profile: Profile, workdir: Option<&str>, tally: &mut Tally) {
    let mut conversation = Conversation::new();
    for tool in tools {
        conversation.declare_tool(tool.clone());
    }
    if let Some(workdir) = workdir {
        conversation.set_working_directory(workdir);
    }
    conversation.push_user_text(text(&session["user_prompt"]));
    let mut gate = Gate::new(profile, text(&session["session_id"]));
    let harmful: Vec<(u64, u64)> = session["injected_goal_actions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|action| action["tier"] == "effect")
        .filter_map(|action| Some((action["step"].as_u64()?, action["call"].as_u64()?)))
        .collect();
    let mut seen = Seen::default();
    for (at, step) in (0..).zip(session["steps"].as_array().into_iter().flatten()) {
        match text(&step["role"]) {
            "tool" => conversation.push_tool_result(text(&step["tool_output"])),
            "user" => conversation.push_user_text(text(&step["text"])),
            _ => {
                let calls = step["tool_calls"].as_array().map_or(&[][..], Vec::as_slice);
                for (number, call) in (0..).zip(calls) {
                    let decision = gate.ask(call, &conversation);
                    let stopped = decision.as_ref().is_some_and(|d| d.ruling != Ruling::Allow);
                    seen.stopped |= stopped;
                    if harmful.contains(&(at, number)) {
                        seen.harm_stopped |= stopped;
                        seen.stopped_by_harm |= seen.stopped;
                        seen.harm = true;
                        tally.harm_passed(call, seen.stopped);
                    }
                    tally.call(session, call, decision.as_deref());
                }
                // What the model wrote is in the next request, not in the one that this reply answers.
                let mut said = text(&step["text"]).to_owned();
                for call in calls {
                    said.push('\n');
                    said += &call["arguments"].to_string();
                }
                conversation.push_assistant_text(&said);
            }
        }
    }
    tally.session(session, seen);
}

/// What one session met.
#[derive(Default)]
struct Seen {
    stopped: bool,
    /// It has a call that does the injected harm.
    harm: bool,
    /// Such a call was itself held or blocked.
    harm_stopped: bool,
    /// Something was, at or before such a call.
    stopped_by_harm: bool,
}

/// The Policy plane for one session.
struct Gate {
    plane: Policy,
    session: SessionId,
    calls: u32,
}

impl Gate {
    fn new(profile: Profile, session: &str) -> Self {
        let settings =
            PolicySettings { hold_window: Millis(30_000), grants: Vec::new(), now: Timestamp::default() };
        let plane = Policy::new(CompiledPolicy::profile(profile), settings);
        Self { plane, session: SessionId(session.to_owned()), calls: 0 }
    }

    /// The decision on a call; whoever is asked says yes.
    fn ask(&mut self, call: &Value, conversation: &Conversation) -> Option<Arc<Decision>> {
        self.calls += 1;
        let exchange = ExchangeId::new(u64::from(self.calls), 0);
        let wire = WireCall {
            number: CallNumber(0),
            id: None,
            name: text(&call["name"]).to_owned(),
            arguments: call["arguments"].to_string(),
            kind: CallKind::Client,
            duplicate_members: false,
        };
        let action = Arc::new(decompose(&wire, conversation));
        let head = ExchangeHead {
            exchange,
            session: self.session.clone(),
            at: Timestamp::default(),
            provider: "anthropic".to_owned(),
            host: "api.anthropic.com".to_owned(),
            method: "POST".to_owned(),
            path: "/v1/messages".to_owned(),
            endpoint: Endpoint::Gated(WireFormat::AnthropicMessages),
            client_ref: String::new(),
            agent: "trace".to_owned(),
            conversation_ref: None,
        };
        let captured = CallCaptured {
            head: Arc::new(head),
            call: wire,
            at: Timestamp::default(),
            protocol: "anthropic-messages",
            model: None,
            response_hash_upstream: [0; 32],
            response_hash_delivered: [0; 32],
        };
        let decomposed = Decomposed {
            exchange,
            call: CallNumber(0),
            action,
            classification: Arc::new(Classification::default()),
        };
        let (mut decision, mut held) = (None, None);
        let mut hear = |output| match output {
            PolicyOutput::Decision(said) => decision = Some(said),
            PolicyOutput::HoldOpened(opened) => held = Some(opened.id),
            _ => {}
        };
        self.plane.handle(PolicyInput::Call(Arc::new(captured)), &mut hear);
        self.plane.handle(PolicyInput::Decomposed(decomposed), &mut hear);
        if let Some(id) = held {
            let answer = UserAnswer { id, said: Said::Approve, at: Timestamp::default() };
            let mut hear = |output| {
                if let PolicyOutput::Decision(said) = output {
                    decision = Some(said);
                }
            };
            self.plane.handle(PolicyInput::UserAnswer(answer), &mut hear);
        }
        decision
    }
}

const EXAMPLES: usize = 3;
const REASONS: usize = 20;

/// Sums over sessions.
#[derive(Default)]
struct Tally {
    rows: BTreeMap<String, Row>,
    reasons: BTreeMap<String, Reason>,
    /// Tools whose injected calls nothing stopped.
    passed: BTreeMap<String, u64>,
    examples: usize,
}

#[derive(Default)]
struct Row {
    sessions: u64,
    stopped_sessions: u64,
    calls: u64,
    holds: u64,
    blocks: u64,
    harmful: u64,
    harm_stopped: u64,
    stopped_by_harm: u64,
}

#[derive(Default)]
struct Reason {
    count: u64,
    benign: u64,
    examples: Vec<String>,
}

impl Tally {
    fn row(&mut self, session: &Value) -> &mut Row {
        let [source, suite, label] = ["source", "suite", "label"].map(|name| text(&session[name]));
        self.rows.entry(format!("{source} {suite} {label}")).or_default()
    }

    fn call(&mut self, session: &Value, call: &Value, decision: Option<&Decision>) {
        let row = self.row(session);
        row.calls += 1;
        match decision.map(|decision| decision.ruling) {
            Some(Ruling::Allow) => return,
            // No decision at all: the gate would have let it wait.
            Some(Ruling::UserApprove | Ruling::Observed) | None => row.holds += 1,
            Some(_) => row.blocks += 1,
        }
        let Some(decision) = decision else { return };
        let remarks = decision.action.remarks.join(",");
        let rule = decision.rule_ids.first().map_or("", String::as_str);
        let tool = text(&call["name"]);
        let benign = text(&session["label"]) == "benign";
        let entry =
            self.reasons.entry(format!("{} {rule} {tool} {remarks}", text(&session["source"]))).or_default();
        entry.count += 1;
        entry.benign += u64::from(benign);
        if benign && entry.examples.len() < self.examples {
            let effects: Vec<String> = decision
                .action
                .effects
                .iter()
                .map(|effect| {
                    let wide = if effect.magnitude.recursive { " recursive" } else { "" };
                    let outward = if effect.magnitude.outward { " outward" } else { "" };
                    format!(
                        "{} {} {}{outward}{wide} by {}",
                        effect.verb,
                        short(&format!("{:?}", effect.resource), 120),
                        effect.reversibility,
                        effect.provenance
                    )
                })
                .collect();
            let arguments = short(&call["arguments"].to_string(), 400);
            entry.examples.push(format!("{arguments}\n         = {}", effects.join("; ")));
        }
    }

    fn harm_passed(&mut self, call: &Value, stopped: bool) {
        if !stopped {
            *self.passed.entry(text(&call["name"]).to_owned()).or_default() += 1;
        }
    }

    fn session(&mut self, session: &Value, seen: Seen) {
        let row = self.row(session);
        row.sessions += 1;
        row.stopped_sessions += u64::from(seen.stopped);
        row.harmful += u64::from(seen.harm);
        row.harm_stopped += u64::from(seen.harm_stopped);
        row.stopped_by_harm += u64::from(seen.stopped_by_harm);
    }

    fn print(&self, profile: Profile) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "profile {profile}: held and blocked calls of a hundred, sessions with any, injected harm stopped"
        )?;
        writeln!(
            out,
            "{:<52} {:>8} {:>7} {:>7} {:>7} {:>9}  harm itself / by then",
            "source suite label", "sessions", "calls", "held", "blocked", "sessions"
        )?;
        for (name, row) in &self.rows {
            let share = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
            let harm = match row.harmful {
                0 => String::new(),
                all => format!(
                    "  {:.1} % / {:.1} % of {all}",
                    share(row.harm_stopped, all),
                    share(row.stopped_by_harm, all)
                ),
            };
            writeln!(
                out,
                "{name:<52} {:>8} {:>7} {:>7.2} {:>7.2} {:>7.1} %{harm}",
                row.sessions,
                row.calls,
                share(row.holds, row.calls),
                share(row.blocks, row.calls),
                share(row.stopped_sessions, row.sessions),
            )?;
        }
        if !self.passed.is_empty() {
            let passed: Vec<_> = self.passed.iter().map(|(tool, count)| format!("{tool} {count}")).collect();
            writeln!(out, "\ninjected calls that nothing stopped: {}", passed.join(", "))?;
        }
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, reason)| std::cmp::Reverse(reason.count));
        writeln!(out, "\nmost frequent reasons (all, of them in benign sessions)")?;
        for (name, reason) in reasons.into_iter().take(REASONS) {
            writeln!(out, "{:>6} {:>6}  {name}", reason.count, reason.benign)?;
            for example in &reason.examples {
                writeln!(out, "       {example}")?;
            }
        }
        Ok(())
    }
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
