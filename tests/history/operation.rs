//! Histories at random: few nodes, bindings and flows, so that they meet often.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::time::Timestamp;

use super::message::{revocation, revocation_acknowledgement};
use super::packet::{Packet, gre, ip_in_ip, minimal, udp, udp_tunnel};
use super::{Ask, HOME_AGENT, History, care_of};

/// Something that happens, as any six octets: what, to whom, where, how, how long after, and more of how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation(pub [u8; 6]);

/// The foreign agent.
const FOREIGN_AGENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 200);

const SELECTORS: [&str; 6] = ["any", "proto udp", "dport 7000", "sport 5060-5062", "ds 46", "spi 1-9"];

impl Operation {
    /// Does it some time after `now`, and gives the time of its last frame. No frame is a copy of another one, and
    /// every request is another one.
    pub fn perform(self, history: &mut History, now: Timestamp) -> Timestamp {
        let [what, who, place, way, wait, more] = self.0;
        let mut clock = Clock(later(now, wait));
        match what % 16 {
            0..=4 => self.register(history, &mut clock, false),
            5 => self.register(history, &mut clock, true),
            6..=12 => self.carry(history, clock.0),
            13 => revoke(history, &mut clock, place, way, more),
            14 => garbage(history, clock.0, who, place, way),
            _ => self.nothing_comes_of_it(history, clock.0),
        }
        clock.0
    }

    /// The same registration, but seen on both sides of a foreign agent; `None` when it is none that is answered.
    pub fn relayed(self) -> Option<Self> {
        let [what, who, place, way, wait, more] = self.0;
        matches!(what % 16, 0..=4).then_some(Self([5, who, place, way, wait, more]))
    }

    fn ask(self, frame: usize) -> Ask {
        let [_, who, place, way, _, more] = self.0;
        let bid = place % 4;
        let identification = frame as u64;
        let mut ask = match bid {
            0 => Ask::plain(1 + place / 4 % 3, identification),
            bid => Ask::bid(bid, identification),
        };
        ask = ask.home(home(who)).at(care_of(1 + place / 4 % 3));
        ask.lifetime = [0, 1, 5, 60, 600, 65535, 600, 60][usize::from(way % 8)];
        ask.flags = [0x20, 0x28, 0x30, 0x22, 0xa0, 0, 0x20, 0x20][usize::from(way / 8 % 8)];
        if bid != 0 {
            ask = match way / 64 {
                2 => ask.bulk(),
                3 => ask.overwrite(),
                _ => ask,
            };
        }
        let selector = SELECTORS[usize::from(more / 8) % SELECTORS.len()];
        match more % 8 {
            0 => ask.forward(&[1, 2], selector),
            1 => ask.forward(&[2, 3, 1], selector),
            2 => ask.forward(&[3], selector),
            3 => ask.drop(selector),
            4 if bid != 0 => ask.nai("a@example.org"),
            _ => ask,
        }
    }

    /// A request and its reply; through a foreign agent each is seen twice.
    fn register(self, history: &mut History, clock: &mut Clock, relayed: bool) {
        let ask = self.ask(history.shots.len());
        let code = match self.0[5] / 32 {
            6 => 1,
            7 => [129, 131, 152, 153][usize::from(self.0[1] / 4 % 4)],
            _ => 0,
        };
        let passed_on = ask.between((FOREIGN_AGENT, 434), (HOME_AGENT, 434));
        let (answer, answer_passed_on) = (passed_on.answer(code), ask.answer(code));
        // The home agent's side is at the same time with and without the foreign agent's.
        if relayed {
            let from_node = ask.between((ask.care_of_address, 434), (FOREIGN_AGENT, 434));
            push(history, clock.0, udp(from_node.source, from_node.destination, &from_node.octets()));
        }
        clock.pass(1);
        let shown = if relayed { &passed_on } else { &ask };
        push(history, clock.0, udp(shown.source, shown.destination, &shown.octets()));
        clock.pass(1);
        let shown = if relayed { &answer } else { &answer_passed_on };
        push(history, clock.0, udp(shown.source, shown.destination, &shown.octets()));
        clock.pass(1);
        if relayed {
            let to_node = SocketAddrV4::new(ask.care_of_address, 434);
            push(history, clock.0, udp(SocketAddrV4::new(FOREIGN_AGENT, 434), to_node, &answer.octets()));
        }
    }

