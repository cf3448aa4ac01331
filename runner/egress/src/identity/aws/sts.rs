//! The Security Token Service, which gives out the keys of a role for some hours.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/>

use super::keys::is_region;
use super::sign::encode;
use super::{Keys, given};
use crate::credential::Secret;
use secrecy::ExposeSecret as _;
use secrecy::zeroize::Zeroizing;

/// A role that is to be taken.
#[derive(Debug)]
pub(crate) struct Role {
    pub(super) arn: String,
    /// Of the service that is asked.
    pub(super) region: String,
    /// What stands in AWS's own logs for whoever took it.
    session: String,
    pub(super) external_id: Option<String>,
    pub(super) seconds: Option<u32>,
}

impl Role {
    /// # Errors
    /// What is wrong with the name or the region.
    pub(super) fn new(arn: &str, region: &str) -> Result<Self, String> {
        if !arn.starts_with("arn:") || !arn.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("its role's name is not an ARN".to_owned());
        }
        host("sts", region)?;
        Ok(Self {
            arn: arn.to_owned(),
            region: region.to_owned(),
            session: "hotcell".to_owned(),
            external_id: None,
            seconds: None,
        })
    }

    /// The same with a name of its own for the session.
    pub(super) fn named(mut self, session: Option<&str>) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_=,.@-+".contains(&byte);
        if let Some(session) = session {
            if !(2..=64).contains(&session.len()) || !session.bytes().all(plain) {
                return Err("is not a name for a session".to_owned());
            }
            session.clone_into(&mut self.session);
        }
        Ok(self)
    }

    /// The form that asks for the role with keys of one's own, which sign it.
    pub(super) fn form(&self) -> Zeroizing<Vec<u8>> {
        let mut form = self.begun("AssumeRole");
        if let Some(id) = &self.external_id {
            add(&mut form, "ExternalId", id);
        }
        form
    }

    /// The form that asks for the role with the token of another identity provider.
    pub(super) fn form_with(&self, token: &Secret) -> Zeroizing<Vec<u8>> {
        let mut form = self.begun("AssumeRoleWithWebIdentity");
        add(&mut form, "WebIdentityToken", token.expose_secret());
        form
    }

    fn begun(&self, action: &str) -> Zeroizing<Vec<u8>> {
        let mut form = Zeroizing::new(Vec::with_capacity(4096));
        add(&mut form, "Action", action);
        add(&mut form, "Version", "2011-06-15");
        add(&mut form, "RoleArn", &self.arn);
        add(&mut form, "RoleSessionName", &self.session);
        if let Some(seconds) = self.seconds {
            add(&mut form, "DurationSeconds", &seconds.to_string());
        }
        form
    }
}

fn add(form: &mut Vec<u8>, name: &str, value: &str) {
    if !form.is_empty() {
        form.push(b'&');
    }
    form.extend_from_slice(name.as_bytes());
    form.push(b'=');
    encode(value.as_bytes(), b"", form);
}

/// The host of one of AWS's services in a region.
///
/// # Errors
/// A region that is none, and would be another host.
pub(super) fn host(service: &str, region: &str) -> Result<String, String> {
    if !is_region(region) {
        return Err("its region is none of AWS".to_owned());
    }
    let domain = match region.split_once('-').map_or("", |(first, _)| first) {
        "cn" => "amazonaws.com.cn",
        "eusc" => "amazonaws.eu",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ if region.starts_with("us-isof-") => "csp.hci.ic.gov",
        _ if region.starts_with("eu-isoe-") => "cloud.adc-e.uk",
        _ => "amazonaws.com",
    };
    Ok(format!("{service}.{region}.{domain}"))
}

/// The keys of an answer.
///
/// # Errors
/// That there are none in it.
pub(super) fn keys(body: &[u8]) -> Result<Keys, String> {
    let none = || "has no whole AWS key in it".to_owned();
    let text = std::str::from_utf8(body).map_err(|_| none())?;
    let keys = element(text, "Credentials").ok_or_else(none)?;
    let secret = |name| element(keys, name).map(|value| Secret::from(value.trim().to_owned()));
    let expires = element(keys, "Expiration").map(|text| given::time(text.trim())).transpose()?;
    Keys::new(secret("AccessKeyId"), secret("SecretAccessKey"), secret("SessionToken"), expires)
        .filter(|keys| keys.token.is_some())
        .ok_or_else(none)
}

