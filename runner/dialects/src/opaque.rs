//! Signatures of other providers, in the place where a dialect has its own.
//!
//! A signature goes back to the provider that gave it with the next turn, byte for byte, and
//! a client of another dialect keeps it where that one has such a thing. There it says whose
//! it is: `hotcell:DIALECT:KIND:DATA`. No provider's own begins like this, for in base64 there
//! are no colons; where a client wants base64, the whole is in base64.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use hotcell::types::{Native, Part, ReasoningPart};
use std::borrow::Cow;

const MARK: &str = "hotcell:";

/// Clients write it with and without its padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The id of reasoning that is nothing but the signature of the call behind it.
pub(crate) const OF_CALL: &str = "hotcell:call";

/// What is opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The signature of reasoning that is told.
    Signature,
    /// Reasoning that is not told.
    Redacted,
    /// The signature of a call.
    Call,
}

impl Kind {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Signature, "signature"), (Self::Redacted, "redacted"), (Self::Call, "call")];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

/// Something opaque of another dialect. The dialect is empty where nobody said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opaque {
    pub(crate) dialect: String,
    pub(crate) kind: Kind,
    pub(crate) data: String,
}

impl Opaque {
    /// As text.
    pub(crate) fn write(&self) -> String {
        format!("{MARK}{}:{}:{}", self.dialect, self.kind.name(), self.data)
    }

    /// As base64, in the alphabet of URLs, for that is what clients make of any.
    pub(crate) fn write_base64(&self) -> String {
        general_purpose::URL_SAFE.encode(self.write())
    }

    /// Of text; none where it is a provider's own.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut pieces = text.strip_prefix(MARK)?.splitn(3, ':');
        let dialect = pieces.next()?.to_owned();
        let name = pieces.next()?;
        let kind = Kind::ALL.iter().find(|(_, known)| *known == name)?.0;
        Some(Self { dialect, kind, data: pieces.next()?.to_owned() })
    }

    /// Of base64, in either alphabet.
    pub(crate) fn read_base64(text: &str) -> Option<Self> {
        // How `hotcell:` begins in base64; most are not ours.
        if !text.starts_with("aG90Y2VsbD") {
            return None;
        }
        let url_safe = text.replace('+', "-").replace('/', "_");
        let bytes = LENIENT.decode(url_safe).ok()?;
        Self::read(std::str::from_utf8(&bytes).ok()?)
    }

    /// The reasoning that it belongs to. Its `extra` says whose it is, so that no other
    /// provider gets it.
    pub(crate) fn into_reasoning(self, text: String) -> ReasoningPart {
        let Self { dialect, kind, data } = self;
        let extra = (!dialect.is_empty()).then(|| Native { dialect, value: "{}".to_owned() });
        let id = (kind == Kind::Call).then(|| OF_CALL.to_owned());
        match kind {
            Kind::Redacted => {
                let text = String::new();
                ReasoningPart { id, text, signature: None, redacted: Some(data), extra }
            }
            Kind::Signature | Kind::Call => {
                ReasoningPart { id, text, signature: Some(data), redacted: None, extra }
            }
        }
    }
}

/// The signature of a call, taken from what stands before it.
pub(crate) fn take_signature(before: &mut Vec<Part>) -> Option<String> {
    let is_last = |part: &mut Part| matches!(part, Part::Reasoning(part) if part.id.as_deref() == Some(OF_CALL));
    match before.pop_if(is_last)? {
        Part::Reasoning(part) => part.signature,
        _ => None,
    }
}

/// Whose words an answer is in: the dialect of the first value that says it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin(Option<String>);

impl Origin {
    pub(crate) fn learn(&mut self, native: Option<&Native>) {
        if let (None, Some(native)) = (&self.0, native) {
            self.0 = Some(native.dialect.clone());
        }
    }

    /// Something opaque in the place where Anthropic's clients have it, to whom Anthropic's
    /// own, and what nobody said whose it is, goes as it is. The signature of a call is never
    /// Anthropic's, which would not take it in this place.
    pub(crate) fn seal<'a>(&self, kind: Kind, data: &'a str) -> Cow<'a, str> {
        let dialect = match (self.0.as_deref(), kind) {
            (dialect, Kind::Call) => dialect.unwrap_or_default(),
            (None | Some("anthropic-messages"), _) => return Cow::Borrowed(data),
            (Some(dialect), _) => dialect,
        };
        let (dialect, data) = (dialect.to_owned(), data.to_owned());
        Cow::Owned(Opaque { dialect, kind, data }.write())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_as_it_went_and_a_providers_own_is_none() {
        for (kind, data) in
            [(Kind::Signature, "EqQBCg+/=:a:b"), (Kind::Redacted, ""), (Kind::Call, "ü\u{1f980}")]
        {
            let dialect = "anthropic-messages".to_owned();
            let opaque = Opaque { dialect, kind, data: data.to_owned() };
            assert_eq!(Opaque::read(&opaque.write()), Some(opaque.clone()));
            let base64 = opaque.write_base64();
            let standard = base64.replace('-', "+").replace('_', "/");
            for text in [base64.as_str(), &standard, base64.trim_end_matches('=')] {
                assert_eq!(Opaque::read_base64(text), Some(opaque.clone()));
            }
        }
        for own in ["gAAAAABqhb8a", "hotcell:x", "hotcell:x:y:z", ""] {
            assert_eq!(Opaque::read(own), None);
            assert_eq!(Opaque::read_base64(own), None);
        }
    }
}
