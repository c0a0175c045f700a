//! The pcapng format: blocks, in sections that each have their own byte order and interfaces.

use pcap_parser::pcapng::{
    OptionCode, PcapNGOption, parse_interfacedescriptionblock_be, parse_interfacedescriptionblock_le,
    parse_sectionheaderblock,
};

use super::clock::Clock;
use super::record::{Missing, Record, Step};
use super::window::Window;
use super::{Fault, LinkType};
use crate::time::Timestamp;

/// Reads packets of one pcapng file.
///
/// A Simple Packet Block has no time. Its packet gets the time of the packet before it in the section, or the epoch if
/// it is the first.
#[derive(Default)]
pub(super) struct PcapngReader {
    order: ByteOrder,
    /// The interfaces of the section, by their number.
    interfaces: Vec<Interface>,
    /// Time of the last packet of the section.
    time: Timestamp,
    skipping: Option<Skipping>,
    /// Packets taken so far.
    packets: u64,
}

/// An interface as its Interface Description Block describes it.
struct Interface {
    link_type: LinkType,
    /// How many octets of a packet are kept at most; 0 means no limit.
    snapshot_length: u32,
    clock: Clock,
}

/// A block that is being skipped: its offset and length, and how many octets are left to skip.
struct Skipping {
    offset: u64,
    length: u64,
    rest: u64,
}

/// The byte order of numbers in a section.
#[derive(Clone, Copy, Default)]
enum ByteOrder {
    #[default]
    Little,
    Big,
}

/// The block types that are read.
mod block_type {
    pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
    pub(super) const INTERFACE_DESCRIPTION: u32 = 1;
    /// Obsolete: replaced by the Enhanced Packet Block.
    pub(super) const PACKET: u32 = 2;
    pub(super) const SIMPLE_PACKET: u32 = 3;
    pub(super) const ENHANCED_PACKET: u32 = 6;
}

/// Octets of the shortest block: type, length, and the length again. In a Section Header Block, the last four of them
/// are the byte-order magic.
const SHORTEST_BLOCK: usize = 12;
/// Octets before the captured data of an Enhanced Packet Block or a Packet Block.
const PACKET_HEADER: usize = 28;
/// Octets before the captured data of a Simple Packet Block.
const SIMPLE_PACKET_HEADER: usize = 12;
/// Octets of the length at the end of a block.
const TRAILER: usize = 4;

impl PcapngReader {
    /// Takes blocks off the window up to the next packet or interface.
    pub(super) fn step(&mut self, window: &mut Window) -> Result<Step, Fault> {
        loop {
            if let Some(missing) = self.skip(window) {
                return Ok(Step::More(missing));
            }
            let Some(&[t0, t1, t2, t3, l0, l1, l2, l3, m0, m1, m2, m3]) = window.unread().first_chunk()
            else {
                return Ok(Step::More(Missing::at(window, SHORTEST_BLOCK)));
            };
            // The type of a Section Header Block reads the same in either byte order.
            let block_type = self.order.word([t0, t1, t2, t3]);
            if block_type == block_type::SECTION_HEADER {
                self.order = match [m0, m1, m2, m3] {
                    [0x4d, 0x3c, 0x2b, 0x1a] => ByteOrder::Little,
                    [0x1a, 0x2b, 0x3c, 0x4d] => ByteOrder::Big,
                    _ => return Err(bad(window, block_type, "its byte-order magic is unknown")),
                };
            }
            let length = self.order.word([l0, l1, l2, l3]);
            if !length.is_multiple_of(4) || (length as usize) < SHORTEST_BLOCK {
                return Err(bad(window, block_type, "its length is below 12 or no multiple of 4"));
            }
            if !is_read(block_type) {
                let length = u64::from(length);
                self.skipping = Some(Skipping { offset: window.offset(), length, rest: length });
                continue;
            }
            let length = length as usize;
            if length > Window::LIMIT {
                let record = self.packets.saturating_add(1);
                return Err(Fault::AbsurdRecord { offset: window.offset(), record, length: length as u64 });
            }
            let Some((block, _)) = window.unread().split_at_checked(length) else {
                return Ok(Step::More(Missing::at(window, length)));
            };
            let step = self.read(block_type, block).map_err(|reason| bad(window, block_type, reason))?;
            match step {
                Content::Nothing => drop(window.take(length)),
                Content::Interface(link_type) => {
                    window.take(length);
                    return Ok(Step::Interface(link_type));
                }
                Content::Packet(packet) => {
                    self.packets = self.packets.saturating_add(1);
                    return Ok(Step::Record(packet.record(window, length)));
                }
            }
        }
    }

