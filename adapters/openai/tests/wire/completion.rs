//! Text completion: models that only go on with a text.

use crate::provider::{DONE, conversation, message, native, set, sse};
use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::testing::{Run, Script};
use hotcell_sdk::{
    ChatRequest, Event, FailureKind, FinishReason, FunctionTool, Native, OutputFormat, Part, Role,
    Tool,
};
use serde_json::{Value, json};

fn text() -> Script {
    set("completions", "text")
}

/// A request for an answer in one piece.
fn question(text: &str) -> ChatRequest {
    ChatRequest { stream: false, model: "base".to_owned(), ..ChatRequest::user(text) }
}

/// An answer, or a chunk of one.
fn completion(text: &str, finish: Option<&str>) -> Value {
    json!({ "id": "cmpl-1", "object": "text_completion", "created": 1, "model": "base",
        "choices": [{ "index": 0, "text": text, "logprobs": null, "finish_reason": finish }] })
}

fn answered(request: ChatRequest) -> Run {
    let mut script = text();
    match request.stream {
        true => {
            let chunks = [completion("ok", None), completion("", Some("stop"))];
            script.answer(200, "text/event-stream", sse(&chunks) + DONE);
        }
        false => {
            script.answer(200, "application/json", completion("ok", Some("stop")).to_string());
        }
    }
    let run = script.chat_at_every_cut::<OpenAi>(&request);
    assert_eq!((run.failure.as_ref(), run.text().as_str()), (None, "ok"));
    run
}

#[test]
fn one_question_is_the_prompt_itself() {
    let mut request = question("Once upon");
    request.model = "gpt-3.5-turbo-instruct".to_owned();
    let run = answered(request.clone());
    assert_eq!(run.requests[0].path, "/completions");
    let body = json!({ "model": "gpt-3.5-turbo-instruct", "prompt": "Once upon" });
    assert_eq!(run.requests[0].json(), body);
    assert!(run.warnings().is_empty());
    request.stream = true;
    let body = answered(request).requests[0].json();
    assert_eq!(body["stream_options"], json!({ "include_usage": true }));
    assert_eq!(body["stream"], true);
}

#[test]
fn a_conversation_is_a_play_and_that_is_told() {
    let whole = |messages| ChatRequest { stream: false, ..conversation(messages) };
    let run = answered(whole(vec![
        message(Role::Developer, "Be brief."),
        message(Role::User, "Hello"),
        message(Role::Assistant, "Hi!"),
        message(Role::User, "Bye"),
    ]));
    let prompt = "System: Be brief.\n\nUser: Hello\n\nAssistant: Hi!\n\nUser: Bye\n\nAssistant:";
    assert_eq!(run.requests[0].json()["prompt"], prompt);
    assert_eq!(run.warnings().len(), 1);
    assert_eq!(answered(whole(vec![])).requests[0].json()["prompt"], "Assistant:");
}

#[test]
fn sampling_has_the_old_words() {
    let mut request = question("x");
    request.sampling.max_output_tokens = Some(5);
    request.sampling.temperature = Some(0.5);
    request.sampling.logprobs = Some(3);
    request.sampling.choices = Some(2);
    request.sampling.stop = vec!["\n".to_owned()];
    let mut script = text();
    script.setting("max-tokens", "max_completion_tokens");
    script.answer(200, "application/json", completion("ok", Some("stop")).to_string());
    let run = script.chat::<OpenAi>(request);
    assert_eq!(
        run.requests[0].json(),
        json!({ "model": "base", "prompt": "x", "max_tokens": 5,
        "temperature": 0.5, "logprobs": 3, "n": 2, "stop": ["\n"] })
    );
}

#[test]
fn members_of_its_own_go_through_and_those_of_chat_are_told() {
    let mut request = question("x");
    request.sampling.max_output_tokens = Some(5);
    request.extra = Some(native(&json!({ "suffix": "!", "echo": true, "best_of": 2, "min_p": 0.1,
        "max_completion_tokens": 5, "logprobs": true, "store": false, "metadata": null })));
    let run = answered(request);
    assert_eq!(
        run.requests[0].json(),
        json!({ "model": "base", "prompt": "x", "max_tokens": 5,
        "suffix": "!", "echo": true, "best_of": 2, "min_p": 0.1 })
    );
    assert_eq!(run.warnings().len(), 1);
    assert!(run.warnings()[0].contains("`store`"));
}

