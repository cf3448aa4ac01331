//! Answers that the provider keeps
//! (<https://platform.openai.com/docs/api-reference/responses/get>).

use crate::assembly::Assembly;
use crate::tell::native;
use crate::{OpenAiResponses, error, usage, versioned};
use hotcell_openai_chat::json::{Members, present, value};
use hotcell_sdk::{
    Action, Endpoint, Failure, FailureKind, Method, Reply, Response, Stored, StoredAnswer,
    StoredRequest,
};
use std::borrow::Cow;

/// Bytes of an id. Those of providers have some dozens.
const ID_BYTES: usize = 256;

/// Parameters that the provider reads, and whether they are lists. By `starting_after` a client
/// counts events that it has seen; here they are told from the first.
const PARAMETERS: &[(&str, bool)] = &[
    ("after", false),
    ("include", true),
    ("include_obfuscation", false),
    ("limit", false),
    ("order", false),
];

impl Stored for OpenAiResponses {
    type Retelling = Reply<Assembly>;

    fn act(request: StoredRequest) -> Result<StoredAnswer, Failure> {
        let response = send(&request, false)?;
        let text = response.text()?;
        let value = value(&text, "the answer").map_err(|why| Failure::malformed(why.message))?;
        let Some(members) = Members::of(value) else {
            return Err(Failure::malformed("the answer is not an object"));
        };
        let mut answer =
            StoredAnswer { value: native(value), model: None, ended: false, usage: None };
        if matches!(request.action, Action::InputItems) {
            return Ok(answer);
        }
        if members.text("id").as_deref() != Some(request.id.as_str()) {
            return Err(Failure::malformed("the provider gave another answer than was asked for"));
        }
        if !matches!(request.action, Action::Delete) {
            answer.model = members.text("model").map(Cow::into_owned);
            let status = members.text("status").unwrap_or_default();
            answer.ended = !matches!(status.as_ref(), "queued" | "in_progress");
            answer.usage = present(members.get("usage")).and_then(usage::read);
        }
        Ok(answer)
    }

    fn retell(request: StoredRequest) -> Result<Reply<Assembly>, Failure> {
        Reply::begin(send(&request, true)?, Assembly::of(request.id), Vec::new())
    }
}

/// Asks the provider, and takes its refusal for a failure.
fn send(request: &StoredRequest, stream: bool) -> Result<Response, Failure> {
    let StoredRequest { action, id, query } = request;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if id.is_empty() || id.len() > ID_BYTES || !id.bytes().all(plain) {
        let why = "the id of an answer has letters, digits, `-` and `_`, 256 of them at the most";
        return Err(Failure::new(FailureKind::InvalidRequest, why));
    }
    let (method, below) = match action {
        Action::Retrieve => (Method::Get, ""),
        Action::Delete => (Method::Delete, ""),
        Action::Cancel => (Method::Post, "/cancel"),
        Action::InputItems => (Method::Get, "/input_items"),
    };
    let endpoint = Endpoint::named("api")?;
    let mut builder = versioned(endpoint.request(method, ["/responses/", id, below].concat()));
    if stream {
        builder = builder.query("stream", "true");
    }
    for parameter in query {
        let name = parameter.name.as_str();
        let Some((_, is_list)) = PARAMETERS.iter().find(|(known, _)| *known == name) else {
            let why = format!("the parameter `{name}` is not one of a stored answer");
            let param = Some(name.to_owned());
            return Err(Failure { param, ..Failure::unsupported(why) });
        };
        builder = match is_list {
            true => builder.query(&[name, "[]"].concat(), &parameter.value),
            false => builder.query(name, &parameter.value),
        };
    }
    let accept = if stream { "text/event-stream" } else { "application/json" };
    let response = builder.header("accept", accept).send()?;
    match response.status() {
        ..300 => Ok(response),
        _ => Err(error::of_response(&response)),
    }
}
