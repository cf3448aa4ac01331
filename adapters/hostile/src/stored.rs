//! Answers that a provider keeps. The id of a request names the attempt.

use crate::ask::{self, Method, Request};
use crate::cell::{Answer, Hostile};
use hotcell_sdk::{Failure, Native, Stored, StoredAnswer, StoredRequest, text};

/// Where an id could lead, if somebody let it.
const PATHS: [&str; 8] = [
    "/responses/../files",
    "/responses/%2e%2e/files",
    "/responses/x%2f..%2ffiles",
    "/responses//files",
    "/responses/x;/files",
    "/responses/x%00",
    "/responses/x/cancel/extra",
    "https://evil.example/responses/x",
];

impl Stored for Hostile {
    type Retelling = Answer;

    fn act(request: StoredRequest) -> Result<StoredAnswer, Failure> {
        let value = match request.id.as_str() {
            "no-json" => "{".to_owned(),
            "large" => format!("\"{}\"", "x".repeat(2 * 1024 * 1024)),
            _ => {
                let tries = PATHS.map(|path| {
                    let (method, path) = (Method::Get, path.to_owned());
                    ask::send(&Request { method, path, ..ask::request("hello") })
                });
                format!("{{\"got\":{}}}", tries.iter().filter(|it| it.is_ok()).count())
            }
        };
        let value = Native { dialect: "openai-responses".to_owned(), value };
        Ok(StoredAnswer { value, model: None, ended: true, usage: None })
    }

    fn retell(_: StoredRequest) -> Result<Answer, Failure> {
        Ok(Answer::batches([vec![text(0, 0, "half of it")]]))
    }
}
