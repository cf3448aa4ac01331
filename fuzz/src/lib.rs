//! What several targets share.

use arbitrary::Arbitrary;
use hotcell_sdk::testing::{Cut, Run, Script};
use hotcell_sdk::{Chat, ChatRequest, Event};
use std::collections::BTreeMap;

/// Bytes that arrive in pieces. What the fuzzer writes is the bytes, and behind them a
/// number that decides on the pieces, so that a seed can be any body.
#[derive(Debug)]
pub struct Body {
    /// The whole.
    pub bytes: Vec<u8>,
    /// The same in pieces.
    pub pieces: Vec<Vec<u8>>,
}

impl<'a> Arbitrary<'a> for Body {
    fn arbitrary(input: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self::of(input.bytes(input.len())?))
    }

    fn arbitrary_take_rest(input: arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self::of(input.take_rest()))
    }
}

impl Body {
    fn of(input: &[u8]) -> Self {
        let (bytes, cut) = cut(input);
        Self { pieces: cut.apply(bytes).into(), bytes: bytes.to_vec() }
    }
}

/// The body and how it is cut, which the last byte says.
fn cut(input: &[u8]) -> (&[u8], Cut) {
    match input.split_last() {
        Some((0, body)) => (body, Cut::EveryByte),
        Some((1, body)) => (body, Cut::InsideUtf8),
        Some((2, body)) => (body, Cut::InsideCrlf),
        Some((seed, body)) => (body, Cut::Random(u64::from(*seed))),
        None => (input, Cut::Whole),
    }
}

/// Lets an adapter read an answer, whole and in pieces: it yields the same, keeps what
/// `wit/` promises of the order of events, and tells an end only where it has seen one.
pub fn answered<A: Chat>(manifest: &str, input: &[u8]) {
    // The first byte says how the answer announces itself.
    let Some((kind, input)) = input.split_first() else { return };
    let (body, cut) = cut(input);
    let (status, content_type) = match kind {
        b'j' => (200, "application/json"),
        b'e' => (429, "application/json"),
        b't' => (500, "text/html"),
        _ => (200, "text/event-stream"),
    };
    let request = ChatRequest { stream: *kind != b'j', ..ChatRequest::user("hi") };
    let mut script = Script::new();
    script.manifest(manifest).answer(status, content_type, body);
    let whole = script.chat::<A>(request.clone());
    let run = script.cut(cut).chat::<A>(request);
    assert_eq!(run.joined(), whole.joined(), "the pieces say something else");
    assert_eq!(run.failure, whole.failure, "the pieces fail in another way");
    for run in [&run, &whole] {
        keeps_its_promise(run);
        assert!(status == 200 || run.failure.is_some(), "an error was taken for an answer");
    }
}

/// One beginning at the most, before every choice; one end for each choice, and nothing of it
/// after that; at least one end where nothing failed.
fn keeps_its_promise(run: &Run) {
    let mut started = false;
    // The choices that have begun, and whether they have ended.
    let mut choices = BTreeMap::new();
    for event in &run.events {
        let choice = match event {
            Event::Started(_) => {
                assert!(!std::mem::replace(&mut started, true), "it began twice");
                assert!(choices.is_empty(), "it began late");
                continue;
            }
            Event::Warning(_) | Event::Usage(_) | Event::Native(_) => continue,
            Event::Finished(end) => {
                assert_ne!(choices.insert(end.choice, true), Some(true), "a choice ended twice");
                continue;
            }
            Event::ToolCallStarted(call) => call.choice,
            Event::Media(media) => media.choice,
            Event::Citation(at) | Event::Logprobs(at) => at.choice,
            Event::Text(delta)
            | Event::Reasoning(delta)
            | Event::Refusal(delta)
            | Event::Signature(delta)
            | Event::RedactedReasoning(delta)
            | Event::ToolCallArguments(delta) => delta.choice,
        };
        assert!(!*choices.entry(choice).or_insert(false), "a choice went on after its end");
    }
    if run.failure.is_none() {
        assert!(!choices.is_empty(), "it ended without an end");
        assert!(choices.values().all(|ended| *ended), "a choice has no end");
    }
}
