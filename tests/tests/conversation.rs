//! A conversation of two rounds of tools, with an image and with reasoning, is carried through
//! each adapter for chat and back: what an answer was made of becomes the next request, and
//! the provider's part, which the mock plays, gets its ids, signatures, results and the image
//! as its protocol has them. The mock refuses what does not fit; this looks besides.

use hotcell::types::{
    ChatRequest, FailureKind, FunctionTool, MediaKind, MediaPart, MediaSource, Message, Part,
    ReasoningOptions, Role, TextPart, Tool,
};
use hotcell::{Choice, Config, Interface, Runner};
use hotcell_mock::Mock;
use hotcell_tests::adapters;
use serde_json::{Value, json};
use std::path::Path;

/// An image of one pixel.
const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
const THOUGHT: &str = "The user wants an answer. I repeat what they said.";
const FIRST: &str = "4 °C, light rain";
const SECOND: &str = "7 °C, sun";

/// What becomes of thoughts when they go back.
#[derive(Clone, Copy)]
enum Thoughts {
    /// They go back, with what the provider gave for it in this member.
    Signed(&'static str),
    /// They go back as text, in this member.
    Told(&'static str),
    /// By design: the protocol has no place for them, and a warning says so.
    LeftOut,
}

/// How a protocol has what is carried.
struct Protocol {
    adapter: &'static str,
    model: &'static str,
    /// The members of a call's id and of the id at its result; none where there are no ids,
    /// and names stand for them.
    ids: Option<(&'static str, &'static str)>,
    /// The member that holds the image.
    image: &'static str,
    thoughts: Thoughts,
}

const OPENAI: Protocol = Protocol {
    adapter: "openai",
    model: "gpt-4o",
    ids: Some(("id", "tool_call_id")),
    image: "url",
    thoughts: Thoughts::LeftOut,
};
const CLAUDE: Protocol = Protocol {
    adapter: "anthropic",
    model: "claude-sonnet-4-5",
    ids: Some(("id", "tool_use_id")),
    image: "data",
    thoughts: Thoughts::Signed("signature"),
};
const GEMINI: Protocol = Protocol {
    adapter: "gemini",
    model: "gemini-2.5-flash",
    ids: Some(("id", "id")),
    image: "data",
    thoughts: Thoughts::Signed("thoughtSignature"),
};

const PROTOCOLS: [Protocol; 15] = [
    CLAUDE,
    Protocol { adapter: "azure", ..OPENAI },
    Protocol {
        adapter: "bedrock",
        model: "anthropic.claude-sonnet-4-5-20250929-v1:0",
        ids: Some(("toolUseId", "toolUseId")),
        image: "bytes",
        thoughts: Thoughts::Signed("signature"),
    },
    Protocol {
        adapter: "cohere",
        model: "command-a-vision-07-2025",
        thoughts: Thoughts::Told("thinking"),
        ..OPENAI
    },
    Protocol {
        adapter: "databricks",
        model: "databricks-claude-sonnet-4-5",
        thoughts: Thoughts::Signed("signature"),
        ..OPENAI
    },
    GEMINI,
    Protocol {
        adapter: "mistral",
        model: "magistral-medium-latest",
        thoughts: Thoughts::Told("text"),
        ..OPENAI
    },
    Protocol {
        adapter: "ollama",
        model: "qwen3-vl",
        ids: None,
        image: "images",
        thoughts: Thoughts::Told("thinking"),
    },
    OPENAI,
    Protocol {
        adapter: "openai-responses",
        model: "gpt-5",
        ids: Some(("call_id", "call_id")),
        image: "image_url",
        thoughts: Thoughts::Signed("encrypted_content"),
    },
    Protocol { adapter: "sagemaker", model: "my-endpoint", ..OPENAI },
    Protocol { adapter: "vertex", ..GEMINI },
    Protocol { adapter: "vertex-anthropic", ..CLAUDE },
    Protocol { adapter: "vertex-openai", model: "meta/llama-4", ..OPENAI },
    Protocol { adapter: "watsonx", model: "ibm/granite", ..OPENAI },
];

/// By design: these take one text that goes on, and have no tools.
const WITHOUT_TOOLS: [&str; 2] = ["replicate", "sagemaker-generate"];

/// A mock, and a runner to which each of its providers is one of the same name.
struct World {
    mock: Mock,
    runner: Runner,
    _folder: tempfile::TempDir,
}

impl World {
    async fn open() -> Self {
        let mock = Mock::start().await.expect("loopback has a free port");
        let folder = tempfile::tempdir().expect("there is a folder for what is temporary");
        let mut lines = String::new();
        for name in Mock::providers() {
            // A name of the catalogue is that of another adapter.
            let adapter = if name == "sagemaker" { "sagemaker-chat" } else { name };
            let access = mock.ways(name, Mock::KEY).pop().expect("it is played");
            let text = access.configuration(name, adapter, folder.path());
            lines.push_str(&text.expect("the folder is writable"));
        }
        let config = Config::parse(&lines, Path::new("here")).expect("it is a configuration");
        let runner = Runner::builder().config(config).build().expect("the configuration holds");
        Self { mock, runner, _folder: folder }
    }

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

/// Every text of a body with the member that it stands in.
struct Wire(Vec<(String, String)>);

impl Wire {
    fn of(body: &Value) -> Self {
        let mut all = Vec::new();
        gather(body, "", &mut all);
        Self(all)
    }

    /// The texts of a member.
    fn member(&self, name: &str) -> Vec<&str> {
        let own = self.0.iter().filter(|(member, _)| member == name);
        own.map(|(_, text)| text.as_str()).collect()
    }

    fn has_image(&self, member: &str) -> Result<(), String> {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(PIXEL);
        let held: Vec<&str> =
            self.member(member).into_iter().filter(|text| text.ends_with(&encoded)).collect();
        match held.as_slice() {
            [_] => Ok(()),
            _ => Err(format!("the image is there {} times as `{member}`", held.len())),
        }
    }

    fn has_results(&self) -> Result<(), String> {
        // The model has repeated them, too.
        for result in [FIRST, SECOND] {
            if !self.0.iter().any(|(_, text)| text == result) {
                return Err(format!("the result `{result}` is not there as it was given"));
            }
        }
        Ok(())
    }

    fn has_ids(&self, ids: Option<(&str, &str)>, wanted: &[String]) -> Result<(), String> {
        let Some((call, result)) = ids else { return Ok(()) };
        for id in wanted {
            let of = |member: &str| self.member(member).iter().filter(|text| *text == id).count();
            let is_both = match call == result {
                true => of(call) == 2,
                false => of(call) == 1 && of(result) == 1,
            };
            if !is_both {
                return Err(format!("`{id}` is there {} and {} times", of(call), of(result)));
            }
        }
        Ok(())
    }

    /// Three answers had thoughts before the last request.
    fn has_thoughts(&self, thoughts: Thoughts, warnings: &[String]) -> Result<(), String> {
        let count = |member: &str, text: &str| {
            self.member(member).iter().filter(|own| text.is_empty() || **own == text).count()
        };
        let found = match thoughts {
            Thoughts::Signed(member) => count(member, ""),
            Thoughts::Told(member) => count(member, THOUGHT),
            Thoughts::LeftOut => {
                let is_there = self.0.iter().any(|(_, text)| text.contains(THOUGHT));
                let is_said = warnings.iter().any(|warning| warning.contains("thought before"));
                return match (is_there, is_said) {
                    (false, true) => Ok(()),
                    _ => Err(format!("thoughts are there, or nobody said that not: {warnings:?}")),
                };
            }
        };
        match found {
            3 => Ok(()),
            _ => Err(format!("{found} of 3 thoughts are there: {warnings:?}")),
        }
    }
}

fn gather(value: &Value, member: &str, all: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => all.push((member.to_owned(), text.clone())),
        Value::Array(list) => list.iter().for_each(|value| gather(value, member, all)),
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| gather(value, name, all));
        }
        _ => {}
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
