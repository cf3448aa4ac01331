//! Asking by Converse.

use crate::assembly::Assembly;
use crate::translation::Operation;
use crate::{Answer, DIALECT, error, model_path, request};
use hotcell_sdk::{ChatRequest, Completion, Endpoint, Event, Failure};

/// An answer that is still coming.
///
/// A type of its own, so that reading it is compiled here, once, and not again in the crate
/// of each adapter.
pub struct Conversed(Answer<Assembly>);

impl Completion for Conversed {
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        self.0.next()
    }
}

/// Asks for an answer to a conversation.
///
/// # Errors
/// What the protocol has no word for and cannot be left out, what egress refuses, and what the
/// provider says against the request.
pub fn converse(request: &ChatRequest) -> Result<Conversed, Failure> {
    let outgoing = request::write(request, Operation::Converse)?;
    Failure::where_strict(&outgoing.warnings)?;
    let (operation, accept) = match request.stream {
        true => ("converse-stream", "application/vnd.amazon.eventstream"),
        false => ("converse", "application/json"),
    };
    let endpoint = Endpoint::named("api")?;
    let builder = endpoint.post(model_path(&request.model, operation));
    let builder = builder.header("accept", accept).header("content-type", "application/json");
    let response = builder.body(outgoing.body).send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response, DIALECT));
    }
    let assembly = Assembly::new(outgoing.names, response.header("x-amzn-requestid"));
    Answer::begin(response, assembly, DIALECT, outgoing.warnings).map(Conversed)
}
