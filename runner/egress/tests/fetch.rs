//! Servers and registries that cannot be trusted, and what a person who fetches a component
//! from them is spared. All of them are one server on loopback, known by several names.

mod issuer;

use hotcell_egress::fetch::{
    FetchError, FetchErrorKind, Fetcher, Login, MANIFEST_BYTES, Permits, Place, Pulled, Reference,
};
use hotcell_egress::{Egress, Limits, Proxy, SecretSource};
use hotcell_manifest::Digest;
use issuer::{Here, Issuer};
use serde_json::{Value, json};
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const COMPONENT: &[u8] = b"a component, as far as egress knows";
const MOST: u64 = 1 << 20;
const USER: &str = "me";
const PASSWORD: &str = "hunter22-hunter22";
const TOKEN: &str = "token-0123456789";

const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A request, as it came.
#[derive(Clone, Debug)]
struct Asked {
    /// The name that the server was asked by.
    host: String,
    path: String,
    authorization: Option<String>,
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

    fn is(&self, authorization: &str) -> bool {
        self.authorization.as_deref() == Some(authorization)
    }
}

/// What it is answered.
#[derive(Clone, Debug, Default)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// Whether the body comes again and again, and its length is not told.
    endless: bool,
    /// Whether nothing comes after it, but no end either.
    stalls: bool,
}

impl Answer {
    fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, body: body.into(), ..Self::default() }
    }

    fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    fn to(location: impl Into<String>) -> Self {
        Self::status(307).with("location", location)
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn typed(self, media_type: &str) -> Self {
        self.with("content-type", media_type)
    }
}

/// A server with a certificate for `*.example.com`.
struct World {
    port: u16,
    issuer: Issuer,
    asked: Arc<Mutex<Vec<Asked>>>,
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

    fn egress(&self) -> hotcell_egress::EgressBuilder {
        Egress::builder().roots(self.issuer.roots()).resolver(Arc::new(Here))
    }

    fn fetcher(&self) -> Fetcher {
        let permits = Permits { allow_private: true, allow_plaintext: false };
        self.egress().build().fetcher(permits)
    }

    fn place(&self, path: &str) -> Place {
        format!("https://files.example.com:{}{path}", self.port).parse().unwrap()
    }

    async fn component(&self) -> Result<Vec<u8>, FetchError> {
        let place = self.place("/echo.wasm");
        self.fetcher().component(&place, Digest::of(COMPONENT), MOST).await
    }

    fn reference(&self, version: &str) -> Reference {
        format!("oci://registry.example.com:{}/acme/echo{version}", self.port).parse().unwrap()
    }

    async fn pull(&self, login: Option<&Login>) -> Result<Pulled, FetchError> {
        self.fetcher().pull(&self.reference(":1"), login, MOST).await
    }

    fn asked(&self) -> Vec<Asked> {
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

fn descriptor(media_type: &str, content: &[u8]) -> Value {
    let digest = Digest::of(content).to_string();
    json!({ "mediaType": media_type, "digest": digest, "size": content.len() })
}

fn image(component: &[u8]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": IMAGE,
        "config": descriptor("application/vnd.wasm.config.v0+json", b"{}"),
        "layers": [descriptor("application/wasm", component)],
    })
}

/// What an honest registry answers, which wants nothing from anybody.
fn honest(asked: &Asked) -> Answer {
    let manifest = image(COMPONENT).to_string();
    let blob = format!("/v2/acme/echo/blobs/{}", Digest::of(COMPONENT));
    let by_digest = format!("/v2/acme/echo/manifests/{}", Digest::of(manifest.as_bytes()));
    match asked.path.as_str() {
        "/v2/acme/echo/manifests/1" => Answer::ok(manifest).typed(IMAGE),
        path if path == by_digest => Answer::ok(manifest).typed(IMAGE),
        path if path == blob => Answer::ok(COMPONENT),
        _ => Answer::status(404),
    }
}

/// The same with another manifest.
fn with_manifest(manifest: Value, media_type: &'static str) -> impl Fn(&Asked) -> Answer {
    move |asked| match asked.path.as_str() {
        "/v2/acme/echo/manifests/1" => Answer::ok(manifest.to_string()).typed(media_type),
        _ => honest(asked),
    }
}

