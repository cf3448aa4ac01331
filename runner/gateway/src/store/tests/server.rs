//! What a server may do to those who use it: lose answers, take its time, and be of another
//! version.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Stands between a store and its server. As often as it is told to, it lets the server do what
/// it was asked, and the answer be lost with the connection.
struct Between {
    port: u16,
    losses: Arc<AtomicUsize>,
}

impl Between {
    async fn new(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap().port();
        let losses = Arc::new(AtomicUsize::new(0));
        let left = losses.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                tokio::spawn(Self::pass(client, server, left.clone()));
            }
        });
        Self { port: at, losses }
    }

    async fn pass(client: TcpStream, server: TcpStream, losses: Arc<AtomicUsize>) {
        let (mut asking, mut told) = client.into_split();
        let (mut answering, mut asked) = server.into_split();
        let asking = async { _ = tokio::io::copy(&mut asking, &mut asked).await };
        let answering = async {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = answering.read(&mut bytes).await {
                let lose = |left: usize| left.checked_sub(1);
                let loses = losses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lose).is_ok();
                if loses || told.write_all(&bytes[..count]).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = asking => {}
            () = answering => {}
        }
    }

    fn lose(&self, count: usize) {
        self.losses.store(count, Ordering::SeqCst);
    }

    #[track_caller]
    fn lost_all(&self) {
        assert_eq!(self.losses.load(Ordering::SeqCst), 0, "nothing was lost");
    }
}

#[tokio::test]
async fn a_part_is_still_held_when_numbers_are_put_away() {
    let Some(server) = servers::Postgres::start() else { return };
    let store = postgres(&server, None);
    let claim = Claim { meter: meter(Window::Day), amount: 40, limit: 1_000_000 };
    let hold = store.divide(store.hold(std::slice::from_ref(&claim)).await.unwrap().hold);
    store.settle(hold, Vec::new(), entry(0)).await.unwrap();
    for _ in 0..5 {
        store.settle(Hold::default(), Vec::new(), entry(1)).await.unwrap();
    }
    store.beat().await;
    let counts = "SELECT (SELECT COUNT(*) FROM hotcell.holds), \
                  (SELECT COUNT(*) FROM hotcell.settled)";
    assert_eq!(server.sql(counts), "1|0");
    store.settle(hold, vec![(claim, 3)], entry(3)).await.unwrap();
    store.beat().await;
    assert_eq!(server.sql(counts), "0|0");
}

#[tokio::test]
async fn what_was_kept_and_never_confirmed_counts_once() {
    let Some(server) = servers::Postgres::start() else { return };
    let Some(valkey) = servers::Valkey::start() else { return };
    let (before_server, before_valkey) =
        (Between::new(server.port()).await, Between::new(valkey.port()).await);
    let at = servers::Postgres::plain_url_at(before_server.port);
    let counters = format!("redis://127.0.0.1:{}", before_valkey.port);
    let counters = Counters::new(Valkey::new(service(Protocol::Valkey, &counters)));
    let store = Postgres::new(service(Protocol::Postgres, &at), Some(counters)).unwrap();
    let money = Claim { meter: meter(Window::Day), amount: 40, limit: 100 };
    let tokens = Claim { meter: rate(Unit::Tokens, 60), amount: 40, limit: 100 };
    let claims = [money.clone(), tokens.clone()];
    let used = vec![(money.clone(), 7), (tokens.clone(), 7)];
    // Everything was said once, so that nothing but what is meant is lost afterwards.
    let held = store.hold(&claims).await.unwrap();
    store.settle(held.hold, used.clone(), entry(7)).await.unwrap();

    before_server.lose(1);
    before_valkey.lose(1);
    let held = store.hold(&claims).await.unwrap();
    before_server.lost_all();
    before_valkey.lost_all();
    let standing = store.standings(std::slice::from_ref(&money.meter)).await.unwrap();
    assert_eq!((held.over, standing), (None, vec![Standing { used: 7, held: 40 }]));

    // The session is new: its statement is prepared first, and its answer comes second.
    let again = store.hold(&claims).await.unwrap();
    assert_eq!(again.before, [Standing { used: 7, held: 40 }; 2]);
    store.settle(again.hold, used.clone(), entry(7)).await.unwrap();
    before_server.lose(1);
    before_valkey.lose(1);
    store.settle(held.hold, used, entry(7)).await.unwrap();
    before_server.lost_all();
    before_valkey.lost_all();
    let last = store.hold(&claims).await.unwrap();
    assert_eq!(last.before, [Standing { used: 21, held: 0 }; 2]);
    let query = UsageQuery { most: 1, ..UsageQuery::default() };
    let sums = store.usage(query).await.unwrap()[0].sums;
    assert_eq!((sums.requests, sums.cost), (3, Money::billionths(21)));
    store.end().await.unwrap();
    assert_eq!(server.sql("SELECT COUNT(*) FROM hotcell.settled"), "3");
}

