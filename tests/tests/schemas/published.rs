//! Which schema a body is held against.

use crate::difference;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// A file of `tests/schemas`, and a definition in it.
pub(crate) type Place = (&'static str, &'static str);

/// The adapters whose protocol has one. For the others nothing that a machine can read is
/// published.
pub(crate) const ADAPTERS: &[&str] = &[
    "anthropic",
    "azure",
    "bedrock",
    "bedrock-anthropic",
    "cohere",
    "gemini",
    "mistral",
    "openai",
    "openai-media",
    "openai-responses",
    "vertex",
    "vertex-anthropic",
    "vertex-openai",
];

/// The schema of what an adapter sends to a path; none where none is published.
pub(crate) fn place(adapter: &str, path: &str) -> Option<Place> {
    let path = path.split('?').next().unwrap_or(path);
    let method = path.rsplit(['/', ':']).next().unwrap_or(path);
    let google = if adapter == "vertex" { "vertex" } else { "gemini" };
    Some(match (adapter, method) {
        ("anthropic", "count_tokens") => ("anthropic", "CountTokens"),
        ("vertex-anthropic", "rawPredict") if path.contains("/count-tokens:") => {
            ("anthropic", "CountTokens")
        }
        ("anthropic", "messages") | ("vertex-anthropic", "rawPredict") => {
            ("anthropic", "MessagesNonStreaming")
        }
        ("vertex-anthropic", "streamRawPredict") => ("anthropic", "MessagesStreaming"),
        ("bedrock-anthropic", "invoke") => ("anthropic", "MessagesNonStreaming"),
        ("bedrock-anthropic", "invoke-with-response-stream") => ("anthropic", "MessagesStreaming"),
        ("bedrock", "converse") => ("bedrock", "ConverseRequest"),
        ("bedrock", "converse-stream") => ("bedrock", "ConverseStreamRequest"),
        ("cohere", "chat") => ("cohere", "ChatRequest"),
        ("cohere", "embed") => ("cohere", "EmbedRequest"),
        ("cohere", "rerank") => ("cohere", "RerankRequest"),
        ("gemini" | "vertex", "generateContent" | "streamGenerateContent") => {
            (google, "GenerateContentRequest")
        }
        ("gemini" | "vertex", "countTokens") => (google, "CountTokensRequest"),
        ("gemini" | "vertex", "embedContent") => (google, "EmbedContentRequest"),
        ("gemini", "batchEmbedContents") => ("gemini", "BatchEmbedContentsRequest"),
        ("vertex", "predict") => ("vertex", "PredictRequest"),
        ("mistral", "completions") if path.ends_with("/fim/completions") => {
            ("mistral", "FimRequest")
        }
        ("mistral", "completions") => ("mistral", "ChatRequest"),
        ("mistral", "embeddings") => ("mistral", "EmbeddingRequest"),
        ("azure" | "openai" | "vertex-openai", "completions") => {
            ("openai", "CreateChatCompletionRequest")
        }
        ("azure" | "openai" | "vertex-openai", "embeddings") => {
            ("openai", "CreateEmbeddingRequest")
        }
        ("openai-media", "generations") => ("openai", "CreateImageRequest"),
        ("openai-media", "moderations") => ("openai", "CreateModerationRequest"),
        ("openai-media", "speech") => ("openai", "CreateSpeechRequest"),
        ("openai-responses", "responses") => ("openai", "CreateResponse"),
        _ => return None,
    })
}

/// The schema and the body as they are when what a request says elsewhere is in the body too.
pub(crate) fn whole(adapter: &str, (file, name): Place, body: &mut Value) -> Place {
    if adapter == "bedrock-anthropic" {
        // Whether to stream is told by the path, too, and beta features are no header.
        let members = body.as_object_mut().expect("the body is an object");
        let version = members.remove("anthropic_version");
        assert_eq!(version, Some(json!("bedrock-2023-05-31")));
        members.remove("anthropic_beta");
        members.entry("model").or_insert_with(|| json!("test-model"));
        if name == "MessagesStreaming" {
            members.insert("stream".to_owned(), json!(true));
        }
    }
    if adapter == "vertex-anthropic" {
        // https://docs.anthropic.com/en/api/claude-on-vertex-ai: the path names the model, and
        // the body the version that is a header elsewhere.
        let members = body.as_object_mut().expect("the body is an object");
        let version = members.remove("anthropic_version");
        assert_eq!(version, Some(json!("vertex-2023-10-16")));
        members.entry("model").or_insert_with(|| json!("test-model"));
    }
    // A definition for each value of the member, as the SDK has it.
    let streams = body["stream"] == true;
    (file, if name == "MessagesNonStreaming" && streams { "MessagesStreaming" } else { name })
}

/// The schemas, each made once.
#[derive(Default)]
pub(crate) struct Schemas {
    made: BTreeMap<Place, Validator>,
}

impl Schemas {
    /// What is wrong with a body: where, and what.
    pub(crate) fn faults(&mut self, place: Place, body: &Value) -> Vec<(String, String)> {
        let faults = self.made.entry(place).or_insert_with(|| schema(place)).iter_errors(body);
        faults
            .map(|it| (it.instance_path().to_string(), format!("{:.400}", it.to_string())))
            .collect()
    }
}

fn schema((file, name): Place) -> Validator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let text = std::fs::read_to_string(folder.join(file).with_extension("json"));
    let mut schema: Value =
        serde_json::from_str(&text.expect("the file is there")).expect("it is JSON");
    difference::amend(file, &mut schema["$defs"]);
    assert!(schema["$defs"][name].is_object(), "{file} has no {name}");
    schema["$ref"] = json!(format!("#/$defs/{name}"));
    jsonschema::draft202012::new(&schema).unwrap_or_else(|it| panic!("{file}: {it}"))
}
