//! `hotcell.lock`: which components a person agreed to, and to what exactly.
//!
//! It is written by `hotcell adapter add` and `trust`, stands beside the configuration, and
//! is reviewed like any lock file. What stands in it is the grant: an adapter may do that
//! and no more, whatever its component declares.

use crate::config::{ConfigError, syntax};
use hotcell_manifest::{
    Capability, Digest, Endpoint, Inspection, SecretDeclaration, Setting, capabilities_of,
};
use hotcell_signature::Signer;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The name of the file, beside the configuration.
pub const LOCK_FILE: &str = "hotcell.lock";

/// What stands above the tables.
const HEAD: &str = "# What each adapter may do, as somebody agreed to it. Written by `hotcell adapter`;\n\
    # review it like any lock file.\n\n";

/// Every grant, by the adapter's name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lock {
    /// The version of the file's format.
    version: Version,
    /// The grants.
    #[serde(default)]
    pub adapters: BTreeMap<GrantName, Granted>,
}

/// One grant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Granted {
    /// Where the component was taken from: a file, an `https://` address, or a reference
    /// `oci://…` with the digest of the manifest that led to it.
    pub source: String,
    /// The component.
    pub digest: Digest,
    /// The version that it calls itself.
    pub version: String,
    /// Who agreed.
    pub granted_by: String,
    /// When, in UTC.
    pub granted_at: String,
    /// What it imports.
    pub imports: Vec<String>,
    /// Whose signature it had. Nobody else's will do from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<Signer>,
    /// What it may do at which endpoints.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Which settings it may read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, Setting>,
    /// Which secrets the runner may send for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretDeclaration>,
}

/// The name that a grant is kept under: lower-case letters, digits and `-`, and none that
/// the binary's own adapters and its catalogue have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GrantName(String);

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
struct Version;

impl Lock {
    /// Reads the text of a lock file, strictly. `file` is for messages.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] with line and column: unknown keys, names that stand twice,
    /// digests that are none.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| syntax(text, file, &error))
    }

    /// Reads a lock file; an empty one where there is none.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        match fs::read_to_string(file) {
            Ok(text) => Self::parse(&text, file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => {
                Err(ConfigError::Unreadable { file: file.to_owned(), why: error.to_string() })
            }
        }
    }

    /// Reads a lock file, hands it to `change`, and writes it if that says so. Whoever else
    /// edits it in the meantime waits, so that no grant is lost. Tells whether it was written.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn edit(file: &Path, change: impl FnOnce(&mut Self) -> bool) -> Result<bool, ConfigError> {
        let unwritable = |error: io::Error| ConfigError::Unwritable {
            file: file.to_owned(),
            why: error.to_string(),
        };
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(unwritable)?;
        // The folder's, because the file is replaced. Where there are no such locks, the last
        // one who writes wins.
        let held = File::open(folder).and_then(|folder| folder.lock().map(|()| folder));
        let mut lock = Self::read(file)?;
        let changed = change(&mut lock);
        if changed {
            lock.write(file).map_err(unwritable)?;
        }
        drop(held);
        Ok(changed)
    }

    /// Writes the file anew, beside and with a rename: it is there whole, or as it was.
    ///
    /// # Errors
    /// What the system said.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        let mut beside = file.as_os_str().to_owned();
        beside.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(beside);
        let written = File::create(&beside)
            .and_then(|mut new| {
                new.write_all(HEAD.as_bytes())?;
                new.write_all(text.as_bytes())?;
                new.sync_all()
            })
            .and_then(|()| fs::rename(&beside, file));
        if written.is_err() {
            // It may not be there at all.
            let _ = fs::remove_file(&beside);
        }
        written
    }

    /// The lock file of a configuration file.
    pub fn beside(config: &Path) -> PathBuf {
        config.with_file_name(LOCK_FILE)
    }

    /// The grant of this name.
    pub fn get(&self, name: &str) -> Option<&Granted> {
        self.adapters.iter().find(|(known, _)| known.0 == name).map(|(_, granted)| granted)
    }
}

impl Granted {
    /// A person's yes to all that a component asks for.
    pub fn of(inspection: &Inspection, source: String, by: String, at: String) -> Self {
        let manifest = inspection.manifest.clone();
        Self {
            source,
            digest: inspection.digest,
            version: manifest.adapter.version,
            granted_by: by,
            granted_at: at,
            imports: inspection.imports.clone(),
            signed_by: None,
            endpoints: manifest.endpoints,
            settings: manifest.settings,
            secrets: manifest.secrets,
        }
    }

