//! What cannot have been recorded is told.

use crate::conversation::recorded;
use hotcell::transcript::TranscriptError;
use hotcell::types::ChatRequest;
use hotcell::{Config, Content, Outline, Recorded, Runner, Transcript};
use hotcell_mock::Mock;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::Path;

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
