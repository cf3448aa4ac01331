//! Meters in the file, for as long as several processes of one gateway serve: one that has been
//! told to take over, and those that end what they began.
//!
//! A process that serves alone has its meters in memory, which is fast, and of which nobody else
//! knows. Before another one lets the first request in, it moves them here; from then on each
//! claim is held, and each is settled, by a transaction that all of them see. When the last of the
//! others is gone, the one that is left takes them into memory again. What a process held that
//! was killed is forgotten then.

use super::meters::Meters;
use super::statements::{count, number, spent};
use super::worker::{Turn, failed};
use crate::ledger::Window;
use crate::store::{Claim, Held, Hold, Meter, Standing, StoreError, Subject, Unit};
use rusqlite::{Connection, Result, Row, params};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most that is counted of one meter for one process, however much a provider tells: the sum
/// of several is still a number.
const MOST: u64 = 1 << 59;

/// One process among those that share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member(i64);

impl Member {
    /// One that no other process is.
    pub(super) fn new() -> std::result::Result<Self, StoreError> {
        let number = getrandom::u64().map_err(|error| StoreError(error.to_string()))?;
        Ok(Self(number as i64))
    }

    /// Puts what it has in memory into the file.
    pub(super) fn move_in(self, at: &Connection, all: &[(Meter, Standing)]) -> Result<()> {
        at.execute("DELETE FROM meters WHERE worker = ?1", params![self.0])?;
        all.iter().try_for_each(|(meter, standing)| self.add(at, meter, *standing))
    }

    /// Takes all into memory again: what was used in this minute by anybody, and what this one
    /// holds. It is done as a turn, so that it is done at once for all that come later.
    pub(super) fn move_out(self, at: &Connection, meters: &Mutex<Meters>) -> Result<()> {
        let mut statement = at.prepare_cached(
            "SELECT subject, unit, span, start, SUM(used), SUM(CASE WHEN worker = ?1 THEN held ELSE 0 END)
             FROM meters GROUP BY subject, unit, span, start",
        )?;
        let rows = statement.query_map(params![self.0], row)?;
        let found: Vec<_> = rows.collect::<Result<_>>()?;
        clear(at)?;
        locked(meters).take_in(found.into_iter().flatten());
        Ok(())
    }

    /// Holds all of these claims, or none of them. Nothing comes back where meters are in memory
    /// by now.
    pub(super) fn hold(
        self,
        turn: Turn<'_>,
        meters: &Mutex<Meters>,
        claims: &[Claim],
    ) -> std::result::Result<Option<Held>, StoreError> {
        let at = turn?;
        if !locked(meters).is_shared() {
            return Ok(None);
        }
        let hold = || {
            let before = claims.iter().map(|claim| standing(at, &claim.meter));
            let before = before.collect::<Result<Vec<_>>>()?;
            let over = claims.iter().zip(&before).position(|(claim, at)| !claim.fits(*at));
            if over.is_none() {
                for claim in claims {
                    self.add(at, &claim.meter, Standing { used: 0, held: claim.amount })?;
                }
            }
            Ok(Some(Held { before, over, hold: Hold::default() }))
        };
        hold().map_err(|error| failed(&error))
    }

    /// Puts what was used in the place of what was held; in memory, where meters are there by now.
    pub(super) fn settle(
        self,
        at: &Connection,
        meters: &Mutex<Meters>,
        held: &[(Claim, u64)],
    ) -> Result<()> {
        let mut memory = locked(meters);
        if !memory.is_shared() {
            memory.settle_known(held);
            return Ok(());
        }
        drop(memory);
        let mut statement = at.prepare_cached(
            "UPDATE meters SET held = MAX(held - ?6, 0)
             WHERE subject = ?1 AND unit = ?2 AND span = ?3 AND start = ?4 AND worker = ?5",
        )?;
        for (claim, used) in held {
            let meter = &claim.meter;
            let (subject, unit, span) = (subject(meter), unit(meter), span(meter));
            let (start, amount) = (number(meter.start), number(claim.amount));
            statement.execute(params![subject, unit, span, start, self.0, amount])?;
            // What lasts longer is in the accounts.
            if meter.window == Window::Minute {
                self.add(at, meter, Standing { used: *used, held: 0 })?;
            }
        }
        Ok(())
    }

    fn add(self, at: &Connection, meter: &Meter, more: Standing) -> Result<()> {
        let mut statement = at.prepare_cached(
            "INSERT INTO meters (subject, unit, span, start, worker, used, held)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET used = MIN(used + excluded.used, ?8),
                 held = MIN(held + excluded.held, ?8)",
        )?;
        let used = if meter.window == Window::Minute { more.used } else { 0 };
        let (subject, unit, span) = (subject(meter), unit(meter), span(meter));
        let (used, held) = (number(used.min(MOST)), number(more.held.min(MOST)));
        let (start, most) = (number(meter.start), number(MOST));
        statement.execute(params![subject, unit, span, start, self.0, used, held, most]).map(drop)
    }
}

