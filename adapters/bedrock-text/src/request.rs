//! A chat request in a maker's words.

use crate::DIALECT;
use crate::maker::Maker;
use hotcell_bedrock::json::{List, Members, Object, string};
use hotcell_openai_chat::prompt;
use hotcell_sdk::{
    ChatRequest, Failure, FailureKind, LogLevel, Message, OutputFormat, Part, Role, Sampling, log,
};

/// What goes out, and what could not be said.
pub(crate) struct Body {
    pub(crate) json: Vec<u8>,
    pub(crate) warnings: Vec<String>,
}

/// What a maker calls what says how to generate; empty where it has no word for it.
struct Names {
    limit: &'static str,
    top_p: &'static str,
    top_k: &'static str,
    stop: &'static str,
    seed: &'static str,
    /// Of presence, and of frequency.
    penalties: [&'static str; 2],
}

const PLAIN: Names = Names {
    limit: "max_tokens",
    top_p: "top_p",
    top_k: "",
    stop: "stop",
    seed: "",
    penalties: [""; 2],
};

fn names(maker: Maker) -> Names {
    match maker {
        Maker::Command => Names { top_p: "p", top_k: "k", stop: "stop_sequences", ..PLAIN },
        Maker::CommandR => Names {
            top_p: "p",
            top_k: "k",
            stop: "stop_sequences",
            seed: "seed",
            penalties: ["presence_penalty", "frequency_penalty"],
            ..PLAIN
        },
        Maker::DeepSeek => PLAIN,
        Maker::Llama => Names { limit: "max_gen_len", stop: "", ..PLAIN },
        Maker::Mistral => Names { top_k: "top_k", ..PLAIN },
        Maker::Titan => {
            Names { limit: "maxTokenCount", top_p: "topP", stop: "stopSequences", ..PLAIN }
        }
    }
}

/// Writes the body of a request.
pub(crate) fn write(request: &ChatRequest) -> Result<Body, Failure> {
    let exact = request.extra.as_ref().is_some_and(|extra| extra.dialect == DIALECT);
    let mut warnings = Vec::new();
    let maker = Maker::of(&request.model).unwrap_or_else(|| {
        // Whether it understands them is the provider's to say.
        let model = &request.model;
        let why = format!(
            "whose words `{model}` takes is not known, and it is asked in those that most have: \
             the setting `family` can tell"
        );
        log(LogLevel::Warn, &why);
        Maker::DeepSeek
    });
    let extra = extra(request, &mut warnings)?;
    let mut json = Vec::with_capacity(256);
    let mut body = Object::open(&mut json, extra);
    match maker {
        Maker::CommandR => conversation(request, &mut body, &mut warnings)?,
        _ => {
            let name = if maker == Maker::Titan { "inputText" } else { "prompt" };
            if !body.spells(name) {
                let prompt = prompt(request)?;
                warnings.extend(prompt.warnings);
                body.text(name, &prompt.text);
            }
        }
    }
    match maker {
        Maker::Titan => {
            if let Some(out) = body.member("textGenerationConfig") {
                let mut config = Object::open(out, Members::default());
                sampling(&request.sampling, &names(maker), &mut config, &mut warnings);
                config.close();
            }
        }
        _ => sampling(&request.sampling, &names(maker), &mut body, &mut warnings),
    }
    // Only then an answer in the first words of Cohere's comes in pieces.
    if request.stream && maker == Maker::Command && !exact {
        body.raw("stream", "true");
    }
    body.close();
    // Who writes these words himself has said all in them, and knows what a model takes.
    if exact {
        warnings.clear();
    }
    Ok(Body { json, warnings })
}

fn extra<'a>(request: &'a ChatRequest, warnings: &mut Vec<String>) -> Result<Members<'a>, Failure> {
    let Some(native) = &request.extra else { return Ok(Members::default()) };
    let members = Members::any(&native.value)
        .ok_or_else(|| Failure::new(FailureKind::InvalidRequest, "`extra` is not a JSON object"))?;
    if native.dialect == DIALECT {
        return Ok(members);
    }
    let said = members.0.iter().filter(|(name, value)| *value != "null" && !is_known(name));
    let dialect = &native.dialect;
    warnings.extend(said.map(|(name, _)| {
        format!("`{name}` of {dialect} was left out: {DIALECT} has no word for it")
    }));
    Ok(Members::default())
}

/// What clients of other dialects spell themselves although a field has it, too.
fn is_known(name: &str) -> bool {
    ["max_tokens", "max_completion_tokens", "stop", "stream", "stream_options"].contains(&name)
}

