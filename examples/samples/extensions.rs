//! `extensions.pcap`: every extension that mipflow reads field by field, each in a message where it belongs.
//!
//! The listener stands where it sees the home agent, the foreign agent and the node behind that one.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};

use mipflow::wire::{
    Action, Challenge, Content, DualStack, DynamicHomeAgent, EncapsulatingDeliveryStyle, ExtensionType,
    GreKey, IpProtocol, Ipv6PrefixCode, MessageString, MobileNetwork, MobileNetworkCode, PORT,
    RegistrationRequest, RequestFlags, Revocation, RevocationAcknowledgement, RevocationSupport,
    UdpTunnelReply, UdpTunnelRequest, VendorSpecific,
};

use super::link::Link;
use super::registration::{self, CO_LOCATED, FOREIGN_AGENT, Message, Node, Path, datagram};

const HOME_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
const OTHER_HOME_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);
const AGENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const BEHIND_AGENT: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 3);
const LIFETIME: u16 = 600;

const NETWORK: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 224);
const KNOWN_NETWORK: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 240);
const PREFIX: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 0);
const NAT: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 99), 61_234);

/// The enterprise number for documentation (RFC 5612).
const VENDOR: u32 = 32_473;

pub(crate) fn capture() -> Link {
    let mut link = Link::of(HOME_AGENT)
        .neighbour(AGENT, 0x20)
        .neighbour(BEHIND_AGENT, 0x21)
        .neighbour(OTHER_HOME_AGENT, 2);
    co_located(&mut link);
    link.wait(1_000_000);
    through_nat(&mut link);
    link.wait(1_000_000);
    behind_agent(&mut link);
    link.wait(3_000_000);
    revoked(&mut link);
    link.wait(1_000_000);
    redirected(&mut link);
    link
}

/// What a node with its own care-of address can ask for, and the answer to it.
fn co_located(link: &mut Link) {
    let home = Ipv4Addr::new(10, 1, 0, 1);
    let node = Node::co_located(home, HOME_AGENT, Ipv4Addr::new(192, 0, 2, 11), 40_001);
    let node = Node { flags: CO_LOCATED | registration::GRE, ..node };
    let vendor = |kind, value| VendorSpecific { reserved: 0, vendor: VENDOR, kind, value };
    let network = MobileNetwork::Request { prefix_length: 28, prefix: NETWORK };
    let prefix = DualStack::PrefixRequest { prefix_length: 64, prefix: PREFIX };
    let mode = DualStack::TunnelingMode { reserved: 0 };
    let request = node
        .request(link, LIFETIME)
        .path(Path { access: "NB-IoT", label: 255, bid: 1 })
        .forward(&[1], "src 203.0.113.0/25 dst 10.1.0.1 proto tcp sport 80-443 dport 49152-65535 ds 10")
        .forward(&[1], "proto esp spi 4096-8191")
        .flow(
            Action::Drop,
            &[255],
            "src 2001:db8:bad::/48 dst 2001:db8:1::/64 proto udp dport 5000-5010 label 1-1048575",
        )
        .nai(b"router@example.org")
        .with(ExtensionType::MOBILE_NETWORK, Content::MobileNetwork(network))
        .with(ExtensionType::DUAL_STACK, Content::DualStack(prefix))
        .with(ExtensionType::DUAL_STACK, Content::DualStack(mode))
        .with(ExtensionType::GRE_KEY, Content::GreKey(GreKey { key: 0 }))
        .with(ExtensionType::REVOCATION_SUPPORT, revocation_support(link))
        .with(ExtensionType::CRITICAL_VENDOR_3025, Content::VendorSpecific(vendor(1, b"old")))
        .with(ExtensionType::CRITICAL_VENDOR, Content::VendorSpecific(vendor(2, b"critical")))
        .with(ExtensionType::NORMAL_VENDOR_3025, Content::VendorSpecific(vendor(3, b"old normal")))
        .with(ExtensionType::NORMAL_VENDOR, Content::VendorSpecific(vendor(4, b"normal")))
        .sign();
    node.send(link, &request);
    link.wait(2_100);
    let network = MobileNetwork::Acknowledgement {
        explicit: true,
        code: MobileNetworkCode(0),
        prefix_length: 28,
        reserved: 0,
        prefix: NETWORK,
    };
    let prefix =
        DualStack::PrefixReply { code: Ipv6PrefixCode(1), prefix_length: 64, reserved: 0, prefix: PREFIX };
    let welcome = MessageString { subtype: 1, text: "Willkommen zu Hause – welcome home".as_bytes() };
    let reply = node
        .reply(&request, 0, LIFETIME)
        .nai(b"router@example.org")
        .with(ExtensionType::MOBILE_NETWORK, Content::MobileNetwork(network))
        .with(ExtensionType::DUAL_STACK, Content::DualStack(prefix))
        .with(ExtensionType::GRE_KEY, Content::GreKey(GreKey { key: 0x0001_e240 }))
        .with(ExtensionType::REVOCATION_SUPPORT, revocation_support(link))
        .with(ExtensionType::MESSAGE_STRING, Content::MessageString(welcome))
        .sign();
    node.answer(link, &reply);
}

