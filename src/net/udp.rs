//! UDP datagrams (RFC 768) and the verification of Internet checksums.

use std::net::SocketAddr;

use pnet_packet::{
    Packet as _,
    ip::IpNextHeaderProtocols,
    udp::{UdpPacket, ipv4_checksum},
    util,
};

use crate::net::{ip::IpPacket, protocol, reason::Reason};

/// Octets of a UDP header.
const HEADER: usize = 8;
/// Position of the checksum field, counted in 16-bit words.
const CHECKSUM_WORD: usize = 3;

/// What a checksum field says about the octets it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// The sender computed none.
    Absent,
    /// The checksum is right.
    Correct,
    /// The checksum is wrong.
    Wrong {
        /// The checksum field.
        found: u16,
        /// The checksum that the octets should have.
        computed: u16,
    },
    /// The checksum covers octets that are missing, or the lengths contradict each other.
    Unverified,
    /// The host left the checksum to its network card, and the packet was captured before it reached the card: the
    /// field holds only the sum of the pseudo-header.
    Offloaded,
}

impl Checksum {
    /// Compares a checksum field with the checksum computed over the same octets.
    pub(crate) const fn verdict(found: u16, computed: u16) -> Self {
        // Zero has two forms in one's complement: 0 and 0xffff.
        if found == computed || (found == 0xffff && computed == 0) || (found == 0 && computed == 0xffff) {
            Self::Correct
        } else {
            Self::Wrong { found, computed }
        }
    }
}

/// A UDP datagram as far as it was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Source address and port.
    pub source: SocketAddr,
    /// Destination address and port.
    pub destination: SocketAddr,
    /// The captured payload, up to the end that the UDP length gives.
    pub payload: &'a [u8],
    /// Octets of payload according to the UDP length, or to the IP length where the UDP length is unusable, but never
    /// more than were on the link. More than `payload.len()` only when the capture cut the datagram.
    pub declared_length: usize,
    /// Whether the UDP length is below 8 or more than the IP packet holds, or the IP length is more than the link
    /// carried.
    pub length_mismatch: bool,
    /// The UDP length field, unchanged, in octets.
    pub udp_length: u16,
    /// The UDP checksum field, unchanged; [`Datagram::checksum`] judges it.
    pub udp_checksum: u16,
    /// The IP packet that carries the datagram. For a reassembled datagram, this is the header of the first fragment
    /// with the length and fragment bits of the whole packet.
    pub ip: IpPacket<'a>,
    /// Whether the datagram was reassembled from IP fragments.
    pub reassembled: bool,
    /// Octets from the start of the frame to the IP header; `None` when reassembled or inside a tunnel.
    pub ip_offset: Option<usize>,
    /// Octets from the start of the frame to the UDP header; `None` as for [`Datagram::ip_offset`].
    pub udp_offset: Option<usize>,
}

impl<'a> Datagram<'a> {
    /// The UDP datagram that is the payload of `ip`; `None` for another protocol or a fragment other than the first.
    ///
    /// # Errors
    /// [`Reason::UdpHeaderCut`] when fewer than 8 octets were captured.
    #[inline]
    pub fn of(ip: &IpPacket<'a>) -> Option<Result<Self, Reason>> {
        (ip.protocol() == protocol::UDP && !ip.is_later_fragment()).then(|| Self::parse(ip))
    }

    #[inline]
    fn parse(ip: &IpPacket<'a>) -> Result<Self, Reason> {
        let segment = ip.payload();
        let cut = Reason::UdpHeaderCut { there: segment.len() };
        let fields = UdpPacket::new(segment).ok_or(cut)?;
        let held = ip.payload_length().saturating_sub(ip.beyond_link());
        let udp_length = fields.get_length();
        let (length, usable) = match usize::from(udp_length) {
            octets if (HEADER..=held).contains(&octets) => (octets, true),
            _ => (held, false),
        };
        let payload = segment.get(HEADER..).unwrap_or_default();
        let declared_length = length.saturating_sub(HEADER);
        Ok(Self {
            source: SocketAddr::new(ip.source(), fields.get_source()),
            destination: SocketAddr::new(ip.destination(), fields.get_destination()),
            payload: payload.get(..declared_length).unwrap_or(payload),
            declared_length,
            length_mismatch: !usable || ip.beyond_link() > 0,
            udp_length,
            udp_checksum: fields.get_checksum(),
            ip: *ip,
            reassembled: false,
            ip_offset: None,
            udp_offset: None,
        })
    }

    /// Whether the end of the payload is missing.
    pub const fn is_cut(&self) -> bool {
        self.payload.len() < self.declared_length
    }

