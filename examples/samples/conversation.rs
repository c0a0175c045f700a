//! What a mobile node and its correspondents say to each other.

use std::net::SocketAddrV4;

use super::link::Link;
use super::packets::{Ipv4, protocol, tcp, tcp_flags, udp};

/// TTL that packets of correspondents have left when they reach the home agent.
const TTL_FROM_CORRESPONDENT: u8 = 55;

/// A node and a correspondent, with the ports they use.
pub(crate) struct Conversation {
    mobile: SocketAddrV4,
    correspondent: SocketAddrV4,
    /// Next TCP sequence number of the node, then of the correspondent.
    next: [u32; 2],
}

/// Which way a packet goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the node, through the tunnel to the home agent.
    Up,
    /// To the node, through the tunnel from the home agent.
    Down,
}

impl Conversation {
    /// A conversation in which nothing was said yet.
    pub(crate) fn new(mobile: SocketAddrV4, correspondent: SocketAddrV4) -> Self {
        let begin = 40_000 * u32::from(mobile.port());
        Self { mobile, correspondent, next: [begin, begin ^ 0x00ff_ff00] }
    }

    /// The next UDP packet.
    pub(crate) fn udp(&self, link: &mut Link, way: Way, text: &[u8]) -> Vec<u8> {
        let (from, to) = self.ends(way);
        self.header(link, way, protocol::UDP).around(&udp(from, to, text))
    }

    /// The next TCP packet; Don't Fragment is set, as path MTU discovery wants.
    pub(crate) fn tcp(&mut self, link: &mut Link, way: Way, flags: u8, text: &[u8]) -> Vec<u8> {
        let (from, to) = self.ends(way);
        let [mine, theirs] = match way {
            Way::Up => self.next,
            Way::Down => [self.next[1], self.next[0]],
        };
        let acknowledged = if flags & tcp_flags::ACK == 0 { 0 } else { theirs };
        let segment = tcp(from, to, mine, acknowledged, flags, text);
        let phantom = u32::from(flags & (tcp_flags::SYN | tcp_flags::FIN) != 0);
        let place = usize::from(way == Way::Down);
        self.next[place] = mine.wrapping_add(u32::try_from(text.len()).unwrap()).wrapping_add(phantom);
        self.header(link, way, protocol::TCP).whole().around(&segment)
    }

    fn header(&self, link: &mut Link, way: Way, protocol: u8) -> Ipv4 {
        let (from, to) = self.ends(way);
        let header = link.header(*from.ip(), *to.ip(), protocol);
        match way {
            Way::Up => header,
            Way::Down => header.ttl(TTL_FROM_CORRESPONDENT),
        }
    }

    fn ends(&self, way: Way) -> (SocketAddrV4, SocketAddrV4) {
        match way {
            Way::Up => (self.mobile, self.correspondent),
            Way::Down => (self.correspondent, self.mobile),
        }
    }
}
