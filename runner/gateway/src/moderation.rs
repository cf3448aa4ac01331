//! What a policy says about content.

use crate::attempt::Question;
use crate::cache::{Draft, Policy, Print};
use crate::ledger::Tally;
use crate::reply::Reply;
use crate::visit::Visit;
use hotcell::types::{ModerationRequest, ModerationResponse};
use hotcell::{Error, Runner};
use hotcell_dialects::openai_media;
use std::borrow::BorrowMut;

/// Answers a client of OpenAI's.
pub(crate) async fn respond(mut visit: Visit, body: &[u8]) -> Reply {
    let mut request = match openai_media::read_moderation_request(body) {
        Ok(request) => request,
        Err(error) => return visit.misread(&error),
    };
    let model = request.model.clone();
    match visit.ask(&model, Moderate(&mut request)).await {
        Ok(response) => {
            visit.takes(&response.usage);
            visit.answer(openai_media::write_moderation(&visit.id.clone(), &model, &response)).await
        }
        Err(error) => visit.fail(&error),
    }
}

struct Moderate<R>(R);

impl<R: BorrowMut<ModerationRequest> + Send> Question for Moderate<R> {
    type Twin = Moderate<Box<ModerationRequest>>;
    type Answer = ModerationResponse;

    async fn ask(
        &mut self,
        runner: &Runner,
        model: &str,
        _: &Tally,
    ) -> Result<ModerationResponse, Error> {
        runner.moderate(model, self.0.borrow_mut()).await
    }

    fn twin(&self) -> Self::Twin {
        Moderate(Box::new(self.0.borrow().clone()))
    }

    fn print(&self, print: &mut Print<'_>, _: &Policy) -> Option<()> {
        print.request("moderation", self.0.borrow())
    }

    fn recall(&self, kept: &[u8]) -> Option<ModerationResponse> {
        serde_json::from_slice(kept).ok()
    }

    fn write(answer: &ModerationResponse, draft: &mut Draft) {
        draft.whole(answer);
    }
}
