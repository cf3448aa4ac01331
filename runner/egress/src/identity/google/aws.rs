//! A workload of AWS's: what it shows is a question to AWS, signed with its keys, by which
//! Google learns who it is (`environment_id` is `aws1`).
//!
//! <https://cloud.google.com/iam/docs/workload-identity-federation-with-other-clouds>

use super::subject::{Pool, Subject};
use crate::credential::{Secret, percent_encoded};
use crate::error::EgressError;
use crate::identity::errand::Errand;
use crate::identity::source::Variables;
use crate::identity::{Needs, aws, failed};
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::json;

/// Whom the question is for, so that it is good for no other pool.
const MARK: HeaderName = HeaderName::from_static("x-goog-cloud-target-resource");

/// What is said of AWS in a `credential_source`.
#[derive(Deserialize)]
pub(super) struct Aws {
    environment_id: Option<String>,
    region_url: Option<String>,
    imdsv2_session_token_url: Option<String>,
    regional_cred_verification_url: Option<String>,
}

impl Aws {
    pub(super) fn is_one(&self) -> bool {
        self.environment_id.is_some()
    }

    /// What finding out who this is reaches.
    pub(super) fn needs(&self, variables: Variables<'_>, needs: &mut Needs) {
        if aws::needs_instance(variables) {
            needs.ports.insert(80);
        }
    }
}

/// The question, as Google takes it. `url` is where the file thinks that the instance has keys.
pub(super) async fn subject(
    source: &Aws,
    url: Option<&str>,
    pool: &Pool<'_>,
    errand: &Errand<'_>,
) -> Result<Subject, EgressError> {
    if source.environment_id.as_deref() != Some("aws1") {
        return Err(failed("its `environment_id` is one that is not known; known is aws1"));
    }
    let asked = source
        .regional_cred_verification_url
        .as_deref()
        .ok_or_else(|| failed("it has no `regional_cred_verification_url`"))?;
    let services = [url, source.region_url.as_deref(), source.imdsv2_session_token_url.as_deref()];
    let services: Vec<&str> = services.into_iter().flatten().collect();
    let audience = HeaderValue::from_str(pool.audience)
        .map_err(|_| failed("its `audience` has characters that no header can carry"))?;
    let caller = aws::caller(asked, &services, (MARK, audience), errand).await?;
    let unwritable = |_| failed("a header of AWS's has characters that JSON cannot carry");
    let mut headers = Vec::new();
    for (name, value) in &caller.headers {
        let value = value.to_str().map_err(unwritable)?;
        // As every library of Google's writes it, whatever else they write in lower case.
        let name = if name == AUTHORIZATION { "Authorization" } else { name.as_str() };
        headers.push(json!({ "key": name, "value": value }));
    }
    let text = json!({ "url": caller.url, "method": "POST", "headers": headers }).to_string();
    let mut sensitive = caller.sensitive;
    // It goes into a form, in which it is encoded once more.
    let token = Secret::from(percent_encoded(&text));
    sensitive.push(Secret::from(text));
    Ok(Subject { token, sensitive })
}
