//! The extensions of the other RFCs, each from its figure.

use std::net::{Ipv4Addr, Ipv6Addr};

use mipflow::wire::{
    Authentication, Challenge, Content, DualStack, DynamicHomeAgent, EncapsulatingDeliveryStyle,
    ExtensionType, GreKey, IpProtocol, Ipv6PrefixCode, MessageString, MobileNetwork, MobileNetworkCode, Nai,
    Problem, RevocationSupport, UdpTunnelReply, UdpTunnelRequest, VendorSpecific,
};

use super::{is_extension, is_malformed};

#[test]
fn authentication_in_a_simple_header() {
    // RFC 5944 §3.5.2 to §3.5.4: type, Length, SPI, authenticator.
    let digits = |kind| format!("{kind:02x} 14 00000100 000102030405060708090a0b0c0d0e0f");
    let authenticator = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    let content = Content::Authentication(Authentication { spi: 256, authenticator });
    for kind in [32u8, 33, 34] {
        is_extension(&digits(kind), ExtensionType(kind), 0, content);
    }
    let nothing = Content::Authentication(Authentication { spi: u32::MAX, authenticator: &[] });
    is_extension("20 04 ffffffff", ExtensionType::MOBILE_HOME_AUTHENTICATION, 0, nothing);
    is_malformed("20 03 000001", 26, Problem::FieldMissing { field: "SPI", needed: 4, left: 3 });
}

#[test]
fn authentication_in_a_long_header() {
    // RFC 4721 §5, Figure 3.
    let content = Content::Authentication(Authentication { spi: 2, authenticator: &[0xaa, 0xbb] });
    is_extension("24 01 0006 00000002 aabb", ExtensionType::GENERALIZED_AUTHENTICATION, 1, content);
    is_extension("24 fe 0006 00000002 aabb", ExtensionType::GENERALIZED_AUTHENTICATION, 0xfe, content);
    is_malformed("24 01 0000", 28, Problem::FieldMissing { field: "SPI", needed: 4, left: 0 });
}

#[test]
fn nai_challenge_and_message_string() {
    // RFC 2794 §2, RFC 4721 §4 Figure 2, RFC 4917.
    is_extension("83 03 614062", ExtensionType::NAI, 0, Content::Nai(Nai(b"a@b")));
    is_extension("83 00", ExtensionType::NAI, 0, Content::Nai(Nai(b"")));
    is_extension(
        "84 04 deadbeef",
        ExtensionType::CHALLENGE,
        0,
        Content::Challenge(Challenge(&[0xde, 0xad, 0xbe, 0xef])),
    );
    let string = MessageString { subtype: 1, text: b"no" };
    is_extension("91 03 01 6e6f", ExtensionType::MESSAGE_STRING, 0, Content::MessageString(string));
    let empty = MessageString { subtype: 9, text: b"" };
    is_extension("91 01 09", ExtensionType::MESSAGE_STRING, 0, Content::MessageString(empty));
    is_malformed("91 00", 26, Problem::FieldMissing { field: "Sub-Type", needed: 1, left: 0 });
}

#[test]
fn a_nai_that_is_no_text_keeps_its_octets() {
    is_extension("83 03 61ff62", ExtensionType::NAI, 0, Content::Nai(Nai(&[b'a', 0xff, b'b'])));
}

#[test]
fn revocation_support() {
    // RFC 3543 §3.2: I and fifteen reserved bits, Timestamp, and whatever a later RFC adds.
    let support = |inform, reserved, more| {
        Content::RevocationSupport(RevocationSupport { inform, reserved, timestamp: 0x0102_0304, more })
    };
    let kind = ExtensionType::REVOCATION_SUPPORT;
    is_extension("89 06 8000 01020304", kind, 0, support(true, 0, &[]));
    is_extension("89 06 7fff 01020304", kind, 0, support(false, 0x7fff, &[]));
    is_extension("89 08 0000 01020304 aabb", kind, 0, support(false, 0, &[0xaa, 0xbb]));
    is_malformed("89 05 8000 010203", 28, Problem::FieldMissing { field: "Timestamp", needed: 4, left: 3 });
    is_malformed("89 01 80", 26, Problem::FieldMissing { field: "Flags", needed: 2, left: 1 });
}

