//! Components that come over the network, as a user gets them: from a web server and a
//! registry on loopback, which are not always honest.

use crate::context::{Context, Screen, assert_screen};
use crate::difference::GREEDY;
use crate::grants::{ask, world};
use crate::signatures::{policy, sign, signed_world};
use hotcell::manifest::Digest;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const VERSION: (&str, &str) = ("version = \"0.1.0\"", "version = \"0.1.1\"");
/// What loopback has to be permitted with.
const HERE: [&str; 2] = ["--allow-private", "--allow-plaintext"];
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

/// A server on loopback, which answers by path and notes what it was asked for.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

/// Status, further lines of the head, and the body.
type Answer = (u16, String, Vec<u8>);

impl Server {
    /// It ends with the test's process.
    fn new(answer: impl Fn(&str) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let hears = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // Whoever asks may go away at any time.
                let _ = serve(&mut stream.unwrap(), &hears, &answer);
            }
        });
        Self { address, asked }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn reference(&self, version: &str) -> String {
        format!("oci://{}/acme/echo{version}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn serve(
    stream: &mut TcpStream,
    hears: &Mutex<Vec<String>>,
    answer: &impl Fn(&str) -> Answer,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    hears.lock().unwrap().push(path.to_owned());
    let (status, lines, body) = answer(path);
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Whatever\r\nconnection: close\r\ncontent-length: {length}\r\n{lines}\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}

fn files(context: &Context) -> impl Fn(&str) -> Answer + Send + 'static {
    let folder = context.project();
    move |path| match std::fs::read(folder.join(path.trim_start_matches('/'))) {
        Ok(bytes) => (200, String::new(), bytes),
        Err(_) => (404, String::new(), Vec::new()),
    }
}

fn manifest(component: &[u8]) -> Vec<u8> {
    let descriptor = |media_type: &str, bytes: &[u8]| {
        let digest = Digest::of(bytes).to_string();
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    };
    let image = json!({
        "schemaVersion": 2,
        "mediaType": IMAGE,
        "config": descriptor("application/vnd.wasm.config.v0+json", b"{}"),
        "layers": [descriptor("application/wasm", component)],
    });
    image.to_string().into_bytes()
}

/// A registry with `acme/echo`, whose tag `1` is what is in `tag.wasm` when it is asked, and
/// that gives a token to whomever. It has each component of the project.
fn registry(context: &Context) -> Server {
    let folder = context.project();
    let has_token = Mutex::new(false);
    Server::new(move |path| {
        let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
        let typed = format!("content-type: {IMAGE}\r\n");
        if path.starts_with("/token") {
            *has_token.lock().unwrap() = true;
            return (200, String::new(), b"{\"token\":\"anonymous\"}".to_vec());
        }
        if !*has_token.lock().unwrap() {
            let host = std::fs::read_to_string(folder.join("registry")).unwrap();
            let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"here\"");
            return (401, format!("www-authenticate: {challenge}\r\n"), Vec::new());
        }
        match path.rsplit_once('/').unwrap_or_default() {
            (_, "1") => (200, typed, manifest(&read("tag.wasm"))),
            (kind, digest) => {
                let components = ["first.wasm", "next.wasm", "greedy.wasm"].map(|file| {
                    let component = std::fs::read(folder.join(file)).unwrap_or_default();
                    match kind.ends_with("/blobs") {
                        true => component,
                        false => manifest(&component),
                    }
                });
                let found = components.into_iter().find(|it| Digest::of(it).to_string() == digest);
                found.map_or((404, String::new(), Vec::new()), |it| (200, typed, it))
            }
        }
    })
}

fn digest(context: &Context, file: &str) -> String {
    Digest::of(&std::fs::read(context.project().join(file)).unwrap()).to_string()
}

fn lock(context: &Context) -> String {
    std::fs::read_to_string(context.project().join("hotcell.lock")).unwrap()
}

/// `adapter add SOURCE --name theirs --yes`, and more.
fn add(context: &Context, source: &str, more: &[&str]) -> Screen {
    let add = ["adapter", "add", source, "--name", "theirs", "--yes"];
    context.run(&[&add[..], &HERE, more].concat())
}

fn trust(context: &Context, more: &[&str]) -> Screen {
    context.run(&[&["adapter", "trust", "theirs"][..], &HERE, more].concat())
}

