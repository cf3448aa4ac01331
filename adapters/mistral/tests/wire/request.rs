//! What stands beside the conversation.

use crate::provider::{body, foreign, own, sent};
use hotcell_sdk::{ChatRequest, FunctionTool, ReasoningOptions, Sampling, Tool, ToolChoice};
use serde_json::{Value, json};

fn ask(extra: Value) -> ChatRequest {
    ChatRequest { extra: Some(own(&extra)), ..ChatRequest::user("hi") }
}

#[test]
fn members_have_mistrals_names() {
    let sampling = Sampling {
        max_output_tokens: Some(9),
        temperature: Some(0.5),
        top_p: Some(0.9),
        top_k: None,
        seed: Some(7),
        presence_penalty: Some(0.1),
        frequency_penalty: Some(0.2),
        stop: vec!["x".to_owned()],
        choices: Some(2),
        logprobs: None,
    };
    let reasoning = ReasoningOptions {
        effort: Some("high".to_owned()),
        budget_tokens: None,
        include_text: None,
    };
    let request = ChatRequest { sampling, reasoning: Some(reasoning), ..ChatRequest::user("hi") };
    let expected = json!({ "model": "test-model", "messages": [{ "role": "user", "content": "hi" }],
        "max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "random_seed": 7,
        "presence_penalty": 0.1, "frequency_penalty": 0.2, "n": 2, "stop": ["x"],
        "reasoning_effort": "high", "stream": true });
    assert_eq!(body(request), expected);
}

#[test]
fn what_an_openai_client_wrote_is_brought_to_mistrals_names() {
    let mut request = ask(json!({ "max_completion_tokens": 5,
        "stream_options": { "include_usage": true }, "reasoning_effort": "low" }));
    request.sampling.max_output_tokens = Some(5);
    request.sampling.seed = Some(1);
    let expected = json!({ "model": "test-model", "messages": [{ "role": "user", "content": "hi" }],
        "random_seed": 1, "stream": true, "max_tokens": 5, "reasoning_effort": "low" });
    assert_eq!(body(request), expected);
}

#[test]
fn mistrals_own_name_wins() {
    let mut request = ask(json!({ "random_seed": 2, "max_tokens": 3, "max_completion_tokens": 5 }));
    request.sampling.seed = Some(1);
    let body = body(request);
    assert_eq!((&body["random_seed"], &body["max_tokens"]), (&json!(2), &json!(3)));
    let mut request = ask(json!({}));
    request.sampling.max_output_tokens = Some(4);
    assert_eq!(self::body(request)["max_tokens"], json!(4));
}

#[test]
fn what_mistral_does_not_know_is_warned_of_and_its_own_members_go_out() {
    let wrote = json!({ "safe_prompt": true, "prompt_mode": "reasoning", "user": "u", "store": null,
        "prediction": { "type": "content", "content": "" }, "guardrails": [], "logit_bias": {} });
    let (body, warnings) = sent(ask(wrote.clone()));
    for name in ["safe_prompt", "prompt_mode", "prediction", "guardrails"] {
        assert_eq!(body[name], wrote[name], "{name}");
    }
    for name in ["user", "store", "logit_bias"] {
        assert_eq!(body.get(name), None, "{name}");
    }
    let lost = |name: &str| format!("`{name}` was left out: Mistral has no word for it");
    assert_eq!(warnings, [lost("user"), lost("logit_bias")]);
    for (tier, kept) in [("auto", true), ("standard_only", true), ("default", false)] {
        let (body, warnings) = sent(ask(json!({ "service_tier": tier })));
        assert_eq!((body.get("service_tier").is_some(), warnings.is_empty()), (kept, kept));
    }
    let other = foreign(&json!({ "metadata": {} }));
    let (_, warnings) = sent(ChatRequest { extra: Some(other), ..ChatRequest::user("hi") });
    assert_eq!(warnings.len(), 1);
}

#[test]
fn every_choice_of_tools_has_its_word() {
    for (choice, expected) in [
        (ToolChoice::Auto, json!("auto")),
        (ToolChoice::None, json!("none")),
        (ToolChoice::Required, json!("required")),
        (
            ToolChoice::Function("f".to_owned()),
            json!({ "type": "function", "function": { "name": "f" } }),
        ),
        (ToolChoice::Native(own(&json!("any"))), json!("any")),
    ] {
        let request = ChatRequest { tool_choice: Some(choice), ..ChatRequest::user("hi") };
        assert_eq!(body(request)["tool_choice"], expected);
    }
}

#[test]
fn a_function_has_parameters() {
    let (name, description, parameters) = ("f".to_owned(), None, None);
    let (strict, cache, extra) = (Some(true), None, None);
    let tool = FunctionTool { name, description, parameters, strict, cache, extra };
    let request = ChatRequest { tools: vec![Tool::Function(tool)], ..ChatRequest::user("hi") };
    let expected = json!([{ "type": "function", "function": { "name": "f", "strict": true,
        "parameters": { "type": "object", "properties": {} } } }]);
    assert_eq!(body(request)["tools"], expected);
}
