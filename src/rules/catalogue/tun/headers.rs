//! Headers of encapsulations (TUN).

use crate::net::gre::GreHeader;
use crate::net::{Checksum, IpPacket};
use crate::rules::facts::Carried;
use crate::rules::finder::Finder;
use crate::rules::memory::traffic::GreUse;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};
use crate::wire::IpProtocol;

pub static TUN_016: Rule = Rule {
    id: "TUN-016",
    title: "Inner Don't-Fragment not carried to the outer header",
    level: Level::Must,
    source: "RFC 2003 §3.1, §5.1; RFC 3519 §4.2",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires, once per binding and direction, on a data packet with outer protocol 4 and an IPv4 inner \
        header, or with message type 4 and Next Header 4, whose inner DF is 1 and outer DF is 0. A first \
        outer fragment (MF = 1, offset 0) counts. GRE and minimal encapsulation are excluded.",
    why: "\
        Path MTU discovery fails: large packets are fragmented or lost inside the tunnel, and with several \
        paths of different MTU transfers stall.",
    example: "4500 0080 1234 0000 4004 ... around 4500 006c 0001 4000 ...: inner DF set, outer DF clear",
    check: Check::PacketOrFragment(dont_fragment_lost),
};

fn dont_fragment_lost(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some(IpPacket::V4(inner)) = carried.inner else { return };
    let is_ip_in_ip = carried.protocol() == IpProtocol::IP_IN_IP.0;
    if !is_ip_in_ip || !inner.header.dont_fragment || carried.outer.header.dont_fragment {
        return;
    }
    let kind = u64::from(carried.is_downlink());
    let words = || {
        format!(
            "Inner Don't Fragment is set and the outer one {} is not; it must be copied (RFC 2003 §3.1)",
            carried.way()
        )
    };
    if let [_, ..] = carried.live_here() {
        if let Some(untold) = carried.untold(carried.live_here(), kind, finder) {
            finder.fires(words()).once_each(untold.keys);
        }
        return;
    }
    // What was reported of a binding while it was live is not reported again because it ended.
    let ended = carried.ended().map(|(binding, ..)| binding);
    let key = carried.far_end_key(kind);
    if finder.has_told(key) || ended.is_some_and(|binding| carried.untold(&[binding], kind, finder).is_none())
    {
        return;
    }
    let fired = finder.fires(words());
    if carried.node.is_some() {
        fired.once(key);
    } else {
        fired.once_in_capture(key);
    }
}

pub static TUN_017: Rule = Rule {
    id: "TUN-017",
    title: "Encapsulated packet has inner TTL 0",
    level: Level::Must,
    source: "RFC 2003 §3.1",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires on a data packet whose inner IPv4 TTL or inner IPv6 Hop Limit is 0. Excludes protocol 55, \
        which has no inner header.",
    why: "\
        An encapsulator must discard such packets; seeing one means a broken forwarding path or a loop that \
        is being kept alive.",
    example: "IP in IP around 4500 006c 0001 0000 0011 ...: inner TTL 0",
    check: Check::Packet(hop_limit_0),
};

fn hop_limit_0(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some(inner) = carried.inner.filter(|_| carried.protocol() != IpProtocol::MINIMAL.0) else { return };
    if inner.ttl() == 0 {
        let name = if matches!(inner, IpPacket::V4(_)) { "TTL" } else { "Hop Limit" };
        finder.fires(format!(
            "Inner {name} is 0 {}; such a packet is discarded, not encapsulated (RFC 2003 §3.1)",
            carried.way()
        ));
    }
}

pub static TUN_020: Rule = Rule {
    id: "TUN-020",
    title: "GRE header malformed",
    level: Level::Must,
    source: "RFC 2784 §2.2-2.6; RFC 2890 §2",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires on a data packet in GRE (protocol 47 or Next Header 47) when Version is not 0, any of bits 1, \
        4, 5 or 6-12 is set, or bit 0 (checksum) is set and Reserved1 is not 0 or the checksum over GRE \
        header and payload is wrong. Bits 2 (key) and 3 (sequence) are allowed. The checksum is skipped if \
        the capture is truncated.",
    why: "\
        Receivers must discard packets with the low flag bits set, and other bits hint at another GRE \
        flavour (PPTP, RFC 1701 routing) on this path.",
    example: "GRE 00 01 08 00: Version 1; or 08 00 08 00: bit 4 set",
    check: Check::Packet(malformed_gre),
};

fn malformed_gre(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some(gre) = carried.peeled.gre else { return };
    let reserved_1 = gre.checksum.and(gre.reserved1).filter(|reserved| *reserved != 0);
    let what = if gre.version() != 0 {
        format!("GRE Version is {}; it must be 0 (RFC 2784 §2.3.1)", gre.version())
    } else if gre.reserved_bits() != 0 {
        format!("GRE flags are {:#06x}; bits 1 and 4-12 must be 0 (RFC 2784 §2.3)", gre.flags)
    } else if let Some(reserved) = reserved_1 {
        format!("GRE Reserved1 is {reserved:#06x}; it must be 0 (RFC 2784 §2.6)")
    } else if let Some((_, Checksum::Wrong { found, computed })) = gre.checksum {
        format!("GRE checksum is {found:#06x}, computed {computed:#06x} (RFC 2784 §2.5)")
    } else {
        return;
    };
    finder.fires(what);
}

