//! What a client of the mock sees on the wire.

use hotcell_mock::Mock;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

struct Answer {
    head: String,
    body: String,
    /// Whether the body came to its proper end.
    complete: bool,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The data of every event but the last word of OpenAI's.
    fn events(&self) -> Vec<Value> {
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| *data != "[DONE]")
            .map(|data| serde_json::from_str(data).unwrap())
            .collect()
    }
}

fn ask(mock: &Mock, method: &str, path: &str, headers: &[&str], body: &Value) -> Answer {
    let mut stream = TcpStream::connect(mock.addr()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut raw = Vec::new();
    // A connection that breaks may say so as an error; what came before counts.
    let _ = stream.read_to_end(&mut raw);
    let raw = String::from_utf8(raw).unwrap();
    let (head, rest) = raw.split_once("\r\n\r\n").unwrap();
    if !head.contains("transfer-encoding: chunked") {
        return Answer { head: head.to_owned(), body: rest.to_owned(), complete: true };
    }
    let (mut body, mut rest, mut complete) = (String::new(), rest, false);
    while let Some((size, more)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            complete = true;
            break;
        }
        body.push_str(&more[..size]);
        rest = &more[size + 2..];
    }
    Answer { head: head.to_owned(), body, complete }
}

fn openai(mock: &Mock, body: Value) -> Answer {
    let key = format!("authorization: Bearer {}", Mock::KEY);
    ask(mock, "POST", "/v1/chat/completions", &[&key], &body)
}

fn anthropic(mock: &Mock, mut body: Value) -> Answer {
    let key = format!("x-api-key: {}", Mock::KEY);
    body["max_tokens"] = body.get("max_tokens").cloned().unwrap_or(json!(1000));
    ask(mock, "POST", "/v1/messages", &[&key, "anthropic-version: 2023-06-01"], &body)
}

fn user(words: &str) -> Value {
    json!([{ "role": "user", "content": words }])
}

fn joined(events: &[Value], pointer: &str) -> String {
    events.iter().filter_map(|event| event.pointer(pointer)?.as_str()).collect()
}

#[test]
fn a_wrong_or_missing_key_gets_the_providers_own_401() {
    let mock = Mock::spawn().unwrap();
    for header in ["authorization: Bearer sk-wrong", "accept: */*"] {
        let answer = ask(&mock, "POST", "/v1/chat/completions", &[header], &json!({}));
        assert_eq!(
            (answer.status(), &answer.json()["error"]["code"]),
            (401, &json!("invalid_api_key"))
        );
    }
    for header in ["x-api-key: sk-wrong", "authorization: Bearer sk-wrong"] {
        let answer = ask(&mock, "POST", "/v1/messages", &[header], &json!({}));
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.json()["error"]["type"], "authentication_error");
        assert_eq!(answer.json()["request_id"], answer.head_value("request-id"));
    }
}

impl Answer {
    fn head_value(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| *key == name).map(|(_, value)| value).next().unwrap_or_default()
    }
}

#[test]
fn an_answer_is_the_same_whole_and_streamed() {
    let mock = Mock::spawn().unwrap();
    let mut request = json!({ "model": "gpt-4o", "messages": user("Grüße an Ada") });
    let whole = openai(&mock, request.clone()).json();
    request["stream"] = json!(true);
    request["stream_options"] = json!({ "include_usage": true });
    let streamed = openai(&mock, request);
    assert!(streamed.body.ends_with("data: [DONE]\n\n"));
    let events = streamed.events();
    assert_eq!(whole["choices"][0]["message"]["content"], "You said: Grüße an Ada");
    assert_eq!(joined(&events, "/choices/0/delta/content"), "You said: Grüße an Ada");
    assert_eq!(events.last().unwrap()["usage"], whole["usage"]);

    let mut request = json!({
        "model": "claude", "messages": user("Hello"), "thinking": { "type": "enabled" },
    });
    let whole = anthropic(&mock, request.clone()).json();
    request["stream"] = json!(true);
    let events = anthropic(&mock, request).events();
    assert_eq!(whole["content"][0]["thinking"], joined(&events, "/delta/thinking"));
    assert_eq!(whole["content"][0]["signature"], joined(&events, "/delta/signature"));
    assert_eq!(whole["content"][1]["text"], joined(&events, "/delta/text"));
    assert_eq!(whole["stop_reason"], joined(&events, "/delta/stop_reason"));
}

