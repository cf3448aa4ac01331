//! The trace that a request is part of.
//!
//! <https://www.w3.org/TR/trace-context/>

use hotcell::types::{Event, FinishReason};
use http::HeaderMap;
use std::fmt::Write as _;

/// A provider's own words are cut there.
const LONGEST: usize = 200;
/// Choices of an answer whose ends are told.
const FINISHES: usize = 16;

/// The place of a request in a trace, and what only traces tell of its answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Context {
    trace: u128,
    /// The client's span, where it has one.
    pub(super) parent: Option<u64>,
    /// The request's span, and that of what a provider was asked for it.
    pub(super) server: u64,
    pub(super) client: u64,
    /// As the provider calls them.
    pub(super) response_model: Option<String>,
    pub(super) response_id: Option<String>,
    pub(super) finishes: Vec<&'static str>,
}

impl Context {
    /// The trace that a client's headers say, or another one for `sample` of the requests of
    /// those who say nothing. None where the request is not traced.
    pub(super) fn of(headers: &HeaderMap, mark: u64, number: u64, sample: f64) -> Option<Self> {
        let said = said(headers);
        let chance = stirred(mark ^ number.wrapping_mul(3)) as f64 / u64::MAX as f64;
        if !said.map_or(chance < sample, |said| said.is_sampled) {
            return None;
        }
        // Nobody has to guess them, and no two are the same: the mark is random.
        let own = (u128::from(mark) << 64) | u128::from(stirred(number));
        Some(Self {
            trace: said.map_or(own, |said| said.trace),
            parent: said.map(|said| said.parent),
            server: stirred(mark ^ stirred(number * 2)).max(1),
            client: stirred(mark ^ stirred(number * 2 + 1)).max(1),
            ..Self::default()
        })
    }

    /// Keeps what an event of an answer says of it.
    pub(crate) fn note(&mut self, event: &Event) {
        match event {
            Event::Started(started) => {
                self.response_model = started.model.as_deref().map(cut);
                self.response_id = started.id.as_deref().map(cut);
            }
            Event::Finished(finished) if self.finishes.len() < FINISHES => {
                self.finishes.push(match finished.reason {
                    FinishReason::Stop => "stop",
                    FinishReason::Length => "length",
                    FinishReason::ToolCalls => "tool_calls",
                    FinishReason::ContentFilter => "content_filter",
                    FinishReason::Refusal => "refusal",
                    FinishReason::Pause => "pause",
                    FinishReason::Other => "other",
                });
            }
            _ => {}
        }
    }

    /// As it is written.
    pub(crate) fn trace_id(&self) -> String {
        let mut text = String::with_capacity(32);
        let _ = write!(text, "{:032x}", self.trace);
        text
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// What a client says of its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Said {
    trace: u128,
    parent: u64,
    is_sampled: bool,
}

/// Reads `traceparent`. One that is not as it should be says nothing.
fn said(headers: &HeaderMap) -> Option<Said> {
    let mut values = headers.get_all("traceparent").iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let mut parts = value.to_str().ok()?.splitn(5, '-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_plain = |text: &str, length| {
        text.len() == length
            && text.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it))
    };
    let fits = is_plain(version, 2) && is_plain(trace, 32) && is_plain(parent, 16);
    // Later versions may have more behind it, and the first one has not.
    let ends = parts.next().is_none() || version != "00";
    if !fits || !is_plain(flags, 2) || version == "ff" || !ends {
        return None;
    }
    let trace = u128::from_str_radix(trace, 16).ok().filter(|trace| *trace != 0)?;
    let parent = u64::from_str_radix(parent, 16).ok().filter(|parent| *parent != 0)?;
    let is_sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
    Some(Said { trace, parent, is_sampled })
}

/// Another number, which looks like none in particular (SplitMix64).
fn stirred(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let values =
            values.iter().map(|value| ("traceparent".parse().unwrap(), value.parse().unwrap()));
        values.collect()
    }

    #[test]
    fn a_clients_trace_goes_on() {
        let said = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = Context::of(&headers(&[said]), 7, 1, 0.0).unwrap();
        assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.parent, Some(0x00f0_67aa_0ba9_02b7));
        let unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
        assert_eq!(Context::of(&headers(&[unsampled]), 7, 1, 1.0), None);
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more-of-it";
        assert!(Context::of(&headers(&[later]), 7, 1, 0.0).is_some());
    }

    #[test]
    fn what_is_no_trace_is_none() {
        for said in [
            "",
            "00",
            "00-0-0-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e47\"6-00f067aa0ba902b7-01",
        ] {
            let context = Context::of(&headers(&[said]), 7, 1, 1.0).unwrap();
            assert_eq!(context.parent, None, "{said}");
        }
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(Context::of(&headers(&[good, good]), 7, 1, 1.0).unwrap().parent, None);
    }

    #[test]
    fn a_part_of_the_requests_is_traced() {
        let none = HeaderMap::new();
        let traced =
            |sample| (0..10_000).filter(|it| Context::of(&none, 7, *it, sample).is_some()).count();
        assert_eq!((traced(0.0), traced(1.0)), (0, 10_000));
        assert!((800..1200).contains(&traced(0.1)), "{}", traced(0.1));
    }

    #[test]
    fn no_two_have_the_same_ids() {
        let none = HeaderMap::new();
        let all = (0..10_000).filter_map(|number| Context::of(&none, 7, number, 1.0));
        let ids: Vec<_> = all.flat_map(|it| [it.server, it.client]).collect();
        let unique: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
    }
}