pub static TUN_021: Rule = Rule {
    id: "TUN-021",
    title: "GRE protocol type does not match the payload",
    level: Level::Must,
    source: "RFC 2784 §2.4, §3; RFC 5454 §3.3.2",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires on a data packet in GRE when Protocol Type is 0x0800 and the payload's first nibble is not 4, \
        is 0x86DD and the nibble is not 6, is another value while the nibble is 4 or 6, or is 0x86DD \
        although no IPv6 prefix of the session was accepted.",
    why: "The exit point drops the packet or feeds it to the wrong stack.",
    example: "GRE 00 00 86 dd  45 ...: Protocol Type says IPv6, the payload is IPv4",
    check: Check::Packet(other_protocol_type),
};

fn other_protocol_type(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    // With another GRE version the payload begins elsewhere, with RFC 1701 routing after the routing entries.
    let is_readable = |gre: &GreHeader| gre.version() == 0 && !gre.routing_present();
    let Some(gre) = carried.peeled.gre.filter(is_readable) else { return };
    let Some(nibble) = gre.payload_nibble else { return };
    let is_mismatch = match gre.protocol_type {
        GreHeader::IPV4 => nibble != 4,
        GreHeader::IPV6 => nibble != 6,
        _ => nibble == 4 || nibble == 6,
    };
    if is_mismatch {
        finder.fires(format!(
            "GRE Protocol Type is {:#06x} and the payload begins with {nibble:x}; 0x0800 goes with IPv4, 0x86dd with \
             IPv6 (RFC 2784 §2.4)",
            gre.protocol_type
        ));
    } else if gre.protocol_type == GreHeader::IPV6
        && carried.is_surely_theirs()
        && !carried.has_ipv6_prefix()
        && !carried.is_obscured()
    {
        finder.fires("GRE carries IPv6, but no IPv6 prefix of the node was accepted (RFC 5454 §3.3.2)");
    }
}

pub static TUN_022: Rule = Rule {
    id: "TUN-022",
    title: "GRE key changes or comes and goes within one tunnel",
    level: Level::Note,
    source: "RFC 2890 §2.1",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        For each (session, binding, direction), fires on a data packet in GRE whose key value, or whose \
        key-present bit, differs from that of the previous GRE packet, unless an exchange of that binding \
        was accepted in between. If the operator configured the expected key, fires on any other value \
        instead.",
    why: "\
        The key separates subscribers behind one endpoint; a wrong one delivers packets to another \
        subscriber or to nobody.",
    example: "GRE 20 00 08 00 00 00 00 01 ... and then 20 00 08 00 00 00 00 02 ... in the same tunnel",
    check: Check::Packet(other_key),
};

fn other_key(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    // An exchange of the binding may have been among the messages that were cut.
    let Some(session) = carried.session.filter(|_| !carried.is_obscured()) else { return };
    let name = |key: Option<u32>| key.map_or_else(|| "none".to_owned(), |key| format!("{key:#010x}"));
    let uses = carried.gre_uses();
    let changed = |seen: &GreUse| {
        let before = session.traffic.gre_before(seen)?;
        (before.accepted == seen.accepted && before.key != seen.key).then_some((before.key, seen.key))
    };
    let mut changes = uses.iter().map(changed);
    if let Some(Some((before, now))) = changes.next()
        && changes.all(|change| change.is_some())
    {
        finder.fires(format!(
            "GRE key {} is {}, and was {} in the packet before (RFC 2890 §2.1)",
            carried.way(),
            name(now),
            name(before)
        ));
    }
}

pub static TUN_023: Rule = Rule {
    id: "TUN-023",
    title: "Minimal encapsulation header invalid",
    level: Level::Must,
    source: "RFC 2004 §3",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires on a data packet with protocol 55 (or Next Header 55) when (a) outer fragment offset is 0 and \
        the one's complement checksum over the 8 or 12 octet forwarding header is wrong or any of the 7 \
        reserved bits is set; or (b) outer fragment offset is not 0 and the payload starts with a forwarding \
        header whose checksum is right and whose original destination is the session's home address (minimal \
        encapsulation of a fragment).",
    why: "\
        The exit point rebuilds a wrong IP header or drops the packet; fragments cannot be carried by this \
        encapsulation at all.",
    example: "minimal forwarding header 11 81 ..: a reserved bit is set; or its checksum is wrong",
    check: Check::PacketOrFragment(invalid_minimal),
};

fn invalid_minimal(carried: &Carried<'_, '_>, finder: &mut Finder<'_>) {
    let Some(minimal) = carried.peeled.minimal else { return };
    if carried.outer.header.fragment_offset != 0 {
        let node = carried.node.map(|(_, node)| node);
        if node.is_some_and(|node| node.home_address == Some(minimal.destination)) {
            finder.fires(format!(
                "Minimal encapsulation of a fragment (offset {}) to {}; fragments cannot be carried by it (RFC 2004 §3)",
                carried.outer.header.fragment_offset, minimal.destination
            ));
        }
    } else if carried.reassembled && carried.udp.is_none() {
        // The first fragment of this packet was judged by itself; fragments of a tunnel in UDP are not.
    } else if let Checksum::Wrong { found, computed } = minimal.checksum {
        finder.fires(format!(
            "Checksum of the minimal forwarding header is {found:#06x}, computed {computed:#06x} (RFC 2004 §3)"
        ));
    } else if minimal.reserved != 0 {
        finder.fires(format!(
            "Reserved bits of the minimal forwarding header are {:#04x}; they must be 0 (RFC 2004 §3)",
            minimal.reserved
        ));
    }
}
