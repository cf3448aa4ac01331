//! What providers keep of a prompt, they find by its beginning: a conversation that goes on is
//! written as before, byte for byte, as far as it is the same.

use crate::provider::{answer, provider};
use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::{
    CacheHint, ChatRequest, FunctionTool, Message, Part, Role, TextPart, Tool, ToolCall,
    ToolResult, ToolResultPart,
};

/// What the request becomes, byte by byte.
fn bytes(request: &ChatRequest) -> String {
    let mut script = provider();
    script.answer(200, "text/event-stream", answer(&[], "stop"));
    let run = script.chat::<OpenAi>(request.clone());
    assert_eq!(run.failure, None);
    String::from_utf8(run.requests[0].body.clone()).unwrap()
}

fn said(role: Role, text: &str) -> Message {
    Message { role, parts: vec![plain(text)], name: None, extra: None }
}

fn plain(text: &str) -> Part {
    Part::Text(TextPart { text: text.to_owned(), cache: None, extra: None })
}

/// A conversation with instructions, tools whose members are in no order of the alphabet's, a
/// call and its result.
fn conversation() -> ChatRequest {
    let schema = r#"{"type":"object","properties":{"zone":{"type":"string"},"area":{"enum":["b","a"]},"mile":{}},"required":["zone","area"]}"#;
    let tool = |name: &str| {
        Tool::Function(FunctionTool {
            name: name.to_owned(),
            description: Some(format!("does {name}")),
            parameters: Some(schema.to_owned()),
            strict: None,
            cache: None,
            extra: None,
        })
    };
    let rules =
        TextPart { text: "long rules".to_owned(), cache: Some(CacheHint::Short), extra: None };
    let call = ToolCall {
        id: "call_1".to_owned(),
        name: "zulu".to_owned(),
        arguments: r#"{"zone":"z","area":"a","mile":{"y":1,"x":[2.50,1e3]}}"#.to_owned(),
        signature: None,
        extra: None,
    };
    let result = ToolResult {
        call_id: "call_1".to_owned(),
        name: None,
        content: vec![ToolResultPart::Text("the last shared words".to_owned())],
        is_error: false,
        cache: None,
        extra: None,
    };
    let parts = |role, part| Message { role, parts: vec![part], name: None, extra: None };
    let mut request = ChatRequest::new(vec![
        parts(Role::System, Part::Text(rules)),
        said(Role::User, "first question"),
        said(Role::Assistant, "first answer"),
        said(Role::User, "second question"),
        parts(Role::Assistant, Part::ToolCall(call)),
        parts(Role::Tool, Part::ToolResult(result)),
    ]);
    request.tools = vec![tool("zulu"), tool("alpha")];
    request
}

#[test]
fn the_same_request_is_the_same_bytes() {
    assert_eq!(bytes(&conversation()), bytes(&conversation()));
}

#[test]
fn a_conversation_that_goes_on_begins_as_before() {
    let first = conversation();
    let mut next = first.clone();
    next.messages.push(said(Role::Assistant, "second answer"));
    next.messages.push(said(Role::User, "third question"));
    let (before, after) = (bytes(&first), bytes(&next));
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
