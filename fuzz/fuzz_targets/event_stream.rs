//! However an AWS event stream is cut, it has the same frames; what an encoder writes is
//! read; and a frame in which a bit is wrong is not.

#![no_main]

use arbitrary::Arbitrary;
use hotcell_fuzz::Body;
use hotcell_sdk::event_stream::{Decoder, Frame};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    frames: Vec<(Vec<(String, String)>, Vec<u8>)>,
    wrong: Option<(u16, u8)>,
    behind: Body,
}

fuzz_target!(|input: Input| {
    let mut frames = Vec::new();
    let mut stream = Vec::new();
    for (headers, payload) in input.frames {
        let fits = |text: &String, most: usize| text.len() <= most;
        if headers.iter().all(|(name, value)| fits(name, 255) && fits(value, 1000)) {
            let frame = Frame { headers, payload };
            stream.extend(encoded(&frame));
            frames.push(frame);
        }
    }
    assert_eq!(decoded([stream.as_slice()]), (frames.clone(), true, true));
    if let Some((at, bits)) = input.wrong.filter(|(_, bits)| *bits != 0 && !stream.is_empty()) {
        let at = usize::from(at) % stream.len();
        let mut wrong = stream.clone();
        wrong[at] ^= bits;
        let (read, complete, fine) = decoded([wrong.as_slice()]);
        assert!(!(complete && fine), "a wrong bit was not seen");
        assert!(frames.starts_with(&read), "something else was read");
    }
    let whole = [stream.as_slice(), &input.behind.bytes].concat();
    let pieces = [stream.as_slice()].into_iter();
    let pieces = pieces.chain(input.behind.pieces.iter().map(Vec::as_slice));
    assert_eq!(decoded(pieces), decoded([whole.as_slice()]));
    assert_eq!(decoded(whole.chunks(1)), decoded([whole.as_slice()]));
});

fn decoded<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Frame>, bool, bool) {
    let mut decoder = Decoder::default();
    let mut frames = Vec::new();
    let mut each = |frame: Frame| {
        frames.push(frame);
        Ok(())
    };
    let done = pieces.into_iter().try_for_each(|piece| decoder.push(piece, &mut each));
    (frames, done.is_ok() && decoder.is_complete(), done.is_ok())
}

fn encoded(frame: &Frame) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in &frame.headers {
        headers.push(name.len() as u8);
        headers.extend(name.as_bytes());
        headers.push(7);
        headers.extend((value.len() as u16).to_be_bytes());
        headers.extend(value.as_bytes());
    }
    let total = 16 + headers.len() + frame.payload.len();
    let mut bytes = [(total as u32).to_be_bytes(), (headers.len() as u32).to_be_bytes()].concat();
    bytes.extend(crc32(&bytes).to_be_bytes());
    bytes.extend(headers);
    bytes.extend(&frame.payload);
    bytes.extend(crc32(&bytes).to_be_bytes());
    bytes
}

/// Bit by bit, as its definition has it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 }
        })
    })
}
