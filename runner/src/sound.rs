//! Sound, piece by piece.

use crate::cell::Speaking;
use crate::failure::Error;
use crate::heard::Inquiry;
use std::fmt;

/// Sound that is still coming. Dropping it cancels the request: the cell and its connection
/// are gone.
pub struct Sound {
    speaking: Speaking,
    inquiry: Inquiry,
}

impl Sound {
    pub(crate) fn new(speaking: Speaking, inquiry: Inquiry) -> Self {
        Self { speaking, inquiry }
    }

    /// The request's id in the audit log.
    pub fn request_id(&self) -> &str {
        &self.inquiry.request_id
    }

    /// The media type, where the provider says it.
    pub fn mime(&self) -> Option<&str> {
        self.speaking.mime()
    }

    /// The next bytes, at least one; none at the end.
    ///
    /// # Errors
    /// What goes wrong in the middle. After that it has ended.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        self.speaking.next().await.map_err(|error| self.inquiry.locate(error))
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sound").field("request_id", &self.request_id()).finish_non_exhaustive()
    }
}
