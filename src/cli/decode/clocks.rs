//! Whether the clocks of several captures agree, judged by the packets that are in two of them.

use std::collections::hash_map::{Entry, RandomState};
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher as _;
use std::io::{self, Write as _};

use crate::net::IpPacket;
use crate::report::harmless;
use crate::state::COPY_WINDOW;
use crate::time::Timestamp;
use crate::trace::SeenMessage;
use crate::wire::Header;

/// The most packets that are remembered. When there is one more, all are forgotten.
const REMEMBERED: usize = 1 << 18;
/// The fewest common packets of two captures by which their clocks are compared: a single one may have been sent twice.
const ENOUGH: u32 = 3;
/// How much the differences of time may vary, in nanoseconds: transit times vary, and clocks drift.
const SPREAD: i64 = 250_000_000;
/// The most pairs of captures that are reported.
const TOLD: usize = 3;

/// How far apart the clocks are of each two captures that have registrations in common.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    /// The capture and the time of each packet, by its fingerprint.
    seen: HashMap<u64, (u32, Timestamp)>,
    hasher: RandomState,
    /// By the places of the two captures, the lower first.
    pairs: BTreeMap<(u32, u32), Lead>,
}

/// How far the second clock is ahead of the first, in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Lead {
    packets: u32,
    least: i64,
    most: i64,
}

impl Lead {
    /// How far the clocks are apart, in nanoseconds; `None` if the differences vary too much, or are so small that the
    /// packets are recognised as copies anyway.
    fn apart(self) -> Option<i64> {
        let middle = self.least.midpoint(self.most);
        let are_alike = self.packets >= ENOUGH && self.most.saturating_sub(self.least) <= SPREAD;
        let is_beyond = |lead: i64| lead.unsigned_abs() >= COPY_WINDOW;
        (are_alike && is_beyond(self.least) && is_beyond(self.most)).then_some(middle)
    }
}

impl Clocks {
    /// Notes a registration. The whole packet counts, IP Identification included, because a retransmitted request may
    /// have the same payload.
    pub fn note(&mut self, seen: &SeenMessage<'_>) {
        let datagram = &seen.datagram;
        let IpPacket::V4(ip) = &datagram.ip else { return };
        if !matches!(seen.message.header, Header::Request(_) | Header::Reply(_)) || seen.is_truncated() {
            return;
        }
        if self.seen.len() >= REMEMBERED {
            self.seen.clear();
        }
        let packet = (datagram.source, datagram.destination, ip.header.identification, datagram.payload);
        match self.seen.entry(self.hasher.hash_one(packet)) {
            Entry::Vacant(place) => drop(place.insert((seen.file, seen.time))),
            Entry::Occupied(first) => {
                let (file, time) = *first.get();
                let lead = seen.time.since(time);
                let (pair, lead) = match file.cmp(&seen.file) {
                    std::cmp::Ordering::Less => ((file, seen.file), lead),
                    std::cmp::Ordering::Equal => return,
                    std::cmp::Ordering::Greater => ((seen.file, file), lead.saturating_neg()),
                };
                let all = self.pairs.entry(pair).or_insert(Lead { packets: 0, least: lead, most: lead });
                all.packets = all.packets.saturating_add(1);
                all.least = all.least.min(lead);
                all.most = all.most.max(lead);
            }
        }
    }

    /// Says on standard error which clocks seem to disagree. `files` are the names of the captures.
    pub fn tell(&self, files: &[String]) {
        let apart = self.pairs.iter().filter_map(|(pair, lead)| Some((pair, lead, lead.apart()?)));
        for ((first, second), Lead { packets, .. }, lead) in apart.take(TOLD) {
            let name = |file: u32| files.get(file as usize).map(|name| harmless(name)).unwrap_or_default();
            let milliseconds = lead.unsigned_abs() / 1_000_000;
            let seconds = format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
            let (side, sign) = if lead > 0 { ("ahead of", "-") } else { ("behind", "") };
            // If standard error is closed, nobody wants to read this.
            let _ = writeln!(
                io::stderr(),
                "the clock of {} seems to be {seconds} s {side} that of {}: {packets} registrations stand in both, and \
                 count twice; editcap -t {sign}{seconds} sets it right",
                name(*second),
                name(*first)
            );
        }
    }
}
