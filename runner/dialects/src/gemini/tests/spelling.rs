//! Both spellings of each name, in whichever place, as Google's own SDKs mix them.

use super::{kept, read};
use crate::gemini::fields::snake;
use hotcell::types::{ChatRequest, OutputFormat, Part, Tool};
use hotcell::types::{ToolChoice, ToolResultPart};
use serde_json::{Map, Value, json};

/// One that says something in every place that is read.
fn whole() -> Value {
    json!({
        "systemInstruction": { "parts": [{ "text": "i" }] },
        "contents": [
            { "role": "user", "parts": [
                { "inlineData": { "mimeType": "image/png", "data": "aGk=" } },
                { "fileData": { "mimeType": "video/mp4", "fileUri": "gs://b/a" } }] },
            { "role": "model", "parts": [
                { "text": "hm", "thought": true, "thoughtSignature": "s" },
                { "functionCall": { "name": "f", "args": { "anArg": 1 } },
                    "thoughtSignature": "t" },
                { "executableCode": { "language": "PYTHON", "code": "1" } }] },
            { "role": "user", "parts": [{ "functionResponse": { "name": "f",
                "response": { "aKey": 1 },
                "parts": [{ "inlineData": { "mimeType": "image/png", "data": "aGk=" } }] } }] }
        ],
        "tools": [{ "functionDeclarations": [
            { "name": "f", "parameters": { "type": "object" } },
            { "name": "g", "parametersJsonSchema": { "type": "object" } }] }],
        "toolConfig": { "functionCallingConfig": { "mode": "ANY",
            "allowedFunctionNames": ["f"] } },
        "generationConfig": {
            "maxOutputTokens": 5, "topP": 0.5, "topK": 3, "presencePenalty": 0.1,
            "frequencyPenalty": 0.2, "stopSequences": ["x"], "candidateCount": 2,
            "responseLogprobs": true, "logprobs": 4, "responseMimeType": "application/json",
            "responseJsonSchema": { "type": "string" },
            "thinkingConfig": { "includeThoughts": true, "thinkingBudget": 1500,
                "thinkingLevel": "HIGH" } }
    })
}

