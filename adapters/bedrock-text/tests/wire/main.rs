//! The adapter against hand-written samples of the wire, held to its manifest.

mod provider;

use hotcell_adapter_bedrock_text::BedrockText;
use hotcell_sdk::testing::Run;
use hotcell_sdk::{
    ChatRequest, Event, FailureKind, FinishReason, Finished, FunctionTool, Message, Native, Part,
    Role, Tool, Usage,
};
use proptest::prelude::*;
use provider::{FRAMES, chunk, exception, frames, provider};
use serde_json::{Value, json};

const COMMAND: &str = "cohere.command-light-text-v14";
const COMMAND_R: &str = "cohere.command-r-v1:0";
const DEEPSEEK: &str = "us.deepseek.r1-v1:0";
const LLAMA: &str = "us.meta.llama3-1-70b-instruct-v1:0";
const MISTRAL: &str = "mistral.mistral-7b-instruct-v0:2";
const TITAN: &str = "amazon.titan-text-lite-v1";

fn request(model: &str, stream: bool) -> ChatRequest {
    ChatRequest { model: model.to_owned(), stream, ..ChatRequest::user("hi") }
}

fn own(value: &Value) -> Option<Native> {
    Some(Native { dialect: "bedrock-invoke".to_owned(), value: value.to_string() })
}

/// What a request becomes, and what is warned of.
fn sent(request: ChatRequest) -> (String, Value, Vec<String>) {
    let mut script = provider();
    let answer = json!({ "generation": "hello", "stop_reason": "stop" });
    script.answer(200, "application/json", answer.to_string());
    let run = script.chat::<BedrockText>(request);
    assert_eq!(run.failure, None);
    let warnings = run.warnings().iter().map(|warning| (*warning).to_owned()).collect();
    (run.requests[0].path.clone(), run.requests[0].json(), warnings)
}

fn finished(events: &[Event]) -> Vec<&Finished> {
    let found = events.iter().filter_map(|event| match event {
        Event::Finished(finished) => Some(finished),
        _ => None,
    });
    found.collect()
}

fn counts(events: &[Event]) -> Option<(Option<u64>, Option<u64>)> {
    events.iter().find_map(|event| match event {
        Event::Usage(Usage { input, output, .. }) => Some((*input, *output)),
        _ => None,
    })
}

#[test]
fn each_maker_has_words_of_its_own() {
    let stop = json!(["|"]);
    let command = json!({ "prompt": "hi", "max_tokens": 10, "temperature": 0.5, "p": 0.25, "k": 3,
        "stop_sequences": stop });
    let mut command_r = command.clone();
    command_r["message"] = command_r["prompt"].take();
    command_r.as_object_mut().unwrap().remove("prompt");
    command_r["seed"] = json!(1);
    for (model, expected, lost) in [
        (COMMAND, command, 1),
        (COMMAND_R, command_r, 0),
        (
            DEEPSEEK,
            json!({ "prompt": "hi", "max_tokens": 10, "temperature": 0.5, "top_p": 0.25,
                "stop": stop }),
            2,
        ),
        (LLAMA, json!({ "prompt": "hi", "max_gen_len": 10, "temperature": 0.5, "top_p": 0.25 }), 3),
        (
            MISTRAL,
            json!({ "prompt": "hi", "max_tokens": 10, "temperature": 0.5, "top_p": 0.25,
                "top_k": 3, "stop": stop }),
            1,
        ),
        (
            TITAN,
            json!({ "inputText": "hi", "textGenerationConfig": { "maxTokenCount": 10,
                "temperature": 0.5, "topP": 0.25, "stopSequences": stop } }),
            2,
        ),
    ] {
        let mut asked = request(model, false);
        let sampling = &mut asked.sampling;
        sampling.max_output_tokens = Some(10);
        sampling.temperature = Some(0.5);
        sampling.top_p = Some(0.25);
        sampling.top_k = Some(3);
        sampling.seed = Some(1);
        sampling.stop = vec!["|".to_owned()];
        let (_, body, warnings) = sent(asked);
        assert_eq!((body, warnings.len()), (expected, lost), "{model}: {warnings:?}");
    }
}