/// Where a meter stands, by what all processes used and hold.
pub(super) fn standing(at: &Connection, meter: &Meter) -> Result<Standing> {
    let mut statement = at.prepare_cached(
        "SELECT COALESCE(SUM(used), 0), COALESCE(SUM(held), 0) FROM meters
         WHERE subject = ?1 AND unit = ?2 AND span = ?3 AND start = ?4",
    )?;
    let (subject, unit, span) = (subject(meter), unit(meter), span(meter));
    let mut standing = statement
        .query_row(params![subject, unit, span, number(meter.start)], |row| {
            Ok(Standing { used: count(row, 0)?, held: count(row, 1)? })
        })?;
    if meter.window != Window::Minute {
        standing.used = spent(at, meter)?;
    }
    Ok(standing)
}

/// Forgets what processes left that are gone.
pub(super) fn clear(at: &Connection) -> Result<()> {
    at.execute("DELETE FROM meters", []).map(drop)
}

fn locked(meters: &Mutex<Meters>) -> MutexGuard<'_, Meters> {
    meters.lock().unwrap_or_else(PoisonError::into_inner)
}

fn row(row: &Row<'_>) -> Result<Option<(Meter, Standing)>> {
    let texts: [String; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
    let standing = Standing { used: count(row, 4)?, held: count(row, 5)? };
    Ok(meter(&texts, count(row, 3)?).map(|meter| (meter, standing)))
}

fn subject(meter: &Meter) -> String {
    match &meter.subject {
        Subject::Key(id) => format!("key:{id}"),
        Subject::Team(id) => format!("team:{id}"),
    }
}

fn unit(meter: &Meter) -> &'static str {
    match meter.unit {
        Unit::Requests => "requests",
        Unit::Tokens => "tokens",
        Unit::Money => "money",
    }
}

fn span(meter: &Meter) -> &'static str {
    match meter.window {
        Window::Minute => "minute",
        Window::Day => "day",
        Window::Week => "week",
        Window::Month => "month",
        Window::Total => "total",
    }
}

