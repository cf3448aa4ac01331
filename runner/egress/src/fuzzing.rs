//! What the fuzz targets reach of this crate's inside. It is only there where they are
//! built: see `fuzz/`.

use crate::credential::Secret;
use crate::limits::Limits;
use crate::scrub::{Scrubber, Stream};
use crate::{header, path};
use bytes::Bytes;
use hotcell_manifest::HeaderPattern;

/// What stands in the place of a secret.
pub const REPLACEMENT: &[u8] = crate::scrub::REPLACEMENT;

/// Takes secrets out.
pub struct Scrub(Scrubber);

impl Scrub {
    /// One that looks for these.
    pub fn new(secrets: &[String]) -> Self {
        let secrets: Vec<Secret> = secrets.iter().cloned().map(Secret::from).collect();
        Self(Scrubber::new(&secrets))
    }

    /// What is left of the stream that these chunks are.
    pub fn stream<'a>(&self, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut stream = Stream::default();
        let mut out = Vec::new();
        for chunk in chunks {
            out.extend(stream.push(&self.0, Bytes::copy_from_slice(chunk), false));
        }
        out.extend(stream.push(&self.0, Bytes::new(), true));
        out
    }

    /// What is left of a text that is complete; none where no secret is in it.
    pub fn whole(&self, text: &[u8]) -> Option<Vec<u8>> {
        self.0.whole(text)
    }
}

/// The encodings of a secret that are looked for.
pub fn forms(secret: &str) -> Vec<Vec<u8>> {
    let forms = crate::scrub::forms(secret);
    forms.into_iter().filter(|form| form.len() >= crate::scrub::SHORTEST).collect()
}

/// The decoded segments and the names of the query of a path that is let through.
pub fn path(text: &str) -> Option<(Vec<String>, Vec<String>)> {
    path::check(text).ok().map(|path| (path.segments, path.query))
}

/// Names and values of a guest's headers that are let through.
pub fn headers(
    headers: Vec<(String, String)>,
    granted: &[HeaderPattern],
) -> Option<Vec<(String, Vec<u8>)>> {
    let checked = header::check(headers, granted, None, &Limits::default()).ok()?;
    let pairs = checked.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    Some(pairs.collect())
}
