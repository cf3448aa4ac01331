//! What an address may be, and what never comes out again.

use super::*;

fn service(protocol: Protocol, address: &str) -> Result<Service, SetupError> {
    let address = address.parse().map_err(SetupError::Service)?;
    Egress::builder().build().service(&ServiceSpec { protocol, address, password: None })
}

fn refusal(protocol: Protocol, address: &str) -> String {
    service(protocol, address).unwrap_err().to_string()
}

#[test]
fn addresses_are_read_as_everybody_writes_them() {
    let (address, password) = Address::read(
        Protocol::Postgres,
        "postgresql://hot%40cell:p%2Fw@db.internal:6432/state?sslmode=require",
    )
    .unwrap();
    assert_eq!(
        address,
        Address {
            host: "db.internal".to_owned(),
            port: 6432,
            is_tls: true,
            user: Some("hot@cell".to_owned()),
            database: Some("state".to_owned()),
        }
    );
    assert_eq!(password.unwrap().expose_secret(), "p/w");
    for (text, port, is_tls) in [
        ("redis://localhost", 6379, false),
        ("rediss://:word@valkey.internal:6380/3", 6380, true),
        ("redis://[::1]:7", 7, false),
    ] {
        let (address, _) = Address::read(Protocol::Valkey, text).unwrap();
        assert_eq!((address.port, address.is_tls), (port, is_tls), "{text}");
    }
    let off = "postgres://u@10.0.0.1/d?sslmode=disable";
    assert!(!Address::read(Protocol::Postgres, off).unwrap().0.is_tls);
}

#[test]
fn what_cannot_be_used_is_refused_without_a_word_of_it() {
    for (protocol, text) in [
        (Protocol::Postgres, "postgres://u:hunter2@h/d?sslmode=prefer"),
        (Protocol::Postgres, "postgres://u:hunter2@h/d?sslmode=allow"),
        (Protocol::Postgres, "postgres://u:hunter2@h/d?sslrootcert=hunter2"),
        (Protocol::Postgres, "postgres://u:hunter2@h:port/d"),
        (Protocol::Postgres, "postgres://:hunter2@h/d"),
        (Protocol::Postgres, "mysql://u:hunter2@h/d"),
        (Protocol::Postgres, "postgres://u:hunter2@h/d"),
        (Protocol::Postgres, "postgres://u:hunter2@127.1/d"),
        (Protocol::Postgres, "postgres://u:hunter2@metadata.google.internal/d"),
        (Protocol::Valkey, "redis://:hunter2@h/hunter2"),
        (Protocol::Valkey, "http://:hunter2@h/"),
        (Protocol::Valkey, "hunter2"),
        (Protocol::Valkey, "redis://:hunter2@h"),
    ] {
        let refused = refusal(protocol, text);
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}

#[test]
fn a_password_comes_from_a_source_and_shows_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("address");
    std::fs::write(&file, "postgres://u:hunter2@localhost:1/d?sslmode=disable\n").unwrap();
    let service = service(Protocol::Postgres, &format!("file:{}", file.display())).unwrap();
    assert_eq!(service.with_password(|word| word.map(str::to_owned)).as_deref(), Some("hunter2"));
    for shown in [format!("{service:?}"), format!("{service:#?}"), service.to_string()] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    // Nor where the file holds something else.
    std::fs::write(&file, "hunter2").unwrap();
    let refused = refusal(Protocol::Postgres, &format!("file:{}", file.display()));
    assert!(!refused.contains("hunter2"), "{refused}");
}

#[tokio::test]
async fn nothing_is_said_in_the_clear_to_a_public_address() {
    for (protocol, address) in [
        (Protocol::Valkey, "redis://1.1.1.1:9"),
        (Protocol::Postgres, "postgres://u@1.1.1.1:9/d?sslmode=disable"),
        (Protocol::Postgres, "postgres://u@169.254.169.254:9/d?sslmode=disable"),
    ] {
        let error = service(protocol, address).unwrap().connect().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied, "{address}: {error}");
    }
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing_else() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 8];
        stream.read_exact(&mut asked).await.unwrap();
        assert_eq!(asked, TLS_PLEASE);
        stream.write_all(b"N").await.unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        rest
    });
    let address = format!("postgres://u@127.0.0.1:{port}/d");
    let error = service(Protocol::Postgres, &address).unwrap().connect().await.unwrap_err();
    assert!(error.message.contains("no TLS"), "{error}");
    assert!(server.await.unwrap().is_empty());
}
