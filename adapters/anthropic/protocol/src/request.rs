//! A chat request into the body that the provider reads
//! (<https://docs.anthropic.com/en/api/messages>).

use crate::Platform;
use crate::conversation::Conversation;
use crate::reasoning;
use crate::schema::Schema;
use crate::tool;
use crate::translation::{Translation, has_ours, invalid, json};
use crate::wire::Text;
use crate::writer::Object;
use hotcell_sdk::{
    ChatRequest, Failure, JsonSchema, MediaSource, Message, OutputFormat, Part, Sampling,
    ToolResultPart, setting,
};

/// What goes out, and what could not be said.
pub struct Outgoing {
    /// The body, as JSON.
    pub body: Vec<u8>,
    /// The value of the header `anthropic-beta`, if there is any. On Bedrock it is in the body.
    pub betas: Option<String>,
    /// A sentence for each thing that was left out or changed.
    pub warnings: Vec<String>,
}

/// What says how to generate, and is not taken where tokens are counted.
const GENERATING: [&str; 6] =
    ["container", "inference_geo", "metadata", "service_tier", "stop_sequences", "stream"];

/// Writes a request, or one that is only `counted`.
///
/// # Errors
/// `unsupported` for what the protocol, or the platform, has no word for and cannot be left
/// out, and `invalid-request` for what is not what it should be.
pub fn write(
    request: &ChatRequest,
    platform: Platform,
    counted: bool,
) -> Result<Outgoing, Failure> {
    let exact = has_ours(request.extra.as_ref());
    let mut translation = Translation { exact, platform, ..Translation::default() };
    let mut extra = translation.members(request.extra.as_ref())?;
    let mut own = vec![extra.take("betas")];
    if platform == Platform::Bedrock {
        own.push(extra.take("anthropic_beta"));
    }
    let mut betas = betas(request, exact, own.into_iter().flatten())?;

    if counted {
        for name in GENERATING {
            extra.take(name);
        }
    }

    let mut body = Vec::with_capacity(1024);
    let mut object = Object::open(&mut body, extra);
    object.maybe("anthropic_version", platform.version());
    if counted || platform == Platform::Anthropic {
        object.put("model", &request.model);
    }
    if platform == Platform::Bedrock && !betas.is_empty() {
        object.value("anthropic_beta", std::mem::take(&mut betas));
    }

    let limits = Limits::of(request, exact)?;
    let json_object = matches!(request.output, Some(OutputFormat::JsonObject));
    let conversation = Conversation::of(&request.messages, json_object, &mut translation)?;
    let thinking = match object.spells("thinking") || object.spells("output_config") {
        true => reasoning::Thinking::default(),
        false => reasoning::plan(request, &limits, &mut translation).where_possible(
            request,
            &conversation,
            &mut translation,
        ),
    };
    object.maybe("max_tokens", limits.with_budget(thinking.budget()).filter(|_| !counted));
    conversation.write(&mut object, &mut translation)?;

    tool::write(request, &mut object, &mut translation)?;
    thinking.write(&mut object);
    write_output(request, thinking.effort(), &mut object, &mut translation)?;
    if !counted {
        write_sampling(&request.sampling, thinking.is_on(), &mut object, &mut translation);
        // Bedrock is told by the path.
        if request.stream && platform != Platform::Bedrock {
            object.value("stream", true);
        }
    }
    object.close();
    let betas = (!betas.is_empty()).then(|| betas.join(","));
    Ok(Outgoing { body, betas, warnings: translation.warnings })
}

/// How many tokens the answer may have.
pub(crate) struct Limits {
    pub(crate) asked: Option<u32>,
    default: Option<u32>,
}

impl Limits {
    fn of(request: &ChatRequest, exact: bool) -> Result<Self, Failure> {
        let asked = request.sampling.max_output_tokens;
        if asked.is_some() || exact {
            return Ok(Self { asked, default: None });
        }
        let default = match setting("default-max-tokens") {
            None => crate::DEFAULT_MAX_TOKENS,
            Some(text) => text.trim().parse().map_err(|_| {
                invalid(format!("the setting `default-max-tokens` is not a number: {text}"))
            })?,
        };
        Ok(Self { asked, default: Some(default) })
    }

    /// Whether a budget to think leaves something for the answer.
    pub(crate) fn have_room_for(&self, budget: u32) -> bool {
        self.asked.is_none_or(|asked| budget < asked)
    }

    /// What is thought counts too, so that a default grows by the budget for it.
    fn with_budget(&self, budget: u32) -> Option<u32> {
        self.asked.or(self.default.map(|default| default.saturating_add(budget)))
    }
}

