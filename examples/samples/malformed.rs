//! `malformed.pcap`: one fault a message, and everything else right, authenticators included.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::wire::{Action, Content, ExtensionType, MessageString};

use super::link::Link;
use super::packets::{protocol, udp};
use super::registration::{FAMILY, Message, Node, Path};

const HOME_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
const LIFETIME: u16 = 600;
const WIFI: Path = Path { access: "802.11", label: 1, bid: 1 };
const SIP: &str = "proto udp sport 5060";

/// Clears the screen, retitles the window, hides what follows, and reverses the direction of writing.
const ATTACK: &[u8] = b"\x1b[2J\x1b]0;owned\x07root\x1b[8m@evil\r\n\xe2\x80\xaegro.elpmaxe";

/// The node of fault `number`: home address 10.1.0.N, care-of address 192.0.2.(100+N).
fn node(number: u8) -> Node {
    let home = Ipv4Addr::new(10, 1, 0, number);
    let care_of = Ipv4Addr::new(192, 0, 2, 100 + number);
    Node::co_located(home, HOME_AGENT, care_of, 40_000 + u16::from(number))
}

/// Extension octets that no emitter of the crate would write.
fn extension(header: &[u8], data: &[u8]) -> Vec<u8> {
    [header, data].concat()
}

pub(crate) fn capture() -> Link {
    let mut link = Link::of(HOME_AGENT);
    extensions(&mut link);
    messages(&mut link);
    hostile_text(&mut link);
    link
}

/// Requests with a faulty extension, 1 to 9.
fn extensions(link: &mut Link) {
    let family = FAMILY.0;
    let multipath = |length, data: &[u8]| extension(&[family, 1, 0, length], data);
    let flow = |data: &[u8]| extension(&[family, 2, 0, u8::try_from(data.len()).unwrap()], data);
    let twice = Message::of_octets(Vec::new()).path(WIFI).path(Path { access: "E-UTRAN", label: 2, bid: 2 });
    // Flags I and M (destination port, protocol), and the port alone.
    let truncated = [1, 1, 1, 1, 0x00, 0x88, 0x00, 0x00, 0x13];
    // Protocol 17, with the two lowest of the reserved bits set.
    let reserved = [1, 1, 1, 1, 0x00, 0x08, 0x00, 0x03, 17];
    // Two Flow-Bindings' worth of Sub-Type and Length in each other's place: Type, Length, Sub-Type.
    let short_layout = extension(&[family, 5, 1], &[4, 1, 1, 0]);
    let faults: [Vec<u8>; 9] = [
        multipath(3, &[4, 1, 1]),
        multipath(5, &[4, 1, 1, 0, 0]),
        twice.octets().to_vec(),
        flow(&[1, 8, 1, 2, 3]),
        flow(&truncated),
        flow(&reserved),
        short_layout,
        extension(&[100, 4], b"low."),
        extension(&[200, 5], b"high."),
    ];
    for (number, fault) in (1..).zip(faults) {
        let node = node(number);
        let request = node.request(link, LIFETIME);
        // What is wrong with a flow rule should be all that is wrong.
        let request = if (4..=6).contains(&number) { request.path(WIFI) } else { request };
        node.send(link, &request.raw(&fault).sign());
        link.wait(1_100_000);
    }
}

/// Faults of whole messages, 10 to 15.
fn messages(link: &mut Link) {
    // An extension that says 40 octets and has 6; nothing can follow it.
    let past_end = node(10);
    let message = past_end.request(link, LIFETIME).sign().raw(&[134, 40]).raw(b"vendor");
    past_end.send(link, &message);
    link.wait(1_100_000);

    let short_request = node(11);
    let message = short_request.request(link, LIFETIME);
    short_request.send(link, &Message::of_octets(message.octets()[..10].to_vec()));
    link.wait(1_100_000);

    let short_reply = node(12);
    let message = short_reply.reply(&message, 0, LIFETIME);
    short_reply.answer(link, &Message::of_octets(message.octets()[..19].to_vec()));
    link.wait(1_100_000);

    let empty = node(13);
    empty.send(link, &Message::of_octets(Vec::new()));
    link.wait(1_100_000);

    let forged = node(14);
    let mut octets = forged.request(link, LIFETIME).path(WIFI).sign().octets().to_vec();
    // The lifetime was changed after it was signed.
    octets[2..4].copy_from_slice(&1800u16.to_be_bytes());
    forged.send(link, &Message::of_octets(octets));
    link.wait(1_100_000);

    let damaged = node(15);
    let message = damaged.request(link, LIFETIME).flow(Action::Forward, &[1], SIP).path(WIFI).sign();
    let to = SocketAddrV4::new(HOME_AGENT, 434);
    let mut datagram = udp(damaged.source, to, message.octets());
    datagram[6] ^= 0x55;
    let header = link.header(damaged.care_of_address, HOME_AGENT, protocol::UDP).ttl(58);
    link.pass(&header.around(&datagram));
    link.wait(1_100_000);
}

/// Text that attacks the terminal it is printed on: 16, and the answer to it.
fn hostile_text(link: &mut Link) {
    let node = node(16);
    let request = node.request(link, LIFETIME).nai(ATTACK).sign();
    node.send(link, &request);
    link.wait(1_500);
    let text = MessageString { subtype: 1, text: ATTACK };
    let reply = node
        .reply(&request, 0, LIFETIME)
        .nai(ATTACK)
        .with(ExtensionType::MESSAGE_STRING, Content::MessageString(text))
        .sign();
    node.answer(link, &reply);
}
