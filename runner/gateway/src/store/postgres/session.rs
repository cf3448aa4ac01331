//! One connection to the server, with the statements that were prepared on it.

use crate::store::StoreError;
use hotcell::egress::service::Service;
use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row, Statement};

/// From a statement to its answer.
const ANSWER: Duration = Duration::from_secs(5);
/// What every session is told first, whatever is usual at the server. What nobody waits for any
/// more is given up; what a commit says is kept is kept; each statement of a function sees what
/// others have kept; and no name means anything but what it does everywhere.
const FIRST: &str = "SET statement_timeout = '4s'; SET idle_in_transaction_session_timeout = '10s'; \
                     SET synchronous_commit = on; SET client_min_messages = error; \
                     SET default_transaction_isolation = 'read committed'; \
                     SET search_path = pg_catalog";

/// Values of a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Why a statement has no answer.
#[derive(Clone, Debug)]
pub(super) enum Failed {
    /// The server is not there, or not there for this now. The session is of no use any more,
    /// and whether the statement was done is not known.
    Away(StoreError),
    /// The server refuses the statement, whoever asks when. Nothing was done.
    Refused(StoreError),
}

pub(super) struct Session {
    client: Client,
    statements: HashMap<&'static str, Statement>,
    work: JoinHandle<()>,
}

impl Session {
    pub(super) async fn open(service: &Service) -> Result<Self, Failed> {
        let stream = service.connect().await;
        // TLS is spoken already, where it is.
        let stream = stream.map_err(|error| Failed::Away(StoreError(error.to_string())))?;
        let mut config = Config::new();
        config.application_name("hotcell");
        if let Some(user) = service.user() {
            config.user(user);
        }
        if let Some(database) = service.database() {
            config.dbname(database);
        }
        service.with_password(|password| password.map(|word| config.password(word)).map(drop));
        let (client, connection) = in_time(config.connect_raw(stream, NoTls)).await?;
        // How it ends, whoever asks next finds out.
        let work = tokio::spawn(async move { drop(connection.await) });
        let session = Self { client, statements: HashMap::new(), work };
        session.run(FIRST).await?;
        Ok(session)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Has a statement done, with its values beside it.
    pub(super) async fn query(
        &mut self,
        text: &'static str,
        values: Values<'_>,
    ) -> Result<Vec<Row>, Failed> {
        let statement = match self.statements.get(text) {
            Some(statement) => statement.clone(),
            None => {
                let statement = in_time(self.client.prepare(text)).await?;
                self.statements.insert(text, statement.clone());
                statement
            }
        };
        in_time(self.client.query(&statement, values)).await
    }

    /// Has statements done that have no values.
    pub(super) async fn run(&self, text: &str) -> Result<(), Failed> {
        in_time(self.client.batch_execute(text)).await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A server that is stuck would be waited for.
        self.work.abort();
    }
}

async fn in_time<T>(
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Failed> {
    match tokio::time::timeout(ANSWER, work).await {
        Ok(done) => done.map_err(Failed::from),
        Err(_) => Err(Failed::Away(StoreError(format!("PostgreSQL has no answer in {ANSWER:?}")))),
    }
}

impl From<tokio_postgres::Error> for Failed {
    /// What the server says, without what was asked: details of an error, which may have
    /// values, are left out.
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            return Self::Away(StoreError(format!("PostgreSQL: {error}")));
        };
        let code = said.code().code();
        let told = StoreError(format!("PostgreSQL: {} ({code})", said.message()));
        match code.get(..2) {
            // Data, constraints, and our own word. What it does not know or permit it may again,
            // when somebody has put that right.
            Some("22" | "23" | "P0") => Self::Refused(told),
            _ => Self::Away(told),
        }
    }
}

impl Failed {
    pub(super) fn why(self) -> StoreError {
        let (Self::Away(why) | Self::Refused(why)) = self;
        why
    }
}
