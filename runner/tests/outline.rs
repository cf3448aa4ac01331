//! What is left of a transcript where content must not be kept: nothing that was said, in no
//! encoding, and still enough to find that it was edited.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hotcell::transcript::{Instead, TranscriptError};
use hotcell::types::{
    ChatRequest, EmbedRequest, FunctionTool, MediaKind, MediaPart, MediaSource, Message, Native,
    Part, ReasoningPart, Role, Tool, ToolCall,
};
use hotcell::{Config, Content, Outline, Recorded, Runner, Transcript};
use hotcell_mock::Mock;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::Path;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A word that stands in one place of a conversation and nowhere else.
macro_rules! words {
    ($($name:ident),* $(,)?) => {
        $(const $name: &str = concat!("canary-", stringify!($name), "-Zq7");)*
        const WORDS: &[&str] = &[$($name),*];
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
async fn recorded(content: Content) -> (tempfile::TempDir, Vec<Vec<u8>>) {
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

/// The word as it could stand in a file.
fn forms(word: &str) -> Vec<String> {
    let bytes = word.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
    let mut forms = vec![
        word.to_owned(),
        word.to_lowercase(),
        word.replace('-', "%2D"),
        word.replace('-', "\\u002d"),
        word.chars().rev().collect(),
        hex.to_uppercase(),
        hex,
        numbers.join(","),
    ];
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        for (before, begin) in [(0, 0), (1, 2), (2, 3)] {
            let encoded = engine.encode([&b"\0\0"[..before], bytes].concat());
            let end = encoded.len() - usize::from(!(before + bytes.len()).is_multiple_of(3));
            forms.push(encoded[begin..end].to_owned());
        }
    }
    forms
}

/// Which of the words are in there, in whichever encoding.
fn found(text: &[u8]) -> Vec<&'static str> {
    let dense: String =
        String::from_utf8_lossy(text).chars().filter(|c| !c.is_whitespace()).collect();
    let holds = |word: &&&str| forms(word).iter().any(|form| dense.contains(form));
    WORDS.iter().filter(holds).copied().collect()
}

#[tokio::test]
async fn nothing_that_was_said_is_in_an_outline() {
    // They are all there where the content is kept, so that they would be found.
    let (_folder, whole) = recorded(Content::Keep).await;
    assert_eq!(found(&whole.concat()), WORDS);
    for content in [Content::Hash, Content::Drop] {
        let (folder, outlines) = recorded(content).await;
        for text in &outlines {
            assert_eq!(found(text), [""; 0], "{}", String::from_utf8_lossy(text));
            let Ok(Recorded::Outline(outline)) = Recorded::parse(text) else { panic!() };
            assert_eq!(outline.flaw(), None);
            assert_eq!(matches!(outline.content, Instead::Hashed(_)), content == Content::Hash);
            assert!(matches!(Transcript::parse(text), Err(TranscriptError::Outline)));
        }
        // What it is about stays.
        let text = String::from_utf8_lossy(&outlines[0]);
        for kept in ["gpt-test", "/chat/completions", "\"status\": 200", "tool-call-started"] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        // Nor is it anywhere beside.
        let beside = fs::read_dir(folder.path().join("transcripts")).unwrap().count();
        assert_eq!(beside, 4);
    }
}

/// A denied request is written by the adapter alone: what it could not send it must not be
/// able to leave in a file.
#[tokio::test]
async fn what_a_denied_request_says_is_not_in_an_outline() {
    let (_folder, whole) = recorded(Content::Keep).await;
    let mut transcript = Transcript::parse(&whole[0]).unwrap();
    let exchange = &mut transcript.exchanges[0];
    exchange.request.path = format!("/{USER}?{SYSTEM}");
    exchange.request.headers.push((RESULT.to_owned(), String::new()));
    exchange.request.body = hotcell::transcript::Bytes(Vec::new());
    exchange.status = None;
    exchange.headers.clear();
    exchange.reads.clear();
    let mut failure = serde_json::to_value(hotcell::types::Failure {
        kind: hotcell::types::FailureKind::Denied,
        message: format!("no `{USER}`"),
        status: None,
        code: Some("path".to_owned()),
        param: None,
        request_id: None,
        retry_after_ms: None,
        raw: None,
    })
    .unwrap();
    exchange.failure = serde_json::from_value(failure.take()).unwrap();
    let outline = Outline::of(&transcript, Content::Drop).unwrap().unwrap();
    assert_eq!(outline.flaw(), None);
    let text = serde_json::to_string(&outline).unwrap();
    assert_eq!(found(text.as_bytes()), [""; 0], "{text}");
    assert!(text.contains("\"rule\":\"path\""), "{text}");
}

/// One way of editing for each place of a document.
fn edited(value: &Value) -> Vec<Value> {
    let mut all = match value {
        Value::Null => vec![json!(1)],
        Value::Bool(is) => vec![json!(!is)],
        Value::Number(number) => {
            vec![number.as_u64().map_or_else(|| json!(0.125), |number| json!(number + 1))]
        }
        Value::String(text) => {
            let last = if text.ends_with('0') { '1' } else { '0' };
            let kept: String = text.chars().take(text.chars().count().saturating_sub(1)).collect();
            vec![json!(format!("{kept}{last}"))]
        }
        Value::Array(_) | Value::Object(_) => Vec::new(),
    };
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let with = |new: Option<Value>| {
                    let mut items = items.clone();
                    drop(items.splice(at..=at, new).collect::<Vec<_>>());
                    Value::Array(items)
                };
                all.extend(edited(item).into_iter().map(|new| with(Some(new))));
                all.push(with(None));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                for new in edited(member) {
                    let mut members = members.clone();
                    members.insert(name.clone(), new);
                    all.push(Value::Object(members));
                }
                let mut members = members.clone();
                members.remove(name);
                all.push(Value::Object(members));
            }
        }
        _ => {}
    }
    all
}

