//! Texts into vectors: `batchEmbedContents` of the Gemini API, `predict` of Vertex AI.

use super::DIALECT;
use super::fields::{Fields, get, snake};
use crate::DialectError;
use crate::object::{members, native};
use hotcell::types::{EmbedRequest, Input};
use serde_json::{Map, Value, json};

/// Reads a client's request for vectors, of either form, or for one (`embedContent`). The model stands in the path
/// that it was sent to. Images among the contents stay as they are beside the texts.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is
/// expected there. What is only unknown is kept.
pub fn read_embed_request(body: &[u8], model: &str) -> Result<EmbedRequest, DialectError> {
    let mut object = Fields::parse(body)?;
    // A request for one vector is one of a list of them.
    if object.has("content") && !object.has("requests") {
        let one = std::mem::replace(&mut object, Fields::empty());
        object.put_back("requests", json!([one.members()]));
    }
    let (name, form): (_, fn(&Value) -> One) = match object.has("instances") {
        true => ("instances", of_instance),
        false => ("requests", of_request),
    };
    let missing = || DialectError::new("", "expected `requests` or `instances`, found neither");
    let list = object.list(name)?.ok_or_else(missing)?;
    let all: Vec<One> = list.iter().map(form).collect();
    let task = all.first().and_then(|one| one.task.clone());
    let dimensions = match name {
        "instances" => {
            let own = object.peek("parameters");
            own.and_then(|own| get(own, "outputDimensionality")).and_then(Value::as_u64)
        }
        _ => all.first().and_then(|one| one.dimensions),
    };
    let written: Vec<Value> = all.iter().map(|one| one.write(name, model)).collect();
    let alike =
        |one: &One| one.task == task && (name == "instances" || one.dimensions == dimensions);
    if written != list || !all.iter().all(alike) {
        object.put_back(name, list.into());
    }
    Ok(EmbedRequest {
        model: model.to_owned(),
        inputs: all.into_iter().map(|one| Input::Text(one.text)).collect(),
        dimensions: dimensions.and_then(|dimensions| dimensions.try_into().ok()),
        task,
        extra: Some(object.always_extra()),
    })
}

/// Takes the client's own requests for vectors out of a request, where they say no more than it
/// does: whose words they are, and what the client calls the model. An adapter of another
/// dialect could not say them.
pub fn take_spelling(request: &mut EmbedRequest) {
    let mut extra = members(request.extra.as_ref(), DIALECT);
    let Some(Value::Array(list)) = extra.get("requests") else { return };
    let says_no_more = |own: &Value| {
        let one = of_request(own);
        let Value::Object(mut own) = own.clone() else { return false };
        own.insert("model".to_owned(), format!("models/{}", request.model).into());
        for name in ["taskType", "outputDimensionality"] {
            if let Some(value) = own.remove(&snake(name)) {
                own.insert(name.to_owned(), value);
            }
        }
        if let Some(content) = own.get_mut("content").and_then(Value::as_object_mut)
            && content.get("role").is_some_and(|role| role == "user")
        {
            content.remove("role");
        }
        one.task == request.task
            && one.dimensions == request.dimensions.map(u64::from)
            && Value::Object(own) == one.write("requests", &request.model)
    };
    if list.iter().all(says_no_more) {
        extra.remove("requests");
        request.extra = Some(native(&Value::Object(extra), DIALECT));
    }
}

/// What is asked for one vector.
struct One {
    text: String,
    task: Option<String>,
    dimensions: Option<u64>,
}

fn of_request(request: &Value) -> One {
    let parts = request["content"]["parts"].as_array().into_iter().flatten();
    let texts: Vec<&str> = parts.filter_map(|part| part["text"].as_str()).collect();
    One {
        text: texts.join("\n"),
        task: get(request, "taskType").and_then(Value::as_str).map(str::to_owned),
        dimensions: get(request, "outputDimensionality").and_then(Value::as_u64),
    }
}

fn of_instance(instance: &Value) -> One {
    One {
        text: instance["content"].as_str().unwrap_or_default().to_owned(),
        task: get(instance, "taskType").and_then(Value::as_str).map(str::to_owned),
        dimensions: None,
    }
}

impl One {
    /// As the adapter writes it.
    fn write(&self, name: &str, model: &str) -> Value {
        let mut one = Map::new();
        if name == "instances" {
            one.insert("content".to_owned(), self.text.as_str().into());
            one.extend(self.task.as_ref().map(|task| ("task_type".to_owned(), json!(task))));
            return one.into();
        }
        one.insert("model".to_owned(), format!("models/{model}").into());
        one.insert("content".to_owned(), json!({ "parts": [{ "text": self.text }] }));
        one.extend(self.task.as_ref().map(|task| ("taskType".to_owned(), json!(task))));
        let dimensions = self.dimensions;
        one.extend(dimensions.map(|count| ("outputDimensionality".to_owned(), json!(count))));
        one.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(own: Value) -> Value {
        let body = json!({ "requests": [own] }).to_string();
        let mut request = read_embed_request(body.as_bytes(), "mine").unwrap();
        take_spelling(&mut request);
        Value::Object(members(request.extra.as_ref(), DIALECT))
    }

    #[test]
    fn what_says_no_more_is_not_kept_and_what_says_more_is() {
        let content = json!({ "role": "user", "parts": [{ "text": "a" }] });
        let own = json!({ "model": "models/mine", "content": content, "taskType": "CLUSTERING" });
        assert_eq!(left(own), json!({}));
        let second = json!({ "content": { "parts": [{ "text": "a" }] }, "task_type": "T",
            "output_dimensionality": 2 });
        assert_eq!(left(second), json!({}));
        assert_eq!(left(json!("a")), json!({ "requests": ["a"] }), "no request at all");
        let titled = json!({ "model": "models/mine", "content": content, "title": "t" });
        assert_eq!(left(titled.clone()), json!({ "requests": [titled] }));
        let two = json!({ "content": { "parts": [{ "text": "a" }, { "text": "b" }] } });
        assert_eq!(left(two.clone()), json!({ "requests": [two] }));
    }
}
