//! What providers keep of a prompt, they find by its beginning: a conversation that goes on is
//! written as before, byte for byte, as far as it is the same.

use crate::provider::{answer, provider};
use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::ChatRequest;
use hotcell_sdk::testing::{continued, conversation};

/// What the request becomes, byte by byte.
fn bytes(request: &ChatRequest) -> String {
    let mut script = provider();
    script.answer(200, "text/event-stream", answer(&[], "stop"));
    let run = script.chat::<OpenAi>(request.clone());
    assert_eq!(run.failure, None);
    String::from_utf8(run.requests[0].body.clone()).unwrap()
}

#[test]
fn the_same_request_is_the_same_bytes() {
    assert_eq!(bytes(&conversation()), bytes(&conversation()));
}

#[test]
fn a_conversation_that_goes_on_begins_as_before() {
    let first = conversation();
    let (before, after) = (bytes(&first), bytes(&continued(&first)));
    let same = before.bytes().zip(after.bytes()).take_while(|(one, other)| one == other).count();
    let last = before.find("the last shared words").unwrap() + "the last shared words".len();
    assert!(same >= last, "{}\n{}", &before[..same], &after[same..]);
    // What a provider puts before the messages, wherever it stands.
    let value: serde_json::Value = serde_json::from_str(&before).unwrap();
    let tools = value["tools"].to_string();
    assert!(tools.len() > 4 && before.contains(&tools) && after.contains(&tools), "{tools}");
}

#[test]
fn members_keep_the_order_that_the_client_gave_them() {
    let body = bytes(&conversation());
    let at = |text: &str| body.find(text).unwrap_or_else(|| panic!("{text} in {body}"));
    assert!(at("\"zulu\"") < body.rfind("\"alpha\"").unwrap());
    let schema = at("\"properties\"");
    let order = ["\"zone\"", "\"area\"", "\"mile\"", "\"required\""];
    let places = order.map(|name| schema + body[schema..].find(name).unwrap());
    assert!(places.is_sorted(), "{body}");
}