fn basic() -> String {
    // `me:hunter22-hunter22`
    "Basic bWU6aHVudGVyMjItaHVudGVyMjI=".to_owned()
}

fn bearer() -> String {
    format!("Bearer {TOKEN}")
}

fn credential() -> (tempfile::NamedTempFile, Login) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{USER}:{PASSWORD}").unwrap();
    let source = SecretSource::File(file.path().to_owned());
    (file, Login { source, token_host: None })
}

/// An answer of a registry that wants a token of `realm`, which has to know the credential.
fn wants_token(asked: &Asked, realm: &str, with_credential: bool) -> Option<Answer> {
    if asked.path.starts_with("/token") {
        let known = !with_credential || asked.is(&basic());
        let answer = json!({ "token": TOKEN }).to_string();
        return Some(if known { Answer::ok(answer) } else { Answer::status(401) });
    }
    (!asked.is(&bearer())).then(|| {
        let challenge =
            format!("Bearer realm=\"{realm}\",service=\"the registry\",scope=\"x:y:*\"");
        Answer::status(401).with("www-authenticate", challenge)
    })
}

/// A world whose answers may hold `PORT`, for its own.
async fn world(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> World {
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
fn kind<T: std::fmt::Debug>(result: Result<T, FetchError>) -> (FetchErrorKind, String) {
    let error = result.expect_err("it was taken");
    (error.kind, error.message)
}

#[tokio::test]
async fn what_has_its_digest_is_taken_and_nothing_else() {
    let good = world(|_| Answer::ok(COMPONENT)).await;
    assert_eq!(good.component().await.unwrap(), COMPONENT);
    let other = world(|_| Answer::ok(&b"another component, of whoever it is"[..])).await;
    let (kind, message) = kind(other.component().await);
    assert_eq!(kind, FetchErrorKind::Mismatch);
    // The digest of what came would only be copied.
    let came = Digest::of(b"another component, of whoever it is").to_string();
    assert!(!message.contains(&came), "{message}");
}

#[tokio::test]
async fn a_body_without_end_is_given_up() {
    let world = world(|_| Answer { endless: true, ..Answer::ok(vec![0; 65536]) }).await;
    assert_eq!(kind(world.component().await).0, FetchErrorKind::TooLarge);
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up() {
    let world = world(|_| Answer { stalls: true, ..Answer::ok(&COMPONENT[..3]) }).await;
    let fetcher = world.fetcher().limits(Limits { idle_ms: 50, ..Limits::default() });
    let place = world.place("/echo.wasm");
    let fetched = fetcher.component(&place, Digest::of(COMPONENT), MOST).await;
    assert_eq!(kind(fetched).0, FetchErrorKind::TimedOut);
}

#[tokio::test]
async fn what_is_compressed_or_announced_as_too_large_is_not_read() {
    let zipped = world(|_| Answer::ok(COMPONENT).with("content-encoding", "gzip")).await;
    assert_eq!(kind(zipped.component().await).0, FetchErrorKind::Server);
    let large = world(|_| Answer::ok(vec![0; MOST as usize + 1])).await;
    assert_eq!(kind(large.component().await).0, FetchErrorKind::TooLarge);
}

#[tokio::test]
async fn a_redirect_leads_to_https_and_to_nothing_else() {
    for (location, good) in [
        ("https://other.example.com:PORT/real.wasm", true),
        ("//other.example.com:PORT/real.wasm", true),
        ("/real.wasm", true),
        ("/real.wasm?signature=x#y", true),
        ("http://other.example.com:PORT/real.wasm", false),
        ("HTTP://other.example.com:PORT/real.wasm", false),
        ("file:///etc/passwd", false),
        ("ftp://other.example.com/real.wasm", false),
        ("data:application/wasm,x", false),
        ("https://me:pw@other.example.com:PORT/real.wasm", false),
        ("https://169.254.169.254/latest/meta-data", false),
        ("https://metadata.google.internal/", false),
        ("https://[fd00:ec2::254]/", false),
        ("https://0x7f000001:PORT/real.wasm", false),
        ("https:/real.wasm", false),
        ("\\\\other.example.com\\real.wasm", false),
        ("real.wasm", false),
        ("", false),
    ] {
        let world = world(move |asked| match asked.path.starts_with("/real.wasm") {
            true => Answer::ok(COMPONENT),
            false => Answer::to(location),
        })
        .await;
        // Not even out of TLS where HTTP is permitted.
        for (asked, allow_plaintext) in [(1, false), (2, true)] {
            let permits = Permits { allow_private: true, allow_plaintext };
            let fetcher = world.egress().build().fetcher(permits);
            let place = world.place("/echo.wasm");
            match fetcher.component(&place, Digest::of(COMPONENT), MOST).await {
                Ok(_) => assert!(good, "{location}"),
                Err(error) => {
                    assert!(!good, "{location}: {error}");
                    assert_eq!(error.kind, FetchErrorKind::Denied, "{location}: {error}");
                    assert_eq!(world.asked().len(), asked, "{location}");
                }
            }
        }
    }
}

#[tokio::test]
async fn redirects_without_end_are_given_up() {
    let world = world(|asked| Answer::to(format!("{}x", asked.path))).await;
    assert_eq!(kind(world.component().await).0, FetchErrorKind::Denied);
    assert!(world.asked().len() < 10);
}

#[tokio::test]
async fn addresses_that_are_not_public_are_permitted_or_refused() {
    let world = world(|_| Answer::ok(COMPONENT)).await;
    let fetcher = world.egress().build().fetcher(Permits::default());
    let digest = Digest::of(COMPONENT);
    // By its name, and as it is written.
    let (denied, message) = kind(fetcher.component(&world.place("/a.wasm"), digest, MOST).await);
    assert_eq!(denied, FetchErrorKind::Denied, "{message}");
    assert!(message.contains("--allow-private"), "{message}");
    for host in ["127.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "10.0.0.1", "169.254.169.254"] {
        let place: Place = format!("https://{host}:{}/a.wasm", world.port).parse().unwrap();
        let (denied, message) = kind(fetcher.component(&place, digest, MOST).await);
        assert_eq!(denied, FetchErrorKind::Denied, "{host}: {message}");
    }
    assert!(world.asked().is_empty());
    // In the clear, not even where private addresses are permitted; and to public ones never.
    let place: Place = format!("http://127.0.0.1:{}/a.wasm", world.port).parse().unwrap();
    let (denied, _) = kind(world.fetcher().component(&place, digest, MOST).await);
    assert_eq!(denied, FetchErrorKind::Denied);
    let all = Permits { allow_private: true, allow_plaintext: true };
    let place: Place = "http://8.8.8.8/a.wasm".parse().unwrap();
    let (denied, message) =
        kind(world.egress().build().fetcher(all).component(&place, digest, MOST).await);
    assert_eq!(denied, FetchErrorKind::Denied, "{message}");
}

#[tokio::test]
async fn a_redirect_from_a_public_place_to_a_private_one_is_refused() {
    // A proxy reaches the world by a public name, and would reach anything.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let world = world(|_| Answer::to("https://10.0.0.1:PORT/echo.wasm")).await;
    let port = world.port;
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && client.read_buf(&mut request).await.is_ok() {}
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
        }
    });
    let egress = world.egress().proxy(Proxy::new(&proxy, None).unwrap()).build();
    let fetcher = egress.fetcher(Permits::default());
    let place = world.place("/echo.wasm");
    let (denied, message) = kind(fetcher.component(&place, Digest::of(COMPONENT), MOST).await);
    assert_eq!(denied, FetchErrorKind::Denied, "{message}");
    assert!(message.contains("10.0.0.1 is a private address"), "{message}");
    assert_eq!(world.asked().len(), 1);
}