/// UDP tunnelling, and a mobile network that the home agent knew of.
fn through_nat(link: &mut Link) {
    let home = Ipv4Addr::new(10, 1, 0, 2);
    let node = Node::co_located(home, HOME_AGENT, Ipv4Addr::new(192, 0, 2, 245), 434);
    let node = Node { source: NAT, ..node };
    let ask = UdpTunnelRequest {
        subtype: 0,
        reserved_1: 0,
        force: true,
        through_foreign_agent: false,
        reserved_2: 0,
        encapsulation: IpProtocol::IP_IN_IP,
        reserved_3: 0,
    };
    let request = node
        .request(link, LIFETIME)
        .with(ExtensionType::UDP_TUNNEL_REQUEST, Content::UdpTunnelRequest(ask))
        .sign();
    node.send(link, &request);
    link.wait(1_900);
    let grant = UdpTunnelReply { subtype: 0, code: 0, force: true, reserved: 0, keepalive_interval: 110 };
    let network = MobileNetwork::Acknowledgement {
        explicit: false,
        code: MobileNetworkCode(0),
        prefix_length: 28,
        reserved: 0,
        prefix: KNOWN_NETWORK,
    };
    let reply = node
        .reply(&request, 0, LIFETIME)
        .with(ExtensionType::UDP_TUNNEL_REPLY, Content::UdpTunnelReply(grant))
        .with(ExtensionType::MOBILE_NETWORK, Content::MobileNetwork(network))
        .sign();
    node.answer(link, &reply);
}

/// What is meant for a foreign agent, and what agents tell each other.
fn behind_agent(link: &mut Link) {
    let agent = SocketAddrV4::new(AGENT, PORT);
    let port = SocketAddrV4::new(BEHIND_AGENT, 40_003);
    let node = Node {
        home_address: BEHIND_AGENT,
        home_agent: HOME_AGENT,
        care_of_address: AGENT,
        flags: FOREIGN_AGENT,
        source: agent,
    };
    let request = node.request(link, LIFETIME).sign();
    let for_agent = request
        .clone()
        .with(ExtensionType::CHALLENGE, Content::Challenge(Challenge(&[0xc4, 0xa1, 0x1e, 0x46, 0x0e, 0x00])))
        .sign_as(ExtensionType::GENERALIZED_AUTHENTICATION, 1)
        .with(
            ExtensionType::ENCAPSULATING_DELIVERY_STYLE,
            Content::EncapsulatingDeliveryStyle(EncapsulatingDeliveryStyle),
        )
        .sign_as(ExtensionType::MOBILE_FOREIGN_AUTHENTICATION, 0);
    datagram(link, port, agent, 255, &for_agent);
    link.wait(800);
    let for_home_agent = request
        .clone()
        .with(ExtensionType::REVOCATION_SUPPORT, revocation_support(link))
        .sign_as(ExtensionType::FOREIGN_HOME_AUTHENTICATION, 0);
    datagram(link, agent, node.home_agent(), 64, &for_home_agent);
    link.wait(1_700);
    let reply = node.reply(&request, 0, LIFETIME).sign();
    let for_agent = reply
        .clone()
        .with(ExtensionType::REVOCATION_SUPPORT, revocation_support(link))
        .sign_as(ExtensionType::FOREIGN_HOME_AUTHENTICATION, 0);
    datagram(link, node.home_agent(), agent, 64, &for_agent);
    link.wait(600);
    let for_node = reply.sign_as(ExtensionType::MOBILE_FOREIGN_AUTHENTICATION, 0);
    datagram(link, agent, port, 64, &for_node);
}

