//! What a registry gives for a tag or a digest.

use crate::registry::{IMAGE, INDEX, descriptor, honest, image, with_manifest};
use crate::world::{Answer, Asked, COMPONENT, MOST, kind, world};
use hotcell_egress::fetch::{FetchErrorKind, MANIFEST_BYTES};
use hotcell_manifest::Digest;
use serde_json::{Value, json};
use std::sync::Mutex;

#[tokio::test]
async fn an_artifact_is_pulled_by_tag_and_by_digest() {
    let world = world(honest).await;
    let pulled = world.pull(None).await.unwrap();
    assert_eq!(pulled.component, COMPONENT);
    assert_eq!(pulled.manifest, Digest::of(image(COMPONENT).to_string().as_bytes()));
    let asked = world.asked();
    assert!(asked.iter().all(|asked| asked.authorization.is_none()), "{asked:?}");
    let found = world.reference(":1").at(pulled.manifest);
    let again = world.fetcher().pull(&found, None, MOST).await.unwrap();
    assert_eq!(again.component, COMPONENT);
    assert!(world.asked()[2].path.ends_with(&pulled.manifest.to_string()));
}

#[tokio::test]
async fn a_tag_that_changes_meanwhile_changes_nothing() {
    let manifests = Mutex::new(0);
    let world = world(move |asked| {
        if asked.path != "/v2/acme/echo/manifests/1" {
            return honest(asked);
        }
        *manifests.lock().unwrap() += 1;
        match *manifests.lock().unwrap() {
            1 => honest(asked),
            _ => Answer::ok(image(b"another").to_string()).typed(IMAGE),
        }
    })
    .await;
    let pulled = world.pull(None).await.unwrap();
    assert_eq!(pulled.component, COMPONENT);
    assert_eq!(world.asked().len(), 2, "the tag was resolved more than once");
}

#[tokio::test]
async fn what_a_registry_gives_must_be_what_it_says() {
    let blob = |body: Vec<u8>| {
        move |asked: &Asked| match asked.path.contains("/blobs/") {
            true => Answer::ok(body.clone()),
            false => honest(asked),
        }
    };
    let mut changed = COMPONENT.to_vec();
    changed[0] ^= 1;
    let (mut two, mut gigantic) = (image(COMPONENT), image(COMPONENT));
    two["layers"].as_array_mut().unwrap().push(descriptor("application/wasm", b"another"));
    gigantic["layers"][0]["size"] = json!(MOST + 1);
    let mut elsewhere = image(COMPONENT);
    elsewhere["layers"][0]["urls"] = json!(["https://elsewhere.example.com/blob"]);
    elsewhere["layers"][0]["digest"] = json!(Digest::of(b"nowhere").to_string());
    let padded = format!("{}{}", image(COMPONENT), " ".repeat(MANIFEST_BYTES as usize));
    let false_digest = |asked: &Asked| {
        let digest = Digest::of(b"something else").to_string();
        honest(asked).with("docker-content-digest", digest)
    };
    let endless = |asked: &Asked| match asked.path.contains("/manifests/") {
        true => Answer { endless: true, ..Answer::ok(vec![b' '; 4096]).typed(IMAGE) },
        false => honest(asked),
    };
    type Answers = Box<dyn Fn(&Asked) -> Answer + Send + Sync>;
    let cases: [(&str, Answers, FetchErrorKind); 9] = [
        ("another digest", Box::new(blob(changed)), FetchErrorKind::Mismatch),
        ("too short", Box::new(blob(COMPONENT[1..].to_vec())), FetchErrorKind::Mismatch),
        ("too long", Box::new(blob([COMPONENT, b"!"].concat())), FetchErrorKind::TooLarge),
        ("two layers", Box::new(with_manifest(two, IMAGE)), FetchErrorKind::Mismatch),
        ("a layer too large", Box::new(with_manifest(gigantic, IMAGE)), FetchErrorKind::TooLarge),
        ("a layer elsewhere", Box::new(with_manifest(elsewhere, IMAGE)), FetchErrorKind::NotFound),
        (
            "a gigantic manifest",
            Box::new(move |_| Answer::ok(padded.clone()).typed(IMAGE)),
            FetchErrorKind::TooLarge,
        ),
        ("a manifest without end", Box::new(endless), FetchErrorKind::TooLarge),
        ("another manifest than it says", Box::new(false_digest), FetchErrorKind::Mismatch),
    ];
    for (what, answers, expected) in cases {
        let world = world(answers).await;
        let (kind, message) = kind(world.pull(None).await);
        assert_eq!(kind, expected, "{what}: {message}");
        let hosts = world.asked().into_iter().map(|asked| asked.host);
        assert!(hosts.into_iter().all(|host| host == "registry.example.com"), "{what}");
    }
    // By digest too, where a registry gives another manifest for it.
    let asked = Digest::of(b"what was reviewed");
    let lies = world(|asked| match asked.path.contains("/manifests/") {
        true => Answer::ok(image(COMPONENT).to_string()).typed(IMAGE),
        false => honest(asked),
    })
    .await;
    let pulled = lies.fetcher().pull(&lies.reference(&format!("@{asked}")), None, MOST).await;
    assert_eq!(kind(pulled).0, FetchErrorKind::Mismatch);
}

#[tokio::test]
async fn an_index_leads_to_one_image_and_no_further() {
    let to = |entries: Vec<Value>| {
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
        with_manifest(index, INDEX)
    };
    let manifest = image(COMPONENT).to_string();
    let wasm = || {
        let mut entry = descriptor(IMAGE, manifest.as_bytes());
        entry["platform"] = json!({ "architecture": "wasm", "os": "wasip2" });
        entry
    };
    let good = world(to(vec![wasm(), descriptor(IMAGE, b"of another kind")])).await;
    let pulled = good.pull(None).await.unwrap();
    assert_eq!(pulled.component, COMPONENT);
    // What the tag meant is the index.
    assert_ne!(pulled.manifest, Digest::of(manifest.as_bytes()));

    let two = world(to(vec![wasm(), wasm()])).await;
    let (refused, message) = kind(two.pull(None).await);
    assert_eq!(refused, FetchErrorKind::Mismatch);
    assert!(message.contains("2 images"), "{message}");

    // One index after the other, for ever.
    let nested = json!({
        "schemaVersion": 2, "mediaType": INDEX,
        "manifests": [descriptor(IMAGE, b"the end")],
    })
    .to_string();
    let deep = nested.clone();
    let bomb = world(move |asked| match asked.path.as_str() {
        "/v2/acme/echo/manifests/1" => {
            let entry = descriptor(IMAGE, deep.as_bytes());
            let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] });
            Answer::ok(index.to_string()).typed(INDEX)
        }
        _ => Answer::ok(deep.clone()).typed(INDEX),
    })
    .await;
    assert_eq!(kind(bomb.pull(None).await).0, FetchErrorKind::Mismatch);
    assert_eq!(bomb.asked().len(), 2);
    let wide: Vec<Value> = (0..2000).map(|_| wasm()).collect();
    let wide = world(to(wide)).await;
    assert_eq!(kind(wide.pull(None).await).0, FetchErrorKind::TooLarge);
    assert_eq!(wide.asked().len(), 1);
}