#[test]
fn a_client_of_these_words_gets_what_it_wrote() {
    for (model, extra, name) in [
        (COMMAND, json!({ "num_generations": 2, "return_likelihoods": "NONE" }), "prompt"),
        (COMMAND_R, json!({ "preamble": "p", "documents": [{ "title": "t" }] }), "message"),
        (LLAMA, json!({ "max_gen_len": 1 }), "prompt"),
        (TITAN, json!({ "textGenerationConfig": { "topP": 1 } }), "inputText"),
        (DEEPSEEK, json!({}), "prompt"),
    ] {
        let mut asked = request(model, true);
        // As a reader of this dialect understands the same.
        asked.sampling.max_output_tokens = extra.get("max_gen_len").map(|_| 1);
        asked.sampling.choices = extra.get("num_generations").map(|_| 2);
        if extra.get("preamble").is_some() {
            asked.messages.insert(0, Message::new(Role::System, vec![Part::plain("p")]));
        }
        let (_, body, warnings) = sent(ChatRequest { extra: own(&extra), ..asked });
        let mut expected = extra;
        expected[name] = json!("hi");
        assert_eq!((body, warnings.len()), (expected, 0), "{model}");
    }
}

fn conversation(model: &str) -> ChatRequest {
    let message = |role, text: &str| Message::new(role, vec![Part::plain(text)]);
    let messages = vec![
        message(Role::System, "be brief"),
        message(Role::User, "one"),
        message(Role::Assistant, "two"),
        message(Role::User, "three"),
    ];
    ChatRequest { model: model.to_owned(), ..ChatRequest::new(messages) }
}

#[test]
fn a_conversation_is_a_text_or_a_history() {
    let (_, body, warnings) = sent(conversation(LLAMA));
    let text = "System: be brief\n\nUser: one\n\nAssistant: two\n\nUser: three\n\nAssistant:";
    assert_eq!((&body["prompt"], warnings.len()), (&json!(text), 1));
    let (_, body, warnings) = sent(conversation(COMMAND_R));
    let expected = json!({ "message": "three", "preamble": "be brief", "chat_history": [
        { "role": "USER", "message": "one" }, { "role": "CHATBOT", "message": "two" }] });
    assert_eq!((body, warnings.len()), (expected, 0));
}

#[test]
fn what_a_text_cannot_say_is_refused() {
    for model in [COMMAND_R, LLAMA] {
        let mut begun = conversation(model);
        begun.messages.pop();
        let mut tools = conversation(model);
        let (description, parameters, strict, cache, extra) = Default::default();
        let name = "weather".to_owned();
        tools.tools.push(Tool::Function(FunctionTool {
            name,
            description,
            parameters,
            strict,
            cache,
            extra,
        }));
        let asked = if model == COMMAND_R { vec![begun, tools] } else { vec![tools] };
        for request in asked {
            let run = provider().chat::<BedrockText>(request);
            assert_eq!(run.failure.map(|it| it.kind), Some(FailureKind::Unsupported));
            assert!(run.requests.is_empty());
        }
    }
}

#[test]
fn a_model_that_does_not_tell_is_told_of_by_a_setting() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:imported-model/a1b2";
    let mut script = provider();
    script.setting("family", "llama");
    script.answer(200, "application/json", r#"{"generation":"x","stop_reason":"stop"}"#);
    let mut asked = request(arn, false);
    asked.sampling.max_output_tokens = Some(3);
    let run = script.chat::<BedrockText>(asked.clone());
    assert_eq!(run.requests[0].json()["max_gen_len"], 3);
    assert!(run.requests[0].path.ends_with("%3Aimported-model%2Fa1b2/invoke"));
    assert_eq!(run.warnings().len(), 0);
    // Without it the most usual words are tried.
    let (_, body, warnings) = sent(asked);
    assert_eq!((&body["max_tokens"], warnings.len()), (&json!(3), 0));
}

