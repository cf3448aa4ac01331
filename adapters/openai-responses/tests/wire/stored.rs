//! Answers that the provider keeps.

use crate::provider::{
    added, completed, created, delta, done, message, own, provider, response, sse,
};
use hotcell_adapter_openai_responses::OpenAiResponses;
use hotcell_sdk::testing::{Cut, Script};
use hotcell_sdk::{
    Action, ChatRequest, Failure, FailureKind, FinishReason, Method, Parameter, StoredAnswer,
    StoredRequest,
};
use serde_json::{Value, json};

fn stored(action: Action) -> StoredRequest {
    StoredRequest { action, id: "resp_1".to_owned(), query: Vec::new() }
}

fn with(action: Action, query: &[(&str, &str)]) -> StoredRequest {
    let parameter = |(name, value): &(&str, &str)| Parameter {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
    };
    StoredRequest { query: query.iter().map(parameter).collect(), ..stored(action) }
}

/// What becomes of an answer of this status and body, at every cut of it.
fn act(action: Action, status: u16, body: &str) -> Result<StoredAnswer, Failure> {
    let mut script = provider();
    script.answer(status, "application/json", body).header("x-request-id", "req_1");
    let whole = script.act::<OpenAiResponses>(stored(action));
    for cut in Cut::KINDS {
        assert_eq!(script.clone().cut(cut).act::<OpenAiResponses>(stored(action)), whole);
    }
    whole
}

/// The request that leaves, if one does.
fn sent(request: StoredRequest) -> Result<(Method, String), Failure> {
    let mut script = provider();
    script.answer(200, "application/json", response("completed", json!([])).to_string());
    let (result, requests) = script.call(|| <OpenAiResponses as hotcell_sdk::Stored>::act(request));
    match requests.first() {
        Some(sent) => {
            assert!(sent.body.is_empty());
            Ok((sent.method, sent.path.clone()))
        }
        None => Err(result.expect_err("nothing was sent")),
    }
}

#[test]
fn each_action_is_a_method_and_a_path() {
    for (action, method, path) in [
        (Action::Retrieve, Method::Get, "/responses/resp_1"),
        (Action::Delete, Method::Delete, "/responses/resp_1"),
        (Action::Cancel, Method::Post, "/responses/resp_1/cancel"),
        (Action::InputItems, Method::Get, "/responses/resp_1/input_items"),
    ] {
        assert_eq!(sent(stored(action)).unwrap(), (method, path.to_owned()));
    }
}

#[test]
fn parameters_are_the_provider_s_and_a_list_is_one() {
    let query = [("limit", "2"), ("order", "asc"), ("after", "msg_1&x=/..")];
    let (_, path) = sent(with(Action::InputItems, &query)).unwrap();
    let items = "/responses/resp_1/input_items";
    assert_eq!(path, format!("{items}?limit=2&order=asc&after=msg_1%26x%3D%2F.."));
    let query = [("include", "a.b"), ("include", "c")];
    let (_, path) = sent(with(Action::Retrieve, &query)).unwrap();
    assert_eq!(path, "/responses/resp_1?include%5B%5D=a.b&include%5B%5D=c");
    for name in ["starting_after", "api-version", "stream", "x", "include[]", ""] {
        let failure = sent(with(Action::Retrieve, &[(name, "1")])).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unsupported, "{name}");
        assert_eq!(failure.param.as_deref(), Some(name));
    }
}

