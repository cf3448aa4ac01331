//! What providers take although their published schemas do not have it.

use serde_json::{Value, json};

/// Something that a schema does not know and the provider does.
struct Difference {
    /// The file.
    file: &'static str,
    /// Where in its definitions; `-` is a place after the last of a list.
    at: &'static str,
    /// What stands there in truth.
    is: fn() -> Value,
}

/// Nothing else is excused.
const ALL: &[Difference] = &[
    // The newest models do without, and so does the SDK since its version 2. For the models
    // before them `anthropic` 0.75.0 has all three in `types/message_create_params.py`, and
    // recordings have a temperature.
    number("anthropic", "/MessagesNonStreaming/properties/temperature"),
    number("anthropic", "/MessagesNonStreaming/properties/top_k"),
    number("anthropic", "/MessagesNonStreaming/properties/top_p"),
    number("anthropic", "/MessagesStreaming/properties/temperature"),
    number("anthropic", "/MessagesStreaming/properties/top_k"),
    number("anthropic", "/MessagesStreaming/properties/top_p"),
    // In recordings in small letters, as everywhere else, and so they leave Google's own SDK
    // for JavaScript: `SchemaType` of `@google/generative-ai` 0.24.1. For Vertex AI the examples
    // of `FunctionDeclaration` in `google-cloud-aiplatform` 2.7.0 have them.
    Difference { file: "gemini", at: "/Schema/properties/type", is: google_type },
    Difference { file: "vertex", at: "/Schema/properties/type", is: google_type },
    // Of others that speak the protocol: recorded with OpenRouter, and in `vllm` 0.33.0.
    Difference {
        file: "openai",
        at: "/ChatCompletionRequestUserMessageContentPart/anyOf/-",
        is: || {
            let url = json!({ "type": "object", "required": ["url"], "additionalProperties": false,
                "properties": { "url": { "type": "string" } } });
            json!({ "type": "object", "required": ["type", "video_url"],
                "additionalProperties": false,
                "properties": { "type": { "const": "video_url" }, "video_url": url } })
        },
    },
    // Not in the types of `openai` 3.57.0, nor its document. Yet the provider's own guide
    // writes it, and so do recordings: https://cookbook.openai.com/examples/how_to_call_functions_with_chat_models
    Difference {
        file: "openai",
        at: "/ChatCompletionRequestToolMessage/properties/name",
        is: || json!({ "type": "string" }),
    },
    // Recorded with Azure: what was said earlier needs no id unless it is stored.
    Difference { file: "openai", at: "/OutputMessage/required", is: || json!(["role", "content"]) },
    Difference { file: "openai", at: "/ReasoningItem/required", is: || json!(["summary", "type"]) },
];

const fn number(file: &'static str, at: &'static str) -> Difference {
    Difference { file, at, is: || json!({ "type": "number" }) }
}

fn google_type() -> Value {
    let types = ["string", "number", "integer", "boolean", "array", "object", "null"];
    let capitals = types.map(str::to_uppercase);
    json!({ "enum": types.map(str::to_owned).into_iter().chain(capitals).collect::<Vec<_>>() })
}

/// Puts right what differs in the definitions of a file.
pub(crate) fn amend(file: &str, definitions: &mut Value) {
    for Difference { at, is, .. } in ALL.iter().filter(|it| it.file == file) {
        let (parent, name) = at.rsplit_once('/').expect("it is a pointer");
        match definitions.pointer_mut(parent) {
            Some(Value::Array(items)) if name == "-" => items.push(is()),
            Some(Value::Object(members)) => {
                let before = members.insert(name.to_owned(), is());
                assert_ne!(before, Some(is()), "{file}: {at} is published by now");
            }
            _ => panic!("{file} has no {parent} any more"),
        }
    }
}
