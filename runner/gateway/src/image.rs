//! Texts into images, and images into others.

use crate::attempt::Question;
use crate::belated::{self, Events};
use crate::ledger::{Estimate, Tally};
use crate::reply::Reply;
use crate::visit::Visit;
use hotcell::types::{ImageRequest, ImageResponse};
use hotcell::{Error, Runner};
use hotcell_dialects::DialectError;
use hotcell_dialects::openai_media::{self, Asked};
use std::borrow::BorrowMut;

/// Answers a client of OpenAI's, whose request has been read.
pub(crate) async fn respond(
    mut visit: Visit,
    asked: Result<Asked<ImageRequest>, DialectError>,
) -> Reply {
    let mut request = match asked {
        Ok(Asked { request, stream: true }) => {
            return belated::respond(visit, |mut visit| async {
                let told = draw(&mut visit, request).await;
                (visit, told)
            })
            .await;
        }
        Ok(Asked { request, stream: false }) => request,
        Err(error) => return visit.misread(&error),
    };
    let model = request.model.clone();
    match visit.ask(&model, Draw(&mut request)).await {
        Ok(response) => {
            visit.usage.clone_from(&response.usage);
            visit.answer(openai_media::write_images(crate::now(), &response)).await
        }
        Err(error) => visit.fail(&error),
    }
}

/// The images, as the events of a stream.
async fn draw(visit: &mut Visit, mut request: ImageRequest) -> Result<Events, Error> {
    let model = request.model.clone();
    let response = visit.ask(&model, Draw(&mut request)).await?;
    visit.usage.clone_from(&response.usage);
    // It is paid, also where it cannot be told.
    visit.ends().await?;
    Ok(Box::new(openai_media::image_events(crate::now(), &request, response)?))
}

struct Draw<R>(R);

impl<R: BorrowMut<ImageRequest> + Send> Question for Draw<R> {
    type Twin = Draw<Box<ImageRequest>>;
    type Answer = ImageResponse;

    fn estimate(&self) -> Estimate {
        Estimate::of_bytes(self.0.borrow().prompt.len())
    }

    async fn ask(
        &mut self,
        runner: &Runner,
        model: &str,
        _: &Tally,
    ) -> Result<ImageResponse, Error> {
        runner.generate_images(model, self.0.borrow_mut()).await
    }

    fn twin(&self) -> Self::Twin {
        Draw(Box::new(self.0.borrow().clone()))
    }
}
