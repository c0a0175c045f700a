//! The far ends of all tunnels that were ever registered, which tell a tunnel's packet from a stranger's.

use std::hash::BuildHasher;
use std::net::Ipv4Addr;

use foldhash::fast::FixedState;

use super::places::{Places, upper};

/// Pairs of a Home Agent and a far end.
#[derive(Clone, Debug)]
pub(super) struct FarEnds {
    /// Each pair, as the number that [`FarEnds::scattered`] makes of it.
    places: Places,
    /// A few pairs, in the same form, that are not in `places` yet. Each pair belongs in another place in main memory,
    /// which is prefetched when the pair comes and visited later.
    new: Vec<u64>,
    /// Secret, so that nobody can make up pairs that crowd together; odd, so that multiplication can be undone.
    secret: u64,
    /// The number of pairs that found no room.
    pub no_room: u64,
}

/// The most pairs that are remembered; they stay after their binding has ended.
const MOST: usize = 1 << 23;
/// So many new pairs wait until they are put into `places`.
const NEW: usize = 32;

impl FarEnds {
    /// An empty set; `seed` scatters its pairs.
    pub fn new(seed: u64) -> Self {
        let secret = FixedState::with_seed(seed).hash_one(seed) | 1;
        Self { places: Places::default(), new: Vec::with_capacity(NEW), secret, no_room: 0 }
    }

    /// Remembers that a tunnel was registered between these two addresses.
    pub fn insert(&mut self, home_agent: Ipv4Addr, far_end: Ipv4Addr) {
        let number = self.scattered(home_agent, far_end);
        // Both addresses are 0.0.0.0, so this is not a pair of ends.
        if number == 0 {
            return;
        }
        self.places.expect(upper(number));
        self.new.push(number);
        let room = MOST.saturating_sub(self.places.len());
        if self.new.len() >= NEW.min(room) {
            self.put_in();
        }
    }

    fn put_in(&mut self) {
        let mut new = std::mem::take(&mut self.new);
        for number in new.drain(..) {
            if self.holds(number) {
                continue;
            }
            if self.places.len() < MOST {
                self.places.insert(number);
            } else {
                self.no_room = self.no_room.saturating_add(1);
            }
        }
        self.new = new;
    }

    /// Whether a tunnel was ever registered between these two addresses.
    #[inline]
    pub fn contains(&self, home_agent: Ipv4Addr, far_end: Ipv4Addr) -> bool {
        let number = self.scattered(home_agent, far_end);
        self.holds(number) || self.new.contains(&number)
    }

    fn holds(&self, number: u64) -> bool {
        self.places.near(upper(number)).any(|found| found == number)
    }

    /// The two addresses as one number with scattered bits. Each step can be undone, so that different pairs stay
    /// different, and only a pair of two 0.0.0.0 becomes 0.
    #[inline]
    fn scattered(&self, home_agent: Ipv4Addr, far_end: Ipv4Addr) -> u64 {
        let pair = u64::from(home_agent.to_bits()) << 32 | u64::from(far_end.to_bits());
        let once = pair.wrapping_mul(self.secret);
        (once ^ once >> 32).wrapping_mul(self.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_there_and_nothing_else() {
        let mut far_ends = FarEnds::new(5);
        let agent = |number: u32| Ipv4Addr::from_bits(0xc633_6401 + number % 3);
        let far_end = |number: u32| Ipv4Addr::from_bits(0x0a00_0000 + number);
        for again in [false, true] {
            for number in 0..10_000 {
                assert_eq!(far_ends.contains(agent(number), far_end(number)), again);
                far_ends.insert(agent(number), far_end(number));
                assert!(far_ends.contains(agent(number), far_end(number)));
            }
        }
        for number in 0..10_000 {
            assert!(far_ends.contains(agent(number), far_end(number)));
            assert!(!far_ends.contains(agent(number + 1), far_end(number)));
            assert!(!far_ends.contains(agent(number), far_end(number + 10_000)));
        }
        assert_eq!(far_ends.places.len(), 10_000);
        assert_eq!(far_ends.no_room, 0);
    }

    #[test]
    fn no_address_at_all_is_no_end() {
        let none = Ipv4Addr::UNSPECIFIED;
        let mut far_ends = FarEnds::new(1);
        assert!(!far_ends.contains(none, none));
        (0..100).for_each(|_| far_ends.insert(none, none));
        assert!(!far_ends.contains(none, none));
    }
}
