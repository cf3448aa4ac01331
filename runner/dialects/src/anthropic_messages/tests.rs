use super::*;
use hotcell::types::{
    CacheHint, MediaKind, MediaSource, Native, Tool, ToolCall, ToolChoice, ToolResultPart,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Reads a request that has what every request has, and these members.
fn read(members: Value) -> ChatRequest {
    read_result(members).expect("a request")
}

fn read_result(members: Value) -> Result<ChatRequest, DialectError> {
    let mut request = json!({ "model": "m", "messages": [] });
    if let (Some(request), Value::Object(members)) = (request.as_object_mut(), members) {
        request.extend(members);
    }
    read_request(request.to_string().as_bytes())
}

fn value(native: Option<&Native>) -> Value {
    native.map_or(Value::Null, |native| {
        assert_eq!(native.dialect, DIALECT);
        serde_json::from_str(&native.value).expect("JSON")
    })
}

fn parts(content: Value) -> Vec<Part> {
    read(json!({ "messages": [{ "role": "user", "content": content }] })).messages.remove(0).parts
}

fn one_part(block: Value) -> Part {
    parts(json!([block])).remove(0)
}

fn plain(text: &str, extra: Option<&str>) -> Part {
    let extra = extra.map(|extra| Native { dialect: DIALECT.into(), value: extra.into() });
    Part::Text(TextPart { text: text.to_owned(), cache: None, extra })
}

#[test]
fn a_request_says_that_it_came_in_this_dialect() {
    let request = read(json!({}));
    assert_eq!(request.model, "m");
    assert!(!request.stream);
    assert_eq!(value(request.extra.as_ref()), json!({}));
}

#[test]
fn what_is_modelled_is_taken_and_what_is_not_is_kept() {
    let request = read(json!({ "max_tokens": 9, "temperature": 0.5, "top_p": 0.25, "top_k": 3,
        "stop_sequences": ["a", "b"], "stream": true, "metadata": { "user_id": "u" } }));
    let sampling = &request.sampling;
    assert_eq!(sampling.max_output_tokens, Some(9));
    assert_eq!((sampling.temperature, sampling.top_p), (Some(0.5), Some(0.25)));
    assert_eq!((sampling.top_k, &sampling.stop[..]), (Some(3), &["a".to_owned(), "b".into()][..]));
    assert!(request.stream);
    assert_eq!(value(request.extra.as_ref()), json!({ "metadata": { "user_id": "u" } }));
}

#[test]
fn an_odd_spelling_stays_beside_its_meaning() {
    let odd = r#"{"model":"m","messages":[],"max_tokens":9.0,"temperature":1,"stream":false,"stop_sequences":[],"tools":[],"top_p":null}"#;
    let request = read_request(odd.as_bytes()).expect("a request");
    assert_eq!(request.sampling.max_output_tokens, Some(9));
    assert_eq!(request.sampling.temperature, Some(1.0));
    let kept = request.extra.map(|extra| extra.value);
    let expected = r#"{"max_tokens":9.0,"temperature":1,"stream":false,"stop_sequences":[],"tools":[],"top_p":null}"#;
    assert_eq!(kept.as_deref(), Some(expected));
}

#[test]
fn text_is_kept_as_it_was_written() {
    let body = "{\"model\":\"m\",\"messages\":[],\"tools\":[{\"name\":\"f\",\"input_schema\":{ \"x\" : 1.00 }}],\"metadata\":{ \"n\" : 1E400 }}";
    let request = read_request(body.as_bytes()).expect("a request");
    let Some(Tool::Function(tool)) = request.tools.first() else { panic!("{:?}", request.tools) };
    assert_eq!(tool.parameters.as_deref(), Some("{ \"x\" : 1.00 }"));
    let kept = request.extra.map(|extra| extra.value);
    assert_eq!(kept.as_deref(), Some("{\"metadata\":{ \"n\" : 1E400 }}"));
}

#[test]
fn instructions_come_first() {
    let messages = json!([{ "role": "user", "content": "hi" }]);
    let request = read(json!({ "system": "be brief", "messages": messages }));
    assert_eq!(request.messages[0], Message::new_system(vec![plain("be brief", None)]));
    assert_eq!(request.messages[1].role, Role::User);

    let blocks = json!([{ "type": "text", "text": "a", "cache_control": { "type": "ephemeral" } }]);
    let request = read(json!({ "system": blocks }));
    let Part::Text(part) = &request.messages[0].parts[0] else { panic!("{request:?}") };
    assert_eq!((part.cache, value(part.extra.as_ref())), (Some(CacheHint::Short), json!({})));

    assert_eq!(read(json!({ "system": [] })).messages, [Message::new_system(vec![])]);
    let null = read(json!({ "system": null }));
    assert_eq!((null.messages.len(), value(null.extra.as_ref())), (0, json!({ "system": null })));
}

trait System {
    fn new_system(parts: Vec<Part>) -> Self;
}

impl System for Message {
    fn new_system(parts: Vec<Part>) -> Self {
        Self { role: Role::System, parts, name: None, extra: None }
    }
}

#[test]
fn an_instruction_among_the_turns_keeps_its_place() {
    let messages = json!([{ "role": "user", "content": "hi" },
        { "role": "system", "content": "be brief" }]);
    let request = read(json!({ "messages": messages }));
    assert_eq!(request.messages[1].role, Role::System);
    assert_eq!(value(request.messages[1].extra.as_ref()), json!({ "role": "system" }));
}

#[test]
fn a_string_and_a_list_of_one_text_are_told_apart() {
    assert_eq!(parts(json!("x")), [plain("x", None)]);
    assert_eq!(parts(json!([{ "type": "text", "text": "x" }])), [plain("x", Some("{}"))]);
    let cited = json!([{ "type": "text", "text": "x", "citations": [] }]);
    assert_eq!(parts(cited), [plain("x", Some("{\"citations\":[]}"))]);
    assert_eq!(parts(json!([])), []);
}

#[test]
fn members_of_messages_are_kept() {
    let messages = json!([{ "role": "assistant", "content": "x", "id": "msg_1" }]);
    let request = read(json!({ "messages": messages }));
    assert_eq!(value(request.messages[0].extra.as_ref()), json!({ "id": "msg_1" }));
}

#[test]
fn every_cache_hint_is_read_and_none_is_lost() {
    let cache = |control: Value| {
        let text = json!({ "type": "text", "text": "x", "cache_control": control });
        let Part::Text(part) = one_part(text) else { panic!("no text") };
        (part.cache, value(part.extra.as_ref()))
    };
    let kept = |control: Value| json!({ "cache_control": control });
    assert_eq!(cache(json!({ "type": "ephemeral" })), (Some(CacheHint::Short), json!({})));
    let hour = json!({ "type": "ephemeral", "ttl": "1h" });
    assert_eq!(cache(hour), (Some(CacheHint::Long), json!({})));
    let minutes = json!({ "type": "ephemeral", "ttl": "5m" });
    assert_eq!(cache(minutes.clone()), (Some(CacheHint::Short), kept(minutes)));
    let wider = json!({ "type": "ephemeral", "scope": "global" });
    assert_eq!(cache(wider.clone()), (Some(CacheHint::Short), kept(wider)));
    assert_eq!(cache(json!({ "type": "new" })), (None, kept(json!({ "type": "new" }))));
    assert_eq!(cache(Value::Null), (None, kept(Value::Null)));
}

#[test]
fn images_and_documents_are_media() {
    let media =
        |kind: &str, source: Value| match one_part(json!({ "type": kind, "source": source })) {
            Part::Media(media) => {
                Some((media.kind, media.mime, media.source, value(media.extra.as_ref())))
            }
            _ => None,
        };
    let png = json!({ "type": "base64", "media_type": "image/png", "data": "AQID" });
    let bytes = MediaSource::Bytes(vec![1, 2, 3]);
    let mime = |mime: &str| Some(mime.to_owned());
    let found = media("image", png);
    assert_eq!(found, Some((MediaKind::Image, mime("image/png"), bytes.clone(), Value::Null)));

    let url = json!({ "type": "url", "url": "https://x/a.pdf" });
    let source = MediaSource::Url("https://x/a.pdf".to_owned());
    assert_eq!(media("document", url), Some((MediaKind::Document, None, source, Value::Null)));

    let file = json!({ "type": "file", "file_id": "f" });
    let source = MediaSource::FileId("f".to_owned());
    assert_eq!(media("document", file), Some((MediaKind::Document, None, source, Value::Null)));

    let text = json!({ "type": "text", "media_type": "text/plain", "data": "\u{e9}" });
    let source = MediaSource::Bytes("\u{e9}".as_bytes().to_vec());
    let expected = (MediaKind::Document, mime("text/plain"), source, Value::Null);
    assert_eq!(media("document", text), Some(expected));

    // What the adapter would write in another way is kept.
    let odd = json!({ "type": "base64", "media_type": "application/zip", "data": "AQID" });
    let expected = (MediaKind::Document, mime("application/zip"), bytes, json!({ "source": odd }));
    assert_eq!(media("document", odd), Some(expected));

    // What nobody can read stays whole.
    for source in [
        json!({ "type": "base64", "media_type": "image/png", "data": "not base64!" }),
        json!({ "type": "content", "content": [] }),
        json!({ "type": "new" }),
    ] {
        assert_eq!(media("document", source), None);
    }
}

#[test]
fn a_document_keeps_its_title_and_members() {
    let source = json!({ "type": "url", "url": "u" });
    let block = json!({ "type": "document", "source": source, "title": "t", "context": "c" });
    let Part::Media(media) = one_part(block) else { panic!("no media") };
    assert_eq!(media.name.as_deref(), Some("t"));
    assert_eq!(value(media.extra.as_ref()), json!({ "context": "c" }));
}

#[test]
fn thoughts_are_read_byte_for_byte() {
    let thinking = json!({ "type": "thinking", "thinking": "hm", "signature": "Eq/+==" });
    let Part::Reasoning(part) = one_part(thinking) else { panic!("no reasoning") };
    assert_eq!((part.text.as_str(), part.signature.as_deref()), ("hm", Some("Eq/+==")));
    let redacted = json!({ "type": "redacted_thinking", "data": "Em/+==" });
    let Part::Reasoning(part) = one_part(redacted) else { panic!("no reasoning") };
    assert_eq!((part.text.as_str(), part.redacted.as_deref()), ("", Some("Em/+==")));
}

#[test]
fn calls_and_results_are_read() {
    let call = json!({ "type": "tool_use", "id": "a", "name": "f", "input": { "x": 1 },
        "caller": { "type": "direct" } });
    let Part::ToolCall(ToolCall { id, name, arguments, extra, .. }) = one_part(call) else {
        panic!("no call")
    };
    assert_eq!((id.as_str(), name.as_str(), arguments.as_str()), ("a", "f", "{\"x\":1}"));
    assert_eq!(value(extra.as_ref()), json!({ "caller": { "type": "direct" } }));

    let result = |members: Value| {
        let mut block = json!({ "type": "tool_result", "tool_use_id": "a" });
        if let (Some(block), Value::Object(members)) = (block.as_object_mut(), members) {
            block.extend(members);
        }
        let messages = json!([{ "role": "user", "content": [block] }]);
        let message = read(json!({ "messages": messages })).messages.remove(0);
        assert_eq!(message.role, Role::Tool);
        let Some(Part::ToolResult(result)) = message.parts.into_iter().next() else {
            panic!("no result")
        };
        (result.content, result.is_error, value(result.extra.as_ref()))
    };
    let text = |text: &str| ToolResultPart::Text(text.to_owned());
    assert_eq!(result(json!({})), (vec![], false, Value::Null));
    assert_eq!(result(json!({ "content": "x" })), (vec![text("x")], false, Value::Null));
    let told = json!({ "content": "x", "is_error": false });
    assert_eq!(result(told.clone()), (vec![text("x")], false, told.clone()));
    let list = json!({ "content": [{ "type": "text", "text": "x" }], "is_error": true });
    assert_eq!(result(list), (vec![text("x")], true, json!({})));
    assert_eq!(result(json!({ "content": [] })), (vec![], false, json!({ "content": [] })));
    let search = json!({ "type": "search_result", "content": [] });
    let (content, _, _) = result(json!({ "content": [search] }));
    let [ToolResultPart::Native(native)] = &content[..] else { panic!("{content:?}") };
    assert_eq!(value(Some(native)), search);
}

#[test]
fn blocks_of_the_providers_own_stay_whole() {
    let block = json!({ "type": "server_tool_use", "id": "s", "input": { "q": 1.0 } });
    let Part::Native(native) = one_part(block.clone()) else { panic!("no native") };
    assert_eq!(value(Some(&native)), block);
}

#[test]
fn a_turn_with_more_than_results_is_the_users() {
    let result = json!({ "type": "tool_result", "tool_use_id": "a", "content": "x" });
    let content = json!([result, { "type": "text", "text": "and?" }]);
    let request = read(json!({ "messages": [{ "role": "user", "content": content }] }));
    assert_eq!(request.messages[0].role, Role::User);
}

#[test]
fn tools_are_functions_or_the_providers_own() {
    let search = json!({ "type": "web_search_20250305", "name": "web_search" });
    let function = json!({ "type": "custom", "name": "f", "description": "d", "strict": false,
        "input_schema": { "type": "object" }, "cache_control": { "type": "ephemeral" } });
    let tools = read(json!({ "tools": [search, function] })).tools;
    let [Tool::Native(native), Tool::Function(function)] = &tools[..] else { panic!("{tools:?}") };
    assert_eq!(value(Some(native)), search);
    assert_eq!(function.parameters.as_deref(), Some("{\"type\":\"object\"}"));
    assert_eq!((function.strict, function.cache), (Some(false), Some(CacheHint::Short)));
    assert_eq!(value(function.extra.as_ref()), json!({ "type": "custom" }));
}

#[test]
fn choices_are_read_and_what_they_cannot_say_is_kept() {
    let choice = |choice: Value| {
        let request = read(json!({ "tool_choice": choice }));
        let kept = value(request.extra.as_ref()).get("tool_choice").is_some();
        (request.tool_choice, request.parallel_tool_calls, kept)
    };
    let one = |kind: &str, one: bool| json!({ "type": kind, "disable_parallel_tool_use": one });
    assert_eq!(choice(json!({ "type": "auto" })), (Some(ToolChoice::Auto), None, false));
    assert_eq!(choice(json!({ "type": "any" })), (Some(ToolChoice::Required), None, false));
    assert_eq!(choice(json!({ "type": "none" })), (Some(ToolChoice::None), None, false));
    let named = Some(ToolChoice::Function("f".to_owned()));
    assert_eq!(choice(json!({ "type": "tool", "name": "f" })), (named, None, false));
    assert_eq!(choice(one("any", true)), (Some(ToolChoice::Required), Some(false), false));
    assert_eq!(choice(one("any", false)), (Some(ToolChoice::Required), Some(true), true));
    assert_eq!(choice(one("none", true)), (Some(ToolChoice::None), Some(false), true));
    let (native, _, kept) = choice(json!({ "type": "new", "x": 1 }));
    assert!(matches!(native, Some(ToolChoice::Native(_))) && !kept);
}

#[test]
fn a_form_for_the_answer_is_read_in_both_spellings() {
    let format = json!({ "type": "json_schema", "schema": { "type": "object" } });
    let schema = |request: &ChatRequest| match &request.output {
        Some(OutputFormat::JsonSchema(schema)) => schema.schema.clone(),
        other => panic!("{other:?}"),
    };
    let request = read(json!({ "output_config": { "format": format } }));
    assert_eq!(schema(&request), "{\"type\":\"object\"}");
    assert_eq!(value(request.extra.as_ref()), json!({}));

    for odd in [
        json!({ "output_config": { "format": format, "effort": "low" } }),
        json!({ "output_format": format }),
        json!({ "output_format": null, "output_config": { "format": format } }),
    ] {
        let request = read(odd.clone());
        assert_eq!(schema(&request), "{\"type\":\"object\"}");
        assert_eq!(value(request.extra.as_ref()), odd);
    }
}

#[test]
fn reasoning_is_read_and_stays() {
    let reasoning = |members: Value| {
        let request = read(members.clone());
        assert_eq!(value(request.extra.as_ref()), members);
        let options = request.reasoning.expect("reasoning");
        (options.effort, options.budget_tokens, options.include_text)
    };
    let enabled = json!({ "thinking": { "type": "enabled", "budget_tokens": 2000 } });
    assert_eq!(reasoning(enabled), (None, Some(2000), None));
    let disabled = json!({ "thinking": { "type": "disabled" } });
    assert_eq!(reasoning(disabled), (Some("none".to_owned()), None, None));
    let adaptive = json!({ "thinking": { "type": "adaptive", "display": "omitted" },
        "output_config": { "effort": "low" } });
    assert_eq!(reasoning(adaptive), (Some("low".to_owned()), None, Some(false)));
    let effort = json!({ "output_config": { "effort": "max" } });
    assert_eq!(reasoning(effort), (Some("max".to_owned()), None, None));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let message = |content: Value| json!({ "messages": [{ "role": "user", "content": content }] });
    let result = |content: Value| {
        message(json!([{ "type": "tool_result", "tool_use_id": "a", "content": content }]))
    };
    for (members, path, expected) in [
        (json!({ "model": 7 }), "model", "expected a string, found a number"),
        (json!({ "model": null }), "model", "expected a string, found null"),
        (json!({ "messages": {} }), "messages", "expected a list, found an object"),
        (json!({ "messages": [7] }), "messages[0]", "expected an object, found a number"),
        (json!({ "messages": [{}] }), "messages[0].role", "expected a string, found nothing"),
        (
            json!({ "messages": [{ "role": "tool" }] }),
            "messages[0].role",
            "expected `user`, `assistant` or `system`, found `tool`",
        ),
        (
            json!({ "messages": [{ "role": "user" }] }),
            "messages[0].content",
            "expected a string or a list of blocks, found nothing",
        ),
        (
            message(json!(true)),
            "messages[0].content",
            "expected a string or a list of blocks, found a boolean",
        ),
        (message(json!(["x"])), "messages[0].content[0]", "expected an object, found a string"),
        (
            message(json!([{ "type": "text", "text": "a" }, { "text": "b" }])),
            "messages[0].content[1].type",
            "expected a string, found nothing",
        ),
        (
            message(json!([{ "type": "tool_use", "id": "a", "name": "f" }])),
            "messages[0].content[0].input",
            "expected an object, found nothing",
        ),
        (
            result(json!([{ "type": "image", "source": { "type": "url" } }])),
            "messages[0].content[0].content[0].source.url",
            "expected a string, found nothing",
        ),
        (
            result(json!(7)),
            "messages[0].content[0].content",
            "expected a string or a list of blocks, found a number",
        ),
        (json!({ "system": 7 }), "system", "expected a string or a list of blocks, found a number"),
        (
            json!({ "system": [{ "type": "text", "text": "", "cache_control": 1 }] }),
            "system[0].cache_control",
            "expected an object, found a number",
        ),
        (json!({ "tools": [{}] }), "tools[0].name", "expected a string, found nothing"),
        (
            json!({ "tools": [{ "name": "f", "input_schema": [] }] }),
            "tools[0].input_schema",
            "expected an object, found a list",
        ),
        (json!({ "tool_choice": {} }), "tool_choice.type", "expected a string, found nothing"),
        (
            json!({ "max_tokens": -1 }),
            "max_tokens",
            "expected a whole number from 0 to 4294967295, found a number",
        ),
        (json!({ "temperature": "hot" }), "temperature", "expected a number, found a string"),
        (json!({ "stream": 1 }), "stream", "expected true or false, found a number"),
        (
            json!({ "stop_sequences": ["a", 1] }),
            "stop_sequences[1]",
            "expected a string, found a number",
        ),
        (json!({ "thinking": {} }), "thinking.type", "expected a string, found nothing"),
        (
            json!({ "output_config": { "format": { "type": "json_schema" } } }),
            "output_config.format.schema",
            "expected an object, found nothing",
        ),
    ] {
        let error = read_result(members).expect_err(path);
        assert_eq!((error.path.as_str(), error.message.as_str()), (path, expected));
    }
}

#[test]
fn what_is_no_request_is_refused() {
    for (body, path, word) in [
        (&b"\xff"[..], "", "UTF-8"),
        (b"", "", "not JSON"),
        (b"{", "", "not JSON"),
        (b"{} x", "", "not JSON"),
        (b"[]", "", "expected an object, found a list"),
        (b"{}", "model", "expected a string, found nothing"),
        (b"{\"model\":\"m\"}", "messages", "expected a list, found nothing"),
        (b"{\"model\":\"\\ud800\"}", "model", "not a string of Unicode"),
    ] {
        let error = read_request(body).expect_err(word);
        assert_eq!(error.path, path);
        assert!(error.message.contains(word), "{error}");
    }
}

#[test]
fn the_last_of_several_members_with_one_name_is_meant() {
    let body = r#"{"model":"a","model":"b","messages":[]}"#;
    assert_eq!(read_request(body.as_bytes()).expect("a request").model, "b");
}

#[test]
fn depth_does_no_harm() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = format!(r#"{{"model":"m","messages":[],"x":{deep}}}"#);
    assert!(read_request(body.as_bytes()).is_ok());
    let body = format!(r#"{{"model":"m","messages":{deep}}}"#);
    assert!(read_request(body.as_bytes()).is_err());
}

const WORDS: &[&str] = &[
    "model",
    "messages",
    "role",
    "content",
    "type",
    "text",
    "system",
    "tools",
    "name",
    "input_schema",
    "tool_choice",
    "thinking",
    "output_config",
    "format",
    "schema",
    "source",
    "media_type",
    "data",
    "url",
    "file_id",
    "title",
    "cache_control",
    "ttl",
    "ephemeral",
    "1h",
    "tool_use",
    "tool_result",
    "tool_use_id",
    "is_error",
    "id",
    "input",
    "signature",
    "user",
    "assistant",
    "image",
    "document",
    "base64",
    "redacted_thinking",
    "max_tokens",
    "temperature",
    "stop_sequences",
    "stream",
    "effort",
    "auto",
    "any",
    "tool",
    "disable_parallel_tool_use",
    "AQID",
    "",
];

/// JSON made of the words of the protocol, so that it gets far.
fn any_json() -> impl Strategy<Value = Value> {
    let word = proptest::sample::select(WORDS);
    let leaf = prop_oneof![
        4 => word.clone().prop_map(Value::from),
        1 => any::<i32>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let members = vec((word.clone(), inner.clone()), 0..6);
        let object = |members: Vec<(&str, Value)>| {
            let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
            Value::Object(members.collect::<Map<_, _>>())
        };
        prop_oneof![1 => vec(inner, 0..4).prop_map(Value::from), 3 => members.prop_map(object)]
    })
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(value in any_json()) {
        let _ = read_request(value.to_string().as_bytes());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..64)) {
        let _ = read_request(&bytes);
    }

    /// What is kept as text has to parse, or the runner refuses the request.
    #[test]
    fn what_is_kept_is_json(system in any_json(), content in any_json(), tools in any_json()) {
        let members = json!({ "system": system, "tools": tools, "x": content,
            "messages": [{ "role": "user", "content": content }] });
        if let Ok(request) = read_result(members) {
            for native in natives(&request) {
                prop_assert!(serde_json::from_str::<Value>(&native.value).is_ok(), "{native:?}");
            }
        }
    }
}

fn natives(request: &ChatRequest) -> Vec<&Native> {
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let parts = parts.filter_map(|part| match part {
        Part::Text(part) => part.extra.as_ref(),
        Part::Media(part) => part.extra.as_ref(),
        Part::Reasoning(part) => part.extra.as_ref(),
        Part::ToolCall(part) => part.extra.as_ref(),
        Part::ToolResult(part) => part.extra.as_ref(),
        Part::Native(native) => Some(native),
        Part::Refusal(_) => None,
    });
    let tools = request.tools.iter().filter_map(|tool| match tool {
        Tool::Function(tool) => tool.extra.as_ref(),
        Tool::Native(native) => Some(native),
    });
    let messages = request.messages.iter().filter_map(|message| message.extra.as_ref());
    parts.chain(tools).chain(messages).chain(request.extra.as_ref()).collect()
}
