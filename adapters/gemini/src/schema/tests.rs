use super::{Place, write};
use crate::json;
use crate::translation::Translation;
use serde_json::{Value, json};

/// What a schema becomes, whether in the wide form, and what is warned of.
fn written(schema: Value) -> (Value, bool, Vec<String>) {
    let mut translation = Translation { exact: false, vertex: false, warnings: Vec::new() };
    let schema = json::Value::parse(&schema.to_string()).expect("JSON");
    let written = write(schema, &Place { what: "it", exact: false }, &mut translation);
    let schema = serde_json::from_str(&written.schema.text()).expect("JSON");
    (schema, written.wide, translation.warnings)
}

fn narrow(schema: Value, expected: Value) {
    assert_eq!(written(schema), (expected, false, vec![]));
}

fn wide(schema: Value, expected: Value) {
    assert_eq!(written(schema), (expected, true, vec![]));
}

#[test]
fn what_fits_stays_as_it_is() {
    let schema = json!({ "type": "object", "description": "d", "required": ["a"], "properties": {
        "a": { "type": "string", "minLength": 1, "pattern": "^a", "format": "date-time" },
        "b": { "type": "array", "items": { "type": "integer", "minimum": 0 }, "maxItems": 3 },
        "c": { "type": "string", "enum": ["x", "y"], "default": "x", "title": "t" } } });
    narrow(schema.clone(), schema);
}

#[test]
fn references_are_written_out() {
    let schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object", "additionalProperties": false,
        "properties": { "a": { "$ref": "#/$defs/A", "description": "mine" },
            "b": { "type": "array", "items": { "$ref": "#/definitions/B~1b" } } },
        "$defs": { "A": { "type": "object", "description": "its", "properties": {
            "c": { "$ref": "#/definitions/B~1b" } } } },
        "definitions": { "B/b": { "type": "number" } } });
    narrow(
        schema,
        json!({ "type": "object", "properties": {
            "a": { "description": "mine", "type": "object",
                "properties": { "c": { "type": "number" } } },
            "b": { "type": "array", "items": { "type": "number" } } } }),
    );
}

#[test]
fn null_is_said_by_nullable() {
    for schema in [
        json!({ "type": ["string", "null"] }),
        json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] }),
        json!({ "oneOf": [{ "type": "null" }, { "type": "string" }] }),
    ] {
        narrow(schema, json!({ "type": "string", "nullable": true }));
    }
    narrow(
        json!({ "enum": ["a", null], "type": ["string", "null"] }),
        json!({ "type": "string", "enum": ["a"], "nullable": true }),
    );
    narrow(json!({ "type": ["null"] }), json!({ "type": "null", "nullable": true }));
}

#[test]
fn several_types_are_alternatives_that_take_what_stands_beside_them() {
    narrow(
        json!({ "type": ["string", "integer"], "description": "d", "minLength": 2, "minimum": 3 }),
        json!({ "anyOf": [
            { "type": "string", "description": "d", "minLength": 2 },
            { "type": "integer", "description": "d", "minimum": 3 }] }),
    );
    narrow(
        json!({ "description": "d", "anyOf": [
            { "type": "string" }, { "type": "integer", "description": "own" }, { "type": "null" }] }),
        json!({ "anyOf": [
            { "type": "string", "description": "d", "nullable": true },
            { "type": "integer", "description": "own", "nullable": true }] }),
    );
}

#[test]
fn all_of_is_one_schema() {
    narrow(
        json!({ "allOf": [
            { "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"] },
            { "properties": { "b": { "type": "integer", "minimum": 1 } }, "required": ["b"] },
            { "properties": { "b": { "minimum": 2, "maximum": 9 } } }] }),
        json!({ "type": "object", "required": ["a", "b"], "properties": {
            "a": { "type": "string" },
            "b": { "type": "integer", "minimum": 2, "maximum": 9 } } }),
    );
}

#[test]
fn constants_and_lists_of_values_are_strings() {
    narrow(json!({ "const": "x" }), json!({ "enum": ["x"], "type": "string" }));
    narrow(
        json!({ "enum": [1, 2] }),
        json!({ "enum": ["1", "2"], "type": "integer", "format": "enum" }),
    );
    let (schema, _, warnings) = written(json!({ "type": "boolean", "const": true }));
    assert_eq!(schema, json!({ "type": "boolean" }));
    assert_eq!(warnings, ["it: `enum` was left out at `/`"]);
}

