//! A chat request in the words of Hugging Face's generate
//! (<https://huggingface.co/docs/text-generation-inference/reference/api_reference>).

use crate::DIALECT;
use hotcell_openai_chat::json::{self, Json, Members};
use hotcell_openai_chat::{Body, prompt};
use hotcell_sdk::{ChatRequest, Failure, FailureKind, Sampling};

/// Writes the body of a request. The conversation becomes one text: see [`prompt`].
pub(crate) fn write(request: &ChatRequest) -> Result<Body, Failure> {
    let mut prompt = prompt(request)?;
    let extra = extra(request, &mut prompt.warnings)?;
    let mut json = Json::default();
    json.open(b'{').name("inputs").text(&prompt.text);
    json.name("parameters").open(b'{');
    parameters(&request.sampling, &extra, &mut json, &mut prompt.warnings)?;
    extra.pairs().for_each(|(name, value)| json.name(name).raw(value));
    json.close(b'}');
    if request.stream {
        json.name("stream").raw("true");
    }
    json.close(b'}');
    Ok(Body { json: json.0, warnings: prompt.warnings })
}

fn extra<'a>(request: &'a ChatRequest, warnings: &mut Vec<String>) -> Result<Members<'a>, Failure> {
    let Some(native) = &request.extra else { return Ok(Members::default()) };
    let members = Members::checked(&native.value)
        .ok_or_else(|| Failure::new(FailureKind::InvalidRequest, "`extra` is not a JSON object"))?;
    if native.dialect == DIALECT {
        return Ok(members);
    }
    let said = members.pairs().filter(|(name, value)| *value != "null" && !is_known(name));
    let dialect = &native.dialect;
    warnings.extend(said.map(|(name, _)| {
        format!("`{name}` of {dialect} was left out: {DIALECT} has no word for it")
    }));
    Ok(Members::default())
}

/// What a client of chat completions spells itself although a field has it, too.
fn is_known(name: &str) -> bool {
    ["max_tokens", "max_completion_tokens", "stop", "stream", "stream_options"].contains(&name)
}

fn parameters(
    sampling: &Sampling,
    extra: &Members<'_>,
    body: &mut Json,
    warnings: &mut Vec<String>,
) -> Result<(), Failure> {
    if sampling.choices.is_some_and(|choices| choices > 1) {
        return Err(Failure::unsupported("several answers: generate gives one"));
    }
    if sampling.presence_penalty.is_some_and(|penalty| penalty != 0.0) {
        warnings.push("the presence penalty was left out: generate has no word for it".to_owned());
    }
    let sampled = sampling.temperature.map(|temperature| temperature > 0.0);
    // A share of 1 is all, which is the default, and refused where it is said.
    let top_p = sampling.top_p.filter(|share| *share < 1.0);
    let number = |value: Option<f64>| value.map(json::number);
    let members = [
        // Only then the end and its reason are told, and how many tokens there were.
        ("details", Some("true".to_owned())),
        ("return_full_text", Some("false".to_owned())),
        ("max_new_tokens", sampling.max_output_tokens.map(|limit| limit.to_string())),
        // No temperature means no drawing of lots, and 0 is refused.
        ("do_sample", sampled.map(|sampled| sampled.to_string())),
        ("temperature", number(sampling.temperature.filter(|_| sampled == Some(true)))),
        ("top_p", number(top_p)),
        ("top_k", sampling.top_k.map(|number| number.to_string())),
        ("seed", sampling.seed.map(|seed| seed.to_string())),
        ("frequency_penalty", number(sampling.frequency_penalty)),
        ("top_n_tokens", sampling.logprobs.filter(|n| *n > 0).map(|n| n.to_string())),
    ];
    for (name, value) in members {
        if let Some(value) = value.filter(|_| !extra.has(name)) {
            body.name(name).raw(&value);
        }
    }
    if !sampling.stop.is_empty() && !extra.has("stop") {
        body.name("stop").open(b'[');
        sampling.stop.iter().for_each(|stop| body.text(stop));
        body.close(b']');
    }
    Ok(())
}