#[test]
fn udp_tunnel_request() {
    // RFC 3519 §3.1: Sub-Type, Reserved 1, F R Reserved 2, Encapsulation, Reserved 3.
    let plain = UdpTunnelRequest {
        subtype: 0,
        reserved_1: 0,
        force: false,
        through_foreign_agent: false,
        reserved_2: 0,
        encapsulation: IpProtocol::IP_IN_IP,
        reserved_3: 0,
    };
    let is = |digits, request| {
        is_extension(digits, ExtensionType::UDP_TUNNEL_REQUEST, 0, Content::UdpTunnelRequest(request));
    };
    is("90 06 00 00 00 04 0000", plain);
    is("90 06 00 00 80 04 0000", UdpTunnelRequest { force: true, ..plain });
    is("90 06 00 00 40 04 0000", UdpTunnelRequest { through_foreign_agent: true, ..plain });
    is("90 06 00 00 3f 04 0000", UdpTunnelRequest { reserved_2: 0x3f, ..plain });
    let odd = UdpTunnelRequest {
        subtype: 5,
        reserved_1: 6,
        encapsulation: IpProtocol::MINIMAL,
        reserved_3: 0x0708,
        ..plain
    };
    is("90 06 05 06 00 37 0708", odd);
    is_malformed("90 05 00 00 00 04 00", 25, Problem::WrongLength { expected: 6, found: 5 });
    is_malformed("90 07 00 00 00 04 0000 00", 25, Problem::WrongLength { expected: 6, found: 7 });
}

#[test]
fn udp_tunnel_reply() {
    // RFC 3519 §3.2: Sub-Type, Reply Code, F Reserved, Keepalive Interval.
    let granted = UdpTunnelReply { subtype: 0, code: 63, force: true, reserved: 0, keepalive_interval: 110 };
    let is = |digits, reply| {
        is_extension(digits, ExtensionType::UDP_TUNNEL_REPLY, 0, Content::UdpTunnelReply(reply));
    };
    is("2c 06 00 3f 8000 006e", granted);
    let declined = UdpTunnelReply { code: 64, force: false, reserved: 0x7fff, subtype: 1, ..granted };
    is("2c 06 01 40 7fff 006e", declined);
    assert!(granted.is_granted() && !declined.is_granted());
    is_malformed("2c 00", 25, Problem::WrongLength { expected: 6, found: 0 });
}

#[test]
fn encapsulating_delivery_style() {
    // RFC 3024 §3.3: Length 0.
    let content = Content::EncapsulatingDeliveryStyle(EncapsulatingDeliveryStyle);
    is_extension("82 00", ExtensionType::ENCAPSULATING_DELIVERY_STYLE, 0, content);
    is_malformed("82 01 00", 25, Problem::WrongLength { expected: 0, found: 1 });
}

#[test]
fn mobile_network() {
    // RFC 5177 §4.1 and §4.2.
    let prefix = Ipv4Addr::new(192, 0, 2, 0);
    let is = |digits, network| {
        is_extension(digits, ExtensionType::MOBILE_NETWORK, 0, Content::MobileNetwork(network));
    };
    is("94 06 00 18 c0000200", MobileNetwork::Request { prefix_length: 24, prefix });
    let acknowledgement = |explicit, code, reserved| MobileNetwork::Acknowledgement {
        explicit,
        code: MobileNetworkCode(code),
        prefix_length: 24,
        reserved,
        prefix,
    };
    is("94 08 01 00 18 00 c0000200", acknowledgement(true, 0, 0));
    is("94 08 02 03 18 ff c0000200", acknowledgement(false, 3, 255));
    is_malformed("94 05 00 18 c00002", 25, Problem::WrongLength { expected: 6, found: 5 });
    is_malformed("94 06 01 00 18 00 c000", 25, Problem::WrongLength { expected: 8, found: 6 });
    is_malformed("94 00", 26, Problem::FieldMissing { field: "Sub-Type", needed: 1, left: 0 });
}

