//! Data packets at a glance: most are like others that were found clean, and pass; the rest is looked at in full.

use super::Place;
use super::held_packet::Held;
use super::memory::{Clean, Copies, Glance, IN_USE, without_gre};
use super::validator::Validator;
use crate::net::{Encapsulation, Ipv4Header, PlainTunnel, Tunnel};
use crate::state::{Attribution, FarEnd, Observer, Standing};

/// Packets whose places are remembered until the observer has counted them, a power of two.
const PLACES: usize = 256;
/// Nanoseconds before the expiry of a binding up to which flows are vouched for: the last use of it is looked at
/// (REG-018), from the whole second on in which that begins.
const VOUCHED_UNTIL: i64 = IN_USE + 1_000_000_000;

/// What is known of data packets at a glance.
#[derive(Debug)]
pub(super) struct Flow {
    pub clean: Clean,
    pub copies: Copies,
    /// Places of the packets taken last, by their number.
    places: Vec<Place>,
    /// How many sprays were taken up.
    pub sprays: u64,
    /// Places of packets that wait to be judged together.
    held: Vec<Held>,
    /// How many of them are taken.
    waiting: usize,
    /// Counts the packets after which what is remembered of GRE keys was another.
    pub keys: u64,
    /// Packets whose flows can be vouched for, by number, and whether [`Copies`] has to see packets like them.
    vouched: Vec<(u64, bool)>,
}

impl Flow {
    pub fn new(seed: u64) -> Self {
        Self {
            clean: Clean::new(seed),
            copies: Copies::new(seed),
            places: Vec::new(),
            sprays: 0,
            held: Vec::new(),
            waiting: 0,
            keys: 0,
            vouched: Vec::new(),
        }
    }

    // Into its callers: handed over in memory, a place that was just written in pieces keeps the processor waiting.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // the low bits are wanted
    pub fn note_place(&mut self, number: u64, place: Place) {
        if self.places.is_empty() {
            self.make_room(place);
        }
        if let Some(noted) = self.places.get_mut(number as usize & (PLACES - 1)) {
            noted.put(place);
        }
    }

    #[cold]
    fn make_room(&mut self, place: Place) {
        self.places = vec![place; PLACES];
    }

    #[allow(clippy::cast_possible_truncation)]
    pub fn place(&self, number: u64) -> Option<Place> {
        self.places.get(number as usize & (PLACES - 1)).copied()
    }
}

