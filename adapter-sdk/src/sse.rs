//! Server-sent events, decoded as they arrive.
//!
//! Follows the event stream format of the HTML standard
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>): lines end in
//! LF, CR or CRLF, wherever the chunks are cut; a byte order mark, comments and
//! unknown fields are passed over. It differs in three points, all because an
//! adapter must notice what a browser may gloss over: bytes that are not UTF-8 are
//! an error, an event that is cut off by the end of the stream can be had, and so can
//! JSON that stands at the end of the stream without being an event of it, since that
//! is how some providers break off with an error.
//!
//! ```
//! use hotcell_sdk::sse::Decoder;
//!
//! let mut decoder = Decoder::default();
//! let mut seen = Vec::new();
//! for chunk in [&b"event: delta\r"[..], b"\ndata: {\"a\"", b":1}\r\n\r\n: ping\n\ndata: [DO"] {
//!     decoder.push(chunk, |name, data| Ok(seen.push((name.to_owned(), data.to_owned()))))?;
//! }
//! assert_eq!(seen, [("delta".to_owned(), r#"{"a":1}"#.to_owned())]);
//! assert!(!decoder.is_complete(), "`[DO` has no blank line yet");
//! # Ok::<(), hotcell_sdk::Failure>(())
//! ```

use crate::Failure;
use memchr::{memchr, memchr2};

/// What a decoder may keep of one event, unless the adapter says otherwise. Images
/// come as one event with some megabytes of base64; a cell has 64 MiB in all.
pub const EVENT_BYTES: usize = 16 * 1024 * 1024;

/// Turns chunks into events.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    /// What came of a line that has not ended.
    line: Vec<u8>,
    name: String,
    /// The lines of data so far, joined, from `start` on. An event that came in one
    /// chunk never gets here.
    data: Vec<u8>,
    start: usize,
    has_data: bool,
    last_id: String,
    /// Lines from one on that begins JSON, as long as no data follows them.
    tail: Vec<u8>,
    /// The last chunk ended in CR, to which an LF may belong.
    after_cr: bool,
    /// The first line, which may have a byte order mark, is over.
    started: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::with_limit(EVENT_BYTES)
    }
}

impl Decoder {
    /// A decoder that fails where it would have to keep more than `bytes` bytes of one
    /// event until the next chunk.
    pub fn with_limit(bytes: usize) -> Self {
        Self {
            limit: bytes,
            line: Vec::new(),
            name: String::new(),
            data: Vec::new(),
            start: 0,
            has_data: false,
            last_id: String::new(),
            tail: Vec::new(),
            after_cr: false,
            started: false,
        }
    }