#[test]
fn the_version_of_an_interface_is_said_here_too() {
    let mut script = provider();
    script.setting("api-version", "preview");
    script.answer(200, "application/json", r#"{"id":"resp_1","deleted":true}"#);
    let request = stored(Action::Delete);
    let (_, requests) = script.call(|| <OpenAiResponses as hotcell_sdk::Stored>::act(request));
    assert_eq!(requests[0].path, "/responses/resp_1?api-version=preview");
}

#[test]
fn an_id_that_could_be_another_path_goes_nowhere() {
    let long = "a".repeat(100_000);
    for id in [
        "", ".", "..", "../files", "a/b", "a%2fb", "%2e%2e", "a?x=1", "a#b", "a\0", "a\n", "a b",
        "a;b", "a\\b", "ä", "a.b", &long,
    ] {
        let failure = sent(StoredRequest { id: id.to_owned(), ..stored(Action::Delete) });
        assert_eq!(failure.unwrap_err().kind, FailureKind::InvalidRequest, "{id:.20}");
        let mut script = provider();
        script.answer(200, "text/event-stream", sse(&[created(), completed(json!([]))]));
        let request = StoredRequest { id: id.to_owned(), ..stored(Action::Retrieve) };
        let run = script.retell::<OpenAiResponses>(request);
        assert!(run.requests.is_empty(), "{id:.20}");
    }
}

#[test]
fn an_answer_comes_back_whole() {
    let mut body = response("completed", json!([message(json!([]))]));
    body["something_new"] = json!({ "a": [1, 2.50], "é": "\u{1f600}" });
    body["usage"] = json!({ "input_tokens": 7, "output_tokens": 3,
        "input_tokens_details": { "cached_tokens": 2 } });
    // As it was written, with its spaces.
    let text = format!(" {} \n", serde_json::to_string_pretty(&body).unwrap());
    let answer = act(Action::Retrieve, 200, &text).unwrap();
    assert_eq!(own(&answer.value), text.trim());
    assert!(answer.ended);
    assert_eq!(answer.model.as_deref(), Some("gpt-test"));
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input, usage.output, usage.cache_read), (Some(7), Some(3), Some(2)));
}

#[test]
fn an_answer_that_is_not_ready_has_not_ended_and_one_that_failed_has() {
    for (status, ended) in [
        ("queued", false),
        ("in_progress", false),
        ("completed", true),
        ("incomplete", true),
        ("cancelled", true),
        ("failed", true),
    ] {
        let mut body = response(status, json!([]));
        body["error"] = json!({ "code": "server_error", "message": "sorry" });
        for action in [Action::Retrieve, Action::Cancel] {
            let answer = act(action, 200, &body.to_string()).unwrap();
            assert_eq!((answer.ended, answer.usage), (ended, None), "{status}");
            assert_eq!(own(&answer.value), body.to_string());
        }
    }
}

#[test]
fn items_and_deletions_come_back_as_they_are() {
    let list = json!({ "object": "list", "data": [{ "id": "msg_1" }], "has_more": false });
    let answer = act(Action::InputItems, 200, &list.to_string()).unwrap();
    assert_eq!((own(&answer.value), answer.ended), (list.to_string().as_str(), false));
    let deleted = json!({ "id": "resp_1", "object": "response", "deleted": true });
    let answer = act(Action::Delete, 200, &deleted.to_string()).unwrap();
    assert_eq!((own(&answer.value), answer.ended), (deleted.to_string().as_str(), false));
}

#[test]
fn another_answer_than_was_asked_for_is_nobody_s() {
    let mut other = response("completed", json!([]));
    for id in [json!("resp_2"), Value::Null, json!(["resp_1"])] {
        other["id"] = id;
        for action in [Action::Retrieve, Action::Cancel, Action::Delete] {
            let failure = act(action, 200, &other.to_string()).unwrap_err();
            assert_eq!(failure.kind, FailureKind::MalformedResponse, "{other}");
        }
        let event = |kind: &str| json!({ "type": format!("response.{kind}"), "response": other });
        for events in [
            vec![event("created"), delta(0, "x"), completed(json!([]))],
            vec![event("completed")],
            vec![created(), delta(0, "x"), event("completed")],
        ] {
            let failure = retell(&sse(&events)).1.expect("a failure");
            assert_eq!(failure.kind, FailureKind::MalformedResponse, "{events:?}");
        }
    }
}

#[test]
fn what_is_no_answer_is_malformed() {
    for body in ["", "hello", "{", "[]", "null", "{} {}", "<html>"] {
        let failure = act(Action::InputItems, 200, body).unwrap_err();
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{body}");
    }
}

