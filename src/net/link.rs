//! Link-layer headers: finds the network layer in a frame.

use pnet_packet::{
    ethernet::{EtherTypes, EthernetPacket},
    vlan::VlanPacket,
};

use crate::{capture::LinkType, net::reason::Reason};

/// The most VLAN tags, and the most MPLS labels, that are skipped.
pub const MAX_TAGS: usize = 8;

/// Octets of an Ethernet header.
const ETHERNET: usize = 14;
/// Octets of a Linux cooked header, version 1.
const SLL: usize = 16;
/// Octets of a Linux cooked header, version 2.
const SLL2: usize = 20;
/// Octets of a `PPPoE` header.
const PPPOE: usize = 6;

const IPV4: u16 = EtherTypes::Ipv4.0;
const IPV6: u16 = EtherTypes::Ipv6.0;
const MPLS_UNICAST: u16 = EtherTypes::Mpls.0;
const MPLS_MULTICAST: u16 = EtherTypes::MplsMcast.0;
const PPPOE_SESSION: u16 = EtherTypes::PppoeSession.0;
/// `EtherType`s of VLAN tags: 802.1Q, 802.1ad, and the two numbers that switches used for stacked tags before.
const TAGS: [u16; 4] = [EtherTypes::Vlan.0, EtherTypes::PBridge.0, EtherTypes::QinQ.0, 0x9200];
/// A type field up to this value is the length of an 802.3 frame, and an LLC header follows it.
const MAX_802_3_LENGTH: u16 = 1500;
/// The protocol number by which Linux cooked captures name an LLC frame.
const SLL_802_2: u16 = 4;
/// The ARPHRD number of netlink. Its protocol field is a netlink family, not an `EtherType`.
const ARPHRD_NETLINK: u16 = 824;
/// The start of an LLC/SNAP header with the `OUI` which means that an `EtherType` follows.
const SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0, 0, 0];

/// What follows the link layer, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkLayer {
    /// An `IPv4` packet.
    Ipv4 {
        /// Octets from the start of the frame to the IP header.
        offset: usize,
    },
    /// An `IPv6` packet.
    Ipv6 {
        /// Octets from the start of the frame to the IP header.
        offset: usize,
    },
    /// Anything else: ARP, a bridge protocol, a control frame.
    Foreign,
}

/// Finds the IP packet of a frame that begins with a header of `link_type`.
///
/// VLAN tags (802.1Q, 802.1ad, 0x9100, 0x9200), MPLS labels, `PPPoE` sessions and LLC/SNAP are skipped. The start of a
/// frame's padding or trailer is not found here: the length in the IP header shows it.
///
/// # Errors
/// [`Reason::LinkType`], [`Reason::LinkHeaderCut`], [`Reason::TagStack`], and for raw IP link types
/// [`Reason::IpVersion`].
#[inline]
pub fn network_layer(link_type: LinkType, data: &[u8]) -> Result<NetworkLayer, Reason> {
    if link_type == LinkType::ETHERNET {
        let header = EthernetPacket::new(data).ok_or_else(|| cut(data))?;
        return match header.get_ethertype().0 {
            IPV4 => Ok(NetworkLayer::Ipv4 { offset: ETHERNET }),
            other => by_ether_type(data, other, ETHERNET),
        };
    }
    other_link(link_type, data)
}

fn other_link(link_type: LinkType, data: &[u8]) -> Result<NetworkLayer, Reason> {
    match link_type {
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD => by_version(data, 0)?
            .ok_or_else(|| Reason::IpVersion { found: data.first().map_or(0, |octet| octet >> 4) }),
        LinkType::IPV4 => Ok(NetworkLayer::Ipv4 { offset: 0 }),
        LinkType::IPV6 => Ok(NetworkLayer::Ipv6 { offset: 0 }),
        LinkType::NULL | LinkType::LOOP => by_family(data),
        LinkType::PPPOE => pppoe(data, 0),
        LinkType::LINUX_SLL => {
            if u16_at(data, 2)? == ARPHRD_NETLINK {
                return Ok(NetworkLayer::Foreign);
            }
            cooked(data, u16_at(data, 14)?, SLL)
        }
        LinkType::LINUX_SLL2 => {
            if u16_at(data, 8)? == ARPHRD_NETLINK {
                return Ok(NetworkLayer::Foreign);
            }
            cooked(data, u16_at(data, 0)?, SLL2)
        }
        unknown => Err(Reason::LinkType(unknown)),
    }
}

