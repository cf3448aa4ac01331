//! Responses, there and back: a client's request through its reader, the real wall and the
//! adapter, and an answer into the next request.

use hotcell::types::{ChatRequest, Message, Role};
use hotcell::{Config, ProviderConfig, Runner};
use hotcell_dialects::{openai_chat, openai_responses};
use hotcell_tests::stage::{Script, Stage};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A provider on loopback, and a runner that asks it.
struct Provider {
    stage: Stage,
    runner: Runner,
}

impl Provider {
    async fn open(adapter: &str) -> Self {
        let stage = Stage::open().await.expect("a stage");
        let provider = ProviderConfig {
            adapter: Some(adapter.to_owned()),
            endpoints: BTreeMap::from([("api".to_owned(), format!("{}/", stage.url()))]),
            allow_private: Some(true),
            allow_plaintext: Some(true),
            ..ProviderConfig::default()
        };
        let mut config = Config::default();
        config.providers.insert("here".to_owned(), provider);
        let runner = Runner::builder().config(config).build().expect("a runner");
        Self { stage, runner }
    }

    /// Asks, with this answer, and gives what the provider got and what was made of it.
    async fn ask(&self, request: ChatRequest, answer: &Value) -> (Value, hotcell::Collected) {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".to_owned();
        self.stage.play(Script { head, pieces: vec![answer.to_string().into_bytes()] });
        let model = format!("here/{}", request.model);
        let answer = self.runner.chat(&model, request).await.expect("an answer");
        let collected = answer.collect().await.expect("a whole answer");
        let received = self.stage.received();
        let body = received.first().map(|received| received.body.clone()).unwrap_or_default();
        (serde_json::from_slice(&body).expect("JSON"), collected)
    }
}

fn response(output: Value) -> Value {
    json!({ "id": "resp_1", "status": "completed", "model": "m", "output": output })
}

/// A request with everything that an item can be.
fn conversation() -> Value {
    json!({
        "model": "m", "instructions": "be", "store": false, "stream": false,
        "include": ["reasoning.encrypted_content"], "previous_response_id": "resp_0",
        "text": { "format": { "type": "json_object" }, "verbosity": "low" },
        "reasoning": { "effort": "low", "summary": "auto", "context": "all_turns" },
        "tools": [
            { "type": "function", "name": "look", "parameters": { "type": "object" },
                "strict": null },
            { "type": "custom", "name": "say", "format": { "type": "text" } },
            { "type": "mcp", "server_label": "s", "server_url": "https://example.com" },
        ],
        "tool_choice": { "type": "allowed_tools", "mode": "auto", "tools": [] },
        "metadata": { "a": "b" }, "truncation": "auto", "temperature": 0.3, "top_logprobs": 1,
        "input": [
            { "role": "system", "content": "a" },
            { "type": "message", "role": "developer", "content": [
                { "type": "input_text", "text": "b" }] },
            { "role": "user", "content": [
                { "type": "input_text", "text": "c", "prompt_cache_breakpoint": {
                    "mode": "explicit" } },
                { "type": "input_image", "image_url": "data:image/png;base64,AAEC",
                    "detail": "low" },
                { "type": "input_image", "file_id": "file_1" },
                { "type": "input_file", "filename": "a.pdf",
                    "file_data": "data:application/pdf;base64,AAEC" },
                { "type": "input_file", "file_data": "AAEC", "filename": "b.pdf" },
                { "type": "input_file", "file_url": "https://example.com/a.pdf" },
                { "type": "input_audio", "input_audio": { "data": "AAEC", "format": "wav" } },
                { "type": "input_hologram", "x": 1 }] },
            { "type": "item_reference", "id": "msg_0" },
            { "type": "reasoning", "id": "rs_1", "encrypted_content": "c1ph\u{e9}\"\\/",
                "summary": [{ "type": "summary_text", "text": "a" },
                    { "type": "summary_text", "text": "b" }] },
            { "type": "reasoning", "id": "rs_2", "summary": [], "content": [
                { "type": "reasoning_text", "text": "a" }], "encrypted_content": null },
            { "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                "phase": "commentary", "content": [
                    { "type": "output_text", "text": "d", "annotations": [], "logprobs": [] },
                    { "type": "refusal", "refusal": "no" }] },
            { "type": "web_search_call", "id": "ws_1", "status": "completed",
                "action": { "type": "search", "query": "q" } },
            { "type": "image_generation_call", "id": "ig_1", "status": "completed",
                "result": "AAEC" },
            { "role": "assistant", "content": "e" },
            { "type": "message", "role": "assistant", "content": [] },
            { "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "look",
                "arguments": "{ \"a\": 1}", "status": "completed" },
            { "type": "custom_tool_call", "call_id": "call_2", "name": "say", "input": "x" },
            { "type": "function_call_output", "call_id": "call_1", "output": [
                { "type": "input_text", "text": "r" },
                { "type": "input_image", "image_url": "https://example.com/x" }] },
            { "type": "function_call_output", "call_id": "call_1", "output": "r",
                "status": "completed" },
            { "type": "custom_tool_call_output", "call_id": "call_2", "output": "y" },
            { "type": "hologram", "depth": 3 },
        ],
    })
}

