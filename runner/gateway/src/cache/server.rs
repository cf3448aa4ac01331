//! Answers at a server of Valkey's, which several gateways share.
//!
//! What lies there are users' answers, and others may look into that server: each is sealed, and
//! its key is a name from which nobody can tell what was asked. What comes back was sealed by
//! one of these gateways for this request, or is not there. The server forgets by itself.
//!
//! Nobody waits for it for long, and nobody waits for it again and again: a server that does not
//! answer in time is left alone for a moment.

use super::{Key, Later, Place, Standing};
use crate::valkey::Valkey;
use bytes::Bytes;
use hotcell::egress::Seal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How long a request waits for an answer that may be there.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long a server is left alone that took longer.
const PAUSE: Duration = Duration::from_secs(2);
/// Answers on their way there at one time. What comes beyond is not kept.
const PUTS: usize = 32;
/// Before the name of each answer.
const PREFIX: &[u8] = b"hotcell:answer:";
/// What a sealed answer has besides its text, and what stands before that.
const AROUND: usize = 1024;

pub(super) struct Server {
    valkey: Valkey,
    seal: Arc<Seal>,
    /// Bytes of an answer.
    most: usize,
    puts: Arc<Semaphore>,
    /// When it last took too long.
    slow: Mutex<Option<Instant>>,
}

impl Server {
    pub(super) fn new(valkey: Valkey, seal: Seal, most: usize) -> Self {
        let puts = Arc::new(Semaphore::new(PUTS));
        let most = most.saturating_add(AROUND);
        Self { valkey, seal: Arc::new(seal), most, puts, slow: Mutex::default() }
    }

    fn is_slow(&self) -> bool {
        let slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        slow.is_some_and(|when| when.elapsed() < PAUSE)
    }

    async fn ask(&self, key: Key) -> Option<Bytes> {
        if self.is_slow() {
            return None;
        }
        let name = name(&self.seal, &key)?;
        let Ok(asked) = tokio::time::timeout(PATIENCE, self.valkey.get(&name, self.most)).await
        else {
            let mut slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
            *slow = Some(Instant::now());
            tracing::warn!(target: "hotcell::gateway", "Valkey takes too long for answers");
            return None;
        };
        // Why it cannot be asked, it has said itself.
        self.seal.open(&key, asked.ok()??).map(Bytes::from)
    }
}

impl Place for Server {
    fn get(&self, key: Key) -> Later<'_, Option<Bytes>> {
        Box::pin(self.ask(key))
    }

    fn put(&self, key: Key, value: Bytes, seconds: u64) {
        let Ok(permit) = self.puts.clone().try_acquire_owned() else { return };
        if self.is_slow() {
            return;
        }
        let (valkey, seal) = (self.valkey.clone(), self.seal.clone());
        tokio::spawn(async move {
            let (Some(name), Some(sealed)) = (name(&seal, &key), seal.close(&key, &value)) else {
                return;
            };
            let keep = Duration::from_secs(seconds);
            if let Err(error) = valkey.set(&name, &sealed, keep).await {
                tracing::debug!(target: "hotcell::gateway", %error, "an answer is not kept");
            }
            drop(permit);
        });
    }

    fn standing(&self) -> Option<Standing> {
        None
    }
}

fn name(seal: &Seal, key: &Key) -> Option<Vec<u8>> {
    Some([PREFIX, &seal.name(key)?].concat())
}
