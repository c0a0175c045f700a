//! The Registration Reply (RFC 5944 §3.4).

use std::net::Ipv4Addr;

use super::{FieldSink, MessageType, Numbers, Reader, ReplyCode};

/// The fixed part of a Registration Reply.
///
/// ```text
/// +---------------+---------------+-------------------------------+
/// |   Type = 3    |     Code      |           Lifetime            |
/// +---------------+---------------+-------------------------------+
/// |                         Home Address                          |
/// +---------------------------------------------------------------+
/// |                          Home Agent                           |
/// +---------------------------------------------------------------+
/// |                                                               |
/// +                        Identification                         +
/// |                                                               |
/// +---------------------------------------------------------------+
/// | Extensions ...
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistrationReply {
    /// Whether the registration was accepted, or who denied it and why.
    pub code: ReplyCode,
    /// Lifetime granted, in seconds: 0 when de-registered, 65535 never ends.
    pub lifetime: u16,
    /// The node's home address.
    pub home_address: Ipv4Addr,
    /// The home agent's address.
    pub home_agent: Ipv4Addr,
    /// The Identification of the request, or one to resynchronise with (RFC 5944 §5.7).
    pub identification: u64,
}

impl RegistrationReply {
    /// Octets before the first extension.
    pub const LENGTH: usize = 20;

    /// Reads the fixed part from its first octet.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>, numbers: Numbers) -> Self {
        super::message::read_type(reader);
        let code = reader.named_u8("code", "Code", None, |octet| Some(ReplyCode(octet).name(numbers)));
        Self {
            code: ReplyCode(code),
            lifetime: super::message::read_lifetime(reader),
            home_address: reader.ipv4("home_address", "Home Address"),
            home_agent: reader.ipv4("home_agent", "Home Agent"),
            identification: reader.u64_hexadecimal("identification", "Identification"),
        }
    }

    /// Appends the fixed part.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[MessageType::REGISTRATION_REPLY.0, self.code.0]);
        out.extend_from_slice(&self.lifetime.to_be_bytes());
        out.extend_from_slice(&self.home_address.octets());
        out.extend_from_slice(&self.home_agent.octets());
        out.extend_from_slice(&self.identification.to_be_bytes());
    }
}
