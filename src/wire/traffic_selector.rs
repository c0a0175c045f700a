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

use super::selector_bounds::number;
use super::selector_field::{End, Pair};
use super::selector_format::SelectorFields;
use super::{Bounds, Discard, Field, FieldSink, Meaning, Reader, SelectorField, SelectorFormat, Value};

/// Where the flags word is in the octets after TS Format. RFC 7629 refers to figures of RFC 6088 that include further
/// octets, so senders disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SelectorLayout {
    /// The flags word directly follows TS Format.
    Direct,
    /// It follows one octet of zero.
    Padded,
    /// It follows a whole RFC 6089 sub-option header: type 3, length, TS Format again, one octet of zero.
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

/// A binary traffic selector, each field as it was on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrafficSelector {
    /// IPv4 or IPv6.
    pub format: SelectorFormat,
    /// Where the flags word was.
    pub layout: SelectorLayout,
    /// Bits of the flags word that have no letter; RFC 6088 requires 0.
    pub reserved: u32,
    /// Source address: that of the correspondent, of the family that `format` names.
    pub source_address: Bounds<IpAddr>,
    /// Destination address: that of the mobile node, of the family that `format` names.
    pub destination_address: Bounds<IpAddr>,
    /// IPsec Security Parameters Index.
    pub spi: Bounds<u32>,
    /// IPv6 flow label with the octet above it (only in the IPv6 format).
    pub flow_label: Bounds<u32>,
    /// Source port.
    pub source_port: Bounds<u16>,
    /// Destination port.
    pub destination_port: Bounds<u16>,
    /// The whole octet of the DS field or traffic class. Its low two bits are ECN and do not count.
    pub ds: Bounds<u8>,
    /// Protocol or next header number.
    pub protocol: Bounds<u8>,
}

impl TrafficSelector {
    /// A selector of `format` without fields, which matches everything.
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

