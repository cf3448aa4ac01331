//! The words of OpenTelemetry's GenAI semantic conventions, for what hotcell calls otherwise.
//!
//! <https://github.com/open-telemetry/semantic-conventions-genai>, as of autumn 2026

/// `gen_ai.operation.name` of an endpoint. What the conventions have no word for keeps its own.
pub(crate) fn operation(endpoint: &'static str) -> &'static str {
    match endpoint {
        "chat-completions" | "responses" | "messages" => "chat",
        "completions" => "text_completion",
        "generate-content" => "generate_content",
        other => other,
    }
}

/// `gen_ai.provider.name` of a provider. One that an operator named has that name.
pub(crate) fn vendor(provider: &str) -> &str {
    match provider {
        "azure" => "azure.ai.openai",
        "azure-ai" => "azure.ai.inference",
        "bedrock" => "aws.bedrock",
        "gemini" | "gemini-openai" => "gcp.gemini",
        "mistral" | "codestral" | "codestral-fim" => "mistral_ai",
        "moonshot" => "moonshot_ai",
        "vertex" | "vertex-anthropic" | "vertex-openai" => "gcp.vertex_ai",
        "watsonx" => "ibm.watsonx.ai",
        "xai" => "x_ai",
        other => other,
    }
}

/// `http.route` of an endpoint: the path that its documentation has.
pub(crate) fn path(endpoint: &'static str) -> &'static str {
    match endpoint {
        "chat-completions" => "/v1/chat/completions",
        "completions" => "/v1/completions",
        "responses" => "/v1/responses",
        "response-retrieve" | "response-delete" => "/v1/responses/{response_id}",
        "response-cancel" => "/v1/responses/{response_id}/cancel",
        "response-input-items" => "/v1/responses/{response_id}/input_items",
        "messages" => "/v1/messages",
        "generate-content" => "/v1beta/models/{model}:generateContent",
        "count-tokens" => "/v1/messages/count_tokens",
        "embeddings" => "/v1/embeddings",
        "rerank" => "/v1/rerank",
        "image-generations" => "/v1/images/generations",
        "image-edits" => "/v1/images/edits",
        "speech" => "/v1/audio/speech",
        "transcriptions" => "/v1/audio/transcriptions",
        "translations" => "/v1/audio/translations",
        "moderations" => "/v1/moderations",
        "models" => "/v1/models",
        _ => "/",
    }
}
