//! A protocol of lines of text, since it is not the protocol that is tried.

use crate::wall::exports::hotcell::adapter::{chat, embeddings, models};
use crate::wall::hotcell::adapter::egress::{Endpoint, Header, Method, Request, Response};
use crate::wall::hotcell::adapter::log::{self, Level};
use crate::wall::hotcell::adapter::settings;
use crate::wall::hotcell::adapter::types::{
    ChatRequest, Delta, Event, Failure, FailureKind, FinishReason, Finished, Native, Part, Started,
    Usage,
};
use std::cell::Cell;

pub(crate) struct Elder;

impl chat::Guest for Elder {
    type Completion = Answer;

    fn complete(request: ChatRequest) -> Result<chat::Completion, Failure> {
        log::write(Level::Info, "the elder is asked");
        let mut prompt = String::new();
        for part in request.messages.iter().flat_map(|message| &message.parts) {
            match part {
                Part::Text(text) => prompt.push_str(&text.text),
                _ => return Err(failure(FailureKind::Unsupported, "text only")),
            }
        }
        let response = ask(Method::Post, "/chat", prompt)?;
        let answer = Answer { response, model: request.model, step: Cell::default() };
        Ok(chat::Completion::new(answer))
    }
}

/// An answer that is still coming.
pub(crate) struct Answer {
    response: Response,
    model: String,
    step: Cell<Step>,
}

#[derive(Clone, Copy, Default)]
enum Step {
    #[default]
    Start,
    Body,
    End,
}

impl chat::GuestCompletion for Answer {
    fn next(&self) -> Result<Option<Vec<Event>>, Failure> {
        match self.step.get() {
            Step::Start => {
                self.step.set(Step::Body);
                let id = self.response.headers().into_iter().find(|it| it.name == "x-request-id");
                let started = Started {
                    id: id.map(|header| header.value),
                    model: Some(self.model.clone()),
                    created: Some(1_700_000_000),
                    extra: Some(native("{\"a\":1}")),
                };
                let greeting = settings::get("greeting").unwrap_or_default();
                Ok(Some(vec![Event::Started(started), text(greeting)]))
            }
            Step::Body => match self.response.read(4096)? {
                Some(bytes) => Ok(Some(vec![text(String::from_utf8_lossy(&bytes).into_owned())])),
                None => {
                    self.step.set(Step::End);
                    let usage = Usage {
                        input: Some(3),
                        output: Some(5),
                        cache_read: None,
                        cache_write: None,
                        reasoning: Some(1),
                        raw: Some(native("{\"in\":3}")),
                    };
                    let finished = Finished {
                        choice: 0,
                        reason: FinishReason::Length,
                        raw: Some("enough".to_owned()),
                        extra: None,
                    };
                    let warning = Event::Warning("it was long".to_owned());
                    Ok(Some(vec![warning, Event::Usage(usage), Event::Finished(finished)]))
                }
            },
            Step::End => Ok(None),
        }
    }
}

impl embeddings::Guest for Elder {
    fn embed(request: embeddings::EmbedRequest) -> Result<embeddings::EmbedResponse, Failure> {
        let body = body(&ask(Method::Post, "/embed", request.model.clone())?)?;
        let vector = |input: &embeddings::Input| match input {
            embeddings::Input::Text(text) => vec![text.len() as f32, body.len() as f32],
            embeddings::Input::Tokens(tokens) => vec![tokens.len() as f32],
        };
        let vectors = request.inputs.iter().map(vector).collect();
        let model = Some(request.model);
        Ok(embeddings::EmbedResponse { model, vectors, usage: None, extra: None })
    }
}

impl models::Guest for Elder {
    fn list_models() -> Result<Vec<models::Model>, Failure> {
        let body = body(&ask(Method::Get, "/models", String::new())?)?;
        let model = |id: &str| models::Model {
            id: id.to_owned(),
            name: None,
            created: Some(7),
            owned_by: Some("elders".to_owned()),
            raw: Some("{}".to_owned()),
        };
        Ok(body.lines().map(model).collect())
    }
}

fn ask(method: Method, path: &str, body: String) -> Result<Response, Failure> {
    let headers = match method {
        Method::Get => Vec::new(),
        _ => vec![Header { name: "content-type".to_owned(), value: "text/plain".to_owned() }],
    };
    let request = Request { method, path: path.to_owned(), headers, body: body.into_bytes() };
    let response = Endpoint::named("api")?.send(&request)?;
    match response.status() {
        200 => Ok(response),
        status => Err(Failure {
            status: Some(status),
            code: Some("gone".to_owned()),
            param: Some("model".to_owned()),
            request_id: Some("r-1".to_owned()),
            retry_after_ms: Some(1500),
            raw: Some(native("\"gone\"")),
            ..failure(FailureKind::NotFound, "there is no such model")
        }),
    }
}

fn body(response: &Response) -> Result<String, Failure> {
    let mut all = Vec::new();
    while let Some(bytes) = response.read(4096)? {
        all.extend(bytes);
    }
    Ok(String::from_utf8_lossy(&all).into_owned())
}

fn text(text: String) -> Event {
    Event::Text(Delta { choice: 0, index: 0, text })
}

fn native(value: &str) -> Native {
    Native { dialect: "elder".to_owned(), value: value.to_owned() }
}

fn failure(kind: FailureKind, message: &str) -> Failure {
    Failure {
        kind,
        message: message.to_owned(),
        status: None,
        code: None,
        param: None,
        request_id: None,
        retry_after_ms: None,
        raw: None,
    }
}
