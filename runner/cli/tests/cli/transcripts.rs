//! What was recorded happens again, or it is told where it does not.

use crate::context::{Context, Screen, module};
use hotcell_mock::Mock;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

fn recorded(context: &Context) -> Vec<PathBuf> {
    let folder = fs::read_dir(context.project().join("rec")).unwrap();
    let mut files: Vec<PathBuf> = folder.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// A world in which one conversation was recorded, and its transcript.
fn one() -> (Context, Value) {
    let context = Context::new();
    context.run(&["--record", "rec", "chat", "hi"]).good();
    let files = recorded(&context);
    assert_eq!(files.len(), 1);
    let transcript = serde_json::from_slice(&fs::read(&files[0]).unwrap()).unwrap();
    (context, transcript)
}

fn replay(context: &Context, transcript: &Value) -> Screen {
    context.file("t.json", transcript.to_string());
    context.run(&["replay", "t.json"])
}

#[test]
fn what_was_recorded_happens_again() {
    let context = Context::new();
    let record = |arguments: &[&str]| context.run(&[&["--record", "rec"], arguments].concat());
    record(&["chat", "What is the weather?", "--no-stream"]).good();
    record(&["chat", "-m", "claude/claude-x", "think"]).good();
    record(&["models", "mock"]).good();
    record(&["embed", "-m", "mock/e", "one", "two"]).good();
    assert_eq!(record(&["chat", "-m", "mock/error-429", "hi"]).code, Some(6));
    assert_eq!(record(&["chat", "-m", "mock/cut", "hi"]).code, Some(7));
    context.mock.take_requests();
    let screen = context.run(&["replay", "rec"]).good();
    assert!(screen.out.ends_with("6 of 6 verified\n"), "{screen:?}");
    assert!(context.mock.take_requests().is_empty(), "there is no network in it");
    let json = context.run(&["replay", "rec", "--json"]).good().json();
    assert_eq!(json["verified"], 6);
    for file in recorded(&context) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains(Mock::KEY) && text.contains("\"exchanges\""), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

#[test]
fn a_configuration_can_ask_for_transcripts() {
    let context = Context::new();
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    context.file("hotcell.toml", format!("{text}[transcripts]\ndirectory = \"rec\"\n"));
    context.run(&["chat", "hi"]).good();
    assert_eq!(recorded(&context).len(), 1);
    context.run(&["replay", "rec"]).good();
}

#[test]
fn a_transcript_that_was_edited_is_found() {
    let (context, transcript) = one();
    replay(&context, &transcript).good();
    let edited = |change: &dyn Fn(&mut Value)| {
        let mut transcript = transcript.clone();
        change(&mut transcript);
        let screen = replay(&context, &transcript);
        assert_eq!(screen.code, Some(1), "{screen:?}");
        screen.out
    };
    let texts = transcript["answer"]["events"].as_array().unwrap();
    let text = texts.iter().position(|event| event.get("Text").is_some()).unwrap();
    // What the adapter is said to have yielded …
    let out = edited(&|it| it["answer"]["events"][text]["Text"]["text"] = "Yes".into());
    assert!(out.contains(&format!("yielded, event {}", text + 1)), "{out}");
    edited(&|it| _ = it["answer"]["events"].as_array_mut().unwrap().pop());
    edited(&|it| {
        it["answer"]["failure"] = serde_json::json!({
            "kind": "Internal", "message": "no", "status": null, "code": null, "param": null,
            "request_id": null, "retry_after_ms": null, "raw": null,
        })
    });
    // … to have been asked, and to have sent …
    let asked = "/call/chat/messages/0/parts/0/Text/text";
    let out = edited(&|it| *it.pointer_mut(asked).unwrap() = "bye".into());
    assert!(out.contains("sent, request 1, body"), "{out}");
    let out = edited(&|it| it["exchanges"][0]["request"]["path"] = "/files".into());
    assert!(out.contains("sent, request 1"), "{out}");
    // … and what came back.
    edited(&|it| {
        let reads = it["exchanges"][0]["reads"].as_array_mut().unwrap();
        let piece = reads.iter_mut().find(|read| read.to_string().contains("said")).unwrap();
        *piece = serde_json::from_str(&piece.to_string().replace("said", "lied")).unwrap();
    });
    edited(&|it| _ = it["exchanges"].as_array_mut().unwrap().pop());
    edited(&|it| it["exchanges"][0]["status"] = 500.into());
}

/// A forgery in which everything fits happens as it is written; the audit log has the
/// digest of the real one.
#[test]
fn a_transcript_that_was_forged_as_a_whole_is_found_by_the_audit_log() {
    let context = Context::new();
    context.run(&["--record", "rec", "--audit", "a.jsonl", "chat", "hi"]).good();
    let file = fs::read_dir(context.project().join("rec")).unwrap().next().unwrap().unwrap();
    let replay = |arguments: &[&str]| context.run(&[arguments, &["replay", "rec"]].concat());
    replay(&["--audit", "a.jsonl"]).good();
    let text = fs::read_to_string(file.path()).unwrap();
    fs::write(file.path(), text.replace("hi", "ho")).unwrap();
    replay(&[]).good();
    let found = replay(&["--audit", "a.jsonl"]);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(found.err.contains("it was edited"), "{found:?}");
    fs::write(file.path(), text.replace("req-", "req-other-")).unwrap();
    let unknown = replay(&["--audit", "a.jsonl"]);
    assert!(unknown.err.contains("does not tell of"), "{unknown:?}");
}

#[test]
fn what_is_no_transcript_is_said() {
    let (context, transcript) = one();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut transcript = transcript.clone();
        change(&mut transcript);
        let screen = replay(&context, &transcript);
        assert_eq!(screen.code, Some(2), "{screen:?}");
        screen.err
    };
    assert!(with(&|it| it["version"] = 9.into()).contains("version 9"));
    assert!(with(&|it| it["digest"] = "sha256:1".into()).contains("not a digest"));
    assert!(with(&|it| it["evil"] = 1.into()).contains("unknown field"));
    let unknown = format!("sha256:{}", "0".repeat(64));
    assert!(with(&|it| it["digest"] = unknown.clone().into()).contains("is not here"));
    fs::create_dir(context.project().join("empty")).unwrap();
    assert_eq!(context.run(&["replay", "empty"]).code, Some(2));
    assert_eq!(context.run(&["replay", "nowhere"]).code, Some(2));
}

/// The hostile adapter yields the provider's bytes as if they were the answer. Played to
/// itself that is what it does; played to an honest adapter it is a lie.
#[test]
fn an_adapter_that_lied_is_found_by_another() {
    let context = Context::new();
    let hostile = module("hostile").display().to_string();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../adapters/hostile/adapter.toml");
    context.run(&["adapter", "pack", &hostile, "-m", manifest, "-o", "liar.wasm"]).good();
    context.run(&["adapter", "add", "liar.wasm", "--name", "liar", "--yes"]).good();
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let url = context.mock.url();
    context.file(
        "hotcell.toml",
        format!(
            "{text}[providers.liar]\nadapter = \"liar\"\nendpoints.api = \"{url}\"\n\
             secrets.api-key = \"env:MOCK_KEY\"\nallow-private = true\nallow-plaintext = true\n"
        ),
    );
    context.run(&["--record", "rec", "chat", "-m", "liar/polite", "hi"]).good();
    context.run(&["replay", "rec"]).good();
    let screen = context.run(&["replay", "rec", "--adapter", "openai"]);
    assert_eq!(screen.code, Some(1), "{screen:?}");
    assert!(screen.out.contains("yielded, event 1"), "{screen:?}");
    // Taken back, it is still in the store, and what it did can still be seen.
    context.run(&["adapter", "remove", "liar"]).good();
    context.run(&["replay", "rec"]).good();
}
