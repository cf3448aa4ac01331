//! The traits that an author implements, and the export of them.

use crate::bindings::{
    chat, embeddings, images, models, moderation, rerank, speech, stored, tokens, transcription,
};
use crate::failure::bounded;
use crate::{
    ChatRequest, EmbedRequest, EmbedResponse, Event, Failure, ImageRequest, ImageResponse, Model,
    ModerationRequest, ModerationResponse, RerankRequest, RerankResponse, SpeechRequest,
    StoredAnswer, StoredRequest, TokenCount, TranscriptionRequest, TranscriptionResponse,
};
use std::cell::RefCell;

/// Conversation with a model: `hotcell:adapter/chat`.
pub trait Chat {
    /// An answer that is still coming.
    type Completion: Completion;

    /// Sends the request and returns once the provider has accepted it.
    ///
    /// # Errors
    /// What cannot be said in the provider's protocol, and what the provider
    /// says against the request before its first event.
    fn complete(request: ChatRequest) -> Result<Self::Completion, Failure>;
}

/// An answer that is still coming.
pub trait Completion: 'static {
    /// The next events, at least one; none at the end of the answer. Yields an
    /// event as soon as its bytes are in.
    ///
    /// # Errors
    /// What goes wrong in the middle of the answer.
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure>;
}

/// Texts into vectors: `hotcell:adapter/embeddings`.
pub trait Embeddings {
    /// One vector per input, in the order of the inputs.
    ///
    /// # Errors
    /// What cannot be asked, and what the provider says against it.
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure>;
}

/// What the provider has: `hotcell:adapter/models`.
pub trait Models {
    /// Every model that the credential may use, all pages of the list.
    ///
    /// # Errors
    /// What the provider says against it.
    fn list_models() -> Result<Vec<Model>, Failure>;
}

/// Documents in the order of what they have to do with a query: `hotcell:adapter/rerank`.
pub trait Rerank {
    /// The best first.
    ///
    /// # Errors
    /// What cannot be asked, and what the provider says against it.
    fn rerank(request: RerankRequest) -> Result<RerankResponse, Failure>;
}

/// How large a request is: `hotcell:adapter/tokens`.
pub trait Tokens {
    /// Counts the tokens of a request that would be sent.
    ///
    /// # Errors
    /// What cannot be said in the provider's protocol, and what the provider says against it.
    fn count(request: ChatRequest) -> Result<TokenCount, Failure>;
}

/// Texts into images: `hotcell:adapter/images`.
pub trait Images {
    /// As many images as were asked for, or as the provider gives.
    ///
    /// # Errors
    /// What cannot be asked, and what the provider says against it.
    fn generate(request: ImageRequest) -> Result<ImageResponse, Failure>;
}

/// Texts into sound: `hotcell:adapter/speech`.
pub trait Speech {
    /// Sound that is still coming.
    type Audio: Audio;

    /// Sends the request and returns once the provider has accepted it.
    ///
    /// # Errors
    /// What cannot be asked, and what the provider says against it.
    fn speak(request: SpeechRequest) -> Result<Self::Audio, Failure>;
}

/// Sound that is still coming.
pub trait Audio: 'static {
    /// The media type, where the provider says it.
    fn mime(&self) -> Option<String>;

    /// The next bytes, at least one; none at the end.
    ///
    /// # Errors
    /// What goes wrong in the middle of it.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure>;
}

/// Sound into text: `hotcell:adapter/transcription`.
pub trait Transcription {
    /// The text, and when each piece of it was said, if that was asked for.
    ///
    /// # Errors
    /// What cannot be asked, and what the provider says against it.
    fn transcribe(request: TranscriptionRequest) -> Result<TranscriptionResponse, Failure>;
}

/// What a provider's policy says about content: `hotcell:adapter/moderation`.
pub trait Moderation {
    /// As many verdicts as the provider gives.
    ///
    /// # Errors
    /// What cannot be asked, and what the provider says against it.
    fn moderate(request: ModerationRequest) -> Result<ModerationResponse, Failure>;
}

/// Answers that the provider keeps: `hotcell:adapter/stored`.
pub trait Stored {
    /// An answer that is told once more.
    type Retelling: Completion;

    /// Retrieves, deletes or cancels it, or gives what it is an answer to.
    ///
    /// # Errors
    /// What cannot be asked, and what the provider says against it.
    fn act(request: StoredRequest) -> Result<StoredAnswer, Failure>;

    /// Tells it from its beginning.
    ///
    /// # Errors
    /// As [`Self::act`].
    fn retell(request: StoredRequest) -> Result<Self::Retelling, Failure>;
}

/// Carries an implementation of the traits over to the generated exports.
#[doc(hidden)]
pub struct Exported<A>(std::marker::PhantomData<A>);

#[doc(hidden)]
pub struct ExportedCompletion<C>(RefCell<C>);

#[doc(hidden)]
pub struct ExportedAudio<C>(RefCell<C>);

impl<A: Chat + 'static> chat::exports::hotcell::adapter::chat::Guest for Exported<A> {
    type Completion = ExportedCompletion<A::Completion>;

    fn complete(
        request: ChatRequest,
    ) -> Result<chat::exports::hotcell::adapter::chat::Completion, Failure> {
        let completion = A::complete(request).map_err(bounded)?;
        Ok(chat::exports::hotcell::adapter::chat::Completion::new(ExportedCompletion(
            RefCell::new(completion),
        )))
    }
}

