//! The schema of an answer, as the provider takes it
//! (<https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs>).
//!
//! It refuses what other providers take or pass over: an object has to say that it has no further
//! members, and bounds on numbers, lengths and counts are not known.

use crate::wire::Members;
use hotcell_sdk::json::write_string;
use serde_json::value::RawValue;

/// Formats of strings that are known.
const FORMATS: [&str; 10] =
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

/// Bounds that are not known.
const BOUNDS: [&str; 14] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
];

/// A schema without what the provider refuses.
pub(crate) struct Schema {
    pub(crate) text: Vec<u8>,
    /// What was left out, each once.
    pub(crate) lost: Vec<String>,
}

impl Schema {
    pub(crate) fn of(text: &str) -> Self {
        let mut schema = Self { text: Vec::with_capacity(text.len() + 64), lost: Vec::new() };
        schema.write(text);
        schema
    }

    /// No deeper than JSON that could be read.
    fn write(&mut self, schema: &str) {
        // `true` and `false` are schemas, too.
        let Ok(members) = serde_json::from_str::<Members<'_>>(schema) else {
            return self.text.extend_from_slice(schema.as_bytes());
        };
        let is_object = members.get("type") == Some("\"object\"")
            || members.get("type").is_none() && members.get("properties").is_some();
        self.text.push(b'{');
        let mut first = true;
        for (name, value) in &members.0 {
            let value = value.get();
            if self.is_lost(name, value, is_object) {
                continue;
            }
            self.name(if name == "oneOf" { "anyOf" } else { name }, &mut first);
            match name.as_ref() {
                "properties" | "$defs" | "definitions" => self.write_named(value),
                "anyOf" | "allOf" | "oneOf" | "prefixItems" => self.write_list(value),
                "items" => self.write(value),
                _ => self.text.extend_from_slice(value.as_bytes()),
            }
        }
        if is_object {
            self.name("additionalProperties", &mut first);
            self.text.extend_from_slice(b"false");
        }
        self.text.push(b'}');
    }

    fn is_lost(&mut self, name: &str, value: &str, is_object: bool) -> bool {
        let lost = match name {
            "additionalProperties" if is_object && value == "false" => return true,
            "additionalProperties" => is_object,
            "minItems" => !matches!(value, "0" | "1"),
            "format" => !FORMATS.iter().any(|known| value.trim_matches('"') == *known),
            _ => BOUNDS.contains(&name),
        };
        if lost && !self.lost.iter().any(|known| known == name) {
            self.lost.push(name.to_owned());
        }
        lost
    }

    fn write_named(&mut self, schemas: &str) {
        let Ok(schemas) = serde_json::from_str::<Members<'_>>(schemas) else {
            return self.text.extend_from_slice(schemas.as_bytes());
        };
        self.text.push(b'{');
        let mut first = true;
        for (name, schema) in &schemas.0 {
            self.name(name, &mut first);
            self.write(schema.get());
        }
        self.text.push(b'}');
    }

    fn write_list(&mut self, schemas: &str) {
        let Ok(schemas) = serde_json::from_str::<Vec<&RawValue>>(schemas) else {
            return self.text.extend_from_slice(schemas.as_bytes());
        };
        self.text.push(b'[');
        for (index, schema) in schemas.iter().enumerate() {
            if index > 0 {
                self.text.push(b',');
            }
            self.write(schema.get());
        }
        self.text.push(b']');
    }

    fn name(&mut self, name: &str, first: &mut bool) {
        if !std::mem::take(first) {
            self.text.push(b',');
        }
        write_string(name, &mut self.text);
        self.text.push(b':');
    }
}

#[cfg(test)]
mod tests {
    use super::Schema;

    #[test]
    fn what_is_refused_is_left_out_at_every_depth() {
        let schema = Schema::of(
            r##"{"type":"object","title":"T","properties":{
                "minimum":{"type":"integer","minimum":1,"default":3},
                "list":{"type":"array","minItems":1,"maxItems":3,"items":{"$ref":"#/$defs/D"}},
                "either":{"oneOf":[{"type":"object","properties":{}},{"type":"null"}]},
                "when":{"type":"string","format":"date"},"path":{"type":"string","format":"path"}},
                "$defs":{"D":{"properties":{"a":{"type":"string","pattern":"^a$","maxLength":2}}}},
                "required":["list"],"additionalProperties":true}"##,
        );
        let text: serde_json::Value = serde_json::from_slice(&schema.text).unwrap();
        let wanted = serde_json::json!({
            "type": "object", "title": "T", "properties": {
                "minimum": {"type": "integer", "default": 3},
                "list": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/D"}},
                "either": {"anyOf": [
                    {"type": "object", "properties": {}, "additionalProperties": false},
                    {"type": "null"}]},
                "when": {"type": "string", "format": "date"}, "path": {"type": "string"}},
            "$defs": {"D": {"properties": {"a": {"type": "string", "pattern": "^a$"}},
                "additionalProperties": false}},
            "required": ["list"], "additionalProperties": false
        });
        assert_eq!(text, wanted);
        let lost = ["minimum", "maxItems", "format", "maxLength", "additionalProperties"];
        assert_eq!(schema.lost, lost);
    }

    #[test]
    fn what_the_provider_takes_stays_as_it_is() {
        for text in [
            r#"{"type":"object","properties":{"a":{"enum":[1,"b"]}},"additionalProperties":false}"#,
            r#"{"type":"array","items":{"type":"string","format":"email"},"minItems":0}"#,
            "true",
            "{}",
        ] {
            let schema = Schema::of(text);
            assert_eq!(String::from_utf8(schema.text).unwrap(), text);
            assert!(schema.lost.is_empty(), "{:?}", schema.lost);
        }
    }
}
