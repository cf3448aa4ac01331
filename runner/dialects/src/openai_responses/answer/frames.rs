//! The frames of a stream: each has its name twice, and a number.

use crate::json;

/// Counts the frames. A quiet one writes none, for an answer that is written whole.
#[derive(Debug, Default)]
pub(super) struct Frames {
    quiet: bool,
    sequence: u64,
}

impl Frames {
    pub(super) fn quiet() -> Self {
        Self { quiet: true, sequence: 0 }
    }

    /// A frame of this kind. `members` writes what it has besides, each with a comma behind
    /// it.
    pub(super) fn frame(
        &mut self,
        out: &mut Vec<u8>,
        kind: &str,
        members: impl FnOnce(&mut Vec<u8>),
    ) {
        if self.quiet {
            return;
        }
        head(out, kind);
        members(out);
        self.close(out);
    }

    /// A frame that adds `piece`, which is kept in `whole` as JSON text without its quotes.
    /// `prefix` is all that comes before it, `beside` what comes behind it.
    pub(super) fn delta(
        &mut self,
        out: &mut Vec<u8>,
        prefix: &[u8],
        piece: &str,
        beside: &[u8],
        whole: &mut Vec<u8>,
    ) {
        if self.quiet {
            let start = whole.len();
            json::string(piece, whole);
            whole.remove(start);
            whole.pop();
            return;
        }
        out.extend_from_slice(prefix);
        let start = out.len() + 1;
        json::string(piece, out);
        whole.extend_from_slice(out.get(start..out.len() - 1).unwrap_or_default());
        out.push(b',');
        out.extend_from_slice(beside);
        self.close(out);
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"sequence_number\":");
        json::number(self.sequence, out);
        out.extend_from_slice(b"}\n\n");
        self.sequence += 1;
    }
}

/// How a frame of this kind begins.
pub(super) fn head(out: &mut Vec<u8>, kind: &str) {
    out.extend_from_slice(b"event: ");
    // A kind may be a provider's word.
    out.extend(kind.bytes().filter(|byte| !byte.is_ascii_control()));
    out.extend_from_slice(b"\ndata: {\"type\":");
    json::string(kind, out);
    out.push(b',');
}
