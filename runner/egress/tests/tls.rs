//! Who is believed, and what a proxy sees. Every server here is on loopback, with
//! certificates made for the test.

mod issuer;

use bytes::Bytes;
use hotcell_egress::{
    Egress, EgressBuilder, EgressError, EndpointSpec, ErrorKind, Limits, ProviderEgress,
    ProviderSpec, Proxy, Request, Roots, Rule, SecretSource,
};
use hotcell_manifest::{Auth, Digest, Endpoint, Method};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use issuer::{Here, Issuer};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

const NAME: &str = "api.example.com";
const KEY: &str = "sk-test-0123456789abcdef";

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Answers every request that it can read.
async fn serve(config: ServerConfig) -> (u16, Heard) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (acceptor, heard) = (TlsAcceptor::from(Arc::new(config)), Heard::default());
    let hears = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.is_ok() {}
            hears.0.lock().unwrap().extend(request);
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            _ = stream.write_all(answer).await;
        }
    });
    (port, heard)
}

/// The same in HTTP/2, with this many bytes of headers; writes down what it was asked.
async fn serve_http2(mut config: ServerConfig, header_bytes: usize) -> (u16, Heard) {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (acceptor, heard) = (TlsAcceptor::from(Arc::new(config)), Heard::default());
    let hears = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let hears = hears.clone();
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let asked =
                    format!("{:?} {} {:?}\n", request.version(), request.uri(), request.headers());
                hears.0.lock().unwrap().extend(asked.bytes());
                let response = hyper::Response::builder()
                    .header("x-large", "x".repeat(header_bytes))
                    .body(Full::new(Bytes::from("ok")));
                async move { response }
            });
            tokio::spawn(
                hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    (port, heard)
}

/// A proxy that writes down what it sees, and leads every tunnel to loopback.
async fn proxy(status: &'static str) -> (String, Heard) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard = Heard::default();
    let hears = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && client.read_buf(&mut request).await.is_ok() {}
            hears.0.lock().unwrap().extend(&request);
            _ = client.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await;
            let request = String::from_utf8_lossy(&request).into_owned();
            let to = request.split([' ', ':']).nth(2).and_then(|port| port.parse::<u16>().ok());
            let Some(port) = to.filter(|_| status.starts_with("200")) else { continue };
            let mut provider = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut client, &mut provider).await });
        }
    });
    (url, heard)
}

fn egress(roots: Roots) -> EgressBuilder {
    Egress::builder().roots(roots).resolver(Arc::new(Here))
}

async fn ask(egress: EgressBuilder, port: u16, allow_private: bool) -> Result<u16, EgressError> {
    ask_after(egress, port, allow_private, |_, _| ()).await
}

/// The same, after something was done to the provider and the file of its key.
async fn ask_after(
    egress: EgressBuilder,
    port: u16,
    allow_private: bool,
    before: impl FnOnce(&ProviderEgress, &Path),
) -> Result<u16, EgressError> {
    let mut key = tempfile::NamedTempFile::new().unwrap();
    writeln!(key, "{KEY}").unwrap();
    let grant = Endpoint {
        origin: None,
        origins: vec![],
        base: String::new(),
        allow: vec!["GET /models".parse().unwrap()],
        query: vec![],
        request_headers: vec![],
        response_headers: vec![],
        auth: Auth::Bearer { secret: "api-key".to_owned() }.into(),
    };
    let endpoint = EndpointSpec {
        url: format!("https://{NAME}:{port}"),
        auth: grant.auth.first().clone(),
        grant,
        headers: vec![],
        allow_private,
        allow_plaintext: false,
    };
    let provider = egress.build().provider(ProviderSpec {
        provider: "test".to_owned(),
        adapter: "test".to_owned(),
        digest: Digest::of(b"test"),
        endpoints: BTreeMap::from([("api".to_owned(), endpoint)]),
        secrets: BTreeMap::from([(
            "api-key".to_owned(),
            SecretSource::File(key.path().to_owned()),
        )]),
        optional_secrets: BTreeSet::new(),
        identity: None,
        identity_origin: None,
        limits: Limits::default(),
    });
    let provider = provider.unwrap();
    before(&provider, key.path());
    let cell = provider.cell("test");
    let endpoint = cell.endpoint("api")?;
    let (method, path) = (Method::Get, "/models".to_owned());
    let request = Request { method, path, headers: vec![], body: Default::default() };
    let mut response = cell.send(endpoint, request).await?;
    assert_eq!(response.read(10).await?.unwrap(), "ok");
    Ok(response.status())
}