/// A conversation as Command R has it: the last thing said, and what was said before.
fn conversation(
    request: &ChatRequest,
    body: &mut Object<'_, '_>,
    warnings: &mut Vec<String>,
) -> Result<(), Failure> {
    let refuse =
        |what: &str| Err(Failure::unsupported(format!("{what} cannot be said here: by Converse")));
    if !request.tools.is_empty() && !body.spells("tools") {
        return refuse("tools");
    }
    if request.output.as_ref().is_some_and(|output| !matches!(output, OutputFormat::Text)) {
        return refuse("a form of the answer");
    }
    if request
        .reasoning
        .as_ref()
        .is_some_and(|it| it.effort.is_some() || it.budget_tokens.is_some())
    {
        warnings.push("how much to think was left out: these models do not".to_owned());
    }
    let is_instruction =
        |message: &&Message| matches!(message.role, Role::System | Role::Developer);
    let mut turns: Vec<(&str, String)> = Vec::new();
    let mut preamble = String::new();
    for message in &request.messages {
        let text = words(message, warnings)?;
        if is_instruction(&message) {
            if !turns.is_empty() {
                warnings.push(
                    "an instruction from the middle of the conversation was moved to its beginning"
                        .to_owned(),
                );
            }
            let between = if preamble.is_empty() { "" } else { "\n\n" };
            preamble.push_str(between);
            preamble.push_str(&text);
            continue;
        }
        let role = match message.role {
            Role::Tool => return refuse("the result of a tool"),
            Role::Assistant => "CHATBOT",
            _ => "USER",
        };
        turns.push((role, text));
    }
    let last = match turns.pop() {
        Some(("USER", text)) => text,
        _ if body.spells("message") => String::new(),
        _ => {
            let why = "the last message must be the user's: an answer cannot be begun here";
            return Err(Failure::unsupported(why));
        }
    };
    body.text("message", &last);
    if !turns.is_empty()
        && let Some(out) = body.member("chat_history")
    {
        let mut list = List::open(out);
        for (role, text) in turns {
            let mut turn = Object::open(list.element(), Members::default());
            turn.text("role", role);
            turn.text("message", &text);
            turn.close();
        }
        list.close();
    }
    if !preamble.is_empty() {
        body.text("preamble", &preamble);
    }
    Ok(())
}

/// The words of a message.
fn words(message: &Message, warnings: &mut Vec<String>) -> Result<String, Failure> {
    let mut words = String::new();
    for part in &message.parts {
        let what = match part {
            Part::Text(text) => {
                words.push_str(&text.text);
                continue;
            }
            Part::Refusal(text) => {
                words.push_str(text);
                continue;
            }
            // What a model thought is not what was said.
            Part::Reasoning(_) => {
                warnings.push("what the model thought before was left out".to_owned());
                continue;
            }
            Part::Media(_) => "a medium",
            Part::ToolCall(_) => "the call of a tool",
            Part::ToolResult(_) => "the result of a tool",
            Part::Native(native) => &native.dialect,
        };
        return Err(Failure::unsupported(format!("{what} cannot be given: there is only text")));
    }
    if message.name.is_some() {
        warnings.push("the name of a participant was left out".to_owned());
    }
    Ok(words)
}

fn sampling(
    sampling: &Sampling,
    names: &Names,
    object: &mut Object<'_, '_>,
    warnings: &mut Vec<String>,
) {
    let number = |value: f64| {
        let mut text = value.to_string();
        // Without a fraction it is a number all the same; what is none is no JSON.
        if !value.is_finite() {
            text = "null".to_owned();
        }
        text
    };
    let penalty = |value: Option<f64>| value.filter(|value| *value != 0.0).map(number);
    let [presence, frequency] = names.penalties;
    let members = [
        ("the limit on tokens", names.limit, sampling.max_output_tokens.map(|it| it.to_string())),
        ("the temperature", "temperature", sampling.temperature.map(number)),
        ("top-p", names.top_p, sampling.top_p.map(number)),
        ("top-k", names.top_k, sampling.top_k.map(|it| it.to_string())),
        ("the seed", names.seed, sampling.seed.map(|it| it.to_string())),
        ("the presence penalty", presence, penalty(sampling.presence_penalty)),
        ("the frequency penalty", frequency, penalty(sampling.frequency_penalty)),
        ("the number of choices", "", sampling.choices.filter(|n| *n > 1).map(|n| n.to_string())),
        ("the wish for log probabilities", "", sampling.logprobs.map(|n| n.to_string())),
    ];
    for (what, name, value) in members {
        match value {
            Some(_) if name.is_empty() => left_out(what, warnings),
            Some(value) => object.raw(name, &value),
            None => {}
        }
    }
    match sampling.stop.as_slice() {
        [] => {}
        _ if names.stop.is_empty() => left_out("where to stop", warnings),
        stop => {
            if let Some(out) = object.member(names.stop) {
                let mut list = List::open(out);
                stop.iter().for_each(|stop| string(list.element(), stop));
                list.close();
            }
        }
    }
}

fn left_out(what: &str, warnings: &mut Vec<String>) {
    warnings.push(format!("{what} was left out: this model has no word for it"));
}
