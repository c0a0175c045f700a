//! The Registration Request (RFC 5944 §3.3; the T flag from RFC 3024 §3.2).

use std::net::Ipv4Addr;

use super::reader::Bits;
use super::{FieldSink, MessageType, Reader};

/// The fixed part of a Registration Request.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---------------+-+-+-+-+-+-+-+-+-------------------------------+
/// |   Type = 1    |S|B|D|M|G|r|T|x|           Lifetime            |
/// +---------------+-+-+-+-+-+-+-+-+-------------------------------+
/// |                         Home Address                          |
/// +---------------------------------------------------------------+
/// |                          Home Agent                           |
/// +---------------------------------------------------------------+
/// |                        Care-of Address                        |
/// +---------------------------------------------------------------+
/// |                                                               |
/// +                        Identification                         +
/// |                                                               |
/// +---------------------------------------------------------------+
/// | Extensions ...
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistrationRequest {
    /// The flags octet.
    pub flags: RequestFlags,
    /// Lifetime asked for, in seconds: 0 de-registers, 65535 never ends.
    pub lifetime: u16,
    /// The node's home address; 0.0.0.0 asks for one.
    pub home_address: Ipv4Addr,
    /// The home agent's address.
    pub home_agent: Ipv4Addr,
    /// The care-of address: the node's end of the tunnel.
    pub care_of_address: Ipv4Addr,
    /// Matches replies to requests and protects against replay (RFC 5944 §5.7).
    pub identification: u64,
}

/// The flags octet of a Registration Request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RequestFlags(pub u8);

impl RequestFlags {
    /// Keep earlier bindings.
    pub const S: u8 = 0x80;
    /// Tunnel broadcast datagrams too.
    pub const B: u8 = 0x40;
    /// The node decapsulates itself; its care-of address is co-located.
    pub const D: u8 = 0x20;
    /// Minimal encapsulation.
    pub const M: u8 = 0x10;
    /// GRE encapsulation.
    pub const G: u8 = 0x08;
    /// Reverse tunnelling.
    pub const T: u8 = 0x02;

    /// All flags with their letters, most significant bit first. `r` and `x` are reserved.
    pub const LETTERS: [(u8, &'static str); 8] = [
        (Self::S, "S"),
        (Self::B, "B"),
        (Self::D, "D"),
        (Self::M, "M"),
        (Self::G, "G"),
        (0x04, "r"),
        (Self::T, "T"),
        (0x01, "x"),
    ];

    /// The bits of `r` and `x`: sent as 0, ignored on receipt (RFC 5944 §3.3).
    pub const RESERVED: u8 = 0x05;

    /// S: keep earlier bindings.
    pub const fn simultaneous_bindings(self) -> bool {
        self.0 & Self::S != 0
    }

    /// B: tunnel broadcast datagrams too.
    pub const fn broadcast(self) -> bool {
        self.0 & Self::B != 0
    }

    /// D: the node decapsulates itself; its care-of address is co-located.
    pub const fn co_located(self) -> bool {
        self.0 & Self::D != 0
    }

    /// M: minimal encapsulation.
    pub const fn minimal_encapsulation(self) -> bool {
        self.0 & Self::M != 0
    }

    /// G: GRE encapsulation.
    pub const fn gre(self) -> bool {
        self.0 & Self::G != 0
    }

    /// T: reverse tunnelling.
    pub const fn reverse_tunnel(self) -> bool {
        self.0 & Self::T != 0
    }

    /// The letters of the flags that are set, most significant bit first.
    pub fn letters(self) -> impl Iterator<Item = &'static str> {
        Self::LETTERS.into_iter().filter(move |(mask, _)| self.0 & mask != 0).map(|(_, letter)| letter)
    }
}

impl RegistrationRequest {
    /// Octets before the first extension.
    pub const LENGTH: usize = 24;

    /// Reads the fixed part from its first octet.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        super::message::read_type(reader);
        let flags = reader.bits::<1>(
            "Flags",
            &[
                Bits { key: "flags.S", title: "Simultaneous bindings (S)", mask: 0x80 },
                Bits { key: "flags.B", title: "Broadcast datagrams (B)", mask: 0x40 },
                Bits { key: "flags.D", title: "Decapsulation by mobile node (D)", mask: 0x20 },
                Bits { key: "flags.M", title: "Minimal encapsulation (M)", mask: 0x10 },
                Bits { key: "flags.G", title: "GRE encapsulation (G)", mask: 0x08 },
                Bits { key: "flags.r", title: "Reserved (r)", mask: 0x04 },
                Bits { key: "flags.T", title: "Reverse tunneling (T)", mask: 0x02 },
                Bits { key: "flags.x", title: "Reserved (x)", mask: 0x01 },
            ],
        );
        Self {
            flags: RequestFlags(flags.try_into().unwrap_or_default()),
            lifetime: super::message::read_lifetime(reader),
            home_address: reader.ipv4("home_address", "Home Address"),
            home_agent: reader.ipv4("home_agent", "Home Agent"),
            care_of_address: reader.ipv4("care_of_address", "Care-of Address"),
            identification: reader.u64_hexadecimal("identification", "Identification"),
        }
    }

    /// Appends the fixed part.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[MessageType::REGISTRATION_REQUEST.0, self.flags.0]);
        out.extend_from_slice(&self.lifetime.to_be_bytes());
        out.extend_from_slice(&self.home_address.octets());
        out.extend_from_slice(&self.home_agent.octets());
        out.extend_from_slice(&self.care_of_address.octets());
        out.extend_from_slice(&self.identification.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S B D M G r T x, most significant bit first (RFC 5944 §3.3).
    #[test]
    fn each_bit_of_the_flags_is_one_flag() {
        for (place, letter) in "SBDMGrTx".chars().enumerate() {
            let flags = RequestFlags(0x80 >> place);
            let set = [
                ('S', flags.simultaneous_bindings()),
                ('B', flags.broadcast()),
                ('D', flags.co_located()),
                ('M', flags.minimal_encapsulation()),
                ('G', flags.gre()),
                ('T', flags.reverse_tunnel()),
                ('r', flags.0 & RequestFlags::RESERVED == 0x04),
                ('x', flags.0 & RequestFlags::RESERVED == 0x01),
            ];
            let set: Vec<char> = set.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| *name).collect();
            assert_eq!(set, [letter]);
            assert_eq!(flags.letters().collect::<String>(), letter.to_string());
        }
    }
}
