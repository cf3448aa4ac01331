//! What an answer is made of so far, and what a line adds
//! (<https://docs.ollama.com/api/streaming>). An answer in one piece is one line.

use crate::object::{self, put, take_list, take_text};
use crate::{DIALECT, error, image, time};
use hotcell_sdk::{
    Assemble, Delta, Event, Failure, FinishReason, Finished, MediaEvent, Native, NativeAt, Started,
    ToolCallStarted, Usage, json,
};
use serde_json::{Map, Value};

/// An answer so far. There is only ever one choice.
#[derive(Default)]
pub struct Assembly {
    started: bool,
    parts: u32,
    text: Option<u32>,
    reasoning: Option<u32>,
    /// Whether the model has called a tool.
    called: bool,
    /// A line has said that it is the last.
    done: bool,
    /// Members that belong to no message, as they were told.
    told: Map<String, Value>,
}

impl Assemble for Assembly {
    const LINES: bool = true;

    fn event(&mut self, _: &str, line: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let mut line = object::read(line)?;
        if line.get("error").is_some_and(|error| !error.is_null()) {
            return Err(error::in_answer(&line.into()));
        }
        self.line(&mut line, events);
        Ok(())
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.event("", body, events)
    }

    fn has_ended(&self) -> bool {
        self.done
    }

    fn end(&mut self, _: &mut Vec<Event>) -> Result<(), Failure> {
        match self.done {
            true => Ok(()),
            false => Err(Failure::malformed("the answer ended without a line that is done")),
        }
    }
}

impl Assembly {
    fn line(&mut self, line: &mut Map<String, Value>, events: &mut Vec<Event>) {
        let done = line.remove("done") == Some(Value::Bool(true));
        let reason = take_text(line, "done_reason");
        let usage = usage(line);
        let (model, created) = (take_text(line, "model"), take_text(line, "created_at"));
        // Of a chat in `message`, of a completion in the line itself.
        let mut message = match line.remove("message") {
            Some(Value::Object(message)) => message,
            _ => Map::new(),
        };
        for (there, here) in [("response", "content"), ("thinking", "thinking")] {
            if let Some(value) = line.remove(there) {
                put(&mut message, here, value);
            }
        }
        if let Some(image) = line.remove("image") {
            put(&mut message, "images", vec![image].into());
        }
        let logprobs = line.remove("logprobs").filter(|logprobs| !logprobs.is_null());
        let news = self.news(std::mem::take(line));
        if !self.started {
            self.started = true;
            let created = created.as_deref().and_then(time::seconds);
            let extra = if done { None } else { json::extra(news.clone(), DIALECT) };
            events.push(Event::Started(Started { id: None, model, created, extra }));
        } else if !done && !news.is_empty() {
            let mut line = news.clone();
            put(&mut line, "done", false.into());
            self.native(0, line, events);
        }
        self.message(message, events);
        if let Some(logprobs) = logprobs {
            let value = json::native(&logprobs, DIALECT);
            let index = self.text.or(self.reasoning).unwrap_or(0);
            events.push(Event::Logprobs(NativeAt { choice: 0, index, value }));
        }
        events.extend(usage.map(Event::Usage));
        if done {
            self.done = true;
            let extra = json::extra(news, DIALECT);
            events.push(Event::Finished(self.finished(reason, extra)));
        }
    }

    /// The members that were not told yet, or otherwise.
    fn news(&mut self, line: Map<String, Value>) -> Map<String, Value> {
        let mut news = Map::new();
        for (name, value) in line {
            if !value.is_null() && self.told.get(&name) != Some(&value) {
                self.told.insert(name.clone(), value.clone());
                news.insert(name, value);
            }
        }
        news
    }

