//! The admin API, as it is reached over HTTP.

use super::{Ask, Refused, Told};
use crate::Inner;
use crate::reply::{self, Reply};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use http::request::Parts;
use hyper::body::Incoming;
use serde_json::{Map, Value};

/// Bytes of a body.
const LONGEST: usize = 256 * 1024;

/// Whether a path is of the admin API.
pub(crate) fn is_for(path: &str) -> bool {
    path == "/admin" || path.starts_with("/admin/")
}

/// Answers the operator, and nobody else.
pub(crate) async fn respond(gateway: &Inner, head: Parts, body: Incoming) -> Reply {
    // Before anything is read, and before it is said what there is.
    if let Err(error) = gateway.control.access.admit_operator(&head.headers) {
        return written(Refused::from(error.failure).told());
    }
    let Some(desk) = &gateway.control.desk else {
        let refused = Refused::absent("this gateway keeps no state; set [gateway.state]");
        return written(refused.told());
    };
    let (body, _share) = match gateway.bodies.read_at_most(body, LONGEST).await {
        Ok(read) => read,
        Err(failure) => return written(Refused::from(failure).told()),
    };
    let body: Map<String, Value> = match body.is_empty() {
        true => Map::new(),
        false => match serde_json::from_slice(&body) {
            Ok(body) => body,
            Err(error) => {
                let message = format!("the body is no JSON object: {error}");
                return written(Refused::wrong("", message).told());
            }
        },
    };
    let ask = Ask {
        method: head.method.as_str(),
        path: head.uri.path().strip_prefix("/admin").unwrap_or_default().trim_matches('/'),
        query: head.uri.query().unwrap_or_default(),
        body,
    };
    let told = desk.answer(ask).await;
    if head.method != http::Method::GET {
        gateway.control.access.forget();
    }
    written(told)
}

fn written(told: Told) -> Reply {
    let mut reply = reply::json(told.status, told.body.to_string().into_bytes());
    // An answer may hold a new key.
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}
