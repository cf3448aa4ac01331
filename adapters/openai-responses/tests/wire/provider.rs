//! A provider that says what a test wants, and short forms for requests and events.

use hotcell_adapter_openai_responses::OpenAiResponses;
use hotcell_sdk::testing::{Run, Script};
use hotcell_sdk::{
    ChatRequest, Event, Failure, FailureKind, Message, Native, Part, ReasoningPart, Role, ToolCall,
};
use serde_json::{Value, json};

pub(crate) const DIALECT: &str = "openai-responses";

pub(crate) fn provider() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

/// The stream of these events, as the provider writes it.
pub(crate) fn sse(events: &[Value]) -> String {
    let event = |event: &Value| {
        let name = event["type"].as_str().unwrap_or_default();
        format!("event: {name}\ndata: {event}\n\n")
    };
    events.iter().map(event).collect()
}

/// A response with this status and output.
pub(crate) fn response(status: &str, output: Value) -> Value {
    json!({ "id": "resp_1", "object": "response", "created_at": 1_700_000_000,
        "status": status, "error": null, "incomplete_details": null, "model": "gpt-test",
        "output": output, "usage": null })
}

pub(crate) fn created() -> Value {
    json!({ "type": "response.created", "sequence_number": 0,
        "response": response("in_progress", json!([])) })
}

pub(crate) fn completed(output: Value) -> Value {
    json!({ "type": "response.completed", "response": response("completed", output) })
}

pub(crate) fn added(at: u32, item: Value) -> Value {
    json!({ "type": "response.output_item.added", "output_index": at, "item": item })
}

pub(crate) fn done(at: u32, item: Value) -> Value {
    json!({ "type": "response.output_item.done", "output_index": at, "item": item })
}

/// A piece of a text.
pub(crate) fn delta(at: u32, text: &str) -> Value {
    piece("output_text", at, text)
}

/// A piece of anything.
pub(crate) fn piece(kind: &str, at: u32, text: &str) -> Value {
    json!({ "type": format!("response.{kind}.delta"), "output_index": at, "content_index": 0,
        "item_id": "i", "delta": text })
}

/// A message as the provider tells it.
pub(crate) fn message(content: Value) -> Value {
    json!({ "id": "msg_1", "type": "message", "status": "completed", "role": "assistant",
        "content": content })
}

/// A whole stream with these events between its beginning and its end.
pub(crate) fn answer(events: &[Value]) -> String {
    sse(&[created()]) + &sse(events) + &sse(&[completed(json!([]))])
}

/// Runs a stream at every kind of cut.
pub(crate) fn run(body: &str) -> Run {
    play("text/event-stream; charset=utf-8", body, true)
}

/// Runs an answer in one piece at every kind of cut.
pub(crate) fn run_whole(body: &Value) -> Run {
    play("application/json", &body.to_string(), false)
}

pub(crate) fn play(content_type: &str, body: &str, stream: bool) -> Run {
    let mut script = provider();
    script.answer(200, content_type, body).header("x-request-id", "req_1");
    let request = ChatRequest { stream, ..ChatRequest::user("hi") };
    let run = script.chat_at_every_cut::<OpenAiResponses>(&request);
    assert_eq!(broken_promise(&run.events), None, "{body}");
    run
}

/// What of these events no adapter may yield.
pub(crate) fn broken_promise(events: &[Event]) -> Option<&Event> {
    let (mut begun, mut finished) = (false, false);
    events.iter().find(|event| match event {
        Event::Started(_) => std::mem::replace(&mut begun, true),
        Event::Warning(_) | Event::Usage(_) | Event::Native(_) => false,
        Event::Finished(_) => std::mem::replace(&mut finished, true),
        _ => {
            begun = true;
            finished
        }
    })
}

/// What a stream tells between the beginning and the end of the answer.
pub(crate) fn content(events: &[Value]) -> Vec<String> {
    let run = run(&answer(events));
    assert_eq!(run.failure, None);
    told(&run.events)
}

/// Events in short, without the first and the last.
pub(crate) fn told(events: &[Event]) -> Vec<String> {
    let short = |event: &Event| {
        Some(match event {
            Event::Started(_) | Event::Finished(_) => return None,
            Event::Text(delta) => format!("{} text {}", delta.index, delta.text),
            Event::Reasoning(delta) => format!("{} reasoning {}", delta.index, delta.text),
            Event::Refusal(delta) => format!("{} refusal {}", delta.index, delta.text),
            Event::Signature(delta) => format!("{} signature {}", delta.index, delta.text),
            Event::ToolCallArguments(delta) => format!("{} arguments {}", delta.index, delta.text),
            Event::ToolCallStarted(call) => {
                let extra = call.extra.as_ref().map_or("", own);
                format!("{} call {} {} {extra}", call.index, call.id, call.name)
            }
            Event::Citation(at) => format!("{} citation {}", at.index, own(&at.value)),
            Event::Logprobs(at) => format!("{} logprobs {}", at.index, own(&at.value)),
            Event::Native(at) => format!("{} native {}", at.index, own(&at.value)),
            other => format!("{other:?}"),
        })
    };
    events.iter().filter_map(short).collect()
}

