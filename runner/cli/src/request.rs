//! From what was typed to a request.

use crate::arguments::{ChatArguments, SamplingArguments};
use crate::attachment;
use crate::problem::{Problem, why};
use hotcell::types::{
    ChatRequest, JsonSchema, Message, OutputFormat, Part, ReasoningOptions, Role, Sampling,
};
use std::path::Path;

/// The parts of the user's first message: attachments, then what came through the
/// pipe, then the words of the command line. None where there is nothing to ask.
///
/// # Errors
/// An attachment or a pipe that cannot be read.
pub(crate) fn prompt(
    arguments: &ChatArguments,
    piped: Option<Vec<u8>>,
) -> Result<Option<Vec<Part>>, Problem> {
    let mut parts = Vec::new();
    for name in &arguments.files {
        parts.push(attachment::read(name)?);
    }
    if let Some(bytes) = piped.filter(|bytes| !bytes.is_empty()) {
        parts.push(
            attachment::part(bytes, None)
                .map_err(|why| Problem::usage(format!("standard input {why}")))?,
        );
    }
    if !arguments.prompt.is_empty() {
        parts.push(Part::plain(arguments.prompt.join(" ")));
    }
    Ok((!parts.is_empty()).then(|| joined(parts)))
}

/// Joins texts that stand beside each other, as one would type them.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(Part::Text(last)), Part::Text(next)) => {
                let end = last.text.trim_end_matches('\n').len();
                last.text.truncate(end);
                last.text.push_str("\n\n");
                last.text.push_str(&next.text);
            }
            (_, part) => joined.push(part),
        }
    }
    joined
}

/// Reads standard input, unless an attachment already is it.
///
/// # Errors
/// What the system said.
pub(crate) fn piped(arguments: &ChatArguments, can_ask: bool) -> Result<Option<Vec<u8>>, Problem> {
    if can_ask || arguments.files.iter().any(|file| file == "-") {
        return Ok(None);
    }
    let bytes = attachment::read_all(std::io::stdin().lock()).map_err(|error| {
        Problem::usage(format!("standard input cannot be read: {}", why(&error)))
    })?;
    Ok(Some(bytes))
}

/// A request without its messages, but for the instructions above them.
///
/// # Errors
/// A schema that cannot be read.
pub(crate) fn request(arguments: &ChatArguments) -> Result<ChatRequest, Problem> {
    let mut request = ChatRequest::new(Vec::new());
    if let Some(system) = &arguments.system {
        request.messages.push(Message::system(system.as_str()));
    }
    request.output = arguments.schema.as_deref().map(schema).transpose()?;
    request.sampling = sampling(&arguments.sampling);
    request.reasoning = reasoning(&arguments.sampling, arguments.output.show_reasoning);
    request.stream = !arguments.output.no_stream;
    Ok(request)
}

/// Adds the user's turn.
pub(crate) fn ask(request: &mut ChatRequest, parts: Vec<Part>) {
    request.messages.push(Message::new(Role::User, parts));
}

fn sampling(arguments: &SamplingArguments) -> Sampling {
    Sampling {
        max_output_tokens: arguments.max_tokens,
        temperature: arguments.temperature,
        top_p: arguments.top_p,
        top_k: arguments.top_k,
        seed: arguments.seed,
        presence_penalty: arguments.presence_penalty,
        frequency_penalty: arguments.frequency_penalty,
        stop: arguments.stop.clone(),
        ..Sampling::default()
    }
}

fn reasoning(arguments: &SamplingArguments, show: bool) -> Option<ReasoningOptions> {
    let SamplingArguments { reasoning_effort: effort, reasoning_budget: budget, .. } = arguments;
    (effort.is_some() || budget.is_some()).then(|| ReasoningOptions {
        effort: effort.clone(),
        budget_tokens: *budget,
        include_text: show.then_some(true),
    })
}

fn schema(file: &Path) -> Result<OutputFormat, Problem> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Problem::usage(format!("the schema `{shown}` cannot be read: {}", why(&error)))
    })?;
    let value: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Problem::usage(format!("the schema `{shown}` is not JSON: {error}")))?;
    if !value.is_object() {
        return Err(Problem::usage(format!("the schema `{shown}` is not a JSON object")));
    }
    let title = value["title"].as_str().map(str::to_owned);
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let description = value["description"].as_str().map(str::to_owned);
    Ok(OutputFormat::JsonSchema(JsonSchema {
        name: title.or(stem).map(|name| plain_name(&name)),
        description,
        schema: text,
        strict: Some(true),
    }))
}

/// Providers take letters, digits, `_` and `-`, at most 64.
fn plain_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    name.chars().take(64).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(parts: &[Part]) -> Vec<&str> {
        parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.text.as_str(),
                _ => "(medium)",
            })
            .collect()
    }

    #[test]
    fn the_pipe_comes_before_the_words() {
        let arguments =
            ChatArguments { prompt: vec!["sum".into(), "up".into()], ..Default::default() };
        let parts = prompt(&arguments, Some(b"line\n\n".to_vec())).unwrap().unwrap();
        assert_eq!(texts(&parts), ["line\n\nsum up"]);
    }

    #[test]
    fn a_medium_in_the_pipe_stays_one() {
        let arguments = ChatArguments { prompt: vec!["what?".into()], ..Default::default() };
        let parts = prompt(&arguments, Some(b"%PDF-1.4".to_vec())).unwrap().unwrap();
        assert_eq!(texts(&parts), ["(medium)", "what?"]);
    }

    #[test]
    fn nothing_typed_nothing_piped_is_nothing_to_ask() {
        assert_eq!(prompt(&ChatArguments::default(), Some(Vec::new())).unwrap(), None);
        assert_eq!(prompt(&ChatArguments::default(), None).unwrap(), None);
    }
}