    fn message(&mut self, mut message: Map<String, Value>, events: &mut Vec<Event>) {
        message.remove("role");
        if let Some(text) = take_text(&mut message, "thinking") {
            let index = part(&mut self.reasoning, &mut self.parts);
            events.push(Event::Reasoning(Delta { choice: 0, index, text }));
        }
        if let Some(text) = take_text(&mut message, "content") {
            let index = part(&mut self.text, &mut self.parts);
            events.push(Event::Text(Delta { choice: 0, index, text }));
        }
        for image in take_list(&mut message, "images") {
            let part = image.as_str().and_then(image::read);
            let index = self.next_part();
            match part {
                Some(part) => events.push(Event::Media(MediaEvent { choice: 0, index, part })),
                None => self.native(index, Map::from_iter([("image".to_owned(), image)]), events),
            }
        }
        for call in take_list(&mut message, "tool_calls") {
            self.call(call, events);
        }
        message.retain(|_, value| !value.is_null());
        if !message.is_empty() {
            let index = self.next_part();
            self.native(index, message, events);
        }
    }

    /// A call, which always comes whole.
    fn call(&mut self, call: Value, events: &mut Vec<Event>) {
        let Value::Object(mut call) = call else { return };
        let whole = call.remove("function").unwrap_or_default();
        let mut function = whole.as_object().cloned().unwrap_or_default();
        let index = self.next_part();
        // Its result has to name it.
        let id = take_text(&mut call, "id").unwrap_or_else(|| format!("call_{index}"));
        let name = take_text(&mut function, "name").unwrap_or_default();
        let arguments = match function.remove("arguments") {
            None | Some(Value::Null) => String::new(),
            // Some gateways have them as OpenAI does.
            Some(Value::String(text)) => text,
            Some(arguments) => arguments.to_string(),
        };
        // The place of the call says nothing; what else there is goes back with it.
        call.remove("type");
        function.remove("index");
        if !function.is_empty() {
            put(&mut call, "function", whole);
        }
        self.called = true;
        let extra = json::extra(call, DIALECT);
        let started = ToolCallStarted { choice: 0, index, id, name, signature: None, extra };
        events.push(Event::ToolCallStarted(started));
        if !arguments.is_empty() {
            let delta = Delta { choice: 0, index, text: arguments };
            events.push(Event::ToolCallArguments(delta));
        }
    }

    fn finished(&self, word: Option<String>, extra: Option<Native>) -> Finished {
        let reason = match word.as_deref() {
            // Ollama says `stop` where the model waits for its calls.
            None | Some("stop") if self.called => FinishReason::ToolCalls,
            None | Some("stop") => FinishReason::Stop,
            Some("length") => FinishReason::Length,
            Some("tool_calls") => FinishReason::ToolCalls,
            _ => FinishReason::Other,
        };
        Finished { choice: 0, reason, raw: word, extra }
    }

    fn native(&self, index: u32, members: Map<String, Value>, events: &mut Vec<Event>) {
        let value = json::native(&members.into(), DIALECT);
        events.push(Event::Native(NativeAt { choice: 0, index, value }));
    }

    fn next_part(&mut self) -> u32 {
        self.parts += 1;
        self.parts - 1
    }
}

/// The number of a part, which begins if it has not yet.
fn part(known: &mut Option<u32>, parts: &mut u32) -> u32 {
    *known.get_or_insert_with(|| {
        *parts += 1;
        *parts - 1
    })
}

/// Takes the counts and durations out of a line; none where it has none. Of what was read
/// from the cache Ollama says nothing.
pub(crate) fn usage(line: &mut Map<String, Value>) -> Option<Usage> {
    let mut raw = Map::new();
    for name in [
        "total_duration",
        "load_duration",
        "prompt_eval_count",
        "prompt_eval_duration",
        "eval_count",
        "eval_duration",
    ] {
        if let Some(value) = line.remove(name).filter(|value| !value.is_null()) {
            put(&mut raw, name, value);
        }
    }
    let count = |name: &str| raw.get(name).and_then(Value::as_u64);
    let (input, output) = (count("prompt_eval_count"), count("eval_count"));
    let (cache_read, cache_write, reasoning) = (None, None, None);
    let raw = json::extra(raw, DIALECT)?;
    Some(Usage { input, output, cache_read, cache_write, reasoning, raw: Some(raw) })
}
