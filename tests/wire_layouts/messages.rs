//! The fixed parts of messages: RFC 5944 §3.3 and §3.4, RFC 3519 §3.3, RFC 3543 §3.3 and §3.4.

use std::net::Ipv4Addr;

use mipflow::wire::{
    Header, IpProtocol, Malformed, Message, MessageType, Numbers, Problem, RegistrationReply,
    RegistrationRequest, ReplyCode, RequestFlags, Revocation, RevocationAcknowledgement, TunnelData,
};

use super::{octets, parse};

const HOME: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
const CARE_OF: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 2);

/// Checks that `digits` read as `header` and that `emit` appends them to a buffer that is not empty.
fn is_header(digits: &str, header: Header<'_>, emit: impl Fn(&mut Vec<u8>)) {
    let payload = octets(digits);
    let message = parse(&payload);
    assert_eq!(message.header, header);
    assert_eq!(message.malformed(), None);
    assert_eq!(message.extensions().count(), 0);
    let mut out = vec![0xaa];
    emit(&mut out);
    assert_eq!(out, [vec![0xaa], payload].concat());
}

#[test]
fn registration_request() {
    // Flags 0xa2: S and D (1010) in the upper half, T (0010) in the lower.
    let request = RegistrationRequest {
        flags: RequestFlags(0xa2),
        lifetime: 1800,
        home_address: HOME,
        home_agent: AGENT,
        care_of_address: CARE_OF,
        identification: 0xe8d4_a510_0000_0001,
    };
    is_header(
        "01 a2 0708  0a000001  c6336401  cb007102  e8d4a510 00000001",
        Header::Request(request),
        |out| request.emit(out),
    );
}

#[test]
fn each_request_flag_has_its_bit() {
    let letters = |octet: u8| RequestFlags(octet).letters().collect::<String>();
    assert_eq!(letters(0b1000_0000), "S");
    assert_eq!(letters(0b0100_0000), "B");
    assert_eq!(letters(0b0010_0000), "D");
    assert_eq!(letters(0b0001_0000), "M");
    assert_eq!(letters(0b0000_1000), "G");
    assert_eq!(letters(0b0000_0100), "r");
    assert_eq!(letters(0b0000_0010), "T");
    assert_eq!(letters(0b0000_0001), "x");
    assert_eq!(letters(0xff), "SBDMGrTx");
    let flags = RequestFlags(0b1110_1010);
    assert!(flags.simultaneous_bindings() && flags.broadcast() && flags.co_located());
    assert!(flags.gre() && flags.reverse_tunnel() && !flags.minimal_encapsulation());
    assert!(RequestFlags(0x10).minimal_encapsulation());
}

#[test]
fn registration_reply() {
    let reply = RegistrationReply {
        code: ReplyCode(153),
        lifetime: 65535,
        home_address: HOME,
        home_agent: AGENT,
        identification: 0x0102_0304_0506_0708,
    };
    is_header("03 99 ffff  0a000001  c6336401  01020304 05060708", Header::Reply(reply), |out| {
        reply.emit(out);
    });
    assert_eq!(reply.code.name(Numbers::default()), "INVALID_FB_IDENTIFIER");
}

#[test]
fn tunnel_data_takes_the_rest_as_its_packet() {
    let tunnelled = TunnelData { next_header: IpProtocol::GRE, reserved: 0x0102, packet: &[0x45, 0, 0] };
    is_header("04 2f 0102 450000", Header::TunnelData(tunnelled), |out| tunnelled.emit(out));
    let nothing = TunnelData { next_header: IpProtocol::IP_IN_IP, reserved: 0, packet: &[] };
    is_header("04 04 0000", Header::TunnelData(nothing), |out| nothing.emit(out));
}

