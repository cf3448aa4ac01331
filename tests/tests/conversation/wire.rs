//! What stands in a request that a provider got.

use crate::protocol::Thoughts;
use crate::{FIRST, PIXEL, SECOND, THOUGHT};
use serde_json::Value;

/// Every text of a body with the member that it stands in.
pub(crate) struct Wire(Vec<(String, String)>);

impl Wire {
    pub(crate) fn of(body: &Value) -> Self {
        let mut all = Vec::new();
        gather(body, "", &mut all);
        Self(all)
    }

    /// The texts of a member.
    fn member(&self, name: &str) -> Vec<&str> {
        let own = self.0.iter().filter(|(member, _)| member == name);
        own.map(|(_, text)| text.as_str()).collect()
    }

    pub(crate) fn has_image(&self, member: &str) -> Result<(), String> {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(PIXEL);
        let held: Vec<&str> =
            self.member(member).into_iter().filter(|text| text.ends_with(&encoded)).collect();
        match held.as_slice() {
            [_] => Ok(()),
            _ => Err(format!("the image is there {} times as `{member}`", held.len())),
        }
    }

    pub(crate) fn has_results(&self) -> Result<(), String> {
        // The model has repeated them, too.
        for result in [FIRST, SECOND] {
            if !self.0.iter().any(|(_, text)| text == result) {
                return Err(format!("the result `{result}` is not there as it was given"));
            }
        }
        Ok(())
    }

    pub(crate) fn has_ids(
        &self,
        ids: Option<(&str, &str)>,
        wanted: &[String],
    ) -> Result<(), String> {
        let Some((call, result)) = ids else { return Ok(()) };
        for id in wanted {
            let of = |member: &str| self.member(member).iter().filter(|text| *text == id).count();
            let is_both = match call == result {
                true => of(call) == 2,
                false => of(call) == 1 && of(result) == 1,
            };
            if !is_both {
                return Err(format!("`{id}` is there {} and {} times", of(call), of(result)));
            }
        }
        Ok(())
    }

    /// Three answers had thoughts before the last request.
    pub(crate) fn has_thoughts(
        &self,
        thoughts: Thoughts,
        warnings: &[String],
    ) -> Result<(), String> {
        let count = |member: &str, text: &str| {
            self.member(member).iter().filter(|own| text.is_empty() || **own == text).count()
        };
        let found = match thoughts {
            Thoughts::Signed(member) => count(member, ""),
            Thoughts::Told(member) => count(member, THOUGHT),
            Thoughts::LeftOut => {
                let is_there = self.0.iter().any(|(_, text)| text.contains(THOUGHT));
                let is_said = warnings.iter().any(|warning| warning.contains("thought before"));
                return match is_there || is_said {
                    false => Ok(()),
                    true => Err(format!("thoughts are there, or are missed: {warnings:?}")),
                };
            }
        };
        match found {
            3 => Ok(()),
            _ => Err(format!("{found} of 3 thoughts are there: {warnings:?}")),
        }
    }
}

fn gather(value: &Value, member: &str, all: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => all.push((member.to_owned(), text.clone())),
        Value::Array(list) => list.iter().for_each(|value| gather(value, member, all)),
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| gather(value, name, all));
        }
        _ => {}
    }
}
