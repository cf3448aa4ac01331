//! Sources that another dialect names, as `annotations`.

use crate::json::{self, Members};
use hotcell::types::Native;

/// Writes a source that has an address as a `url_citation` of the text up to `end`; none
/// where it has none.
pub(super) fn write(source: &Native, end: usize) -> Option<String> {
    let members = Members::of(&source.value)?;
    let url = members.text("url").filter(|url| url.contains("://"))?;
    let title = members.text("title").unwrap_or_default();
    let mut out = b"{\"type\":\"url_citation\",\"url_citation\":{".to_vec();
    json::count("start_index", 0, &mut out);
    json::count("end_index", end as u64, &mut out);
    json::text("title", &title, &mut out);
    json::text("url", &url, &mut out);
    out.extend_from_slice(b"}}");
    String::from_utf8(out).ok()
}
