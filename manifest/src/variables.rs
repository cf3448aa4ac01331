//! The environment variables that a secret or a setting conventionally stands in.

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// More names than this are no convention.
const MOST: usize = 8;

/// Names of environment variables, of which the first counts that is set, and not to an empty
/// text. Written as one name or as a list of names. Of none where there is no convention.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variables(Vec<String>);

impl Variables {
    /// All names, the first choice first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one of these that `value` has a value for, together with it.
    ///
    /// # Errors
    /// What `value` says of the first that it cannot tell of.
    pub fn find<T, E>(
        &self,
        value: impl Fn(&str) -> Result<Option<T>, E>,
    ) -> Result<Option<(&str, T)>, E> {
        for name in self.iter() {
            if let Some(value) = value(name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    }

    fn checked(names: Vec<String>) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '=' | '|');
        if names.is_empty() {
            return Err("an empty list names no variable; leave it out".to_owned());
        }
        if names.len() > MOST {
            return Err(format!("more than {MOST} variables for one value"));
        }
        for (index, name) in names.iter().enumerate() {
            if name.is_empty() || !name.chars().all(plain) {
                return Err(format!("{name:?} is not the name of an environment variable"));
            }
            if names[..index].contains(name) {
                return Err(format!("the variable {name} stands twice"));
            }
        }
        Ok(Self(names))
    }
}

/// For a sentence: `A`, `A or B`, `A, B or C`.
impl fmt::Display for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_last() {
            None => Ok(()),
            Some((only, [])) => f.write_str(only),
            Some((last, others)) => write!(f, "{} or {last}", others.join(", ")),
        }
    }
}

/// Of one name, which is taken as it is.
impl From<&str> for Variables {
    fn from(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }
}

/// Names with `|` between them.
impl FromStr for Variables {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::checked(text.split('|').map(str::to_owned).collect())
    }
}

impl Serialize for Variables {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [one] => one.serialize(serializer),
            all => all.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Variables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrList;

        impl<'de> Visitor<'de> for NameOrList {
            type Value = Variables;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an environment variable, or a list of names")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Variables, E> {
                Variables::checked(vec![name.to_owned()]).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Variables, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = list.next_element()? {
                    // Enough to be told that they are too many.
                    if names.len() <= MOST {
                        names.push(name);
                    }
                }
                Variables::checked(names).map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_any(NameOrList)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Table {
        #[serde(default, skip_serializing_if = "Variables::is_empty")]
        env: Variables,
    }

    fn read(text: &str) -> Result<Variables, String> {
        toml::from_str::<Table>(text).map(|table| table.env).map_err(|error| error.to_string())
    }

    #[test]
    fn one_name_or_a_list_is_read_and_written_as_it_was() {
        for (text, sentence) in [
            ("", ""),
            ("env = \"A\"\n", "A"),
            ("env = [\"A\", \"B\"]\n", "A or B"),
            ("env = [\"A\", \"B\", \"C\"]\n", "A, B or C"),
        ] {
            let env = read(text).unwrap();
            assert_eq!(env.to_string(), sentence);
            assert_eq!(toml::to_string(&Table { env }).unwrap(), text);
        }
        assert_eq!(read("env = [\"A\"]").unwrap(), "A".parse().unwrap());
        assert_eq!(read("env = [\"A\", \"B\"]").unwrap(), "A|B".parse().unwrap());
    }

    #[test]
    fn what_names_no_variable_is_refused() {
        for bad in
            ["[]", "\"\"", "[\"A\", \"\"]", "\"A=b\"", "\"A|B\"", "\"A B\"", "\"\\u001b\"", "7"]
        {
            assert!(read(&format!("env = {bad}")).is_err(), "{bad} was accepted");
        }
        assert!(read("env = [\"A\", \"B\", \"A\"]").unwrap_err().contains("twice"));
        let many = format!("env = [{}]", "\"A\", ".repeat(100_000));
        assert!(read(&many).unwrap_err().contains("more than"));
        assert!("A||B".parse::<Variables>().is_err());
    }

    /// An adapter reads its settings: it would be told whatever it likes to know.
    #[test]
    fn a_manifest_names_no_variable_of_a_setting() {
        let with = |table: &str| {
            let text = format!(
                "[adapter]\nname = \"a\"\nversion = \"1.0.0\"\ndialect = \"d\"\n\
                 [{table}]\ndescription = \"d\"\nenv = [\"OPENAI_API_KEY\", \"B\"]\n"
            );
            crate::Manifest::parse(&text)
        };
        assert!(with("settings.a").unwrap_err().to_string().contains("env"));
        assert_eq!(with("secrets.a").unwrap().secrets["a"].env.to_string(), "OPENAI_API_KEY or B");
    }

    #[test]
    fn the_first_that_has_a_value_counts() {
        let variables: Variables = "A|B|C".parse().unwrap();
        let set = |names: &'static str| {
            move |name: &str| Ok::<_, Infallible>(names.contains(name).then_some(()))
        };
        for (there, found) in [("CB", Some("B")), ("ABC", Some("A")), ("C", Some("C")), ("", None)]
        {
            let found_now = variables.find(set(there)).unwrap();
            assert_eq!(found_now.map(|(name, ())| name), found, "{there}");
        }
        let refuse = |name: &str| if name == "B" { Err("no") } else { Ok(None::<()>) };
        assert_eq!(variables.find(refuse), Err("no"));
    }
}
