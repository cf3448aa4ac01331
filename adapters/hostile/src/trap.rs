//! The host's own stability.

use crate::cell::Answer;
use hotcell_sdk::{EmbedResponse, Model, finished, text};
use std::hint::black_box;

pub(crate) fn trap_in_complete() -> Answer {
    panic!("in complete")
}

pub(crate) fn trap_in_next() -> Answer {
    let mut first = true;
    Answer::of(move || {
        assert!(std::mem::take(&mut first), "in the middle of the answer");
        Ok(Some(vec![text(0, 0, "one word, ")]))
    })
}

pub(crate) fn trap_in_drop() -> Answer {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("when dropped")
        }
    }
    let bomb = Bomb;
    let mut batches = vec![None, Some(vec![text(0, 0, "words"), finished(0, "stop")])];
    Answer::of(move || {
        black_box(&bomb);
        Ok(batches.pop().flatten())
    })
}

pub(crate) fn trap_in_embed() -> EmbedResponse {
    panic!("in embed")
}

pub(crate) fn trap_in_list_models() -> Vec<Model> {
    panic!("in list-models")
}

pub(crate) fn out_of_bounds() -> Answer {
    let far = black_box(0xffff_fff0_u32) as *mut u8;
    #[allow(unsafe_code, reason = "the attempt itself")]
    // SAFETY: none is claimed. There is no such memory, and the cell must end.
    let found = unsafe {
        far.write_volatile(1);
        far.read_volatile()
    };
    Answer::telling(format!("GOT {found} from outside"))
}
