//! Token probabilities, which a stream tells in pieces.

use super::DIALECT;
use crate::gemini;
use crate::json::{self, Members};
use hotcell::types::Native;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// As this dialect has them; none of what nobody has put into its words.
pub(crate) fn of(said: &Native) -> Option<Cow<'_, str>> {
    match said.dialect.as_str() {
        DIALECT => Some(Cow::Borrowed(&said.value)),
        gemini::DIALECT => of_gemini(&said.value).map(Cow::Owned),
        _ => None,
    }
}

/// Of a `logprobsResult` (<https://ai.google.dev/api/generate-content#LogprobsResult>), where
/// the tokens are one list, and the alternatives of each another.
fn of_gemini(said: &str) -> Option<String> {
    let result = Members::of(said)?.inner("logprobsResult")?;
    let chosen = result.get("chosenCandidates").and_then(json::elements)?;
    let top = result.get("topCandidates").and_then(json::elements).unwrap_or_default();
    let mut top = top.into_iter();
    let mut out = b"{\"content\":[".to_vec();
    for chosen in chosen {
        json::comma(&mut out);
        out.push(b'{');
        token(chosen, &mut out);
        json::name("top_logprobs", &mut out);
        out.push(b'[');
        let others = top.next().and_then(Members::of);
        let others = others.and_then(|others| others.get("candidates").and_then(json::elements));
        for other in others.unwrap_or_default() {
            json::comma(&mut out);
            out.push(b'{');
            token(other, &mut out);
            out.push(b'}');
        }
        out.extend_from_slice(b"]}");
    }
    out.extend_from_slice(b"],\"refusal\":null}");
    String::from_utf8(out).ok()
}

/// The members of a token.
fn token(said: &str, out: &mut Vec<u8>) {
    let said = Members::of(said).unwrap_or_default();
    let text = said.text("token").unwrap_or_default();
    json::text("token", &text, out);
    let is_number = |value: &&str| serde_json::from_str::<f64>(value).is_ok();
    // Nought is not written, and what cannot be is no number.
    let probability =
        said.get("logProbability").map_or(Some("0.0"), |value| Some(value).filter(is_number));
    json::raw("logprob", probability.unwrap_or(NEVER), out);
    json::name("bytes", out);
    out.push(b'[');
    for byte in text.bytes() {
        json::comma(out);
        json::number(byte, out);
    }
    out.push(b']');
}

/// How this dialect writes the logarithm of what is next to impossible.
const NEVER: &str = "-9999.0";

/// What the member of several pieces is together: lists one after the other, of anything
/// else the last.
enum Whole<'a> {
    List(Vec<&'a str>),
    Last(&'a str),
}

/// All pieces as one object; none of none.
pub(crate) fn joined(mut pieces: Vec<String>) -> Option<String> {
    if pieces.len() < 2 {
        return pieces.pop();
    }
    let mut whole: BTreeMap<String, Whole<'_>> = BTreeMap::new();
    for (name, value) in pieces.iter().filter_map(|piece| Members::of(piece)).flat_map(|all| all.0)
    {
        match (json::elements(value), whole.get_mut(name.as_ref())) {
            (Some(more), Some(Whole::List(list))) => list.extend(more),
            (Some(list), _) => _ = whole.insert(name.into_owned(), Whole::List(list)),
            // Nothing is added where there is nothing new.
            (None, Some(Whole::List(_))) => {}
            (None, _) => _ = whole.insert(name.into_owned(), Whole::Last(value)),
        }
    }
    let mut out = vec![b'{'];
    for (name, value) in whole {
        json::comma(&mut out);
        json::string(&name, &mut out);
        out.push(b':');
        match value {
            Whole::Last(value) => json::splice(value, &mut out),
            Whole::List(list) => {
                out.push(b'[');
                for token in list {
                    json::comma(&mut out);
                    json::splice(token, &mut out);
                }
                out.push(b']');
            }
        }
    }
    out.push(b'}');
    String::from_utf8(out).ok()
}
