//! Texts into sound.

use crate::asked::{extra, number, post_json};
use hotcell_openai_chat::json::Json;
use hotcell_sdk::{Audio, Failure, Response, SpeechRequest};

/// Sound that is still coming.
pub struct Sound {
    response: Response,
    /// Bytes have come: a body without any is no sound.
    any: bool,
}

pub(crate) fn speak(request: &SpeechRequest) -> Result<Sound, Failure> {
    let own = extra(request.extra.as_ref())?;
    // Its pieces are told as they come anyway; as events they would be no sound.
    if own.text("stream_format").as_deref() == Some("sse") {
        return Err(Failure::unsupported("`stream_format`: speech comes as bytes here"));
    }
    let mut json = Json::default();
    json.open(b'{');
    let texts = [
        ("model", Some(request.model.as_str())),
        ("input", Some(request.input.as_str())),
        ("voice", request.voice.as_deref()),
        ("instructions", request.instructions.as_deref()),
        ("response_format", request.format.as_deref()),
    ];
    for (name, text) in texts {
        if let Some(text) = text.filter(|_| !own.has(name)) {
            json.name(name).text(text);
        }
    }
    if let Some(speed) = request.speed.filter(|_| !own.has("speed")) {
        json.name("speed").raw(&number(speed));
    }
    own.pairs().for_each(|(name, value)| json.name(name).raw(value));
    json.close(b'}');
    Ok(Sound { response: post_json("/audio/speech", json)?, any: false })
}

impl Audio for Sound {
    fn mime(&self) -> Option<String> {
        self.response.header("content-type")
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        match self.response.read()? {
            None if !self.any => Err(Failure::malformed("the answer has no sound")),
            bytes => {
                self.any = true;
                Ok(bytes)
            }
        }
    }
}
