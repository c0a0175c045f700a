//! Binary traffic selectors (RFC 6088 §3.1 for IPv4, §3.2 for IPv6) as RFC 7629 §4.2 carries them.
//!
//! A flags word says which fields follow, in the order of its letters and without padding between them:
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-------------------------------+
//! |A|B|C|D|E|F|G|H|I|J|K|L|M|N|O|P|           Reserved            |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-------------------------------+
//! ```
//!
//! | | A B | C D | E F | G H | I J | K L | M N | O P |
//! |-|-----|-----|-----|-----|-----|-----|-----|-----|
//! | IPv4 | source | destination | SPI | source port | destination port | DS | protocol | reserved |
//! | IPv6 | source | destination | SPI | flow label | source port | destination port | traffic class | next header |
//!
//! The first letter of a pair is a range's start (or its only value), the second its end.

use std::net::IpAddr;

use super::{Field, FieldSink, Meaning, Reader, Value};

/// Which of the two binary formats a selector has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SelectorFormat {
    /// TS Format 1.
    Ipv4,
    /// TS Format 2.
    Ipv6,
}

impl SelectorFormat {
    /// The format a TS Format octet names, `None` for all others.
    pub const fn from_ts_format(octet: u8) -> Option<Self> {
        match octet {
            1 => Some(Self::Ipv4),
            2 => Some(Self::Ipv6),
            _ => None,
        }
    }

    /// The TS Format octet.
    pub const fn ts_format(self) -> u8 {
        match self {
            Self::Ipv4 => 1,
            Self::Ipv6 => 2,
        }
    }

    /// The bits of the flags word that have no letter.
    pub const fn reserved_mask(self) -> u32 {
        match self {
            Self::Ipv4 => 0x0003_ffff,
            Self::Ipv6 => 0x0000_ffff,
        }
    }

    const fn pairs(self) -> &'static [Pair] {
        match self {
            Self::Ipv4 => &IPV4_PAIRS,
            Self::Ipv6 => &IPV6_PAIRS,
        }
    }
}

/// Where the flags word stands within the octets after TS Format. RFC 7629 points at figures of RFC 6088 that
/// bring octets of their own, so senders disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SelectorLayout {
    /// Directly after TS Format.
    Direct,
    /// After one octet of zero.
    Padded,
    /// After a whole RFC 6089 sub-option header: type 3, length, TS Format again, one octet of zero.
    SubOption,
}

impl SelectorLayout {
    /// Octets between TS Format and the flags word.
    pub const fn prefix(self) -> usize {
        match self {
            Self::Direct => 0,
            Self::Padded => 1,
            Self::SubOption => 4,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Direct => "flags directly after TS Format",
            Self::Padded => "one octet of padding before the flags",
            Self::SubOption => "a whole RFC 6089 sub-option before the flags",
        }
    }
}

/// The two ends of a field as they were on the wire. Neither present means that the field is absent and matches
/// everything; a start alone is a single value; an end alone is a fault that the wire can nevertheless carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bounds<T> {
    /// First value of the range.
    pub start: Option<T>,
    /// Last value of the range.
    pub end: Option<T>,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { start: None, end: None }
    }
}

impl<T: Copy> Bounds<T> {
    /// A single value.
    pub const fn single(value: T) -> Self {
        Self { start: Some(value), end: None }
    }

    /// All values from `start` to `end`, both included.
    pub const fn range(start: T, end: T) -> Self {
        Self { start: Some(start), end: Some(end) }
    }

    /// First and last value, the same when there is no end; `None` when there is no start.
    pub fn range_or_single(self) -> Option<(T, T)> {
        self.start.map(|start| (start, self.end.unwrap_or(start)))
    }

    /// Whether neither end is there.
    pub const fn is_absent(self) -> bool {
        self.start.is_none() && self.end.is_none()
    }
}

/// A binary traffic selector, each field as it was on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrafficSelector {
    /// IPv4 or IPv6.
    pub format: SelectorFormat,
    /// Where the flags word stood.
    pub layout: SelectorLayout,
    /// Bits of the flags word that have no letter; RFC 6088 wants 0.
    pub reserved: u32,
    /// Source address: the correspondent's. Of the family that `format` names.
    pub source_address: Bounds<IpAddr>,
    /// Destination address: the mobile node's. Of the family that `format` names.
    pub destination_address: Bounds<IpAddr>,
    /// IPsec Security Parameters Index.
    pub spi: Bounds<u32>,
    /// IPv6 flow label with the octet above it (IPv6 format only).
    pub flow_label: Bounds<u32>,
    /// Source port.
    pub source_port: Bounds<u16>,
    /// Destination port.
    pub destination_port: Bounds<u16>,
    /// The whole octet of DS field or traffic class; its low two bits are ECN and do not count.
    pub ds: Bounds<u8>,
    /// Protocol or next header number.
    pub protocol: Bounds<u8>,
}

