//! Data packets at a glance: most are like others that were found clean, and pass; the others are looked at in full.

use std::num::NonZeroU64;

use smallvec::SmallVec;

use super::Place;
use super::held_packet::Held;
use super::memory::{Clean, Copies, Glance};
use super::validator::Validator;
use super::waiting::{BATCH, Waiting};
use crate::net::{Encapsulation, IpPacket, PlainTunnel, Tunnel, peel};
use crate::state::{Attribution, FarEnd, Observer, Settled, Standing};

/// Up to so many packets of a batch are judged on the stack alone; most batches have one or two to judge.
const FEW: usize = 8;

/// What is known of data packets at a glance.
#[derive(Debug)]
pub(super) struct Flow {
    pub clean: Clean,
    pub copies: Copies,
    /// How many of the observer's sprays were judged.
    pub sprays: u64,
    pub waiting: Waiting,
    /// How many packets changed what is remembered of GRE keys.
    pub keys: u64,
}

impl Flow {
    pub fn new(seed: u64) -> Self {
        Self {
            clean: Clean::new(seed),
            copies: Copies::new(),
            sprays: 0,
            waiting: Waiting::nobody(),
            keys: 0,
        }
    }
}

/// What is known of a waiting packet that no flow vouches for, before it is judged.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Index of the packet among those that wait.
    index: u32,
    known: Known,
    /// Its kind, if that was looked for.
    glance: Option<Glance>,
    /// The print by which [`Copies`] knows the packet.
    packet: Option<NonZeroU64>,
    /// Whether no packet of its flow took another tunnel a moment ago; it is then no copy and only remembered.
    is_alone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// Nothing is known: the packet is looked at in full.
    Nothing,
    /// Its flow can be vouched for, but was not when the packet was counted.
    Steady,
    /// The packet is clean; the flag says whether [`Copies`] still has to see it.
    Clean(bool),
    /// Its flow was vouched for, but [`Copies`] still has to see the packet.
    Watched,
}

impl Known {
    const fn is_watched(self) -> bool {
        matches!(self, Self::Clean(true) | Self::Watched)
    }
}

impl Validator {
    /// Judges a tunnelled packet, after the observer took it, together with those that follow: what is known of each
    /// packet lies somewhere else in memory, and judging them together lets the reads overlap. The caller has to call
    /// [`Validator::release`] before the observer takes a message.
    pub fn packet_soon(
        &mut self,
        tunnel: &Tunnel<'_>,
        place: Place,
        seen: Attribution,
        observer: &mut Observer,
    ) {
        if seen.copy {
            return;
        }
        let number = observer.taken();
        self.flow.waiting.note_place(number, place);
        self.take_new_sprays(number, place, observer);
        // Before the glance, because judging the packets that wait can change what is remembered of GRE keys.
        if !self.flow.waiting.has_room_for(number) {
            self.release(observer);
        }
        match self.flow.clean.glance(tunnel, observer.layout(), self.flow.keys) {
            Some(glance) if tunnel.last_fragment.is_none() => {
                self.hold(number, place, false, observer, |held| held.put(tunnel, place, glance));
            }
            _ => {
                self.release(observer);
                if observer.settled_from(number).copies & 1 == 0 {
                    self.look_at(tunnel, place, false, observer);
                }
            }
        }
    }

