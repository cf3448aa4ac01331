//! Taking secrets out of what a provider sends back.
//!
//! A provider, or somebody who can make it echo a request, could hand a cell its
//! own credential. So every secret in use is looked for, in its usual encodings,
//! in headers and bodies, across the borders of chunks. Only exact secrets are
//! looked for: patterns would corrupt answers.

use crate::credential::Secret;
use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::{Bytes, BytesMut};
use secrecy::{ExposeSecret, zeroize::Zeroize};
use std::ops::Range;
use std::sync::Arc;

/// What stands in the place of a secret.
pub(crate) const REPLACEMENT: &[u8] = b"[secret]";

/// Shorter secrets are not looked for: they would be found in ordinary text.
pub(crate) const SHORTEST: usize = 8;

/// Up to how many bytes of patterns the fastest automaton is taken.
const FASTEST: usize = 4096;

/// Finds the secrets of one provider. Shared by all of its cells.
pub(crate) struct Scrubber {
    finder: Finder,
    patterns: Vec<Vec<u8>>,
    /// Which bytes a pattern begins with.
    first: [bool; 256],
    longest: usize,
    /// Finds more, after it.
    then: Option<Arc<Self>>,
}

/// How patterns are looked for: the first place that has one, and the longest that is there.
enum Finder {
    /// Takes milliseconds to make, and is the fastest.
    Made(AhoCorasick),
    /// Takes microseconds.
    Quick(Box<Searcher>),
    /// What the others refuse; none is known.
    Plain,
}

impl Scrubber {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let patterns = patterns(secrets);
        let finder = Finder::made(&patterns);
        Self::with(patterns, finder, None)
    }

    fn with(patterns: Vec<Vec<u8>>, finder: Finder, then: Option<Arc<Self>>) -> Self {
        let mut first = [false; 256];
        for pattern in &patterns {
            if let Some(byte) = pattern.first() {
                first[usize::from(*byte)] = true;
            }
        }
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(0);
        Self { finder, patterns, first, longest, then }
    }

    /// Finds what belongs to one request, such as its signature, beside what this one finds:
    /// that is much, and is not put together anew for each.
    pub(crate) fn and<'a>(
        self: &Arc<Self>,
        secrets: impl IntoIterator<Item = &'a Secret>,
    ) -> Arc<Self> {
        let patterns = patterns(secrets);
        if patterns.is_empty() {
            return self.clone();
        }
        let finder = Finder::quick(&patterns);
        Arc::new(Self::with(patterns, finder, Some(self.clone())))
    }

    /// A text that is complete; none where there is nothing to take out.
    pub(crate) fn whole(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut own: Option<Vec<u8>> = None;
        let mut done = 0;
        while let Some(found) = self.find(text, done) {
            let own = own.get_or_insert_default();
            own.extend_from_slice(&text[done..found.start]);
            own.extend_from_slice(REPLACEMENT);
            done = found.end;
        }
        if let Some(own) = &mut own {
            own.extend_from_slice(&text[done..]);
        }
        let then = self.then.as_ref();
        then.and_then(|then| then.whole(own.as_deref().unwrap_or(text))).or(own)
    }

    /// Whether the name of a header holds a secret. It is in lower case, whatever the secret is.
    pub(crate) fn is_in_name(&self, name: &str) -> bool {
        let is_in = |pattern: &Vec<u8>| {
            name.as_bytes().windows(pattern.len()).any(|part| part.eq_ignore_ascii_case(pattern))
        };
        self.patterns.iter().any(is_in)
            || self.then.as_ref().is_some_and(|then| then.is_in_name(name))
    }

    fn find(&self, text: &[u8], from: usize) -> Option<Range<usize>> {
        if self.patterns.is_empty() {
            return None;
        }
        match &self.finder {
            Finder::Made(finder) => {
                finder.find(Input::new(text).range(from..)).map(|found| found.range())
            }
            Finder::Quick(finder) => {
                let rest = (from..text.len()).into();
                finder.find_in(text, rest).map(|found| found.start()..found.end())
            }
            Finder::Plain => (from..text.len()).find_map(|start| {
                let here = self.patterns.iter().filter(|found| text[start..].starts_with(found));
                here.map(Vec::len).max().map(|length| start..start + length)
            }),
        }
    }

    /// Up to where a text is certain, and the first secret in it that is.
    fn look(&self, text: &[u8], last: bool) -> (usize, Option<Range<usize>>) {
        let certain = if last { text.len() } else { self.unfinished(text) };
        // A longer secret could still begin where this one does.
        (certain, self.find(text, 0).filter(|found| found.start < certain))
    }

    /// Where a secret could begin that ends in a later chunk.
    fn unfinished(&self, text: &[u8]) -> usize {
        let from = text.len().saturating_sub(self.longest.saturating_sub(1));
        (from..text.len())
            .find(|&start| {
                let tail = &text[start..];
                self.first[usize::from(tail[0])]
                    && self.patterns.iter().any(|p| p.len() > tail.len() && p.starts_with(tail))
            })
            .unwrap_or(text.len())
    }
}

