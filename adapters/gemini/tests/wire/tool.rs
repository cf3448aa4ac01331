//! Tools, and which of them must or may be called.

use crate::provider::{body, conversation, foreign, message, native, refused, sent};
use hotcell_sdk::{ChatRequest, FailureKind, FunctionTool, Role, Tool, ToolChoice};
use serde_json::{Value, json};

fn function(name: &str, parameters: Option<Value>) -> FunctionTool {
    FunctionTool {
        name: name.to_owned(),
        description: Some("d".to_owned()),
        parameters: parameters.map(|parameters| parameters.to_string()),
        strict: None,
        cache: None,
        extra: None,
    }
}

fn request(tools: Vec<Tool>) -> ChatRequest {
    ChatRequest { tools, ..conversation(vec![message(Role::User, "hi")]) }
}

#[test]
fn functions_are_one_element_and_native_tools_stay() {
    let parameters = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let body = body(request(vec![
        Tool::Native(native(&json!({ "googleSearch": {} }))),
        Tool::Function(function("look", Some(parameters.clone()))),
        Tool::Native(native(&json!({ "codeExecution": {} }))),
        Tool::Function(function("hear", Some(json!({ "type": "object", "properties": {} })))),
    ]));
    assert_eq!(
        body["tools"],
        json!([
            { "googleSearch": {} },
            { "functionDeclarations": [
                { "name": "look", "description": "d", "parameters": parameters },
                { "name": "hear", "description": "d" }
            ] },
            { "codeExecution": {} }
        ])
    );
}

#[test]
fn what_a_schema_loses_is_told_and_maps_are_not_lost() {
    let map = json!({ "type": "object", "properties": {
        "m": { "type": "object", "additionalProperties": { "type": "string" } } } });
    let body = body(request(vec![Tool::Function(function("f", Some(map.clone())))]));
    assert_eq!(body["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"], map);
    let odd = json!({ "type": "object", "properties": { "a": { "not": {} } } });
    let (_, warnings) = sent(request(vec![Tool::Function(function("f", Some(odd)))]));
    assert_eq!(warnings, ["the parameters of `f`: `not` was left out at `/properties/a`"]);
}

#[test]
fn a_clients_own_schema_is_not_touched() {
    let own = json!({ "type": "OBJECT", "properties": {}, "$odd": 1 });
    let mut tool = function("f", Some(json!({ "type": "object" })));
    tool.extra = Some(native(&json!({ "parameters": own, "behavior": "BLOCKING" })));
    let extra = Some(native(&json!({})));
    let body = body(ChatRequest { extra, ..request(vec![Tool::Function(tool)]) });
    let function = &body["tools"][0]["functionDeclarations"][0];
    assert_eq!((&function["parameters"], &function["behavior"]), (&own, &json!("BLOCKING")));
}

#[test]
fn every_choice_has_its_mode() {
    let tools = || vec![Tool::Function(function("f", None))];
    for (choice, expected) in [
        (ToolChoice::Auto, json!({ "mode": "AUTO" })),
        (ToolChoice::None, json!({ "mode": "NONE" })),
        (ToolChoice::Required, json!({ "mode": "ANY" })),
        (
            ToolChoice::Function("f".to_owned()),
            json!({ "mode": "ANY", "allowedFunctionNames": ["f"] }),
        ),
    ] {
        let body = body(ChatRequest { tool_choice: Some(choice), ..request(tools()) });
        assert_eq!(body["toolConfig"], json!({ "functionCallingConfig": expected }));
    }
    let own = json!({ "functionCallingConfig": { "mode": "VALIDATED" } });
    let choice = Some(ToolChoice::Native(native(&own)));
    assert_eq!(body(ChatRequest { tool_choice: choice, ..request(tools()) })["toolConfig"], own);
    let choice = Some(ToolChoice::Native(foreign(&own)));
    let (kind, _) = refused(ChatRequest { tool_choice: choice, ..request(tools()) });
    assert_eq!(kind, FailureKind::Unsupported);
    // Without tools there is nothing to choose.
    let body = body(ChatRequest { tool_choice: Some(ToolChoice::Auto), ..request(vec![]) });
    assert_eq!((body.get("tools"), body.get("toolConfig")), (None, None));
}

#[test]
fn a_strict_tool_is_validated() {
    let tool = FunctionTool { strict: Some(true), ..function("f", None) };
    let body = body(request(vec![Tool::Function(tool)]));
    assert_eq!(body["toolConfig"]["functionCallingConfig"]["mode"], "VALIDATED");
}

#[test]
fn one_call_at_a_time_is_warned_of() {
    let tools = vec![Tool::Function(function("f", None))];
    let (_, warnings) =
        sent(ChatRequest { parallel_tool_calls: Some(false), ..request(tools.clone()) });
    assert_eq!(warnings.len(), 1);
    body(ChatRequest { parallel_tool_calls: Some(true), ..request(tools) });
}

#[test]
fn what_cannot_be_a_tool_is_refused() {
    for name in ["", "1st", "a b", "\u{e4}", &"x".repeat(129)] {
        let (kind, _) = refused(request(vec![Tool::Function(function(name, None))]));
        assert_eq!(kind, FailureKind::Unsupported, "{name}");
    }
    let tool = Tool::Native(foreign(&json!({ "type": "web_search" })));
    assert_eq!(refused(request(vec![tool])).0, FailureKind::Unsupported);
    let tool = function("f", Some(json!([])));
    assert_eq!(refused(request(vec![Tool::Function(tool)])).0, FailureKind::InvalidRequest);
}
