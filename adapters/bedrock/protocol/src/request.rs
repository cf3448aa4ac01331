//! A chat request into the body that the provider reads
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>).

use crate::conversation::Conversation;
use crate::family::Family;
use crate::json::{List, Members, Object, elements, object_text, only, plain, quoted, string};
use crate::naming::Names;
use crate::reasoning;
use crate::tool::{self, NO_CALLS, Offer};
use crate::translation::{Operation, Translation, invalid, json};
use hotcell_sdk::{ChatRequest, Failure, JsonSchema, OutputFormat, Sampling, setting};

/// What is asked for where an answer has to be JSON of no particular schema: the
/// protocol has no word for it.
const JSON_ONLY: &str = "Answer with a single JSON object and nothing else.";

/// What goes out, and what could not be said.
pub(crate) struct Outgoing {
    pub(crate) body: Vec<u8>,
    pub(crate) warnings: Vec<String>,
    /// The names of tools, to turn them back in the answer.
    pub(crate) names: Names,
}

pub(crate) fn write(request: &ChatRequest, operation: Operation) -> Result<Outgoing, Failure> {
    let mut translation = Translation::of(request, operation);
    let betas = betas(request, translation.exact)?;
    let extra = translation.members(request.extra.as_ref())?;
    let mut body = Vec::with_capacity(1024);
    let mut object = Object::open(&mut body, extra);

    let mut words = Vec::new();
    if matches!(request.output, Some(OutputFormat::JsonObject)) {
        translation.warn(
            "JSON without a schema is asked for in words: the protocol has no other way".to_owned(),
        );
        words.push(JSON_ONLY);
    }
    let offer = Offer::of(request, &mut translation);
    if matches!(offer, Offer::Forbidden(_)) {
        words.push(NO_CALLS);
    }
    Conversation::of(&request.messages, words, &mut translation)?
        .write(&mut object, &mut translation)?;
    tool::write(request, &offer, &mut object, &mut translation)?;
    if translation.invokes() {
        write_invoked(request, &mut object, &mut translation)?;
    } else {
        write_rest(request, &betas, &mut object, &mut translation)?;
    }
    object.close();
    let Translation { warnings, names, .. } = translation;
    Ok(Outgoing { body, warnings, names })
}

/// What is not the conversation, by Converse.
fn write_rest(
    request: &ChatRequest,
    betas: &[String],
    object: &mut Object<'_, '_>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    write_sampling(&request.sampling, &[], object, translation);
    let own = object.spells("additionalModelRequestFields") || object.spells("outputConfig");
    let thinking = match own && translation.exact {
        true => reasoning::Thinking::default(),
        false => reasoning::plan(request, translation),
    };
    write_output(request, thinking.effort, object, translation)?;
    if !object.spells("additionalModelRequestFields") {
        let mut fields = fields(request, translation);
        fields.extend(thinking.field);
        if translation.family == Family::Claude && !betas.is_empty() {
            let mut list = Vec::new();
            let mut names = List::open(&mut list);
            betas.iter().for_each(|beta| string(names.element(), beta));
            names.close();
            fields.push(("anthropic_beta", String::from_utf8(list).unwrap_or_default()));
        }
        if !fields.is_empty() {
            object.raw("additionalModelRequestFields", &object_text(&fields));
        }
    }
    if translation.operation == Operation::Converse {
        write_guardrail(object);
    }
    Ok(())
}

/// The same in Nova's own words: what only some models take stands beside what all take.
fn write_invoked(
    request: &ChatRequest,
    object: &mut Object<'_, '_>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    if matches!(request.output, Some(OutputFormat::JsonSchema(_))) {
        let why = "a schema for the answer: Nova has no word for it when it is invoked";
        return Err(Failure::unsupported(why));
    }
    let thinking = reasoning::plan(request, translation);
    let mut beside = fields(request, translation);
    beside.extend(thinking.field);
    write_sampling(&request.sampling, &beside, object, translation);
    object.text("schemaVersion", "messages-v1");
    Ok(())
}

/// The operator's beta features for Claude, and those that a client of Claude's own
/// protocol names.
fn betas(request: &ChatRequest, exact: bool) -> Result<Vec<String>, Failure> {
    let mut betas: Vec<String> = Vec::new();
    if exact {
        return Ok(betas);
    }
    let mut add = |beta: &str| {
        let beta = beta.trim();
        if !beta.is_empty() && !betas.iter().any(|known| known == beta) {
            betas.push(beta.to_owned());
        }
    };
    setting("anthropic-beta").unwrap_or_default().split(',').for_each(&mut add);
    let theirs = request.extra.as_ref().filter(|extra| extra.dialect == "anthropic-messages");
    if let Some(own) = theirs.and_then(|extra| Members::any(&extra.value)?.get("betas")) {
        let list = elements(own).ok_or_else(|| invalid("`betas` is not a list of strings"))?;
        for beta in list {
            add(&plain(beta).ok_or_else(|| invalid("`betas` is not a list of strings"))?);
        }
    }
    Ok(betas)
}