    /// Takes a chunk in and hands the name and the data of every event that is
    /// complete to `each`. The name is empty where the stream gives none. An event
    /// is complete when the first byte of its blank line's end is in.
    ///
    /// # Errors
    /// `malformed-response` for an event that is not UTF-8 or has no end, and
    /// whatever `each` fails with. The decoder is of no use after it.
    pub fn push(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(&str, &str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut rest = chunk;
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        // The only line of data of the present event, where it lies in this chunk.
        let mut held = None;
        while let Some(end) = memchr2(b'\n', b'\r', rest) {
            let (line, after) = rest.split_at(end);
            let crlf = after.starts_with(b"\r\n");
            self.after_cr = after == b"\r";
            rest = &after[if crlf { 2 } else { 1 }..];
            if self.line.is_empty() {
                self.line(line, &mut held, &mut each)?;
            } else {
                self.line.extend_from_slice(line);
                self.buffered_line(&mut each)?;
            }
        }
        if let Some(value) = held {
            self.append(value);
        }
        self.line.extend_from_slice(rest);
        self.check_size()
    }

    /// At the end of the stream: hands over an event that lacks only its blank line, and
    /// then, without a name, JSON that stands there without being an event.
    /// A provider that leaves it out is told from one that was cut off by what the
    /// data says; an adapter that wants neither asks [`Self::is_complete`] instead.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(
        &mut self,
        mut each: impl FnMut(&str, &str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if !self.line.is_empty() {
            self.buffered_line(&mut each)?;
        }
        self.dispatch(None, &mut each)?;
        match std::mem::take(&mut self.tail) {
            tail if tail.is_empty() => Ok(()),
            tail => each("", text(&tail)?.trim_end()),
        }
    }

    /// Whether nothing of an event is left over: no data without its blank line, and
    /// no line without its end.
    pub fn is_complete(&self) -> bool {
        !self.has_data && self.line.is_empty()
    }

    /// The last `id` of the stream; empty where there was none.
    pub fn last_id(&self) -> &str {
        &self.last_id
    }

    /// The line that is in the buffer, now with its end. Its data, which may be long,
    /// stays where it is.
    fn buffered_line(
        &mut self,
        each: &mut impl FnMut(&str, &str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.check_size()?;
        let mut line = std::mem::take(&mut self.line);
        let mut held = None;
        self.line(&line, &mut held, each)?;
        if let Some(value) = held {
            self.has_data = true;
            self.start = line.len() - value.len();
            std::mem::swap(&mut self.data, &mut line);
        }
        line.clear();
        self.line = line;
        Ok(())
    }

    /// One line without its end.
    fn line<'line>(
        &mut self,
        line: &'line [u8],
        held: &mut Option<&'line [u8]>,
        each: &mut impl FnMut(&str, &str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let line =
            if self.started { line } else { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) };
        self.started = true;
        if line.is_empty() {
            return self.dispatch(held.take(), each);
        }
        let (field, value) = match memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &line[line.len()..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                self.tail.clear();
                if let Some(first) = held.take() {
                    self.append(first);
                }
                if self.has_data {
                    self.append(value);
                } else {
                    *held = Some(value);
                }
            }
            b"event" => text(value)?.clone_into(&mut self.name),
            b"id" if !value.contains(&0) => text(value)?.clone_into(&mut self.last_id),
            _ if begins_json(line) || !self.tail.is_empty() => {
                self.tail.extend_from_slice(line);
                self.tail.push(b'\n');
                self.check_size()?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Keeps a line of data for later.
    fn append(&mut self, value: &[u8]) {
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value);
    }

    fn dispatch(
        &mut self,
        held: Option<&[u8]>,
        each: &mut impl FnMut(&str, &str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let data = held.or_else(|| self.has_data.then(|| &self.data[self.start..]));
        if let Some(data) = data {
            each(&self.name, text(data)?)?;
        }
        self.has_data = false;
        self.data.clear();
        self.start = 0;
        self.name.clear();
        Ok(())
    }

    fn check_size(&self) -> Result<(), Failure> {
        let words = self.name.len() + self.last_id.len();
        if self.line.len() + self.data.len() + self.tail.len() + words <= self.limit {
            return Ok(());
        }
        let limit = self.limit;
        Err(Failure::malformed(format!("an event of the stream has more than {limit} bytes")))
    }
}

fn text(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| Failure::malformed("the stream is not UTF-8"))
}

/// Whether a line is the beginning of an object, or of a list of objects; `[DONE]` is not.
fn begins_json(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"[").map_or(line, <[u8]>::trim_ascii_start);
    matches!(line, [] | [b'{', ..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Cut;
    use proptest::prelude::*;

    type Seen = Vec<(String, String)>;

    fn decode(chunks: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Seen {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        let mut each = |name: &str, data: &str| {
            events.push((name.to_owned(), data.to_owned()));
            Ok(())
        };
        for chunk in chunks {
            decoder.push(chunk.as_ref(), &mut each).unwrap();
        }
        decoder.finish(&mut each).unwrap();
        events
    }

    const STREAM: &str = "\u{feff}: ping\r\n\r\nevent: a\rdata:x\r\rdata: y\ndata:\n\
        data: \u{e9}\u{1f600}\n\nid: 7\nretry: 3\ndata\n\nevent: lost\n\ndata:  two\n:\n\ndata: end";

    fn event(name: &str, data: &str) -> (String, String) {
        (name.to_owned(), data.to_owned())
    }

    fn expected() -> Seen {
        vec![
            event("a", "x"),
            event("", "y\n\n\u{e9}\u{1f600}"),
            event("", ""),
            event("", " two"),
            event("", "end"),
        ]
    }

    #[test]
    fn every_form_of_the_format_is_read() {
        assert_eq!(decode([STREAM]), expected());
    }

    #[test]
    fn any_two_cuts_give_the_same_events() {
        let bytes = STREAM.as_bytes();
        for first in 0..bytes.len() {
            for second in first..bytes.len() {
                let chunks = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(decode(chunks), expected(), "cut at {first} and {second}");
            }
        }
        assert_eq!(decode(bytes.chunks(1)), expected());
    }

    proptest! {
        #[test]
        fn any_stream_gives_the_same_events_however_it_is_cut(
            lines in proptest::collection::vec(
                "(data|event|id|:|x)?:? ?[a-z\u{e9}\u{1f600}: ]{0,6}(\n|\r|\r\n|\n\n|\r\r|\r\n\r\n)",
                0..24,
            ),
            seed in any::<u64>(),
        ) {
            let stream = lines.concat();
            let whole = decode([&stream]);
            prop_assert_eq!(&decode(stream.as_bytes().chunks(1)), &whole);
            prop_assert_eq!(&decode(Cut::Random(seed).apply(stream.as_bytes())), &whole);
        }
    }

    #[test]
    fn an_event_goes_out_when_its_blank_line_is_in() {
        for stream in [&b"data: 1\n\nda"[..], b"data: 1\r\n\r", b"data: 1\r\r"] {
            let mut seen = 0;
            let count = |_: &str, _: &str| {
                seen += 1;
                Ok(())
            };
            Decoder::default().push(stream, count).unwrap();
            assert_eq!(seen, 1, "{stream:?}");
        }
    }

    #[test]
    fn a_half_event_at_the_end_is_known() {
        let complete = |stream: &[u8]| {
            let mut decoder = Decoder::default();
            decoder.push(stream, |_, _| Ok(())).unwrap();
            decoder.is_complete()
        };
        for whole in ["", "data: 1\n\n", "data: 1\r\n\r", ": ping\n", "event: x\n"] {
            assert!(complete(whole.as_bytes()), "{whole:?}");
        }
        for half in ["data: 1\n", "data: 1", "data: 1\n\nd", "data\r\n"] {
            assert!(!complete(half.as_bytes()), "{half:?}");
        }
    }

    #[test]
    fn json_at_the_end_is_handed_over_and_before_data_it_is_nothing() {
        let error = "{\n  \"error\": {\n    \"code\": 503\n  }\n}";
        let at_end = format!("data: 1\r\n\r\n{error}\n");
        for cut in Cut::KINDS {
            let seen = decode(cut.apply(at_end.as_bytes()));
            assert_eq!(seen.len(), 2, "{cut:?}");
            assert_eq!(seen[1], (String::new(), error.to_owned()), "{cut:?}");
        }
        assert_eq!(decode(["data: 1\n\n[DONE]\n\n"]).len(), 1, "what is no JSON is nothing");
        let list = "[\n{\"error\":1}]";
        assert_eq!(decode([list, "\n"]), [(String::new(), list.to_owned())]);
        let before = format!("{error}\n\ndata: 1\n\n");
        assert_eq!(decode([before]), [(String::new(), "1".to_owned())]);
        let piece = [b"{", &[b'x'; 60][..], b"\n"].concat();
        let mut decoder = Decoder::with_limit(100);
        decoder.push(&piece, |_, _| Ok(())).unwrap();
        assert!(decoder.push(&piece, |_, _| Ok(())).is_err(), "it is as bounded as an event");
    }

    #[test]
    fn an_id_stays_until_the_next() {
        let mut decoder = Decoder::default();
        decoder.push(b"id: 7\ndata: 1\n\ndata: 2\n\nid: a\0b\n", |_, _| Ok(())).unwrap();
        assert_eq!(decoder.last_id(), "7");
    }

    #[test]
    fn what_is_not_utf8_is_malformed() {
        let failure = Decoder::default().push(b"data: \xff\n\n", |_, _| Ok(())).unwrap_err();
        assert_eq!(failure.kind, crate::FailureKind::MalformedResponse);
    }

    #[test]
    fn an_event_without_end_is_malformed() {
        for piece in [&b"data: xxxxxxxx"[..], b"data: xxxxxxx\n", b": xxxxxxxxxxx"] {
            let mut decoder = Decoder::with_limit(100);
            let failure = std::iter::repeat_with(|| decoder.push(piece, |_, _| Ok(())))
                .take(20)
                .find_map(Result::err);
            let kind = failure.map(|failure| failure.kind);
            assert_eq!(kind, Some(crate::FailureKind::MalformedResponse), "{piece:?}");
        }
    }

    #[test]
    fn a_name_and_an_id_count_as_well() {
        let stream = [b"event: ", &[b'x'; 60][..], b"\nid: ", &[b'x'; 60][..], b"\n"].concat();
        let failure = Decoder::with_limit(100).push(&stream, |_, _| Ok(())).unwrap_err();
        assert_eq!(failure.kind, crate::FailureKind::MalformedResponse);
        assert!(Decoder::with_limit(120).push(&stream, |_, _| Ok(())).is_ok());
    }

    #[test]
    fn by_default_an_event_may_be_a_large_image_and_has_an_end() {
        let mut decoder = Decoder::default();
        let chunk = vec![b'x'; 64 * 1024];
        let chunks = std::iter::repeat_with(|| decoder.push(&chunk, |_, _| Ok(())));
        let taken = chunks.take(1000).take_while(Result::is_ok).count();
        assert_eq!(taken, EVENT_BYTES / chunk.len());
    }
}
