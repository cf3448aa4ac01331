//! What is known of crates, and what of it is about a tree.

mod osv;
mod range;
mod read;

use hotcell_manifest::{Dependencies, Package, PackageSource};
use range::Affected;
use semver::Version;
use std::collections::BTreeMap;
use std::path::Path;

pub use read::AdvisoryError;

/// A database of advisories, as far as it is about crates of crates.io.
///
/// It is read from files that the user has: hotcell fetches none, so what it knows is as
/// old as they are.
#[derive(Clone, Debug, Default)]
pub struct Advisories {
    all: Vec<Advisory>,
    /// Places in `all`, by the name of a crate.
    about: BTreeMap<String, Vec<usize>>,
}

/// One advisory.
#[derive(Clone, Debug, PartialEq)]
pub struct Advisory {
    id: String,
    aliases: Vec<String>,
    summary: Option<String>,
    scores: Vec<Score>,
    severity: Option<String>,
    informational: Option<String>,
    affected: Vec<Affected>,
}

/// How bad an advisory says it is, in somebody's measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// The measure, as OSV names it: `CVSS_V3`.
    pub kind: String,
    /// The vector, as it was given: `CVSS:3.1/AV:N/…`. Nothing is computed of it.
    pub vector: String,
}

/// An advisory that is about a package of a tree.
#[derive(Clone, Debug)]
pub struct Match<'a> {
    /// The advisory.
    pub advisory: &'a Advisory,
    /// The package that it is about.
    pub package: &'a Package,
    /// The package's place in [`Dependencies::packages`].
    pub place: usize,
    /// The versions after the package's own that it is fixed in, the lowest first.
    pub fixed: Vec<Version>,
}

impl Advisories {
    /// Reads a file, or a folder with everything below it: one advisory, a list of them, or
    /// one a line, as OSV and RustSec publish them. What was withdrawn, or is about
    /// something else than crates of crates.io, is left out.
    ///
    /// # Errors
    /// [`AdvisoryError`], where something cannot be read, is too large, or is no advisory;
    /// also where nothing is about any crate: a database that is silent about everything is
    /// the wrong one.
    pub fn read(path: &Path) -> Result<Self, AdvisoryError> {
        read::read(path)
    }

    /// The same of a text, with what to call it in errors. It may be about nothing.
    ///
    /// # Errors
    /// [`AdvisoryError::Format`], where it is no advisory.
    pub fn parse(text: &[u8], name: &Path) -> Result<Self, AdvisoryError> {
        let all = read::parse(text)
            .map_err(|message| AdvisoryError::Format { path: name.to_owned(), message })?;
        Ok(Self::sorted(all))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What is about packages of a tree, in the order of its packages and then of the
    /// advisories' names. Only what comes from crates.io is looked up: a package of the
    /// same name from elsewhere is another.
    pub fn matching<'a>(&'a self, tree: &'a Dependencies) -> Vec<Match<'a>> {
        let mut matches = Vec::new();
        for (place, package) in tree.packages().iter().enumerate() {
            if package.source != PackageSource::CratesIo {
                continue;
            }
            for index in self.about.get(&package.name).into_iter().flatten() {
                let advisory = &self.all[*index];
                if let Some(fixed) = advisory.concerns(&package.name, &package.version) {
                    matches.push(Match { advisory, package, place, fixed });
                }
            }
        }
        matches
    }

    fn add(&mut self, advisory: Advisory) {
        let place = self.all.len();
        for affected in &advisory.affected {
            let about = self.about.entry(affected.name.clone()).or_default();
            if about.last() != Some(&place) {
                about.push(place);
            }
        }
        self.all.push(advisory);
    }

    /// Puts them in the order of their names; of two with one name the first stays.
    fn sorted(mut all: Vec<Advisory>) -> Self {
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all.dedup_by(|a, b| a.id == b.id);
        let mut advisories = Self::default();
        for advisory in all {
            advisories.add(advisory);
        }
        advisories
    }
}

impl Advisory {
    /// Its name, such as `RUSTSEC-2026-0001`: printable ASCII without spaces.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its other names, such as `CVE-2026-1`; the same holds for them.
    pub fn aliases(&self) -> &[String] {
        &self.aliases
    }

    /// One sentence. It is a stranger's text.
    pub fn summary(&self) -> Option<&str> {
        self.summary.as_deref()
    }

    /// How bad it is, where it says so in a measure.
    pub fn scores(&self) -> &[Score] {
        &self.scores
    }

    /// How bad it is in the database's own word, such as `HIGH`.
    pub fn severity(&self) -> Option<&str> {
        self.severity.as_deref()
    }

    /// Where it is no vulnerability, what it is: `unmaintained`, `unsound` or `notice`.
    pub fn informational(&self) -> Option<&str> {
        self.informational.as_deref()
    }

    /// Whether it is about this version of a crate, and what fixes it.
    fn concerns(&self, name: &str, version: &Version) -> Option<Vec<Version>> {
        let of_the_name = || self.affected.iter().filter(|affected| affected.name == name);
        if !of_the_name().any(|affected| affected.has(version)) {
            return None;
        }
        let mut fixed: Vec<Version> =
            of_the_name().flat_map(|affected| affected.fixed_after(version)).cloned().collect();
        fixed.sort();
        fixed.dedup();
        Some(fixed)
    }
}

#[cfg(test)]
mod tests;
