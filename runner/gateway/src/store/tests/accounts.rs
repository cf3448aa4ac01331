//! What is held, used and entered into accounts.

use super::*;

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