#[tokio::test]
async fn an_outline_that_was_edited_is_not_that_of_its_transcript() {
    let (_folder, whole) = recorded(Content::Keep).await;
    for text in &whole {
        let transcript = Transcript::parse(text).unwrap();
        for content in [Content::Hash, Content::Drop] {
            let outline = Outline::of(&transcript, content).unwrap().unwrap();
            assert_eq!((outline.difference(&transcript), outline.flaw()), (None, None));
            let mut seen = 0;
            for edit in edited(&serde_json::to_value(&outline).unwrap()) {
                let Ok(Recorded::Outline(edit)) = Recorded::parse(edit.to_string().as_bytes())
                else {
                    continue;
                };
                // What may be left out is the same as what is not there.
                let same = *edit == outline;
                assert_eq!(edit.difference(&transcript).is_none(), same, "{edit:?}");
                seen += usize::from(!same);
            }
            assert!(seen > 30, "{seen} edits");
        }
    }
}

#[tokio::test]
async fn a_transcript_that_was_edited_is_not_that_of_its_outline() {
    let (_folder, whole) = recorded(Content::Keep).await;
    let mut seen = 0;
    for text in &whole {
        let transcript = Transcript::parse(text).unwrap();
        let outline = Outline::of(&transcript, Content::Hash).unwrap().unwrap();
        for edit in edited(&serde_json::to_value(&transcript).unwrap()) {
            let Ok(edit) = Transcript::parse(edit.to_string().as_bytes()) else { continue };
            assert_eq!(outline.difference(&edit).is_none(), edit == transcript);
            seen += 1;
        }
    }
    assert!(seen > 500, "{seen} edits");
}

#[tokio::test]
async fn two_outlines_of_one_transcript_have_no_hash_in_common() {
    let (_folder, whole) = recorded(Content::Keep).await;
    let transcript = Transcript::parse(&whole[0]).unwrap();
    let hashes = || match Outline::of(&transcript, Content::Hash).unwrap().unwrap().content {
        Instead::Hashed(hashes) => hashes,
        Instead::Dropped => panic!("it has hashes"),
    };
    let (one, other) = (hashes(), hashes());
    assert_ne!(one.salt, other.salt);
    assert_ne!(one.call, other.call);
    assert_ne!(one.exchanges, other.exchanges);
    assert_ne!(one.answer, other.answer);
}

/// Whatever happens, and whatever a hostile adapter does: an outline that was recorded is one
/// that can have been.
#[tokio::test]
async fn what_was_recorded_has_no_flaw() {
    let mock = Mock::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("key"), Mock::KEY).unwrap();
    let provider = |name: &str| {
        format!(
            "[providers.{name}]\nadapter = '{name}'\nendpoints.api = '{}'\n\
             secrets.api-key = 'file:{}'\nallow-private = true\nallow-plaintext = true\n",
            mock.url(),
            path("key").display()
        )
    };
    let text = format!(
        "{}[transcripts]\ndirectory = '{}'\ncontent = 'hash'\n",
        ["openai", "anthropic", "hostile"].map(provider).concat(),
        path("transcripts").display(),
    );
    let config = Config::parse(&text, Path::new("hotcell.toml")).unwrap();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let hostile = hotcell::bundle::HOSTILE.component();
    let runner = Runner::builder().config(config).cache(Some(cache));
    let runner = runner.adapter("hostile", hostile).build().unwrap();
    let scripts = ["plain", "error-429", "error-midstream", "cut", "unterminated", "garbage"];
    let honest = scripts
        .iter()
        .flat_map(|script| ["openai", "anthropic"].map(|provider| format!("{provider}/{script}")));
    let attempts = [
        "polite",
        "endpoint-not-granted",
        "path-not-granted",
        "path-gigantic",
        "query-hidden",
        "header-authorization",
        "header-many",
        "redirect",
        "memory-exhausted",
        "calls-made",
    ];
    let attempts = attempts.iter().map(|attempt| format!("hostile/{attempt}"));
    let models: Vec<String> = honest.chain(attempts).collect();
    for model in &models {
        // It may fail in any way.
        if let Ok(answer) = runner.chat(model, ChatRequest::user("hi")).await {
            let _ = answer.collect().await;
        }
    }
    // Somebody who leaves at once.
    drop(runner.chat("openai/plain", ChatRequest::user("one two")).await.unwrap());
    let mut denied = 0;
    let files = fs::read_dir(path("transcripts")).unwrap().map(|file| file.unwrap().path());
    let files: Vec<_> = files.collect();
    assert_eq!(files.len(), models.len() + 1);
    for file in files {
        let (Recorded::Outline(outline), _) = Recorded::read(&file).unwrap() else { panic!() };
        assert_eq!(outline.flaw(), None, "{outline:?}");
        denied += outline.exchanges.iter().filter(|exchange| exchange.path.is_none()).count();
    }
    assert!(denied > 5, "{denied} were denied");
}

