//! What a client says of a stored answer beside its id.

use hotcell::types::{Action, Failure, FailureKind, Parameter};

/// Parameters at the most, and bytes of each value. An `include` has some dozens.
const PARAMETERS: usize = 32;
const VALUE_BYTES: usize = 512;

/// A query that has been read.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Query {
    /// It is to be told as a stream.
    pub(super) stream: bool,
    /// The number of the last event of the stream that the client has.
    pub(super) starting_after: Option<u64>,
    /// The rest, which is the provider's.
    pub(super) rest: Vec<Parameter>,
}

/// Reads a query. Nothing that is not known is passed on, or passed over.
///
/// # Errors
/// `invalid-request`, with the parameter.
pub(super) fn read(action: Action, query: &str) -> Result<Query, Failure> {
    let mut read = Query::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name), decoded(value));
        let (Some(name), Some(value)) = (name, value) else {
            return Err(wrong("", "the query is not UTF-8"));
        };
        // As SDKs write a list.
        let bare = name.strip_suffix("[]").unwrap_or(&name);
        if value.len() > VALUE_BYTES || read.rest.len() >= PARAMETERS {
            return Err(wrong(bare, "the query is too long"));
        }
        match (action, bare) {
            // Azure's clients say it of everything; a provider that wants one has a setting.
            (_, "api-version") => {}
            (Action::Retrieve, "stream") => {
                read.stream = match value.as_str() {
                    "true" => true,
                    "false" => false,
                    _ => return Err(wrong("stream", "expected true or false")),
                };
            }
            (Action::Retrieve, "starting_after") => {
                let number = value.parse();
                let number = number.map_err(|_| wrong(bare, "expected the number of an event"))?;
                read.starting_after = Some(number);
            }
            (Action::Retrieve, "include_obfuscation" | "include")
            | (Action::InputItems, "after" | "include" | "limit" | "order") => {
                let name = bare.to_owned();
                if name != "include" && read.rest.iter().any(|known| known.name == name) {
                    return Err(wrong(bare, "it is there twice"));
                }
                read.rest.push(Parameter { name, value });
            }
            _ => return Err(wrong(bare, "there is no such parameter here")),
        }
    }
    if read.starting_after.is_some() && !read.stream {
        return Err(wrong("starting_after", "it is the number of an event, and of a stream alone"));
    }
    if !read.stream {
        // It says something of streams alone.
        read.rest.retain(|parameter| parameter.name != "include_obfuscation");
    }
    Ok(read)
}

fn wrong(name: &str, why: &str) -> Failure {
    let name: String = name.chars().take(64).collect();
    let message = match name.is_empty() {
        true => why.to_owned(),
        false => format!("`{name}`: {why}"),
    };
    let param = (!name.is_empty()).then_some(name);
    Failure { param, ..Failure::new(FailureKind::InvalidRequest, message) }
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    let text = percent_encoding::percent_decode_str(&text).decode_utf8();
    text.ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(query: &Query) -> Vec<String> {
        query.rest.iter().map(|it| format!("{}={}", it.name, it.value)).collect()
    }

    #[test]
    fn what_sdks_write_is_read() {
        let query = "include%5B%5D=a.b&include[]=c+d&stream=true&starting_after=7&api-version=v1";
        let query = read(Action::Retrieve, query).unwrap();
        assert_eq!((query.stream, query.starting_after), (true, Some(7)));
        assert_eq!(rest(&query), ["include=a.b", "include=c d"]);
        let query = read(Action::InputItems, "limit=2&order=asc&after=msg_1&&").unwrap();
        assert_eq!(rest(&query), ["limit=2", "order=asc", "after=msg_1"]);
        assert_eq!(read(Action::Delete, "").unwrap(), Query::default());
        assert!(rest(&read(Action::Retrieve, "include_obfuscation=false").unwrap()).is_empty());
    }

    #[test]
    fn what_nobody_knows_is_not_passed_on() {
        let long = format!("after={}", "a".repeat(1000));
        let many = "include=a&".repeat(100);
        for (action, query) in [
            (Action::Retrieve, "limit=2"),
            (Action::Retrieve, "stream=1"),
            (Action::Retrieve, "starting_after=7"),
            (Action::Retrieve, "stream=true&starting_after=-1"),
            (Action::Retrieve, "x"),
            (Action::Retrieve, "include%00=a"),
            (Action::Delete, "include=a"),
            (Action::Cancel, "stream=true"),
            (Action::InputItems, "limit=1&limit=2"),
            (Action::InputItems, "after=%ff"),
            (Action::InputItems, &long),
            (Action::InputItems, &many),
        ] {
            let failure = read(action, query).unwrap_err();
            assert_eq!(failure.kind, FailureKind::InvalidRequest, "{query:.40}");
        }
    }
}
