//! Sound into text.

use crate::attempt::Question;
use crate::belated::{self, Events};
use crate::ledger::Tally;
use crate::reply::{self, Reply};
use crate::visit::Visit;
use hotcell::types::{TranscriptionRequest, TranscriptionResponse};
use hotcell::{Error, Runner};
use hotcell_dialects::DialectError;
use hotcell_dialects::openai_media::{self, Asked};
use std::borrow::BorrowMut;

/// Answers a client of OpenAI's, whose request has been read.
pub(crate) async fn respond(
    mut visit: Visit,
    asked: Result<Asked<TranscriptionRequest>, DialectError>,
) -> Reply {
    let mut request = match asked {
        Ok(Asked { request, stream: true }) => {
            return belated::respond(visit, |mut visit| async {
                let told = transcribe(&mut visit, request).await;
                (visit, told)
            })
            .await;
        }
        Ok(Asked { request, stream: false }) => request,
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

/// The text, as the events of a stream.
async fn transcribe(visit: &mut Visit, mut request: TranscriptionRequest) -> Result<Events, Error> {
    let model = request.model.clone();
    let response = visit.ask(&model, Transcribe(&mut request)).await?;
    visit.usage.clone_from(&response.usage);
    visit.ends().await?;
    Ok(Box::new(openai_media::transcription_events(&request, &response).into_iter()))
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