#[tokio::test]
async fn what_cannot_have_been_is_told() {
    let (_folder, whole) = recorded(Content::Keep).await;
    let outlines = whole.iter().map(|text| {
        let transcript = Transcript::parse(text).unwrap();
        serde_json::to_value(Outline::of(&transcript, Content::Hash).unwrap()).unwrap()
    });
    let outlines: Vec<Value> = outlines.collect();
    let chat = |change: &dyn Fn(&mut Value)| flaw(&outlines[0], change);
    let exchange = |change: &dyn Fn(&mut Value)| chat(&|it| change(&mut it["exchanges"][0]));
    let events = |change: &dyn Fn(&mut Vec<Value>)| {
        chat(&|it| change(it["answer"]["events"].as_array_mut().unwrap()))
    };
    assert!(chat(&|it| it["content"]["hashed"]["exchanges"] = json!([])).contains("hashes"));
    assert!(chat(&|it| it["content"]["hashed"]["salt"] = "x".into()).contains("salt"));
    assert!(chat(&|it| it["call"]["chat"]["bytes"] = 1.into()).contains("shorter than its parts"));
    assert!(chat(&|it| it["limits"]["events"] = 1.into()).contains("more events"));
    assert!(
        chat(&|it| it["answer"]["response"] = json!({ "models": [1] }))
            .contains("another question")
    );
    assert!(chat(&|it| it["endpoints"] = json!([])).contains("was not granted"));
    assert!(exchange(&|it| it["path"] = "/a?b".into()).contains("a path that is none"));
    assert!(exchange(&|it| it["path"] = Value::Null).contains("let through"));
    assert!(exchange(&|it| it["status"] = Value::Null).contains("let through"));
    assert!(
        exchange(&|it| it["failure"] = json!({ "kind": "Unreachable", "bytes": 1 }))
            .contains("failed to have one")
    );
    assert!(exchange(&|it| it["reads"] = json!(["end", { "bytes": 1 }])).contains("after its end"));
    assert!(exchange(&|it| it["body"] = u64::MAX.into()).contains("has room for"));
    let find = |events: &[Value], kind: &str| {
        events.iter().find(|event| event.get(kind).is_some()).cloned().unwrap()
    };
    assert!(events(&|it| it.insert(0, find(it, "started"))).contains("begins twice"));
    assert!(events(&|it| it.push(find(it, "finished"))).contains("ends twice"));
    assert!(events(&|it| it.push(find(it, "text"))).contains("after its end"));
    assert!(
        events(&|it| it.retain(|event| event.get("finished").is_none())).contains("without an end")
    );
    let failed = json!({ "kind": "Internal", "bytes": 1 });
    let embed = |change: &dyn Fn(&mut Value)| flaw(&outlines[2], change);
    assert!(embed(&|it| it["answer"]["failure"] = failed.clone()).contains("failed, and did not"));
    assert!(embed(&|it| it["answer"]["response"] = Value::Null).contains("its result"));
}

/// What is found of an outline after a change.
fn flaw(outline: &Value, change: &dyn Fn(&mut Value)) -> String {
    let mut outline = outline.clone();
    change(&mut outline);
    match Recorded::parse(outline.to_string().as_bytes()) {
        Ok(Recorded::Outline(outline)) => outline.flaw().expect("a flaw"),
        other => panic!("it is no outline: {other:?}"),
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.json");
    let file = File::create(&path).unwrap();
    // It takes no room on the disk, and would take a gigabyte in memory.
    file.set_len(hotcell::limits::TRANSCRIPT_FILE_BYTES + 1).unwrap();
    let error = Transcript::read(&path).unwrap_err();
    assert!(matches!(error, TranscriptError::TooLarge), "{error}");
    assert!(error.to_string().contains("1073741824 bytes"), "{error}");
}