#[test]
fn a_component_from_an_address_is_granted_by_its_digest() {
    let context = world();
    let server = Server::new(files(&context));
    let (url, first) = (server.url("/first.wasm"), digest(&context, "first.wasm"));
    let added = add(&context, &url, &["--digest", &first, "--json"]).good().json();
    assert_eq!((&added["source"], &added["digest"]), (&url.clone().into(), &first.into()));
    assert_eq!(ask(&context).good().out, "You said: hi\n");
    assert!(lock(&context).contains(&format!("source = \"{url}\"")), "{}", lock(&context));
    assert_eq!(server.asked(), ["/first.wasm"]);
    // Another version at the same address.
    context.packed("first.wasm", &[VERSION]);
    let without = trust(&context, &["--yes"]);
    assert_eq!(without.code, Some(2), "{without:?}");
    assert_eq!(server.asked(), [""; 0]);
    trust(&context, &["--yes", "--digest", &digest(&context, "first.wasm")]).good();
    assert!(lock(&context).contains("version = \"0.1.1\""), "{}", lock(&context));
}

#[test]
fn an_address_in_the_lock_is_not_opened_as_a_file() {
    let context = world();
    let server = Server::new(files(&context));
    let (url, first) = (server.url("/first.wasm"), digest(&context, "first.wasm"));
    add(&context, &url, &["--digest", &first]).good();
    // What a relative path of that name would be.
    context.packed("greedy.wasm", GREEDY);
    let folder = context.project().join(format!("http:/{}", server.address));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(context.project().join("greedy.wasm"), folder.join("first.wasm")).unwrap();
    let audit = context.run(&["audit", "--json"]).json();
    let theirs = &audit["adapters"]["theirs"];
    assert_eq!((&theirs["granted"]["source"], &theirs["update"]), (&url.into(), &Value::Null));
}

#[test]
fn what_is_not_as_it_must_be_is_not_granted() {
    let context = world();
    let server = Server::new(files(&context));
    let url = server.url("/first.wasm");
    let first = digest(&context, "first.wasm");
    let other = Digest::of(b"another").to_string();
    context.file("zeros.bin", vec![0; 65 << 20]);
    let mut pages = String::new();
    let mut refused = |title: &str, code: i32, asks: usize, screen: Screen| {
        assert_eq!(screen.code, Some(code), "{title}: {screen:?}");
        assert_eq!(server.asked().len(), asks, "{title}");
        assert!(!screen.err.contains("hunter22"), "{title}: {screen:?}");
        pages.push_str(&format!("=== {title}\n{}\n", screen.page()));
    };
    let plain = |source: &str, more: &[&str]| {
        context.run(&[&["adapter", "add", source, "--yes"][..], more].concat())
    };
    refused("no digest", 2, 0, add(&context, &url, &[]));
    refused("another digest", 1, 1, add(&context, &url, &["--digest", &other]));
    refused("locked", 1, 0, add(&context, &url, &["--digest", &first, "--locked"]));
    refused("in the clear", 5, 0, plain(&url, &["--digest", &first]));
    refused("half permitted", 2, 0, plain(&url, &["--digest", &first, "--allow-plaintext"]));
    let private = url.replace("http:", "https:");
    refused("a private address", 5, 0, plain(&private, &["--digest", &first]));
    let metadata = "http://169.254.169.254/a.wasm";
    refused("metadata", 5, 0, add(&context, metadata, &["--digest", &first]));
    refused("nothing there", 3, 1, add(&context, &server.url("/x.wasm"), &["--digest", &first]));
    let zeros = server.url("/zeros.bin");
    refused("too large", 1, 1, add(&context, &zeros, &["--digest", &first]));
    let password = "https://me:hunter22@example.com/a.wasm";
    refused("a password", 2, 0, plain(password, &["--digest", &first]));
    refused("a query", 2, 0, plain("https://example.com/a?k=hunter22", &["--digest", &first]));
    refused("another scheme", 2, 0, plain("ftp://example.com/a.wasm", &["--digest", &first]));
    refused("a digest for a file", 1, 0, plain("first.wasm", &["--digest", &other]));
    let credential = ["--credential", "hunter22"];
    refused("a password for its source", 2, 0, plain("oci://ghcr.io/acme/echo:1", &credential));
    refused("a credential for an address", 2, 0, plain("first.wasm", &["--credential", "env:X"]));
    for (title, reference) in [
        ("no tag", "oci://ghcr.io/acme/echo"),
        ("out of the repository", "oci://ghcr.io/acme/../echo:1"),
        ("a password in a reference", "oci://me:hunter22@ghcr.io/acme/echo:1"),
        ("control characters", "oci://ghcr.io/acme/e\u{1b}[2Jcho:1"),
    ] {
        refused(title, 2, 0, plain(reference, &[]));
    }
    assert_screen!(context, "fetch_refused", pages);
    assert!(!context.project().join("hotcell.lock").exists());
    assert!(!context.home().join(".local").exists());
}

