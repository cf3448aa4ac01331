//! Requests that clients of OpenAI's protocol really sent, to every adapter: each is either
//! sent on or refused with a reason, and none ends a cell.
//!
//! Needs the recordings; see `tests/tests/corpus`.

use hotcell::types::FailureKind;
use hotcell::{Allocation, Interface, Runner};
use hotcell_dialects::openai_chat;
use hotcell_tests::adapters;
use hotcell_tests::stage::{Script, Stage};
use std::path::{Path, PathBuf};

/// The bodies of all requests of the kind `openai-chat`; none where there is no corpus.
fn requests() -> Option<Vec<String>> {
    let folder = std::env::var_os("HOTCELL_CORPUS").map(PathBuf::from);
    let folder =
        folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"));
    let files = std::fs::read_dir(folder.join("openai-chat")).ok()?;
    let mut bodies = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file.expect("the folder can be read").path());
        let text = text.expect("the file can be read");
        for line in text.split('\n').filter(|line| !line.trim().is_empty()) {
            let exchange: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
            bodies.extend(exchange["request"]["body"].as_str().map(str::to_owned));
        }
    }
    Some(bodies)
}

#[tokio::test]
async fn each_request_of_the_recordings_is_sent_or_refused_by_each_adapter() {
    let Some(bodies) = requests() else {
        println!("cross: SKIPPED: there are no recordings; HOTCELL_CORPUS names their folder");
        return;
    };
    let stage = Stage::open().await.expect("loopback has a free port");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".to_owned();
    let token =
        br#"{"access_token":"a-token-for-a-trial","token_type":"Bearer","expires_in":3600}"#;
    stage.play(Script { head, pieces: vec![token.to_vec()] });
    let folder = tempfile::tempdir().expect("there is a folder for what is temporary");
    let config = adapters::configured(&stage.url(), folder.path());
    let runner = Runner::builder()
        .config(config)
        .allocation(Allocation::Pooled(2))
        .cache(Some(folder.path().join("cache")))
        .build()
        .expect("the configuration holds");
    let mut wrong = Vec::new();
    for adapter in adapters::with(Interface::Chat) {
        let (mut sent, mut refused) = (0, 0);
        for body in &bodies {
            let Ok(request) = openai_chat::read_request(body.as_bytes()) else { continue };
            stage.received();
            // The model is known to nobody, so that nothing is known against it.
            let error = match runner.chat(&format!("{adapter}/test-model"), request).await {
                Ok(answer) => answer.collect().await.err(),
                Err(error) => Some(error),
            };
            match (stage.received().is_empty(), error) {
                (false, Some(error)) if error.kind() == FailureKind::Internal => {
                    wrong.push(format!("{adapter}: {error}: {body:.200}"));
                }
                (false, _) => sent += 1,
                (true, Some(error)) if is_refusal(error.kind()) => refused += 1,
                (true, error) => {
                    let why = error.map_or_else(|| "nothing".to_owned(), |it| it.to_string());
                    wrong.push(format!("{adapter}: {why}: {body:.200}"));
                }
            }
        }
        println!("cross {adapter}: {sent} sent, {refused} refused with a reason");
    }
    let first = wrong.iter().take(10).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of them, the first being\n{first}", wrong.len());
}

/// It cannot be said there, or lacks what it needs to be said there.
fn is_refusal(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Unsupported | FailureKind::InvalidRequest)
}
