//! Whether JSON that comes in pieces is all there.

/// How deep a text is in lists and objects so far.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    depth: u32,
    begun: bool,
    within_string: bool,
    escaped: bool,
}

impl Nesting {
    /// Goes on with the text.
    pub(super) fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            match (self.within_string, byte) {
                (true, _) if self.escaped => self.escaped = false,
                (true, b'\\') => self.escaped = true,
                (_, b'"') => self.within_string = !self.within_string,
                (false, b'{' | b'[') => {
                    self.begun = true;
                    self.depth = self.depth.saturating_add(1);
                }
                (false, b'}' | b']') => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Whether an object or list has begun and ended.
    pub(super) fn is_whole(&self) -> bool {
        self.begun && self.depth == 0 && !self.within_string
    }
}
