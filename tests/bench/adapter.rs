//! The adapters, each in both of its forms: the component of the bundle, and the crate as it
//! is compiled for this machine.

use crate::exchange::{Exchange, linked, run_once};
use crate::provider::Answer;
use crate::wire;
use hotcell::types::{ChatRequest, EmbedRequest};
use hotcell_adapter_anthropic::Anthropic;
use hotcell_adapter_azure::Azure;
use hotcell_adapter_bedrock::Bedrock;
use hotcell_adapter_cohere::Cohere;
use hotcell_adapter_databricks::Databricks;
use hotcell_adapter_gemini::Gemini;
use hotcell_adapter_jina::Jina;
use hotcell_adapter_mistral::Mistral;
use hotcell_adapter_ollama::Ollama;
use hotcell_adapter_openai::OpenAi;
use hotcell_adapter_openai_responses::OpenAiResponses;
use hotcell_adapter_replicate::Replicate;
use hotcell_adapter_sagemaker_chat::SageMaker;
use hotcell_adapter_sagemaker_generate::Generate;
use hotcell_adapter_watsonx::Watsonx;
use hotcell_sdk::testing::{Script, Sent};
use hotcell_sdk::{self as sdk, Chat, Completion, Embeddings, Failure};
use std::hint::black_box;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::time::Duration;

/// An adapter in both of its forms.
pub(crate) struct Adapter {
    pub(crate) name: &'static str,
    /// The folder of its code, which may be another adapter's.
    code: &'static str,
    pub(crate) model: &'static str,
    /// Whether its provider streams.
    pub(crate) streams: bool,
    pub(crate) answer: fn(Option<usize>) -> Answer,
    pub(crate) question: fn(&str, &str, bool) -> (Question, Linked),
    pub(crate) linked: fn(&Exchange<'_>, u64) -> Duration,
    pub(crate) sent: fn(&Script, Linked) -> Sent,
}

/// What the bundle has, but for adapters of media, of which the bytes are what counts, and
/// for the two that share Jina's code.
pub(crate) const ADAPTERS: &[Adapter] = &[
    chat::<OpenAi>("openai", wire::openai),
    chat::<Anthropic>("anthropic", wire::anthropic),
    chat::<Azure>("azure", wire::openai),
    chat::<Bedrock>("bedrock", wire::bedrock),
    chat::<Cohere>("cohere", wire::cohere),
    chat::<Databricks>("databricks", wire::openai),
    chat::<Gemini>("gemini", wire::gemini),
    chat::<Mistral>("mistral", wire::openai),
    chat::<Ollama>("ollama", wire::ollama),
    chat::<OpenAiResponses>("openai-responses", wire::responses),
    Adapter {
        model: "maker/test-model",
        streams: false,
        ..chat::<Replicate>("replicate", wire::replicate)
    },
    chat::<SageMaker>("sagemaker-chat", wire::sagemaker_chat),
    chat::<Generate>("sagemaker-generate", wire::sagemaker_generate),
    Adapter { code: "gemini", ..chat::<Gemini>("vertex", wire::gemini) },
    Adapter { code: "anthropic", ..chat::<Anthropic>("vertex-anthropic", wire::anthropic) },
    Adapter { code: "openai", ..chat::<OpenAi>("vertex-openai", wire::openai) },
    chat::<Watsonx>("watsonx", wire::openai),
    vectors::<Jina>("jina", wire::vectors),
];

impl Adapter {
    /// The component of a module in the folder that `HOTCELL_MODULES` names, if it does: a
    /// change of adapters is measured without building the runner anew.
    pub(crate) fn own(&self) -> Option<Vec<u8>> {
        let folder = PathBuf::from(std::env::var_os("HOTCELL_MODULES")?);
        let file = format!("hotcell_adapter_{}.wasm", self.code.replace('-', "_"));
        let module = std::fs::read(folder.join(file)).ok()?;
        let manifest = hotcell::bundle::adapter(self.name)?.manifest;
        Some(hotcell_manifest::pack(&module, manifest).expect("an adapter"))
    }
}

const fn chat<A: Chat>(name: &'static str, answer: fn(Option<usize>) -> Answer) -> Adapter {
    Adapter {
        name,
        code: name,
        model: "test-model",
        streams: true,
        answer,
        question: conversation,
        linked: linked::<Chats<A>>,
        sent: run_once::<Chats<A>>,
    }
}

const fn vectors<A: Embeddings>(
    name: &'static str,
    answer: fn(Option<usize>) -> Answer,
) -> Adapter {
    Adapter {
        name,
        code: name,
        model: "test-model",
        streams: false,
        answer,
        question: texts,
        linked: linked::<Embeds<A>>,
        sent: run_once::<Embeds<A>>,
    }
}

/// What a runner is asked.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "the large one is what nearly all are")]
pub(crate) enum Question {
    Chat(ChatRequest),
    Embed(EmbedRequest),
}

/// The same question to an adapter that is linked.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "the large one is what nearly all are")]
pub(crate) enum Linked {
    Chat(sdk::ChatRequest),
    Embed(sdk::EmbedRequest),
}

fn conversation(model: &str, text: &str, stream: bool) -> (Question, Linked) {
    let (mut request, mut linked) = (ChatRequest::user(text), sdk::ChatRequest::user(text));
    (request.stream, linked.stream) = (stream, stream);
    model.clone_into(&mut linked.model);
    (Question::Chat(request), Linked::Chat(linked))
}

fn texts(model: &str, text: &str, _: bool) -> (Question, Linked) {
    let inputs = [text, "Another."];
    let linked = sdk::EmbedRequest {
        model: model.to_owned(),
        inputs: inputs.map(|text| sdk::Input::Text(text.to_owned())).to_vec(),
        dimensions: None,
        task: None,
        extra: None,
    };
    (Question::Embed(EmbedRequest::texts(inputs)), Linked::Embed(linked))
}

/// An interface of an adapter that is linked.
pub(crate) trait Interface {
    /// Asks; what comes of it goes on as long as there is more.
    fn ask(question: Linked) -> Result<impl FnMut() -> Result<bool, Failure>, Failure>;
}

struct Chats<A>(PhantomData<A>);

impl<A: Chat> Interface for Chats<A> {
    fn ask(question: Linked) -> Result<impl FnMut() -> Result<bool, Failure>, Failure> {
        let Linked::Chat(request) = question else { unreachable!("a question of another kind") };
        let mut completion = A::complete(request)?;
        Ok(move || Ok(black_box(completion.next()?).is_some()))
    }
}

struct Embeds<A>(PhantomData<A>);

impl<A: Embeddings> Interface for Embeds<A> {
    fn ask(question: Linked) -> Result<impl FnMut() -> Result<bool, Failure>, Failure> {
        let Linked::Embed(request) = question else { unreachable!("a question of another kind") };
        black_box(A::embed(request)?);
        Ok(|| Ok(false))
    }
}