#[test]
fn whole_answers_of_each_maker_are_read() {
    for (answer, text, counted, reason) in [
        (
            json!({ "inputTextTokenCount": 5, "results": [{ "tokenCount": 10,
                "outputText": "hello", "completionReason": "LENGTH" }] }),
            "hello",
            (Some(5), Some(10)),
            FinishReason::Length,
        ),
        (
            json!({ "generation": "hello", "prompt_token_count": 5, "generation_token_count": 10,
                "stop_reason": "stop" }),
            "hello",
            (Some(5), Some(10)),
            FinishReason::Stop,
        ),
        (
            json!({ "outputs": [{ "text": "hello", "stop_reason": "length" }] }),
            "hello",
            (Some(8), Some(9)),
            FinishReason::Length,
        ),
        (
            json!({ "choices": [{ "text": "hello", "stop_reason": "stop" }] }),
            "hello",
            (Some(8), Some(9)),
            FinishReason::Stop,
        ),
        (
            json!({ "response_id": "r", "text": "hello", "chat_history": [{ "role": "USER",
                "message": "hi" }], "finish_reason": "ERROR_TOXIC" }),
            "hello",
            (Some(8), Some(9)),
            FinishReason::ContentFilter,
        ),
        (
            json!({ "results": [{ "outputText": "", "completionReason": "CONTENT_FILTERED" }] }),
            "",
            (Some(8), Some(9)),
            FinishReason::ContentFilter,
        ),
        (
            json!({ "generation": "hello", "stop_reason": "stop",
                "amazon-bedrock-guardrailAction": "INTERVENED" }),
            "hello",
            (Some(8), Some(9)),
            FinishReason::ContentFilter,
        ),
    ] {
        let mut script = provider();
        script.answer(200, "application/json", answer.to_string());
        script.header("x-amzn-requestid", "req-1");
        script.header("x-amzn-bedrock-input-token-count", "8");
        script.header("x-amzn-bedrock-output-token-count", "9");
        let run = script.chat_at_every_cut::<BedrockText>(&request(TITAN, false));
        assert_eq!((run.failure.as_ref(), run.text().as_str()), (None, text), "{answer}");
        assert_eq!(counts(&run.events), Some(counted), "{answer}");
        let [finished] = finished(&run.events)[..] else { panic!("{answer}: no end") };
        assert_eq!(finished.reason, reason, "{answer}");
        let Some(Event::Started(started)) = run.events.first() else { panic!("no beginning") };
        assert_eq!(started.id.as_deref(), Some("req-1"));
    }
}

