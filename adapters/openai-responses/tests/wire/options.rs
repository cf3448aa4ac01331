//! All of a request but its conversation and tools.

use crate::provider::{foreign, native, provider, sent, sent_by, unsupported};
use hotcell_sdk::{ChatRequest, JsonSchema, OutputFormat, ReasoningOptions};
use serde_json::{Value, json};

fn request() -> ChatRequest {
    ChatRequest::user("hi")
}

/// What leaves beside the conversation.
fn body(request: ChatRequest) -> Value {
    let (mut body, warnings) = sent(request);
    assert_eq!(warnings, Vec::<String>::new());
    body.as_object_mut().expect("an object").remove("input");
    body
}

#[test]
fn a_plain_request_is_not_kept_by_the_provider() {
    let expected = json!({ "model": "test-model", "store": false, "stream": true });
    assert_eq!(body(request()), expected);
    let mut script = provider();
    script.setting("store", "yes");
    assert_eq!(sent_by(script, request()).0["store"], true);
    for (extra, kept) in [(json!({ "store": true }), true), (json!({ "store": false }), false)] {
        let mut request = request();
        request.extra = Some(foreign("openai-chat", extra));
        assert_eq!(body(request)["store"], kept);
    }
}

#[test]
fn reasoning_comes_in_cipher_from_models_that_reason() {
    let include = |model: &str| {
        let model = model.to_owned();
        let include = body(ChatRequest { model, ..request() });
        include.get("include").is_some_and(|list| *list == json!(["reasoning.encrypted_content"]))
    };
    for model in ["o3", "o4-mini", "gpt-5", "gpt-5.2-pro", "openai/gpt-6", "grok-4.3", "codex-x"] {
        assert!(include(model), "{model}");
    }
    for model in ["gpt-4o", "gpt-4.1-nano", "gpt-5-chat-latest", "omni", "grok-2", "my-model"] {
        assert!(!include(model), "{model}");
    }
    let mut asked = request();
    let effort = Some("low".to_owned());
    asked.reasoning = Some(ReasoningOptions { effort, budget_tokens: None, include_text: None });
    assert_eq!(body(asked)["include"], json!(["reasoning.encrypted_content"]));

    for (value, model, any) in [("yes", "my-model", true), ("no", "o3", false)] {
        let mut script = provider();
        script.setting("encrypted-reasoning", value);
        let request = ChatRequest { model: model.to_owned(), ..request() };
        assert_eq!(sent_by(script, request).0.get("include").is_some(), any, "{value}");
    }
    // Where answers are kept, their ids are enough.
    let mut script = provider();
    script.setting("store", "yes");
    let request = ChatRequest { model: "o3".to_owned(), ..request() };
    assert_eq!(sent_by(script, request).0.get("include"), None);
}

#[test]
fn sampling_has_its_words() {
    let mut request = request();
    request.sampling.max_output_tokens = Some(99);
    request.sampling.temperature = Some(1.0);
    request.sampling.top_p = Some(0.25);
    request.sampling.logprobs = Some(3);
    request.sampling.choices = Some(1);
    request.sampling.presence_penalty = Some(0.0);
    request.parallel_tool_calls = Some(false);
    let expected = json!({ "model": "test-model", "store": false, "stream": true,
        "max_output_tokens": 99, "temperature": 1, "top_p": 0.25, "top_logprobs": 3,
        "parallel_tool_calls": false, "include": ["message.output_text.logprobs"] });
    assert_eq!(body(request), expected);
}

#[test]
fn a_limit_below_the_providers_least_is_raised_and_a_warning_says_so() {
    for (limit, sent_as, warned) in [(1, 16, 1), (15, 16, 1), (16, 16, 0), (17, 17, 0)] {
        let mut request = request();
        request.sampling.max_output_tokens = Some(limit);
        let (body, warnings) = sent(request);
        assert_eq!((&body["max_output_tokens"], warnings.len()), (&json!(sent_as), warned));
    }
    // Other servers take less: a client of this protocol knows its own.
    let mut own = ChatRequest { extra: Some(native(json!({}))), ..request() };
    own.sampling.max_output_tokens = Some(8);
    assert_eq!(body(own)["max_output_tokens"], 8);
}

#[test]
fn what_only_steers_is_warned_and_what_changes_the_answer_is_refused() {
    let mut lost = request();
    lost.sampling.top_k = Some(1);
    lost.sampling.seed = Some(1);
    lost.sampling.presence_penalty = Some(0.5);
    lost.sampling.frequency_penalty = Some(0.5);
    assert_eq!(sent(lost).1.len(), 4);
    let mut stop = request();
    stop.sampling.stop = vec!["END".to_owned()];
    assert!(unsupported(stop).contains("stop sequences"));
    let mut choices = request();
    choices.sampling.choices = Some(2);
    assert!(unsupported(choices).contains("choices"));
}

#[test]
fn how_much_to_think_is_an_effort() {
    let reasoning = |effort: Option<&str>, budget_tokens, include_text| {
        let mut request = request();
        let effort = effort.map(str::to_owned);
        request.reasoning = Some(ReasoningOptions { effort, budget_tokens, include_text });
        let (body, warnings) = sent(request);
        (body["reasoning"].clone(), warnings.len())
    };
    assert_eq!(reasoning(Some("low"), None, None), (json!({ "effort": "low" }), 0));
    let told = json!({ "effort": "high", "summary": "auto" });
    assert_eq!(reasoning(Some("high"), None, Some(true)), (told, 0));
    assert_eq!(reasoning(None, None, Some(true)), (json!({ "summary": "auto" }), 0));
    assert_eq!(reasoning(None, None, Some(false)), (Value::Null, 0));
    // A model that is not known to reason would refuse it.
    assert_eq!(reasoning(None, Some(4000), None), (Value::Null, 1));
}

