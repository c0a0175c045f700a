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
