//! What the makers answer: each in words of its own, by which it is known.

use crate::DIALECT;
use hotcell_bedrock::json::{Members, elements, object_text};
use hotcell_sdk::{
    Assemble, Delta, Event, Failure, FinishReason, Finished, Header, Native, Started, Usage,
};

/// Members that are told in another way, or repeat what was asked.
const TOLD: [&str; 13] = [
    "chat_history",
    "completionReason",
    "event_type",
    "finish_reason",
    "generation",
    "index",
    "is_finished",
    "outputText",
    "p",
    "prompt",
    "stop_reason",
    "text",
    "type",
];
/// What Bedrock measured, in the last event of a stream.
const METRICS: &str = "amazon-bedrock-invocationMetrics";

/// A name, and a value as JSON.
type Member = (String, String);

/// An answer so far.
#[derive(Default)]
pub struct Words {
    id: Option<String>,
    started: bool,
    input: Option<u64>,
    output: Option<u64>,
    /// The choices that have ended: why, and what else is said of each.
    ends: Vec<(u32, String, Option<Member>)>,
    /// Nothing comes after the figures.
    measured: bool,
    finished: bool,
    /// The members of the answer that belong to none of its parts.
    ending: Vec<Member>,
}

impl Words {
    /// What an answer's headers tell: not every maker counts in its own words.
    pub(crate) fn new(headers: &[Header]) -> Self {
        let find = |name: &str| headers.iter().find(|header| header.name == name);
        let count = |name: &str| find(name)?.value.parse().ok();
        Self {
            id: find("x-amzn-requestid").map(|header| header.value.clone()),
            input: count("x-amzn-bedrock-input-token-count"),
            output: count("x-amzn-bedrock-output-token-count"),
            ..Self::default()
        }
    }
}

impl Assemble for Words {
    fn event(&mut self, _: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.read(data, events)?;
        if self.measured && !self.ends.is_empty() {
            self.finish(events);
        }
        Ok(())
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.read(body, events)?;
        self.end(events)
    }

    fn has_ended(&self) -> bool {
        self.finished
    }

    /// An answer without its figures is an answer all the same.
    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        match (self.finished, self.ends.is_empty()) {
            (true, _) => {}
            (false, false) => self.finish(events),
            (false, true) => {
                return Err(Failure::malformed("the answer ended without a reason"));
            }
        }
        Ok(())
    }
}

impl Words {
    /// Reads an answer, or a piece of one.
    fn read(&mut self, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let members = Members::of(data, "the answer")?;
        if !std::mem::replace(&mut self.started, true) {
            let id = self.id.take();
            events.push(Event::Started(Started { id, model: None, created: None, extra: None }));
        }
        let choice = members.get("index").and_then(|index| index.parse().ok()).unwrap_or(0);
        for (name, value) in &members.0 {
            match name.as_ref() {
                // All but Llama and Command R have several answers in a list.
                "results" | "outputs" | "choices" | "generations" => {
                    for (choice, answer) in (0..).zip(elements(value).unwrap_or_default()) {
                        let answer = Members::of(answer, "an answer of several")?;
                        self.said(choice, &answer, beside(name, &answer), events)?;
                        self.count(None, answer.count("tokenCount"));
                    }
                }
                METRICS => {
                    self.measured = true;
                    let metrics = Members::any(value).unwrap_or_default();
                    self.count(metrics.count("inputTokenCount"), metrics.count("outputTokenCount"));
                    self.keep(name, value);
                }
                "prompt_token_count" | "inputTextTokenCount" => {
                    self.count(value.parse().ok(), None);
                }
                "generation_token_count" | "totalOutputTextTokenCount" => {
                    self.count(None, value.parse().ok());
                }
                // At the end of a stream of Command's: all that was said, once more.
                "response" => {
                    let response = Members::any(value).unwrap_or_default();
                    response.0.iter().for_each(|(name, value)| self.keep(name, value));
                }
                name => self.keep(name, value),
            }
        }
        self.said(choice, &members, None, events)
    }

    /// What an answer says, and why it ended.
    fn said(
        &mut self,
        choice: u32,
        answer: &Members<'_>,
        beside: Option<Member>,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        for name in ["outputText", "generation", "text"] {
            if let Some(text) = answer.text(name)?.filter(|text| !text.is_empty()) {
                let text = text.into_owned();
                events.push(Event::Text(Delta { choice, index: 0, text }));
            }
        }
        let reasons = ["stop_reason", "completionReason", "finish_reason"];
        if let Some(reason) = reasons.into_iter().find_map(|name| answer.word(name))
            && !self.ends.iter().any(|(known, ..)| *known == choice)
        {
            self.ends.push((choice, reason, beside));
        }
        Ok(())
    }

    fn count(&mut self, input: Option<u64>, output: Option<u64>) {
        self.input = input.or(self.input);
        self.output = output.or(self.output);
    }

    /// Keeps a member to be told at the end.
    fn keep(&mut self, name: &str, value: &str) {
        if value != "null" && !TOLD.contains(&name) {
            self.ending.retain(|(known, _)| known != name);
            self.ending.push((name.to_owned(), value.to_owned()));
        }
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        self.finished = true;
        let (input, output) = (self.input, self.output);
        if input.is_some() || output.is_some() {
            let (cache_read, cache_write, reasoning, raw) = Default::default();
            events.push(Event::Usage(Usage {
                input,
                output,
                cache_read,
                cache_write,
                reasoning,
                raw,
            }));
        }
        let mut ending = std::mem::take(&mut self.ending);
        for (choice, raw, beside) in std::mem::take(&mut self.ends) {
            let reason = reason(&raw);
            // What belongs to the answer as a whole is told with the first.
            ending.extend(beside);
            let members = std::mem::take(&mut ending);
            let extra = (!members.is_empty())
                .then(|| Native { dialect: DIALECT.to_owned(), value: object_text(&members) });
            events.push(Event::Finished(Finished { choice, reason, raw: Some(raw), extra }));
        }
    }
}

/// What one of several answers says besides, where the provider says it: in its list.
fn beside(list: &str, answer: &Members<'_>) -> Option<Member> {
    let mut members = answer.told();
    members.retain(|(name, _)| !TOLD.contains(&name.as_str()) && name != "tokenCount");
    (!members.is_empty()).then(|| (list.to_owned(), format!("[{}]", object_text(&members))))
}

/// In Titan's capitals, Llama's small letters, or Cohere's.
fn reason(word: &str) -> FinishReason {
    match word.to_ascii_uppercase().as_str() {
        "COMPLETE" | "FINISH" | "FINISHED" | "STOP" | "STOP_CRITERIA_MET" | "STOP_SEQUENCE" => {
            FinishReason::Stop
        }
        "ERROR_LIMIT" | "LENGTH" | "MAX_TOKENS" => FinishReason::Length,
        "CONTENT_FILTERED" | "ERROR_TOXIC" => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    }
}