/// The same with the second name of each member that is so deep, or less, or more.
fn respelled(value: &Value, depth: usize, second: &dyn Fn(usize) -> bool) -> Value {
    let inside = |value: &Value| respelled(value, depth + 1, second);
    match value {
        Value::Array(list) => list.iter().map(inside).collect(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let data = matches!(name.as_str(), "args" | "response");
                let value = if data { value.clone() } else { inside(value) };
                (if second(depth) { snake(name) } else { name.clone() }, value)
            };
            members.iter().map(member).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// What another provider is told: all but what only this dialect says.
fn told(mut request: ChatRequest) -> ChatRequest {
    request.extra = None;
    for part in request.messages.iter_mut().flat_map(|message| &mut message.parts) {
        match part {
            Part::Text(part) => part.extra = None,
            Part::Media(part) => part.extra = None,
            Part::Reasoning(part) => part.extra = None,
            Part::ToolCall(part) => part.extra = None,
            Part::ToolResult(result) => {
                result.extra = None;
                for part in &mut result.content {
                    if let ToolResultPart::Media(media) = part {
                        media.extra = None;
                    }
                }
            }
            Part::Native(native) => native.value.clear(),
            other => panic!("{other:?}"),
        }
    }
    for tool in &mut request.tools {
        if let Tool::Function(function) = tool {
            function.extra = None;
        }
    }
    request
}

#[test]
fn either_spelling_in_any_place_says_the_same() {
    let usual = told(read(whole()));
    let sampling = &usual.sampling;
    assert_eq!((sampling.max_output_tokens, sampling.logprobs), (Some(5), Some(4)));
    assert!(matches!(usual.output, Some(OutputFormat::JsonSchema(_))));
    assert_eq!(usual.tool_choice, Some(ToolChoice::Function("f".to_owned())));
    let ways: [&dyn Fn(usize) -> bool; 4] =
        [&|_| true, &|depth| depth % 2 == 0, &|depth| depth > 0, &|depth| depth > 4];
    for second in ways {
        let own = respelled(&whole(), 0, second);
        assert_ne!(own, whole());
        assert_eq!(told(read(own.clone())), usual, "{own}");
    }
}

#[test]
fn what_is_read_does_not_stay_in_either_spelling() {
    for own in [
        json!({ "generationConfig": { "max_output_tokens": 5, "response_logprobs": true,
            "response_mime_type": "application/json" } }),
        json!({ "generation_config": { "maxOutputTokens": 5 } }),
        json!({ "toolConfig": { "function_calling_config": { "mode": "AUTO" } } }),
        json!({ "tool_config": { "functionCallingConfig": { "mode": "ANY",
            "allowed_function_names": ["f"] } } }),
        json!({ "system_instruction": { "parts": [{ "text": "a" }] } }),
        json!({ "tools": [{ "function_declarations": [{ "name": "f" }] }] }),
    ] {
        assert_eq!(kept(&read(own.clone())), json!({}), "{own}");
    }
    for part in [
        json!({ "inline_data": { "data": "aGk=", "mime_type": "image/png" } }),
        json!({ "file_data": { "file_uri": "gs://b/a", "mime_type": "image/png" } }),
        json!({ "function_call": { "name": "f", "args": {} }, "thought_signature": "s" }),
        json!({ "function_response": { "name": "f", "response": { "output": "1" } } }),
    ] {
        let request = read(json!({ "contents": [{ "role": "user", "parts": [part] }] }));
        let extra = match &request.messages[0].parts[0] {
            Part::Media(part) => &part.extra,
            Part::ToolCall(part) => &part.extra,
            Part::ToolResult(part) => &part.extra,
            other => panic!("{other:?}"),
        };
        assert_eq!(*extra, None, "{part}");
    }
}

#[test]
fn what_is_not_read_stays_in_its_own_spelling() {
    let own = json!({ "generation_config": { "thinking_config": { "thinking_budget": 5 },
        "a_word": 1, "top_p": 0.5 }, "safety_settings": [] });
    let expected = json!({ "generationConfig": { "thinking_config": { "thinking_budget": 5 },
        "a_word": 1 }, "safety_settings": [] });
    assert_eq!(kept(&read(own)), expected);
}

/// What one function takes.
fn parameters(own: &Value) -> Value {
    let request = read(json!({ "tools": [{ "functionDeclarations": [own] }] }));
    let Tool::Function(function) = &request.tools[0] else { panic!("no function") };
    serde_json::from_str(function.parameters.as_deref().expect("there are some")).expect("JSON")
}

#[test]
fn a_schema_has_the_words_of_json_schema_and_the_clients_own_names() {
    let own = json!({ "type": "OBJECT", "min_properties": 1, "properties": {
        "any_of": { "any_of": [{ "type": "STRING", "max_length": 3 }, { "type": "ARRAY",
            "min_items": 1, "items": { "type": "STRING", "min_length": 2 } }] },
        "max_items": { "type": "STRING", "enum": ["max_items"], "default": { "any_of": 1 } } },
        "additional_properties": { "type": "STRING", "max_length": 4 },
        "required": ["any_of"], "a_word": { "any_of": 1 } });
    let expected = json!({ "type": "object", "minProperties": 1, "properties": {
        "any_of": { "anyOf": [{ "type": "string", "maxLength": 3 }, { "type": "array",
            "minItems": 1, "items": { "type": "string", "minLength": 2 } }] },
        "max_items": { "type": "string", "enum": ["max_items"], "default": { "any_of": 1 } } },
        "additionalProperties": { "type": "string", "maxLength": 4 },
        "required": ["any_of"], "a_word": { "any_of": 1 } });
    assert_eq!(parameters(&json!({ "name": "f", "parameters": own })), expected);
    let own = json!({ "any_of": [{ "type": "STRING" }, { "type": "NUMBER" }], "nullable": true });
    let expected = json!({ "anyOf": [{ "type": "string" }, { "type": "number" },
        { "type": "null" }] });
    assert_eq!(parameters(&json!({ "name": "f", "parameters": own })), expected);
    // One in JSON Schema is the client's own.
    for name in ["parametersJsonSchema", "parameters_json_schema"] {
        assert_eq!(parameters(&json!({ "name": "f", name: own })), own, "{name}");
    }
}
