//! Rates of several gateways, counted at Valkey: the requests and tokens of a minute.
//!
//! A meter is a hash there: what was used, what is held, and each hold by its name, so that
//! what comes twice counts once. It is gone soon after its minute, and with it whatever a
//! gateway held that is gone: no hold outlives the minute for which it counts.

use super::postgres::words;
use super::{Claim, Meter, Standing};
use crate::valkey::{Reply, Script, Valkey, ValkeyError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Seconds that a meter is kept from when it last changed.
const KEPT: &[u8] = b"180";
/// Scripts count with floating-point numbers, which are exact up to here.
const MOST: u64 = 1 << 52;

#[derive(Clone, Debug)]
pub(crate) struct Counters {
    inner: Arc<Inner>,
}

struct Inner {
    valkey: Valkey,
    hold: Script,
    settle: Script,
    /// What was asked last failed.
    is_failing: AtomicBool,
}

/// Whether claims are held.
pub(super) struct Counted {
    /// Where each meter stood before.
    pub(super) before: Vec<Standing>,
    /// The first claim that does not fit.
    pub(super) over: Option<usize>,
}

impl Counters {
    pub(crate) fn new(valkey: Valkey) -> Self {
        let hold = Script::new(include_str!("hold.lua"));
        let settle = Script::new(include_str!("settle.lua"));
        let is_failing = AtomicBool::new(false);
        Self { inner: Arc::new(Inner { valkey, hold, settle, is_failing }) }
    }

    /// Holds all of these claims under this gateway's number, or none of them.
    pub(super) async fn hold(
        &self,
        me: i64,
        number: u64,
        claims: &[&Claim],
    ) -> Result<Counted, ValkeyError> {
        let keys: Vec<String> = claims.iter().map(|claim| key(&claim.meter)).collect();
        let mut words = vec![name(me, number).into_bytes(), KEPT.to_vec()];
        for claim in claims {
            words.push(amount(claim.amount));
            words.push(amount(claim.limit));
        }
        let answer = self.inner.ask(&self.inner.hold, &keys, &words).await?;
        counted(&answer, claims.len()).ok_or(ValkeyError::Malformed("another answer"))
    }

    /// Puts what was used in the place of what this number holds. It happens whether or not
    /// somebody waits, as far as Valkey is there: what is lost is lost for a minute.
    pub(super) fn settle(
        &self,
        me: i64,
        number: u64,
        used: Vec<(Meter, u64)>,
    ) -> Option<JoinHandle<()>> {
        let runtime = Handle::try_current().ok().filter(|_| !used.is_empty())?;
        let inner = self.inner.clone();
        Some(runtime.spawn(async move {
            let keys: Vec<String> = used.iter().map(|(meter, _)| key(meter)).collect();
            let mut words = vec![name(me, number).into_bytes()];
            words.extend(used.iter().map(|(_, used)| amount(*used)));
            let _ = inner.ask(&inner.settle, &keys, &words).await;
        }))
    }
}

impl Inner {
    async fn ask(
        &self,
        script: &Script,
        keys: &[String],
        words: &[Vec<u8>],
    ) -> Result<Reply, ValkeyError> {
        let keys: Vec<&[u8]> = keys.iter().map(String::as_bytes).collect();
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let answer = self.valkey.eval(script, &keys, &words).await;
        let was_failing = self.is_failing.swap(answer.is_err(), Ordering::Relaxed);
        match &answer {
            Err(error) if !was_failing => tracing::warn!(
                target: "hotcell::gateway", %error, "rates are counted at PostgreSQL for now"
            ),
            Ok(_) if was_failing => {
                tracing::info!(target: "hotcell::gateway", "rates are counted at Valkey again");
            }
            _ => {}
        }
        answer
    }
}

fn counted(answer: &Reply, claims: usize) -> Option<Counted> {
    let Reply::List(list) = answer else { return None };
    let numbers = list.iter().map(|reply| match reply {
        Reply::Number(number) => u64::try_from(*number).ok(),
        _ => None,
    });
    let numbers: Vec<u64> = numbers.collect::<Option<_>>()?;
    let (over, standings) = numbers.split_first()?;
    let before = standings.chunks_exact(2);
    let before: Vec<Standing> =
        before.map(|pair| Standing { used: pair[0], held: pair[1] }).collect();
    let over = usize::try_from(*over).ok()?.checked_sub(1);
    (before.len() == claims).then_some(Counted { before, over })
}

fn key(meter: &Meter) -> String {
    format!("hotcell:{}", words::name(meter))
}

fn name(me: i64, number: u64) -> String {
    format!("{me}.{number}")
}

fn amount(amount: u64) -> Vec<u8> {
    amount.min(MOST).to_string().into_bytes()
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Counters").field(&self.valkey).finish()
    }
}
