//! The provider's schemas, which are a dialect of JSON Schema.

use serde_json::{Map, Value, json};

/// The provider's types by their number.
const TYPES: [&str; 8] =
    ["type_unspecified", "string", "number", "integer", "boolean", "array", "object", "null"];

/// The words of a schema that the provider has a second name of, as JSON Schema has them.
const WORDS: [(&str, &str); 10] = [
    ("additional_properties", "additionalProperties"),
    ("any_of", "anyOf"),
    ("max_items", "maxItems"),
    ("max_length", "maxLength"),
    ("max_properties", "maxProperties"),
    ("min_items", "minItems"),
    ("min_length", "minLength"),
    ("min_properties", "minProperties"),
    ("prefix_items", "prefixItems"),
    ("property_ordering", "propertyOrdering"),
];

/// The schema as JSON Schema has it: its words, types in lower case, and null as one of them.
pub(super) fn plain(schema: &Value) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let mut plain = Map::new();
    for (name, value) in members {
        let word = WORDS.iter().find(|(other, _)| other == name);
        let name = word.map_or(name.as_str(), |(_, word)| word);
        let value = match (name, value) {
            ("type", Value::String(kind)) => kind.to_ascii_lowercase().into(),
            ("type", Value::Number(kind)) => {
                let kind = kind.as_u64().and_then(|kind| TYPES.get(usize::try_from(kind).ok()?));
                kind.map_or_else(|| value.clone(), |kind| (*kind).into())
            }
            ("properties", Value::Object(properties)) => {
                let properties = properties.iter();
                properties.map(|(name, schema)| (name.clone(), self::plain(schema))).collect()
            }
            ("items" | "additionalProperties", schema) => self::plain(schema),
            ("anyOf" | "prefixItems", Value::Array(all)) => all.iter().map(self::plain).collect(),
            _ => value.clone(),
        };
        plain.insert(name.to_owned(), value);
    }
    if plain.get("nullable") == Some(&Value::Bool(true)) {
        let place = if plain.contains_key("type") { "type" } else { "anyOf" };
        match plain.get_mut(place) {
            Some(kind @ Value::String(_)) if place == "type" => {
                *kind = Value::Array(vec![kind.take(), "null".into()]);
            }
            Some(Value::Array(all)) if place == "anyOf" => all.push(json!({ "type": "null" })),
            _ => return plain.into(),
        }
        plain.remove("nullable");
    }
    plain.into()
}
