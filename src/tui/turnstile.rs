//! A lock with a right of way: the thread that answers the user waits for at most one turn of the busy thread.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Something that a busy thread and the screen share.
///
/// The busy thread takes the lock again and again; without a right of way it could take the lock anew before the
/// waiting screen is woken.
#[derive(Debug)]
pub struct Turnstile<T> {
    busy: Mutex<()>,
    next: Mutex<()>,
    held: Mutex<T>,
}

/// The busy thread's turn.
#[derive(Debug)]
pub struct Turn<'t, T> {
    /// Fields are dropped in order, so this lock is released first.
    pub held: MutexGuard<'t, T>,
    _busy: MutexGuard<'t, ()>,
}

impl<T> Turnstile<T> {
    /// Shares `held`.
    pub fn new(held: T) -> Self {
        Self { busy: Mutex::new(()), next: Mutex::new(()), held: Mutex::new(held) }
    }

    /// Takes the shared value for the busy thread, when nobody else waits for it.
    pub fn take_turn(&self) -> Turn<'_, T> {
        let busy = lock(&self.busy);
        let next = lock(&self.next);
        let held = lock(&self.held);
        drop(next);
        Turn { held, _busy: busy }
    }

    /// Takes the shared value for the screen: after the turn that runs now, and before the next one.
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

/// Locks even after a panic: what the thread that panicked held can still be looked at.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn who_waits_first_comes_before_the_next_turn() {
        let shared = Turnstile::new(Vec::new());
        thread::scope(|scope| {
            let turn = shared.take_turn();
            scope.spawn(|| shared.take_first().push("screen"));
            // Until the screen stands at the lock: it has taken the right of way.
            while shared.next.try_lock().is_ok() {
                thread::yield_now();
            }
            scope.spawn(|| shared.take_turn().held.push("engine"));
            thread::yield_now();
            drop(turn);
        });
        assert_eq!(shared.into_inner(), ["screen", "engine"]);
    }

    #[test]
    fn what_a_panic_left_can_be_looked_at() {
        let shared = Turnstile::new(7);
        let panicked = thread::scope(|scope| {
            scope
                .spawn(|| {
                    let _turn = shared.take_turn();
                    panic!("as it is wanted");
                })
                .join()
        });
        assert!(panicked.is_err());
        assert_eq!(*shared.take_first(), 7);
    }
}