#[test]
fn a_refusal_is_a_failure_with_its_words() {
    let error = json!({ "error": { "message": "Response with id 'resp_1' not found.",
        "type": "invalid_request_error", "param": null, "code": null } });
    for action in [Action::Retrieve, Action::Delete, Action::Cancel, Action::InputItems] {
        let failure = act(action, 404, &error.to_string()).unwrap_err();
        assert_eq!((failure.kind, failure.status), (FailureKind::NotFound, Some(404)));
        assert_eq!(failure.message, "Response with id 'resp_1' not found.");
        assert_eq!(failure.request_id.as_deref(), Some("req_1"));
        assert_eq!(own(failure.raw.as_ref().unwrap()), error.to_string());
        // A redirect is not followed, and no answer.
        assert!(act(action, 302, "{}").is_err());
    }
    let failure = retold(404, "application/json", &error.to_string()).1.expect("a failure");
    assert_eq!(failure.kind, FailureKind::NotFound);
}

fn retold(status: u16, kind: &str, body: &str) -> (Vec<hotcell_sdk::Event>, Option<Failure>) {
    let mut script: Script = provider();
    script.answer(status, kind, body);
    let request = with(Action::Retrieve, &[("include_obfuscation", "false")]);
    let run = script.retell_at_every_cut::<OpenAiResponses>(&request);
    assert_eq!(run.requests[0].path, "/responses/resp_1?stream=true&include_obfuscation=false");
    (run.events, run.failure)
}

fn retell(body: &str) -> (Vec<hotcell_sdk::Event>, Option<Failure>) {
    retold(200, "text/event-stream", body)
}

#[test]
fn an_answer_is_told_again_as_it_was_told_first() {
    let item = message(json!([{ "type": "output_text", "text": "hé!", "annotations": [] }]));
    let stream = sse(&[
        json!({ "type": "response.queued", "response": response("queued", json!([])) }),
        created(),
        added(0, message(json!([]))),
        delta(0, "h\u{e9}"),
        delta(0, "!"),
        done(0, item.clone()),
        completed(json!([item])),
    ]);
    let (events, failure) = retell(&stream);
    assert_eq!(failure, None);
    let mut script = provider();
    script.answer(200, "text/event-stream", stream.as_str());
    let first = script.chat::<OpenAiResponses>(ChatRequest::user("hi"));
    assert_eq!(events, first.events);
    // One that breaks off is never taken for the whole.
    let broken = &stream[..stream.len() - 40];
    assert!(retell(broken).1.is_some());
}

#[test]
fn an_answer_in_the_background_is_over_when_it_is_taken_in() {
    let asked = |status: &str, background: Value| {
        let mut body = response(status, json!([]));
        body["background"] = background;
        let mut script = provider();
        script.answer(200, "application/json", body.to_string());
        let extra = Some(crate::provider::native(json!({ "background": true })));
        let request = ChatRequest { stream: false, extra, ..ChatRequest::user("hi") };
        script.chat_at_every_cut::<OpenAiResponses>(&request)
    };
    for status in ["queued", "in_progress"] {
        let run = asked(status, json!(true));
        assert_eq!(run.failure, None);
        assert_eq!(run.requests[0].json()["background"], true);
        let finished = run.finished().unwrap();
        assert_eq!(finished.reason, FinishReason::Other);
        assert_eq!(finished.raw.as_deref(), Some(status));
        // One that was waited for, and is not there, is no answer.
        for background in [json!(false), Value::Null] {
            let failure = asked(status, background).failure.expect("a failure");
            assert_eq!(failure.kind, FailureKind::MalformedResponse);
        }
    }
}

#[test]
fn a_stream_that_only_says_that_it_is_under_way_is_no_answer() {
    let mut body = response("in_progress", json!([]));
    body["background"] = json!(true);
    // Asked to tell it, a provider that does not is no end.
    let failure = retold(200, "application/json", &body.to_string()).1.expect("a failure");
    assert_eq!(failure.kind, FailureKind::MalformedResponse);
}
