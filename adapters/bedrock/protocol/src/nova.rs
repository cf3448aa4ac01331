//! Nova by InvokeModel, in its own words
//! (<https://docs.aws.amazon.com/nova/latest/userguide/using-invoke-api.html>), which are those
//! of Converse but for a few.

use crate::assembly::Assembly;
use crate::json::{Members, native};
use crate::translation::Operation;
use crate::{Answer, Chunks, DIALECT, invoke, request};
use hotcell_sdk::{Assemble, ChatRequest, Completion, Event, Failure, NativeAt};

/// An answer that is still coming.
pub struct Invoked(Answer<Chunks<Nova>>);

impl Completion for Invoked {
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        self.0.next()
    }
}

/// Asks a model of Nova's for an answer to a conversation.
///
/// # Errors
/// As [`converse`](crate::converse), and what Nova takes by Converse alone.
pub fn invoke_nova(request: &ChatRequest) -> Result<Invoked, Failure> {
    let outgoing = request::write(request, Operation::InvokeNova)?;
    Failure::where_strict(&outgoing.warnings)?;
    let response = invoke(&request.model, request.stream, outgoing.body, DIALECT)?;
    let words = Assembly::new(outgoing.names, response.header("x-amzn-requestid"));
    let words = Chunks::of(Nova { words, telling: None });
    Answer::begin(response, words, DIALECT, outgoing.warnings).map(Invoked)
}

/// The events of Converse, each as the member of its name.
struct Nova {
    words: Assembly,
    /// The block of the text that is being told: each piece of it comes as a block of its own.
    telling: Option<u32>,
}

impl Assemble for Nova {
    fn event(&mut self, _: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let before = events.len();
        let mut read = Ok(());
        for (name, value) in Members::of(data, "an event of the stream")?.0 {
            // What Bedrock says beside it.
            if name.starts_with("amazon-bedrock-") {
                let value = native(format!("{{\"event\":{{\"{name}\":{value}}}}}"));
                events.insert(before, Event::Native(NativeAt { choice: 0, index: 0, value }));
                continue;
            }
            read = self.words.event(&name, value, events);
            if read.is_err() {
                break;
            }
        }
        self.gather(&mut events[before..]);
        read
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.words.whole(body, events)
    }

    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.words.end(events)
    }

    fn has_ended(&self) -> bool {
        self.words.has_ended()
    }
}

impl Nova {
    /// Makes one block of the pieces of a text.
    fn gather(&mut self, events: &mut [Event]) {
        for event in events {
            match event {
                Event::Text(delta) => delta.index = *self.telling.get_or_insert(delta.index),
                Event::ToolCallStarted(_) | Event::Reasoning(_) | Event::Media(_) => {
                    self.telling = None;
                }
                _ => {}
            }
        }
    }
}
