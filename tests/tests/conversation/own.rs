//! A provider's own answers go back to it: nothing of them is lost, so that nobody is warned,
//! and a strict runner takes the next turn.

use crate::protocol::{PROTOCOLS, Protocol};
use crate::world::World;
use crate::{FIRST, weather};
use hotcell::types::{ChatRequest, Message, Native, Part, ReasoningOptions, Tool};

/// A conversation whose answers, one with a call and one with text, both with thoughts, are this
/// provider's.
async fn answered(world: &World, protocol: &Protocol, stream: bool) -> Result<ChatRequest, String> {
    let mut request = ChatRequest::user("What is the weather in Oslo?");
    request.stream = stream;
    request.tools.push(Tool::Function(weather()));
    request.sampling.max_output_tokens = Some(4096);
    let effort = Some("medium".to_owned());
    request.reasoning =
        Some(ReasoningOptions { effort, budget_tokens: None, include_text: Some(true) });
    world.round(protocol, &mut request, FIRST).await?;
    request.messages.push(Message::user("And in Bergen?"));
    // Not every provider can be asked to think without a warning.
    request.reasoning = None;
    Ok(request)
}

/// The next turn, where nothing may be lost.
async fn strictly(world: &World, protocol: &Protocol, request: ChatRequest) -> Result<(), String> {
    let model = format!("{}/{}", protocol.adapter, protocol.model);
    let answer = world.runner.strict().chat(&model, request).await;
    let answer = answer.map_err(|error| error.failure.message)?;
    match answer.collect().await {
        Ok(answer) if answer.warnings.is_empty() => Ok(()),
        Ok(answer) => Err(format!("{:?}", answer.warnings)),
        Err(error) => Err(error.failure.message),
    }
}

#[tokio::test]
async fn a_providers_own_answers_go_back_to_it_without_a_warning() {
    let world = World::open().await;
    let mut wrong = Vec::new();
    for protocol in &PROTOCOLS {
        for stream in [true, false] {
            let told = match answered(&world, protocol, stream).await {
                Ok(request) => strictly(&world, protocol, request).await,
                Err(why) => Err(why),
            };
            if let Err(why) = told {
                wrong.push(format!("{}, streamed: {stream}: {why}", protocol.adapter));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Otherwise the test above says nothing.
#[tokio::test]
async fn an_answer_of_another_provider_does_not() {
    let world = World::open().await;
    for protocol in &PROTOCOLS {
        let mut request = answered(&world, protocol, true).await.expect("it answers");
        let thoughts = request.messages.iter_mut().flat_map(|message| &mut message.parts);
        let mut changed = 0;
        for part in thoughts {
            if let Part::Reasoning(thought) = part {
                let (dialect, value) = ("some-other".to_owned(), "{}".to_owned());
                thought.extra = Some(Native { dialect, value });
                thought.signature.get_or_insert_with(|| "theirs".to_owned());
                changed += 1;
            }
        }
        assert!(changed >= 2, "{}: {changed} thoughts", protocol.adapter);
        let refused = strictly(&world, protocol, request).await;
        assert!(refused.is_err(), "{}", protocol.adapter);
    }
}
