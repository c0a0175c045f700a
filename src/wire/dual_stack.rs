//! The Dual-Stack Mobile IPv4 extension (RFC 5454 §2).

use std::net::Ipv6Addr;

use super::{FieldSink, Reader};

/// The data of a DSMIPv4 extension, by its Sub-Type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DualStack {
    /// Sub-Type 1: the node asks for an IPv6 prefix.
    PrefixRequest {
        /// Length of the prefix in bits, or [`DualStack::LINK_LOCAL`].
        prefix_length: u8,
        /// The prefix.
        prefix: Ipv6Addr,
    },
    /// Sub-Type 2: the home agent answers for a prefix.
    PrefixReply {
        /// Whether the prefix was granted.
        code: Ipv6PrefixCode,
        /// Length of the prefix in bits, or [`DualStack::LINK_LOCAL`].
        prefix_length: u8,
        /// Ignored on receipt.
        reserved: u8,
        /// The prefix.
        prefix: Ipv6Addr,
    },
    /// Sub-Type 3: the node asks for its IPv6 packets to be tunnelled to the care-of address.
    TunnelingMode {
        /// Ignored on receipt.
        reserved: u8,
    },
}

impl DualStack {
    /// The prefix length that marks a link-local address (RFC 5454 §2.1).
    pub const LINK_LOCAL: u8 = 255;
}

/// The home agent's answer for a requested IPv6 prefix (RFC 5454 §2.2): the octet as it was on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ipv6PrefixCode(pub u8);

impl Ipv6PrefixCode {
    /// Whether the prefix was granted (0: tunnelled to the home address, 1: to the care-of address).
    pub const fn is_accepted(self) -> bool {
        self.0 <= 1
    }

    /// The code's name, `None` when unassigned.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "accepted, tunnelled to the home address",
            1 => "accepted, tunnelled to the care-of address",
            8 => "rejected, reason unspecified",
            9 => "rejected, administratively prohibited",
            _ => return None,
        })
    }
}

impl DualStack {
    /// Sub-Type of a prefix request.
    pub const PREFIX_REQUEST: u8 = 1;
    /// Sub-Type of a prefix reply.
    pub const PREFIX_REPLY: u8 = 2;
    /// Sub-Type of a tunneling mode.
    pub const TUNNELING_MODE: u8 = 3;
    /// The only Length a prefix request may have.
    pub const PREFIX_REQUEST_LENGTH: usize = 18;
    /// The only Length a prefix reply may have.
    pub const PREFIX_REPLY_LENGTH: usize = 20;
    /// The only Length a tunnelling mode may have.
    pub const TUNNELING_MODE_LENGTH: usize = 2;

    /// Reads the data octets; `None` if the Sub-Type is undefined or missing.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Option<Self> {
        let subtype = reader.named_u8("subtype", "Sub-Type", None, |octet| match octet {
            Self::PREFIX_REQUEST => Some("IPv6 prefix request"),
            Self::PREFIX_REPLY => Some("IPv6 prefix reply"),
            Self::TUNNELING_MODE => Some("IPv6 tunneling mode"),
            _ => None,
        });
        match subtype {
            _ if !reader.is_sound() => None,
            Self::PREFIX_REQUEST => {
                let prefix_length = reader.u8("prefix_length", "Prefix Length");
                let prefix = reader.ipv6("prefix", "Mobile IPv6 Network Prefix");
                Some(Self::PrefixRequest { prefix_length, prefix })
            }
            Self::PREFIX_REPLY => {
                let code = Ipv6PrefixCode(
                    reader.named_u8("code", "Code", None, |octet| Ipv6PrefixCode(octet).name()),
                );
                let prefix_length = reader.u8("prefix_length", "Prefix Length");
                let reserved = reader.u8("reserved", "Reserved");
                let prefix = reader.ipv6("prefix", "Mobile IPv6 Network Prefix");
                Some(Self::PrefixReply { code, prefix_length, reserved, prefix })
            }
            Self::TUNNELING_MODE => Some(Self::TunnelingMode { reserved: reader.u8("reserved", "Reserved") }),
            _ => None,
        }
    }

    /// Appends the data octets, Sub-Type included.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match *self {
            Self::PrefixRequest { prefix_length, prefix } => {
                out.extend_from_slice(&[Self::PREFIX_REQUEST, prefix_length]);
                out.extend_from_slice(&prefix.octets());
            }
            Self::PrefixReply { code, prefix_length, reserved, prefix } => {
                out.extend_from_slice(&[Self::PREFIX_REPLY, code.0, prefix_length, reserved]);
                out.extend_from_slice(&prefix.octets());
            }
            Self::TunnelingMode { reserved } => out.extend_from_slice(&[Self::TUNNELING_MODE, reserved]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5454 §2.2.
    #[test]
    fn codes_0_and_1_grant_a_prefix_and_8_and_9_refuse_it() {
        for code in 0..=u8::MAX {
            let words = match code {
                0 => Some("accepted, tunnelled to the home address"),
                1 => Some("accepted, tunnelled to the care-of address"),
                8 => Some("rejected, reason unspecified"),
                9 => Some("rejected, administratively prohibited"),
                _ => None,
            };
            let code = Ipv6PrefixCode(code);
            assert_eq!((code.is_accepted(), code.name()), (code.0 <= 1, words));
        }
    }
}