impl TrafficSelector {
    /// A selector of `format` without any field: it matches everything.
    pub fn any(format: SelectorFormat) -> Self {
        Self {
            format,
            layout: SelectorLayout::Direct,
            reserved: 0,
            source_address: Bounds::default(),
            destination_address: Bounds::default(),
            spi: Bounds::default(),
            flow_label: Bounds::default(),
            source_port: Bounds::default(),
            destination_port: Bounds::default(),
            ds: Bounds::default(),
            protocol: Bounds::default(),
        }
    }

    /// Reads the selector that follows a TS Format octet; `None` for a format without a definition.
    ///
    /// The layout is the one that fits: reserved bits clear and the flagged fields ending where the octets do.
    /// When none fits, the octets are read as [`SelectorLayout::Direct`] as far as they go.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>, ts_format: u8) -> Option<Self> {
        let format = SelectorFormat::from_ts_format(ts_format)?;
        let octets = reader.peek();
        let start = reader.offset();
        let layout = layout_of(format, octets);
        let mut selector = Self::any(format);
        selector.layout = layout;
        let mut walk = Walk { octets, at: layout.prefix(), short: None };
        selector.reserved = walk.flags() & format.reserved_mask();
        let flags = walk.flags();
        walk.at = walk.at.saturating_add(4);
        for pair in format.pairs() {
            selector.place(pair, flags, &mut walk);
        }
        let end = walk.at.min(octets.len());
        reader.tell_field(Field {
            key: "selector",
            title: "Traffic Selector",
            octets: start..start.saturating_add(end),
            mask: 0,
            value: Value::Selector { selector, whole: walk.short.is_none() },
            meaning: Meaning::Name { key: Some("ts_layout"), name: Some(layout.name()) },
            detail: false,
        });
        if S::WANTS_DETAILS {
            selector.tell_details(reader, start, octets);
        }
        reader.skip(end);
        if let Some((needed, left, at)) = walk.short {
            reader.fall_short(start.saturating_add(at), "Traffic Selector", needed, left);
        }
        if reader.left() > 0 {
            let title = match walk.short {
                Some(_) => "Octets of a field that is not whole",
                None => "Octets after the last selector field",
            };
            reader.rest("selector_left_over", title);
        }
        Some(selector)
    }

    /// Appends the selector's octets in its layout.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let start = out.len();
        match self.layout {
            SelectorLayout::Direct => {}
            SelectorLayout::Padded => out.push(0),
            SelectorLayout::SubOption => out.extend_from_slice(&[3, 0, self.format.ts_format(), 0]),
        }
        out.extend_from_slice(&self.flags().to_be_bytes());
        for pair in self.format.pairs() {
            for end in [End::Start, End::End] {
                if let Some(value) = self.part(pair.what, end) {
                    let octets = value.to_be_bytes();
                    out.extend_from_slice(
                        octets.get(16usize.saturating_sub(pair.width)..).unwrap_or(&octets),
                    );
                }
            }
        }
        if self.layout == SelectorLayout::SubOption {
            let length = u8::try_from(out.len().saturating_sub(start).saturating_sub(2)).unwrap_or(u8::MAX);
            if let Some(octet) = out.get_mut(start.saturating_add(1)) {
                *octet = length;
            }
        }
    }

    /// The flags word these fields make, reserved bits included.
    pub fn flags(&self) -> u32 {
        let mut flags = self.reserved & self.format.reserved_mask();
        for pair in self.format.pairs() {
            for end in [End::Start, End::End] {
                if self.part(pair.what, end).is_some() {
                    flags |= pair.flag(end);
                }
            }
        }
        flags
    }

    /// Whether no field is there at all, so that every packet of the family matches.
    pub fn is_any(&self) -> bool {
        self.flags() & !self.format.reserved_mask() == 0
    }

    fn place(&mut self, pair: &Pair, flags: u32, walk: &mut Walk<'_>) {
        for end in [End::Start, End::End] {
            if flags & pair.flag(end) != 0 {
                let Some(value) = walk.take(pair.width) else { return };
                self.set_part(pair.what, end, value);
            }
        }
    }

    /// The named end of a field as a number, `None` when it is not there.
    fn part(&self, what: What, end: End) -> Option<u128> {
        match what {
            What::SourceAddress => end.of(self.source_address).map(address_bits),
            What::DestinationAddress => end.of(self.destination_address).map(address_bits),
            What::Spi => end.of(self.spi).map(u128::from),
            What::FlowLabel => end.of(self.flow_label).map(u128::from),
            What::SourcePort => end.of(self.source_port).map(u128::from),
            What::DestinationPort => end.of(self.destination_port).map(u128::from),
            What::Ds => end.of(self.ds).map(u128::from),
            What::Protocol => end.of(self.protocol).map(u128::from),
        }
    }

    // The walk takes as many octets as the field has, so no value is cut.
    #[allow(clippy::cast_possible_truncation)]
    fn set_part(&mut self, what: What, end: End, value: u128) {
        let address = || match self.format {
            SelectorFormat::Ipv4 => IpAddr::from((value as u32).to_be_bytes()),
            SelectorFormat::Ipv6 => IpAddr::from(value.to_be_bytes()),
        };
        match what {
            What::SourceAddress => *end.slot(&mut self.source_address) = Some(address()),
            What::DestinationAddress => *end.slot(&mut self.destination_address) = Some(address()),
            What::Spi => *end.slot(&mut self.spi) = Some(value as u32),
            What::FlowLabel => *end.slot(&mut self.flow_label) = Some(value as u32),
            What::SourcePort => *end.slot(&mut self.source_port) = Some(value as u16),
            What::DestinationPort => *end.slot(&mut self.destination_port) = Some(value as u16),
            What::Ds => *end.slot(&mut self.ds) = Some(value as u8),
            What::Protocol => *end.slot(&mut self.protocol) = Some(value as u8),
        }
    }

    /// Tells the flags word and each field of a selector that begins `start` octets into the payload.
    fn tell_details<'a, S: FieldSink<'a>>(
        &self,
        reader: &mut Reader<'a, '_, S>,
        start: usize,
        octets: &'a [u8],
    ) {
        let flags_at = start.saturating_add(self.layout.prefix());
        let mut at = flags_at.saturating_add(4);
        // As it stood, and not as the fields make it: of a selector that is not whole some are missing.
        let word = octets.get(self.layout.prefix()..).and_then(<[u8]>::first_chunk::<4>);
        let Some(flags) = word.map(|word| u32::from_be_bytes(*word)) else { return };
        let mut tell = |key, title, range, value| {
            reader.tell_field(Field {
                key,
                title,
                octets: range,
                mask: 0,
                value,
                meaning: Meaning::None,
                detail: true,
            });
        };
        tell("selector_flags", "Flags A-P", flags_at..at, Value::Hexadecimal(flags.into(), 8));
        for pair in self.format.pairs() {
            for end in [End::Start, End::End] {
                let Some(value) = self.part(pair.what, end) else { continue };
                let next = at.saturating_add(pair.width);
                let (key, title) = pair.names(end);
                let value = match end.of_address(self, pair.what) {
                    Some(IpAddr::V4(address)) => Value::Ipv4(address),
                    Some(IpAddr::V6(address)) => Value::Ipv6(address),
                    None => Value::Number(u64::try_from(value).unwrap_or_default()),
                };
                tell(key, title, at..next, value);
                at = next;
            }
        }
    }
}

