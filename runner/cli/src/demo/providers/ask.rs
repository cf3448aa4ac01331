//! Asking a provider for one thing, and judging what it answers.

use super::super::conversation::weather;
use hotcell::types::{
    ChatRequest, EmbedRequest, FailureKind, ImageRequest, Message, ModerationRequest,
    RerankRequest, Role, SpeechRequest, Tool, ToolCall, TranscriptionRequest,
};
use hotcell::{Choice, Collected, Error, Runner};

const WORDS: &str = "Hello from Ada";
const QUESTION: &str = "What is the weather in Oslo?";
const RESULT: &str = "4 °C, light rain";
const DOCUMENTS: [&str; 3] = ["Bread and butter.", "It rains in Oslo today.", "A red bicycle."];

/// What a provider can be asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ask {
    Chat,
    Tools,
    /// A text that is gone on with, where the adapter is set to that.
    Text,
    /// An answer that is asked for until it is there.
    Late,
    Embed,
    Rerank,
    Tokens,
    Models,
    Images,
    Speak,
    Transcribe,
    Moderate,
}

impl Ask {
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Chat => "a chat",
            Self::Tools => "a tool is called, and its result goes back",
            Self::Text => "a text is gone on with",
            Self::Late => "an answer that is late is asked for until it is there",
            Self::Embed => "embeddings",
            Self::Rerank => "documents are ranked",
            Self::Tokens => "a count of tokens",
            Self::Models => "the list of models",
            Self::Images => "an image",
            Self::Speak => "speech",
            Self::Transcribe => "a transcription",
            Self::Moderate => "moderation",
        }
    }

    /// Asks, and says what came. What is not as it should be is an error too.
    pub(super) async fn of(
        self,
        runner: &Runner,
        provider: &str,
        model: &str,
    ) -> Result<String, Error> {
        let name = format!("{provider}/{model}");
        match self {
            Self::Chat | Self::Text | Self::Late => chat(runner, &name).await,
            Self::Tools => tools(runner, &name).await,
            Self::Embed => embed(runner, &name).await,
            Self::Rerank => {
                let request = RerankRequest::texts("rain in Oslo", DOCUMENTS);
                let ranking = runner.rerank(&name, request).await?.ranking;
                match ranking.first() {
                    Some(best) if best.index == 1 && ranking.len() == DOCUMENTS.len() => {
                        Ok(format!("the best of {}: {}", DOCUMENTS.len(), DOCUMENTS[1]))
                    }
                    _ => wrong(format!("another order came: {ranking:?}")),
                }
            }
            Self::Tokens => {
                let count = runner.count_tokens(&name, ChatRequest::user(WORDS)).await?;
                Ok(format!("{} tokens", count.input))
            }
            Self::Models => match runner.models(provider).await?.as_slice() {
                [] => wrong("there are none"),
                [first, rest @ ..] => Ok(format!("{} and {} more", first.id, rest.len())),
            },
            Self::Images => {
                let answer = runner.generate_images(&name, ImageRequest::prompt(WORDS)).await?;
                Ok(format!("{} image", answer.images.len()))
            }
            Self::Speak => speak(runner, &name).await,
            Self::Transcribe => {
                let mut request = TranscriptionRequest::audio(b"RIFF\x04\0\0\0WAVE".to_vec());
                request.mime = Some("audio/wav".to_owned());
                Ok(runner.transcribe(&name, request).await?.text)
            }
            Self::Moderate => {
                let request = ModerationRequest::texts([WORDS]);
                let flagged =
                    runner.moderate(&name, request).await?.verdicts.iter().any(|it| it.flagged);
                if flagged { wrong("a greeting was flagged") } else { Ok("not flagged".to_owned()) }
            }
        }
    }
}

fn wrong<T>(why: impl Into<String>) -> Result<T, Error> {
    Err(Error::new(FailureKind::Internal, why))
}

/// Asks, and counts events.
async fn answer(
    runner: &Runner,
    name: &str,
    request: &ChatRequest,
) -> Result<(Choice, usize), Error> {
    let mut answer = runner.chat(name, request.clone()).await?;
    let (mut collected, mut events) = (Collected::default(), 0);
    while let Some(event) = answer.next().await? {
        events += 1;
        collected.push(event);
    }
    collected.finish();
    let choice = collected.choices.into_iter().next().unwrap_or_default();
    match choice.finished.is_some() {
        true => Ok((choice, events)),
        false => wrong("the answer did not say why it ended"),
    }
}

async fn chat(runner: &Runner, name: &str) -> Result<String, Error> {
    let (choice, events) = answer(runner, name, &ChatRequest::user(WORDS)).await?;
    let text = choice.text();
    match text.contains(WORDS) {
        true => Ok(format!("{text} ({events} events)")),
        false => wrong(format!("something else came: {text}")),
    }
}

async fn tools(runner: &Runner, name: &str) -> Result<String, Error> {
    let mut request = ChatRequest::user(QUESTION);
    request.tools.push(Tool::Function(weather()));
    let (choice, _) = answer(runner, name, &request).await?;
    let calls: Vec<ToolCall> = choice.tool_calls().cloned().collect();
    let [call] = calls.as_slice() else {
        return wrong(format!("{} calls came", calls.len()));
    };
    request.messages.push(Message::new(Role::Assistant, choice.parts));
    request.messages.push(Message::tool_result(call.id.as_str(), RESULT));
    let (second, _) = answer(runner, name, &request).await?;
    let text = second.text();
    match text.contains(RESULT) {
        true => Ok(format!("{} {} → {text}", call.name, call.arguments)),
        false => wrong(format!("the result did not arrive: {text}")),
    }
}

async fn embed(runner: &Runner, name: &str) -> Result<String, Error> {
    let vectors = runner.embed(name, EmbedRequest::texts([WORDS, QUESTION])).await?.vectors;
    match vectors.as_slice() {
        [one, other] if one.len() == other.len() && one != other => {
            Ok(format!("2 vectors of {} numbers", one.len()))
        }
        _ => wrong(format!("{} vectors came, or the same twice", vectors.len())),
    }
}

async fn speak(runner: &Runner, name: &str) -> Result<String, Error> {
    let mut request = SpeechRequest::text(WORDS);
    request.voice = Some("alloy".to_owned());
    let mut sound = runner.speak(name, request).await?;
    let mut bytes = 0;
    while let Some(more) = sound.next().await? {
        bytes += more.len();
    }
    Ok(format!("{bytes} bytes of {}", sound.mime().unwrap_or("sound")))
}