    /// Reads the selector that follows a TS Format octet. `None` if the format is undefined, or if there are too few
    /// octets for the flags word.
    ///
    /// The layout is the one that fits: reserved bits are clear, and the flagged fields end where the octets end. If
    /// none fits, the octets are read as [`SelectorLayout::Direct`] as far as they go.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>, ts_format: u8) -> Option<Self> {
        let format = SelectorFormat::from_ts_format(ts_format)?;
        let octets = reader.peek();
        let start = reader.offset();
        let layout = layout_of(format, octets);
        let mut selector = Self::any(format);
        selector.layout = layout;
        let Some(word) = octets.get(layout.prefix()..).and_then(<[u8]>::first_chunk::<4>) else {
            reader.fall_short(start, "Traffic Selector", 4, octets.len());
            return None;
        };
        let flags = u32::from_be_bytes(*word);
        selector.reserved = flags & format.reserved_mask();
        let mut walk = Walk { octets, at: layout.prefix().saturating_add(4), short: None };
        selector.place_all(flags, &mut walk);
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
            selector.tell_details(reader, start, flags);
        }
        reader.skip(end);
        if let Some((needed, left, at)) = walk.short {
            reader.fall_short(start.saturating_add(at), "Traffic Selector", needed, left);
        }
        if reader.is_sound() && reader.left() > 0 {
            reader.rest("selector_left_over", "Octets after the last selector field");
        }
        Some(selector)
    }

    /// Reads octets that are a selector and nothing else; `None` if they have any fault.
    pub fn from_octets(format: SelectorFormat, octets: &[u8]) -> Option<Self> {
        let mut sink = Discard;
        let mut reader = Reader::new(octets, 0, 0, &mut sink);
        let selector = Self::read(&mut reader, format.ts_format())?;
        reader.finish().is_none().then_some(selector)
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

    /// The flags word for these fields, with the reserved bits.
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

    /// Length of the selector in octets: what its layout puts first, the flags word and the fields.
    pub fn length(&self) -> usize {
        self.layout.prefix().saturating_add(self.format.flagged_length(self.flags()))
    }

    /// Whether no field is present, so that every packet of the family matches.
    pub fn is_any(&self) -> bool {
        self.bounds().next().is_none()
    }

    /// The selector in `octets`, which must be those that `fields` was made from.
    pub(super) fn of_fields(fields: SelectorFields, octets: &[u8]) -> Self {
        let (format, flags) = fields.parts();
        let mut selector = Self::any(format);
        let mut walk = Walk { octets, at: size_of_val(&flags), short: None };
        selector.place_all(flags, &mut walk);
        selector
    }

    fn place_all(&mut self, flags: u32, walk: &mut Walk<'_>) {
        // Most pairs are absent, so they are skipped before their ends are looked at.
        for pair in self.format.pairs().iter().filter(|pair| pair.is_flagged(flags)) {
            self.place(pair, flags, walk);
        }
    }

    fn place(&mut self, pair: &Pair, flags: u32, walk: &mut Walk<'_>) {
        for end in [End::Start, End::End] {
            if flags & pair.flag(end) != 0 {
                let Some(value) = walk.take(pair.width) else { return };
                self.set_part(pair.what, end, value);
            }
        }
    }

    /// One end of a field as a number; `None` if it is absent.
    pub(super) fn part(&self, what: SelectorField, end: End) -> Option<u128> {
        match what {
            SelectorField::SourceAddress => end.of(self.source_address).map(address_bits),
            SelectorField::DestinationAddress => end.of(self.destination_address).map(address_bits),
            SelectorField::Spi => end.of(self.spi).map(u128::from),
            SelectorField::FlowLabel => end.of(self.flow_label).map(u128::from),
            SelectorField::SourcePort => end.of(self.source_port).map(u128::from),
            SelectorField::DestinationPort => end.of(self.destination_port).map(u128::from),
            SelectorField::Ds => end.of(self.ds).map(u128::from),
            SelectorField::Protocol => end.of(self.protocol).map(u128::from),
        }
    }

    // The walk takes exactly the octets of the field, so no cast loses anything.
    #[allow(clippy::cast_possible_truncation)]
    fn set_part(&mut self, what: SelectorField, end: End, value: u128) {
        let address = || match self.format {
            SelectorFormat::Ipv4 => IpAddr::from((value as u32).to_be_bytes()),
            SelectorFormat::Ipv6 => IpAddr::from(value.to_be_bytes()),
        };
        match what {
            SelectorField::SourceAddress => *end.slot(&mut self.source_address) = Some(address()),
            SelectorField::DestinationAddress => *end.slot(&mut self.destination_address) = Some(address()),
            SelectorField::Spi => *end.slot(&mut self.spi) = Some(value as u32),
            SelectorField::FlowLabel => *end.slot(&mut self.flow_label) = Some(value as u32),
            SelectorField::SourcePort => *end.slot(&mut self.source_port) = Some(value as u16),
            SelectorField::DestinationPort => *end.slot(&mut self.destination_port) = Some(value as u16),
            SelectorField::Ds => *end.slot(&mut self.ds) = Some(value as u8),
            SelectorField::Protocol => *end.slot(&mut self.protocol) = Some(value as u8),
        }
    }

    /// Passes the flags word as it was, and each field, to the sink. The selector begins at `start` in the UDP payload.
    fn tell_details<'a, S: FieldSink<'a>>(&self, reader: &mut Reader<'a, '_, S>, start: usize, flags: u32) {
        let flags_at = start.saturating_add(self.layout.prefix());
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
        let flags_end = flags_at.saturating_add(4);
        // In the IPv4 format the two bits after N are reserved (RFC 6088 §3.1).
        let title = if self.format == SelectorFormat::Ipv6 { "Flags A-P" } else { "Flags A-N" };
        tell("selector_flags", title, flags_at..flags_end, Value::Hexadecimal(flags.into(), 8));
        for (pair, end, value, octets) in self.parts() {
            let (key, title) = pair.names(end);
            let value = match end.of_address(self, pair.what) {
                Some(IpAddr::V4(address)) => Value::Ipv4(address),
                Some(IpAddr::V6(address)) => Value::Ipv6(address),
                None => Value::Number(u64::try_from(value).unwrap_or_default()),
            };
            tell(key, title, start.saturating_add(octets.start)..start.saturating_add(octets.end), value);
        }
    }
}

fn address_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// The first layout that `octets` fit; [`SelectorLayout::Direct`] if they fit none.
fn layout_of(format: SelectorFormat, octets: &[u8]) -> SelectorLayout {
    let fits = |layout: SelectorLayout| {
        let prefix = match (layout, octets) {
            (SelectorLayout::Direct, _) | (SelectorLayout::Padded, [0, ..]) => true,
            (SelectorLayout::SubOption, [3, length, again, 0, ..]) => {
                usize::from(*length) == octets.len().saturating_sub(2) && *again == format.ts_format()
            }
            _ => false,
        };
        prefix && format.fits(octets.get(layout.prefix()..).unwrap_or_default())
    };
    let layouts = [SelectorLayout::Direct, SelectorLayout::Padded, SelectorLayout::SubOption];
    layouts.into_iter().find(|layout| fits(*layout)).unwrap_or(SelectorLayout::Direct)
}

/// A walk over the flagged fields that stops where the octets end. `short` describes the first field that did not fit:
/// octets needed, octets left, and its offset.
struct Walk<'a> {
    octets: &'a [u8],
    at: usize,
    short: Option<(usize, usize, usize)>,
}

impl Walk<'_> {
    fn take(&mut self, width: usize) -> Option<u128> {
        let end = self.at.saturating_add(width);
        let Some(octets) = self.octets.get(self.at..end).filter(|_| self.short.is_none()) else {
            let left = self.octets.len().saturating_sub(self.at);
            self.short.get_or_insert((width, left, self.at));
            return None;
        };
        self.at = end;
        number(octets)
    }
}
