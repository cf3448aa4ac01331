//! How many requests are under way at one time, and how many wait.

use hotcell::types::{Failure, FailureKind};
use hotcell::{Error, GatewayLimits};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lets so many requests in at one time, and so many wait for so long.
#[derive(Debug)]
pub(crate) struct Gate {
    places: Arc<Semaphore>,
    queue: Semaphore,
    patience: Duration,
}

/// A request's place. It is free again when this is dropped.
pub(crate) type Place = OwnedSemaphorePermit;

impl Gate {
    /// The gate that the limits describe.
    pub(crate) fn of(limits: &GatewayLimits) -> Self {
        let patience = Duration::from_millis(limits.waiting_ms);
        Self::new(limits.requests, limits.waiting, patience)
    }

    fn new(places: u32, queue: u32, patience: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places as usize)),
            queue: Semaphore::new(queue as usize),
            patience,
        }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// `overloaded` where too many wait already, or none got free in time.
    pub(crate) async fn enter(&self) -> Result<Place, Error> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Ok(place);
        }
        let Ok(_waiting) = self.queue.try_acquire() else { return Err(busy("too many wait")) };
        match tokio::time::timeout(self.patience, self.places.clone().acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(busy("none ended in time")),
        }
    }
}

fn busy(why: &str) -> Error {
    let message = format!("the gateway has as many requests as it takes, and {why}; try again");
    let failure =
        Failure { retry_after_ms: Some(1000), ..Failure::new(FailureKind::Overloaded, message) };
    failure.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_more_than_there_are_places_waits_and_one_more_than_may_wait_is_refused() {
        let gate = Arc::new(Gate::new(1, 1, Duration::from_secs(60)));
        let place = gate.enter().await.unwrap();
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.enter().await.map(drop) }
        });
        while gate.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = gate.enter().await.unwrap_err();
        assert_eq!(refused.kind(), FailureKind::Overloaded);
        assert_eq!(refused.failure.retry_after_ms, Some(1000));
        drop(place);
        waiting.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_the_patience() {
        let gate = Gate::new(1, 1, Duration::ZERO);
        let _place = gate.enter().await.unwrap();
        assert_eq!(gate.enter().await.unwrap_err().kind(), FailureKind::Overloaded);
    }
}
