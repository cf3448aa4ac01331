//! JSON of this adapter's dialect.

use hotcell_sdk::Native;

pub(crate) use hotcell_bedrock::json::*;

/// A value of this adapter's dialect.
pub(crate) fn native(value: impl Into<String>) -> Native {
    Native { dialect: crate::DIALECT.to_owned(), value: value.into() }
}

/// An `extra` of these members; none of none.
#[inline(never)]
pub(crate) fn extra(members: &[(String, String)]) -> Option<Native> {
    (!members.is_empty()).then(|| native(object_text(members)))
}
