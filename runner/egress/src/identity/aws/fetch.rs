//! Going to where the keys are.

use super::answer::skew;
use super::chain::Way;
use super::instance::Service;
use super::metadata::{At, Authorization, Container};
use super::sign::{Scope, Unsigned, sign};
use super::sso::Session;
use super::sts::{self, Role};
use super::{Keys, given, sso};
use crate::credential::{Secret, SecretError, SecretSource};
use crate::error::EgressError;
use crate::identity::errand::{Answer, Ask, Errand};
use crate::identity::{Origin, failed};
use hotcell_manifest::Method;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use secrecy::ExposeSecret as _;
use std::future::Future;
use std::pin::Pin;

/// The keys of a source. `origin` is where the configuration says that they come from: the
/// service that is asked last.
pub(super) fn keys<'a>(
    source: &'a Way,
    origin: Option<&'a Origin>,
    errand: &'a Errand<'_>,
    sensitive: &'a mut Vec<Secret>,
) -> Pin<Box<dyn Future<Output = Result<Keys, EgressError>> + Send + 'a>> {
    Box::pin(async move {
        match source {
            Way::Keys(keys) => Ok(keys.clone()),
            Way::Role { role, by } => {
                let by = keys(by, None, errand, sensitive).await?;
                sensitive.extend(by.sensitive());
                take(role, Some(&by), &role.form(), origin, errand).await
            }
            Way::WebIdentity { role, token } => {
                let token = errand.file(token)?;
                sensitive.push(token.clone());
                take(role, None, &role.form_with(&token), origin, errand).await
            }
            Way::Program { profile, command } => run(profile, command, errand).await,
            Way::Sso(session) => of_session(session, origin, errand, sensitive).await,
            Way::Container(container) => of_container(container, errand, sensitive).await,
            Way::Instance(instance) => Service::open(instance, errand).await?.keys().await,
        }
    })
}

/// Asks for the keys of a role.
async fn take(
    role: &Role,
    by: Option<&Keys>,
    form: &[u8],
    origin: Option<&Origin>,
    errand: &Errand<'_>,
) -> Result<Keys, EgressError> {
    let origin = match origin {
        Some(origin) => origin.clone(),
        None => public(&sts::host("sts", &role.region).map_err(failed)?)?,
    };
    let body = String::from_utf8(form.to_vec()).map_err(|_| failed("not a form"))?;
    let host = origin.host.to_string();
    let mut ask = Ask {
        method: Method::Post,
        origin,
        path: "/".to_owned(),
        headers: Vec::new(),
        body: Secret::from(body),
    }
    .header(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")?
    .header(ACCEPT.as_str(), "application/xml")?;
    if let Some(by) = by {
        signed(&mut ask, by, &role.region, errand)?;
    }
    let answer = errand.ask(ask).await?;
    if answer.status == 200 {
        let keys = sts::keys(&answer.body);
        return keys.map_err(|why| failed(format!("the answer of {host} {why}")));
    }
    Err(refused(&format!("{host} gives no keys for {}", role.arn), &answer, errand))
}

fn signed(
    ask: &mut Ask,
    keys: &Keys,
    region: &str,
    errand: &Errand<'_>,
) -> Result<(), EgressError> {
    let headers: HeaderMap = ask.headers.iter().cloned().collect();
    let request = Unsigned {
        method: ask.method.as_str(),
        host: ask.origin.host.as_str(),
        path: &ask.path,
        query: None,
        headers: &headers,
        body: ask.body.expose_secret().as_bytes(),
    };
    let scope = Scope { region, service: "sts" };
    let signed = sign(&request, keys, scope, errand.now());
    let signed = signed.ok_or_else(|| failed("the keys have characters of no header"))?;
    ask.headers.extend(signed.headers);
    Ok(())
}

/// An error with the code that the service gives, where it is one, and with what a person can
/// do about a clock that is wrong.
fn refused(what: &str, answer: &Answer, errand: &Errand<'_>) -> EgressError {
    let code = sts::code(&answer.body).map(|code| format!(" {code}")).unwrap_or_default();
    let skew = skew(&answer.headers, errand.now()).filter(|_| answer.status == 403);
    match skew {
        Some(skew) => failed(format!("{what} ({}{code}): {skew}", answer.status)),
        None => failed(format!("{what} ({}{code})", answer.status)),
    }
}

async fn run(profile: &str, command: &Secret, errand: &Errand<'_>) -> Result<Keys, EgressError> {
    let source = SecretSource::Command(command.expose_secret().to_owned());
    // The command is not repeated: it may hold a secret of its own.
    let wrong =
        |why: String| failed(format!("the `credential_process` of profile `{profile}` {why}"));
    let read = |printed: Result<Secret, SecretError>| match printed {
        Ok(printed) => given::keys(printed.expose_secret().as_bytes(), true),
        Err(SecretError::Absent { .. }) => Err("prints nothing".to_owned()),
        Err(SecretError::Unreadable { why, .. }) => Err(format!("cannot be used: {why}")),
    };
    // What was printed ahead is good for as long as it says.
    let ahead = errand.ahead(&source).and_then(|printed| read(printed).ok());
    let now = errand.now();
    if let Some(keys) = ahead.filter(|keys| keys.expires.is_none_or(|end| end > now)) {
        return Ok(keys);
    }
    read(errand.run(source).await).map_err(wrong)
}

async fn of_session(
    session: &Session,
    origin: Option<&Origin>,
    errand: &Errand<'_>,
    sensitive: &mut Vec<Secret>,
) -> Result<Keys, EgressError> {
    let text = errand.file_if_there(&session.cache)?;
    let text = text.ok_or_else(|| failed(session.sign_in("nobody has signed in")))?;
    let token = session.token(text.expose_secret(), errand.now()).map_err(failed)?;
    sensitive.push(token.clone());
    let origin = match origin {
        Some(origin) => origin.clone(),
        None => public(&session.host)?,
    };
    let ask = Ask::get(origin, session.path.as_str())
        .header("x-amz-sso_bearer_token", token.expose_secret())?;
    let answer = errand.ask(ask).await?;
    match answer.status {
        200 => sso::keys(&answer.body)
            .map_err(|why| failed(format!("the answer of {} {why}", session.host))),
        401 => Err(failed(session.sign_in("the session is not accepted any more"))),
        status => Err(failed(format!(
            "{} gives no keys for the profile `{}` ({status})",
            session.host, session.profile
        ))),
    }
}

async fn of_container(
    container: &Container,
    errand: &Errand<'_>,
    sensitive: &mut Vec<Secret>,
) -> Result<Keys, EgressError> {
    let origin = match &container.at {
        At::Address(address) => Origin::exactly(*address)?,
        At::Host(host) => public(host)?,
    };
    let mut ask = Ask::get(origin, container.path.as_str());
    let authorization = match &container.authorization {
        Some(Authorization::File(file)) => Some(errand.file(file)?),
        Some(Authorization::Variable(value)) => Some(value.clone()),
        None => None,
    };
    if let Some(value) = authorization {
        ask = ask.header("authorization", value.expose_secret())?;
        sensitive.push(value);
    }
    let answer = errand.ask(ask).await?;
    if answer.status != 200 {
        return Err(failed(format!("the container's service gives no keys ({})", answer.status)));
    }
    given::keys(&answer.body, false)
        .map_err(|why| failed(format!("the answer of the container's service {why}")))
}

/// A host on the public Internet, by TLS.
fn public(host: &str) -> Result<Origin, EgressError> {
    Origin::named(&format!("https://{host}"), false, false)
        .map_err(|error| failed(error.to_string()))
}
