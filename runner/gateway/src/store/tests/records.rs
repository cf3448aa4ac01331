//! What is kept comes back as it was.

use super::*;

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
