//! Components with other manifests than they were packed with.

use hotcell::manifest::SECTION;
use std::borrow::Cow;
use std::ops::Range;
use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{Parser, Payload};

/// The text of a component's manifest.
///
/// # Panics
/// Where it has none.
pub fn manifest(component: &[u8]) -> String {
    let section = section(component, SECTION).expect("the component has a manifest");
    String::from_utf8_lossy(&component[section.1]).into_owned()
}

/// The component with this manifest instead of its own.
///
/// # Panics
/// Where it has none.
pub fn with_manifest(component: &[u8], manifest: &str) -> Vec<u8> {
    let mut changed = without_manifest(component);
    append_manifest(&mut changed, manifest);
    changed
}

/// The component without its manifest.
///
/// # Panics
/// Where it has none.
pub fn without_manifest(component: &[u8]) -> Vec<u8> {
    without_section(component, SECTION).expect("the component has a manifest")
}

/// The component without the section of this name, where it has it.
pub fn without_section(component: &[u8], name: &str) -> Option<Vec<u8>> {
    let (whole, _) = section(component, name)?;
    Some([&component[..whole.start], &component[whole.end..]].concat())
}

/// Adds a manifest, to whatever there is.
pub fn append_manifest(component: &mut Vec<u8>, manifest: &str) {
    append_section(component, SECTION, manifest.as_bytes());
}

/// Adds a section of any name, to whatever there is.
pub fn append_section(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    let section = CustomSection { name: Cow::Borrowed(name), data: Cow::Borrowed(data) };
    component.push(section.id());
    section.encode(component);
}

/// Where the section begins and ends, and its data within.
fn section(component: &[u8], name: &str) -> Option<(Range<usize>, Range<usize>)> {
    let mut end = 8;
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.ok()?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 1 && section.name() == name => {
                return Some((
                    end..section.range().end,
                    section.data_offset()..section.range().end,
                ));
            }
            _ => {}
        }
        if depth == 1
            && let Some((_, range)) = payload.as_section()
        {
            end = range.end;
        }
    }
    None
}
