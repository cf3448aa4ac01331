//! What the mock says, before it is written in a provider's form.

use crate::Behaviour;
use crate::script::Script;
use serde_json::{Map, Value, json};

/// A request, read from either form.
#[derive(Debug, Default)]
pub(crate) struct Question {
    pub(crate) model: String,
    pub(crate) stream: bool,
    /// What the user said last.
    pub(crate) words: String,
    /// What came with it: "image", "document" …
    pub(crate) media: Vec<String>,
    /// Results of tools, where the conversation ends with them.
    pub(crate) results: Vec<String>,
    /// The tools that may be called now.
    pub(crate) tools: Vec<Offer>,
    /// The schema that the answer must fit; `true` for any JSON object.
    pub(crate) schema: Option<Value>,
    pub(crate) max_tokens: Option<u64>,
    /// Whether thoughts are asked for.
    pub(crate) thinking: bool,
    /// Words of the whole request, which it counts as tokens.
    pub(crate) input_tokens: u64,
}

/// A tool that was offered.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) name: String,
    pub(crate) schema: Value,
}

/// An answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) reasoning: Option<String>,
    pub(crate) text: String,
    /// Name and arguments.
    pub(crate) calls: Vec<(String, String)>,
    /// Whether it is shorter than it wanted to be.
    pub(crate) cut_short: bool,
    pub(crate) output_tokens: u64,
}

/// Answers.
pub(crate) fn answer(
    question: &Question,
    script: Script,
    behaviour: &Behaviour,
    credential: &str,
) -> Answer {
    let reasoning = (question.thinking || script == Script::Reasoner)
        .then(|| "The user wants an answer. I repeat what they said.".to_owned());
    if question.results.is_empty() && !question.tools.is_empty() {
        let most = if script == Script::ParallelTools { question.tools.len() } else { 1 };
        let calls: Vec<(String, String)> = question
            .tools
            .iter()
            .take(most)
            .map(|tool| (tool.name.clone(), fit(&tool.schema, &question.words).to_string()))
            .collect();
        let output_tokens = 12 * calls.len() as u64;
        return Answer { reasoning, text: String::new(), calls, cut_short: false, output_tokens };
    }
    let mut text = match script {
        Script::Markdown => MARKDOWN.to_owned(),
        Script::EchoKey => format!("The key is {credential} and nothing else."),
        _ => say(question, behaviour),
    };
    let words = text.split_whitespace().count() as u64;
    let cut_short = question.max_tokens.is_some_and(|most| most < words);
    if cut_short {
        let most = question.max_tokens.unwrap_or_default() as usize;
        text = text.split_whitespace().take(most).collect::<Vec<_>>().join(" ");
    }
    let output_tokens = text.split_whitespace().count() as u64;
    Answer { reasoning, text, calls: Vec::new(), cut_short, output_tokens }
}

fn say(question: &Question, behaviour: &Behaviour) -> String {
    if let Some(schema) = &question.schema {
        return fit(schema, &question.words).to_string();
    }
    if let Some(answer) = &behaviour.answer {
        return answer.clone();
    }
    if !question.results.is_empty() {
        return format!("The tool says: {}", question.results.join("; "));
    }
    let mut text = format!("You said: {}", question.words);
    if !question.media.is_empty() {
        text.push_str(&format!("\n\nWith it came: {}.", question.media.join(", ")));
    }
    text
}

/// The text in pieces, as a stream has them.
pub(crate) fn pieces(text: &str, chunks: Option<usize>) -> Vec<String> {
    let Some(chunks) = chunks else {
        return text.split_inclusive(' ').map(str::to_owned).collect();
    };
    let letters: Vec<char> = text.chars().collect();
    if letters.is_empty() || chunks == 0 {
        return Vec::new();
    }
    let long: Vec<char> = letters.iter().copied().cycle().take(letters.len().max(chunks)).collect();
    (0..chunks)
        .map(|n| long[n * long.len() / chunks..(n + 1) * long.len() / chunks].iter().collect())
        .collect()
}

/// The smallest value that fits a schema. Strings hold the name that the user
/// mentioned last, which makes a sensible tool call of most small questions.
fn fit(schema: &Value, words: &str) -> Value {
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(value) = schema["enum"].as_array().and_then(|values| values.first()) {
        return value.clone();
    }
    if let Some(value) = schema["anyOf"].as_array().and_then(|any| any.first()) {
        return fit(value, words);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("string") => json!(last_name(words)),
        Some("integer") => json!(1),
        Some("number") => json!(0.5),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        Some("array") => json!([fit(&schema["items"], words)]),
        _ => {
            let Some(properties) = schema["properties"].as_object() else { return json!({}) };
            let required = schema["required"].as_array();
            let wanted = |name: &str| {
                required.is_none_or(|names| names.iter().any(|required| required == name))
            };
            let members: Map<String, Value> = properties
                .iter()
                .filter(|(name, _)| wanted(name))
                .map(|(name, schema)| (name.clone(), fit(schema, words)))
                .collect();
            Value::Object(members)
        }
    }
}

fn last_name(words: &str) -> &str {
    words
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .rfind(|word| word.starts_with(char::is_uppercase))
        .unwrap_or("something")
}

const MARKDOWN: &str = "\
# A heading

A paragraph with **bold**, *emphasis*, `code` and [a link](https://example.com/).
It has two lines.

- first
- second
  - inner

1. one
2. two

> Said by somebody.

```rust
fn main() {
    println!(\"hello\");
}
```

| name | value |
| --- | ---: |
| one | 1 |
| two | 22 |

The end.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_fits_its_schema() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": { "type": "string" },
                "unit": { "enum": ["celsius", "kelvin"] },
                "days": { "type": ["integer", "null"] },
                "tags": { "type": "array", "items": { "type": "boolean" } },
                "optional": { "type": "string" },
            },
            "required": ["city", "unit", "days", "tags"],
        });
        assert_eq!(
            fit(&schema, "What is the weather in Oslo?"),
            json!({ "city": "Oslo", "unit": "celsius", "days": 1, "tags": [true] })
        );
    }

    #[test]
    fn pieces_are_as_many_as_asked_and_add_up() {
        assert_eq!(pieces("a b c", None), ["a ", "b ", "c"]);
        let three = pieces("grüße", Some(3));
        assert_eq!((three.len(), three.concat()), (3, "grüße".to_owned()));
        let many = pieces("ab", Some(100));
        assert_eq!((many.len(), many.iter().all(|piece| piece.len() == 1)), (100, true));
    }
}
