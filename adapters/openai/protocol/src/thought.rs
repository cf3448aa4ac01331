//! What the model thought before, in the form in which the provider takes it back.

use crate::json::{Members, string};
use crate::request::{Writer, is_own};
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

impl Thought<'_> {
    /// Plain text of an answer in this dialect, with nothing that has to go back.
    fn is_own(&self) -> bool {
        match self {
            Self::Part(part) => {
                let sealed = part.signature.is_some() || part.redacted.is_some();
                is_own(part.extra.as_ref()) && !sealed
            }
            Self::Detail(_) => false,
        }
    }

    /// Signed or encrypted by a provider that has another dialect.
    fn has_foreign_seal(&self) -> bool {
        match self {
            Self::Part(part) => {
                is_foreign(part) && (part.signature.is_some() || part.redacted.is_some())
            }
            Self::Detail(_) => false,
        }
    }
}

fn is_foreign(part: &ReasoningPart) -> bool {
    part.extra.is_some() && !is_own(part.extra.as_ref())
}

/// Claude's signatures are the same wherever it runs.
fn is_of_claude(part: &ReasoningPart) -> bool {
    let dialect = part.extra.as_ref().map(|extra| extra.dialect.as_str());
    matches!(dialect, Some("anthropic-messages" | "bedrock-converse"))
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
        let is_told = match spelling.as_deref() {
            None | Some("none" | "summary") => false,
            Some("reasoning_details") => true,
            Some(_) => !text.is_empty(),
        };
        if is_told && thoughts.iter().any(Thought::has_foreign_seal) {
            self.lost("another provider's signature of what a model thought before");
        }
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
                let (own, other): (Vec<_>, Vec<_>) = parts.partition(|part| {
                    let signed = part.signature.is_some() || part.redacted.is_some();
                    signed && (!is_foreign(part) || is_of_claude(part))
                });
                if other.into_iter().any(|part| !is_own(part.extra.as_ref())) {
                    self.lost("what a model thought before without signing it here");
                }
                return (!own.is_empty()).then_some(Inline::Summary(own));
            }
            Some(name @ ("reasoning" | "reasoning_content")) if !text.is_empty() => {
                self.json.name(name).text(&text);
            }
            // The provider takes back nothing of what it thought itself: nobody misses that.
            _ if thoughts.iter().all(Thought::is_own) => {}
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
    let (signature, redacted) = match is_foreign(part) {
        true => (None, None),
        false => (part.signature.as_ref(), part.redacted.as_ref()),
    };
    let kind = kind.unwrap_or_else(|| {
        let kind = if redacted.is_some() { "encrypted" } else { "text" };
        let kind = format!("\"reasoning.{kind}\"");
        set(&mut about, "type", kind.clone());
        kind
    });
    let text = if kind == "\"reasoning.summary\"" { "summary" } else { "text" };
    let members = [
        (text, Some(&part.text).filter(|text| !text.is_empty())),
        ("signature", signature),
        ("data", redacted),
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
