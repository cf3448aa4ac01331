//! A conversation that an adapter's tests can go on with.

use crate::{
    CacheHint, ChatRequest, FunctionTool, Message, Part, Role, TextPart, Tool, ToolCall,
    ToolResult, ToolResultPart,
};

/// A conversation with instructions, tools whose members are in no order of the alphabet's, a
/// call and its result.
pub fn conversation() -> ChatRequest {
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

/// The same conversation, one question and one answer later. Providers that keep prompts find
/// them by their beginning: what both have in common is to be the same bytes.
pub fn continued(request: &ChatRequest) -> ChatRequest {
    let mut next = request.clone();
    next.messages.push(said(Role::Assistant, "second answer"));
    next.messages.push(said(Role::User, "third question"));
    next
}

fn said(role: Role, text: &str) -> Message {
    let text = TextPart { text: text.to_owned(), cache: None, extra: None };
    Message { role, parts: vec![Part::Text(text)], name: None, extra: None }
}