#[test]
fn an_address_that_may_hold_a_credential_is_not_taken() {
    for text in [
        "https://me:hunter22@example.com/a.wasm",
        "https://example.com/a.wasm?key=hunter22",
        "https://example.com/a.wasm#hunter22",
        "https://example.com/../a.wasm",
        "https://example.com/a%2f..%2fb.wasm",
        "https://example.com/a\u{1b}[2J.wasm",
        "https://example.com/",
        "https://example.com",
        "https:///a.wasm",
        "https://127.1/a.wasm",
        "https://example.com:99999/a.wasm",
        "file:///a.wasm",
    ] {
        let error = text.parse::<Place>().expect_err(text);
        assert_eq!(error.kind, FetchErrorKind::Source, "{text}");
        assert!(!error.to_string().contains("hunter22"), "{error}");
    }
}

#[tokio::test]
async fn what_lies_beside_is_there_or_not() {
    let world = world(|asked| match asked.path.as_str() {
        "/echo.wasm.minisig" => Answer::ok("signature"),
        "/echo.wasm.sig" => Answer::ok(vec![0; 5000]),
        "/echo.wasm.broken" => Answer::status(500),
        _ => Answer::status(404),
    })
    .await;
    let (fetcher, place) = (world.fetcher(), world.place("/echo.wasm"));
    let beside = async |extension: &str| fetcher.beside(&place, extension, 4096).await;
    assert_eq!(beside("minisig").await.unwrap().unwrap(), b"signature");
    assert_eq!(beside("sigstore.json").await.unwrap(), None);
    assert_eq!(kind(beside("sig").await).0, FetchErrorKind::TooLarge);
    // That one cannot be told is not that there is none.
    assert_eq!(kind(beside("broken").await).0, FetchErrorKind::Server);
}

