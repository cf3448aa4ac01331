//! The exports: which attempt is made, and how its answer is handed over.

use crate::ask;
use hotcell_sdk::{
    Chat, ChatRequest, Completion, EmbedRequest, EmbedResponse, Embeddings, Event, Failure, Model,
    Models, finished, setting, text,
};

pub(crate) struct Hostile;

pub(crate) type Batch = Result<Option<Vec<Event>>, Failure>;

/// An answer of an attempt's own making.
pub(crate) struct Answer(Box<dyn FnMut() -> Batch>);

impl Answer {
    /// Asked for each batch.
    pub(crate) fn of(next: impl FnMut() -> Batch + 'static) -> Self {
        Self(Box::new(next))
    }

    /// These batches, then the end.
    pub(crate) fn batches(batches: impl IntoIterator<Item = Vec<Event>>) -> Self {
        let mut batches = batches.into_iter().collect::<Vec<_>>().into_iter();
        Self::of(move || Ok(batches.next()))
    }

    /// An ordinary answer with this text.
    pub(crate) fn telling(words: impl Into<String>) -> Self {
        Self::batches([vec![text(0, 0, words), finished(0, "stop")]])
    }
}

impl Completion for Answer {
    fn next(&mut self) -> Batch {
        (self.0)()
    }
}

impl Chat for Hostile {
    type Completion = Answer;

    fn complete(request: ChatRequest) -> Result<Answer, Failure> {
        attempt(&request.model).unwrap_or_else(|| polite(&request.model))
    }
}

impl Embeddings for Hostile {
    fn embed(request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        embed_attempt(&request.model).unwrap_or_else(|| {
            let vectors = request.inputs.iter().map(|_| vec![0.0, 1.0]).collect();
            Ok(EmbedResponse { model: None, vectors, usage: None, extra: None })
        })
    }
}

impl Models for Hostile {
    fn list_models() -> Result<Vec<Model>, Failure> {
        setting("attempt")
            .and_then(|name| list_models_attempt(&name))
            .unwrap_or_else(|| Ok(vec![model("polite", None)]))
    }
}

pub(crate) fn model(id: &str, raw: Option<&str>) -> Model {
    let raw = raw.map(str::to_owned);
    Model { id: id.to_owned(), name: None, created: None, owned_by: None, raw }
}

/// What an ordinary adapter would do.
fn polite(model: &str) -> Result<Answer, Failure> {
    let response = ask::send(&ask::request(model))?;
    let mut body = Vec::new();
    while let Some(bytes) = response.read(64 * 1024)? {
        body.extend_from_slice(&bytes);
    }
    Ok(Answer::telling(String::from_utf8_lossy(&body)))
}

macro_rules! made_by {
    (complete complete $attempt:path) => {
        Ok($attempt())
    };
    (embed embed $attempt:path) => {
        Ok($attempt())
    };
    (list_models list_models $attempt:path) => {
        Ok($attempt())
    };
    ($wanted:ident $other:ident $attempt:path) => {
        Err(Failure::unsupported("another export makes this attempt"))
    };
}

macro_rules! dispatch {
    ($($group:ident $name:ident $export:ident $what:literal;)*) => {
        fn attempt(name: &str) -> Option<Result<Answer, Failure>> {
            Some(match name.replace('-', "_").as_str() {
                $(stringify!($name) => made_by!(complete $export crate::$group::$name),)*
                _ => return None,
            })
        }

        fn embed_attempt(name: &str) -> Option<Result<EmbedResponse, Failure>> {
            Some(match name.replace('-', "_").as_str() {
                $(stringify!($name) => made_by!(embed $export crate::$group::$name),)*
                _ => return None,
            })
        }

        fn list_models_attempt(name: &str) -> Option<Result<Vec<Model>, Failure>> {
            Some(match name.replace('-', "_").as_str() {
                $(stringify!($name) => made_by!(list_models $export crate::$group::$name),)*
                _ => return None,
            })
        }
    };
}

crate::for_each_attempt!(dispatch);
