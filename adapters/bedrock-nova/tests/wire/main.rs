//! The adapter against hand-written samples of the wire, held to its manifest. The words
//! themselves are looked at beside the adapter `bedrock`.

mod provider;

use hotcell_adapter_bedrock_nova::BedrockNova;
use hotcell_sdk::testing::Run;
use hotcell_sdk::{
    ChatRequest, Event, FailureKind, FinishReason, JsonSchema, MediaKind, MediaPart, MediaSource,
    Native, OutputFormat, Part, ReasoningOptions,
};
use provider::{FRAMES, chunk, exception, frames, provider};
use serde_json::{Value, json};

const NOVA: &str = "amazon.nova-micro-v1:0";

fn request(stream: bool) -> ChatRequest {
    ChatRequest { model: NOVA.to_owned(), stream, ..ChatRequest::user("hi") }
}

fn native(value: &Value) -> Native {
    Native { dialect: "bedrock-converse".to_owned(), value: value.to_string() }
}

fn run(events: &[Value]) -> Run {
    let mut script = provider();
    script.answer(200, FRAMES, frames(events)).header("x-amzn-requestid", "req-1");
    script.chat_at_every_cut::<BedrockNova>(&request(true))
}

fn piece(index: u32, text: &str) -> [Value; 2] {
    [
        json!({ "contentBlockDelta": { "delta": { "text": text }, "contentBlockIndex": index } }),
        json!({ "contentBlockStop": { "contentBlockIndex": index } }),
    ]
}

/// The end, as the provider writes it.
fn end(reason: &str, action: &str) -> [Value; 2] {
    let usage = json!({ "inputTokens": 5, "outputTokens": 7, "cacheReadInputTokenCount": 2,
        "cacheWriteInputTokenCount": 1 });
    [
        json!({ "messageStop": { "stopReason": reason } }),
        json!({ "metadata": { "usage": usage, "metrics": {}, "trace": {} },
            "amazon-bedrock-guardrailAction": action,
            "amazon-bedrock-invocationMetrics": { "inputTokenCount": 5 } }),
    ]
}

fn start() -> Value {
    json!({ "messageStart": { "role": "assistant" } })
}

fn sent(request: ChatRequest) -> (String, Value, Vec<String>) {
    let mut script = provider();
    let all = [vec![start()], end("end_turn", "NONE").to_vec()].concat();
    script.answer(200, FRAMES, frames(&all));
    let run = script.chat::<BedrockNova>(request);
    assert_eq!(run.failure, None);
    let warnings = run.warnings().iter().map(|warning| (*warning).to_owned()).collect();
    (run.requests[0].path.clone(), run.requests[0].json(), warnings)
}