    /// The same for a packet that [`Observer::plain`] took.
    // Inlined into its caller, where all of the packet is in registers.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn plain_soon(
        &mut self,
        plain: &PlainTunnel<'_>,
        place: Place,
        seen: Attribution,
        observer: &mut Observer,
    ) {
        if seen.copy {
            return;
        }
        let number = observer.taken();
        self.take_new_sprays(number, place, observer);
        if !self.flow.waiting.has_room_for(number) {
            self.release(observer);
        }
        // Flows are vouched for without a look at these fields, so their packets are alike only if these are usual.
        let is_usual = has_usual_header(plain);
        self.hold(number, place, is_usual, observer, |held| held.put_plain(plain, place));
    }

    #[inline]
    fn take_new_sprays(&mut self, number: u64, place: Place, observer: &Observer) {
        if observer.spray_count() != self.flow.sprays {
            // This very packet can be the one that shows a new spray.
            self.flow.waiting.note_place(number, place);
            self.take_sprays(observer);
        }
    }

    /// Lets a packet wait, for which there must be room, and judges the batch when it is full.
    // Inlined into its callers, like [`Waiting::hold`].
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn hold(
        &mut self,
        number: u64,
        place: Place,
        is_usual: bool,
        observer: &mut Observer,
        put: impl FnOnce(&mut Held),
    ) {
        self.flow.waiting.hold(number, place, is_usual, put);
        if self.flow.waiting.together >= BATCH {
            self.release(observer);
        }
    }

    /// Judges the packets that wait, and tells the observer which flows it may vouch for.
    pub fn release(&mut self, observer: &mut Observer) {
        // Whether packets are like those before them is known only once the observer has counted them.
        observer.catch_up();
        self.judge_held(observer);
        // Reports about these packets may be due by now: they are decided before a message changes anything.
        let clock = observer.clock();
        self.advance(clock, observer);
    }

    /// Judges the packets that wait.
    #[inline(never)]
    pub(super) fn judge_held(&mut self, observer: &mut Observer) {
        // The passed packets are no copies: had their flow taken another tunnel before, it would not count as alone.
        self.flow.copies.remember_all(observer.passed());
        if std::mem::replace(&mut self.flow.waiting.is_judged, true) {
            return;
        }
        let mut all = std::mem::take(&mut self.flow.waiting.held);
        let held = all.get_mut(..self.flow.waiting.together).unwrap_or_default();
        // First all that lies somewhere else in memory is read for each packet, then each packet is judged. Reads go
        // one sort of place at a time: the processor overlaps them only while few instructions stand between.
        let mut open = self.open_held(held, observer);
        self.read_ahead(held, &mut open, observer);
        self.judge_open(held, &open, observer);
        self.flow.waiting.held = all;
    }

    /// Picks the packets that no flow vouches for, and tells what is known of each.
    #[inline]
    fn open_held(&self, held: &mut [Held], observer: &Observer) -> SmallVec<[Open; FEW]> {
        let Settled { copies, vouched } = observer.settled_from(self.flow.waiting.first);
        let mut left = !(copies | vouched & !self.flow.waiting.unusual);
        let mut opened = SmallVec::new();
        while let Some(held) = held.get_mut(left.trailing_zeros() as usize) {
            let index = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            let standing = observer.standing(self.flow.waiting.number(index));
            let is_usual = self.flow.waiting.is_usual(index);
            let (packet, is_alone) = match standing {
                Standing::Unknown => (None, false),
                Standing::Steady { inside, alone } => (inside, alone),
                Standing::Watched { inside } => (inside, false),
            };
            let known = match standing {
                Standing::Steady { .. } if is_usual => Known::Steady,
                Standing::Watched { .. } if is_usual => Known::Watched,
                _ => Known::Nothing,
            };
            if known != Known::Nothing {
                packet.filter(|_| !is_alone).iter().for_each(|packet| self.flow.copies.expect(*packet));
                opened.push(Open { index, known, glance: None, packet, is_alone });
                continue;
            }
            let layout = observer.layout();
            held.glance =
                held.glance.or_else(|| self.flow.clean.glance(&held.tunnel(), layout, self.flow.keys));
            opened.push(Open { index, known, glance: held.glance, packet, is_alone });
        }
        opened
    }

    /// Looks up which of the packets are known to be clean, and reads ahead what will be looked at for the others.
    #[inline]
    fn read_ahead(&self, held: &[Held], open: &mut [Open], observer: &Observer) {
        for open in open.iter() {
            open.glance.iter().for_each(|glance| self.flow.clean.expect(*glance));
        }
        for open in open.iter_mut().filter(|open| open.known == Known::Nothing) {
            let Some(held) = held.get(open.index as usize) else { continue };
            open.known = self.is_clean(held, observer);
        }
        for open in open.iter().filter(|open| matches!(open.known, Known::Nothing | Known::Steady)) {
            let Some(held) = held.get(open.index as usize) else { continue };
            // The value means nothing; `black_box` keeps the reads from being optimised away.
            std::hint::black_box(self.read_node_ahead(held, observer));
        }
    }

    /// Judges the packets; those that are known to be clean pass. Tells the observer which flows it may vouch for.
    #[inline]
    fn judge_open(&mut self, held: &[Held], open: &[Open], observer: &mut Observer) {
        let keys = self.flow.keys;
        for open in open {
            let Some(held) = held.get(open.index as usize) else { continue };
            if held.encapsulation() == Encapsulation::Gre && self.flow.keys != keys {
                self.look_at(&held.tunnel(), held.place, false, observer);
                continue;
            }
            let number = self.flow.waiting.number(open.index);
            // A packet just before this one may have been of the same kind, which is then known by now.
            let known = match open.known {
                Known::Nothing => self.is_clean(held, observer),
                Known::Steady => observer.is_vouched(number).map_or(Known::Nothing, Known::Clean),
                known => known,
            };
            let is_copied = known.is_watched()
                && open
                    .packet
                    .or_else(|| print_of(held, observer))
                    .and_then(|packet| {
                        self.flow.copies.meet(packet, held.far_end(), held.place.time, open.is_alone)
                    })
                    .is_some();
            if known != Known::Nothing && !is_copied {
                continue;
            }
            let found = self.look_at(&held.tunnel(), held.place, open.is_alone, observer);
            let Some(found) = found else { continue };
            match held.glance {
                Some(glance) => self.flow.clean.note(glance, &found, observer),
                None => observer.vouch(number, found.watched),
            }
        }
    }

    /// Whether packets like this one are known to be clean now.
    #[inline]
    fn is_clean(&self, held: &Held, observer: &Observer) -> Known {
        let kind = held.glance.and_then(|glance| self.flow.clean.find(glance));
        kind.and_then(|kind| kind.holds(held.place.time, observer)).map_or(Known::Nothing, Known::Clean)
    }

    /// Reads ahead what is known of a packet's node, and combines it into a value that means nothing.
    // In GRE the inner addresses stand elsewhere: what is read then is of no use, but does no harm.
    fn read_node_ahead(&self, held: &Held, observer: &Observer) -> Option<u32> {
        let (source, destination) = held.ends();
        let (inner_source, inner_destination) = held.inner_ends()?;
        let slot = if observer.is_home_agent(source) {
            observer.owner_of(source, inner_destination.into())
        } else {
            observer.owner_of(destination, inner_source.into())
        };
        let node = observer.node(slot?)?;
        let binding = node.bindings().first();
        let lifetime = binding.map_or(0, |binding| binding.lifetime);
        let rule = node.policy().rules().first().map_or(0, |rule| rule.selector.ts_format());
        let session = self.world.session(slot?, observer).map_or(0, |session| {
            let is_bulk = binding.is_some_and(|binding| session.is_bulk_only(binding, held.place.time));
            let used = session.traffic.last_use(FarEnd { address: destination, port: None });
            session.disturbances ^ u32::from(is_bulk) ^ u32::from(used.is_some())
        });
        Some(u32::from(lifetime) ^ u32::from(rule) ^ session)
    }
}

/// The print by which [`Copies`] knows a packet.
#[cold]
fn print_of(held: &Held, observer: &Observer) -> Option<NonZeroU64> {
    match peel(&held.tunnel()).inner {
        Some(IpPacket::V4(inner)) => observer.print_of(&inner),
        _ => None,
    }
}

/// Whether the inner header of a plain packet gives rules nothing to look at but its addresses: its hop count is not
/// used up, and Don't Fragment was not lost on the way into the tunnel (TUN-016, TUN-017).
#[inline]
fn has_usual_header(plain: &PlainTunnel<'_>) -> bool {
    let &[_, _, _, _, _, _, flags, _, ttl, ..] = plain.payload else { return false };
    ttl != 0 && (flags & 0x40 == 0 || plain.dont_fragment())
}
