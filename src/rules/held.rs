//! Data packets at a glance: most are like others that were found clean, and pass; the rest is looked at in full.

use std::num::NonZeroU64;

use smallvec::SmallVec;

use super::Place;
use super::held_packet::Held;
use super::memory::{Clean, Copies, Glance};
use super::validator::Validator;
use super::waiting::{BATCH, Waiting};
use crate::net::{Encapsulation, IpPacket, PlainTunnel, Tunnel, peel};
use crate::state::{Attribution, FarEnd, Observer, Settled, Standing};

/// So many packets of a batch need no room beyond the stack when they are judged; of most batches it is one or two.
const FEW: usize = 8;

/// What is known of data packets at a glance.
#[derive(Debug)]
pub(super) struct Flow {
    pub clean: Clean,
    pub copies: Copies,
    /// How many sprays were taken up.
    pub sprays: u64,
    pub waiting: Waiting,
    /// Counts the packets after which what is remembered of GRE keys was another.
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

/// What is known of a packet before it is judged, where that is not all there is to know.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Which of those that wait it is.
    index: u32,
    known: Known,
    /// Its kind, where it is looked for.
    glance: Option<Glance>,
    /// What [`Copies`] knows it by.
    packet: Option<NonZeroU64>,
    /// Whether no packet of its flow took another tunnel a moment ago, so that it is no copy and only is remembered.
    is_alone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// Nothing: it is looked at.
    Nothing,
    /// It can be vouched for, and was not when it was counted.
    Steady,
    /// It is clean; whether [`Copies`] still has to see it.
    Clean(bool),
    /// Its flow was vouched for, and [`Copies`] still has to see it.
    Watched,
}

impl Known {
    const fn is_watched(self) -> bool {
        matches!(self, Self::Clean(true) | Self::Watched)
    }
}

impl Validator {
    /// Judges a tunnelled packet, after the observer took it, together with those that follow: what is known of each
    /// lies somewhere else in memory, and so the visits overlap. Whoever uses this calls [`Validator::release`] before
    /// the observer takes a message.
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
        // Before the glance: those that wait can change what is remembered of GRE keys.
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
    // Into its caller, where all of the packet is in registers.
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
        // What a flow is vouched for does not depend on these: only then its packets are all alike.
        let is_usual = has_usual_header(plain);
        self.hold(number, place, is_usual, observer, |held| held.put_plain(plain, place));
    }

    #[inline]
    fn take_new_sprays(&mut self, number: u64, place: Place, observer: &Observer) {
        if observer.spray_count() != self.flow.sprays {
            // It can be this very packet that shows one.
            self.flow.waiting.note_place(number, place);
            self.take_sprays(observer);
        }
    }

    /// Has a packet wait; there is room for it.
    // Into its callers, as what it calls.
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
        // Only of packets that are counted it is known whether they are like those before them.
        observer.catch_up();
        self.judge_held(observer);
        // What was found of them may have waited long enough: it is decided before a message changes anything.
        let clock = observer.clock();
        self.advance(clock, observer);
    }

    /// Judges the packets that wait.
    #[inline(never)]
    pub(super) fn judge_held(&mut self, observer: &mut Observer) {
        // None of these is a copy of one before it: that would be of the same flow, which would not be alone then.
        self.flow.copies.remember_all(observer.passed());
        if std::mem::replace(&mut self.flow.waiting.is_judged, true) {
            return;
        }
        let mut all = std::mem::take(&mut self.flow.waiting.held);
        let held = all.get_mut(..self.flow.waiting.together).unwrap_or_default();
        // First everything is read that lies somewhere else in memory for each, then each is judged. One sort of place
        // at a time: what is far away is waited for together only while little stands between.
        let mut open = self.open_held(held, observer);
        self.read_ahead(held, &mut open, observer);
        self.judge_open(held, &open, observer);
        self.flow.waiting.held = all;
    }

    /// Picks those that nobody vouches for, with what they are known by.
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

    /// Looks up what is known of them, and reads what will be looked at of the rest.
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
            // What is read means nothing here, and is read all the same.
            std::hint::black_box(self.read_node_ahead(held, observer));
        }
    }

    /// Judges them: those that are known to be clean pass. Tells the observer which flows it may vouch for.
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
            // One just before may have been of the same kind.
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

    /// Reads what is known of a packet's node, which will be looked at, and gives something of it that means nothing.
    // In GRE the addresses stand elsewhere: what is read then is of no use, and does no harm.
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

/// What [`Copies`] knows a packet by.
#[cold]
fn print_of(held: &Held, observer: &Observer) -> Option<NonZeroU64> {
    match peel(&held.tunnel()).inner {
        Some(IpPacket::V4(inner)) => observer.print_of(&inner),
        _ => None,
    }
}

/// Whether nothing in the header of a plain packet is anything to a rule but its addresses: neither is the hop count
/// used up, nor is Don't Fragment lost on the way into the tunnel (TUN-016, TUN-017).
#[inline]
fn has_usual_header(plain: &PlainTunnel<'_>) -> bool {
    let &[_, _, _, _, _, _, flags, _, ttl, ..] = plain.payload else { return false };
    ttl != 0 && (flags & 0x40 == 0 || plain.dont_fragment())
}