    /// Verifies the checksum over pseudo-header, UDP header and payload, if all octets that the UDP length counts were
    /// captured. Computed on request, because tunnelled data passes through here too.
    pub fn checksum(&self) -> Checksum {
        if self.udp_checksum == 0 {
            return Checksum::Absent;
        }
        let length = self.declared_length.saturating_add(HEADER);
        let segment = match self.ip.payload().get(..length) {
            Some(segment) if usize::from(self.udp_length) == length && !self.ip.is_fragment() => segment,
            _ => return Checksum::Unverified,
        };
        let computed = match &self.ip {
            IpPacket::V4(packet) => UdpPacket::new(segment)
                .map(|udp| ipv4_checksum(&udp, &packet.header.source, &packet.header.destination)),
            IpPacket::V6(packet) => UdpPacket::new(segment).map(|udp| {
                util::ipv6_checksum(
                    udp.packet(),
                    CHECKSUM_WORD,
                    &[],
                    &packet.header.source,
                    &packet.header.destination,
                    IpNextHeaderProtocols::Udp,
                )
            }),
        };
        let verdict =
            computed.map_or(Checksum::Unverified, |computed| Checksum::verdict(self.udp_checksum, computed));
        match verdict {
            Checksum::Wrong { found, .. } if found == self.pseudo_header_sum() => Checksum::Offloaded,
            verdict => verdict,
        }
    }

    /// The one's complement sum of the pseudo-header, not complemented.
    fn pseudo_header_sum(&self) -> u16 {
        let words = |octets: &[u8]| -> u32 {
            octets
                .chunks_exact(2)
                .map(|pair| pair.iter().fold(0, |word, octet| word << 8 | u32::from(*octet)))
                .sum()
        };
        let addresses = match &self.ip {
            IpPacket::V4(packet) => {
                words(&packet.header.source.octets()) + words(&packet.header.destination.octets())
            }
            IpPacket::V6(packet) => {
                words(&packet.header.source.octets()) + words(&packet.header.destination.octets())
            }
        };
        let sum = addresses + u32::from(protocol::UDP) + u32::from(self.udp_length);
        // Carries are added back (end-around carry); the sum of up to 18 words needs this once or twice.
        let folded = (sum & 0xffff) + (sum >> 16);
        let folded = (folded & 0xffff) + (folded >> 16);
        u16::try_from(folded).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::samples::{RRQ_IPV4, RRQ_IPV6};

    fn datagram(octets: &[u8]) -> Datagram<'_> {
        Datagram::of(&IpPacket::parse(octets, octets.len()).unwrap()).unwrap().unwrap()
    }

    /// [`RRQ_IPV4`] with another UDP length.
    fn with_length(length: u16) -> [u8; 52] {
        let mut octets = RRQ_IPV4;
        octets[24..26].copy_from_slice(&length.to_be_bytes());
        octets
    }

    #[test]
    fn addresses_ports_and_payload() {
        let four = datagram(&RRQ_IPV4);
        assert_eq!(four.source, "192.0.2.1:40000".parse().unwrap());
        assert_eq!(four.destination, "198.51.100.1:434".parse().unwrap());
        assert_eq!((four.payload, four.declared_length), (&RRQ_IPV4[28..], 24));
        assert!(!four.length_mismatch && !four.is_cut());
        let six = datagram(&RRQ_IPV6);
        assert_eq!(six.source, "[2001:db8::1]:40000".parse().unwrap());
        assert_eq!(six.payload, &RRQ_IPV6[48..]);
    }

    #[test]
    fn checksums_over_both_versions() {
        assert_eq!(datagram(&RRQ_IPV4).checksum(), Checksum::Correct);
        assert_eq!(datagram(&RRQ_IPV6).checksum(), Checksum::Correct);
        let mut octets = RRQ_IPV4;
        octets[31] += 1;
        assert_eq!(datagram(&octets).checksum(), Checksum::Wrong { found: 0x1373, computed: 0x1372 });
        octets[26..28].fill(0);
        assert_eq!(datagram(&octets).checksum(), Checksum::Absent);
    }

    #[test]
    fn the_two_forms_of_zero_are_one_and_no_other_number_is() {
        for (found, computed) in [(0x1234, 0x1234), (0, 0), (0xffff, 0xffff), (0xffff, 0), (0, 0xffff)] {
            assert_eq!(Checksum::verdict(found, computed), Checksum::Correct, "{found:#x} {computed:#x}");
        }
        for (found, computed) in
            [(0x1234, 0x1235), (0xffff, 1), (1, 0), (0, 1), (0, 0xfffe), (1, 0xffff), (0xfffe, 0xffff)]
        {
            let wrong = Checksum::Wrong { found, computed };
            assert_eq!(Checksum::verdict(found, computed), wrong);
        }
    }

