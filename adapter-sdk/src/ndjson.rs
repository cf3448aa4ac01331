//! JSON objects, one a line, decoded as they arrive.

use crate::Failure;
use memchr::memchr;

/// What one line may hold, unless the adapter says otherwise; the reasons are those
/// of [`crate::sse::EVENT_BYTES`].
pub const LINE_BYTES: usize = 16 * 1024 * 1024;

/// Turns chunks into lines.
///
/// ```
/// let mut decoder = hotcell_sdk::ndjson::Decoder::default();
/// let mut lines = Vec::new();
/// decoder.push(b"{\"a\":1}\r\n\n{\"b\"", |line| Ok(lines.push(line.to_owned())))?;
/// decoder.push(b":2}", |line| Ok(lines.push(line.to_owned())))?;
/// decoder.finish(|line| Ok(lines.push(line.to_owned())))?;
/// assert_eq!(lines, [r#"{"a":1}"#, r#"{"b":2}"#]);
/// # Ok::<(), hotcell_sdk::Failure>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    line: Vec<u8>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::with_limit(LINE_BYTES)
    }
}

impl Decoder {
    /// A decoder that fails at a line of more than `bytes` bytes.
    pub fn with_limit(bytes: usize) -> Self {
        Self { limit: bytes, line: Vec::new() }
    }

    /// Takes a chunk in and hands every complete line that is not blank to `each`,
    /// without the white space around it.
    ///
    /// # Errors
    /// `malformed-response` for a line that is not UTF-8 or has no end, and whatever
    /// `each` fails with.
    pub fn push(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(&str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut rest = chunk;
        while let Some(end) = memchr(b'\n', rest) {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            self.check_size(line.len())?;
            if self.line.is_empty() {
                hand_over(line, &mut each)?;
            } else {
                self.line.extend_from_slice(line);
                hand_over(&self.line, &mut each)?;
                self.line.clear();
            }
        }
        self.check_size(rest.len())?;
        self.line.extend_from_slice(rest);
        Ok(())
    }

    /// At the end of the stream: hands over a last line without a line break.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(
        &mut self,
        mut each: impl FnMut(&str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        hand_over(&std::mem::take(&mut self.line), &mut each)
    }

    /// Whether nothing of a line is left over.
    pub fn is_complete(&self) -> bool {
        self.line.is_empty()
    }

    /// Whether the line may have `more` bytes.
    fn check_size(&self, more: usize) -> Result<(), Failure> {
        if self.line.len().saturating_add(more) <= self.limit {
            return Ok(());
        }
        let limit = self.limit;
        Err(Failure::malformed(format!("a line of the stream has more than {limit} bytes")))
    }
}

fn hand_over(
    line: &[u8],
    each: &mut impl FnMut(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let line = std::str::from_utf8(line)
        .map_err(|_| Failure::malformed("the stream is not UTF-8"))?
        .trim_matches(['\r', ' ', '\t']);
    if line.is_empty() { Ok(()) } else { each(line) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;
    use crate::testing::Cut;
    use proptest::prelude::*;

    fn decode(chunks: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Vec<String> {
        let mut decoder = Decoder::default();
        let mut lines = Vec::new();
        let mut each = |line: &str| {
            lines.push(line.to_owned());
            Ok(())
        };
        for chunk in chunks {
            decoder.push(chunk.as_ref(), &mut each).unwrap();
        }
        decoder.finish(&mut each).unwrap();
        lines
    }

    #[test]
    fn any_cut_gives_the_same_lines() {
        let text = "{\"a\":\"\u{e9}\"}\r\n\n {\"b\":2}\n{\"c\":3}".as_bytes();
        for size in 1..=text.len() {
            let lines = decode(text.chunks(size));
            assert_eq!(lines, ["{\"a\":\"\u{e9}\"}", "{\"b\":2}", "{\"c\":3}"], "chunks of {size}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_the_same_lines_however_it_is_cut(
            text in "([a-z\u{e9}\u{1f600} ]{0,5}(\n|\r\n)){0,12}[a-z]{0,3}",
            seed in any::<u64>(),
        ) {
            let whole = decode([&text]);
            prop_assert_eq!(&decode(text.as_bytes().chunks(1)), &whole);
            prop_assert_eq!(&decode(Cut::Random(seed).apply(text.as_bytes())), &whole);
        }
    }

    #[test]
    fn a_line_goes_out_when_its_break_is_in() {
        let mut decoder = Decoder::default();
        let mut seen = 0;
        let count = |_: &str| {
            seen += 1;
            Ok(())
        };
        decoder.push(b"{}\n{", count).unwrap();
        assert_eq!(seen, 1);
        assert!(!decoder.is_complete());
    }

    #[test]
    fn a_line_without_end_or_not_utf8_is_malformed() {
        let mut decoder = Decoder::with_limit(10);
        decoder.push(b"12345", |_| Ok(())).unwrap();
        let failure = decoder.push(b"123456", |_| Ok(())).unwrap_err();
        assert_eq!(failure.kind, FailureKind::MalformedResponse);
        let failure = Decoder::default().push(b"\xff\n", |_| Ok(())).unwrap_err();
        assert_eq!(failure.kind, FailureKind::MalformedResponse);
    }

    #[test]
    fn a_line_is_as_long_as_it_is_however_it_is_cut() {
        for size in 1..=12 {
            let push = |text: &str| {
                let mut decoder = Decoder::with_limit(10);
                text.as_bytes().chunks(size).try_for_each(|chunk| decoder.push(chunk, |_| Ok(())))
            };
            assert!(push("1234567890\n1234567890\n").is_ok(), "chunks of {size}");
            assert!(push("1\n12345678901\n").is_err(), "chunks of {size}");
        }
    }

    #[test]
    fn by_default_a_line_may_be_a_large_image_and_has_an_end() {
        let mut decoder = Decoder::default();
        let chunk = vec![b'x'; 64 * 1024];
        let chunks = std::iter::repeat_with(|| decoder.push(&chunk, |_| Ok(())));
        let taken = chunks.take(1000).take_while(Result::is_ok).count();
        assert_eq!(taken, LINE_BYTES / chunk.len());
    }
}