/// Reads the protocol field of a cooked header: an `EtherType`, or one of Linux's own small numbers.
fn cooked(data: &[u8], protocol: u16, offset: usize) -> Result<NetworkLayer, Reason> {
    match protocol {
        own if own <= MAX_802_3_LENGTH && own != SLL_802_2 => Ok(NetworkLayer::Foreign),
        IPV4 | IPV6 => by_ether_type(data, protocol, behind_tags(data, protocol, offset).unwrap_or(offset)),
        // The number of 802.2 is small enough to count as a length, and LLC follows it as it follows a length.
        ether_type => by_ether_type(data, ether_type, offset),
    }
}

/// Where the IP packet of this protocol begins: at `first_offset`, or after VLAN tags.
///
/// The kernel removes the first of several stacked tags and may name the protocol that follows all of them (6.18 does),
/// although the other tags are still there. The rest of such a frame begins with what follows the number of a tag.
fn behind_tags(data: &[u8], protocol: u16, first_offset: usize) -> Option<usize> {
    let version = if protocol == IPV4 { 4 } else { 6 };
    let has_version = |offset: usize| data.get(offset).is_some_and(|octet| octet >> 4 == version);
    let mut offset = first_offset;
    for _ in 0..MAX_TAGS {
        if has_version(offset) {
            return Some(offset);
        }
        let ether_type = u16_at(data, offset.saturating_add(2)).ok()?;
        offset = offset.saturating_add(4);
        if ether_type == protocol {
            return has_version(offset).then_some(offset);
        }
        if !TAGS.contains(&ether_type) {
            return None;
        }
    }
    None
}

/// Goes from an `EtherType` whose payload begins at `first_offset` to the IP header.
fn by_ether_type(data: &[u8], first: u16, first_offset: usize) -> Result<NetworkLayer, Reason> {
    let mut ether_type = first;
    let mut offset = first_offset;
    for _ in 0..=MAX_TAGS {
        match ether_type {
            IPV4 => return Ok(NetworkLayer::Ipv4 { offset }),
            IPV6 => return Ok(NetworkLayer::Ipv6 { offset }),
            MPLS_UNICAST | MPLS_MULTICAST => return mpls(data, offset),
            PPPOE_SESSION => return pppoe(data, offset),
            tag if TAGS.contains(&tag) => {
                let tag = data.get(offset..).and_then(VlanPacket::new).ok_or_else(|| cut(data))?;
                ether_type = tag.get_ethertype().0;
                offset = offset.saturating_add(4);
            }
            length if length <= MAX_802_3_LENGTH => match snap(data, offset)? {
                Some(inside) => {
                    ether_type = inside;
                    offset = offset.saturating_add(8);
                }
                None => return Ok(NetworkLayer::Foreign),
            },
            _ => return Ok(NetworkLayer::Foreign),
        }
    }
    Err(Reason::TagStack)
}

/// The `EtherType` of an LLC header with SNAP; `None` for any other LLC frame.
fn snap(data: &[u8], offset: usize) -> Result<Option<u16>, Reason> {
    let rest = data.get(offset..).unwrap_or_default();
    match rest.split_first_chunk::<6>() {
        Some((&SNAP, [high, low, ..])) => {
            let ether_type = u16::from_be_bytes([*high, *low]);
            Ok((ether_type > MAX_802_3_LENGTH).then_some(ether_type))
        }
        Some((&SNAP, _)) => Err(cut(data)),
        // Other LLC frames can be as short as 3 octets; only a cut SNAP header hides an `EtherType`.
        None if SNAP.starts_with(rest) => Err(cut(data)),
        _ => Ok(None),
    }
}

/// Reads an MPLS label stack. No field names the payload's protocol, so the IP version nibble has to tell it.
fn mpls(data: &[u8], first: usize) -> Result<NetworkLayer, Reason> {
    let mut offset = first;
    for _ in 0..MAX_TAGS {
        let bottom = u16_at(data, offset.saturating_add(2))? & 0x0100 != 0;
        offset = offset.saturating_add(4);
        if bottom {
            return Ok(by_version(data, offset)?.unwrap_or(NetworkLayer::Foreign));
        }
    }
    Err(Reason::TagStack)
}

/// Reads a `PPPoE` header (RFC 2516 §4) and the PPP protocol field, of one octet when compressed, else of two.
fn pppoe(data: &[u8], offset: usize) -> Result<NetworkLayer, Reason> {
    let code = octet_at(data, offset.saturating_add(1))?;
    if code != 0 {
        return Ok(NetworkLayer::Foreign);
    }
    let start = offset.saturating_add(PPPOE);
    let first = octet_at(data, start)?;
    // An odd first octet can only be a compressed protocol field (RFC 1661 §6.5).
    let (protocol, offset) = if first & 1 == 1 {
        (u16::from(first), start.saturating_add(1))
    } else {
        (u16_at(data, start)?, start.saturating_add(2))
    };
    Ok(match protocol {
        0x0021 => NetworkLayer::Ipv4 { offset },
        0x0057 => NetworkLayer::Ipv6 { offset },
        _ => NetworkLayer::Foreign,
    })
}

