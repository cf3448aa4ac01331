//! One schema into one of the two forms.

use super::merge::merge;
use crate::json::{Members, Value, object};

/// Schemas that one may become, with all references written out.
const MOST: usize = 5000;
/// How deep one may be.
const DEEPEST: usize = 48;

/// How many losses are told one by one.
const TOLD: usize = 30;

/// What is said of what a schema loses: one sentence a loss.
type Losses = Vec<String>;

pub(super) struct Rewriter<'a> {
    root: &'a Value,
    wide: bool,
    losses: Losses,
    schemas: usize,
    /// The references that lead to what is being written.
    open: Vec<&'a str>,
    /// Those that lead back to themselves, and have to stay: in the wide form only.
    kept: Vec<&'a str>,
}

impl<'a> Rewriter<'a> {
    pub(super) fn run(root: &'a Value, wide: bool) -> (Value, Losses) {
        let (losses, open, kept) = (Vec::new(), Vec::new(), Vec::new());
        let mut rewriter = Self { root, wide, losses, schemas: 0, open, kept };
        let mut schema = rewriter.schema(root, "", 0);
        let mut definitions = Members::default();
        let mut next = 0;
        // A definition may need others.
        while let Some(reference) = rewriter.kept.get(next).copied() {
            next += 1;
            if let Some(target) = rewriter.target(reference).filter(|_| reference != "#") {
                rewriter.open = vec![reference];
                let pointer = reference.trim_start_matches('#');
                definitions.insert(&name(reference), rewriter.schema(target, pointer, 1));
            }
        }
        if !definitions.is_empty() {
            schema.insert("$defs", definitions);
        }
        (schema.into(), rewriter.losses)
    }

    fn lose(&mut self, pointer: &str, what: &str) {
        let place = if pointer.is_empty() { "/" } else { pointer };
        let sentence = format!("{what} at `{place}`");
        match self.losses.len() {
            TOLD => self.losses.push("more was left out".to_owned()),
            known if known < TOLD && !self.losses.contains(&sentence) => self.losses.push(sentence),
            _ => {}
        }
    }

    fn leave_out(&mut self, pointer: &str, keyword: &str) {
        self.lose(pointer, &format!("`{keyword}` was left out"));
    }

