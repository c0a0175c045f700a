//! Registration Revocation and its Acknowledgment (RFC 3543 §3.3, §3.4).

use std::net::Ipv4Addr;

use super::reader::Bits;
use super::{FieldSink, MessageType, Reader};

/// The fixed part of a Registration Revocation.
///
/// ```text
/// +---------------+---------------+-+-+---------------------------+
/// |   Type = 7    |   Reserved    |A|I|         Reserved          |
/// +---------------+---------------+-+-+---------------------------+
/// |                         Home Address                          |
/// +---------------------------------------------------------------+
/// |                      Home Domain Address                      |
/// +---------------------------------------------------------------+
/// |                    Foreign Domain Address                     |
/// +---------------------------------------------------------------+
/// |                     Revocation Identifier                     |
/// +---------------------------------------------------------------+
/// | Extensions ...
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// First reserved octet.
    pub reserved_1: u8,
    /// A: the sender is the home agent.
    pub from_home_agent: bool,
    /// I: the node should be informed.
    pub inform: bool,
    /// Second reserved field, fourteen bits.
    pub reserved_2: u16,
    /// Home address of the node whose binding is revoked.
    pub home_address: Ipv4Addr,
    /// The home agent of the binding.
    pub home_domain_address: Ipv4Addr,
    /// The care-of address of the binding; 0.0.0.0 means all bindings.
    pub foreign_domain_address: Ipv4Addr,
    /// Protects against replay.
    pub identifier: u32,
}

impl Revocation {
    /// Octets before the first extension.
    pub const LENGTH: usize = 20;

    /// Reads the fixed part from its first octet.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        super::message::read_type(reader);
        let reserved_1 = reader.u8("reserved_1", "Reserved");
        let bits = reader.bits::<2>(
            "Flags",
            &[
                Bits { key: "from_home_agent", title: "Agent: sent by the home agent (A)", mask: 0x8000 },
                Bits { key: "inform", title: "Inform (I)", mask: 0x4000 },
                Bits { key: "reserved_2", title: "Reserved", mask: 0x3fff },
            ],
        );
        Self {
            reserved_1,
            from_home_agent: bits & 0x8000 != 0,
            inform: bits & 0x4000 != 0,
            reserved_2: (bits & 0x3fff).try_into().unwrap_or_default(),
            home_address: reader.ipv4("home_address", "Home Address"),
            home_domain_address: reader.ipv4("home_domain_address", "Home Domain Address"),
            foreign_domain_address: reader.ipv4("foreign_domain_address", "Foreign Domain Address"),
            identifier: reader.u32("revocation_identifier", "Revocation Identifier"),
        }
    }

    /// Appends the fixed part.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let bits =
            u16::from(self.from_home_agent) << 15 | u16::from(self.inform) << 14 | (self.reserved_2 & 0x3fff);
        out.extend_from_slice(&[MessageType::REVOCATION.0, self.reserved_1]);
        out.extend_from_slice(&bits.to_be_bytes());
        out.extend_from_slice(&self.home_address.octets());
        out.extend_from_slice(&self.home_domain_address.octets());
        out.extend_from_slice(&self.foreign_domain_address.octets());
        out.extend_from_slice(&self.identifier.to_be_bytes());
    }
}

/// The fixed part of a Registration Revocation Acknowledgment.
///
/// ```text
/// +---------------+---------------+-+-----------------------------+
/// |   Type = 15   |   Reserved    |I|          Reserved           |
/// +---------------+---------------+-+-----------------------------+
/// |                         Home Address                          |
/// +---------------------------------------------------------------+
/// |                     Revocation Identifier                     |
/// +---------------------------------------------------------------+
/// | Extensions ...
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationAcknowledgement {
    /// First reserved octet.
    pub reserved_1: u8,
    /// I: the node was or will be informed.
    pub inform: bool,
    /// Second reserved field, fifteen bits.
    pub reserved_2: u16,
    /// Home address of the node whose binding was revoked.
    pub home_address: Ipv4Addr,
    /// The identifier of the revocation it answers.
    pub identifier: u32,
}

impl RevocationAcknowledgement {
    /// Octets before the first extension.
    pub const LENGTH: usize = 12;

    /// Reads the fixed part from its first octet.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        super::message::read_type(reader);
        let reserved_1 = reader.u8("reserved_1", "Reserved");
        let bits = reader.bits::<2>(
            "Flags",
            &[
                Bits { key: "inform", title: "Inform (I)", mask: 0x8000 },
                Bits { key: "reserved_2", title: "Reserved", mask: 0x7fff },
            ],
        );
        Self {
            reserved_1,
            inform: bits & 0x8000 != 0,
            reserved_2: (bits & 0x7fff).try_into().unwrap_or_default(),
            home_address: reader.ipv4("home_address", "Home Address"),
            identifier: reader.u32("revocation_identifier", "Revocation Identifier"),
        }
    }

    /// Appends the fixed part.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let bits = u16::from(self.inform) << 15 | (self.reserved_2 & 0x7fff);
        out.extend_from_slice(&[MessageType::REVOCATION_ACKNOWLEDGEMENT.0, self.reserved_1]);
        out.extend_from_slice(&bits.to_be_bytes());
        out.extend_from_slice(&self.home_address.octets());
        out.extend_from_slice(&self.identifier.to_be_bytes());
    }
}
