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

/// The files of a folder, with what is in them.
fn documents(context: &Context) -> Vec<(PathBuf, Value)> {
    let read = |file: PathBuf| {
        let value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        (file, value)
    };
    recorded(context).into_iter().map(read).collect()
}

#[test]
fn what_was_said_is_not_written_down_where_it_must_not_be() {
    for content in ["hash", "drop"] {
        let context = Context::new();
        let record = ["--record", "rec", "--record-content", content];
        context.run(&[&record[..], &["chat", "Tell Xylander"]].concat()).good();
        let [(file, document)] = &documents(&context)[..] else { panic!() };
        let text = fs::read_to_string(file).unwrap();
        assert!(!text.contains("Xylander") && text.contains("gpt-4o-mini"), "{text}");
        assert_eq!(document["content"].to_string().contains("salt"), content == "hash");
        let screen = context.run(&["replay", "rec"]).good();
        let told = "content not kept: structure checked, not replayed";
        assert!(screen.out.starts_with("outline ") && screen.out.contains(told), "{screen:?}");
        let json = context.run(&["replay", "rec", "--json"]).good().json();
        assert_eq!((&json["verified"], &json["not-replayed"]), (&0.into(), &1.into()));
        let document = &json["transcripts"][0];
        assert_eq!(document["status"], "structure-checked");
        assert_eq!(document["verified"], false);
        assert_eq!(document["content"], content);
        // Among others it is counted as what it is.
        context.run(&["--record", "rec", "chat", "hi"]).good();
        let screen = context.run(&["replay", "rec"]).good();
        assert!(screen.out.ends_with("1 of 2 verified, 1 not replayed\n"), "{screen:?}");
    }
}

#[test]
fn a_configuration_says_what_is_kept_whoever_names_the_folder() {
    let context = Context::new();
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let table = "[transcripts]\ndirectory = \"rec\"\ncontent = ";
    context.file("hotcell.toml", format!("{text}{table}\"drop\"\n"));
    context.run(&["chat", "hi"]).good();
    // A folder of one's own is no reason to keep more.
    context.run(&["--record", "rec", "chat", "hi"]).good();
    context.run(&["--record-content", "hash", "chat", "hi"]).good();
    let kept: Vec<bool> =
        documents(&context).iter().map(|(_, it)| it["content"].is_object()).collect();
    assert_eq!(kept, [false, false, true]);
    context.file("hotcell.toml", format!("{text}{table}\"some\"\n"));
    let screen = context.run(&["chat", "hi"]);
    assert_eq!(screen.code, Some(2), "{screen:?}");
    assert!(screen.err.contains("unknown variant `some`"), "{screen:?}");
    context.file("hotcell.toml", &text);
    let screen = context.run(&["--record-content", "drop", "chat", "hi"]);
    assert_eq!(screen.code, Some(2), "{screen:?}");
    assert!(screen.err.contains("--record DIR"), "{screen:?}");
}

