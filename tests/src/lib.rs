//! What the test targets of this package share.

#![forbid(unsafe_code)]

pub mod stage;
