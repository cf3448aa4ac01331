//! What the account can ask: foundation models
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html>) and
//! inference profiles, all pages of them
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListInferenceProfiles.html>).
//! Many models can only be asked by a profile.

use crate::json::{Members, elements};
use crate::{DIALECT, error};
use hotcell_sdk::{Endpoint, Failure, Model, Response};

/// The most profiles that the provider gives at once.
const PAGE: &str = "1000";

/// Asks for all models that the account can ask.
///
/// # Errors
/// What egress refuses, and what the provider says.
pub fn models() -> Result<Vec<Model>, Failure> {
    let endpoint = Endpoint::named("control")?;
    let request = endpoint.get("/foundation-models").header("accept", "application/json");
    let response = checked(request.send()?)?;
    let body = response.text()?;
    let answer = Members::of(&body, "the list of models")?;
    let entries = answer.get("modelSummaries").and_then(elements);
    let entries = entries.ok_or_else(|| Failure::malformed("the list of models is no list"))?;
    let mut models = Vec::new();
    for entry in entries {
        models.push(foundation_model(entry)?);
    }
    let mut token: Option<String> = None;
    loop {
        let mut request = endpoint.get("/inference-profiles").query("maxResults", PAGE);
        if let Some(token) = &token {
            request = request.query("nextToken", token);
        }
        let response = checked(request.header("accept", "application/json").send()?)?;
        let body = response.text()?;
        let answer = Members::of(&body, "the list of profiles")?;
        let entries = answer.get("inferenceProfileSummaries").and_then(elements);
        let entries =
            entries.ok_or_else(|| Failure::malformed("the list of profiles is no list"))?;
        for entry in entries {
            models.push(profile(entry)?);
        }
        let next = answer.word("nextToken");
        match next {
            None => return Ok(models),
            next if next == token => {
                return Err(Failure::malformed("the list of profiles has a page twice"));
            }
            next => token = next,
        }
    }
}

fn checked(response: Response) -> Result<Response, Failure> {
    match response.status() < 300 {
        true => Ok(response),
        false => Err(error::of_response(&response, DIALECT)),
    }
}

fn foundation_model(raw: &str) -> Result<Model, Failure> {
    let entry = Members::of(raw, "a model")?;
    let missing = || Failure::malformed("a model without an id");
    Ok(Model {
        id: entry.word("modelId").ok_or_else(missing)?,
        name: entry.word("modelName"),
        created: None,
        owned_by: entry.word("providerName"),
        raw: Some(raw.to_owned()),
    })
}

/// The profiles that an account made itself are asked by their ARN.
fn profile(raw: &str) -> Result<Model, Failure> {
    let entry = Members::of(raw, "a profile")?;
    let missing = || Failure::malformed("a profile without an id");
    let id = match entry.word("type").as_deref() {
        Some("APPLICATION") => entry.word("inferenceProfileArn"),
        _ => entry.word("inferenceProfileId"),
    };
    Ok(Model {
        id: id.ok_or_else(missing)?,
        name: entry.word("inferenceProfileName"),
        created: None,
        owned_by: None,
        raw: Some(raw.to_owned()),
    })
}
