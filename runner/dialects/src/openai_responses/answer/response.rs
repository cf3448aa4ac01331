//! The response around the output.

use super::echo;
use super::output::Output;
use crate::About;
use crate::json::{self, Kept};
use crate::openai_responses::DIALECT;
use hotcell::types::{ChatRequest, Event, FinishReason, Finished, Native, Started, Usage};

/// Members that stand in a place of their own.
const PLACED: &[&str] = &[
    "id",
    "object",
    "created_at",
    "status",
    "error",
    "incomplete_details",
    "model",
    "output",
    "usage",
];

/// What is known of the response but its output.
#[derive(Debug)]
pub(super) struct Response {
    /// The dialect of the answer, as soon as it is known.
    pub(super) origin: String,
    id: String,
    model: String,
    created: u64,
    /// What its provider says, or what was asked.
    members: Kept,
    usage: Option<Usage>,
    finished: Option<Finished>,
}

/// How a response stands.
#[derive(Debug)]
pub(super) struct Standing {
    status: String,
    /// JSON.
    pub(super) error: Option<String>,
    incomplete: Option<String>,
    /// The status of the item that came last.
    pub(super) status_of_last: &'static str,
}

impl Response {
    pub(super) fn new(request: &ChatRequest, about: About) -> Self {
        Self {
            origin: String::new(),
            id: format!("resp_{}", about.id),
            model: about.model,
            created: about.created,
            members: echo::members(request),
            usage: None,
            finished: None,
        }
    }

    pub(super) fn start(&mut self, started: Started) {
        let Started { id, model, created, extra } = started;
        if let Some(model) = model {
            self.model = model;
        }
        if let Some(created) = created {
            self.created = created;
        }
        let Some(extra) = extra else { return };
        if extra.dialect == DIALECT {
            if let Some(id) = id {
                self.id = id;
            }
            let members = Kept::of(&extra.value).unwrap_or_default();
            self.members = members.without(PLACED);
        }
        self.origin = extra.dialect;
    }

    /// Whose the answer is, where its beginning did not tell.
    pub(super) fn hear(&mut self, event: &Event) {
        if !self.origin.is_empty() {
            return;
        }
        let native = match event {
            Event::Native(at) | Event::Citation(at) | Event::Logprobs(at) => Some(&at.value),
            Event::ToolCallStarted(call) => call.extra.as_ref(),
            Event::Media(media) => media.part.extra.as_ref(),
            _ => None,
        };
        self.hear_of(native);
    }

    fn hear_of(&mut self, native: Option<&Native>) {
        if let Some(native) = native.filter(|_| self.origin.is_empty()) {
            self.origin.clone_from(&native.dialect);
        }
    }

    pub(super) fn count(&mut self, usage: Usage) {
        self.hear_of(usage.raw.as_ref());
        self.usage = Some(usage);
    }

    pub(super) fn finish(&mut self, mut finished: Finished) {
        let own = finished.extra.as_ref().filter(|extra| extra.dialect == DIALECT);
        if let Some(mut members) = own.and_then(|extra| Kept::of(&extra.value)) {
            let details = members.take("incomplete_details");
            self.members.merge(members.without(PLACED));
            // Only this is left of it.
            if let Some(extra) = &mut finished.extra {
                extra.value = details.unwrap_or_default();
            }
        }
        self.finished = Some(finished);
    }

    pub(super) fn beginning(&self) -> Standing {
        Standing {
            status: "in_progress".to_owned(),
            error: None,
            incomplete: None,
            status_of_last: "\"in_progress\"",
        }
    }

