use super::{DIALECT, read_request};
use hotcell::types::{
    ChatRequest, MediaKind, MediaSource, Message, Native, OutputFormat, Part, Role, Tool,
    ToolChoice, ToolResultPart,
};
use serde_json::{Value, json};

/// A request with these members beside its model.
fn read(mut members: Value) -> ChatRequest {
    members["model"] = json!("m");
    read_request(members.to_string().as_bytes()).expect("a request")
}

fn items(input: Value) -> Vec<Message> {
    read(json!({ "input": input })).messages
}

/// The value of something in this dialect; null of nothing.
fn value(native: Option<&Native>) -> Value {
    let Some(native) = native else { return Value::Null };
    assert_eq!(native.dialect, DIALECT);
    serde_json::from_str(&native.value).expect("JSON")
}

/// Parts in short.
fn parts(message: &Message) -> Vec<String> {
    let short = |part: &Part| match part {
        Part::Text(text) => format!("text {} {}", text.text, value(text.extra.as_ref())),
        Part::Reasoning(part) => format!(
            "reasoning {:?} {} {:?} {}",
            part.id,
            part.text,
            part.signature,
            value(part.extra.as_ref())
        ),
        Part::ToolCall(call) => format!(
            "call {} {} {} {}",
            call.id,
            call.name,
            call.arguments,
            value(call.extra.as_ref())
        ),
        Part::Refusal(text) => format!("refusal {text}"),
        Part::Native(native) => format!("native {}", value(Some(native))),
        other => format!("{other:?}"),
    };
    message.parts.iter().map(short).collect()
}

#[test]
fn a_request_says_that_it_came_in_this_dialect() {
    let request = read(json!({ "input": [] }));
    assert_eq!(request.model, "m");
    assert_eq!(value(request.extra.as_ref()), json!({ "input": [] }));
}

#[test]
fn what_is_modelled_is_taken_and_what_is_not_is_kept() {
    let kept = json!({ "store": false, "include": ["message.output_text.logprobs"],
        "previous_response_id": "resp_0", "reasoning": { "effort": "low", "summary": "auto" },
        "top_logprobs": 2, "text": { "format": { "type": "text" }, "verbosity": "low" } });
    let mut members = kept.clone();
    members["max_output_tokens"] = json!(9);
    members["temperature"] = json!(0.5);
    members["parallel_tool_calls"] = json!(false);
    members["stream"] = json!(true);
    members["tool_choice"] = json!({ "type": "function", "name": "look" });
    let request = read(members);
    assert_eq!(value(request.extra.as_ref()), kept);
    assert_eq!(request.sampling.max_output_tokens, Some(9));
    assert_eq!((request.sampling.temperature, request.sampling.logprobs), (Some(0.5), Some(2)));
    assert_eq!((request.parallel_tool_calls, request.stream), (Some(false), true));
    assert_eq!(request.tool_choice, Some(ToolChoice::Function("look".to_owned())));
    assert_eq!(request.output, Some(OutputFormat::Text));
    let reasoning = request.reasoning.expect("reasoning");
    assert_eq!((reasoning.effort.as_deref(), reasoning.include_text), (Some("low"), Some(true)));
}

#[test]
fn one_text_and_instructions_are_messages() {
    let request = read(json!({ "input": "hi", "instructions": "be" }));
    assert_eq!(request.messages[0].role, Role::System);
    assert_eq!(value(request.messages[0].extra.as_ref()), json!({ "instructions": null }));
    assert_eq!(parts(&request.messages[1]), ["text hi null"]);
    assert_eq!(value(request.extra.as_ref()), json!({ "input": "hi" }));
    let request = read(json!({ "instructions": null }));
    assert_eq!(request.messages, []);
    assert_eq!(value(request.extra.as_ref()), json!({ "instructions": null }));
}

#[test]
fn how_a_message_is_written_stands_beside_it() {
    let messages = items(json!([
        { "role": "user", "content": "a" },
        { "type": "message", "role": "developer", "content": [{ "type": "input_text",
            "text": "b" }] },
        { "role": "assistant", "content": "c", "phase": "final_answer" },
        { "type": "message", "role": "user", "content": [] },
    ]));
    let extras: Vec<Value> = messages.iter().map(|m| value(m.extra.as_ref())).collect();
    let expected = [
        json!(null),
        json!({}),
        json!({ "phase": "final_answer", "type": null }),
        json!({ "content": [] }),
    ];
    assert_eq!(extras, expected);
    assert_eq!(messages[1].role, Role::Developer);
    assert_eq!(parts(&messages[1]), ["text b {}"]);
}

