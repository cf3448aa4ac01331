//! A request's body, as far as it may be taken in.

use bytes::Bytes;
use hotcell::types::{Failure, FailureKind};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use std::time::Duration;

/// Reads a body of so many bytes at the most, in so long at the most.
///
/// # Errors
/// `too-large`, `timed-out`, or `cancelled` where the client is gone.
pub(crate) async fn read(body: Incoming, most: usize, within: Duration) -> Result<Bytes, Failure> {
    if body.size_hint().lower() > most as u64 {
        return Err(too_large(most));
    }
    let collected = tokio::time::timeout(within, Limited::new(body, most).collect()).await;
    match collected {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(most)),
        Ok(Err(_)) => Err(Failure::new(FailureKind::Cancelled, "the request ended early")),
        Err(_) => Err(Failure::new(
            FailureKind::TimedOut,
            "the request's body did not arrive in time; send it at once",
        )),
    }
}

fn too_large(most: usize) -> Failure {
    Failure::new(
        FailureKind::TooLarge,
        format!("the request is larger than the {most} bytes that this gateway takes"),
    )
}