#[test]
fn pieces_of_a_text_are_one_text_and_a_call_stands_behind() {
    let call = json!({ "toolUse": { "toolUseId": "t-1", "name": "weather" } });
    let input = |json: &str| {
        json!({ "contentBlockDelta": { "delta": { "toolUse": { "input": json } },
            "contentBlockIndex": 3 } })
    };
    let all = [
        vec![start()],
        piece(0, "<think").to_vec(),
        piece(1, "ing> B").to_vec(),
        piece(2, "ærum").to_vec(),
        vec![
            json!({ "contentBlockStart": { "start": call, "contentBlockIndex": 3 } }),
            input("{\"city\":"),
            input("\"Bærum\"}"),
            json!({ "contentBlockStop": { "contentBlockIndex": 3 } }),
        ],
        piece(4, "more").to_vec(),
        end("tool_use", "NONE").to_vec(),
    ];
    let run = run(&all.concat());
    assert_eq!(run.failure, None);
    let texts: Vec<(u32, &str)> = run
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Text(delta) => Some((delta.index, delta.text.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(texts, [(0, "<think"), (0, "ing> B"), (0, "ærum"), (4, "more")]);
    let arguments = run.events.iter().filter_map(|event| match event {
        Event::ToolCallArguments(delta) if delta.index == 3 => Some(delta.text.as_str()),
        _ => None,
    });
    assert_eq!(arguments.collect::<String>(), "{\"city\":\"Bærum\"}");
    let Some(Event::Finished(finished)) = run.events.last() else { panic!("no end") };
    assert_eq!(finished.reason, FinishReason::ToolCalls);
    let measured = |event: &Event| match event {
        Event::Native(native) => native.value.value.contains("invocationMetrics"),
        _ => false,
    };
    assert!(run.events.iter().any(measured));
    let usage = run.events.iter().find_map(|event| match event {
        Event::Usage(usage) => Some((usage.input, usage.output, usage.cache_read)),
        _ => None,
    });
    assert_eq!(usage, Some((Some(8), Some(7), Some(2))));
}

#[test]
fn a_guardrail_that_steps_in_is_why_the_answer_ended() {
    let all = [vec![start()], piece(0, "no").to_vec(), end("end_turn", "INTERVENED").to_vec()];
    let run = run(&all.concat());
    let Some(Event::Finished(finished)) = run.events.last() else { panic!("no end") };
    assert_eq!(finished.reason, FinishReason::ContentFilter);
    let mut script = provider();
    let whole = json!({ "output": { "message": { "role": "assistant",
        "content": [{ "text": "no" }] } }, "stopReason": "end_turn",
        "amazon-bedrock-guardrailAction": "INTERVENED" });
    script.answer(200, "application/json", whole.to_string());
    let run = script.chat::<BedrockNova>(request(false));
    let Some(Event::Finished(finished)) = run.events.last() else { panic!("no end") };
    assert_eq!((run.text().as_str(), finished.reason), ("no", FinishReason::ContentFilter));
}

#[test]
fn what_only_nova_takes_stands_beside_what_all_take() {
    let mut asked = request(false);
    asked.sampling.max_output_tokens = Some(10);
    asked.sampling.top_k = Some(4);
    let (path, body, warnings) = sent(asked);
    assert_eq!(path, "/model/amazon.nova-micro-v1%3A0/invoke");
    let expected = json!({ "schemaVersion": "messages-v1",
        "inferenceConfig": { "maxTokens": 10, "topK": 4 },
        "messages": [{ "role": "user", "content": [{ "text": "hi" }] }] });
    assert_eq!((body, warnings.len()), (expected, 0));

    let effort = Some("high".to_owned());
    let reasoning = Some(ReasoningOptions { effort, budget_tokens: None, include_text: None });
    let model = "us.amazon.nova-2-lite-v1:0".to_owned();
    let (path, body, warnings) = sent(ChatRequest { model, reasoning, ..request(true) });
    assert_eq!(path, "/model/us.amazon.nova-2-lite-v1%3A0/invoke-with-response-stream");
    let config = json!({ "reasoningConfig": { "type": "enabled", "maxReasoningEffort": "high" } });
    assert_eq!((&body["inferenceConfig"], warnings.len()), (&config, 0));
    assert_eq!(body.get("additionalModelRequestFields"), None);
}

#[test]
fn a_client_of_these_words_gets_what_it_wrote() {
    let own = json!({ "schemaVersion": "messages-v1", "inferenceConfig": { "max_new_tokens": 3 } });
    for extra in [own, json!({})] {
        let (_, body, warnings) =
            sent(ChatRequest { extra: Some(native(&extra)), ..request(true) });
        let mut expected = extra;
        expected["messages"] = json!([{ "role": "user", "content": [{ "text": "hi" }] }]);
        assert_eq!((body, warnings.len()), (expected, 0));
    }
}

#[test]
fn what_only_converse_has_is_refused() {
    let media = MediaPart {
        kind: MediaKind::Document,
        mime: Some("application/pdf".to_owned()),
        source: MediaSource::Bytes(b"%PDF-".to_vec()),
        name: None,
        cache: None,
        extra: None,
    };
    let mut document = request(true);
    document.messages[0].parts.push(Part::Media(media));
    let schema = JsonSchema {
        name: None,
        description: None,
        schema: r#"{"type":"object"}"#.to_owned(),
        strict: None,
    };
    let form = ChatRequest { output: Some(OutputFormat::JsonSchema(schema)), ..request(true) };
    for asked in [document, form] {
        let run = provider().chat::<BedrockNova>(asked);
        let failure = run.failure.expect("a failure");
        assert_eq!(failure.kind, FailureKind::Unsupported, "{}", failure.message);
        assert!(run.requests.is_empty());
    }
}

#[test]
fn the_operators_guardrail_goes_with_every_request() {
    let mut script = provider();
    script.setting("guardrail-id", "gr-1");
    script.answer(200, FRAMES, frames(&[vec![start()], end("end_turn", "NONE").to_vec()].concat()));
    let run = script.chat::<BedrockNova>(request(true));
    let sent = &run.requests[0];
    assert_eq!(sent.header("x-amzn-bedrock-guardrailidentifier"), Some("gr-1"));
    assert_eq!(sent.header("x-amzn-bedrock-guardrailversion"), Some("DRAFT"));
    assert_eq!(sent.json().get("guardrailConfig"), None);
}

#[test]
fn what_is_no_answer_is_a_failure() {
    let deep = format!("{}1{}", "{\"chunk\":".repeat(100_000), "}".repeat(100_000));
    let broken = [vec![start()], piece(0, "hel").to_vec()].concat();
    for (body, kind) in [
        (frames(&broken), FailureKind::MalformedResponse),
        ([frames(&broken), exception("throttlingException")].concat(), FailureKind::RateLimited),
        (frames(&[json!({ "messageStop": {} })]), FailureKind::MalformedResponse),
        (chunk(deep.as_bytes()), FailureKind::MalformedResponse),
        (chunk(b"[]"), FailureKind::MalformedResponse),
    ] {
        let mut script = provider();
        script.answer(200, FRAMES, body);
        let run = script.chat::<BedrockNova>(request(true));
        assert_eq!(run.failure.map(|failure| failure.kind), Some(kind));
    }
}
