//! Requests that belong together: redirects followed with care, bodies bounded, and an
//! end to it all.

use super::{FetchError, FetchErrorKind, Fetcher, Place, REDIRECTS};
use crate::client::HttpClient;
use crate::credential::Secret;
use crate::error::EgressError;
use crate::pipeline::{check_head, failure_of};
use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use secrecy::ExposeSecret as _;
use std::future::Future;
use std::time::{Duration, Instant};

/// A limit on time that is none.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What is asked for.
pub(super) struct Ask<'a> {
    pub(super) place: &'a Place,
    pub(super) accept: Option<&'static str>,
    /// The whole value of the header, for the place's own origin.
    pub(super) authorization: Option<&'a Secret>,
    /// Bytes that the body may have.
    pub(super) most: u64,
}

/// What came.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Of a success.
    pub(super) body: Vec<u8>,
    /// Whether the place that was asked answered itself.
    pub(super) itself: bool,
}

/// The connections of one fetch, which has to be over at some time.
pub(super) struct Session<'a> {
    pub(super) fetcher: &'a Fetcher,
    clients: Vec<(Place, HttpClient)>,
    end: Instant,
}

impl<'a> Session<'a> {
    pub(super) fn new(fetcher: &'a Fetcher) -> Self {
        let total = Duration::from_millis(fetcher.limits.total_ms).min(LONGEST);
        Self { fetcher, clients: Vec::new(), end: Instant::now() + total }
    }

    /// Asks, and follows redirects. The credential is for the origin that was asked: who
    /// leads away from it leads away without, for good.
    pub(super) async fn get(&mut self, ask: &Ask<'_>) -> Result<Answer, FetchError> {
        let mut place = ask.place.clone();
        let mut authorization = ask.authorization;
        let mut itself = true;
        for _ in 0..=REDIRECTS {
            let response = self.request(&place, ask.accept, authorization).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                let body = match status.is_success() {
                    true => self.read(&place, response, ask.most).await?,
                    false => Vec::new(),
                };
                return Ok(Answer { status, headers, body, itself });
            }
            let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
            place = place.led_to(location.unwrap_or_default(), self.fetcher.permits)?;
            if !place.is_same_origin(ask.place) {
                itself = false;
                authorization = None;
            }
        }
        let message = format!("{} leads on and on by redirects", ask.place);
        Err(FetchError::new(FetchErrorKind::Denied, message))
    }

    /// Says something to a service of the operator's own, and takes its answer whatever its
    /// status. A redirect is an answer, too: the credential goes to one place alone.
    pub(super) async fn say(
        &mut self,
        place: &Place,
        method: Method,
        bearer: &Secret,
        body: Vec<u8>,
        most: u64,
    ) -> Result<(StatusCode, Vec<u8>), FetchError> {
        let unwritable = |error: &dyn std::fmt::Display| {
            let message = format!("the request to {place} cannot be written: {error}");
            FetchError::new(FetchErrorKind::Internal, message)
        };
        let mut value = HeaderValue::from_str(&format!("Bearer {}", bearer.expose_secret()))
            .map_err(|error| unwritable(&error))?;
        value.set_sensitive(true);
        let uri = Uri::builder()
            .scheme(place.scheme.clone())
            .authority(place.host.clone())
            .path_and_query(place.path().clone())
            .build()
            .map_err(|error| unwritable(&error))?;
        let request = hyper::Request::builder()
            .method(method)
            .uri(uri)
            .header(USER_AGENT, crate::USER_AGENT)
            .header(ACCEPT_ENCODING, "identity")
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, value)
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| unwritable(&error))?;
        let limits = &self.fetcher.limits;
        let (first_byte, end) = (Duration::from_millis(limits.first_byte_ms), self.end);
        let client = self.client(place).await?;
        let response = within(first_byte, end, place, client.request(request)).await??;
        check_head(&response, limits)?;
        let status = response.status();
        Ok((status, self.read(place, response, most).await?))
    }

    async fn request(
        &mut self,
        place: &Place,
        accept: Option<&'static str>,
        authorization: Option<&Secret>,
    ) -> Result<hyper::Response<Incoming>, FetchError> {
        let unwritable = |error: &dyn std::fmt::Display| {
            let message = format!("the request to {place} cannot be written: {error}");
            FetchError::new(FetchErrorKind::Internal, message)
        };
        let uri = Uri::builder()
            .scheme(place.scheme.clone())
            .authority(place.host.clone())
            .path_and_query(place.path().clone())
            .build()
            .map_err(|error| unwritable(&error))?;
        let mut request = hyper::Request::get(uri)
            .header(USER_AGENT, crate::USER_AGENT)
            .header(ACCEPT_ENCODING, "identity")
            .body(Full::new(Bytes::new()))
            .map_err(|error| unwritable(&error))?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept.unwrap_or("*/*")));
        if let Some(authorization) = authorization {
            let mut value = HeaderValue::from_str(authorization.expose_secret())
                .map_err(|error| unwritable(&error))?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let limits = &self.fetcher.limits;
        let (first_byte, end) = (Duration::from_millis(limits.first_byte_ms), self.end);
        let client = self.client(place).await?;
        let response = within(first_byte, end, place, client.request(request)).await??;
        check_head(&response, limits)?;
        Ok(response)
    }

    async fn read(
        &self,
        place: &Place,
        response: hyper::Response<Incoming>,
        most: u64,
    ) -> Result<Vec<u8>, FetchError> {
        let too_large = || {
            let message = format!("{place} sends more than {most} bytes");
            FetchError::new(FetchErrorKind::TooLarge, message)
        };
        if response.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            let message = format!("{place} sends something compressed, which nobody asked for");
            return Err(FetchError::new(FetchErrorKind::Server, message));
        }
        let mut body = response.into_body();
        if body.size_hint().lower() > most {
            return Err(too_large());
        }
        let idle = Duration::from_millis(self.fetcher.limits.idle_ms);
        let mut bytes = Vec::new();
        while let Some(frame) = within(idle, self.end, place, body.frame()).await? {
            let frame = frame.map_err(|error| failure_of(&error))?;
            let Ok(data) = frame.into_data() else { continue };
            if (bytes.len() + data.len()) as u64 > most {
                return Err(too_large());
            }
            bytes.extend_from_slice(&data);
        }
        Ok(bytes)
    }

    /// The client of an origin, which no other shares.
    async fn client(&mut self, place: &Place) -> Result<&HttpClient, EgressError> {
        let known = self.clients.iter().position(|(known, _)| known.is_same_origin(place));
        let index = match known {
            Some(index) => index,
            None => {
                let Fetcher { egress, permits, limits } = self.fetcher;
                let reach = place.reach(*permits);
                let client = HttpClient::new(&egress.inner, &place.scheme, reach, limits).await?;
                self.clients.push((place.clone(), client));
                self.clients.len() - 1
            }
        };
        Ok(&self.clients[index].1)
    }
}

/// Waits no longer than for one step, and not beyond the end of it all.
async fn within<T>(
    step: Duration,
    end: Instant,
    place: &Place,
    work: impl Future<Output = T>,
) -> Result<T, FetchError> {
    let until = end.min(Instant::now() + step.min(LONGEST));
    tokio::time::timeout_at(until.into(), work).await.map_err(|_| {
        let message = format!("{} takes too long", place.origin());
        FetchError::new(FetchErrorKind::TimedOut, message)
    })
}
