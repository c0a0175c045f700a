//! The Mobile Network extension (RFC 5177 §4.1, §4.2, and RFC 6626 for prefixes assigned on request).

use std::net::Ipv4Addr;

use super::{FieldSink, Reader};

/// The data of a Mobile Network extension, by its Sub-Type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MobileNetwork {
    /// Sub-Type 0: the mobile router asks for a prefix; 0.0.0.0 asks for any prefix (RFC 6626 §3).
    Request {
        /// Length of the prefix in bits.
        prefix_length: u8,
        /// The prefix.
        prefix: Ipv4Addr,
    },
    /// Sub-Type 1 or 2: the home agent answers for a prefix.
    Acknowledgement {
        /// Whether the request named the prefix (explicit mode, 1), or else the home agent knew it (implicit mode, 2).
        explicit: bool,
        /// Whether the prefix was granted.
        code: MobileNetworkCode,
        /// Length of the prefix in bits.
        prefix_length: u8,
        /// Ignored on receipt.
        reserved: u8,
        /// The prefix.
        prefix: Ipv4Addr,
    },
}

/// The home agent's answer for a prefix (RFC 5177 §4.2, RFC 6626 §5): the octet as it was on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MobileNetworkCode(pub u8);

impl MobileNetworkCode {
    /// Whether the prefix was granted.
    pub const fn is_success(self) -> bool {
        self.0 == 0
    }

    /// The code's name, `None` when unassigned.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "success",
            1 => "MOBNET_INVALID_PREFIX_LEN",
            2 => "MOBNET_UNAUTHORIZED",
            3 => "MOBNET_FWDING_SETUP_FAILED",
            4 => "MOBNET_UNASSIGNED",
            _ => return None,
        })
    }
}

impl MobileNetwork {
    /// Sub-Type of a request.
    pub const REQUEST: u8 = 0;
    /// Sub-Type of an acknowledgement of a requested prefix.
    pub const EXPLICIT: u8 = 1;
    /// Sub-Type of an acknowledgement of a prefix that the home agent is configured with.
    pub const IMPLICIT: u8 = 2;
    /// The only Length a request may have.
    pub const REQUEST_LENGTH: usize = 6;
    /// The only Length an acknowledgement may have.
    pub const ACKNOWLEDGEMENT_LENGTH: usize = 8;

    /// Reads the data octets; `None` if the Sub-Type is undefined or missing.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Option<Self> {
        let subtype = reader.named_u8("subtype", "Sub-Type", None, |octet| match octet {
            Self::REQUEST => Some("request"),
            Self::EXPLICIT => Some("explicit mode acknowledgement"),
            Self::IMPLICIT => Some("implicit mode acknowledgement"),
            _ => None,
        });
        match subtype {
            _ if !reader.is_sound() => None,
            Self::REQUEST => {
                let prefix_length = reader.u8("prefix_length", "Prefix Length");
                let prefix = reader.ipv4("prefix", "Prefix");
                Some(Self::Request { prefix_length, prefix })
            }
            Self::EXPLICIT | Self::IMPLICIT => {
                let code = MobileNetworkCode(
                    reader.named_u8("code", "Code", None, |octet| MobileNetworkCode(octet).name()),
                );
                let prefix_length = reader.u8("prefix_length", "Prefix Length");
                let reserved = reader.u8("reserved", "Reserved");
                let prefix = reader.ipv4("prefix", "Prefix");
                Some(Self::Acknowledgement {
                    explicit: subtype == Self::EXPLICIT,
                    code,
                    prefix_length,
                    reserved,
                    prefix,
                })
            }
            _ => None,
        }
    }

    /// Appends the data octets, Sub-Type included.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Request { prefix_length, prefix } => {
                out.extend_from_slice(&[Self::REQUEST, prefix_length]);
                out.extend_from_slice(&prefix.octets());
            }
            Self::Acknowledgement { explicit, code, prefix_length, reserved, prefix } => {
                let subtype = if explicit { Self::EXPLICIT } else { Self::IMPLICIT };
                out.extend_from_slice(&[subtype, code.0, prefix_length, reserved]);
                out.extend_from_slice(&prefix.octets());
            }
        }
    }
}
