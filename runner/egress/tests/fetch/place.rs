//! What lies at an address, and where redirects lead.

use crate::world::{Answer, COMPONENT, MOST, kind, world};
use hotcell_egress::fetch::{FetchErrorKind, Permits, Place};
use hotcell_egress::{Limits, Proxy};
use hotcell_manifest::Digest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

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
