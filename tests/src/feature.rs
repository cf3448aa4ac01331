//! What a request can ask for, one thing at a time. The table of features and what is held
//! against published schemas go through the same list.

use hotcell::types::{
    CacheHint, ChatRequest, FunctionTool, JsonSchema, MediaKind, MediaPart, MediaSource, Message,
    Native, OutputFormat, Part, ReasoningOptions, ReasoningPart, Role, TextPart, Tool, ToolCall,
    ToolChoice, ToolResult, ToolResultPart,
};

/// A feature of a request.
pub struct Feature {
    /// What the table calls it.
    pub name: &'static str,
    /// Adds it to a request.
    add: fn(&mut ChatRequest),
    /// What it needs besides, which the request that it is compared with has too.
    needs: fn(&mut ChatRequest),
    /// It asks for what a provider may do anyway.
    pub may_need_nothing: bool,
}

impl Feature {
    /// The request with it.
    pub fn request(&self) -> ChatRequest {
        let mut request = self.without();
        (self.add)(&mut request);
        request
    }

    /// The same request without it.
    pub fn without(&self) -> ChatRequest {
        let mut request = base();
        (self.needs)(&mut request);
        request
    }
}

/// What every provider takes.
pub fn base() -> ChatRequest {
    let mut request = ChatRequest::user("What is a hot cell?");
    request.stream = false;
    request
}

const fn feature(name: &'static str, add: fn(&mut ChatRequest)) -> Feature {
    Feature { name, add, needs: |_| {}, may_need_nothing: false }
}

const fn with(
    name: &'static str,
    needs: fn(&mut ChatRequest),
    add: fn(&mut ChatRequest),
) -> Feature {
    Feature { name, add, needs, may_need_nothing: false }
}

