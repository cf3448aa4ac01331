//! Holding what a request is taken to use: rates where they are counted, and the rest at the
//! server.

use super::journal::{Account, Journal};
use super::statements::{HOLD, column};
use super::{Shared, words};
use crate::ledger::Window;
use crate::store::{Claim, Held, Hold, Meter, Standing, StoreError};
use serde::Deserialize;
use std::sync::Arc;

/// What the function of the database says.
#[derive(Deserialize)]
struct Answer {
    before: Vec<(u64, u64)>,
    over: Option<usize>,
}

pub(super) async fn hold(shared: &Arc<Shared>, claims: &[Claim]) -> Result<Held, StoreError> {
    if !shared.journal.has_room() {
        let why = "too many accounts wait to be written down";
        return Err(StoreError(why.to_owned()));
    }
    if claims.is_empty() {
        return Ok(Held { before: Vec::new(), over: None, hold: Hold::default() });
    }
    let number = shared.numbers().open();
    let mut promise = Promise { shared, number, rates: None, is_asked: false };
    let mut before = vec![Standing::default(); claims.len()];
    let (mut rates, mut rest): (Vec<usize>, Vec<usize>) =
        (0..claims.len()).partition(|at| claims[*at].meter.window == Window::Minute);
    if let Some(counters) = shared.counters.as_ref().filter(|_| !rates.is_empty()) {
        let wanted: Vec<&Claim> = rates.iter().map(|at| &claims[*at]).collect();
        promise.rates = Some(wanted.iter().map(|claim| claim.meter.clone()).collect());
        match counters.hold(shared.me, number, &wanted).await {
            Ok(answer) => {
                for (at, standing) in rates.iter().zip(answer.before) {
                    before[*at] = standing;
                }
                if let Some(over) = answer.over {
                    promise.rates = None;
                    let over = rates.get(over).copied();
                    return Ok(Held { before, over, hold: Hold::default() });
                }
                rates.clear();
            }
            // It is counted here as long as it cannot be counted there.
            Err(_) => promise.rates = None,
        }
    }
    rest.extend(rates);
    rest.sort_unstable();
    if !rest.is_empty() {
        let wanted = words::claims(rest.iter().map(|at| &claims[*at]));
        promise.is_asked = true;
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&shared.me, &words::number(number), &wanted];
        let rows = shared.pool.ask(HOLD, &values).await?;
        let text: &str = rows.first().map_or(Ok("{}"), |row| column(row, 0))?;
        let answer: Answer = serde_json::from_str(text)
            .map_err(|error| StoreError(format!("PostgreSQL: {error}")))?;
        for (at, (used, held)) in rest.iter().zip(answer.before) {
            before[*at] = Standing { used, held };
        }
        if let Some(over) = answer.over {
            promise.is_asked = false;
            return Ok(Held { before, over: rest.get(over).copied(), hold: Hold::default() });
        }
    }
    Ok(Held { before, over: None, hold: promise.keep() })
}

/// What may be held, until it is certain that it is. Where that does not come to pass, because
/// something failed or whoever asked is gone, it is given up.
struct Promise<'a> {
    shared: &'a Arc<Shared>,
    number: u64,
    /// What is held where rates are counted.
    rates: Option<Vec<Meter>>,
    /// The server may hold something.
    is_asked: bool,
}

impl Promise<'_> {
    fn keep(mut self) -> Hold {
        let (number, is_counted) = (self.number, self.rates.is_some());
        let hold = Hold { number, is_counted, is_part: false };
        (self.number, self.rates, self.is_asked) = (0, None, false);
        hold
    }
}

impl Drop for Promise<'_> {
    fn drop(&mut self) {
        if let (Some(rates), Some(counters)) = (self.rates.take(), &self.shared.counters) {
            let nothing = rates.into_iter().map(|meter| (meter, 0)).collect();
            counters.settle(self.shared.me, self.number, nothing);
        }
        match self.is_asked {
            true => {
                let (entry, counts, part, tell) = (None, Vec::new(), None, None);
                let account = Account { number: self.number, entry, counts, part, tell };
                Journal::push(self.shared, account);
            }
            false => self.shared.numbers().close(self.number),
        }
    }
}
