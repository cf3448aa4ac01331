//! Texts into vectors
//! (<https://huggingface.co/docs/inference-providers/tasks/feature-extraction>,
//! <https://huggingface.github.io/text-embeddings-inference/#/Text%20Embeddings%20Inference/embed>).

use crate::server::{Server, ask, own};
use hotcell_sdk::{EmbedRequest, EmbedResponse, Failure, Input};
use serde_json::{Map, Value};

/// Members of other dialects that are only about the form of vectors on the wire, or that
/// the types hold too.
const SAID: &[&str] =
    &["embedding_types", "encoding_format", "input", "input_type", "task", "texts"];

pub(crate) fn embed(request: &EmbedRequest) -> Result<EmbedResponse, Failure> {
    let server = Server::of_provider();
    let dialect = server.embeddings();
    let path = server.embed_path(&request.model)?;
    let body = write(request, server, dialect)?;
    let answer = ask(path, &body, dialect)?;
    // A client's own inputs may be others than the types hold.
    let inputs = body.get("inputs").and_then(Value::as_array).map_or(1, Vec::len);
    let vectors = read(&answer.text, inputs)?;
    Ok(EmbedResponse { model: None, vectors, usage: answer.usage, extra: None })
}

fn write(
    request: &EmbedRequest,
    server: Server,
    dialect: &str,
) -> Result<Map<String, Value>, Failure> {
    let own = own(request.extra.as_ref(), dialect, SAID)?;
    if own.get("encoding_format").is_some_and(|format| format != "float") {
        return Err(Failure::unsupported("vectors in another form than that of numbers"));
    }
    let inputs = request.inputs.iter().map(|input| match input {
        Input::Text(text) => Ok(text.as_str().into()),
        Input::Tokens(tokens) if server == Server::Tei => Ok(tokens.as_slice().into()),
        Input::Tokens(_) => Err(Failure::unsupported(format!(
            "numbers of tokens instead of texts cannot be said in {dialect}"
        ))),
    });
    let inputs: Vec<Value> = inputs.collect::<Result<_, _>>()?;
    let mut body = Map::new();
    body.insert("inputs".to_owned(), inputs.into());
    if let Some(task) = request.task.as_deref() {
        body.insert("prompt_name".to_owned(), task.into());
    }
    if let Some(dimensions) = request.dimensions {
        body.insert("dimensions".to_owned(), dimensions.into());
    }
    body.extend(own);
    Ok(body)
}

/// A list of vectors, or the one vector of a single text.
fn read(text: &str, inputs: usize) -> Result<Vec<Vec<f32>>, Failure> {
    let bad = |why| Failure::malformed(format!("the answer is not the JSON expected: {why}"));
    let opening = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let vectors: Vec<Vec<f32>> = match opening.take_while(|byte| *byte == b'[').take(3).count() {
        3 => {
            return Err(Failure::unsupported(
                "this model gives a vector for each token, and none for the text",
            ));
        }
        1 if inputs == 1 => vec![serde_json::from_str(text).map_err(bad)?],
        _ => serde_json::from_str(text).map_err(bad)?,
    };
    if vectors.len() != inputs {
        let counts = format!("{} vectors came for {inputs} inputs", vectors.len());
        return Err(Failure::malformed(counts));
    }
    match vectors.iter().flatten().all(|number| number.is_finite()) {
        true => Ok(vectors),
        false => Err(Failure::malformed("a vector holds what is no number")),
    }
}