/// The most packets that are judged together.
const BATCH: usize = 64;
/// What is known of a packet before it is judged, where that is not all there is to know.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Its place among those that wait.
    place: u8,
    known: Known,
    /// Its kind, where it is looked for.
    glance: Option<Glance>,
    /// What [`Copies`] knows it by.
    packet: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// Nothing: it is looked at.
    Nothing,
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
    /// Judges a tunnelled packet, after the observer took it.
    pub fn packet(&mut self, tunnel: &Tunnel<'_>, place: Place, seen: Attribution, observer: &mut Observer) {
        self.packet_soon(tunnel, place, seen, observer);
        self.release(observer);
    }

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
        self.note_packet(place, observer);
        match self.flow.clean.glance(tunnel, observer.layout(), self.flow.keys) {
            Some(glance) if tunnel.last_fragment.is_none() => {
                self.hold(tunnel, place, (false, Some(glance)), observer);
            }
            _ => {
                let number = observer.taken();
                self.release(observer);
                if observer.standing(number) != Standing::Copy {
                    self.look_at(tunnel, place, None, observer);
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
        self.note_packet(place, observer);
        // What a flow is vouched for does not depend on these: only then its packets are all alike.
        self.hold(&plain.tunnel(), place, (has_usual_header(plain), None), observer);
    }

    #[inline]
    fn note_packet(&mut self, place: Place, observer: &Observer) {
        self.flow.note_place(observer.taken(), place);
        if observer.spray_count() != self.flow.sprays {
            self.take_sprays(observer);
        }
    }

    // Into its callers: the packet is copied here, from registers.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn hold(
        &mut self,
        tunnel: &Tunnel<'_>,
        place: Place,
        kind: (bool, Option<Glance>),
        observer: &mut Observer,
    ) {
        if self.flow.held.is_empty() {
            self.flow.held = vec![Held::of(tunnel, place); BATCH];
        }
        if let Some(held) = self.flow.held.get_mut(self.flow.waiting) {
            held.take(tunnel, place, observer.taken(), kind);
        }
        self.flow.waiting = self.flow.waiting.saturating_add(1);
        if self.flow.waiting >= BATCH {
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
        for (number, watched) in self.flow.vouched.drain(..) {
            observer.vouch(number, watched, VOUCHED_UNTIL);
        }
    }

    /// Judges the packets that wait.
    #[inline(never)]
    pub(super) fn judge_held(&mut self, observer: &Observer) {
        if self.flow.waiting == 0 {
            return;
        }
        let mut all = std::mem::take(&mut self.flow.held);
        let held = all.get_mut(..std::mem::take(&mut self.flow.waiting)).unwrap_or_default();
        let mut open = [Open { place: 0, known: Known::Nothing, glance: None, packet: None }; BATCH];
        // First everything is read that lies somewhere else in memory for each, then each is judged. One sort of place
        // at a time: what is far away is waited for together only while little stands between.
        let count = self.open_held(held, &mut open, observer);
        let (held, open) = (&*held, open.get_mut(..count).unwrap_or_default());
        self.read_ahead(held, open, observer);
        self.judge_open(held, open, observer);
        self.flow.held = all;
    }

    /// Picks those that nobody vouches for, with what they are known by; gives how many there are.
    #[inline]
    fn open_held(&self, held: &mut [Held], open: &mut [Open; BATCH], observer: &Observer) -> usize {
        let mut count = 0;
        for (held, place) in held.iter_mut().zip(0..) {
            let standing = match observer.standing(held.number) {
                Standing::Copy => continue,
                Standing::Vouched { watched: false } if held.vouchable => continue,
                standing if held.vouchable => standing,
                _ => Standing::Unknown,
            };
            let Some(open) = open.get_mut(count) else { break };
            count = count.saturating_add(1);
            open.place = place;
            if standing == (Standing::Vouched { watched: true }) {
                open.known = Known::Watched;
                // Only plain packets can be asked about by number.
                open.packet = self.flow.copies.hash_of_plain(&held.tunnel());
                continue;
            }
            let layout = observer.layout();
            held.glance =
                held.glance.or_else(|| self.flow.clean.glance(&held.tunnel(), layout, self.flow.keys));
            open.glance = held.glance;
        }
        count
    }

    /// Looks up what is known of them, and reads what will be looked at of the rest.
    #[inline]
    fn read_ahead(&self, held: &[Held], open: &mut [Open], observer: &Observer) {
        for open in open.iter() {
            open.glance.iter().for_each(|glance| self.flow.clean.expect(*glance));
        }
        for open in open.iter_mut().filter(|open| open.known == Known::Nothing) {
            let Some(held) = held.get(usize::from(open.place)) else { continue };
            open.known = self.is_clean(held, observer);
            if open.known.is_watched() {
                open.packet = self.hash_of(held);
            }
        }
        for open in open.iter() {
            open.packet.iter().for_each(|packet| self.flow.copies.expect(*packet));
        }
        for open in open.iter().filter(|open| open.known == Known::Nothing) {
            let Some(held) = held.get(usize::from(open.place)) else { continue };
            // What is read means nothing here, and is read all the same.
            std::hint::black_box(self.read_node_ahead(held, observer));
        }
    }

    /// Judges them: those that are known to be clean pass.
    #[inline]
    fn judge_open(&mut self, held: &[Held], open: &[Open], observer: &Observer) {
        let keys = self.flow.keys;
        for open in open {
            let Some(held) = held.get(usize::from(open.place)) else { continue };
            if held.encapsulation == Encapsulation::Gre && self.flow.keys != keys {
                self.look_at(&held.tunnel(), held.place, None, observer);
                continue;
            }
            // One just before may have been of the same kind.
            let known = if open.known == Known::Nothing { self.is_clean(held, observer) } else { open.known };
            let is_copied = known.is_watched()
                && open
                    .packet
                    .or_else(|| self.hash_of(held))
                    .and_then(|packet| self.flow.copies.note(packet, held.far_end(), held.place.time))
                    .is_some();
            if known == Known::Nothing || is_copied {
                // What was vouched for was not asked for its kind.
                let glance = held
                    .glance
                    .or_else(|| self.flow.clean.glance(&held.tunnel(), observer.layout(), self.flow.keys));
                self.look_at(&held.tunnel(), held.place, glance, observer);
            } else if let Known::Clean(watched) = known
                && held.vouchable
            {
                self.flow.vouched.push((held.number, watched));
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
        let Ipv4Header { source, destination, .. } = held.header;
        let &[s0, s1, s2, s3, d0, d1, d2, d3] = held.octets.get(12..)?.first_chunk()?;
        let slot = if observer.is_home_agent(source) {
            observer.owner_of(source, [d0, d1, d2, d3].into())
        } else {
            observer.owner_of(destination, [s0, s1, s2, s3].into())
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

    /// What [`Copies`] knows a packet by.
    #[inline]
    fn hash_of(&self, held: &Held) -> Option<u64> {
        let tunnel = held.tunnel();
        match held.encapsulation {
            Encapsulation::Gre => self.flow.copies.hash_of(&without_gre(&tunnel)?.0),
            _ => self.flow.copies.hash_of(&tunnel),
        }
    }
}

/// Whether nothing in the header of a plain packet is anything to a rule but its addresses: neither is the hop count
/// used up, nor is Don't Fragment lost on the way into the tunnel (TUN-016, TUN-017).
#[inline]
fn has_usual_header(plain: &PlainTunnel<'_>) -> bool {
    let &[_, _, _, _, _, _, flags, _, ttl, ..] = plain.payload else { return false };
    ttl != 0 && (flags & 0x40 == 0 || plain.dont_fragment)
}