/// One of the eight fields a selector can have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    SourceAddress,
    DestinationAddress,
    Spi,
    FlowLabel,
    SourcePort,
    DestinationPort,
    Ds,
    Protocol,
}

/// A start letter and its end letter: position of the start's bit from the left, and octets of each value.
struct Pair {
    what: What,
    bit: u32,
    width: usize,
}

const IPV4_PAIRS: [Pair; 7] = [
    Pair { what: What::SourceAddress, bit: 0, width: 4 },
    Pair { what: What::DestinationAddress, bit: 2, width: 4 },
    Pair { what: What::Spi, bit: 4, width: 4 },
    Pair { what: What::SourcePort, bit: 6, width: 2 },
    Pair { what: What::DestinationPort, bit: 8, width: 2 },
    Pair { what: What::Ds, bit: 10, width: 1 },
    Pair { what: What::Protocol, bit: 12, width: 1 },
];

const IPV6_PAIRS: [Pair; 8] = [
    Pair { what: What::SourceAddress, bit: 0, width: 16 },
    Pair { what: What::DestinationAddress, bit: 2, width: 16 },
    Pair { what: What::Spi, bit: 4, width: 4 },
    Pair { what: What::FlowLabel, bit: 6, width: 4 },
    Pair { what: What::SourcePort, bit: 8, width: 2 },
    Pair { what: What::DestinationPort, bit: 10, width: 2 },
    Pair { what: What::Ds, bit: 12, width: 1 },
    Pair { what: What::Protocol, bit: 14, width: 1 },
];

impl Pair {
    const fn flag(&self, end: End) -> u32 {
        match end {
            End::Start => 1 << (31 - self.bit),
            End::End => 1 << (30 - self.bit),
        }
    }

