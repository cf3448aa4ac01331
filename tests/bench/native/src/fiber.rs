//! Adapters wait where they stand: one that is linked in does so on a stack of its own, which is
//! left while it waits. It is what a cell does, with the same switch.

use futures_core::Stream;
use hotcell::types::{Event, Failure, FailureKind};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::{Pin, pin};
use std::ptr::NonNull;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};
use wasmtime_internal_fiber::FiberStack;

/// As much as a cell's.
const STACK_BYTES: usize = 1024 * 1024;
/// Stacks that are kept for the next, so that a request maps no memory. A cell has a pool too.
const KEPT: usize = 1024;

/// Who waits for it; none when nobody does any more.
type Resumed = Option<Waker>;

enum Step {
    Waiting,
    Told(Vec<Event>),
}

type Ended = Result<(), Failure>;
type Switch = wasmtime_internal_fiber::Suspend<Resumed, Step, Ended>;

thread_local! {
    static STACKS: RefCell<Vec<FiberStack>> = const { RefCell::new(Vec::new()) };
}

/// What is done on a stack of its own, as a stream of what it tells. It is over when the work is.
///
/// It may be handed to another thread and not be polled there: what is on its stack is this
/// thread's.
pub(crate) struct Fiber {
    fiber: Option<wasmtime_internal_fiber::Fiber<'static, Resumed, Step, Ended>>,
    home: ThreadId,
}

impl Fiber {
    /// Does nothing before it is polled.
    ///
    /// # Panics
    /// On a machine that has no fibers, or no memory for one.
    pub(crate) fn new(work: impl FnOnce(Rc<Here>) -> Ended + Send + 'static) -> Self {
        let stack = STACKS.with_borrow_mut(Vec::pop);
        let stack = stack.unwrap_or_else(|| FiberStack::new(STACK_BYTES, false).expect("memory"));
        let fiber = wasmtime_internal_fiber::Fiber::new(stack, |waker, switch: &mut Switch| {
            let switch = Cell::new(Some(NonNull::from(switch)));
            let here = Rc::new(Here { switch, waker: Cell::new(waker) });
            let ended = work(here.clone());
            // Whoever still has it cannot switch with it.
            here.switch.set(None);
            ended
        });
        let fiber = fiber.map_err(|(error, _)| error).expect("a machine with fibers");
        Self { fiber: Some(fiber), home: thread::current().id() }
    }

    fn end(&mut self) {
        let Some(stack) = self.fiber.take().map(|fiber| fiber.into_stack()) else { return };
        STACKS.with_borrow_mut(|stacks| {
            if stacks.len() < KEPT {
                stacks.push(stack);
            }
        });
    }
}

impl Stream for Fiber {
    type Item = Result<Vec<Event>, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        assert_eq!(self.home, thread::current().id(), "a fiber on another thread than its own");
        let Some(fiber) = &self.fiber else { return Poll::Ready(None) };
        match fiber.resume(Some(context.waker().clone())) {
            Err(Step::Waiting) => Poll::Pending,
            Err(Step::Told(events)) => Poll::Ready(Some(Ok(events))),
            Ok(ended) => {
                self.end();
                Poll::Ready(ended.err().map(Err))
            }
        }
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        if self.home != thread::current().id() {
            // What is on its stack may be known elsewhere, and has to stay where it is.
            std::mem::forget(self.fiber.take());
            return;
        }
        let Some(fiber) = &self.fiber else { return };
        // All that the work waits for fails now, until it ends. One that panicked has ended.
        while !fiber.done() {
            let _ = fiber.resume(None);
        }
        self.end();
    }
}

/// A fiber as the work on it sees it.
pub(crate) struct Here {
    switch: Cell<Option<NonNull<Switch>>>,
    waker: Cell<Resumed>,
}

impl Here {
    /// Waits for a future.
    ///
    /// # Errors
    /// `cancelled`, where nobody waits for the fiber any more.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, Failure> {
        let mut future = pin!(future);
        loop {
            let waker = self.waker.take().ok_or_else(left)?;
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            self.waker.set(Some(waker));
            match polled {
                Poll::Ready(value) => return Ok(value),
                Poll::Pending => self.switch(Step::Waiting),
            }
        }
    }

    /// Tells whoever polls the fiber.
    ///
    /// # Errors
    /// As [`Self::wait`].
    pub(crate) fn tell(&self, events: Vec<Event>) -> Result<(), Failure> {
        self.switch(Step::Told(events));
        let waker = self.waker.take().ok_or_else(left)?;
        self.waker.set(Some(waker));
        Ok(())
    }

    #[expect(unsafe_code, reason = "adapters reach their imports by functions without a `self`")]
    fn switch(&self, step: Step) {
        let wall = hotcell_sdk::testing::live::put(None);
        let mut switch = self.switch.get().expect("the fiber is under way");
        // SAFETY: it is the reference that the fiber's work was called with. It is there as long
        // as that work, since `Fiber::new` takes it away afterwards; nobody else has it; and of
        // two fibers of this thread only the one that runs calls this.
        let resumed = unsafe { switch.as_mut() }.suspend(step);
        hotcell_sdk::testing::live::put(wall);
        self.waker.set(resumed);
    }
}

fn left() -> Failure {
    Failure::new(FailureKind::Cancelled, "the caller left")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, poll_fn};
    use std::sync::atomic::{AtomicU32, Ordering};

    fn poll(fiber: &mut Fiber) -> Poll<Option<Result<Vec<Event>, Failure>>> {
        pin!(fiber).poll_next(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn what_waits_on_two_fibers_goes_on_by_turns() {
        let work = |word: &'static str| {
            move |here: Rc<Here>| {
                for number in 0..3 {
                    let mut asked = false;
                    here.wait(poll_fn(|_| match std::mem::replace(&mut asked, true) {
                        true => Poll::Ready(()),
                        false => Poll::Pending,
                    }))?;
                    here.tell(vec![Event::Warning(format!("{word} {number}"))])?;
                }
                Ok(())
            }
        };
        let mut fibers = [Fiber::new(work("one")), Fiber::new(work("other"))];
        for number in 0..3 {
            assert!(fibers.iter_mut().all(|fiber| poll(fiber).is_pending()));
            for (fiber, word) in fibers.iter_mut().zip(["one", "other"]) {
                let told = vec![Event::Warning(format!("{word} {number}"))];
                assert_eq!(poll(fiber), Poll::Ready(Some(Ok(told))));
            }
        }
        assert!(fibers.iter_mut().all(|fiber| poll(fiber) == Poll::Ready(None)));
    }

    #[test]
    fn work_that_nobody_waits_for_ends_and_leaves_nothing() {
        static OPEN: AtomicU32 = AtomicU32::new(0);
        struct Open;
        impl Drop for Open {
            fn drop(&mut self) {
                OPEN.fetch_sub(1, Ordering::Relaxed);
            }
        }
        for polled in [false, true] {
            let mut fiber = Fiber::new(|here| {
                OPEN.fetch_add(1, Ordering::Relaxed);
                let _open = Open;
                here.wait(pending::<()>())
            });
            if polled {
                assert!(poll(&mut fiber).is_pending());
                assert_eq!(OPEN.load(Ordering::Relaxed), 1);
            }
            drop(fiber);
            assert_eq!(OPEN.load(Ordering::Relaxed), 0);
        }
    }
}
