//! Where requests go, and in which words.

use crate::provider::{chunk, openai, part, request};
use hotcell_adapter_sagemaker_chat::SageMaker;
use hotcell_sdk::testing::Sent;
use hotcell_sdk::{ChatRequest, FailureKind, Native};
use serde_json::json;

fn sent(component: Option<&str>, request: ChatRequest) -> Sent {
    let mut script = openai();
    if let Some(component) = component {
        script.setting("inference-component", component);
    }
    match request.stream {
        true => {
            let text = format!("data: {}\n\n", chunk(json!({ "content": "ok" }), Some("stop")));
            script.answer(200, "application/vnd.amazon.eventstream", part(text));
        }
        false => {
            let message = json!({ "choices": [{ "index": 0, "finish_reason": "stop",
                "message": { "role": "assistant", "content": "ok" } }] });
            script.answer(200, "application/json", message.to_string());
        }
    }
    let run = script.chat::<SageMaker>(request);
    assert_eq!((run.failure, run.events.is_empty()), (None, false));
    run.requests[0].clone()
}

#[test]
fn a_stream_has_a_path_of_its_own() {
    let whole = sent(None, request(false));
    assert_eq!(whole.path, "/endpoints/my-endpoint/invocations");
    assert_eq!(whole.header("accept"), Some("application/json"));
    assert_eq!(whole.header("content-type"), Some("application/json"));
    let stream = sent(None, request(true));
    assert_eq!(stream.path, "/endpoints/my-endpoint/invocations-response-stream");
    assert_eq!(stream.header("x-amzn-sagemaker-accept"), Some("text/event-stream"));
    assert_eq!(stream.json()["stream"], true);
    assert_eq!(stream.json()["stream_options"], json!({ "include_usage": true }));
}

#[test]
fn the_endpoint_is_named_in_the_path_alone() {
    let body = sent(None, request(false)).json();
    assert_eq!(body, json!({ "messages": [{ "role": "user", "content": "hi" }] }));
    // A container that wants a name of its own gets it in the client's words.
    let mut spelled = request(false);
    let value = r#"{"model":"meta/llama","adapters":["a"]}"#.to_owned();
    spelled.extra = Some(Native { dialect: "openai-chat".to_owned(), value });
    let body = sent(None, spelled).json();
    assert_eq!((&body["model"], &body["adapters"]), (&json!("meta/llama"), &json!(["a"])));
}

#[test]
fn an_inference_component_is_named_in_a_header() {
    let name = "x-amzn-sagemaker-inference-component";
    assert_eq!(sent(None, request(false)).header(name), None);
    assert_eq!(sent(Some("llama-1"), request(true)).header(name), Some("llama-1"));
}

#[test]
fn a_name_is_one_segment_and_cannot_lead_elsewhere() {
    for (name, segment) in [("a/../b", "a%2F..%2Fb"), ("a b?x", "a%20b%3Fx"), ("\u{e9}", "%C3%A9")]
    {
        let mut request = request(false);
        request.model = name.to_owned();
        assert_eq!(sent(None, request).path, format!("/endpoints/{segment}/invocations"));
    }
    let mut nameless = request(false);
    nameless.model.clear();
    let failure = openai().chat::<SageMaker>(nameless).failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Denied);
}
