//! What every place of the state has to do, whichever it is.

use super::*;
use crate::ledger::{Money, Window};
use crate::valkey::Valkey;
use hotcell::egress::Egress;
use hotcell::egress::service::{Protocol, ServiceSpec};
use servers::file;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[path = "../../tests/shared/servers.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod servers;

/// A place for the state.
enum Place {
    File(tempfile::TempDir),
    Server(servers::Postgres),
    Servers(servers::Postgres, servers::Valkey),
}

impl Place {
    /// All of those that there are on this machine.
    fn all() -> Vec<Self> {
        let mut all = vec![Self::File(tempfile::tempdir().unwrap())];
        all.extend(servers::Postgres::start().map(Self::Server));
        let both = servers::Postgres::start().zip(servers::Valkey::start());
        all.extend(both.map(|(server, valkey)| Self::Servers(server, valkey)));
        all
    }

    /// A store of its own, as another process has it.
    fn open(&self) -> Arc<dyn Store> {
        match self {
            // Between a fork and its program, a process that another test starts has the lock
            // of a store that is closed already.
            Self::File(folder) => loop {
                match Sqlite::serve(folder.path(), false) {
                    Ok(store) => break Arc::new(store),
                    Err(error) => assert!(error.0.contains("another gateway"), "{error}"),
                }
            },
            Self::Server(server) => Arc::new(postgres(server, None)),
            Self::Servers(server, valkey) => {
                let address = valkey.url();
                let counters = service(Protocol::Valkey, &address);
                Arc::new(postgres(server, Some(Counters::new(Valkey::new(counters)))))
            }
        }
    }
}

fn service(protocol: Protocol, address: &str) -> hotcell::egress::service::Service {
    let folder = tempfile::tempdir().unwrap();
    let word = file(folder.path(), "word", servers::PASSWORD);
    let password = Some(format!("file:{}", word.display()).parse().unwrap());
    let spec = ServiceSpec { protocol, address: address.parse().unwrap(), password };
    Egress::builder().build().service(&spec).unwrap()
}

fn postgres(server: &servers::Postgres, counters: Option<Counters>) -> Postgres {
    let service = service(Protocol::Postgres, &server.plain_url());
    Postgres::new(service, counters).unwrap()
}

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

fn meter(window: Window) -> Meter {
    Meter { subject: Subject::Key("key-1".into()), unit: Unit::Money, window, start: 0 }
}

fn rate(unit: Unit, start: u64) -> Meter {
    Meter { subject: Subject::Key("key-1".into()), unit, window: Window::Minute, start }
}

fn entry(cost: u64) -> Entry {
    let cost = Money::billionths(cost);
    let sums = Sums { requests: 1, cached: 1, cost, ..Sums::default() };
    Entry {
        day: 3,
        key: "key-1".into(),
        team: String::new(),
        model: "a/b".into(),
        response: None,
        sums,
    }
}

async fn used(store: &dyn Store) -> Sums {
    let query = UsageQuery { most: 10, ..UsageQuery::default() };
    store.usage(query).await.unwrap().first().map(|total| total.sums).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn meters_and_accounts_agree_whoever_looks_while_they_move() {
    const TASKS: u64 = 16;
    for place in Place::all() {
        // A file is faster than a server.
        let each = if matches!(place, Place::File(_)) { 200 } else { 40 };
        let store = place.open();
        // There was something before, which a meter learns when it is first looked at.
        store.settle(Hold::default(), Vec::new(), entry(1_000_000)).await.unwrap();
        let tasks = (0..TASKS).map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                let windows = [Window::Total, Window::Day, Window::Week, Window::Month];
                for number in 0..each {
                    // Each window is looked at first by somebody else, at another time.
                    let first = windows[((task + number / 10) % 4) as usize];
                    let claim = Claim { meter: meter(first), amount: 500, limit: u64::MAX };
                    let held = store.hold(std::slice::from_ref(&claim)).await.unwrap();
                    assert_eq!(held.over, None);
                    let others = windows.into_iter().filter(|window| *window != first);
                    let others: Vec<Claim> =
                        others.map(|it| Claim { meter: meter(it), ..claim.clone() }).collect();
                    let more = store.hold(&others).await.unwrap();
                    assert_eq!(more.over, None);
                    // Two holds for one cost: the other windows count it as well.
                    let others = others.into_iter().map(|claim| (claim, 7)).collect();
                    store.settle(more.hold, others, Entry::default()).await.unwrap();
                    store.settle(held.hold, vec![(claim, 7)], entry(7)).await.unwrap();
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        let expected = 1_000_000 + TASKS * each * 7;
        let meters = [Window::Total, Window::Day, Window::Week, Window::Month].map(meter);
        for standing in store.standings(&meters).await.unwrap() {
            assert_eq!(standing, Standing { used: expected, held: 0 });
        }
        let query = UsageQuery { key: Some("key-1".into()), most: 10, ..UsageQuery::default() };
        let sums = store.usage(query).await.unwrap()[0].sums;
        assert_eq!((sums.requests, sums.cost), (TASKS * each + 1, Money::billionths(expected)));
        // And somebody who opens it anew finds the same.
        drop(store);
        let store = place.open();
        assert_eq!(store.standings(&meters[..1]).await.unwrap()[0].used, expected);
    }
}

#[tokio::test]
async fn what_nobody_waits_for_is_kept_as_well() {
    for place in Place::all() {
        let store = place.open();
        for _ in 0..1000 {
            drop(store.settle(Hold::default(), Vec::new(), entry(1)));
        }
        // It is let to its end.
        store.end().await.unwrap();
        drop(store);
        let store = place.open();
        assert_eq!(used(&*store).await.cost, Money::billionths(1000));
    }
}

#[tokio::test]
async fn nothing_is_held_where_one_claim_does_not_fit() {
    for place in Place::all() {
        let store = place.open();
        let claim = |meter, limit| Claim { meter, amount: 5, limit };
        let fitting = rate(Unit::Tokens, 60);
        let claims = [
            claim(meter(Window::Day), 100),
            claim(fitting.clone(), 9),
            claim(meter(Window::Total), 0),
        ];
        assert_eq!(store.hold(&claims).await.unwrap().over, Some(2));
        let meters = [meter(Window::Day), meter(Window::Total)];
        let standings = store.standings(&meters).await.unwrap();
        assert_eq!(standings, [Standing::default(); 2]);
        // Nor of a rate, wherever that is counted: two times five would be too much. What was
        // held of it for a moment may take another to be given up.
        while let held = store.hold(&[claim(fitting.clone(), 9)]).await.unwrap()
            && held.over.is_some()
        {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn rates_are_held_and_used() {
    for place in Place::all() {
        let store = place.open();
        let claim = Claim { meter: rate(Unit::Tokens, 120), amount: 40, limit: 100 };
        let claims = [claim.clone()];
        let first = store.hold(&claims).await.unwrap();
        let second = store.hold(&claims).await.unwrap();
        assert_eq!(second.before, [Standing { used: 0, held: 40 }]);
        assert_eq!(store.hold(&claims).await.unwrap().over, Some(0));
        store.settle(first.hold, vec![(claim.clone(), 15)], entry(0)).await.unwrap();
        let third = store.hold(&claims).await.unwrap();
        assert_eq!((third.over, &third.before[..]), (None, &[Standing { used: 15, held: 40 }][..]));
        for hold in [second.hold, third.hold] {
            store.settle(hold, vec![(claim.clone(), 50)], entry(0)).await.unwrap();
        }
        // Used up, and another minute.
        let held = store.hold(&claims).await.unwrap();
        assert_eq!(
            (held.over, &held.before[..]),
            (Some(0), &[Standing { used: 115, held: 0 }][..])
        );
        let next = Claim { meter: rate(Unit::Tokens, 180), ..claim };
        assert_eq!(store.hold(&[next]).await.unwrap().over, None);
    }
}

#[tokio::test]
async fn records_come_back_as_they_were() {
    for place in Place::all() {
        let store = place.open();
        let budget = Budget { day: Money::dollars(0.1), ..Budget::default() };
        let key = Key {
            id: "key-1".into(),
            alias: Some("'; DROP TABLE keys; --".into()),
            limits: Limits { budget, models: vec!["a/*".into()], ..Limits::default() },
            created: Time(1_800_000_000),
            ..Key::default()
        };
        store.add_key(key.clone(), [7; 32]).await.unwrap();
        assert_eq!(store.key_of([7; 32]).await.unwrap(), Some(key.clone()));
        assert_eq!(store.key_of([8; 32]).await.unwrap(), None);
        // No two keys are one.
        let other = Key { id: "key-2".into(), ..key.clone() };
        assert!(store.add_key(other.clone(), [7; 32]).await.is_err());
        assert!(store.rotate_key("key-1".into(), [8; 32]).await.unwrap());
        assert_eq!(store.key_of([7; 32]).await.unwrap(), None);
        assert_eq!(store.key_of([8; 32]).await.unwrap(), Some(key.clone()));
        store.add_key(other.clone(), [9; 32]).await.unwrap();
        let page = |after: &str| Page { after: after.into(), most: 1 };
        assert_eq!(store.keys(page(""), None).await.unwrap(), std::slice::from_ref(&key));
        assert_eq!(store.keys(page("key-1"), None).await.unwrap(), [other]);
        let team = Team { id: "red".into(), ..Team::default() };
        assert!(store.add_team(team.clone()).await.unwrap());
        assert!(!store.add_team(team.clone()).await.unwrap());
        let member = Key { team: Some("red".into()), ..key };
        assert!(store.change_key(member.clone()).await.unwrap());
        assert_eq!(store.keys(page(""), Some("red".into())).await.unwrap(), [member]);
        assert!(!store.remove_team("red".into()).await.unwrap());
        assert!(store.remove_key("key-1".into()).await.unwrap());
        assert!(store.remove_team("red".into()).await.unwrap());
        assert!(!store.remove_key("key-1".into()).await.unwrap());
    }
}

#[tokio::test]
async fn no_text_is_anything_but_a_text() {
    let hostile = [
        "'; DROP TABLE hotcell.keys; --",
        "\"); DELETE FROM hotcell.usage; --",
        "$1",
        "\\'; SELECT pg_sleep(9); --",
        "%' OR '1'='1",
        "a\0b",
        "{\"unit\":\"money\"}",
        "\u{202e}\u{fffd}💸",
        "-- \r\n*1\r\n$8\r\nFLUSHALL\r\n",
    ];
    for place in Place::all() {
        let store = place.open();
        for (at, text) in hostile.into_iter().enumerate() {
            let limits = Limits { models: vec![text.into()], ..Limits::default() };
            let alias = Some(text.to_owned());
            let key = Key { id: format!("key-{at}"), alias, limits, ..Key::default() };
            store.add_key(key.clone(), [at as u8; 32]).await.unwrap();
            assert_eq!(store.key(key.id.clone()).await.unwrap(), Some(key));
            assert_eq!(store.key(text.into()).await.unwrap(), None);
            assert_eq!(store.team(text.into()).await.unwrap(), None);
            assert!(!store.remove_key(text.into()).await.unwrap());
            // As a JWT could name somebody, and a client a model.
            let meter =
                |window, unit| Meter { subject: Subject::Key(text.into()), unit, window, start: 0 };
            let claims = [(Window::Total, Unit::Money), (Window::Minute, Unit::Tokens)]
                .map(|(window, unit)| Claim { meter: meter(window, unit), amount: 1, limit: 9 });
            let held = store.hold(&claims).await.unwrap();
            assert_eq!(held.over, None);
            let entry =
                Entry { key: text.into(), team: text.into(), model: text.into(), ..entry(3) };
            let settled = claims.into_iter().map(|claim| (claim, 3)).collect();
            store.settle(held.hold, settled, entry).await.unwrap();
            let standings = store.standings(&[meter(Window::Total, Unit::Money)]).await.unwrap();
            assert_eq!(standings, [Standing { used: 3, held: 0 }], "{text:?}");
            let query = UsageQuery {
                key: Some(text.into()),
                most: 9,
                by_key: true,
                ..UsageQuery::default()
            };
            let totals = store.usage(query).await.unwrap();
            assert_eq!((totals.len(), totals[0].sums.requests), (1, 1), "{text:?}");
        }
        let all = store.keys(Page { after: String::new(), most: 99 }, None).await.unwrap();
        assert_eq!(all.len(), hostile.len());
        assert_eq!(used(&*store).await.requests, hostile.len() as u64);
    }
}

fn response(owner: &str, id: &str, model: &str) -> Response {
    let (owner, id, model) = (owner.to_owned(), id.to_owned(), model.to_owned());
    let (name, made) = ("m'\0".to_owned(), Time::now().0);
    Response { owner, id, name, model, made, due: true }
}

#[tokio::test]
async fn a_response_is_its_owner_s_and_the_first_of_its_id_stays() {
    for place in Place::all() {
        let store = place.open();
        store.keep_response(response("a", "r", "p/1")).await.unwrap();
        store.keep_response(response("a", "r", "q/1")).await.unwrap();
        store.keep_response(response("b", "r", "q/2")).await.unwrap();
        let found = async |owner: &str, id: &str| store.response_of(owner.into(), id.into()).await;
        let known = found("a", "r").await.unwrap().unwrap();
        assert_eq!((&*known.model, known.due), ("p/1", true));
        assert_eq!((&*known.owner, &*known.id), ("a", "r"));
        assert_eq!(found("b", "r").await.unwrap().unwrap().model, "q/2");
        assert_eq!(found("c", "r").await.unwrap(), None);
        assert_eq!(found("a", "' OR '1'='1").await.unwrap(), None);
        let made = Time::now().0 - Response::LIFE;
        store.keep_response(Response { made, ..response("a", "old", "p/1") }).await.unwrap();
        assert_eq!(found("a", "old").await.unwrap(), None);
        // Another process knows them as well.
        drop(store);
        assert!(place.open().response_of("a".into(), "r".into()).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn what_is_due_is_entered_by_one_account_and_others_count_their_request() {
    for place in Place::all() {
        let store = place.open();
        store.keep_response(response("key-1", "r", "a/b")).await.unwrap();
        store.keep_response(response("key-2", "r", "a/b")).await.unwrap();
        let pays = || Entry { response: Some("r".into()), ..entry(7) };
        // Some of them are sent together.
        let all = (0..20).map(|_| store.settle(Hold::default(), Vec::new(), pays()));
        for settled in all.collect::<Vec<_>>() {
            settled.await.unwrap();
        }
        let mut sums = used(&*store).await;
        assert_eq!((sums.requests, sums.cost), (20, Money::billionths(7)));
        assert_eq!(sums.cached, 1);
        // One that was never due, and one of which there is nothing to enter.
        let unknown = Entry { response: Some("never".into()), ..entry(7) };
        store.settle(Hold::default(), Vec::new(), unknown).await.unwrap();
        let nothing = Entry { sums: Sums::default(), model: "of/nothing".into(), ..pays() };
        store.settle(Hold::default(), Vec::new(), nothing).await.unwrap();
        sums.requests += 1;
        let query = UsageQuery { by_model: true, most: 10, ..UsageQuery::default() };
        let totals = store.usage(query).await.unwrap();
        assert_eq!((totals.len(), totals[0].sums), (1, sums));
        let standing = store.standings(&[meter(Window::Day)]).await.unwrap();
        assert_eq!(standing, [Standing { used: 7, held: 0 }]);
        let due = async |owner: &str| {
            store.response_of(owner.into(), "r".into()).await.unwrap().unwrap().due
        };
        assert!(!due("key-1").await && due("key-2").await);
    }
}

#[tokio::test]
async fn a_part_is_held_until_its_own_account_comes() {
    for place in Place::all() {
        for part_is_first in [false, true] {
            let store = place.open();
            let start = if part_is_first { 300 } else { 240 };
            let money = Meter { start: 300, ..meter(Window::Day) };
            let requests =
                Claim { meter: rate(Unit::Requests, start), amount: 1, limit: 1_000_000 };
            let tokens = Claim { meter: rate(Unit::Tokens, start), amount: 40, limit: 1_000_000 };
            let budget = Claim { meter: money.clone(), amount: 40, limit: 1_000_000 };
            let claims = [requests.clone(), tokens.clone(), budget.clone()];
            let stand = async || {
                let held = store.hold(&claims).await.unwrap();
                let nothing = claims.iter().cloned().map(|claim| (claim, 0)).collect();
                store.settle(held.hold, nothing, Entry::default()).await.unwrap();
                held.before.iter().map(|it| (it.used, it.held)).collect::<Vec<_>>()
            };
            let before = stand().await[2].0;
            let hold = store.divide(store.hold(&claims).await.unwrap().hold);
            let request = || store.settle(hold, vec![(requests.clone(), 1)], Entry::default());
            let part = || {
                let settled = vec![(tokens.clone(), 9), (budget.clone(), 9)];
                store.settle(hold, settled, entry(9))
            };
            if part_is_first {
                part().await.unwrap();
                assert_eq!(stand().await, [(0, 1), (9, 0), (before + 9, 0)]);
                request().await.unwrap();
            } else {
                request().await.unwrap();
                assert_eq!(stand().await, [(1, 0), (0, 40), (before, 40)]);
                part().await.unwrap();
            }
            assert_eq!(stand().await, [(1, 0), (9, 0), (before + 9, 0)]);
            store.end().await.unwrap();
        }
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
async fn a_number_that_is_too_large_is_the_largest_and_no_account_is_lost_by_it() {
    let most = i64::MAX.cast_unsigned();
    for place in Place::all() {
        let store = place.open();
        for number in 0..4 {
            let sums = Sums { input: u64::MAX, cost: Money::billionths(most), ..entry(1).sums };
            // Of one model twice, and then of another one.
            let model = if number < 2 { "a/b" } else { "a/c" }.into();
            let huge = Entry { sums, model, ..entry(1) };
            store.settle(Hold::default(), Vec::new(), huge).await.unwrap();
        }
        let sums = used(&*store).await;
        assert_eq!((sums.requests, sums.input, sums.cached), (4, most, 4));
        assert_eq!(sums.cost.as_billionths(), most);
        let standing = store.standings(&[meter(Window::Total)]).await.unwrap();
        assert_eq!((standing[0].used, standing[0].held), (most, 0));
    }
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
