//! Asks cargo what a package is built from.

use crate::{Dependencies, Digest, PackageSource};
use auditable_serde::{DependencyKind, Package, VersionInfo};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::Command;
use toml::Table;

/// What one package is built from, of which platform. Neither macros nor build scripts are
/// in it: what they need depends on the machine that builds, and the same source has to
/// give the same tree everywhere. They are in the Cargo.lock beside the source.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The packages that are compiled into it.
    pub dependencies: Dependencies,
    /// What else is known of them, in the same order.
    pub crates: Vec<Crate>,
}

/// What is known of one version of a crate. Of one in a registry it never changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Crate {
    /// The crate's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, as an SPDX expression.
    pub license: Option<String>,
    /// The digest of the archive that was fetched, if it was.
    pub checksum: Option<Digest>,
}

/// As an expression of Rust, for tables that a build script writes.
impl fmt::Display for Crate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let license = self.license.as_deref().unwrap_or_default();
        let checksum = self.checksum.map(|digest| digest.hex()).unwrap_or_default();
        write!(
            f,
            "Crate {{ name: {:?}, version: {:?}, license: {license:?}, checksum: {checksum:?} }}",
            self.name, self.version
        )
    }
}

/// What Cargo.lock says of a package.
struct Locked {
    source: PackageSource,
    checksum: Option<Digest>,
}

impl Tree {
    /// Runs `cargo tree`. Unlike `cargo metadata` it tells what is built for this package
    /// alone, and needs nothing of what the rest of the workspace is built from.
    ///
    /// `cargo` is a command in the workspace's folder without arguments.
    ///
    /// # Errors
    /// Where cargo cannot be run, fails, or says what is not understood.
    pub fn ask(
        mut cargo: Command,
        workspace: &Path,
        package: &str,
        target: &str,
    ) -> io::Result<Self> {
        let output = cargo
            .args(["tree", "--locked", "--color", "never", "--package", package])
            .args(["--target", target, "--edges", "normal,no-proc-macro"])
            .args(["--prefix", "depth", "--format", "{p}\t{l}"])
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(io::Error::other(format!(
                "cargo cannot tell what it is built from: {said}"
            )));
        }
        let lock = std::fs::read_to_string(workspace.join("Cargo.lock"))?;
        Self::parse(&String::from_utf8_lossy(&output.stdout), &lock)
    }

    /// Puts together what `cargo tree` printed and what Cargo.lock says.
    fn parse(printed: &str, lock: &str) -> io::Result<Self> {
        let odd =
            |what: &str| io::Error::other(format!("cargo says what is not understood: {what}"));
        let locked = locked(lock)?;
        // By name and version: the licence, whether it has a place of its own, what it needs.
        let mut found: BTreeMap<(String, semver::Version), Found> = BTreeMap::new();
        let mut above: Vec<(String, semver::Version)> = Vec::new();
        for line in printed.lines().filter(|line| !line.is_empty()) {
            let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (depth, rest) = line.split_at(digits);
            let depth: usize = depth.parse().map_err(|_| odd(line))?;
            let (package, license) = rest.split_once('\t').ok_or_else(|| odd(line))?;
            let mut words = package.split(' ');
            let name = words.next().unwrap_or_default().to_owned();
            let version = words.next().and_then(|word| word.strip_prefix('v'));
            let version = version.and_then(|version| version.parse().ok());
            let id = (name, version.ok_or_else(|| odd(line))?);
            if depth > above.len() || (depth == 0) != found.is_empty() {
                return Err(odd(line));
            }
            above.truncate(depth);
            if let Some(parent) = above.last().and_then(|parent| found.get_mut(parent)) {
                parent.needs.push(id.clone());
            }
            above.push(id.clone());
            let license = license.strip_suffix(" (*)").unwrap_or(license).trim();
            let entry = found.entry(id).or_default();
            entry.license = Some(license.replace('/', " OR ")).filter(|text| !text.is_empty());
            entry.placed = words.next().is_some();
            entry.root |= depth == 0;
        }

        let place: BTreeMap<_, usize> =
            found.keys().cloned().enumerate().map(|(index, id)| (id, index)).collect();
        let (mut packages, mut crates) = (Vec::new(), Vec::new());
        for ((name, version), found) in &found {
            let of_the_lock = locked.get(&(name.clone(), version.to_string()));
            let of_the_lock = of_the_lock.and_then(|all| {
                // Of the same version in two places, cargo tells the place of the one
                // that is not of the registry.
                let is_it = |one: &&Locked| (one.source != PackageSource::CratesIo) == found.placed;
                all.iter().find(is_it).or(all.first())
            });
            let source = of_the_lock.map_or(PackageSource::Local, |locked| locked.source.clone());
            let mut dependencies: Vec<usize> =
                found.needs.iter().filter_map(|id| place.get(id).copied()).collect();
            dependencies.sort_unstable();
            dependencies.dedup();
            packages.push(Package {
                name: name.clone(),
                version: version.clone(),
                source,
                kind: DependencyKind::Runtime,
                dependencies,
                root: found.root,
            });
            crates.push(Crate {
                name: name.clone(),
                version: version.to_string(),
                license: found.license.clone(),
                checksum: of_the_lock.and_then(|locked| locked.checksum),
            });
        }
        // Format 1 is the one that tells what runs from what only builds.
        let dependencies = Dependencies::checked(VersionInfo { packages, format: 1 })
            .map_err(|error| odd(&error.to_string()))?;
        Ok(Self { dependencies, crates })
    }
}