#[tokio::test]
async fn a_certificate_of_the_configured_authority_is_believed() {
    let issuer = Issuer::new();
    let (port, heard) = serve(issuer.server(NAME, 2100)).await;
    assert_eq!(ask(egress(issuer.roots()), port, true).await.unwrap(), 200);
    assert!(heard.text().contains(&format!("authorization: Bearer {KEY}")), "{}", heard.text());
}

#[tokio::test]
async fn http2_is_spoken_where_the_provider_has_it() {
    let issuer = Issuer::new();
    let (port, heard) = serve_http2(issuer.server(NAME, 2100), 10).await;
    assert_eq!(ask(egress(issuer.roots()), port, true).await.unwrap(), 200);
    let heard = heard.text();
    assert!(heard.starts_with(&format!("HTTP/2.0 https://{NAME}:{port}/models ")), "{heard}");
    assert!(heard.contains("Bearer") || heard.contains("Sensitive"), "{heard}");
}

#[tokio::test]
async fn headers_without_end_are_refused_in_http2_too() {
    let issuer = Issuer::new();
    for bytes in [100_000, 1 << 20] {
        let (port, _) = serve_http2(issuer.server(NAME, 2100), bytes).await;
        let error = ask(egress(issuer.roots()), port, true).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::MalformedResponse, "{bytes}: {error}");
    }
}

