//! The files in which AWS's own tools keep their settings: `~/.aws/config` and
//! `~/.aws/credentials`.
//!
//! Read as the SDKs read them ("Shared config and credentials files" of the AWS SDKs and
//! tools reference guide), save for what they read in different ways, which is refused with
//! the line that it is in: a key twice, a section twice in one file, a line that is neither.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use crate::credential::Secret;
use secrecy::ExposeSecret as _;
use std::collections::BTreeMap;

/// The two kinds of file, which name their sections in two ways.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// `[profile NAME]`, `[sso-session NAME]`, and `[default]`.
    Config,
    /// `[NAME]`.
    Credentials,
}

/// What the files say. Of a profile that is in both, the credentials file has the last word.
#[derive(Default)]
pub(super) struct Profiles {
    profiles: BTreeMap<String, Section>,
    sessions: BTreeMap<String, Section>,
}

/// The keys of one section. All values are kept like secrets, since some are.
#[derive(Default)]
pub(super) struct Section(BTreeMap<String, Secret>);

impl Section {
    /// A value that is there and not empty.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|value| value.expose_secret()).filter(|value| !value.is_empty())
    }

    /// The same as it is kept.
    pub(super) fn secret(&self, key: &str) -> Option<Secret> {
        self.get(key).and_then(|_| self.0.get(key)).cloned()
    }
}

impl Profiles {
    /// Adds what a file says. The config file comes first.
    ///
    /// # Errors
    /// The number of the line, and what is wrong with it, without a word of what is in it.
    pub(super) fn add(&mut self, kind: Kind, text: &str) -> Result<(), String> {
        let mut sections = BTreeMap::new();
        for (number, section) in sections_of(text)? {
            let Some(place) =
                Place::read(kind, &section.title).map_err(|why| format!("line {number}: {why}"))?
            else {
                continue;
            };
            if sections.insert(place, section.keys).is_some() {
                return Err(format!("line {number}: the section is there a second time"));
            }
        }
        // `[profile default]` has the last word over `[default]`.
        let written_out = sections.remove(&Place::DefaultWrittenOut);
        if let Some(section) = written_out {
            sections.insert(Place::Profile("default".to_owned()), section);
        }
        for (place, section) in sections {
            match place {
                Place::Profile(name) => self.profiles.entry(name).or_default().0.extend(section),
                Place::Session(name) => self.sessions.entry(name).or_default().0.extend(section),
                Place::DefaultWrittenOut => {}
            }
        }
        Ok(())
    }

    pub(super) fn profile(&self, name: &str) -> Option<&Section> {
        self.profiles.get(name)
    }

    pub(super) fn session(&self, name: &str) -> Option<&Section> {
        self.sessions.get(name)
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Profile(String),
    Session(String),
    DefaultWrittenOut,
}

impl Place {
    /// None for sections that are about something else, such as `[services NAME]`.
    fn read(kind: Kind, title: &str) -> Result<Option<Self>, &'static str> {
        let (word, name) = match title.split_once([' ', '\t']) {
            Some((word, name)) => (word, unquoted(name.trim())?),
            None => ("", unquoted(title)?),
        };
        Ok(match (kind, word) {
            (Kind::Credentials, "") => Some(Self::Profile(name)),
            // A profile of the config file's way to write it, which the SDKs pass over.
            (Kind::Credentials, _) => None,
            (Kind::Config, "") if name == "default" => Some(Self::Profile(name)),
            (Kind::Config, "profile") if name == "default" => Some(Self::DefaultWrittenOut),
            (Kind::Config, "profile") => Some(Self::Profile(name)),
            (Kind::Config, "sso-session") => Some(Self::Session(name)),
            (Kind::Config, _) => None,
        })
    }
}

fn unquoted(name: &str) -> Result<String, &'static str> {
    let bare = match name.strip_prefix(['"', '\'']) {
        Some(rest) => rest.strip_suffix(['"', '\'']).ok_or("a quotation mark has no other")?,
        None => name,
    };
    match bare.is_empty() || bare.contains(['"', '\'', '[', ']']) {
        true => Err("a section has no plain name"),
        false => Ok(bare.to_owned()),
    }
}

struct RawSection {
    title: String,
    keys: BTreeMap<String, Secret>,
}

