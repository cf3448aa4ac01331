//! An audit as a page. What it says is put together once, and written in several ways.

mod content;
mod csv;
mod html;
mod markdown;
mod sarif;
mod text;

pub(crate) use csv::csv;
pub(crate) use html::html;
pub(crate) use markdown::markdown;
pub(crate) use sarif::sarif;
pub(crate) use text::text;

use hotcell::audit::Finding;

/// A part of the page. All text is plain: each way of writing makes it safe in its own way.
enum Block<'a> {
    /// A section.
    Section(&'static str),
    /// A provider or an adapter, and a word about it.
    Entry(String, String),
    /// A sentence.
    Sentence(String),
    /// Names, and what is to be said under each.
    Facts(Vec<(&'static str, Vec<String>)>),
    /// What should be looked at.
    Findings(&'a [Finding]),
    /// Where somebody signs.
    Signature,
}
