//! Ids of calls.

use crate::provider::{message, own, provider, sent_by};
use hotcell_sdk::{ChatRequest, Message, Part, Role, ToolCall, ToolResult, ToolResultPart};
use serde_json::json;

fn round(id: &str) -> [Message; 2] {
    let (signature, extra, cache) = (None, None, None);
    let call = ToolCall {
        id: id.to_owned(),
        name: "f".to_owned(),
        arguments: "{}".to_owned(),
        signature,
        extra: extra.clone(),
    };
    let content = vec![ToolResultPart::Text("r".to_owned())];
    let call_id = id.to_owned();
    let result = ToolResult { call_id, name: None, content, is_error: false, cache, extra };
    [
        Message::new(Role::Assistant, vec![Part::ToolCall(call)]),
        Message::new(Role::Tool, vec![Part::ToolResult(result)]),
    ]
}

/// The ids of the calls and of their results.
fn ids(mode: &str, rounds: &[&str], own_dialect: bool) -> Vec<String> {
    let mut messages = vec![message(Role::User, "q")];
    messages.extend(rounds.iter().flat_map(|id| round(id)));
    let mut request = ChatRequest::new(messages);
    request.extra = own_dialect.then(|| own(&json!({})));
    let (sent, warnings) = sent_by(provider().setting("tool-ids", mode), request);
    assert_eq!(warnings, [""; 0]);
    let body = sent.json();
    let messages = body["messages"].as_array().unwrap();
    let pairs = messages[1..].chunks(2).map(|pair| {
        let call = pair[0]["tool_calls"][0]["id"].as_str().unwrap();
        assert_eq!(pair[1]["tool_call_id"].as_str(), Some(call));
        call.to_owned()
    });
    pairs.collect()
}

#[test]
fn ids_have_nine_letters_and_digits_and_stay_apart() {
    let given = ["call_0_1", "toolu_01ABCDEFG", "abcDEF123", "call_0_1", "", "call00001"];
    let expected = ["call00000", "call00002", "abcDEF123", "call00000", "call00003", "call00001"];
    assert_eq!(ids("others", &given, false), expected);
    // As the conversation goes on, they stay.
    assert_eq!(ids("others", &["call_0_1", "x"], false), ["call00000", "call00001"]);
    assert_eq!(ids("others", &["call_0_1", "x", "y"], false)[..2], ["call00000", "call00001"]);
}

#[test]
fn a_client_of_this_dialect_keeps_its_ids_unless_told_otherwise() {
    assert_eq!(ids("others", &["call_x"], true), ["call_x"]);
    assert_eq!(ids("all", &["call_x"], true), ["call00000"]);
}
