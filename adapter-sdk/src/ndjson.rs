//! JSON objects, one a line, decoded as they arrive.

use crate::Failure;

/// A line that is longer than this is no line of any provider's.
const LONGEST: usize = 64 * 1024 * 1024;

/// Turns chunks into lines.
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
}

impl Decoder {
    /// Takes a chunk in and hands every complete line that is not blank to `each`.
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
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(end);
            rest = &after[1..];
            if self.line.is_empty() {
                hand_over(line, &mut each)?;
            } else {
                self.line.extend_from_slice(line);
                hand_over(&std::mem::take(&mut self.line), &mut each)?;
            }
        }
        self.line.extend_from_slice(rest);
        if self.line.len() > LONGEST {
            return Err(Failure::malformed("a line of the stream has no end"));
        }
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

    #[test]
    fn any_cut_gives_the_same_lines() {
        let text = "{\"a\":\"\u{e9}\"}\r\n\n {\"b\":2}\n{\"c\":3}".as_bytes();
        for size in 1..=text.len() {
            let mut lines = Vec::new();
            let mut decoder = Decoder::default();
            for chunk in text.chunks(size) {
                decoder
                    .push(chunk, |line| {
                        lines.push(line.to_owned());
                        Ok(())
                    })
                    .unwrap();
            }
            decoder
                .finish(|line| {
                    lines.push(line.to_owned());
                    Ok(())
                })
                .unwrap();
            assert_eq!(lines, ["{\"a\":\"\u{e9}\"}", "{\"b\":2}", "{\"c\":3}"], "chunks of {size}");
        }
    }
}