/// The operator's beta features, the request's own, and what its content needs.
fn betas<'a>(
    request: &ChatRequest,
    exact: bool,
    own: impl Iterator<Item = &'a str>,
) -> Result<Vec<String>, Failure> {
    let mut all: Vec<String> = Vec::new();
    let mut add = |betas: &str| {
        for beta in betas.split(',').map(str::trim).filter(|beta| !beta.is_empty()) {
            if !all.iter().any(|known| known == beta) {
                all.push(beta.to_owned());
            }
        }
    };
    add(&setting("anthropic-beta").unwrap_or_default());
    for own in own {
        let list: Vec<Text<'_>> = serde_json::from_str(own)
            .map_err(|error| invalid(format!("`betas` is not a list of strings: {error}")))?;
        list.iter().for_each(|beta| add(&beta.0));
    }
    if !exact && request.messages.iter().any(names_a_file) {
        add(crate::FILES_BETA);
    }
    Ok(all)
}

fn names_a_file(message: &Message) -> bool {
    let is_file = |source: &MediaSource| matches!(source, MediaSource::FileId(_));
    message.parts.iter().any(|part| match part {
        Part::Media(media) => is_file(&media.source),
        Part::ToolResult(result) => result
            .content
            .iter()
            .any(|part| matches!(part, ToolResultPart::Media(media) if is_file(&media.source))),
        _ => false,
    })
}

fn write_output(
    request: &ChatRequest,
    effort: Option<&str>,
    object: &mut Object<'_, '_>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let schema = match &request.output {
        Some(OutputFormat::JsonSchema(schema)) if !object.spells("output_format") => Some(schema),
        _ => None,
    };
    if object.spells("output_config") || (schema.is_none() && effort.is_none()) {
        return Ok(());
    }
    let schema = match schema {
        Some(JsonSchema { description, schema, .. }) => {
            if description.is_some() {
                translation.left_out("the description of the answer's schema");
            }
            let schema = json(schema, "the schema of the answer")?;
            Some(match translation.exact {
                true => schema.as_bytes().to_vec(),
                false => {
                    let schema = Schema::of(schema);
                    for name in &schema.lost {
                        translation.left_out(&format!("`{name}` of the answer's schema"));
                    }
                    schema.text
                }
            })
        }
        None => None,
    };
    object.with("output_config", |out| {
        let mut config = Object::open(out, Default::default());
        config.maybe("effort", effort);
        if let Some(schema) = schema {
            config.with("format", |out| {
                let mut format = Object::open(out, Default::default());
                format.put("type", "json_schema");
                format.with("schema", |out| {
                    out.extend_from_slice(&schema);
                    Ok(())
                })?;
                format.close();
                Ok(())
            })?;
        }
        config.close();
        Ok(())
    })
}

fn write_sampling(
    sampling: &Sampling,
    thinks: bool,
    object: &mut Object<'_, '_>,
    translation: &mut Translation,
) {
    if !sampling.stop.is_empty() {
        object.value("stop_sequences", &sampling.stop);
    }
    // A model that thinks takes them as they are, or not at all.
    let fixed = thinks && !translation.exact;
    let mut free = |what: &str, is_free: bool| {
        if !is_free {
            translation.warn(format!("{what} was left out: it cannot be chosen beside reasoning"));
        }
        is_free
    };
    let temperature =
        sampling.temperature.filter(|wanted| free("the temperature", !fixed || *wanted == 1.0));
    let top_p = sampling.top_p.filter(|wanted| free("`top_p`", !fixed || *wanted >= 0.95));
    let top_k = sampling.top_k.filter(|_| free("`top_k`", !fixed));
    let temperature = match temperature {
        Some(wanted) if wanted > 1.0 && !translation.exact => {
            translation.warn("the temperature was lowered to 1, the highest here".to_owned());
            Some(1.0)
        }
        other => other,
    };
    object.maybe("temperature", temperature);
    object.maybe("top_p", top_p);
    object.maybe("top_k", top_k);
    let lost = [
        ("the number of choices", sampling.choices.is_some_and(|choices| choices != 1)),
        ("the wish for log probabilities", sampling.logprobs.is_some()),
        ("the seed", sampling.seed.is_some()),
        ("the presence penalty", sampling.presence_penalty.is_some_and(|value| value != 0.0)),
        ("the frequency penalty", sampling.frequency_penalty.is_some_and(|value| value != 0.0)),
    ];
    for (what, _) in lost.iter().filter(|(_, lost)| *lost) {
        translation.left_out(what);
    }
}
