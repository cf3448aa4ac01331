//! Requests in the words of generate.

use crate::provider::{EVENT_STREAM, endpoint, part, request};
use hotcell_adapter_sagemaker_generate::Generate;
use hotcell_sdk::{
    ChatRequest, Failure, FailureKind, FunctionTool, MediaKind, MediaPart, MediaSource, Message,
    Native, OutputFormat, Part, Role, TextPart, Tool,
};
use serde_json::{Value, json};

/// What a case of a table does to a request.
type Change = fn(&mut ChatRequest);

fn sent(request: ChatRequest) -> (Value, Vec<String>) {
    let mut script = endpoint();
    script.answer(200, "application/json", r#"[{"generated_text":"ok"}]"#);
    let run = script.chat::<Generate>(request);
    assert_eq!(run.failure, None);
    let late = "the container ended its answer without saying why";
    let warnings = run.warnings().into_iter().filter(|warning| *warning != late);
    (run.requests[0].json(), warnings.map(str::to_owned).collect())
}

fn refused(request: ChatRequest) -> Failure {
    let run = endpoint().chat::<Generate>(request);
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
    let mut script = endpoint();
    let last =
        r#"{"token":{"text":"a"},"generated_text":"a","details":{"finish_reason":"length"}}"#;
    script.answer(200, EVENT_STREAM, part(format!("{last}\n")));
    let run = script.chat::<Generate>(request.clone());
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
    let change = |change: Change| {
        let mut request = request(false);
        change(&mut request);
        request
    };
    let table: [(Change, &str); 4] = [
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
