//! Pulling from a registry: distribution specification 1.1 of OCI.

use super::manifest::{self, Content, Manifest};
use super::session::{Answer, Ask, Session};
use super::token::{self, Challenge};
use super::{
    FetchError, FetchErrorKind, Fetcher, Login, MANIFEST_BYTES, Place, Pulled, Reference,
    TOKEN_BYTES,
};
use crate::authority::Authority;
use crate::credential::Secret;
use crate::scrub::Scrubber;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_manifest::Digest;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::uri::Scheme;
use secrecy::ExposeSecret as _;

/// A registry, asked for one artifact.
pub(super) struct Registry<'a> {
    session: Session<'a>,
    reference: &'a Reference,
    place: Place,
    login: Option<&'a Login>,
    /// What it is asked with, once it wanted something.
    authorization: Option<Secret>,
    /// What no message may repeat.
    secrets: Vec<Secret>,
}

impl<'a> Registry<'a> {
    pub(super) fn new(
        fetcher: &'a Fetcher,
        reference: &'a Reference,
        login: Option<&'a Login>,
    ) -> Result<Self, FetchError> {
        let place = reference.place(fetcher.permits)?;
        if login.is_some() && place.scheme == Scheme::HTTP {
            let message = format!("no credential is sent to {} in the clear", place.origin());
            return Err(FetchError::new(FetchErrorKind::Denied, message));
        }
        Ok(Self {
            session: Session::new(fetcher),
            reference,
            place,
            login,
            authorization: None,
            secrets: Vec::new(),
        })
    }

    pub(super) async fn pull(&mut self, most: u64) -> Result<Pulled, FetchError> {
        let asked = self.reference.digest();
        let (digest, found) = self.manifest(&self.reference.version(), asked, None).await?;
        let layer = match found {
            Manifest::Component(layer) => layer,
            Manifest::Index(one) => {
                let version = one.digest.to_string();
                match self.manifest(&version, Some(one.digest), Some(one.size)).await?.1 {
                    Manifest::Component(layer) => layer,
                    Manifest::Index(_) => return Err(self.mismatch("is an index in an index")),
                }
            }
        };
        Ok(Pulled { component: self.blob(layer, most).await?, manifest: digest })
    }

    /// A manifest, which has this digest and size where they are known.
    async fn manifest(
        &mut self,
        version: &str,
        digest: Option<Digest>,
        size: Option<u64>,
    ) -> Result<(Digest, Manifest), FetchError> {
        let path = format!("/v2/{}/manifests/{version}", self.reference.repository());
        let most = size.unwrap_or(MANIFEST_BYTES).min(MANIFEST_BYTES);
        let answer = self.ask(&path, Some(manifest::ACCEPT), most).await?;
        let found = Digest::of(&answer.body);
        let said = answer.headers.get("docker-content-digest").map(|it| it.to_str().ok());
        let said = said.map(|said| said.and_then(|said| said.parse::<Digest>().ok()));
        if digest.is_some_and(|digest| digest != found) || said.is_some_and(|it| it != Some(found))
        {
            return Err(self.mismatch("has not the digest that it must have"));
        }
        if size.is_some_and(|size| size != answer.body.len() as u64) {
            return Err(self.mismatch("has not the size that it must have"));
        }
        let content_type = answer.headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let manifest = Manifest::read(&answer.body, content_type.unwrap_or_default())
            .map_err(|why| self.mismatch(&why))?;
        Ok((found, manifest))
    }

    /// The bytes that a manifest leads to.
    async fn blob(&mut self, content: Content, most: u64) -> Result<Vec<u8>, FetchError> {
        let Content { digest, size } = content;
        if size > most {
            let message = format!("{} has {size} bytes, as no adapter has", self.reference);
            return Err(FetchError::new(FetchErrorKind::TooLarge, message));
        }
        let path = format!("/v2/{}/blobs/{digest}", self.reference.repository());
        let answer = self.ask(&path, None, size).await?;
        if answer.body.len() as u64 != size {
            return Err(self.mismatch("has a layer that has not the size that it must have"));
        }
        if Digest::of(&answer.body) != digest {
            return Err(self.mismatch("has a layer that has not the digest that it must have"));
        }
        Ok(answer.body)
    }

    /// Asks the registry, and once more with what it wants to know.
    async fn ask(
        &mut self,
        path: &str,
        accept: Option<&'static str>,
        most: u64,
    ) -> Result<Answer, FetchError> {
        let place = self.place.at(path)?;
        loop {
            let authorization = self.authorization.as_ref();
            let ask = Ask { place: &place, accept, authorization, most };
            let answer = self.session.get(&ask).await?;
            match answer.status.as_u16() {
                // Whoever the registry leads to is told nothing.
                401 if answer.itself && self.authorization.is_none() => {
                    self.log_in(&answer.headers).await?;
                }
                401 | 403 => {
                    let error = FetchError::status(&place, answer.status);
                    return Err(error.with_help(match self.login {
                        Some(_) => "the credential is not taken, or does not reach that far",
                        None => {
                            "look whether the reference is right; if it is private, \
                             `--credential SOURCE` says where USER:PASSWORD is"
                        }
                    }));
                }
                _ if answer.status.is_success() => return Ok(answer),
                _ => return Err(FetchError::status(&place, answer.status)),
            }
        }
    }