async fn is_not_believed(server: ServerConfig, roots: Roots) {
    let (port, heard) = serve(server).await;
    let error = ask(egress(roots), port, true).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
    assert!(error.message.contains("certificate"), "{error}");
    assert_eq!(heard.text(), "", "something was said to a server that is not believed");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_not_believed() {
    is_not_believed(Issuer::new().server(NAME, 2100), Issuer::new().roots()).await;
}

#[tokio::test]
async fn a_certificate_of_nobody_that_the_platform_knows_is_not_believed() {
    is_not_believed(Issuer::new().server(NAME, 2100), Roots::Platform).await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_believed() {
    let issuer = Issuer::new();
    is_not_believed(issuer.server("other.example.com", 2100), issuer.roots()).await;
}

#[tokio::test]
async fn a_certificate_that_has_run_out_is_not_believed() {
    let issuer = Issuer::new();
    is_not_believed(issuer.server(NAME, 2021), issuer.roots()).await;
}

#[tokio::test]
async fn a_proxy_sees_who_is_asked_and_nothing_of_what_is_said() {
    let issuer = Issuer::new();
    let (port, heard) = serve(issuer.server(NAME, 2100)).await;
    let (url, seen) = proxy("200 OK").await;
    let mut credential = tempfile::NamedTempFile::new().unwrap();
    writeln!(credential, "me:secret").unwrap();
    let source = SecretSource::File(credential.path().to_owned());
    let with_proxy = egress(issuer.roots()).proxy(Proxy::new(&url, Some(source)).unwrap());
    assert_eq!(ask(with_proxy, port, false).await.unwrap(), 200);
    assert!(heard.text().contains(KEY));
    let seen = seen.text();
    assert!(seen.starts_with(&format!("CONNECT {NAME}:{port} HTTP/1.1\r\n")), "{seen}");
    assert!(seen.to_ascii_lowercase().contains("proxy-authorization: basic"), "{seen}");
    assert!(!seen.contains(KEY) && !seen.contains("/models"), "{seen}");
    assert!(!heard.text().to_ascii_lowercase().contains("proxy-"), "{}", heard.text());
}

#[tokio::test]
async fn what_is_in_ones_own_network_is_reached_without_the_proxy() {
    let issuer = Issuer::new();
    let (port, _) = serve(issuer.server(NAME, 2100)).await;
    let (url, seen) = proxy("200 OK").await;
    let with_proxy = egress(issuer.roots()).proxy(Proxy::new(&url, None).unwrap());
    assert_eq!(ask(with_proxy, port, true).await.unwrap(), 200);
    assert_eq!(seen.text(), "");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_a_failure() {
    for status in ["407 Proxy Authentication Required", "403 Forbidden", "302 Found"] {
        let (url, _) = proxy(status).await;
        let with_proxy = egress(Roots::Platform).proxy(Proxy::new(&url, None).unwrap());
        let error = ask(with_proxy, 443, false).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable, "{status}: {error}");
    }
}

#[tokio::test]
async fn a_proxy_does_not_open_the_way_to_metadata() {
    let (url, seen) = proxy("200 OK").await;
    let url = url.replace("127.0.0.1", "169.254.169.254");
    let with_proxy = egress(Roots::Platform).proxy(Proxy::new(&url, None).unwrap());
    let error = ask(with_proxy, 443, false).await.unwrap_err();
    assert_eq!(error.rule, Some(Rule::Address), "{error}");
    assert_eq!(seen.text(), "");
}

#[tokio::test]
async fn what_was_read_ahead_needs_no_file_any_more() {
    let issuer = Issuer::new();
    let (port, heard) = serve(issuer.server(NAME, 2100)).await;
    let (url, seen) = proxy("200 OK").await;
    let mut credential = tempfile::NamedTempFile::new().unwrap();
    writeln!(credential, "me:secret").unwrap();
    let source = SecretSource::File(credential.path().to_owned());
    let with_proxy = egress(issuer.roots()).proxy(Proxy::new(&url, Some(source)).unwrap());
    let status = ask_after(with_proxy, port, false, |provider, key| {
        provider.read_ahead();
        for file in [key, credential.path(), issuer.file.path()] {
            std::fs::write(file, "something else").unwrap();
        }
    });
    assert_eq!(status.await.unwrap(), 200);
    assert!(heard.text().contains(KEY), "{}", heard.text());
    assert!(seen.text().contains("bWU6c2VjcmV0"), "{}", seen.text());
}

#[tokio::test]
async fn what_was_not_there_ahead_is_told_by_the_request() {
    let issuer = Issuer::new();
    let (port, heard) = serve(issuer.server(NAME, 2100)).await;
    let asked = ask_after(egress(issuer.roots()), port, true, |provider, key| {
        std::fs::remove_file(key).unwrap();
        provider.read_ahead();
        std::fs::write(key, KEY).unwrap();
    });
    let error = asked.await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Authentication, "{error}");
    assert!(error.message.contains("there is no file"), "{error}");
    assert_eq!(heard.text(), "");
}

#[tokio::test]
async fn the_ports_are_those_that_are_connected_to() {
    let issuer = Issuer::new();
    let port = serve(issuer.server(NAME, 2100)).await.0;
    let is = |expected: u16| {
        move |provider: &ProviderEgress, _: &Path| {
            assert_eq!(provider.ports().into_iter().collect::<Vec<_>>(), [expected]);
        }
    };
    ask_after(egress(issuer.roots()), port, true, is(port)).await.unwrap();
    let (url, _) = proxy("200 OK").await;
    let at = url.rsplit(':').next().unwrap().parse().unwrap();
    let with_proxy = || egress(issuer.roots()).proxy(Proxy::new(&url, None).unwrap());
    ask_after(with_proxy(), port, false, is(at)).await.unwrap();
    // What is in one's own network is reached without it.
    ask_after(with_proxy(), port, true, is(port)).await.unwrap();
}

#[test]
fn a_proxy_is_a_host_and_a_port() {
    assert!(Proxy::new("http://proxy.example.com:3128", None).is_ok());
    for url in ["proxy:3128", "https://p:1", "http://p", "http://u:p@h:1", "http://p:1/x", ""] {
        let error = Proxy::new(url, None).unwrap_err().to_string();
        assert!(error.contains("http://HOST:PORT") && !error.contains("u:p"), "{error}");
    }
}
