//! A chat request into the input of a model.

use crate::DIALECT;
use crate::prompt;
use hotcell_sdk::{
    ChatRequest, Failure, FailureKind, OutputFormat, Sampling, json, percent_encode, setting,
};
use serde_json::{Map, Value};

/// What goes out, where, and what could not be said.
pub(crate) struct Body {
    pub(crate) path: String,
    pub(crate) json: Map<String, Value>,
    pub(crate) warnings: Vec<String>,
}

/// Members of other dialects that are only another spelling of what the types hold too.
const SAID: &[&str] = &[
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "reasoning",
    "reasoning_effort",
    "response_format",
    "stop",
    "stream",
    "stream_options",
    "thinking",
    "tools",
    "top_logprobs",
];

pub(crate) fn write(request: &ChatRequest) -> Result<Body, Failure> {
    let mut warnings = Vec::new();
    if !request.tools.is_empty() {
        return Err(unsupported("tools"));
    }
    if !matches!(request.output, None | Some(OutputFormat::Text)) {
        return Err(unsupported("an answer that is held to JSON"));
    }
    let mut input = Map::new();
    let prompt = prompt::write(&request.messages, &mut warnings)?;
    if let Some(system) = prompt.system {
        input.insert("system_prompt".to_owned(), system.into());
    }
    input.insert("prompt".to_owned(), prompt.text.into());
    sampling(&request.sampling, &mut input, &mut warnings)?;
    if request.reasoning.is_some() {
        lost("how much to reason", &mut warnings);
    }
    if let Some(extra) = &request.extra {
        let members = json::object(&extra.value, "`extra`")?;
        if extra.dialect == DIALECT {
            input.extend(members);
        } else {
            let said = |name: &str| SAID.contains(&name);
            for (name, _) in members.iter().filter(|(name, it)| !it.is_null() && !said(name)) {
                lost(&format!("`{name}` of {}", extra.dialect), &mut warnings);
            }
        }
    }
    if request.stream {
        warnings.push(
            "the answer comes at once: the provider streams from addresses of its own choice, and \
             an adapter follows none"
                .to_owned(),
        );
    }
    let (path, version) = place(&request.model)?;
    let mut body = Map::new();
    if let Some(version) = version {
        body.insert("version".to_owned(), version.into());
    }
    body.insert("input".to_owned(), input.into());
    Ok(Body { path, json: body, warnings })
}

/// Where a model is asked, and the version to name there.
fn place(model: &str) -> Result<(String, Option<&str>), Failure> {
    let (name, version) = match model.split_once(':') {
        Some((name, version)) => (name, Some(version)),
        None => (model, None),
    };
    match (name.split_once('/'), version) {
        (_, Some(version)) => Ok(("/predictions".to_owned(), Some(version))),
        (None, None) => Ok(("/predictions".to_owned(), Some(model))),
        (Some((owner, name)), None) if !owner.is_empty() && !name.is_empty() => {
            let mut path = "/models/".to_owned();
            percent_encode(&mut path, owner);
            path.push('/');
            percent_encode(&mut path, name);
            path.push_str("/predictions");
            Ok((path, None))
        }
        _ => {
            let why = format!("`{model}` is no model: expected owner/name, or a version");
            Err(Failure::new(FailureKind::InvalidRequest, why))
        }
    }
}

fn sampling(
    sampling: &Sampling,
    input: &mut Map<String, Value>,
    warnings: &mut Vec<String>,
) -> Result<(), Failure> {
    let limit = setting("max-tokens").unwrap_or_else(|| "max_tokens".to_owned());
    let members = [
        (limit.as_str(), sampling.max_output_tokens.map(Value::from)),
        ("temperature", sampling.temperature.map(Value::from)),
        ("top_p", sampling.top_p.map(Value::from)),
        ("top_k", sampling.top_k.map(Value::from)),
        ("seed", sampling.seed.map(Value::from)),
        ("presence_penalty", sampling.presence_penalty.map(Value::from)),
        ("frequency_penalty", sampling.frequency_penalty.map(Value::from)),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            input.insert(name.to_owned(), value);
        }
    }
    if sampling.stop.iter().any(|stop| stop.contains(',')) {
        return Err(unsupported("a stop sequence with a comma"));
    }
    if !sampling.stop.is_empty() {
        input.insert("stop_sequences".to_owned(), sampling.stop.join(",").into());
    }
    if sampling.choices.is_some_and(|choices| choices != 1) {
        lost("the number of choices", warnings);
    }
    if sampling.logprobs.is_some() {
        lost("the wish for log probabilities", warnings);
    }
    Ok(())
}

/// What would change the meaning of the request if it were left out.
pub(crate) fn unsupported(what: &str) -> Failure {
    Failure::unsupported(format!("{what} cannot be said in {DIALECT}: models there take text"))
}

/// Something was left out: a sentence for a person, once.
pub(crate) fn lost(what: &str, warnings: &mut Vec<String>) {
    let sentence = format!("{what} was left out: {DIALECT} has no word for it");
    if !warnings.contains(&sentence) {
        warnings.push(sentence);
    }
}
