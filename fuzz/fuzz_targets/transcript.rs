//! A transcript that is read says the same when it is written and read again, and so does its
//! outline, which is the outline of nothing else.

#![no_main]

use hotcell::transcript::Bytes;
use hotcell::{Content, Outline, Recorded};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(recorded) = Recorded::parse(bytes) else { return };
    let transcript = match recorded {
        Recorded::Whole(transcript) => transcript,
        Recorded::Outline(outline) => {
            let _ = outline.flaw();
            let written = serde_json::to_vec_pretty(&outline).expect("it can be written");
            let again = Recorded::parse(&written).expect("it can be read");
            assert_eq!(again, Recorded::Outline(outline));
            return;
        }
    };
    let written = serde_json::to_vec_pretty(&transcript).expect("it can be written");
    let again = Recorded::parse(&written).expect("it can be read");
    assert_eq!(again, Recorded::Whole(transcript.clone()));
    for content in [Content::Hash, Content::Drop] {
        let outline = Outline::of(&transcript, content).expect("a salt").expect("an outline");
        assert_eq!(outline.difference(&transcript), None);
        let written = serde_json::to_vec_pretty(&outline).expect("it can be written");
        let again = Recorded::parse(&written).expect("it can be read");
        assert_eq!(again, Recorded::Outline(Box::new(outline.clone())));
        // Another body is another transcript.
        let mut other = transcript.clone();
        if let Some(exchange) = other.exchanges.last_mut() {
            let Bytes(body) = &mut exchange.request.body;
            match (content, body.first_mut()) {
                (Content::Hash, Some(byte)) => *byte ^= 1,
                _ => body.push(b'x'),
            }
            assert!(outline.difference(&other).is_some(), "another body, the same outline");
        }
    }
});
