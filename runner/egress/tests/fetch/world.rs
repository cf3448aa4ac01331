//! A server that answers as a test says, and notes what it was asked.

use crate::issuer::{Here, Issuer};
use hotcell_egress::Egress;
use hotcell_egress::fetch::{
    FetchError, FetchErrorKind, Fetcher, Login, Permits, Place, Pulled, Reference,
};
use hotcell_manifest::Digest;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub(crate) const COMPONENT: &[u8] = b"a component, as far as egress knows";
pub(crate) const MOST: u64 = 1 << 20;

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The name that the server was asked by.
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
}

impl Asked {
    fn of(head: &str) -> Self {
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (known, value) = line.split_once(':')?;
                known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        Self {
            host: header("host").unwrap().split(':').next().unwrap().to_owned(),
            path: head.split(' ').nth(1).unwrap().to_owned(),
            authorization: header("authorization"),
        }
    }

    pub(crate) fn is(&self, authorization: &str) -> bool {
        self.authorization.as_deref() == Some(authorization)
    }
}

/// What it is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body comes again and again, and its length is not told.
    pub(crate) endless: bool,
    /// Whether nothing comes after it, but no end either.
    pub(crate) stalls: bool,
}

impl Answer {
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, body: body.into(), ..Self::default() }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn to(location: impl Into<String>) -> Self {
        Self::status(307).with("location", location)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn typed(self, media_type: &str) -> Self {
        self.with("content-type", media_type)
    }
}

/// A server with a certificate for `*.example.com`.
pub(crate) struct World {
    pub(crate) port: u16,
    pub(crate) issuer: Issuer,
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
}

impl World {
    async fn new(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let issuer = Issuer::new();
        let acceptor = TlsAcceptor::from(Arc::new(issuer.server("*.example.com", 2100)));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (hears, answer) = (asked.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, hears, answer) = (acceptor.clone(), hears.clone(), answer.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        match stream.read_buf(&mut head).await {
                            Ok(0) | Err(_) => return,
                            Ok(_) => {}
                        }
                    }
                    let asked = Asked::of(&String::from_utf8_lossy(&head));
                    hears.lock().unwrap().push(asked.clone());
                    write(&mut stream, answer(&asked)).await;
                });
            }
        });
        Self { port, issuer, asked }
    }

    pub(crate) fn egress(&self) -> hotcell_egress::EgressBuilder {
        Egress::builder().roots(self.issuer.roots()).resolver(Arc::new(Here))
    }

    pub(crate) fn fetcher(&self) -> Fetcher {
        let permits = Permits { allow_private: true, allow_plaintext: false };
        self.egress().build().fetcher(permits)
    }

    pub(crate) fn place(&self, path: &str) -> Place {
        format!("https://files.example.com:{}{path}", self.port).parse().unwrap()
    }

    pub(crate) async fn component(&self) -> Result<Vec<u8>, FetchError> {
        let place = self.place("/echo.wasm");
        self.fetcher().component(&place, Digest::of(COMPONENT), MOST).await
    }

    pub(crate) fn reference(&self, version: &str) -> Reference {
        format!("oci://registry.example.com:{}/acme/echo{version}", self.port).parse().unwrap()
    }

    pub(crate) async fn pull(&self, login: Option<&Login>) -> Result<Pulled, FetchError> {
        self.fetcher().pull(&self.reference(":1"), login, MOST).await
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn write(stream: &mut (impl tokio::io::AsyncWrite + Unpin), answer: Answer) {
    let mut head = format!("HTTP/1.1 {} Whatever\r\nconnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !answer.endless && !answer.stalls {
        head.push_str(&format!("content-length: {}\r\n", answer.body.len()));
    }
    head.push_str("\r\n");
    // Whoever asked may have gone away, which is what some of the tests are about.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&answer.body).await;
    // A thousand times what may come: then the test fails rather than goes on.
    for _ in 0..(MOST as usize * 1000 / answer.body.len().max(1)) {
        if !answer.endless || stream.write_all(&answer.body).await.is_err() {
            break;
        }
    }
    let _ = stream.flush().await;
    if answer.stalls {
        std::future::pending::<()>().await;
    }
    let _ = stream.shutdown().await;
}

/// A world whose answers may hold `PORT`, for its own.
pub(crate) async fn world(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> World {
    let port: Arc<Mutex<u16>> = Arc::default();
    let known = port.clone();
    let world = World::new(move |asked| {
        let mut answer = answer(asked);
        let port = known.lock().unwrap().to_string();
        for (_, value) in &mut answer.headers {
            *value = value.replace("PORT", &port);
        }
        answer
    })
    .await;
    *port.lock().unwrap() = world.port;
    world
}

#[track_caller]
pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, FetchError>) -> (FetchErrorKind, String) {
    let error = result.expect_err("it was taken");
    (error.kind, error.message)
}
