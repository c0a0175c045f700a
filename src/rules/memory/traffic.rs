//! What is remembered of the data packets of one session, and of the ends of its tunnels.

use smallvec::SmallVec;

use super::{Answer, push_snugly};
use crate::rules::facts::live;
use crate::state::{Binding, Direction, FarEnd, Node};
use crate::time::Timestamp;
use crate::wire::DualStack;

/// The most far ends of one session whose last use is remembered.
const USED: usize = 64;
/// The most far ends of one session that are remembered as ends of its tunnels.
const ENDS: usize = 512;
/// The most GRE keys of one session that are remembered.
const KEYS: usize = 128;

/// Memory of data packets.
#[derive(Debug, Default)]
pub(in crate::rules) struct TrafficMemory {
    /// When each far end was last used, in either direction.
    used: Vec<(FarEnd, Timestamp)>,
    /// The far ends where tunnels of the session end or ended, sorted, each with the time of the accepted exchange
    /// after which no tunnel of the session ended there any more.
    ends: Vec<(FarEnd, Option<Timestamp>)>,
    /// Whether there were more ends than are remembered.
    forgets_ends: bool,
    /// The GRE key, or none, that packets of each binding and direction last had, and the frame of the reply that had
    /// last accepted the binding by then.
    gre: Vec<GreUse>,
    /// When a packet sent down two paths was last reported.
    pub copied: Option<Timestamp>,
    /// Whether an IPv6 prefix was accepted with Code 1, for tunnels to the care-of address.
    pub direct_ipv6: bool,
}

/// The key of the last GRE packet of a binding in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct GreUse {
    /// Key of the binding, from `binding_key` in the facts of a packet.
    pub binding: u64,
    /// Which way the packet ran.
    pub direction: Direction,
    /// The key; `None` without one.
    pub key: Option<u32>,
    /// Frame of the reply that had last accepted the binding.
    pub accepted: Option<u64>,
}

impl TrafficMemory {
    /// When a data packet used this end of a tunnel: the last such packet, or, within the last minute before a
    /// binding's expiry, which REG-018 asks about, any such packet.
    pub fn last_use(&self, far_end: FarEnd) -> Option<Timestamp> {
        self.used.iter().find(|(end, _)| *end == far_end).map(|(_, time)| *time)
    }

    /// Notes a packet to or from this end of a tunnel.
    pub fn note_use(&mut self, far_end: FarEnd, time: Timestamp) {
        match self.used.iter_mut().find(|(end, _)| *end == far_end) {
            Some((_, last)) => *last = time,
            None => {
                if self.used.len() >= USED {
                    self.used.remove(0);
                }
                self.used.push((far_end, time));
            }
        }
    }

    /// Whether a tunnel of the session can end or have ended here.
    pub fn had_end(&self, far_end: FarEnd) -> bool {
        self.forgets_ends || self.ends.iter().any(|(end, _)| end.is_near(far_end))
    }

    /// When an accepted exchange moved or ended the tunnel here, if one did.
    pub fn left_end(&self, far_end: FarEnd) -> Option<Timestamp> {
        let left = self.ends.iter().filter(|(end, _)| end.is_near(far_end));
        left.filter_map(|(_, left)| *left).max()
    }

    /// Notes where tunnels of a node end after an accepted exchange, and what the reply says of IPv6 tunnels; `before`
    /// are the node's bindings before the exchange. Gives the far ends where no tunnel ended before.
    pub fn note_exchange(
        &mut self,
        answer: &Answer,
        node: &Node,
        before: &[Binding],
    ) -> SmallVec<[FarEnd; 4]> {
        let time = answer.place.time;
        let direct =
            |prefix: &DualStack| matches!(prefix, DualStack::PrefixReply { code, .. } if code.0 == 1);
        self.direct_ipv6 |= answer.said.seldom().prefixes_answered.iter().any(direct);
        let before = live(before, time).map(|binding| binding.far_end);
        let after = node.active().map(|binding| binding.far_end);
        self.note_ends(before, after, time)
    }

    /// Notes where tunnels end after an exchange and where they ended before it; gives the far ends where none was
    /// noted before.
    fn note_ends(
        &mut self,
        before: impl Iterator<Item = FarEnd>,
        after: impl Iterator<Item = FarEnd>,
        time: Timestamp,
    ) -> SmallVec<[FarEnd; 4]> {
        let mut kept: SmallVec<[FarEnd; 4]> =
            before.filter(|far_end| self.note_end(*far_end, Some(time))).collect();
        kept.sort_unstable();
        let mut new = SmallVec::new();
        for far_end in after {
            self.note_end(far_end, None);
            if kept.binary_search(&far_end).is_err() {
                new.push(far_end);
            }
        }
        new
    }

    /// Notes an end of a tunnel; gives whether it was noted already.
    fn note_end(&mut self, far_end: FarEnd, left: Option<Timestamp>) -> bool {
        let place = match self.ends.binary_search_by_key(&far_end, |(end, _)| *end) {
            Ok(place) => {
                self.ends.get_mut(place).into_iter().for_each(|known| known.1 = left);
                return true;
            }
            Err(place) => place,
        };
        if self.ends.len() < ENDS {
            push_snugly(&mut self.ends, (far_end, left));
            self.ends.get_mut(place..).into_iter().for_each(|later| later.rotate_right(1));
        } else {
            self.forgets_ends = true;
        }
        false
    }

    /// The GRE use before, of the same binding and direction.
    pub fn gre_before(&self, seen: &GreUse) -> Option<&GreUse> {
        self.gre.iter().find(|known| known.binding == seen.binding && known.direction == seen.direction)
    }

    /// Notes a GRE packet; gives whether packets like earlier ones may be judged differently from now on: the packet
    /// has another key than the one before, or the key of another binding was forgotten.
    pub fn note_gre(&mut self, seen: GreUse) -> bool {
        let known = |known: &&mut GreUse| known.binding == seen.binding && known.direction == seen.direction;
        if let Some(known) = self.gre.iter_mut().find(known) {
            return std::mem::replace(known, seen).key != seen.key;
        }
        let forgets = self.gre.len() >= KEYS;
        if forgets {
            self.gre.remove(0);
        }
        self.gre.push(seen);
        forgets
    }
}
