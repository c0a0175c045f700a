//! `figure3.pcap`: the call flow of RFC 7629 Figure 3 with the tunnels of Figure 1 and the policy of Figure 2, as
//! the home agent sees it.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::conversation::{Conversation, Way};
use super::encapsulation::ip_in_ip;
use super::link::Link;
use super::packets::{protocol, tcp_flags, udp};
use super::registration::{Node, Path};

const HOME_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
const ROUTER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 254);
const RESOLVER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 53);
const HOME_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);
const SIP_PEER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 50), 5060);
const WEB_SERVER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 80), 80);
const SSH_SERVER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 22), 22);

const LIFETIME: u16 = 600;

/// `Flow_1` of Figure 2: what SIP peers send, over Wi-Fi, else LTE.
const SIP: &str = "proto udp sport 5060";
/// `Flow_3`: what web servers send, over LTE.
const HTTP: &str = "proto tcp sport 80";
/// `Flow_2`: what SSH servers send, over CDMA, else LTE, else Wi-Fi.
const SSH: &str = "proto tcp sport 22";

/// One of the node's three accesses.
#[derive(Clone, Copy)]
struct Access {
    node: Node,
    path: Path,
}

impl Access {
    fn new(care_of_address: [u8; 4], port: u16, access: &'static str, number: u8) -> Self {
        let node = Node::co_located(HOME_ADDRESS, HOME_AGENT, care_of_address.into(), port);
        Self { node, path: Path { access, label: number, bid: number } }
    }

    /// A packet passes in this access's tunnel.
    fn tunnel(&self, link: &mut Link, way: Way, inner: &[u8]) {
        let care_of_address = self.node.care_of_address;
        let (from, to) = match way {
            Way::Up => (care_of_address, HOME_AGENT),
            Way::Down => (HOME_AGENT, care_of_address),
        };
        let packet = ip_in_ip(link, from, to, inner);
        link.pass(&packet);
    }

    fn udp(&self, link: &mut Link, talk: &Conversation, way: Way, text: &str) {
        link.wait(11_300);
        let packet = talk.udp(link, way, text.as_bytes());
        self.tunnel(link, way, &packet);
    }

    fn tcp(&self, link: &mut Link, talk: &mut Conversation, way: Way, flags: u8, text: &str) {
        link.wait(18_700);
        let packet = talk.tcp(link, way, flags, text.as_bytes());
        self.tunnel(link, way, &packet);
    }

    /// The three packets that open a TCP connection from the node.
    fn connect(&self, link: &mut Link, talk: &mut Conversation) {
        self.tcp(link, talk, Way::Up, tcp_flags::SYN, "");
        self.tcp(link, talk, Way::Down, tcp_flags::SYN | tcp_flags::ACK, "");
        self.tcp(link, talk, Way::Up, tcp_flags::ACK, "");
    }

    /// Something said over TCP, and its acknowledgement.
    fn say(&self, link: &mut Link, talk: &mut Conversation, way: Way, text: &str) {
        self.tcp(link, talk, way, tcp_flags::PSH | tcp_flags::ACK, text);
        let back = if way == Way::Up { Way::Down } else { Way::Up };
        self.tcp(link, talk, back, tcp_flags::ACK, "");
    }
}

pub(crate) fn capture() -> Link {
    let mut link = Link::of(HOME_AGENT);
    play(&mut link);
    link
}

