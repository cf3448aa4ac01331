//! Adapter for the images (<https://platform.openai.com/docs/api-reference/images>), speech
//! and transcription (<https://platform.openai.com/docs/api-reference/audio>) and moderation
//! (<https://platform.openai.com/docs/api-reference/moderations>) of OpenAI, and of every
//! provider that speaks the same protocol.
//!
//! Its dialect is `openai-media`: an `extra` of it is written into the request and wins over
//! what the adapter would write. The `extra` of another dialect cannot be carried over; it is
//! told in the log, and refused where the caller wants nothing lost.
//!
//! | of a request | becomes |
//! | --- | --- |
//! | an image from a prompt | `POST /images/generations` |
//! | from other images | `POST /images/edits`, a form with their bytes; images by their address or file id are refused as `unsupported` |
//! | `format` | `output_format`; of DALL·E, which has PNG only, another is refused |
//! | speech | `POST /audio/speech`; the sound goes on as it comes |
//! | transcription | `POST /audio/transcriptions`, or `/audio/translations` for English; a form |
//! | `timings` | `timestamp_granularities[]` with `verbose_json`; of single words in a translation they are refused |
//! | `language` of a translation | nothing: the provider finds it out |
//! | `stream` of images and transcriptions, `stream_format` `sse` of speech | refused as `unsupported`: the interfaces have whole images and texts, and sound as bytes |
//! | moderation | `POST /moderations`: one text as a string, several as a list, with images as a list of parts |
//!
//! A transcription that its client asks for as `srt` or `vtt` is taken apart into segments;
//! as it was written it is in the answer's `extra`.

#![deny(unsafe_code)]

mod asked;
mod form;
mod image;
mod moderation;
mod speech;
mod subtitle;
mod transcription;

use hotcell_sdk::{
    Failure, ImageRequest, ImageResponse, Images, Moderation, ModerationRequest,
    ModerationResponse, Speech, SpeechRequest, Transcription, TranscriptionRequest,
    TranscriptionResponse, export,
};

/// The adapter.
pub struct OpenAiMedia;

/// The dialect of requests and answers.
pub(crate) const DIALECT: &str = "openai-media";

impl Images for OpenAiMedia {
    fn generate(request: ImageRequest) -> Result<ImageResponse, Failure> {
        image::generate(&request)
    }
}

impl Speech for OpenAiMedia {
    type Audio = speech::Sound;

    fn speak(request: SpeechRequest) -> Result<speech::Sound, Failure> {
        speech::speak(&request)
    }
}

impl Transcription for OpenAiMedia {
    fn transcribe(request: TranscriptionRequest) -> Result<TranscriptionResponse, Failure> {
        transcription::transcribe(&request)
    }
}

impl Moderation for OpenAiMedia {
    fn moderate(request: ModerationRequest) -> Result<ModerationResponse, Failure> {
        moderation::moderate(&request)
    }
}

export!(OpenAiMedia: images, speech, transcription, moderation);
