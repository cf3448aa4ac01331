//! What every place of the state has to do, whichever it is.

mod accounts;
mod records;
mod server;

use super::*;
use crate::ledger::{Money, Window};
use crate::valkey::Valkey;
use hotcell::egress::Egress;
use hotcell::egress::service::{Protocol, ServiceSpec};
use servers::file;
use std::sync::Arc;

#[path = "../../../tests/shared/servers.rs"]
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

fn response(owner: &str, id: &str, model: &str) -> Response {
    let (owner, id, model) = (owner.to_owned(), id.to_owned(), model.to_owned());
    let (name, made) = ("m'\0".to_owned(), Time::now().0);
    Response { owner, id, name, model, made, due: true }
}
