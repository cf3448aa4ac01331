//! One recorded exchange.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Clone, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) id: String,
    pub(crate) provider: String,
    #[serde(default)]
    pub(crate) stream: bool,
    pub(crate) request: Request,
    pub(crate) response: Response,
    #[serde(default)]
    pub(crate) expected: Value,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Request {
    pub(crate) url: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    body_base64: Option<String>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Response {
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Value>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    body_base64: Option<String>,
}

impl Request {
    pub(crate) fn body(&self) -> Vec<u8> {
        bytes(self.body.as_deref(), self.body_base64.as_deref())
    }
}

impl Response {
    pub(crate) fn body(&self) -> Vec<u8> {
        bytes(self.body.as_deref(), self.body_base64.as_deref())
    }
}

fn bytes(text: Option<&str>, base64: Option<&str>) -> Vec<u8> {
    match base64 {
        Some(base64) => STANDARD.decode(base64).unwrap_or_default(),
        None => text.unwrap_or_default().into(),
    }
}

impl Exchange {
    /// Every line of every file of a folder. No folder is no lines.
    pub(crate) fn read_all(folder: &Path) -> Result<Vec<Self>, String> {
        let mut exchanges = Vec::new();
        let Ok(entries) = std::fs::read_dir(folder) else { return Ok(exchanges) };
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.extension().is_none_or(|extension| extension != "jsonl") {
                continue;
            }
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            for (number, line) in
                text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
            {
                let exchange = serde_json::from_str(line)
                    .map_err(|error| format!("{}:{}: {error}", path.display(), number + 1))?;
                exchanges.push(exchange);
            }
        }
        Ok(exchanges)
    }
}
