//! What a registry says of an artifact: the image manifest and index of OCI's image
//! specification, and the layout that the CNCF gives to Wasm in them.

use hotcell_manifest::Digest;
use serde::Deserialize;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// What is asked for.
pub(super) const ACCEPT: &str =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";

const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const LAYER: &str = "application/wasm";
const ARCHITECTURE: &str = "wasm";

/// Bytes that a registry has under their digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) digest: Digest,
    pub(super) size: u64,
}

/// Where a manifest leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Manifest {
    /// To the only layer of an adapter's image.
    Component(Content),
    /// To the only manifest of an index that can be meant.
    Index(Content),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u32,
    media_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
}

/// Of which the addresses where the content might lie as well are not read: it is asked
/// for at the registry alone.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    architecture: String,
}

impl Manifest {
    /// Reads a manifest that came as this content type.
    ///
    /// # Errors
    /// Why it leads to no component, as the end of a sentence.
    pub(super) fn read(bytes: &[u8], content_type: &str) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|error| format!("is not a manifest of OCI: {error}"))?;
        if document.schema_version != 2 {
            return Err("is a manifest of another version".to_owned());
        }
        let came_as = content_type.split(';').next().unwrap_or_default().trim();
        // What can be read as both is read as neither (CVE-2021-41190).
        if document.media_type.as_deref().is_some_and(|says| says != came_as) {
            return Err("says that it is something else than what it came as".to_owned());
        }
        match (came_as, document.layers, document.manifests) {
            (MANIFEST, Some(layers), None) => component(document.config.as_ref(), &layers),
            (INDEX, None, Some(manifests)) => only(&manifests),
            (MANIFEST | INDEX, ..) => Err("is neither a manifest nor an index".to_owned()),
            _ => Err("came as something else than a manifest of OCI".to_owned()),
        }
    }
}

fn component(config: Option<&Descriptor>, layers: &[Descriptor]) -> Result<Manifest, String> {
    if config.is_none_or(|config| config.media_type != CONFIG) {
        return Err(format!("is not an image of WebAssembly: its configuration is no {CONFIG}"));
    }
    match layers {
        [layer] if layer.media_type == LAYER => Ok(Manifest::Component(layer.content()?)),
        [_] => Err(format!("has a layer that is not {LAYER}")),
        _ => Err(format!("has {} layers, of which an adapter has one", layers.len())),
    }
}

/// The one that can be meant: the only one that there is, or the only one for Wasm.
fn only(manifests: &[Descriptor]) -> Result<Manifest, String> {
    let is_wasm = |one: &&Descriptor| {
        one.platform.as_ref().is_some_and(|platform| platform.architecture == ARCHITECTURE)
    };
    let mut wasm = manifests.iter().filter(is_wasm);
    let one = match (manifests, wasm.next(), wasm.next()) {
        ([one], ..) | (_, Some(one), None) => one,
        _ => {
            return Err(format!(
                "is an index of {} images, of which any could be meant; name one by its digest",
                manifests.len()
            ));
        }
    };
    match one.media_type == MANIFEST {
        true => Ok(Manifest::Index(one.content()?)),
        false => Err("is an index of something else than images".to_owned()),
    }
}

impl Descriptor {
    fn content(&self) -> Result<Content, String> {
        let digest = self.digest.parse().map_err(|_| "has a digest that is not SHA-256")?;
        Ok(Content { digest, size: self.size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn descriptor(media_type: &str) -> Value {
        json!({ "mediaType": media_type, "digest": Digest::of(b"x").to_string(), "size": 1 })
    }

    fn image() -> Value {
        json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(CONFIG),
            "layers": [descriptor(LAYER)],
        })
    }

    fn index(manifests: &[Value]) -> Value {
        json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests })
    }

    fn read(document: &Value, as_type: &str) -> Result<Manifest, String> {
        Manifest::read(document.to_string().as_bytes(), as_type)
    }

    fn on(architecture: &str) -> Value {
        let mut entry = descriptor(MANIFEST);
        entry["platform"] = json!({ "architecture": architecture, "os": "wasip2" });
        entry
    }

    #[test]
    fn an_image_of_one_component_is_read() {
        let content = Content { digest: Digest::of(b"x"), size: 1 };
        assert_eq!(read(&image(), MANIFEST), Ok(Manifest::Component(content)));
        let parameters = format!("{MANIFEST}; charset=utf-8");
        assert_eq!(read(&image(), &parameters), Ok(Manifest::Component(content)));
        for entries in [vec![descriptor(MANIFEST)], vec![on("amd64"), on("wasm"), on("unknown")]] {
            assert_eq!(read(&index(&entries), INDEX), Ok(Manifest::Index(content)), "{entries:?}");
        }
    }

    #[test]
    fn what_could_mean_something_else_is_refused() {
        let with = |key: &str, value: Value| {
            let mut image = image();
            image[key] = value;
            image
        };
        let container = descriptor("application/vnd.oci.image.layer.v1.tar+gzip");
        for (what, document, as_type) in [
            ("two layers", with("layers", json!([descriptor(LAYER), descriptor(LAYER)])), MANIFEST),
            ("no layer", with("layers", json!([])), MANIFEST),
            ("another layer", with("layers", json!([container])), MANIFEST),
            ("another configuration", with("config", descriptor("application/json")), MANIFEST),
            ("a schema of old", with("schemaVersion", json!(1)), MANIFEST),
            ("index and manifest", with("manifests", json!([on("wasm")])), MANIFEST),
            ("one that is called the other", image(), INDEX),
            ("one that calls itself the other", with("mediaType", json!(INDEX)), MANIFEST),
            ("no type", image(), ""),
            (
                "negative",
                with("layers", json!([{ "mediaType": LAYER, "digest": "", "size": -1 }])),
                MANIFEST,
            ),
            ("two for wasm", index(&[on("wasm"), on("wasm")]), INDEX),
            ("two for something else", index(&[on("amd64"), on("arm64")]), INDEX),
            ("none", index(&[]), INDEX),
            ("an index in an index", index(&[descriptor(INDEX)]), INDEX),
        ] {
            assert!(read(&document, as_type).is_err(), "{what}");
        }
        let mut sha1 = image();
        sha1["layers"][0]["digest"] = json!("sha1:da39a3ee");
        assert!(read(&sha1, MANIFEST).unwrap_err().contains("not SHA-256"));
        let twice = image().to_string().replacen("\"layers\"", "\"layers\":[],\"layers\"", 1);
        assert!(Manifest::read(twice.as_bytes(), MANIFEST).is_err());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Manifest::read(&bytes, MANIFEST);
        }
    }
}