/// All of them, in the order of the table.
pub fn all() -> Vec<Feature> {
    let mut all = vec![
        feature("streaming", |it| it.stream = true),
        feature("system message", |it| it.messages.insert(0, Message::system("Be brief."))),
        feature("developer message", |it| it.messages.insert(0, developer("Be brief."))),
        with("system message in the middle", answered, |it| {
            it.messages.insert(2, Message::system("Now in French."));
        }),
        feature("several messages of the user's in a row", |it| {
            it.messages.push(Message::user("And a glove box?"));
        }),
        with("several messages of the assistant's in a row", answered, |it| {
            it.messages.insert(2, Message::assistant("That is all."));
        }),
        feature("name of a participant", |it| it.messages[0].name = Some("ada".to_owned())),
        feature("answer that was begun", |it| it.messages.push(Message::assistant("It is"))),
        feature("image by its bytes", |it| media(it, image(MediaSource::Bytes(PNG.to_vec())))),
        feature("image by its address", |it| media(it, image(url("https://img.example/a.png")))),
        feature("image by a file's id", |it| media(it, image(MediaSource::FileId("f-1".into())))),
        feature("audio", |it| media(it, part(MediaKind::Audio, "audio/wav", bytes(b"RIFF")))),
        feature("video", |it| media(it, part(MediaKind::Video, "video/mp4", bytes(b"ftyp")))),
        feature("document by its bytes", |it| {
            media(it, part(MediaKind::Document, "application/pdf", bytes(b"%PDF-1.4")));
        }),
        feature("document by its address", |it| {
            media(it, part(MediaKind::Document, "application/pdf", url("https://d.example/a.pdf")));
        }),
        feature("tools", tools),
        with("schema that is held to strictly", tools, |it| {
            if let Tool::Function(tool) = &mut it.tools[0] {
                tool.strict = Some(true);
            }
        }),
        with("tool choice: none", tools, |it| it.tool_choice = Some(ToolChoice::None)),
        with("tool choice: required", tools, |it| it.tool_choice = Some(ToolChoice::Required)),
        with("tool choice: one function", two_tools, |it| {
            it.tool_choice = Some(ToolChoice::Function("weather".to_owned()));
        }),
        with("no parallel tool calls", tools, |it| it.parallel_tool_calls = Some(false)),
        feature("another provider's own tool", |it| {
            it.tools.push(Tool::Native(native("{\"type\":\"a-tool\"}")));
        }),
        with("calls of tools and their results", tools, called),
        with("result of a tool that failed", called_tools, |it| {
            if let Some(Part::ToolResult(result)) = it.messages[2].parts.first_mut() {
                result.is_error = true;
            }
        }),
        with("image in the result of a tool", called_tools, |it| {
            if let Some(Part::ToolResult(result)) = it.messages[2].parts.first_mut() {
                result.content.push(ToolResultPart::Media(image(MediaSource::Bytes(PNG.to_vec()))));
            }
        }),
        with("earlier reasoning", answered, |it| reasoned(it, None)),
        with("earlier reasoning, signed", answered, |it| reasoned(it, Some("c2lnbmF0dXJl"))),
        with("earlier reasoning of another provider, signed", answered, |it| {
            reasoned(it, Some("c2lnbmF0dXJl"));
            if let Some(Part::Reasoning(thought)) = it.messages[1].parts.first_mut() {
                thought.extra = Some(native("{}"));
            }
        }),
        with("earlier answer: a part of another provider's own", answered, |it| {
            it.messages[1].parts.push(Part::Native(native("{\"type\":\"a-part\"}")));
        }),
        feature("question: a part of another provider's own", |it| {
            it.messages[0].parts.push(Part::Native(native("{\"type\":\"a-part\"}")));
        }),
        with("earlier refusal", answered, |it| {
            it.messages[1].parts = vec![Part::Refusal("I will not.".to_owned())];
        }),
        feature("JSON", |it| it.output = Some(OutputFormat::JsonObject)),
        feature("JSON that fits a schema", |it| {
            it.output = Some(OutputFormat::JsonSchema(schema()))
        }),
        feature("limit of tokens", |it| it.sampling.max_output_tokens = Some(77)),
        feature("temperature", |it| it.sampling.temperature = Some(0.5)),
        feature("top-p", |it| it.sampling.top_p = Some(0.5)),
        feature("top-k", |it| it.sampling.top_k = Some(7)),
        feature("seed", |it| it.sampling.seed = Some(7)),
        feature("presence penalty", |it| it.sampling.presence_penalty = Some(0.5)),
        feature("frequency penalty", |it| it.sampling.frequency_penalty = Some(0.5)),
        feature("stop sequences", |it| it.sampling.stop = vec!["END".to_owned()]),
        feature("several choices", |it| it.sampling.choices = Some(2)),
        feature("probabilities of tokens", |it| it.sampling.logprobs = Some(2)),
        feature("reasoning effort", |it| {
            it.reasoning = Some(reasoning(Some("high"), None, None));
        }),
        feature("reasoning budget", |it| {
            it.sampling.max_output_tokens = Some(9000);
            it.reasoning = Some(reasoning(None, Some(4000), None));
        }),
        feature("member that only another dialect has", |it| {
            it.extra = Some(native("{\"a-member\":7}"));
        }),
    ];
    let mut cached = with(
        "hint on what to cache",
        |it| it.messages.insert(0, Message::system("Long.")),
        |it| {
            it.messages[0].parts = vec![Part::Text(TextPart {
                text: "Long.".to_owned(),
                cache: Some(CacheHint::Short),
                extra: None,
            })];
        },
    );
    cached.may_need_nothing = true;
    let mut auto = with("tool choice: auto", tools, |it| it.tool_choice = Some(ToolChoice::Auto));
    auto.may_need_nothing = true;
    // It says nothing, so that leaving it out loses nothing.
    let mut empty = feature("empty message", |it| it.messages.insert(0, Message::assistant("")));
    empty.may_need_nothing = true;
    all.push(empty);
    all.push(cached);
    all.push(auto);
    all
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

fn developer(text: &str) -> Message {
    Message::new(Role::Developer, vec![Part::plain(text)])
}

/// Somebody has answered, and something more is asked.
fn answered(request: &mut ChatRequest) {
    request.messages.push(Message::assistant("A shielded room."));
    request.messages.push(Message::user("Why?"));
}

fn media(request: &mut ChatRequest, part: MediaPart) {
    request.messages[0].parts.push(Part::Media(part));
}

fn part(kind: MediaKind, mime: &str, source: MediaSource) -> MediaPart {
    let name = (kind == MediaKind::Document).then(|| "a.pdf".to_owned());
    MediaPart { kind, mime: Some(mime.to_owned()), source, name, cache: None, extra: None }
}

fn image(source: MediaSource) -> MediaPart {
    part(MediaKind::Image, "image/png", source)
}

fn url(address: &str) -> MediaSource {
    MediaSource::Url(address.to_owned())
}

fn bytes(bytes: &[u8]) -> MediaSource {
    MediaSource::Bytes(bytes.to_vec())
}

fn function(name: &str) -> Tool {
    let parameters = r#"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}"#;
    Tool::Function(FunctionTool {
        name: name.to_owned(),
        description: Some("Tells the weather.".to_owned()),
        parameters: Some(parameters.to_owned()),
        strict: None,
        cache: None,
        extra: None,
    })
}

fn tools(request: &mut ChatRequest) {
    request.tools = vec![function("weather")];
}

fn two_tools(request: &mut ChatRequest) {
    request.tools = vec![function("weather"), function("tides")];
}

fn called(request: &mut ChatRequest) {
    let call = ToolCall {
        id: "call_1".to_owned(),
        name: "weather".to_owned(),
        arguments: r#"{"city":"Ghent"}"#.to_owned(),
        signature: None,
        extra: None,
    };
    let result = ToolResult {
        call_id: "call_1".to_owned(),
        name: Some("weather".to_owned()),
        content: vec![ToolResultPart::Text("rain".to_owned())],
        is_error: false,
        cache: None,
        extra: None,
    };
    request.messages.push(Message::new(Role::Assistant, vec![Part::ToolCall(call)]));
    request.messages.push(Message::new(Role::Tool, vec![Part::ToolResult(result)]));
}

fn called_tools(request: &mut ChatRequest) {
    tools(request);
    called(request);
}

fn reasoned(request: &mut ChatRequest, signature: Option<&str>) {
    let thought = ReasoningPart {
        id: None,
        text: "They want a definition.".to_owned(),
        signature: signature.map(str::to_owned),
        redacted: None,
        extra: None,
    };
    request.messages[1].parts.insert(0, Part::Reasoning(thought));
}

fn schema() -> JsonSchema {
    JsonSchema {
        name: Some("answer".to_owned()),
        description: None,
        schema: r#"{"type":"object","properties":{"word":{"type":"string"}},"required":["word"],"additionalProperties":false}"#.to_owned(),
        strict: None,
    }
}

fn reasoning(
    effort: Option<&str>,
    budget_tokens: Option<u32>,
    include_text: Option<bool>,
) -> ReasoningOptions {
    ReasoningOptions { effort: effort.map(str::to_owned), budget_tokens, include_text }
}

fn native(value: &str) -> Native {
    Native { dialect: "some-other".to_owned(), value: value.to_owned() }
}
