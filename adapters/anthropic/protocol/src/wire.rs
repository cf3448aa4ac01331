//! JSON objects of the provider's, read without copying: the members that are
//! modelled go into fields, all others stay as the text that they are.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A string that is copied only if it has something to unescape.
#[derive(Deserialize, Default)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl Text<'_> {
    pub(crate) fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

/// The members of an object in their order, each value as its text.
#[derive(Default)]
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The value of a member; of several with one name the last.
    #[inline(never)]
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().rev().find(|(found, _)| found == name);
        found.map(|(_, value)| value.get())
    }

    /// Takes a member out.
    #[inline(never)]
    pub(crate) fn take(&mut self, name: &str) -> Option<&'a str> {
        let value = self.get(name);
        self.0.retain(|(found, _)| found != name);
        value
    }

    /// Leaves out what is null: it says no more than an absent member.
    #[inline(never)]
    pub(crate) fn without_nulls(mut self) -> Self {
        self.0.retain(|(_, value)| value.get() != "null");
        self
    }

    /// The text of an object of these members; none of none.
    #[inline(never)]
    pub(crate) fn text(&self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let members = self.0.iter().map(|(name, value)| (name.as_ref(), value.get()));
        Some(object_text(members))
    }
}

/// Writes an object of members whose values are JSON text.
pub(crate) fn object_text<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::from("{");
    for (name, value) in members {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&string(name));
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    text
}

/// A string as JSON text.
#[inline(never)]
pub(crate) fn string(text: &str) -> String {
    // Writing a string cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut members = Members::default();
                while let Some(name) = map.next_key::<Text<'de>>()? {
                    members.0.push((name.0, map.next_value()?));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// Defines an object: its modelled members, and `rest` for all others. A member
/// that is null is the same as one that is absent.
macro_rules! object {
    ($(#[$meta:meta])* $object:ident<$a:lifetime> { $($name:literal => $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Default)]
        pub(crate) struct $object<$a> {
            $(pub(crate) $field: Option<$type>,)*
            pub(crate) rest: Members<$a>,
        }

        impl<$a> Deserialize<$a> for $object<$a> {
            fn deserialize<D: serde::Deserializer<$a>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor<$a>(std::marker::PhantomData<&$a ()>);
                impl<$a> serde::de::Visitor<$a> for Visitor<$a> {
                    type Value = $object<$a>;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<A: serde::de::MapAccess<$a>>(
                        self,
                        mut map: A,
                    ) -> Result<Self::Value, A::Error> {
                        let mut object = $object::default();
                        while let Some(name) = map.next_key::<Text<$a>>()? {
                            match name.0.as_ref() {
                                $($name => object.$field = map.next_value()?,)*
                                _ => object.rest.0.push((name.0, map.next_value()?)),
                            }
                        }
                        Ok(object)
                    }
                }
                deserializer.deserialize_map(Visitor(std::marker::PhantomData))
            }
        }
    };
}

object! {
    /// One event of a stream, of any type.
    StreamEvent<'a> {
        "type" => kind: Text<'a>,
        "index" => index: u32,
        "message" => message: &'a RawValue,
        "content_block" => block: &'a RawValue,
        "delta" => delta: &'a RawValue,
        "usage" => usage: &'a RawValue,
        "error" => error: &'a RawValue,
    }
}

object! {
    /// What a `content_block_delta` adds.
    BlockDelta<'a> {
        "type" => kind: Text<'a>,
        "text" => text: Text<'a>,
        "thinking" => thinking: Text<'a>,
        "signature" => signature: Text<'a>,
        "partial_json" => partial_json: Text<'a>,
        "citation" => citation: &'a RawValue,
    }
}

impl BlockDelta<'_> {
    /// The text that it adds, of whatever it is.
    pub(crate) fn said(&self) -> Option<&str> {
        let texts = [&self.text, &self.thinking, &self.signature, &self.partial_json];
        texts.into_iter().flatten().map(|text| text.0.as_ref()).next()
    }
}

object! {
    /// What a `message_delta` adds.
    MessageDelta<'a> {
        "stop_reason" => stop_reason: Text<'a>,
    }
}

object! {
    /// A whole answer, or the shell of one at the beginning of a stream.
    Message<'a> {
        "type" => kind: Text<'a>,
        "id" => id: Text<'a>,
        "model" => model: Text<'a>,
        "role" => role: Text<'a>,
        "content" => content: Vec<&'a RawValue>,
        "stop_reason" => stop_reason: Text<'a>,
        "stop_sequence" => stop_sequence: &'a RawValue,
        "stop_details" => stop_details: &'a RawValue,
        "usage" => usage: &'a RawValue,
    }
}

object! {
    /// The type of a content block, before the rest of it is looked at.
    Typed<'a> {
        "type" => kind: Text<'a>,
    }
}

object! {
    /// A content block of a type that is modelled.
    Block<'a> {
        "type" => kind: Text<'a>,
        "text" => text: Text<'a>,
        "citations" => citations: Vec<&'a RawValue>,
        "thinking" => thinking: Text<'a>,
        "signature" => signature: Text<'a>,
        "data" => data: Text<'a>,
        "id" => id: Text<'a>,
        "name" => name: Text<'a>,
        "input" => input: &'a RawValue,
    }
}