fn meter([subject, unit, span]: &[String; 3], start: u64) -> Option<Meter> {
    let subject = match subject.split_once(':')? {
        ("key", id) => Subject::Key(id.into()),
        ("team", id) => Subject::Team(id.into()),
        _ => return None,
    };
    let unit = match unit.as_str() {
        "requests" => Unit::Requests,
        "tokens" => Unit::Tokens,
        "money" => Unit::Money,
        _ => return None,
    };
    let window = match span.as_str() {
        "minute" => Window::Minute,
        "day" => Window::Day,
        "week" => Window::Week,
        "month" => Window::Month,
        "total" => Window::Total,
        _ => return None,
    };
    Some(Meter { subject, unit, window, start })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{DAY, Money};
    use crate::store::{Entry, Sqlite, Store, Sums};
    use std::path::Path;

    fn meter(unit: Unit, window: Window) -> Meter {
        Meter { subject: Subject::Key("key-1".into()), unit, window, start: 3 * DAY }
    }

    fn claims(limit: u64) -> Vec<Claim> {
        vec![
            Claim { meter: meter(Unit::Money, Window::Day), amount: 10, limit },
            Claim { meter: meter(Unit::Requests, Window::Minute), amount: 1, limit: 1000 },
        ]
    }

    fn entry(cost: u64) -> Entry {
        let sums = Sums { requests: 1, cost: Money::billionths(cost), ..Sums::default() };
        Entry {
            day: 3,
            key: "key-1".into(),
            team: String::new(),
            model: "a/b".into(),
            sums,
            response: None,
        }
    }

    fn second(folder: &Path, first: &Sqlite) -> Sqlite {
        let lock = first.lock().unwrap().try_clone().unwrap();
        Sqlite::serve_after(folder, false, Some(lock), true).unwrap()
    }

    async fn stand(store: &Sqlite) -> [(u64, u64); 2] {
        let meters = [meter(Unit::Money, Window::Day), meter(Unit::Requests, Window::Minute)];
        let standings = store.standings(&meters).await.unwrap();
        [0, 1].map(|at| (standings[at].used, standings[at].held))
    }

    #[tokio::test]
    async fn what_one_holds_the_other_sees_and_what_is_settled_is_counted_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = Sqlite::serve(folder.path(), false).unwrap();
        assert_eq!(first.hold(&claims(40)).await.unwrap().over, None);
        assert_eq!(first.hold(&claims(40)).await.unwrap().over, None);
        let settled = |cost| claims(40).into_iter().zip([cost, 1]).collect::<Vec<_>>();
        first.settle(Hold::default(), settled(7), entry(7)).await.unwrap();
        let second = second(folder.path(), &first);
        first.share().await.unwrap();
        assert_eq!(stand(&first).await, [(7, 10), (1, 1)]);
        assert_eq!(stand(&second).await, [(7, 10), (1, 1)]);
        // 7 used, 10 held by the first: there is room for two more, whoever asks.
        assert_eq!(second.hold(&claims(40)).await.unwrap().over, None);
        assert_eq!(first.hold(&claims(40)).await.unwrap().over, None);
        assert_eq!(second.hold(&claims(40)).await.unwrap().over, Some(0));
        first.settle(Hold::default(), settled(9), entry(9)).await.unwrap();
        first.settle(Hold::default(), settled(9), entry(9)).await.unwrap();
        assert_eq!(stand(&second).await, [(25, 10), (3, 1)]);
        drop(first);
        second.alone().await.unwrap();
        assert_eq!(stand(&second).await, [(25, 10), (3, 1)]);
        second.settle(Hold::default(), settled(5), entry(5)).await.unwrap();
        assert_eq!(stand(&second).await, [(30, 0), (4, 0)]);
    }

    #[tokio::test]
    async fn what_was_held_by_one_that_was_killed_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let first = Sqlite::serve(folder.path(), false).unwrap();
        first.hold(&claims(40)).await.unwrap();
        let second = second(folder.path(), &first);
        first.share().await.unwrap();
        assert_eq!(stand(&second).await, [(0, 10), (0, 1)]);
        drop(first);
        second.alone().await.unwrap();
        assert_eq!(stand(&second).await, [(0, 0), (0, 0)]);
        // And also where all of them were.
        second.share().await.unwrap();
        second.hold(&claims(40)).await.unwrap();
        drop(second);
        let third = Sqlite::serve(folder.path(), false).unwrap();
        third.share().await.unwrap();
        assert_eq!(stand(&third).await, [(0, 0), (0, 0)]);
    }

    #[tokio::test]
    async fn meters_have_an_end_and_are_used_up_there() {
        let folder = tempfile::tempdir().unwrap();
        let first = Sqlite::serve(folder.path(), false).unwrap();
        let second = second(folder.path(), &first);
        first.share().await.unwrap();
        let tokens = Meter { unit: Unit::Tokens, ..meter(Unit::Tokens, Window::Minute) };
        let claim = Claim { meter: tokens.clone(), amount: 10, limit: 1000 };
        for store in [&first, &first, &second, &second] {
            let huge = vec![(claim.clone(), u64::MAX)];
            store.settle(Hold::default(), huge, entry(1)).await.unwrap();
        }
        assert!(first.standings(&[tokens]).await.unwrap()[0].used >= MOST);
        assert_eq!(second.hold(&[claim]).await.unwrap().over, Some(0));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_limit_is_overrun_and_nothing_lost_while_they_change_over() {
        const TASKS: u64 = 8;
        const EACH: u64 = 60;
        let folder = tempfile::tempdir().unwrap();
        let first = std::sync::Arc::new(Sqlite::serve(folder.path(), false).unwrap());
        let second = std::sync::Arc::new(second(folder.path(), &first));
        let limit = TASKS * EACH * 10;
        let work = |store: std::sync::Arc<Sqlite>| async move {
            let mut spent = 0;
            for _ in 0..EACH {
                let claims = claims(limit);
                let held = store.hold(&claims).await.unwrap();
                if held.over.is_some() {
                    continue;
                }
                spent += 10;
                let settled = claims.into_iter().zip([10, 1]).collect();
                store.settle(Hold::default(), settled, entry(10)).await.unwrap();
            }
            spent
        };
        let begun: Vec<_> = (0..TASKS).map(|_| tokio::spawn(work(first.clone()))).collect();
        tokio::task::yield_now().await;
        first.share().await.unwrap();
        let more: Vec<_> = (0..TASKS).map(|_| tokio::spawn(work(second.clone()))).collect();
        let mut spent = 0;
        for task in begun {
            spent += task.await.unwrap();
        }
        drop(first);
        second.alone().await.unwrap();
        for task in more {
            spent += task.await.unwrap();
        }
        assert_eq!(spent, limit, "twice as much was asked for");
        let [money, requests] = stand(&second).await;
        assert_eq!((money, requests), ((limit, 0), (limit / 10, 0)));
    }
}
