//! The credential, by way of what comes back.

use crate::ask;
use crate::cell::Answer;
use hotcell_sdk::setting;

fn told(model: &str, limit: u32) -> Answer {
    Answer::telling(match ask::send(&ask::request(model)) {
        Ok(response) => ask::told(&response, limit),
        Err(failure) => ask::refusal(&failure),
    })
}

pub(crate) fn key_in_settings() -> Answer {
    let names =
        ["api-key", "secrets.api-key", "OPENAI_API_KEY", "PATH", "HOME", "", "authorization"];
    let lines = names.map(|name| match setting(name) {
        Some(value) => format!("GOT {name}: {value}"),
        None => format!("{name}: there is no such setting"),
    });
    Answer::telling(lines.join("\n"))
}

pub(crate) fn key_in_headers() -> Answer {
    told("echo-key", 4096)
}

pub(crate) fn key_in_body() -> Answer {
    told("echo-key", 64 * 1024)
}

pub(crate) fn key_byte_by_byte() -> Answer {
    told("echo-key", 1)
}

pub(crate) fn key_in_failure() -> Answer {
    told("error-401", 64 * 1024)
}
