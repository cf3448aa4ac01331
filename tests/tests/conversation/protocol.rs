//! How each protocol has what a conversation is made of.

/// What becomes of thoughts when they go back.
#[derive(Clone, Copy)]
pub(crate) enum Thoughts {
    /// They go back, with what the provider gave for it in this member.
    Signed(&'static str),
    /// They go back as text, in this member.
    Told(&'static str),
    /// By design: the protocol has no place for them, and their provider does not miss them.
    LeftOut,
}

/// How a protocol has what is carried.
pub(crate) struct Protocol {
    pub(crate) adapter: &'static str,
    pub(crate) model: &'static str,
    /// The members of a call's id and of the id at its result; none where there are no ids,
    /// and names stand for them.
    pub(crate) ids: Option<(&'static str, &'static str)>,
    /// The member that holds the image.
    pub(crate) image: &'static str,
    pub(crate) thoughts: Thoughts,
}

const OPENAI: Protocol = Protocol {
    adapter: "openai",
    model: "gpt-4o",
    ids: Some(("id", "tool_call_id")),
    image: "url",
    thoughts: Thoughts::LeftOut,
};
const CLAUDE: Protocol = Protocol {
    adapter: "anthropic",
    model: "claude-sonnet-4-5",
    ids: Some(("id", "tool_use_id")),
    image: "data",
    thoughts: Thoughts::Signed("signature"),
};
const GEMINI: Protocol = Protocol {
    adapter: "gemini",
    model: "gemini-2.5-flash",
    ids: Some(("id", "id")),
    image: "data",
    thoughts: Thoughts::Signed("thoughtSignature"),
};

const CONVERSE: Protocol = Protocol {
    adapter: "bedrock",
    model: "anthropic.claude-sonnet-4-5-20250929-v1:0",
    ids: Some(("toolUseId", "toolUseId")),
    image: "bytes",
    thoughts: Thoughts::Signed("signature"),
};

pub(crate) const PROTOCOLS: [Protocol; 17] = [
    CLAUDE,
    Protocol { adapter: "azure", ..OPENAI },
    CONVERSE,
    Protocol {
        adapter: "bedrock-anthropic",
        model: "anthropic.claude-sonnet-4-5-20250929-v1:0",
        ..CLAUDE
    },
    Protocol { adapter: "bedrock-nova", model: "us.amazon.nova-2-lite-v1:0", ..CONVERSE },
    Protocol {
        adapter: "cohere",
        model: "command-a-vision-07-2025",
        thoughts: Thoughts::Told("thinking"),
        ..OPENAI
    },
    Protocol {
        adapter: "databricks",
        model: "databricks-claude-sonnet-4-5",
        thoughts: Thoughts::Signed("signature"),
        ..OPENAI
    },
    GEMINI,
    Protocol {
        adapter: "mistral",
        model: "magistral-medium-latest",
        thoughts: Thoughts::Told("text"),
        ..OPENAI
    },
    Protocol {
        adapter: "ollama",
        model: "qwen3-vl",
        ids: None,
        image: "images",
        thoughts: Thoughts::Told("thinking"),
    },
    OPENAI,
    Protocol {
        adapter: "openai-responses",
        model: "gpt-5",
        ids: Some(("call_id", "call_id")),
        image: "image_url",
        thoughts: Thoughts::Signed("encrypted_content"),
    },
    Protocol { adapter: "sagemaker-chat", model: "my-endpoint", ..OPENAI },
    Protocol { adapter: "vertex", ..GEMINI },
    Protocol { adapter: "vertex-anthropic", ..CLAUDE },
    Protocol { adapter: "vertex-openai", model: "meta/llama-4", ..OPENAI },
    Protocol { adapter: "watsonx", model: "ibm/granite", ..OPENAI },
];

/// By design: these take one text that goes on, and have no tools.
pub(crate) const WITHOUT_TOOLS: [&str; 3] = ["bedrock-text", "replicate", "sagemaker-generate"];