#[tokio::test]
async fn a_request_arrives_as_its_client_wrote_it() {
    let provider = Provider::open("openai-responses-compatible").await;
    for body in [
        conversation(),
        json!({ "model": "m", "input": "hi" }),
        json!({ "model": "m", "input": [], "tools": [] }),
        json!({ "model": "m", "prompt": { "id": "pmpt_1" }, "instructions": null }),
    ] {
        let request = openai_responses::read_request(body.to_string().as_bytes()).expect("read");
        let (arrived, collected) = provider.ask(request, &response(json!([]))).await;
        assert_eq!(arrived, body);
        assert_eq!(collected.warnings, Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_answer_goes_back_with_the_next_request_as_it_came() {
    let provider = Provider::open("openai-responses-compatible").await;
    let output = json!([
        { "id": "rs_1", "type": "reasoning", "encrypted_content": "c1ph",
            "summary": [{ "type": "summary_text", "text": "a" },
                { "type": "summary_text", "text": "b" }] },
        { "id": "msg_1", "type": "message", "status": "completed", "role": "assistant",
            "phase": "commentary", "content": [{ "type": "output_text", "text": "c" }] },
        { "id": "ws_1", "type": "web_search_call", "status": "completed" },
        { "id": "ig_1", "type": "image_generation_call", "result": "AAEC" },
        { "id": "rs_2", "type": "reasoning", "encrypted_content": "c2ph", "summary": [] },
        { "id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "look",
            "arguments": "{\"a\": 1}" },
    ]);
    let request = ChatRequest { model: "m".to_owned(), ..ChatRequest::user("hi") };
    let (first, collected) = provider.ask(request.clone(), &response(output.clone())).await;
    assert_eq!(first["store"], false);
    let mut next = request;
    let parts = collected.choices[0].parts.clone();
    next.messages.push(Message { role: Role::Assistant, parts, name: None, extra: None });
    let (second, _) = provider.ask(next, &response(json!([]))).await;
    let items = second["input"].as_array().expect("a list");
    assert_eq!(Value::from(&items[1..]), output);
}

/// A client of chat completions, whose conversation has a tool round, an image and
/// reasoning.
#[tokio::test]
async fn a_client_of_chat_completions_is_understood() {
    let provider = Provider::open("openai-responses-compatible").await;
    let body = json!({ "model": "m", "max_tokens": 99, "stream": false, "messages": [
        { "role": "system", "content": "be" },
        { "role": "user", "content": [{ "type": "text", "text": "look" },
            { "type": "image_url", "image_url": { "url": "data:image/png;base64,AAEC" } }] },
        { "role": "assistant", "content": null, "reasoning_content": "Hm.", "tool_calls": [
            { "id": "call_1", "type": "function", "function": { "name": "see",
                "arguments": "{}" } }] },
        { "role": "tool", "tool_call_id": "call_1", "content": "r" },
    ], "tools": [{ "type": "function", "function": { "name": "see" } }] });
    let request = openai_chat::read_request(body.to_string().as_bytes()).expect("read");
    let (arrived, collected) = provider.ask(request, &response(json!([]))).await;
    let expected = json!({ "model": "m", "max_output_tokens": 99, "store": false, "input": [
        { "role": "system", "content": "be" },
        { "role": "user", "content": [{ "type": "input_text", "text": "look" },
            { "type": "input_image", "image_url": "data:image/png;base64,AAEC",
                "detail": "auto" }] },
        { "type": "function_call", "call_id": "call_1", "name": "see", "arguments": "{}" },
        { "type": "function_call_output", "call_id": "call_1", "output": "r" },
    ], "tools": [{ "type": "function", "name": "see", "strict": false,
        "parameters": { "type": "object", "properties": {} } }] });
    assert_eq!(arrived, expected);
    assert_eq!(collected.warnings.len(), 1, "{:?}", collected.warnings);
}
