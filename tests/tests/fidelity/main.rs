//! One dialect through: what a client wrote arrives at a provider that speaks its dialect, and
//! what that one answered arrives at the client, members that nobody here knows among it. A
//! provider of another dialect gets what can be said there, and the client hears of the rest.

mod abroad;
mod chat;
mod gemini;
mod responses;
mod world;
