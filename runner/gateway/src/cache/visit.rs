//! A visit, as far as it is answered with what was answered before.

use super::Terms;
use crate::attempt::Question;
use crate::deployment::Entry;
use crate::reply;
use crate::visit::Visit;
use hotcell::types::{Event, Usage};
use http::HeaderMap;

/// What is known of a visit and of answers that are kept; nothing where its model's are not.
#[derive(Default)]
pub(crate) struct Cached {
    /// What the client says of it.
    pub(crate) terms: Terms,
    /// How it was looked for.
    pub(crate) found: Option<Found>,
    /// Whose the answer is that was found, and how old.
    model: String,
    age: u64,
    /// Where the answer belongs that is to come, and for how many seconds.
    wanted: Option<(super::Key, u64)>,
    /// The answer that comes.
    draft: Option<super::Draft>,
}

/// How an answer was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It was there.
    Hit,
    /// It was not.
    Miss,
    /// Answers to this are not kept, and not looked for.
    Bypass,
}

impl Found {
    /// In a word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Bypass => "bypass",
        }
    }
}

impl Visit {
    /// The answer to a question, where it was kept.
    pub(crate) async fn recall<Q: Question>(
        &mut self,
        model: &str,
        entry: &Entry,
        question: &Q,
    ) -> Option<Q::Answer> {
        let gateway = self.gateway.clone();
        let cache = gateway.cache.as_ref()?;
        let seconds = entry.cache_seconds.filter(|seconds| *seconds > 0)?;
        self.cached.found = Some(Found::Bypass);
        let caller = self.caller.as_ref()?;
        if !cache.policy.holds(self.endpoint, self.cached.terms) {
            return None;
        }
        let mut print = cache.print();
        print.circle(cache.policy.circle(caller));
        print.model(model, entry);
        question.print(&mut print, &cache.policy)?;
        let key = print.key();
        let kept = cache.get(key, self.cached.terms.oldest(seconds)).await;
        // What cannot be read is not there.
        let kept = kept.and_then(|kept| Some((question.recall(&kept.answer)?, kept)));
        let Some((answer, kept)) = kept else {
            self.cached.found = Some(Found::Miss);
            self.cached.wanted = Some((key, seconds));
            return None;
        };
        self.cached.found = Some(Found::Hit);
        (self.cached.model, self.cached.age) = (kept.model, kept.age);
        Some(answer)
    }

    /// Begins to write down an answer that has begun, or is there. One of a model that stands in
    /// for another is not kept: the next one to ask may find that one back.
    pub(crate) fn write_down<Q: Question>(&mut self, answer: &Q::Answer) {
        let Some((key, seconds)) = self.cached.wanted.take() else { return };
        let stood_in = self.seen.fallbacks > 0;
        let (Some(cache), Some(deployment), false) =
            (&self.gateway.cache, &self.deployment, stood_in)
        else {
            return;
        };
        let mut draft = cache.draft(key, seconds, &deployment.model);
        Q::write(answer, &mut draft);
        self.cached.draft = Some(draft);
    }

    /// Writes down more of it.
    pub(crate) fn write_event(&mut self, event: &Event) {
        if let Some(draft) = &mut self.cached.draft {
            draft.note(event);
        }
    }

    /// Takes what an answer that came whole used; one that was kept used nothing.
    pub(crate) fn takes(&mut self, usage: &Option<Usage>) {
        if !self.is_recalled() {
            self.usage.clone_from(usage);
        }
    }

    /// Keeps what was written down: the answer is whole.
    pub(crate) fn keep(&mut self) {
        if let (Some(draft), Some(cache)) = (self.cached.draft.take(), &self.gateway.cache) {
            cache.put(draft);
        }
    }

    /// Whether nobody had to be asked.
    pub(crate) fn is_recalled(&self) -> bool {
        self.cached.found == Some(Found::Hit)
    }

    /// Whose answer it is that was kept.
    pub(crate) fn recalled_model(&self) -> Option<&str> {
        self.is_recalled().then_some(&*self.cached.model)
    }

    /// Says whether an answer was kept, and since when.
    pub(crate) fn mark_cached(&self, headers: &mut HeaderMap) {
        let Some(found) = self.cached.found else { return };
        reply::set(headers, "x-hotcell-cache", found.name());
        if let Some(model) = self.recalled_model() {
            reply::set(headers, "x-hotcell-model", model);
            headers.insert(http::header::AGE, self.cached.age.into());
        }
    }
}
