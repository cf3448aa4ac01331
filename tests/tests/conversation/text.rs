//! What is no conversation: a text that a model goes on with, and a prediction that is asked
//! for until it is over.

use crate::world::{BETWEEN, TEXT, World};
use hotcell::types::{ChatRequest, FailureKind, Native};
use hotcell::{Collected, Error};

async fn ask(world: &World, model: &str, request: ChatRequest) -> Result<Collected, Error> {
    world.mock.take_requests();
    world.runner.chat(model, request).await?.collect().await
}

#[tokio::test]
async fn a_text_is_gone_on_with() {
    let world = World::open().await;
    for provider in [TEXT, BETWEEN] {
        for stream in [true, false] {
            let mut request = ChatRequest::user("Once upon a time");
            request.stream = stream;
            request.sampling.max_output_tokens = Some(5);
            let answer = ask(&world, &format!("{provider}/model"), request).await;
            let answer = answer.unwrap_or_else(|error| panic!("{provider}: {error}"));
            assert_eq!(answer.choices[0].text(), "You said: Once upon a", "{provider}");
            let usage = answer.usage.expect("tokens are counted");
            assert_eq!((usage.input, usage.output), (Some(4), Some(5)), "{provider}");
        }
    }
}

#[tokio::test]
async fn a_text_goes_on_to_its_end() {
    let world = World::open().await;
    for (provider, dialect) in [(TEXT, "openai-chat"), (BETWEEN, "openai-chat")] {
        let value = r#"{"suffix":"}"}"#.to_owned();
        let extra = Some(Native { dialect: dialect.to_owned(), value });
        let request = ChatRequest { extra, ..ChatRequest::user("{") };
        let answer = ask(&world, &format!("{provider}/model"), request).await;
        let text = answer.unwrap_or_else(|error| panic!("{provider}: {error}")).choices[0].text();
        assert_eq!(text, "You said: {\n\nWith it came: the suffix }.", "{provider}");
    }
}

#[tokio::test]
async fn a_text_that_breaks_off_is_no_answer() {
    let world = World::open().await;
    for provider in [TEXT, BETWEEN] {
        for (model, kinds) in [
            ("unterminated", &[FailureKind::MalformedResponse][..]),
            ("cut", &[FailureKind::Unreachable, FailureKind::MalformedResponse]),
            ("error-midstream", &[FailureKind::ProviderError, FailureKind::Overloaded]),
        ] {
            let request = ChatRequest::user("A few words, so that there are several pieces.");
            let error = ask(&world, &format!("{provider}/{model}"), request).await;
            let error = error.expect_err("it has no end");
            assert!(kinds.contains(&error.kind()), "{provider}/{model}: {error}");
        }
    }
}

/// The paths of what the mock was asked.
fn paths(world: &World) -> Vec<String> {
    let requests = world.mock.take_requests().into_iter();
    requests.map(|request| format!("{} {}", request.method, request.path)).collect()
}

#[tokio::test]
async fn a_prediction_is_asked_for_until_it_is_over() {
    let world = World::open().await;
    let mut request = ChatRequest::user("Hello");
    request.stream = false;
    let answer = ask(&world, "replicate/owner/late", request).await.expect("it ends");
    assert_eq!(answer.choices[0].text(), "You said: Hello");
    let paths = paths(&world);
    let [made, first, second] = paths.as_slice() else { panic!("{paths:?}") };
    assert_eq!(made, "POST /replicate/v1/models/owner/late/predictions");
    assert!(first.starts_with("GET /replicate/v1/predictions/mock"), "{first}");
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_prediction_that_never_ends_is_cancelled() {
    let world = World::open().await;
    let mut request = ChatRequest::user("Hello");
    request.stream = false;
    let error = ask(&world, "replicate/owner/endless", request).await.expect_err("it has no end");
    assert_eq!(error.kind(), FailureKind::TimedOut, "{error}");
    let paths = paths(&world);
    let last = paths.last().expect("something was asked");
    assert!(last.starts_with("POST ") && last.ends_with("/cancel"), "{paths:?}");
    let asked = paths.iter().filter(|path| path.starts_with("GET ")).count();
    assert_eq!(asked + 2, paths.len());
}