#[tokio::test]
async fn a_request_that_is_given_up_while_it_is_held_holds_nothing() {
    let Some(server) = servers::Postgres::start() else { return };
    let store = postgres(&server, None);
    let claim = Claim { meter: meter(Window::Day), amount: 40, limit: 1_000_000 };
    let claims = [claim.clone()];
    let mut given_up = 0;
    for polls in 0..60 {
        // It is sent, at the latest, and then nobody waits for the answer any more.
        let mut hold = store.hold(&claims);
        let mut answer = None;
        for _ in 0..polls % 6 {
            let polled =
                std::future::poll_fn(|context| std::task::Poll::Ready(hold.as_mut().poll(context)));
            if let std::task::Poll::Ready(held) = polled.await {
                answer = Some(held.unwrap());
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(hold);
        match answer {
            Some(held) => {
                store.settle(held.hold, vec![(claim.clone(), 0)], entry(0)).await.unwrap();
            }
            None => given_up += 1,
        }
    }
    assert!(given_up > 0);
    // However late a hold comes to the server, it is not taken after it was given up.
    store.end().await.unwrap();
    assert_eq!(server.sql("SELECT COUNT(*) FROM hotcell.holds"), "0");
}

#[tokio::test]
async fn a_database_of_an_earlier_version_is_brought_up_to_this_one() {
    let Some(server) = servers::Postgres::start() else { return };
    let store = postgres(&server, None);
    store.settle(Hold::default(), Vec::new(), entry(7)).await.unwrap();
    drop(store);
    // As the first version left it.
    server.sql(
        "DROP TABLE hotcell.responses; DROP FUNCTION hotcell.keep_response; \
         DROP FUNCTION hotcell.beat; UPDATE hotcell.version SET number = 1",
    );
    let store = postgres(&server, None);
    store.keep_response(response("key-1", "r", "a/b")).await.unwrap();
    store.beat().await;
    assert!(store.response_of("key-1".into(), "r".into()).await.unwrap().unwrap().due);
    assert_eq!(used(&store).await.cost, Money::billionths(7));
}

#[tokio::test]
async fn a_database_of_a_later_version_is_left_alone() {
    let Some(server) = servers::Postgres::start() else { return };
    let page = || Page { after: String::new(), most: 1 };
    // Many at once make the tables once.
    let asking = (0..6).map(|_| {
        let store = postgres(&server, None);
        tokio::spawn(async move { store.keys(page(), None).await })
    });
    for asked in asking.collect::<Vec<_>>() {
        assert_eq!(asked.await.unwrap(), Ok(Vec::new()));
    }
    server.sql("UPDATE hotcell.version SET number = 99");
    let error = postgres(&server, None).keys(page(), None).await.unwrap_err();
    assert!(error.0.contains("a later version of hotcell"), "{error}");
}
