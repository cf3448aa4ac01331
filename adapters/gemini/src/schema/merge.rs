//! Several schemas that hold at once, as one.

use crate::json::{Members, Value};

/// Adds what `more` says to `schema`. What both say differently stays as it was, and its
/// name goes to `lost`.
pub(super) fn merge(schema: &mut Members, more: Members, lost: &mut Vec<String>) {
    for (name, value) in more {
        let Some(known) = schema.get_mut(&name) else {
            schema.insert(&name, value);
            continue;
        };
        match (name.as_ref(), known, value) {
            (_, known, value) if *known == value => {}
            ("properties", Value::Object(known), Value::Object(more)) => {
                for (name, value) in more {
                    match (known.get_mut(&name), value) {
                        (Some(Value::Object(known)), Value::Object(more)) => {
                            merge(known, more, lost);
                        }
                        (Some(_), _) => lost.push(name.into_owned()),
                        (None, value) => {
                            known.insert(&name, value);
                        }
                    }
                }
            }
            ("required", Value::Array(known), Value::Array(more)) => {
                for name in more {
                    if !known.contains(&name) {
                        known.push(name);
                    }
                }
            }
            // The stricter bound holds.
            ("minimum" | "minLength" | "minItems" | "minProperties", known, more) => {
                if more.as_f64() > known.as_f64() {
                    *known = more;
                }
            }
            ("maximum" | "maxLength" | "maxItems" | "maxProperties", known, more) => {
                if more.as_f64() < known.as_f64() {
                    *known = more;
                }
            }
            // What is closed in one is closed.
            ("additionalProperties", known, Value::Bool(false)) => *known = false.into(),
            ("additionalProperties", known, more) if *known == Value::Bool(true) => *known = more,
            ("additionalProperties", _, Value::Bool(true)) => {}
            // Words about the whole stand before those about a part of it.
            ("title" | "description" | "default" | "example" | "examples" | "$comment", ..) => {}
            _ => lost.push(name.into_owned()),
        }
    }
}
