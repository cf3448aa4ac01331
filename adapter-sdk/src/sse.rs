//! Server-sent events, decoded as they arrive.
//!
//! Follows the event stream format of the HTML standard
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>): lines end in
//! LF, CR or CRLF, wherever the chunks are cut; a byte order mark, comments and
//! unknown fields are passed over.

use crate::Failure;

/// One event. The fields are text, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The event's name; empty where the stream gives none.
    pub name: String,
    /// Its data, lines joined with LF.
    pub data: String,
}

/// A line, or all lines of one event, that are longer than this are no event of any
/// provider's: media come in pieces.
const LONGEST: usize = 64 * 1024 * 1024;

/// Turns chunks into events.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What came of a line that has not ended.
    line: Vec<u8>,
    name: String,
    data: Vec<u8>,
    has_data: bool,
    /// The last chunk ended in CR, to which an LF may belong.
    after_cr: bool,
    started: bool,
}

impl Decoder {
    /// Takes a chunk in and hands every event that is complete to `each`.
    ///
    /// # Errors
    /// `malformed-response` for an event that is not UTF-8 or has no end, and
    /// whatever `each` fails with.
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
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, after) = rest.split_at(end);
            let crlf = after.starts_with(b"\r\n");
            self.after_cr = after == b"\r";
            rest = &after[if crlf { 2 } else { 1 }..];
            if self.line.is_empty() {
                self.line(line, &mut each)?;
            } else {
                self.line.extend_from_slice(line);
                let line = std::mem::take(&mut self.line);
                self.line(&line, &mut each)?;
            }
        }
        self.line.extend_from_slice(rest);
        if self.line.len() + self.data.len() > LONGEST {
            return Err(Failure::malformed("an event of the stream has no end"));
        }
        Ok(())
    }

    /// At the end of the stream: hands over an event that lacks only its blank line.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(
        &mut self,
        mut each: impl FnMut(&str, &str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.line(&line, &mut each)?;
        }
        self.line(b"", &mut each)
    }

    /// One line without its end.
    fn line(
        &mut self,
        line: &[u8],
        each: &mut impl FnMut(&str, &str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let line =
            if self.started { line } else { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) };
        self.started = true;
        if line.is_empty() {
            return self.dispatch(each);
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"event" => text(value)?.clone_into(&mut self.name),
            _ => {}
        }
        Ok(())
    }

    fn dispatch(
        &mut self,
        each: &mut impl FnMut(&str, &str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let result = match self.has_data {
            true => each(&self.name, text(&self.data)?),
            false => Ok(()),
        };
        self.has_data = false;
        self.data.clear();
        self.name.clear();
        result
    }
}

fn text(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| Failure::malformed("the stream is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(chunks: &[&[u8]]) -> Vec<(String, String)> {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        for chunk in chunks {
            decoder
                .push(chunk, |name, data| {
                    events.push((name.to_owned(), data.to_owned()));
                    Ok(())
                })
                .unwrap();
        }
        decoder
            .finish(|name, data| {
                events.push((name.to_owned(), data.to_owned()));
                Ok(())
            })
            .unwrap();
        events
    }

    const STREAM: &str = "\u{feff}: ping\r\n\r\nevent: a\rdata:x\r\rdata: y\ndata:\ndata: \u{e9}\u{1f600}\n\nid: 7\nretry: 3\ndata\n\nevent: lost\n\ndata: end";

    fn expected() -> Vec<(String, String)> {
        let event = |name: &str, data: &str| (name.to_owned(), data.to_owned());
        vec![event("a", "x"), event("", "y\n\n\u{e9}\u{1f600}"), event("", ""), event("", "end")]
    }

    #[test]
    fn every_form_of_the_format_is_read() {
        assert_eq!(decode(&[STREAM.as_bytes()]), expected());
    }

    #[test]
    fn any_two_cuts_give_the_same_events() {
        let bytes = STREAM.as_bytes();
        for first in 0..bytes.len() {
            for second in first..bytes.len() {
                let chunks = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(decode(&chunks), expected(), "cut at {first} and {second}");
            }
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(decode(&single), expected());
    }

    #[test]
    fn an_event_goes_out_when_its_blank_line_is_in() {
        let mut decoder = Decoder::default();
        let mut seen = 0;
        decoder
            .push(b"data: 1\n\nda", |_, _| {
                seen += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, 1);
        let mut decoder = Decoder::default();
        decoder
            .push(b"data: 1\r\n\r", |_, _| {
                seen += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, 2, "the LF of the last CRLF is not waited for");
    }

    #[test]
    fn what_is_not_utf8_is_malformed() {
        let failure = Decoder::default().push(b"data: \xff\n\n", |_, _| Ok(())).unwrap_err();
        assert_eq!(failure.kind, crate::FailureKind::MalformedResponse);
    }
}