    /// Skips the rest of a block that is not read. Returns what is missing if the window does not hold all of it.
    fn skip(&mut self, window: &mut Window) -> Option<Missing> {
        let skipping = self.skipping.as_mut()?;
        let taken = window.take(usize::try_from(skipping.rest).unwrap_or(usize::MAX)).len() as u64;
        skipping.rest = skipping.rest.saturating_sub(taken);
        let &mut Skipping { offset, length, rest } = skipping;
        if rest > 0 {
            return Some(Missing { offset, needed: length, had: length.saturating_sub(rest) });
        }
        self.skipping = None;
        None
    }

    /// Reads one whole block.
    #[inline]
    fn read(&mut self, block_type: u32, block: &[u8]) -> Result<Content, &'static str> {
        if block.first_chunk::<8>().map(|head| &head[4..])
            != block.last_chunk::<TRAILER>().map(|tail| &tail[..])
        {
            return Err("its two lengths differ");
        }
        match block_type {
            block_type::ENHANCED_PACKET | block_type::PACKET => self.packet(block_type, block),
            block_type::SIMPLE_PACKET => self.simple_packet(block),
            block_type::INTERFACE_DESCRIPTION => self.interface(block),
            _ => self.section(block),
        }
    }

    /// Reads a Section Header Block: the interfaces and the time of the section before are forgotten.
    fn section(&mut self, block: &[u8]) -> Result<Content, &'static str> {
        let Ok((_, header)) = parse_sectionheaderblock(block) else { return Err("it is too short") };
        if header.major_version != 1 {
            return Err("its version is not 1");
        }
        self.interfaces.clear();
        self.time = Timestamp::default();
        Ok(Content::Nothing)
    }

    /// Reads an Interface Description Block.
    fn interface(&mut self, block: &[u8]) -> Result<Content, &'static str> {
        let parsed = match self.order {
            ByteOrder::Little => parse_interfacedescriptionblock_le(block),
            ByteOrder::Big => parse_interfacedescriptionblock_be(block),
        };
        let Ok((_, description)) = parsed else { return Err("it is too short") };
        let resolution = option(&description.options, OptionCode::IfTsresol)
            .and_then(|octets| octets.first().copied())
            .unwrap_or(Clock::DEFAULT_RESOLUTION);
        // Read here because `pcap_parser` takes it for little-endian in every section.
        let offset = option(&description.options, OptionCode::IfTsoffset)
            .and_then(|octets| <[u8; 8]>::try_from(octets).ok())
            .map_or(0, |octets| self.order.signed_long(octets));
        let link_type = LinkType(description.linktype.0.cast_unsigned());
        let clock = Clock::new(resolution, offset);
        self.interfaces.push(Interface { link_type, snapshot_length: description.snaplen, clock });
        Ok(Content::Interface(link_type))
    }

    /// Reads an Enhanced Packet Block, or a Packet Block, which differs only in the width of the interface number.
    // Read by hand, which takes 4 ns per block. `pcap_parser` takes 23 ns, or 62 ns if the block has options, which it
    // collects in a vector; and it does not know the Packet Block.
    #[inline]
    fn packet(&mut self, block_type: u32, block: &[u8]) -> Result<Content, &'static str> {
        let Some(header) = block.first_chunk::<PACKET_HEADER>() else { return Err("it is too short") };
        let ([_, _, interface, high, low, captured, original], _) = header.as_chunks::<4>() else {
            return Err("it is too short");
        };
        let interface = match (block_type, self.order, *interface) {
            (block_type::ENHANCED_PACKET, order, octets) => order.word(octets),
            (_, ByteOrder::Little, [a, b, _, _]) => u32::from(u16::from_le_bytes([a, b])),
            (_, ByteOrder::Big, [a, b, _, _]) => u32::from(u16::from_be_bytes([a, b])),
        };
        let Some(interface) = self.interfaces.get(interface as usize) else {
            return Err("it names an interface that was not described");
        };
        let Some(room) = block.len().checked_sub(PACKET_HEADER + TRAILER) else {
            return Err("it is too short");
        };
        let captured = self.order.word(*captured) as usize;
        if captured > room {
            return Err("its captured length is more than the block holds");
        }
        let ticks = u64::from(self.order.word(*high)) << 32 | u64::from(self.order.word(*low));
        self.time = interface.clock.time(ticks);
        Ok(Content::Packet(Packet {
            record: Record {
                time: self.time,
                precision: interface.clock.precision(),
                link_type: interface.link_type,
                original_length: self.order.word(*original),
                data: 0..0,
            },
            header: PACKET_HEADER,
            captured,
        }))
    }

    /// Reads a Simple Packet Block, which belongs to the first interface.
    fn simple_packet(&self, block: &[u8]) -> Result<Content, &'static str> {
        let Some([_, _, _, _, _, _, _, _, o0, o1, o2, o3]) = block.first_chunk::<SIMPLE_PACKET_HEADER>()
        else {
            return Err("it is too short");
        };
        let Some(room) = block.len().checked_sub(SIMPLE_PACKET_HEADER + TRAILER) else {
            return Err("it is too short");
        };
        let Some(interface) = self.interfaces.first() else {
            return Err("no interface was described before it");
        };
        let original_length = self.order.word([*o0, *o1, *o2, *o3]);
        let kept = match interface.snapshot_length {
            0 => original_length,
            limit => limit.min(original_length),
        };
        Ok(Content::Packet(Packet {
            record: Record {
                time: self.time,
                precision: interface.clock.precision(),
                link_type: interface.link_type,
                original_length,
                data: 0..0,
            },
            header: SIMPLE_PACKET_HEADER,
            captured: room.min(kept as usize),
        }))
    }
}