/// Reads the address family of a loopback header: a small number in the byte order of the capturing host.
fn by_family(data: &[u8]) -> Result<NetworkLayer, Reason> {
    let octets = *data.first_chunk::<4>().ok_or_else(|| cut(data))?;
    let family = u32::from_be_bytes(octets).min(u32::from_le_bytes(octets));
    Ok(match family {
        2 => NetworkLayer::Ipv4 { offset: 4 },
        // The values of `AF_INET6` on Linux, NetBSD and OpenBSD, FreeBSD, Darwin.
        10 | 24 | 28 | 30 => NetworkLayer::Ipv6 { offset: 4 },
        _ => NetworkLayer::Foreign,
    })
}

/// The IP packet that the version nibble at `offset` announces; `None` when the nibble is neither 4 nor 6.
fn by_version(data: &[u8], offset: usize) -> Result<Option<NetworkLayer>, Reason> {
    Ok(match octet_at(data, offset)? >> 4 {
        4 => Some(NetworkLayer::Ipv4 { offset }),
        6 => Some(NetworkLayer::Ipv6 { offset }),
        _ => None,
    })
}

#[inline]
fn u16_at(data: &[u8], offset: usize) -> Result<u16, Reason> {
    match data.get(offset..).and_then(|rest| rest.first_chunk::<2>()) {
        Some(octets) => Ok(u16::from_be_bytes(*octets)),
        None => Err(cut(data)),
    }
}

fn octet_at(data: &[u8], offset: usize) -> Result<u8, Reason> {
    data.get(offset).copied().ok_or_else(|| cut(data))
}

