//! A conversation of two rounds of tools, with an image and with reasoning, is carried through
//! each adapter for chat and back: what an answer was made of becomes the next request, and
//! the provider's part, which the mock plays, gets its ids, signatures, results and the image
//! as its protocol has them. The mock refuses what does not fit; this looks besides.

mod failure;
mod own;
mod protocol;
mod text;
mod wire;
mod world;

use hotcell::types::{
    ChatRequest, FailureKind, FunctionTool, MediaKind, MediaPart, MediaSource, Message, Part,
    ReasoningOptions, Role, TextPart, Tool,
};
use hotcell::{Choice, Interface};
use hotcell_tests::adapters;
use protocol::{PROTOCOLS, Protocol, WITHOUT_TOOLS};
use serde_json::{Value, json};
use wire::Wire;
use world::World;

/// An image of one pixel.
const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
const THOUGHT: &str = "The user wants an answer. I repeat what they said.";
const FIRST: &str = "4 °C, light rain";
const SECOND: &str = "7 °C, sun";

impl World {
    /// Asks, and gives the answer, its warnings, and what the provider got.
    async fn ask(
        &self,
        protocol: &Protocol,
        request: &ChatRequest,
    ) -> Result<(Choice, Vec<String>, Value), String> {
        self.mock.take_requests();
        let model = format!("{}/{}", protocol.adapter, protocol.model);
        let answer = self.runner.chat(&model, request.clone()).await;
        let answer = answer.map_err(|error| error.failure.message)?;
        let answer = answer.collect().await.map_err(|error| error.failure.message)?;
        let received = self.mock.take_requests().pop().ok_or("nothing was asked")?;
        if !received.checked.ends_with(": good") {
            return Err(format!("the credential: {}", received.checked));
        }
        let choice = answer.choices.into_iter().next().ok_or("there is no choice")?;
        Ok((choice, answer.warnings, received.json()))
    }

    /// Asks until the tool is called, and again with its result; gives the id of the call.
    async fn round(
        &self,
        protocol: &Protocol,
        request: &mut ChatRequest,
        result: &str,
    ) -> Result<(String, Vec<String>, Value), String> {
        let (choice, _, _) = self.ask(protocol, request).await?;
        let calls: Vec<_> = choice.tool_calls().cloned().collect();
        let [call] = calls.as_slice() else { return Err(format!("{} calls", calls.len())) };
        if call.name != "weather" || !call.arguments.contains("city") {
            return Err(format!("another call: {} {}", call.name, call.arguments));
        }
        if choice.reasoning() != THOUGHT {
            return Err(format!("other thoughts: {:?}", choice.parts));
        }
        request.messages.push(Message::new(Role::Assistant, choice.parts));
        request.messages.push(Message::tool_result(call.id.as_str(), result));
        let (choice, warnings, wire) = self.ask(protocol, request).await?;
        if choice.text() != format!("The tool says: {result}") {
            return Err(format!("the result did not arrive: {}", choice.text()));
        }
        request.messages.push(Message::new(Role::Assistant, choice.parts));
        Ok((call.id.clone(), warnings, wire))
    }

    async fn carry(&self, protocol: &Protocol) -> Result<(), String> {
        let mut request = ChatRequest::new(vec![Message::system("Be brief."), question()]);
        request.tools.push(Tool::Function(weather()));
        request.sampling.max_output_tokens = Some(4096);
        let effort = Some("medium".to_owned());
        request.reasoning =
            Some(ReasoningOptions { effort, budget_tokens: None, include_text: Some(true) });
        let (first, _, _) = self.round(protocol, &mut request, FIRST).await?;
        request.messages.push(Message::user("And in Bergen?"));
        let (second, warnings, wire) = self.round(protocol, &mut request, SECOND).await?;
        if first == second {
            return Err(format!("two calls have the same id `{first}`"));
        }
        let wire = Wire::of(&wire);
        wire.has_image(protocol.image)?;
        wire.has_results()?;
        wire.has_ids(protocol.ids, &[first, second])?;
        wire.has_thoughts(protocol.thoughts, &warnings)
    }
}

fn question() -> Message {
    let text = TextPart {
        text: "What is the weather in Oslo, as in this picture?".to_owned(),
        cache: None,
        extra: None,
    };
    let image = MediaPart {
        kind: MediaKind::Image,
        mime: Some("image/png".to_owned()),
        source: MediaSource::Bytes(PIXEL.to_vec()),
        name: None,
        cache: None,
        extra: None,
    };
    Message::new(Role::User, vec![Part::Text(text), Part::Media(image)])
}

fn weather() -> FunctionTool {
    let parameters = json!({
        "type": "object",
        "properties": { "city": { "type": "string" } },
        "required": ["city"],
    });
    FunctionTool {
        name: "weather".to_owned(),
        description: Some("The weather in a city".to_owned()),
        parameters: Some(parameters.to_string()),
        strict: None,
        cache: None,
        extra: None,
    }
}

#[test]
fn every_adapter_for_chat_is_looked_at() {
    let mut looked_at: Vec<&str> = PROTOCOLS.iter().map(|protocol| protocol.adapter).collect();
    looked_at.extend(WITHOUT_TOOLS);
    looked_at.sort_unstable();
    assert_eq!(looked_at, adapters::with(Interface::Chat));
}

#[tokio::test]
async fn a_conversation_is_carried_through_each_adapter_and_back() {
    let world = World::open().await;
    let mut wrong = Vec::new();
    for protocol in &PROTOCOLS {
        if let Err(why) = world.carry(protocol).await {
            wrong.push(format!("{}: {why}", protocol.adapter));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_has_no_tools_says_so_before_anything_is_sent() {
    let world = World::open().await;
    for adapter in WITHOUT_TOOLS {
        let mut request = ChatRequest::new(vec![question()]);
        request.tools.push(Tool::Function(weather()));
        let model = format!("{adapter}/owner/model");
        let error = match world.runner.chat(&model, request).await {
            Ok(answer) => answer.collect().await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(error.kind(), FailureKind::Unsupported, "{adapter}: {}", error.failure.message);
        assert!(world.mock.take_requests().is_empty(), "{adapter}");
    }
}
