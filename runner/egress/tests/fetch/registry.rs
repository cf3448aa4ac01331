//! What registries answer.

use crate::world::{Answer, Asked, COMPONENT};
use hotcell_manifest::Digest;
use serde_json::{Value, json};

pub(crate) const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

pub(crate) fn descriptor(media_type: &str, content: &[u8]) -> Value {
    let digest = Digest::of(content).to_string();
    json!({ "mediaType": media_type, "digest": digest, "size": content.len() })
}

pub(crate) fn image(component: &[u8]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": IMAGE,
        "config": descriptor("application/vnd.wasm.config.v0+json", b"{}"),
        "layers": [descriptor("application/wasm", component)],
    })
}

/// What an honest registry answers, which wants nothing from anybody.
pub(crate) fn honest(asked: &Asked) -> Answer {
    let manifest = image(COMPONENT).to_string();
    let blob = format!("/v2/acme/echo/blobs/{}", Digest::of(COMPONENT));
    let by_digest = format!("/v2/acme/echo/manifests/{}", Digest::of(manifest.as_bytes()));
    match asked.path.as_str() {
        "/v2/acme/echo/manifests/1" => Answer::ok(manifest).typed(IMAGE),
        path if path == by_digest => Answer::ok(manifest).typed(IMAGE),
        path if path == blob => Answer::ok(COMPONENT),
        _ => Answer::status(404),
    }
}

/// The same with another manifest.
pub(crate) fn with_manifest(
    manifest: Value,
    media_type: &'static str,
) -> impl Fn(&Asked) -> Answer {
    move |asked| match asked.path.as_str() {
        "/v2/acme/echo/manifests/1" => Answer::ok(manifest.to_string()).typed(media_type),
        _ => honest(asked),
    }
}