#[test]
fn what_the_assistant_did_in_a_row_is_one_message_where_that_loses_nothing() {
    let call = |id: &str| json!({ "type": "function_call", "call_id": id, "name": "look", "arguments": "{}" });
    let said = |text: &str| json!({ "type": "message", "role": "assistant", "content": text });
    let thought = json!({ "type": "reasoning", "id": "rs", "summary": [] });
    let search = json!({ "type": "web_search_call", "id": "ws" });
    let output = json!({ "type": "function_call_output", "call_id": "1", "output": "r" });
    let messages = items(json!([thought, search, said("a"), call("1"), call("2"), output,
        said("b"), said("c"), { "type": "message", "role": "assistant", "content": [] },
        call("3")]));
    let shape: Vec<(Role, usize)> = messages.iter().map(|m| (m.role, m.parts.len())).collect();
    let assistant = Role::Assistant;
    assert_eq!(
        shape,
        [
            (assistant, 5),
            (Role::Tool, 1),
            (assistant, 1),
            (assistant, 1),
            (assistant, 0),
            (assistant, 1)
        ]
    );
    let expected = [
        "reasoning Some(\"rs\")  None {}",
        r#"native {"id":"ws","type":"web_search_call"}"#,
        "text a null",
        "call 1 look {} null",
        "call 2 look {} null",
    ];
    let same = |(found, expected): (&String, &str)| {
        // Members of a native part have no order here.
        found == expected || expected.starts_with("native") && found.starts_with("native")
    };
    assert!(parts(&messages[0]).iter().zip(expected).all(same), "{:?}", parts(&messages[0]));
}