fn write_sampling(
    sampling: &Sampling,
    beside: &[(&str, String)],
    object: &mut Object<'_, '_>,
    translation: &mut Translation,
) {
    let temperature = match sampling.temperature {
        Some(wanted) if wanted > 1.0 && !translation.exact => {
            translation.warn("the temperature was lowered to 1, the highest here".to_owned());
            Some(1.0)
        }
        other => other,
    };
    let told = |text: &&String| translation.exact || !text.is_empty();
    let stop: Vec<&String> = sampling.stop.iter().filter(told).collect();
    let tokens = sampling.max_output_tokens;
    let own = tokens.is_some() || temperature.is_some() || sampling.top_p.is_some();
    if !own && stop.is_empty() && beside.is_empty() {
        return;
    }
    let Some(out) = object.member("inferenceConfig") else { return };
    let mut config = Object::open(out, Members::default());
    if let Some(tokens) = tokens {
        config.raw("maxTokens", &tokens.to_string());
    }
    for (name, number) in [("temperature", temperature), ("topP", sampling.top_p)] {
        if let Some(number) = number {
            config.raw(name, &serde_json::to_string(&number).unwrap_or_default());
        }
    }
    if !stop.is_empty()
        && let Some(out) = config.member("stopSequences")
    {
        let mut list = List::open(out);
        stop.iter().for_each(|text| string(list.element(), text));
        list.close();
    }
    beside.iter().for_each(|(name, value)| config.raw(name, value));
    config.close();
}

/// What some models take and the protocol has no word for, in their own words.
fn fields(request: &ChatRequest, translation: &mut Translation) -> Vec<(&'static str, String)> {
    let sampling = &request.sampling;
    let mut fields = Vec::new();
    let family = translation.family;
    if let Some(top_k) = sampling.top_k {
        match family {
            Family::Claude | Family::Mistral => fields.push(("top_k", top_k.to_string())),
            Family::Cohere => fields.push(("k", top_k.to_string())),
            Family::Nova | Family::Nova2 if translation.invokes() => {
                fields.push(("topK", top_k.to_string()));
            }
            Family::Nova | Family::Nova2 => {
                fields.push(("inferenceConfig", format!("{{\"topK\":{top_k}}}")));
            }
            _ => translation.not_here("the limit on candidates (top-k)"),
        }
    }
    let penalties = [
        ("presence_penalty", "the presence penalty", sampling.presence_penalty),
        ("frequency_penalty", "the frequency penalty", sampling.frequency_penalty),
    ];
    for (name, what, value) in penalties {
        match value {
            Some(value) if family == Family::Cohere => {
                fields.push((name, serde_json::to_string(&value).unwrap_or_default()));
            }
            Some(value) if value != 0.0 => translation.not_here(what),
            _ => {}
        }
    }
    match sampling.seed {
        Some(seed) if family == Family::Cohere => fields.push(("seed", seed.to_string())),
        Some(_) => translation.not_here("the seed"),
        None => {}
    }
    if sampling.choices.is_some_and(|choices| choices != 1) {
        translation.left_out("the number of choices");
    }
    if sampling.logprobs.is_some() {
        translation.left_out("the wish for log probabilities");
    }
    fields.extend(tool::parallel(request, translation).map(|choice| ("tool_choice", choice)));
    fields
}

/// `outputConfig`: the schema of the answer, and an effort.
fn write_output(
    request: &ChatRequest,
    effort: Option<String>,
    object: &mut Object<'_, '_>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let schema = match &request.output {
        Some(OutputFormat::JsonSchema(schema)) => Some(schema),
        _ => None,
    };
    if schema.is_none() && effort.is_none() {
        return Ok(());
    }
    let Some(out) = object.member("outputConfig") else { return Ok(()) };
    let mut config = Object::open(out, Members::default());
    if let Some(schema) = schema
        && let Some(out) = config.member("textFormat")
    {
        write_format(schema, out, translation)?;
    }
    if let Some(effort) = effort {
        config.text("effort", &effort);
    }
    config.close();
    Ok(())
}

fn write_format(
    schema: &JsonSchema,
    out: &mut Vec<u8>,
    translation: &Translation,
) -> Result<(), Failure> {
    let mut format = Object::open(out, Members::default());
    format.text("type", "json_schema");
    if let Some(out) = format.member("structure") {
        only(out, "jsonSchema", |out| {
            let mut definition = Object::open(out, Members::default());
            let told = |text: &&String| translation.exact || !text.is_empty();
            if let Some(name) = schema.name.as_ref().filter(told) {
                definition.text("name", name);
            }
            if let Some(description) = schema.description.as_ref().filter(told) {
                definition.text("description", description);
            }
            // The provider wants it as text. A client of this dialect wrote it so.
            let text = match translation.exact {
                true => &schema.schema,
                false => json(&schema.schema, "the schema of the answer")?,
            };
            definition.text("schema", text);
            definition.close();
            Ok(())
        })?;
    }
    format.close();
    Ok(())
}

/// The operator's guardrail, for a request that names none itself.
fn write_guardrail(object: &mut Object<'_, '_>) {
    let Some(id) = setting("guardrail-id").filter(|id| !id.is_empty()) else { return };
    let version = setting("guardrail-version").unwrap_or_else(|| "DRAFT".to_owned());
    let (id, version) = (quoted(&id), quoted(&version));
    let members = [("guardrailIdentifier", id.as_str()), ("guardrailVersion", version.as_str())];
    object.raw("guardrailConfig", &object_text(&members));
}