    fn target(&self, reference: &str) -> Option<&'a Value> {
        let pointer = reference.strip_prefix('#')?;
        self.root.pointer(pointer)
    }

    fn schema(&mut self, schema: &'a Value, pointer: &str, depth: usize) -> Members {
        self.schemas += 1;
        if self.schemas > MOST || depth > DEEPEST {
            self.lose(pointer, "what is larger than a schema may be was left out");
            return Members::default();
        }
        let Value::Object(members) = schema else {
            if *schema != Value::Bool(true) {
                self.lose(pointer, "a schema that nothing fits was left out");
            }
            return Members::default();
        };
        let mut written = match members.get("$ref").and_then(Value::as_str) {
            None => Members::default(),
            Some(reference) => self.reference(reference, pointer, depth),
        };
        if self.wide && written.has("$ref") {
            // Nothing may stand beside it.
            return written;
        }
        let own = self.members(members, pointer, depth);
        // What stands beside a reference is about this place, and comes first.
        let mut lost = Vec::new();
        let mut whole = own;
        merge(&mut whole, std::mem::take(&mut written), &mut lost);
        for (number, part) in list(members, "allOf").iter().enumerate() {
            let part = self.schema(part, &format!("{pointer}/allOf/{number}"), depth + 1);
            merge(&mut whole, part, &mut lost);
        }
        for name in lost {
            self.lose(pointer, &format!("what `allOf` or `$ref` says of `{name}` was left out"));
        }
        self.alternatives(members, &mut whole, pointer, depth);
        self.finish(&mut whole, pointer);
        whole
    }

    fn reference(&mut self, reference: &'a str, pointer: &str, depth: usize) -> Members {
        let Some(target) = self.target(reference) else {
            self.lose(
                pointer,
                &format!("the reference `{reference}` leads nowhere and was left out"),
            );
            return Members::default();
        };
        if reference != "#" && !self.open.contains(&reference) {
            self.open.push(reference);
            let written = self.schema(target, pointer, depth + 1);
            self.open.pop();
            return written;
        }
        // A schema that is nothing but itself says nothing.
        if self.wide && !pointer.is_empty() {
            if !self.kept.contains(&reference) {
                self.kept.push(reference);
            }
            let place = match reference {
                "#" => "#".to_owned(),
                _ => format!("#/$defs/{}", name(reference)),
            };
            return object("$ref", place);
        }
        self.lose(pointer, &format!("the recursion of `{reference}` was cut"));
        match target.get("type").as_str() {
            Some(kind) => object("type", kind),
            None => Members::default(),
        }
    }

    /// All members but those that combine schemas.
    fn members(&mut self, members: &'a Members, pointer: &str, depth: usize) -> Members {
        let mut written = Members::default();
        for (keyword, value) in members.iter() {
            let below = format!("{pointer}/{}", escaped(keyword));
            match keyword {
                // Looked at elsewhere, or about the schema and not what it describes.
                "$ref" | "$defs" | "definitions" | "$schema" | "$id" | "$anchor" | "$comment"
                | "allOf" | "anyOf" | "oneOf" => {}
                "type" | "format" | "title" | "description" | "default" | "minimum" | "maximum"
                | "minItems" | "maxItems" | "required" | "enum" | "propertyOrdering" => {
                    written.insert(keyword, value.clone());
                }
                "minLength" | "maxLength" | "pattern" | "minProperties" | "maxProperties"
                | "example"
                    if !self.wide =>
                {
                    written.insert(keyword, value.clone());
                }
                "nullable" => {
                    if *value == Value::Bool(true) {
                        written.insert("nullable", true);
                    }
                }
                "examples" if !self.wide => {
                    if let Some(first) = value.as_list().and_then(<[Value]>::first) {
                        written.insert("example", first.clone());
                    }
                }
                "const" => {
                    written.insert("enum", vec![value.clone()]);
                }
                "exclusiveMinimum" => self.bound(members, &mut written, value, "minimum", pointer),
                "exclusiveMaximum" => self.bound(members, &mut written, value, "maximum", pointer),
                "properties" => {
                    let mut properties = Members::default();
                    for (name, schema) in value.as_object().into_iter().flat_map(Members::iter) {
                        let below = format!("{below}/{}", escaped(name));
                        properties.insert(name, self.schema(schema, &below, depth + 1));
                    }
                    written.insert("properties", properties);
                }
                // Nothing else than what is listed is written anyway.
                "additionalProperties" | "unevaluatedProperties"
                    if *value == Value::Bool(false) =>
                {
                    if self.wide && keyword == "additionalProperties" {
                        written.insert(keyword, false);
                    }
                }
                "additionalProperties" if self.wide => {
                    let value: Value = match value {
                        Value::Bool(open) => (*open).into(),
                        schema => self.schema(schema, &below, depth + 1).into(),
                    };
                    written.insert(keyword, value);
                }
                "items" | "prefixItems" if value.as_list().is_some() => match self.wide {
                    false => self.leave_out(pointer, keyword),
                    true => {
                        let items = value.as_list().into_iter().flatten().enumerate();
                        let items: Vec<Value> = items
                            .map(|(number, item)| {
                                self.schema(item, &format!("{below}/{number}"), depth + 1).into()
                            })
                            .collect();
                        written.insert("prefixItems", items);
                    }
                },
                "items" => {
                    let items = self.schema(value, &below, depth + 1);
                    written.insert("items", items);
                }
                other => self.leave_out(pointer, other),
            }
        }
        written
    }

    /// A bound that is not reached itself. Of whole numbers it is the next one.
    fn bound(
        &mut self,
        members: &Members,
        written: &mut Members,
        value: &Value,
        plain: &str,
        pointer: &str,
    ) {
        let low = plain == "minimum";
        // In older drafts it is a word about the plain bound.
        let value = match value {
            Value::Bool(false) => return,
            Value::Bool(true) => members.get(plain),
            value => Some(value),
        };
        let Some(value) = value else { return };
        let whole = members.get("type").and_then(Value::as_str) == Some("integer");
        let next = value.as_number::<i64>().filter(|_| whole);
        let next = next.and_then(|n| if low { n.checked_add(1) } else { n.checked_sub(1) });
        if next.is_none() {
            let exclusive = if low { "exclusiveMinimum" } else { "exclusiveMaximum" };
            self.lose(pointer, &format!("`{exclusive}` became `{plain}`"));
        }
        let bound = next.map_or_else(|| value.clone(), Value::from);
        let bound = object(plain, bound);
        merge(written, bound, &mut Vec::new());
    }

    /// `anyOf` and `oneOf`. In the narrow form nothing may stand beside the alternatives,
    /// so that each of them takes what does.
    fn alternatives(
        &mut self,
        members: &'a Members,
        whole: &mut Members,
        pointer: &str,
        depth: usize,
    ) {
        for keyword in ["anyOf", "oneOf"] {
            let all = list(members, keyword);
            if all.is_empty() {
                continue;
            }
            let mut nullable = false;
            let mut written = Vec::new();
            for (number, schema) in all.iter().enumerate() {
                if !self.wide && schema.get("type").is("null") {
                    nullable = true;
                    continue;
                }
                let below = format!("{pointer}/{keyword}/{number}");
                let mut schema = self.schema(schema, &below, depth + 1);
                match (schema.len(), schema.remove("anyOf")) {
                    // Alternatives of an alternative are alternatives.
                    (1, Some(Value::Array(inner))) => {
                        let inner = inner.into_iter().filter_map(|schema| match schema {
                            Value::Object(schema) => Some(schema),
                            _ => None,
                        });
                        written.extend(inner);
                    }
                    (_, inner) => {
                        if let Some(inner) = inner {
                            schema.insert("anyOf", inner);
                        }
                        written.push(schema);
                    }
                }
            }
            if keyword == "oneOf" && written.len() > 1 {
                self.lose(pointer, "`oneOf` became `anyOf`");
            }
            if whole.has("anyOf") {
                self.leave_out(pointer, keyword);
                continue;
            }
            if !self.wide || written.len() == 1 {
                let mut lost = Vec::new();
                for alternative in &mut written {
                    // What the alternative says is the more particular.
                    merge(alternative, whole.clone(), &mut lost);
                    if nullable {
                        alternative.insert("nullable", true);
                    }
                }
                for name in lost {
                    self.lose(pointer, &format!("`{name}` beside `{keyword}` was left out"));
                }
                *whole = Members::default();
            }
            match written.len() {
                0 if nullable => {
                    whole.insert("type", "null");
                }
                1 => *whole = written.swap_remove(0),
                _ => {
                    whole.insert("anyOf", written.into_iter().map(Value::from).collect::<Vec<_>>());
                }
            }
        }
    }

    /// What holds for a schema as a whole.
    fn finish(&mut self, schema: &mut Members, pointer: &str) {
        if schema.has("anyOf") && !self.wide {
            return;
        }
        self.types(schema);
        if schema.has("anyOf") && !self.wide {
            return;
        }
        self.enumeration(schema, pointer);
        let kind = schema.get("type").and_then(Value::as_str).map(str::to_owned);
        if kind.is_none() && !schema.has("type") && !schema.has("anyOf") {
            let told = if schema.has("properties") {
                Some("object")
            } else if schema.has("items") || schema.has("prefixItems") {
                Some("array")
            } else {
                None
            };
            if let Some(told) = told {
                schema.insert("type", told);
            }
        }
        let array = schema.get("type").is_some_and(|kind| kind.is("array"));
        if array && !self.wide && !schema.has("items") {
            schema.insert("items", Members::default());
        }
        self.required(schema, pointer);
    }

    /// Only what is described can be required.
    fn required(&mut self, schema: &mut Members, pointer: &str) {
        let Some(Value::Array(required)) = schema.get("required") else { return };
        let known = |name: &Value| {
            let properties = schema.get("properties").and_then(Value::as_object);
            name.as_str()
                .is_some_and(|name| properties.is_some_and(|properties| properties.has(name)))
        };
        let (good, unknown): (Vec<Value>, Vec<Value>) =
            required.iter().cloned().partition(|name| known(name));
        for name in unknown {
            let name = name.text();
            self.lose(pointer, &format!("{name}, which is not described, is no longer required"));
        }
        match good.is_empty() {
            true => drop(schema.remove("required")),
            false => schema.insert("required", good),
        }
    }

    /// A list of types: with null one that may be null, else alternatives.
    fn types(&mut self, schema: &mut Members) {
        if self.wide {
            if schema.remove("nullable").is_some()
                && let Some(kind @ Value::String(_)) = schema.get_mut("type")
            {
                *kind = vec![std::mem::take(kind), "null".into()].into();
            }
            return;
        }
        let Some(Value::Array(types)) = schema.get("type") else { return };
        let mut types = types.clone();
        let all = types.len();
        types.retain(|kind| !kind.is("null"));
        let nullable = types.len() < all;
        if nullable {
            schema.insert("nullable", true);
        }
        match types.len() {
            0 => {
                schema.insert("type", "null");
            }
            1 => {
                schema.insert("type", types.swap_remove(0));
            }
            _ => {
                let alternative = |kind: Value| {
                    let mut alternative = schema.clone();
                    alternative.retain(|(keyword, _)| fits(keyword, kind.as_str().unwrap_or("")));
                    alternative.insert("type", kind);
                    Value::from(alternative)
                };
                let alternatives: Vec<Value> = types.into_iter().map(alternative).collect();
                *schema = Members::default();
                schema.insert("anyOf", alternatives);
            }
        }
    }

    /// The narrow form lists strings only, and numbers in their place; the wide one both.
    fn enumeration(&mut self, schema: &mut Members, pointer: &str) {
        let Some(Value::Array(values)) = schema.get("enum") else { return };
        let mut values = values.clone();
        if !self.wide {
            let all = values.len();
            values.retain(|value| !value.is_null());
            if values.len() < all {
                schema.insert("nullable", true);
            }
        }
        let (strings, whole) = (
            values.iter().all(|value| value.as_str().is_some()),
            values.iter().all(|value| value.as_number::<i64>().is_some()),
        );
        let numbers = values
            .iter()
            .all(|value| matches!(value, Value::Whole(_) | Value::Number(_) | Value::Null));
        if strings {
            if !schema.has("type") {
                schema.insert("type", "string");
            }
        } else if whole && !self.wide {
            schema.insert("type", "integer");
            schema.insert("format", "enum");
            values = values.iter().map(|value| value.text().into()).collect();
        } else if !self.wide || !numbers {
            schema.remove("enum");
            self.leave_out(pointer, "enum");
            return;
        }
        schema.insert("enum", values);
    }
}

/// Whether a keyword says something of a type.
fn fits(keyword: &str, kind: &str) -> bool {
    match keyword {
        "properties"
        | "required"
        | "minProperties"
        | "maxProperties"
        | "propertyOrdering"
        | "additionalProperties" => kind == "object",
        "items" | "minItems" | "maxItems" | "prefixItems" => kind == "array",
        "minLength" | "maxLength" | "pattern" => kind == "string",
        "minimum" | "maximum" => matches!(kind, "number" | "integer"),
        _ => true,
    }
}

fn list<'a>(members: &'a Members, name: &str) -> &'a [Value] {
    members.get(name).and_then(Value::as_list).unwrap_or_default()
}

/// A definition's name: the last step of the way to it.
fn name(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    last.replace("~1", "_").replace("~0", "_")
}

/// A step of a JSON pointer (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
