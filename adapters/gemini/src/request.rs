//! A chat request into the body that the provider reads
//! (<https://ai.google.dev/api/generate-content#method:-models.generatecontent>).

use crate::json::{Members, Value};
use crate::translation::{Translation, put, spells};
use crate::{config, conversation, tool};
use hotcell_sdk::{ChatRequest, Failure, percent_encode};

/// What goes out, and what could not be said.
pub(crate) struct Outgoing {
    pub(crate) body: Members,
    pub(crate) warnings: Vec<String>,
}

pub(crate) fn write(request: &ChatRequest) -> Result<Outgoing, Failure> {
    let mut translation = Translation::of(request.extra.as_ref());
    let mut extra = translation.members(request.extra.as_ref())?;
    let mut body = Members::default();
    let conversation = conversation::write(request, &mut translation)?;
    let empty = conversation.contents.is_empty();
    if !spells(&extra, "contents") {
        if empty && !translation.exact {
            return Err(Failure::unsupported("a conversation that says nothing"));
        }
        put(&mut body, &extra, "contents", conversation.contents);
    }
    if let Some(instruction) = conversation.instruction {
        put(&mut body, &extra, "systemInstruction", instruction);
    }
    tool::write(request, &extra, &mut body, &mut translation)?;
    // The client's own members of it stand beside those that are modelled.
    let own = match extra.get("generationConfig") {
        Some(Value::Object(_)) => extra.take_object("generationConfig"),
        _ => None,
    };
    let config = config::write(request, own, &mut translation)?;
    if let Some(config) = config {
        put(&mut body, &extra, "generationConfig", config);
    }
    body.extend(extra);
    Ok(Outgoing { body, warnings: translation.warnings })
}

/// The path of a method of a model. A name may come with the collection that it is in,
/// as the list of models gives it.
pub(crate) fn path(model: &str, method: &str) -> String {
    let (collection, name) = match model.split_once('/') {
        Some(("tunedModels", name)) => ("tunedModels", name),
        _ => ("models", bare(model)),
    };
    let mut path = format!("/{collection}/");
    percent_encode(&mut path, name);
    path.push(':');
    path.push_str(method);
    path
}

/// A model's name without what may stand before it.
pub(crate) fn bare(model: &str) -> &str {
    let model = model.strip_prefix("publishers/google/").unwrap_or(model);
    model.strip_prefix("models/").unwrap_or(model)
}

/// Which generation of Gemini a name speaks of, in tenths: 25 for `gemini-2.5-flash`.
/// Names that say none, such as `gemini-flash-latest`, are of the newest; other families
/// have none.
pub(crate) fn generation(model: &str) -> Option<u32> {
    let (_, rest) = model.rsplit_once("gemini-").filter(|_| !model.contains("gemma"))?;
    let version = rest.split('-').find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let Some(version) = version else { return Some(NEWEST) };
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    match (major.parse::<u32>(), minor.parse::<u32>()) {
        (Ok(major), Ok(minor)) if major < 100 && minor < 10 => Some(major * 10 + minor),
        _ => Some(NEWEST),
    }
}

const NEWEST: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::{NEWEST, generation, path};

    #[test]
    fn a_name_tells_its_generation() {
        for (model, expected) in [
            ("gemini-2.5-flash-lite-preview-06-17", Some(25)),
            ("gemini-3-flash-preview", Some(30)),
            ("models/gemini-3.1-pro", Some(31)),
            ("gemini-1.5-pro-002", Some(15)),
            ("gemini-flash-latest", Some(NEWEST)),
            ("gemini-robotics", Some(NEWEST)),
            ("gemma-3-27b-it", None),
            ("learnlm", None),
        ] {
            assert_eq!(generation(model), expected, "{model}");
        }
    }

    #[test]
    fn a_model_is_one_segment_of_the_path() {
        assert_eq!(path("gemini-x", "go"), "/models/gemini-x:go");
        assert_eq!(path("models/gemini-x", "go"), "/models/gemini-x:go");
        assert_eq!(path("publishers/google/models/x", "go"), "/models/x:go");
        assert_eq!(path("tunedModels/mine-1", "go"), "/tunedModels/mine-1:go");
        assert_eq!(path("../files/x?y", "go"), "/models/..%2Ffiles%2Fx%3Fy:go");
    }
}
