//! A form with files, as in RFC 7578.

use hotcell_openai_chat::json::{Members, list, text};
use memchr::memmem;

/// A form that is being filled in.
#[derive(Default)]
pub(crate) struct Form<'a> {
    fields: Vec<Field<'a>>,
}

struct Field<'a> {
    /// All of the field's head, but the boundary before it.
    head: String,
    content: Content<'a>,
}

enum Content<'a> {
    Text(String),
    Bytes(&'a [u8]),
}

impl Content<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl<'a> Form<'a> {
    pub(crate) fn text(&mut self, name: &str, text: impl Into<String>) {
        let head = format!("content-disposition: form-data; name=\"{}\"", escaped(name));
        self.fields.push(Field { head, content: Content::Text(text.into()) });
    }

    pub(crate) fn maybe(&mut self, name: &str, text: Option<impl Into<String>>, own: &Members<'_>) {
        if let Some(text) = text.filter(|_| !own.has(name)) {
            self.text(name, text);
        }
    }

    pub(crate) fn file(&mut self, name: &str, file: &str, mime: &str, bytes: &'a [u8]) {
        // A type is not quoted: what could end its line is no part of one.
        let mime: String = mime.chars().filter(|c| matches!(c, ' '..='~')).collect();
        let head = format!(
            "content-disposition: form-data; name=\"{}\"; filename=\"{}\"\r\ncontent-type: {mime}",
            escaped(name),
            escaped(file)
        );
        self.fields.push(Field { head, content: Content::Bytes(bytes) });
    }

    /// The members of an `extra`: a list becomes a field for each element, an object its
    /// text.
    pub(crate) fn extra(&mut self, extra: &Members<'_>) {
        for (name, value) in extra.pairs().filter(|(_, value)| *value != "null") {
            match list(value) {
                Some(elements) => {
                    let name =
                        if name.ends_with("[]") { name.to_owned() } else { format!("{name}[]") };
                    elements.into_iter().for_each(|element| self.text(&name, plain(element)));
                }
                None => self.text(name, plain(value)),
            }
        }
    }

    /// The content type and the body.
    pub(crate) fn finish(self) -> (String, Vec<u8>) {
        let boundary = self.boundary();
        let size = self
            .fields
            .iter()
            .map(|field| field.head.len() + field.content.bytes().len() + boundary.len() + 16);
        let mut body = Vec::with_capacity(size.sum::<usize>() + boundary.len() + 8);
        for field in &self.fields {
            body.extend_from_slice(format!("--{boundary}\r\n{}\r\n\r\n", field.head).as_bytes());
            body.extend_from_slice(field.content.bytes());
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={boundary}"), body)
    }

    /// A boundary that occurs nowhere in the form. A cell cannot draw one, so it is made of
    /// the content: whoever writes that does not know it beforehand.
    fn boundary(&self) -> String {
        let contents = || self.fields.iter().map(|field| field.content.bytes());
        // FNV-1a.
        let hash = contents().flatten().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut number = 0_u32;
        loop {
            let boundary = format!("hotcell-{hash:016x}-{number}");
            let within = |bytes: &[u8]| memmem::find(bytes, boundary.as_bytes()).is_some();
            let heads = || self.fields.iter().map(|field| field.head.as_bytes());
            if !contents().chain(heads()).any(within) {
                return boundary;
            }
            number += 1;
        }
    }
}

/// A string without its quotation marks; anything else as its text.
fn plain(raw: &str) -> String {
    match raw {
        "\"\"" => String::new(),
        raw => text(Some(raw)).map_or_else(|| raw.to_owned(), |text| text.into_owned()),
    }
}

/// A name inside quotation marks, as browsers write it.
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
