//! Takes tunnelled packets out of their encapsulation.
//!
//! Everything here is a pure function of the octets. A packet that cannot be opened gives a [`Peeled`] that has no
//! inner packet but has the problem which prevented opening it.

use thiserror::Error;

use crate::net::{
    dissect::Tunnel,
    gre::GreHeader,
    ip::IpPacket,
    ipv4::Ipv4Packet,
    ipv6::Ipv6Packet,
    minimal::MinimalHeader,
    protocol,
    reason::Reason,
    udp::{Checksum, Datagram},
};

/// The most encapsulations that [`Layers`] opens, one inside the other.
pub const MAX_DEPTH: usize = 4;

/// The Mobile IP message type of tunnelled data (RFC 3519 §3.3).
const TUNNEL_DATA: u8 = 4;

/// How one packet is carried within another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encapsulation {
    /// `IPv4` in IP (RFC 2003), protocol 4.
    IpIp,
    /// Minimal encapsulation (RFC 2004), protocol 55.
    Minimal,
    /// Generic Routing Encapsulation (RFC 2784, RFC 2890), protocol 47.
    Gre,
    /// `IPv6` in IP (RFC 5454 §3.3.2), protocol 41.
    SixInFour,
}

impl Encapsulation {
    /// The encapsulation that an IP protocol number (or Next Header of RFC 3519) stands for.
    pub const fn from_protocol(number: u8) -> Option<Self> {
        match number {
            protocol::IP_IN_IP => Some(Self::IpIp),
            protocol::MINIMAL => Some(Self::Minimal),
            protocol::GRE => Some(Self::Gre),
            protocol::IPV6 => Some(Self::SixInFour),
            _ => None,
        }
    }
}

/// What is wrong with an encapsulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TunnelProblem {
    /// A fragment other than the first: the start of the encapsulation is in another fragment.
    #[error("a fragment without the start of the tunnelled packet")]
    LaterFragment,
    /// The GRE header is cut.
    #[error("the GRE header is cut")]
    GreHeaderCut,
    /// A GRE version that is not 0, so that the payload cannot be found (RFC 2784 §2.3.1).
    #[error("GRE version {0}")]
    GreVersion(u8),
    /// The routing bit of RFC 1701 is set; the payload follows routing entries.
    #[error("a GRE header with RFC 1701 routing")]
    GreRouting,
    /// GRE whose payload is not an IP packet.
    #[error("GRE protocol type {0:#06x}")]
    GreProtocolType(u16),
    /// GRE whose protocol type names the other IP version than the payload has. The inner packet is read by its own
    /// version.
    #[error("GRE protocol type {protocol_type:#06x} on a packet of IP version {version}")]
    GreTypeMismatch {
        /// The protocol type field.
        protocol_type: u16,
        /// The payload's version nibble.
        version: u8,
    },
    /// The minimal forwarding header is cut.
    #[error("the minimal forwarding header is cut")]
    MinimalHeaderCut,
    /// Minimal encapsulation in a packet that is not `IPv4`, so that the original packet cannot be restored.
    #[error("minimal encapsulation in an IPv6 packet")]
    MinimalWithoutIpv4,
    /// The inner packet cannot be read.
    #[error("inner packet: {0}")]
    Inner(Reason),
}

/// The result of removing one encapsulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peeled<'a> {
    /// How the packet was encapsulated.
    pub encapsulation: Encapsulation,
    /// The packet inside, if it could be read. A packet from minimal encapsulation is restored: original addresses,
    /// protocol and total length.
    pub inner: Option<IpPacket<'a>>,
    /// The GRE header, if the encapsulation is GRE and the whole header was captured.
    pub gre: Option<GreHeader>,
    /// The forwarding header, if the encapsulation is minimal and the whole header was captured. A fragment other than
    /// the first has one only if it begins with a valid forwarding header of its own.
    pub minimal: Option<MinimalHeader>,
    /// What is wrong with the encapsulation. There can be an inner packet nevertheless.
    pub problem: Option<TunnelProblem>,
}

/// Removes the outermost encapsulation.
pub fn peel<'a>(tunnel: &Tunnel<'a>) -> Peeled<'a> {
    open_packet(&IpPacket::V4(tunnel.outer), tunnel.encapsulation)
}

/// Removes one encapsulation from any IP packet; `None` when its payload is not a tunnelled packet.
pub fn peel_packet<'a>(packet: &IpPacket<'a>) -> Option<Peeled<'a>> {
    Encapsulation::from_protocol(packet.protocol()).map(|encapsulation| open_packet(packet, encapsulation))
}