#[test]
fn several_answers_stay_apart_and_what_else_is_said_is_kept() {
    let answer = json!({ "id": "g", "prompt": "hi", "generations": [
        { "id": "a", "text": "one", "finish_reason": "COMPLETE" },
        { "id": "b", "text": "two", "finish_reason": "MAX_TOKENS" }] });
    let mut script = provider();
    script.answer(200, "application/json", answer.to_string());
    let run = script.chat::<BedrockText>(request(COMMAND, false));
    let texts: Vec<(u32, &str)> = run
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Text(delta) => Some((delta.choice, delta.text.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(texts, [(0, "one"), (1, "two")]);
    let ends = finished(&run.events);
    assert_eq!(ends.len(), 2);
    assert_eq!((ends[1].choice, ends[1].reason), (1, FinishReason::Length));
    let extra = |end: &Finished| end.extra.as_ref().map(|extra| extra.value.clone());
    assert_eq!(extra(ends[0]).as_deref(), Some(r#"{"id":"g","generations":[{"id":"a"}]}"#));
    assert_eq!(extra(ends[1]).as_deref(), Some(r#"{"generations":[{"id":"b"}]}"#));
}

fn streamed(events: &[Value]) -> Run {
    let mut script = provider();
    script.answer(200, FRAMES, frames(events)).header("x-amzn-requestid", "req-1");
    script.chat_at_every_cut::<BedrockText>(&request(LLAMA, true))
}

#[test]
fn streams_of_each_maker_are_read() {
    let metrics = json!({ "inputTokenCount": 5, "outputTokenCount": 7 });
    let last = |mut event: Value| {
        event["amazon-bedrock-invocationMetrics"] = metrics.clone();
        event
    };
    let all = [
        vec![
            json!({ "outputText": "hel", "index": 0, "completionReason": null }),
            last(json!({ "outputText": "lo", "index": 0, "completionReason": "FINISH",
                "inputTextTokenCount": 5, "totalOutputTextTokenCount": 7 })),
        ],
        vec![
            json!({ "generation": "hel", "prompt_token_count": 5, "stop_reason": null }),
            json!({ "generation": "lo", "prompt_token_count": null, "stop_reason": null }),
            last(json!({ "generation": "", "stop_reason": "stop" })),
        ],
        vec![
            json!({ "outputs": [{ "text": "hel", "stop_reason": null }] }),
            last(json!({ "outputs": [{ "text": "lo", "stop_reason": "stop" }] })),
        ],
        vec![
            json!({ "choices": [{ "text": "hello", "stop_reason": null }] }),
            last(json!({ "choices": [{ "text": "", "stop_reason": "stop" }] })),
        ],
        vec![
            json!({ "event_type": "stream-start", "is_finished": false, "generation_id": "g" }),
            json!({ "event_type": "text-generation", "is_finished": false, "text": "hel" }),
            json!({ "event_type": "text-generation", "is_finished": false, "text": "lo" }),
            last(json!({ "event_type": "stream-end", "is_finished": true,
                "finish_reason": "COMPLETE", "response": { "text": "hello",
                "generation_id": "g", "chat_history": [] } })),
        ],
        // Bedrock may measure in an event of its own.
        vec![
            json!({ "text": "hello", "is_finished": false }),
            json!({ "is_finished": true, "finish_reason": "COMPLETE" }),
            last(json!({})),
        ],
    ];
    for events in all {
        let run = streamed(&events);
        assert_eq!((run.failure.as_ref(), run.text().as_str()), (None, "hello"), "{events:?}");
        assert_eq!(counts(&run.events), Some((Some(5), Some(7))), "{events:?}");
        let [finished] = finished(&run.events)[..] else { panic!("{events:?}: no end") };
        assert_eq!(finished.reason, FinishReason::Stop, "{events:?}");
        assert_eq!(run.requests[0].header("accept"), Some(FRAMES));
        // A stream that is cut off before its reason is no answer.
        let early = streamed(&events[..1]);
        if !early.events.iter().any(|event| matches!(event, Event::Finished(_))) {
            assert_eq!(early.failure.map(|it| it.kind), Some(FailureKind::MalformedResponse));
        }
    }
}

#[test]
fn exceptions_and_broken_frames_are_failures() {
    let said = frames(&[json!({ "generation": "hel", "stop_reason": null })]);
    for (body, kind) in [
        ([said.clone(), exception("throttlingException")].concat(), FailureKind::RateLimited),
        (said[..said.len() - 1].to_vec(), FailureKind::MalformedResponse),
        ([said.clone(), chunk(b"[]")].concat(), FailureKind::MalformedResponse),
        ([said, chunk(br#"{"generation":7}"#)].concat(), FailureKind::MalformedResponse),
        (Vec::new(), FailureKind::MalformedResponse),
    ] {
        let mut script = provider();
        script.answer(200, FRAMES, body);
        let run = script.chat::<BedrockText>(request(LLAMA, true));
        assert_eq!(run.failure.map(|failure| failure.kind), Some(kind));
    }
    let mut script = provider();
    let body = r#"{"message":"The provided model identifier is invalid."}"#;
    script.answer(400, "application/json", body).header("x-amzn-errortype", "ValidationException:");
    let failure = script.chat::<BedrockText>(request("no-such-model", true)).failure;
    assert_eq!(failure.map(|failure| failure.kind), Some(FailureKind::NotFound));
}

/// Values of the shapes that the provider has, and others.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        "[a-z\u{e9}]{0,4}".prop_map(Value::from),
        Just(json!("stop")),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let name = prop::sample::select(vec![
            "results",
            "outputs",
            "generation",
            "text",
            "outputText",
            "stop_reason",
            "index",
            "response",
            "amazon-bedrock-invocationMetrics",
            "inputTokenCount",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..4).prop_map(|members| {
                let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::Object(members.collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_chunks_give_an_end_or_a_failure(events in prop::collection::vec(value(), 0..6)) {
        let mut script = provider();
        script.answer(200, FRAMES, frames(&events));
        let run = script.chat::<BedrockText>(request(LLAMA, true));
        prop_assert!(finished(&run.events).is_empty() == run.failure.is_some());
    }
}
