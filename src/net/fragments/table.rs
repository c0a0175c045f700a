//! The table of incomplete datagrams.

use std::{
    collections::{BTreeMap, HashMap},
    net::Ipv4Addr,
};

use super::{
    FragmentCounters, FragmentLimits,
    piece::Piece,
    skipped::{Because, Skipped},
};
use crate::{
    capture::{Frame, KeptFrame},
    net::{ipv4::Ipv4Packet, protocol, reason::Reason},
    time::Timestamp,
};

/// The fields that all fragments of one datagram share (RFC 791 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    source: Ipv4Addr,
    destination: Ipv4Addr,
    protocol: u8,
    identification: u16,
}

/// What became of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The fragment completed its datagram, which [`FragmentTable::assembled`] now holds.
    Complete,
    /// The fragment waits for others, or it was dropped.
    Held,
    /// The fragment belongs to a datagram that is not Mobile IP.
    Foreign,
}

/// Nanoseconds within which a span port that sees packets twice repeats a datagram. A datagram that begins so soon
/// after one with the same key was completed is taken for its copy, and waits no longer than that for the rest.
const COPY: u64 = 500_000_000;

/// The More Fragments bit in the header octet with the flags.
const MORE_FRAGMENTS: u8 = 0x20;

/// An incomplete datagram.
#[derive(Debug)]
struct Waiting {
    /// Place in the order of arrival of first fragments.
    serial: u64,
    /// When the first fragment to arrive came.
    since: Timestamp,
    /// The number of the frame with that fragment.
    first_frame: u64,
    /// Whether this is a copy of a datagram completed just before. Nothing is missing if it stays incomplete.
    is_copy: bool,
    /// The fragments by their offset, none overlapping another.
    pieces: BTreeMap<usize, Piece>,
    /// Octets of payload that the fragments cover.
    covered: usize,
    /// Octets of payload of the whole datagram, known once its last fragment is there.
    total: Option<usize>,
    /// The IP header of the first fragment.
    header: Option<Box<[u8]>>,
}

/// How a fragment fits those of its datagram that are already there.
enum Fit {
    New,
    Duplicate,
    Conflict,
}

impl Waiting {
    fn fit(&self, offset: usize, length: usize, more: bool, payload: &[u8]) -> Fit {
        let end = offset.saturating_add(length);
        if let Some((&start, piece)) = self.pieces.range(..=offset).next_back() {
            if start == offset && piece.length == length && piece.more == more {
                // A copy may have been cut at another octet, so only the octets that both have are compared.
                let same = piece.payload().iter().zip(payload).all(|(one, other)| one == other);
                return if same { Fit::Duplicate } else { Fit::Conflict };
            }
            if start.saturating_add(piece.length) > offset {
                return Fit::Conflict;
            }
        }
        if self.pieces.range(offset..end).next().is_some() {
            return Fit::Conflict;
        }
        let beyond = match self.total {
            Some(total) => !more || end >= total,
            None => !more && self.pieces.range(end..).next().is_some(),
        };
        if beyond { Fit::Conflict } else { Fit::New }
    }

    fn cost(&self) -> usize {
        self.pieces.values().fold(0, |sum, piece| sum.saturating_add(piece.cost()))
    }

    /// How many fragments wait for others; 0 for a copy.
    fn fragments(&self) -> u64 {
        if self.is_copy { 0 } else { u64::try_from(self.pieces.len()).unwrap_or(u64::MAX) }
    }
}

/// Incomplete datagrams, and the last one completed.
#[derive(Debug, Default)]
pub(crate) struct FragmentTable {
    pub(crate) limits: FragmentLimits,
    pub(crate) keep_frames: bool,
    pub(crate) counters: FragmentCounters,
    waiting: HashMap<Key, Waiting>,
    /// The keys of `waiting`, oldest first.
    by_age: BTreeMap<u64, Key>,
    serial: u64,
    /// Octets that `waiting` costs, overhead included.
    octets: usize,
    /// Fragments in `waiting`.
    pending: u64,
    skipped: Skipped,
    /// The IP packet completed last.
    assembled: Vec<u8>,
    /// Octets of that packet, IP header included, that were on the link, up to the first octet that was not.
    assembled_on_link: usize,
    /// The frames of that packet, in order of their numbers, if frames are kept.
    frames: Vec<KeptFrame>,
}