    #[test]
    fn what_is_left_to_the_network_card_is_no_wrong_checksum() {
        let mut octets = RRQ_IPV4;
        // 192.0.2.1 to 198.51.100.1: c000 + 0201 + c633 + 6401 + 17 + 32, with the carry added.
        octets[26..28].copy_from_slice(&0xec67u16.to_be_bytes());
        assert_eq!(datagram(&octets).checksum(), Checksum::Offloaded);
        octets[27] += 1;
        assert!(matches!(datagram(&octets).checksum(), Checksum::Wrong { found: 0xec68, .. }));
        let mut octets = RRQ_IPV6;
        // A sum of words in one's complement is their sum modulo 0xffff.
        let sum = octets[8..40]
            .chunks(2)
            .map(|pair| u64::from(u16::from_be_bytes([pair[0], pair[1]])))
            .sum::<u64>();
        let sum = sum + 17 + u64::from(u16::from_be_bytes([octets[44], octets[45]]));
        let sum = u16::try_from(sum % 0xffff).unwrap();
        octets[46..48].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(datagram(&octets).checksum(), Checksum::Offloaded);
    }

    #[test]
    fn a_sum_of_zero_is_sent_as_all_ones() {
        let mut octets = RRQ_IPV4;
        // 0x1373 more in the data makes the computed checksum 0; the last word was 0xf607.
        let last = 0xf607_u32 + 0x1373;
        let last = u16::try_from((last & 0xffff) + (last >> 16)).unwrap();
        octets[50..52].copy_from_slice(&last.to_be_bytes());
        octets[26..28].fill(0xff);
        assert_eq!(datagram(&octets).checksum(), Checksum::Correct);
    }

    #[test]
    fn a_shorter_udp_length_ends_the_payload() {
        let octets = with_length(20);
        let short = datagram(&octets);
        assert_eq!((short.payload, short.declared_length), (&RRQ_IPV4[28..40], 12));
        assert!(!short.length_mismatch && !short.is_cut());
    }

    #[test]
    fn an_impossible_udp_length_gives_way_to_that_of_ip() {
        for length in [0, 7, 33, 65535] {
            let octets = with_length(length);
            let odd = datagram(&octets);
            assert_eq!((odd.payload.len(), odd.declared_length, odd.udp_length), (24, 24, length));
            assert!(odd.length_mismatch && !odd.is_cut());
            assert_eq!(odd.checksum(), Checksum::Unverified);
        }
    }

    /// [`RRQ_IPV4`] with a Total Length that claims as many octets more.
    fn overstated(octets: [u8; 52], more: u8) -> [u8; 52] {
        let mut octets = octets;
        octets[3] += more;
        octets
    }

    #[test]
    fn what_both_lengths_claim_beyond_the_link_was_never_there() {
        let octets = overstated(with_length(42), 10);
        let whole = datagram(&octets);
        assert_eq!((whole.payload, whole.declared_length), (&RRQ_IPV4[28..], 24));
        assert!(whole.length_mismatch && !whole.is_cut());
        assert_eq!(whole.checksum(), Checksum::Unverified);
        // The capture cut 12 of the 52 octets that were on the link; the other 10 were on none.
        let cut = Datagram::of(&IpPacket::parse(&octets[..40], 52).unwrap()).unwrap().unwrap();
        assert_eq!((cut.payload, cut.declared_length), (&RRQ_IPV4[28..40], 24));
        assert!(cut.length_mismatch && cut.is_cut());
    }

    #[test]
    fn a_whole_datagram_is_verified_whatever_the_ip_length_claims() {
        let octets = overstated(RRQ_IPV4, 10);
        assert!(datagram(&octets).length_mismatch);
        assert_eq!(datagram(&octets).checksum(), Checksum::Correct);
        let mut octets = octets;
        octets[31] += 1;
        assert_eq!(datagram(&octets).checksum(), Checksum::Wrong { found: 0x1373, computed: 0x1372 });
        let mut octets = RRQ_IPV6;
        octets[5] += 10;
        assert!(datagram(&octets).length_mismatch);
        assert_eq!(datagram(&octets).checksum(), Checksum::Correct);
    }

    #[test]
    fn a_cut_datagram_declares_what_it_had() {
        let ip = IpPacket::parse(&RRQ_IPV4[..40], 52).unwrap();
        let cut = Datagram::of(&ip).unwrap().unwrap();
        assert_eq!((cut.payload.len(), cut.declared_length), (12, 24));
        assert!(cut.is_cut() && !cut.length_mismatch);
        assert_eq!(cut.checksum(), Checksum::Unverified);
        let ip = IpPacket::parse(&RRQ_IPV4[..27], 52).unwrap();
        assert_eq!(Datagram::of(&ip), Some(Err(Reason::UdpHeaderCut { there: 7 })));
    }

    #[test]
    fn other_protocols_and_later_fragments_are_none() {
        let mut octets = RRQ_IPV4;
        octets[7] = 1;
        assert_eq!(Datagram::of(&IpPacket::parse(&octets, 52).unwrap()), None);
        octets = RRQ_IPV4;
        octets[9] = 6;
        assert_eq!(Datagram::of(&IpPacket::parse(&octets, 52).unwrap()), None);
    }
}
