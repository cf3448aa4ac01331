//! From the provider's chunks, or its whole answer, to events
//! (<https://ai.google.dev/api/generate-content#generatecontentresponse>).

use crate::candidate::Candidate;
use crate::json::{self, Members, Value};
use crate::{error, usage};
use hotcell_sdk::{Assemble, Event, Failure, FinishReason, Finished, Started, warning};

/// How many alternatives an answer may have; the provider gives eight at the most.
const CANDIDATES: u64 = 64;

/// An answer so far.
pub struct Assembly {
    started: bool,
    candidates: Vec<Candidate>,
    /// The last report of usage: most chunks have one.
    report: Option<Value>,
    /// Why the prompt was not answered, in the provider's words.
    blocked: Option<Value>,
    /// What calls are numbered from, where the answer has no id.
    calls: usize,
    id: Option<String>,
}

impl Assembly {
    /// An answer to a conversation that has this many calls already.
    pub(crate) fn after(calls: usize) -> Self {
        let (candidates, report, blocked, id) = (Vec::new(), None, None, None);
        Self { started: false, candidates, report, blocked, calls, id }
    }
}

impl Assemble for Assembly {
    fn event(&mut self, _: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        // The word of another protocol for the end is no end of this one.
        if matches!(data.trim_ascii(), "" | "[DONE]") {
            return Ok(());
        }
        let chunk = Value::parse(data)
            .map_err(|error| Failure::malformed(format!("a chunk of the stream: {error}")))?;
        self.chunk(chunk, events)
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let body = Value::parse(body)
            .map_err(|error| Failure::malformed(format!("the answer: {error}")))?;
        match body {
            // What streams without `alt=sse`: all chunks as one list.
            Value::Array(chunks) => {
                for chunk in chunks {
                    self.chunk(chunk, events)?;
                }
                self.end(events)
            }
            answer => {
                self.chunk(answer, events)?;
                // It is all there, whether it says so or not.
                self.candidates.iter_mut().for_each(Candidate::is_whole);
                self.end(events)
            }
        }
    }

    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        if let Some(blocked) = self.blocked.take().filter(|_| self.candidates.is_empty()) {
            events.push(blocked_prompt(&blocked));
            return self.finish_blocked(blocked, events);
        }
        if self.candidates.is_empty() {
            return Err(Failure::malformed("the answer has no candidates"));
        }
        if self.candidates.iter().any(|candidate| !candidate.has_ended()) {
            return Err(Failure::malformed("the stream ended before a `finishReason`"));
        }
        for candidate in std::mem::take(&mut self.candidates) {
            candidate.finish(events);
        }
        Ok(())
    }
}

impl Assembly {
    fn chunk(&mut self, chunk: Value, events: &mut Vec<Event>) -> Result<(), Failure> {
        if let Some(failure) = error::in_answer(&chunk) {
            return Err(failure);
        }
        let Value::Object(mut chunk) = chunk else {
            return Err(Failure::malformed("a chunk of the answer is no JSON object"));
        };
        let candidates = chunk.remove("candidates");
        let report = chunk.remove("usageMetadata");
        let feedback =
            chunk.get("promptFeedback").filter(|feedback| !feedback.get("blockReason").is_null());
        if let Some(feedback) = feedback {
            self.blocked = Some(feedback.clone());
        }
        if !std::mem::replace(&mut self.started, true) {
            self.start(chunk, events);
        }
        match candidates {
            None | Some(Value::Null) => {}
            Some(Value::Array(candidates)) => {
                for (place, candidate) in (0..).zip(candidates) {
                    self.candidate(place, candidate, events)?;
                }
            }
            Some(_) => return Err(Failure::malformed("`candidates` is not a list")),
        }
        if report.is_some() && report != self.report {
            events.extend(report.as_ref().and_then(usage::read).map(Event::Usage));
            self.report = report;
        }
        Ok(())
    }

    fn start(&mut self, mut chunk: Members, events: &mut Vec<Event>) {
        let (id, model) = (chunk.take_text("responseId"), chunk.take_text("modelVersion"));
        // It is told with the end.
        chunk.remove("promptFeedback");
        self.id.clone_from(&id);
        // Even nothing is told: it says whose answer it is.
        let extra = Some(json::native(&chunk.into()));
        events.push(Event::Started(Started { id, model, created: None, extra }));
    }

    fn candidate(
        &mut self,
        place: u64,
        candidate: Value,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let Value::Object(members) = candidate else {
            return Err(Failure::malformed("a candidate is no JSON object"));
        };
        let number = members.get("index").and_then(Value::as_u64).unwrap_or(place);
        let number = u32::try_from(number).ok().filter(|_| number < CANDIDATES);
        let number = number.ok_or_else(|| Failure::malformed("a candidate of no good number"))?;
        let known = self.candidates.iter().position(|known| known.choice == number);
        let known = known.unwrap_or_else(|| {
            self.candidates.push(Candidate::new(number));
            self.candidates.len() - 1
        });
        let (id, calls) = (self.id.as_deref(), &mut self.calls);
        self.candidates[known].take(members, id, calls, events)
    }

    /// A prompt that the provider does not answer has an answer without words.
    fn finish_blocked(&self, feedback: Value, events: &mut Vec<Event>) -> Result<(), Failure> {
        let extra = json::object("promptFeedback", feedback);
        events.push(Event::Finished(Finished {
            choice: 0,
            reason: FinishReason::ContentFilter,
            raw: None,
            extra: extra.extra(),
        }));
        Ok(())
    }
}

fn blocked_prompt(feedback: &Value) -> Event {
    let reason = match feedback.get("blockReason") {
        Value::String(reason) => reason.clone(),
        reason => reason.text(),
    };
    let message = feedback.get("blockReasonMessage").as_str();
    let message = message.map(|message| format!(": {message}")).unwrap_or_default();
    warning(format!("the provider blocked the prompt, by its rule {reason}{message}"))
}
