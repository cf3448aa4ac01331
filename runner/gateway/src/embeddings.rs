//! Texts into vectors.

use crate::attempt::Question;
use crate::cache::{Draft, Policy, Print};
use crate::ledger::{Estimate, Tally};
use crate::reply::Reply;
use crate::visit::Visit;
use hotcell::types::{EmbedRequest, EmbedResponse, Input};
use hotcell::{Error, Runner};
use hotcell_dialects::{gemini, openai_embeddings};
use std::borrow::BorrowMut;

/// Answers a client of OpenAI's.
pub(crate) async fn openai(mut visit: Visit, body: &[u8]) -> Reply {
    let mut request = match openai_embeddings::read_request(body) {
        Ok(request) => request,
        Err(error) => return visit.misread(&error),
    };
    let model = request.model.clone();
    let encoding = openai_embeddings::take_encoding(&mut request);
    match visit.ask(&model, Embed(&mut request)).await {
        Ok(response) => {
            visit.takes(&response.usage);
            visit.answer(openai_embeddings::write_response(encoding, &model, &response)).await
        }
        Err(error) => visit.fail(&error),
    }
}

/// Answers a client of Google's: of one text, or of several.
pub(crate) async fn gemini(mut visit: Visit, model: &str, batch: bool, body: &[u8]) -> Reply {
    let mut request = match gemini::read_embed_request(body, model) {
        Ok(request) => request,
        Err(error) => return visit.misread(&error),
    };
    gemini::take_spelling(&mut request);
    match visit.ask(model, Embed(&mut request)).await {
        Ok(response) => {
            visit.takes(&response.usage);
            visit.answer(gemini::write_embeddings(&response, !batch)).await
        }
        Err(error) => visit.fail(&error),
    }
}

/// A request for vectors, as a question to deployments.
pub(crate) struct Embed<R>(pub(crate) R);

impl<R: BorrowMut<EmbedRequest> + Send> Question for Embed<R> {
    type Twin = Embed<Box<EmbedRequest>>;
    type Answer = EmbedResponse;

    fn estimate(&self) -> Estimate {
        let bytes = |input: &Input| match input {
            Input::Text(text) => text.len(),
            // As many bytes as are one token.
            Input::Tokens(tokens) => tokens.len() * 4,
        };
        Estimate::of_bytes(self.0.borrow().inputs.iter().map(bytes).sum())
    }

    async fn ask(
        &mut self,
        runner: &Runner,
        model: &str,
        _: &Tally,
    ) -> Result<EmbedResponse, Error> {
        runner.embed(model, self.0.borrow_mut()).await
    }

    fn twin(&self) -> Self::Twin {
        Embed(Box::new(self.0.borrow().clone()))
    }

    fn print(&self, print: &mut Print<'_>, _: &Policy) -> Option<()> {
        print.request("embeddings", self.0.borrow())
    }

    fn recall(&self, kept: &[u8]) -> Option<EmbedResponse> {
        serde_json::from_slice(kept).ok()
    }

    fn write(answer: &EmbedResponse, draft: &mut Draft) {
        draft.whole(answer);
    }
}
