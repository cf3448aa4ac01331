//! What stands before an answer that is kept: the version of its form, when it came, and whose
//! it is. What is not in this form is not there.

use super::Kept;
use bytes::{Buf, Bytes};

/// The form. Another one begins with another byte.
const VERSION: u8 = 1;

/// What an answer begins with.
pub(super) fn head(model: &str, now: u64) -> Vec<u8> {
    // A model's name has 512 bytes at the most: see `visit`.
    let length = u16::try_from(model.len()).unwrap_or(0);
    let mut head = vec![VERSION];
    head.extend(now.to_be_bytes());
    head.extend(length.to_be_bytes());
    head.extend(&model.as_bytes()[..usize::from(length)]);
    head
}

/// Takes that apart again.
pub(super) fn open(mut value: Bytes, now: u64) -> Option<Kept> {
    if value.try_get_u8().ok()? != VERSION {
        return None;
    }
    let put = value.try_get_u64().ok()?;
    let length = usize::from(value.try_get_u16().ok()?);
    if value.len() < length {
        return None;
    }
    let model = String::from_utf8(value.split_to(length).into()).ok()?;
    // The clock of whoever put it there may be ahead.
    Some(Kept { model, age: now.saturating_sub(put), answer: value })
}