impl FragmentTable {
    /// Adds the fragment `packet`, whose IP header begins at octet `ip_offset` of `frame`.
    ///
    /// `is_ours` says whether the source and destination port of a UDP datagram are those of Mobile IP.
    ///
    /// # Errors
    /// [`Reason::IpHeaderCut`], [`Reason::FragmentLength`], [`Reason::FragmentTooLong`]; in each case the fragment is
    /// ignored.
    pub(crate) fn add(
        &mut self,
        frame: &Frame<'_>,
        ip_offset: usize,
        packet: &Ipv4Packet<'_>,
        is_ours: impl Fn(u16, u16) -> bool,
    ) -> Result<Outcome, Reason> {
        let header = check(frame, ip_offset, packet)?;
        let now = frame.time;
        self.expire(now);
        let key = Key {
            source: packet.header.source,
            destination: packet.header.destination,
            protocol: packet.header.protocol,
            identification: packet.header.identification,
        };
        let offset = usize::from(packet.header.fragment_offset);
        let skipped = self.skipped.reason(&key, now, self.limits.lifetime);
        let is_copy = skipped == Some(Because::Complete) && self.skipped.reason(&key, now, COPY).is_some();
        if let Some((source, destination)) = ports(packet) {
            if !is_ours(source, destination) {
                self.take(&key);
                self.skipped.insert(key, Because::Foreign, now, self.limits.datagrams);
                return Ok(Outcome::Foreign);
            }
            if skipped == Some(Because::Foreign) {
                self.skipped.remove(&key);
            }
        } else if skipped == Some(Because::Foreign) {
            return Ok(Outcome::Foreign);
        }
        if skipped == Some(Because::Refused) {
            return Ok(Outcome::Held);
        }

        // Where the capture's clock went back, the oldest datagram need not be the one that waited longest.
        self.expire_one(&key, now);
        let waiting = self.open(key, frame, is_copy);
        match waiting.fit(offset, packet.payload_length, packet.header.more_fragments, packet.payload) {
            Fit::Duplicate => return Ok(Outcome::Held),
            Fit::Conflict => {
                self.take(&key);
                self.skipped.insert(key, Because::Refused, now, self.limits.datagrams);
                self.counters.refused_overlaps = self.counters.refused_overlaps.saturating_add(1);
                return Ok(Outcome::Held);
            }
            Fit::New => {}
        }
        let outcome = self.place(key, frame, ip_offset, header, packet);
        if outcome == Outcome::Complete {
            self.skipped.insert(key, Because::Complete, now, self.limits.datagrams);
        }
        Ok(outcome)
    }

    /// The packet completed last: its octets, and how many octets it had before the capture cut any.
    pub(crate) fn assembled(&self) -> (&[u8], usize) {
        (&self.assembled, self.assembled_on_link)
    }

