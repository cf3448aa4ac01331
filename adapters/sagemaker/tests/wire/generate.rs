//! Hugging Face's generate: requests, and answers token by token or in one piece.

use crate::provider::{huggingface, part, request, streamed, whole};
use hotcell_adapter_sagemaker::SageMaker;
use hotcell_sdk::testing::Run;
use hotcell_sdk::{
    ChatRequest, Event, Failure, FailureKind, FinishReason, FunctionTool, MediaKind, MediaPart,
    MediaSource, Message, Native, OutputFormat, Part, Role, TextPart, Tool,
};
use serde_json::{Value, json};

fn sent(request: ChatRequest) -> (Value, Vec<String>) {
    let mut script = huggingface();
    script.answer(200, "application/json", r#"[{"generated_text":"ok"}]"#);
    let run = script.chat::<SageMaker>(request);
    assert_eq!(run.failure, None);
    let late = "the container ended its answer without saying why";
    let warnings = run.warnings().into_iter().filter(|warning| *warning != late);
    (run.requests[0].json(), warnings.map(str::to_owned).collect())
}

fn refused(request: ChatRequest) -> Failure {
    let run = huggingface().chat::<SageMaker>(request);
    assert!(run.requests.is_empty());
    run.failure.unwrap()
}

fn message(role: Role, text: &str) -> Message {
    let text = TextPart { text: text.to_owned(), cache: None, extra: None };
    Message { role, parts: vec![Part::Text(text)], name: None, extra: None }
}

#[test]
fn one_question_is_the_prompt_itself() {
    let (body, warnings) = sent(request(false));
    let parameters = json!({ "details": true, "return_full_text": false });
    assert_eq!(body, json!({ "inputs": "hi", "parameters": parameters }));
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn a_conversation_is_a_play() {
    let mut request = request(false);
    request.messages = vec![
        message(Role::System, "Be brief."),
        message(Role::User, "Hello"),
        message(Role::Assistant, "Hi!"),
        message(Role::User, "Who are you?"),
    ];
    let (body, warnings) = sent(request.clone());
    let text =
        "System: Be brief.\n\nUser: Hello\n\nAssistant: Hi!\n\nUser: Who are you?\n\nAssistant:";
    assert_eq!(body["inputs"], text);
    assert!(warnings[0].contains("plain text"), "{warnings:?}");
    // The beginning of an answer is gone on with.
    request.messages.push(message(Role::Assistant, "I am"));
    let (body, _) = sent(request);
    assert!(body["inputs"].as_str().unwrap().ends_with("Who are you?\n\nAssistant: I am"));
}

#[test]
fn sampling_has_the_words_of_generate() {
    let mut request = request(true);
    let sampling = &mut request.sampling;
    sampling.max_output_tokens = Some(20);
    sampling.temperature = Some(0.7);
    sampling.top_p = Some(0.9);
    sampling.top_k = Some(40);
    sampling.seed = Some(7);
    sampling.frequency_penalty = Some(0.5);
    sampling.stop = vec!["END".to_owned()];
    sampling.logprobs = Some(2);
    let mut script = huggingface();
    let last =
        r#"{"token":{"text":"a"},"generated_text":"a","details":{"finish_reason":"length"}}"#;
    script.answer(200, "application/vnd.amazon.eventstream", part(format!("{last}\n")));
    let run = script.chat::<SageMaker>(request.clone());
    assert_eq!(
        run.requests[0].json(),
        json!({ "inputs": "hi", "stream": true, "parameters": {
        "details": true, "return_full_text": false, "max_new_tokens": 20, "do_sample": true,
        "temperature": 0.7, "top_p": 0.9, "top_k": 40, "seed": 7, "frequency_penalty": 0.5,
        "top_n_tokens": 2, "stop": ["END"] } })
    );
    assert!(run.warnings().is_empty());
    // What is the default anyway would be refused.
    request.stream = false;
    request.sampling = ChatRequest::user("").sampling;
    request.sampling.temperature = Some(0.0);
    request.sampling.top_p = Some(1.0);
    let (body, _) = sent(request);
    assert_eq!(
        body["parameters"],
        json!({ "details": true, "return_full_text": false, "do_sample": false })
    );
}

#[test]
fn what_text_cannot_say_is_refused_or_told() {
    let change = |change: fn(&mut ChatRequest)| {
        let mut request = request(false);
        change(&mut request);
        request
    };
    let table: [(fn(&mut ChatRequest), &str); 4] = [
        (
            |request| {
                let tool = FunctionTool {
                    name: "f".to_owned(),
                    description: None,
                    parameters: None,
                    strict: None,
                    cache: None,
                    extra: None,
                };
                request.tools.push(Tool::Function(tool));
            },
            "tools",
        ),
        (|request| request.output = Some(OutputFormat::JsonObject), "form"),
        (|request| request.sampling.choices = Some(2), "several answers"),
        (
            |request| {
                request.messages[0].parts.push(Part::Media(MediaPart {
                    kind: MediaKind::Image,
                    mime: None,
                    source: MediaSource::Url("https://x".to_owned()),
                    name: None,
                    cache: None,
                    extra: None,
                }))
            },
            "a medium",
        ),
    ];
    for (make, word) in table {
        let failure = refused(change(make));
        assert_eq!(failure.kind, FailureKind::Unsupported);
        assert!(failure.message.contains(word), "{}", failure.message);
    }
    let (_, warnings) = sent(change(|request| {
        request.sampling.presence_penalty = Some(1.0);
        let value = r#"{"user":"u","max_tokens":3,"metadata":null}"#.to_owned();
        request.extra = Some(Native { dialect: "openai-chat".to_owned(), value });
    }));
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    // What is of this dialect is handed on, and wins.
    let (body, warnings) = sent(change(|request| {
        let value = r#"{"repetition_penalty":1.1,"details":false}"#.to_owned();
        request.extra = Some(Native { dialect: "huggingface-generate".to_owned(), value });
    }));
    assert_eq!(
        body["parameters"],
        json!({ "return_full_text": false, "repetition_penalty": 1.1, "details": false })
    );
    assert!(warnings.is_empty());
}

#[test]
fn a_whole_answer_is_read_in_all_its_forms() {
    let details = r#""details":{"finish_reason":"stop_sequence","generated_tokens":2,"seed":1,
        "prefill":[{"text":"hi"}],"tokens":[{"id":1,"text":"o"},{"id":2,"text":"k"}]}"#;
    for body in [
        format!(r#"[{{"generated_text":"ok",{details}}}]"#),
        format!(r#"{{"generated_text":"ok",{details}}}"#),
    ] {
        let run = whole(huggingface(), &body);
        assert_eq!((run.failure.as_ref(), run.text().as_str()), (None, "ok"));
        let finished = run.finished().unwrap();
        assert_eq!(finished.reason, FinishReason::Stop);
        assert_eq!(finished.raw.as_deref(), Some("stop_sequence"));
        let usage = run.usage().unwrap();
        assert_eq!((usage.input, usage.output), (None, Some(2)));
        let raw: Value = serde_json::from_str(&usage.raw.as_ref().unwrap().value).unwrap();
        assert_eq!(
            raw,
            json!({ "finish_reason": "stop_sequence", "generated_tokens": 2, "seed": 1 })
        );
    }
    let run = whole(huggingface(), r#"[{"generated_text":""}]"#);
    assert_eq!((run.failure.as_ref(), run.finished().unwrap().reason), (None, FinishReason::Other));
    for body in ["[]", "{}", "[{}]", r#"{"generated_text":null}"#, r#"{"text":"x"}"#, "[1]"] {
        let failure = whole(huggingface(), body).failure.expect(body);
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{body}");
    }
    let failure =
        whole(huggingface(), r#"{"error":"Model is overloaded","error_type":"overloaded"}"#);
    assert_eq!(failure.failure.unwrap().kind, FailureKind::Overloaded);
}

fn token(id: u32, text: &str, special: bool) -> Value {
    json!({ "index": id, "token": { "id": id, "text": text, "logprob": -0.1, "special": special },
        "generated_text": null, "details": null })
}

fn tokens(line: impl Fn(&Value) -> String) -> String {
    let mut last = token(3, "</s>", true);
    last["generated_text"] = json!("h\u{e9} you");
    last["details"] = json!({ "finish_reason": "eos_token", "generated_tokens": 3, "input_length": 9,
        "seed": null });
    [token(1, "h\u{e9}", false), token(2, " you", false), last].iter().map(line).collect()
}

fn judged(run: &Run) {
    assert_eq!(run.failure, None);
    assert_eq!(run.text(), "h\u{e9} you", "special tokens are no words, and nothing comes twice");
    assert_eq!(run.finished().unwrap().reason, FinishReason::Stop);
    let usage = run.usage().unwrap();
    assert_eq!((usage.input, usage.output), (Some(9), Some(3)));
}

#[test]
fn tokens_come_as_events_or_as_lines_cut_anywhere() {
    for text in [tokens(|token| format!("data:{token}\n\n")), tokens(|token| format!("{token}\n"))]
    {
        judged(&streamed(huggingface(), part(&text)));
        for size in [1, 5, 33] {
            let frames: Vec<u8> = text.as_bytes().chunks(size).flat_map(part).collect();
            judged(&streamed(huggingface(), frames));
        }
    }
}

#[test]
fn a_stream_without_its_last_piece_has_failed() {
    let text = format!("data:{}\n\n", token(1, "a", false));
    let run = streamed(huggingface(), part(text));
    assert_eq!(run.text(), "a");
    assert_eq!(run.failure.unwrap().kind, FailureKind::MalformedResponse);
}

#[test]
fn an_error_in_the_stream_is_the_containers_own() {
    let error = json!({ "error": "Request failed during generation: out of memory",
        "error_type": "generation" });
    let text = format!("data:{}\n\ndata:{error}\n\n", token(1, "a", false));
    let run = streamed(huggingface(), part(text));
    assert_eq!(run.text(), "a");
    let failure = run.failure.unwrap();
    assert_eq!(
        (failure.kind, failure.code.as_deref()),
        (FailureKind::ProviderError, Some("generation"))
    );
    assert!(failure.message.contains("out of memory"));
}

#[test]
fn probabilities_are_told_where_they_were_asked_for() {
    let mut script = huggingface();
    let text = tokens(|token| format!("data:{token}\n\n"));
    script.answer(200, "application/vnd.amazon.eventstream", part(text));
    let mut request = request(true);
    let count = |request: &ChatRequest| {
        let run = script.chat_at_every_cut::<SageMaker>(request);
        run.events.iter().filter(|event| matches!(event, Event::Logprobs(_))).count()
    };
    assert_eq!(count(&request), 0);
    request.sampling.logprobs = Some(0);
    assert_eq!(count(&request), 3);
}
