//! What one cell may send and receive. Each default is a named constant with its
//! reason.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Requests of one cell: a model list of many pages is the largest honest number.
pub const CALLS: u32 = 64;
/// Denials of one cell. An honest adapter has none; one that tries on and on would
/// only fill the audit log.
pub const DENIALS: u32 = 100;
/// Body of one request: a few images sent inline.
pub const REQUEST_BYTES: usize = 64 * 1024 * 1024;
/// Headers of one request, of which adapters send two to five.
pub const REQUEST_HEADERS: usize = 32;
/// Names and values of a request's headers together.
pub const REQUEST_HEADER_BYTES: usize = 16 * 1024;
/// Path and query of one request.
pub const PATH_BYTES: usize = 4096;
/// All response bodies of a cell together, after decoding; and each of them before
/// it, since a body that decodes to nothing has no end either.
pub const RESPONSE_BYTES: u64 = 256 * 1024 * 1024;
/// Headers of one response, of which busy providers send forty.
pub const RESPONSE_HEADERS: usize = 128;
/// The whole head of one response.
pub const RESPONSE_HEAD_BYTES: usize = 64 * 1024;
/// Decoded bytes per compressed byte. JSON reaches twenty, a bomb a thousand.
pub const DECODING_RATIO: u64 = 200;
/// Resolving, connecting and the TLS handshake together.
pub const CONNECT: Duration = Duration::from_secs(10);
/// From the beginning of the request to the head of the response. A model that
/// thinks before it answers, and is not asked to stream, takes minutes.
pub const FIRST_BYTE: Duration = Duration::from_secs(600);
/// Between two chunks of a body.
pub const IDLE: Duration = Duration::from_secs(300);
/// From the beginning of a request to the end of its response, so that a provider
/// that sends a byte now and then has an end as well. The longest answers of
/// reasoning models stream for half an hour.
pub const TOTAL: Duration = Duration::from_secs(60 * 60);

/// Limits of one cell's traffic. Times in milliseconds, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[expect(missing_docs, reason = "each is the constant of the same name")]
pub struct Limits {
    pub calls: u32,
    pub denials: u32,
    pub request_bytes: usize,
    pub request_headers: usize,
    pub request_header_bytes: usize,
    pub path_bytes: usize,
    pub response_bytes: u64,
    pub response_headers: usize,
    pub response_head_bytes: usize,
    pub decoding_ratio: u64,
    pub connect_ms: u64,
    pub first_byte_ms: u64,
    pub idle_ms: u64,
    pub total_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: CALLS,
            denials: DENIALS,
            request_bytes: REQUEST_BYTES,
            request_headers: REQUEST_HEADERS,
            request_header_bytes: REQUEST_HEADER_BYTES,
            path_bytes: PATH_BYTES,
            response_bytes: RESPONSE_BYTES,
            response_headers: RESPONSE_HEADERS,
            response_head_bytes: RESPONSE_HEAD_BYTES,
            decoding_ratio: DECODING_RATIO,
            connect_ms: CONNECT.as_millis() as u64,
            first_byte_ms: FIRST_BYTE.as_millis() as u64,
            idle_ms: IDLE.as_millis() as u64,
            total_ms: TOTAL.as_millis() as u64,
        }
    }
}
