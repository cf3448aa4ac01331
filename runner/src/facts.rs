//! What the catalogue knows of the model that a request is for.

use crate::failure::Error;
use crate::provider;
use crate::setup::Setup;
use crate::types::{
    ChatRequest, FailureKind, MediaKind, MediaPart, Message, Part, ReasoningOptions,
    ToolResultPart, Usage,
};
use hotcell_catalogue::{ModelFacts, Spent, models_date};

impl Setup {
    /// What is known of a model; none where the provider is the user's own, or was pointed
    /// elsewhere, where the same name may stand for something else.
    pub(crate) fn facts(&self, provider: &str, model: &str) -> Option<&'static ModelFacts> {
        let configured = self.config().providers.get(provider);
        if configured.is_some_and(|configured| !configured.endpoints.is_empty()) {
            return None;
        }
        let definition = provider::basis(provider, self.config()).ok()?.definition?;
        hotcell_catalogue::model(&definition.name, model)
    }

    /// Refuses what the model is known not to take, before anything is sent for it.
    pub(crate) fn check_facts(
        &self,
        provider: &str,
        model: &str,
        request: &ChatRequest,
    ) -> Result<(), Error> {
        let asked = self.config().providers.get(provider).and_then(|it| it.check_model);
        // Most requests are of text alone, and need no table to be read.
        let mut media = request.messages.iter().flat_map(media).peekable();
        if asked == Some(false) || media.peek().is_none() {
            return Ok(());
        }
        let Some(takes) = self.facts(provider, model).and_then(|facts| facts.takes) else {
            return Ok(());
        };
        let refused = media.find_map(|kind| match kind {
            MediaKind::Image if !takes.image => Some("images"),
            MediaKind::Audio if !takes.audio => Some("audio"),
            MediaKind::Video if !takes.video => Some("video"),
            // Documents become text or images with many providers.
            _ => None,
        });
        let Some(what) = refused else { return Ok(()) };
        let known = takes.names().collect::<Vec<_>>().join(" and ");
        let message = format!("the model `{model}` of {provider} takes no {what}");
        Err(Error::new(FailureKind::Unsupported, message).with_help(format!(
            "the catalogue of {} knows it to take {known}; if that is wrong, say `check-model = \
             false` under [providers.{provider}]",
            models_date()
        )))
    }

    /// Takes the wish not to reason out of a request for a model that is known never to: it has no
    /// word for that, and its provider refuses it. What a client wrote in the provider's own words
    /// is written as it stands, whatever is here.
    pub(crate) fn spare(
        &self,
        provider: &str,
        model: &str,
        request: &mut ChatRequest,
    ) -> Option<ReasoningOptions> {
        let wish = request.reasoning.as_ref()?;
        let is_off = wish.effort.as_deref() == Some("none") || wish.budget_tokens == Some(0);
        let asked = self.config().providers.get(provider).and_then(|it| it.check_model);
        if !is_off || asked == Some(false) {
            return None;
        }
        let facts = self.facts(provider, model)?;
        request.reasoning.take_if(|_| !facts.reasoning)
    }
}

/// What a request with this usage cost, in US dollars.
pub(crate) fn cost(facts: &ModelFacts, usage: &Usage) -> Option<f64> {
    let (input, output) = (usage.input?, usage.output.unwrap_or(0));
    facts.price.of(Spent {
        input,
        output,
        cache_read: usage.cache_read.unwrap_or(0),
        cache_write: usage.cache_write.unwrap_or(0),
    })
}

fn media(message: &Message) -> impl Iterator<Item = MediaKind> {
    message.parts.iter().flat_map(|part| {
        let kind = |part: &MediaPart| part.kind;
        let mut kinds = Vec::new();
        match part {
            Part::Media(media) => kinds.push(kind(media)),
            Part::ToolResult(result) => {
                kinds.extend(result.content.iter().filter_map(|part| match part {
                    ToolResultPart::Media(media) => Some(kind(media)),
                    _ => None,
                }))
            }
            _ => {}
        }
        kinds
    })
}
