//! Frames of `application/vnd.amazon.eventstream`, written
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// The media type.
pub(crate) const KIND: &str = "application/vnd.amazon.eventstream";

/// An event of this type.
pub(crate) fn event(name: &str, content_type: &str, payload: &[u8]) -> Bytes {
    let headers =
        [(":event-type", name), (":content-type", content_type), (":message-type", "event")];
    frame(&headers, payload)
}

/// A maker's own event, as Bedrock packs it.
pub(crate) fn chunk(event: &[u8]) -> Bytes {
    let payload = serde_json::json!({ "bytes": STANDARD.encode(event), "p": "abcdefgh" });
    self::event("chunk", "application/json", payload.to_string().as_bytes())
}

/// An exception in the middle of a stream.
pub(crate) fn exception(name: &str, payload: &[u8]) -> Bytes {
    let headers = [
        (":exception-type", name),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    ];
    frame(&headers, payload)
}

fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Bytes {
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(name.len() as u8);
        head.extend_from_slice(name.as_bytes());
        // A string, its length in two bytes.
        head.push(7);
        head.extend_from_slice(&(value.len() as u16).to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    // Both lengths, their check sum, the headers, the payload, and the check sum of all.
    let total = 12 + head.len() + payload.len() + 4;
    let mut frame = Vec::with_capacity(total);
    frame.extend_from_slice(&(total as u32).to_be_bytes());
    frame.extend_from_slice(&(head.len() as u32).to_be_bytes());
    frame.extend_from_slice(&crc(&frame).to_be_bytes());
    frame.extend_from_slice(&head);
    frame.extend_from_slice(payload);
    frame.extend_from_slice(&crc(&frame).to_be_bytes());
    frame.into()
}

/// The check sum of zlib.
fn crc(bytes: &[u8]) -> u32 {
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sum_is_that_of_zlib() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_frame_has_its_lengths() {
        let frame = event("e", "t", b"{}");
        assert_eq!(u32::from_be_bytes(frame[..4].try_into().unwrap()) as usize, frame.len());
        assert!(frame.windows(2).any(|pair| pair == b"{}"));
    }
}