#[tokio::test]
async fn an_artifact_is_pulled_by_tag_and_by_digest() {
    let world = world(honest).await;
    let pulled = world.pull(None).await.unwrap();
    assert_eq!(pulled.component, COMPONENT);
    assert_eq!(pulled.manifest, Digest::of(image(COMPONENT).to_string().as_bytes()));
    let asked = world.asked();
    assert!(asked.iter().all(|asked| asked.authorization.is_none()), "{asked:?}");
    let found = world.reference(":1").at(pulled.manifest);
    let again = world.fetcher().pull(&found, None, MOST).await.unwrap();
    assert_eq!(again.component, COMPONENT);
    assert!(world.asked()[2].path.ends_with(&pulled.manifest.to_string()));
}

#[tokio::test]
async fn a_tag_that_changes_meanwhile_changes_nothing() {
    let manifests = Mutex::new(0);
    let world = world(move |asked| {
        if asked.path != "/v2/acme/echo/manifests/1" {
            return honest(asked);
        }
        *manifests.lock().unwrap() += 1;
        match *manifests.lock().unwrap() {
            1 => honest(asked),
            _ => Answer::ok(image(b"another").to_string()).typed(IMAGE),
        }
    })
    .await;
    let pulled = world.pull(None).await.unwrap();
    assert_eq!(pulled.component, COMPONENT);
    assert_eq!(world.asked().len(), 2, "the tag was resolved more than once");
}

