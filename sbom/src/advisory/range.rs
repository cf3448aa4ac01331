//! Which versions an advisory is about, as the format of OSV says how to find out.

use semver::Version;
use std::cmp::Ordering;

/// What an advisory says of one crate.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Affected {
    pub(super) name: String,
    pub(super) versions: Vec<Version>,
    pub(super) ranges: Vec<Range>,
}

/// What happened, in the order of the versions that it happened in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range {
    events: Vec<Event>,
    /// Nothing is said of versions from any of these on, where there are any.
    limits: Vec<Version>,
}

/// The kinds stand in the order in which they are applied where they fall together: what is
/// fixed and introduced in one version is there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    Fixed(Version),
    /// None is the beginning of all versions.
    Introduced(Option<Version>),
    LastAffected(Version),
}

impl Range {
    pub(super) fn new(mut events: Vec<Event>, limits: Vec<Version>) -> Self {
        events.sort_by(Event::order);
        Self { events, limits }
    }

    fn has(&self, version: &Version) -> bool {
        if !self.limits.is_empty() && !self.limits.iter().any(|limit| is_before(version, limit)) {
            return false;
        }
        let mut is_affected = false;
        for event in &self.events {
            match event {
                Event::Introduced(None) => is_affected = true,
                Event::Introduced(Some(from)) if !is_before(version, from) => is_affected = true,
                Event::Fixed(from) if !is_before(version, from) => is_affected = false,
                Event::LastAffected(last) if is_before(last, version) => is_affected = false,
                _ => {}
            }
        }
        is_affected
    }
}

impl Event {
    fn order(&self, other: &Self) -> Ordering {
        let (own, others) = (self.version(), other.version());
        let by_version = match (own, others) {
            (Some(own), Some(others)) => own.cmp_precedence(others),
            _ => own.is_some().cmp(&others.is_some()),
        };
        by_version.then(self.rank().cmp(&other.rank()))
    }

    fn version(&self) -> Option<&Version> {
        match self {
            Self::Introduced(version) => version.as_ref(),
            Self::Fixed(version) | Self::LastAffected(version) => Some(version),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Fixed(_) => 0,
            Self::Introduced(_) => 1,
            Self::LastAffected(_) => 2,
        }
    }
}

impl Affected {
    pub(super) fn has(&self, version: &Version) -> bool {
        let is_listed = self.versions.iter().any(|one| one.cmp_precedence(version).is_eq());
        is_listed || self.ranges.iter().any(|range| range.has(version))
    }

    pub(super) fn fixed_after<'a>(
        &'a self,
        version: &'a Version,
    ) -> impl Iterator<Item = &'a Version> {
        let events = self.ranges.iter().flat_map(|range| &range.events);
        events.filter_map(move |event| match event {
            Event::Fixed(fixed) if is_before(version, fixed) => Some(fixed),
            _ => None,
        })
    }
}

/// What stands behind a `+` is no part of the order.
fn is_before(a: &Version, b: &Version) -> bool {
    a.cmp_precedence(b).is_lt()
}

/// A version; some databases leave zeros at its end out.
pub(super) fn version(text: &str) -> Option<Version> {
    let padded = || {
        let is_short = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let zeros = match text.matches('.').count() {
            0 => ".0.0",
            1 => ".0",
            _ => return None,
        };
        is_short.then(|| format!("{text}{zeros}").parse().ok()).flatten()
    };
    text.parse().ok().or_else(padded)
}
