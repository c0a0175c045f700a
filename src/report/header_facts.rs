//! The fixed part of a message of any type, as far as it was captured.

use std::net::Ipv4Addr;

use crate::wire::{Field, FieldSink, Header, Meaning, Message, RequestFlags, Value};

/// The fields of a fixed part, `None` where the message has none or ends before it.
#[derive(Default)]
pub(super) struct HeaderFacts {
    /// The flags of a Registration Request.
    pub flags: RequestFlags,
    /// The Code of a Registration Reply.
    pub code: Option<u8>,
    /// The name of that Code.
    pub code_name: Option<&'static str>,
    /// Lifetime in seconds.
    pub lifetime: Option<u16>,
    /// Home Address.
    pub home_address: Option<Ipv4Addr>,
    /// Home Agent.
    pub home_agent: Option<Ipv4Addr>,
    /// Care-of Address.
    pub care_of_address: Option<Ipv4Addr>,
    /// Identification of a registration.
    pub identification: Option<u64>,
    /// The A flag of a Registration Revocation: the home agent sent it.
    pub from_home_agent: Option<bool>,
    /// The I flag of a Registration Revocation and of its Acknowledgment.
    pub inform: Option<bool>,
    /// Home Domain Address of a Registration Revocation.
    pub home_domain_address: Option<Ipv4Addr>,
    /// Foreign Domain Address of a Registration Revocation.
    pub foreign_domain_address: Option<Ipv4Addr>,
    /// Revocation Identifier.
    pub revocation_identifier: Option<u32>,
    /// Next Header of Tunnel Data.
    pub next_header: Option<u8>,
}

impl HeaderFacts {
    /// The facts of a message.
    pub(super) fn of(message: &Message<'_>) -> Self {
        match &message.header {
            Header::Request(request) => Self {
                flags: request.flags,
                lifetime: Some(request.lifetime),
                home_address: Some(request.home_address),
                home_agent: Some(request.home_agent),
                care_of_address: Some(request.care_of_address),
                identification: Some(request.identification),
                ..Self::default()
            },
            Header::Reply(reply) => Self {
                code: Some(reply.code.0),
                code_name: Some(reply.code.name(message.numbers())),
                lifetime: Some(reply.lifetime),
                home_address: Some(reply.home_address),
                home_agent: Some(reply.home_agent),
                identification: Some(reply.identification),
                ..Self::default()
            },
            Header::TunnelData(data) => Self { next_header: Some(data.next_header.0), ..Self::default() },
            Header::Other(_) => Self::default(),
            // Rare headers and headers that end too early are read field by field. None of them holds an
            // Identification: this is the last field of the fixed part, so a header cut short does not have it.
            Header::Revocation(_) | Header::RevocationAcknowledgement(_) | Header::Short(..) => {
                let mut facts = Self::default();
                message.describe(&mut facts);
                facts
            }
        }
    }
}

impl FieldSink<'_> for HeaderFacts {
    const WANTS_DETAILS: bool = false;

    fn field(&mut self, field: Field<'_>) {
        match (field.key, field.value) {
            ("code", Value::Number(code)) => {
                self.code = u8::try_from(code).ok();
                if let Meaning::Name { name, .. } = field.meaning {
                    self.code_name = name;
                }
            }
            ("lifetime", Value::Number(seconds)) => self.lifetime = u16::try_from(seconds).ok(),
            ("home_address", Value::Ipv4(address)) => self.home_address = Some(address),
            ("home_agent", Value::Ipv4(address)) => self.home_agent = Some(address),
            ("care_of_address", Value::Ipv4(address)) => self.care_of_address = Some(address),
            ("from_home_agent", Value::Flag(flag)) => self.from_home_agent = Some(flag),
            ("inform", Value::Flag(flag)) => self.inform = Some(flag),
            ("home_domain_address", Value::Ipv4(address)) => self.home_domain_address = Some(address),
            ("foreign_domain_address", Value::Ipv4(address)) => self.foreign_domain_address = Some(address),
            ("revocation_identifier", Value::Number(number)) => {
                self.revocation_identifier = u32::try_from(number).ok();
            }
            ("next_header", Value::Number(number)) => self.next_header = u8::try_from(number).ok(),
            (key, Value::Flag(true)) if key.starts_with("flags.") => {
                self.flags.0 |= u8::try_from(field.mask).unwrap_or_default();
            }
            _ => {}
        }
    }
}
