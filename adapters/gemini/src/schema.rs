//! JSON Schema as the provider takes it.
//!
//! It takes two forms. The narrow one (`parameters`, `responseSchema`) is a subset of
//! OpenAPI's schemas (<https://ai.google.dev/api/caching#Schema>), in which anything that
//! is unknown is an error. The wide one (`parametersJsonSchema`, `responseJsonSchema`) is
//! JSON Schema, of which what is unknown is ignored without a word
//! (<https://ai.google.dev/gemini-api/docs/structured-output#json-schema-support>). It
//! alone has maps, tuples and recursion; the narrow one alone has patterns and lengths.
//!
//! So a schema is brought to the narrow form, which every model and endpoint knows. Only
//! where something of it is lost there is the wide one tried, and taken if it loses less.
//! What neither can say becomes a warning with its place, and is never sent only to be
//! ignored.

mod merge;
mod rewrite;

use crate::json::Value;
use crate::translation::Translation;
use rewrite::Rewriter;

/// Whose schema it is, and whether its client wrote it for this provider.
pub(crate) struct Place<'a> {
    pub(crate) what: &'a str,
    pub(crate) exact: bool,
}

/// A schema that the provider takes.
pub(crate) struct Written {
    pub(crate) schema: Value,
    /// Whether it is in the wide form.
    pub(crate) wide: bool,
}

pub(crate) fn write(schema: Value, place: &Place<'_>, translation: &mut Translation) -> Written {
    if place.exact {
        return Written { schema, wide: false };
    }
    let (narrow, losses) = Rewriter::run(&schema, false);
    let (schema, wide, losses) = match losses.is_empty() {
        true => (narrow, false, losses),
        false => match Rewriter::run(&schema, true) {
            (wide, fewer) if fewer.len() < losses.len() => (wide, true, fewer),
            _ => (narrow, false, losses),
        },
    };
    for loss in losses {
        translation.warn(format!("{}: {loss}", place.what));
    }
    Written { schema, wide }
}

#[cfg(test)]
mod tests;
