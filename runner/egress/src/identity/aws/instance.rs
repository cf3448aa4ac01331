//! Asking an instance's metadata service, by the second version of it alone: its token is what
//! a server that can be made to ask for something on somebody's behalf does not get.

use super::metadata::{self, Instance};
use super::{Keys, given, keys};
use crate::credential::Secret;
use crate::error::EgressError;
use crate::identity::errand::{Answer, Ask, Errand};
use crate::identity::{Origin, failed};
use hotcell_manifest::Method;
use secrecy::ExposeSecret as _;

const HINT: &str = "if this is no instance of EC2, set AWS_ACCESS_KEY_ID and \
     AWS_SECRET_ACCESS_KEY, or name a profile with `identity = \"aws-profile:NAME\"`";

/// The service, which has given a token for what it is asked next.
pub(super) struct Service<'a> {
    errand: &'a Errand<'a>,
    origin: Origin,
    token: Secret,
}

impl<'a> Service<'a> {
    pub(super) async fn open(
        instance: &Instance,
        errand: &'a Errand<'_>,
    ) -> Result<Self, EgressError> {
        let origin = match instance.is_usual() {
            true => errand.metadata()?,
            false => Origin::exactly(instance.address)?,
        };
        let ask = Ask { method: Method::Put, ..Ask::get(origin.clone(), "/latest/api/token") }
            .header("x-aws-ec2-metadata-token-ttl-seconds", "300")?;
        let answer = errand.ask(ask).await.map_err(|error| EgressError {
            message: format!("{}; {HINT}", error.message),
            ..error
        })?;
        let token = std::str::from_utf8(&answer.body).ok().filter(|_| answer.status == 200);
        let token = token.ok_or_else(|| wrong(format!("gives no token ({})", answer.status)))?;
        Ok(Self { errand, origin, token: Secret::from(token.trim().to_owned()) })
    }

    /// The keys of its role.
    pub(super) async fn keys(&self) -> Result<Keys, EgressError> {
        const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
        let answer = self.get(ROLES).await?;
        let role = metadata::role(&answer.body).filter(|_| answer.status == 200);
        let role = role.ok_or_else(|| wrong(format!("names no role ({})", answer.status)))?;
        let answer = self.get(&format!("{ROLES}{role}")).await?;
        if answer.status != 200 {
            return Err(wrong(format!("gives no keys for `{role}` ({})", answer.status)));
        }
        given::keys(&answer.body, false).map_err(wrong)
    }

    /// The region that it is in.
    pub(super) async fn region(&self) -> Result<String, EgressError> {
        let answer = self.get("/latest/meta-data/placement/region").await?;
        let region = std::str::from_utf8(&answer.body).ok().map(str::trim);
        let region = region.filter(|region| answer.status == 200 && keys::is_region(region));
        region
            .map(str::to_owned)
            .ok_or_else(|| wrong(format!("names no region ({})", answer.status)))
    }

    async fn get(&self, path: &str) -> Result<Answer, EgressError> {
        let ask = Ask::get(self.origin.clone(), path);
        let token = self.token.expose_secret();
        self.errand.ask(ask.header("x-aws-ec2-metadata-token", token)?).await
    }
}

fn wrong(why: String) -> EgressError {
    failed(format!("the instance's metadata service {why}; {HINT}"))
}