#[tokio::test]
async fn what_a_registry_gives_must_be_what_it_says() {
    let blob = |body: Vec<u8>| {
        move |asked: &Asked| match asked.path.contains("/blobs/") {
            true => Answer::ok(body.clone()),
            false => honest(asked),
        }
    };
    let mut changed = COMPONENT.to_vec();
    changed[0] ^= 1;
    let (mut two, mut gigantic) = (image(COMPONENT), image(COMPONENT));
    two["layers"].as_array_mut().unwrap().push(descriptor("application/wasm", b"another"));
    gigantic["layers"][0]["size"] = json!(MOST + 1);
    let mut elsewhere = image(COMPONENT);
    elsewhere["layers"][0]["urls"] = json!(["https://elsewhere.example.com/blob"]);
    elsewhere["layers"][0]["digest"] = json!(Digest::of(b"nowhere").to_string());
    let padded = format!("{}{}", image(COMPONENT), " ".repeat(MANIFEST_BYTES as usize));
    let false_digest = |asked: &Asked| {
        let digest = Digest::of(b"something else").to_string();
        honest(asked).with("docker-content-digest", digest)
    };
    let endless = |asked: &Asked| match asked.path.contains("/manifests/") {
        true => Answer { endless: true, ..Answer::ok(vec![b' '; 4096]).typed(IMAGE) },
        false => honest(asked),
    };
    type Answers = Box<dyn Fn(&Asked) -> Answer + Send + Sync>;
    let cases: [(&str, Answers, FetchErrorKind); 9] = [
        ("another digest", Box::new(blob(changed)), FetchErrorKind::Mismatch),
        ("too short", Box::new(blob(COMPONENT[1..].to_vec())), FetchErrorKind::Mismatch),
        ("too long", Box::new(blob([COMPONENT, b"!"].concat())), FetchErrorKind::TooLarge),
        ("two layers", Box::new(with_manifest(two, IMAGE)), FetchErrorKind::Mismatch),
        ("a layer too large", Box::new(with_manifest(gigantic, IMAGE)), FetchErrorKind::TooLarge),
        ("a layer elsewhere", Box::new(with_manifest(elsewhere, IMAGE)), FetchErrorKind::NotFound),
        (
            "a gigantic manifest",
            Box::new(move |_| Answer::ok(padded.clone()).typed(IMAGE)),
            FetchErrorKind::TooLarge,
        ),
        ("a manifest without end", Box::new(endless), FetchErrorKind::TooLarge),
        ("another manifest than it says", Box::new(false_digest), FetchErrorKind::Mismatch),
    ];
    for (what, answers, expected) in cases {
        let world = world(answers).await;
        let (kind, message) = kind(world.pull(None).await);
        assert_eq!(kind, expected, "{what}: {message}");
        let hosts = world.asked().into_iter().map(|asked| asked.host);
        assert!(hosts.into_iter().all(|host| host == "registry.example.com"), "{what}");
    }
    // By digest too, where a registry gives another manifest for it.
    let asked = Digest::of(b"what was reviewed");
    let lies = world(|asked| match asked.path.contains("/manifests/") {
        true => Answer::ok(image(COMPONENT).to_string()).typed(IMAGE),
        false => honest(asked),
    })
    .await;
    let pulled = lies.fetcher().pull(&lies.reference(&format!("@{asked}")), None, MOST).await;
    assert_eq!(kind(pulled).0, FetchErrorKind::Mismatch);
}

#[tokio::test]
async fn an_index_leads_to_one_image_and_no_further() {
    let to = |entries: Vec<Value>| {
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
        with_manifest(index, INDEX)
    };
    let manifest = image(COMPONENT).to_string();
    let wasm = || {
        let mut entry = descriptor(IMAGE, manifest.as_bytes());
        entry["platform"] = json!({ "architecture": "wasm", "os": "wasip2" });
        entry
    };
    let good = world(to(vec![wasm(), descriptor(IMAGE, b"of another kind")])).await;
    let pulled = good.pull(None).await.unwrap();
    assert_eq!(pulled.component, COMPONENT);
    // What the tag meant is the index.
    assert_ne!(pulled.manifest, Digest::of(manifest.as_bytes()));

    let two = world(to(vec![wasm(), wasm()])).await;
    let (refused, message) = kind(two.pull(None).await);
    assert_eq!(refused, FetchErrorKind::Mismatch);
    assert!(message.contains("2 images"), "{message}");

    // One index after the other, for ever.
    let nested = json!({
        "schemaVersion": 2, "mediaType": INDEX,
        "manifests": [descriptor(IMAGE, b"the end")],
    })
    .to_string();
    let deep = nested.clone();
    let bomb = world(move |asked| match asked.path.as_str() {
        "/v2/acme/echo/manifests/1" => {
            let entry = descriptor(IMAGE, deep.as_bytes());
            let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] });
            Answer::ok(index.to_string()).typed(INDEX)
        }
        _ => Answer::ok(deep.clone()).typed(INDEX),
    })
    .await;
    assert_eq!(kind(bomb.pull(None).await).0, FetchErrorKind::Mismatch);
    assert_eq!(bomb.asked().len(), 2);
    let wide: Vec<Value> = (0..2000).map(|_| wasm()).collect();
    let wide = world(to(wide)).await;
    assert_eq!(kind(wide.pull(None).await).0, FetchErrorKind::TooLarge);
    assert_eq!(wide.asked().len(), 1);
}

