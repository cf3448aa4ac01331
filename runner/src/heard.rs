//! What a provider tells beside its answers, and of whom it was heard.

use crate::failure::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a provider's last response said in headers of the request, and of what is left of the
/// caller's allowance: its id for it, `x-ratelimit-…`, `retry-after`. Those that the grant lets in.
///
/// Clones are one and the same. See [`Runner::hearing`](crate::Runner::hearing).
#[derive(Clone, Debug, Default)]
pub struct Heard(Arc<Mutex<Vec<(String, String)>>>);

impl Heard {
    /// The headers, names in lower case.
    pub fn headers(&self) -> Vec<(String, String)> {
        self.all().clone()
    }

    /// The same, which are forgotten here.
    pub fn take(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.all())
    }

    /// Keeps what a response tells; nothing where there is none.
    #[inline(never)]
    pub(crate) fn hear(&self, headers: &[(String, String)]) {
        let told = headers.iter().filter(|(name, _)| is_told(name));
        let mut all = self.all();
        all.clear();
        all.extend(told.cloned());
    }

    fn all(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a header tells a caller something: the request's id, or an allowance.
fn is_told(name: &str) -> bool {
    name.contains("ratelimit") || name.ends_with("request-id") || name == "retry-after"
}

/// Who is asked, and under which id.
pub(crate) struct Inquiry {
    pub(crate) provider: Arc<str>,
    pub(crate) request_id: String,
    pub(crate) heard: Heard,
}

impl Inquiry {
    /// Says of an error where it happened, and what was heard there.
    pub(crate) fn locate(&self, error: Error) -> Error {
        Error {
            provider: Some(self.provider.to_string()),
            request_id: Some(self.request_id.clone()),
            headers: self.heard.headers(),
            ..error
        }
    }
}
