//! What stands behind the question mark.

use super::{LONGEST_PAGE, PAGE, Refused};
use crate::store::Page;

/// The members of a query.
#[derive(Debug, Default)]
pub(super) struct Query {
    members: Vec<(String, String)>,
}

impl Query {
    pub(super) fn read(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let members = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        });
        Self { members: members.collect() }
    }

    /// The value of a member; none where it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.members.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Refuses what nobody reads.
    pub(super) fn only(&self, names: &[&str]) -> Result<(), Refused> {
        match self.members.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => Err(Refused::wrong(
                name,
                format!("`{name}` is not asked for here; this takes {}", names.join(", ")),
            )),
        }
    }

    /// How many entries are wanted.
    pub(super) fn most(&self) -> Result<u32, Refused> {
        let Some(text) = self.get("limit") else { return Ok(PAGE) };
        let most = text.parse().ok().filter(|most| (1..=LONGEST_PAGE).contains(most));
        most.ok_or_else(|| Refused::wrong("limit", format!("`limit` is 1 to {LONGEST_PAGE}")))
    }

    /// The page that is wanted, with one entry more than it has.
    pub(super) fn page(&self) -> Result<(Page, u32), Refused> {
        let most = self.most()?;
        let after = self.get("after").unwrap_or_default().to_owned();
        Ok((Page { after, most: most + 1 }, most))
    }
}

/// What percent signs and plus signs stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let escaped = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped = escaped.filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match (byte, escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'+', _) => bytes.push(b' '),
            (b'%', Some(value)) => {
                bytes.push(value);
                rest = &after[2..];
            }
            (other, _) => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_and_what_is_none_stays() {
        for (text, expected) in [
            ("openai%2Fgpt-4o", "openai/gpt-4o"),
            ("a+b", "a b"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%+1", "% 1"),
            ("%ff", "\u{fffd}"),
            ("%é", "%é"),
        ] {
            assert_eq!(decoded(text), expected, "{text}");
        }
        let query = Query::read("limit=5&after=&team=a%26b");
        assert_eq!(query.get("team"), Some("a&b"));
        assert_eq!(query.get("after"), None);
        assert_eq!(query.page().unwrap().0.most, 6);
        for wrong in ["limit=0", "limit=1001", "limit=-1", "limit=x"] {
            assert_eq!(Query::read(wrong).most().unwrap_err().status, 400, "{wrong}");
        }
        assert_eq!(query.only(&["limit", "after"]).unwrap_err().param.as_deref(), Some("team"));
    }
}
