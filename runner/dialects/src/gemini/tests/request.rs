//! What is asked for, besides the conversation.

use super::{kept, read, read_result, value};
use crate::gemini::{read_count_request, read_embed_request, read_request};
use hotcell::types::{Input, OutputFormat, Tool, ToolChoice};
use serde_json::{Value, json};

#[test]
fn the_path_says_which_model_and_whether_to_stream() {
    let request = read_request(br#"{"contents":[]}"#, "gemini-x", true).expect("a request");
    assert_eq!((request.model.as_str(), request.stream), ("gemini-x", true));
    assert_eq!(kept(&request), json!({}), "even nothing says whose request it is");
}

#[test]
fn sampling_is_read_and_the_rest_stays() {
    let request = read(json!({ "generationConfig": {
        "maxOutputTokens": 5, "temperature": 0.5, "topP": 0.9, "topK": 40.0, "seed": -1,
        "presencePenalty": 0.1, "frequencyPenalty": 0.2, "stopSequences": ["a"],
        "candidateCount": 2, "responseLogprobs": true, "logprobs": 3,
        "responseModalities": ["AUDIO"] }, "safetySettings": null }));
    let sampling = &request.sampling;
    assert_eq!((sampling.max_output_tokens, sampling.top_k), (Some(5), Some(40)));
    assert_eq!((sampling.temperature, sampling.top_p), (Some(0.5), Some(0.9)));
    assert_eq!((sampling.seed, sampling.choices, sampling.logprobs), (Some(-1), Some(2), Some(3)));
    assert_eq!((sampling.presence_penalty, sampling.frequency_penalty), (Some(0.1), Some(0.2)));
    assert_eq!(sampling.stop, ["a"]);
    let expected = json!({ "generationConfig": { "responseModalities": ["AUDIO"] },
        "safetySettings": null });
    assert_eq!(kept(&request), expected);
}

#[test]
fn a_configuration_of_nothing_stays_and_one_in_another_spelling_is_read() {
    for own in [
        json!({ "generationConfig": {} }),
        json!({ "generationConfig": null }),
        json!({ "generationConfig": { "stopSequences": [], "topK": 1.5, "logprobs": 1 } }),
    ] {
        assert_eq!(kept(&read(own.clone())), own);
    }
    let request = read(json!({ "generation_config": { "temperature": 1.0 } }));
    assert_eq!((request.sampling.temperature, kept(&request)), (Some(1.0), json!({})));
}

#[test]
fn reasoning_is_read_and_stays() {
    let own = json!({ "generationConfig": { "thinkingConfig": {
        "thinkingLevel": "HIGH", "thinkingBudget": -1, "includeThoughts": true } } });
    let request = read(own.clone());
    let reasoning = request.reasoning.as_ref().expect("a wish");
    assert_eq!(reasoning.effort.as_deref(), Some("high"));
    assert_eq!((reasoning.budget_tokens, reasoning.include_text), (None, Some(true)));
    assert_eq!(kept(&request), own);
}

#[test]
fn the_form_of_the_answer_is_read() {
    let json_only = json!({ "generationConfig": { "responseMimeType": "application/json" } });
    let request = read(json_only);
    assert_eq!((&request.output, kept(&request)), (&Some(OutputFormat::JsonObject), json!({})));
    let own = json!({ "generationConfig": { "responseMimeType": "application/json",
        "responseSchema": { "type": "STRING", "nullable": true } } });
    let request = read(own.clone());
    let Some(OutputFormat::JsonSchema(schema)) = &request.output else { panic!("no schema") };
    let schema: Value = serde_json::from_str(&schema.schema).expect("JSON");
    assert_eq!(schema, json!({ "type": ["string", "null"] }), "as JSON Schema has it");
    assert_eq!(kept(&request), own);
}

#[test]
fn functions_are_read_and_what_the_adapter_would_write_otherwise_stays() {
    let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let usual = json!({ "tools": [{ "googleSearch": {} },
        { "functionDeclarations": [{ "name": "f", "description": "d", "parameters": schema }] }] });
    let request = read(usual);
    assert_eq!(kept(&request), json!({}));
    let [Tool::Native(search), Tool::Function(function)] = &request.tools[..] else {
        panic!("{:?}", request.tools)
    };
    assert_eq!(value(Some(search)), json!({ "googleSearch": {} }));
    assert_eq!((function.name.as_str(), function.description.as_deref()), ("f", Some("d")));
    assert_eq!(function.extra, None);

    for own in [
        json!([]),
        json!(null),
        json!([{ "functionDeclarations": [{ "name": "f" }], "codeExecution": null }]),
        json!([{ "functionDeclarations": [{ "name": "f" }] },
            { "functionDeclarations": [{ "name": "g" }] }]),
    ] {
        assert_eq!(kept(&read(json!({ "tools": own }))), json!({ "tools": own }));
    }
    let two = read(json!({ "tools": [{ "functionDeclarations": [{ "name": "f" }],
        "codeExecution": {} }] }));
    assert_eq!(two.tools.len(), 2);
}

#[test]
fn a_schema_in_the_providers_words_is_read_as_json_schema() {
    for own in [
        json!({ "parameters": { "type": "OBJECT", "properties": { "a": { "type": "ARRAY",
            "items": { "type": "INTEGER" } } } } }),
        json!({ "parameters": { "type": 6, "properties": { "a": { "type": 5,
            "items": { "type": 3 } } } } }),
    ] {
        let mut function = own.clone();
        function["name"] = "f".into();
        let request = read(json!({ "tools": [{ "functionDeclarations": [function] }] }));
        let Tool::Function(function) = &request.tools[0] else { panic!("no function") };
        let parameters = function.parameters.as_deref().map(serde_json::from_str::<Value>);
        let expected = json!({ "type": "object", "properties": { "a": { "type": "array",
            "items": { "type": "integer" } } } });
        assert_eq!(parameters.and_then(Result::ok), Some(expected));
        assert_eq!(value(function.extra.as_ref()), own, "the client's own spelling");
    }
}

#[test]
fn a_json_schema_is_read_by_both_of_its_names() {
    for name in ["parametersJsonSchema", "parameters_json_schema"] {
        let function = json!({ "name": "f", name: { "type": "object" } });
        let request = read(json!({ "tools": [{ "functionDeclarations": [function] }] }));
        let Tool::Function(function) = &request.tools[0] else { panic!("no function") };
        assert_eq!(function.parameters.as_deref(), Some(r#"{"type":"object"}"#), "{name}");
        assert_eq!(value(function.extra.as_ref()), json!({ name: { "type": "object" } }));
    }
}

#[test]
fn the_choice_is_read() {
    let calling = |mode: Value| json!({ "toolConfig": { "functionCallingConfig": mode } });
    for (own, choice, stays) in [
        (json!({ "mode": "AUTO" }), ToolChoice::Auto, false),
        (json!({ "mode": "none" }), ToolChoice::None, true),
        (json!({ "mode": "ANY" }), ToolChoice::Required, false),
        (
            json!({ "mode": "ANY", "allowedFunctionNames": ["f"] }),
            ToolChoice::Function("f".to_owned()),
            false,
        ),
        (json!({ "mode": "ANY", "allowedFunctionNames": ["f", "g"] }), ToolChoice::Required, true),
        (json!({ "mode": "VALIDATED" }), ToolChoice::Auto, true),
    ] {
        let request = read(calling(own.clone()));
        assert_eq!(request.tool_choice, Some(choice), "{own}");
        let expected = if stays { calling(own) } else { json!({}) };
        assert_eq!(kept(&request), expected);
    }
    let odd = calling(json!({ "mode": "NEW" }))["toolConfig"].clone();
    let request = read(json!({ "toolConfig": odd }));
    let Some(ToolChoice::Native(native)) = &request.tool_choice else { panic!("no choice") };
    assert_eq!((value(Some(native)), kept(&request)), (odd, json!({})));
}

#[test]
fn of_several_functions_only_those_that_may_be_called_are_offered() {
    let list = json!([{ "functionDeclarations": [{ "name": "f" }, { "name": "g" },
        { "name": "h" }] }]);
    let names = |mode: &str, allowed: Value| {
        let config = json!({ "functionCallingConfig": { "mode": mode,
            "allowedFunctionNames": allowed } });
        let request = read(json!({ "tools": list, "toolConfig": config }));
        let names = request.tools.iter().map(|tool| match tool {
            Tool::Function(function) => function.name.clone(),
            other => panic!("{other:?}"),
        });
        (names.collect::<String>(), kept(&request)["tools"] == list)
    };
    for (mode, allowed, expected) in [
        ("ANY", json!(["f", "h"]), ("fh", true)),
        ("validated", json!(["g"]), ("g", true)),
        // One is a choice of its own.
        ("ANY", json!(["g"]), ("fgh", false)),
        ("ANY", json!(["f", "g", "h"]), ("fgh", false)),
        ("ANY", json!([]), ("fgh", false)),
        ("VALIDATED", json!([]), ("fgh", false)),
        ("ANY", json!(["x", 1]), ("fgh", false)),
        ("AUTO", json!(["f", "g"]), ("fgh", false)),
    ] {
        let (names, stays) = names(mode, allowed.clone());
        assert_eq!((names.as_str(), stays), expected, "{mode} {allowed}");
    }
}

#[test]
fn a_count_may_be_of_a_whole_request() {
    let whole = json!({ "generateContentRequest": { "model": "models/m",
        "contents": [{ "role": "user", "parts": [{ "text": "a" }] }] } });
    let request = read_count_request(whole.to_string().as_bytes(), "m").expect("a request");
    assert_eq!((request.messages.len(), kept(&request)), (1, json!({})));
    let bare = json!({ "contents": [{ "role": "user", "parts": [{ "text": "a" }] }] });
    let request = read_count_request(bare.to_string().as_bytes(), "m").expect("a request");
    assert_eq!(request.messages.len(), 1);
}

#[test]
fn embeddings_of_both_platforms_are_read() {
    let one = json!({ "model": "models/m", "content": { "parts": [{ "text": "a" }] },
        "taskType": "T", "outputDimensionality": 2 });
    let batch = json!({ "requests": [one, one] });
    let request = read_embed_request(batch.to_string().as_bytes(), "m").expect("a request");
    let text = Input::Text("a".to_owned());
    assert_eq!(request.inputs, [text.clone(), text.clone()]);
    assert_eq!((request.dimensions, request.task.as_deref()), (Some(2), Some("T")));
    assert_eq!(value(request.extra.as_ref()), json!({}));

    let odd = json!({ "requests": [one, { "content": { "parts": [{ "text": "a" }] } }] });
    let request = read_embed_request(odd.to_string().as_bytes(), "m").expect("a request");
    assert_eq!(value(request.extra.as_ref()), odd, "not all alike");

    let predict = json!({ "instances": [{ "content": "a", "task_type": "T" }],
        "parameters": { "outputDimensionality": 2 } });
    let request = read_embed_request(predict.to_string().as_bytes(), "m").expect("a request");
    assert_eq!((request.inputs, request.dimensions), (vec![text], Some(2)));
    assert_eq!(request.task.as_deref(), Some("T"));
    assert!(read_embed_request(b"{}", "m").is_err());
}

#[test]
fn what_cannot_be_a_request_is_refused_with_its_place() {
    for (members, place) in [
        (json!({ "contents": null }), "contents"),
        (json!({ "contents": {} }), "contents"),
        (json!({ "contents": [1] }), "contents[0]"),
        (json!({ "contents": [{ "parts": 1 }] }), "contents[0].parts"),
        (json!({ "contents": [{ "parts": [1] }] }), "contents[0].parts[0]"),
        (json!({ "systemInstruction": "a" }), "systemInstruction"),
        (json!({ "tools": [1] }), "tools[0]"),
        (
            json!({ "tools": [{ "functionDeclarations": [{}] }] }),
            "tools[0].functionDeclarations[0]",
        ),
    ] {
        let error = read_result(members.clone()).expect_err("no request");
        assert_eq!(error.path, place, "{members}");
    }
    assert!(read_request(b"[]", "m", false).is_err());
    assert!(read_request(b"{", "m", false).is_err());
}