    /// Gets what the registry wants to be asked with.
    async fn log_in(&mut self, headers: &HeaderMap) -> Result<(), FetchError> {
        let registry = self.place.origin();
        let unclear =
            |why: String| FetchError::new(FetchErrorKind::Server, format!("{registry} {why}"));
        let (realm, service) = match Challenge::read(headers).map_err(unclear)? {
            Challenge::Basic => {
                let basic = self.basic().await?.ok_or_else(|| {
                    FetchError::new(
                        FetchErrorKind::Authentication,
                        format!("{registry} wants a credential"),
                    )
                })?;
                self.authorization = Some(basic);
                return Ok(());
            }
            Challenge::Bearer { realm, service } => (realm, service),
        };
        // One in the clear only where the registry is asked so as well.
        realm.permitted(self.session.fetcher.permits)?;
        let basic = match self.login {
            Some(login) => {
                self.may_have_it(&realm, login)?;
                self.basic().await?
            }
            None => None,
        };
        let path = token::request(&realm, service.as_deref(), self.reference.repository());
        let realm = realm.at(&path)?;
        let authorization = basic.as_ref();
        let ask = Ask { place: &realm, accept: None, authorization, most: TOKEN_BYTES };
        let answer = self.session.get(&ask).await?;
        if !answer.status.is_success() {
            return Err(FetchError::status(&realm, answer.status)
                .with_help("look whether the reference and the credential are right"));
        }
        let token = token::token(answer.body).ok_or_else(|| {
            FetchError::new(FetchErrorKind::Server, format!("{realm} gives no token"))
        })?;
        self.authorization = Some(format!("Bearer {}", token.expose_secret()).into());
        self.secrets.push(token);
        Ok(())
    }

    /// The credential goes to the registry that the person named. To a token server
    /// elsewhere only if the person named that too.
    fn may_have_it(&self, realm: &Place, login: &Login) -> Result<(), FetchError> {
        let named = login.token_host.as_deref();
        if realm.is_same_origin(&self.place)
            || named.is_some_and(|named| realm.host.as_str().eq_ignore_ascii_case(named))
        {
            return Ok(());
        }
        let (registry, host) = (self.place.host.as_str(), realm.host.as_str());
        Err(FetchError::new(
            FetchErrorKind::Denied,
            format!("{registry} wants its credential to be sent to {host}, which nobody named"),
        )
        .with_help(format!(
            "if {host} is where {registry} gives tokens, say `--token-host {host}`"
        )))
    }

    /// The credential as a header carries it.
    async fn basic(&mut self) -> Result<Option<Secret>, FetchError> {
        let Some(login) = self.login else { return Ok(None) };
        let failed = |why: String| {
            FetchError::new(FetchErrorKind::Authentication, format!("no credential: {why}"))
        };
        let source = login.source.clone();
        let read = move || source.read(&Authority::of_the_process());
        let credential = tokio::task::spawn_blocking(read)
            .await
            .map_err(|_| failed("reading it was interrupted".to_owned()))?
            .map_err(|error| failed(error.to_string()))?;
        let visible = |byte: u8| (b' '..=b'~').contains(&byte);
        let text = credential.expose_secret();
        let password = text.split_once(':').filter(|_| text.bytes().all(visible));
        let Some((_, password)) = password else {
            return Err(failed(format!("{} is not USER:PASSWORD", login.source)));
        };
        self.secrets.push(password.to_owned().into());
        let encoded = STANDARD.encode(text);
        let basic = Secret::from(format!("Basic {encoded}"));
        self.secrets.extend([encoded.into(), credential]);
        Ok(Some(basic))
    }

    fn mismatch(&self, why: &str) -> FetchError {
        let message = format!("{} {why}", self.reference);
        FetchError::new(FetchErrorKind::Mismatch, message)
    }

    /// Takes out of an error what a server may have echoed.
    pub(super) fn scrub(&self, error: FetchError) -> FetchError {
        let scrubber = Scrubber::new(&self.secrets);
        let scrub = |text: String| match scrubber.whole(text.as_bytes()) {
            Some(scrubbed) => String::from_utf8_lossy(&scrubbed).into_owned(),
            None => text,
        };
        FetchError { kind: error.kind, message: scrub(error.message), help: error.help.map(scrub) }
    }
}
