//! The interfaces of one function: a request, and its whole response at once.

use super::promise;
use super::{Cell, State, computing, failure_of, noted};
use crate::failure::Error;
use crate::transcript::Response;
use crate::types::{
    ChatRequest, EmbedRequest, EmbedResponse, ImageRequest, ImageResponse, Model,
    ModerationRequest, ModerationResponse, RerankRequest, RerankResponse, StoredAnswer,
    StoredRequest, TokenCount, TranscriptionRequest, TranscriptionResponse,
};
use std::pin::pin;

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident($($request:ty)?) -> $response:ty:
        $interface:ident.$call:ident, $kind:ident;)*) => {
        impl Cell {$(
            $(#[$doc])*
            pub(crate) async fn $name(
                mut self,
                $(request: &$request)?
            ) -> Result<$response, Error> {
                let response = async {
                    let indices = self.adapter.interfaces().$interface.as_ref();
                    let indices = indices.ok_or_else(|| self.lacks(stringify!($interface)))?;
                    let guest = indices.load(&mut self.store, &self.instance);
                    let guest = guest.map_err(|error| failure_of(&error, &self.adapter))?;
                    let store: &mut wasmtime::Store<State> = computing(&mut self.store);
                    let call = guest.$call(store $(, request as &$request)?);
                    let called = self.wait.finish(pin!(call)).await;
                    let response: $response = self.end(called)?;
                    promise::$name(&response, &self.limits, &self.adapter)?;
                    Ok(response)
                }
                .await;
                let response = noted(&mut self.store, response)?;
                self.ended(|answer| answer.response = Some(Response::$kind(response.clone())));
                Ok(response)
            }
        )*}
    };
}

functions! {
    /// Turns texts into vectors.
    embed(EmbedRequest) -> EmbedResponse: embeddings.call_embed, Vectors;
    /// Lists the provider's models.
    list_models() -> Vec<Model>: models.call_list_models, Models;
    /// Puts documents in order.
    rerank(RerankRequest) -> RerankResponse: rerank.call_rerank, Ranking;
    /// Counts the tokens of a request.
    count_tokens(ChatRequest) -> TokenCount: tokens.call_count, Tokens;
    /// Makes images.
    generate_images(ImageRequest) -> ImageResponse: images.call_generate, Images;
    /// Turns sound into text.
    transcribe(TranscriptionRequest) -> TranscriptionResponse:
        transcription.call_transcribe, Transcription;
    /// Asks what a policy says about content.
    moderate(ModerationRequest) -> ModerationResponse: moderation.call_moderate, Verdicts;
    /// Does something to an answer that the provider keeps.
    act(StoredRequest) -> StoredAnswer: stored.call_act, Stored;
}