/// The code of a refusal, such as `AccessDenied`. Nothing else of it is repeated.
pub(super) fn code(body: &[u8]) -> Option<&str> {
    let code = element(std::str::from_utf8(body).ok()?, "Code")?.trim();
    let plain = !code.is_empty() && code.len() <= 64;
    (plain && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')).then_some(code)
}

/// What stands in the one element of this name. What is quoted in XML's ways is none of a key.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inner, rest) = rest.split_once(&format!("</{name}>"))?;
    (!rest.contains(&format!("<{name}>")) && !inner.contains(['&', '!'])).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, UNIX_EPOCH};

    const ANSWER: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">
  <AssumeRoleResult>
    <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/dev/hotcell</Arn></AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIAEXAMPLE</AccessKeyId>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>
      <SessionToken>AQoDYXdz//+=</SessionToken>
      <Expiration>1970-01-01T01:00:00Z</Expiration>
    </Credentials>
  </AssumeRoleResult>
</AssumeRoleResponse>";

    #[test]
    fn an_answer_is_read() {
        let keys = keys(ANSWER.as_bytes()).unwrap();
        assert_eq!(keys.id.expose_secret(), "ASIAEXAMPLE");
        assert_eq!(keys.secret.expose_secret(), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY");
        assert_eq!(keys.token.unwrap().expose_secret(), "AQoDYXdz//+=");
        assert_eq!(keys.expires, Some(UNIX_EPOCH + Duration::from_secs(3600)));
    }

    #[test]
    fn an_answer_that_is_not_whole_is_none() {
        for (from, to) in [
            ("</Credentials>", ""),
            ("<SessionToken>", "<Token>"),
            ("AQoDYXdz//+=", ""),
            ("AQoDYXdz//+=", "a&amp;b"),
            ("AQoDYXdz//+=", "<![CDATA[a]]>"),
            ("AQoDYXdz//+=", "a\r\nhost: b"),
            ("<AccessKeyId>", "<AccessKeyId>a</AccessKeyId><AccessKeyId>"),
            ("1970-01-01T01:00:00Z", "soon"),
        ] {
            assert!(keys(ANSWER.replace(from, to).as_bytes()).is_err(), "{from} {to}");
        }
        assert!(keys(b"").is_err() && keys(b"\xff").is_err());
    }

    #[test]
    fn of_a_refusal_there_is_a_code_and_no_more() {
        let of = |code: &str| {
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>User: \
                     arn is not authorized</Message></Error></ErrorResponse>"
            )
        };
        assert_eq!(code(of("AccessDenied").as_bytes()), Some("AccessDenied"));
        for bad in ["", "has spaces", "\u{1b}[2J", &"a".repeat(65)] {
            assert_eq!(code(of(bad).as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_region_is_part_of_a_host_and_nothing_else() {
        assert_eq!(host("sts", "eu-west-1").unwrap(), "sts.eu-west-1.amazonaws.com");
        assert_eq!(host("sts", "cn-north-1").unwrap(), "sts.cn-north-1.amazonaws.com.cn");
        assert_eq!(host("sts", "us-isof-south-1").unwrap(), "sts.us-isof-south-1.csp.hci.ic.gov");
        for bad in ["", "evil.example/", "a.b", "A", "a@b", "a:1", "ä", &"a".repeat(33)] {
            assert!(host("sts", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_of_a_form_becomes_more_than_a_value() {
        let mut role = Role::new("arn:aws:iam::1:role/a&Action=x", "us-east-1").unwrap();
        role.external_id = Some("a=b&c d".to_owned());
        role.seconds = Some(900);
        let form = String::from_utf8(role.form().to_vec()).unwrap();
        assert_eq!(
            form,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%26\
             Action%3Dx&RoleSessionName=hotcell&DurationSeconds=900&ExternalId=a%3Db%26c%20d"
        );
        assert!(Role::new("role", "us-east-1").is_err());
        for bad in ["a", "a b", &"a".repeat(65)] {
            assert!(Role::new("arn:x", "us-east-1").unwrap().named(Some(bad)).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(
            text in "(<|>|</|Credentials|AccessKeyId|Code|>x<|&|!|é){0,40}",
        ) {
            let _ = (keys(text.as_bytes()), code(text.as_bytes()));
        }
    }
}
