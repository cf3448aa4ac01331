//! However lines of JSON are cut, they are the same lines, and those that splitting finds.

#![no_main]

use hotcell_fuzz::Body;
use hotcell_sdk::ndjson::Decoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: Body| {
    let pieces = body.pieces.iter().map(Vec::as_slice);
    let whole = decoded([body.bytes.as_slice()]);
    assert_eq!(decoded(pieces), whole);
    let Ok(text) = std::str::from_utf8(&body.bytes) else { return };
    let lines = text.split('\n').map(|line| line.trim_matches(['\r', ' ', '\t']));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    assert_eq!(whole, (lines.iter().map(|line| (*line).to_owned()).collect(), true));
});

fn decoded<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<String>, bool) {
    let mut decoder = Decoder::default();
    let mut lines = Vec::new();
    let mut each = |line: &str| {
        lines.push(line.to_owned());
        Ok(())
    };
    let pushed = pieces.into_iter().try_for_each(|piece| decoder.push(piece, &mut each));
    let done = pushed.and_then(|()| decoder.finish(&mut each));
    (lines, done.is_ok())
}
