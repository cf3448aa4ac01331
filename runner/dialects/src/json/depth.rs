//! How deep lists and objects may be within one another.

/// How many lists and objects may be within one another: as many as whoever reads the values
/// that are kept as text takes at the most.
const DEEPEST: u32 = 127;

/// Whether there are more of them. Values that are kept as text are only read beyond the
/// wall, where nobody could tell the client any more what is wrong with its request.
pub(crate) fn is_too_deep(text: &str) -> bool {
    let mut depth = 0_u32;
    let mut rest = text.as_bytes();
    let marks = |byte: &u8| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']');
    while let Some(at) = rest.iter().position(marks) {
        let mark = rest[at];
        rest = &rest[at + 1..];
        match mark {
            b'"' => rest = behind_string(rest),
            b'{' | b'[' if depth == DEEPEST => return true,
            b'{' | b'[' => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
    }
    false
}

/// What comes behind the end of a string that has begun.
pub(super) fn behind_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let behind = if rest[at] == b'"' { at + 1 } else { at + 2 };
        let is_end = rest[at] == b'"';
        rest = rest.get(behind..).unwrap_or_default();
        if is_end {
            return rest;
        }
    }
    &[]
}