#[test]
fn revocation_with_every_reserved_bit() {
    let revocation = Revocation {
        reserved_1: 0x5a,
        from_home_agent: true,
        inform: false,
        reserved_2: 0x3fff,
        home_address: HOME,
        home_domain_address: AGENT,
        foreign_domain_address: CARE_OF,
        identifier: 0x0a0b_0c0d,
    };
    is_header("07 5a bfff  0a000001  c6336401  cb007102  0a0b0c0d", Header::Revocation(revocation), |out| {
        revocation.emit(out);
    });
    let informs = Revocation { from_home_agent: false, inform: true, reserved_2: 0, ..revocation };
    is_header("07 5a 4000  0a000001  c6336401  cb007102  0a0b0c0d", Header::Revocation(informs), |out| {
        informs.emit(out);
    });
}

#[test]
fn revocation_acknowledgement() {
    let acknowledgement = RevocationAcknowledgement {
        reserved_1: 1,
        inform: true,
        reserved_2: 0x7001,
        home_address: HOME,
        identifier: 7,
    };
    is_header("0f 01 f001  0a000001  00000007", Header::RevocationAcknowledgement(acknowledgement), |out| {
        acknowledgement.emit(out);
    });
}

#[test]
fn notifications_have_a_fixed_part_of_24_octets_and_extensions_after_it() {
    for kind in [22, 23] {
        let payload = [&[kind][..], &[0xcc; 23], &[131, 1, b'a']].concat();
        let message = parse(&payload);
        assert_eq!(message.header, Header::Other(MessageType(kind)));
        let found: Vec<_> =
            message.extensions().map(|extension| (extension.kind.0, extension.offset)).collect();
        assert_eq!(found, [(131, 24)]);
    }
}

#[test]
fn messages_of_other_types_are_named_and_not_walked() {
    let payload = [&[18][..], &[0; 60]].concat();
    let message = parse(&payload);
    assert_eq!(message.kind(), Some(MessageType(18)));
    assert_eq!(message.header, Header::Other(MessageType(18)));
    assert_eq!(message.extensions().count(), 0);
    assert_eq!(message.malformed(), None);
}

#[test]
fn an_empty_payload_is_no_message() {
    let message = parse(&[]);
    let fault = Malformed { offset: 0, problem: Problem::Empty };
    assert_eq!(message.kind(), None);
    assert_eq!(message.header, Header::Short(None, fault));
    assert_eq!(message.malformed(), Some(fault));
    assert_eq!(message.extensions().count(), 0);
}

#[test]
fn a_message_that_ends_within_its_fixed_part_is_a_runt() {
    for (kind, needed) in [(1u8, 24usize), (3, 20), (4, 4), (7, 20), (15, 12), (22, 24), (23, 24)] {
        let whole = [&[kind][..], &[0; 23]].concat();
        for found in 1..needed {
            let message = parse(&whole[..found]);
            let fault = Malformed { offset: 0, problem: Problem::FixedPartShort { needed, found } };
            assert_eq!(message.header, Header::Short(Some(MessageType(kind)), fault));
            assert_eq!(message.malformed(), Some(fault));
            assert_eq!(message.extensions().count(), 0);
        }
        assert!(!matches!(parse(&whole[..needed]).header, Header::Short(..)), "type {kind}");
    }
}

#[test]
fn a_fixed_part_that_was_not_captured_is_no_fault() {
    let whole = octets(super::REQUEST);
    for found in 0..24 {
        let message = Message::parse(&whole[..found], 24 - found, Numbers::default());
        let kind = (found > 0).then_some(MessageType(1));
        let cut = Malformed { offset: 0, problem: Problem::NotCaptured { missing: 24 - found } };
        assert_eq!(message.header, Header::Short(kind, cut));
        assert_eq!(message.malformed(), None);
    }
    // Ten octets captured of twenty: the message was a runt before it was cut.
    let message = Message::parse(&whole[..10], 10, Numbers::default());
    let fault = Malformed { offset: 0, problem: Problem::FixedPartShort { needed: 24, found: 20 } };
    assert_eq!(message.malformed(), Some(fault));
}
