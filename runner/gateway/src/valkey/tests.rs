//! Answers, cut anywhere and of servers that lie; a server that comes and goes.

use super::*;
use hotcell::egress::Egress;
use hotcell::egress::service::{Protocol, ServiceSpec};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

async fn read(bytes: &[u8], most: usize) -> Result<Reply, ValkeyError> {
    protocol::read(&mut BufReader::with_capacity(3, bytes), most).await
}

fn text(text: &str) -> Reply {
    Reply::Text(text.as_bytes().to_vec())
}

#[tokio::test]
async fn answers_are_read_and_half_of_one_is_none() {
    let all: [(&[u8], Reply); 7] = [
        (b"+OK\r\n", text("OK")),
        (b":-7\r\n", Reply::Number(-7)),
        (b"$5\r\na\r\nbc\r\n", text("a\r\nbc")),
        (b"$-1\r\n", Reply::Nothing),
        (b"*-1\r\n", Reply::Nothing),
        (b"*0\r\n", Reply::List(Vec::new())),
        (
            b"*3\r\n:1\r\n*2\r\n$1\r\na\r\n*0\r\n$-1\r\n",
            Reply::List(vec![
                Reply::Number(1),
                Reply::List(vec![text("a"), Reply::List(Vec::new())]),
                Reply::Nothing,
            ]),
        ),
    ];
    for (bytes, reply) in all {
        assert_eq!(read(bytes, 100).await, Ok(reply));
        for cut in 0..bytes.len() {
            let half = read(&bytes[..cut], 100).await;
            assert!(matches!(half, Err(ValkeyError::Away(_))), "{cut}: {half:?}");
        }
    }
}

#[tokio::test]
async fn an_error_within_a_list_is_an_error_and_the_list_is_read_to_its_end() {
    let bytes: &[u8] = b"*2\r\n-ERR no\r\n:1\r\n+next\r\n";
    let mut from = BufReader::new(bytes);
    let refused = protocol::read(&mut from, 10).await;
    assert_eq!(refused, Err(ValkeyError::Refused("ERR no".to_owned())));
    assert_eq!(protocol::read(&mut from, 10).await, Ok(text("next")));
}

#[tokio::test]
async fn a_server_that_lies_takes_no_memory() {
    let long = [b"+".as_slice(), &[b'a'; 10_000]].concat();
    let deep = b"*1\r\n".repeat(1000);
    for bytes in [
        b"$9223372036854775807\r\n".as_slice(),
        b"$11\r\nhello world\r\n",
        b"*9223372036854775807\r\n",
        b"*-2\r\n",
        b"$-2\r\n",
        b"$2\r\nabc\r\n",
        b"$x\r\n",
        b"?\r\n",
        b"\r\n",
        b"+a\n",
        &long,
        &deep,
    ] {
        let answer = read(bytes, 10).await;
        assert!(matches!(answer, Err(ValkeyError::Malformed(_))), "{answer:?}");
    }
}

fn valkey(port: u16) -> Valkey {
    let address = format!("redis://127.0.0.1:{port}").parse().unwrap();
    let spec = ServiceSpec { protocol: Protocol::Valkey, address, password: None };
    Valkey::new(Egress::builder().build().service(&spec).unwrap())
}

async fn answer(stream: &mut TcpStream, asked: &[u8], answer: &[u8]) {
    let mut bytes = vec![0; asked.len()];
    stream.read_exact(&mut bytes).await.unwrap();
    assert_eq!(bytes, asked);
    stream.write_all(answer).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_was_closed_while_it_lay_idle_is_made_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let valkey = valkey(listener.local_addr().unwrap().port());
    let get = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    let server = tokio::spawn(async move {
        for value in [&b"$1\r\n1\r\n"[..], b"$1\r\n2\r\n"] {
            let (mut stream, _) = listener.accept().await.unwrap();
            answer(&mut stream, get, value).await;
        }
    });
    assert_eq!(valkey.get(b"k", 10).await, Ok(Some(b"1".to_vec())));
    assert_eq!(valkey.get(b"k", 10).await, Ok(Some(b"2".to_vec())));
    server.await.unwrap();
    // And when it is gone for good, that is said.
    assert!(matches!(valkey.get(b"k", 10).await, Err(ValkeyError::Away(_))));
}

#[tokio::test]
async fn what_is_too_long_ends_the_connection_and_not_the_next_question() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let valkey = valkey(listener.local_addr().unwrap().port());
    let get = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    let server = tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        answer(&mut first, get, b"$11\r\nhello world\r\n").await;
        let (mut second, _) = listener.accept().await.unwrap();
        answer(&mut second, get, b"$2\r\nhi\r\n").await;
    });
    assert!(matches!(valkey.get(b"k", 10).await, Err(ValkeyError::Malformed(_))));
    assert_eq!(valkey.get(b"k", 10).await, Ok(Some(b"hi".to_vec())));
    server.await.unwrap();
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for_long() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let valkey = valkey(listener.local_addr().unwrap().port());
    assert!(matches!(valkey.get(b"k", 10).await, Err(ValkeyError::Away(_))));
    drop(listener);
}

#[test]
fn a_script_has_the_digest_that_servers_know() {
    // As `printf 'return 1' | sha1sum` has it.
    assert_eq!(Script::new("return 1").digest, "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}
