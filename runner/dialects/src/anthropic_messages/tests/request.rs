//! The members of a request, and its messages as a whole.

use super::{plain, read, value};
use crate::anthropic_messages::{add_betas, read_request};
use hotcell::types::{CacheHint, ChatRequest, Message, OutputFormat, Part, Role, Tool, ToolChoice};
use serde_json::{Value, json};

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
fn members_of_messages_are_kept() {
    let messages = json!([{ "role": "assistant", "content": "x", "id": "msg_1" }]);
    let request = read(json!({ "messages": messages }));
    assert_eq!(value(request.messages[0].extra.as_ref()), json!({ "id": "msg_1" }));
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
fn the_last_of_several_members_with_one_name_is_meant() {
    let body = r#"{"model":"a","model":"b","messages":[]}"#;
    assert_eq!(read_request(body.as_bytes()).expect("a request").model, "b");
}

#[test]
fn features_of_the_header_join_those_of_the_body() {
    let added = |members: Value, header: &str| {
        let mut request = read(members);
        add_betas(&mut request, header.split(','));
        value(request.extra.as_ref())
    };
    assert_eq!(added(json!({}), "a, b"), json!({ "betas": ["a", "b"] }));
    let both = json!({ "betas": ["c"], "metadata": { "n": 1.0 } });
    let expected = json!({ "betas": ["a", "c"], "metadata": { "n": 1.0 } });
    assert_eq!(added(both, "a"), expected);
    assert_eq!(added(json!({ "betas": null }), "a"), json!({ "betas": ["a"] }));
    // Nothing is asked for, or nothing that is understood: the body stays as it is.
    for (own, header) in [(json!({ "betas": ["c"] }), ""), (json!({ "betas": "c" }), "a")] {
        assert_eq!(added(own.clone(), header), own);
    }
}