    /// The file that the component was taken from, where it was one.
    pub fn file(&self) -> Option<&Path> {
        (!self.source.contains("://")).then(|| Path::new(&self.source))
    }

    /// What is granted, the worst first.
    pub fn capabilities(&self) -> Vec<Capability> {
        capabilities_of(&self.imports, &self.endpoints, &self.settings, &self.secrets)
    }
}

impl GrantName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for GrantName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            return Err(format!("`{name}` is not a name: use lower-case letters, digits and `-`"));
        }
        if hotcell_bundle::adapter(&name).is_some() || hotcell_catalogue::provider(&name).is_some()
        {
            return Err(format!("`{name}` is the name of an adapter or provider of the binary's"));
        }
        Ok(Self(name))
    }
}

impl From<GrantName> for String {
    fn from(name: GrantName) -> Self {
        name.0
    }
}

impl fmt::Display for GrantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<u32> for Version {
    type Error = String;

    fn try_from(version: u32) -> Result<Self, String> {
        match version {
            1 => Ok(Self),
            _ => Err(format!("version {version} is of another hotcell; this one writes 1")),
        }
    }
}

impl From<Version> for u32 {
    fn from(_: Version) -> Self {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked() -> Lock {
        let inspection =
            hotcell_manifest::inspect(hotcell_bundle::ADAPTERS[0].component()).expect("an adapter");
        let granted = Granted::of(&inspection, "a.wasm".into(), "me".into(), "today".into());
        let name = GrantName::try_from("mine".to_owned()).expect("a name");
        Lock { adapters: BTreeMap::from([(name, granted)]), ..Lock::default() }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(LOCK_FILE);
        assert_eq!(Lock::read(&file).unwrap(), Lock::default());
        locked().write(&file).unwrap();
        assert_eq!(Lock::read(&file).unwrap(), locked());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// Locks that are there already have one variable for a secret, or none.
    #[test]
    fn a_grant_has_one_variable_or_several() {
        let one = toml::to_string(&locked()).unwrap();
        let line = "env = \"ANTHROPIC_API_KEY\"\n";
        assert!(one.contains(line), "{one}");
        for (env, written) in
            [("", ""), ("A", "env = \"A\"\n"), ("A or B", "env = [\"A\", \"B\"]\n")]
        {
            let text = one.replace(line, written);
            let lock = Lock::parse(&text, Path::new(LOCK_FILE)).unwrap();
            let granted = lock.adapters.values().next().unwrap();
            assert_eq!(granted.secrets["api-key"].env.to_string(), env);
            assert_eq!(toml::to_string(&lock).unwrap(), text);
        }
    }

    #[test]
    fn a_lock_is_read_strictly() {
        let good = toml::to_string(&locked()).unwrap();
        let table = "[adapters.mine";
        for (from, to, words) in [
            ("version = 1", "version = 2", "another hotcell"),
            ("version = 1", "", "missing field `version`"),
            ("granted-by", "granted-bye", "unknown field"),
            ("sha256:", "sha1:", "is not a digest"),
            (table, "[adapters.openai", "of the binary's"),
            (table, "[adapters.\"../mine\"", "is not a name"),
            ("POST /messages", "POST messages", "does not start with `/`"),
            ("POST /messages", "TRACE /messages", "is not a method"),
        ] {
            assert!(good.contains(from), "{from}");
            let error = Lock::parse(&good.replace(from, to), Path::new(LOCK_FILE)).unwrap_err();
            let ConfigError::Syntax { line, message, .. } = &error else { panic!("{error}") };
            assert!(message.contains(words), "{message}");
            let expected = good.lines().position(|line| line.contains(from.trim_end()));
            let missing = words.starts_with("missing");
            assert!(missing || Some(*line) == expected.map(|at| at + 1), "{to}: {error}");
        }
        let twice = good.replace("granted-by", "source = \"other\"\ngranted-by");
        let error = Lock::parse(&twice, Path::new(LOCK_FILE)).unwrap_err();
        assert!(error.to_string().contains("duplicate key"), "{error}");
    }
}