fn play(link: &mut Link) {
    let wifi = Access::new([192, 0, 2, 10], 40_010, "802.11", 1);
    let lte = Access::new([192, 0, 2, 70], 40_070, "E-UTRAN", 2);
    let cdma = Access::new([192, 0, 2, 130], 40_130, "eHRPD", 3);
    let mobile = |port| SocketAddrV4::new(HOME_ADDRESS, port);
    let sip = Conversation::new(mobile(5060), SIP_PEER);
    let mut web = Conversation::new(mobile(49_152), WEB_SERVER);
    let mut ssh = Conversation::new(mobile(49_153), SSH_SERVER);

    link.arp(ROUTER);

    // (1) to (4): Wi-Fi, and SIP over it.
    link.wait(250_000);
    let request = wifi.node.request(link, LIFETIME).path(wifi.path).forward(&[1], SIP);
    wifi.node.exchange(link, request, 0, LIFETIME);
    link.wait(1_200_000);
    wifi.udp(link, &sip, Way::Up, &sip_request("REGISTER", 1));
    wifi.udp(link, &sip, Way::Down, &sip_answer("200 OK", "REGISTER", 1));

    name_lookup(link, 0x1001);

    // (5) to (8): LTE joins; SIP may fall back to it, and web traffic belongs to it.
    link.wait(800_000);
    let request = lte.node.request(link, LIFETIME).path(lte.path).forward(&[1, 2], SIP).forward(&[2], HTTP);
    lte.node.exchange(link, request, 0, LIFETIME);
    link.wait(1_100_000);
    lte.connect(link, &mut web);
    lte.say(link, &mut web, Way::Up, "GET / HTTP/1.1\r\nHost: www.example.net\r\n\r\n");
    lte.say(link, &mut web, Way::Down, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");

    // The third access of Figure 1, and with it the whole policy of Figure 2.
    link.wait(1_300_000);
    let request = cdma
        .node
        .request(link, LIFETIME)
        .path(cdma.path)
        .forward(&[1, 2], SIP)
        .forward(&[2], HTTP)
        .forward(&[3, 2, 1], SSH);
    cdma.node.exchange(link, request, 0, LIFETIME);
    link.wait(1_300_000);
    cdma.connect(link, &mut ssh);
    cdma.say(link, &mut ssh, Way::Down, "SSH-2.0-example\r\n");
    cdma.say(link, &mut ssh, Way::Up, "SSH-2.0-mobile\r\n");

    // All three at once.
    wifi.udp(link, &sip, Way::Down, &sip_request("INVITE", 2));
    wifi.udp(link, &sip, Way::Up, &sip_answer("180 Ringing", "INVITE", 2));
    lte.say(link, &mut web, Way::Up, "GET /news HTTP/1.1\r\nHost: www.example.net\r\n\r\n");
    wifi.udp(link, &sip, Way::Up, &sip_answer("200 OK", "INVITE", 2));
    wifi.udp(link, &sip, Way::Down, &sip_request("ACK", 2));
    link.arp(ROUTER);

    // The node walks out of Wi-Fi's reach and says so: SIP goes on over LTE, the others stay where they are.
    link.wait(1_400_000);
    let request = wifi.node.request(link, 0).path(wifi.path);
    wifi.node.exchange(link, request, 0, 0);
    link.wait(1_500_000);
    lte.udp(link, &sip, Way::Down, &sip_request("OPTIONS", 3));
    lte.udp(link, &sip, Way::Up, &sip_answer("200 OK", "OPTIONS", 3));
    cdma.say(link, &mut ssh, Way::Down, "Last login: Sat Jun  1\r\n");
    lte.say(link, &mut web, Way::Down, "HTTP/1.1 204 No Content\r\n\r\n");
    name_lookup(link, 0x1002);
    lte.udp(link, &sip, Way::Down, &sip_request("BYE", 4));
    lte.udp(link, &sip, Way::Up, &sip_answer("200 OK", "BYE", 4));
}

fn sip_request(method: &str, number: u8) -> String {
    format!(
        "{method} sip:node@example.org SIP/2.0\r\nCall-ID: sample\r\nCSeq: {number} {method}\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

fn sip_answer(status: &str, method: &str, number: u8) -> String {
    format!("SIP/2.0 {status}\r\nCall-ID: sample\r\nCSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n")
}

/// The home agent itself asks for the address of www.example.net; nothing of it is Mobile IP.
fn name_lookup(link: &mut Link, number: u16) {
    const QUESTION: &[u8] = b"\x03www\x07example\x03net\x00\x00\x01\x00\x01";
    const ANSWER: &[u8] = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04";
    let agent = SocketAddrV4::new(HOME_AGENT, 53_053);
    let resolver = SocketAddrV4::new(RESOLVER, 53);
    let head = |flags: u16, answers: u16| [number, flags, 1, answers, 0, 0].map(u16::to_be_bytes).concat();
    link.wait(300_000);
    let query = [&head(0x0100, 0)[..], QUESTION].concat();
    let header = link.header(HOME_AGENT, RESOLVER, protocol::UDP);
    link.pass(&header.around(&udp(agent, resolver, &query)));
    link.wait(9_200);
    let answer = [&head(0x8180, 1)[..], QUESTION, ANSWER, &WEB_SERVER.ip().octets()].concat();
    let header = link.header(RESOLVER, HOME_AGENT, protocol::UDP).ttl(57);
    link.pass(&header.around(&udp(resolver, agent, &answer)));
}