#[test]
fn open_bounds_of_whole_numbers_are_closed_ones() {
    narrow(
        json!({ "type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10 }),
        json!({ "type": "integer", "minimum": 1, "maximum": 9 }),
    );
    narrow(
        json!({ "type": "integer", "minimum": 5, "exclusiveMinimum": true }),
        json!({ "type": "integer", "minimum": 6 }),
    );
    let (schema, _, warnings) = written(json!({ "type": "number", "exclusiveMinimum": 0.5 }));
    assert_eq!(schema, json!({ "type": "number", "minimum": 0.5 }));
    assert_eq!(warnings, ["it: `exclusiveMinimum` became `minimum` at `/`"]);
}

#[test]
fn maps_tuples_and_recursion_take_the_wide_form() {
    let map = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
    wide(map.clone(), map);
    wide(
        json!({ "type": "array", "items": [{ "type": "string" }, { "type": "integer" }] }),
        json!({ "type": "array", "prefixItems": [{ "type": "string" }, { "type": "integer" }] }),
    );
    let node = json!({ "type": "object", "properties": { "value": { "type": "integer" },
        "next": { "$ref": "#/$defs/Node" } } });
    wide(
        json!({ "$ref": "#/$defs/Node", "$defs": { "Node": node } }),
        json!({ "type": "object", "properties": { "value": { "type": "integer" },
            "next": { "$ref": "#/$defs/Node" } }, "$defs": { "Node": node } }),
    );
}

#[test]
fn recursion_beside_what_only_the_narrow_form_says_is_told() {
    let schema = json!({ "type": "object", "properties": {
        "self": { "$ref": "#" },
        "a": { "type": "string", "pattern": "a", "minLength": 1, "maxLength": 2 } } });
    let (schema, wide, warnings) = written(schema);
    assert!(!wide);
    assert_eq!(schema["properties"]["self"], json!({ "type": "object" }));
    assert_eq!(warnings, ["it: the recursion of `#` was cut at `/properties/self`"]);
}

#[test]
fn what_cannot_be_said_is_told_with_its_place() {
    let schema = json!({ "type": "object", "patternProperties": { "^a": {} }, "required": ["z"],
        "properties": { "a/b": { "type": "number", "multipleOf": 2 },
            "c": { "not": { "type": "null" } }, "d": { "$ref": "https://elsewhere.example/s" },
            "e": false } });
    let (schema, wide, mut warnings) = written(schema);
    warnings.sort();
    assert!(!wide);
    let nothing = json!({});
    assert_eq!(
        schema,
        json!({ "type": "object", "properties": { "a/b": { "type": "number" }, "c": nothing,
            "d": nothing, "e": nothing } })
    );
    assert_eq!(
        warnings,
        [
            "it: \"z\", which is not described, is no longer required at `/`",
            "it: `multipleOf` was left out at `/properties/a~1b`",
            "it: `not` was left out at `/properties/c`",
            "it: `patternProperties` was left out at `/`",
            "it: a schema that nothing fits was left out at `/properties/e`",
            "it: the reference `https://elsewhere.example/s` leads nowhere and was left out at \
             `/properties/d`",
        ]
    );
}

#[test]
fn one_of_is_told_to_be_any_of() {
    let (schema, _, warnings) =
        written(json!({ "oneOf": [{ "type": "string" }, { "type": "number" }] }));
    assert_eq!(schema, json!({ "anyOf": [{ "type": "string" }, { "type": "number" }] }));
    assert_eq!(warnings, ["it: `oneOf` became `anyOf` at `/`"]);
}

#[test]
fn a_hostile_schema_ends() {
    // Each definition uses the next one twice.
    let mut definitions = serde_json::Map::new();
    for number in 0..60 {
        let next = json!({ "$ref": format!("#/$defs/d{}", number + 1) });
        let schema = json!({ "type": "object", "properties": { "a": next, "b": next } });
        definitions.insert(format!("d{number}"), schema);
    }
    definitions.insert("d60".to_owned(), json!({ "type": "string" }));
    let (schema, _, warnings) =
        written(json!({ "$ref": "#/$defs/d0", "$defs": definitions.clone() }));
    assert!(schema.to_string().len() < 1_000_000);
    assert!((1..100).contains(&warnings.len()), "{}", warnings.len());
    // A reference to itself alone.
    let (_, _, warnings) = written(json!({ "$ref": "#" }));
    assert_eq!(warnings, ["it: the recursion of `#` was cut at `/`"]);
    let _ = written(json!({ "$ref": "#/$defs/a", "$defs": { "a": { "$ref": "#/$defs/b" },
        "b": { "$ref": "#/$defs/a" } } }));
    // All the way down.
    let mut deep = json!({ "type": "string" });
    for _ in 0..120 {
        deep = json!({ "type": "array", "items": deep });
    }
    let (_, _, warnings) = written(deep);
    assert!(warnings[0].contains("larger than a schema may be"));
}
