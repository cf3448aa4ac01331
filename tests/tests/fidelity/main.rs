//! One dialect through: what a client wrote arrives at a provider that speaks its dialect, and
//! what that one answered arrives at the client, members that nobody here knows among it.

mod chat;
mod responses;
mod world;
