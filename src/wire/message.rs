//! A whole message: the payload of one datagram on a Mobile IP port.

use super::{
    Extensions, FieldSink, Malformed, MessageType, Numbers, Problem, Reader, RegistrationReply,
    RegistrationRequest, Revocation, RevocationAcknowledgement, TunnelData,
};

/// A message as it was in its datagram.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The UDP payload, as far as it was captured.
    pub octets: &'a [u8],
    /// Octets of the payload that the snapshot length cut off.
    pub not_captured: usize,
    /// The fixed part.
    pub header: Header<'a>,
    numbers: Numbers,
}

/// The fixed part of a message, by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header<'a> {
    /// Type 1.
    Request(RegistrationRequest),
    /// Type 3.
    Reply(RegistrationReply),
    /// Type 4.
    TunnelData(TunnelData<'a>),
    /// Type 7.
    Revocation(Revocation),
    /// Type 15.
    RevocationAcknowledgement(RevocationAcknowledgement),
    /// A message whose fixed part is not read field by field.
    Other(MessageType),
    /// A message that ends within its fixed part, or has no octets; the type is `None` then.
    Short(Option<MessageType>, Malformed),
}

impl<'a> Message<'a> {
    /// Reads a UDP payload of which `not_captured` octets are missing at the end. Never fails: faults are in
    /// [`Message::header`] and [`Message::malformed`].
    pub fn parse(octets: &'a [u8], not_captured: usize, numbers: Numbers) -> Self {
        let header = read_header(octets, not_captured, numbers, &mut super::Discard);
        Self { octets, not_captured, header, numbers }
    }

    /// The message type; `None` for a datagram without octets.
    pub fn kind(&self) -> Option<MessageType> {
        self.octets.first().copied().map(MessageType)
    }

    /// The assigned numbers by which it was read.
    pub const fn numbers(&self) -> Numbers {
        self.numbers
    }

    /// Its extensions in wire order; none if the fixed part is short or has no known end, and none for Tunnel Data.
    pub fn extensions(&self) -> Extensions<'a> {
        let start = match self.header {
            Header::Short(..) | Header::TunnelData(_) => None,
            _ => self.kind().and_then(fixed_part),
        };
        Extensions::new(self.octets, start.unwrap_or(usize::MAX), self.not_captured, self.numbers)
    }

    /// The fault in the framing of the message: a short fixed part, or an extension that runs past the end. Faults
    /// within an extension are found in that extension. Octets that were not captured are not a fault.
    pub fn malformed(&self) -> Option<Malformed> {
        match self.header {
            Header::Short(_, malformed) => Some(malformed),
            _ => self.extensions().last().and_then(|last| last.cut),
        }
        .filter(Malformed::is_fault)
    }

    /// Passes the fields of the fixed part to `sink`.
    pub fn describe<S: FieldSink<'a>>(&self, sink: &mut S) {
        read_header(self.octets, self.not_captured, self.numbers, sink);
    }
}

/// Length in octets of the fixed part, after which the extensions follow, or the packet in Tunnel Data; `None` if it is
/// unknown.
const fn fixed_part(kind: MessageType) -> Option<usize> {
    match kind {
        MessageType::REGISTRATION_REQUEST => Some(RegistrationRequest::LENGTH),
        MessageType::REGISTRATION_REPLY => Some(RegistrationReply::LENGTH),
        MessageType::TUNNEL_DATA => Some(TunnelData::LENGTH),
        MessageType::REVOCATION => Some(Revocation::LENGTH),
        MessageType::REVOCATION_ACKNOWLEDGEMENT => Some(RevocationAcknowledgement::LENGTH),
        MessageType::GENERIC_NOTIFICATION | MessageType::GENERIC_NOTIFICATION_ACKNOWLEDGEMENT => Some(24),
        _ => None,
    }
}

fn read_header<'a, S: FieldSink<'a>>(
    octets: &'a [u8],
    not_captured: usize,
    numbers: Numbers,
    sink: &mut S,
) -> Header<'a> {
    let Some(kind) = octets.first().copied().map(MessageType) else {
        let problem =
            if not_captured > 0 { Problem::NotCaptured { missing: not_captured } } else { Problem::Empty };
        return Header::Short(None, Malformed { offset: 0, problem });
    };
    let length = fixed_part(kind);
    // Only the fixed part is read here; `Extensions` walks what follows.
    let fixed = match kind {
        MessageType::TUNNEL_DATA => octets,
        _ => octets.get(..length.unwrap_or(1)).unwrap_or(octets),
    };
    let mut reader = Reader::new(fixed, 0, not_captured, sink);
    let header = match kind {
        MessageType::REGISTRATION_REQUEST => Header::Request(RegistrationRequest::read(&mut reader)),
        MessageType::REGISTRATION_REPLY => Header::Reply(RegistrationReply::read(&mut reader, numbers)),
        MessageType::TUNNEL_DATA => Header::TunnelData(TunnelData::read(&mut reader)),
        MessageType::REVOCATION => Header::Revocation(Revocation::read(&mut reader)),
        MessageType::REVOCATION_ACKNOWLEDGEMENT => {
            Header::RevocationAcknowledgement(RevocationAcknowledgement::read(&mut reader))
        }
        other => {
            read_type(&mut reader);
            Header::Other(other)
        }
    };
    match length {
        Some(needed) if octets.len() < needed => {
            reader.finish();
            let problem = if octets.len().saturating_add(not_captured) < needed {
                Problem::FixedPartShort { needed, found: octets.len().saturating_add(not_captured) }
            } else {
                Problem::NotCaptured { missing: not_captured }
            };
            Header::Short(Some(kind), Malformed { offset: 0, problem })
        }
        _ => header,
    }
}

/// Reads the type octet that every message begins with.
pub(super) fn read_type<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) {
    reader.named_u8("type", "Type", None, |octet| Some(MessageType(octet).title()));
}

/// Reads a lifetime in seconds and names its two special values (RFC 5944 §3.3, §3.4).
pub(super) fn read_lifetime<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> u16 {
    reader.named_u16("lifetime", "Lifetime", |seconds| match seconds {
        0 => Some("de-registration"),
        u16::MAX => Some("infinite"),
        _ => None,
    })
}
