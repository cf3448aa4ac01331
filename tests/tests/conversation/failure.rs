//! What goes wrong at each provider, in its own words, is told as what it is.

use crate::protocol::{PROTOCOLS, Protocol};
use crate::world::World;
use hotcell::types::{ChatRequest, FailureKind};
use hotcell::{Collected, Error};

/// The mock's models that fail, and as what.
const FAILURES: [(&str, &[FailureKind]); 8] = [
    ("error-429", &[FailureKind::RateLimited]),
    ("error-503", &[FailureKind::Overloaded, FailureKind::ProviderError]),
    ("error-500", &[FailureKind::ProviderError]),
    ("unknown-model", &[FailureKind::NotFound]),
    ("error-midstream", &[FailureKind::Overloaded, FailureKind::ProviderError]),
    ("cut", &[FailureKind::Unreachable, FailureKind::MalformedResponse]),
    ("unterminated", &[FailureKind::MalformedResponse]),
    ("garbage", &[FailureKind::MalformedResponse]),
];

async fn ask(world: &World, protocol: &Protocol, model: &str) -> Result<Collected, Error> {
    let request = ChatRequest::user("A few words, so that there are several pieces.");
    world.runner.chat(&format!("{}/{model}", protocol.adapter), request).await?.collect().await
}

#[tokio::test]
async fn a_failure_of_each_provider_is_told_as_what_it_is() {
    let world = World::open().await;
    let mut wrong = Vec::new();
    for protocol in &PROTOCOLS {
        for (model, kinds) in FAILURES {
            match ask(&world, protocol, model).await {
                Ok(answer) => {
                    let text = answer.choices.first().map(hotcell::Choice::text);
                    wrong.push(format!("{}: {model}: an answer: {text:?}", protocol.adapter));
                }
                Err(error) if kinds.contains(&error.kind()) => {
                    if model == "error-429" && error.failure.retry_after_ms != Some(7_000) {
                        let told = error.failure.retry_after_ms;
                        wrong.push(format!("{}: come back in {told:?}", protocol.adapter));
                    }
                }
                Err(error) => wrong.push(format!(
                    "{}: {model}: {:?}: {}",
                    protocol.adapter,
                    error.kind(),
                    error.failure.message
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