    const fn names(&self, end: End) -> (&'static str, &'static str) {
        match (self.what, end) {
            (What::SourceAddress, End::Start) => ("selector_source_address", "Source Address, start"),
            (What::SourceAddress, End::End) => ("selector_source_address_end", "Source Address, end"),
            (What::DestinationAddress, End::Start) => {
                ("selector_destination_address", "Destination Address, start")
            }
            (What::DestinationAddress, End::End) => {
                ("selector_destination_address_end", "Destination Address, end")
            }
            (What::Spi, End::Start) => ("selector_spi", "SPI, start"),
            (What::Spi, End::End) => ("selector_spi_end", "SPI, end"),
            (What::FlowLabel, End::Start) => ("selector_flow_label", "Flow Label, start"),
            (What::FlowLabel, End::End) => ("selector_flow_label_end", "Flow Label, end"),
            (What::SourcePort, End::Start) => ("selector_source_port", "Source Port, start"),
            (What::SourcePort, End::End) => ("selector_source_port_end", "Source Port, end"),
            (What::DestinationPort, End::Start) => ("selector_destination_port", "Destination Port, start"),
            (What::DestinationPort, End::End) => ("selector_destination_port_end", "Destination Port, end"),
            (What::Ds, End::Start) => ("selector_ds", "DS octet, start"),
            (What::Ds, End::End) => ("selector_ds_end", "DS octet, end"),
            (What::Protocol, End::Start) => ("selector_protocol", "Protocol, start"),
            (What::Protocol, End::End) => ("selector_protocol_end", "Protocol, end"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Start,
    End,
}

impl End {
    fn of<T: Copy>(self, bounds: Bounds<T>) -> Option<T> {
        match self {
            Self::Start => bounds.start,
            Self::End => bounds.end,
        }
    }

    fn slot<T>(self, bounds: &mut Bounds<T>) -> &mut Option<T> {
        match self {
            Self::Start => &mut bounds.start,
            Self::End => &mut bounds.end,
        }
    }

    fn of_address(self, selector: &TrafficSelector, what: What) -> Option<IpAddr> {
        match what {
            What::SourceAddress => self.of(selector.source_address),
            What::DestinationAddress => self.of(selector.destination_address),
            _ => None,
        }
    }
}

fn address_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// The layout under which `octets` fit, [`SelectorLayout::Direct`] first and also when none does.
fn layout_of(format: SelectorFormat, octets: &[u8]) -> SelectorLayout {
    let fits = |layout: SelectorLayout| {
        let prefix = match (layout, octets) {
            (SelectorLayout::Direct, _) | (SelectorLayout::Padded, [0, ..]) => true,
            (SelectorLayout::SubOption, [3, length, again, 0, ..]) => {
                usize::from(*length) == octets.len().saturating_sub(2) && *again == format.ts_format()
            }
            _ => false,
        };
        let body = octets.get(layout.prefix()..).unwrap_or_default();
        prefix
            && body.first_chunk::<4>().is_some_and(|word| {
                let flags = u32::from_be_bytes(*word);
                flags & format.reserved_mask() == 0 && body.len() == flagged_length(format, flags)
            })
    };
    [SelectorLayout::Padded, SelectorLayout::SubOption]
        .into_iter()
        .find(|layout| !fits(SelectorLayout::Direct) && fits(*layout))
        .unwrap_or(SelectorLayout::Direct)
}

/// Octets of the flags word and all fields it flags.
fn flagged_length(format: SelectorFormat, flags: u32) -> usize {
    format.pairs().iter().fold(4, |length, pair| {
        let count =
            usize::from(flags & pair.flag(End::Start) != 0) + usize::from(flags & pair.flag(End::End) != 0);
        length.saturating_add(count.saturating_mul(pair.width))
    })
}

/// A walk over the flagged fields that stops where the octets do.
struct Walk<'a> {
    octets: &'a [u8],
    at: usize,
    short: Option<(usize, usize, usize)>,
}

impl Walk<'_> {
    /// The flags word at the current place, 0 when it is not all there.
    fn flags(&mut self) -> u32 {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        if let Some(word) = rest.first_chunk::<4>() {
            u32::from_be_bytes(*word)
        } else {
            self.short = Some((4, rest.len(), self.at));
            0
        }
    }

    fn take(&mut self, width: usize) -> Option<u128> {
        let end = self.at.saturating_add(width);
        let Some(octets) = self.octets.get(self.at..end).filter(|_| self.short.is_none()) else {
            let left = self.octets.len().saturating_sub(self.at);
            self.short.get_or_insert((width, left, self.at));
            return None;
        };
        self.at = end;
        Some(octets.iter().fold(0, |value, octet| (value << 8) | u128::from(*octet)))
    }
}