#[test]
fn a_budget_of_tokens_is_the_nearest_effort_of_a_model_that_reasons() {
    for (budget, effort) in
        [(0, "minimal"), (1024, "minimal"), (4000, "low"), (9000, "medium"), (50_000, "high")]
    {
        let (none, include_text, budget_tokens) = (None, None, Some(budget));
        let reasoning = Some(ReasoningOptions { effort: none, budget_tokens, include_text });
        let request = ChatRequest { model: "gpt-5".to_owned(), reasoning, ..request() };
        let (body, warnings) = sent(request);
        assert_eq!(body["reasoning"], json!({ "effort": effort }));
        assert!(warnings[0].contains(&format!("as the effort `{effort}`")), "{warnings:?}");
    }
}

#[test]
fn the_form_of_an_answer_is_part_of_text() {
    let format = |output: OutputFormat| {
        let mut request = request();
        request.output = Some(output);
        body(request)["text"].clone()
    };
    assert_eq!(format(OutputFormat::Text), json!({ "format": { "type": "text" } }));
    assert_eq!(format(OutputFormat::JsonObject), json!({ "format": { "type": "json_object" } }));
    let schema = JsonSchema {
        name: None,
        description: Some("d".to_owned()),
        schema: "{\"type\":\"object\"}".to_owned(),
        strict: Some(true),
    };
    let expected = json!({ "format": { "type": "json_schema", "name": "answer",
        "description": "d", "schema": { "type": "object" }, "strict": true } });
    assert_eq!(format(OutputFormat::JsonSchema(schema)), expected);
}

#[test]
fn what_chat_completions_say_alike_is_carried_over() {
    let mut request = request();
    request.extra = Some(foreign(
        "openai-chat",
        json!({
        "max_tokens": 5, "reasoning_effort": "low", "stream_options": { "include_usage": true },
        "metadata": { "a": "b" }, "service_tier": "flex", "user": "u", "prompt_cache_key": "k",
        "verbosity": "low", "logit_bias": { "1": 2 }, "nothing": null }),
    ));
    let (body, warnings) = sent(request);
    assert_eq!(
        warnings,
        ["`logit_bias` of openai-chat was left out: openai-responses has no word \
        for it"]
    );
    assert_eq!(body["metadata"], json!({ "a": "b" }));
    assert_eq!(body["service_tier"], "flex");
    assert_eq!((&body["user"], &body["prompt_cache_key"]), (&json!("u"), &json!("k")));
    assert_eq!(body["text"], json!({ "verbosity": "low" }));
    for name in ["max_tokens", "reasoning_effort", "stream_options", "logit_bias", "nothing"] {
        assert_eq!(body.get(name), None, "{name}");
    }
    let mut request = ChatRequest::user("hi");
    let own = json!({ "metadata": {}, "stream": false, "cache_control": {}, "thinking": {} });
    request.extra = Some(foreign("anthropic-messages", own));
    assert_eq!(sent(request).1.len(), 1);
}

#[test]
fn a_form_that_the_types_do_not_hold_is_carried_over_or_refused() {
    let with = |format: Value| {
        let mut request = request();
        request.extra = Some(foreign("openai-chat", json!({ "response_format": format })));
        request
    };
    let schema = json!({ "type": "object" });
    let nameless = json!({ "type": "json_schema", "json_schema": { "schema": schema,
        "strict": null } });
    let expected = json!({ "format": { "type": "json_schema", "name": "answer",
        "schema": schema, "strict": null } });
    assert_eq!(body(with(nameless))["text"], expected);
    for odd in [json!({ "type": "grammar" }), json!({ "type": "json_schema" }), json!(1)] {
        unsupported(with(odd));
    }
}

#[test]
fn a_client_of_this_dialect_gets_nothing_else() {
    let extra = json!({ "input": "hi", "previous_response_id": "resp_0", "truncation": "auto",
        "include": ["file_search_call.results"], "reasoning": { "effort": "low" },
        "text": { "verbosity": "low" }, "top_logprobs": 2, "background": true });
    let mut request = request();
    request.model = "o3".to_owned();
    request.sampling.logprobs = Some(2);
    request.extra = Some(native(extra.clone()));
    let mut expected = extra.clone();
    expected["model"] = json!("o3");
    expected["stream"] = json!(true);
    let (sent, warnings) = sent(request);
    assert_eq!((sent, warnings.len()), (expected, 0));
}

#[test]
fn without_messages_the_conversation_is_at_the_provider() {
    let mut request = ChatRequest::new(vec![]);
    request.extra = Some(native(json!({ "prompt": { "id": "pmpt_1" } })));
    assert_eq!(sent(request).0.get("input"), None);
    assert_eq!(sent(ChatRequest::new(vec![])).0["input"], json!([]));
}

#[test]
fn the_api_version_is_in_the_query() {
    let mut script = provider();
    script.setting("api-version", "2026-01-01");
    script.answer(200, "text/event-stream", crate::provider::answer(&[]));
    let run = script.chat::<hotcell_adapter_openai_responses::OpenAiResponses>(request());
    assert_eq!(run.requests[0].path, "/responses?api-version=2026-01-01");
}
