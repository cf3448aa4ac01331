//! How many tokens a request has: as its provider counts them, or where that counts none, as the
//! gateway takes them to be.

use crate::attempt::Question;
use crate::chat;
use crate::ledger::{Estimate, Tally};
use crate::reply::{self, Reply};
use crate::route::Route;
use crate::visit::Visit;
use hotcell::types::{ChatRequest, TokenCount};
use hotcell::{Error, Interface, Runner};
use hotcell_dialects::{Dialect, anthropic_messages, gemini};
use http::request::Parts;
use std::borrow::BorrowMut;
use std::sync::Arc;

/// Answers a client of Anthropic's or Google's.
pub(crate) async fn respond(
    mut visit: Visit,
    dialect: Dialect,
    route: &Route,
    head: &Parts,
    body: &[u8],
) -> Reply {
    let read = match dialect {
        // As with chats, without its name.
        Dialect::Gemini => gemini::read_count_request(body, "").map(|request| {
            let model = route.model.clone().unwrap_or_default();
            ChatRequest { model, ..request }
        }),
        dialect => chat::read(dialect, route, head, body),
    };
    let mut request = match read {
        Ok(request) => request,
        Err(error) => return visit.misread(&error),
    };
    let model = request.model.clone();
    let question = Count { request: &mut request, version: chat::version(dialect, head) };
    let (count, is_estimated) = match visit.ask(&model, question).await {
        Ok(count) => (count, false),
        Err(error) if error.lacks == Some(Interface::Tokens) => {
            (TokenCount { input: Estimate::of_chat(&request).input, extra: None }, true)
        }
        Err(error) => return visit.fail(&error),
    };
    let body = match dialect {
        Dialect::Gemini => gemini::write_count(&count),
        _ => anthropic_messages::write_count(&count),
    };
    let mut reply = visit.answer(body).await;
    if is_estimated && reply.status().is_success() {
        reply::set(reply.headers_mut(), "x-hotcell-count", "estimated");
    }
    reply
}

struct Count<R> {
    request: R,
    /// Of its dialect, as the client speaks it.
    version: Option<Arc<str>>,
}

impl<R: BorrowMut<ChatRequest> + Send> Question for Count<R> {
    type Twin = Count<Box<ChatRequest>>;
    type Answer = TokenCount;

    async fn ask(&mut self, runner: &Runner, model: &str, _: &Tally) -> Result<TokenCount, Error> {
        let runner = chat::spoken_to(runner, self.version.as_ref());
        runner.count_tokens(model, self.request.borrow_mut()).await
    }

    fn twin(&self) -> Self::Twin {
        let request = Box::new(self.request.borrow().clone());
        Count { request, version: self.version.clone() }
    }
}
