//! Which server of PostgreSQL's or Valkey's is believed. Every one here is on loopback, with
//! certificates made for the test.

mod issuer;

use hotcell_egress::service::{Protocol, Service, ServiceSpec};
use hotcell_egress::{Egress, ErrorKind, Roots};
use issuer::{Here, Issuer};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

const NAME: &str = "state.example.com";

/// Says `hello` to whoever believes its certificate, and hears what they say.
async fn serve(config: ServerConfig, protocol: Protocol) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            if protocol == Protocol::Postgres {
                let mut asked = [0; 8];
                stream.read_exact(&mut asked).await.unwrap();
                stream.write_all(b"S").await.unwrap();
            }
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            _ = stream.write_all(b"hello").await;
            _ = stream.shutdown().await;
        }
    });
    port
}

fn service(protocol: Protocol, host: &str, port: u16, roots: Roots) -> Service {
    let address = match protocol {
        Protocol::Postgres => format!("postgres://u@{host}:{port}/d?sslmode=require"),
        Protocol::Valkey => format!("rediss://{host}:{port}"),
    };
    let egress = Egress::builder().roots(roots).resolver(Arc::new(Here)).build();
    let address = address.parse().unwrap();
    egress.service(&ServiceSpec { protocol, address, password: None }).unwrap()
}

#[tokio::test]
async fn a_server_is_who_its_certificate_says_or_hears_nothing() {
    let (issuer, stranger) = (Issuer::new(), Issuer::new());
    for protocol in [Protocol::Postgres, Protocol::Valkey] {
        let port = serve(issuer.server(NAME, 4096), protocol).await;
        let mut stream = service(protocol, NAME, port, issuer.roots()).connect().await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        assert_eq!(said, "hello");
        // Another name, an authority that nobody believes, and a certificate that ran out.
        let old = serve(issuer.server(NAME, 2021), protocol).await;
        for (why, host, port, roots) in [
            ("name", "other.example.com", port, issuer.roots()),
            ("issuer", NAME, port, stranger.roots()),
            ("time", NAME, old, issuer.roots()),
        ] {
            // The file of roots is read when the service is made.
            let service = service(protocol, host, port, roots.clone());
            let error = service.connect().await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Unreachable, "{why}: {error}");
            assert!(error.message.contains("certificate"), "{why}: {error}");
        }
    }
}
