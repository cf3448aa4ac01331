use super::read_request;
use hotcell::types::{
    CacheHint, ChatRequest, MediaSource, OutputFormat, Part, Role, Tool, ToolChoice, ToolResultPart,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(body: &Value) -> ChatRequest {
    read_request(body.to_string().as_bytes(), "m", false).unwrap()
}

fn extra(request: &ChatRequest) -> Value {
    serde_json::from_str(&request.extra.as_ref().unwrap().value).unwrap()
}

/// The parts of the one message.
fn parts(content: Value) -> Vec<Part> {
    let body = json!({ "messages": [{ "role": "user", "content": content }] });
    read(&body).messages.remove(0).parts
}

#[test]
fn a_request_is_read_into_its_fields() {
    let request = read(&json!({
        "system": [{ "text": "s" }, { "cachePoint": { "type": "default", "ttl": "1h" } }],
        "messages": [{ "role": "user", "content": [{ "text": "a" }] }],
        "inferenceConfig": { "maxTokens": 5, "temperature": 0.5, "topP": 1.0, "stopSequences": ["x"] },
        "toolConfig": {
            "tools": [
                { "toolSpec": { "name": "f", "description": "d", "strict": true,
                    "inputSchema": { "json": { "type": "object" } } } },
                { "cachePoint": { "type": "default" } },
                { "systemTool": { "name": "search" } },
            ],
            "toolChoice": { "tool": { "name": "f" } },
        },
        "outputConfig": { "textFormat": { "type": "json_schema", "structure": { "jsonSchema":
            { "name": "n", "schema": "{\"type\": \"object\"}" } } } },
        "guardrailConfig": { "guardrailIdentifier": "g" },
    }));
    assert_eq!(extra(&request), json!({ "guardrailConfig": { "guardrailIdentifier": "g" } }));
    let Part::Text(system) = &request.messages[0].parts[0] else { panic!("{request:?}") };
    assert_eq!((request.messages[0].role, system.cache), (Role::System, Some(CacheHint::Long)));
    assert_eq!(request.sampling.max_output_tokens, Some(5));
    assert_eq!((request.sampling.temperature, request.sampling.top_p), (Some(0.5), Some(1.0)));
    assert_eq!(request.sampling.stop, ["x"]);
    let [Tool::Function(function), Tool::Native(own)] = &request.tools[..] else {
        panic!("{request:?}")
    };
    assert_eq!(function.parameters.as_deref(), Some(r#"{"type":"object"}"#));
    assert_eq!((function.strict, function.cache), (Some(true), Some(CacheHint::Short)));
    assert_eq!(own.value, r#"{"systemTool":{"name":"search"}}"#);
    assert_eq!(request.tool_choice, Some(ToolChoice::Function("f".to_owned())));
    let Some(OutputFormat::JsonSchema(schema)) = &request.output else { panic!("{request:?}") };
    assert_eq!(schema.schema, r#"{"type": "object"}"#);
}

#[test]
fn what_the_fields_cannot_say_stays() {
    for kept in [
        json!({ "inferenceConfig": {} }),
        json!({ "inferenceConfig": { "stopSequences": [] } }),
        json!({ "inferenceConfig": { "maxTokens": 1, "new": 2 } }),
        json!({ "messages": [] }),
        json!({ "toolConfig": { "tools": [] } }),
        json!({ "toolConfig": { "tools": [{ "toolSpec": { "name": "f" } }], "new": 1 } }),
        json!({ "outputConfig": { "effort": "high" } }),
        json!({ "outputConfig": { "textFormat": { "type": "json_schema", "structure":
            { "jsonSchema": { "schema": "{}", "new": 1 } } } } }),
        json!({ "outputConfig": { "textFormat": { "type": "json_schema", "structure":
            { "jsonSchema": { "schema": "no JSON" } } } } }),
        json!({ "additionalModelRequestFields": { "top_k": 5 } }),
    ] {
        assert_eq!(extra(&read(&kept)), kept);
    }
}

#[test]
fn the_makers_own_words_are_understood() {
    for (own, effort, budget) in [
        (json!({ "thinking": { "type": "enabled", "budget_tokens": 9 } }), None, Some(9)),
        (json!({ "reasoning_config": { "type": "enabled", "budget_tokens": 9 } }), None, Some(9)),
        (json!({ "reasoningConfig": { "maxReasoningEffort": "low" } }), Some("low"), None),
        (json!({ "reasoning_effort": "high" }), Some("high"), None),
        (json!({ "thinking": { "type": "disabled" } }), Some("none"), None),
    ] {
        let request = read(&json!({ "additionalModelRequestFields": own }));
        let reasoning = request.reasoning.clone().unwrap();
        assert_eq!((reasoning.effort.as_deref(), reasoning.budget_tokens), (effort, budget));
        assert_eq!(extra(&request)["additionalModelRequestFields"], own);
    }
    for own in
        [json!({ "top_k": 7 }), json!({ "k": 7 }), json!({ "inferenceConfig": { "topK": 7 } })]
    {
        let request = read(&json!({ "additionalModelRequestFields": own }));
        assert_eq!(request.sampling.top_k, Some(7));
    }
}

#[test]
fn blocks_are_read_or_kept_whole() {
    let found = parts(json!([
        { "text": "a" },
        { "cachePoint": { "type": "default" } },
        { "cachePoint": { "type": "default" } },
        { "cachePoint": { "type": "default", "ttl": "5m" } },
        { "image": { "format": "png", "source": { "bytes": "AQID" } } },
        { "image": { "format": "png", "source": { "s3Location": { "uri": "s3://b/k" } } } },
        { "image": { "format": "new", "source": { "bytes": "AQID" } } },
        { "document": { "format": "pdf", "name": "n", "source": { "bytes": "AQID" },
            "citations": { "enabled": true } } },
        { "document": { "name": "n", "source": { "text": "t" } } },
        { "guardContent": { "text": { "text": "t" } } },
        { "reasoningContent": { "reasoningText": { "text": "t", "signature": "s" } } },
        { "reasoningContent": { "redactedContent": "AQID" } },
        { "toolUse": { "toolUseId": "i", "name": "n", "input": { "n": 1 }, "type": "server_tool_use" } },
    ]));
    let kinds: String = found
        .iter()
        .map(|part| match part {
            Part::Text(_) => 't',
            Part::Media(_) => 'm',
            Part::Reasoning(_) => 'r',
            Part::Native(_) => 'n',
            _ => '?',
        })
        .collect();
    assert_eq!(kinds, "tnnmnnmnnrrn");
    let Part::Text(text) = &found[0] else { panic!() };
    assert_eq!(text.cache, Some(CacheHint::Short));
    let Part::Media(image) = &found[3] else { panic!() };
    assert_eq!(image.mime.as_deref(), Some("image/png"));
    assert_eq!(image.source, MediaSource::Bytes(vec![1, 2, 3]));
    let Part::Media(document) = &found[6] else { panic!() };
    assert_eq!(document.name.as_deref(), Some("n"));
    assert_eq!(document.extra.as_ref().unwrap().value, r#"{"citations":{"enabled":true}}"#);
}

#[test]
fn calls_keep_their_numbers_and_results_their_kinds() {
    let body = br#"{"messages":[{"role":"user","content":[{"toolResult":{"toolUseId":"i",
        "status":"error","content":[{"text":"t"},{"json":{"a":1}},
        {"video":{"format":"mp4","source":{"bytes":"AQID"}}}]}}]},{"role":"assistant","content":
        [{"toolUse":{"toolUseId":"i","name":"n","input":{"n":1.00,"m":12345678901234567890123}}}]}]}"#;
    let request = read_request(body, "m", true).unwrap();
    assert!(request.stream);
    assert_eq!(request.messages[0].role, Role::Tool);
    let Part::ToolResult(result) = &request.messages[0].parts[0] else { panic!("{request:?}") };
    assert!(result.is_error && result.extra.is_none());
    let kinds = matches!(
        &result.content[..],
        [ToolResultPart::Text(_), ToolResultPart::Native(_), ToolResultPart::Media(_)]
    );
    assert!(kinds, "{result:?}");
    let Part::ToolCall(call) = &request.messages[1].parts[0] else { panic!("{request:?}") };
    assert_eq!(call.arguments, r#"{"n":1.00,"m":12345678901234567890123}"#);
}

#[test]
fn what_cannot_be_a_request_is_told_with_its_place() {
    for (body, why) in [
        ("", "not JSON"),
        ("[]", "expected an object, found a list"),
        (r#"{"messages":{}}"#, "messages: expected a list, found an object"),
        (r#"{"messages":[{}]}"#, "messages[0].role: expected a string, found nothing"),
        (
            r#"{"messages":[{"role":"bot","content":[]}]}"#,
            "messages[0].role: expected `user`, `assistant` or `system`, found `bot`",
        ),
        (
            r#"{"messages":[{"role":"user","content":"x"}]}"#,
            "messages[0].content: expected a list of blocks, found a string",
        ),
        (
            r#"{"messages":[{"role":"user","content":[{"text":1}]}]}"#,
            "messages[0].content[0].text: expected a string, found a number",
        ),
        (
            r#"{"inferenceConfig":{"maxTokens":-1}}"#,
            "inferenceConfig.maxTokens: expected a whole number from 0 to 4294967295, found a number",
        ),
    ] {
        let error = read_request(body.as_bytes(), "m", false).unwrap_err().to_string();
        assert!(error.contains(why), "{body}: {error}");
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(text in "[\\[\\]{}:,\"a-z0-9 ]{0,60}") {
        let _ = read_request(text.as_bytes(), "m", false);
        let block = format!(r#"{{"messages":[{{"role":"user","content":[{text}]}}]}}"#);
        let _ = read_request(block.as_bytes(), "m", false);
    }
}