#[derive(Default)]
struct Found {
    license: Option<String>,
    placed: bool,
    root: bool,
    needs: Vec<(String, semver::Version)>,
}

/// The packages of a Cargo.lock by name and version.
fn locked(lock: &str) -> io::Result<BTreeMap<(String, String), Vec<Locked>>> {
    let lock: Table = lock.parse().map_err(io::Error::other)?;
    let packages = lock.get("package").and_then(|packages| packages.as_array());
    let mut locked: BTreeMap<_, Vec<Locked>> = BTreeMap::new();
    for package in packages.into_iter().flatten() {
        let text = |key: &str| package.get(key).and_then(|value| value.as_str());
        let (Some(name), Some(version)) = (text("name"), text("version")) else { continue };
        let checksum = text("checksum").and_then(|hex| format!("sha256:{hex}").parse().ok());
        let one = Locked { source: source(text("source")), checksum };
        locked.entry((name.to_owned(), version.to_owned())).or_default().push(one);
    }
    Ok(locked)
}

fn source(address: Option<&str>) -> PackageSource {
    match address {
        None => PackageSource::Local,
        Some(
            "registry+https://github.com/rust-lang/crates.io-index"
            | "sparse+https://index.crates.io/",
        ) => PackageSource::CratesIo,
        Some(git) if git.starts_with("git+") => PackageSource::Git,
        Some(_) => PackageSource::Registry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\
        [[package]]\nname = \"b\"\nversion = \"2.0.0\"\n\
        source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
        checksum = \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"\n\
        [[package]]\nname = \"b\"\nversion = \"3.0.0-rc.1+x\"\nsource = \"git+https://e.example/b#1\"\n";

    #[test]
    fn what_cargo_prints_becomes_a_tree_without_a_path() {
        let printed = "0a v1.0.0 (/home/somebody/a place (with v9)/a)\tMIT/Apache-2.0\n\
             1b v2.0.0\tZlib\n\
             2b v3.0.0-rc.1+x (https://e.example/b#1)\t\n\
             1b v3.0.0-rc.1+x (https://e.example/b#1)\t (*)\n";
        let tree = Tree::parse(printed, LOCK).unwrap();
        let json = serde_json::to_value(&tree.dependencies).unwrap();
        assert_eq!(
            json,
            serde_json::json!([
                { "name": "a", "version": "1.0.0", "source": "local", "dependencies": [1, 2], "root": true },
                { "name": "b", "version": "2.0.0", "source": "crates.io", "dependencies": [2] },
                { "name": "b", "version": "3.0.0-rc.1+x", "source": "git" },
            ])
        );
        assert_eq!(tree.crates[0].license.as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(tree.crates[1].checksum.unwrap().hex(), "b".repeat(64));
        assert_eq!((&tree.crates[2].license, tree.crates[2].checksum), (&None, None));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for printed in [
            "",
            "a v1.0.0\t",
            "0a 1.0.0\t",
            "0a v1\t",
            "1a v1.0.0\t",
            "0a v1.0.0",
            "0a v1.0.0\tMIT\n2b v2.0.0\tMIT",
            "0a v1.0.0\tMIT\n0b v2.0.0\tMIT",
        ] {
            assert!(Tree::parse(printed, LOCK).is_err(), "{printed:?}");
        }
    }
}