/// The home agent revokes the binding at the foreign agent, which acknowledges it.
fn revoked(link: &mut Link) {
    let (agent, home_agent) = (SocketAddrV4::new(AGENT, PORT), SocketAddrV4::new(HOME_AGENT, PORT));
    let identifier = clock(link);
    let revocation = Revocation {
        reserved_1: 0,
        from_home_agent: true,
        inform: true,
        reserved_2: 0,
        home_address: BEHIND_AGENT,
        home_domain_address: HOME_AGENT,
        foreign_domain_address: AGENT,
        identifier,
    };
    let message = Message::revocation(&revocation).sign_as(ExtensionType::FOREIGN_HOME_AUTHENTICATION, 0);
    datagram(link, home_agent, agent, 64, &message);
    link.wait(1_100);
    let acknowledgement = RevocationAcknowledgement {
        reserved_1: 0,
        inform: true,
        reserved_2: 0,
        home_address: BEHIND_AGENT,
        identifier,
    };
    let message = Message::revocation_acknowledgement(&acknowledgement)
        .sign_as(ExtensionType::FOREIGN_HOME_AUTHENTICATION, 0);
    datagram(link, agent, home_agent, 64, &message);
}

/// A node that asks for any home agent, and is sent to another one.
fn redirected(link: &mut Link) {
    let home = Ipv4Addr::new(10, 1, 0, 4);
    let node = Node::co_located(home, HOME_AGENT, Ipv4Addr::new(192, 0, 2, 14), 40_004);
    let wanted = DynamicHomeAgent { home_agent: HOME_AGENT };
    let request = Message::request(&RegistrationRequest {
        flags: RequestFlags(CO_LOCATED),
        lifetime: LIFETIME,
        home_address: home,
        home_agent: Ipv4Addr::BROADCAST,
        care_of_address: node.care_of_address,
        identification: link.timestamp(0),
    })
    .nai(b"roamer@example.org")
    .with_subtype(ExtensionType::DYNAMIC_HOME_AGENT, 1, Content::DynamicHomeAgent(wanted))
    .sign();
    node.send(link, &request);
    link.wait(1_500);
    let other = DynamicHomeAgent { home_agent: OTHER_HOME_AGENT };
    let reply = node
        .reply(&request, 143, 0)
        .nai(b"roamer@example.org")
        .with_subtype(ExtensionType::DYNAMIC_HOME_AGENT, 2, Content::DynamicHomeAgent(other))
        .sign();
    node.answer(link, &reply);
    link.wait(1_200_000);
    let node = Node { home_agent: OTHER_HOME_AGENT, ..node };
    let request = node.request(link, LIFETIME).nai(b"roamer@example.org").sign();
    node.send(link, &request);
    link.wait(1_500);
    node.answer(link, &node.reply(&request, 0, LIFETIME).nai(b"roamer@example.org").sign());
}

fn revocation_support(link: &Link) -> Content<'static> {
    Content::RevocationSupport(RevocationSupport {
        inform: true,
        reserved: 0,
        timestamp: clock(link),
        more: &[],
    })
}

/// The seconds of an agent's clock since 1900, as revocation messages count them.
fn clock(link: &Link) -> u32 {
    u32::try_from(link.timestamp(0) >> 32).unwrap()
}