#[test]
fn dual_stack() {
    // RFC 5454 §2.1 to §2.3, Figures 1 to 3.
    let prefix = Ipv6Addr::new(0x2001, 0xdb8, 0, 0x42, 0, 0, 0, 0);
    let is =
        |digits, content| is_extension(digits, ExtensionType::DUAL_STACK, 0, Content::DualStack(content));
    is(
        "98 12 01 40 20010db8000000420000000000000000",
        DualStack::PrefixRequest { prefix_length: 64, prefix },
    );
    is(
        "98 14 02 09 ff 07 20010db8000000420000000000000000",
        DualStack::PrefixReply { code: Ipv6PrefixCode(9), prefix_length: 255, reserved: 7, prefix },
    );
    is("98 02 03 05", DualStack::TunnelingMode { reserved: 5 });
    is_malformed("98 02 01 40", 25, Problem::WrongLength { expected: 18, found: 2 });
    is_malformed("98 02 02 00", 25, Problem::WrongLength { expected: 20, found: 2 });
    is_malformed("98 01 03", 25, Problem::WrongLength { expected: 2, found: 1 });
    is_malformed("98 00", 26, Problem::FieldMissing { field: "Sub-Type", needed: 1, left: 0 });
}

#[test]
fn a_subtype_without_a_definition_makes_the_content_opaque() {
    // The Sub-Type octet is among those that Length counts, so it is part of the data.
    is_extension("94 03 07 aabb", ExtensionType::MOBILE_NETWORK, 0, Content::Opaque(&[7, 0xaa, 0xbb]));
    is_extension("98 02 04 aa", ExtensionType::DUAL_STACK, 0, Content::Opaque(&[4, 0xaa]));
    is_extension("98 01 00", ExtensionType::DUAL_STACK, 0, Content::Opaque(&[0]));
}

#[test]
fn dynamic_home_agent_and_gre_key_have_long_headers() {
    // RFC 4433 §3.4, Figure 1; RFC 6245.
    let agent = DynamicHomeAgent { home_agent: Ipv4Addr::new(198, 51, 100, 1) };
    for subtype in [1u8, 2, 77] {
        let digits = format!("8b {subtype:02x} 0004 c6336401");
        is_extension(&digits, ExtensionType::DYNAMIC_HOME_AGENT, subtype, Content::DynamicHomeAgent(agent));
    }
    is_malformed("8b 01 0005 c633640100", 26, Problem::WrongLength { expected: 4, found: 5 });
    let key = Content::GreKey(GreKey { key: 0xdead_beef });
    is_extension("30 00 0004 deadbeef", ExtensionType::GRE_KEY, 0, key);
    is_malformed("30 00 0003 deadbe", 26, Problem::WrongLength { expected: 4, found: 3 });
}

#[test]
fn vendor_extensions() {
    // RFC 3115 §2 and §3: the critical form has a 16-bit Length and its reserved octet in the header, the normal
    // one an 8-bit Length and two reserved octets behind it.
    let vendor = |reserved| {
        Content::VendorSpecific(VendorSpecific { reserved, vendor: 9, kind: 0x0102, value: &[0xaa] })
    };
    for kind in [37u8, 38] {
        let digits = format!("{kind:02x} 00 0007 00000009 0102 aa");
        is_extension(&digits, ExtensionType(kind), 0, vendor(0));
        is_extension(&digits.replacen("00", "5c", 1), ExtensionType(kind), 0x5c, vendor(0));
    }
    for kind in [133u8, 134] {
        let digits = format!("{kind:02x} 09 beef 00000009 0102 aa");
        is_extension(&digits, ExtensionType(kind), 0, vendor(0xbeef));
    }
    is_malformed(
        "26 00 0005 00000009 01",
        32,
        Problem::FieldMissing { field: "Vendor Type", needed: 2, left: 1 },
    );
    is_malformed("86 01 00", 26, Problem::FieldMissing { field: "Reserved", needed: 2, left: 1 });
}

#[test]
fn named_types_without_a_layout_here_are_opaque_in_their_own_form() {
    for kind in [40u8, 41, 42, 43, 47, 50] {
        let digits = format!("{kind:02x} 03 0002 aabb");
        is_extension(&digits, ExtensionType(kind), 3, Content::Opaque(&[0xaa, 0xbb]));
    }
    for kind in [45u8, 46, 49, 128, 129, 136, 138, 140, 141, 142, 147, 149, 151, 153, 255] {
        let digits = format!("{kind:02x} 02 aabb");
        is_extension(&digits, ExtensionType(kind), 0, Content::Opaque(&[0xaa, 0xbb]));
    }
}
