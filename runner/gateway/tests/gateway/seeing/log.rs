use super::{MODELS, ask_with, holds_no_secret, parsed};
use crate::bed::Bed;
use std::fs;

#[tokio::test]
async fn each_request_is_a_line_and_says_nothing_of_its_content() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("access.jsonl");
    let bed = Bed::new(&format!("{MODELS}\n[gateway.log]\nfile = {file:?}\n")).await;
    let evil = "evil\"}\n{\"status\":200}\u{1b}[2J";
    let more = [("x-evil", "Bearer a\"b"), ("user-agent", "agent\u{9}\"x")];
    for (model, stream) in [("fast", false), ("fast", true), ("broken", false), (evil, false)] {
        ask_with(&bed, model, stream, &more).await;
    }
    bed.stop().await;
    let text = fs::read_to_string(&file).expect("a log");
    holds_no_secret(&text);
    assert!(!text.contains('\u{1b}') && !text.contains("agent"), "{text}");
    let lines: Vec<_> = text.lines().map(parsed).collect();
    assert_eq!(lines.len(), 4, "{text}");
    let whole = &lines[0];
    assert_eq!(whole["endpoint"], "chat-completions");
    assert_eq!(whole["operation"], "chat");
    assert_eq!(whole["model"], "fast");
    assert_eq!(whole["deployment"], "openai/gpt-4o");
    assert_eq!((&whole["status"], &whole["outcome"]), (&200.into(), &"answered".into()));
    assert!(whole["tokens"]["input"].as_u64() > Some(0), "{whole}");
    assert!(whole["duration-ms"].as_f64() > Some(0.0), "{whole}");
    assert!(whole["id"].as_str().is_some_and(|id| id.starts_with("hc-")), "{whole}");
    assert_eq!((&lines[1]["stream"], &whole["stream"]), (&true.into(), &false.into()));
    assert_eq!((&lines[2]["status"], &lines[2]["outcome"]), (&429.into(), &"rate-limited".into()));
    assert_eq!(lines[3]["outcome"], "not-found");
    assert!(lines[3]["model"].as_str().is_some_and(|model| model.starts_with("evil\"}")));
}

/// Whose request it was is told by what opens nothing.
#[tokio::test]
async fn a_key_is_known_by_its_id() {
    const KEY: &str = "operator-key-0123456789";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("access.jsonl");
    let bed = Bed::new(&format!(
        "{MODELS}\n[gateway]\nadmin-key = \"cmd:printf %s {KEY}\"\n[gateway.state]\nfolder = {:?}\n\
         [gateway.log]\nfile = {file:?}\n",
        folder.path().join("state")
    ))
    .await;
    let bearer = format!("Bearer {KEY}");
    let operator = [("authorization", bearer.as_str())];
    let made = bed.post_with("/admin/keys", &operator, serde_json::json!({})).await.json();
    let (key, id) = (made["key"].as_str().expect("a key"), made["id"].as_str().expect("an id"));
    let bearer = format!("Bearer {key}");
    let body = serde_json::json!({
        "model": "fast", "messages": [{ "role": "user", "content": "hello" }],
    });
    for (said, status) in [(bearer.as_str(), 200), ("Bearer hck-no", 401)] {
        let said = [("authorization", said)];
        let answer = bed.post_with("/v1/chat/completions", &said, body.clone()).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    bed.stop().await;
    let text = fs::read_to_string(&file).expect("a log");
    let lines: Vec<_> = text.lines().map(parsed).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert_eq!(lines[0]["key"], id);
    assert_eq!((&lines[1]["status"], lines[1].get("key")), (&401.into(), None));
    for secret in [key, KEY, "hck-"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_alone_and_goes_on() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("access.jsonl");
    for _ in 0..2 {
        let bed = Bed::new(&format!("[gateway.log]\nfile = {file:?}\n")).await;
        bed.get("/v1/models").await;
        bed.stop().await;
    }
    assert_eq!(fs::read_to_string(&file).expect("a log").lines().count(), 2);
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
}
