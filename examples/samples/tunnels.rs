//! `tunnels.pcap`: every way to tunnel, both ways, as the home agent sees it.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use mipflow::wire::{
    Content, DualStack, ExtensionType, GreKey, IpProtocol, Ipv6PrefixCode, MobileNetwork, MobileNetworkCode,
    PORT, UdpTunnelReply, UdpTunnelRequest,
};

use super::encapsulation::{GreOptions, gre, ip_in_ip, minimal, outer, six_in_four, tunnel_data};
use super::link::Link;
use super::packets::{icmp_echo, ipv6, protocol, udp, udp_v6};
use super::registration::{self, CO_LOCATED, Message, Node};

const HOME_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
const CORRESPONDENT: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);
const LIFETIME: u16 = 600;

/// The mobile network of the first node, and a host on it.
const NETWORK: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 224);
const NETWORK_LENGTH: u8 = 28;
const NETWORK_HOST: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 226);

/// Where the NAT of the UDP node stands for it, and the care-of address behind the NAT.
const NAT: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 99), 61_234);
const BEHIND_NAT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 245);

/// The prefix of the dual-stack node, and its correspondent.
const PREFIX: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 6, 0, 0, 0, 0, 0);
const PREFIX_HOST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 6, 0, 0, 0, 0, 1);
const IPV6_CORRESPONDENT: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 7);

const GRE_KEY: u32 = 0x0000_2a2a;

/// The node of this number: home address 10.1.0.N, care-of address 192.0.2.(10+N).
fn node(number: u8, encapsulation: u8) -> Node {
    let home = Ipv4Addr::new(10, 1, 0, number);
    let care_of = Ipv4Addr::new(192, 0, 2, 10 + number);
    let node = Node::co_located(home, HOME_AGENT, care_of, 40_000 + u16::from(number));
    Node { flags: CO_LOCATED | encapsulation, ..node }
}

pub(crate) fn capture() -> Link {
    let mut link = Link::of(HOME_AGENT);
    register(&mut link);
    link.wait(1_500_000);
    plain(&mut link);
    mobile_network(&mut link);
    fragmented(&mut link);
    minimal_and_gre(&mut link);
    through_nat(&mut link);
    dual_stack(&mut link);
    link
}

/// All registrations, one node after another.
fn register(link: &mut Link) {
    let router = node(1, 0);
    let request = router.request(link, LIFETIME).with(
        ExtensionType::MOBILE_NETWORK,
        Content::MobileNetwork(MobileNetwork::Request { prefix_length: NETWORK_LENGTH, prefix: NETWORK }),
    );
    exchange(link, &router, request, |reply| {
        let acknowledgement = MobileNetwork::Acknowledgement {
            explicit: true,
            code: MobileNetworkCode(0),
            prefix_length: NETWORK_LENGTH,
            reserved: 0,
            prefix: NETWORK,
        };
        reply.with(ExtensionType::MOBILE_NETWORK, Content::MobileNetwork(acknowledgement))
    });

    for plain in [node(2, registration::MINIMAL), node(3, registration::GRE)] {
        let request = plain.request(link, LIFETIME);
        exchange(link, &plain, request, |reply| reply);
    }

    let keyed = node(4, registration::GRE);
    let key =
        |message: Message| message.with(ExtensionType::GRE_KEY, Content::GreKey(GreKey { key: GRE_KEY }));
    let request = key(keyed.request(link, LIFETIME));
    exchange(link, &keyed, request, key);

    let behind_nat = behind_nat();
    let ask = UdpTunnelRequest {
        subtype: 0,
        reserved_1: 0,
        force: false,
        through_foreign_agent: false,
        reserved_2: 0,
        encapsulation: IpProtocol(0),
        reserved_3: 0,
    };
    let request = behind_nat
        .request(link, LIFETIME)
        .with(ExtensionType::UDP_TUNNEL_REQUEST, Content::UdpTunnelRequest(ask));
    exchange(link, &behind_nat, request, |reply| {
        let grant =
            UdpTunnelReply { subtype: 0, code: 0, force: false, reserved: 0, keepalive_interval: 110 };
        reply.with(ExtensionType::UDP_TUNNEL_REPLY, Content::UdpTunnelReply(grant))
    });

    let dual = node(6, 0);
    let ask = DualStack::PrefixRequest { prefix_length: 64, prefix: PREFIX };
    let mode = DualStack::TunnelingMode { reserved: 0 };
    let request = dual
        .request(link, LIFETIME)
        .with(ExtensionType::DUAL_STACK, Content::DualStack(ask))
        .with(ExtensionType::DUAL_STACK, Content::DualStack(mode));
    exchange(link, &dual, request, |reply| {
        let grant = DualStack::PrefixReply {
            code: Ipv6PrefixCode(1),
            prefix_length: 64,
            reserved: 0,
            prefix: PREFIX,
        };
        reply.with(ExtensionType::DUAL_STACK, Content::DualStack(grant))
    });
}

fn behind_nat() -> Node {
    Node { care_of_address: BEHIND_NAT, source: NAT, ..node(5, 0) }
}

/// A request, and an accepting answer with what `add` adds to it.
fn exchange(link: &mut Link, node: &Node, request: Message, add: impl Fn(Message) -> Message) {
    let request = request.sign();
    node.send(link, &request);
    link.wait(1_600);
    node.answer(link, &add(node.reply(&request, 0, LIFETIME)).sign());
    link.wait(100_000);
}

/// The correspondent's echo request to `to`, number `sequence`.
fn ping(link: &mut Link, to: Ipv4Addr, sequence: u16) -> Vec<u8> {
    let header = link.header(CORRESPONDENT, to, protocol::ICMP).ttl(56);
    header.around(&icmp_echo(8, sequence))
}

