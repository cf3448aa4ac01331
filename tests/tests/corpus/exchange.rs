//! One recorded exchange, as the corpus writes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A line of `KIND/PROVIDER.jsonl`. Members that are not known here are passed over.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Exchange {
    /// Source project, file and position.
    pub(crate) id: String,
    pub(crate) provider: String,
    /// The response is an event stream.
    #[serde(default)]
    pub(crate) stream: bool,
    pub(crate) request: Request,
    pub(crate) response: Response,
    /// What the provider's own SDK made of the response.
    #[serde(default)]
    pub(crate) expected: Value,
}

/// What another client sent.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Request {
    #[serde(default)]
    pub(crate) url: String,
    #[serde(flatten)]
    pub(crate) body: Body,
}

/// What the provider answered.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Response {
    pub(crate) status: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(flatten)]
    pub(crate) body: Body,
}

/// Text, or bytes in base64.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Encoded")]
pub(crate) struct Body(pub(crate) Vec<u8>);

#[derive(Deserialize)]
struct Encoded {
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    body_base64: Option<String>,
}

impl TryFrom<Encoded> for Body {
    type Error = String;

    fn try_from(encoded: Encoded) -> Result<Self, String> {
        match encoded {
            Encoded { body_base64: Some(base64), .. } => {
                let bytes = STANDARD.decode(base64);
                bytes.map(Self).map_err(|error| format!("body_base64: {error}"))
            }
            Encoded { body, .. } => Ok(Self(body.unwrap_or_default().into_bytes())),
        }
    }
}

impl Body {
    /// The body as JSON; null where it is something else.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.0).unwrap_or_default()
    }
}

impl Request {
    /// The path of the URL, without its query.
    pub(crate) fn path(&self) -> &str {
        let after_scheme = self.url.split_once("://").map_or(&*self.url, |(_, rest)| rest);
        let path = after_scheme.find('/').map_or("/", |at| &after_scheme[at..]);
        path.split(['?', '#']).next().unwrap_or_default()
    }

    /// The model and the method, where the path ends in both: `/models/MODEL:METHOD`.
    pub(crate) fn model_and_method(&self) -> (&str, &str) {
        let last = self.path().rsplit('/').next().unwrap_or_default();
        last.rsplit_once(':').unwrap_or((last, ""))
    }
}

impl Request {
    /// The model that the path of a request to Bedrock names.
    pub(crate) fn model(&self) -> String {
        let model = self.path().split('/').skip_while(|part| *part != "model").nth(1);
        model.unwrap_or_default().replace("%3A", ":").replace("%2F", "/")
    }
}

impl Response {
    /// The headers that are about the answer: how the recording was framed, coded and
    /// connected is no part of it.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let framing = [
            "connection",
            "content-encoding",
            "content-length",
            "keep-alive",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ];
        let values = self.headers.iter().flat_map(|(name, value)| {
            let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            values.iter().filter_map(move |value| Some((name.as_str(), value.as_str()?)))
        });
        values.filter(move |(name, value)| {
            let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !framing.contains(&name.to_ascii_lowercase().as_str())
                && name.bytes().all(token)
                && value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        })
    }
}

/// The lines of one kind.
#[derive(Default)]
pub(crate) struct Folder {
    pub(crate) exchanges: Vec<Exchange>,
    /// What is not an exchange: file, line and why.
    pub(crate) malformed: Vec<String>,
}

impl Folder {
    /// Reads every line of every file.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut read = Self::default();
        for file in files(folder) {
            let text = match fs::read_to_string(&file) {
                Ok(text) => text,
                Err(error) => {
                    read.malformed.push(format!("{}: {error}", file.display()));
                    continue;
                }
            };
            // Not `lines()`: a recorded text may hold any line end but this one.
            let lines = text.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty());
            for (number, line) in lines {
                match serde_json::from_str(line) {
                    Ok(exchange) => read.exchanges.push(exchange),
                    Err(error) => {
                        let file = file.display();
                        read.malformed.push(format!("{file}:{}: {error}", number + 1));
                    }
                }
            }
        }
        read
    }

    /// How many lines a folder has, for one that nobody reads.
    pub(crate) fn count(folder: &Path) -> usize {
        let texts = files(folder).into_iter().filter_map(|file| fs::read_to_string(file).ok());
        texts.map(|text| text.lines().filter(|line| !line.trim().is_empty()).count()).sum()
    }
}

/// The `.jsonl` files of a folder, in order; none where there is no folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    files
}
