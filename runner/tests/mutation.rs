//! What a person agreed to, and what was written down, with one thing changed in it:
//! found, refused, or without consequence; never a panic, and never more than before.

use hotcell::manifest::{Changes, Endpoint, Manifest, SecretDeclaration, capabilities, inspect};
use hotcell::types::ChatRequest;
use hotcell::{Config, GrantName, Granted, Lock, Runner, Transcript, bundle};
use hotcell_mock::Mock;
use std::collections::BTreeMap;
use std::path::Path;

/// Every text that one flipped bit, one byte less, one byte twice, or an early end make of
/// this one. `step` leaves places out.
fn mutations(text: &[u8], step: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..text.len()).step_by(step).flat_map(move |at| {
        let changed = |change: fn(&mut Vec<u8>, usize)| {
            let mut changed = text.to_vec();
            change(&mut changed, at);
            changed
        };
        [
            changed(|text, at| text[at] ^= 1 << (at % 7)),
            changed(|text, at| text[at] ^= 1 << ((at + 3) % 7)),
            changed(|text, at| {
                text.remove(at);
            }),
            changed(|text, at| text.insert(at, text[at])),
            changed(|text, at| text.truncate(at)),
        ]
    })
}

/// What a component asks for, or was granted, but for words that only people read.
fn meaning(
    endpoints: &BTreeMap<String, Endpoint>,
    secrets: &BTreeMap<String, SecretDeclaration>,
) -> String {
    let mut secrets = secrets.clone();
    secrets.values_mut().for_each(|secret| secret.description.clear());
    format!("{endpoints:?} {secrets:?}")
}

/// What a component asks for cannot change without a comparison that says so.
#[test]
fn a_manifest_that_asks_for_something_else_is_seen() {
    let before = inspect(bundle::adapter("openai").unwrap().component()).unwrap();
    let asked = meaning(&before.manifest.endpoints, &before.manifest.secrets);
    let text = include_bytes!("../../adapters/openai/adapter.toml");
    let (mut refused, mut seen) = (0, 0);
    for changed in mutations(text, 1) {
        let Ok(changed) = String::from_utf8(changed) else { continue };
        let Ok(manifest) = Manifest::parse(&changed) else {
            refused += 1;
            continue;
        };
        let mut after = before.clone();
        after.manifest = manifest;
        let changes = Changes::between(&capabilities(&before), &capabilities(&after));
        match changes.wider.is_empty() && changes.narrower.is_empty() {
            true => {
                assert_eq!(meaning(&after.manifest.endpoints, &after.manifest.secrets), asked);
            }
            false => seen += 1,
        }
    }
    assert!(refused > 1000 && seen > 500, "{refused} refused, {seen} seen");
}

/// A lock file that was changed is refused with its line, is of a component that nobody
/// has, or is compared with what the component asks for, which finds the change.
#[test]
fn a_lock_that_was_changed_is_refused_or_seen() {
    let inspection = inspect(bundle::adapter("openai").unwrap().component()).unwrap();
    let wish = capabilities(&inspection);
    let granted = Granted::of(&inspection, "a.wasm".into(), "me".into(), "today".into());
    let asked = meaning(&granted.endpoints, &granted.secrets);
    let name = GrantName::try_from("theirs".to_owned()).unwrap();
    let mut lock = Lock::default();
    lock.adapters.insert(name, granted);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hotcell.lock");
    lock.write(&file).unwrap();
    let text = std::fs::read(&file).unwrap();
    let (mut refused, mut wider) = (0, 0);
    for changed in mutations(&text, 1) {
        let Ok(changed) = String::from_utf8(changed) else { continue };
        let parsed = match Lock::parse(&changed, Path::new("hotcell.lock")) {
            Ok(parsed) => parsed,
            Err(error) => {
                assert!(error.to_string().starts_with("hotcell.lock"), "{error}");
                refused += 1;
                continue;
            }
        };
        for granted in parsed.adapters.values() {
            let changes = Changes::between(&wish, &granted.capabilities());
            if granted.digest != inspection.digest || !changes.narrower.is_empty() {
                continue;
            }
            match changes.wider.is_empty() {
                true => assert_eq!(meaning(&granted.endpoints, &granted.secrets), asked),
                false => wider += 1,
            }
        }
    }
    assert!(refused > 1000 && wider > 20, "{refused} refused, {wider} wider");
}

/// A transcript that is still verified tells the same answer.
#[tokio::test]
async fn a_transcript_that_was_changed_does_not_verify_another_answer() {
    let mock = Mock::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("key"), Mock::KEY).unwrap();
    let text = format!(
        "[providers.openai]\nendpoints.api = '{}'\nsecrets.api-key = 'file:{}'\n\
         allow-private = true\nallow-plaintext = true\n[transcripts]\ndirectory = '{}'\n",
        mock.url(),
        path("key").display(),
        path("transcripts").display(),
    );
    let config = Config::parse(&text, Path::new("hotcell.toml")).unwrap();
    let runner = Runner::builder().config(config).cache(Some(path("cache"))).build().unwrap();
    let answer = runner.chat("openai/gpt-test", ChatRequest::user("hello")).await.unwrap();
    answer.collect().await.unwrap();
    let file = std::fs::read_dir(path("transcripts")).unwrap().next().unwrap().unwrap().path();
    let recorded = std::fs::read(file).unwrap();
    let original = Transcript::parse(&recorded).unwrap();
    assert!(runner.replay(&original, None).await.unwrap().is_verified());
    mock.take_requests();

    let (mut refused, mut found) = (0, 0);
    for changed in mutations(&recorded, 5) {
        let Ok(transcript) = Transcript::parse(&changed) else {
            refused += 1;
            continue;
        };
        match runner.replay(&transcript, None).await {
            Ok(replayed) if replayed.is_verified() => {
                assert_eq!(transcript.answer.events, original.answer.events);
                let sent = |transcript: &Transcript| {
                    let sent = transcript.exchanges.iter().map(|exchange| exchange.request.clone());
                    sent.collect::<Vec<_>>()
                };
                assert_eq!(sent(&transcript), sent(&original));
            }
            _ => found += 1,
        }
    }
    assert!(refused > 500 && found > 200, "{refused} refused, {found} found");
    assert!(mock.take_requests().is_empty(), "a replay asked somebody");
}
