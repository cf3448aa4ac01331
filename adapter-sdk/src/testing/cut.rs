use std::collections::VecDeque;

/// How a response's body arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// In one piece.
    Whole,
    /// One byte at a time.
    EveryByte,
    /// In pieces of this size.
    Every(usize),
    /// Cut before each of these offsets.
    At(Vec<usize>),
    /// In pieces of one to some dozens of bytes, the same ones for the same seed.
    Random(u64),
    /// Cut inside every UTF-8 sequence, before each of its later bytes.
    InsideUtf8,
    /// Cut between the CR and the LF of every line end, and between line ends.
    InsideCrlf,
}

impl Cut {
    /// Every kind of cut, [`Cut::Whole`] first.
    pub const KINDS: [Self; 8] = [
        Self::Whole,
        Self::EveryByte,
        Self::Every(7),
        Self::Every(64),
        Self::Random(1),
        Self::Random(2),
        Self::InsideUtf8,
        Self::InsideCrlf,
    ];

    /// The pieces of `body`, of which none is empty.
    pub fn apply(&self, body: &[u8]) -> VecDeque<Vec<u8>> {
        let where_ = |inside: fn(u8, u8) -> bool| {
            let pairs = body.windows(2).enumerate();
            pairs.filter(|(_, pair)| inside(pair[0], pair[1])).map(|(at, _)| at + 1).collect()
        };
        let cuts: Vec<usize> = match self {
            Self::Whole => vec![],
            Self::EveryByte => (1..body.len()).collect(),
            Self::Every(size) => (1..body.len()).filter(|at| at % size.max(&1) == 0).collect(),
            Self::At(cuts) => cuts.clone(),
            Self::Random(seed) => random(*seed, body.len()),
            Self::InsideUtf8 => where_(|_, after| after & 0xc0 == 0x80),
            Self::InsideCrlf => where_(|before, after| {
                matches!(before, b'\r' | b'\n') && matches!(after, b'\r' | b'\n')
            }),
        };
        let mut pieces = VecDeque::new();
        let mut start = 0;
        for at in cuts.into_iter().chain([body.len()]) {
            if at > start && at <= body.len() {
                pieces.push_back(body[start..at].to_vec());
                start = at;
            }
        }
        pieces
    }
}

/// Offsets from a generator that is small and the same everywhere (SplitMix64).
fn random(mut state: u64, length: usize) -> Vec<usize> {
    let mut cuts = Vec::new();
    let mut at = 0;
    loop {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // Short pieces and long ones, so that both borders and buffers are met.
        let longest = if mixed & 1 == 0 { 8 } else { 64 };
        at += 1 + (mixed >> 32) as usize % longest;
        if at >= length {
            return cuts;
        }
        cuts.push(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_pieces_together_are_the_body() {
        let body = "a\r\n\r\n\u{1f600}\u{e9}b".repeat(20);
        for cut in Cut::KINDS {
            let pieces = cut.apply(body.as_bytes());
            assert!(pieces.iter().all(|piece| !piece.is_empty()), "{cut:?}");
            let joined: Vec<u8> = pieces.into_iter().flatten().collect();
            assert_eq!(joined, body.as_bytes(), "{cut:?}");
        }
    }

    #[test]
    fn cuts_are_where_they_say() {
        let pieces = |cut: Cut| {
            let pieces = cut.apply("x\r\n\r\n\u{1f600}y".as_bytes());
            pieces.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(pieces(Cut::InsideCrlf), [2, 1, 1, 6]);
        assert_eq!(pieces(Cut::InsideUtf8), [6, 1, 1, 2]);
        assert_eq!(pieces(Cut::At(vec![3, 99])), [3, 7]);
        assert!(Cut::Whole.apply(b"").is_empty());
    }
}
