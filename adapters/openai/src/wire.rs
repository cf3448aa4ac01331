//! The provider's answers as they stand on the wire: members that every chunk has are
//! fields, what varies in form between providers stays raw until asked for, and
//! members that nobody here knows are kept as they are.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A member as it stands; none where it is absent or null.
pub(crate) type Raw<'a> = Option<&'a RawValue>;

/// A member as it stands, null included.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Given<'a>(#[serde(borrow, deserialize_with = "given")] pub(crate) Raw<'a>);

fn given<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Raw<'a>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Members that nobody here knows.
pub(crate) type Rest<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// Declares an object of the wire: members that become fields, members that say
/// nothing and are passed over, and the rest, which is kept.
macro_rules! object {
    ($(#[$doc:meta])* $object:ident {
        $($(#[$about:meta])* $name:literal => $field:ident: $kind:ty,)*
    } passes over $($silent:literal)|*) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(crate) struct $object<'a> {
            $($(#[$about])* pub(crate) $field: $kind,)*
            pub(crate) rest: Rest<'a>,
        }

        impl<'a> Deserialize<'a> for $object<'a> {
            fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;
                impl<'a> Visitor<'a> for Members {
                    type Value = $object<'a>;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: MapAccess<'a>>(
                        self,
                        mut members: A,
                    ) -> Result<Self::Value, A::Error> {
                        let mut object = $object::default();
                        while let Some(Name(name)) = members.next_key()? {
                            match &*name {
                                $($name => object.$field = members.next_value()?,)*
                                $($silent)|* => _ = members.next_value::<IgnoredAny>()?,
                                _ => {
                                    if let Some(value) = members.next_value::<Raw<'a>>()? {
                                        object.rest.push((name, value));
                                    }
                                }
                            }
                        }
                        Ok(object)
                    }
                }
                deserializer.deserialize_map(Members)
            }
        }
    };
}

object! {
    /// A chunk of a stream, or a whole answer.
    Chunk {
        "id" => id: Raw<'a>,
        "model" => model: Raw<'a>,
        "created" => created: Raw<'a>,
        "choices" => choices: Option<Vec<Choice<'a>>>,
        "usage" => usage: Raw<'a>,
        "error" => error: Raw<'a>,
    }
    // The last two are padding against those who count bytes.
    passes over "object" | "obfuscation" | "p"
}

object! {
    Choice {
        "index" => index: Raw<'a>,
        "delta" => delta: Option<Delta<'a>>,
        /// Of a whole answer. Some streams repeat the message so far beside each delta.
        "message" => message: Option<Delta<'a>>,
        "finish_reason" => finish_reason: Raw<'a>,
        "logprobs" => logprobs: Raw<'a>,
        "usage" => usage: Raw<'a>,
        "error" => error: Raw<'a>,
    }
    passes over ""
}

object! {
    /// What a chunk adds to a message, or a whole message.
    Delta {
        /// Text, or a list of parts.
        "content" => content: Raw<'a>,
        "reasoning" => reasoning: Given<'a>,
        "reasoning_content" => reasoning_content: Raw<'a>,
        "reasoning_details" => reasoning_details: Raw<'a>,
        "refusal" => refusal: Raw<'a>,
        "tool_calls" => tool_calls: Option<Vec<ToolCall<'a>>>,
        /// How functions were called before there was a list of calls.
        "function_call" => function_call: Option<Function<'a>>,
        "annotations" => annotations: Raw<'a>,
        "audio" => audio: Raw<'a>,
        "images" => images: Raw<'a>,
    }
    passes over "role"
}

object! {
    /// A piece of a call.
    ToolCall {
        "index" => index: Raw<'a>,
        "id" => id: Raw<'a>,
        "function" => function: Option<Function<'a>>,
        /// A tool that takes free text instead of arguments.
        "custom" => custom: Option<Function<'a>>,
    }
    passes over "type"
}

object! {
    Function {
        "name" => name: Raw<'a>,
        /// JSON text; some providers give the object itself.
        "arguments" => arguments: Raw<'a>,
        "input" => input: Raw<'a>,
    }
    passes over ""
}

object! {
    /// One of OpenRouter's `reasoning_details`
    /// (<https://openrouter.ai/docs/use-cases/reasoning-tokens>).
    Detail {
        "text" => text: Raw<'a>,
        "summary" => summary: Raw<'a>,
        "data" => data: Raw<'a>,
        "signature" => signature: Raw<'a>,
    }
    passes over ""
}

object! {
    /// An answer with vectors.
    Vectors {
        "data" => data: Option<Vec<Vector<'a>>>,
        "model" => model: Raw<'a>,
        "usage" => usage: Raw<'a>,
    }
    passes over "object"
}

object! {
    Vector {
        "embedding" => embedding: Raw<'a>,
        "index" => index: Raw<'a>,
    }
    passes over "object"
}

/// A member's name, borrowed where nothing has to be unescaped.
struct Name<'a>(Cow<'a, str>);

impl<'a> Deserialize<'a> for Name<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'a> Visitor<'a> for Text {
            type Value = Name<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'a str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// The text of a string that is not empty; none of everything else.
pub(crate) fn text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let raw = raw?.get();
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    // Most strings have nothing to unescape.
    let text = match inner.contains('\\') {
        false => Cow::Borrowed(inner),
        true => Cow::Owned(serde_json::from_str(raw).ok()?),
    };
    (!text.is_empty()).then_some(text)
}

/// Arguments as JSON text, whichever way the provider gives them.
pub(crate) fn arguments(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    match raw?.get() {
        string if string.starts_with('"') => text(raw),
        value => Some(Cow::Borrowed(value)),
    }
}

/// A count, also where it is written as a string or with a decimal point.
pub(crate) fn count(raw: Raw<'_>) -> Option<u64> {
    let raw = raw?.get().trim_matches('"');
    let count = raw.parse().ok();
    count
        .or_else(|| raw.parse::<f64>().ok().filter(|count| *count >= 0.0).map(|count| count as u64))
}

/// The number of a choice or a call.
pub(crate) fn index(raw: Raw<'_>) -> Option<u32> {
    count(raw)?.try_into().ok()
}

/// Whether there is something: no empty list, text or object, and not `false`.
pub(crate) fn present<'a>(raw: Raw<'a>) -> Raw<'a> {
    raw.filter(|raw| !matches!(raw.get(), "[]" | "\"\"" | "{}" | "false" | "null"))
}

/// The JSON text of an object of these members.
pub(crate) fn join<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::from("{");
    for (name, value) in members {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&serde_json::Value::from(name).to_string());
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    text
}
