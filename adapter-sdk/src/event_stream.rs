//! Frames of `application/vnd.amazon.eventstream`, decoded as they arrive.
//!
//! Layout (<https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html>):
//! total length, length of the headers, CRC of these two, headers, payload, CRC of
//! all before it. Numbers are big-endian, the CRC is that of zlib.
//!
//! The decoder is our own: the format is a page long, while the crate that the AWS
//! SDK has for it brings that SDK's types, and a CRC crate a table of some kilobytes,
//! into every adapter.
//!
//! ```
//! # let response: [&[u8]; 0] = [];
//! let mut decoder = hotcell_sdk::event_stream::Decoder::default();
//! for chunk in response {
//!     decoder.push(chunk, |frame| {
//!         match frame.header(":message-type") {
//!             Some("event") => println!("{:?}", frame.payload),
//!             _ => println!("{:?}", frame.header(":exception-type")),
//!         }
//!         Ok(())
//!     })?;
//! }
//! assert!(decoder.is_complete(), "a stream ends between two frames");
//! # Ok::<(), hotcell_sdk::Failure>(())
//! ```

use crate::Failure;

/// One frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The headers that are text, in order: `:event-type`, `:message-type`, …
    pub headers: Vec<(String, String)>,
    /// The payload, nearly always JSON.
    pub payload: Vec<u8>,
}

impl Frame {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The longest frame that the format allows. One that claims more is refused when its
/// first twelve bytes are in, before any room is made for it.
pub const FRAME_BYTES: usize = 24 * 1024 * 1024;
const PRELUDE: usize = 12;
const CRC: usize = 4;

/// Turns chunks into frames.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
}

impl Decoder {
    /// Takes a chunk in and hands every frame that is complete to `each`.
    ///
    /// # Errors
    /// `malformed-response` for a frame whose lengths or checksums are wrong, and
    /// whatever `each` fails with. The decoder is of no use after it.
    pub fn push(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(Frame) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.buffer.extend_from_slice(chunk);
        let mut start = 0;
        while let Some((frame, length)) = frame(&self.buffer[start..])? {
            start += length;
            each(frame)?;
        }
        self.buffer.drain(..start);
        Ok(())
    }

    /// Whether the stream ended between two frames, as it must.
    pub fn is_complete(&self) -> bool {
        self.buffer.is_empty()
    }
}

fn frame(bytes: &[u8]) -> Result<Option<(Frame, usize)>, Failure> {
    let bad = |what: &str| Failure::malformed(format!("a frame of the event stream has {what}"));
    if bytes.len() < PRELUDE {
        return Ok(None);
    }
    let number = |at: usize| -> usize {
        bytes[at..at + 4].iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
    };
    let (total, headers) = (number(0), number(4));
    // The checksum first: lengths are believed only after it.
    if crc32(&bytes[..8]) != number(8) as u32 {
        return Err(bad("a wrong checksum"));
    }
    // No sum with `headers`: a guest's numbers have 32 bits, and it could overflow.
    if !(PRELUDE + CRC..=FRAME_BYTES).contains(&total) || headers > total - PRELUDE - CRC {
        return Err(bad("an impossible length"));
    }
    if bytes.len() < total {
        return Ok(None);
    }
    if crc32(&bytes[..total - CRC]) != number(total - CRC) as u32 {
        return Err(bad("a wrong checksum"));
    }
    let frame = Frame {
        headers: parse_headers(&bytes[PRELUDE..PRELUDE + headers])
            .ok_or_else(|| bad("broken headers"))?,
        payload: bytes[PRELUDE + headers..total - CRC].to_vec(),
    };
    Ok(Some((frame, total)))
}

fn parse_headers(mut rest: &[u8]) -> Option<Vec<(String, String)>> {
    let mut headers = Vec::new();
    while let Some((length, after)) = rest.split_first() {
        let (name, after) = after.split_at_checked(usize::from(*length))?;
        let (kind, after) = after.split_first()?;
        // Booleans have no bytes, numbers as many as they have, a time eight, an id
        // sixteen; bytes and text say their length.
        let size = match kind {
            0 | 1 => 0,
            2 => 1,
            3 => 2,
            4 => 4,
            5 | 8 => 8,
            9 => 16,
            6 | 7 => 2 + usize::from(u16::from_be_bytes([*after.first()?, *after.get(1)?])),
            _ => return None,
        };
        let (value, after) = after.split_at_checked(size)?;
        if *kind == 7 {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
            headers.push((text(name)?, text(&value[2..])?));
        }
        rest = after;
    }
    Some(headers)
}

