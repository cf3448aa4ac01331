//! Who asks, told to somebody else: a question of `GetCallerIdentity` that is signed and not
//! sent. Whoever it is shown to sends it, and learns from AWS who has signed it.
//!
//! Keys and region are those that Google's own libraries take for this: of the environment, or
//! else of the instance.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use super::instance::Service;
use super::metadata::Instance;
use super::sign::{Scope, Unsigned, sign};
use super::surroundings::Surroundings;
use super::{Keys, keys, sts};
use crate::credential::Secret;
use crate::endpoint;
use crate::error::EgressError;
use crate::identity::errand::Errand;
use crate::identity::failed;
use crate::identity::source::Variables;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use std::time::SystemTime;

/// All that a question may say.
const QUERY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// The question. It is good for some minutes, and for nothing but to be told who has signed it.
pub(in super::super) struct Caller {
    /// Where AWS is asked.
    pub(in super::super) url: String,
    /// All that are signed, and the signature.
    pub(in super::super) headers: Vec<(HeaderName, HeaderValue)>,
    /// What must not come back of it.
    pub(in super::super) sensitive: Vec<Secret>,
}

/// Signs the question at this place, in which `{region}` stands for the region. `mark` is a
/// header that says whom it is meant for; `services` are the places at which somebody thinks
/// that the instance's own service is.
pub(in super::super) async fn caller(
    url: &str,
    services: &[&str],
    mark: (HeaderName, HeaderValue),
    errand: &Errand<'_>,
) -> Result<Caller, EgressError> {
    let surroundings = Surroundings::new(&|name| errand.variable(name));
    let instance = instance(services, &surroundings)?;
    // Before anybody is asked.
    host(url, "us-east-1")?;
    let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let region = variables.iter().find_map(|name| surroundings.variable(name));
    let own = own(&surroundings)?;
    let (region, keys) = match (region, own) {
        (Some(region), Some(keys)) => (region.to_owned(), keys),
        (region, own) => {
            let instance = instance.ok_or_else(|| {
                failed(
                    "it wants to know who this is for AWS, and the environment does not say so: \
                     set AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                )
            })?;
            let service = Service::open(&instance, errand).await?;
            let region = match region {
                Some(region) => region.to_owned(),
                None => service.region().await?,
            };
            (
                region,
                match own {
                    Some(keys) => keys,
                    None => service.keys().await?,
                },
            )
        }
    };
    signed(url, &region, &keys, mark, errand.now())
}

/// Whether the instance has to be asked for what the environment does not say.
pub(in super::super) fn needs_instance(variables: Variables<'_>) -> bool {
    let surroundings = Surroundings::new(variables);
    let is_set = |name| surroundings.variable(name).is_some();
    !(is_set("AWS_ACCESS_KEY_ID") && (is_set("AWS_REGION") || is_set("AWS_DEFAULT_REGION")))
}

/// The keys of the environment.
fn own(surroundings: &Surroundings) -> Result<Option<Keys>, EgressError> {
    let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    if names.iter().all(|name| surroundings.variable(name).is_none()) {
        return Ok(None);
    }
    Keys::of(surroundings).map(Some).ok_or_else(|| {
        failed("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together, and one is not set")
    })
}

/// Where the instance's service is; none where it is not to be asked.
fn instance(
    services: &[&str],
    surroundings: &Surroundings,
) -> Result<Option<Instance>, EgressError> {
    let named: Option<Vec<Instance>> = services.iter().map(|url| Instance::at(url)).collect();
    let named = named.ok_or_else(|| {
        failed(
            "it has the keys of AWS asked for at a place where no instance has them, and \
             nobody was asked",
        )
    })?;
    let instance = Instance::of(surroundings).map_err(failed)?;
    // The variables know better where it is than a file does.
    Ok(instance.map(|instance| match instance.is_usual() {
        true => named.into_iter().next().unwrap_or(instance),
        false => instance,
    }))
}

fn signed(
    url: &str,
    region: &str,
    keys: &Keys,
    mark: (HeaderName, HeaderValue),
    now: SystemTime,
) -> Result<Caller, EgressError> {
    if !keys::is_region(region) {
        return Err(failed("AWS_REGION is none of AWS's"));
    }
    let host = host(url, region)?;
    let marked = HeaderMap::from_iter([mark.clone()]);
    let request = Unsigned {
        method: "POST",
        host: &host,
        path: "/",
        query: Some(QUERY),
        headers: &marked,
        body: b"",
    };
    let signed = sign(&request, keys, Scope { region, service: "sts" }, now)
        .ok_or_else(|| failed("the keys of AWS have characters that no header can carry"))?;
    let value = HeaderValue::from_str(&host).map_err(|_| failed("AWS has no such host"))?;
    let mut headers = vec![(http::header::HOST, value), mark];
    headers.extend(signed.headers);
    let mut sensitive = signed.sensitive;
    sensitive.extend(keys.sensitive());
    Ok(Caller { url: format!("https://{host}?{QUERY}"), headers, sensitive })
}

/// The host of a URL, which is that of AWS's own service in this region. A signature for
/// another one, or for another question, would be good for something else.
fn host(url: &str, region: &str) -> Result<String, EgressError> {
    let refused = || {
        let shown = endpoint::shown(url);
        failed(format!("`{shown}` is not where AWS tells who somebody is, and nothing is signed"))
    };
    let uri: Uri = url.replace("{region}", region).parse().map_err(|_| refused())?;
    let own = [sts::host("sts", region), sts::host("sts-fips", region)];
    let is_asked = matches!(uri.path(), "" | "/") && uri.query() == Some(QUERY);
    let host = uri.authority().map(ToString::to_string).filter(|host| {
        is_asked
            && uri.scheme_str() == Some("https")
            && own.iter().any(|own| own.as_ref() == Ok(host))
    });
    host.ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    const USUAL: &str =
        "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15";

    #[test]
    fn one_question_is_signed_for_one_service() {
        assert_eq!(host(USUAL, "eu-west-1").unwrap(), "sts.eu-west-1.amazonaws.com");
        let fips = USUAL.replace("sts.", "sts-fips.");
        assert_eq!(host(&fips, "us-east-2").unwrap(), "sts-fips.us-east-2.amazonaws.com");
        let slash = USUAL.replace(".com?", ".com/?");
        assert_eq!(host(&slash, "us-east-2").unwrap(), "sts.us-east-2.amazonaws.com");
        for bad in [
            "",
            "sts.us-east-1.amazonaws.com",
            "https://evil.example?Action=GetCallerIdentity&Version=2011-06-15",
            "https://sts.{region}.amazonaws.com.evil.example?Action=GetCallerIdentity&Version=2011-06-15",
            "https://sts.{region}.amazonaws.com@evil.example?Action=GetCallerIdentity&Version=2011-06-15",
            "https://me@sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
            "https://sts.{region}.amazonaws.com:8443?Action=GetCallerIdentity&Version=2011-06-15",
            "http://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
            "https://iam.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
            "https://sts.{region}.amazonaws.com?Action=GetSessionToken&Version=2011-06-15",
            "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15&a=b",
            "https://sts.{region}.amazonaws.com/x?Action=GetCallerIdentity&Version=2011-06-15",
            "https://sts.{region}.amazonaws.com",
        ] {
            assert!(host(bad, "us-east-1").is_err(), "{bad}");
        }
    }

    #[test]
    fn the_signature_is_that_of_awss_sdk() {
        let keys = Keys::new(
            Some(Secret::from("AKIDEXAMPLE".to_owned())),
            Some(Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned())),
            Some(Secret::from("session//token+=".to_owned())),
            None,
        );
        let mark = HeaderValue::from_static("//iam.googleapis.com/projects/1/locations/global");
        let mark = (HeaderName::from_static("x-goog-cloud-target-resource"), mark);
        let now = humantime::parse_rfc3339("2026-03-14T15:09:26Z").unwrap();
        let caller = signed(USUAL, "us-east-2", &keys.unwrap(), mark, now).unwrap();
        assert_eq!(
            caller.url,
            "https://sts.us-east-2.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"
        );
        let header = |name: &str| {
            let found = caller.headers.iter().find(|(own, _)| own == name).unwrap();
            found.1.to_str().unwrap().to_owned()
        };
        assert_eq!(header("host"), "sts.us-east-2.amazonaws.com");
        assert_eq!(header("x-amz-date"), "20260314T150926Z");
        assert_eq!(header("x-amz-security-token"), "session//token+=");
        assert_eq!(
            header("authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260314/us-east-2/sts/aws4_request, \
             SignedHeaders=host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource, \
             Signature=3a196489a9f79d3638cf689925474cfb718a639546131f463e5a25f8a245fd18"
        );
        let hidden: Vec<&str> = caller.sensitive.iter().map(|it| it.expose_secret()).collect();
        assert!(hidden.contains(&"session//token+="), "it is scrubbed");
    }
}