fn open_packet<'a>(packet: &IpPacket<'a>, encapsulation: Encapsulation) -> Peeled<'a> {
    if packet.is_later_fragment() {
        let minimal =
            forwarding_header_of_fragment(packet).filter(|_| encapsulation == Encapsulation::Minimal);
        return Peeled { minimal, ..Peeled::empty(encapsulation, TunnelProblem::LaterFragment) };
    }
    Carried { packet, data: packet.payload(), length: packet.payload_length() }.open(encapsulation)
}

/// The forwarding header at the start of a fragment other than the first. A right checksum shows that somebody
/// encapsulated a fragment (RFC 2004 §3 forbids that). Otherwise these octets are the middle of a packet.
fn forwarding_header_of_fragment(packet: &IpPacket<'_>) -> Option<MinimalHeader> {
    let (header, _) = MinimalHeader::parse(packet.payload())?;
    (header.checksum == Checksum::Correct && header.reserved == 0).then_some(header)
}

/// All encapsulations of a tunnelled packet, outermost first, at most [`MAX_DEPTH`].
pub fn peel_all<'a>(tunnel: &Tunnel<'a>) -> Layers<'a> {
    Layers { next: Some(peel(tunnel)), left: MAX_DEPTH }
}

/// Iterator over the encapsulations of a packet, outermost first.
#[derive(Clone, Debug)]
pub struct Layers<'a> {
    next: Option<Peeled<'a>>,
    left: usize,
}

impl<'a> Iterator for Layers<'a> {
    type Item = Peeled<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let current = self.next.take()?;
        self.left = self.left.checked_sub(1)?;
        if self.left > 0 {
            self.next = current.inner.as_ref().and_then(peel_packet);
        }
        Some(current)
    }
}

/// A Tunnel Data message (RFC 3519 §3.3): a tunnelled packet after UDP and a message header of 4 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpTunnel<'a> {
    /// The kind of packet inside, as an IP protocol number.
    pub next_header: u8,
    /// The Reserved field, which is sent as zero.
    pub reserved: u16,
    /// The encapsulation after the message header, removed; `None` when Next Header is not 4, 41, 47 or 55.
    pub peeled: Option<Peeled<'a>>,
}

impl<'a> UdpTunnel<'a> {
    /// Reads `datagram` as a Tunnel Data message; `None` when it has another type or its header is cut.
    pub fn of(datagram: &Datagram<'a>) -> Option<Self> {
        let (&[TUNNEL_DATA, next_header, high, low], data) = datagram.payload.split_first_chunk::<4>()?
        else {
            return None;
        };
        let carried =
            Carried { packet: &datagram.ip, data, length: datagram.declared_length.saturating_sub(4) };
        let peeled =
            Encapsulation::from_protocol(next_header).map(|encapsulation| carried.open(encapsulation));
        Some(Self { next_header, reserved: u16::from_be_bytes([high, low]), peeled })
    }

    /// All encapsulations after the message header, outermost first, at most [`MAX_DEPTH`].
    pub fn layers(&self) -> Layers<'a> {
        Layers { next: self.peeled, left: MAX_DEPTH }
    }
}

/// Octets that hold an encapsulated packet, and the packet that carries them.
struct Carried<'p, 'a> {
    /// The IP packet around the octets.
    packet: &'p IpPacket<'a>,
    /// The captured octets.
    data: &'a [u8],
    /// How many octets there were before any were cut.
    length: usize,
}

