//! Requests whose every place holds a word of its own, and what is written down of them.

use hotcell::types::{
    ChatRequest, EmbedRequest, FunctionTool, MediaKind, MediaPart, MediaSource, Message, Native,
    Part, ReasoningPart, Role, Tool, ToolCall,
};
use hotcell::{Config, Content, Runner};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A word that stands in one place of a conversation and nowhere else.
macro_rules! words {
    ($($name:ident),* $(,)?) => {
        $(pub(crate) const $name: &str = concat!("canary-", stringify!($name), "-Zq7");)*
        pub(crate) const WORDS: &[&str] = &[$($name),*];
    };
}

words! {
    SYSTEM, USER, NAME, IMAGE, FILE, THOUGHT, SIGNATURE, ARGUMENTS, RESULT, DESCRIPTION, SCHEMA,
    EXTRA, STOP, SETTING, ANSWER_HEADER, ANSWER_THOUGHT, ANSWER_TEXT, ANSWER_ARGUMENTS, TOOL_NAME,
    ANSWER_EXTRA, FINISH, FAILURE, FAILURE_CODE, INPUT, MODEL_ID,
}

/// Answers one connection after the other with these, and is gone then.
async fn provider(answers: Vec<String>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for answer in answers {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let mut part = [0; 4096];
            while !is_whole(&request) {
                let read = connection.read(&mut part).await.unwrap();
                assert!(read > 0, "it went away");
                request.extend_from_slice(&part[..read]);
            }
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.to_lowercase().lines().find_map(|line| {
        line.strip_prefix("content-length:").and_then(|length| length.trim().parse().ok())
    });
    request.len() - (head.len() + 4) >= length.unwrap_or(0_usize)
}

fn answer(status: u16, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nx-request-id: {ANSWER_HEADER}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn answers() -> Vec<String> {
    let chunk = |delta: Value, end: Option<&str>| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": end });
        let chunk =
            json!({ "id": "c", "model": "m", "fingerprint": ANSWER_EXTRA, "choices": [choice] });
        format!("data: {chunk}\n\n")
    };
    let function =
        json!({ "name": TOOL_NAME, "arguments": format!("{{\"a\":\"{ANSWER_ARGUMENTS}\"}}") });
    let stream = [
        chunk(json!({ "reasoning_content": ANSWER_THOUGHT }), None),
        chunk(json!({ "content": ANSWER_TEXT }), None),
        chunk(json!({ "tool_calls": [{ "index": 0, "id": "t", "function": function }] }), None),
        chunk(json!({}), Some(FINISH)),
        "data: [DONE]\n\n".to_owned(),
    ];
    let error = json!({ "type": "error", "error": { "type": FAILURE_CODE, "message": FAILURE } });
    let vectors = json!({ "data": [{ "index": 0, "embedding": [0.5, 0.25] }], "model": "e" });
    let models = json!({ "data": [{ "id": MODEL_ID, "object": "model" }] });
    vec![
        answer(200, "text/event-stream", &stream.concat()),
        answer(400, "application/json", &error.to_string()),
        answer(200, "application/json", &vectors.to_string()),
        answer(200, "application/json", &models.to_string()),
    ]
}

fn conversation() -> ChatRequest {
    let extra =
        |value: Value| Some(Native { dialect: "openai-chat".into(), value: value.to_string() });
    let reasoning = ReasoningPart {
        id: None,
        text: THOUGHT.into(),
        signature: Some(SIGNATURE.into()),
        redacted: None,
        extra: None,
    };
    let call = ToolCall {
        id: "t0".into(),
        name: "f".into(),
        arguments: json!({ "a": ARGUMENTS }).to_string(),
        signature: None,
        extra: None,
    };
    let media = |kind: MediaKind, mime: &str, content: &str, name: Option<&str>| {
        Part::Media(MediaPart {
            kind,
            mime: Some(mime.into()),
            source: MediaSource::Bytes(content.into()),
            name: name.map(str::to_owned),
            cache: None,
            extra: None,
        })
    };
    let mut user = Message::user(USER);
    user.name = Some(NAME.into());
    user.parts.push(media(MediaKind::Image, "image/png", IMAGE, None));
    user.parts.push(media(MediaKind::Document, "application/pdf", "%PDF", Some(FILE)));
    let mut request = ChatRequest::new(vec![
        Message::system(SYSTEM),
        user,
        Message::new(Role::Assistant, vec![Part::Reasoning(reasoning), Part::ToolCall(call)]),
        Message::tool_result("t0", RESULT),
    ]);
    request.tools.push(Tool::Function(FunctionTool {
        name: "f".into(),
        description: Some(DESCRIPTION.into()),
        parameters: Some(json!({ "type": "object", "title": SCHEMA }).to_string()),
        strict: None,
        cache: None,
        extra: None,
    }));
    request.sampling.stop.push(STOP.into());
    request.extra = extra(json!({ "metadata": { "a": EXTRA } }));
    request
}

/// Four requests through two adapters, and what was written down of them.
pub(crate) async fn recorded(content: Content) -> (tempfile::TempDir, Vec<Vec<u8>>) {
    let url = provider(answers()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("key"), "sk-0123456789").unwrap();
    let text: String = ["openai", "anthropic"]
        .map(|name| {
            format!(
                "[providers.{name}]\nendpoints.api = '{url}'\nsecrets.api-key = 'file:{}'\n\
                 allow-private = true\nallow-plaintext = true\n",
                path("key").display()
            )
        })
        .concat();
    let written = serde_json::to_value(content).unwrap();
    let text = format!(
        "{text}settings.anthropic-beta = '{SETTING}'\n\
         [transcripts]\ndirectory = '{}'\ncontent = {written}\n",
        path("transcripts").display(),
    );
    let config = Config::parse(&text, Path::new("hotcell.toml")).unwrap();
    // Compiled adapters are the same for all tests.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let runner = Runner::builder().config(config).cache(Some(cache)).build().unwrap();
    let answer = runner.chat("openai/gpt-test", conversation()).await.unwrap();
    answer.collect().await.unwrap();
    let refused = runner.chat("anthropic/claude-test", ChatRequest::user("hi")).await;
    assert!(format!("{:?}", refused.err()).contains(FAILURE));
    runner.embed("openai/e", EmbedRequest::texts([INPUT])).await.unwrap();
    runner.models("openai").await.unwrap();
    let mut files: Vec<_> =
        fs::read_dir(path("transcripts")).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let files: Vec<_> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert_eq!(files.len(), 4);
    (folder, files)
}
