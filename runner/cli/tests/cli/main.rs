//! The command line as a user sees it: the real binary in a world of its own,
//! against a provider on loopback.

mod answers;
mod completions;
mod configuration;
mod context;
mod conversation;
mod demo;
mod failures;
mod interrupt;
mod listings;
