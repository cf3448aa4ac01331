//! What one deployment asks of a provider: where it is, whose key, which region.

use super::family;
use super::params::Params;
use super::reader::Reader;
use super::said::{Said, Secret};
use crate::Kind;
use crate::yaml::{ReadError, shown};
use hotcell::catalogue::Provider;
use hotcell::egress::IdentitySource;
use std::collections::BTreeMap;

/// A provider without its name. Deployments that want the same one share it. It has no
/// `Debug`: the keys of the file are in it.
#[derive(Clone, PartialEq)]
pub(super) struct Shape {
    /// The catalogue's entry that it is on.
    pub(super) entry: &'static Provider,
    pub(super) endpoint: Option<String>,
    pub(super) secrets: BTreeMap<String, Secret>,
    pub(super) identity: Option<IdentitySource>,
    pub(super) settings: BTreeMap<String, String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) allow_private: bool,
    pub(super) allow_plaintext: bool,
}

/// A shape, what it could be called after, and the model there.
pub(super) struct Shaped {
    pub(super) shape: Shape,
    pub(super) hints: Vec<String>,
    pub(super) model: String,
}

impl Shape {
    fn on(entry: &'static Provider) -> Self {
        Self {
            entry,
            endpoint: None,
            secrets: BTreeMap::new(),
            identity: None,
            settings: BTreeMap::new(),
            headers: BTreeMap::new(),
            allow_private: false,
            allow_plaintext: false,
        }
    }

    /// Whether the catalogue's entry is all there is to it: nothing needs to be configured.
    pub(super) fn is_plain(&self) -> bool {
        *self == Self::on(self.entry)
    }

    /// The variable that the entry's key is in where nobody says anything.
    pub(super) fn usual_variable(&self, secret: &str) -> Option<&'static str> {
        self.entry.secrets.get(secret)?.iter().next()
    }

    /// What is so anyway need not be said.
    fn simplified(self) -> Self {
        let usual = |(name, secret): (&String, &Secret)| match secret {
            Secret::Variable(variable) => self.usual_variable(name) == Some(variable),
            Secret::Literal { .. } => false,
        };
        let rest = Self { secrets: BTreeMap::new(), ..self.clone() };
        match rest.is_plain() && self.secrets.iter().all(usual) {
            true => rest,
            false => self,
        }
    }
}

/// Reads what `litellm_params` say of a provider. None where the deployment cannot be carried,
/// which is noted then.
pub(super) fn read(
    model: &str,
    mode: Option<&str>,
    params: &mut Params,
    said: &mut Said<'_>,
) -> Result<Option<Shaped>, ReadError> {
    let named = params.text("custom_llm_provider", said)?;
    let line = params.line_of("model");
    let family = match family::of(model, named.as_deref()) {
        Ok(family) => family,
        Err(lost) => {
            let why = match lost {
                family::Lost::Unknown(word) => format!(
                    "there is no provider `{0}` here; where it speaks OpenAI's protocol, `openai/…` \
                     with an `api_base` is carried over",
                    shown(&word)
                ),
                family::Lost::Bare => format!(
                    "`{0}` does not tell whose model it is; write `provider/{0}`",
                    shown(model)
                ),
            };
            left_out(line, params, said, &why);
            return Ok(None);
        }
    };
    if family.model.is_empty() {
        left_out(line, params, said, "its `model` is a provider's name alone");
        return Ok(None);
    }
    let mut reader = Reader {
        shape: Shape::on(family.entry),
        hints: Vec::new(),
        model: family.model,
        mode: mode.map(str::to_owned),
        params,
        said,
        dropped: None,
    };
    reader.read()?;
    let Reader { shape, hints, model, dropped, .. } = reader;
    if let Some((line, why)) = dropped {
        left_out(line, params, said, &why);
        return Ok(None);
    }
    Ok(Some(Shaped { shape: shape.simplified(), hints, model }))
}

/// Notes that a deployment is not carried.
pub(super) fn left_out(line: usize, params: &Params, said: &mut Said<'_>, why: &str) {
    let whole = params.name.trim_end_matches(".litellm_params");
    said.note(line, Kind::LeftOut, whole, format!("this deployment is not there: {why}"));
}
