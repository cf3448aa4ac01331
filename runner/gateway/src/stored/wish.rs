//! What a request for an answer says of keeping it.

use hotcell::types::{ChatRequest, Failure, FailureKind};
use hotcell_dialects::{Dialect, openai_responses};
use serde::Deserialize;

/// As a client of this dialect says it.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Wish {
    store: Option<bool>,
    background: Option<bool>,
    /// The answer that this one goes on with.
    #[serde(rename = "previous_response_id")]
    pub(super) previous: Option<String>,
}

impl Wish {
    /// Reads it of a request; none of a client whose dialect does not know of it.
    ///
    /// # Errors
    /// `invalid-request` for members that are of another kind than they have to be: nobody but
    /// the provider would know what they mean.
    pub(crate) fn of(dialect: Dialect, request: &ChatRequest) -> Result<Option<Self>, Failure> {
        let extra = request.extra.as_ref().filter(|_| dialect == Dialect::OpenAiResponses);
        let Some(extra) = extra.filter(|it| it.dialect == openai_responses::DIALECT) else {
            return Ok(None);
        };
        let read = serde_json::from_str(&extra.value);
        read.map(Some).map_err(|_| {
            let why = "expected true or false for `store` and `background`, and one id for \
                       `previous_response_id`";
            Failure::new(FailureKind::InvalidRequest, why)
        })
    }

    /// Whether the provider is to keep the answer.
    pub(crate) fn keeps(&self) -> bool {
        self.store != Some(false)
    }

    /// Whether it is made while nobody waits for it.
    pub(crate) fn is_background(&self) -> bool {
        self.background == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(body: &str) -> Result<Option<Wish>, Failure> {
        let request = openai_responses::read_request(body.as_bytes()).unwrap();
        Wish::of(Dialect::OpenAiResponses, &request)
    }

    #[test]
    fn an_answer_is_kept_unless_that_is_not_wanted() {
        let body = |more: &str| format!("{{\"model\":\"m\",\"input\":\"hi\"{more}}}");
        assert!(wish(&body("")).unwrap().unwrap().keeps());
        assert!(wish(&body(",\"store\":null")).unwrap().unwrap().keeps());
        assert!(!wish(&body(",\"store\":false")).unwrap().unwrap().keeps());
        assert!(wish(&body(",\"background\":true")).unwrap().unwrap().is_background());
        // Whichever way the name is written.
        let previous = wish(&body(",\"previous_response_\\u0069d\":\"r\"")).unwrap().unwrap();
        assert_eq!(previous.previous.as_deref(), Some("r"));
        for odd in [
            ",\"previous_response_id\":[\"r\"]",
            ",\"previous_response_id\":{\"id\":\"r\"}",
            ",\"background\":\"true\"",
            ",\"store\":0",
        ] {
            assert_eq!(wish(&body(odd)).unwrap_err().kind, FailureKind::InvalidRequest, "{odd}");
        }
    }
}
