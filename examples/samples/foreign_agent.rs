//! `foreign-agent.pcap`: a node that boots behind a foreign agent, as that agent sees both of its links.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::wire::{ExtensionType, PORT};

use super::conversation::{Conversation, Way};
use super::encapsulation::ip_in_ip;
use super::link::Link;
use super::packets::Ipv4;
use super::registration::{FOREIGN_AGENT, Message, Node, Path, datagram};

const AGENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const HOME_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
const HOME_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);
const CORRESPONDENT: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 7), 7);
const NAI: &[u8] = b"node@example.org";
/// The node's UDP port.
const NODE_PORT: u16 = 40_001;

const LIFETIME: u16 = 1800;
const GRANTED: u16 = 600;
/// Seconds by which the node's clock is wrong when it boots.
const CLOCK_ERROR: i64 = -7200;

const WIFI: Path = Path { access: "802.11", label: 1, bid: 1 };

pub(crate) fn capture() -> Link {
    let mut link = Link::of(AGENT)
        .neighbour(Ipv4Addr::UNSPECIFIED, 0x10)
        .neighbour(Ipv4Addr::BROADCAST, 0x10)
        .neighbour(HOME_ADDRESS, 0x10);
    play(&mut link);
    link
}

fn play(link: &mut Link) {
    let mut node = Node {
        home_address: Ipv4Addr::UNSPECIFIED,
        home_agent: HOME_AGENT,
        care_of_address: AGENT,
        flags: FOREIGN_AGENT,
        source: SocketAddrV4::new(AGENT, PORT),
    };

    // The node's clock is two hours slow. The home agent answers with its own in the high half.
    let request = request_at(link, &node, LIFETIME, CLOCK_ERROR).path(WIFI).nai(NAI);
    let request = relay_request(link, node.home_address, request);
    let reply = with_clock(&node.reply(&request, 133, 0), link.timestamp(0));
    relay_reply(link, &node, reply.nai(NAI));

    // With the clock set, the home agent says that this node may not have several paths.
    link.wait(1_500_000);
    let request = node.request(link, LIFETIME).path(WIFI).nai(NAI);
    let request = relay_request(link, node.home_address, request);
    relay_reply(link, &node, node.reply(&request, 152, 0).nai(NAI));

    // So it registers plainly. The first request is lost beyond the foreign agent; the second is answered, and
    // the answer brings the home address.
    link.wait(1_100_000);
    let request = node.request(link, LIFETIME).nai(NAI);
    relay_request(link, node.home_address, request);
    link.wait(1_400_000);
    let request = node.request(link, LIFETIME).nai(NAI);
    let request = relay_request(link, node.home_address, request);
    node.home_address = HOME_ADDRESS;
    relay_reply(link, &node, node.reply(&request, 0, GRANTED).nai(NAI));

    link.wait(1_200_000);
    for text in [&b"one"[..], b"two"] {
        let talk = Conversation::new(SocketAddrV4::new(HOME_ADDRESS, 50_007), CORRESPONDENT);
        let packet = talk.udp(link, Way::Up, text);
        forward(link, Way::Up, &packet);
        link.wait(23_000);
        let packet = talk.udp(link, Way::Down, text);
        forward(link, Way::Down, &packet);
        link.wait(400_000);
    }

    // A refresh, now with the home address, and the end.
    let request = node.request(link, LIFETIME).nai(NAI);
    let request = relay_request(link, node.home_address, request);
    relay_reply(link, &node, node.reply(&request, 0, GRANTED).nai(NAI));
    link.wait(4_000_000);
    let request = node.request(link, 0).nai(NAI);
    let request = relay_request(link, node.home_address, request);
    relay_reply(link, &node, node.reply(&request, 0, 0).nai(NAI));
}

/// A request whose Identification comes from a clock that is `error` seconds ahead.
fn request_at(link: &mut Link, node: &Node, lifetime: u16, error: i64) -> Message {
    let octets = node.request(link, lifetime).octets().to_vec();
    Message::of_octets([&octets[..16], &link.timestamp(error).to_be_bytes()].concat())
}

/// The reply with the seconds of `timestamp` in the high half of its Identification (RFC 5944 §5.7.1).
fn with_clock(reply: &Message, timestamp: u64) -> Message {
    let octets = reply.octets();
    let seconds = &timestamp.to_be_bytes()[..4];
    Message::of_octets([&octets[..12], seconds, &octets[16..]].concat())
}

/// The node's request passes to the foreign agent and on to the home agent, each time signed for who gets it.
/// Gives it as far as the home agent authenticates it.
fn relay_request(link: &mut Link, source: Ipv4Addr, request: Message) -> Message {
    const EVERY_HOP: u8 = 255;
    let request = request.sign();
    let for_agent = request.clone().sign_as(ExtensionType::MOBILE_FOREIGN_AUTHENTICATION, 0);
    let (node, agent) = (SocketAddrV4::new(source, NODE_PORT), SocketAddrV4::new(AGENT, PORT));
    datagram(link, node, agent, EVERY_HOP, &for_agent);
    link.wait(700);
    let is_deregistration = request.octets()[2..4] == [0, 0];
    // A foreign agent does not speak for a node that leaves (RFC 5944 §3.5.4).
    let for_home_agent = if is_deregistration {
        request.clone()
    } else {
        request.clone().sign_as(ExtensionType::FOREIGN_HOME_AUTHENTICATION, 0)
    };
    datagram(link, agent, SocketAddrV4::new(HOME_AGENT, PORT), 64, &for_home_agent);
    link.wait(21_000);
    request
}

/// The home agent's reply passes to the foreign agent and on to the node.
fn relay_reply(link: &mut Link, node: &Node, reply: Message) {
    let reply = reply.sign();
    let agent = SocketAddrV4::new(AGENT, PORT);
    let for_agent = reply.clone().sign_as(ExtensionType::FOREIGN_HOME_AUTHENTICATION, 0);
    datagram(link, SocketAddrV4::new(HOME_AGENT, PORT), agent, 60, &for_agent);
    link.wait(500);
    let for_node = reply.sign_as(ExtensionType::MOBILE_FOREIGN_AUTHENTICATION, 0);
    // Who has no home address yet is reached by broadcast (RFC 5944 §3.7.2.3).
    let address = match node.home_address {
        Ipv4Addr::UNSPECIFIED => Ipv4Addr::BROADCAST,
        address => address,
    };
    datagram(link, agent, SocketAddrV4::new(address, NODE_PORT), 64, &for_node);
}

/// A packet passes on both sides of the foreign agent: bare towards the node, tunnelled towards its home.
fn forward(link: &mut Link, way: Way, packet: &[u8]) {
    let header = Ipv4::of(packet);
    let forwarded = header.ttl(header.ttl - 1).around(&packet[20..]);
    match way {
        Way::Up => {
            link.pass(packet);
            link.wait(300);
            let tunnelled = ip_in_ip(link, AGENT, HOME_AGENT, &forwarded);
            link.pass(&tunnelled);
        }
        Way::Down => {
            let tunnelled = ip_in_ip(link, HOME_AGENT, AGENT, packet);
            link.pass(&tunnelled);
            link.wait(300);
            link.pass(&forwarded);
        }
    }
}