#[tokio::test]
async fn a_token_is_asked_for_by_nobody_in_particular() {
    let world = world(|asked| {
        let wanted = wants_token(asked, "https://tokens.example.com:PORT/token?a=b", false);
        wanted.unwrap_or_else(|| honest(asked))
    })
    .await;
    world.pull(None).await.unwrap();
    let asked = world.asked();
    let token = asked.iter().find(|asked| asked.host == "tokens.example.com").unwrap();
    // Leave to pull, whatever the registry says that it wants.
    let path = "/token?a=b&service=the%20registry&scope=repository%3Aacme%2Fecho%3Apull";
    assert_eq!((token.path.as_str(), token.authorization.as_ref()), (path, None));
}

#[tokio::test]
async fn a_credential_is_shown_to_the_registry_when_it_asks() {
    let (_file, login) = credential();
    let by_token = world(|asked| {
        let wanted = wants_token(asked, "https://registry.example.com:PORT/token", true);
        wanted.unwrap_or_else(|| honest(asked))
    })
    .await;
    by_token.pull(Some(&login)).await.unwrap();
    let shown: Vec<_> = by_token.asked().into_iter().map(|asked| asked.authorization).collect();
    assert_eq!(shown, [None, Some(basic()), Some(bearer()), Some(bearer())]);

    let itself = world(|asked| match asked.is(&basic()) {
        true => honest(asked),
        false => Answer::status(401).with("www-authenticate", "Basic realm=\"x\""),
    })
    .await;
    itself.pull(Some(&login)).await.unwrap();
    // Without a credential it is told what is missing.
    let error = itself.pull(None).await.unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Authentication);
    assert!(error.help.unwrap().contains("--credential"));
    // A registry that wants nothing is shown nothing.
    let open = world(honest).await;
    open.pull(Some(&login)).await.unwrap();
    assert!(open.asked().iter().all(|asked| asked.authorization.is_none()));
}

#[tokio::test]
async fn a_token_server_elsewhere_has_the_credential_only_if_a_person_named_it() {
    let world = world(|asked| {
        let wanted = wants_token(asked, "https://tokens.example.com:PORT/token", true);
        wanted.unwrap_or_else(|| honest(asked))
    })
    .await;
    let (_file, login) = credential();
    let error = world.pull(Some(&login)).await.unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Denied, "{error}");
    let host = format!("tokens.example.com:{}", world.port);
    assert!(error.help.unwrap().contains(&format!("--token-host {host}")));
    assert!(world.asked().iter().all(|asked| asked.host == "registry.example.com"));
    world.pull(Some(&Login { token_host: Some(host), ..login })).await.unwrap();
}

#[tokio::test]
async fn a_token_server_in_the_clear_or_at_metadata_is_not_asked() {
    let (_file, login) = credential();
    for realm in [
        "http://registry.example.com:PORT/token",
        "https://169.254.169.254/token",
        "https://metadata.google.internal/token",
        "file:///etc/passwd",
        "https://me:pw@registry.example.com:PORT/token",
    ] {
        let world =
            world(move |asked| wants_token(asked, realm, false).unwrap_or_else(|| honest(asked)))
                .await;
        for login in [None, Some(&login)] {
            assert!(world.pull(login).await.is_err(), "{realm}");
        }
        assert!(world.asked().iter().all(|asked| !asked.path.starts_with("/token")), "{realm}");
    }
}

