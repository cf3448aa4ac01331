//! Sources of a text: annotations
//! (<https://platform.openai.com/docs/api-reference/responses/object>).

use crate::json::{self, Kept};
use crate::openai_responses::DIALECT;
use crate::{anthropic_messages, openai_chat};
use hotcell::types::Native;

/// What a citation becomes: itself in this dialect, an address in others that have one.
/// `text` is what it stands behind, as JSON text without quotes.
pub(super) fn annotations(citation: &Native, text: &[u8]) -> Vec<String> {
    let value = &citation.value;
    match citation.dialect.as_str() {
        DIALECT => vec![value.clone()],
        openai_chat::DIALECT => of_chat(value).into_iter().collect(),
        anthropic_messages::DIALECT => of_messages(value, text).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Chat completions have what is beside the type here in an object of its own.
fn of_chat(value: &str) -> Option<String> {
    let mut inner = Kept::of(Kept::of(value)?.get("url_citation")?)?;
    inner.get("url")?;
    for name in ["start_index", "end_index"] {
        if inner.get(name).is_none() {
            inner.set(name, "0");
        }
    }
    let mut json = b"{\"type\":\"url_citation\"".to_vec();
    inner.write_behind(&mut json);
    json.push(b'}');
    String::from_utf8(json).ok()
}

/// Anthropic's search results: they back all of their text.
fn of_messages(value: &str, text: &[u8]) -> Option<String> {
    let members = Kept::of(value)?;
    let url = members.text("url")?;
    let title = members.text("title").unwrap_or_default();
    // Characters, as far as escapes let them be counted.
    let end = String::from_utf8_lossy(text).chars().count();
    Some(format!(
        "{{\"type\":\"url_citation\",\"url\":{},\"title\":{},\"start_index\":0,\"end_index\":{end}}}",
        json::quoted(&url),
        json::quoted(&title)
    ))
}