impl ByteOrder {
    fn word(self, octets: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(octets),
            Self::Big => u32::from_be_bytes(octets),
        }
    }

    fn signed_long(self, octets: [u8; 8]) -> i64 {
        match self {
            Self::Little => i64::from_le_bytes(octets),
            Self::Big => i64::from_be_bytes(octets),
        }
    }
}

/// The content of a block.
enum Content {
    Nothing,
    Interface(LinkType),
    Packet(Packet),
}

/// A packet whose octets are still to be taken off the window; `record.data` is not yet set.
struct Packet {
    record: Record,
    /// Octets of the block before the captured data.
    header: usize,
    /// Octets of the captured data.
    captured: usize,
}

impl Packet {
    /// Takes the packet's block, `length` octets, off the window.
    #[inline]
    fn record(self, window: &mut Window, length: usize) -> Record {
        window.take(self.header);
        let data = window.take(self.captured);
        window.take(length.saturating_sub(self.header).saturating_sub(self.captured));
        Record { data, ..self.record }
    }
}

/// Whether blocks of this type are read; all others are skipped, whatever their size.
fn is_read(block_type: u32) -> bool {
    matches!(
        block_type,
        block_type::SECTION_HEADER
            | block_type::INTERFACE_DESCRIPTION
            | block_type::PACKET
            | block_type::SIMPLE_PACKET
            | block_type::ENHANCED_PACKET
    )
}

/// The octets of an option, without padding.
fn option<'a>(options: &'a [PcapNGOption<'_>], code: OptionCode) -> Option<&'a [u8]> {
    let listed = options.iter().take_while(|option| option.code != OptionCode::EndOfOpt);
    listed.filter(|option| option.code == code).find_map(|option| option.as_bytes().ok())
}

/// A malformed block at the front of the window.
#[cold]
fn bad(window: &Window, block_type: u32, reason: &'static str) -> Fault {
    Fault::BadBlock { offset: window.offset(), block_type, reason }
}

#[cfg(test)]
mod tests;
