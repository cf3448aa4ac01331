//! A bill as things and what they depend on, which both formats write.

use crate::identifier::{crate_purl, generic_purl};
use crate::{Bill, Evidence, Kind, Match, Subject};
use hotcell_manifest::{DependencyKind, Digest, Package, PackageSource, package_source};
use std::cmp::Ordering;
use std::collections::BTreeMap;

pub(crate) struct Graph<'a> {
    /// The subject first, then its parts, then the crates of each.
    pub(crate) nodes: Vec<Node<'a>>,
    /// How many of the nodes are subjects.
    pub(crate) subjects: usize,
    /// The advisories, each with the nodes that it is about.
    pub(crate) findings: Vec<(Match<'a>, Vec<usize>)>,
}

pub(crate) struct Node<'a> {
    /// Unlike that of any other node.
    pub(crate) reference: String,
    pub(crate) name: &'a str,
    pub(crate) version: String,
    pub(crate) license: Option<&'a str>,
    pub(crate) purl: Option<String>,
    pub(crate) digest: Option<Digest>,
    pub(crate) what: What<'a>,
    /// What it is built from, in the order of the tree.
    pub(crate) needs: Vec<usize>,
}

#[derive(Clone, Copy)]
pub(crate) enum What<'a> {
    Subject(&'a Subject),
    /// A crate, where it comes from, and whether it only builds.
    Crate {
        source: &'a str,
        builds: bool,
    },
}

impl<'a> Graph<'a> {
    pub(crate) fn of(bill: &'a Bill<'_>) -> Self {
        let subjects: Vec<&Subject> = std::iter::once(&bill.subject).chain(&bill.parts).collect();
        let mut names = Names::default();
        let mut nodes: Vec<Node<'a>> =
            subjects.iter().map(|one| subject(one, &mut names)).collect();
        nodes[0].needs = (1..subjects.len()).collect();
        let mut findings: BTreeMap<&str, (Match<'a>, Vec<usize>)> = BTreeMap::new();
        for (index, of) in subjects.iter().enumerate() {
            let Some(tree) = &of.dependencies else { continue };
            // Where each package of the tree is among the nodes; the root is the subject.
            let (root, _) = tree.root();
            let first = nodes.len();
            let place = |at: usize| match at.cmp(&root) {
                Ordering::Less => first + at,
                Ordering::Equal => index,
                Ordering::Greater => first + at - 1,
            };
            for (at, package) in tree.packages().iter().enumerate() {
                let needs = package.dependencies.iter().map(|need| place(*need));
                if at == root {
                    nodes[index].needs.extend(needs);
                    continue;
                }
                let mut node = of_crate(package, bill, of, &nodes[index].reference, &mut names);
                node.needs.extend(needs);
                nodes.push(node);
            }
            let matches = bill.advisories.map(|all| all.matching(tree)).unwrap_or_default();
            for one in matches {
                let at = place(one.place);
                let entry = findings.entry(one.advisory.id()).or_insert((one, Vec::new()));
                entry.1.push(at);
            }
        }
        Self { nodes, subjects: subjects.len(), findings: findings.into_values().collect() }
    }
}

fn subject<'a>(of: &'a Subject, names: &mut Names) -> Node<'a> {
    let (name, version) = (&of.name, &of.version);
    // Other components of the name and the version are other subjects.
    let mark = of.digest.filter(|_| of.kind == Kind::Adapter);
    let mark = mark.map(|digest| format!("~{}", &digest.hex()[..12])).unwrap_or_default();
    Node {
        reference: names.give(format!("{name}@{version}{mark}")),
        name,
        version: version.clone(),
        license: of.license.as_deref(),
        purl: Some(generic_purl(name, version, of.digest)),
        digest: of.digest,
        what: What::Subject(of),
        needs: Vec::new(),
    }
}

fn of_crate<'a>(
    package: &'a Package,
    bill: &'a Bill<'_>,
    of: &Subject,
    above: &str,
    names: &mut Names,
) -> Node<'a> {
    let (name, version) = (&package.name, package.version.to_string());
    let of_the_registry = package.source == PackageSource::CratesIo;
    // Anybody can call a crate of their own like one of ours.
    let is_known = of_the_registry || of.evidence == Evidence::Built;
    let facts = bill
        .crates
        .facts(name, &version)
        .filter(|facts| is_known && facts.checksum.is_some() == of_the_registry);
    Node {
        reference: names.give(format!("{above}/{name}@{version}")),
        name,
        license: facts.and_then(|facts| facts.license.as_deref()),
        purl: of_the_registry.then(|| crate_purl(name, &version)),
        digest: facts.and_then(|facts| facts.checksum),
        what: What::Crate {
            source: package_source(&package.source),
            builds: package.kind == DependencyKind::Build,
        },
        needs: Vec::new(),
        version,
    }
}

/// References that were given.
#[derive(Default)]
struct Names(BTreeMap<String, usize>);

impl Names {
    /// A reference that is like no other: the same crate may come from two places.
    fn give(&mut self, wanted: String) -> String {
        let times = self.0.entry(wanted.clone()).or_default();
        *times += 1;
        match *times {
            1 => wanted,
            times => format!("{wanted}~{times}"),
        }
    }
}

/// What is said of a subject's tree.
pub(crate) fn evidence(of: &Subject) -> &'static str {
    match &of.dependencies {
        Some(_) => of.evidence.words(),
        None => "the component does not state what it is built from",
    }
}

/// Whether a subject is inside of the one that a bill is about.
pub(crate) fn is_inside(of: &Subject) -> bool {
    of.evidence == Evidence::Built
}
