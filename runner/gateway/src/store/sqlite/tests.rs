//! The file under load, and what it is for others.

use super::*;
use crate::ledger::{Money, Window};
use crate::store::{Budget, Limits, Subject, Sums, Unit};

fn meter(window: Window) -> Meter {
    Meter { subject: Subject::Key("key-1".into()), unit: Unit::Money, window, start: 0 }
}

fn entry(cost: u64) -> Entry {
    let sums = Sums { requests: 1, cost: Money::billionths(cost), ..Sums::default() };
    Entry {
        day: 3,
        key: "key-1".into(),
        team: String::new(),
        model: "a/b".into(),
        response: None,
        sums,
    }
}

async fn used(store: &Sqlite) -> Sums {
    let query = UsageQuery { most: 10, ..UsageQuery::default() };
    store.usage(query).await.unwrap().first().map(|total| total.sums).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn meters_and_file_agree_whoever_looks_while_they_move() {
    const TASKS: u64 = 16;
    const EACH: u64 = 200;
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::serve(folder.path(), false).unwrap());
    // There was something before, which a meter learns when it is first looked at.
    store.settle(Vec::new(), entry(1_000_000)).await.unwrap();
    let tasks = (0..TASKS).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            let windows = [Window::Total, Window::Day, Window::Week, Window::Month];
            for number in 0..EACH {
                // Each window is looked at first by somebody else, at another time.
                let window = windows[((task + number / 50) % 4) as usize];
                let claim = Claim { meter: meter(window), amount: 500, limit: u64::MAX };
                let held = store.hold(std::slice::from_ref(&claim)).await.unwrap();
                assert_eq!(held.over, None);
                let settled: Vec<_> = windows
                    .map(|other| match other == window {
                        true => (claim.clone(), 7),
                        // The other windows count it as well.
                        false => (Claim { meter: meter(other), ..claim.clone() }, 7),
                    })
                    .into();
                let others: Vec<Claim> = settled
                    .iter()
                    .filter(|(other, _)| other.meter.window != window)
                    .map(|(other, _)| other.clone())
                    .collect();
                assert_eq!(store.hold(&others).await.unwrap().over, None);
                store.settle(settled, entry(7)).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let expected = 1_000_000 + TASKS * EACH * 7;
    let meters = [Window::Total, Window::Day, Window::Week, Window::Month].map(meter);
    for standing in store.standings(&meters).await.unwrap() {
        assert_eq!(standing, Standing { used: expected, held: 0 });
    }
    let sums = used(&store).await;
    assert_eq!((sums.requests, sums.cost), (TASKS * EACH + 1, Money::billionths(expected)));
    // And somebody who opens it anew finds the same.
    drop(store);
    let store = Sqlite::serve(folder.path(), false).unwrap();
    assert_eq!(store.standings(&meters[..1]).await.unwrap()[0].used, expected);
}

#[tokio::test]
async fn what_nobody_waits_for_is_kept_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::serve(folder.path(), false).unwrap();
    for _ in 0..1000 {
        drop(store.settle(Vec::new(), entry(1)));
    }
    // It is let to its end.
    drop(store);
    let store = Sqlite::open(folder.path(), true).unwrap();
    assert_eq!(used(&store).await.cost, Money::billionths(1000));
}

#[tokio::test]
async fn nothing_is_held_where_one_claim_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::serve(folder.path(), false).unwrap();
    let claim = |window, limit| Claim { meter: meter(window), amount: 5, limit };
    let claims = [claim(Window::Day, 100), claim(Window::Total, 0)];
    assert_eq!(store.hold(&claims).await.unwrap().over, Some(1));
    let standings = store.standings(&[meter(Window::Day), meter(Window::Total)]).await.unwrap();
    assert_eq!(standings, [Standing::default(); 2]);
}

#[tokio::test]
async fn records_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::serve(folder.path(), false).unwrap();
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
    assert!(store.add_key(Key { id: "key-2".into(), ..key.clone() }, [7; 32]).await.is_err());
    assert!(store.rotate_key("key-1".into(), [8; 32]).await.unwrap());
    assert_eq!(store.key_of([7; 32]).await.unwrap(), None);
    assert_eq!(store.key_of([8; 32]).await.unwrap(), Some(key));
}

#[cfg(unix)]
#[test]
fn the_file_is_of_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let store = Sqlite::serve(&state, false).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    assert_eq!(mode(&state.join("gateway.db")), 0o600);
    assert_eq!(mode(&state.join("gateway.db-wal")), 0o600);
    drop(store);
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o770)).unwrap();
    let error = Sqlite::open(&state, false).unwrap_err().to_string();
    assert!(error.contains("others can write to it"), "{error}");
}

#[test]
fn a_file_of_a_later_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(Sqlite::open(folder.path(), false).unwrap());
    let file = folder.path().join("gateway.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = Sqlite::open(folder.path(), false).unwrap_err().to_string();
    assert!(error.contains("a later version of hotcell"), "{error}");
    // It may have keys: nobody is let in without one.
    assert!(Sqlite::has_keys(folder.path()));
}