    /// The frames of the packet completed last.
    pub(crate) fn frames(&self) -> impl Iterator<Item = Frame<'_>> {
        self.frames.iter().map(KeptFrame::frame)
    }

    /// Forgets the frames of the packet completed last.
    pub(crate) fn forget_frames(&mut self) {
        self.frames.clear();
    }

    /// Fragments that wait for others.
    pub(crate) fn pending(&self) -> u64 {
        self.pending
    }

    /// The number of the first frame whose fragment waits for others.
    pub(crate) fn first_waiting_frame(&self) -> Option<u64> {
        let waiting = self.by_age.values().filter_map(|key| self.waiting.get(key));
        waiting.filter(|waiting| !waiting.is_copy).map(|waiting| waiting.first_frame).next()
    }

    /// The entry of `key`, which is created if there is none.
    fn open(&mut self, key: Key, frame: &Frame<'_>, is_copy: bool) -> &mut Waiting {
        let Self { waiting, by_age, serial, .. } = self;
        waiting.entry(key).or_insert_with(|| {
            *serial = serial.wrapping_add(1);
            by_age.insert(*serial, key);
            Waiting {
                serial: *serial,
                since: frame.time,
                first_frame: frame.number,
                is_copy,
                pieces: BTreeMap::new(),
                covered: 0,
                total: None,
                header: None,
            }
        })
    }

    /// Adds a fragment that fits its open datagram, then completes the datagram or, if it stays incomplete, makes room.
    fn place(
        &mut self,
        key: Key,
        frame: &Frame<'_>,
        ip_offset: usize,
        header: &[u8],
        packet: &Ipv4Packet<'_>,
    ) -> Outcome {
        let offset = usize::from(packet.header.fragment_offset);
        let piece = Piece::of(frame, ip_offset, packet, self.keep_frames);
        let Some(waiting) = self.waiting.get_mut(&key) else { return Outcome::Held };
        self.octets = self.octets.saturating_add(piece.cost());
        self.pending = self.pending.saturating_add(u64::from(!waiting.is_copy));
        waiting.covered = waiting.covered.saturating_add(piece.length);
        if !piece.more {
            waiting.total = Some(offset.saturating_add(piece.length));
        }
        if offset == 0 {
            waiting.header = Some(header.into());
        }
        waiting.pieces.insert(offset, piece);
        if waiting.total == Some(waiting.covered)
            && let Some(whole) = self.take(&key)
        {
            self.assemble(whole);
            return Outcome::Complete;
        }
        while self.waiting.len() > self.limits.datagrams || self.octets > self.limits.octets {
            let Some((_, &oldest)) = self.by_age.first_key_value() else { break };
            let fragments = self.take(&oldest).map_or(0, |waiting| waiting.fragments());
            self.counters.evicted = self.counters.evicted.saturating_add(fragments);
        }
        Outcome::Held
    }

    fn assemble(&mut self, whole: Waiting) {
        self.assembled.clear();
        self.frames.clear();
        let header = whole.header.unwrap_or_default();
        self.assembled.extend_from_slice(&header);
        restore_header(&mut self.assembled, header.len().saturating_add(whole.covered));
        self.assembled_on_link = header.len();
        let (mut gap, mut never_there) = (false, false);
        for piece in whole.pieces.into_values() {
            if !gap {
                self.assembled.extend_from_slice(piece.payload());
                gap = piece.payload().len() < piece.length;
            }
            if !never_there {
                self.assembled_on_link = self.assembled_on_link.saturating_add(piece.on_link);
                never_there = piece.on_link < piece.length;
            }
            self.frames.extend(piece.into_frame());
        }
        self.frames.sort_by_key(|kept| kept.number);
    }

    /// Drops datagrams that have waited too long, from the oldest up to the first that has not.
    fn expire(&mut self, now: Timestamp) {
        while let Some((_, &oldest)) = self.by_age.first_key_value() {
            if !self.expire_one(&oldest, now) {
                return;
            }
        }
    }

    /// Drops the datagram of `key` if it has waited too long, and returns whether it did.
    fn expire_one(&mut self, key: &Key, now: Timestamp) -> bool {
        let Some(waiting) = self.waiting.get(key) else { return false };
        let lifetime = if waiting.is_copy { COPY } else { self.limits.lifetime };
        if now.since(waiting.since).unsigned_abs() <= lifetime {
            return false;
        }
        let fragments = self.take(key).map_or(0, |waiting| waiting.fragments());
        self.counters.expired = self.counters.expired.saturating_add(fragments);
        true
    }

    /// Removes a datagram from the table.
    fn take(&mut self, key: &Key) -> Option<Waiting> {
        let waiting = self.waiting.remove(key)?;
        self.by_age.remove(&waiting.serial);
        self.octets = self.octets.saturating_sub(waiting.cost());
        self.pending = self.pending.saturating_sub(waiting.fragments());
        Some(waiting)
    }

    /// The number of datagrams, of their entries by age, of octets, and of skipped datagrams.
    #[cfg(test)]
    pub(super) fn sizes(&self) -> [usize; 4] {
        [self.waiting.len(), self.by_age.len(), self.octets, self.skipped.len()]
    }
}

/// Refuses a fragment that cannot be reassembled, and otherwise returns the octets of its IP header.
fn check<'a>(frame: &Frame<'a>, ip_offset: usize, packet: &Ipv4Packet<'_>) -> Result<&'a [u8], Reason> {
    let data = frame.data.get(ip_offset..).unwrap_or_default();
    let header_length = usize::from(packet.header.header_length);
    let header = data.get(..header_length).ok_or(Reason::IpHeaderCut { there: data.len() })?;
    let octets = packet.payload_length;
    if octets == 0 || packet.header.more_fragments && !octets.is_multiple_of(8) {
        return Err(Reason::FragmentLength { octets });
    }
    let end = usize::from(packet.header.fragment_offset).saturating_add(octets);
    if end.saturating_add(header_length) > usize::from(u16::MAX) {
        return Err(Reason::FragmentTooLong { end });
    }
    Ok(header)
}

/// The ports in the first fragment of a UDP datagram; `None` in other fragments.
fn ports(packet: &Ipv4Packet<'_>) -> Option<(u16, u16)> {
    if packet.header.protocol != protocol::UDP || packet.header.fragment_offset != 0 {
        return None;
    }
    let [a, b, c, d] = *packet.payload.first_chunk::<4>()?;
    Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}

/// Turns the header of a first fragment into that of the whole packet: total length, no fragment bits.
fn restore_header(header: &mut [u8], length: usize) {
    let total = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    if let Some(field) = header.get_mut(2..4) {
        field.copy_from_slice(&total);
    }
    // The offset is 0 already; the reserved bit and Don't Fragment stay.
    if let Some(flags) = header.get_mut(6) {
        *flags &= !MORE_FRAGMENTS;
    }
}
