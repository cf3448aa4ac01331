//! What is kept of people's content: the words of a conversation and all that was made of
//! them, on both sides of the wall.

use super::{Exchange, Transcript};
use hotcell_manifest::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::io;

/// What a transcript keeps of what people and models said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// All of it, so that it can be replayed.
    #[default]
    Keep,
    /// Salted hashes of it, so that whoever has it can show that it is the same.
    Hash,
    /// Its lengths.
    Drop,
}

/// Hashes in the place of content: the SHA-256 of the salt, a word that says what of the
/// transcript it is, and that part of the transcript as JSON.
///
/// Each is of a large part, and none of a single text. A streamed answer comes word by word,
/// and words can be guessed one after the other; a whole answer only as a whole. Who has the
/// file can still try: a short conversation, or one of which all is known but a little, is
/// not hidden by a hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ContentHashes {
    /// Random, and another one for each transcript, so that two of them cannot be compared:
    /// 32 hex digits.
    pub salt: String,
    /// Of the values of the settings.
    pub settings: Digest,
    /// Of what was asked.
    pub call: Digest,
    /// Of each exchange: what was sent, and what came back.
    pub exchanges: Vec<(Digest, Digest)>,
    /// Of what was yielded.
    pub answer: Digest,
}

impl ContentHashes {
    /// A salt that nobody had before.
    ///
    /// # Errors
    /// A system without a source of random numbers.
    pub(super) fn new_salt() -> io::Result<String> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        Ok(salt.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub(super) fn of(transcript: &Transcript, salt: &str) -> Self {
        let Transcript { settings, call, exchanges, answer, .. } = transcript;
        let exchange = |exchange: &Exchange| {
            let Exchange { request, failure, status, headers, reads } = exchange;
            let received = (failure, status, headers, reads);
            (hash(salt, "sent", request), hash(salt, "received", &received))
        };
        Self {
            salt: salt.to_owned(),
            settings: hash(salt, "settings", settings),
            call: hash(salt, "call", call),
            exchanges: exchanges.iter().map(exchange).collect(),
            answer: hash(salt, "answer", answer),
        }
    }
}

fn hash(salt: &str, what: &str, value: &impl Serialize) -> Digest {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update([0]);
    hash.update(what);
    hash.update([0]);
    write(&mut hash, value);
    Digest::from(<[u8; 32]>::from(hash.finalize()))
}

/// The bytes that something has as JSON.
pub(super) fn size(value: &impl Serialize) -> u64 {
    let mut counted = Counted(0);
    write(&mut counted, value);
    counted.0
}

fn write(into: impl io::Write, value: &impl Serialize) {
    // Neither what is written nor what it is written into can fail.
    let _ = serde_json::to_writer(into, value);
}

struct Counted(u64);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
