//! What is left of a transcript where content must not be kept: nothing that was said, in no
//! encoding, and still enough to find that it was edited.

mod conversation;
mod editing;
mod flaw;
mod secrecy;
