//! Tools, and the choice of them.

use crate::provider::{body, foreign, native, refused, sent};
use hotcell_sdk::{ChatRequest, FailureKind, FunctionTool, Native, Tool, ToolChoice};
use serde_json::{Value, json};

fn function(name: &str, strict: Option<bool>, extra: Option<Native>) -> Tool {
    Tool::Function(FunctionTool {
        name: name.to_owned(),
        description: Some("does".to_owned()),
        parameters: Some(r#"{"type":"object"}"#.to_owned()),
        strict,
        cache: None,
        extra,
    })
}

fn request(tools: Vec<Tool>, tool_choice: Option<ToolChoice>) -> ChatRequest {
    ChatRequest { tools, tool_choice, ..ChatRequest::user("hi") }
}

fn written(name: &str) -> Value {
    json!({ "type": "function", "function": { "name": name, "description": "does",
        "parameters": { "type": "object" } } })
}

#[test]
fn functions_have_a_schema() {
    assert_eq!(
        body(request(vec![function("f", None, None)], None))["tools"],
        json!([written("f")])
    );
    let Tool::Function(mut bare) = function("f", None, None) else { unreachable!() };
    (bare.description, bare.parameters) = (None, None);
    let nothing = json!({ "type": "object", "properties": {} });
    let expected =
        json!([{ "type": "function", "function": { "name": "f", "parameters": nothing } }]);
    assert_eq!(body(request(vec![Tool::Function(bare)], None))["tools"], expected);
}

#[test]
fn the_choice_is_a_word() {
    let tools = || vec![function("f", None, None)];
    for (choice, word) in [
        (ToolChoice::Auto, Value::Null),
        (ToolChoice::None, json!("NONE")),
        (ToolChoice::Required, json!("REQUIRED")),
        (ToolChoice::Native(native(&json!("SOME"))), json!("SOME")),
    ] {
        assert_eq!(body(request(tools(), Some(choice)))["tool_choice"], word);
    }
    assert_eq!(body(request(vec![], Some(ToolChoice::None))).get("tool_choice"), None);
    let other = ToolChoice::Native(foreign(&json!({})));
    assert_eq!(refused(request(tools(), Some(other))).kind, FailureKind::Unsupported);
}

#[test]
fn of_a_named_function_only_that_one_is_offered() {
    let tools = vec![function("f", None, None), function("g", None, None)];
    let named = |name: &str| Some(ToolChoice::Function(name.to_owned()));
    let (body, warnings) = sent(request(tools.clone(), named("g")));
    assert_eq!(body["tools"], json!([written("g")]));
    assert_eq!(body["tool_choice"], "REQUIRED");
    assert!(warnings[0].contains("only the tool `g`"), "{warnings:?}");
    assert_eq!(refused(request(tools, named("h"))).kind, FailureKind::InvalidRequest);
}

#[test]
fn all_tools_are_strict_or_none() {
    let strict = |name: &str| function(name, Some(true), None);
    let both = body(request(vec![strict("f"), strict("g")], None));
    assert_eq!(both["strict_tools"], true);
    let (body, warnings) = sent(request(vec![strict("f"), function("g", Some(false), None)], None));
    assert_eq!((body.get("strict_tools"), warnings.len()), (None, 1));
}

#[test]
fn a_tool_keeps_the_words_of_its_client() {
    let whole = json!({ "type": "function", "function": { "name": "x" }, "more": 1 });
    let inner = native(&json!({ "more": 1 }));
    let tools = vec![
        function("f", None, Some(native(&whole))),
        function("f", None, Some(inner)),
        Tool::Native(native(&json!({ "type": "new" }))),
    ];
    let sent = body(request(tools, None));
    let mut more = written("f");
    more["function"]["more"] = 1.into();
    assert_eq!(sent["tools"], json!([whole, more, { "type": "new" }]));
    let other = Tool::Native(foreign(&json!({ "type": "web_search" })));
    assert_eq!(refused(request(vec![other], None)).kind, FailureKind::Unsupported);
}