impl Drop for Scrubber {
    fn drop(&mut self) {
        self.patterns.iter_mut().for_each(Zeroize::zeroize);
    }
}

/// A stream of chunks from which secrets are taken out.
#[derive(Default)]
pub(crate) struct Stream {
    held: BytesMut,
    then: Option<Box<Self>>,
}

impl Stream {
    /// Takes a chunk in and gives out what is certain. `last` gives out the rest.
    pub(crate) fn push(&mut self, scrubber: &Scrubber, chunk: Bytes, last: bool) -> Bytes {
        let own = self.push_own(scrubber, chunk, last);
        match &scrubber.then {
            Some(then) => self.then.get_or_insert_default().push(then, own, last),
            None => own,
        }
    }

    fn push_own(&mut self, scrubber: &Scrubber, chunk: Bytes, last: bool) -> Bytes {
        if scrubber.patterns.is_empty() {
            return chunk;
        }
        let text = if self.held.is_empty() {
            chunk
        } else {
            self.held.extend_from_slice(&chunk);
            self.held.split().freeze()
        };
        let (certain, found) = scrubber.look(&text, last);
        if found.is_some() {
            return self.replaced(scrubber, &text, last);
        }
        self.held.extend_from_slice(&text[certain..]);
        text.slice(..certain)
    }

    /// What is certain of a text with secrets in it. Out of line: what it needs of the
    /// stack, a chunk without secrets does not.
    #[inline(never)]
    fn replaced(&mut self, scrubber: &Scrubber, text: &[u8], last: bool) -> Bytes {
        let (mut out, mut rest) = (BytesMut::new(), text);
        loop {
            let (certain, found) = scrubber.look(rest, last);
            let Some(found) = found else {
                self.held.extend_from_slice(&rest[certain..]);
                out.extend_from_slice(&rest[..certain]);
                return out.freeze();
            };
            out.extend_from_slice(&rest[..found.start]);
            out.extend_from_slice(REPLACEMENT);
            rest = &rest[found.end..];
        }
    }
}

impl Finder {
    fn made(patterns: &[Vec<u8>]) -> Self {
        let mut builder = AhoCorasick::builder();
        builder.match_kind(MatchKind::LeftmostLongest);
        // Tokens are long, and the fastest automaton takes half a kilobyte for each byte.
        if patterns.iter().map(Vec::len).sum::<usize>() > FASTEST {
            builder.kind(Some(AhoCorasickKind::ContiguousNFA));
        }
        builder.build(patterns).map_or(Self::Plain, Self::Made)
    }

    fn quick(patterns: &[Vec<u8>]) -> Self {
        let mut config = packed::Config::new();
        config.match_kind(packed::MatchKind::LeftmostLongest);
        let searcher = config.builder().extend(patterns).build();
        // There is none for many patterns, nor on every processor.
        searcher.map_or_else(|| Self::made(patterns), |searcher| Self::Quick(Box::new(searcher)))
    }
}

