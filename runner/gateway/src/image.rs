//! Texts into images, and images into others.

use crate::attempt::Question;
use crate::reply::Reply;
use crate::visit::Visit;
use hotcell::types::{ImageRequest, ImageResponse};
use hotcell::{Error, Runner};
use hotcell_dialects::{DialectError, openai_media};

/// Answers a client of OpenAI's, whose request has been read.
pub(crate) async fn respond(
    mut visit: Visit,
    request: Result<ImageRequest, DialectError>,
) -> Reply {
    let mut request = match request {
        Ok(request) => request,
        Err(error) => return visit.misread(&error),
    };
    let model = request.model.clone();
    match visit.ask(&model, Draw(&mut request)).await {
        Ok(response) => {
            visit.usage.clone_from(&response.usage);
            visit.answer(openai_media::write_images(crate::now(), &response))
        }
        Err(error) => visit.fail(&error),
    }
}

struct Draw<'a>(&'a mut ImageRequest);

impl Question for Draw<'_> {
    type Answer = ImageResponse;

    async fn ask(&mut self, runner: &Runner, model: &str) -> Result<ImageResponse, Error> {
        runner.generate_images(model, &mut *self.0).await
    }
}
