//! Connections to the server: a few, made when they are needed, and anew when they broke.

use super::schema;
use super::session::{Failed, Session, Values};
use crate::store::StoreError;
use hotcell::egress::service::Service;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_postgres::Row;

/// Connections at one time.
const SESSIONS: usize = 8;
/// How long somebody waits for a server that is gone: as long as it takes to start one anew.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// A statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) text: &'static str,
    /// That it is done twice is as if it were done once.
    pub(super) is_repeatable: bool,
}

pub(super) struct Pool {
    service: Service,
    idle: Mutex<Vec<Session>>,
    permits: Semaphore,
    /// The tables were looked at.
    is_prepared: AtomicBool,
    is_away: AtomicBool,
}

impl Pool {
    pub(super) fn new(service: Service) -> Self {
        let (is_prepared, is_away) = (AtomicBool::new(false), AtomicBool::new(false));
        let permits = Semaphore::new(SESSIONS);
        Self { service, idle: Mutex::default(), permits, is_prepared, is_away }
    }

    /// Has a statement done. Where the server is gone it is waited for, and not for long.
    pub(super) async fn ask(
        &self,
        asked: Asked,
        values: Values<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let until = Instant::now() + PATIENCE;
        loop {
            let tried = tokio::time::timeout_at(until + PATIENCE, self.attempt(asked, values));
            let (failed, is_begun) = match tried.await {
                Ok(Ok(rows)) => return Ok(rows),
                Ok(Err(failed)) => failed,
                Err(_) => return Err(StoreError("PostgreSQL has too much to do".to_owned())),
            };
            match failed {
                Failed::Refused(why) => return Err(why),
                Failed::Away(why) if is_begun && !asked.is_repeatable => {
                    let why = why.0;
                    return Err(StoreError(format!("{why}; whether it was done is not known")));
                }
                Failed::Away(why) if Instant::now() >= until => return Err(why),
                Failed::Away(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// One attempt. Where it failed, tells whether the statement was begun.
    pub(super) async fn attempt(
        &self,
        asked: Asked,
        values: Values<'_>,
    ) -> Result<Vec<Row>, (Failed, bool)> {
        // It is never closed.
        let _permit = self.permits.acquire().await;
        let known = self.known();
        let mut session = match known {
            Some(session) => session,
            None => {
                let opened = self.open().await;
                self.note(opened.as_ref().err());
                opened.map_err(|failed| (failed, false))?
            }
        };
        let answer = session.query(asked.text, values).await;
        match answer {
            // Whoever comes back may be another one, or have been emptied.
            Err(Failed::Away(_)) => self.is_prepared.store(false, Ordering::Relaxed),
            _ => self.idle().push(session),
        }
        answer.map_err(|failed| (failed, true))
    }

    async fn open(&self) -> Result<Session, Failed> {
        let mut session = Session::open(&self.service).await?;
        if !self.is_prepared.load(Ordering::Relaxed) {
            schema::prepare(&mut session).await?;
            self.is_prepared.store(true, Ordering::Relaxed);
        }
        Ok(session)
    }

    /// Writes down once that the server is gone, and once that it is back.
    fn note(&self, failed: Option<&Failed>) {
        let was_away = self.is_away.swap(failed.is_some(), Ordering::Relaxed);
        match failed {
            Some(failed) if !was_away => {
                let error = failed.clone().why();
                tracing::error!(target: "hotcell::gateway", %error, "the state is out of reach");
            }
            None if was_away => {
                tracing::info!(target: "hotcell::gateway", "the state is within reach again");
            }
            _ => {}
        }
    }

    fn known(&self) -> Option<Session> {
        let mut idle = self.idle();
        idle.retain(|session| !session.is_closed());
        idle.pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
