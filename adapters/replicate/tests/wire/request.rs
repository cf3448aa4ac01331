//! Requests as inputs of a model.

use crate::provider;
use hotcell_adapter_replicate::Replicate;
use hotcell_sdk::{
    ChatRequest, FailureKind, FunctionTool, Message, Native, OutputFormat, Part, Role, Tool,
};
use serde_json::{Value, json};

fn sent(request: ChatRequest) -> (String, Value, Vec<String>) {
    let request = ChatRequest { stream: false, ..request };
    let mut script = provider();
    script.answer(201, "application/json", r#"{"id":"p","status":"succeeded","output":"a"}"#);
    let run = script.chat::<Replicate>(request);
    assert_eq!(run.failure, None);
    let warnings = run.warnings().iter().map(|warning| (*warning).to_owned()).collect();
    (run.requests[0].path.clone(), run.requests[0].json(), warnings)
}

fn message(role: Role, text: &str) -> Message {
    Message::new(role, vec![Part::plain(text)])
}

fn of(model: &str) -> ChatRequest {
    ChatRequest { model: model.to_owned(), ..ChatRequest::user("hi") }
}

#[test]
fn a_model_has_a_place_or_a_version() {
    let (path, body, _) = sent(of("meta/llama-3"));
    assert_eq!(path, "/models/meta/llama-3/predictions");
    assert_eq!(body, json!({ "input": { "prompt": "hi" } }));
    for model in ["o/n:abc", "abc"] {
        let (path, body, _) = sent(of(model));
        assert_eq!((path.as_str(), &body["version"]), ("/predictions", &json!("abc")));
    }
    assert_eq!(sent(of("o/a?b")).0, "/models/o/a%3Fb/predictions");
    let failure = provider().chat::<Replicate>(of("o/")).failure.expect("a failure");
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
}

#[test]
fn a_conversation_becomes_one_prompt() {
    let (_, body, warnings) = sent(ChatRequest::new(vec![
        message(Role::System, "be brief"),
        message(Role::User, "hi"),
        message(Role::Assistant, "hello"),
        message(Role::User, "and?"),
    ]));
    let prompt = "User: hi\n\nAssistant: hello\n\nUser: and?\n\nAssistant:";
    assert_eq!(body["input"], json!({ "system_prompt": "be brief", "prompt": prompt }));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let begun = vec![message(Role::User, "hi"), message(Role::Assistant, "Well")];
    let (_, body, _) = sent(ChatRequest::new(begun));
    assert_eq!(body["input"]["prompt"], "User: hi\n\nAssistant: Well");
}

#[test]
fn that_nothing_is_streamed_is_told() {
    let mut script = provider();
    script.answer(201, "application/json", r#"{"id":"p","status":"succeeded","output":"a"}"#);
    let run = script.chat::<Replicate>(ChatRequest::user("hi"));
    assert!(run.warnings()[0].contains("comes at once"), "{:?}", run.warnings());
}

#[test]
fn sampling_goes_by_the_same_names() {
    let mut request = ChatRequest::user("hi");
    request.sampling.max_output_tokens = Some(9);
    (request.sampling.temperature, request.sampling.top_k) = (Some(0.5), Some(3));
    request.sampling.stop = vec!["a".to_owned(), "b".to_owned()];
    let value = json!({ "prompt_template": "{prompt}", "top_k": 5 }).to_string();
    request.extra = Some(Native { dialect: "replicate-input".to_owned(), value });
    let expected = json!({ "prompt": "hi", "max_tokens": 9, "temperature": 0.5, "top_k": 5,
        "stop_sequences": "a,b", "prompt_template": "{prompt}" });
    assert_eq!(sent(request).1["input"], expected);
}

#[test]
fn what_is_lost_is_told() {
    let mut request = ChatRequest::user("hi");
    (request.sampling.choices, request.sampling.logprobs) = (Some(2), Some(0));
    let value = json!({ "user": "u", "max_tokens": 3, "store": null }).to_string();
    request.extra = Some(Native { dialect: "openai-chat".to_owned(), value });
    let (_, _, warnings) = sent(request);
    let lost = ["number of choices", "log probabilities", "`user` of openai-chat"];
    assert_eq!(warnings.len(), lost.len(), "{warnings:?}");
    for (warning, lost) in warnings.iter().zip(lost) {
        assert!(warning.contains(lost), "{warning}");
    }
}

#[test]
fn what_models_of_text_cannot_take_is_refused() {
    let tool = FunctionTool {
        name: "f".to_owned(),
        description: None,
        parameters: None,
        strict: None,
        cache: None,
        extra: None,
    };
    let native = Native { dialect: "openai-chat".to_owned(), value: "{}".to_owned() };
    let with = |change: &dyn Fn(&mut ChatRequest)| {
        let mut request = ChatRequest::user("hi");
        change(&mut request);
        request
    };
    for request in [
        with(&|request| request.tools = vec![Tool::Function(tool.clone())]),
        with(&|request| request.output = Some(OutputFormat::JsonObject)),
        with(&|request| request.sampling.stop = vec!["a,b".to_owned()]),
        with(&|request| request.messages[0].parts.push(Part::Native(native.clone()))),
    ] {
        let run = provider().chat::<Replicate>(request);
        assert!(run.requests.is_empty(), "it was sent");
        assert_eq!(run.failure.expect("a failure").kind, FailureKind::Unsupported);
    }
}