#[test]
fn what_a_text_cannot_say_is_refused() {
    let mut with_tool = question("x");
    with_tool.tools.push(Tool::Function(FunctionTool {
        name: "f".to_owned(),
        description: None,
        parameters: None,
        strict: None,
        cache: None,
        extra: None,
    }));
    let mut held = question("x");
    held.output = Some(OutputFormat::JsonObject);
    let tool = conversation(vec![message(Role::Tool, "7")]);
    for request in [with_tool, held, tool] {
        let run = text().chat::<OpenAi>(request);
        assert_eq!(run.failure.unwrap().kind, FailureKind::Unsupported);
        assert!(run.requests.is_empty());
    }
}

#[test]
fn several_texts_are_several_choices() {
    let chunk = |index: u32, text: &str, finish: Option<&str>| {
        json!({ "id": "c", "choices": [{ "index": index, "text": text, "finish_reason": finish,
            "logprobs": { "tokens": [text] } }] })
    };
    let chunks = [
        chunk(0, "a", None),
        chunk(1, "b", None),
        chunk(0, "c", Some("length")),
        chunk(1, "", Some("stop")),
    ];
    let mut script = text();
    script.answer(200, "text/event-stream", sse(&chunks) + DONE);
    let mut request = question("x");
    request.stream = true;
    let run = script.chat_at_every_cut::<OpenAi>(&request);
    assert_eq!((run.failure.as_ref(), run.text().as_str()), (None, "ac"));
    assert_eq!(run.finished().unwrap().reason, FinishReason::Length);
    let logprobs = run.events.iter().filter(|event| matches!(event, Event::Logprobs(_))).count();
    assert_eq!(logprobs, 4);
    // One that stops early has failed.
    let mut script = text();
    script.answer(200, "text/event-stream", sse(&chunks[..3]));
    let failure = script.chat_at_every_cut::<OpenAi>(&request).failure.unwrap();
    assert_eq!(failure.kind, FailureKind::MalformedResponse);
}

#[test]
fn who_asks_for_a_text_gets_what_was_asked_for() {
    let extra = json!({ "echo": true, "suffix": ".", "best_of": 2, "stream_options": null });
    let asked = |prompt: Option<Value>| {
        let mut extra = extra.clone();
        if let Some(prompt) = prompt {
            extra["prompt"] = prompt;
        }
        let value = extra.to_string();
        let extra = Some(Native { dialect: "openai-completions".to_owned(), value });
        ChatRequest { extra, ..question("Once") }
    };
    let run = answered(asked(None));
    let mut body = json!({ "model": "base", "prompt": "Once" });
    body.as_object_mut().expect("an object").extend(extra.as_object().expect("one").clone());
    assert_eq!((run.requests[0].json(), run.warnings().len()), (body, 0));
    // Tokens are no conversation, and go out as they are.
    let mut tokens = asked(Some(json!([[1, 2], [3]])));
    let value = "{\"type\":\"prompt\"}".to_owned();
    let part = Part::Native(Native { dialect: "openai-completions".to_owned(), value });
    tokens.messages[0].parts = vec![part];
    let run = answered(tokens);
    assert_eq!(run.requests[0].json()["prompt"], json!([[1, 2], [3]]));
}

#[test]
fn a_provider_of_both_answers_each_as_it_asks() {
    let path = |request: ChatRequest| {
        let mut script = set("completions", "asked");
        script.failing(FailureKind::Unreachable);
        script.chat::<OpenAi>(request).requests[0].path.clone()
    };
    assert_eq!(path(question("x")), "/chat/completions");
    let extra = Native { dialect: "openai-completions".to_owned(), value: "{}".to_owned() };
    let text = ChatRequest { extra: Some(extra), ..question("x") };
    assert_eq!(path(text), "/completions");
}
