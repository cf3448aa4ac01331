//! What is known of models, and what is refused before anything is sent.

use hotcell::egress::{Authority, Resolve};
use hotcell::transcript::Transcript;
use hotcell::types::{
    ChatRequest, FailureKind, MediaKind, MediaPart, MediaSource, Message, Native, Part,
    ReasoningOptions, Role, Usage,
};
use hotcell::{Config, Runner};
use hotcell_mock::Mock;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Knows no name, and counts who asks.
#[derive(Clone, Default)]
struct Nowhere(Arc<AtomicUsize>);

impl Resolve for Nowhere {
    fn resolve<'a>(
        &'a self,
        _: &'a str,
        _: u16,
        _: &'a Authority,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Err(io::Error::other("there are no names here")) })
    }
}

/// A runner that reaches nobody, whose provider `openai` has a key and this besides.
fn runner(more: &str) -> (Runner, Nowhere, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), "sk-0123456789").unwrap();
    let key = folder.path().join("key").display().to_string();
    let text = format!("[providers.openai]\nsecrets.api-key = 'file:{key}'\n{more}");
    let config = Config::parse(&text, Path::new("hotcell.toml")).unwrap();
    let nowhere = Nowhere::default();
    let runner = Runner::builder()
        .config(config)
        .resolver(Arc::new(nowhere.clone()))
        .cache(Some(folder.path().join("cache")))
        .record(folder.path().join("transcripts"))
        .build()
        .unwrap();
    (runner, nowhere, folder)
}

fn with_image() -> ChatRequest {
    let image = MediaPart {
        kind: MediaKind::Image,
        mime: Some("image/png".to_owned()),
        source: MediaSource::Bytes(b"\x89PNG".to_vec()),
        name: None,
        cache: None,
        extra: None,
    };
    ChatRequest::new(vec![Message::new(Role::User, vec![Part::Media(image)])])
}

#[tokio::test]
async fn a_model_that_is_known_to_take_no_images_is_not_asked() {
    let (runner, nowhere, _folder) = runner("");
    let error = runner.chat("openai/gpt-3.5-turbo", with_image()).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Unsupported);
    assert!(error.failure.message.contains("takes no images"), "{error}");
    assert!(error.help.unwrap().contains("check-model"));
    assert_eq!(nowhere.0.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn models_that_take_images_or_are_not_known_are_asked() {
    let (strict, nowhere, _folder) = runner("");
    for model in ["openai/gpt-4o", "openai/nobody-knows-it"] {
        let error = strict.chat(model, with_image()).await.unwrap_err();
        assert_eq!(error.kind(), FailureKind::Unreachable, "{model}: {error}");
    }
    let text = strict.chat("openai/gpt-3.5-turbo", ChatRequest::user("x")).await.unwrap_err();
    assert_eq!(text.kind(), FailureKind::Unreachable, "{text}");
    assert_eq!(nowhere.0.load(Ordering::Relaxed), 3);
    let (lenient, _, _folder) = runner("check-model = false\n");
    let error = lenient.chat("openai/gpt-3.5-turbo", with_image()).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Unreachable, "{error}");
}

/// Models that never reason know no word for that: `reasoning_effort` is refused whatever it says.
#[tokio::test]
async fn a_model_that_never_reasons_is_not_told_not_to() {
    let (runner, _, folder) = runner("");
    for (model, is_told) in
        [("openai/gpt-4o", false), ("openai/gpt-5.1", true), ("openai/nobody-knows-it", true)]
    {
        let off = ReasoningOptions {
            effort: Some("none".to_owned()),
            budget_tokens: None,
            include_text: None,
        };
        let extra = Native { dialect: "anthropic-messages".to_owned(), value: "{}".to_owned() };
        let mut request = ChatRequest {
            reasoning: Some(off.clone()),
            extra: Some(extra),
            ..ChatRequest::user("x")
        };
        let error = runner.chat(model, &mut request).await.unwrap_err();
        assert_eq!(error.kind(), FailureKind::Unreachable, "{model}: {error}");
        assert_eq!(request.reasoning, Some(off), "it may be sent again, to another model");
        let transcripts = folder.path().join("transcripts");
        let written = std::fs::read_dir(&transcripts).unwrap().next().unwrap().unwrap().path();
        let sent = &Transcript::read(&written).unwrap().exchanges[0].request;
        let body = String::from_utf8_lossy(&sent.body.0).into_owned();
        assert_eq!(body.contains("reasoning_effort"), is_told, "{model}: {body}");
        std::fs::remove_file(written).unwrap();
    }
}

#[test]
fn the_same_name_elsewhere_may_be_another_model() {
    let (own, ..) = runner("");
    let usage = Usage {
        input: Some(1_000_000),
        output: Some(0),
        cache_read: None,
        cache_write: None,
        reasoning: None,
        raw: None,
    };
    let cost = own.cost("openai/gpt-4o", &usage).unwrap();
    assert!((cost - 2.5).abs() < 1e-9, "{cost}");
    assert_eq!(own.cost("openai/nobody-knows-it", &usage), None);
    let (elsewhere, ..) = runner("endpoints.api = 'https://llm.example/v1'\n");
    assert_eq!(elsewhere.cost("openai/gpt-4o", &usage), None);
}

/// A provider `anthropic` that is the mock.
async fn mocked() -> (Mock, Runner, tempfile::TempDir) {
    let mock = Mock::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), Mock::KEY).unwrap();
    let text = format!(
        "[providers.anthropic]\nendpoints.api = '{}'\nsecrets.api-key = 'file:{}'\n\
         allow-private = true\nallow-plaintext = true\n",
        mock.url(),
        folder.path().join("key").display(),
    );
    let config = Config::parse(&text, Path::new("hotcell.toml")).unwrap();
    let cache = Some(folder.path().join("cache"));
    let runner = Runner::builder().config(config).cache(cache).build().unwrap();
    (mock, runner, folder)
}

#[tokio::test]
async fn who_is_strict_gets_no_answer_to_less_than_was_asked() {
    let (mock, runner, _folder) = mocked().await;
    let mut lossy = ChatRequest::user("hello");
    // More than this protocol has.
    lossy.sampling.temperature = Some(1.5);
    let told = runner.chat("anthropic/claude-test", lossy.clone()).await.unwrap().collect().await;
    let warnings = told.unwrap().warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(mock.requests().len(), 1);

    let error = runner.strict().chat("anthropic/claude-test", lossy).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Unsupported);
    assert_eq!(error.failure.message, warnings[0]);
    // Nothing was spent on it.
    assert_eq!(mock.requests().len(), 1);

    let whole = runner.strict().chat("anthropic/claude-test", ChatRequest::user("hello")).await;
    whole.unwrap().collect().await.unwrap();
}