    /// A tunnelled packet.
    fn carry(self, history: &mut History, time: Timestamp) {
        let [_, who, place, way, _, more] = self.0;
        let far_end = care_of(1 + place % 4);
        let mut packet = Packet::new()
            .to(home(who))
            .protocol([17, 6, 1, 50][usize::from(more % 4)])
            .ports(5060 + u16::from(more / 4 % 4), 7000)
            .tos([0, 0xb8][usize::from(more / 16 % 2)])
            .length(100 + usize::from(more));
        if more / 32 == 7 {
            packet = packet.later_fragment();
        }
        let up = way % 2 == 1;
        let (source, destination) = if up { (far_end, HOME_AGENT) } else { (HOME_AGENT, far_end) };
        let inner = if up { packet.back() } else { packet }.octets();
        let at = |address| SocketAddrV4::new(address, 434);
        let octets = match way / 2 % 5 {
            0 | 1 => ip_in_ip(source, destination, &inner),
            2 => gre(source, destination, Some(7).filter(|_| way > 127), &inner),
            3 => minimal(source, destination, &inner),
            _ => udp_tunnel(at(source), at(destination), &inner),
        };
        push(history, time, octets);
    }

    /// A request that is denied or gets no answer, a reply to nothing, or only time that goes by.
    fn nothing_comes_of_it(self, history: &mut History, time: Timestamp) {
        let ask = self.ask(history.shots.len());
        let answer = ask.answer(0);
        match self.0[3] % 3 {
            0 => push(history, time, udp(ask.source, ask.destination, &ask.octets())),
            1 => push(history, time, udp(answer.source, answer.destination, &answer.octets())),
            _ => push(history, time, udp(ask.source, SocketAddrV4::new(HOME_AGENT, 53), &[0; 12])),
        }
    }
}

struct Clock(Timestamp);

impl Clock {
    fn pass(&mut self, milliseconds: i64) {
        self.0 = Timestamp::from_nanoseconds(self.0.nanoseconds() + milliseconds * 1_000_000);
    }
}

/// Some milliseconds as a rule, and now and then up to a minute.
fn later(now: Timestamp, wait: u8) -> Timestamp {
    let milliseconds = match wait {
        0..200 => i64::from(wait) * 10 + 1,
        _ => i64::from(wait - 199) * 1000,
    };
    Timestamp::from_nanoseconds(now.nanoseconds() + milliseconds * 1_000_000)
}

fn home(who: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 1, 0, 1 + who % 3)
}

fn revoke(history: &mut History, clock: &mut Clock, place: u8, way: u8, more: u8) {
    let care_of_address = if way > 200 { Ipv4Addr::UNSPECIFIED } else { care_of(1 + place % 3) };
    let (agent, node) = (SocketAddrV4::new(HOME_AGENT, 434), SocketAddrV4::new(FOREIGN_AGENT, 434));
    let identifier = u32::try_from(history.shots.len()).unwrap();
    push(history, clock.0, udp(agent, node, &revocation(care_of_address, identifier)));
    clock.pass(1);
    let identifier = identifier ^ u32::from(more > 127);
    push(history, clock.0, udp(node, agent, &revocation_acknowledgement(identifier)));
}

/// Datagrams on the port, and tunnels, that nobody can make anything of.
fn garbage(history: &mut History, time: Timestamp, who: u8, place: u8, way: u8) {
    let (node, agent) = (SocketAddrV4::new(care_of(place), 434), SocketAddrV4::new(HOME_AGENT, 434));
    let octets = match way % 5 {
        0 => udp(node, agent, &[]),
        1 => udp(node, agent, &[1, 0x20, 0, 0, 10, 1, 0, who]), // a request that stops
        2 => udp(agent, node, &[3, 0, 0, 0, 10, 1, 0, who]),    // a reply that stops
        3 => udp(node, agent, &[who | 0x80, place, way]),
        _ => udp(agent, node, &[4, 99, 0, 0, who]),
    };
    push(history, time, octets);
}

/// Adds a packet whose IP identification is the number of its frame, if that is not too great.
fn push(history: &mut History, time: Timestamp, mut octets: Vec<u8>) {
    let frame = u16::try_from(history.shots.len() % 65_535 + 1).unwrap();
    octets[4..6].copy_from_slice(&frame.to_be_bytes());
    history.raw(time, octets);
}