#[test]
fn reasoning_keeps_what_the_types_do_not_hold() {
    let read = |item: Value| parts(&items(json!([item]))[0]);
    assert_eq!(
        read(json!({ "type": "reasoning", "id": "rs", "encrypted_content": "c1ph",
            "summary": [{ "type": "summary_text", "text": "a" }], "status": "completed" })),
        [r#"reasoning Some("rs") a Some("c1ph") {"status":"completed"}"#]
    );
    let two = json!([{ "type": "summary_text", "text": "a" },
        { "type": "summary_text", "text": "b" }]);
    assert_eq!(
        read(json!({ "type": "reasoning", "summary": two })),
        [format!("reasoning None ab None {}", json!({ "summary": two }))]
    );
    let content = json!([{ "type": "reasoning_text", "text": "a" }]);
    assert_eq!(
        read(json!({ "type": "reasoning", "summary": [], "content": content,
            "encrypted_content": null })),
        [format!(
            "reasoning None a None {}",
            json!({ "summary": [], "content": content,
            "encrypted_content": null })
        )]
    );
    // Without a summary it is nothing that the adapter would write.
    assert!(read(json!({ "type": "reasoning", "id": "rs" }))[0].starts_with("native"));
}

#[test]
fn what_a_caller_has_to_say_is_the_users() {
    for item in [
        json!({ "type": "item_reference", "id": "msg_0" }),
        json!({ "type": "custom_tool_call_output", "call_id": "1", "output": "x" }),
        json!({ "type": "mcp_approval_response", "approval_request_id": "a", "approve": true }),
        json!({ "type": "function_call_output", "call_id": "1", "output": 7 }),
        json!({ "type": "hologram" }),
    ] {
        let messages = items(json!([item]));
        assert_eq!(messages[0].role, Role::User, "{item}");
        assert_eq!(parts(&messages[0]), [format!("native {item}")]);
    }
    for item in [
        json!({ "type": "custom_tool_call", "call_id": "1", "name": "x", "input": "y" }),
        json!({ "type": "mcp_list_tools", "id": "m", "server_label": "s", "tools": [] }),
        json!({ "type": "compaction", "id": "c", "encrypted_content": "z" }),
        json!({ "type": "function_call", "call_id": 1, "name": "x", "arguments": "{}" }),
        json!({ "type": "image_generation_call", "id": "ig", "result": null }),
    ] {
        assert_eq!(items(json!([item]))[0].role, Role::Assistant, "{item}");
    }
}

#[test]
fn media_mean_what_they_are_and_keep_how_they_are_written() {
    let read = |part: Value| {
        let messages = items(json!([{ "role": "user", "content": [part] }]));
        let Part::Media(media) = messages[0].parts[0].clone() else { panic!("{messages:?}") };
        media
    };
    let image = read(json!({ "type": "input_image", "image_url": "data:image/png;base64,AAEC",
        "detail": "high" }));
    assert_eq!((image.kind, image.mime.as_deref()), (MediaKind::Image, Some("image/png")));
    assert_eq!(image.source, MediaSource::Bytes(vec![0, 1, 2]));
    assert_eq!(value(image.extra.as_ref()), json!({ "detail": "high" }));

    let file = json!({ "type": "input_file", "file_data": "AAEC" });
    let document = read(file.clone());
    assert_eq!(document.source, MediaSource::Bytes(vec![0, 1, 2]));
    assert_eq!(value(document.extra.as_ref()), file);
    let named = read(json!({ "type": "input_file", "filename": "a.pdf",
        "file_data": "data:application/pdf;base64,AAEC" }));
    assert_eq!((named.name.as_deref(), named.extra), (Some("a.pdf"), None));
    let url = read(json!({ "type": "input_file", "file_url": "https://example.com/a.pdf" }));
    assert_eq!(url.source, MediaSource::Url("https://example.com/a.pdf".to_owned()));
    let held = read(json!({ "type": "input_image", "file_id": "file_1" }));
    assert_eq!(held.source, MediaSource::FileId("file_1".to_owned()));
    let sound = read(json!({ "type": "input_audio", "input_audio": { "data": "AAEC",
        "format": "mp3" } }));
    assert_eq!((sound.kind, sound.extra), (MediaKind::Audio, None));

    let odd = json!({ "type": "input_hologram", "x": 1 });
    let messages = items(json!([{ "role": "user", "content": [odd] }]));
    assert_eq!(parts(&messages[0]), [format!("native {}", json!({ "content": [odd] }))]);
}

#[test]
fn what_a_function_gave_back_is_text_or_a_list() {
    let read = |output: Value| {
        let mut item = json!({ "type": "function_call_output", "call_id": "1" });
        item.as_object_mut().unwrap().extend(output.as_object().unwrap().clone());
        let messages = items(json!([item]));
        let Part::ToolResult(result) = messages[0].parts[0].clone() else { panic!() };
        result
    };
    let text = |text: &str| ToolResultPart::Text(text.to_owned());
    let plain = read(json!({ "output": "a" }));
    assert_eq!((plain.call_id.as_str(), &plain.content[..]), ("1", &[text("a")][..]));
    assert_eq!(plain.extra, None);
    let known = read(json!({ "output": "a", "id": "o" }));
    assert_eq!(value(known.extra.as_ref()), json!({ "output": "a", "id": "o" }));
    let listed = read(json!({ "output": [{ "type": "input_text", "text": "a" },
        { "type": "input_image", "file_id": "f" }, { "type": "input_text", "text": "b",
            "more": 1 }] }));
    assert_eq!(value(listed.extra.as_ref()), json!({}));
    assert_eq!(listed.content[0], text("a"));
    assert!(matches!(listed.content[1], ToolResultPart::Media(_)));
    assert!(matches!(listed.content[2], ToolResultPart::Native(_)));
}

#[test]
fn tools_are_functions_or_the_providers_own() {
    let schema = json!({ "type": "object" });
    let request = read(json!({ "input": "hi", "tool_choice": { "type": "web_search" }, "tools": [
        { "type": "function", "name": "look", "parameters": schema, "strict": true },
        { "type": "function", "name": "see", "parameters": null, "strict": null },
        { "type": "mcp", "server_label": "s" },
    ] }));
    let Tool::Function(look) = &request.tools[0] else { panic!() };
    assert_eq!((look.name.as_str(), look.strict), ("look", Some(true)));
    assert_eq!((look.parameters.clone(), look.extra.clone()), (Some(schema.to_string()), None));
    let Tool::Function(see) = &request.tools[1] else { panic!() };
    assert_eq!(value(see.extra.as_ref()), json!({ "parameters": null, "strict": null }));
    assert!(matches!(&request.tools[2], Tool::Native(_)));
    assert!(matches!(&request.tool_choice, Some(ToolChoice::Native(_))));
    assert_eq!(value(read(json!({ "tools": [] })).extra.as_ref()), json!({ "tools": [] }));
}

#[test]
fn a_schema_is_taken_where_it_loses_nothing() {
    let schema = json!({ "type": "object" });
    let text = |more: Value| {
        let mut format = json!({ "type": "json_schema", "name": "n", "schema": schema });
        format.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let request = read(json!({ "text": { "format": format } }));
        assert!(matches!(request.output, Some(OutputFormat::JsonSchema(_))));
        value(request.extra.as_ref())
    };
    assert_eq!(text(json!({ "strict": true, "description": "d" })), json!({}));
    let null = json!({ "strict": null });
    assert_eq!(text(null)["text"]["format"]["strict"], Value::Null);
    assert_eq!(text(json!({ "x": 1 }))["text"]["format"]["x"], 1);
}

#[test]
fn what_cannot_be_a_request_says_where() {
    for (body, path) in [
        (json!({ "input": 7 }), "input"),
        (json!({ "input": [7] }), "input[0]"),
        (json!({ "input": [{ "role": "robot", "content": "x" }] }), "input[0].role"),
        (json!({ "input": [{ "role": "user", "content": 7 }] }), "input[0].content"),
        (json!({ "input": "x", "tools": [{ "name": "look" }] }), "tools[0]"),
        (json!({ "input": "x", "tools": [{ "type": "function" }] }), "tools[0]"),
    ] {
        let mut body = body;
        body["model"] = json!("m");
        let error = read_request(body.to_string().as_bytes()).expect_err("an error");
        assert_eq!(error.path, path, "{body}");
    }
    assert!(read_request(b"{}").is_err());
    assert!(read_request(b"[").is_err());
}
