//! Documents in the order of what they have to do with a query.

use crate::attempt::Question;
use crate::cache::{Draft, Policy, Print};
use crate::ledger::{Estimate, Tally};
use crate::reply::Reply;
use crate::visit::Visit;
use hotcell::types::{Document, RerankRequest, RerankResponse};
use hotcell::{Error, Runner};
use hotcell_dialects::jina_rerank;
use std::borrow::BorrowMut;

/// Answers a client of Cohere's, of Jina's, or of the many that speak like them.
pub(crate) async fn respond(mut visit: Visit, body: &[u8]) -> Reply {
    let mut request = match jina_rerank::read_request(body) {
        Ok(request) => request,
        Err(error) => return visit.misread(&error),
    };
    let model = request.model.clone();
    match visit.ask(&model, Rerank(&mut request)).await {
        Ok(response) => {
            visit.takes(&response.usage);
            visit.answer(jina_rerank::write_response(&request, &model, &response)).await
        }
        Err(error) => visit.fail(&error),
    }
}

struct Rerank<R>(R);

impl<R: BorrowMut<RerankRequest> + Send> Question for Rerank<R> {
    type Twin = Rerank<Box<RerankRequest>>;
    type Answer = RerankResponse;

    fn estimate(&self) -> Estimate {
        let request = self.0.borrow();
        let documents = request.documents.iter().map(|document| match document {
            Document::Text(text) | Document::Fields(text) => text.len() + request.query.len(),
        });
        Estimate::of_bytes(documents.sum())
    }

    async fn ask(
        &mut self,
        runner: &Runner,
        model: &str,
        _: &Tally,
    ) -> Result<RerankResponse, Error> {
        runner.rerank(model, self.0.borrow_mut()).await
    }

    fn twin(&self) -> Self::Twin {
        Rerank(Box::new(self.0.borrow().clone()))
    }

    fn print(&self, print: &mut Print<'_>, _: &Policy) -> Option<()> {
        print.request("rerank", self.0.borrow())
    }

    fn recall(&self, kept: &[u8]) -> Option<RerankResponse> {
        serde_json::from_slice(kept).ok()
    }

    fn write(answer: &RerankResponse, draft: &mut Draft) {
        draft.whole(answer);
    }
}
