//! What the test targets of this package share.

#![forbid(unsafe_code)]

pub mod adapters;
pub mod component;
pub mod feature;
pub mod lines;
pub mod loopback;
pub mod stage;
