//! Nothing of a secret passes, in none of its encodings, however the stream is cut; and
//! what holds none passes as it is.

#![no_main]

use arbitrary::Arbitrary;
use hotcell_egress::fuzzing::{REPLACEMENT, Scrub, forms};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    secrets: Vec<&'a str>,
    pieces: Vec<Piece<'a>>,
    /// Sizes of the chunks, again and again.
    chunks: Vec<u8>,
}

#[derive(Arbitrary, Debug)]
enum Piece<'a> {
    Text(&'a [u8]),
    /// A form of a secret, or so many bytes of it.
    Secret {
        secret: u8,
        form: u8,
        bytes: Option<u8>,
    },
}

fuzz_target!(|input: Input<'_>| {
    let short = |secret: &&&str| secret.len() <= 64;
    let secrets = input.secrets.iter().filter(short).take(3).map(|secret| (*secret).to_owned());
    let secrets: Vec<String> = secrets.collect();
    let scrub = Scrub::new(&secrets);
    let forms: Vec<Vec<u8>> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    let mut text = Vec::new();
    for piece in &input.pieces {
        match piece {
            Piece::Text(more) => text.extend_from_slice(more),
            Piece::Secret { .. } if forms.is_empty() => {}
            Piece::Secret { secret, form, bytes } => {
                let form = &forms[(usize::from(*secret) * 16 + usize::from(*form)) % forms.len()];
                let most = bytes.map_or(form.len(), usize::from).min(form.len());
                text.extend_from_slice(&form[..most]);
            }
        }
    }
    let whole = scrub.stream([text.as_slice()]);
    assert_eq!(scrub.stream(chunks(&text, &input.chunks)), whole, "in chunks");
    assert_eq!(scrub.stream(text.chunks(1)), whole, "byte by byte");
    assert_eq!(scrub.whole(&text).unwrap_or_else(|| text.clone()), whole, "at once");
    let holds = |text: &[u8]| forms.iter().any(|form| at(text, form).is_some());
    if !holds(&text) {
        assert_eq!(whole, text, "what holds no secret was changed");
        return;
    }
    // What is put in the place of a secret can complete another; what passed stands beside.
    let (mut rest, mut replaced) = (whole.as_slice(), 0);
    while let Some(place) = at(rest, REPLACEMENT) {
        assert!(!holds(&rest[..place]), "a secret has passed");
        rest = &rest[place + REPLACEMENT.len()..];
        replaced += 1;
    }
    assert!(!holds(rest), "a secret has passed");
    assert!(replaced > 0, "nothing tells that a secret was here");
});

fn at(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn chunks<'a>(mut text: &'a [u8], sizes: &[u8]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    for size in sizes.iter().cycle().take(text.len()) {
        let (chunk, rest) = text.split_at(usize::from(*size).min(text.len()));
        chunks.push(chunk);
        text = rest;
    }
    chunks.push(text);
    chunks
}
