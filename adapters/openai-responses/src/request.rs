//! A chat request into the body that the provider reads.

use crate::carried::Carried;
use crate::conversation::instructions;
use crate::writer::{Writer, is_own};
use hotcell_openai_chat::generation;
use hotcell_openai_chat::json::Members;
use hotcell_sdk::{ChatRequest, Failure, Message, Part, Role, setting};

/// What goes out, and what could not be said.
pub(crate) struct Body {
    pub(crate) json: Vec<u8>,
    pub(crate) warnings: Vec<String>,
}

pub(crate) fn write(request: &ChatRequest) -> Result<Body, Box<Failure>> {
    let mut writer = Writer::new(is_own(request.extra.as_ref()));
    let carried = Carried::of(request, &mut writer)?;
    let extra = match writer.exact {
        true => writer.extra(request.extra.as_ref(), &[])?,
        false => Members::default(),
    };
    let store = carried.store.unwrap_or_else(|| setting("store").as_deref() == Some("yes"));
    writer.stateless = !writer.exact && !store;

    writer.json.open(b'{');
    writer.text("model", &request.model, &extra);
    if let Some(text) = request.messages.iter().find_map(instructions) {
        writer.text("instructions", text, &extra);
    }
    // A client of this dialect may have its conversation at the provider.
    let any = request.messages.iter().any(|message| instructions(message).is_none());
    if !extra.has("input") && (any || !writer.exact) {
        writer.input(&request.messages)?;
    }
    writer.tools(request, &extra)?;
    writer.flag("parallel_tool_calls", request.parallel_tool_calls, &extra);
    writer.format(request.output.as_ref(), &carried, &extra)?;
    writer.sampling(&request.sampling, &extra)?;
    if !writer.exact {
        if let Some(reasoning) = &request.reasoning {
            writer.reasoning(reasoning, &request.model);
        }
        writer.keeping(request, store);
        writer.rest(&carried.members);
        if request.messages.last().is_some_and(is_begun) {
            writer.warn(
                "the beginning of an answer was given as an earlier answer: the protocol does \
                 not go on with one"
                    .to_owned(),
            );
        }
    }
    writer.flag("stream", request.stream.then_some(true), &extra);
    writer.rest(&extra);
    writer.json.close(b'}');
    Ok(Body { json: writer.json.0, warnings: writer.warnings })
}

/// Whether a last message wants to be gone on with.
fn is_begun(message: &Message) -> bool {
    let text = matches!(message.parts.last(), Some(Part::Text(text)) if !text.text.is_empty());
    message.role == Role::Assistant && text
}

impl Writer {
    /// Whether the provider keeps the answer, and what comes with it.
    fn keeping(&mut self, request: &ChatRequest, store: bool) {
        self.json.name("store").raw(if store { "true" } else { "false" });
        let cipher = !store
            && match setting("encrypted-reasoning").as_deref() {
                Some("yes") => true,
                Some("no") => false,
                _ => reasons(request),
            };
        let logprobs = request.sampling.logprobs.is_some();
        if cipher || logprobs {
            self.json.name("include").open(b'[');
            if cipher {
                self.json.text("reasoning.encrypted_content");
            }
            if logprobs {
                self.json.text("message.output_text.logprobs");
            }
            self.json.close(b']');
        }
    }
}

/// Whether the model reasons, as far as its name or the request tells. For one that does
/// not, the provider refuses to be asked for reasoning in cipher.
fn reasons(request: &ChatRequest) -> bool {
    let asked = request.reasoning.as_ref().and_then(|reasoning| reasoning.effort.as_deref());
    if asked.is_some_and(|effort| effort != "none") {
        return true;
    }
    let name = request.model.rsplit('/').next().unwrap_or_default();
    let generation = |prefix: &str| generation(name, prefix);
    let chat = name.contains("-chat");
    generation("o").is_some()
        || (generation("gpt-").is_some_and(|number| number >= 5) && !chat)
        || generation("grok-").is_some_and(|number| number >= 4)
        || name.starts_with("codex")
}
