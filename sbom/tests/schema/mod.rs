//! Holds documents against the schemas beside this file, without a network.

use jsonschema::{Registry, Resource};
use serde_json::Value;

/// What a document has that CycloneDX 1.7 has not.
pub(crate) fn cyclonedx_faults(document: &Value) -> Vec<String> {
    let schema = include_str!("bom-1.7.schema.json");
    let others = [
        include_str!("spdx.schema.json"),
        include_str!("jsf-0.82.schema.json"),
        include_str!("cryptography-defs.schema.json"),
    ];
    faults(schema, &others, document)
}

/// What a document has that SPDX 3.0.1 has not.
pub(crate) fn spdx_faults(document: &Value) -> Vec<String> {
    faults(include_str!("spdx-3.0.1.schema.json"), &[], document)
}

fn faults(schema: &str, others: &[&str], document: &Value) -> Vec<String> {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let mut registry = Registry::new();
    for other in others {
        let other = parsed(other);
        let id = other["$id"].as_str().expect("an id").to_owned();
        registry = registry.add(id, Resource::from_contents(other)).expect("a schema");
    }
    let registry = registry.prepare().expect("schemas");
    let validator = jsonschema::options()
        .with_registry(&registry)
        .offline()
        .should_validate_formats(true)
        .build(&parsed(schema))
        .expect("a schema");
    validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}