#[test]
fn redirects_lead_nowhere_else() {
    let context = world();
    let file = context.project().join("first.wasm");
    for location in [
        format!("file://{}", file.display()),
        "http://169.254.169.254/latest".to_owned(),
        "http://8.8.8.8/first.wasm".to_owned(),
        "/again".to_owned(),
    ] {
        let server = Server::new(move |_| (302, format!("location: {location}\r\n"), Vec::new()));
        let first = digest(&context, "first.wasm");
        let screen = add(&context, &server.url("/first.wasm"), &["--digest", &first]);
        assert_eq!(screen.code, Some(5), "{screen:?}");
        assert!(server.asked().len() < 10);
    }
    assert!(!context.project().join("hotcell.lock").exists());
}

#[test]
fn signatures_are_fetched_where_somebody_has_to_have_signed() {
    let context = signed_world();
    let server = Server::new(files(&context));
    let (url, first) = (server.url("/first.wasm"), digest(&context, "first.wasm"));
    let try_it = |more: &[&str]| add(&context, &url, &[&["--digest", &first], more].concat());
    let unsigned = try_it(&[]);
    assert_eq!(unsigned.code, Some(5), "{unsigned:?}");
    let beside = ["", ".minisig", ".sig", ".sigstore.json"].map(|it| format!("/first.wasm{it}"));
    assert_eq!(server.asked(), beside);
    sign(&context, "first.wasm", "mallory.key").good();
    let somebody = try_it(&[]);
    assert_eq!(somebody.code, Some(5), "{somebody:?}");
    assert!(somebody.err.contains("it is by another key"), "{somebody:?}");
    assert!(!context.project().join("hotcell.lock").exists());
    sign(&context, "first.wasm", "acme.key").good();
    try_it(&[]).good();
    assert!(lock(&context).contains("publisher = \"acme\""), "{}", lock(&context));
    ask(&context).good();
    // One that the user has is not asked for.
    context.run(&["adapter", "remove", "theirs"]).good();
    let signature = context.project().join("elsewhere.minisig");
    std::fs::rename(context.project().join("first.wasm.minisig"), &signature).unwrap();
    server.asked();
    try_it(&["--signature", "elsewhere.minisig"]).good();
    assert_eq!(server.asked(), ["/first.wasm"]);
    // Where nobody has to have signed, nobody is asked.
    policy(&context, "");
    context.run(&["adapter", "remove", "theirs"]).good();
    try_it(&[]).good();
    assert_eq!(server.asked(), ["/first.wasm"]);
}

#[test]
fn a_component_of_a_registry_is_granted_by_its_digest() {
    let context = world();
    let server = registry(&context);
    context.file("registry", server.address.to_string());
    let set_tag = |file: &str| {
        std::fs::copy(context.project().join(file), context.project().join("tag.wasm")).unwrap();
    };
    set_tag("first.wasm");
    add(&context, &server.reference(":1"), &[]).good();
    ask(&context).good();
    let first = manifest(&std::fs::read(context.project().join("first.wasm")).unwrap());
    let found = server.reference(&format!(":1@{}", Digest::of(&first)));
    assert!(lock(&context).contains(&format!("source = \"{found}\"")), "{}", lock(&context));
    assert!(lock(&context).contains(&digest(&context, "first.wasm")));
    assert_eq!(server.asked().len(), 4, "manifest, token, manifest, blob");

    // The tag means something else by now, which runs only when somebody agrees.
    context.packed("greedy.wasm", GREEDY);
    set_tag("greedy.wasm");
    let before = lock(&context);
    let shown = trust(&context, &[]);
    assert_eq!(shown.code, Some(2), "{shown:?}");
    assert!(shown.err.contains("https://models-openai.com"), "{shown:?}");
    assert_eq!(lock(&context), before);
    assert_eq!(server.asked().len(), 2);
    ask(&context).good();
    // Nobody gets a credential because a lock file says so.
    let screen = trust(&context, &["--credential", "env:MOCK_KEY", "--yes"]);
    assert_eq!(screen.code, Some(2), "{screen:?}");
    assert_eq!(server.asked(), [""; 0]);
    // By digest it means what it meant.
    trust(&context, &[&found, "--yes"]).good();
    assert!(lock(&context).contains(&digest(&context, "first.wasm")));
    // And with the component's own digest nothing else is taken.
    let other = trust(&context, &["--yes", "--digest", &digest(&context, "first.wasm")]);
    assert_eq!(other.code, Some(1), "{other:?}");
    trust(&context, &["--yes"]).good();
    assert!(lock(&context).contains(&digest(&context, "greedy.wasm")));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_fetch() {
    let context = world();
    // It accepts, and says nothing.
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/first.wasm", silent.local_addr().unwrap());
    let first = digest(&context, "first.wasm");
    let add = ["adapter", "add", &url, "--digest", &first, "--yes"];
    let mut command = context.command(&[&add[..], &HERE].concat());
    let mut child = command.spawn().unwrap();
    // When its request is here, it listens for Ctrl-C as well.
    let mut connection = silent.accept().unwrap().0;
    connection.read_exact(&mut [0; 4]).unwrap();
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