#[test]
fn a_tool_is_called_and_its_result_is_quoted() {
    let mock = Mock::spawn().unwrap();
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let tools =
        json!([{ "type": "function", "function": { "name": "weather", "parameters": schema } }]);
    let mut messages = user("How is the weather in Oslo?");
    let request =
        json!({ "model": "gpt-4o", "messages": messages, "tools": tools, "stream": true });
    let events = openai(&mock, request).events();
    let arguments = joined(&events, "/choices/0/delta/tool_calls/0/function/arguments");
    assert_eq!(arguments, r#"{"city":"Oslo"}"#);
    assert_eq!(joined(&events, "/choices/0/finish_reason"), "tool_calls");
    let id = joined(&events, "/choices/0/delta/tool_calls/0/id");

    let list = messages.as_array_mut().unwrap();
    let function = json!({ "name": "weather", "arguments": arguments });
    let call = json!({ "id": id, "type": "function", "function": function });
    list.push(json!({ "role": "assistant", "tool_calls": [call] }));
    list.push(json!({ "role": "tool", "tool_call_id": id, "content": "4 °C" }));
    let answer = openai(&mock, json!({ "model": "gpt-4o", "messages": messages, "tools": tools }));
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "The tool says: 4 °C");

    let tools = json!([{ "name": "weather", "input_schema": schema }]);
    let mut messages = user("How is the weather in Oslo?");
    let request = json!({ "model": "claude", "messages": messages, "tools": tools });
    let answer = anthropic(&mock, request).json();
    assert_eq!(answer["content"][0]["input"], json!({ "city": "Oslo" }));
    assert_eq!(answer["stop_reason"], "tool_use");
    let list = messages.as_array_mut().unwrap();
    list.push(json!({ "role": "assistant", "content": answer["content"] }));
    list.push(json!({ "role": "user", "content": [
        { "type": "tool_result", "tool_use_id": answer["content"][0]["id"], "content": "4 °C" },
    ]}));
    let answer =
        anthropic(&mock, json!({ "model": "claude", "messages": messages, "tools": tools }));
    assert_eq!(answer.json()["content"][0]["text"], "The tool says: 4 °C");
}

#[test]
fn a_schema_gets_json_that_fits_it() {
    let mock = Mock::spawn().unwrap();
    let schema = json!({ "type": "object", "properties": { "n": { "type": "integer" } } });
    let format = json!({ "type": "json_schema", "json_schema": { "name": "x", "schema": schema } });
    let request = json!({ "model": "gpt-4o", "messages": user("x"), "response_format": format });
    let answer = openai(&mock, request).json();
    assert_eq!(answer["choices"][0]["message"]["content"], r#"{"n":1}"#);
}

#[test]
fn a_models_name_scripts_its_failure() {
    let mock = Mock::spawn().unwrap();
    let request = |model: &str| json!({ "model": model, "messages": user("x"), "stream": true });
    let limited = openai(&mock, request("error-429"));
    assert_eq!((limited.status(), limited.head_value("retry-after")), (429, "7"));
    assert_eq!(anthropic(&mock, request("error-529")).json()["error"]["type"], "overloaded_error");
    assert_eq!(openai(&mock, request("unknown-1")).json()["error"]["code"], "model_not_found");

    let error = openai(&mock, request("error-midstream")).events();
    assert_eq!(error.last().unwrap()["error"]["type"], "server_error");
    let error = anthropic(&mock, request("error-midstream"));
    assert!(error.body.contains("event: error\n"), "{}", error.body);

    let cut = openai(&mock, request("cut"));
    assert!(!cut.complete && !cut.body.contains("[DONE]") && cut.body.contains("You "));
    let unterminated = openai(&mock, request("unterminated"));
    assert!(unterminated.complete && !unterminated.body.contains("[DONE]"));
}

#[test]
fn chunks_come_in_the_number_and_at_the_pace_asked_for() {
    let mock = Mock::spawn().unwrap();
    mock.change(|behaviour| {
        behaviour.chunks = Some(10);
        behaviour.gap = Duration::from_millis(10);
    });
    let started = Instant::now();
    let request = json!({ "model": "gpt-4o", "messages": user("x"), "stream": true });
    let events = openai(&mock, request).events();
    assert_eq!(events.len(), 12);
    assert!(started.elapsed() >= Duration::from_millis(120), "{:?}", started.elapsed());
}

#[test]
fn embeddings_and_models_are_listed() {
    let mock = Mock::spawn().unwrap();
    let key = format!("authorization: Bearer {}", Mock::KEY);
    let request = json!({ "model": "e", "input": ["a", "b"], "dimensions": 3 });
    let answer = ask(&mock, "POST", "/v1/embeddings", &[&key], &request).json();
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
    assert_eq!(answer["data"][1]["embedding"].as_array().unwrap().len(), 3);
    assert_ne!(answer["data"][0]["embedding"], answer["data"][1]["embedding"]);
    let models = ask(&mock, "GET", "/v1/models", &[&key], &Value::Null).json();
    assert_eq!(models["data"][1]["id"], "gpt-4o-mini");
    let key = format!("x-api-key: {}", Mock::KEY);
    let models = ask(&mock, "GET", "/v1/models", &[&key, "anthropic-version: 1"], &Value::Null);
    assert_eq!(models.json()["data"][0]["display_name"], "Claude Sonnet 4.5");
}

#[test]
fn requests_are_kept_as_they_came() {
    let mock = Mock::spawn().unwrap();
    openai(&mock, json!({ "model": "gpt-4o", "messages": user("x") }));
    let [request] = &mock.take_requests()[..] else { panic!("one request") };
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(request.header("authorization"), Some(&*format!("Bearer {}", Mock::KEY)));
    assert_eq!(request.json()["model"], "gpt-4o");
    assert!(mock.requests().is_empty());
}

#[test]
fn dropping_the_mock_closes_its_port_and_its_streams() {
    let mock = Mock::spawn().unwrap();
    let addr = mock.addr();
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let body = json!({ "model": "slow", "messages": user("x"), "stream": true }).to_string();
    let key = Mock::KEY;
    write!(
        stream,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\nauthorization: Bearer {key}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut first = [0; 16];
    stream.read_exact(&mut first).unwrap();
    drop(mock);
    let mut rest = Vec::new();
    let started = Instant::now();
    let _ = stream.read_to_end(&mut rest);
    assert!(started.elapsed() < Duration::from_secs(4));
    assert!(TcpStream::connect(addr).is_err());
}
