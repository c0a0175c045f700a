//! A lock with a right of way: whoever answers the user waits for one turn of the other at most.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Something that a busy thread and the screen share.
///
/// The busy thread takes it again and again; without a right of way it could take it anew before the screen, which
/// waits for it, is woken.
#[derive(Debug)]
pub struct Turnstile<T> {
    busy: Mutex<()>,
    next: Mutex<()>,
    held: Mutex<T>,
}

/// The busy thread's turn.
#[derive(Debug)]
pub struct Turn<'t, T> {
    /// Let go first, as fields are dropped in order.
    pub held: MutexGuard<'t, T>,
    _busy: MutexGuard<'t, ()>,
}

impl<T> Turnstile<T> {
    /// Shares `held`.
    pub fn new(held: T) -> Self {
        Self { busy: Mutex::new(()), next: Mutex::new(()), held: Mutex::new(held) }
    }

    /// Takes it for the thread that has much to do, when nobody else waits.
    pub fn take_turn(&self) -> Turn<'_, T> {
        let busy = lock(&self.busy);
        let next = lock(&self.next);
        let held = lock(&self.held);
        drop(next);
        Turn { held, _busy: busy }
    }

    /// Takes it as the next one.
    pub fn take_first(&self) -> MutexGuard<'_, T> {
        let next = lock(&self.next);
        let held = lock(&self.held);
        drop(next);
        held
    }

    /// What was shared.
    pub fn into_inner(self) -> T {
        self.held.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread that panicked leaves what it held to be looked at.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn a_busy_thread_keeps_nobody_waiting() {
        let shared = Turnstile::new(0u64);
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let mut turn = shared.take_turn();
                    *turn.held += 1;
                    // Long enough to be asleep at the lock when it is let go.
                    thread::yield_now();
                }
            });
            for _ in 0..200 {
                let before = *shared.take_first();
                let after = *shared.take_first();
                // The turn that goes on, and the one that was taken between the two.
                assert!(after.saturating_sub(before) <= 1_000_000);
            }
            over.store(true, Ordering::Relaxed);
        });
        assert!(shared.into_inner() > 0);
    }
}
