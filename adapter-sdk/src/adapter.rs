//! The traits that an author implements, and the export of them.

use crate::bindings::{chat, embeddings, models};
use crate::failure::bounded;
use crate::{ChatRequest, EmbedRequest, EmbedResponse, Event, Failure, Model};
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

/// Carries an implementation of the traits over to the generated exports.
#[doc(hidden)]
pub struct Exported<A>(std::marker::PhantomData<A>);

#[doc(hidden)]
pub struct ExportedCompletion<C>(RefCell<C>);

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
}