/// Whoever has a transcript whole shows that an outline is its own; nobody can have edited
/// either of them.
#[test]
fn an_outline_is_held_against_its_transcript() {
    let (context, transcript) = one();
    let whole = recorded(&context).remove(0).display().to_string();
    let against = |name: &str| context.run(&["replay", name, "--against", "rec"]);
    for (content, told) in [("hash", "to the last bit"), ("drop", "which was dropped")] {
        let name = format!("{content}.json");
        context.run(&["outline", &whole, "--content", content, "-o", &name]).good();
        let screen = against(&name).good();
        assert!(screen.out.starts_with("same ") && screen.out.contains(told), "{screen:?}");
        let again = context.run(&["outline", &whole, "-o", &name]);
        assert_eq!(again.code, Some(2), "what is there is not written over: {again:?}");
    }
    assert_eq!(
        context.run(&["replay", "hash.json", "--against", &whole, "--json"]).good().json()["transcripts"]
            [0]["status"],
        "same"
    );
    // Edited, it is of no transcript: in what it tells, and in what it hides.
    let outline: Value = context.run(&["outline", &whole]).good().json();
    let edited = |change: &dyn Fn(&mut Value)| {
        let mut outline = outline.clone();
        change(&mut outline);
        context.file("edited.json", outline.to_string());
        let screen = against("edited.json");
        assert_eq!(screen.code, Some(1), "{screen:?}");
        screen.out
    };
    let out = edited(&|it| it["exchanges"][0]["status"] = 201.into());
    assert!(out.contains("differs from rec") && out.contains("in request 1"), "{out}");
    let out = edited(&|it| it["content"]["hashed"]["call"] = it["digest"].clone());
    assert!(out.contains("in what was asked"), "{out}");
    edited(&|it| _ = it["answer"]["events"].as_array_mut().unwrap().remove(1));
    edited(&|it| it["timing"]["duration-ms"] = 123_456.into());
    let out = edited(&|it| it["request-id"] = "req-other".into());
    assert!(out.contains("there is no transcript of req-other"), "{out}");
    // What cannot be is found without the transcript.
    let out = edited(&|it| {
        let reads = it["exchanges"][0]["reads"].as_array_mut().unwrap();
        reads.extend([serde_json::json!("end"), serde_json::json!({ "bytes": 1 })]);
    });
    assert!(out.contains("request 1 has a response that goes on after its end"), "{out}");
    // So is a transcript that was edited.
    context.file("hash.json", outline.to_string());
    fs::write(&whole, transcript.to_string().replace("said", "lied")).unwrap();
    let screen = against("hash.json");
    assert_eq!(screen.code, Some(1), "{screen:?}");
    // An outline is nothing to hold something against, nor to make one of.
    assert_eq!(context.run(&["replay", "hash.json", "--against", "hash.json"]).code, Some(2));
    assert_eq!(context.run(&["outline", "hash.json"]).code, Some(2));
}

#[test]
fn an_outline_that_was_edited_is_found_by_the_audit_log() {
    let context = Context::new();
    let record = ["--record", "rec", "--record-content", "drop", "--audit", "a.jsonl"];
    context.run(&[&record[..], &["chat", "hi"]].concat()).good();
    context.run(&["--audit", "a.jsonl", "replay", "rec"]).good();
    let file = recorded(&context).remove(0);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("\"status\": 200", "\"status\": 201")).unwrap();
    context.run(&["replay", "rec"]).good();
    let found = context.run(&["--audit", "a.jsonl", "replay", "rec"]);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(found.err.contains("it was edited"), "{found:?}");
}

/// The log knows the transcript, and an outline that was made of it by that.
#[test]
fn an_outline_that_was_made_later_is_as_good_as_its_transcript() {
    let context = Context::new();
    context.run(&["--record", "rec", "--audit", "a.jsonl", "chat", "hi"]).good();
    let whole = recorded(&context).remove(0);
    let outline = |name| {
        let whole = whole.display().to_string();
        context.run(&["outline", &whole, "-o", name]).good();
    };
    outline("o.json");
    let held = |name| context.run(&["--audit", "a.jsonl", "replay", name, "--against", "rec"]);
    held("o.json").good();
    assert_eq!(context.run(&["--audit", "a.jsonl", "replay", "o.json"]).code, Some(1));
    // Both forged, they fit each other, and not the log.
    let text = fs::read_to_string(&whole).unwrap();
    fs::write(&whole, text.replace("hi", "ho")).unwrap();
    outline("forged.json");
    let found = held("forged.json");
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(found.err.contains("it was edited"), "{found:?}");
}

#[test]
fn a_transcript_that_is_too_large_is_refused() {
    let context = Context::new();
    let file = context.file("large.json", "");
    fs::OpenOptions::new().write(true).open(file).unwrap().set_len((1 << 30) + 1).unwrap();
    let screen = context.run(&["replay", "large.json"]);
    assert_eq!(screen.code, Some(2), "{screen:?}");
    assert!(screen.err.contains("`large.json`: it has more than 1073741824 bytes"), "{screen:?}");
}