/// The answer of `from`.
fn pong(link: &mut Link, from: Ipv4Addr, sequence: u16) -> Vec<u8> {
    link.wait(40_000);
    link.header(from, CORRESPONDENT, protocol::ICMP).around(&icmp_echo(0, sequence))
}

fn pass(link: &mut Link, packet: &[u8]) {
    link.pass(packet);
    link.wait(25_000);
}

/// IP in IP: an echo request down, its answer up.
fn plain(link: &mut Link) {
    let Node { home_address, care_of_address, .. } = node(1, 0);
    let inner = ping(link, home_address, 1);
    let packet = ip_in_ip(link, HOME_AGENT, care_of_address, &inner);
    pass(link, &packet);
    let inner = pong(link, home_address, 1);
    let packet = ip_in_ip(link, care_of_address, HOME_AGENT, &inner);
    pass(link, &packet);
}

/// A host on the mobile network: its packets go to the mobile router's home address, and so through two tunnels
/// (RFC 5177 §7).
fn mobile_network(link: &mut Link) {
    let Node { home_address, care_of_address, .. } = node(1, 0);
    let inner = ping(link, NETWORK_HOST, 2);
    let middle = ip_in_ip(link, HOME_AGENT, home_address, &inner);
    let packet = ip_in_ip(link, HOME_AGENT, care_of_address, &middle);
    pass(link, &packet);
    let inner = pong(link, NETWORK_HOST, 2);
    let middle = ip_in_ip(link, home_address, HOME_AGENT, &inner);
    let packet = ip_in_ip(link, care_of_address, HOME_AGENT, &middle);
    pass(link, &packet);
}

/// A datagram of 3000 octets, tunnelled whole and fragmented outside; the first fragment comes last.
fn fragmented(link: &mut Link) {
    let Node { home_address, care_of_address, .. } = node(1, 0);
    let (from, to) = (SocketAddrV4::new(CORRESPONDENT, 9000), SocketAddrV4::new(home_address, 9001));
    let text: Vec<u8> = (0..3000u16).map(|index| b'a' + u8::try_from(index % 26).unwrap()).collect();
    let inner = link.header(CORRESPONDENT, home_address, protocol::UDP).ttl(56).around(&udp(from, to, &text));
    let fragments =
        outer(link, HOME_AGENT, care_of_address, protocol::IP_IN_IP, &inner).fragments(&inner, 1480);
    for index in [1, 2, 0] {
        link.pass(&fragments[index]);
        link.wait(120);
    }
    link.wait(25_000);
}

fn minimal_and_gre(link: &mut Link) {
    let Node { home_address, care_of_address, .. } = node(2, registration::MINIMAL);
    let inner = ping(link, home_address, 3);
    pass(link, &minimal(HOME_AGENT, care_of_address, &inner));
    let inner = pong(link, home_address, 3);
    pass(link, &minimal(care_of_address, HOME_AGENT, &inner));

    let full = |sequence| GreOptions { key: Some(GRE_KEY), sequence: Some(sequence), checksum: true };
    for (number, sequence, options) in [(3, 4, GreOptions::default()), (4, 5, full(0)), (4, 6, full(1))] {
        let Node { home_address, care_of_address, .. } = node(number, registration::GRE);
        let inner = ping(link, home_address, sequence);
        let packet = gre(link, HOME_AGENT, care_of_address, options, &inner);
        pass(link, &packet);
        let inner = pong(link, home_address, sequence);
        let packet = gre(link, care_of_address, HOME_AGENT, options, &inner);
        pass(link, &packet);
    }
}

/// Tunnel Data messages: an echo request down, its answer up, and the keepalive that
/// holds the NAT open, with its own.
fn through_nat(link: &mut Link) {
    let node = behind_nat();
    let agent = SocketAddrV4::new(HOME_AGENT, PORT);
    let inner = ping(link, node.home_address, 7);
    let packet = tunnel_data(link, agent, NAT, &inner);
    pass(link, &packet);
    let inner = pong(link, node.home_address, 7);
    let packet = tunnel_data(link, NAT, agent, &inner);
    pass(link, &packet);
    let keepalive = link.header(node.home_address, HOME_AGENT, protocol::ICMP).around(&icmp_echo(8, 1));
    let packet = tunnel_data(link, NAT, agent, &keepalive);
    pass(link, &packet);
    let answer = link.header(HOME_AGENT, node.home_address, protocol::ICMP).around(&icmp_echo(0, 1));
    let packet = tunnel_data(link, agent, NAT, &answer);
    pass(link, &packet);
}

/// IPv6 in IPv4, to and from the prefix of the dual-stack node.
fn dual_stack(link: &mut Link) {
    let Node { care_of_address, .. } = node(6, 0);
    let (far, near) =
        (SocketAddrV6::new(IPV6_CORRESPONDENT, 7, 0, 0), SocketAddrV6::new(PREFIX_HOST, 50_007, 0, 0));
    let inner = ipv6(PREFIX_HOST, IPV6_CORRESPONDENT, protocol::UDP, &udp_v6(near, far, b"echo"));
    let packet = six_in_four(link, care_of_address, HOME_AGENT, &inner);
    pass(link, &packet);
    let inner = ipv6(IPV6_CORRESPONDENT, PREFIX_HOST, protocol::UDP, &udp_v6(far, near, b"echo"));
    let packet = six_in_four(link, HOME_AGENT, care_of_address, &inner);
    pass(link, &packet);
}
