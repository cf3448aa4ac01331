//! A stream that a client has the beginning of.

/// Leaves out the first frames of a stream. They are numbered from 0, in the order in which
/// they are written; and written the same whenever the same answer is told.
#[derive(Debug, Default)]
pub(super) struct Resume(u64);

impl Resume {
    /// Behind the frame of this number.
    pub(super) fn after(number: Option<u64>) -> Self {
        Self(number.map_or(0, |number| number.saturating_add(1)))
    }

    /// What the client does not have of these frames, all of which are whole.
    pub(super) fn rest(&mut self, mut frames: Vec<u8>) -> Vec<u8> {
        while self.0 > 0 {
            let Some(end) = frames.windows(2).position(|two| two == b"\n\n") else { break };
            frames.drain(..end + 2);
            self.0 -= 1;
        }
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_frames_are_left_out_as_the_client_has() {
        let frames = || b"a: 0\n\na: 1\n\na: 2\n\n".to_vec();
        let rest = |after: Option<u64>| {
            let mut resume = Resume::after(after);
            let first = resume.rest(frames());
            String::from_utf8([first, resume.rest(b"a: 3\n\n".to_vec())].concat()).unwrap()
        };
        assert_eq!(rest(None), "a: 0\n\na: 1\n\na: 2\n\na: 3\n\n");
        assert_eq!(rest(Some(0)), "a: 1\n\na: 2\n\na: 3\n\n");
        assert_eq!(rest(Some(2)), "a: 3\n\n");
        assert_eq!(rest(Some(3)), "");
        assert_eq!(rest(Some(u64::MAX)), "");
    }
}
