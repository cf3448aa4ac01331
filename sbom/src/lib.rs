//! What adapters and the runner are made of: as a bill of materials in the two formats
//! that auditors read, and against a database of advisories.
//!
//! A [`Bill`] is written as [CycloneDX 1.7](https://cyclonedx.org/docs/1.7/json/) by
//! [`Bill::cyclonedx`] and as [SPDX 3.0.1](https://spdx.github.io/spdx-spec/v3.0.1/) by
//! [`Bill::spdx`]. [`Advisories`] reads what is known of crates in the
//! [format of OSV](https://ossf.github.io/osv-schema/), which RustSec publishes too.
//!
//! The same bill gives the same bytes: nothing in it is drawn by lot, and no clock is read.
//!
//! What a component states that it is built from is a claim of whoever built it, and the
//! documents say so. It becomes knowledge where the source was built again and gave the same
//! bytes.

#![forbid(unsafe_code)]

mod advisory;
mod cyclonedx;
mod graph;
mod identifier;
mod spdx;
mod subject;

pub use advisory::{Advisories, Advisory, AdvisoryError, Match, Score};
pub use subject::{Crates, Evidence, Kind, Subject};

use serde_json::Value;
use std::time::SystemTime;

/// A bill of materials before it has a format.
#[derive(Clone, Debug)]
pub struct Bill<'a> {
    /// What it is about.
    pub subject: Subject,
    /// What belongs to the subject and has a tree of its own: the adapters of a runner.
    pub parts: Vec<Subject>,
    /// What is known of crates beside what trees tell.
    pub crates: &'a Crates,
    /// Where given, the bill tells which of them are about it.
    pub advisories: Option<&'a Advisories>,
    /// The version of the program that writes it.
    pub written_by: &'a str,
}

impl Bill<'_> {
    /// The bill as a CycloneDX 1.7 document. A time stands in it where one is given; its
    /// serial number is made of its content.
    pub fn cyclonedx(&self, created: Option<SystemTime>) -> Value {
        cyclonedx::document(self, created)
    }

    /// The bill as an SPDX 3.0.1 document, in which a time has to stand.
    pub fn spdx(&self, created: SystemTime) -> Value {
        spdx::document(self, created)
    }

    /// The advisories that are about it, each with the subject that it was found in.
    pub fn matches(&self) -> Vec<(&Subject, Match<'_>)> {
        let Some(advisories) = self.advisories else { return Vec::new() };
        let subjects = std::iter::once(&self.subject).chain(&self.parts);
        subjects
            .filter_map(|subject| Some((subject, subject.dependencies.as_ref()?)))
            .flat_map(|(subject, tree)| {
                advisories.matching(tree).into_iter().map(move |one| (subject, one))
            })
            .collect()
    }
}