    /// How it ends, by what was told of its end.
    pub(super) fn ending(&self) -> Standing {
        let Some(finished) = &self.finished else {
            return self.failing("server_error", "the answer has no end");
        };
        let own = finished.extra.as_ref().filter(|extra| extra.dialect == DIALECT);
        let complete = |status: &str| Standing {
            status: status.to_owned(),
            error: None,
            incomplete: None,
            status_of_last: "\"completed\"",
        };
        if self.origin == DIALECT {
            let status = finished.raw.as_deref().filter(|status| !status.is_empty());
            let details = own.map(|extra| extra.value.clone());
            let incomplete = details.filter(|json| !json.is_empty());
            return Standing { incomplete, ..complete(status.unwrap_or("completed")) };
        }
        let reason = match finished.reason {
            FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Refusal => {
                return complete("completed");
            }
            FinishReason::Length => "max_output_tokens",
            FinishReason::ContentFilter => "content_filter",
            FinishReason::Pause => "pause",
            // It ended otherwise than it should; the provider's word is all that there is.
            FinishReason::Other => finished.raw.as_deref().unwrap_or("other"),
        };
        Standing {
            status: "incomplete".to_owned(),
            error: None,
            incomplete: Some(format!("{{\"reason\":{}}}", json::quoted(reason))),
            status_of_last: "\"incomplete\"",
        }
    }

    /// How it ends where it failed.
    pub(super) fn failing(&self, code: &str, message: &str) -> Standing {
        let error =
            format!("{{\"code\":{},\"message\":{}}}", json::quoted(code), json::quoted(message));
        Standing {
            status: "failed".to_owned(),
            error: Some(error),
            incomplete: None,
            status_of_last: "\"incomplete\"",
        }
    }

    /// Writes it as the member `response`, with a comma behind it.
    pub(super) fn write_member(&self, out: &mut Vec<u8>, standing: &Standing, output: &Output) {
        out.extend_from_slice(b"\"response\":");
        self.write(out, standing, output);
        out.push(b',');
    }

    pub(super) fn write(&self, out: &mut Vec<u8>, standing: &Standing, output: &Output) {
        let json = |out: &mut Vec<u8>, name: &str, json: Option<&str>| {
            out.extend_from_slice(name.as_bytes());
            json::splice(json.unwrap_or("null"), out);
        };
        out.extend_from_slice(b"{\"id\":");
        json::string(&self.id, out);
        out.extend_from_slice(b",\"object\":\"response\",\"created_at\":");
        json::number(self.created, out);
        out.extend_from_slice(b",\"status\":");
        json::string(&standing.status, out);
        json(out, ",\"error\":", standing.error.as_deref());
        json(out, ",\"incomplete_details\":", standing.incomplete.as_deref());
        out.extend_from_slice(b",\"model\":");
        json::string(&self.model, out);
        out.extend_from_slice(b",\"output\":[");
        let done = output.items.iter().filter(|item| !item.open);
        for (place, item) in done.enumerate() {
            if place > 0 {
                out.push(b',');
            }
            item.write(out, "\"completed\"");
        }
        out.extend_from_slice(b"],\"usage\":");
        match self.usage.as_ref().filter(|_| standing.status != "in_progress") {
            Some(usage) => write_usage(out, usage),
            None => out.extend_from_slice(b"null"),
        }
        self.members.write_behind(out);
        out.push(b'}');
    }
}

impl Standing {
    /// The event that says so at the end of a stream.
    pub(super) fn event(&self) -> &'static str {
        match self.status.as_str() {
            "incomplete" => "response.incomplete",
            "failed" => "response.failed",
            _ => "response.completed",
        }
    }
}

fn write_usage(out: &mut Vec<u8>, usage: &Usage) {
    if let Some(own) = usage.raw.as_ref().filter(|own| own.dialect == DIALECT) {
        return json::splice(&own.value, out);
    }
    let (input, output) = (usage.input.unwrap_or(0), usage.output.unwrap_or(0));
    for (name, count) in [
        ("{\"input_tokens\":", input),
        (",\"input_tokens_details\":{\"cached_tokens\":", usage.cache_read.unwrap_or(0)),
        ("},\"output_tokens\":", output),
        (",\"output_tokens_details\":{\"reasoning_tokens\":", usage.reasoning.unwrap_or(0)),
        ("},\"total_tokens\":", input.saturating_add(output)),
    ] {
        out.extend_from_slice(name.as_bytes());
        json::number(count, out);
    }
    out.push(b'}');
}