/// What is looked for, each once.
fn patterns<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Vec<Vec<u8>> {
    let mut patterns: Vec<Vec<u8>> = Vec::new();
    for secret in secrets {
        for form in forms(secret.expose_secret()) {
            if form.len() >= SHORTEST && !patterns.contains(&form) {
                patterns.push(form);
            }
        }
    }
    patterns
}

/// The secret as it may come back: plain, in a URL, in base64, in JSON.
pub(crate) fn forms(secret: &str) -> Vec<Vec<u8>> {
    let digits = |byte: u8, digits: &[u8; 16]| {
        [byte >> 4, byte & 15].map(|digit| char::from(digits[usize::from(digit)]))
    };
    let (small, large) = (b"0123456789abcdef", b"0123456789ABCDEF");
    let [mut percent, mut lower, mut hex, mut upper_hex] =
        std::array::from_fn(|_| String::with_capacity(3 * secret.len()));
    for byte in secret.bytes() {
        hex.extend(digits(byte, small));
        upper_hex.extend(digits(byte, large));
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            percent.push(char::from(byte));
            lower.push(char::from(byte));
        } else {
            percent.push('%');
            percent.extend(digits(byte, large));
            lower.push('%');
            lower.extend(digits(byte, small));
        }
    }
    let json = serde_json::to_string(secret).unwrap_or_default();
    let quoted = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'));
    let json = quoted.unwrap_or_default().to_owned();
    let escaped_slash = json.replace('/', "\\/");
    // Some writers of JSON mean it to be safe in a page: those of Go, of Java and of .NET.
    let for_pages = |chars: &str| {
        let escape = |text: String, c| text.replace(c, &format!("\\u{:04x}", u32::from(c)));
        chars.chars().fold(json.clone(), escape)
    };
    let of_net = |text: String, c| text.replace(c, &format!("\\u{:04X}", u32::from(c)));
    let of_net = "&'+<>`".chars().fold(json.replace("\\\"", "\\u0022"), of_net);
    let for_pages = ["&<>", "&'<=>"].map(for_pages);
    let mut forms = vec![
        secret.to_owned(),
        percent,
        lower,
        json,
        escaped_slash,
        upper_hex,
        hex,
        secret.chars().rev().collect(),
        of_net,
    ];
    forms.extend(for_pages);
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        forms.push(engine.encode(secret));
        // In the middle of a longer text, e.g. behind `Bearer `: what its neighbours
        // don't change.
        for (before, begin) in [(0, 0), (1, 2), (2, 3)] {
            let encoded = engine.encode([&b"\0\0"[..before], secret.as_bytes()].concat());
            let end = encoded.len() - usize::from(!(before + secret.len()).is_multiple_of(3));
            forms.extend(encoded.get(begin..end).map(str::to_owned));
        }
    }
    forms.into_iter().map(String::into_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scrubber(secrets: &[&str]) -> Scrubber {
        let secrets: Vec<Secret> = secrets.iter().map(|s| Secret::from((*s).to_owned())).collect();
        Scrubber::new(&secrets)
    }

    fn pushed(scrubber: &Scrubber, chunks: &[&[u8]]) -> Vec<u8> {
        let mut stream = Stream::default();
        let mut out = Vec::new();
        for chunk in chunks {
            out.extend(stream.push(scrubber, Bytes::copy_from_slice(chunk), false));
        }
        out.extend(stream.push(scrubber, Bytes::new(), true));
        out
    }

    #[test]
    fn every_usual_encoding_is_found() {
        let secret = "sk-ant/a+b=c\"d";
        let scrubber = scrubber(&[secret]);
        for form in forms(secret) {
            let text = [b"before ", form.as_slice(), b" after"].concat();
            assert_eq!(pushed(&scrubber, &[&text]), b"before [secret] after");
            let bytes: Vec<&[u8]> = text.chunks(1).collect();
            assert_eq!(pushed(&scrubber, &bytes), b"before [secret] after");
        }
    }

    #[test]
    fn json_that_is_meant_for_a_page_hides_nothing() {
        let scrubber = scrubber(&["key/+<&>'=\"\\`end"]);
        for form in [
            r#"key/+\u003c\u0026\u003e'=\"\\`end"#,
            r#"key/+\u003c\u0026\u003e\u0027\u003d\"\\`end"#,
            r#"key/\u002B\u003C\u0026\u003E\u0027=\u0022\\\u0060end"#,
        ] {
            let text = format!("{{\"message\":\"no {form}\"}}");
            let scrubbed = pushed(&scrubber, &[text.as_bytes()]);
            assert_eq!(scrubbed, br#"{"message":"no [secret]"}"#, "{form}");
        }
    }

    #[test]
    fn a_secret_inside_of_base64_is_found_wherever_it_begins() {
        let secret = "sk-Red+Team/0123456789=abcdefghij~\"quoted\"";
        let scrubber = scrubber(&[secret]);
        for around in [("", ""), ("a", ""), ("ab", "c"), ("Bearer ", ""), ("{\"k\":\"", "\"}")] {
            for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                let encoded = engine.encode([around.0, secret, around.1].concat());
                let scrubbed = pushed(&scrubber, &[encoded.as_bytes()]);
                let rest = scrubbed.len() - REPLACEMENT.len();
                // The borders, of which each shares a character with its neighbour.
                let most = engine.encode([around.0, around.1].concat()).len() + 3;
                assert!(rest <= most, "{}", String::from_utf8_lossy(&scrubbed));
            }
        }
    }

    #[test]
    fn a_secret_in_a_name_is_found_in_lower_case() {
        let scrubber = scrubber(&["sk-ABCdef012345"]);
        assert!(scrubber.is_in_name("x-ratelimit-sk-abcdef012345"));
        assert!(!scrubber.is_in_name("x-ratelimit-limit"));
    }

    #[test]
    fn what_belongs_to_one_request_is_found_beside_the_rest() {
        let both = Arc::new(scrubber(&["sk-12345678"]));
        let both = both.and(&[Secret::from("0123456789abcdef".to_owned())]);
        let text = b"a sk-12345678 b 0123456789abcdef c sk-0123456789abcdef12345678";
        let expected = b"a [secret] b [secret] c sk-[secret]12345678";
        assert_eq!(pushed(&both, &[text]), expected);
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(pushed(&both, &bytes), expected);
        assert_eq!(both.whole(text).unwrap(), expected);
        assert_eq!(both.whole(b"sk-12345678").unwrap(), b"[secret]");
        assert_eq!(both.whole(b"nothing"), None);
        assert!(both.is_in_name("x-sk-12345678") && both.is_in_name("x-0123456789abcdef"));
    }

    #[test]
    fn only_the_tail_that_could_be_a_secret_waits() {
        let scrubber = scrubber(&["sk-12345678"]);
        let mut stream = Stream::default();
        let mut push = |text: &'static str| stream.push(&scrubber, Bytes::from(text), false);
        assert_eq!(push("data: hello\n\n"), "data: hello\n\n");
        assert_eq!(push("data: sk-1"), "data: ");
        assert_eq!(push("9\n\n"), "sk-19\n\n");
    }

    #[test]
    fn short_secrets_do_not_corrupt_answers() {
        assert_eq!(pushed(&scrubber(&["test"]), &[b"this is a test"]), b"this is a test");
    }

    proptest! {
        #[test]
        fn any_chunking_gives_what_the_whole_gives(
            text in "(sk-aaaabbbb|sk-aaaabbbbcc|sk-|aaaa|bbbb|[ -~]){0,12}",
            size in 1_usize..20,
        ) {
            let scrubber = scrubber(&["sk-aaaabbbb", "sk-aaaabbbbcc", "bbbbcc-sk-aaaa"]);
            let whole = pushed(&scrubber, &[text.as_bytes()]);
            for other in [Finder::quick(&scrubber.patterns), Finder::Plain] {
                let other = Scrubber::with(scrubber.patterns.clone(), other, None);
                prop_assert_eq!(&pushed(&other, &[text.as_bytes()]), &whole);
            }
            let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            prop_assert_eq!(&pushed(&scrubber, &chunks), &whole);
            prop_assert_eq!(scrubber.whole(text.as_bytes()).unwrap_or_else(|| text.into()), whole);
        }
    }
}