/// The value of something in this dialect.
pub(crate) fn own(native: &Native) -> &str {
    assert_eq!(native.dialect, DIALECT);
    &native.value
}

pub(crate) fn native(value: Value) -> Native {
    Native { dialect: DIALECT.to_owned(), value: value.to_string() }
}

pub(crate) fn foreign(dialect: &str, value: Value) -> Native {
    Native { dialect: dialect.to_owned(), value: value.to_string() }
}

/// What leaves for a request, and what is said about it.
pub(crate) fn sent(request: ChatRequest) -> (Value, Vec<String>) {
    sent_by(provider(), request)
}

pub(crate) fn sent_by(mut script: Script, request: ChatRequest) -> (Value, Vec<String>) {
    script.answer(200, "text/event-stream", answer(&[]));
    let run = script.chat::<OpenAiResponses>(request);
    assert_eq!(run.failure, None);
    let warnings = run.warnings().into_iter().map(str::to_owned).collect();
    (run.requests[0].json(), warnings)
}

/// Why a request does not leave.
pub(crate) fn refused(request: ChatRequest) -> Failure {
    let mut script = provider();
    script.answer(200, "text/event-stream", answer(&[]));
    let run = script.chat::<OpenAiResponses>(request);
    assert!(run.requests.is_empty(), "{:?}", run.requests);
    run.failure.expect("a failure")
}

pub(crate) fn unsupported(request: ChatRequest) -> String {
    let failure = refused(request);
    assert_eq!(failure.kind, FailureKind::Unsupported, "{failure:?}");
    failure.message
}

/// The input of a request with these messages.
pub(crate) fn input(messages: Vec<Message>) -> Value {
    let (body, warnings) = sent(ChatRequest::new(messages));
    assert_eq!(warnings, Vec::<String>::new());
    body["input"].clone()
}

pub(crate) fn said(role: Role, text: &str) -> Message {
    Message::new(role, vec![Part::plain(text)])
}

/// What an answer makes of the next turn, as a runner adds it up.
pub(crate) fn turn(events: &[Event]) -> Message {
    let mut parts: Vec<(u32, Part)> = Vec::new();
    let thought = |parts: &mut Vec<(u32, Part)>, index: u32| {
        let known =
            parts.iter().position(|(at, part)| *at == index && matches!(part, Part::Reasoning(_)));
        known.unwrap_or_else(|| {
            let (id, signature, redacted, extra) = (None, None, None, None);
            let part = ReasoningPart { id, text: String::new(), signature, redacted, extra };
            parts.push((index, Part::Reasoning(part)));
            parts.len() - 1
        })
    };
    for event in events {
        match event {
            Event::Text(delta) => match parts.last_mut() {
                Some((at, Part::Text(text))) if *at == delta.index => text.text += &delta.text,
                _ => parts.push((delta.index, Part::plain(delta.text.clone()))),
            },
            Event::Refusal(delta) => parts.push((delta.index, Part::Refusal(delta.text.clone()))),
            Event::Reasoning(delta) => {
                let at = thought(&mut parts, delta.index);
                if let Part::Reasoning(part) = &mut parts[at].1 {
                    part.text += &delta.text;
                }
            }
            Event::Signature(delta) => {
                let at = thought(&mut parts, delta.index);
                if let Part::Reasoning(part) = &mut parts[at].1 {
                    part.signature.get_or_insert_default().push_str(&delta.text);
                }
            }
            Event::ToolCallStarted(call) => {
                let (id, name, arguments) = (call.id.clone(), call.name.clone(), String::new());
                let (signature, extra) = (call.signature.clone(), call.extra.clone());
                let call = ToolCall { id, name, arguments, signature, extra };
                parts.push((call_index(event), Part::ToolCall(call)));
            }
            Event::ToolCallArguments(delta) => {
                for (at, part) in &mut parts {
                    if let (Part::ToolCall(call), true) = (part, *at == delta.index) {
                        call.arguments += &delta.text;
                    }
                }
            }
            Event::Media(media) => parts.push((media.index, Part::Media(media.part.clone()))),
            Event::Native(at) => parts.push((at.index, Part::Native(at.value.clone()))),
            _ => {}
        }
    }
    Message::new(Role::Assistant, parts.into_iter().map(|(_, part)| part).collect())
}

fn call_index(event: &Event) -> u32 {
    match event {
        Event::ToolCallStarted(call) => call.index,
        _ => 0,
    }
}
