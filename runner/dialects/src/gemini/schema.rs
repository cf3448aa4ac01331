//! The provider's schemas, which are a dialect of JSON Schema.

use serde_json::{Map, Value};

/// The provider's types by their number.
const TYPES: [&str; 8] =
    ["type_unspecified", "string", "number", "integer", "boolean", "array", "object", "null"];

/// The schema as JSON Schema has it: types in lower case, and null as one of them.
pub(super) fn plain(schema: &Value) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let mut plain = Map::new();
    for (name, value) in members {
        let value = match (name.as_str(), value) {
            ("type", Value::String(kind)) => kind.to_ascii_lowercase().into(),
            ("type", Value::Number(kind)) => {
                let kind = kind.as_u64().and_then(|kind| TYPES.get(usize::try_from(kind).ok()?));
                kind.map_or_else(|| value.clone(), |kind| (*kind).into())
            }
            ("properties", Value::Object(properties)) => {
                let properties = properties.iter();
                properties.map(|(name, schema)| (name.clone(), self::plain(schema))).collect()
            }
            ("items", schema) => self::plain(schema),
            ("anyOf" | "any_of", Value::Array(all)) => all.iter().map(self::plain).collect(),
            _ => value.clone(),
        };
        plain.insert(name.clone(), value);
    }
    if plain.get("nullable") == Some(&Value::Bool(true))
        && let Some(kind @ Value::String(_)) = plain.get_mut("type")
    {
        *kind = Value::Array(vec![kind.take(), "null".into()]);
        plain.remove("nullable");
    }
    plain.into()
}
