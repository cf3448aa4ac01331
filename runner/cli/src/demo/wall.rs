//! The second scene: what of a request the adapter wrote, and what the runner added
//! behind the wall.

use super::screen::Screen;
use super::stage::Stage;
use crate::problem::Problem;
use crate::render::paint::GOOD;
use anstyle::Style;
use hotcell::bundle;
use hotcell::manifest::inspect;
use serde::Serialize;

/// A request that crossed the wall, as the provider received it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Crossing {
    /// Names of the headers that the adapter wrote: no other can pass.
    adapter_headers: Vec<String>,
    /// Names of the headers that were added outside of the cell.
    added_headers: Vec<String>,
    body_bytes: usize,
    received: String,
    /// Whether the provider got its key.
    key_arrived: bool,
    /// Whether the key stands anywhere in what the adapter wrote.
    key_in_cell: bool,
}

/// Shows the last request that arrived.
pub(super) fn show(stage: &Stage, screen: &Screen<'_>) -> Result<Crossing, Problem> {
    let crossing = crossing(stage)?;
    screen.title(2, "What the wall keeps apart")?;
    screen.blank()?;
    let path = crossing.received.replacen("/v1", "", 1);
    let headers = crossing.adapter_headers.len();
    let wrote = format!("{path}, {headers} headers, {} bytes of JSON", crossing.body_bytes);
    screen.fact("the adapter wrote", &wrote, Style::new())?;
    screen.fact("the runner added", &format!("{}/v1", stage.mock.url()), GOOD)?;
    let shown = stage.key.get(..12).unwrap_or_default();
    screen.fact("", &format!("authorization: Bearer {shown}…"), GOOD)?;
    let proof = if crossing.key_arrived && !crossing.key_in_cell {
        "both together; the key never was in the cell"
    } else {
        "something else: the key is not where it belongs"
    };
    screen.fact("the provider got", proof, Style::new())?;
    Ok(crossing)
}

fn crossing(stage: &Stage) -> Result<Crossing, Problem> {
    let requests = stage.mock.requests();
    let request =
        requests.last().ok_or_else(|| super::failed("the provider received no request"))?;
    let openai = bundle::adapter("openai")
        .ok_or_else(|| super::failed("the adapter openai is not bundled"))?;
    let manifest = inspect(openai.component()).map_err(|error| super::failed(error.to_string()))?;
    let granted =
        manifest.manifest.endpoints.values().flat_map(|endpoint| &endpoint.request_headers);
    let granted: Vec<_> = granted.collect();
    let (adapter, added): (Vec<_>, Vec<_>) = request
        .headers
        .iter()
        .partition(|(name, _)| granted.iter().any(|pattern| pattern.matches(name)));
    let names = |headers: &[&(String, String)]| -> Vec<String> {
        headers.iter().map(|(name, _)| name.clone()).collect()
    };
    let holds_key = |text: &str| text.contains(&stage.key);
    let key_in_cell = adapter.iter().any(|(_, value)| holds_key(value))
        || holds_key(&String::from_utf8_lossy(&request.body));
    Ok(Crossing {
        adapter_headers: names(&adapter),
        added_headers: names(&added),
        body_bytes: request.body.len(),
        received: format!("{} {}", request.method, request.path),
        key_arrived: added.iter().any(|(_, value)| holds_key(value)),
        key_in_cell,
    })
}
