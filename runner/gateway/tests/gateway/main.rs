//! The gateway as clients see it, in front of a mock of the providers.

mod bed;
mod chat;
mod collector;
mod endpoints;
mod seeing;
