//! Sound into text.

use crate::attempt::Question;
use crate::ledger::Tally;
use crate::reply::{self, Reply};
use crate::visit::Visit;
use hotcell::types::{TranscriptionRequest, TranscriptionResponse};
use hotcell::{Error, Runner};
use hotcell_dialects::{DialectError, openai_media};
use std::borrow::BorrowMut;

/// Answers a client of OpenAI's, whose request has been read.
pub(crate) async fn respond(
    mut visit: Visit,
    request: Result<TranscriptionRequest, DialectError>,
) -> Reply {
    let mut request = match request {
        Ok(request) => request,
        Err(error) => return visit.misread(&error),
    };
    let model = request.model.clone();
    match visit.ask(&model, Transcribe(&mut request)).await {
        Ok(response) => {
            visit.usage.clone_from(&response.usage);
            let written = openai_media::write_transcription(&request, &response);
            let mut reply = visit.answer(written.body).await;
            reply::set(reply.headers_mut(), "content-type", written.mime);
            reply
        }
        Err(error) => visit.fail(&error),
    }
}

struct Transcribe<R>(R);

impl<R: BorrowMut<TranscriptionRequest> + Send> Question for Transcribe<R> {
    type Twin = Transcribe<Box<TranscriptionRequest>>;
    type Answer = TranscriptionResponse;

    async fn ask(
        &mut self,
        runner: &Runner,
        model: &str,
        _: &Tally,
    ) -> Result<Self::Answer, Error> {
        runner.transcribe(model, self.0.borrow_mut()).await
    }

    fn twin(&self) -> Self::Twin {
        Transcribe(Box::new(self.0.borrow().clone()))
    }
}
