//! Conversations that a provider keeps, of which a request brings no more than what is new.
//!
//! One of another protocol does not have them. Its answer would be one to something else, and
//! nobody would see that: so it is not asked.

use crate::types::{ChatRequest, Failure, FailureKind};
use serde_json::{Map, Value};

/// Dialects, and the members by which a request in them leads to what the provider keeps.
const LEADING: &[(&str, &[&str])] = &[
    ("anthropic-messages", &["thread"]),
    ("openai-responses", &["conversation", "previous_response_id", "prompt"]),
];

/// By this word Anthropic's SDKs know that they have to send a conversation as a whole.
const NO_THREADS: &str = "thread_unsupported_request";

/// Refuses a request that leads to something that a provider of this dialect does not keep.
pub(crate) fn check(request: &ChatRequest, dialect: &str) -> Result<(), Failure> {
    let Some(extra) = request.extra.as_ref().filter(|extra| extra.dialect != dialect) else {
        return Ok(());
    };
    let Some((_, members)) = LEADING.iter().find(|(known, _)| *known == extra.dialect) else {
        return Ok(());
    };
    // Most requests have none of them, and need not be read for it.
    if !members.iter().any(|member| extra.value.contains(member)) {
        return Ok(());
    }
    let all: Map<String, Value> = serde_json::from_str(&extra.value).unwrap_or_default();
    let leads = |member: &&&str| all.get(**member).is_some_and(|value| !value.is_null());
    let Some(member) = members.iter().find(leads) else { return Ok(()) };
    let message = format!(
        "`{member}` leads to something that providers of {} keep, and this one speaks {dialect}; \
         send the whole conversation",
        extra.dialect
    );
    let code = (*member == "thread").then(|| NO_THREADS.to_owned());
    let param = Some((*member).to_owned());
    Err(Failure { code, param, ..Failure::new(FailureKind::Unsupported, message) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Native;

    fn refused(dialect: &str, members: &str, provider: &str) -> Option<String> {
        let extra = Some(Native { dialect: dialect.to_owned(), value: members.to_owned() });
        let request = ChatRequest { extra, ..ChatRequest::user("go on") };
        check(&request, provider).err().and_then(|failure| failure.param)
    }

    #[test]
    fn what_one_provider_keeps_another_one_is_not_asked_for() {
        let (openai, anthropic) = ("openai-responses", "anthropic-messages");
        for (dialect, members, provider, param) in [
            (
                openai,
                r#"{"previous_response_id":"resp_1"}"#,
                anthropic,
                Some("previous_response_id"),
            ),
            (openai, r#"{"conversation":{"id":"conv_1"}}"#, "openai-chat", Some("conversation")),
            (openai, r#"{"prompt":{"id":"pmpt_1"}}"#, "gemini", Some("prompt")),
            (openai, r#"{"previous_response_id":null,"user":"prompt"}"#, anthropic, None),
            (openai, r#"{"previous_response_id":"resp_1"}"#, openai, None),
            (anthropic, r#"{"thread":{"type":"create"}}"#, "gemini", Some("thread")),
            (anthropic, r#"{"thread":{"type":"create"}}"#, anthropic, None),
            ("gemini", r#"{"thread":{}}"#, anthropic, None),
        ] {
            assert_eq!(refused(dialect, members, provider).as_deref(), param, "{members}");
        }
    }
}