impl<C: Completion> chat::exports::hotcell::adapter::chat::GuestCompletion
    for ExportedCompletion<C>
{
    fn next(&self) -> Result<Option<Vec<Event>>, Failure> {
        self.0.borrow_mut().next().map_err(bounded)
    }
}

impl<A: Embeddings> embeddings::exports::hotcell::adapter::embeddings::Guest for Exported<A> {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        A::embed(request).map_err(bounded)
    }
}

impl<A: Models> models::exports::hotcell::adapter::models::Guest for Exported<A> {
    fn list_models() -> Result<Vec<Model>, Failure> {
        A::list_models().map_err(bounded)
    }
}

impl<A: Rerank> rerank::exports::hotcell::adapter::rerank::Guest for Exported<A> {
    fn rerank(request: RerankRequest) -> Result<RerankResponse, Failure> {
        A::rerank(request).map_err(bounded)
    }
}

impl<A: Tokens> tokens::exports::hotcell::adapter::tokens::Guest for Exported<A> {
    fn count(request: ChatRequest) -> Result<TokenCount, Failure> {
        A::count(request).map_err(bounded)
    }
}

impl<A: Images> images::exports::hotcell::adapter::images::Guest for Exported<A> {
    fn generate(request: ImageRequest) -> Result<ImageResponse, Failure> {
        A::generate(request).map_err(bounded)
    }
}

impl<A: Transcription> transcription::exports::hotcell::adapter::transcription::Guest
    for Exported<A>
{
    fn transcribe(request: TranscriptionRequest) -> Result<TranscriptionResponse, Failure> {
        A::transcribe(request).map_err(bounded)
    }
}

impl<A: Moderation> moderation::exports::hotcell::adapter::moderation::Guest for Exported<A> {
    fn moderate(request: ModerationRequest) -> Result<ModerationResponse, Failure> {
        A::moderate(request).map_err(bounded)
    }
}

impl<A: Speech + 'static> speech::exports::hotcell::adapter::speech::Guest for Exported<A> {
    type Audio = ExportedAudio<A::Audio>;

    fn speak(
        request: SpeechRequest,
    ) -> Result<speech::exports::hotcell::adapter::speech::Audio, Failure> {
        let audio = A::speak(request).map_err(bounded)?;
        let audio = ExportedAudio(RefCell::new(audio));
        Ok(speech::exports::hotcell::adapter::speech::Audio::new(audio))
    }
}

impl<C: Audio> speech::exports::hotcell::adapter::speech::GuestAudio for ExportedAudio<C> {
    fn mime(&self) -> Option<String> {
        self.0.borrow().mime()
    }

    fn next(&self) -> Result<Option<Vec<u8>>, Failure> {
        self.0.borrow_mut().next().map_err(bounded)
    }
}

impl<A: Stored + 'static> stored::exports::hotcell::adapter::stored::Guest for Exported<A> {
    type Retelling = ExportedCompletion<A::Retelling>;

    fn act(request: StoredRequest) -> Result<StoredAnswer, Failure> {
        A::act(request).map_err(bounded)
    }

    fn retell(
        request: StoredRequest,
    ) -> Result<stored::exports::hotcell::adapter::stored::Retelling, Failure> {
        let retelling = A::retell(request).map_err(bounded)?;
        let retelling = ExportedCompletion(RefCell::new(retelling));
        Ok(stored::exports::hotcell::adapter::stored::Retelling::new(retelling))
    }
}

impl<C: Completion> stored::exports::hotcell::adapter::stored::GuestRetelling
    for ExportedCompletion<C>
{
    fn next(&self) -> Result<Option<Vec<Event>>, Failure> {
        self.0.borrow_mut().next().map_err(bounded)
    }
}

/// Exports an adapter: its type, and the interfaces that its provider has.
///
/// ```text
/// hotcell_sdk::export!(OpenAi: chat, embeddings, models);
/// ```
///
/// Each interface named here needs the trait of the same name; the component
/// then exports exactly these. Call it once, in the crate's root.
#[macro_export]
macro_rules! export {
    ($adapter:ty: $($interface:ident),+ $(,)?) => {
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the exports of a component are C functions")]
        mod __hotcell_export {
            use super::*;
            type Exported = $crate::__private::Exported<$adapter>;
            $($crate::__export_one!($interface);)+
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_one {
    (chat) => {
        $crate::bindings::chat::export_chat!(Exported with_types_in $crate::bindings::chat);
    };
    (embeddings) => {
        $crate::bindings::embeddings::export_embeddings!(
            Exported with_types_in $crate::bindings::embeddings
        );
    };
    (models) => {
        $crate::bindings::models::export_models!(Exported with_types_in $crate::bindings::models);
    };
    (rerank) => {
        $crate::bindings::rerank::export_rerank!(
            Exported with_types_in $crate::bindings::rerank
        );
    };
    (tokens) => {
        $crate::bindings::tokens::export_tokens!(
            Exported with_types_in $crate::bindings::tokens
        );
    };
    (images) => {
        $crate::bindings::images::export_images!(
            Exported with_types_in $crate::bindings::images
        );
    };
    (speech) => {
        $crate::bindings::speech::export_speech!(
            Exported with_types_in $crate::bindings::speech
        );
    };
    (transcription) => {
        $crate::bindings::transcription::export_transcription!(
            Exported with_types_in $crate::bindings::transcription
        );
    };
    (moderation) => {
        $crate::bindings::moderation::export_moderation!(
            Exported with_types_in $crate::bindings::moderation
        );
    };
    (stored) => {
        $crate::bindings::stored::export_stored!(
            Exported with_types_in $crate::bindings::stored
        );
    };
}
