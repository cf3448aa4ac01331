//! However a stream of server-sent events is cut, it has the same events.

#![no_main]

use hotcell_fuzz::Body;
use hotcell_sdk::sse::Decoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: Body| {
    let pieces = body.pieces.iter().map(Vec::as_slice);
    assert_eq!(decoded(pieces), decoded([body.bytes.as_slice()]));
});

fn decoded<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<[String; 2]>, bool, bool) {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    let mut each = |name: &str, data: &str| {
        events.push([name.to_owned(), data.to_owned()]);
        Ok(())
    };
    let pushed = pieces.into_iter().try_for_each(|piece| decoder.push(piece, &mut each));
    let complete = pushed.is_ok() && decoder.is_complete();
    let done = pushed.and_then(|()| decoder.finish(&mut each));
    (events, complete, done.is_ok())
}
