//! What the model thought before, in the form in which the provider takes it back.

use crate::json::{Members, string};
use crate::request::Writer;
use hotcell_sdk::{ReasoningPart, setting};

/// Members of a message that tell what the model thought.
pub(crate) const THOUGHTS: [&str; 4] =
    ["reasoning_content", "reasoning", "reasoning_details", "thinking_blocks"];

/// What one of the `reasoning_details` tells, beside what it is.
const TEXTS: [&str; 3] = ["text", "summary", "data"];

/// A piece of what the model thought before.
pub(crate) enum Thought<'a> {
    Part(&'a ReasoningPart),
    /// One of OpenRouter's `reasoning_details`, mostly without its text: what an answer
    /// told about the part that follows it.
    Detail(Members<'a>),
}

/// Thoughts that stand in the content of a message.
pub(crate) enum Inline<'a> {
    /// Mistral's: all in one part.
    Thinking(String),
    /// Databricks': signed or in cipher, each a part of its own.
    Summary(Vec<&'a ReasoningPart>),
}

/// One of the `reasoning_details` with all its members, each as JSON text.
type Detail = Vec<(String, String)>;

impl Writer {
    /// Writes thoughts as a member of the message, or gives those back that are to stand in
    /// its content.
    pub(crate) fn thoughts<'a>(&mut self, thoughts: Vec<Thought<'a>>) -> Option<Inline<'a>> {
        if thoughts.is_empty() {
            return None;
        }
        let texts = thoughts.iter().map(|thought| match thought {
            Thought::Part(part) => part.text.as_str(),
            Thought::Detail(_) => "",
        });
        let text: String = texts.collect();
        let spelling = setting("reasoning-input");
        match spelling.as_deref() {
            Some("reasoning_details") => {
                self.json.name("reasoning_details").open(b'[');
                for detail in details(&thoughts) {
                    self.json.open(b'{');
                    detail.iter().for_each(|(name, value)| self.json.name(name).raw(value));
                    self.json.close(b'}');
                }
                self.json.close(b']');
            }
            Some("thinking") if !text.is_empty() => return Some(Inline::Thinking(text)),
            Some("summary") => {
                let parts = thoughts.iter().filter_map(|thought| match thought {
                    Thought::Part(part) => Some(*part),
                    Thought::Detail(_) => None,
                });
                // The model's maker refuses a thought that it cannot know for its own.
                let (own, other): (Vec<_>, Vec<_>) =
                    parts.partition(|part| part.signature.is_some() || part.redacted.is_some());
                if !other.is_empty() || own.is_empty() {
                    self.lost("what a model thought before without signing it");
                }
                return (!own.is_empty()).then_some(Inline::Summary(own));
            }
            Some(name @ ("reasoning" | "reasoning_content")) if !text.is_empty() => {
                self.json.name(name).text(&text);
            }
            _ => self.lost("what the model thought before"),
        }
        None
    }

    /// Writes thoughts as parts of the content.
    pub(crate) fn inline(&mut self, thoughts: &Inline<'_>) {
        match thoughts {
            Inline::Thinking(text) => {
                self.json.open(b'{').name("type").text("thinking");
                self.json.name("thinking").open(b'[');
                self.words(text);
                self.json.close(b']');
                self.json.close(b'}');
            }
            Inline::Summary(parts) => {
                for part in parts {
                    self.json.open(b'{').name("type").text("reasoning");
                    self.json.name("summary").open(b'[').open(b'{').name("type");
                    match &part.redacted {
                        Some(cipher) => {
                            self.json.text("summary_encrypted_text");
                            self.json.name("data").text(cipher);
                        }
                        None => {
                            self.json.text("summary_text");
                            self.json.name("text").text(&part.text);
                            let signature = part.signature.as_deref().unwrap_or_default();
                            self.json.name("signature").text(signature);
                        }
                    }
                    self.json.close(b'}');
                    self.json.close(b']');
                    self.json.close(b'}');
                }
            }
        }
    }
}

/// Puts OpenRouter's `reasoning_details` together again: what an answer told about each
/// of them, and its text, signature or cipher.
fn details(thoughts: &[Thought<'_>]) -> Vec<Detail> {
    let is_whole = |thought: &Thought<'_>| match thought {
        Thought::Detail(detail) => TEXTS.iter().any(|name| detail.has(name)),
        Thought::Part(_) => false,
    };
    // An answer that could not be taken apart has them whole already.
    let whole = thoughts.iter().any(is_whole);
    let mut details: Vec<Detail> = Vec::new();
    let mut open = false;
    for thought in thoughts {
        match thought {
            Thought::Detail(about) => {
                let about = about.pairs().map(|(name, value)| (name.to_owned(), value.to_owned()));
                let about: Detail = about.collect();
                let get = |of: &Detail, name: &str| {
                    of.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
                };
                let same = |known: &&mut Detail| {
                    ["type", "index"].iter().all(|name| get(known, name) == get(&about, name))
                };
                // What came late about a part is told after it.
                match details.iter_mut().rfind(|known| !whole && same(known)) {
                    Some(known) => {
                        for (name, value) in about {
                            set(known, &name, value);
                        }
                    }
                    None => {
                        details.push(about);
                        open = true;
                    }
                }
            }
            Thought::Part(_) if whole => {}
            Thought::Part(part) => {
                let about = if open { details.pop() } else { None };
                open = false;
                details.push(detail(about.unwrap_or_default(), part));
            }
        }
    }
    details
}

/// One of the `reasoning_details`.
fn detail(mut about: Detail, part: &ReasoningPart) -> Detail {
    let kind = about.iter().find(|(name, _)| name == "type").map(|(_, kind)| kind.clone());
    let kind = kind.unwrap_or_else(|| {
        let kind = if part.redacted.is_some() { "encrypted" } else { "text" };
        let kind = format!("\"reasoning.{kind}\"");
        set(&mut about, "type", kind.clone());
        kind
    });
    let text = if kind == "\"reasoning.summary\"" { "summary" } else { "text" };
    let members = [
        (text, Some(&part.text).filter(|text| !text.is_empty())),
        ("signature", part.signature.as_ref()),
        ("data", part.redacted.as_ref()),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            set(&mut about, name, string(value));
        }
    }
    about
}

fn set(detail: &mut Detail, name: &str, value: String) {
    match detail.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value,
        None => detail.push((name.to_owned(), value)),
    }
}
