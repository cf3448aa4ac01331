//! What the provider says when it does not answer: a status of Google's APIs with its
//! details (<https://cloud.google.com/apis/design/errors>,
//! <https://ai.google.dev/gemini-api/docs/troubleshooting>).

use crate::json::{self, Value};
use hotcell_sdk::{Failure, FailureKind, Header, Response, thousandths};

/// Passes a status below 300 on.
pub(crate) fn checked(response: Response) -> Result<Response, Failure> {
    let status = response.status();
    if status < 300 {
        return Ok(response);
    }
    let (headers, body) = (response.headers(), response.error_text());
    let value = Value::parse(&body).unwrap_or_default();
    let failure = of_value(&value, Some(status), &headers);
    Err(failure.unwrap_or_else(|| Failure::from_status(status, &body, &headers)))
}

/// An error in the place of an answer, or in the middle of one; none where it is none.
pub(crate) fn in_answer(value: &Value) -> Option<Failure> {
    of_value(value, None, &[])
}

/// An object with a member `error`, alone or as the only element of a list.
fn of_value(value: &Value, status: Option<u16>, headers: &[Header]) -> Option<Failure> {
    let object = value.as_list().and_then(<[Value]>::first).unwrap_or(value);
    let error = Some(object.get("error")).filter(|error| !error.is_null())?;
    let word = error.get("status").as_str();
    let message = error.get("message").as_str().or(error.as_str()).or(word);
    let message = message.unwrap_or("the provider broke off with an error").trim();
    let said = error.get("code").as_number::<u16>();
    let said = said.filter(|code| (300..600).contains(code));
    let mut failure = Failure::from_status(status.or(said).unwrap_or(500), message, headers);
    failure.status = status;
    failure.code = word.map(str::to_owned).or_else(|| said.map(|code| code.to_string()));
    if let Some(kind) = word.and_then(meaning) {
        failure.kind = kind;
    }
    for detail in error.get("details").as_list().into_iter().flatten() {
        read_detail(detail, &mut failure);
    }
    read_message(&mut failure);
    failure.raw = Some(json::native(value));
    Some(failure)
}

/// The words of <https://grpc.io/docs/guides/status-codes/>. They say more than the status
/// that they come with.
fn meaning(word: &str) -> Option<FailureKind> {
    Some(match word {
        "INVALID_ARGUMENT" | "OUT_OF_RANGE" | "FAILED_PRECONDITION" | "ALREADY_EXISTS" => {
            FailureKind::InvalidRequest
        }
        "UNIMPLEMENTED" => FailureKind::InvalidRequest,
        "UNAUTHENTICATED" => FailureKind::Authentication,
        "PERMISSION_DENIED" => FailureKind::Permission,
        "NOT_FOUND" => FailureKind::NotFound,
        "RESOURCE_EXHAUSTED" => FailureKind::RateLimited,
        "UNAVAILABLE" => FailureKind::Overloaded,
        "DEADLINE_EXCEEDED" => FailureKind::TimedOut,
        "INTERNAL" | "UNKNOWN" | "DATA_LOSS" | "ABORTED" | "CANCELLED" => {
            FailureKind::ProviderError
        }
        _ => return None,
    })
}

/// One detail, of the types of `google/rpc/error_details.proto`.
fn read_detail(detail: &Value, failure: &mut Failure) {
    let kind = detail.get("@type").as_str().unwrap_or_default();
    match kind.rsplit('.').next().unwrap_or_default() {
        "RetryInfo" => {
            let delay = detail.get("retryDelay").as_str().and_then(|delay| delay.strip_suffix('s'));
            if let Some(delay) = delay.and_then(thousandths) {
                failure.retry_after_ms = Some(delay);
            }
        }
        "ErrorInfo" => match detail.get("reason").as_str().unwrap_or_default() {
            "API_KEY_INVALID"
            | "API_KEY_EXPIRED"
            | "ACCESS_TOKEN_EXPIRED"
            | "ACCESS_TOKEN_TYPE_UNSUPPORTED"
            | "CREDENTIALS_MISSING" => {
                failure.kind = FailureKind::Authentication;
            }
            "BILLING_DISABLED" => failure.kind = FailureKind::QuotaExhausted,
            _ => {}
        },
        "QuotaFailure" => {
            // A limit of a day, or one of nothing, is not waited for.
            let lasting = |violation: &Value| {
                let id = violation.get("quotaId").as_str().unwrap_or_default();
                let value = violation.get("quotaValue");
                id.contains("PerDay") || value.is("0") || value.as_u64() == Some(0)
            };
            if detail.get("violations").as_list().is_some_and(|all| all.iter().any(lasting)) {
                failure.kind = FailureKind::QuotaExhausted;
            }
        }
        "BadRequest" => {
            let first = detail.get("fieldViolations").as_list().and_then(<[Value]>::first);
            let field = first.and_then(|first| first.get("field").as_str());
            failure.param = field.filter(|field| !field.is_empty()).map(str::to_owned);
        }
        _ => {}
    }
}

/// Several things have no word but their sentence.
fn read_message(failure: &mut Failure) {
    let message = failure.message.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let open = matches!(failure.kind, FailureKind::InvalidRequest | FailureKind::Permission);
    let long = [
        "token count",
        "exceeds the maximum number of tokens",
        "payload size exceeds",
        "prompt is too long",
        "maximum context length",
    ];
    if open && any(&long) && any(&["exceed", "too long", "maximum"]) {
        failure.kind = FailureKind::TooLarge;
    } else if open
        && any(&["api key not valid", "api key expired", "api key was reported as leaked"])
    {
        failure.kind = FailureKind::Authentication;
    } else if open && any(&["location is not supported"]) {
        failure.kind = FailureKind::Permission;
    } else if failure.kind == FailureKind::RateLimited
        && any(&["limit: 0", "prepayment credits", "credits are depleted"])
    {
        failure.kind = FailureKind::QuotaExhausted;
    }
}

/// The JSON of an answer that is no chat's, and no error in its place.
pub(crate) fn answer(response: Response) -> Result<Value, Failure> {
    let body = checked(response)?.text()?;
    let answer =
        Value::parse(&body).map_err(|why| Failure::malformed(format!("the answer: {why}")))?;
    match in_answer(&answer) {
        Some(failure) => Err(failure),
        None => Ok(answer),
    }
}
