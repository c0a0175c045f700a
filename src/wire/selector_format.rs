//! The two binary formats of traffic selectors, and which fields a flags word announces.

use super::SelectorField;
use super::selector_field::{End, IPV4_PAIRS, IPV6_PAIRS, Pair};

/// One of the two binary formats of a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SelectorFormat {
    /// TS Format 1.
    Ipv4,
    /// TS Format 2.
    Ipv6,
}

impl SelectorFormat {
    /// The format that a TS Format octet names; `None` if it names neither.
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

    /// Whether these octets are exactly a flags word without reserved bits and all fields that it flags.
    #[inline]
    pub(crate) fn fits(self, octets: &[u8]) -> bool {
        self.flags_of(octets).is_some()
    }

    /// The flags word of octets that [`Self::fits`] is true for; `None` for all others.
    #[inline]
    fn flags_of(self, octets: &[u8]) -> Option<u32> {
        let flags = u32::from_be_bytes(*octets.first_chunk()?);
        (flags & self.reserved_mask() == 0 && octets.len() == self.flagged_length(flags)).then_some(flags)
    }

    /// The fields of a selector in the plain layout of RFC 6088 without reserved bits; `None` for any other octets,
    /// even if they are a selector in another layout.
    #[inline]
    pub(crate) fn fields_of(self, octets: &[u8]) -> Option<SelectorFields> {
        Some(SelectorFields { format: self, flags: self.flags_of(octets)? })
    }

    /// Length in octets of the flags word and all fields that it flags.
    #[inline]
    pub(super) fn flagged_length(self, flags: u32) -> usize {
        const IPV4: [[u8; 256]; 2] = lengths(SelectorFormat::Ipv4);
        const IPV6: [[u8; 256]; 2] = lengths(SelectorFormat::Ipv6);
        let [high, low] = match self {
            Self::Ipv4 => &IPV4,
            Self::Ipv6 => &IPV6,
        };
        let [a_to_h, i_to_p, _, _] = flags.to_be_bytes();
        let length =
            |lengths: &[u8; 256], letters| lengths.get(usize::from(letters)).copied().map_or(0, usize::from);
        4usize.saturating_add(length(high, a_to_h)).saturating_add(length(low, i_to_p))
    }

    pub(super) const fn pairs(self) -> &'static [Pair] {
        match self {
            Self::Ipv4 => &IPV4_PAIRS,
            Self::Ipv6 => &IPV6_PAIRS,
        }
    }
}

/// Which fields a selector has, by its flags word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SelectorFields {
    format: SelectorFormat,
    flags: u32,
}

impl SelectorFields {
    /// Whether either end of this field is there.
    pub(crate) fn has(self, field: SelectorField) -> bool {
        let pair = self.format.pairs().iter().find(|pair| pair.what == field);
        pair.is_some_and(|pair| pair.is_flagged(self.flags))
    }

    /// The format and the flags word.
    pub(super) const fn parts(self) -> (SelectorFormat, u32) {
        (self.format, self.flags)
    }
}

/// For each value of the first octet of a flags word, and of the second, the total length of the fields it flags.
// Evaluated at compile time, so a panic would be a compile error.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
const fn lengths(format: SelectorFormat) -> [[u8; 256]; 2] {
    let mut lengths = [[0; 256]; 2];
    let pairs = format.pairs();
    let mut octet = 0;
    while octet < 512 {
        let flags = if octet < 256 { octet << 24 } else { (octet - 256) << 16 };
        let mut pair = 0;
        while pair < pairs.len() {
            let both = pairs[pair].flag(End::Start) | pairs[pair].flag(End::End);
            lengths[octet / 256][octet % 256] +=
                pairs[pair].width as u8 * (flags as u32 & both).count_ones() as u8;
            pair += 1;
        }
        octet += 1;
    }
    lengths
}
