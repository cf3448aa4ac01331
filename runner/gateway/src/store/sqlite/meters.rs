//! Meters in memory. What was spent before this process is read from the file when a meter is
//! first looked at; what is held is known here alone, and gone with the process, as the
//! requests are that it is held for.

use crate::ledger::Window;
use crate::store::{Claim, Held, Hold, Meter, Standing};
use std::collections::HashMap;

#[derive(Debug, Default)]
pub(super) struct Meters {
    known: HashMap<Meter, Count>,
    /// The minute in which those were last forgotten that are over.
    swept: u64,
    /// None is here: they are in the file, for several processes.
    is_shared: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    standing: Standing,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// What is in the file is no part of it, and it is of no use.
    #[default]
    Unknown,
    /// The file is being asked. What is settled from now on is counted, and not in the answer.
    Asked,
    Known,
}

impl Meters {
    /// Those of which the file has to be asked, in the same step: from now on they count.
    pub(super) fn ask(&mut self, wanted: impl Iterator<Item = Meter>) -> Vec<Meter> {
        let mut unknown = Vec::new();
        for meter in wanted {
            let count = self.known.entry(meter.clone()).or_default();
            if count.state != State::Unknown {
                continue;
            }
            // Minutes are not in the file: a new process begins them anew.
            if meter.window == Window::Minute {
                count.state = State::Known;
                continue;
            }
            (count.state, count.standing.used) = (State::Asked, 0);
            unknown.push(meter);
        }
        unknown
    }

    /// What the file said of a meter; none where it could not be asked.
    pub(super) fn told(&mut self, meter: &Meter, used: Option<u64>) {
        let Some(count) = self.known.get_mut(meter) else { return };
        match used {
            Some(used) => {
                count.standing.used = count.standing.used.saturating_add(used);
                count.state = State::Known;
            }
            None => count.state = State::Unknown,
        }
    }

    /// Whether all of these can be used.
    pub(super) fn have<'a>(&self, mut wanted: impl Iterator<Item = &'a Meter>) -> bool {
        wanted.all(|meter| self.known.get(meter).is_some_and(|count| count.state == State::Known))
    }

    pub(super) fn standing(&self, meter: &Meter) -> Standing {
        self.known.get(meter).map(|count| count.standing).unwrap_or_default()
    }

    pub(super) fn hold(&mut self, claims: &[Claim]) -> Held {
        let before: Vec<Standing> =
            claims.iter().map(|claim| self.standing(&claim.meter)).collect();
        let over = claims.iter().zip(&before).position(|(claim, at)| !claim.fits(*at));
        if over.is_none() {
            for claim in claims {
                let count = self.known.entry(claim.meter.clone()).or_default();
                count.standing.held = count.standing.held.saturating_add(claim.amount);
            }
        }
        Held { before, over, hold: Hold::default() }
    }

    pub(super) fn settle(&mut self, held: &[(Claim, u64)]) {
        for (claim, used) in held {
            let Some(count) = self.known.get_mut(&claim.meter) else { continue };
            let standing = &mut count.standing;
            standing.held = standing.held.saturating_sub(claim.amount);
            standing.used = standing.used.saturating_add(*used);
        }
    }

    /// Whether they are in the file.
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Gives all away that is known here alone. From now on they are in the file.
    pub(super) fn give_up(&mut self) -> Vec<(Meter, Standing)> {
        self.is_shared = true;
        let known = self.known.drain().map(|(meter, count)| (meter, count.standing));
        known.filter(|(meter, at)| at.held > 0 || meter.window == Window::Minute).collect()
    }

    /// Takes those that were in the file; of others what was used is read when it is looked at.
    pub(super) fn take_in(&mut self, found: impl Iterator<Item = (Meter, Standing)>) {
        self.is_shared = false;
        self.known.clear();
        for (meter, standing) in found {
            let state = if meter.window == Window::Minute { State::Known } else { State::Unknown };
            self.known.insert(meter, Count { standing, state });
        }
    }

    /// [`Self::settle`] by the thread that has the file, in its turn. What is read of the file
    /// later has what was used already.
    pub(super) fn settle_known(&mut self, held: &[(Claim, u64)]) {
        for (claim, used) in held {
            let Some(count) = self.known.get_mut(&claim.meter) else { continue };
            let standing = &mut count.standing;
            standing.held = standing.held.saturating_sub(claim.amount);
            if count.state == State::Known {
                standing.used = standing.used.saturating_add(*used);
            }
        }
    }

    /// Forgets meters whose window is over and that nothing is held on, once a minute.
    pub(super) fn forget(&mut self, now: u64) {
        if std::mem::replace(&mut self.swept, now / 60) == now / 60 {
            return;
        }
        self.known.retain(|meter, count| {
            let is_over = meter.window.start(now) != meter.start;
            !is_over || count.standing.held > 0 || count.state == State::Asked
        });
    }
}