impl<'a> Carried<'_, 'a> {
    fn open(&self, encapsulation: Encapsulation) -> Peeled<'a> {
        match encapsulation {
            Encapsulation::IpIp => {
                Peeled::of(encapsulation, Ipv4Packet::parse(self.data, self.length).map(IpPacket::V4))
            }
            Encapsulation::SixInFour => {
                Peeled::of(encapsulation, Ipv6Packet::parse(self.data, self.length).map(IpPacket::V6))
            }
            Encapsulation::Minimal => self.open_minimal(),
            Encapsulation::Gre => self.open_gre(),
        }
    }

    fn open_minimal(&self) -> Peeled<'a> {
        let encapsulation = Encapsulation::Minimal;
        let Some((header, payload)) = MinimalHeader::parse(self.data) else {
            return Peeled::empty(encapsulation, TunnelProblem::MinimalHeaderCut);
        };
        let peeled = match self.packet {
            IpPacket::V4(outer) => {
                Peeled::of(encapsulation, Ok(IpPacket::V4(header.restore(outer, payload, self.length))))
            }
            IpPacket::V6(_) => Peeled::empty(encapsulation, TunnelProblem::MinimalWithoutIpv4),
        };
        Peeled { minimal: Some(header), ..peeled }
    }

    fn open_gre(&self) -> Peeled<'a> {
        let encapsulation = Encapsulation::Gre;
        let whole = self.data.len() >= self.length && !self.packet.is_fragment();
        let Some((header, payload)) = GreHeader::parse(self.data, whole) else {
            return Peeled::empty(encapsulation, TunnelProblem::GreHeaderCut);
        };
        let length = self.length.saturating_sub(header.header_length);
        let problem = match (header.protocol_type, header.payload_nibble) {
            _ if header.version() != 0 => Some(TunnelProblem::GreVersion(header.version())),
            _ if header.routing_present() => Some(TunnelProblem::GreRouting),
            (GreHeader::IPV4 | GreHeader::IPV6, _) => None,
            (other, _) => Some(TunnelProblem::GreProtocolType(other)),
        };
        let peeled = match problem {
            Some(problem) => Peeled::empty(encapsulation, problem),
            None => Peeled::of(encapsulation, IpPacket::parse(payload, length)),
        };
        let mismatch = match (header.protocol_type, &peeled.inner) {
            (protocol_type @ GreHeader::IPV4, Some(IpPacket::V6(_))) => {
                Some(TunnelProblem::GreTypeMismatch { protocol_type, version: 6 })
            }
            (protocol_type @ GreHeader::IPV6, Some(IpPacket::V4(_))) => {
                Some(TunnelProblem::GreTypeMismatch { protocol_type, version: 4 })
            }
            _ => None,
        };
        Peeled { gre: Some(header), problem: peeled.problem.or(mismatch), ..peeled }
    }
}

impl<'a> Peeled<'a> {
    fn of(encapsulation: Encapsulation, inner: Result<IpPacket<'a>, Reason>) -> Self {
        Self {
            encapsulation,
            inner: inner.ok(),
            gre: None,
            minimal: None,
            problem: inner.err().map(TunnelProblem::Inner),
        }
    }

    const fn empty(encapsulation: Encapsulation, problem: TunnelProblem) -> Self {
        Self { encapsulation, inner: None, gre: None, minimal: None, problem: Some(problem) }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::net::{
        samples::{
            GRE_FULL, GRE_PLAIN, INNER_IPV4, INNER_IPV6, IPIP, MINIMAL_LONG, MINIMAL_SHORT, NESTED,
            SIX_IN_FOUR, UDP_TUNNEL_IPIP, UDP_TUNNEL_MINIMAL,
        },
        udp::Checksum,
    };

    fn packet(octets: &[u8]) -> IpPacket<'_> {
        IpPacket::parse(octets, octets.len()).unwrap()
    }

