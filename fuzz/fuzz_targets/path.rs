//! A path that is let through has one reading: that of the standard that browsers and most
//! servers follow leaves it where it is, and below its base.

#![no_main]

use hotcell_egress::fuzzing;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|text: &str| {
    let Some((segments, names)) = fuzzing::path(text) else { return };
    for segment in &segments {
        assert!(!segment.trim_matches(['.', ' ']).is_empty(), "a dot segment: {segment:?}");
        assert!(!segment.contains(['\\', '%', '?', '#', ';']), "a separator: {segment:?}");
        // Only the name of an AWS resource has slashes, and climbs nowhere by them.
        let parts = segment.split('/').skip(1);
        assert!(!segment.contains('/') || segment.starts_with("arn:"), "a slash: {segment:?}");
        parts.for_each(|part| assert!(!part.trim_matches('.').is_empty(), "{segment:?}"));
        assert!(segment.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{segment:?}");
    }
    let url = Url::parse(&format!("https://provider.example/v1{text}")).expect("a URL");
    let (path, query) = match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    };
    assert_eq!(url.host_str(), Some("provider.example"));
    assert_eq!((url.port(), url.username(), url.fragment()), (None, "", None));
    assert_eq!(url.path(), format!("/v1{path}"), "it is read as another path");
    assert_eq!(url.path_segments().expect("segments").count(), segments.len() + 1);
    let read: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(read, names, "the query is read in another way");
    assert_eq!(url.query().is_some(), query.is_some());
    // It stays what it is as the target of a redirect or a link, too.
    assert_eq!(Url::parse(url.as_str()).expect("a URL"), url);
});