/// The CRC-32 of IEEE 802.3, four bytes at a time: what each of them does to the sum is looked
/// up by itself, and none waits for the one before.
fn crc32(bytes: &[u8]) -> u32 {
    /// What a byte does, with none to three more behind it.
    static TABLES: [[u32; 256]; 4] = {
        let mut tables = [[0; 256]; 4];
        let mut index = 0;
        while index < 256 {
            let mut value = index as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
                bit += 1;
            }
            tables[0][index] = value;
            index += 1;
        }
        let mut index = 0;
        while index < 256 {
            let mut behind = 1;
            while behind < 4 {
                let before = tables[behind - 1][index];
                tables[behind][index] = (before >> 8) ^ tables[0][(before & 255) as usize];
                behind += 1;
            }
            index += 1;
        }
        tables
    };
    let (words, rest) = bytes.as_chunks::<4>();
    let crc = words.iter().fold(!0_u32, |crc, word| {
        let [first, second, third, last] = (crc ^ u32::from_le_bytes(*word)).to_le_bytes();
        TABLES[3][usize::from(first)]
            ^ TABLES[2][usize::from(second)]
            ^ TABLES[1][usize::from(third)]
            ^ TABLES[0][usize::from(last)]
    });
    !rest.iter().fold(crc, |crc, byte| TABLES[0][usize::from(crc as u8 ^ *byte)] ^ (crc >> 8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Cut;
    use proptest::prelude::*;

    fn encode(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
        let mut block = vec![];
        for (name, value) in headers {
            block.push(name.len() as u8);
            block.extend(name.as_bytes());
            block.push(7);
            block.extend((value.len() as u16).to_be_bytes());
            block.extend(value.as_bytes());
        }
        block.extend([1, b'b', 0, 1, b'n', 4, 0, 0, 0, 9]);
        let mut frame = vec![];
        frame
            .extend((PRELUDE as u32 + block.len() as u32 + payload.len() as u32 + 4).to_be_bytes());
        frame.extend((block.len() as u32).to_be_bytes());
        frame.extend(crc32(&frame).to_be_bytes());
        frame.extend(block);
        frame.extend(payload);
        frame.extend(crc32(&frame).to_be_bytes());
        frame
    }

    fn decode(chunks: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Vec<Frame> {
        let mut decoder = Decoder::default();
        let mut frames = Vec::new();
        for chunk in chunks {
            let keep = |frame| {
                frames.push(frame);
                Ok(())
            };
            decoder.push(chunk.as_ref(), keep).unwrap();
        }
        assert!(decoder.is_complete());
        frames
    }

    proptest! {
        #[test]
        fn any_frames_are_the_same_however_they_are_cut(
            frames in proptest::collection::vec(
                (proptest::collection::vec((":?[a-z-]{1,8}", "[a-z\u{e9}]{0,8}"), 0..3), "[a-z]{0,20}"),
                0..4,
            ),
            seed in any::<u64>(),
        ) {
            let bytes = frames.iter().flat_map(|(headers, payload)| {
                let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                encode(&headers, payload.as_bytes())
            });
            let bytes: Vec<u8> = bytes.collect();
            let whole = decode([&bytes]);
            let sent = frames.into_iter();
            let sent: Vec<_> = sent.map(|(headers, payload)| Frame { headers, payload: payload.into() }).collect();
            prop_assert_eq!(&whole, &sent);
            prop_assert_eq!(&decode(bytes.chunks(1)), &whole);
            prop_assert_eq!(&decode(Cut::Random(seed).apply(&bytes)), &whole);
        }
    }

    #[test]
    fn lengths_that_contradict_each_other_are_malformed() {
        for (total, headers) in [(0_u32, 0), (15, 0), (16, 1), (100, u32::MAX), (u32::MAX, 0)] {
            let mut prelude = [total.to_be_bytes(), headers.to_be_bytes()].concat();
            prelude.extend(crc32(&prelude).to_be_bytes());
            prelude.extend([0; 100]);
            let failure = Decoder::default().push(&prelude, |_| Ok(())).unwrap_err();
            assert!(failure.message.contains("an impossible length"), "{}", failure.message);
        }
    }

    #[test]
    fn a_frame_that_claims_too_much_is_refused_by_its_first_bytes() {
        for (total, good) in [(FRAME_BYTES as u32, true), (FRAME_BYTES as u32 + 1, false)] {
            let mut prelude = [total.to_be_bytes(), [0; 4]].concat();
            prelude.extend(crc32(&prelude).to_be_bytes());
            let mut decoder = Decoder::default();
            assert_eq!(decoder.push(&prelude, |_| Ok(())).is_ok(), good, "{total}");
            assert!(decoder.buffer.capacity() < 1000);
        }
    }

    #[test]
    fn frames_before_a_broken_one_are_handed_over() {
        let bytes = [encode(&[], b"first"), vec![0; 16]].concat();
        let mut seen = Vec::new();
        let keep = |frame: Frame| {
            seen.push(frame.payload);
            Ok(())
        };
        assert!(Decoder::default().push(&bytes, keep).is_err());
        assert_eq!(seen, [b"first"]);
    }

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn any_cut_gives_the_same_frames() {
        let headers = [(":event-type", "chunk"), (":message-type", "event")];
        let bytes = [encode(&headers, b"{\"a\":1}"), encode(&[], b"")].concat();
        for size in 1..=bytes.len() {
            let frames = decode(bytes.chunks(size));
            assert_eq!(frames.len(), 2);
            assert_eq!(frames[0].header(":event-type"), Some("chunk"));
            assert_eq!(frames[0].payload, b"{\"a\":1}");
        }
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let bytes = encode(&[(":event-type", "chunk")], b"{}");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let mut decoder = Decoder::default();
            let result = decoder.push(&changed, |_| Ok(()));
            assert!(result.is_err() || !decoder.is_complete(), "byte {at}");
        }
    }
}
