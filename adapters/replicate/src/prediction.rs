//! A prediction from its beginning to its end
//! (<https://replicate.com/docs/topics/predictions/lifecycle>).

use crate::DIALECT;
use crate::request::Body;
use hotcell_sdk::{
    Endpoint, Event, Failure, FailureKind, FinishReason, Finished, NativeAt, Response, Started,
    Usage, json, percent_encode,
};
use serde_json::{Map, Value};

/// How often a prediction is asked for that the provider did not finish in a minute. Each
/// time is a call, of which a request has a limited number.
const ASKED: usize = 30;

/// Makes a prediction and waits for it.
pub(crate) fn make(body: &Body) -> Result<Vec<Event>, Failure> {
    let endpoint = Endpoint::named("api")?;
    let request = endpoint.post(body.path.as_str()).header("accept", "application/json");
    let response = request.header("prefer", "wait").json(&body.json)?.send()?;
    let mut prediction = read(&response)?;
    for _ in 0..ASKED {
        if !is_at_work(&prediction) {
            return told(&prediction);
        }
        let request = endpoint.get(path(&prediction)?).header("accept", "application/json");
        prediction = read(&request.send()?)?;
    }
    if !is_at_work(&prediction) {
        return told(&prediction);
    }
    // It would cost, and nobody would read it. Whether that works changes nothing here.
    let _ = endpoint.post(path(&prediction)? + "/cancel").send();
    let why = "the model was not done after a minute; the prediction was cancelled";
    Err(Failure::new(FailureKind::TimedOut, why))
}

fn is_at_work(prediction: &Map<String, Value>) -> bool {
    matches!(text(prediction, "status"), Some("starting" | "processing" | "queued"))
}

/// Where a prediction is, by its id: never by an address that the provider names.
fn path(prediction: &Map<String, Value>) -> Result<String, Failure> {
    let id = text(prediction, "id").filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Failure::malformed("a prediction has no id"))?;
    let mut path = "/predictions/".to_owned();
    percent_encode(&mut path, id);
    Ok(path)
}

fn read(response: &Response) -> Result<Map<String, Value>, Failure> {
    if response.status() >= 300 {
        return Err(error(response));
    }
    json::object(&response.text()?, "a prediction")
        .map_err(|failure| Failure { kind: FailureKind::MalformedResponse, ..failure })
}

/// `{"title": …, "detail": …, "status": …}`.
fn error(response: &Response) -> Failure {
    let (status, headers, body) = (response.status(), response.headers(), response.error_text());
    let members = json::object(&body, "an error").unwrap_or_default();
    match text(&members, "detail").or_else(|| text(&members, "title")) {
        Some(sentence) => {
            let mut failure = Failure::from_status(status, sentence, &headers);
            failure.code = text(&members, "title").map(str::to_owned);
            failure.with_raw(DIALECT, body)
        }
        None => {
            let page = body.starts_with('<');
            Failure::from_status(status, if page { "" } else { &body }, &headers)
        }
    }
}

/// The events of a prediction that is over.
fn told(prediction: &Map<String, Value>) -> Result<Vec<Event>, Failure> {
    let status = text(prediction, "status").unwrap_or_default();
    if status != "succeeded" {
        return Err(failed(prediction, status));
    }
    let owned = |name: &str| text(prediction, name).map(str::to_owned);
    let (id, model) = (owned("id"), owned("model"));
    let mut events = vec![Event::Started(Started { id, model, created: None, extra: None })];
    match prediction.get("output") {
        Some(Value::String(output)) => events.push(hotcell_sdk::text(0, 0, output.as_str())),
        Some(Value::Array(pieces)) if pieces.iter().all(Value::is_string) => {
            let output: String = pieces.iter().filter_map(Value::as_str).collect();
            events.push(hotcell_sdk::text(0, 0, output));
        }
        None | Some(Value::Null) => events.push(hotcell_sdk::text(0, 0, "")),
        // The model writes something else than text.
        Some(output) => {
            let value = json::native(output, DIALECT);
            events.push(Event::Native(NativeAt { choice: 0, index: 0, value }));
        }
    }
    if let Some(metrics) = prediction.get("metrics").filter(|metrics| metrics.is_object()) {
        events.push(Event::Usage(Usage {
            input: metrics["input_token_count"].as_u64(),
            output: metrics["output_token_count"].as_u64(),
            cache_read: None,
            cache_write: None,
            reasoning: None,
            raw: Some(json::native(metrics, DIALECT)),
        }));
    }
    let (reason, raw) = (FinishReason::Stop, Some(status.to_owned()));
    events.push(Event::Finished(Finished { choice: 0, reason, raw, extra: None }));
    Ok(events)
}

fn failed(prediction: &Map<String, Value>, status: &str) -> Failure {
    if !matches!(status, "failed" | "canceled" | "aborted") {
        return Failure::malformed("a prediction has no status that is known");
    }
    let said = text(prediction, "error").filter(|said| !said.is_empty());
    let kind = match said {
        Some(said) if said.contains("NSFW") => FailureKind::ContentFiltered,
        _ => FailureKind::ProviderError,
    };
    let message = said.map_or_else(|| format!("the prediction is {status}"), str::to_owned);
    let mut failure = Failure::new(kind, message).with_code(status);
    failure.request_id = text(prediction, "id").map(str::to_owned);
    failure
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name)?.as_str()
}
