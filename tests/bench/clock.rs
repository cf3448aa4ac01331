//! CPU time: what a request costs, whatever else the machine does meanwhile.

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// CPU time of this thread so far. Client, cell and provider share one thread in
/// these benchmarks, so that nothing is paid for waking another.
pub(crate) fn of_thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// CPU time of all threads of this process so far: the compiler has several.
pub(crate) fn of_process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

fn read(clock: ClockId) -> Duration {
    // Neither of the two clocks can be before its beginning.
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

/// Has Criterion measure the CPU time of this thread.
pub(crate) struct ThreadCpu;

static WALL: WallTime = WallTime;

impl Measurement for ThreadCpu {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        of_thread()
    }

    fn end(&self, start: Duration) -> Duration {
        of_thread() - start
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WALL.formatter()
    }
}