/// The sections with the numbers of their first lines.
fn sections_of(text: &str) -> Result<Vec<(usize, RawSection)>, String> {
    let mut sections: Vec<(usize, RawSection)> = Vec::new();
    // Whether the last key has an empty value, below which others may be nested.
    let mut nests = false;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let bad = |why: &str| Err(format!("line {number}: {why}"));
        let indented = line.starts_with([' ', '\t']);
        let line = without_comment(line).trim();
        if line.is_empty() {
            continue;
        }
        if let Some(title) = line.strip_prefix('[').filter(|_| !indented) {
            let Some(title) = title.strip_suffix(']') else {
                return bad("a section's title has no `]` at its end");
            };
            let section = RawSection { title: title.trim().to_owned(), keys: BTreeMap::new() };
            sections.push((number, section));
            nests = false;
            continue;
        }
        let Some((_, section)) = sections.last_mut() else {
            return bad("something stands before the first section");
        };
        if indented {
            // Settings of one service, which are of no concern here. Below a value they
            // would be read as its next line by some.
            match nests && line.contains('=') {
                true => continue,
                false => return bad("it is indented, and belongs to nothing"),
            }
        }
        let Some((key, value)) = line.split_once('=') else {
            return bad("it is neither a section nor `key = value`");
        };
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        if key.is_empty() || key.contains([' ', '\t']) {
            return bad("a key is not one word");
        }
        if value.chars().any(char::is_control) {
            return bad("a value has a control character");
        }
        nests = value.is_empty();
        if section.keys.insert(key, Secret::from(value.to_owned())).is_some() {
            return bad("the key is there a second time in its section");
        }
    }
    Ok(sections)
}

/// A comment begins a line, or stands behind a space.
fn without_comment(line: &str) -> &str {
    let begins = |(at, c): (usize, char)| {
        let before = line[..at].chars().next_back();
        matches!(c, '#' | ';') && before.is_none_or(char::is_whitespace)
    };
    match line.char_indices().find(|found| begins(*found)) {
        Some((at, _)) => &line[..at],
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(config: &str, credentials: &str) -> Result<Profiles, String> {
        let mut profiles = Profiles::default();
        profiles.add(Kind::Config, config)?;
        profiles.add(Kind::Credentials, credentials)?;
        Ok(profiles)
    }

    const CONFIG: &str = "
# A comment
[default]
region = us-east-1 ; near
s3 =
  max_concurrent_requests = 20
output=json

[profile  dev]
role_arn = arn:aws:iam::123456789012:role/dev
Source_Profile = base
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start#/
[services x]
a = b
[profile 'with space']
region = eu-central-1
";
    const CREDENTIALS: &str = "\u{feff}[base]\r
aws_access_key_id = AKIDBASE\r
aws_secret_access_key = abc+/=#1=\r
[default]
region = eu-west-1
[profile ignored]
region = x
";

    #[test]
    fn what_the_sdks_read_is_read() {
        let profiles = read(CONFIG, CREDENTIALS).unwrap();
        let get = |profile: &str, key: &str| {
            profiles.profile(profile).and_then(|section| section.get(key)).map(str::to_owned)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(get("default", "region"), some("eu-west-1"));
        assert_eq!(get("default", "output"), some("json"));
        assert_eq!(get("default", "s3"), None);
        assert_eq!(get("default", "max_concurrent_requests"), None);
        assert_eq!(get("dev", "source_profile"), some("base"));
        assert_eq!(get("with space", "region"), some("eu-central-1"));
        assert_eq!(get("base", "aws_secret_access_key"), some("abc+/=#1="));
        assert_eq!(get("ignored", "region"), None);
        let session = profiles.session("corp").unwrap();
        assert_eq!(session.get("sso_start_url"), Some("https://corp.awsapps.com/start#/"));
        assert!(profiles.profile("x").is_none() && profiles.profile("corp").is_none());
    }

    #[test]
    fn a_default_that_is_written_out_wins() {
        for config in [
            "[default]\nregion = a\nb = c\n[profile default]\nregion = d\n",
            "[profile default]\nregion = d\n[default]\nregion = a\nb = c\n",
        ] {
            let profiles = read(config, "").unwrap();
            let section = profiles.profile("default").unwrap();
            assert_eq!((section.get("region"), section.get("b")), (Some("d"), None));
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused_with_its_line() {
        let table = [
            ("a = b", "line 1: something stands before the first section"),
            ("[default\na=b", "line 1: a section's title has no `]` at its end"),
            ("[]\n", "line 1: a section has no plain name"),
            ("[profile \"x]\n", "line 1: a quotation mark has no other"),
            (
                "[default]\na = SECRETVALUE\na = d",
                "line 3: the key is there a second time in its section",
            ),
            ("[default]\nA = b\na = d", "line 3: the key is there a second time in its section"),
            ("[default]\n[default]", "line 2: the section is there a second time"),
            ("[default]\nSECRETVALUE", "line 2: it is neither a section nor `key = value`"),
            ("[default]\n= SECRETVALUE", "line 2: a key is not one word"),
            ("[default]\nSECRET VALUE = x", "line 2: a key is not one word"),
            (
                "[default]\na = b\n  SECRETVALUE = d",
                "line 3: it is indented, and belongs to nothing",
            ),
            ("[default]\na = \u{1b}[2J", "line 2: a value has a control character"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text, "").err().as_deref(), Some(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_there_is_read_or_refused(
            text in "(\\[|\\]|profile |default|=|#|;| |\t|\r?\n|'|\"|é|a){0,60}",
        ) {
            let _ = read(&text, &text);
        }
    }
}
