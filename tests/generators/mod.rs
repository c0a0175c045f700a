//! Strategies that make up messages of every kind, with valid, odd and forbidden values alike.
//!
//! The codec's types borrow from the octets they were read from, so what is made up here owns its octets, and
//! [`AnyContent::content`] and [`AnyMessage::emit`] lend it out.

mod content;
mod selector;

pub(crate) use content::{AnyExtension, extension};
pub(crate) use selector::selector;

use std::net::Ipv4Addr;

use mipflow::wire::{
    Header, MessageType, Numbers, RegistrationReply, RegistrationRequest, ReplyCode, RequestFlags,
    Revocation, RevocationAcknowledgement,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// A fixed part after which extensions may follow.
#[derive(Clone, Debug)]
pub(crate) enum AnyHeader {
    Request(RegistrationRequest),
    Reply(RegistrationReply),
    Revocation(Revocation),
    RevocationAcknowledgement(RevocationAcknowledgement),
    /// Type 22 or 23, and the octets after the type.
    Notification(MessageType, [u8; 23]),
}

/// A message: fixed part and extensions.
#[derive(Clone, Debug)]
pub(crate) struct AnyMessage {
    pub(crate) header: AnyHeader,
    pub(crate) extensions: Vec<AnyExtension>,
}

impl AnyHeader {
    /// What the codec must read.
    pub(crate) fn header(&self) -> Header<'_> {
        match self {
            Self::Request(request) => Header::Request(*request),
            Self::Reply(reply) => Header::Reply(*reply),
            Self::Revocation(revocation) => Header::Revocation(*revocation),
            Self::RevocationAcknowledgement(acknowledgement) => {
                Header::RevocationAcknowledgement(*acknowledgement)
            }
            Self::Notification(kind, _) => Header::Other(*kind),
        }
    }

    fn emit(&self, out: &mut Vec<u8>) {
        match self {
            Self::Request(request) => request.emit(out),
            Self::Reply(reply) => reply.emit(out),
            Self::Revocation(revocation) => revocation.emit(out),
            Self::RevocationAcknowledgement(acknowledgement) => acknowledgement.emit(out),
            Self::Notification(kind, octets) => {
                out.push(kind.0);
                out.extend_from_slice(octets);
            }
        }
    }
}

impl AnyMessage {
    /// The UDP payload.
    pub(crate) fn emit(&self, numbers: Numbers) -> Vec<u8> {
        let mut out = Vec::new();
        self.header.emit(&mut out);
        for extension in &self.extensions {
            extension.content.content().emit(extension.kind, extension.subtype, numbers, &mut out);
        }
        out
    }
}

/// The numbers of RFC 7629, and now and then those of something older.
pub(crate) fn numbers() -> impl Strategy<Value = Numbers> {
    let older = Numbers { multipath_family: 150, multipath_not_allowed: 145, invalid_fb_identifier: 146 };
    prop_oneof![3 => Just(Numbers::default()), 1 => Just(older)]
}

fn ipv4() -> impl Strategy<Value = Ipv4Addr> {
    any::<u32>().prop_map(Ipv4Addr::from)
}

fn header() -> impl Strategy<Value = AnyHeader> {
    let request = (any::<u8>(), any::<u16>(), ipv4(), ipv4(), ipv4(), any::<u64>()).prop_map(
        |(flags, lifetime, home_address, home_agent, care_of_address, identification)| {
            AnyHeader::Request(RegistrationRequest {
                flags: RequestFlags(flags),
                lifetime,
                home_address,
                home_agent,
                care_of_address,
                identification,
            })
        },
    );
    let reply = (any::<u8>(), any::<u16>(), ipv4(), ipv4(), any::<u64>()).prop_map(
        |(code, lifetime, home_address, home_agent, identification)| {
            AnyHeader::Reply(RegistrationReply {
                code: ReplyCode(code),
                lifetime,
                home_address,
                home_agent,
                identification,
            })
        },
    );
    let revocation = (any::<(u8, bool, bool)>(), 0..1u16 << 14, ipv4(), ipv4(), ipv4(), any::<u32>())
        .prop_map(
            |((reserved_1, from_home_agent, inform), reserved_2, home, domain, foreign, identifier)| {
                AnyHeader::Revocation(Revocation {
                    reserved_1,
                    from_home_agent,
                    inform,
                    reserved_2,
                    home_address: home,
                    home_domain_address: domain,
                    foreign_domain_address: foreign,
                    identifier,
                })
            },
        );
    let acknowledgement = (any::<(u8, bool)>(), 0..1u16 << 15, ipv4(), any::<u32>()).prop_map(
        |((reserved_1, inform), reserved_2, home_address, identifier)| {
            AnyHeader::RevocationAcknowledgement(RevocationAcknowledgement {
                reserved_1,
                inform,
                reserved_2,
                home_address,
                identifier,
            })
        },
    );
    let notification = (22..24u8, any::<[u8; 23]>())
        .prop_map(|(kind, octets)| AnyHeader::Notification(MessageType(kind), octets));
    prop_oneof![4 => request, 3 => reply, 1 => revocation, 1 => acknowledgement, 1 => notification]
}

/// Any message that can carry extensions, with up to six of them, to be emitted under `numbers`.
pub(crate) fn message(numbers: Numbers) -> impl Strategy<Value = AnyMessage> {
    (header(), vec(extension(numbers), 0..7))
        .prop_map(|(header, extensions)| AnyMessage { header, extensions })
}

/// The octets of a good message with some damage: single octets replaced, inserted or removed, or the end cut off.
pub(crate) fn damaged_message(numbers: Numbers) -> impl Strategy<Value = Vec<u8>> {
    let damage = (any::<prop::sample::Index>(), any::<u8>(), 0..4u8);
    (message(numbers), vec(damage, 0..6)).prop_map(move |(message, damages)| {
        let mut octets = message.emit(numbers);
        for (index, octet, way) in damages {
            if octets.is_empty() {
                break;
            }
            let at = index.index(octets.len());
            match way {
                0 => octets.truncate(at),
                1 => octets.insert(at, octet),
                2 => {
                    octets.remove(at);
                }
                _ => octets[at] = octet,
            }
        }
        octets
    })
}