const fn cut(data: &[u8]) -> Reason {
    Reason::LinkHeaderCut { there: data.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACS: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    const FOUR: [u8; 1] = [0x45];
    const SIX: [u8; 1] = [0x60];

    fn ethernet(after_macs: &[u8], payload: &[u8]) -> Result<NetworkLayer, Reason> {
        network_layer(LinkType::ETHERNET, &[&MACS, after_macs, payload].concat())
    }

    macro_rules! v4 {
        ($offset:expr) => {
            Ok(NetworkLayer::Ipv4 { offset: $offset })
        };
    }

    macro_rules! v6 {
        ($offset:expr) => {
            Ok(NetworkLayer::Ipv6 { offset: $offset })
        };
    }

    const FOREIGN: Result<NetworkLayer, Reason> = Ok(NetworkLayer::Foreign);

    #[test]
    fn ethernet_names_the_protocol() {
        assert_eq!(ethernet(&[0x08, 0x00], &FOUR), v4!(14));
        assert_eq!(ethernet(&[0x86, 0xdd], &SIX), v6!(14));
        assert_eq!(ethernet(&[0x08, 0x06], &[0; 28]), FOREIGN);
        assert_eq!(ethernet(&[0x08], &[]), Err(Reason::LinkHeaderCut { there: 13 }));
    }

    #[test]
    fn tags_of_every_kind_are_looked_through() {
        for tag in [[0x81, 0x00], [0x88, 0xa8], [0x91, 0x00], [0x92, 0x00]] {
            let one = [&tag[..], &[0x20, 0x05, 0x08, 0x00]].concat();
            assert_eq!(ethernet(&one, &FOUR), v4!(18), "{tag:?}");
        }
        let two = [0x88, 0xa8, 0x00, 0x64, 0x81, 0x00, 0x00, 0x05, 0x86, 0xdd];
        assert_eq!(ethernet(&two, &SIX), v6!(22));
        assert_eq!(ethernet(&two[..7], &[]), Err(Reason::LinkHeaderCut { there: 19 }));
    }

    #[test]
    fn eight_tags_are_read_and_nine_are_not() {
        let stack = |tags: usize| [[0x81, 0x00, 0x00, 0x01].repeat(tags), vec![0x08, 0x00]].concat();
        assert_eq!(ethernet(&stack(8), &FOUR), v4!(14 + 32));
        assert_eq!(ethernet(&stack(9), &FOUR), Err(Reason::TagStack));
    }

    #[test]
    fn the_version_nibble_names_what_mpls_carries() {
        // Labels 16 and 17, the second with the bottom bit.
        let labels = [0x00, 0x01, 0x00, 0x40, 0x00, 0x01, 0x11, 0x40];
        assert_eq!(ethernet(&[&[0x88, 0x47][..], &labels].concat(), &FOUR), v4!(22));
        assert_eq!(ethernet(&[&[0x88, 0x48][..], &labels].concat(), &SIX), v6!(22));
        // A pseudowire begins with a control word.
        assert_eq!(ethernet(&[&[0x88, 0x47][..], &labels].concat(), &[0, 0, 0, 0]), FOREIGN);
        assert_eq!(
            ethernet(&[&[0x88, 0x47][..], &labels[..4]].concat(), &[]),
            Err(Reason::LinkHeaderCut { there: 18 })
        );
        let bottom_at =
            |depth: usize| [&[0x88, 0x47][..], &[0, 1, 0, 65].repeat(depth - 1), &[0, 1, 1, 65]].concat();
        assert_eq!(ethernet(&bottom_at(8), &FOUR), v4!(14 + 32));
        assert_eq!(ethernet(&bottom_at(9), &FOUR), Err(Reason::TagStack));
    }

    #[test]
    fn pppoe_sessions_carry_ip_behind_a_long_or_short_protocol_field() {
        // Version and type 1, code 0 (session data), session 0x0007, length.
        let header = [0x88, 0x64, 0x11, 0x00, 0x00, 0x07, 0x00, 0x16];
        let with = |protocol: &[u8]| ethernet(&[&header[..], protocol].concat(), &FOUR);
        assert_eq!(with(&[0x00, 0x21]), v4!(22));
        assert_eq!(with(&[0x21]), v4!(21));
        assert_eq!(with(&[0x00, 0x57]), v6!(22));
        assert_eq!(with(&[0x57]), v6!(21));
        assert_eq!(with(&[0xc0, 0x21]), FOREIGN, "LCP");
        assert_eq!(network_layer(LinkType::PPPOE, &[0x11, 0, 0, 7, 0, 0x16, 0, 0x21, 0x45]), v4!(8));
        assert_eq!(network_layer(LinkType::PPPOE, &[0x11, 0xa7, 0, 7, 0, 0]), FOREIGN, "discovery");
    }

    #[test]
    fn an_802_3_length_is_followed_by_llc() {
        let snap = [0x00, 0x24, 0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00];
        assert_eq!(ethernet(&snap, &FOUR), v4!(22));
        let tagged = [&[0x81, 0x00, 0x00, 0x01][..], &snap].concat();
        assert_eq!(ethernet(&tagged, &FOUR), v4!(26));
        let tag_inside = [&snap[..8], &[0x81, 0x00, 0x00, 0x01, 0x08, 0x00]].concat();
        assert_eq!(ethernet(&tag_inside, &FOUR), v4!(26));
        assert_eq!(ethernet(&[0x00, 0x26, 0x42, 0x42, 0x03], &[0; 35]), FOREIGN, "spanning tree");
        assert_eq!(ethernet(&[0x00, 0x03, 0xf0, 0xf0, 0x03], &[]), FOREIGN, "short LLC");
        for end in 2..snap.len() {
            assert_eq!(ethernet(&snap[..end], &[]), Err(Reason::LinkHeaderCut { there: 12 + end }));
        }
        // A SNAP header inside a SNAP header is nothing that exists.
        let twice = [&snap[..8], &[0x00, 0x10], &snap[2..]].concat();
        assert_eq!(ethernet(&twice, &FOUR), FOREIGN);
    }

    #[test]
    fn cooked_captures_name_the_protocol_in_their_own_place() {
        // Packet type, ARPHRD 1, address length 6, address, protocol.
        let sll = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00];
        assert_eq!(network_layer(LinkType::LINUX_SLL, &[&sll[..], &FOUR].concat()), v4!(16));
        // Protocol, reserved, interface 3, ARPHRD 1, packet type, address length 6, address.
        let sll2 = [0x86, 0xdd, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
        assert_eq!(network_layer(LinkType::LINUX_SLL2, &[&sll2[..], &SIX].concat()), v6!(20));
        let tagged = [&sll[..14], &[0x81, 0x00, 0x00, 0x01, 0x08, 0x00], &FOUR].concat();
        assert_eq!(network_layer(LinkType::LINUX_SLL, &tagged), v4!(20));
        let llc = [&sll[..14], &[0, 4], &SNAP[..], &[0x08, 0x00], &FOUR].concat();
        assert_eq!(network_layer(LinkType::LINUX_SLL, &llc), v4!(24));
        let raw_802_3 = [&sll[..14], &[0, 1], &SNAP[..], &[0x08, 0x00], &FOUR].concat();
        assert_eq!(network_layer(LinkType::LINUX_SLL, &raw_802_3), FOREIGN);
        let netlink = [&[0, 4, 0x03, 0x38][..], &sll[4..]].concat();
        assert_eq!(network_layer(LinkType::LINUX_SLL, &netlink), FOREIGN);
        // Family 4 of netlink, which is no 802.2.
        let netlink = [&[0, 4], &sll2[2..8], &[0x03, 0x38], &sll2[10..]].concat();
        assert_eq!(network_layer(LinkType::LINUX_SLL2, &netlink), FOREIGN);
    }

    #[test]
    fn a_cooked_frame_may_name_the_protocol_behind_tags_that_are_still_there() {
        let sll = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00];
        let sll2 = [0x86, 0xdd, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
        let cooked = |rest: &[u8]| network_layer(LinkType::LINUX_SLL, &[&sll[..], rest].concat());
        // VLAN 8 and the number of IPv4; VLAN 8 with a tag of VLAN 9 behind it.
        assert_eq!(cooked(&[&[0, 8, 0x08, 0][..], &FOUR].concat()), v4!(20));
        assert_eq!(cooked(&[&[0, 8, 0x81, 0, 0, 9, 0x08, 0][..], &FOUR].concat()), v4!(24));
        let six = [&sll2[..], &[0, 8, 0x86, 0xdd], &SIX].concat();
        assert_eq!(network_layer(LinkType::LINUX_SLL2, &six), v6!(24));
        // Another protocol than is named, another version than the protocol's, and a tag that is cut.
        assert_eq!(cooked(&[&[0, 8, 0x86, 0xdd][..], &FOUR].concat()), v4!(16));
        assert_eq!(cooked(&[&[0, 8, 0x08, 0][..], &SIX].concat()), v4!(16));
        assert_eq!(cooked(&[0, 8, 0x08]), v4!(16));
    }

    #[test]
    fn llc_follows_a_length_of_at_most_1500_and_no_other_number() {
        // 1500 and 1501; and ARP, of which that much was captured as would begin an LLC header.
        let snap = [&SNAP[..], &[0x08, 0x00]].concat();
        assert_eq!(ethernet(&[0x05, 0xdc], &[&snap[..], &FOUR].concat()), v4!(22));
        assert_eq!(ethernet(&[0x05, 0xdd], &[&snap[..], &FOUR].concat()), FOREIGN);
        assert_eq!(ethernet(&[0x08, 0x06], &[]), FOREIGN);
        // What SNAP names is no length.
        let length_inside = [&SNAP[..], &[0x05, 0xdc], &snap, &FOUR].concat();
        assert_eq!(ethernet(&[0x00, 0x20], &length_inside), FOREIGN);
        // A cooked frame has LLC by the number 4 alone.
        let cooked = |protocol: [u8; 2]| {
            network_layer(LinkType::LINUX_SLL, &[&[0; 14][..], &protocol, &snap, &FOUR].concat())
        };
        assert_eq!(cooked([0x00, 0x04]), v4!(24));
        assert_eq!(cooked([0x05, 0xdc]), FOREIGN);
    }

    #[test]
    fn loopback_families_are_read_in_either_byte_order() {
        for (family, expected) in
            [(2_u32, v4!(4)), (10, v6!(4)), (24, v6!(4)), (28, v6!(4)), (30, v6!(4)), (7, FOREIGN)]
        {
            for octets in [family.to_be_bytes(), family.to_le_bytes()] {
                for link_type in [LinkType::NULL, LinkType::LOOP] {
                    assert_eq!(network_layer(link_type, &octets), expected, "{family}");
                }
            }
        }
        assert_eq!(network_layer(LinkType::NULL, &[2, 0, 0]), Err(Reason::LinkHeaderCut { there: 3 }));
    }

    #[test]
    fn raw_ip_is_told_apart_by_its_version() {
        for link_type in [LinkType::RAW, LinkType::RAW_BSD, LinkType::RAW_OPENBSD] {
            assert_eq!(network_layer(link_type, &FOUR), v4!(0));
            assert_eq!(network_layer(link_type, &SIX), v6!(0));
            assert_eq!(network_layer(link_type, &[0x50]), Err(Reason::IpVersion { found: 5 }));
            assert_eq!(network_layer(link_type, &[]), Err(Reason::LinkHeaderCut { there: 0 }));
        }
        assert_eq!(network_layer(LinkType::IPV4, &FOUR), v4!(0));
        assert_eq!(network_layer(LinkType::IPV6, &SIX), v6!(0));
        assert_eq!(network_layer(LinkType(147), &FOUR), Err(Reason::LinkType(LinkType(147))));
    }
}
