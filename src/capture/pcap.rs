//! The classic pcap format: a header, then records of 16 octets and the captured data.

use pcap_parser::parse_pcap_header;

use super::record::{Missing, Record, Step};
use super::window::Window;
use super::{Fault, LinkType};
use crate::time::{Precision, Timestamp};

/// Reads records of one classic pcap file.
pub(super) struct PcapReader {
    big_endian: bool,
    /// Nanoseconds in one unit of a record's second time field.
    unit: i64,
    precision: Precision,
    link_type: LinkType,
    /// A record that claims more captured octets than this is taken for damaged.
    longest: u32,
    /// Records taken so far.
    records: u64,
}

impl PcapReader {
    /// Octets of the file header.
    pub(super) const HEADER_LENGTH: usize = 24;
    /// Octets of a record's header.
    const RECORD_HEADER_LENGTH: usize = 16;

    /// Takes the file header off the window, which begins with a pcap magic number.
    pub(super) fn open(window: &mut Window) -> Result<Self, Fault> {
        let Ok((_, header)) = parse_pcap_header(window.unread()) else {
            let Missing { offset, needed, had } = Missing::at(window, Self::HEADER_LENGTH);
            return Err(Fault::Truncated { offset, needed, had });
        };
        window.take(Self::HEADER_LENGTH);
        let nanoseconds = header.is_nanosecond_precision();
        Ok(Self {
            big_endian: header.is_bigendian(),
            unit: if nanoseconds { 1 } else { 1000 },
            precision: if nanoseconds { Precision::NANOSECONDS } else { Precision::MICROSECONDS },
            // The upper half says whether frames end in a frame check sequence, and how long it is.
            link_type: LinkType(header.network.0.cast_unsigned() & 0xffff),
            longest: longest_record(header.snaplen),
            records: 0,
        })
    }

    /// The link type of all frames of the file.
    pub(super) fn link_type(&self) -> LinkType {
        self.link_type
    }

    /// Takes the next record off the window if all of it is there and its length is plausible.
    // Read by hand: the parser of `pcap_parser` returns its result through memory, where it has to wait for earlier
    // stores. That took a sixth of the time for a capture of registrations.
    #[inline]
    pub(super) fn whole(&mut self, window: &mut Window) -> Option<Record> {
        let (header, rest) = window.unread().split_first_chunk::<{ Self::RECORD_HEADER_LENGTH }>()?;
        let &[s0, s1, s2, s3, f0, f1, f2, f3, c0, c1, c2, c3, o0, o1, o2, o3] = header;
        let word = |octets: [u8; 4]| {
            if self.big_endian { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) }
        };
        let captured = word([c0, c1, c2, c3]);
        if captured > self.longest || captured as usize > rest.len() {
            return None;
        }
        // No overflow, whatever the two fields hold: at most 2^32 s and 2^32 microseconds.
        let seconds = i64::from(word([s0, s1, s2, s3])).wrapping_mul(1_000_000_000);
        let fraction = i64::from(word([f0, f1, f2, f3])).wrapping_mul(self.unit);
        window.take(Self::RECORD_HEADER_LENGTH);
        self.records = self.records.saturating_add(1);
        Some(Record {
            time: Timestamp::from_nanoseconds(seconds.wrapping_add(fraction)),
            precision: self.precision,
            link_type: self.link_type,
            original_length: word([o0, o1, o2, o3]),
            data: window.take(captured as usize),
        })
    }

    /// Takes the next record off the window, or says what is missing.
    pub(super) fn step(&mut self, window: &mut Window) -> Result<Step, Fault> {
        match self.whole(window) {
            Some(record) => Ok(Step::Record(record)),
            None => self.missing(window),
        }
    }

    /// What is missing of the record at the front of the window; it is an error if its length is absurd.
    #[cold]
    fn missing(&self, window: &Window) -> Result<Step, Fault> {
        let captured = match window.unread() {
            [_, _, _, _, _, _, _, _, a, b, c, d, _, _, _, _, ..] if self.big_endian => [*a, *b, *c, *d],
            [_, _, _, _, _, _, _, _, a, b, c, d, _, _, _, _, ..] => [*d, *c, *b, *a],
            _ => return Ok(Step::More(Missing::at(window, Self::RECORD_HEADER_LENGTH))),
        };
        let captured = u32::from_be_bytes(captured);
        if captured > self.longest {
            return Err(self.absurd(window, captured));
        }
        let needed = Self::RECORD_HEADER_LENGTH.saturating_add(captured as usize);
        Ok(Step::More(Missing::at(window, needed)))
    }

    #[cold]
    fn absurd(&self, window: &Window, length: u32) -> Fault {
        let record = self.records.saturating_add(1);
        Fault::AbsurdRecord { offset: window.offset(), record, length: u64::from(length) }
    }
}

/// How many octets a record may claim at most in a file with this snapshot length (0: none is declared).
///
/// There are files with records longer than the declared snapshot length. Therefore every length up to the greatest
/// that common tools capture is accepted; a greater length must have been declared.
fn longest_record(snapshot_length: u32) -> u32 {
    /// The default and greatest snapshot length of libpcap.
    const COMMON: u32 = 256 << 10;
    /// Less than [`Window::LIMIT`], so that there is room for the record header.
    const MOST: u32 = 63 << 20;
    if snapshot_length == 0 { MOST } else { snapshot_length.clamp(COMMON, MOST) }
}

#[cfg(test)]
mod tests;
