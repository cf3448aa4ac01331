//! Somebody else's token, which says who this is: from a file, an agent, a program, or signed
//! for AWS.
//!
//! <https://google.aip.dev/auth/4117>

use super::aws::{self, Aws};
use super::program::{Program, Programs};
use crate::connect::Reach;
use crate::credential::Secret;
use crate::error::EgressError;
use crate::header;
use crate::identity::errand::{Ask, Errand};
use crate::identity::origin::local_agent;
use crate::identity::source::Variables;
use crate::identity::{Needs, Origin, failed};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where the token is: `credential_source`.
#[derive(Deserialize)]
pub(super) struct CredentialSource {
    file: Option<PathBuf>,
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    format: Option<Format>,
    executable: Option<Program>,
    #[serde(flatten)]
    aws: Aws,
    certificate: Option<Value>,
}

#[derive(Deserialize)]
struct Format {
    r#type: String,
    subject_token_field_name: Option<String>,
}

/// Whom the token is for, as the file says.
pub(super) struct Pool<'a> {
    pub(super) audience: &'a str,
    pub(super) token_type: &'a str,
    /// The service account that is acted as.
    pub(super) account: Option<&'a str>,
}

/// The token, and what else must not come back of it.
pub(super) struct Subject {
    pub(super) token: Secret,
    pub(super) sensitive: Vec<Secret>,
}

impl CredentialSource {
    /// What reading the token takes.
    pub(super) fn needs(
        &self,
        pool: &Pool<'_>,
        programs: Programs,
        variables: Variables<'_>,
        needs: &mut Needs,
    ) {
        if let Some(program) = &self.executable {
            program.needs(pool, programs, needs);
        }
        if self.aws.is_one() {
            self.aws.needs(variables, needs);
            return;
        }
        needs.keep.extend(self.file.clone());
        let agent = self.url.as_deref().and_then(|url| local_agent(url).ok());
        needs.ports.extend(agent.map(|(origin, _)| origin.port()));
    }

    pub(super) async fn read(
        &self,
        pool: &Pool<'_>,
        programs: Programs,
        errand: &Errand<'_>,
    ) -> Result<Subject, EgressError> {
        if self.certificate.is_some() {
            return Err(failed(
                "its `credential_source` is a certificate, which nobody is shown here; take a \
                 file, a URL, a program or AWS",
            ));
        }
        if self.aws.is_one() {
            return aws::subject(&self.aws, self.url.as_deref(), pool, errand).await;
        }
        let text = match (&self.file, &self.url, &self.executable) {
            (Some(file), None, None) => errand.file(file)?,
            (None, Some(url), None) => fetched(url, &self.headers, errand).await?,
            (None, None, Some(program)) => {
                let token = program.token(pool, programs, errand).await?;
                return Ok(Subject { token, sensitive: Vec::new() });
            }
            _ => {
                return Err(failed(
                    "its `credential_source` is not one of a file, a URL, a program and AWS",
                ));
            }
        };
        let token = match &self.format {
            None => text,
            Some(format) if format.r#type == "text" => text,
            Some(format) => {
                let member = format.subject_token_field_name.as_deref().unwrap_or_default();
                let found: Option<Value> = serde_json::from_str(text.expose_secret()).ok();
                let found = found.as_ref().and_then(|value| value[member].as_str());
                found
                    .map(|token| Secret::from(token.to_owned()))
                    .ok_or_else(|| failed("there is no token at its `subject_token_field_name`"))?
            }
        };
        Ok(Subject { token, sensitive: Vec::new() })
    }
}

/// A token from an agent of this machine's, or from a public place by TLS. What is sent there is
/// in the file, and nothing else.
async fn fetched(
    url: &str,
    headers: &BTreeMap<String, String>,
    errand: &Errand<'_>,
) -> Result<Secret, EgressError> {
    let (origin, path) = match local_agent(url) {
        Ok(found) => found,
        Err(error) => {
            let (origin, path) =
                Origin::trusted(url, errand.origin, |_| true).map_err(|_| error)?;
            let public = Origin { reach: Reach::of_a_provider(false), ..origin };
            (public, path)
        }
    };
    let mut ask = Ask::get(origin, path);
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name.as_bytes())
            .ok()
            .filter(|name| !header::is_framing(name.as_str()))
            .ok_or_else(|| failed("its `credential_source` has a header that cannot be sent"))?;
        ask = ask.header(name, value)?;
    }
    let answer = errand.ask(ask).await?;
    if !(200..300).contains(&answer.status) {
        return Err(failed(format!("its `credential_source` answered {}", answer.status)));
    }
    let text = std::str::from_utf8(&answer.body).ok().map(str::trim);
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| Secret::from(text.to_owned()))
        .ok_or_else(|| failed("its `credential_source` gave no text"))
}
