//! Identities that are more than a key.

#![expect(dead_code, reason = "put to work by the next step")]

mod aws;