    fn peeled(octets: &[u8]) -> Peeled<'_> {
        peel_packet(&packet(octets)).unwrap()
    }

    fn udp_tunnel(octets: &[u8]) -> UdpTunnel<'_> {
        UdpTunnel::of(&Datagram::of(&packet(octets)).unwrap().unwrap()).unwrap()
    }

    #[test]
    fn ip_in_ip() {
        let peeled = peeled(&IPIP);
        assert_eq!((peeled.encapsulation, peeled.problem), (Encapsulation::IpIp, None));
        assert_eq!(peeled.inner, Some(packet(&INNER_IPV4)));
    }

    #[test]
    fn ipv6_in_ipv4() {
        let peeled = peeled(&SIX_IN_FOUR);
        assert_eq!((peeled.encapsulation, peeled.problem), (Encapsulation::SixInFour, None));
        assert_eq!(peeled.inner, Some(packet(&INNER_IPV6)));
    }

    #[test]
    fn gre_with_and_without_its_options() {
        for (octets, key) in [(&GRE_FULL[..], Some(0xcafe_0001)), (&GRE_PLAIN[..], None)] {
            let peeled = peeled(octets);
            assert_eq!((peeled.encapsulation, peeled.problem), (Encapsulation::Gre, None));
            assert_eq!(peeled.inner, Some(packet(&INNER_IPV4)));
            assert_eq!(peeled.gre.unwrap().key, key);
        }
        assert_eq!(peeled(&GRE_FULL).gre.unwrap().checksum, Some((0xc323, Checksum::Correct)));
    }

    #[test]
    fn minimal_encapsulation_is_restored_to_the_original() {
        let long = peeled(&MINIMAL_LONG);
        assert_eq!((long.encapsulation, long.problem), (Encapsulation::Minimal, None));
        // The outer header kept TTL, TOS, identification and flags, so nothing is missing.
        assert_eq!(long.inner, Some(packet(&INNER_IPV4)));
        let IpPacket::V4(short) = peeled(&MINIMAL_SHORT).inner.unwrap() else { panic!() };
        assert_eq!(short.header.source, Ipv4Addr::new(198, 51, 100, 1));
        assert_eq!(short.header.destination, Ipv4Addr::new(10, 1, 0, 1));
        assert_eq!((short.header.total_length, short.length()), (33, 33));
        assert_eq!(Datagram::of(&IpPacket::V4(short)).unwrap().unwrap().checksum(), Checksum::Correct);
    }

    #[test]
    fn a_cut_packet_keeps_its_length() {
        let cut = Ipv4Packet::parse(&MINIMAL_LONG[..36], 45).unwrap();
        let inner = peel_packet(&IpPacket::V4(cut)).unwrap().inner.unwrap();
        assert_eq!((inner.payload().len(), inner.length()), (4, 33));
        let cut = Ipv4Packet::parse(&GRE_FULL[..56], 69).unwrap();
        let peeled = peel_packet(&IpPacket::V4(cut)).unwrap();
        let inner = peeled.inner.unwrap();
        assert_eq!((inner.payload().len(), inner.length(), inner.beyond_link()), (0, 33, 0));
        assert_eq!(peeled.gre.unwrap().checksum, Some((0xc323, Checksum::Unverified)));
    }

    #[test]
    fn tunnel_data_over_udp() {
        let tunnel = udp_tunnel(&UDP_TUNNEL_IPIP);
        assert_eq!((tunnel.next_header, tunnel.reserved), (4, 0));
        assert_eq!(tunnel.peeled.unwrap().inner, Some(packet(&INNER_IPV4)));
        // Outer 57 octets less UDP 8, message header 4 and forwarding header 12 is 33.
        let tunnel = udp_tunnel(&UDP_TUNNEL_MINIMAL);
        assert_eq!(tunnel.next_header, 55);
        assert_eq!(tunnel.peeled.unwrap().inner, Some(packet(&INNER_IPV4)));
        assert_eq!(tunnel.layers().count(), 1);
    }

    #[test]
    fn tunnel_data_that_is_none() {
        let mut octets = UDP_TUNNEL_IPIP;
        octets[29] = 6;
        octets[31] = 1;
        let tunnel = udp_tunnel(&octets);
        assert_eq!((tunnel.next_header, tunnel.reserved, tunnel.peeled), (6, 1, None));
        assert_eq!(tunnel.layers().count(), 0);
        octets[28] = 1;
        assert_eq!(UdpTunnel::of(&Datagram::of(&packet(&octets)).unwrap().unwrap()), None);
    }

    #[test]
    fn layers_come_outermost_first() {
        let tunnel = Tunnel {
            encapsulation: Encapsulation::IpIp,
            outer: Ipv4Packet::parse(&NESTED, NESTED.len()).unwrap(),
            reassembled: false,
            last_fragment: None,
            ip_offset: Some(0),
        };
        let layers: Vec<_> = peel_all(&tunnel).collect();
        let kinds: Vec<_> = layers.iter().map(|layer| layer.encapsulation).collect();
        assert_eq!(kinds, [Encapsulation::IpIp, Encapsulation::IpIp, Encapsulation::Gre]);
        assert_eq!(layers[2].inner, Some(packet(&INNER_IPV6)));
        assert_eq!(layers[0], peel(&tunnel));
    }

    #[test]
    fn at_most_four_layers_are_opened() {
        let mut octets = INNER_IPV4.to_vec();
        for _ in 0..6 {
            let total = u16::try_from(octets.len() + 20).unwrap();
            let mut outer = IPIP[..20].to_vec();
            outer[2..4].copy_from_slice(&total.to_be_bytes());
            octets = [outer, octets].concat();
        }
        let outer = Ipv4Packet::parse(&octets, octets.len()).unwrap();
        let tunnel = Tunnel {
            encapsulation: Encapsulation::IpIp,
            outer,
            reassembled: false,
            last_fragment: None,
            ip_offset: Some(0),
        };
        assert_eq!(peel_all(&tunnel).count(), 4);
    }

    #[test]
    fn a_gre_type_that_names_the_other_version_is_told_and_read() {
        let six = [&SIX_IN_FOUR[..20], &[0, 0, 0, 0], &INNER_IPV6].concat();
        for (whole, inner, protocol_type, version) in
            [(&GRE_PLAIN[..], &INNER_IPV4[..], 0x86dd, 4), (&six, &INNER_IPV6, 0x0800, 6)]
        {
            let mut octets = whole.to_vec();
            octets[3] = u8::try_from(whole.len()).unwrap();
            octets[9] = 47;
            octets[22..24].copy_from_slice(&u16::to_be_bytes(protocol_type));
            let peeled = peeled(&octets);
            assert_eq!(peeled.problem, Some(TunnelProblem::GreTypeMismatch { protocol_type, version }));
            assert_eq!(peeled.inner, Some(packet(inner)));
        }
    }

    #[test]
    fn a_length_left_to_the_network_card_ends_with_what_carries_the_packet() {
        // IP in IP, GRE with 4 octets and with 16, each with 33 octets inside.
        for (octets, start) in [(&IPIP[..], 20), (&GRE_PLAIN, 24), (&GRE_FULL, 36)] {
            let mut octets = octets.to_vec();
            octets[start + 2..start + 4].fill(0);
            let inner = peeled(&octets).inner.unwrap();
            assert_eq!((inner.length(), inner.beyond_link()), (33, 0));
            // And where it claims one octet more than that.
            octets[start + 3] = 34;
            let inner = peeled(&octets).inner.unwrap();
            assert_eq!((inner.length(), inner.beyond_link()), (34, 1));
        }
    }

    #[test]
    fn the_checksum_of_gre_is_not_judged_by_a_fragment() {
        let mut octets = GRE_FULL;
        octets[6] |= 0x20;
        assert_eq!(peeled(&octets).gre.unwrap().checksum, Some((0xc323, Checksum::Unverified)));
    }

    #[test]
    fn a_forwarding_header_in_a_later_fragment_is_told_by_its_checksum() {
        let later = |octets: &[u8], protocol: u8| {
            let mut octets = octets.to_vec();
            octets[7] = 1;
            octets[9] = protocol;
            let peeled = peel_packet(&packet(&octets)).unwrap();
            assert_eq!((peeled.inner, peeled.problem), (None, Some(TunnelProblem::LaterFragment)));
            peeled.minimal.map(|header| header.destination)
        };
        assert_eq!(later(&MINIMAL_LONG, 55), Some(Ipv4Addr::new(10, 1, 0, 1)));
        // The same octets in another encapsulation are its middle.
        assert_eq!(later(&MINIMAL_LONG, 4), None);
        let mut wrong = MINIMAL_LONG;
        wrong[23] ^= 1;
        assert_eq!(later(&wrong, 55), None);
        // A reserved bit, which the checksum counts.
        let mut reserved = MINIMAL_LONG;
        reserved[21] |= 1;
        reserved[23] -= 1;
        assert_eq!(later(&reserved, 55), None);
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let with = |octets: &[u8], index: usize, values: &[u8]| {
            let mut octets = octets.to_vec();
            octets[index..index + values.len()].copy_from_slice(values);
            let peeled = peeled(&octets);
            assert_eq!(peeled.inner, None);
            peeled.problem.unwrap()
        };
        assert_eq!(with(&IPIP, 20, &[0x65]), TunnelProblem::Inner(Reason::IpVersion { found: 6 }));
        assert_eq!(with(&SIX_IN_FOUR, 20, &[0x45]), TunnelProblem::Inner(Reason::IpVersion { found: 4 }));
        assert_eq!(with(&IPIP, 7, &[1]), TunnelProblem::LaterFragment);
        assert_eq!(with(&GRE_PLAIN, 20, &[0x40]), TunnelProblem::GreRouting);
        assert_eq!(with(&GRE_PLAIN, 21, &[0x01]), TunnelProblem::GreVersion(1));
        assert_eq!(with(&GRE_PLAIN, 22, &[0x65, 0x58]), TunnelProblem::GreProtocolType(0x6558));
        assert_eq!(with(&GRE_PLAIN[..22], 3, &[22]), TunnelProblem::GreHeaderCut);
        assert_eq!(with(&MINIMAL_LONG[..31], 3, &[31]), TunnelProblem::MinimalHeaderCut);
        let six = [&INNER_IPV6[..40], &MINIMAL_LONG[20..32]].concat();
        assert_eq!(with(&six, 4, &[0, 12, 55]), TunnelProblem::MinimalWithoutIpv4);
    }

    #[test]
    fn other_protocols_are_no_tunnels() {
        assert_eq!(peel_packet(&packet(&INNER_IPV4)), None);
        assert_eq!(peel_packet(&packet(&INNER_IPV6)), None);
    }
}
