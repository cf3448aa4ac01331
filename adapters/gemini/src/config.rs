//! How the answer is made: `generationConfig`
//! (<https://ai.google.dev/api/generate-content#generationconfig>).

use crate::json::{self, Members, Value};
use crate::schema::{self, Place};
use crate::thinking;
use crate::translation::{Translation, maybe, put, spells};
use hotcell_sdk::{ChatRequest, Failure, JsonSchema, OutputFormat, Sampling};

/// How many sequences may stop an answer.
const STOPS: usize = 5;

/// The configuration, with the client's own members in it; none where it says nothing.
pub(crate) fn write(
    request: &ChatRequest,
    own: Option<Members>,
    translation: &mut Translation,
) -> Result<Option<Value>, Failure> {
    let written = own.is_some();
    let own = own.unwrap_or_default();
    let mut config = Members::default();
    write_sampling(&request.sampling, &own, &mut config, translation)?;
    if !spells(&own, "thinkingConfig")
        && let Some(wanted) = &request.reasoning
    {
        let thinking = thinking::write(wanted, &request.model, translation);
        maybe(&mut config, &own, "thinkingConfig", thinking);
    }
    write_output(request, &own, &mut config, translation)?;
    config.extend(own);
    Ok((written || !config.is_empty()).then(|| config.into()))
}

fn write_sampling(
    sampling: &Sampling,
    own: &Members,
    config: &mut Members,
    translation: &mut Translation,
) -> Result<(), Failure> {
    maybe(config, own, "maxOutputTokens", sampling.max_output_tokens);
    maybe(config, own, "temperature", sampling.temperature);
    maybe(config, own, "topP", sampling.top_p);
    maybe(config, own, "topK", sampling.top_k);
    maybe(config, own, "candidateCount", sampling.choices);
    maybe(config, own, "presencePenalty", sampling.presence_penalty);
    maybe(config, own, "frequencyPenalty", sampling.frequency_penalty);
    match sampling.seed {
        Some(seed) if i32::try_from(seed).is_err() && !translation.exact => {
            translation.warn("the seed was left out: it has to be a number of 32 bits");
        }
        seed => maybe(config, own, "seed", seed),
    }
    let stops: Vec<&String> = match translation.exact {
        true => sampling.stop.iter().collect(),
        false => sampling.stop.iter().filter(|stop| !stop.is_empty()).collect(),
    };
    if stops.len() > STOPS && !translation.exact {
        let why = format!("{} sequences that stop: there may be {STOPS}", stops.len());
        return Err(Failure::unsupported(why));
    }
    if !stops.is_empty() {
        put(
            config,
            own,
            "stopSequences",
            stops.into_iter().map(|stop| Value::from(stop.as_str())).collect::<Vec<_>>(),
        );
    }
    if let Some(count) = sampling.logprobs {
        put(config, own, "responseLogprobs", true);
        maybe(config, own, "logprobs", (count > 0).then_some(count));
    }
    Ok(())
}

fn write_output(
    request: &ChatRequest,
    own: &Members,
    config: &mut Members,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let schema = match &request.output {
        None | Some(OutputFormat::Text) => return Ok(()),
        Some(OutputFormat::JsonObject) => None,
        Some(OutputFormat::JsonSchema(schema)) => Some(schema),
    };
    put(config, own, "responseMimeType", "application/json");
    let spelled = spells(own, "responseSchema") || spells(own, "responseJsonSchema");
    if let Some(JsonSchema { schema, description, .. }) = schema
        && !spelled
    {
        let mut value = json::members(schema, "the schema of the answer")?;
        if let Some(description) = description.as_deref().filter(|_| !value.has("description")) {
            value.insert("description", description);
        }
        let place = Place { what: "the schema of the answer", exact: translation.exact };
        let written = schema::write(value.into(), &place, translation);
        let name = if written.wide { "responseJsonSchema" } else { "responseSchema" };
        config.insert(name, written.schema);
    }
    Ok(())
}
