//! What the mock refuses: what a wrong adapter would get wrong, in each provider's own words.

mod client;

use client::{Client, ask};
use hotcell_mock::Mock;
use serde_json::{Value, json};

const PNG: &str = "iVBORw0KGgo=";

/// A provider, the path of its chat, a request that it takes, and what it does not take.
struct Case {
    provider: &'static str,
    path: &'static str,
    good: Value,
    /// Where a value is replaced, and by what.
    bad: Vec<(&'static str, Value)>,
    /// The status of a bad request, and where its error says so.
    status: u16,
    message: &'static str,
}

fn cases() -> Vec<Case> {
    let parameters = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let openai = json!({
        "model": "m",
        "messages": [
            { "role": "user", "content": [
                { "type": "text", "text": "x" },
                { "type": "image_url", "image_url": { "url": format!("data:image/png;base64,{PNG}") } },
            ] },
            { "role": "assistant", "content": "", "tool_calls": [
                { "id": "call00001", "type": "function", "function": { "name": "f", "arguments": "{}" } },
            ] },
            { "role": "tool", "tool_call_id": "call00001", "content": "r" },
        ],
        "tools": [{ "type": "function", "function": { "name": "f", "parameters": parameters } }],
    });
    let openai_bad = || {
        vec![
            ("/messages/2/tool_call_id", json!("call00002")),
            ("/messages/1/tool_calls/0/id", json!("call00002")),
            ("/messages/1/tool_calls/0/function/arguments", json!({})),
            ("/messages/0/content/1/image_url/url", json!("data:image/png;base64,AAAA")),
            ("/messages/0/role", json!("somebody")),
        ]
    };
    let mut mistral_bad = openai_bad();
    mistral_bad.truncate(1);
    let mut mistral_form = vec![
        ("/seed", json!(1)),
        ("/messages/0/name", json!("Ada")),
        ("/messages/1/tool_calls/0/id", json!("call_0001")),
        ("/tools/0/function/parameters", Value::Null),
    ];
    vec![
        Case {
            provider: "openai",
            path: "/completions",
            good: json!({ "model": "m", "prompt": "x", "suffix": "y", "max_tokens": 5 }),
            bad: vec![("/messages", json!([])), ("/prompt", json!(1))],
            status: 400,
            message: "/error/message",
        },
        Case {
            provider: "mistral",
            path: "/fim/completions",
            good: json!({ "model": "m", "prompt": "x", "suffix": "y", "random_seed": 5 }),
            bad: vec![("/seed", json!(1)), ("/prompt", Value::Null), ("/tools", json!([]))],
            status: 422,
            message: "/message/detail/0/msg",
        },
        Case {
            provider: "openai",
            path: "/chat/completions",
            good: openai.clone(),
            bad: openai_bad(),
            status: 400,
            message: "/error/message",
        },
        Case {
            provider: "mistral",
            path: "/chat/completions",
            good: openai.clone(),
            bad: std::mem::take(&mut mistral_form),
            status: 422,
            message: "/message/detail/0/msg",
        },
        Case {
            provider: "cohere",
            path: "v2/chat",
            good: openai,
            bad: vec![
                ("/messages/2/tool_call_id", json!("call00002")),
                ("/top_p", json!(0.5)),
                ("/messages/0/content/1/image_url/url", json!("data:image/png;base64,AAAA")),
            ],
            status: 400,
            message: "/message",
        },
        Case {
            provider: "openai-responses",
            path: "/responses",
            good: json!({
                "model": "m",
                "input": [
                    { "role": "user", "content": [
                        { "type": "input_text", "text": "x" },
                        { "type": "input_image", "image_url": format!("data:image/png;base64,{PNG}") },
                    ] },
                    { "type": "function_call", "call_id": "c", "name": "f", "arguments": "{}" },
                    { "type": "function_call_output", "call_id": "c", "output": "r" },
                ],
            }),
            bad: vec![
                ("/messages", json!([])),
                ("/input/2/call_id", json!("d")),
                ("/input/1/call_id", Value::Null),
                ("/input/0/content/0/type", json!("text")),
                (
                    "/input/1",
                    json!({ "type": "reasoning", "summary": [], "encrypted_content": "?" }),
                ),
            ],
            status: 400,
            message: "/error/message",
        },
        Case {
            provider: "gemini",
            path: "/models/m:generateContent",
            good: json!({
                "contents": [
                    { "role": "user", "parts": [
                        { "text": "x" }, { "inlineData": { "mimeType": "image/png", "data": PNG } },
                    ] },
                    { "role": "model", "parts": [{ "functionCall": { "name": "f", "args": {} } }] },
                    { "role": "user", "parts": [
                        { "functionResponse": { "name": "f", "response": { "output": "r" } } },
                    ] },
                ],
                "generationConfig": { "temperature": 0.5 },
            }),
            bad: vec![
                ("/model_config", json!({})),
                ("/generationConfig/max_tokens", json!(5)),
                ("/contents/1/role", json!("assistant")),
                ("/contents/1/parts/0/thoughtSignature", json!("bW9jaw==")),
                ("/contents/2/parts/0/functionResponse/name", json!("g")),
                ("/contents/2/parts/0/functionResponse/response", json!("r")),
                ("/contents/0/parts/1/inlineData/mimeType", json!("image/jpeg")),
            ],
            status: 400,
            message: "/error/message",
        },
        Case {
            provider: "bedrock",
            path: "model/a.b-v1%3A0/converse",
            good: json!({
                "messages": [
                    { "role": "user", "content": [
                        { "text": "x" }, { "image": { "format": "png", "source": { "bytes": PNG } } },
                    ] },
                    { "role": "assistant", "content": [
                        { "toolUse": { "toolUseId": "t", "name": "f", "input": {} } },
                    ] },
                    { "role": "user", "content": [
                        { "toolResult": { "toolUseId": "t", "content": [{ "text": "r" }] } },
                    ] },
                ],
                "inferenceConfig": { "maxTokens": 50 },
            }),
            bad: vec![
                ("/model", json!("m")),
                ("/inferenceConfig/max_tokens", json!(5)),
                ("/messages/1/role", json!("user")),
                ("/messages/1/content/0/toolUse/input", json!("{}")),
                ("/messages/2/content/0/toolResult/toolUseId", json!("u")),
                ("/messages/0/content/1/image/format", json!("gif")),
            ],
            status: 400,
            message: "/message",
        },
        Case {
            provider: "anthropic",
            path: "/messages",
            good: json!({
                "model": "m", "max_tokens": 50,
                "messages": [
                    { "role": "user", "content": "x" },
                    { "role": "assistant", "content": [
                        { "type": "tool_use", "id": "t", "name": "f", "input": {} },
                    ] },
                    { "role": "user", "content": [
                        { "type": "tool_result", "tool_use_id": "t", "content": "r" },
                    ] },
                ],
            }),
            bad: vec![
                ("/messages/2/content/0/tool_use_id", json!("u")),
                (
                    "/messages/1/content/0",
                    json!({ "type": "thinking", "thinking": "", "signature": "?" }),
                ),
            ],
            status: 400,
            message: "/error/message",
        },
        Case {
            provider: "ollama",
            path: "/chat",
            good: json!({
                "model": "m", "stream": false,
                "messages": [
                    { "role": "user", "content": "x", "images": [PNG] },
                    { "role": "assistant", "content": "", "tool_calls": [
                        { "function": { "name": "f", "arguments": {} } },
                    ] },
                    { "role": "tool", "tool_name": "f", "content": "r" },
                ],
            }),
            bad: vec![
                ("/temperature", json!(0.5)),
                ("/messages/0/images/0", json!("AAAA")),
                ("/messages/1/tool_calls/0/function/arguments", json!("{}")),
                ("/messages/2/tool_name", json!("g")),
            ],
            status: 400,
            message: "/error",
        },
    ]
}

/// The value with another one in a place of it, which need not have been there.
fn with(value: &Value, place: &str, other: &Value) -> Value {
    let mut value = value.clone();
    let (before, name) = place.rsplit_once('/').unwrap();
    match value.pointer_mut(before).unwrap() {
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = other.clone(),
        object => object[name] = other.clone(),
    }
    value
}

#[test]
fn each_provider_takes_what_is_right_and_nothing_else() {
    let mock = Mock::spawn().unwrap();
    for case in cases() {
        let client = Client::of(&mock, case.provider);
        let good = client.post(case.path, &case.good);
        assert_eq!(good.status(), 200, "{}: {}", case.provider, good.body);
        for (place, other) in &case.bad {
            let answer = client.post(case.path, &with(&case.good, place, other));
            let shown = format!("{} {place}: {}", case.provider, answer.body);
            assert_eq!(answer.status(), case.status, "{shown}");
            assert!(answer.json().pointer(case.message).is_some_and(Value::is_string), "{shown}");
        }
    }
}

#[test]
fn a_wrong_key_is_refused_as_the_provider_does() {
    let mock = Mock::spawn().unwrap();
    let table = [
        ("anthropic", "/v1/messages", "x-api-key: k", 401, "/error/type", "authentication_error"),
        ("azure", "/openai/v1/chat/completions", "api-key: k", 401, "/error/code", "401"),
        (
            "bedrock",
            "/model/m/converse",
            "authorization: Bearer k",
            403,
            "/message",
            "The security token included in the request is invalid.",
        ),
        ("cohere", "/v2/chat", "authorization: Bearer k", 401, "/message", "invalid api token"),
        (
            "databricks",
            "/serving-endpoints/chat/completions",
            "authorization: Bearer k",
            403,
            "/error_code",
            "PERMISSION_DENIED",
        ),
        (
            "gemini",
            "/v1beta/models",
            "x-goog-api-key: k",
            400,
            "/error/details/0/reason",
            "API_KEY_INVALID",
        ),
        ("mistral", "/v1/models", "authorization: Bearer k", 401, "/detail", "Unauthorized"),
        ("openai", "/v1/models", "authorization: Bearer k", 401, "/error/code", "invalid_api_key"),
        (
            "replicate",
            "/v1/predictions",
            "authorization: Bearer k",
            401,
            "/title",
            "Unauthenticated",
        ),
        (
            "vertex",
            "/v1/projects/x",
            "authorization: Bearer k",
            401,
            "/error/status",
            "UNAUTHENTICATED",
        ),
        (
            "watsonx",
            "/ml/v1/text/chat",
            "authorization: Bearer k",
            401,
            "/errors/0/code",
            "authentication_token_not_valid",
        ),
    ];
    for (provider, path, header, status, place, word) in table {
        let path = format!("/{provider}{path}");
        let answer = ask(&mock, "POST", &path, &[header], b"{}");
        assert_eq!(answer.status(), status, "{provider}: {}", answer.body);
        assert_eq!(answer.json().pointer(place).unwrap(), word, "{provider}: {}", answer.body);
        // Without any it is refused as well.
        let none = ask(&mock, "POST", &path, &[], b"{}");
        assert_eq!(none.status(), 401, "{provider}: {}", none.body);
        // A key is no token, and a signature of nobody's is none.
        let header =
            "authorization: AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=0";
        let unsigned = ask(&mock, "POST", &path, &[header], b"{}");
        assert!([401, 403].contains(&unsigned.status()), "{provider}: {}", unsigned.body);
    }
}

#[test]
fn a_late_prediction_begins_is_at_work_and_is_over() {
    let mock = Mock::spawn().unwrap();
    let key = format!("authorization: Bearer {}", Mock::KEY);
    let asked = |method: &str, path: &str, headers: &[&str], body: &Value| {
        let headers = [&[key.as_str()], headers].concat();
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        ask(&mock, method, &format!("/replicate/v1{path}"), &headers, &body).json()
    };
    let input = json!({ "input": { "prompt": "Hi" } });
    let waits: &[&str] = &["prefer: wait"];
    let make = |name: &str, headers: &[&str]| {
        asked("POST", &format!("/models/owner/{name}/predictions"), headers, &input)
    };
    let look = |made: &Value| {
        let id = made["id"].as_str().unwrap();
        asked("GET", &format!("/predictions/{id}"), &[], &Value::Null)
    };
    assert_eq!(make("ready", waits)["status"], "succeeded");
    // Nobody waits for those that do not ask for it.
    for made in [make("late", waits), make("ready", &[])] {
        assert_eq!((&made["status"], &made["output"]), (&json!("starting"), &Value::Null));
        assert_eq!(look(&made)["status"], "processing");
        let over = look(&made);
        assert_eq!(over["status"], "succeeded");
        assert_eq!(over["output"], json!(["You ", "said: ", "Hi"]));
    }
    let made = make("endless", waits);
    for _ in 0..5 {
        assert_eq!(look(&made)["status"], "processing");
    }
    let id = made["id"].as_str().unwrap();
    asked("POST", &format!("/predictions/{id}/cancel"), &[], &Value::Null);
    assert_eq!(look(&made)["status"], "canceled");
    assert_eq!(asked("GET", "/predictions/none", &[], &Value::Null)["status"], 404);
}