#[tokio::test]
async fn whoever_a_registry_leads_to_gets_neither_credential_nor_token() {
    // The blob lies elsewhere, where somebody asks for a credential as the registry would, or
    // leads back; and the token server leads away as well.
    for hostile in ["challenge", "back", "token"] {
        let world = world(move |asked| {
            let blob = Digest::of(COMPONENT);
            let challenge = Answer::status(401)
                .with("www-authenticate", "Basic realm=\"x\"")
                .with("www-authenticate", "Bearer realm=\"https://evil.example.com:PORT/token\"");
            match (asked.host.as_str(), asked.path.as_str()) {
                ("evil.example.com", "/back") => Answer::to(format!(
                    "https://registry.example.com:PORT/v2/acme/echo/blobs/{blob}?again"
                )),
                ("evil.example.com", _) => challenge,
                (_, path) if path.starts_with("/token") && hostile == "token" => {
                    Answer::to("https://evil.example.com:PORT/token")
                }
                (_, path) if path.ends_with("?again") => match asked.authorization {
                    Some(_) => Answer::ok(COMPONENT),
                    None => Answer::status(403),
                },
                (_, path) if path.contains("/blobs/") && asked.is(&bearer()) => {
                    let path = if hostile == "back" { "back" } else { "blob" };
                    Answer::to(format!("https://evil.example.com:PORT/{path}"))
                }
                _ => wants_token(asked, "https://registry.example.com:PORT/token", true)
                    .unwrap_or_else(|| honest(asked)),
            }
        })
        .await;
        let (_file, login) = credential();
        assert!(world.pull(Some(&login)).await.is_err(), "{hostile}");
        let asked = world.asked();
        let at_evil: Vec<_> = asked.iter().filter(|it| it.host == "evil.example.com").collect();
        assert_eq!(at_evil.len(), 1, "{hostile}: {asked:?}");
        assert!(at_evil[0].authorization.is_none(), "{hostile}: {asked:?}");
        // Who was led away comes back without.
        let back = asked.iter().find(|it| it.path.ends_with("?again"));
        assert!(back.is_none_or(|it| it.authorization.is_none()), "{hostile}: {asked:?}");
    }
}

#[tokio::test]
async fn what_somebody_else_wants_to_know_is_not_heard() {
    let (_file, login) = credential();
    for challenge in ["Basic", "Bearer realm=\"https://evil.example.com:PORT/token\""] {
        let world =
            world(move |asked| match (asked.host.as_str(), asked.path.contains("/blobs/")) {
                ("evil.example.com", _) => Answer::status(401).with("www-authenticate", challenge),
                (_, true) => Answer::to("https://evil.example.com:PORT/blob"),
                _ => honest(asked),
            })
            .await;
        for login in [None, Some(&login)] {
            let refused = kind(world.pull(login).await).0;
            assert_eq!(refused, FetchErrorKind::Authentication);
            let asked = std::mem::take(&mut *world.asked.lock().unwrap());
            assert_eq!(asked.len(), 3, "{asked:?}");
            assert!(asked.iter().all(|asked| asked.authorization.is_none()), "{asked:?}");
        }
    }
}

#[tokio::test]
async fn no_message_repeats_what_a_server_echoes() {
    let (_file, login) = credential();
    let echo = world_that_echoes().await;
    let error = echo.pull(Some(&login)).await.unwrap_err();
    let shown = format!("{error:?}");
    assert!(shown.contains("[secret]"), "{shown}");
    assert!(!shown.contains(PASSWORD) && !shown.contains(TOKEN), "{shown}");
}

/// Leads to hosts that are called as the credential is.
async fn world_that_echoes() -> World {
    world(|asked| {
        if asked.path.contains("/blobs/") {
            return Answer::to(format!("https://{PASSWORD}.{TOKEN}.invalid:PORT/"));
        }
        wants_token(asked, "https://registry.example.com:PORT/token", true)
            .unwrap_or_else(|| honest(asked))
    })
    .await
}

#[tokio::test]
async fn a_credential_is_never_sent_in_the_clear_and_never_half() {
    let world = world(honest).await;
    let all = Permits { allow_private: true, allow_plaintext: true };
    let (file, login) = credential();
    let fetcher = world.egress().build().fetcher(all);
    let pulled = fetcher.pull(&world.reference(":1"), Some(&login), MOST).await;
    assert_eq!(kind(pulled).0, FetchErrorKind::Denied);
    let wants = world_that_wants().await;
    for text in ["no colon at all", "a:b\u{7f}c"] {
        std::fs::write(file.path(), text).unwrap();
        let (failed, message) = kind(wants.pull(Some(&login)).await);
        assert_eq!(failed, FetchErrorKind::Authentication);
        assert!(!message.contains(text), "{message}");
    }
    assert!(wants.asked().iter().all(|asked| asked.authorization.is_none()));
}

async fn world_that_wants() -> World {
    world(|_| Answer::status(401).with("www-authenticate", "Basic")).await
}
