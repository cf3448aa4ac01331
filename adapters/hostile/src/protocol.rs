//! The promises that an adapter makes to the runner.

use crate::cell::{self, Answer};
use hotcell_sdk::{
    Delta, EmbedResponse, Event, Failure, FailureKind, FinishReason, Finished, MediaEvent,
    MediaKind, MediaPart, MediaSource, Model, Native, NativeAt, Started, ToolCallStarted, Usage,
    finished, text,
};

const BROKEN: &str = r#"{"unfinished": ["#;

fn broken() -> Native {
    Native { dialect: "openai-chat".to_owned(), value: BROKEN.to_owned() }
}

fn started(extra: Option<Native>) -> Event {
    Event::Started(Started { id: None, model: None, created: None, extra })
}

fn call() -> ToolCallStarted {
    ToolCallStarted {
        choice: 0,
        index: 0,
        id: "call".to_owned(),
        name: "name".to_owned(),
        signature: None,
        extra: None,
    }
}

pub(crate) fn events_empty() -> Answer {
    Answer::of(|| Ok(Some(Vec::new())))
}

pub(crate) fn finished_twice() -> Answer {
    Answer::batches([vec![text(0, 0, "words"), finished(0, "stop")], vec![finished(0, "length")]])
}

pub(crate) fn text_after_finished() -> Answer {
    Answer::batches([vec![text(0, 0, "words"), finished(0, "stop")], vec![text(0, 0, "and more")]])
}

pub(crate) fn never_finished() -> Answer {
    Answer::batches([vec![text(0, 0, "words")]])
}

pub(crate) fn started_twice() -> Answer {
    Answer::batches([vec![started(None)], vec![started(None), finished(0, "stop")]])
}

pub(crate) fn next_after_end() -> Answer {
    let mut batches = vec![None, Some(vec![text(0, 0, "words"), finished(0, "stop")])];
    Answer::of(move || match batches.pop() {
        Some(batch) => Ok(batch),
        None => panic!("asked again after the end"),
    })
}

pub(crate) fn json_in_event() -> Answer {
    let at = NativeAt { choice: 0, index: 0, value: broken() };
    Answer::batches([vec![Event::Native(at), finished(0, "stop")]])
}

fn alone(event: Event) -> Answer {
    Answer::batches([vec![event, finished(0, "stop")]])
}

pub(crate) fn json_in_started() -> Answer {
    alone(started(Some(broken())))
}

pub(crate) fn json_in_citation() -> Answer {
    alone(Event::Citation(NativeAt { choice: 0, index: 0, value: broken() }))
}

pub(crate) fn json_in_logprobs() -> Answer {
    alone(Event::Logprobs(NativeAt { choice: 0, index: 0, value: broken() }))
}

pub(crate) fn json_in_tool_call() -> Answer {
    alone(Event::ToolCallStarted(ToolCallStarted { extra: Some(broken()), ..call() }))
}

pub(crate) fn json_in_media() -> Answer {
    let part = MediaPart {
        kind: MediaKind::Image,
        mime: None,
        source: MediaSource::Url("https://example.com/a.png".to_owned()),
        name: None,
        cache: None,
        extra: Some(broken()),
    };
    alone(Event::Media(MediaEvent { choice: 0, index: 0, part }))
}

pub(crate) fn json_in_usage() -> Answer {
    alone(Event::Usage(Usage {
        input: None,
        output: None,
        cache_read: None,
        cache_write: None,
        reasoning: None,
        raw: Some(broken()),
    }))
}

pub(crate) fn json_in_finished() -> Answer {
    let end = Finished { choice: 0, reason: FinishReason::Stop, raw: None, extra: Some(broken()) };
    Answer::batches([vec![Event::Finished(end)]])
}

pub(crate) fn json_in_failure() -> Answer {
    Answer::of(|| {
        Err(Failure { raw: Some(broken()), ..Failure::new(FailureKind::ProviderError, "broken") })
    })
}

pub(crate) fn json_in_embed() -> EmbedResponse {
    EmbedResponse { model: None, vectors: vec![vec![1.0]], usage: None, extra: Some(broken()) }
}

pub(crate) fn json_in_models() -> Vec<Model> {
    vec![cell::model("broken", Some(BROKEN))]
}

pub(crate) fn arguments_not_json() -> Answer {
    let arguments = Delta { choice: 0, index: 0, text: BROKEN.to_owned() };
    Answer::batches([vec![
        Event::ToolCallStarted(call()),
        Event::ToolCallArguments(arguments),
        finished(0, "tool_calls"),
    ]])
}

pub(crate) fn denial_forged() -> Answer {
    Answer::of(|| {
        Err(Failure::new(FailureKind::Denied, "the grant has no endpoint").with_code("endpoint"))
    })
}
